"""Visits to enterprises, the problems they raise, and supervision orders.

Design overview: a visit is a fact and stays as it was logged. A problem and an order move only through the actions,
each of which appends an event; events are never changed (triggers). Lights are not stored: they are a comparison of
today with the dates on the row (`lights.py`), so no nightly job turns them and SQL can count them.
"""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import ConcurrentTransitionMixin, FSMField

from people.access import AccessPaths
from people.models import Department
from projects.models import Project
from projects.uploads import KeptFile
from supervision.states import OrderState, OrderTransitions, ProblemState, ProblemTransitions

USER = settings.AUTH_USER_MODEL
OF_PROJECT = AccessPaths(
    district="project__district",
    park="project__park",
    department="project__chain__stages__department",
    person={"path": "project__assignments"},
)


class Series(models.Model):
    """The last number given in a series of a year. Taken under its lock, so numbers have no gap."""

    code = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        constraints = [models.UniqueConstraint(fields=["code", "year"], name="series_once_a_year")]

    def __str__(self):
        return f"{self.code} {self.year}"

    @classmethod
    def next(cls, code: str, year: int) -> int:
        """Return the next number, from 1. Inside a transaction: the row stays locked, and a rollback gives it back."""
        cls.objects.get_or_create(code=code, year=year)
        row = cls.objects.select_for_update().get(code=code, year=year)
        row.last += 1
        row.save(update_fields=["last"])
        return row.last


class Visit(models.Model):
    """A visit to an enterprise on one of its projects (走访): who, when, how long, whom, and what was said."""

    class Way(models.TextChoices):
        SITE = "site", _("On site")
        OFFICE = "office", _("At the office")
        PHONE = "phone", _("By phone")

    project = models.ForeignKey(Project, models.PROTECT, related_name="visits", verbose_name=_("project"))
    visitor = models.ForeignKey(USER, models.PROTECT, related_name="visits", verbose_name=_("visitor"))
    visited_at = models.DateTimeField(_("visited at"))
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), validators=[MinValueValidator(1), MaxValueValidator(720)], default=60
    )
    way = models.CharField(_("way"), max_length=8, choices=Way, default=Way.SITE)
    met = models.CharField(_("whom"), max_length=80, blank=True)
    companions = models.CharField(_("together with"), max_length=120, blank=True)
    note = models.CharField(_("what was said"), max_length=500, blank=True)
    logged_at = models.DateTimeField(_("logged at"), editable=False)

    ACCESS = OF_PROJECT

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ["-visited_at", "-pk"]
        indexes = [
            models.Index(fields=["project", "visited_at"], name="visit_of_project"),
            models.Index(fields=["visitor", "visited_at"], name="visit_of_person"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(minutes__range=(1, 720)), name="visit_minutes_in_a_day"),
            models.CheckConstraint(condition=Q(visited_at__lte=F("logged_at")), name="visit_logged_afterwards"),
        ]

    def __str__(self):
        return f"{self.visited_at:%Y-%m-%d} {self.visitor_id}"


class Problem(ProblemTransitions, ConcurrentTransitionMixin, models.Model):
    """A problem of an enterprise (问题台账), from its registration to its close-out (销号).

    `concerns` is the unit that the enterprise complains of. With `masked` its people are told neither the enterprise
    nor who said it (G19); `visible.masked_from` is the one place that says whom.
    """

    class Category(models.TextChoices):
        APPROVAL = "approval", pgettext_lazy("category", "Approvals")
        LAND = "land", pgettext_lazy("category", "Land")
        ENERGY = "energy", pgettext_lazy("category", "Energy")
        WATER = "water", pgettext_lazy("category", "Water")
        EMISSION = "emission", _("Environmental capacity")
        UTILITY = "utility", pgettext_lazy("category", "Utilities")
        FUNDING = "funding", _("Funding")
        LABOUR = "labour", _("Labour")
        CLEARANCE = "clearance", _("Land clearance")
        POLICY = "policy", _("Promised policies")
        CONTRACT = "contract", _("Contracts kept")
        PROPERTY = "property", _("Old property titles")
        OTHER = "other", pgettext_lazy("category", "Other")

    class Level(models.TextChoices):
        OFFICER = "officer", _("Service officer")
        TASK_FORCE = "task_force", _("Task force")
        SPONSOR = "sponsor", _("Sponsoring leader")
        MEETING = "meeting", _("Special meeting of the city")

    class Satisfaction(models.TextChoices):
        SATISFIED = "satisfied", _("Satisfied")
        PARTLY = "partly", _("Mostly satisfied")
        NOT = "not", _("Not satisfied")

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="problems", verbose_name=_("project"))
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, blank=True, related_name="problems")
    category = models.CharField(_("category"), max_length=10, choices=Category)
    text = models.CharField(_("problem"), max_length=300)
    level = models.CharField(_("level"), max_length=10, choices=Level, default=Level.OFFICER)
    raised_by = models.CharField(_("who raised it"), max_length=60, blank=True)
    concerns = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("unit complained of")
    )
    masked = models.BooleanField(_("the enterprise asks not to be named to this unit"), default=False)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="problems", verbose_name=_("handling unit")
    )
    state = FSMField(_("state"), default=ProblemState.REGISTERED, choices=ProblemState.choices, protected=True)
    due_on = models.DateField(_("due"))
    claim_due_on = models.DateField(_("to be claimed by (inclusive)"), null=True, editable=False)
    registered_by = models.ForeignKey(USER, models.PROTECT, related_name="problems_registered", editable=False)
    registered_at = models.DateTimeField(_("registered at"), editable=False)
    claimed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="problems_claimed", editable=False)
    asked_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", editable=False)
    asked_on = models.DateField(_("close-out asked on"), null=True, editable=False)
    result = models.CharField(_("result"), max_length=500, blank=True, editable=False)
    times_returned = models.PositiveSmallIntegerField(_("times returned"), default=0, editable=False)
    suspended_reason = models.CharField(_("why suspended"), max_length=300, blank=True, editable=False)
    review_on = models.DateField(_("to be looked at again on"), null=True, editable=False)
    satisfaction = models.CharField(_("enterprise"), max_length=10, choices=Satisfaction, blank=True, editable=False)
    closed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", editable=False)
    closed_on = models.DateField(_("closed out on"), null=True, editable=False)

    ACCESS = OF_PROJECT

    class Meta:
        verbose_name = _("problem")
        verbose_name_plural = _("problems")
        indexes = [
            models.Index(fields=["due_on", "id"], condition=~Q(state="closed"), name="problem_open_due"),
            models.Index(fields=["project", "state"], name="problem_of_project"),
            models.Index(fields=["department", "state"], name="problem_of_unit"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ProblemState.values), name="problem_state_is_known"),
            models.CheckConstraint(
                condition=Q(closed_by__isnull=True)
                | (~Q(closed_by=F("asked_by")) & ~Q(closed_by=F("registered_by")) & ~Q(closed_by=F("claimed_by"))),
                name="problem_closed_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="closed")
                | Q(closed_by__isnull=False, closed_on__isnull=False, asked_by__isnull=False)
                & ~Q(result="")
                & ~Q(satisfaction=""),
                name="problem_closed_is_checked",
            ),
            models.CheckConstraint(
                condition=~Q(state="suspended") | Q(review_on__isnull=False) & ~Q(suspended_reason=""),
                name="problem_suspended_has_review",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["registered", "suspended"]) | Q(department__isnull=False),
                name="problem_assigned_has_unit",
            ),
            models.CheckConstraint(
                condition=Q(masked=False) | Q(concerns__isnull=False), name="problem_masked_from_a_unit"
            ),
        ]

    def __str__(self):
        return self.number


class Event(models.Model):
    """One thing that happened. Appended in the transaction of the action, never changed (triggers).

    `value` is a code that came with it: a level, the enterprise's word, a grade. It is shown in the reader's language.
    """

    kind = models.CharField(_("what"), max_length=20)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("who"))
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")
    text = models.CharField(_("note"), max_length=500, blank=True)
    day = models.DateField(null=True)
    value = models.CharField(max_length=12, blank=True)

    class Meta:
        abstract = True
        ordering = ["at", "pk"]

    def __str__(self):
        return self.kind


class ProblemEvent(Event):
    """What happened to a problem. `department`: the unit it went to; `day`: the date that was set with it."""

    problem = models.ForeignKey(Problem, models.PROTECT, related_name="events")

    class Meta(Event.Meta):
        verbose_name = _("event of a problem")
        verbose_name_plural = _("events of problems")


class ProblemFile(KeptFile):
    """A file that came with an event of a problem: a photo, a reply, a permit."""

    event = models.ForeignKey(ProblemEvent, models.PROTECT, related_name="files")
    file = models.FileField(upload_to="problems/%Y/%m/")

    class Meta:
        verbose_name = _("evidence of a problem")
        verbose_name_plural = _("evidence of problems")


class SupervisionOrder(OrderTransitions, ConcurrentTransitionMixin, models.Model):
    """A supervision order (督办): drafted from a red light, a blocker or a leader's words, signed by a human.

    `number` is given at signing, without gaps within the city's word and the year. `origin` names what it was drafted
    from in an app above or below ("instruction:12", "stage:345"), so that it is not drafted twice.
    """

    class Level(models.TextChoices):
        LETTER = "letter", _("Reminder letter")
        ORDER = "order", _("Supervision order")
        TALK = "talk", _("Summons to a talk")

    class Urgency(models.TextChoices):
        EXTRA = "extra", _("Extra urgent")
        URGENT = "urgent", _("Urgent")
        PLAIN = "plain", _("Ordinary")

    class Source(models.TextChoices):
        MEETING = "meeting", _("Decision of a meeting")
        INSTRUCTION = "instruction", _("Leader's instruction")
        CONGRESS = "congress", _("People's congress")
        INSPECTION = "inspection", _("Inspection team")
        DISCIPLINE = "discipline", _("Handed over by discipline inspection")
        ALERT = "alert", _("Warning of the system")
        APPEAL = "appeal", _("Enterprise's appeal")

    class Grade(models.TextChoices):
        GOOD = "good", _("Good")
        FAIR = "fair", _("Fair")
        POOR = "poor", _("Poor")

    class Extension(models.TextChoices):
        NONE = "", _("None")
        ASKED = "asked", _("Asked for")
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused")

    # NULL until it is signed: many drafts, no number. An empty text would need a partial unique index.
    number = models.CharField(_("document number"), max_length=40, null=True, unique=True, editable=False)  # noqa: DJ001
    level = models.CharField(_("form"), max_length=8, choices=Level, default=Level.ORDER)
    urgency = models.CharField(_("urgency"), max_length=8, choices=Urgency, default=Urgency.PLAIN)
    source = models.CharField(pgettext_lazy("order", "source"), max_length=12, choices=Source)
    basis = models.CharField(pgettext_lazy("order", "basis"), max_length=500)
    origin = models.CharField(max_length=60, blank=True, editable=False)
    title = models.CharField(_("matter"), max_length=120)
    requirement = models.CharField(_("what is required"), max_length=800, blank=True)
    lead = models.ForeignKey(Department, models.PROTECT, related_name="orders", verbose_name=_("lead unit"))
    co_units = models.ManyToManyField(
        Department, blank=True, related_name="orders_joined", verbose_name=_("co-operating units")
    )
    leader = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("responsible leader")
    )
    contact = models.CharField(_("contact and office phone"), max_length=60, blank=True)
    due_on = models.DateField(_("to be done by (inclusive)"))
    state = FSMField(_("state"), default=OrderState.DRAFT, choices=OrderState.choices, protected=True)
    raised_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="raised", editable=False
    )
    drafted_by = models.ForeignKey(USER, models.PROTECT, related_name="orders_drafted", editable=False)
    drafted_at = models.DateTimeField(_("drafted at"), editable=False)
    signed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", editable=False)
    signed_on = models.DateField(_("signed on"), null=True, editable=False)
    receive_due_on = models.DateField(_("to be signed for by (inclusive)"), null=True, editable=False)
    received_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", editable=False)
    received_at = models.DateTimeField(_("signed for at"), null=True, editable=False)
    extension = models.CharField(_("extension"), max_length=8, choices=Extension, blank=True, editable=False)
    extension_until = models.DateField(_("extension asked until"), null=True, editable=False)
    answered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", editable=False)
    answered_on = models.DateField(_("feedback on"), null=True, editable=False)
    times_returned = models.PositiveSmallIntegerField(default=0, editable=False)
    grade = models.CharField(_("grade"), max_length=8, choices=Grade, blank=True, editable=False)
    closed_on = models.DateField(_("closed on"), null=True, editable=False)

    class Meta:
        verbose_name = _("supervision order")
        verbose_name_plural = _("supervision orders")
        indexes = [
            models.Index(fields=["due_on", "id"], name="order_due"),
            models.Index(fields=["lead", "state"], name="order_of_unit"),
            models.Index(fields=["origin"], condition=~Q(origin=""), name="order_origin"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="order_state_is_known"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "discarded"], number__isnull=True)
                | Q(number__isnull=False, signed_by__isnull=False, signed_on__isnull=False),
                name="order_signed_has_number",
            ),
            models.CheckConstraint(
                condition=Q(extension="") | Q(extension_until__isnull=False), name="order_extension_has_day"
            ),
            models.UniqueConstraint(
                fields=["raised_from"],
                condition=Q(raised_from__isnull=False) & ~Q(state="discarded"),
                name="order_raised_once",
            ),
        ]

    def __str__(self):
        return self.number or self.title


class OrderItem(models.Model):
    """One matter of an order: what is to be done, on which project."""

    order = models.ForeignKey(SupervisionOrder, models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    project = models.ForeignKey(Project, models.PROTECT, null=True, blank=True, related_name="order_items")
    text = models.CharField(_("matter"), max_length=400)

    class Meta:
        verbose_name = _("matter of an order")
        verbose_name_plural = _("matters of orders")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["order", "position"], name="order_item_once")]

    def __str__(self):
        return self.text[:40]


class OrderEvent(Event):
    """What happened to an order: signed, signed for, reported, extended, answered, reviewed, closed."""

    order = models.ForeignKey(SupervisionOrder, models.PROTECT, related_name="events")

    class Meta(Event.Meta):
        verbose_name = _("event of an order")
        verbose_name_plural = _("events of orders")


class OrderFile(KeptFile):
    """A file that came with an event of an order: the unit's stamped feedback, evidence."""

    event = models.ForeignKey(OrderEvent, models.PROTECT, related_name="files")
    file = models.FileField(upload_to="orders/%Y/%m/")

    class Meta:
        verbose_name = _("evidence of an order")
        verbose_name_plural = _("evidence of orders")
