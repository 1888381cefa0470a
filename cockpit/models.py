"""Instructions of leaders (批示) on what holds projects up, and the tokens that let a wall display read.

An instruction is a fact: what was said stays as it was said. Answers are rows of their own, appended and never changed;
it is closed by who gave it. A display token opens the wall and nothing else; only its hash is kept.
A scenario of the unlock planner is what was asked and what came out, whole and unchanged; it holds nothing of any pool.
"""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from factors.models import QuotaRequest
from people.models import Department, District
from projects.models import Project


class InstructionQuerySet(models.QuerySet):
    """Reads of instructions."""

    def named(self, user, departments) -> "InstructionQuerySet":
        """Return those that the person gave or is named in; `departments` (ids) are his own with those below."""
        mine = Q(given_by=user) | Q(leader=user) | Q(persons=user)
        return self.filter(mine | Q(department__in=departments)).distinct()

    def open(self) -> "InstructionQuerySet":
        """Return those that are not closed yet."""
        return self.filter(closed_at__isnull=True)


class Instruction(models.Model):
    """What a leader wants done about a blocker: by which unit and leader, to what target, until when."""

    project = models.ForeignKey(
        Project, models.CASCADE, null=True, blank=True, related_name="instructions", verbose_name=_("project")
    )
    cause = models.CharField(_("shared cause"), max_length=160, blank=True, editable=False)
    subject = models.CharField(_("what holds it up"), max_length=300, editable=False)
    text = models.CharField(_("instruction"), max_length=500)
    target = models.CharField(_("target"), max_length=200)
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="instructions", verbose_name=_("responsible unit")
    )
    leader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("responsible leader")
    )
    persons = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="instructions_named", verbose_name=_("also named")
    )
    due_on = models.DateField(_("to be done by (inclusive)"))
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="instructions_given", verbose_name=_("given by")
    )
    given_at = models.DateTimeField(_("given at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True, editable=False)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False)
    outcome = models.CharField(_("how it ended"), max_length=200, blank=True, editable=False)

    objects = InstructionQuerySet.as_manager()

    class Meta:
        verbose_name = _("instruction")
        verbose_name_plural = _("instructions")
        ordering = ["due_on", "pk"]
        indexes = [models.Index(fields=["due_on"], condition=Q(closed_at__isnull=True), name="instruction_open_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, outcome="") | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="instruction_closed_with_outcome",
            ),
            models.CheckConstraint(
                condition=Q(project__isnull=False) | ~Q(cause=""), name="instruction_on_project_or_cause"
            ),
        ]

    def __str__(self):
        return self.subject


class InstructionReply(models.Model):
    """An answer to an instruction, by one of those named. Appended, never changed."""

    instruction = models.ForeignKey(Instruction, models.CASCADE, related_name="replies")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("answered at"))
    text = models.CharField(_("answer"), max_length=500)
    is_done = models.BooleanField(_("reported as done"), default=False)

    class Meta:
        verbose_name = _("answer to an instruction")
        verbose_name_plural = _("answers to instructions")
        ordering = ["at", "pk"]

    def __str__(self):
        return self.text[:40]


def hashed(token: str) -> str:
    """Return what is kept of a token: it is random and long, so one round of sha256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


class DisplayToken(models.Model):
    """Lets one wall display read the wall: what its maker may see, within one district. Withdrawn at any time."""

    name = models.CharField(_("display"), max_length=60, help_text=_("Where it hangs: hall of the 3rd floor."))
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    district = models.ForeignKey(
        District, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("only the district")
    )
    type_percent = models.PositiveSmallIntegerField(
        _("size of type"),
        default=100,
        choices=[(100, _("normal (110 inch)")), (125, _("large (86 inch)"))],
    )
    phone = models.CharField(_("phone on duty"), max_length=30, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    made_at = models.DateTimeField(_("issued at"), editable=False)
    expires_on = models.DateField(_("last day"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, editable=False)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    seen_at = models.DateTimeField(_("last seen"), null=True, editable=False)
    seen_ip = models.GenericIPAddressField(_("seen from"), null=True, editable=False)

    class Meta:
        verbose_name = _("display token")
        verbose_name_plural = _("display tokens")
        ordering = ["-made_at", "-pk"]

    def __str__(self):
        return self.name

    @staticmethod
    def new_secret() -> str:
        """Return a new token: 32 random bytes, 43 characters that an address can hold."""
        return secrets.token_urlsafe(32)

    @classmethod
    def of(cls, token: str, now) -> "DisplayToken | None":
        """Return the row that a token opens at `now` (local), or None: unknown, withdrawn, expired, or its maker gone.

        One query.
        """
        if not token or len(token) > 100:
            return None
        return (
            cls.objects.select_related("made_by", "district")
            .filter(token_hash=hashed(token), withdrawn_at__isnull=True, expires_on__gte=now.date())
            .filter(made_by__is_active=True)
            .first()
        )

    def touch(self, now, ip: str | None) -> None:
        """Note that the display asked, at most once in ten minutes. One query then."""
        if self.seen_at is None or now - self.seen_at > timedelta(minutes=10) or ip != self.seen_ip:
            type(self).objects.filter(pk=self.pk).update(seen_at=now, seen_ip=ip)


class Scenario(models.Model):
    """A kept run of the unlock planner: the facts that it was asked with and its result, as they were. Never changed,
    but retired: then it is in no list, and nothing more is made of it.

    `facts` and `result` are what `cockpit.unlocking` and `cockpit.unlock_run` made, so that it can be computed again
    when every balance is another. `digest` names the facts: the same digest, the same question. `projects` are the
    ids of its candidates: who may not see all of them does not see the scenario.
    """

    name = models.CharField(_("name of the scenario"), max_length=60)
    note = models.CharField(_("note"), max_length=300, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made at"))
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, related_name="+", verbose_name=_("department")
    )
    digest = models.CharField(max_length=64)
    projects = models.JSONField(default=list)
    facts = models.JSONField()
    result = models.JSONField()
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("retired by")
    )

    class Meta:
        verbose_name = _("unlock scenario")
        verbose_name_plural = _("unlock scenarios")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["made_by", "name", "digest"], condition=Q(retired_at__isnull=True), name="scenario_once"
            ),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True, retired_by__isnull=True)
                | Q(retired_at__isnull=False, retired_by__isnull=False),
                name="scenario_retired_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="scenario_has_name"),
        ]

    def __str__(self):
        return self.name


class ScenarioRequest(models.Model):
    """A quota request that was made of a scenario, by whom and why. The request then goes the way of every other."""

    scenario = models.ForeignKey(Scenario, models.PROTECT, related_name="requests")
    request = models.OneToOneField(QuotaRequest, models.PROTECT, related_name="scenario")
    reason = models.CharField(_("reason"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("request of a scenario")
        verbose_name_plural = _("requests of scenarios")
        ordering = ["at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="scenario_request_has_reason")]

    def __str__(self):
        return f"{self.scenario_id}: {self.request_id}"


class ReformSet(models.Model):
    """A kept combination of reforms: which ones, on which projects, and what it said when it was kept. Never changed.

    `query` is the address of the page, `result` the figures of that moment for its maker: `cockpit.reforming.told`.
    """

    name = models.CharField(_("name of the set"), max_length=60)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made at"))
    query = models.CharField(max_length=1000)
    reforms = models.JSONField(default=list)
    result = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("kept set of reforms")
        verbose_name_plural = _("kept sets of reforms")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["made_by", "name"], name="reform_set_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="reform_set_has_name"),
        ]

    def __str__(self):
        return self.name
