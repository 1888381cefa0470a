"""The back-test of the forecast on recorded chains: as of past days, read like any other day. Nothing is written.

What a method may know on a past day is what `forecasting` shows of that day: nothing that happened later. Two things
are known too early, for all methods alike: that a stage does not apply, and a plan or limit that was changed later.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Max, QuerySet

from approvals.backtest import AVERAGE, OURS, PROMISED, Averages, Limits, Told
from approvals.durations import learn
from approvals.forecast import COMPLETION, CONSTRUCTION, State, forecast
from approvals.forecasting import gather, observations
from approvals.models import Chain, Stage
from approvals.states import PASSED
from approvals.states import State as Code
from approvals.track import local
from calendars.workdays import WorkCalendar

FIRST_CASES = 30
"""Stages that must have been decided before the first day on which anything is forecast."""

AT_WORK, READY, LATER = "stage at work", "stage not handed in", "later stage"
_WHAT = {State.RUNNING: AT_WORK, State.READY: READY, State.PENDING: LATER}
WHATS = (AT_WORK, READY, LATER, CONSTRUCTION, COMPLETION)


def last_record(chains: QuerySet[Chain], now: datetime) -> datetime:
    """Return the instant of the last record of these chains: after it nothing is known. Two queries."""
    stages = Stage.objects.filter(chain__in=chains)
    latest = [
        stages.filter(**{f"{name}__lte": now}).aggregate(at=Max(name))["at"] for name in ("accepted_at", "closed_at")
    ]
    return local(max((at for at in latest if at), default=now))


def past_days(chains: QuerySet[Chain], end: datetime, every_days: int) -> Iterator[datetime]:
    """Yield closing times of days before `end`, every `every_days` days from the `FIRST_CASES`-th decision. A query."""
    decided = Stage.objects.filter(chain__in=chains, closed_at__lte=end).order_by("closed_at")
    found = list(decided.values_list("closed_at", flat=True)[FIRST_CASES - 1 : FIRST_CASES])
    at = local(found[0]).replace(hour=17, minute=30) if found else end
    while at < end:
        yield at
        at += timedelta(days=every_days)


def run(
    chains: QuerySet[Chain],
    end: datetime,
    days: Iterable[datetime],
    calendar: WorkCalendar,
    *,
    completed: bool = False,
    by_name: bool = False,
) -> list[Told]:
    """Return what the three methods said on each day of every open stage, construction start and completion of the
    chains that had begun, and what has become of it by `end`. Fifteen queries a day and three more. `by_name` takes
    the stages at work apart by their names; `completed` leaves out every stage that has not been passed by `end`.
    """
    stages = Stage.objects.filter(chain__in=chains)
    if completed:
        stages = stages.filter(state__in=PASSED, closed_at__lte=end)
    ended = _ended(stages, end)
    started = dict(chains.values_list("project_id", "started_on"))
    told: list[Told] = []
    for day in days:
        projects = [pk for pk, first in started.items() if first <= day.date()]
        seen = observations(day, calendar, stages)
        for method, learned in ((OURS, learn(seen)), (PROMISED, Limits()), (AVERAGE, Averages(seen))):
            told += _said(method, gather(projects, day, calendar, learned, stages), ended, day, end, calendar, by_name)
    return told


def _said(method, found, ended, day: datetime, end: datetime, calendar, by_name) -> Iterator[Told]:
    """Yield what one method said on one day: the finish of every open stage is asked for as a milestone."""
    present = calendar.begun(day)
    horizon = calendar.begun(local(end)) - present
    courses = [
        replace(
            one.course,
            milestones=one.course.milestones | {(step.code,): step.code for step in one.course.steps if _open(step)},
        )
        for one in found.values()
    ]
    outlooks = forecast(courses)
    for course in courses:
        steps = {step.code: step for step in course.steps}
        for name, time in outlooks[course.key].milestones.items():
            step = steps[name[0]] if isinstance(name, tuple) else None
            what = _WHAT[step.state] if step else name
            if by_name and what == AT_WORK:
                what = f"{AT_WORK}: {step.name}"
            code = "" if name == COMPLETION else course.milestones[name]
            closed = ended[course.key].get(code)
            actual = calendar.begun(closed) - present if closed else None
            yield Told(what, method, time.p50, time.p80, actual, horizon)


def _open(step) -> bool:
    return step.state != State.DONE


def _ended(stages: QuerySet[Stage], end: datetime) -> dict[int, dict[str, datetime]]:
    """Return by project when each stage was passed by `end`, under "" when the last of all was. One query."""
    found: dict[int, dict[str, datetime]] = defaultdict(dict)
    missing = set()
    rows = stages.exclude(state=Code.NOT_APPLICABLE)
    for project, code, state, closed in rows.values_list("chain__project_id", "code", "state", "closed_at"):
        if state in PASSED and closed and closed <= end:
            found[project][code] = local(closed)
        else:
            missing.add(project)
    for project, stages in found.items():
        if project not in missing:
            stages[""] = max(stages.values())
    return found
