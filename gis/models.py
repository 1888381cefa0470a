"""How ready the parks are (七通一平), what projects need of them, and where the shapes on the map come from.

Design overview: a park reports once a month; each line of a report is a fact (`UtilityReading`) that stays. The board
of a park (`ParkUtility`) is the snapshot of the latest submitted line per item, written in the same transaction by
`gis/actions.py` and derived again by `manage.py verify`. What is judged (x/8, remaining, gap in capacity and days) is
computed by `gis/readiness.py` and never stored.
"""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from people.access import AccessPaths
from people.models import Department, District
from projects import validators
from projects.models import Park, Project


def amount(label, **more) -> models.DecimalField:
    """Return a field for an amount in the unit of its item, three decimals, never negative."""
    return models.DecimalField(label, max_digits=14, decimal_places=3, validators=[MinValueValidator(0)], **more)


class UtilitySet(models.Model):
    """A city's list of what a park must offer: 三通, 五通, 七通一平 (preset), 九通. Exactly one is in use."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=40, unique=True)
    in_use = models.BooleanField(_("in use"), default=False)

    class Meta:
        verbose_name = _("set of utilities")
        verbose_name_plural = _("sets of utilities")
        constraints = [
            models.UniqueConstraint(fields=["in_use"], condition=Q(in_use=True), name="utility_set_one_in_use")
        ]

    def __str__(self):
        return self.name


class UtilityItem(models.Model):
    """One of the utilities: road, water supply, drainage, power, telecom, gas, heat, levelling, …"""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=20, unique=True)
    mark = models.CharField(_("one character"), max_length=2, help_text=_("As on the readiness board: 路, 水, 电."))
    unit = models.CharField(_("unit"), max_length=20)
    measured = models.BooleanField(
        _("has a capacity"), default=True, help_text=_("No: open to all without limit, as a road.")
    )
    done_test = models.CharField(_("when it counts as in service"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    sets = models.ManyToManyField(UtilitySet, related_name="items", verbose_name=_("sets"))
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("verifying department"),
    )

    class Meta:
        verbose_name = _("utility")
        verbose_name_plural = _("utilities")
        ordering = ["position", "code"]

    def __str__(self):
        return self.name


class UtilityFacts(models.Model):
    """What is told of one utility of one park. Shared by the board (`ParkUtility`) and the monthly facts."""

    class Status(models.TextChoices):
        NOT_STARTED = "not_started", _("not started")
        BUILDING = "building", _("being built")
        IN_SERVICE = "in_service", _("in service")
        NOT_REQUIRED = "not_required", _("not required")
        OUT_OF_SERVICE = "out_of_service", _("out of service")

    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.NOT_STARTED)
    reason = models.CharField(_("why it is not required or out of service"), max_length=200, blank=True)
    detail = models.CharField(_("what there is"), max_length=100, blank=True)
    capacity = amount(_("capacity"), null=True, blank=True)
    used = amount(_("used"), null=True, blank=True)
    committed = amount(_("signed for, not yet used"), null=True, blank=True)
    plots_reached = models.PositiveIntegerField(_("plots reached"), null=True, blank=True)
    plots_total = models.PositiveIntegerField(_("plots"), null=True, blank=True)
    in_service_on = models.DateField(_("in service since"), null=True, blank=True)
    planned_on = models.DateField(_("planned in service"), null=True, blank=True)
    funder = models.CharField(_("paid by"), max_length=80, blank=True)
    investment_wan = models.DecimalField(
        _("investment (10,000 yuan)"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )

    FACTS = [
        "status",
        "reason",
        "detail",
        "capacity",
        "used",
        "committed",
        "plots_reached",
        "plots_total",
        "in_service_on",
        "planned_on",
        "funder",
        "investment_wan",
    ]

    class Meta:
        abstract = True


class ParkUtility(UtilityFacts):
    """The board of a park: the latest submitted facts of one utility, with its last verification."""

    park = models.ForeignKey(Park, models.CASCADE, related_name="utilities", verbose_name=_("park"))
    item = models.ForeignKey(UtilityItem, models.PROTECT, related_name="+", verbose_name=_("utility"))
    reported_at = models.DateTimeField(_("reported at"), null=True, editable=False)
    verified_on = models.DateField(_("verified on"), null=True, blank=True, editable=False)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    ACCESS = AccessPaths(district="park__district", park="park", edit="park.edit", public=True)

    class Meta:
        verbose_name = _("utility of a park")
        verbose_name_plural = _("utilities of parks")
        ordering = ["item__position", "item__code"]
        constraints = [
            models.UniqueConstraint(fields=["park", "item"], name="park_utility_once"),
            models.CheckConstraint(
                condition=~Q(status="not_required") | ~Q(reason=""),
                name="park_utility_not_required_has_reason",
                violation_error_message=_("Say why the park does not require it."),
            ),
            models.CheckConstraint(
                condition=Q(plots_reached__isnull=True)
                | Q(plots_total__isnull=True)
                | Q(plots_reached__lte=F("plots_total")),
                name="park_utility_plots_reached_within_total",
                violation_error_message=_("More plots are reached than there are."),
            ),
        ]

    def __str__(self):
        return f"{self.park_id} {self.item_id}"


class Expansion(models.Model):
    """Capacity that will be added to a utility of a park (二期): how much, by when (unknown: no date), by whom."""

    utility = models.ForeignKey(ParkUtility, models.CASCADE, related_name="expansions", verbose_name=_("utility"))
    name = models.CharField(_("name"), max_length=60)
    adds = amount(_("adds"))
    planned_on = models.DateField(_("planned in service"), null=True, blank=True)
    done_on = models.DateField(
        _("in service since"), null=True, blank=True, help_text=_("Then it is part of the capacity.")
    )
    responsible = models.CharField(_("who brings it"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("expansion")
        verbose_name_plural = _("expansions")
        ordering = [F("planned_on").asc(nulls_last=True), "pk"]
        constraints = [models.CheckConstraint(condition=Q(adds__gt=0), name="expansion_adds_something")]

    def __str__(self):
        return self.name


class UtilityReport(models.Model):
    """The monthly report of a park: drafted and submitted by the park, verified or returned by the city."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("to be verified")
        VERIFIED = "verified", _("verified")
        RETURNED = "returned", _("returned")

    park = models.ForeignKey(Park, models.CASCADE, related_name="utility_reports", verbose_name=_("park"))
    month = models.DateField(_("month"), help_text=_("The first day of the month."))
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.DRAFT, editable=False)
    note = models.TextField(_("note"), blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("begun at"))
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    returned_reason = models.CharField(_("why it was returned"), max_length=200, blank=True)

    ACCESS = AccessPaths(district="park__district", park="park", edit="park.edit", public=True)

    class Meta:
        verbose_name = _("monthly report of a park")
        verbose_name_plural = _("monthly reports of parks")
        constraints = [
            models.UniqueConstraint(fields=["park", "month"], name="utility_report_once_a_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="utility_report_month_is_first_day"),
        ]

    def __str__(self):
        return f"{self.park_id} {self.month:%Y-%m}"


class UtilityReading(UtilityFacts):
    """One line of a monthly report: a fact. Submitted lines are never changed; the next month corrects them."""

    report = models.ForeignKey(UtilityReport, models.CASCADE, related_name="lines", verbose_name=_("report"))
    item = models.ForeignKey(UtilityItem, models.PROTECT, related_name="+", verbose_name=_("utility"))
    changed = models.BooleanField(_("differs from the month before"), default=False)
    verified_on = models.DateField(_("verified on"), null=True, blank=True)
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    refused_reason = models.CharField(_("why it was not verified"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("line of a monthly report")
        verbose_name_plural = _("lines of monthly reports")
        ordering = ["item__position", "item__code"]
        constraints = [
            models.UniqueConstraint(fields=["report", "item"], name="utility_reading_once"),
            models.CheckConstraint(
                condition=~Q(status="not_required") | ~Q(reason=""),
                name="utility_reading_not_required_has_reason",
                violation_error_message=_("Say why the park does not require it."),
            ),
        ]

    def __str__(self):
        return f"{self.report_id} {self.item_id}"


class UtilityEvidence(models.Model):
    """A document or a photo that shows what a park says of a utility."""

    class Kind(models.TextChoices):
        DOCUMENT = "document", _("document")
        PHOTO = "photo", _("photo")

    utility = models.ForeignKey(ParkUtility, models.CASCADE, related_name="evidence", verbose_name=_("utility"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.DOCUMENT)
    title = models.CharField(_("title"), max_length=80)
    document_no = models.CharField(_("document number"), max_length=80, blank=True)
    dated_on = models.DateField(_("dated"), null=True, blank=True)
    file = models.FileField(_("file"), upload_to="utilities/%Y/%m/", blank=True)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    given_at = models.DateTimeField(_("given at"), auto_now_add=True)

    ACCESS = AccessPaths(district="utility__park__district", park="utility__park", edit="park.edit", public=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["-dated_on", "-pk"]

    def __str__(self):
        return self.title


class UtilityDemand(models.Model):
    """What a project needs of a utility of its park, and by when. Shortfalls are computed, never typed in."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="utility_demands", verbose_name=_("project"))
    item = models.ForeignKey(UtilityItem, models.PROTECT, related_name="+", verbose_name=_("utility"))
    amount = amount(_("needed"))
    needed_on = models.DateField(_("needed by"))
    signed = models.BooleanField(
        _("signed for with the park"), default=False, help_text=_("Then the park counts it as signed, not yet used.")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    registered_at = models.DateTimeField(_("recorded at"))
    closed_on = models.DateField(_("served or dropped on"), null=True, blank=True)
    closed_reason = models.CharField(_("why it is closed"), max_length=200, blank=True)

    ACCESS = AccessPaths(
        district="project__district",
        park="project__park",
        department="project__chain__stages__department",
        person={"path": "project__assignments"},
    )

    class Meta:
        verbose_name = _("utility demand")
        verbose_name_plural = _("utility demands")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "item"], condition=Q(closed_on__isnull=True), name="utility_demand_open_once"
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="utility_demand_positive",
                violation_error_message=_("The amount must be above zero."),
            ),
        ]

    def __str__(self):
        return f"{self.project_id} {self.item_id}"


class AreaAssessment(models.Model):
    """A regional assessment (区域评估) of a park: while it is valid, projects inside save the stages it covers."""

    park = models.ForeignKey(Park, models.CASCADE, related_name="assessments", verbose_name=_("park"))
    name = models.CharField(_("assessment"), max_length=80)
    document_no = models.CharField(_("document number"), max_length=80, blank=True)
    approved_by = models.CharField(_("approved by"), max_length=80, blank=True)
    approved_on = models.DateField(_("approved on"), null=True, blank=True)
    valid_until = models.DateField(_("valid until (inclusive)"), null=True, blank=True)
    saves = models.JSONField(
        _("stages saved"), default=list, help_text=_("Codes of stages, template:stage, as IND-BA:I09.")
    )
    scope = models.CharField(_("for which projects"), max_length=200, blank=True)
    file = models.FileField(_("file"), upload_to="assessments/%Y/%m/", blank=True)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    given_at = models.DateTimeField(_("given at"), auto_now_add=True)

    ACCESS = AccessPaths(district="park__district", park="park", edit="park.edit", public=True)

    class Meta:
        verbose_name = _("area assessment")
        verbose_name_plural = _("area assessments")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name


class DistrictShape(models.Model):
    """The outline of a district. (A park's outline is `Park.boundary`.) CGCS2000 degrees."""

    district = models.OneToOneField(District, models.CASCADE, related_name="shape", verbose_name=_("district"))
    geometry = models.JSONField(_("outline (GeoJSON, CGCS2000)"), validators=[validators.validate_geometry])

    class Meta:
        verbose_name = _("outline of a district")
        verbose_name_plural = _("outlines of districts")

    def __str__(self):
        return str(self.district)


class ShapeSource(models.Model):
    """Where an outline came from, kept as it came: a row for each import or hand edit, never changed afterwards."""

    class System(models.TextChoices):
        CGCS2000 = "cgcs2000", _("CGCS2000 degrees")
        GAUSS = "gauss", _("CGCS2000 3-degree zone (metres)")
        WGS84 = "wgs84", _("WGS 84 degrees")
        GCJ02 = "gcj02", _("GCJ-02 (web maps)")
        BD09 = "bd09", _("BD-09 (Baidu)")
        OTHER = "other", _("another system by its EPSG number")

    park = models.ForeignKey(Park, models.CASCADE, null=True, blank=True, related_name="shape_sources")
    district = models.ForeignKey(District, models.CASCADE, null=True, blank=True, related_name="shape_sources")
    project = models.ForeignKey(Project, models.CASCADE, null=True, blank=True, related_name="shape_sources")
    system = models.CharField(_("coordinate system"), max_length=10, choices=System)
    epsg = models.PositiveIntegerField(_("EPSG number"), null=True, blank=True)
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    feature_no = models.PositiveIntegerField(_("feature in the file"), null=True, blank=True)
    original = models.JSONField(_("as it came (GeoJSON in its own system)"), null=True, blank=True)
    repaired = models.CharField(_("what was repaired"), max_length=200, blank=True)
    declared_area_m2 = models.DecimalField(
        _("declared area (m²)"), max_digits=16, decimal_places=1, null=True, blank=True
    )
    zone_area_m2 = models.DecimalField(
        _("area in the 3-degree zone (m²)"), max_digits=16, decimal_places=1, null=True, blank=True
    )
    geodesic_area_m2 = models.DecimalField(
        _("area on the ellipsoid (m²)"), max_digits=16, decimal_places=1, null=True, blank=True
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("source of an outline")
        verbose_name_plural = _("sources of outlines")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(park__isnull=False, district__isnull=True, project__isnull=True)
                | Q(park__isnull=True, district__isnull=False, project__isnull=True)
                | Q(park__isnull=True, district__isnull=True, project__isnull=False),
                name="shape_source_of_one_thing",
            )
        ]

    def __str__(self):
        return self.file_name or self.system


class Placement(models.Model):
    """Where the point of a project lies: the district and the park whose outline holds it (`gis/placing.py`).

    A snapshot, beside the district and the park that were declared: it moves nobody's project. Where both differ, the
    point or the declaration is wrong, and the page of points says so. No row: the project has no point.
    """

    project = models.OneToOneField(Project, models.CASCADE, primary_key=True, related_name="placement")
    district = models.ForeignKey(District, models.SET_NULL, null=True, related_name="+", verbose_name=_("district"))
    park = models.ForeignKey(Park, models.SET_NULL, null=True, related_name="+", verbose_name=_("park"))
    longitude = models.DecimalField(max_digits=10, decimal_places=6)
    latitude = models.DecimalField(max_digits=9, decimal_places=6)

    class Meta:
        verbose_name = _("place of a point")
        verbose_name_plural = _("places of points")

    def __str__(self):
        return f"{self.project_id}: {self.district_id}/{self.park_id}"
