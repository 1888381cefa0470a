"""What the first migrations make together: a fresh database renders half as many models. Others keep their own way."""

import django.core.validators
import django.db.models.deletion
import django_fsm
from django.conf import settings
from django.db import migrations, models

import approvals.states


class Migration(migrations.Migration):
    replaces = [
        ("approvals", "0001_initial"),
        ("approvals", "0002_list_indexes"),
        ("approvals", "0003_template_code"),
        ("approvals", "0004_workbench_indexes"),
        ("approvals", "0005_due_first"),
    ]

    initial = True

    dependencies = [
        ("people", "0001_initial"),
        ("people", "0001_initial"),
        ("projects", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ChainTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        max_length=40,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A(?:[A-Za-z0-9][A-Za-z0-9._-]{0,39})\\Z",
                                "Latin letters, digits, dots, hyphens and underscores only.",
                            )
                        ],
                        verbose_name="template code",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("city", "The city's own"),
                            ("benchmark", "Benchmark"),
                            ("import", "Built from an imported schedule"),
                        ],
                        default="city",
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "Draft"), ("published", "Published"), ("retired", "Retired")],
                        default="draft",
                        max_length=12,
                        verbose_name="status",
                    ),
                ),
                ("applies_to", models.CharField(blank=True, max_length=200, verbose_name="applies to")),
                ("source", models.TextField(blank=True, verbose_name="source")),
                (
                    "benchmark_code",
                    models.CharField(
                        blank=True,
                        help_text="The template that this one is compared with.",
                        max_length=40,
                        verbose_name="benchmark",
                    ),
                ),
                ("content_sha256", models.CharField(blank=True, editable=False, max_length=64)),
                ("stage_count", models.PositiveIntegerField(default=0, editable=False, verbose_name="stages")),
                ("sum_working_days", models.DecimalField(decimal_places=1, default=0, editable=False, max_digits=8)),
                (
                    "critical_path_working_days",
                    models.DecimalField(decimal_places=1, default=0, editable=False, max_digits=8),
                ),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="published at")),
                ("note", models.TextField(blank=True, verbose_name="why this version")),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "chain template",
                "verbose_name_plural": "chain templates",
                "constraints": [
                    models.UniqueConstraint(fields=("code", "version"), name="template_version_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "draft")), fields=("code",), name="template_one_draft_per_code"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Chain",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_on", models.DateField(verbose_name="started on")),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("closed_on", models.DateField(editable=False, null=True, verbose_name="every stage finished on")),
                (
                    "net_days",
                    models.DecimalField(
                        decimal_places=1, default=0, editable=False, max_digits=8, verbose_name="net days"
                    ),
                ),
                (
                    "gross_days",
                    models.DecimalField(
                        decimal_places=1, default=0, editable=False, max_digits=8, verbose_name="gross days"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chain",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="chains",
                        to="approvals.chaintemplate",
                        verbose_name="template",
                    ),
                ),
            ],
            options={
                "verbose_name": "chain",
                "verbose_name_plural": "chains",
            },
        ),
        migrations.CreateModel(
            name="Phase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("no", models.PositiveSmallIntegerField(verbose_name="no.")),
                ("code", models.CharField(max_length=20, verbose_name="code")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                (
                    "standard_no",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="1–5 of the national exchange standard; 5 runs in parallel.",
                        null=True,
                        verbose_name="standard phase",
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="phases", to="approvals.chaintemplate"
                    ),
                ),
            ],
            options={
                "verbose_name": "phase",
                "verbose_name_plural": "phases",
                "constraints": [models.UniqueConstraint(fields=("template", "code"), name="phase_code_once")],
            },
        ),
        migrations.CreateModel(
            name="Stage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("code", models.CharField(max_length=20, verbose_name="stage code")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("department_name", models.CharField(blank=True, max_length=60, verbose_name="department")),
                ("statutory_amount", models.DecimalField(blank=True, decimal_places=1, max_digits=6, null=True)),
                (
                    "statutory_unit",
                    models.CharField(
                        blank=True,
                        choices=[("working_day", "working days"), ("calendar_day", "calendar days")],
                        max_length=12,
                    ),
                ),
                ("committed_amount", models.DecimalField(blank=True, decimal_places=1, max_digits=6, null=True)),
                (
                    "committed_unit",
                    models.CharField(
                        blank=True,
                        choices=[("working_day", "working days"), ("calendar_day", "calendar days")],
                        max_length=12,
                    ),
                ),
                ("planned_start_on", models.DateField(editable=False, null=True)),
                ("planned_finish_on", models.DateField(editable=False, null=True)),
                (
                    "state",
                    django_fsm.FSMIntegerField(
                        choices=[
                            (0, "Not started"),
                            (1, "Received"),
                            (2, "Withdrawn"),
                            (3, "Accepted"),
                            (4, "Not accepted"),
                            (5, "Refused"),
                            (6, "Supplement requested"),
                            (7, "Supplement received"),
                            (8, "In handling"),
                            (9, "In special procedure"),
                            (10, "Special procedure ended"),
                            (11, "Passed"),
                            (12, "Passed with deferral"),
                            (13, "Not passed"),
                            (14, "Recalled"),
                            (15, "Revoked"),
                            (99, "Not applicable"),
                        ],
                        default=0,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                ("skip_reason", models.CharField(blank=True, max_length=200, verbose_name="why it does not apply")),
                (
                    "case_no",
                    models.CharField(blank=True, max_length=64, verbose_name="case number in the source system"),
                ),
                ("source_system", models.CharField(blank=True, max_length=60, verbose_name="source system")),
                ("document_no", models.CharField(blank=True, max_length=80, verbose_name="document number")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="valid until (inclusive)")),
                ("ready_on", models.DateField(editable=False, null=True)),
                ("accepted_at", models.DateTimeField(editable=False, null=True)),
                ("closed_at", models.DateTimeField(editable=False, null=True)),
                ("latest_event_at", models.DateTimeField(editable=False, null=True)),
                ("net_days", models.DecimalField(decimal_places=1, default=0, editable=False, max_digits=6)),
                ("due_on", models.DateField(editable=False, null=True)),
                ("due_half", models.IntegerField(editable=False, null=True)),
                ("statutory_due_on", models.DateField(editable=False, null=True)),
                ("amber_from", models.DateTimeField(editable=False, null=True)),
                ("red_from", models.DateTimeField(editable=False, null=True)),
                ("statutory_red_from", models.DateTimeField(editable=False, null=True)),
                ("provisional", models.BooleanField(default=False, editable=False)),
                ("light", models.CharField(default="idle", editable=False, max_length=10)),
                (
                    "chain",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stages",
                        to="approvals.chain",
                        verbose_name="chain",
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stages",
                        to="people.department",
                        verbose_name="department",
                    ),
                ),
            ],
            options={
                "verbose_name": "stage",
                "verbose_name_plural": "stages",
                "indexes": [
                    models.Index(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=["department", "red_from"],
                        name="stage_open_of_dept",
                    ),
                    models.Index(
                        condition=models.Q(("valid_until__isnull", False)),
                        fields=["valid_until"],
                        name="stage_result_expires",
                    ),
                    models.Index(
                        condition=models.Q(("accepted_at__isnull", False), ("closed_at__isnull", True)),
                        fields=["chain", "due_on"],
                        name="stage_running_of_chain",
                    ),
                    models.Index(
                        condition=models.Q(("accepted_at__isnull", False), ("closed_at__isnull", True)),
                        fields=["department", "due_on", "due_half", "id", "state", "red_from", "statutory_red_from"],
                        name="stage_running_of_office",
                    ),
                    models.Index(
                        fields=["department", "state", "latest_event_at", "id", "red_from", "statutory_red_from"],
                        name="stage_state_of_office",
                    ),
                    models.Index(
                        condition=models.Q(("closed_at__isnull", False)),
                        fields=["department", "closed_at"],
                        name="stage_ended_by_dept",
                    ),
                    models.Index(
                        condition=models.Q(("accepted_at__isnull", False), ("closed_at__isnull", True)),
                        fields=["due_on", "id"],
                        name="stage_running_due_first",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("chain", "code"), name="stage_code_once"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 99])),
                        name="stage_state_is_known",
                    ),
                ],
            },
            bases=(approvals.states.TransitionsMixin, django_fsm.ConcurrentTransitionMixin, models.Model),
        ),
        migrations.CreateModel(
            name="MaterialUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="material")),
                ("required", models.BooleanField(default=True)),
                ("deferrable", models.BooleanField(default=False)),
                ("reusable", models.BooleanField(default=False)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("missing", "Missing"),
                            ("given", "Handed in"),
                            ("reused", "Reused"),
                            ("deferred", "Deferred"),
                            ("waived", "Not needed"),
                        ],
                        default="missing",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "asked_again",
                    models.BooleanField(default=False, verbose_name="asked for though already in the library"),
                ),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="to be handed in by (inclusive)")),
                ("made_good_on", models.DateField(blank=True, null=True, verbose_name="handed in on")),
                (
                    "material",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uses",
                        to="projects.material",
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="material_uses", to="approvals.stage"
                    ),
                ),
            ],
            options={
                "verbose_name": "material of a stage",
                "verbose_name_plural": "materials of stages",
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "deferred")), fields=["due_on"], name="material_deferred_due"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("stage", "name"), name="material_use_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "deferred"), _negated=True), ("due_on__isnull", False), _connector="OR"
                        ),
                        name="deferred_material_has_due_date",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeadlineMove",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("calendar_version", models.PositiveIntegerField(verbose_name="calendar version")),
                ("was_on", models.DateField(null=True, verbose_name="was")),
                ("is_on", models.DateField(null=True, verbose_name="is")),
                ("made_at", models.DateTimeField()),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deadline_moves", to="approvals.stage"
                    ),
                ),
            ],
            options={
                "verbose_name": "moved deadline",
                "verbose_name_plural": "moved deadlines",
            },
        ),
        migrations.CreateModel(
            name="Commitment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(verbose_name="what is committed")),
                ("signed_on", models.DateField(verbose_name="signed on")),
                ("verify_by", models.DateField(verbose_name="to be verified by (inclusive)")),
                ("verified_on", models.DateField(blank=True, null=True, verbose_name="verified on")),
                (
                    "result",
                    models.CharField(
                        choices=[("open", "To be verified"), ("kept", "Kept"), ("broken", "Broken")],
                        default="open",
                        max_length=8,
                        verbose_name="result",
                    ),
                ),
                (
                    "verified_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "stage",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="commitment", to="approvals.stage"
                    ),
                ),
            ],
            options={
                "verbose_name": "commitment",
                "verbose_name_plural": "commitments",
            },
        ),
        migrations.CreateModel(
            name="StageEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("receive", "Received"),
                            ("accept", "Accepted"),
                            ("accept_with_deferral", "Accepted with deferral"),
                            ("accept_on_commitment", "Accepted on informed commitment"),
                            ("decline", "Not accepted"),
                            ("refuse", "Refused"),
                            ("request_supplement", "Supplement requested"),
                            ("receive_supplement", "Supplement received"),
                            ("start_handling", "Handling started"),
                            ("start_special_procedure", "Special procedure started"),
                            ("end_special_procedure", "Special procedure ended"),
                            ("extend", "Limit extended"),
                            ("pass", "Passed"),
                            ("pass_with_deferral", "Passed with deferral"),
                            ("fail", "Not passed"),
                            ("withdraw", "Withdrawn"),
                            ("recall", "Recalled"),
                            ("revoke", "Revoked"),
                            ("skip", "Not applicable"),
                            ("reinstate", "Applicable again"),
                            ("note", "Progress note"),
                            ("correct", "Correction"),
                            ("deferral_made_good", "Deferred material handed in"),
                            ("commitment_verified", "Commitment verified"),
                        ],
                        max_length=24,
                        verbose_name="what",
                    ),
                ),
                (
                    "from_state",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Not started"),
                            (1, "Received"),
                            (2, "Withdrawn"),
                            (3, "Accepted"),
                            (4, "Not accepted"),
                            (5, "Refused"),
                            (6, "Supplement requested"),
                            (7, "Supplement received"),
                            (8, "In handling"),
                            (9, "In special procedure"),
                            (10, "Special procedure ended"),
                            (11, "Passed"),
                            (12, "Passed with deferral"),
                            (13, "Not passed"),
                            (14, "Recalled"),
                            (15, "Revoked"),
                            (99, "Not applicable"),
                        ],
                        verbose_name="from",
                    ),
                ),
                (
                    "to_state",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Not started"),
                            (1, "Received"),
                            (2, "Withdrawn"),
                            (3, "Accepted"),
                            (4, "Not accepted"),
                            (5, "Refused"),
                            (6, "Supplement requested"),
                            (7, "Supplement received"),
                            (8, "In handling"),
                            (9, "In special procedure"),
                            (10, "Special procedure ended"),
                            (11, "Passed"),
                            (12, "Passed with deferral"),
                            (13, "Not passed"),
                            (14, "Recalled"),
                            (15, "Revoked"),
                            (99, "Not applicable"),
                        ],
                        verbose_name="to",
                    ),
                ),
                ("occurred_at", models.DateTimeField(verbose_name="occurred")),
                ("recorded_at", models.DateTimeField(verbose_name="recorded")),
                (
                    "case_no",
                    models.CharField(blank=True, max_length=64, verbose_name="case number in the source system"),
                ),
                ("source_system", models.CharField(blank=True, max_length=60, verbose_name="source system")),
                ("document_no", models.CharField(blank=True, max_length=80, verbose_name="document number")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="valid until (inclusive)")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                (
                    "data",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="days, name, basis, limit, missing materials, commitment … by kind",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="reason of the correction or of recording late"
                    ),
                ),
                (
                    "key",
                    models.CharField(blank=True, max_length=80, null=True, unique=True, verbose_name="idempotency key"),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="approvals.stage",
                        verbose_name="stage",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="approvals.stageevent",
                        verbose_name="supersedes",
                    ),
                ),
            ],
            options={
                "verbose_name": "stage event",
                "verbose_name_plural": "stage events",
                "indexes": [
                    models.Index(fields=["stage", "occurred_at", "id"], name="event_of_stage"),
                    models.Index(fields=["-recorded_at", "-id"], name="event_latest"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("supersedes__isnull", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                        ),
                        name="event_correction_has_reason",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StageAttachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="file name")),
                ("file", models.FileField(upload_to="stages/%Y/%m/")),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachments",
                        to="approvals.stageevent",
                    ),
                ),
            ],
            options={
                "verbose_name": "attachment",
                "verbose_name_plural": "attachments",
            },
        ),
        migrations.CreateModel(
            name="StageTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                ("code", models.CharField(max_length=20, verbose_name="stage code")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("short_name", models.CharField(blank=True, max_length=30, verbose_name="short name")),
                ("department_name", models.CharField(blank=True, max_length=60, verbose_name="department")),
                (
                    "case_type",
                    models.CharField(
                        choices=[
                            ("instant", "Decided on the spot"),
                            ("committed", "Committed case"),
                            ("market", "Market service"),
                            ("milestone", "Milestone"),
                        ],
                        default="committed",
                        max_length=12,
                        verbose_name="case type",
                    ),
                ),
                (
                    "statutory_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=1,
                        max_digits=6,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="statutory limit",
                    ),
                ),
                (
                    "statutory_unit",
                    models.CharField(
                        blank=True,
                        choices=[("working_day", "working days"), ("calendar_day", "calendar days")],
                        max_length=12,
                        verbose_name="unit",
                    ),
                ),
                (
                    "statutory_note",
                    models.CharField(blank=True, max_length=120, verbose_name="statutory limit in words"),
                ),
                (
                    "committed_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=1,
                        max_digits=6,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="committed limit",
                    ),
                ),
                (
                    "committed_unit",
                    models.CharField(
                        blank=True,
                        choices=[("working_day", "working days"), ("calendar_day", "calendar days")],
                        max_length=12,
                        verbose_name="unit",
                    ),
                ),
                (
                    "lag_days",
                    models.DecimalField(
                        decimal_places=1,
                        default=0,
                        help_text="Construction or market time between the prerequisites and this stage; outside every approval clock.",
                        max_digits=6,
                        verbose_name="lag before it (working days)",
                    ),
                ),
                ("gates", models.JSONField(blank=True, default=list, verbose_name="factor gates")),
                (
                    "special_procedures",
                    models.JSONField(blank=True, default=list, verbose_name="special procedures allowed"),
                ),
                (
                    "valid_months",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="result valid (months)"),
                ),
                (
                    "extension_days",
                    models.DecimalField(
                        blank=True, decimal_places=1, max_digits=5, null=True, verbose_name="extension allowed (days)"
                    ),
                ),
                ("commitment_route", models.BooleanField(default=False, verbose_name="informed commitment allowed")),
                ("benchmark_stage", models.CharField(blank=True, max_length=20, verbose_name="benchmark stage")),
                ("legal_source", models.CharField(blank=True, max_length=200, verbose_name="legal source")),
                ("basis", models.CharField(blank=True, max_length=40, verbose_name="basis of the figures")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                (
                    "phase",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stages",
                        to="approvals.phase",
                        verbose_name="phase",
                    ),
                ),
                (
                    "prerequisites",
                    models.ManyToManyField(blank=True, related_name="successors", to="approvals.stagetemplate"),
                ),
                (
                    "template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stages", to="approvals.chaintemplate"
                    ),
                ),
            ],
            options={
                "verbose_name": "stage template",
                "verbose_name_plural": "stage templates",
                "constraints": [
                    models.UniqueConstraint(fields=("template", "code"), name="stage_template_code_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("statutory_amount__isnull", True),
                            models.Q(("statutory_unit", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="stage_template_statutory_unit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("committed_amount__isnull", True),
                            models.Q(("committed_unit", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="stage_template_committed_unit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("statutory_amount__isnull", True),
                            ("committed_amount__isnull", True),
                            models.Q(("statutory_unit", models.F("committed_unit")), _negated=True),
                            ("committed_amount__lte", models.F("statutory_amount")),
                            _connector="OR",
                        ),
                        name="stage_template_committed_within_statutory",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="stage",
            name="stage_template",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="stages", to="approvals.stagetemplate"
            ),
        ),
        migrations.CreateModel(
            name="MaterialTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("name", models.CharField(max_length=120, verbose_name="material")),
                ("required", models.BooleanField(default=True, verbose_name="required")),
                ("deferrable", models.BooleanField(default=False, verbose_name="may be deferred")),
                ("reusable", models.BooleanField(default=False, verbose_name="reused from an earlier stage")),
                ("source_stage", models.CharField(blank=True, max_length=20, verbose_name="given by stage")),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="materials",
                        to="approvals.stagetemplate",
                    ),
                ),
            ],
            options={
                "verbose_name": "material asked for",
                "verbose_name_plural": "materials asked for",
                "constraints": [models.UniqueConstraint(fields=("stage", "name"), name="material_template_once")],
            },
        ),
    ]
