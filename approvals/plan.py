"""The dates of a chain on the working-day calendar: what was planned, and what to expect from what has happened. Pure.

Planned: from the start date by committed limits through the prerequisites, each stage handed in at once. Expected:
closed stages keep their dates, running ones need what is left of their limit (at least half a day, counted from now,
also while stopped), the others follow their prerequisites and never begin before now. `lag_days` is market or
construction time between the prerequisites and a stage. Dates behind the last holiday notice are provisional.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal

from approvals.clock import StageClock
from approvals.network import Activity, topological
from approvals.track import Unit, Working, local
from calendars.workdays import Moment, WorkCalendar

LEAST = Decimal("0.5")
"""What a running stage still needs when its limit is used up, in days."""


@dataclass(frozen=True, slots=True)
class StagePlan:
    """The dates of one stage. A start is the first day that counts (the finish itself for a stage of no length).

    The expected start of an accepted stage is its acceptance day. `slip_days` are working days, negative when early.
    """

    code: str
    planned_start_on: date
    planned_finish: Moment
    expected_start_on: date
    expected_finish: Moment
    slip_days: int

    @property
    def planned_finish_on(self) -> date:
        """The day of the planned finish, inclusive."""
        return self.planned_finish.date

    @property
    def expected_finish_on(self) -> date:
        """The day of the expected (or real) finish, inclusive."""
        return self.expected_finish.date

    @property
    def planned_provisional(self) -> bool:
        """Whether the planned finish leans on a year without a notice."""
        return self.planned_finish.provisional

    @property
    def expected_provisional(self) -> bool:
        """Whether the expected finish leans on a year without a notice."""
        return self.expected_finish.provisional


@dataclass(frozen=True, slots=True)
class Plan:
    """The dates of a chain by stage code; `driving` names the prerequisite that holds each expected start, if any."""

    stages: Mapping[str, StagePlan]
    driving: Mapping[str, str | None]
    planned_finish: Moment | None
    expected_finish: Moment | None
    slip_days: int
    provisional: bool


def plan(
    activities: Iterable[Activity],
    start: date,
    calendar: WorkCalendar,
    *,
    now: datetime | None = None,
    actual: Mapping[str, StageClock] | None = None,
    gaps: Mapping[str, Decimal] | None = None,
) -> Plan:
    """Return planned and expected dates of a chain that starts on `start`: counting begins on the next working day.

    `actual` holds the clocks of stages that were accepted or decided; `gaps` replaces the `lag_days` of an activity by
    code (working days: this project's construction period). Without `now` and `actual` expected equals planned.
    Errors: `network.topological`.
    """
    activities = list(activities)
    order, by_code = topological(activities), {activity.code: activity for activity in activities}
    actual, origin = actual or {}, 2 * calendar.count_through(start)
    lags = {a.code: _halves((gaps or {}).get(a.code, a.lag_days)) for a in activities}
    present = calendar.begun(local(now)) if now else origin
    soonest = 2 * calendar.count_through(local(now).date()) if now else origin
    planned: dict[str, tuple[int, int]] = {}
    expected: dict[str, tuple[int, int]] = {}
    closed: dict[str, datetime] = {}
    driving: dict[str, str | None] = {}
    for code in order:
        activity, clock = by_code[code], actual.get(code)
        begin = _follow(activity, planned, lags[code], origin)
        planned[code] = begin, _after(calendar, begin, activity.duration, activity.unit)
        begin = _follow(activity, expected, lags[code], origin)
        driving[code] = next((n for n in activity.prerequisites if expected[n][1] + lags[code] == begin), None)
        if clock is not None and clock.closed:
            closed[code] = local(clock.facts.closed_at)
            end = calendar.begun(closed[code])
            expected[code] = (Working(calendar).through(_accepted(clock)) if clock.accepted else end), end
        elif clock is not None and clock.accepted:
            begin = Working(calendar).through(_accepted(clock))
            expected[code] = begin, _after(calendar, max(present, begin), *_left(activity, clock))
        else:
            begin = max(begin, soonest)
            expected[code] = begin, _after(calendar, begin, activity.duration, activity.unit)
    stages = {
        code: _stage(calendar, start, code, planned[code], expected[code], actual.get(code), closed.get(code))
        for code in order
    }
    last_planned = max((s.planned_finish for s in stages.values()), key=_moment_order, default=None)
    last_expected = max((s.expected_finish for s in stages.values()), key=_moment_order, default=None)
    return Plan(
        stages={activity.code: stages[activity.code] for activity in activities},
        driving=driving,
        planned_finish=last_planned,
        expected_finish=last_expected,
        slip_days=calendar.between(last_planned.date, last_expected.date) if stages else 0,
        provisional=any(s.planned_provisional or s.expected_provisional for s in stages.values()),
    )


def expect(activities: Iterable[Activity], chain_view) -> dict[str, tuple[date, date, bool]]:
    """Return (expected start, expected finish, provisional) by code for a chain as `approvals.derive` shows it.

    A stage that ended without a pass has to be done again: it counts as not begun.
    """
    result = plan(
        activities,
        chain_view.chain.started_on,
        chain_view.calendar,
        now=chain_view.now,
        actual={code: v.clock for code, v in chain_view.by_code.items() if v.is_passed or v.is_running},
    )
    return {
        code: (stage.expected_start_on, stage.expected_finish_on, stage.expected_provisional)
        for code, stage in result.stages.items()
    }


def planned(activities: Iterable[Activity], chain_view) -> dict[str, tuple[date, date]]:
    """Return (planned start, planned finish) by code for a chain as `approvals.derive` shows it, whatever happened."""
    stages = plan(activities, chain_view.chain.started_on, chain_view.calendar).stages
    return {code: (stage.planned_start_on, stage.planned_finish_on) for code, stage in stages.items()}


def _halves(amount: Decimal) -> int:
    """Return days as half-days, part of one counted as one."""
    return int((Decimal(amount) * 2).to_integral_value(ROUND_CEILING))


def _follow(activity: Activity, times: Mapping[str, tuple[int, int]], lag: int, origin: int) -> int:
    """Return the index at which an activity may begin: all prerequisites finished, and its lag over."""
    return max((times[name][1] for name in activity.prerequisites), default=origin) + lag


def _after(calendar: WorkCalendar, index: int, amount: Decimal, unit: Unit) -> int:
    """Return the index of the half-day at whose end `amount` days after `index` run out."""
    if unit == Unit.WORKING_DAY or not amount:
        return index + _halves(amount)
    return calendar.half_of(calendar.add_calendar_days(calendar.end_of_half(index).date, amount))


def _left(activity: Activity, clock: StageClock) -> tuple[Decimal, Unit]:
    """Return what a running stage still needs, with its unit."""
    if clock.committed is not None:
        return max(clock.committed.remaining_days, LEAST), clock.committed.unit
    used = clock.net_days if clock.unit == activity.unit else clock.department_days
    return max(activity.duration - used, LEAST), activity.unit


def _accepted(clock: StageClock) -> date:
    return local(clock.facts.accepted_at).date()


def _stage(calendar, start, code, planned, expected, clock, closed) -> StagePlan:
    """Turn the indexes of one stage into dates; what really happened keeps its own day, also a rest day."""
    planned_finish = _moment(calendar, planned[1], start)
    if closed is not None:
        finish = Moment(closed.date(), "noon" if closed.hour < 12 else "close", calendar.is_provisional(closed.date()))
    else:
        finish = _moment(calendar, expected[1], start)
    begin = _accepted(clock) if clock is not None and clock.accepted else _first_day(calendar, *expected, start)
    return StagePlan(
        code=code,
        planned_start_on=_first_day(calendar, *planned, start),
        planned_finish=planned_finish,
        expected_start_on=min(begin, finish.date),
        expected_finish=finish,
        slip_days=calendar.between(planned_finish.date, finish.date),
    )


def _moment(calendar: WorkCalendar, index: int, start: date) -> Moment:
    """Return the end of a half-day; nothing ends before the chain starts, which may be a rest day."""
    moment = calendar.end_of_half(index, since=start)
    return moment if moment.date >= start else Moment(start, "close", calendar.is_provisional(start))


def _first_day(calendar: WorkCalendar, begin: int, end: int, start: date) -> date:
    """Return the day of the first half-day after `begin`; the day of the end for a stage of no length."""
    return max(calendar.end_of_half(min(begin + 1, max(end, begin))).date, start)


def _moment_order(moment: Moment):
    return moment.date, moment.half == "close"
