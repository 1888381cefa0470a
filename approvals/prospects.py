"""What the forecast pages say: the draws of `approvals.forecast` as dates, chances, latest starts and words.

The list keeps the outlooks of all projects within a reader's reach (`approvals.kept`): another date, filter or page
asks the same draws again. What costs ten milliseconds a project, the steps in detail, is asked for those shown only.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from math import floor

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from approvals import forecasting, kept, recording
from approvals.forecast import COMPLETION, CONSTRUCTION, Distribution, Outlook, Spread, State, halves_until, moment
from approvals.forecast_draws import Part
from calendars.workdays import Moment, WorkCalendar
from people.access import visible_to
from projects.models import Project

MILESTONES = {CONSTRUCTION: gettext_lazy("Start of construction"), COMPLETION: pgettext_lazy("milestone", "Completion")}
SURE, EVEN = 80, 50
"""Per cent from which on a chance counts as likely, and as even."""

Known = tuple[dict[int, Outlook], datetime]


def of_reach(user, now: datetime, calendar: WorkCalendar) -> Known:
    """Return the outlooks of the unfinished projects that the person may see, and the instant that they tell of.

    One query while nothing changed (for his reach two more); else six, and some 0.3 ms a project.
    """
    projects, key = recording.reach(user)

    def make():
        rows = visible_to(Project.objects.all(), user, all_read=True) if projects is not None else Project.objects.all()
        open_ones = rows.filter(chain__isnull=False, chain__closed_on__isnull=True)
        told = forecasting.outlooks(open_ones.order_by().values("pk"), now, calendar=calendar)
        return {pk: outlook for pk, (_gathered, outlook) in told.items()}, True

    return kept.read(f"forecast:list:{key}", kept.version((), now), now, make, large=True)


# --- one milestone of one project -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class When:
    """A milestone as dates: half and four fifths of the draws are over by them. `chance`: by a target, in per cent."""

    p50: Moment
    p80: Moment
    chance: int | None = None

    @property
    def provisional(self) -> bool:
        """Whether a date leans on a year whose holidays are not known yet."""
        return self.p50.provisional or self.p80.provisional

    @property
    def chance_words(self) -> str:
        """The chance as a page says it: the draws do not know certainty."""
        return percent_words(self.chance)

    @property
    def chance_px(self) -> float:
        """The chance as the length of a bar of 60 pixels."""
        return (self.chance or 0) * 0.6

    @property
    def level(self) -> str:
        """How likely: “sure”, “even” or “less”; "" without a target."""
        if self.chance is None:
            return ""
        return "sure" if self.chance >= SURE else "even" if self.chance >= EVEN else "less"


def percent_words(chance: int | None) -> str:
    """Return a chance in per cent; above 99 and below 1 are not told apart by a thousand draws."""
    if chance is None:
        return ""
    return ">99%" if chance >= 100 else "<1%" if chance < 1 else f"{chance}%"


def when(told: Distribution, now: datetime, calendar: WorkCalendar, target: date | None = None) -> When:
    """Return a distribution as dates of the calendar, and the chance that it is over by the close of `target`."""
    chance = None
    if target is not None:
        halves = halves_until(target, now, calendar)
        chance = round(told.chance(halves) * 100) if halves >= 0 else 0
    return When(moment(told.p50, now, calendar), moment(told.p80, now, calendar), chance)


def expected(whens: dict[int, When]) -> float:
    """Return how many of the projects reach the milestone by the target on average over the draws."""
    return sum(one.chance or 0 for one in whens.values()) / 100


# --- one project in detail --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Latest:
    """By when a stage must be accepted, so that the target is met with half (or four fifths) of certainty.

    `late_days`: working days by which that day has gone by, 0 while it lies ahead.
    """

    on: Moment | None
    late_days: float

    @property
    def order(self) -> tuple:
        """Sorts the soonest first."""
        return (self.on is not None, self.on.date if self.on else -self.late_days)


@dataclass(frozen=True, slots=True)
class Line:
    """A remaining stage. `gain`: working days by which the milestone's P50 would be earlier if it took no more time."""

    code: str
    name: str
    state: State
    start: When
    finish: When
    halves: tuple[float, float, float]
    critical: int
    quota_decides: int
    gain: float
    latest: tuple[Latest, Latest] | None
    learned: dict[str, str]
    warning: forecasting.Warning | None
    matters: bool = True

    @property
    def begun(self) -> bool:
        """Whether its clock runs."""
        return self.state == State.RUNNING


@dataclass(frozen=True, slots=True)
class Story:
    """The forecast of one project as its page tells it, seen from one milestone."""

    milestones: dict[str, When]
    passed: frozenset[str]
    milestone: str
    target: date | None
    lines: list[Line]
    mover: Line | None
    sources: list[str]

    @property
    def chosen(self) -> When | None:
        """The milestone that the page is about; None when it is passed or the chain has none."""
        return self.milestones.get(self.milestone)

    @property
    def tightest(self) -> Line | None:
        """The stage that must be accepted soonest for the target to hold in four fifths of the draws."""
        waiting = [line for line in self.lines if line.latest]
        return min(waiting, key=lambda line: line.latest[1].order, default=None)

    @property
    def provisional(self) -> bool:
        """Whether any date leans on a year whose holidays are not known yet."""
        return any(one.provisional for one in self.milestones.values())


def stories(
    projects, now: datetime, calendar: WorkCalendar, milestone: str = "", target: date | None = None
) -> dict[int, Story]:
    """Return the forecasts of some projects (ids) in detail; none where there is no chain or nothing is left.

    `milestone` is CONSTRUCTION or COMPLETION; another one becomes the first that lies ahead. Some six queries, and ten
    milliseconds a project.
    """
    told = forecasting.outlooks(projects, now, calendar=calendar, detail=True)
    return {
        project: _story(gathered, outlook, milestone, target, now, calendar)
        for project, (gathered, outlook) in told.items()
        if outlook.milestones
    }


def _story(gathered, outlook: Outlook, milestone, target, now, calendar) -> Story:
    if milestone not in outlook.milestones:
        milestone = next(name for name in MILESTONES if name in outlook.milestones)
    lines = [
        _line(step, gathered, outlook, milestone, target, now, calendar)
        for step in gathered.course.steps
        if step.code in outlook.steps
    ]
    mover = next((line for line in lines if line.code == outlook.mover.get(milestone)), None)
    whens = {name: when(d, now, calendar, target) for name, d in outlook.milestones.items()}
    return Story(whens, outlook.passed, milestone, target, lines, mover, _sources(gathered.course.steps))


def _line(step, gathered, outlook, milestone, target, now, calendar) -> Line:
    told = outlook.steps[step.code]
    latest = None
    lead = told.lead.get(milestone)
    if target is not None and lead is not None and step.state != State.RUNNING:
        left = halves_until(target, now, calendar)
        latest = tuple(latest_start(left - halves, now, calendar) for halves in lead)
    return Line(
        code=step.code,
        name=step.name,
        state=step.state,
        start=when(told.start, now, calendar),
        finish=when(told.finish, now, calendar),
        halves=(told.start.p50, told.finish.p50, told.finish.p80),
        critical=round(told.critical * 100),
        quota_decides=round(told.quota_decides * 100),
        gain=told.gain.get(milestone, 0.0) / 2,
        latest=latest,
        learned=learned_words(step),
        warning=next((w for w in gathered.warnings if w.code == step.code), None),
        matters=lead is not None,
    )


def latest_start(halves: float, now: datetime, calendar: WorkCalendar) -> Latest:
    """Return the day that lies `halves` half-days after now, part of one left out; below 0 it has gone by."""
    if halves < 0:
        return Latest(None, floor(-halves) / 2)
    return Latest(moment(floor(halves), now, calendar), 0.0)


# --- what it learned from ---------------------------------------------------------------------------------------------

PARTS = {
    Part.WAIT: gettext_lazy("Waiting to be handed in"),
    Part.DESK: gettext_lazy("Time at the department"),
    Part.APPLICANT: gettext_lazy("Supplements"),
    Part.SPECIAL: gettext_lazy("Special procedures"),
    Part.QUOTA: gettext_lazy("Waiting for quota"),
}


def source_words(spread: Spread) -> str:
    """Return what one part was learned from: whose finished cases and how many, or that there were none."""
    if spread.source == "own":
        return ngettext("%(n)s case of the same matter", "%(n)s cases of the same matter", spread.cases) % {
            "n": spread.cases
        }
    if spread.source == "department":
        return ngettext("%(n)s case of the same department", "%(n)s cases of the same department", spread.cases) % {
            "n": spread.cases
        }
    if spread.source == "all":
        return ngettext("%(n)s case of the whole city", "%(n)s cases of the whole city", spread.cases) % {
            "n": spread.cases
        }
    if spread.source == "limit":
        return _("no cases: by the template's figure")
    return _("no cases: assumed")


def learned_words(step) -> dict[str, str]:
    """Return what each part of a step that may still come was learned from; parts that cannot occur are left out."""
    spreads = {Part.DESK: step.desk, Part.APPLICANT: step.applicant, Part.SPECIAL: step.special}
    if step.state != State.RUNNING:
        spreads[Part.WAIT] = step.wait
    if step.blocked_for is not None:
        spreads[Part.QUOTA] = step.quota
    return {part: source_words(spreads[part]) for part in PARTS if part in spreads and spreads[part].median}


def _sources(steps) -> list[str]:
    """Return of how many remaining stages the desk's time was learned from what."""
    counted = Counter(step.desk.source for step in steps if step.state != State.DONE and step.desk.median)
    cases = sum(s.desk.cases for s in steps if s.state != State.DONE and s.desk.source == "own" and s.desk.median)
    said = {
        "own": ngettext(
            "%(n)s stage from finished cases of the same matter (%(cases)s cases)",
            "%(n)s stages from finished cases of the same matter (%(cases)s cases)",
            counted["own"],
        ),
        "department": ngettext(
            "%(n)s stage from other cases of its department",
            "%(n)s stages from other cases of their department",
            counted["department"],
        ),
        "all": ngettext(
            "%(n)s stage from all cases of the city", "%(n)s stages from all cases of the city", counted["all"]
        ),
        "limit": ngettext(
            "%(n)s stage without any case: by the promised limit",
            "%(n)s stages without any case: by the promised limit",
            counted["limit"],
        ),
        "assumed": ngettext(
            "%(n)s stage without case or limit: assumed",
            "%(n)s stages without case or limit: assumed",
            counted["assumed"],
        ),
    }
    return [words % {"n": counted[name], "cases": cases} for name, words in said.items() if counted[name]]
