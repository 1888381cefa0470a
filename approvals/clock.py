"""The clock of one stage: days used, where they went, when the limits run out. Pure: facts, a calendar and `now` go in.

Design overview
- Counting starts after the acceptance day, which itself belongs to waiting. What has begun counts: on the next working
  day 09:00 is 0.5 and 14:00 is 1.0. A limit of n half-days is exceeded by the n+1st half-day in which the clock runs.
- A pause runs over the half-days (begun(start), begun(end)]. Overlaps count once, for the pause that started earlier.
  While a pause is open the limits that lie behind it have no end: their due is None and nothing flips.
- A limit in calendar days counts whole days; one that ends on a rest day runs to the close of the next working day.
- waiting + department + supplement + special + non-working = gross, exactly, at every instant.
- The arithmetic is in `approvals.track`, here is what it means for a stage, its replay strip and its chain.

Sources: design.md §4; 《行政许可法》 art. 42 (an approved extension lengthens the limit; a city that promised fewer
days moves its promise by as many), art. 45 (hearings, expert reviews … are not counted), art. 82 (working days).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from approvals.track import (
    OPEN,
    ZERO,
    Limit,
    LimitClock,
    Pause,
    PauseReason,
    StageFacts,
    Track,
    Unit,
    Working,
    axis_of,
    days,
    local,
    ordered,
)
from calendars.workdays import Moment, WorkCalendar


class Kind(StrEnum):
    """What a half-day of the span was; NONE is the afternoon of a last day that ended in the morning."""

    WAITING = "waiting"
    DEPARTMENT = "department"
    SUPPLEMENT = "supplement"
    SPECIAL = "special"
    REST = "rest"
    NONE = ""


class PauseSpan(NamedTuple):
    """A pause as counted: working days of its own, and those that an earlier pause already covers (counted once)."""

    pause: Pause
    days: Decimal
    overlap_days: Decimal


class DayCell(NamedTuple):
    """One calendar day of the replay strip: what its half-days were, and the days used at its end (None: none added).

    `over` tells that it lies past the limit; `name` is the festival; `provisional` that its year has no notice.
    """

    date: date
    morning: Kind
    afternoon: Kind
    number: Decimal | None
    over: bool
    name: str
    provisional: bool


@dataclass(frozen=True)
class StageClock:
    """What the clock of a stage says at one instant. `*_days` are working days except where said; one decimal.

    `gross_days`, `waiting_days` and `nonworking_days` are calendar days. `net_days` is in the unit of the committed
    limit (of the statutory one where nothing is committed), `department_days` always in working days. `started_on` is
    the day after which the span is counted, `ended_at` the instant of the end: the decision, else now.
    """

    facts: StageFacts = field(repr=False)
    calendar: WorkCalendar = field(repr=False)
    now: datetime
    started_on: date | None = None
    ended_at: datetime | None = None
    net_days: Decimal = ZERO
    gross_days: Decimal = ZERO
    waiting_days: Decimal = ZERO
    department_days: Decimal = ZERO
    supplement_days: Decimal = ZERO
    special_days: Decimal = ZERO
    nonworking_days: Decimal = ZERO
    committed: LimitClock | None = None
    statutory: LimitClock | None = None
    pauses: tuple[PauseSpan, ...] = ()
    stopped: bool = False
    offset: int | None = None
    """While it ticks: net days at a later instant = max(index_at(…, instant) - offset, 0) / 2. Otherwise None."""

    @property
    def accepted(self) -> bool:
        """Whether the clock has ever begun."""
        return self.facts.accepted_at is not None

    @property
    def closed(self) -> bool:
        """Whether the stage was decided or ended otherwise."""
        return self.facts.closed_at is not None

    @property
    def limit(self) -> LimitClock | None:
        """The limit that the light compares with: the committed one, else the statutory one."""
        return self.committed or self.statutory

    @property
    def unit(self) -> Unit:
        """The unit of `net_days`."""
        return (self.facts.committed or self.facts.statutory or Limit(ZERO)).unit

    @property
    def committed_due(self) -> Moment | None:
        """When the promise runs out; None without one, before acceptance, and while an open pause holds it off."""
        return self.committed.due if self.committed else None

    @property
    def statutory_due(self) -> Moment | None:
        """When the law's limit runs out; None as above."""
        return self.statutory.due if self.statutory else None

    @property
    def amber_from(self) -> datetime | None:
        """The instant from which little is left of the promise (of the statutory limit where nothing is promised)."""
        return self.limit.amber_from if self.limit else None

    @property
    def red_from(self) -> datetime | None:
        """The first instant at which more than the promise is used: the next half-day in which the clock runs."""
        return self.committed.red_from if self.committed else None

    @property
    def statutory_red_from(self) -> datetime | None:
        """The first instant at which more than the statutory limit is used."""
        return self.statutory.red_from if self.statutory else None

    @property
    def over_days(self) -> Decimal:
        """Days over the promise (over the statutory limit where nothing is promised)."""
        return self.limit.over_days if self.limit else ZERO

    @property
    def remaining_days(self) -> Decimal | None:
        """Days left of the promise, never negative; None without a limit or before acceptance."""
        return self.limit.remaining_days if self.limit else None

    @property
    def provisional(self) -> bool:
        """Whether the days used or the due of the promise lean on a year without a notice."""
        if not self.accepted:
            return False
        since, end = local(self.facts.accepted_at).date(), self.ended_at.date()
        return bool(self.limit and self.limit.provisional) or (
            since < end and self.calendar.leans_on_provisional(since, end)
        )

    @cached_property
    def days(self) -> tuple[DayCell, ...]:
        """The replay strip: a cell for each calendar day after `started_on` through the end. Made when first read."""
        return tuple(_cells(self))


def index_at(calendar: WorkCalendar, unit: Unit | str, instant: datetime) -> int:
    """Return the index of an instant on the axis of `unit`: what `StageClock.offset` is to be taken from."""
    return axis_of(calendar, Unit(unit)).index(local(instant))


def _span_halves(after: date, instant: datetime) -> int:
    """Return the calendar half-days begun after the day `after` up to `instant`: two a day, never negative."""
    return max(2 * (instant.date() - after).days - (instant.hour < 12), 0)


def measure(facts: StageFacts, calendar: WorkCalendar, now: datetime) -> StageClock:
    """Return what the clock of a stage says at `now` (aware), or said when it closed.

    Some 0.05 ms, whatever the dates. Never negative: what contradicts itself (an end before its start) is nothing.
    """
    now = local(now)
    end = local(facts.closed_at) if facts.closed_at else now
    if facts.accepted_at is None:
        started = facts.ready_on
        gross = days(_span_halves(started, end)) if started else ZERO
        return StageClock(facts, calendar, now, started, end, gross_days=gross, waiting_days=gross)
    accepted = local(facts.accepted_at)
    since = accepted.date()
    started = min(facts.ready_on or since, since)
    pauses, closed = ordered(facts.pauses), end if facts.closed_at else None
    track = Track(Working(calendar), accepted, pauses, closed)
    used_by = _parts(track, pauses, calendar.begun(end))
    gross, after = _span_halves(started, end), _span_halves(since, end)
    working = max(calendar.begun(end) - track.origin, 0)
    limits, tracks = [], {Unit.WORKING_DAY: track}
    for limit in (facts.committed, facts.statutory):
        if limit and limit.unit not in tracks:
            tracks[limit.unit] = Track(axis_of(calendar, limit.unit), accepted, pauses, closed)
        limits.append(tracks[limit.unit].limit(limit, facts.extension, end) if limit else None)
    stopped = closed is None and any(p.end is None for p in pauses)
    own = tracks[(facts.committed or facts.statutory or Limit(ZERO)).unit]
    return StageClock(
        facts,
        calendar,
        now,
        started_on=started,
        ended_at=end,
        net_days=days(own.used(own.axis.index(end))),
        gross_days=days(gross),
        waiting_days=days(gross - after),
        department_days=days(used_by[None]),
        supplement_days=days(used_by[PauseReason.SUPPLEMENT]),
        special_days=days(used_by[PauseReason.SPECIAL]),
        nonworking_days=days(after - working),
        committed=limits[0],
        statutory=limits[1],
        pauses=tuple(
            PauseSpan(
                pause, days(max(min(stop, track.axis.index(end)) - start, 0)), days(overlap if stop < OPEN else 0)
            )
            for pause, (start, stop, overlap) in zip(pauses, track.counted, strict=True)
        ),
        stopped=stopped,
        offset=None if closed or stopped else own.origin + sum(stop - start for start, stop, _ in own.counted),
    )


def _parts(track: Track, pauses: list[Pause], index: int) -> dict:
    """Return the working half-days through `index` by reason of pause; None is the department's own time."""
    parts = {None: track.used(index), PauseReason.SUPPLEMENT: 0, PauseReason.SPECIAL: 0}
    for pause, (start, stop, _) in zip(pauses, track.counted, strict=True):
        parts[pause.reason] += max(min(stop, index) - start, 0)
    return parts


def _cells(clock: StageClock) -> Iterable[DayCell]:
    """Yield the cells of the replay strip."""
    if clock.started_on is None:
        return
    calendar, end, facts = clock.calendar, clock.ended_at, clock.facts
    accepted, closed = facts.accepted_at and local(facts.accepted_at), end if clock.closed else None
    pauses = ordered(facts.pauses)
    working = accepted and Track(Working(calendar), accepted, pauses, closed)
    own = accepted and Track(axis_of(calendar, clock.unit), accepted, pauses, closed)
    day, before = clock.started_on + timedelta(1), 0
    while day <= end.date():
        kinds = [_kind(working, pauses, calendar, day, half) for half in (1, 2)]
        if day == end.date() and end.hour < 12:
            kinds[1] = Kind.NONE
        number = own.used(min(own.axis.through(day), own.axis.index(end))) if own else 0
        counted = number > before
        over = counted and clock.limit is not None and _is_over(clock.limit, days(number), day, end)
        yield DayCell(
            day, *kinds, days(number) if counted else None, over, calendar.name(day), calendar.is_provisional(day)
        )
        day, before = day + timedelta(1), max(number, before)


def _is_over(limit: LimitClock, number: Decimal, day: date, end: datetime) -> bool:
    """Tell whether the day that brought the count to `number` lies, at least with its last half, past the limit."""
    return number > limit.limit_days and limit.red_from is not None and limit.red_from.date() <= day


def _kind(track: Track | None, pauses, calendar, day: date, half: int) -> Kind:
    if track is None or day <= track.since:
        return Kind.WAITING
    if not calendar.is_workday(day):
        return Kind.REST
    index = track.axis.through(day) - 2 + half
    for pause, (start, stop, _) in zip(pauses, track.counted, strict=True):
        if start < index <= stop:
            return Kind(pause.reason.value)
    return Kind.DEPARTMENT


@dataclass(frozen=True, slots=True)
class ChainTotals:
    """The figures of a chain that are never mixed: sums over stages, the union, and the calendar span."""

    stage_count: int
    closed_count: int
    net_days: Decimal
    supplement_days: Decimal
    special_days: Decimal
    union_net_days: Decimal
    gross_days: Decimal
    started_on: date | None
    ended_on: date | None


def chain_totals(clocks: Iterable[StageClock]) -> ChainTotals:
    """Add up the clocks of one chain: working days by sum over the stages, `gross_days` as calendar days of the whole.

    A stage that is ready but not accepted counts into the span, not into the sums.
    """
    clocks = list(clocks)
    begun = [clock for clock in clocks if clock.started_on is not None and clock.started_on <= clock.ended_at.date()]
    started = min((clock.started_on for clock in begun), default=None)
    ended = max((clock.ended_at for clock in begun), default=None)
    return ChainTotals(
        stage_count=len(clocks),
        closed_count=sum(clock.closed for clock in clocks),
        net_days=sum((clock.department_days for clock in clocks), ZERO),
        supplement_days=sum((clock.supplement_days for clock in clocks), ZERO),
        special_days=sum((clock.special_days for clock in clocks), ZERO),
        union_net_days=union_net(clocks),
        gross_days=days(_span_halves(started, ended)) if begun else ZERO,
        started_on=started,
        ended_on=ended.date() if ended else None,
    )


def union_net(clocks: Iterable[StageClock]) -> Decimal:
    """Return the working days of a phase: the union of its stages' intervals less the union of their pauses.

    A half-day in which any stage of the phase is paused is not counted, also when another one runs (design.md §4).
    """
    intervals, pauses = [], []
    for clock in clocks:
        if not clock.accepted:
            continue
        end = clock.calendar.begun(clock.ended_at)
        track = Track(Working(clock.calendar), local(clock.facts.accepted_at), ordered(clock.facts.pauses), None)
        intervals.append((track.origin, end))
        pauses += [(start, min(stop, end)) for start, stop, _ in track.counted]
    covered = merged(intervals)
    return days(sum(stop - start for start, stop in covered) - _overlap(covered, merged(pauses)))


def merged(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the union of half-open intervals as disjoint ones in order; empty and negative ones vanish."""
    result: list[tuple[int, int]] = []
    for start, stop in sorted(pair for pair in intervals if pair[0] < pair[1]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], stop))
        else:
            result.append((start, stop))
    return result


def _overlap(left, right) -> int:
    """Return the length of the intersection of two disjoint lists of intervals."""
    return sum(max(min(a[1], b[1]) - max(a[0], b[0]), 0) for a in left for b in right)
