"""What the first migrations make together: a fresh database renders half as many models. Others keep their own way."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import projects.validators


class Migration(migrations.Migration):
    replaces = [("onemap", "0001_parks_and_shapes"), ("onemap", "0002_placements")]

    initial = True

    dependencies = [
        ("people", "0001_initial"),
        ("people", "0001_initial"),
        ("projects", "0007_person_by_role"),
    ]

    operations = [
        migrations.CreateModel(
            name="AreaAssessment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="assessment")),
                ("document_no", models.CharField(blank=True, max_length=80, verbose_name="document number")),
                ("approved_by", models.CharField(blank=True, max_length=80, verbose_name="approved by")),
                ("approved_on", models.DateField(blank=True, null=True, verbose_name="approved on")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="valid until (inclusive)")),
                (
                    "saves",
                    models.JSONField(
                        default=list,
                        help_text="Codes of stages, template:stage, as IND-BA:I09.",
                        verbose_name="stages saved",
                    ),
                ),
                ("scope", models.CharField(blank=True, max_length=200, verbose_name="for which projects")),
                ("file", models.FileField(blank=True, upload_to="assessments/%Y/%m/", verbose_name="file")),
                ("sha256", models.CharField(blank=True, editable=False, max_length=64)),
                ("given_at", models.DateTimeField(auto_now_add=True, verbose_name="given at")),
                (
                    "given_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assessments",
                        to="projects.park",
                        verbose_name="park",
                    ),
                ),
            ],
            options={
                "verbose_name": "area assessment",
                "verbose_name_plural": "area assessments",
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="DistrictShape",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "geometry",
                    models.JSONField(
                        validators=[projects.validators.validate_geometry], verbose_name="outline (GeoJSON, CGCS2000)"
                    ),
                ),
                (
                    "district",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shape",
                        to="people.district",
                        verbose_name="district",
                    ),
                ),
            ],
            options={
                "verbose_name": "outline of a district",
                "verbose_name_plural": "outlines of districts",
            },
        ),
        migrations.CreateModel(
            name="ParkUtility",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("not_started", "not started"),
                            ("building", "being built"),
                            ("in_service", "in service"),
                            ("not_required", "not required"),
                            ("out_of_service", "out of service"),
                        ],
                        default="not_started",
                        max_length=16,
                        verbose_name="status",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="why it is not required or out of service"
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=100, verbose_name="what there is")),
                (
                    "capacity",
                    models.DecimalField(
                        blank=True,
                        decimal_places=3,
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="capacity",
                    ),
                ),
                (
                    "used",
                    models.DecimalField(
                        blank=True,
                        decimal_places=3,
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="used",
                    ),
                ),
                (
                    "committed",
                    models.DecimalField(
                        blank=True,
                        decimal_places=3,
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="signed for, not yet used",
                    ),
                ),
                ("plots_reached", models.PositiveIntegerField(blank=True, null=True, verbose_name="plots reached")),
                ("plots_total", models.PositiveIntegerField(blank=True, null=True, verbose_name="plots")),
                ("in_service_on", models.DateField(blank=True, null=True, verbose_name="in service since")),
                ("planned_on", models.DateField(blank=True, null=True, verbose_name="planned in service")),
                ("funder", models.CharField(blank=True, max_length=80, verbose_name="paid by")),
                (
                    "investment_wan",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="investment (10,000 yuan)",
                    ),
                ),
                ("reported_at", models.DateTimeField(editable=False, null=True, verbose_name="reported at")),
                ("verified_on", models.DateField(blank=True, editable=False, null=True, verbose_name="verified on")),
                (
                    "park",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="utilities",
                        to="projects.park",
                        verbose_name="park",
                    ),
                ),
                (
                    "verified_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "utility of a park",
                "verbose_name_plural": "utilities of parks",
                "ordering": ["item__position", "item__code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "not_required"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="park_utility_not_required_has_reason",
                        violation_error_message="Say why the park does not require it.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("plots_reached__isnull", True),
                            ("plots_total__isnull", True),
                            ("plots_reached__lte", models.F("plots_total")),
                            _connector="OR",
                        ),
                        name="park_utility_plots_reached_within_total",
                        violation_error_message="More plots are reached than there are.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UtilityEvidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("document", "document"), ("photo", "photo")],
                        default="document",
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("title", models.CharField(max_length=80, verbose_name="title")),
                ("document_no", models.CharField(blank=True, max_length=80, verbose_name="document number")),
                ("dated_on", models.DateField(blank=True, null=True, verbose_name="dated")),
                ("file", models.FileField(blank=True, upload_to="utilities/%Y/%m/", verbose_name="file")),
                ("sha256", models.CharField(blank=True, editable=False, max_length=64)),
                ("given_at", models.DateTimeField(auto_now_add=True, verbose_name="given at")),
                (
                    "given_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "utility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="evidence",
                        to="onemap.parkutility",
                        verbose_name="utility",
                    ),
                ),
            ],
            options={
                "verbose_name": "evidence",
                "verbose_name_plural": "evidence",
                "ordering": ["-dated_on", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="UtilityItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=20, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=20, unique=True, verbose_name="name")),
                (
                    "mark",
                    models.CharField(
                        help_text="As on the readiness board: 路, 水, 电.", max_length=2, verbose_name="one character"
                    ),
                ),
                ("unit", models.CharField(max_length=20, verbose_name="unit")),
                (
                    "measured",
                    models.BooleanField(
                        default=True,
                        help_text="No: open to all without limit, as a road.",
                        verbose_name="has a capacity",
                    ),
                ),
                (
                    "done_test",
                    models.CharField(blank=True, max_length=200, verbose_name="when it counts as in service"),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="order")),
                (
                    "department",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.department",
                        verbose_name="verifying department",
                    ),
                ),
            ],
            options={
                "verbose_name": "utility",
                "verbose_name_plural": "utilities",
                "ordering": ["position", "code"],
            },
        ),
        migrations.AddField(
            model_name="parkutility",
            name="item",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="onemap.utilityitem",
                verbose_name="utility",
            ),
        ),
        migrations.CreateModel(
            name="UtilityReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(help_text="The first day of the month.", verbose_name="month")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("submitted", "to be verified"),
                            ("verified", "verified"),
                            ("returned", "returned"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("note", models.TextField(blank=True, verbose_name="note")),
                ("made_at", models.DateTimeField(verbose_name="begun at")),
                ("submitted_at", models.DateTimeField(blank=True, null=True, verbose_name="submitted at")),
                ("returned_reason", models.CharField(blank=True, max_length=200, verbose_name="why it was returned")),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="utility_reports",
                        to="projects.park",
                        verbose_name="park",
                    ),
                ),
                (
                    "submitted_by",
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
                "verbose_name": "monthly report of a park",
                "verbose_name_plural": "monthly reports of parks",
                "constraints": [
                    models.UniqueConstraint(fields=("park", "month"), name="utility_report_once_a_month"),
                    models.CheckConstraint(
                        condition=models.Q(("month__day", 1)), name="utility_report_month_is_first_day"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UtilityReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("not_started", "not started"),
                            ("building", "being built"),
                            ("in_service", "in service"),
                            ("not_required", "not required"),
                            ("out_of_service", "out of service"),
                        ],
                        default="not_started",
                        max_length=16,
                        verbose_name="status",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="why it is not required or out of service"
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=100, verbose_name="what there is")),
                (
                    "capacity",
                    models.DecimalField(
                        blank=True,
                        decimal_places=3,
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="capacity",
                    ),
                ),
                (
                    "used",
                    models.DecimalField(
                        blank=True,
                        decimal_places=3,
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="used",
                    ),
                ),
                (
                    "committed",
                    models.DecimalField(
                        blank=True,
                        decimal_places=3,
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="signed for, not yet used",
                    ),
                ),
                ("plots_reached", models.PositiveIntegerField(blank=True, null=True, verbose_name="plots reached")),
                ("plots_total", models.PositiveIntegerField(blank=True, null=True, verbose_name="plots")),
                ("in_service_on", models.DateField(blank=True, null=True, verbose_name="in service since")),
                ("planned_on", models.DateField(blank=True, null=True, verbose_name="planned in service")),
                ("funder", models.CharField(blank=True, max_length=80, verbose_name="paid by")),
                (
                    "investment_wan",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="investment (10,000 yuan)",
                    ),
                ),
                ("changed", models.BooleanField(default=False, verbose_name="differs from the month before")),
                ("verified_on", models.DateField(blank=True, null=True, verbose_name="verified on")),
                (
                    "refused_reason",
                    models.CharField(blank=True, max_length=200, verbose_name="why it was not verified"),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="onemap.utilityitem",
                        verbose_name="utility",
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
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="onemap.utilityreport",
                        verbose_name="report",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of a monthly report",
                "verbose_name_plural": "lines of monthly reports",
                "ordering": ["item__position", "item__code"],
                "constraints": [
                    models.UniqueConstraint(fields=("report", "item"), name="utility_reading_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "not_required"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="utility_reading_not_required_has_reason",
                        violation_error_message="Say why the park does not require it.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UtilitySet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=20, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=40, unique=True, verbose_name="name")),
                ("in_use", models.BooleanField(default=False, verbose_name="in use")),
            ],
            options={
                "verbose_name": "set of utilities",
                "verbose_name_plural": "sets of utilities",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("in_use", True)), fields=("in_use",), name="utility_set_one_in_use"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="utilityitem",
            name="sets",
            field=models.ManyToManyField(related_name="items", to="onemap.utilityset", verbose_name="sets"),
        ),
        migrations.CreateModel(
            name="Expansion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                (
                    "adds",
                    models.DecimalField(
                        decimal_places=3,
                        max_digits=14,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="adds",
                    ),
                ),
                ("planned_on", models.DateField(blank=True, null=True, verbose_name="planned in service")),
                (
                    "done_on",
                    models.DateField(
                        blank=True,
                        help_text="Then it is part of the capacity.",
                        null=True,
                        verbose_name="in service since",
                    ),
                ),
                ("responsible", models.CharField(blank=True, max_length=80, verbose_name="who brings it")),
                (
                    "utility",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="expansions",
                        to="onemap.parkutility",
                        verbose_name="utility",
                    ),
                ),
            ],
            options={
                "verbose_name": "expansion",
                "verbose_name_plural": "expansions",
                "ordering": [models.OrderBy(models.F("planned_on"), nulls_last=True), "pk"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("adds__gt", 0)), name="expansion_adds_something")
                ],
            },
        ),
        migrations.CreateModel(
            name="ShapeSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "system",
                    models.CharField(
                        choices=[
                            ("cgcs2000", "CGCS2000 degrees"),
                            ("gauss", "CGCS2000 3-degree zone (metres)"),
                            ("wgs84", "WGS 84 degrees"),
                            ("gcj02", "GCJ-02 (web maps)"),
                            ("bd09", "BD-09 (Baidu)"),
                            ("other", "another system by its EPSG number"),
                        ],
                        max_length=10,
                        verbose_name="coordinate system",
                    ),
                ),
                ("epsg", models.PositiveIntegerField(blank=True, null=True, verbose_name="EPSG number")),
                ("file_name", models.CharField(blank=True, max_length=200, verbose_name="file")),
                ("file_sha256", models.CharField(blank=True, max_length=64)),
                ("feature_no", models.PositiveIntegerField(blank=True, null=True, verbose_name="feature in the file")),
                (
                    "original",
                    models.JSONField(blank=True, null=True, verbose_name="as it came (GeoJSON in its own system)"),
                ),
                ("repaired", models.CharField(blank=True, max_length=200, verbose_name="what was repaired")),
                (
                    "declared_area_m2",
                    models.DecimalField(
                        blank=True, decimal_places=1, max_digits=16, null=True, verbose_name="declared area (m²)"
                    ),
                ),
                (
                    "zone_area_m2",
                    models.DecimalField(
                        blank=True,
                        decimal_places=1,
                        max_digits=16,
                        null=True,
                        verbose_name="area in the 3-degree zone (m²)",
                    ),
                ),
                (
                    "geodesic_area_m2",
                    models.DecimalField(
                        blank=True,
                        decimal_places=1,
                        max_digits=16,
                        null=True,
                        verbose_name="area on the ellipsoid (m²)",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="recorded at")),
                (
                    "district",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shape_sources",
                        to="people.district",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shape_sources",
                        to="projects.park",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shape_sources",
                        to="projects.project",
                    ),
                ),
            ],
            options={
                "verbose_name": "source of an outline",
                "verbose_name_plural": "sources of outlines",
                "ordering": ["-made_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("district__isnull", True), ("park__isnull", False), ("project__isnull", True)),
                            models.Q(("district__isnull", False), ("park__isnull", True), ("project__isnull", True)),
                            models.Q(("district__isnull", True), ("park__isnull", True), ("project__isnull", False)),
                            _connector="OR",
                        ),
                        name="shape_source_of_one_thing",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UtilityDemand",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=3,
                        max_digits=14,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="needed",
                    ),
                ),
                ("needed_on", models.DateField(verbose_name="needed by")),
                (
                    "signed",
                    models.BooleanField(
                        default=False,
                        help_text="Then the park counts it as signed, not yet used.",
                        verbose_name="signed for with the park",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("registered_at", models.DateTimeField(verbose_name="recorded at")),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="served or dropped on")),
                ("closed_reason", models.CharField(blank=True, max_length=200, verbose_name="why it is closed")),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="utility_demands",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="onemap.utilityitem",
                        verbose_name="utility",
                    ),
                ),
            ],
            options={
                "verbose_name": "utility demand",
                "verbose_name_plural": "utility demands",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_on__isnull", True)),
                        fields=("project", "item"),
                        name="utility_demand_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)),
                        name="utility_demand_positive",
                        violation_error_message="The amount must be above zero.",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="parkutility",
            constraint=models.UniqueConstraint(fields=("park", "item"), name="park_utility_once"),
        ),
        migrations.CreateModel(
            name="Placement",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="placement",
                        serialize=False,
                        to="projects.project",
                    ),
                ),
                ("longitude", models.DecimalField(decimal_places=6, max_digits=10)),
                ("latitude", models.DecimalField(decimal_places=6, max_digits=9)),
                (
                    "district",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="people.district",
                        verbose_name="district",
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="projects.park",
                        verbose_name="park",
                    ),
                ),
            ],
            options={
                "verbose_name": "place of a point",
                "verbose_name_plural": "places of points",
            },
        ),
    ]
