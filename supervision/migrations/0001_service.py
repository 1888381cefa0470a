"""Visits, the register of problems with its events, supervision orders with theirs."""

import django.core.validators
import django.db.models.deletion
import django_fsm
from django.conf import settings
from django.db import migrations, models

import supervision.states


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0001_initial"),
        ("people", "0001_initial"),
        ("projects", "0007_person_by_role"),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20, verbose_name="what")),
                ("at", models.DateTimeField(verbose_name="when")),
                ("text", models.CharField(blank=True, max_length=500, verbose_name="note")),
                ("day", models.DateField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who",
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.department"
                    ),
                ),
                ("value", models.CharField(blank=True, max_length=12)),
            ],
            options={
                "verbose_name": "event of an order",
                "verbose_name_plural": "events of orders",
                "ordering": ["at", "pk"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="OrderFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="file name")),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                ("file", models.FileField(upload_to="orders/%Y/%m/")),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="files", to="supervision.orderevent"
                    ),
                ),
            ],
            options={
                "verbose_name": "evidence of an order",
                "verbose_name_plural": "evidence of orders",
            },
        ),
        migrations.CreateModel(
            name="Problem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(editable=False, max_length=20, unique=True, verbose_name="number")),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("approval", "Approvals"),
                            ("land", "Land"),
                            ("energy", "Energy"),
                            ("water", "Water"),
                            ("emission", "Environmental capacity"),
                            ("utility", "Utilities"),
                            ("funding", "Funding"),
                            ("labour", "Labour"),
                            ("clearance", "Land clearance"),
                            ("policy", "Promised policies"),
                            ("contract", "Contracts kept"),
                            ("property", "Old property titles"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                        verbose_name="category",
                    ),
                ),
                ("text", models.CharField(max_length=300, verbose_name="problem")),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("officer", "Service officer"),
                            ("task_force", "Task force"),
                            ("sponsor", "Sponsoring leader"),
                            ("meeting", "Special meeting of the city"),
                        ],
                        default="officer",
                        max_length=10,
                        verbose_name="level",
                    ),
                ),
                ("raised_by", models.CharField(blank=True, max_length=60, verbose_name="who raised it")),
                (
                    "masked",
                    models.BooleanField(default=False, verbose_name="the enterprise asks not to be named to this unit"),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("registered", "To be assigned"),
                            ("assigned", "To be claimed"),
                            ("claimed", "Being handled"),
                            ("asked", "To be checked"),
                            ("returned", "Returned"),
                            ("suspended", "Suspended"),
                            ("closed", "Closed out"),
                        ],
                        default="registered",
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                ("due_on", models.DateField(verbose_name="due")),
                (
                    "claim_due_on",
                    models.DateField(editable=False, null=True, verbose_name="to be claimed by (inclusive)"),
                ),
                ("registered_at", models.DateTimeField(editable=False, verbose_name="registered at")),
                ("asked_on", models.DateField(editable=False, null=True, verbose_name="close-out asked on")),
                ("result", models.CharField(blank=True, editable=False, max_length=500, verbose_name="result")),
                (
                    "times_returned",
                    models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="times returned"),
                ),
                (
                    "suspended_reason",
                    models.CharField(blank=True, editable=False, max_length=300, verbose_name="why suspended"),
                ),
                ("review_on", models.DateField(editable=False, null=True, verbose_name="to be looked at again on")),
                (
                    "satisfaction",
                    models.CharField(
                        blank=True,
                        choices=[("satisfied", "Satisfied"), ("partly", "Mostly satisfied"), ("not", "Not satisfied")],
                        editable=False,
                        max_length=10,
                        verbose_name="enterprise",
                    ),
                ),
                ("closed_on", models.DateField(editable=False, null=True, verbose_name="closed out on")),
                (
                    "asked_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "claimed_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="problems_claimed",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                    "concerns",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.department",
                        verbose_name="unit complained of",
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="problems",
                        to="people.department",
                        verbose_name="handling unit",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="problems",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="problems_registered",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "problem",
                "verbose_name_plural": "problems",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "closed"), _negated=True),
                        fields=["due_on", "id"],
                        name="problem_open_due",
                    ),
                    models.Index(fields=["project", "state"], name="problem_of_project"),
                    models.Index(fields=["department", "state"], name="problem_of_unit"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["registered", "assigned", "claimed", "asked", "returned", "suspended", "closed"],
                            )
                        ),
                        name="problem_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closed_by__isnull", True),
                            models.Q(
                                models.Q(("closed_by", models.F("asked_by")), _negated=True),
                                models.Q(("closed_by", models.F("registered_by")), _negated=True),
                                models.Q(("closed_by", models.F("claimed_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="problem_closed_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "closed"), _negated=True),
                            models.Q(
                                ("asked_by__isnull", False),
                                ("closed_by__isnull", False),
                                ("closed_on__isnull", False),
                                models.Q(("result", ""), _negated=True),
                                models.Q(("satisfaction", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="problem_closed_is_checked",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "suspended"), _negated=True),
                            models.Q(("review_on__isnull", False), models.Q(("suspended_reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="problem_suspended_has_review",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["registered", "suspended"]), ("department__isnull", False), _connector="OR"
                        ),
                        name="problem_assigned_has_unit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("masked", False), ("concerns__isnull", False), _connector="OR"),
                        name="problem_masked_from_a_unit",
                    ),
                ],
            },
            bases=(supervision.states.ProblemTransitions, django_fsm.ConcurrentTransitionMixin, models.Model),
        ),
        migrations.CreateModel(
            name="ProblemEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20, verbose_name="what")),
                ("at", models.DateTimeField(verbose_name="when")),
                ("text", models.CharField(blank=True, max_length=500, verbose_name="note")),
                ("day", models.DateField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who",
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.department"
                    ),
                ),
                (
                    "problem",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="supervision.problem"
                    ),
                ),
                ("value", models.CharField(blank=True, max_length=12)),
            ],
            options={
                "verbose_name": "event of a problem",
                "verbose_name_plural": "events of problems",
                "ordering": ["at", "pk"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ProblemFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="file name")),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                ("file", models.FileField(upload_to="problems/%Y/%m/")),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="files", to="supervision.problemevent"
                    ),
                ),
            ],
            options={
                "verbose_name": "evidence of a problem",
                "verbose_name_plural": "evidence of problems",
            },
        ),
        migrations.CreateModel(
            name="Series",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20)),
                ("year", models.PositiveSmallIntegerField()),
                ("last", models.PositiveIntegerField(default=0)),
            ],
            options={
                "verbose_name": "number series",
                "verbose_name_plural": "number series",
                "constraints": [models.UniqueConstraint(fields=("code", "year"), name="series_once_a_year")],
            },
        ),
        migrations.CreateModel(
            name="SupervisionOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.CharField(
                        editable=False, max_length=40, null=True, unique=True, verbose_name="document number"
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("letter", "Reminder letter"),
                            ("order", "Supervision order"),
                            ("talk", "Summons to a talk"),
                        ],
                        default="order",
                        max_length=8,
                        verbose_name="form",
                    ),
                ),
                (
                    "urgency",
                    models.CharField(
                        choices=[("extra", "Extra urgent"), ("urgent", "Urgent"), ("plain", "Ordinary")],
                        default="plain",
                        max_length=8,
                        verbose_name="urgency",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("meeting", "Decision of a meeting"),
                            ("instruction", "Leader's instruction"),
                            ("congress", "People's congress"),
                            ("inspection", "Inspection team"),
                            ("discipline", "Handed over by discipline inspection"),
                            ("alert", "Warning of the system"),
                            ("appeal", "Enterprise's appeal"),
                        ],
                        max_length=12,
                        verbose_name="source",
                    ),
                ),
                ("basis", models.CharField(max_length=500, verbose_name="basis")),
                ("origin", models.CharField(blank=True, editable=False, max_length=60)),
                ("title", models.CharField(max_length=120, verbose_name="matter")),
                ("requirement", models.CharField(blank=True, max_length=800, verbose_name="what is required")),
                ("contact", models.CharField(blank=True, max_length=60, verbose_name="contact and office phone")),
                ("due_on", models.DateField(verbose_name="to be done by (inclusive)")),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("draft", "Draft"),
                            ("signed", "To be signed for"),
                            ("received", "Being handled"),
                            ("answered", "To be reviewed"),
                            ("returned", "Returned"),
                            ("accepted", "Feedback accepted"),
                            ("closed", "Closed"),
                            ("discarded", "Discarded"),
                        ],
                        default="draft",
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                ("drafted_at", models.DateTimeField(editable=False, verbose_name="drafted at")),
                ("signed_on", models.DateField(editable=False, null=True, verbose_name="signed on")),
                (
                    "receive_due_on",
                    models.DateField(editable=False, null=True, verbose_name="to be signed for by (inclusive)"),
                ),
                ("received_at", models.DateTimeField(editable=False, null=True, verbose_name="signed for at")),
                (
                    "extension",
                    models.CharField(
                        blank=True,
                        choices=[("", "None"), ("asked", "Asked for"), ("granted", "Granted"), ("refused", "Refused")],
                        editable=False,
                        max_length=8,
                        verbose_name="extension",
                    ),
                ),
                ("extension_until", models.DateField(editable=False, null=True, verbose_name="extension asked until")),
                ("answered_on", models.DateField(editable=False, null=True, verbose_name="feedback on")),
                ("times_returned", models.PositiveSmallIntegerField(default=0, editable=False)),
                (
                    "grade",
                    models.CharField(
                        blank=True,
                        choices=[("good", "Good"), ("fair", "Fair"), ("poor", "Poor")],
                        editable=False,
                        max_length=8,
                        verbose_name="grade",
                    ),
                ),
                ("closed_on", models.DateField(editable=False, null=True, verbose_name="closed on")),
                (
                    "answered_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "co_units",
                    models.ManyToManyField(
                        blank=True,
                        related_name="orders_joined",
                        to="people.department",
                        verbose_name="co-operating units",
                    ),
                ),
                (
                    "drafted_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders_drafted",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="people.department",
                        verbose_name="lead unit",
                    ),
                ),
                (
                    "leader",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="responsible leader",
                    ),
                ),
                (
                    "raised_from",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="raised",
                        to="supervision.supervisionorder",
                    ),
                ),
                (
                    "received_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "signed_by",
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
                "verbose_name": "supervision order",
                "verbose_name_plural": "supervision orders",
                "indexes": [
                    models.Index(fields=["due_on", "id"], name="order_due"),
                    models.Index(fields=["lead", "state"], name="order_of_unit"),
                    models.Index(
                        condition=models.Q(("origin", ""), _negated=True), fields=["origin"], name="order_origin"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "draft",
                                    "signed",
                                    "received",
                                    "answered",
                                    "returned",
                                    "accepted",
                                    "closed",
                                    "discarded",
                                ],
                            )
                        ),
                        name="order_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("number__isnull", True), ("state__in", ["draft", "discarded"])),
                            models.Q(
                                ("number__isnull", False), ("signed_by__isnull", False), ("signed_on__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="order_signed_has_number",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("extension", ""), ("extension_until__isnull", False), _connector="OR"),
                        name="order_extension_has_day",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("raised_from__isnull", False), models.Q(("state", "discarded"), _negated=True)
                        ),
                        fields=("raised_from",),
                        name="order_raised_once",
                    ),
                ],
            },
            bases=(supervision.states.OrderTransitions, django_fsm.ConcurrentTransitionMixin, models.Model),
        ),
        migrations.CreateModel(
            name="OrderItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("text", models.CharField(max_length=400, verbose_name="matter")),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="order_items",
                        to="projects.project",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="supervision.supervisionorder",
                    ),
                ),
            ],
            options={
                "verbose_name": "matter of an order",
                "verbose_name_plural": "matters of orders",
                "ordering": ["position"],
                "constraints": [models.UniqueConstraint(fields=("order", "position"), name="order_item_once")],
            },
        ),
        migrations.AddField(
            model_name="orderevent",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="supervision.supervisionorder"
            ),
        ),
        migrations.CreateModel(
            name="Visit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("visited_at", models.DateTimeField(verbose_name="visited at")),
                (
                    "minutes",
                    models.PositiveSmallIntegerField(
                        default=60,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(720),
                        ],
                        verbose_name="minutes",
                    ),
                ),
                (
                    "way",
                    models.CharField(
                        choices=[("site", "On site"), ("office", "At the office"), ("phone", "By phone")],
                        default="site",
                        max_length=8,
                        verbose_name="way",
                    ),
                ),
                ("met", models.CharField(blank=True, max_length=80, verbose_name="whom")),
                ("companions", models.CharField(blank=True, max_length=120, verbose_name="together with")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="what was said")),
                ("logged_at", models.DateTimeField(editable=False, verbose_name="logged at")),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="visits",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
                (
                    "visitor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="visits",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="visitor",
                    ),
                ),
            ],
            options={
                "verbose_name": "visit",
                "verbose_name_plural": "visits",
                "ordering": ["-visited_at", "-pk"],
                "indexes": [
                    models.Index(fields=["project", "visited_at"], name="visit_of_project"),
                    models.Index(fields=["visitor", "visited_at"], name="visit_of_person"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("minutes__range", (1, 720))), name="visit_minutes_in_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("visited_at__lte", models.F("logged_at"))), name="visit_logged_afterwards"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="problem",
            name="visit",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="problems",
                to="supervision.visit",
            ),
        ),
    ]
