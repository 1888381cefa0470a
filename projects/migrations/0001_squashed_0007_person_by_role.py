"""What the first migrations make together: a fresh database renders half as many models. Others keep their own way."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import projects.validators


class Migration(migrations.Migration):
    replaces = [
        ("projects", "0001_initial"),
        ("projects", "0002_list_indexes"),
        ("projects", "0003_blocked"),
        ("projects", "0004_chain_light"),
        ("projects", "0005_open_roles"),
        ("projects", "0006_due_first"),
        ("projects", "0007_person_by_role"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("people", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Enterprise",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("search_text", models.TextField(blank=True, editable=False, verbose_name="search text")),
                (
                    "credit_code",
                    models.CharField(
                        max_length=18,
                        unique=True,
                        validators=[projects.validators.validate_credit_code],
                        verbose_name="unified social credit code",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("short_name", models.CharField(blank=True, max_length=30, verbose_name="short name")),
                ("legal_person", models.CharField(blank=True, max_length=40, verbose_name="legal representative")),
                ("contact", models.CharField(blank=True, max_length=40, verbose_name="contact")),
                ("contact_phone", models.CharField(blank=True, max_length=30, verbose_name="contact's work phone")),
                ("address", models.CharField(blank=True, max_length=200, verbose_name="address")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                (
                    "district",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="enterprises",
                        to="people.district",
                        verbose_name="district",
                    ),
                ),
            ],
            options={
                "verbose_name": "enterprise",
                "verbose_name_plural": "enterprises",
            },
        ),
        migrations.CreateModel(
            name="Park",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("search_text", models.TextField(blank=True, editable=False, verbose_name="search text")),
                ("code", models.CharField(max_length=20, unique=True, verbose_name="park code")),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                ("short_name", models.CharField(blank=True, max_length=30, verbose_name="short name")),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("national", "National"),
                            ("provincial", "Provincial"),
                            ("city", "City level"),
                            ("county", "County level"),
                        ],
                        default="city",
                        max_length=12,
                        verbose_name="level",
                    ),
                ),
                ("kind", models.CharField(blank=True, max_length=40, verbose_name="kind of zone")),
                ("approved_on", models.DateField(blank=True, null=True, verbose_name="approved on")),
                (
                    "area_ha",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=10,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="area (ha)",
                    ),
                ),
                ("industries", models.CharField(blank=True, max_length=200, verbose_name="leading industries")),
                (
                    "boundary",
                    models.JSONField(
                        blank=True,
                        null=True,
                        validators=[projects.validators.validate_geometry],
                        verbose_name="boundary or point (GeoJSON, CGCS2000)",
                    ),
                ),
                ("contact", models.CharField(blank=True, max_length=60, verbose_name="contact")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parks",
                        to="people.district",
                        verbose_name="district",
                    ),
                ),
            ],
            options={
                "verbose_name": "park",
                "verbose_name_plural": "parks",
                "permissions": [
                    ("view_projects", "See the projects of the park"),
                    ("manage_projects", "Manage its projects"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Project",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("search_text", models.TextField(blank=True, editable=False, verbose_name="search text")),
                (
                    "code",
                    models.CharField(
                        max_length=48,
                        unique=True,
                        validators=[projects.validators.validate_project_code],
                        verbose_name="project code",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("filing", "Filing (备案)"),
                            ("verification", "Verification (核准)"),
                            ("approval", "Approval (审批)"),
                        ],
                        default="filing",
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                (
                    "industry_code",
                    models.CharField(
                        blank=True,
                        max_length=5,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-T]?\\d{0,4}$", "An industry code is a letter A–T and up to four digits."
                            )
                        ],
                        verbose_name="industry code (GB/T 4754-2017)",
                    ),
                ),
                ("industry", models.CharField(blank=True, max_length=60, verbose_name="industry")),
                (
                    "key_level",
                    models.CharField(
                        choices=[
                            ("national", "National key project"),
                            ("provincial", "Provincial key project"),
                            ("city", "City key project"),
                            ("county", "County key project"),
                            ("none", "Not a key project"),
                        ],
                        default="city",
                        max_length=12,
                        verbose_name="key level",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("preparing", "In preparation"),
                            ("building", "Under construction"),
                            ("producing", "In production"),
                            ("paused", "Paused"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="preparing",
                        max_length=12,
                        verbose_name="status",
                    ),
                ),
                (
                    "investment_wan",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="total investment (10,000 yuan)",
                    ),
                ),
                (
                    "year_plan_wan",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="investment planned this year (10,000 yuan)",
                    ),
                ),
                ("signed_on", models.DateField(blank=True, null=True, verbose_name="signed on")),
                (
                    "planned_start_on",
                    models.DateField(blank=True, null=True, verbose_name="planned construction start"),
                ),
                ("planned_finish_on", models.DateField(blank=True, null=True, verbose_name="planned completion")),
                (
                    "longitude",
                    models.DecimalField(
                        blank=True, decimal_places=6, max_digits=10, null=True, verbose_name="longitude (CGCS2000)"
                    ),
                ),
                (
                    "latitude",
                    models.DecimalField(
                        blank=True, decimal_places=6, max_digits=9, null=True, verbose_name="latitude (CGCS2000)"
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=200, verbose_name="site")),
                ("content", models.TextField(blank=True, verbose_name="scale and content")),
                ("source", models.CharField(blank=True, max_length=60, verbose_name="source system")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="recorded at")),
                ("light", models.CharField(default="idle", editable=False, max_length=10, verbose_name="light")),
                (
                    "sort_group",
                    models.PositiveSmallIntegerField(default=9, editable=False, verbose_name="order of the light"),
                ),
                (
                    "due_half",
                    models.IntegerField(
                        default=2147483647,
                        editable=False,
                        verbose_name="working half-day index of the worst or next due moment",
                    ),
                ),
                ("due_on", models.DateField(editable=False, null=True, verbose_name="next due")),
                (
                    "next_flip_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="when the light changes by itself"),
                ),
                ("last_news_at", models.DateTimeField(editable=False, null=True, verbose_name="latest news at")),
                ("chain_started_on", models.DateField(editable=False, null=True, verbose_name="chain started on")),
                ("chain_closed_on", models.DateField(editable=False, null=True, verbose_name="chain finished on")),
                ("stages_total", models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="stages")),
                (
                    "stages_done",
                    models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="stages finished"),
                ),
                ("current_stages", models.JSONField(default=list, editable=False, verbose_name="current stages")),
                ("light_reason", models.JSONField(default=dict, editable=False, verbose_name="why this light")),
                (
                    "waiting_supplement",
                    models.BooleanField(default=False, editable=False, verbose_name="waits for a supplement"),
                ),
                (
                    "deferral_due_on",
                    models.DateField(editable=False, null=True, verbose_name="earliest deferred material due"),
                ),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="projects",
                        to="people.district",
                        verbose_name="district",
                    ),
                ),
                (
                    "enterprise",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="projects",
                        to="projects.enterprise",
                        verbose_name="enterprise",
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="projects",
                        to="projects.park",
                        verbose_name="park",
                    ),
                ),
                ("blocked", models.BooleanField(default=False, editable=False, verbose_name="blocked by quota")),
                ("blocked_since", models.DateTimeField(editable=False, null=True, verbose_name="blocked since")),
                (
                    "chain_light",
                    models.CharField(
                        default="idle", editable=False, max_length=10, verbose_name="light of the chain alone"
                    ),
                ),
            ],
            options={
                "verbose_name": "project",
                "verbose_name_plural": "projects",
                "indexes": [
                    models.Index(fields=["sort_group", "due_half", "id"], name="project_worst_first"),
                    models.Index(fields=["district", "park", "light"], name="project_light_counts"),
                    models.Index(fields=["next_flip_at"], name="project_next_flip"),
                    models.Index(fields=["light", "due_half", "id"], name="project_of_light"),
                    models.Index(
                        condition=models.Q(("light", "stale")),
                        fields=["last_news_at", "id"],
                        name="project_silent_longest",
                    ),
                    models.Index(
                        condition=models.Q(("waiting_supplement", True)),
                        fields=["last_news_at", "id"],
                        name="project_waiting_longest",
                    ),
                    models.Index(condition=models.Q(("stages_total", 0)), fields=["id"], name="project_without_stages"),
                    models.Index(
                        condition=models.Q(("blocked", True)),
                        fields=["blocked_since", "id"],
                        name="project_blocked_longest",
                    ),
                    models.Index(fields=["due_on", "due_half", "id", "light"], name="project_due_first"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("planned_start_on__isnull", True),
                            ("planned_finish_on__isnull", True),
                            ("planned_start_on__lte", models.F("planned_finish_on")),
                            _connector="OR",
                        ),
                        name="project_start_before_finish",
                        violation_error_message="The planned start lies after the planned completion.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("latitude__isnull", True), ("longitude__isnull", True)),
                            models.Q(("latitude__range", (-90, 90)), ("longitude__range", (-180, 180))),
                            _connector="OR",
                        ),
                        name="project_point_is_degrees",
                        violation_error_message="Longitude and latitude go together and are degrees.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MonthlyFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(help_text="The first day of the month.", verbose_name="month")),
                (
                    "investment_done_wan",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=14,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="investment done since January (10,000 yuan)",
                    ),
                ),
                ("jobs", models.PositiveIntegerField(blank=True, null=True, verbose_name="jobs")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("reported_at", models.DateTimeField(auto_now=True)),
                (
                    "reported_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="figures",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
            ],
            options={
                "verbose_name": "monthly figure",
                "verbose_name_plural": "monthly figures",
                "constraints": [
                    models.UniqueConstraint(fields=("project", "month"), name="figure_once_a_month"),
                    models.CheckConstraint(condition=models.Q(("month__day", 1)), name="figure_month_is_first_day"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Material",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="material")),
                ("document_no", models.CharField(blank=True, max_length=80, verbose_name="document number")),
                ("issued_by", models.CharField(blank=True, max_length=80, verbose_name="issued by")),
                ("issued_on", models.DateField(blank=True, null=True, verbose_name="issued on")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="valid until (inclusive)")),
                ("file", models.FileField(blank=True, upload_to="materials/%Y/%m/", verbose_name="file")),
                ("sha256", models.CharField(blank=True, editable=False, max_length=64)),
                ("given_at", models.DateTimeField(auto_now_add=True, verbose_name="given at")),
                (
                    "enterprise",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="materials",
                        to="projects.enterprise",
                        verbose_name="enterprise",
                    ),
                ),
                (
                    "given_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty when it serves every project of the enterprise.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="materials",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
            ],
            options={
                "verbose_name": "material",
                "verbose_name_plural": "materials",
                "indexes": [models.Index(fields=["enterprise", "name"], name="material_of_enterprise")],
            },
        ),
        migrations.CreateModel(
            name="KeyPoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        choices=[
                            ("signed", "Signed"),
                            ("filed", "Filed"),
                            ("land_supplied", "Land supplied"),
                            ("started", "Construction started"),
                            ("topped_out", "Main structure topped out"),
                            ("installed", "Equipment installed"),
                            ("completed", "Completed"),
                            ("producing", "In production"),
                            ("full_capacity", "At full capacity"),
                            ("counted", "In the statistics"),
                        ],
                        max_length=16,
                        verbose_name="key point",
                    ),
                ),
                ("planned_on", models.DateField(blank=True, null=True, verbose_name="planned")),
                ("actual_on", models.DateField(blank=True, null=True, verbose_name="actual")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="key_points",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
            ],
            options={
                "verbose_name": "key point",
                "verbose_name_plural": "key points",
                "constraints": [models.UniqueConstraint(fields=("project", "name"), name="key_point_once")],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("sponsor", "Sponsoring leader"),
                            ("task_force", "Task force lead"),
                            ("service_officer", "First-service officer"),
                            ("manager", "Project manager"),
                        ],
                        max_length=16,
                        verbose_name="role",
                    ),
                ),
                ("started_on", models.DateField(verbose_name="from")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="until (exclusive)")),
                ("hand_over_note", models.TextField(blank=True, verbose_name="hand-over note")),
                ("made_at", models.DateTimeField(auto_now_add=True, verbose_name="recorded at")),
                (
                    "department",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.department",
                        verbose_name="lead department",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
            ],
            options={
                "verbose_name": "assignment",
                "verbose_name_plural": "assignments",
                "indexes": [
                    models.Index(fields=["user", "ended_on", "role", "project"], name="assignment_of_person_by_role")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on__isnull", True)),
                        fields=("project", "role"),
                        name="assignment_one_open_per_role",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_on__isnull", True), ("ended_on__gte", models.F("started_on")), _connector="OR"
                        ),
                        name="assignment_ends_after_start",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=30, verbose_name="name")),
                ("query", models.CharField(blank=True, max_length=500)),
                ("shared", models.BooleanField(default=False, verbose_name="everyone may use it")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "saved view",
                "verbose_name_plural": "saved views",
                "constraints": [models.UniqueConstraint(fields=("owner", "name"), name="saved_view_name_once")],
            },
        ),
        migrations.CreateModel(
            name="LightTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("light", models.CharField(max_length=10)),
                ("projects", models.IntegerField(default=0)),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.district"
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="projects.park"
                    ),
                ),
            ],
            options={
                "verbose_name": "light tally",
                "verbose_name_plural": "light tallies",
                "constraints": [
                    models.UniqueConstraint(fields=("district", "park", "light"), name="light_tally_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("park__isnull", True)),
                        fields=("district", "light"),
                        name="light_tally_once_outside_parks",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ParkGroupObjectPermission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content_object", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="projects.park")),
                ("group", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.group")),
                ("permission", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission")),
            ],
            options={
                "abstract": False,
                "unique_together": {("group", "permission", "content_object")},
            },
        ),
        migrations.CreateModel(
            name="ParkUserObjectPermission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content_object", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="projects.park")),
                ("permission", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "abstract": False,
                "unique_together": {("user", "permission", "content_object")},
            },
        ),
    ]
