"""What projects need, whether it is there, and since when it is not."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from factors.models.journal import Account, Posting
from factors.models.kinds import Book
from people.access import AccessPaths
from projects.models import Project


class Demand(models.Model):
    """What a project needs of one book and period, bound to the gate of the stage that needs it.

    `amount` is typed in (or comes from an energy form). `secured`, `blocked` and `pool` are derived: from the totals
    of the project's holding, from `gap > what the pool has`, from the places that have pools.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="demands", verbose_name=_("project"))
    book = models.ForeignKey(Book, models.PROTECT, related_name="demands", verbose_name=_("account book"))
    period = models.CharField(_("period"), max_length=60, blank=True)
    amount = models.BigIntegerField(_("amount needed"))
    gate = models.CharField(_("gate"), max_length=32, blank=True)
    needed_by = models.DateField(_("needed by"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    substitution_reason = models.CharField(_("why not the source that comes first"), max_length=300, blank=True)
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField(_("registered at"))
    closed_on = models.DateField(_("given up on"), null=True, blank=True)
    closed_reason = models.CharField(_("why given up"), max_length=300, blank=True)

    pool = models.ForeignKey(
        Account,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="demands",
        verbose_name=_("pool"),
        db_index=False,
    )
    holding = models.OneToOneField(
        Account, models.PROTECT, null=True, editable=False, related_name="demand", verbose_name=_("holding")
    )
    secured = models.BigIntegerField(_("confirmed and reserved"), default=0, editable=False)
    gap = models.GeneratedField(
        expression=F("amount") - F("secured"), output_field=models.BigIntegerField(), db_persist=True
    )
    blocked = models.BooleanField(_("blocked"), default=False, editable=False)

    ACCESS = AccessPaths(
        district="project__district",
        park="project__park",
        department="project__chain__stages__department",
        person={"path": "project__assignments"},
        edit="factor.demand",
    )

    class Meta:
        verbose_name = _("demand")
        verbose_name_plural = _("demands")
        indexes = [
            models.Index(fields=["pool", "blocked", "gap"], condition=Q(closed_on__isnull=True), name="demand_flips"),
            models.Index(fields=["project"], condition=Q(blocked=True), name="demand_blocked_project"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["project", "book", "period"], name="demand_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="demand_not_negative"),
        ]

    def __str__(self):
        return f"{self.project_id} {self.book_id} {self.period}".strip()


class BlockEpisode(models.Model):
    """A stretch of time in which a demand was blocked: when it began and ended, and by what."""

    class Cause(models.TextChoices):
        REGISTERED = "registered", _("Demand registered")
        CHANGED = "changed", _("Demand changed")
        CLOSED = "closed", _("Demand given up")
        POSTING = "posting", _("Journal entry")
        POOL = "pool", _("Another pool serves the project")

    demand = models.ForeignKey(Demand, models.CASCADE, related_name="episodes")
    opened_at = models.DateTimeField(_("blocked since"))
    opened_cause = models.CharField(max_length=10, choices=Cause)
    opened_by = models.ForeignKey(Posting, models.PROTECT, null=True, related_name="+")
    gap = models.BigIntegerField(_("gap at the beginning"))
    available = models.BigIntegerField(_("available at the beginning"))
    closed_at = models.DateTimeField(_("free since"), null=True)
    closed_cause = models.CharField(max_length=10, choices=Cause, blank=True)
    closed_by = models.ForeignKey(Posting, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("block episode")
        verbose_name_plural = _("block episodes")
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["demand"], condition=Q(closed_at__isnull=True), name="block_one_open_per_demand"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")), name="block_ends_after_start"
            ),
        ]

    def __str__(self):
        return f"{self.demand_id} {self.opened_at:%Y-%m-%d}"


class NoNeed(models.Model):
    """Somebody's word that a project needs nothing of a gate's factor, with the reason: the gate then lets it pass."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="no_needs", verbose_name=_("project"))
    gate = models.CharField(_("gate"), max_length=32)
    reason = models.CharField(_("reason"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("declaration of no need")
        verbose_name_plural = _("declarations of no need")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "gate"], condition=Q(withdrawn_at__isnull=True), name="no_need_once"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="no_need_has_reason"),
        ]

    def __str__(self):
        return f"{self.project_id} {self.gate}"


class GateOverride(models.Model):
    """A stage let through although its factor is not secured: who, by which document, why. It stays visible."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="gate_overrides", verbose_name=_("project"))
    gate = models.CharField(_("gate"), max_length=32)
    stage_code = models.CharField(_("stage"), max_length=20)
    stage_name = models.CharField(_("name of the stage"), max_length=120)
    reason = models.CharField(_("reason"), max_length=500)
    document_no = models.CharField(_("document number"), max_length=60)
    gaps = models.JSONField(null=True, editable=False)
    """What it was given for: demand id (or "missing") → gap in smallest units. None: before this was kept, any gap."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("gate override")
        verbose_name_plural = _("gate overrides")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason="") & ~Q(document_no=""), name="gate_override_has_reason"),
        ]

    def __str__(self):
        return f"{self.project_id} {self.stage_code} {self.gate}"
