"""What the first migrations make together: a fresh database renders half as many models. Others keep their own way."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("cockpit", "0001_instructions_and_displays")]

    initial = True

    dependencies = [
        ("people", "0001_initial"),
        ("people", "0001_initial"),
        ("projects", "0007_person_by_role"),
    ]

    operations = [
        migrations.CreateModel(
            name="DisplayToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="Where it hangs: hall of the 3rd floor.", max_length=60, verbose_name="display"
                    ),
                ),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "type_percent",
                    models.PositiveSmallIntegerField(
                        choices=[(100, "normal (110 inch)"), (125, "large (86 inch)")],
                        default=100,
                        verbose_name="size of type",
                    ),
                ),
                ("phone", models.CharField(blank=True, max_length=30, verbose_name="phone on duty")),
                ("made_at", models.DateTimeField(editable=False, verbose_name="issued at")),
                ("expires_on", models.DateField(verbose_name="last day")),
                ("withdrawn_at", models.DateTimeField(editable=False, null=True, verbose_name="withdrawn at")),
                ("seen_at", models.DateTimeField(editable=False, null=True, verbose_name="last seen")),
                ("seen_ip", models.GenericIPAddressField(editable=False, null=True, verbose_name="seen from")),
                (
                    "district",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.district",
                        verbose_name="only the district",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "display token",
                "verbose_name_plural": "display tokens",
                "ordering": ["-made_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Instruction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cause", models.CharField(blank=True, editable=False, max_length=160, verbose_name="shared cause")),
                ("subject", models.CharField(editable=False, max_length=300, verbose_name="what holds it up")),
                ("text", models.CharField(max_length=500, verbose_name="instruction")),
                ("target", models.CharField(max_length=200, verbose_name="target")),
                ("due_on", models.DateField(verbose_name="to be done by (inclusive)")),
                ("given_at", models.DateTimeField(verbose_name="given at")),
                ("closed_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="closed at")),
                ("outcome", models.CharField(blank=True, editable=False, max_length=200, verbose_name="how it ended")),
                (
                    "closed_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="instructions",
                        to="people.department",
                        verbose_name="responsible unit",
                    ),
                ),
                (
                    "given_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="instructions_given",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="given by",
                    ),
                ),
                (
                    "leader",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="responsible leader",
                    ),
                ),
                (
                    "persons",
                    models.ManyToManyField(
                        blank=True,
                        related_name="instructions_named",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="also named",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="instructions",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
            ],
            options={
                "verbose_name": "instruction",
                "verbose_name_plural": "instructions",
                "ordering": ["due_on", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("closed_at__isnull", True)), fields=["due_on"], name="instruction_open_due"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), ("outcome", "")),
                            models.Q(("closed_at__isnull", False), models.Q(("outcome", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="instruction_closed_with_outcome",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("project__isnull", False), models.Q(("cause", ""), _negated=True), _connector="OR"
                        ),
                        name="instruction_on_project_or_cause",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InstructionReply",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="answered at")),
                ("text", models.CharField(max_length=500, verbose_name="answer")),
                ("is_done", models.BooleanField(default=False, verbose_name="reported as done")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "instruction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="replies", to="cockpit.instruction"
                    ),
                ),
            ],
            options={
                "verbose_name": "answer to an instruction",
                "verbose_name_plural": "answers to instructions",
                "ordering": ["at", "pk"],
            },
        ),
    ]
