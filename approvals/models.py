"""Chains: the catalogue (what the law and the city prescribe) apart from the cases (what happened to one project).

`ChainTemplate` → `Phase`, `StageTemplate` → `MaterialTemplate` are the catalogue; a published version never changes.
`Chain` → `Stage` are the running case: a stage keeps the limits it was promised when the chain began.
`StageEvent` is the only record of what happened, append-only (triggers on both databases); a mistake is superseded by a
later event. All else on `Stage` is derived from events (`approvals/derive.py`), written only by `approvals/actions.py`.
"""

from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import ConcurrentTransitionMixin, FSMIntegerField

from approvals.chain_spec import TEMPLATE_CODE
from approvals.clock import Unit
from approvals.states import State, TransitionsMixin
from people.access import AccessPaths
from people.models import Department
from projects.models import Material, Project
from projects.uploads import KeptFile

UNIT_CHOICES = [(Unit.WORKING_DAY.value, _("working days")), (Unit.CALENDAR_DAY.value, _("calendar days"))]

plain_code = RegexValidator(
    rf"\A(?:{TEMPLATE_CODE.pattern})\Z", _("Latin letters, digits, dots, hyphens and underscores only.")
)
"""What a template code is made of: it stands in addresses and file names (B6-49.5)."""


class Gate(models.TextChoices):
    """The factor that a stage may not pass without (domain.md §4.5 rule 10)."""

    ENERGY = "energy", _("Energy quota")
    WATER = "water", _("Water quota")
    LAND = "land", _("Land quota")
    EMISSION = "emission", _("Emission quota")
    POWER = "power", _("Power capacity")
    GAS = "gas", _("Gas supply")
    STEAM = "steam", _("Steam supply")


class CaseType(models.TextChoices):
    """办件类型 (GB/T 39046-2020 A.6), with market services that run outside the approval clock of any department."""

    INSTANT = "instant", _("Decided on the spot")
    COMMITTED = "committed", _("Committed case")
    MARKET = "market", _("Market service")
    MILESTONE = "milestone", _("Milestone")


class ChainTemplate(models.Model):
    """One version of an approval process (审批流程): draft → published → retired. A published version never changes."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        RETIRED = "retired", _("Retired")

    class Kind(models.TextChoices):
        CITY = "city", _("The city's own")
        BENCHMARK = "benchmark", _("Benchmark")
        IMPORT = "import", _("Built from an imported schedule")

    code = models.CharField(_("template code"), max_length=40, validators=[plain_code])
    version = models.PositiveIntegerField(_("version"), default=1)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.CITY)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.DRAFT)
    applies_to = models.CharField(_("applies to"), max_length=200, blank=True)
    source = models.TextField(_("source"), blank=True)
    benchmark_code = models.CharField(
        _("benchmark"), max_length=40, blank=True, help_text=_("The template that this one is compared with.")
    )
    content_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    stage_count = models.PositiveIntegerField(_("stages"), default=0, editable=False)
    sum_working_days = models.DecimalField(max_digits=8, decimal_places=1, default=0, editable=False)
    critical_path_working_days = models.DecimalField(max_digits=8, decimal_places=1, default=0, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    note = models.TextField(_("why this version"), blank=True)

    class Meta:
        verbose_name = _("chain template")
        verbose_name_plural = _("chain templates")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="template_version_once"),
            models.UniqueConstraint(fields=["code"], condition=Q(status="draft"), name="template_one_draft_per_code"),
        ]

    def __str__(self):
        return f"{self.code} v{self.version}"


class Phase(models.Model):
    """A phase (阶段) groups stages that start together (并联)."""

    template = models.ForeignKey(ChainTemplate, models.CASCADE, related_name="phases")
    no = models.PositiveSmallIntegerField(_("no."))
    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=60)
    standard_no = models.PositiveSmallIntegerField(
        _("standard phase"),
        null=True,
        blank=True,
        help_text=_("1–5 of the national exchange standard; 5 runs in parallel."),
    )

    class Meta:
        verbose_name = _("phase")
        verbose_name_plural = _("phases")
        constraints = [models.UniqueConstraint(fields=["template", "code"], name="phase_code_once")]

    def __str__(self):
        return self.name


class StageTemplate(models.Model):
    """What one stage (环节, 事项) prescribes. Limits carry their unit; committed may not exceed statutory."""

    template = models.ForeignKey(ChainTemplate, models.CASCADE, related_name="stages")
    phase = models.ForeignKey(Phase, models.PROTECT, related_name="stages", verbose_name=_("phase"))
    position = models.PositiveSmallIntegerField(_("position"))
    code = models.CharField(_("stage code"), max_length=20)
    name = models.CharField(_("name"), max_length=120)
    short_name = models.CharField(_("short name"), max_length=30, blank=True)
    department_name = models.CharField(_("department"), max_length=60, blank=True)
    case_type = models.CharField(_("case type"), max_length=12, choices=CaseType, default=CaseType.COMMITTED)
    statutory_amount = models.DecimalField(
        _("statutory limit"), max_digits=6, decimal_places=1, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    statutory_unit = models.CharField(_("unit"), max_length=12, choices=UNIT_CHOICES, blank=True)
    statutory_note = models.CharField(_("statutory limit in words"), max_length=120, blank=True)
    committed_amount = models.DecimalField(
        _("committed limit"), max_digits=6, decimal_places=1, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    committed_unit = models.CharField(_("unit"), max_length=12, choices=UNIT_CHOICES, blank=True)
    lag_days = models.DecimalField(
        _("lag before it (working days)"),
        max_digits=6,
        decimal_places=1,
        default=0,
        help_text=_(
            "Construction or market time between the prerequisites and this stage; outside every approval clock."
        ),
    )
    prerequisites = models.ManyToManyField("self", symmetrical=False, related_name="successors", blank=True)
    gates = models.JSONField(_("factor gates"), default=list, blank=True)
    special_procedures = models.JSONField(_("special procedures allowed"), default=list, blank=True)
    valid_months = models.PositiveSmallIntegerField(_("result valid (months)"), null=True, blank=True)
    extension_days = models.DecimalField(
        _("extension allowed (days)"), max_digits=5, decimal_places=1, null=True, blank=True
    )
    commitment_route = models.BooleanField(_("informed commitment allowed"), default=False)
    benchmark_stage = models.CharField(_("benchmark stage"), max_length=20, blank=True)
    legal_source = models.CharField(_("legal source"), max_length=200, blank=True)
    basis = models.CharField(_("basis of the figures"), max_length=40, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("stage template")
        verbose_name_plural = _("stage templates")
        constraints = [
            models.UniqueConstraint(fields=["template", "code"], name="stage_template_code_once"),
            models.CheckConstraint(
                condition=Q(statutory_amount__isnull=True) | ~Q(statutory_unit=""), name="stage_template_statutory_unit"
            ),
            models.CheckConstraint(
                condition=Q(committed_amount__isnull=True) | ~Q(committed_unit=""), name="stage_template_committed_unit"
            ),
            models.CheckConstraint(
                condition=Q(statutory_amount__isnull=True)
                | Q(committed_amount__isnull=True)
                | ~Q(statutory_unit=F("committed_unit"))
                | Q(committed_amount__lte=F("statutory_amount")),
                name="stage_template_committed_within_statutory",
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.name}"


class MaterialTemplate(models.Model):
    """A document that a stage asks for (申请材料)."""

    stage = models.ForeignKey(StageTemplate, models.CASCADE, related_name="materials")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(_("material"), max_length=120)
    required = models.BooleanField(_("required"), default=True)
    deferrable = models.BooleanField(_("may be deferred"), default=False)
    reusable = models.BooleanField(_("reused from an earlier stage"), default=False)
    source_stage = models.CharField(_("given by stage"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("material asked for")
        verbose_name_plural = _("materials asked for")
        constraints = [models.UniqueConstraint(fields=["stage", "name"], name="material_template_once")]

    def __str__(self):
        return self.name


class Chain(models.Model):
    """The approval chain of one project, on the template version it was promised."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="chain", verbose_name=_("project"))
    template = models.ForeignKey(ChainTemplate, models.PROTECT, related_name="chains", verbose_name=_("template"))
    started_on = models.DateField(_("started on"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    closed_on = models.DateField(_("every stage finished on"), null=True, editable=False)
    net_days = models.DecimalField(_("net days"), max_digits=8, decimal_places=1, default=0, editable=False)
    gross_days = models.DecimalField(_("gross days"), max_digits=8, decimal_places=1, default=0, editable=False)

    class Meta:
        verbose_name = _("chain")
        verbose_name_plural = _("chains")

    def __str__(self):
        return f"{self.project_id} {self.template_id}"


class Stage(TransitionsMixin, ConcurrentTransitionMixin, models.Model):
    """One stage of a running chain. `state` follows 办理状态 1–15; it moves only through `approvals.actions`."""

    chain = models.ForeignKey(Chain, models.CASCADE, related_name="stages", verbose_name=_("chain"))
    stage_template = models.ForeignKey(StageTemplate, models.PROTECT, related_name="stages")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(_("stage code"), max_length=20)
    name = models.CharField(_("name"), max_length=120)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="stages", verbose_name=_("department")
    )
    department_name = models.CharField(_("department"), max_length=60, blank=True)
    # The limits that were promised when the chain began: a later template version does not move them.
    statutory_amount = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    statutory_unit = models.CharField(max_length=12, choices=UNIT_CHOICES, blank=True)
    committed_amount = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    committed_unit = models.CharField(max_length=12, choices=UNIT_CHOICES, blank=True)
    planned_start_on = models.DateField(null=True, editable=False)
    planned_finish_on = models.DateField(null=True, editable=False)

    state = FSMIntegerField(_("state"), default=State.NOT_STARTED, choices=State.choices, protected=True)
    skip_reason = models.CharField(_("why it does not apply"), max_length=200, blank=True)
    case_no = models.CharField(_("case number in the source system"), max_length=64, blank=True)
    source_system = models.CharField(_("source system"), max_length=60, blank=True)
    document_no = models.CharField(_("document number"), max_length=80, blank=True)
    valid_until = models.DateField(_("valid until (inclusive)"), null=True, blank=True)

    # Snapshot of the clock, derived from the events.
    ready_on = models.DateField(null=True, editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    latest_event_at = models.DateTimeField(null=True, editable=False)
    net_days = models.DecimalField(max_digits=6, decimal_places=1, default=0, editable=False)
    due_on = models.DateField(null=True, editable=False)
    due_half = models.IntegerField(null=True, editable=False)
    statutory_due_on = models.DateField(null=True, editable=False)
    amber_from = models.DateTimeField(null=True, editable=False)
    red_from = models.DateTimeField(null=True, editable=False)
    statutory_red_from = models.DateTimeField(null=True, editable=False)
    provisional = models.BooleanField(default=False, editable=False)
    light = models.CharField(max_length=10, default="idle", editable=False)

    ACCESS = AccessPaths(
        district="chain__project__district",
        park="chain__project__park",
        department="chain__stages__department",
        person={"path": "chain__project__assignments"},
    )

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        indexes = [
            models.Index(
                fields=["department", "red_from"], condition=Q(closed_at__isnull=True), name="stage_open_of_dept"
            ),
            models.Index(fields=["valid_until"], condition=Q(valid_until__isnull=False), name="stage_result_expires"),
            models.Index(
                fields=["due_on", "id"],
                condition=Q(accepted_at__isnull=False, closed_at__isnull=True),
                name="stage_running_due_first",
            ),
            models.Index(
                fields=["chain", "due_on"],
                condition=Q(accepted_at__isnull=False, closed_at__isnull=True),
                name="stage_running_of_chain",
            ),
            # An officer's workbench: what is due first is found in order, and all is counted from the index alone.
            models.Index(
                fields=["department", "due_on", "due_half", "id", "state", "red_from", "statutory_red_from"],
                condition=Q(accepted_at__isnull=False, closed_at__isnull=True),
                name="stage_running_of_office",
            ),
            models.Index(
                fields=["department", "state", "latest_event_at", "id", "red_from", "statutory_red_from"],
                name="stage_state_of_office",
            ),
            # Without the open ones: they are half the table, and SQLite would look for running stages here.
            models.Index(
                fields=["department", "closed_at", "due_on", "state"],
                condition=Q(closed_at__isnull=False),
                name="stage_ended_of_dept",
            ),
            models.Index(
                fields=["light", "red_from", "statutory_red_from"],
                condition=Q(accepted_at__isnull=False, closed_at__isnull=True),
                name="stage_running_by_light",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["chain", "code"], name="stage_code_once"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="stage_state_is_known"),
        ]

    def __str__(self):
        return f"{self.code} {self.name}"


class StageEvent(models.Model):
    """One thing that happened to a stage. Append-only: a correction is a new event that supersedes, with a reason."""

    class Kind(models.TextChoices):
        RECEIVE = "receive", _("Received")
        ACCEPT = "accept", _("Accepted")
        ACCEPT_WITH_DEFERRAL = "accept_with_deferral", _("Accepted with deferral")
        ACCEPT_ON_COMMITMENT = "accept_on_commitment", _("Accepted on informed commitment")
        DECLINE = "decline", _("Not accepted")
        REFUSE = "refuse", _("Refused")
        REQUEST_SUPPLEMENT = "request_supplement", _("Supplement requested")
        RECEIVE_SUPPLEMENT = "receive_supplement", _("Supplement received")
        START_HANDLING = "start_handling", _("Handling started")
        START_SPECIAL_PROCEDURE = "start_special_procedure", _("Special procedure started")
        END_SPECIAL_PROCEDURE = "end_special_procedure", _("Special procedure ended")
        EXTEND = "extend", _("Limit extended")
        PASS = "pass", _("Passed")
        PASS_WITH_DEFERRAL = "pass_with_deferral", _("Passed with deferral")
        FAIL = "fail", _("Not passed")
        WITHDRAW = "withdraw", _("Withdrawn")
        RECALL = "recall", _("Recalled")
        REVOKE = "revoke", _("Revoked")
        SKIP = "skip", _("Not applicable")
        REINSTATE = "reinstate", _("Applicable again")
        NOTE = "note", _("Progress note")
        CORRECT = "correct", _("Correction")
        DEFERRAL_MADE_GOOD = "deferral_made_good", _("Deferred material handed in")
        COMMITMENT_VERIFIED = "commitment_verified", _("Commitment verified")

    stage = models.ForeignKey(Stage, models.PROTECT, related_name="events", verbose_name=_("stage"))
    kind = models.CharField(_("what"), max_length=24, choices=Kind)
    from_state = models.PositiveSmallIntegerField(_("from"), choices=State.choices)
    to_state = models.PositiveSmallIntegerField(_("to"), choices=State.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    occurred_at = models.DateTimeField(_("occurred"))
    recorded_at = models.DateTimeField(_("recorded"))
    case_no = models.CharField(_("case number in the source system"), max_length=64, blank=True)
    source_system = models.CharField(_("source system"), max_length=60, blank=True)
    document_no = models.CharField(_("document number"), max_length=80, blank=True)
    valid_until = models.DateField(_("valid until (inclusive)"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    data = models.JSONField(
        default=dict, blank=True, help_text="days, name, basis, limit, missing materials, commitment … by kind"
    )
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by", verbose_name=_("supersedes")
    )
    reason = models.CharField(_("reason of the correction or of recording late"), max_length=200, blank=True)
    key = models.CharField(_("idempotency key"), max_length=80, null=True, blank=True, unique=True)

    class Meta:
        verbose_name = _("stage event")
        verbose_name_plural = _("stage events")
        indexes = [
            models.Index(fields=["stage", "occurred_at", "id"], name="event_of_stage"),
            models.Index(fields=["-recorded_at", "-id"], name="event_latest"),
            models.Index(fields=["stage", "-recorded_at", "-id"], name="event_latest_of_stage"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True) | ~Q(reason=""), name="event_correction_has_reason"
            ),
        ]

    def __str__(self):
        return f"{self.stage_id} {self.kind}"


class StageAttachment(KeptFile):
    """A file handed in with an event (批复文件, 补正告知书 …), kept under a name of our own, known by its hash."""

    event = models.ForeignKey(StageEvent, models.PROTECT, related_name="attachments")
    file = models.FileField(upload_to="stages/%Y/%m/")


class MaterialUse(models.Model):
    """How a stage got one of the documents it asks for: handed in, cited from the library, deferred or missing."""

    class Status(models.TextChoices):
        MISSING = "missing", _("Missing")
        GIVEN = "given", _("Handed in")
        REUSED = "reused", _("Reused")
        DEFERRED = "deferred", _("Deferred")
        WAIVED = "waived", _("Not needed")

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="material_uses")
    name = models.CharField(_("material"), max_length=120)
    required = models.BooleanField(default=True)
    deferrable = models.BooleanField(default=False)
    reusable = models.BooleanField(default=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.MISSING)
    material = models.ForeignKey(Material, models.PROTECT, null=True, blank=True, related_name="uses")
    asked_again = models.BooleanField(_("asked for though already in the library"), default=False)
    due_on = models.DateField(_("to be handed in by (inclusive)"), null=True, blank=True)
    made_good_on = models.DateField(_("handed in on"), null=True, blank=True)

    class Meta:
        verbose_name = _("material of a stage")
        verbose_name_plural = _("materials of stages")
        constraints = [
            models.UniqueConstraint(fields=["stage", "name"], name="material_use_once"),
            models.CheckConstraint(
                condition=~Q(status="deferred") | Q(due_on__isnull=False), name="deferred_material_has_due_date"
            ),
        ]
        indexes = [
            models.Index(fields=["due_on"], condition=Q(status="deferred"), name="material_deferred_due"),
        ]

    def __str__(self):
        return self.name


class Commitment(models.Model):
    """An informed commitment (告知承诺): decided on a promise, verified afterwards."""

    class Result(models.TextChoices):
        OPEN = "open", _("To be verified")
        KEPT = "kept", _("Kept")
        BROKEN = "broken", _("Broken")

    stage = models.OneToOneField(Stage, models.CASCADE, related_name="commitment")
    text = models.TextField(_("what is committed"))
    signed_on = models.DateField(_("signed on"))
    verify_by = models.DateField(_("to be verified by (inclusive)"))
    verified_on = models.DateField(_("verified on"), null=True, blank=True)
    result = models.CharField(_("result"), max_length=8, choices=Result, default=Result.OPEN)
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("commitment")
        verbose_name_plural = _("commitments")

    def __str__(self):
        return f"{self.stage_id}"


class DeadlineMove(models.Model):
    """A due date that moved because the calendar changed: the list shown when a holiday notice arrives."""

    calendar_version = models.PositiveIntegerField(_("calendar version"))
    stage = models.ForeignKey(Stage, models.CASCADE, related_name="deadline_moves")
    was_on = models.DateField(_("was"), null=True)
    is_on = models.DateField(_("is"), null=True)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("moved deadline")
        verbose_name_plural = _("moved deadlines")

    def __str__(self):
        return f"{self.stage_id} {self.was_on}→{self.is_on}"
