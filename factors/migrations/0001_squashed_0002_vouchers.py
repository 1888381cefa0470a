"""What the first migrations make together: a fresh database renders half as many models. Others keep their own way."""

import uuid

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("factors", "0001_initial"), ("factors", "0002_vouchers")]

    initial = True

    dependencies = [
        ("people", "0001_initial"),
        ("people", "0001_initial"),
        ("projects", "0003_blocked"),
    ]

    operations = [
        migrations.CreateModel(
            name="Book",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=50, unique=True, verbose_name="code")),
                (
                    "basis",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "—"),
                            ("calorific", "Calorific value (当量)"),
                            ("primary", "Primary value (等价)"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="basis",
                    ),
                ),
            ],
            options={
                "verbose_name": "account book",
                "verbose_name_plural": "account books",
                "ordering": ["kind__position", "source__position", "basis"],
            },
        ),
        migrations.CreateModel(
            name="EnergyCarrier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=40, verbose_name="name")),
                ("unit", models.CharField(max_length=20, verbose_name="unit")),
                ("is_coal", models.BooleanField(default=False, verbose_name="counts as coal")),
                ("is_power", models.BooleanField(default=False, verbose_name="is electric power")),
                ("position", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name": "energy carrier",
                "verbose_name_plural": "energy carriers",
                "ordering": ["position", "code"],
            },
        ),
        migrations.CreateModel(
            name="JournalYear",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField(unique=True)),
                ("last_number", models.PositiveIntegerField(default=0)),
            ],
            options={
                "verbose_name": "voucher numbers",
                "verbose_name_plural": "voucher numbers",
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "period",
                    models.CharField(
                        blank=True,
                        help_text="The year of the pool, or a vintage; blank: no period.",
                        max_length=60,
                        verbose_name="period",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("issuer", "Upper level"),
                            ("pool", "Pool"),
                            ("holding", "Holding"),
                            ("recovered", "Recovered stock"),
                            ("retired", "Retired"),
                            ("cap", "Total cap"),
                            ("used", "Used under the cap"),
                        ],
                        max_length=10,
                        verbose_name="kind of account",
                    ),
                ),
                ("code", models.CharField(max_length=60, verbose_name="code")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("tier", models.PositiveSmallIntegerField(editable=False)),
                ("may_overdraw", models.BooleanField(default=False, editable=False)),
                ("debits_posted", models.BigIntegerField(default=0, editable=False)),
                ("credits_posted", models.BigIntegerField(default=0, editable=False)),
                ("debits_pending", models.BigIntegerField(default=0, editable=False)),
                ("credits_pending", models.BigIntegerField(default=0, editable=False)),
                ("last_on", models.DateField(editable=False, null=True, verbose_name="latest entry on")),
                ("permit_limit", models.BigIntegerField(blank=True, null=True, verbose_name="permit limit")),
                ("permit_until", models.DateField(blank=True, null=True, verbose_name="permit valid until")),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="closed on")),
                (
                    "cap",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="capped",
                        to="factors.account",
                        verbose_name="total cap above it",
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.department",
                        verbose_name="managed by",
                    ),
                ),
                (
                    "district",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accounts",
                        to="people.district",
                    ),
                ),
                (
                    "enterprise",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accounts",
                        to="projects.enterprise",
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accounts",
                        to="projects.park",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accounts",
                        to="projects.project",
                    ),
                ),
                (
                    "book",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accounts",
                        to="factors.book",
                        verbose_name="account book",
                    ),
                ),
            ],
            options={
                "verbose_name": "account",
                "verbose_name_plural": "accounts",
                "ordering": ["book", "period", "role", "code"],
                "indexes": [
                    models.Index(fields=["role", "book", "period"], name="account_of_role"),
                    models.Index(fields=["project"], name="account_of_project"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("book", "period", "code"), name="account_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("credits_pending__gte", 0),
                            ("credits_posted__gte", 0),
                            ("debits_pending__gte", 0),
                            ("debits_posted__gte", 0),
                        ),
                        name="account_totals_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("may_overdraw", True),
                            (
                                "credits_posted__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("debits_posted"), "+", models.F("debits_pending")
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="account_never_overdrawn",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("may_overdraw", False), ("role", "issuer"), _connector="OR"),
                        name="account_only_issuer_overdraws",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Demand",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("period", models.CharField(blank=True, max_length=60, verbose_name="period")),
                ("amount", models.BigIntegerField(verbose_name="amount needed")),
                ("gate", models.CharField(blank=True, max_length=32, verbose_name="gate")),
                ("needed_by", models.DateField(blank=True, null=True, verbose_name="needed by")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                (
                    "substitution_reason",
                    models.CharField(blank=True, max_length=300, verbose_name="why not the source that comes first"),
                ),
                ("registered_at", models.DateTimeField(verbose_name="registered at")),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="given up on")),
                ("closed_reason", models.CharField(blank=True, max_length=300, verbose_name="why given up")),
                ("secured", models.BigIntegerField(default=0, editable=False, verbose_name="confirmed and reserved")),
                (
                    "gap",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            models.F("amount"), "-", models.F("secured")
                        ),
                        output_field=models.BigIntegerField(),
                    ),
                ),
                ("blocked", models.BooleanField(default=False, editable=False, verbose_name="blocked")),
                (
                    "book",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="demands",
                        to="factors.book",
                        verbose_name="account book",
                    ),
                ),
                (
                    "holding",
                    models.OneToOneField(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="demand",
                        to="factors.account",
                        verbose_name="holding",
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="demands",
                        to="factors.account",
                        verbose_name="pool",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="demands",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "demand",
                "verbose_name_plural": "demands",
                "indexes": [
                    models.Index(
                        condition=models.Q(("closed_on__isnull", True)),
                        fields=["pool", "blocked", "gap"],
                        name="demand_flips",
                    ),
                    models.Index(
                        condition=models.Q(("blocked", True)), fields=["project"], name="demand_blocked_project"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("project", "book", "period"), name="demand_once"),
                    models.CheckConstraint(condition=models.Q(("amount__gte", 0)), name="demand_not_negative"),
                ],
            },
        ),
        migrations.CreateModel(
            name="EnergyCoefficient",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "basis",
                    models.CharField(
                        choices=[("calorific", "Calorific"), ("primary", "Primary")],
                        max_length=10,
                        verbose_name="basis",
                    ),
                ),
                ("year", models.PositiveSmallIntegerField(verbose_name="from year")),
                ("kgce_per_unit", models.DecimalField(decimal_places=6, max_digits=12, verbose_name="kgce per unit")),
                ("source", models.CharField(max_length=120, verbose_name="source")),
                ("checked", models.BooleanField(default=True, verbose_name="checked against the standard")),
                (
                    "carrier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="coefficients",
                        to="factors.energycarrier",
                    ),
                ),
            ],
            options={
                "verbose_name": "coefficient",
                "verbose_name_plural": "coefficients",
                "ordering": ["carrier", "basis", "-year"],
                "constraints": [
                    models.UniqueConstraint(fields=("carrier", "basis", "year"), name="coefficient_once"),
                    models.CheckConstraint(condition=models.Q(("kgce_per_unit__gt", 0)), name="coefficient_positive"),
                ],
            },
        ),
        migrations.CreateModel(
            name="EnergyForm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField(verbose_name="coefficients of the year")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                ("total_calorific", models.BigIntegerField(default=0, editable=False)),
                ("total_primary", models.BigIntegerField(default=0, editable=False)),
                ("charged_calorific", models.BigIntegerField(default=0, editable=False)),
                ("charged_primary", models.BigIntegerField(default=0, editable=False)),
                ("coal_kg", models.BigIntegerField(default=0, editable=False)),
                ("power_kwh", models.DecimalField(decimal_places=2, default=0, editable=False, max_digits=18)),
                ("review_level", models.CharField(blank=True, editable=False, max_length=10)),
                ("made_at", models.DateTimeField()),
                (
                    "demand",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="energy_forms",
                        to="factors.demand",
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
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="energy_forms",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
                (
                    "superseded_by",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="supersedes",
                        to="factors.energyform",
                    ),
                ),
            ],
            options={
                "verbose_name": "energy form",
                "verbose_name_plural": "energy forms",
                "ordering": ["-made_at"],
            },
        ),
        migrations.CreateModel(
            name="EnergyLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="quantity a year")),
                (
                    "raw_material",
                    models.DecimalField(
                        decimal_places=4, default=0, max_digits=18, verbose_name="of which raw material"
                    ),
                ),
                (
                    "green",
                    models.DecimalField(decimal_places=4, default=0, max_digits=18, verbose_name="of which renewable"),
                ),
                (
                    "measured_kgce",
                    models.DecimalField(
                        blank=True, decimal_places=6, max_digits=12, null=True, verbose_name="measured kgce per unit"
                    ),
                ),
                ("evidence", models.CharField(blank=True, max_length=120, verbose_name="where it was measured")),
                (
                    "carrier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factors.energycarrier",
                        verbose_name="carrier",
                    ),
                ),
                (
                    "form",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="factors.energyform"
                    ),
                ),
            ],
            options={
                "verbose_name": "energy line",
                "verbose_name_plural": "energy lines",
                "constraints": [
                    models.UniqueConstraint(fields=("form", "carrier"), name="energy_line_once"),
                    models.CheckConstraint(
                        condition=models.Q(("green__gte", 0), ("quantity__gte", 0), ("raw_material__gte", 0)),
                        name="energy_line_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "quantity__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("raw_material"), "+", models.F("green")
                                ),
                            )
                        ),
                        name="energy_line_parts_fit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("measured_kgce__isnull", True), models.Q(("evidence", ""), _negated=True), _connector="OR"
                        ),
                        name="energy_line_measured_has_evidence",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FactorKind",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=40, verbose_name="name")),
                (
                    "group",
                    models.CharField(
                        choices=[
                            ("energy", "Energy"),
                            ("water", "Water"),
                            ("land", "Land"),
                            ("emission", "Emissions"),
                            ("utility", "Utilities"),
                            ("other", "Other instruments"),
                        ],
                        max_length=10,
                        verbose_name="group",
                    ),
                ),
                ("family", models.CharField(max_length=12, verbose_name="family of units")),
                ("unit", models.CharField(max_length=12, verbose_name="display unit")),
                (
                    "year_end",
                    models.CharField(
                        choices=[
                            ("expire", "What is left expires"),
                            ("carry_over", "What is left is carried over"),
                            ("keep", "Pools have no year"),
                        ],
                        max_length=12,
                        verbose_name="at the end of the year",
                    ),
                ),
                (
                    "gate",
                    models.CharField(
                        blank=True,
                        help_text="The word that chain templates use for stages that need it.",
                        max_length=12,
                        verbose_name="gate",
                    ),
                ),
                (
                    "gate_mode",
                    models.CharField(
                        choices=[
                            ("hard", "The stage cannot go on"),
                            ("warn", "The stage may go on with a warning"),
                            ("off", "Not checked"),
                        ],
                        default="hard",
                        max_length=5,
                        verbose_name="what the gate does",
                    ),
                ),
                (
                    "gate_at",
                    models.CharField(
                        choices=[("accept", "from acceptance on"), ("decide", "at the decision")],
                        default="accept",
                        max_length=8,
                        verbose_name="when the gate asks",
                    ),
                ),
                (
                    "reservation_days",
                    models.PositiveSmallIntegerField(default=180, verbose_name="reservation lasts (calendar days)"),
                ),
                (
                    "free_reservations",
                    models.BooleanField(
                        default=False,
                        help_text="Every other kind of voucher always needs one.",
                        verbose_name="reservations need no checker",
                    ),
                ),
                ("legal_source", models.CharField(blank=True, max_length=200, verbose_name="legal source")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("active", models.BooleanField(default=True, verbose_name="in use")),
                (
                    "department",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.department",
                        verbose_name="department in charge",
                    ),
                ),
            ],
            options={
                "verbose_name": "factor",
                "verbose_name_plural": "factors",
                "ordering": ["position", "code"],
            },
        ),
        migrations.AddField(
            model_name="book",
            name="kind",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="books",
                to="factors.factorkind",
                verbose_name="factor",
            ),
        ),
        migrations.CreateModel(
            name="FactorSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(blank=True, max_length=20, verbose_name="code")),
                ("name", models.CharField(blank=True, max_length=40, verbose_name="name")),
                (
                    "rank",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Lower first: unconventional water before groundwater.",
                        verbose_name="order of use",
                    ),
                ),
                (
                    "is_cap",
                    models.BooleanField(
                        default=False,
                        help_text="Counts what all sources of the region use together.",
                        verbose_name="total cap",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                (
                    "kind",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sources",
                        to="factors.factorkind",
                        verbose_name="factor",
                    ),
                ),
                (
                    "needs_reason_while",
                    models.ForeignKey(
                        blank=True,
                        help_text="Groundwater for industry while reclaimed water of the same park is left.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factors.factorsource",
                        verbose_name="asked only with a reason while this source has balance",
                    ),
                ),
            ],
            options={
                "verbose_name": "source",
                "verbose_name_plural": "sources",
                "ordering": ["kind", "position", "code"],
                "constraints": [models.UniqueConstraint(fields=("kind", "code"), name="factor_source_once")],
            },
        ),
        migrations.AddField(
            model_name="book",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="books",
                to="factors.factorsource",
                verbose_name="source",
            ),
        ),
        migrations.CreateModel(
            name="GateOverride",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("gate", models.CharField(max_length=32, verbose_name="gate")),
                ("stage_code", models.CharField(max_length=20, verbose_name="stage")),
                ("stage_name", models.CharField(max_length=120, verbose_name="name of the stage")),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("document_no", models.CharField(max_length=60, verbose_name="document number")),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gate_overrides",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
            ],
            options={
                "verbose_name": "gate override",
                "verbose_name_plural": "gate overrides",
                "ordering": ["-at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), _negated=True), models.Q(("document_no", ""), _negated=True)
                        ),
                        name="gate_override_has_reason",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NoNeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("gate", models.CharField(max_length=32, verbose_name="gate")),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="no_needs",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
            ],
            options={
                "verbose_name": "declaration of no need",
                "verbose_name_plural": "declarations of no need",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        fields=("project", "gate"),
                        name="no_need_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="no_need_has_reason"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Parcel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True, verbose_name="parcel code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("area", models.BigIntegerField(verbose_name="area")),
                ("reported_on", models.DateField(blank=True, null=True, verbose_name="sent up for approval on")),
                ("approval_no", models.CharField(blank=True, max_length=60, verbose_name="approval document")),
                ("approved_on", models.DateField(blank=True, null=True, verbose_name="approved on")),
                ("cleared_on", models.DateField(blank=True, null=True, verbose_name="cleared on")),
                ("supplied_on", models.DateField(blank=True, null=True, verbose_name="supplied on")),
                ("contract_no", models.CharField(blank=True, max_length=60, verbose_name="contract or allocation no.")),
                ("price_fen", models.BigIntegerField(blank=True, null=True, verbose_name="price")),
                ("agreed_start_on", models.DateField(blank=True, null=True, verbose_name="agreed start of works")),
                ("started_on", models.DateField(blank=True, null=True, verbose_name="works started on")),
                (
                    "started_share",
                    models.DecimalField(
                        decimal_places=2, default=0, max_digits=5, verbose_name="share of area started (%)"
                    ),
                ),
                (
                    "invested_share",
                    models.DecimalField(
                        decimal_places=2, default=0, max_digits=5, verbose_name="share of investment done (%)"
                    ),
                ),
                ("stopped_on", models.DateField(blank=True, null=True, verbose_name="works stopped since")),
                ("completed_on", models.DateField(blank=True, null=True, verbose_name="completed on")),
                (
                    "fault",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not decided"),
                            ("enterprise", "The enterprise's"),
                            ("government", "The government's"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="whose fault",
                    ),
                ),
                ("disposed_on", models.DateField(blank=True, null=True, verbose_name="disposed of on")),
                ("disposal", models.CharField(blank=True, max_length=200, verbose_name="how it was disposed of")),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parcels",
                        to="people.district",
                        verbose_name="district",
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parcels",
                        to="projects.park",
                        verbose_name="park",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parcels",
                        to="projects.project",
                        verbose_name="project",
                    ),
                ),
            ],
            options={
                "verbose_name": "parcel",
                "verbose_name_plural": "parcels",
                "ordering": ["code"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("area__gt", 0)), name="parcel_area_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("invested_share__range", (0, 100)), ("started_share__range", (0, 100))),
                        name="parcel_shares_are_percent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("supplied_on__isnull", True),
                            models.Q(("approved_on__isnull", False), ("approved_on__lte", models.F("supplied_on"))),
                            _connector="OR",
                        ),
                        name="parcel_supplied_after_approval",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("started_on__isnull", True), ("supplied_on__isnull", False), _connector="OR"
                        ),
                        name="parcel_started_after_supply",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField(verbose_name="year")),
                ("number", models.PositiveIntegerField(verbose_name="voucher number")),
                ("key", models.CharField(max_length=80, unique=True, verbose_name="idempotency key")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("opening", "Opening balance"),
                            ("grant", "Grant"),
                            ("reallocate", "Reallocation"),
                            ("reserve", "Reservation"),
                            ("confirm", "Confirmation"),
                            ("release", "Release"),
                            ("expire", "Expiry"),
                            ("renew", "Renewal"),
                            ("recover", "Recovery"),
                            ("absorb", "Recovered stock into the pool"),
                            ("earn", "Earned from stock"),
                            ("trade", "Trade"),
                            ("reduce", "Reduction"),
                            ("expire_year", "Expiry at year end"),
                            ("carry_over", "Carry-over"),
                            ("reverse", "Reversal"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("occurred_on", models.DateField(verbose_name="date")),
                ("recorded_at", models.DateTimeField(verbose_name="recorded at")),
                ("document_no", models.CharField(blank=True, max_length=60, verbose_name="document number")),
                ("summary", models.CharField(blank=True, max_length=200, verbose_name="summary")),
                ("renewed_until", models.DateField(null=True, verbose_name="renewed until")),
                (
                    "checker",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="checked by",
                    ),
                ),
                (
                    "maker",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="factors.posting",
                    ),
                ),
            ],
            options={
                "verbose_name": "journal entry",
                "verbose_name_plural": "journal",
                "ordering": ["year", "number"],
                "indexes": [
                    models.Index(fields=["document_no"], name="posting_document"),
                    models.Index(fields=["occurred_on", "id"], name="posting_by_day"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("year", "number"), name="posting_number_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("checker__isnull", True),
                            models.Q(("checker", models.F("maker")), _negated=True),
                            _connector="OR",
                        ),
                        name="posting_checker_is_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "reverse"), ("reverses__isnull", False)),
                            models.Q(models.Q(("kind", "reverse"), _negated=True), ("reverses__isnull", True)),
                            _connector="OR",
                        ),
                        name="posting_reversal_names_entry",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BlockEpisode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("opened_at", models.DateTimeField(verbose_name="blocked since")),
                (
                    "opened_cause",
                    models.CharField(
                        choices=[
                            ("registered", "Demand registered"),
                            ("changed", "Demand changed"),
                            ("closed", "Demand given up"),
                            ("posting", "Journal entry"),
                            ("pool", "Another pool serves the project"),
                        ],
                        max_length=10,
                    ),
                ),
                ("gap", models.BigIntegerField(verbose_name="gap at the beginning")),
                ("available", models.BigIntegerField(verbose_name="available at the beginning")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="free since")),
                (
                    "closed_cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("registered", "Demand registered"),
                            ("changed", "Demand changed"),
                            ("closed", "Demand given up"),
                            ("posting", "Journal entry"),
                            ("pool", "Another pool serves the project"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "demand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="episodes", to="factors.demand"
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="factors.posting"
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="factors.posting"
                    ),
                ),
            ],
            options={
                "verbose_name": "block episode",
                "verbose_name_plural": "block episodes",
                "ordering": ["-opened_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=("demand",),
                        name="block_one_open_per_demand",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closed_at__isnull", True), ("closed_at__gte", models.F("opened_at")), _connector="OR"
                        ),
                        name="block_ends_after_start",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReplacementSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("saving", models.BigIntegerField(verbose_name="verified saving")),
                ("used", models.BigIntegerField(default=0, editable=False)),
                ("verified_on", models.DateField(verbose_name="verified on")),
                ("verification_no", models.CharField(max_length=60, verbose_name="verification document")),
                (
                    "book",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factors.book",
                        verbose_name="account book",
                    ),
                ),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.district",
                        verbose_name="district",
                    ),
                ),
                (
                    "verified_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "replacement source",
                "verbose_name_plural": "replacement sources",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("saving__gt", 0)), name="replacement_saving_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("used__gte", 0), ("used__lte", models.F("saving"))),
                        name="replacement_used_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReplacementUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.BigIntegerField(verbose_name="amount")),
                ("ratio_thousandths", models.PositiveIntegerField(default=1000, verbose_name="ratio (thousandths)")),
                ("document_no", models.CharField(max_length=60, verbose_name="document number")),
                ("at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "demand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="replacements", to="factors.demand"
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="uses", to="factors.replacementsource"
                    ),
                ),
            ],
            options={
                "verbose_name": "use of a replacement source",
                "verbose_name_plural": "uses of replacement sources",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="replacement_use_positive")
                ],
            },
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.BigIntegerField()),
                ("reserved_on", models.DateField()),
                ("expires_on", models.DateField()),
                ("renewed", models.BooleanField(default=False)),
                (
                    "holding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reservations_in",
                        to="factors.account",
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reservations_out",
                        to="factors.account",
                    ),
                ),
                (
                    "twin_of",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="twin",
                        to="factors.reservation",
                    ),
                ),
            ],
            options={
                "verbose_name": "reservation",
                "verbose_name_plural": "reservations",
            },
        ),
        migrations.AddField(
            model_name="posting",
            name="renews",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="renewal", to="factors.reservation"
            ),
        ),
        migrations.CreateModel(
            name="ReviewRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("effective_from", models.DateField(verbose_name="in force from")),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("exempt", "No examination, a promise is enough"),
                            ("county", "County or city level"),
                            ("city", "City level"),
                            ("province", "Provincial level"),
                            ("nation", "National level"),
                        ],
                        max_length=10,
                        verbose_name="level",
                    ),
                ),
                (
                    "min_tce",
                    models.DecimalField(
                        blank=True, decimal_places=3, max_digits=14, null=True, verbose_name="from tce a year"
                    ),
                ),
                (
                    "min_coal_t",
                    models.DecimalField(
                        blank=True,
                        decimal_places=3,
                        max_digits=14,
                        null=True,
                        verbose_name="from tonnes of coal a year",
                    ),
                ),
                (
                    "min_kwh",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=18, null=True, verbose_name="from kWh a year"
                    ),
                ),
                ("source", models.CharField(max_length=200, verbose_name="legal source")),
                ("checked", models.BooleanField(default=True, verbose_name="checked against the text")),
            ],
            options={
                "verbose_name": "review rule",
                "verbose_name_plural": "review rules",
                "ordering": ["effective_from", "min_tce"],
                "constraints": [models.UniqueConstraint(fields=("effective_from", "level"), name="review_rule_once")],
            },
        ),
        migrations.CreateModel(
            name="StockAsset",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("zombie", "Zombie enterprise"),
                            ("backward", "Backward capacity"),
                            ("upgrade", "Saving by upgrading"),
                            ("idle", "Idle plant or land"),
                            ("unused", "Confirmed quota not used"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("plan", models.CharField(blank=True, max_length=300, verbose_name="plan")),
                ("plan_on", models.DateField(blank=True, null=True, verbose_name="planned for")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("checking", "Being checked"),
                            ("verified", "Verified"),
                            ("recovered", "Recovered"),
                            ("dropped", "Given up"),
                        ],
                        default="checking",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("verified_on", models.DateField(blank=True, null=True)),
                ("verification_no", models.CharField(blank=True, max_length=60, verbose_name="verification document")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                (
                    "department",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.department",
                    ),
                ),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stock_assets",
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
                        related_name="stock_assets",
                        to="projects.enterprise",
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stock_assets",
                        to="projects.park",
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
            ],
            options={
                "verbose_name": "stock asset",
                "verbose_name_plural": "stock assets",
                "ordering": ["plan_on", "code"],
            },
        ),
        migrations.CreateModel(
            name="StockAmount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recoverable", models.BigIntegerField(verbose_name="recoverable")),
                ("recovered", models.BigIntegerField(default=0, editable=False, verbose_name="recovered")),
                (
                    "book",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="factors.book"),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recoverable",
                        to="factors.account",
                    ),
                ),
                (
                    "asset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="amounts", to="factors.stockasset"
                    ),
                ),
            ],
            options={
                "verbose_name": "recoverable amount",
                "verbose_name_plural": "recoverable amounts",
                "constraints": [
                    models.UniqueConstraint(fields=("asset", "book"), name="stock_amount_once"),
                    models.CheckConstraint(condition=models.Q(("recoverable__gt", 0)), name="stock_amount_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("recovered__gte", 0), ("recovered__lte", models.F("recoverable"))),
                        name="stock_never_more_than_verified",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="replacementsource",
            name="asset",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replacement_sources",
                to="factors.stockasset",
            ),
        ),
        migrations.CreateModel(
            name="StockRecovery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.BigIntegerField()),
                (
                    "posting",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="stock_recovery", to="factors.posting"
                    ),
                ),
                (
                    "stock",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="recoveries", to="factors.stockamount"
                    ),
                ),
            ],
            options={
                "verbose_name": "recovery",
                "verbose_name_plural": "recoveries",
            },
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveSmallIntegerField()),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("posted", "at once"),
                            ("pending", "reserved"),
                            ("post", "reservation confirmed"),
                            ("void", "reservation released"),
                            ("expire", "reservation expired"),
                        ],
                        max_length=8,
                    ),
                ),
                ("amount", models.BigIntegerField()),
                ("expires_on", models.DateField(null=True)),
                (
                    "credit",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credits",
                        to="factors.account",
                    ),
                ),
                (
                    "debit",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="debits",
                        to="factors.account",
                    ),
                ),
                (
                    "posting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="transfers", to="factors.posting"
                    ),
                ),
                (
                    "resolves",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resolved_by",
                        to="factors.transfer",
                    ),
                ),
            ],
            options={
                "verbose_name": "transfer",
                "verbose_name_plural": "transfers",
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["debit", "id"], name="transfer_of_debit"),
                    models.Index(fields=["credit", "id"], name="transfer_of_credit"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("posting", "line"), name="transfer_line_once"),
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="transfer_amount_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("debit", models.F("credit")), _negated=True), name="transfer_two_accounts"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("phase__in", ["posted", "pending"]), ("resolves__isnull", True)),
                            models.Q(("phase__in", ["post", "void", "expire"]), ("resolves__isnull", False)),
                            _connector="OR",
                        ),
                        name="transfer_resolution_names_reservation",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="reservation",
            name="resolved_by",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="factors.transfer"
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="transfer",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="reservation", to="factors.transfer"
            ),
        ),
        migrations.CreateModel(
            name="Voucher",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("opening", "Opening balance"),
                            ("grant", "Grant"),
                            ("reallocate", "Reallocation"),
                            ("reserve", "Reservation"),
                            ("confirm", "Confirmation"),
                            ("release", "Release"),
                            ("expire", "Expiry"),
                            ("renew", "Renewal"),
                            ("recover", "Recovery"),
                            ("absorb", "Recovered stock into the pool"),
                            ("earn", "Earned from stock"),
                            ("trade", "Trade"),
                            ("reduce", "Reduction"),
                            ("expire_year", "Expiry at year end"),
                            ("carry_over", "Carry-over"),
                            ("reverse", "Reversal"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "Waits for its checker"),
                            ("posted", "Posted"),
                            ("refused", "Refused by its checker"),
                            ("cancelled", "Withdrawn by its maker"),
                        ],
                        default="draft",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("document_no", models.CharField(blank=True, max_length=60, verbose_name="document number")),
                ("summary", models.CharField(blank=True, max_length=200, verbose_name="summary")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("submitted_at", models.DateTimeField(blank=True, null=True, verbose_name="submitted at")),
                ("checked_at", models.DateTimeField(blank=True, null=True, verbose_name="checked at")),
                ("check_note", models.CharField(blank=True, max_length=500, verbose_name="checker's note")),
                ("seen_available", models.BigIntegerField(blank=True, null=True)),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_checker",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="checker asked",
                    ),
                ),
                (
                    "checker",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="checked by",
                    ),
                ),
                (
                    "maker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                (
                    "reverses",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factors.posting",
                    ),
                ),
            ],
            options={
                "verbose_name": "voucher",
                "verbose_name_plural": "vouchers",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["status", "id"], name="voucher_waiting")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("checker__isnull", True),
                            models.Q(("checker", models.F("maker")), _negated=True),
                            _connector="OR",
                        ),
                        name="voucher_checker_is_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("asked_checker__isnull", True),
                            models.Q(("asked_checker", models.F("maker")), _negated=True),
                            _connector="OR",
                        ),
                        name="voucher_asked_is_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "posted"), _negated=True),
                            ("checker__isnull", False),
                            ("kind", "reserve"),
                            _connector="OR",
                        ),
                        name="voucher_posted_was_checked",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["submitted", "posted"]), _negated=True),
                            models.Q(("document_no", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="voucher_has_document_number",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Trade",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True, verbose_name="registration no.")),
                ("amount", models.BigIntegerField(verbose_name="amount")),
                ("price_fen", models.BigIntegerField(verbose_name="price per display unit (分)")),
                ("from_on", models.DateField(verbose_name="term from")),
                ("until_on", models.DateField(verbose_name="term until")),
                ("verified_saving", models.BigIntegerField(verbose_name="verified saving")),
                ("saving_document_no", models.CharField(max_length=60, verbose_name="saving verified by")),
                ("saving_measure", models.CharField(blank=True, max_length=200, verbose_name="how it was saved")),
                ("filing_no", models.CharField(blank=True, max_length=60, verbose_name="filing no.")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "Waits for approval"),
                            ("approved", "Approved and posted"),
                            ("refused", "Refused"),
                        ],
                        default="draft",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("made_at", models.DateTimeField()),
                (
                    "book",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trades",
                        to="factors.book",
                        verbose_name="account book",
                    ),
                ),
                (
                    "buyer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="purchases",
                        to="factors.account",
                        verbose_name="buyer's account",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sales",
                        to="factors.account",
                        verbose_name="seller's account",
                    ),
                ),
                (
                    "voucher",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trade",
                        to="factors.voucher",
                    ),
                ),
            ],
            options={
                "verbose_name": "trade",
                "verbose_name_plural": "trades",
                "ordering": ["-made_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0), ("price_fen__gte", 0)), name="trade_amount_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("from_on__lte", models.F("until_on"))), name="trade_term_in_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("seller", models.F("buyer")), _negated=True), name="trade_two_parties"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__lte", models.F("verified_saving"))),
                        name="trade_only_what_was_saved",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QuotaRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.BigIntegerField(verbose_name="amount")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("granted", "Granted"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked at")),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "decision_reason",
                    models.CharField(blank=True, max_length=500, verbose_name="reason of the decision"),
                ),
                ("advice", models.JSONField(default=dict)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "demand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="factors.demand",
                        verbose_name="demand",
                    ),
                ),
                (
                    "voucher",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="factors.voucher",
                    ),
                ),
            ],
            options={
                "verbose_name": "quota request",
                "verbose_name_plural": "quota requests",
                "ordering": ["asked_at"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="quota_request_positive"),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "waiting")), fields=("demand",), name="quota_request_one_waiting"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="posting",
            name="voucher",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="postings",
                to="factors.voucher",
                verbose_name="request",
            ),
        ),
        migrations.CreateModel(
            name="VoucherAttachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="file name")),
                ("file", models.FileField(upload_to="vouchers/%Y/%m")),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                (
                    "voucher",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="attachments", to="factors.voucher"
                    ),
                ),
            ],
            options={
                "verbose_name": "attachment",
                "verbose_name_plural": "attachments",
            },
        ),
        migrations.CreateModel(
            name="VoucherLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveSmallIntegerField(default=1)),
                ("amount", models.BigIntegerField(blank=True, null=True, verbose_name="amount")),
                ("expires_on", models.DateField(blank=True, null=True, verbose_name="reserved until")),
                (
                    "credit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factors.account",
                        verbose_name="to",
                    ),
                ),
                (
                    "debit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factors.account",
                        verbose_name="from",
                    ),
                ),
                (
                    "demand",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="voucher_lines",
                        to="factors.demand",
                    ),
                ),
                (
                    "reservation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factors.reservation",
                    ),
                ),
                (
                    "voucher",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="factors.voucher"
                    ),
                ),
                (
                    "stock",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="factors.stockamount",
                        verbose_name="from stock",
                    ),
                ),
            ],
            options={
                "verbose_name": "voucher line",
                "verbose_name_plural": "voucher lines",
                "ordering": ["line"],
                "constraints": [
                    models.UniqueConstraint(fields=("voucher", "line"), name="voucher_line_once"),
                    models.CheckConstraint(
                        condition=models.Q(("amount__isnull", True), ("amount__gt", 0), _connector="OR"),
                        name="voucher_amount_positive",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="book",
            constraint=models.UniqueConstraint(fields=("kind", "source", "basis"), name="book_once"),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                condition=models.Q(("resolved_by__isnull", True)),
                fields=["expires_on", "id"],
                name="reservation_expiring",
            ),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                condition=models.Q(("resolved_by__isnull", True)), fields=["holding"], name="reservation_open_in"
            ),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                condition=models.Q(("resolved_by__isnull", True)), fields=["pool"], name="reservation_open_out"
            ),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "renew"), ("renewed_until__isnull", False), ("renews__isnull", False)),
                    models.Q(
                        models.Q(("kind", "renew"), _negated=True),
                        ("renewed_until__isnull", True),
                        ("renews__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="posting_renewal_names_reservation",
            ),
        ),
    ]
