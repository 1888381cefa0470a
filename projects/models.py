"""Parks, enterprises, projects, and who stands by them.

Design overview: a project stores facts (who, where, how much, which dates). What is judged from its approval chain
(light, due moment, holder) is written here by `approvals/actions.py` as snapshot columns, in the transaction that
changed the fact, so that lists are one indexed query; `manage.py verify` derives them again and compares.
"""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from people.access import AccessPaths
from people.models import Department, District
from projects import search, validators


class Searchable(models.Model):
    """A row found by Chinese, full pinyin, initials or code; `search_text` holds all readings, space separated."""

    search_text = models.TextField(_("search text"), blank=True, editable=False)

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        self.search_text = search.index_text(*self.searchable())
        super().save(*args, **kwargs)

    def searchable(self) -> list[str]:
        """Return the texts that this row is found by."""
        raise NotImplementedError


class Park(Searchable):
    """A development zone or park (园区). Its code is our own (district, PK, 2 digits): parks have no GB code."""

    class Level(models.TextChoices):
        NATIONAL = "national", _("National")
        PROVINCIAL = "provincial", _("Provincial")
        CITY = "city", _("City level")
        COUNTY = "county", _("County level")

    code = models.CharField(_("park code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=100, unique=True)
    short_name = models.CharField(_("short name"), max_length=30, blank=True)
    district = models.ForeignKey(District, models.PROTECT, related_name="parks", verbose_name=_("district"))
    level = models.CharField(_("level"), max_length=12, choices=Level, default=Level.CITY)
    kind = models.CharField(_("kind of zone"), max_length=40, blank=True)
    approved_on = models.DateField(_("approved on"), null=True, blank=True)
    area_ha = models.DecimalField(
        _("area (ha)"), max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    industries = models.CharField(_("leading industries"), max_length=200, blank=True)
    boundary = models.JSONField(
        _("boundary or point (GeoJSON, CGCS2000)"), null=True, blank=True, validators=[validators.validate_geometry]
    )
    contact = models.CharField(_("contact"), max_length=60, blank=True)
    note = models.TextField(_("note"), blank=True)

    ACCESS = AccessPaths(district="district", park="", edit="park.edit", public=True)

    class Meta:
        verbose_name = _("park")
        verbose_name_plural = _("parks")
        permissions = [("view_projects", "See the projects of the park"), ("manage_projects", "Manage its projects")]

    def __str__(self):
        return self.name

    def searchable(self):
        return [self.code, self.name, self.short_name]

    def district_of(self, chosen: District | None) -> District:
        """Return the district of what lies in this park, when `chosen` is it, lies above it or is not given.

        :raises ValidationError: the park lies in another district.
        """
        if chosen is None or chosen.pk == self.district_id or chosen in self.district.ancestors():
            return self.district
        message = _("%(park)s lies in %(district)s: choose that district, or another park.")
        raise ValidationError(message, params={"park": self.name, "district": self.district.name})


class ParkUserObjectPermission(UserObjectPermissionBase):
    """A person's grant on a park (guardian, direct foreign key: no orphan survives the park)."""

    content_object = models.ForeignKey(Park, models.CASCADE)


class ParkGroupObjectPermission(GroupObjectPermissionBase):
    """A group's grant on a park (guardian, direct foreign key)."""

    content_object = models.ForeignKey(Park, models.CASCADE)


class Enterprise(Searchable):
    """The enterprise behind a project (建设单位), known by its unified social credit code."""

    credit_code = models.CharField(
        _("unified social credit code"), max_length=18, unique=True, validators=[validators.validate_credit_code]
    )
    name = models.CharField(_("name"), max_length=120)
    short_name = models.CharField(_("short name"), max_length=30, blank=True)
    district = models.ForeignKey(
        District, models.PROTECT, null=True, blank=True, related_name="enterprises", verbose_name=_("district")
    )
    legal_person = models.CharField(_("legal representative"), max_length=40, blank=True)
    contact = models.CharField(_("contact"), max_length=40, blank=True)
    contact_phone = models.CharField(_("contact's work phone"), max_length=30, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)

    ACCESS = AccessPaths(
        district="district",
        park="projects__park",
        department="projects__chain__stages__department",
        person={"path": "projects__assignments"},
        also_district="projects__district",
        edit="enterprise.edit",
    )

    class Meta:
        verbose_name = _("enterprise")
        verbose_name_plural = _("enterprises")

    def __str__(self):
        return self.name

    def searchable(self):
        return [self.credit_code, self.name, self.short_name]


def ten_thousand_yuan(label) -> models.DecimalField:
    """Return a field for an amount of money in 10,000 yuan (万元), to the hundred; empty is unknown."""
    return models.DecimalField(
        label, max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )


class Project(Searchable):
    """A key project (重点项目). Its national code stays with it through every change (GB/T 40058-2021 §7)."""

    class Kind(models.TextChoices):
        FILING = "filing", _("Filing (备案)")
        VERIFICATION = "verification", _("Verification (核准)")
        APPROVAL = "approval", _("Approval (审批)")

    class KeyLevel(models.TextChoices):
        NATIONAL = "national", _("National key project")
        PROVINCIAL = "provincial", _("Provincial key project")
        CITY = "city", _("City key project")
        COUNTY = "county", _("County key project")
        NONE = "none", _("Not a key project")

    class Status(models.TextChoices):
        PREPARING = "preparing", _("In preparation")
        BUILDING = "building", _("Under construction")
        PRODUCING = "producing", _("In production")
        PAUSED = "paused", _("Paused")
        CANCELLED = "cancelled", _("Cancelled")

    code = models.CharField(
        _("project code"), max_length=48, unique=True, validators=[validators.validate_project_code]
    )
    name = models.CharField(_("name"), max_length=200)
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, null=True, blank=True, related_name="projects", verbose_name=_("enterprise")
    )
    district = models.ForeignKey(District, models.PROTECT, related_name="projects", verbose_name=_("district"))
    park = models.ForeignKey(
        Park, models.PROTECT, null=True, blank=True, related_name="projects", verbose_name=_("park")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.FILING)
    industry_code = models.CharField(
        _("industry code (GB/T 4754-2017)"),
        max_length=5,
        blank=True,
        validators=[RegexValidator(r"^[A-T]?\d{0,4}$", _("An industry code is a letter A–T and up to four digits."))],
    )
    industry = models.CharField(_("industry"), max_length=60, blank=True)
    key_level = models.CharField(_("key level"), max_length=12, choices=KeyLevel, default=KeyLevel.CITY)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.PREPARING)
    investment_wan = ten_thousand_yuan(_("total investment (10,000 yuan)"))
    year_plan_wan = ten_thousand_yuan(_("investment planned this year (10,000 yuan)"))
    output_wan = ten_thousand_yuan(_("yearly output at full production (10,000 yuan)"))
    tax_wan = ten_thousand_yuan(_("yearly tax at full production (10,000 yuan)"))
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    planned_start_on = models.DateField(_("planned construction start"), null=True, blank=True)
    planned_finish_on = models.DateField(_("planned completion"), null=True, blank=True)
    longitude = models.DecimalField(_("longitude (CGCS2000)"), max_digits=10, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(_("latitude (CGCS2000)"), max_digits=9, decimal_places=6, null=True, blank=True)
    address = models.CharField(_("site"), max_length=200, blank=True)
    content = models.TextField(_("scale and content"), blank=True)
    source = models.CharField(_("source system"), max_length=60, blank=True)
    created_at = models.DateTimeField(_("recorded at"), auto_now_add=True)

    # Snapshot columns: derived by approvals.actions from the chain's facts, never typed in.
    light = models.CharField(_("light"), max_length=10, default="idle", editable=False)
    sort_group = models.PositiveSmallIntegerField(_("order of the light"), default=9, editable=False)
    due_half = models.IntegerField(
        _("working half-day index of the worst or next due moment"), default=2**31 - 1, editable=False
    )
    due_on = models.DateField(_("next due"), null=True, editable=False)
    next_flip_at = models.DateTimeField(_("when the light changes by itself"), null=True, editable=False)
    last_news_at = models.DateTimeField(_("latest news at"), null=True, editable=False)
    chain_started_on = models.DateField(_("chain started on"), null=True, editable=False)
    chain_closed_on = models.DateField(_("chain finished on"), null=True, editable=False)
    stages_total = models.PositiveSmallIntegerField(_("stages"), default=0, editable=False)
    stages_done = models.PositiveSmallIntegerField(_("stages finished"), default=0, editable=False)
    current_stages = models.JSONField(_("current stages"), default=list, editable=False)
    chain_light = models.CharField(_("light of the chain alone"), max_length=10, default="idle", editable=False)
    blocked = models.BooleanField(_("blocked by quota"), default=False, editable=False)
    blocked_since = models.DateTimeField(_("blocked since"), null=True, editable=False)
    light_reason = models.JSONField(_("why this light"), default=dict, editable=False)
    waiting_supplement = models.BooleanField(_("waits for a supplement"), default=False, editable=False)
    deferral_due_on = models.DateField(_("earliest deferred material due"), null=True, editable=False)

    ACCESS = AccessPaths(
        district="district",
        park="park",
        department="chain__stages__department",
        person={"path": "assignments"},
    )

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        indexes = [
            models.Index(fields=["sort_group", "due_half", "id"], name="project_worst_first"),
            # With the investment, so that a city's is added up without its rows, which are long.
            models.Index(fields=["district", "park", "light", "investment_wan"], name="project_light_and_money"),
            models.Index(fields=["next_flip_at"], name="project_next_flip"),
            # The sections of a workbench that covers a whole city: each is one of these in order, or counted from it.
            models.Index(fields=["light", "due_half", "id"], name="project_of_light"),
            models.Index(fields=["due_on", "due_half", "id", "light"], name="project_due_first"),
            models.Index(fields=["last_news_at", "id"], condition=Q(light="stale"), name="project_silent_longest"),
            models.Index(
                fields=["last_news_at", "id"], condition=Q(waiting_supplement=True), name="project_waiting_longest"
            ),
            models.Index(fields=["id"], condition=Q(stages_total=0), name="project_without_stages"),
            models.Index(fields=["blocked_since", "id"], condition=Q(blocked=True), name="project_blocked_longest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(planned_start_on__isnull=True)
                | Q(planned_finish_on__isnull=True)
                | Q(planned_start_on__lte=models.F("planned_finish_on")),
                name="project_start_before_finish",
                violation_error_message=_("The planned start lies after the planned completion."),
            ),
            models.CheckConstraint(
                condition=Q(longitude__isnull=True, latitude__isnull=True)
                | Q(longitude__range=(-180, 180), latitude__range=(-90, 90)),
                name="project_point_is_degrees",
                violation_error_message=_("Longitude and latitude go together and are degrees."),
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.name}"

    def searchable(self):
        parts = [self.code, self.name]
        if self.enterprise_id:
            parts += [self.enterprise.name, self.enterprise.short_name]
        return parts


class LightTally(models.Model):
    """How many projects of a district and park show a light, kept by the writing transaction: counts cost nothing."""

    district = models.ForeignKey(District, models.CASCADE, related_name="+")
    park = models.ForeignKey(Park, models.CASCADE, null=True, related_name="+")
    light = models.CharField(max_length=10)
    projects = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("light tally")
        verbose_name_plural = _("light tallies")
        constraints = [
            models.UniqueConstraint(fields=["district", "park", "light"], name="light_tally_once"),
            # NULLs are distinct in a unique index (SQLite knows no other way): rows without a park need their own.
            models.UniqueConstraint(
                fields=["district", "light"], condition=Q(park__isnull=True), name="light_tally_once_outside_parks"
            ),
        ]

    def __str__(self):
        return f"{self.district_id}/{self.park_id}/{self.light}"


class Assignment(models.Model):
    """Who stands by a project in which role, from when to when (end exclusive). Hand-over ends one, starts the next."""

    class Role(models.TextChoices):
        SPONSOR = "sponsor", _("Sponsoring leader")
        TASK_FORCE = "task_force", _("Task force lead")
        SERVICE_OFFICER = "service_officer", _("First-service officer")
        MANAGER = "manager", _("Project manager")

    project = models.ForeignKey(Project, models.CASCADE, related_name="assignments", verbose_name=_("project"))
    role = models.CharField(_("role"), max_length=16, choices=Role)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="assignments",
        verbose_name=_("person"),
        db_index=False,
    )
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("lead department")
    )
    started_on = models.DateField(_("from"))
    ended_on = models.DateField(_("until (exclusive)"), null=True, blank=True)
    hand_over_note = models.TextField(_("hand-over note"), blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("recorded at"), auto_now_add=True)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        indexes = [
            # The only index by person, so that PostgreSQL cannot take one without the role to look for a role.
            models.Index(fields=["user", "ended_on", "role", "project"], name="assignment_of_person_by_role"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "role"], condition=Q(ended_on__isnull=True), name="assignment_one_open_per_role"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=models.F("started_on")),
                name="assignment_ends_after_start",
            ),
        ]

    def __str__(self):
        return f"{self.project_id} {self.role}"


class MonthlyFigure(models.Model):
    """What a project reports for a month. Investment is cumulative within the year and cannot fall."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="figures", verbose_name=_("project"))
    month = models.DateField(_("month"), help_text=_("The first day of the month."))
    investment_done_wan = models.DecimalField(
        _("investment done since January (10,000 yuan)"),
        max_digits=14,
        decimal_places=2,
        validators=[MinValueValidator(0)],
    )
    jobs = models.PositiveIntegerField(_("jobs"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reported_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("monthly figure")
        verbose_name_plural = _("monthly figures")
        constraints = [
            models.UniqueConstraint(fields=["project", "month"], name="figure_once_a_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="figure_month_is_first_day"),
        ]

    def __str__(self):
        return f"{self.project_id} {self.month:%Y-%m}"


class KeyPoint(models.Model):
    """A dated point of the project's life (关键点): planned and actual. The order is that of `Name`."""

    class Name(models.TextChoices):
        SIGNED = "signed", _("Signed")
        FILED = "filed", _("Filed")
        LAND_SUPPLIED = "land_supplied", _("Land supplied")
        STARTED = "started", _("Construction started")
        TOPPED_OUT = "topped_out", _("Main structure topped out")
        INSTALLED = "installed", _("Equipment installed")
        COMPLETED = "completed", _("Completed")
        PRODUCING = "producing", _("In production")
        FULL_CAPACITY = "full_capacity", _("At full capacity")
        COUNTED = "counted", _("In the statistics")

    project = models.ForeignKey(Project, models.CASCADE, related_name="key_points", verbose_name=_("project"))
    name = models.CharField(_("key point"), max_length=16, choices=Name)
    planned_on = models.DateField(_("planned"), null=True, blank=True)
    actual_on = models.DateField(_("actual"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("key point")
        verbose_name_plural = _("key points")
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="key_point_once")]

    def __str__(self):
        return f"{self.project_id} {self.name}"


class Material(models.Model):
    """A document in an enterprise's library: given once, cited by every later stage that asks for it."""

    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="materials", verbose_name=_("enterprise"))
    project = models.ForeignKey(
        Project,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="materials",
        verbose_name=_("project"),
        help_text=_("Empty when it serves every project of the enterprise."),
    )
    name = models.CharField(_("material"), max_length=120)
    document_no = models.CharField(_("document number"), max_length=80, blank=True)
    issued_by = models.CharField(_("issued by"), max_length=80, blank=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    valid_until = models.DateField(_("valid until (inclusive)"), null=True, blank=True)
    file = models.FileField(_("file"), upload_to="materials/%Y/%m/", blank=True)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    given_at = models.DateTimeField(_("given at"), auto_now_add=True)

    ACCESS = AccessPaths(
        district="enterprise__district",
        park="enterprise__projects__park",
        department="enterprise__projects__chain__stages__department",
        person={"path": "enterprise__projects__assignments"},
        also_district="enterprise__projects__district",
        edit="material.edit",
    )

    class Meta:
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        indexes = [models.Index(fields=["enterprise", "name"], name="material_of_enterprise")]

    def __str__(self):
        return self.name


class SavedView(models.Model):
    """A named filter of the project list: the query string is the view, so it can also be shared as a URL."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    name = models.CharField(_("name"), max_length=30)
    query = models.CharField(max_length=500, blank=True)
    shared = models.BooleanField(_("everyone may use it"), default=False)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_once")]

    def __str__(self):
        return self.name
