"""The run of one stage's clock along an axis: facts in, positions out. The arithmetic under `approvals.clock`; pure.

Design overview
- The working axis numbers half-days (`WorkCalendar.begun`). The calendar axis numbers days, in halves, so that both
  speak the same unit. A limit lives on the axis of its unit.
- A pause is the half-open interval (start, end] of indexes. Pauses are walked in the order of their starts; where two
  overlap the earlier-starting one keeps the time, so each half-day is counted once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from math import ceil, floor
from typing import NamedTuple

from calendars.workdays import SHANGHAI, Moment, WorkCalendar

OPEN = 2**30
"""The end of a pause that is still open, on either axis."""
ZERO = Decimal("0.0")
DATE_ONLY = time(17, 30)
"""The hour at which a record that has only a date is stored: its whole day has begun."""


class Unit(StrEnum):
    """The unit of a limit."""

    WORKING_DAY = "working_day"
    CALENDAR_DAY = "calendar_day"


class PauseReason(StrEnum):
    """Why a clock stops: 补正 waits for the applicant, 特别程序 is time that the law does not count."""

    SUPPLEMENT = "supplement"
    SPECIAL = "special"


class Limit(NamedTuple):
    """A number of days with its unit. Calendar days are whole: part of one counts as one."""

    amount: Decimal
    unit: Unit = Unit.WORKING_DAY


class Pause(NamedTuple):
    """A stop of the clock; `end` is None while it is open. Aware instants."""

    reason: PauseReason
    start: datetime
    end: datetime | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What happened to a stage, and what it was promised.

    `ready_on` is the day on which its last prerequisite was decided. `extension` (延期) is added to both limits, in
    days of each limit's own unit: art. 42 lengthens the legal limit, and the promise is moved by as many days.
    """

    ready_on: date | None = None
    accepted_at: datetime | None = None
    closed_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()
    extension: Decimal = Decimal(0)
    committed: Limit | None = None
    statutory: Limit | None = None


@dataclass(frozen=True, slots=True)
class LimitClock:
    """One limit of a running or finished stage. Days are in the limit's own unit, extension included."""

    limit_days: Decimal
    unit: Unit
    used_days: Decimal
    remaining_days: Decimal
    over_days: Decimal
    due: Moment | None
    amber_from: datetime | None
    red_from: datetime | None

    @property
    def provisional(self) -> bool:
        """Whether the due date leans on a year without a notice."""
        return self.due is not None and self.due.provisional


class Working:
    """The axis of working half-days."""

    step = 1

    def __init__(self, calendar: WorkCalendar):
        self.calendar, self.index, self.start = calendar, calendar.begun, calendar.start_of_half

    def through(self, day: date) -> int:
        return 2 * self.calendar.count_through(day)

    def due(self, index: int, since: date) -> tuple[int, Moment]:
        """Return the index at whose end the limit runs out, and that moment."""
        return index, (
            self.calendar.end_of_half(index, since) if index > self.through(since) else close_of(since, self)
        )


class Calendar:
    """The axis of calendar days; an index is twice the ordinal of the day."""

    step = 2

    def __init__(self, calendar: WorkCalendar):
        self.calendar = calendar

    def index(self, instant: datetime) -> int:
        return 2 * instant.date().toordinal()

    def through(self, day: date) -> int:
        return 2 * day.toordinal()

    def start(self, index: int) -> datetime:
        return datetime.combine(date.fromordinal(index // 2), time(), SHANGHAI)

    def due(self, index: int, since: date) -> tuple[int, Moment]:
        """As above; a limit that ends on a rest day runs to the close of the next working day."""
        moment = self.calendar.add_calendar_days(date.fromordinal(index // 2), 0)
        return self.through(moment.date), moment


def close_of(day: date, axis) -> Moment:
    """Return the close of `day`, marked provisional where its year has no notice yet."""
    return Moment(day, "close", axis.calendar.is_provisional(day))


def days(halves: int) -> Decimal:
    """Return half-days as days with one decimal."""
    return Decimal(halves * 5).scaleb(-1)


def local(instant: datetime) -> datetime:
    """Return an aware instant in Asia/Shanghai."""
    return instant if instant.tzinfo is SHANGHAI else instant.astimezone(SHANGHAI)


def limit_halves(amount: Decimal, unit: Unit) -> int:
    """Return a limit in half-days; part of a calendar day counts as a day, less than half a working day as nothing."""
    return max(floor(amount * 2) if unit == Unit.WORKING_DAY else 2 * ceil(amount), 0)


def amber_halves(limit_halves: int, step: int = 1) -> int:
    """Return the remaining half-days at or below which a light turns amber.

    30 % of the limit or two days, whichever is more, but never before half the limit is used: a limit of 10 days warns
    at 3.0 left, of 5 at 2.0, of 3 at 1.5, of 1 on the due day itself. Source: domain.md §6.1.
    """
    threshold = max(limit_halves * 3 // 10, min(4, limit_halves // 2))
    return threshold - threshold % step


class Track:
    """The run of one stage's clock on one axis: where it began, and the merged pauses."""

    def __init__(self, axis, accepted: datetime, pauses: Iterable[Pause], closed: datetime | None):
        self.axis, self.since = axis, accepted.date()
        self.origin = axis.through(self.since)
        last = axis.index(closed) if closed else OPEN
        self.counted: list[tuple[int, int, int]] = []
        cursor = self.origin
        for pause in pauses:
            end = min(axis.index(pause.end), last) if pause.end else last
            start = max(axis.index(pause.start), self.origin)
            own = max(start, cursor)
            stop = max(end, own)
            self.counted.append((own, stop, max(end - start, 0) - (stop - own)))
            cursor = max(cursor, stop)

    def used(self, index: int) -> int:
        """Return the half-days that the clock ran through `index`."""
        paused = sum(max(min(stop, index) - start, 0) for start, stop, _ in self.counted)
        return max(index - self.origin - paused, 0)

    def position(self, used: int) -> int | None:
        """Return the index of the half-day in which the count reaches `used`; None behind an open pause."""
        index = self.origin + used
        for start, stop, _ in self.counted:
            if start < index:
                if stop >= OPEN:
                    return None
                index += stop - start
        return index

    def start_of(self, used: int) -> datetime | None:
        """Return the instant at which the count reaches `used`, or None."""
        index = self.position(used)
        return None if index is None else self.axis.start(index)

    def limit(self, limit: Limit, extension: Decimal, end: datetime) -> LimitClock:
        """Compare the run with one limit at `end`, the decision or now."""
        axis, amount = self.axis, limit.amount + extension
        allowed = limit_halves(amount, limit.unit)
        used, index, due = self.used(axis.index(end)), self.position(allowed), None
        warn = allowed - amber_halves(allowed, axis.step)
        amber = self.start_of(warn) if allowed else None
        if index is not None:
            last, due = axis.due(index, self.since)
            allowed = max(self.used(last), allowed)
        return LimitClock(
            limit_days=amount,
            unit=limit.unit,
            used_days=days(used),
            remaining_days=days(max(allowed - used, 0)),
            over_days=days(max(used - allowed, 0)),
            due=due,
            amber_from=amber,
            red_from=self.start_of(allowed + axis.step),
        )


def axis_of(calendar, unit):
    """Return the axis that a limit of `unit` is counted on."""
    return Working(calendar) if unit == Unit.WORKING_DAY else Calendar(calendar)


def ordered(pauses) -> list[Pause]:
    """Return the pauses in local time, the earlier-starting first; of two that start together, the one given first."""
    found = [Pause(p.reason, local(p.start), local(p.end) if p.end else None, p.label) for p in pauses]
    return sorted(found, key=lambda pause: pause.start)
