"""Working-day arithmetic: look-ups in two tables, no loop over days, no Django.

Design overview
- `cum[i]` is the number of working days from the first day of the table through day `first + i`, both included;
  `inverse[k]` is the ordinal of the k-th working day, `inverse[0]` the last weekday before the table. Numbers of one
  calendar never mix with those of another version: store dates and instants, not numbers.
- Outside the table the weekend rule continues in closed form, so every date of the years 1 to 9999 has an answer.
  Numbers before the table are zero or negative.
- The unit of the clock is the working half-day, an int: half-days 2k-1 and 2k are the morning and the afternoon of the
  k-th working day. A morning begins at 00:00, an afternoon at 12:00, Asia/Shanghai.
- A year is known when the State Council's notice for it is in the data. Every other year is provisional: weekends only,
  and every `Moment` that leans on it says so.

Source: 《行政许可法》第八十二条, limits are working days without legal holidays. Counting starts on the working day
after the given date: the day of acceptance itself is not counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from math import ceil
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST = date(2004, 1, 1)
LAST = date(2060, 12, 31)
NOON = time(12)
MAX_ORDINAL = date.max.toordinal()


class Day(NamedTuple):
    """What a notice or a local decision says about one day; `name` is the festival, also for a make-up day."""

    is_workday: bool
    name: str = ""


class Moment(NamedTuple):
    """The end of a limit: noon or close of a day. `provisional` when it leans on a year without a notice."""

    date: date
    half: Literal["noon", "close"] = "close"
    provisional: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class WorkCalendar:
    """One version of the working calendar. Make it with `build`; it never changes and is safe to share."""

    version: int
    known_years: frozenset[int]
    cum: tuple[int, ...] = field(repr=False)
    inverse: tuple[int, ...] = field(repr=False)
    days: Mapping[date, Day] = field(repr=False)
    first_ordinal: int = field(repr=False)

    # -- days ----------------------------------------------------------------------------------------------------------
    def count_through(self, day: date) -> int:
        """Return the number of working days up to and including `day`, counted from the first day of the table."""
        return self._count(day.toordinal())

    def _count(self, ordinal: int) -> int:
        position = ordinal - self.first_ordinal
        if 0 <= position < len(self.cum):
            return self.cum[position]
        if position < 0:
            return _weekdays(ordinal) - _weekdays(self.first_ordinal - 1)
        return self.cum[-1] + _weekdays(ordinal) - _weekdays(self.first_ordinal + len(self.cum) - 1)

    def nth(self, number: int) -> date:
        """Return the working day with this number: the inverse of `count_through`. Clamped to the years 1 to 9999."""
        if 0 <= number < len(self.inverse):
            return date.fromordinal(self.inverse[number])
        if number < 0:
            ordinal = _weekday_ordinal(number + _weekdays(self.first_ordinal - 1))
        else:
            last = self.first_ordinal + len(self.cum) - 1
            ordinal = _weekday_ordinal(number - self.cum[-1] + _weekdays(last))
        return date.fromordinal(min(max(ordinal, 1), MAX_ORDINAL))

    def is_workday(self, day: date) -> bool:
        """Tell whether people work on `day`: make-up Saturdays yes, holidays no, otherwise Monday to Friday."""
        special = self.days.get(day)
        return day.weekday() < 5 if special is None else special.is_workday

    def between(self, after: date, through: date) -> int:
        """Return the number of working days in (after, through]; negative when `through` is the earlier one."""
        return self._count(through.toordinal()) - self._count(after.toordinal())

    def name(self, day: date) -> str:
        """Return the festival that `day` is off for, or makes up for; "" for an ordinary day."""
        special = self.days.get(day)
        return special.name if special else ""

    def kind(self, day: date) -> Literal["workday", "weekend", "holiday", "makeup"]:
        """Return what sort of day it is; a named weekend day within a holiday counts as holiday."""
        special = self.days.get(day)
        weekend = day.weekday() >= 5
        if special is None:
            return "weekend" if weekend else "workday"
        if special.is_workday:
            return "makeup" if weekend else "workday"
        return "holiday" if special.name or not weekend else "weekend"

    # -- provisional years ---------------------------------------------------------------------------------------------
    def is_provisional(self, day: date) -> bool:
        """Tell whether the year of `day` has no notice yet, so that `day` was judged by the weekend rule."""
        return day.year not in self.known_years

    def leans_on_provisional(self, start: date, end: date) -> bool:
        """Tell whether any year from `start` through `end` has no notice."""
        if start.year == end.year:
            return start.year not in self.known_years
        return any(year not in self.known_years for year in range(start.year, end.year + 1))

    # -- limits --------------------------------------------------------------------------------------------------------
    def add(self, day: date, amount: Decimal | int) -> Moment:
        """Return when a limit of `amount` working days ends that starts after `day`.

        n days end at the close of the n-th working day after `day`; n.5 days at noon of the next one; 0 days at the
        close of `day` itself, even on a rest day. Clamped to the year 9999. ValueError for a negative amount or one
        that is not a multiple of 0.5.
        """
        halves = half_days(amount)
        if halves == 0:
            return Moment(day, "close", self.is_provisional(day))
        return self.end_of_half(2 * self._count(day.toordinal()) + halves, since=day)

    def add_calendar_days(self, day: date, amount: Decimal | int) -> Moment:
        """Return when a limit of `amount` calendar days after `day` ends: the close of that day.

        A limit that ends on a rest day runs to the close of the next working day; part of a day counts as a day.
        Provisional only when the roll leans on a year without a notice. ValueError for a negative amount.
        """
        if not (isinstance(amount, int) or amount.is_finite()) or amount < 0:
            raise ValueError(f"not a number of days: {amount}")
        target = date.fromordinal(min(day.toordinal() + ceil(amount), MAX_ORDINAL))
        end = target if self.is_workday(target) else self.nth(self.count_through(target) + 1)
        return Moment(end, "close", self.leans_on_provisional(target, end))

    # -- half-days -----------------------------------------------------------------------------------------------------
    def begun(self, instant: datetime) -> int:
        """Return the number of working half-days begun up to and including `instant` (aware, or naive local time)."""
        if instant.tzinfo is not None and instant.tzinfo is not SHANGHAI:
            instant = _local(instant)
        day = instant.date()
        through = 2 * self._count(day.toordinal())
        return through - 1 if instant.hour < 12 and self.is_workday(day) else through

    def start_of_half(self, number: int) -> datetime:
        """Return the instant (aware, Asia/Shanghai) at which the half-day with this number begins."""
        return datetime.combine(self.nth((number + 1) // 2), time() if number % 2 else NOON, SHANGHAI)

    def end_of_half(self, number: int, since: date | None = None) -> Moment:
        """Return the moment at which the half-day with this number ends.

        It is provisional when any year from `since` (default: its own day) through its day has no notice.
        """
        day = self.nth((number + 1) // 2)
        return Moment(day, "noon" if number % 2 else "close", self.leans_on_provisional(since or day, day))

    def half_of(self, moment: Moment) -> int:
        """Return the number of the half-day that ends at `moment`: the inverse of `end_of_half`."""
        through = 2 * self._count(moment.date.toordinal())
        return through - 1 if moment.half == "noon" and self.is_workday(moment.date) else through


def build(
    days: Mapping[date, Day], version: int, known_years: Iterable[int], first: date = FIRST, last: date = LAST
) -> WorkCalendar:
    """Return the calendar of the days that differ from the weekend rule; `first` and `last` are both included.

    Some 20,000 days in about 10 ms. ValueError for a day outside the table: it would have no effect.
    """
    stray = [day for day in days if not first <= day <= last]
    if stray:
        raise ValueError(f"outside the table: {min(stray)}")
    start, cum, inverse = first.toordinal(), [], [_weekday_ordinal(_weekdays(first.toordinal() - 1))]
    special = {day.toordinal(): rule.is_workday for day, rule in days.items()}
    for ordinal in range(start, last.toordinal() + 1):
        if special.get(ordinal, (ordinal - 1) % 7 < 5):
            inverse.append(ordinal)
        cum.append(len(inverse) - 1)
    return WorkCalendar(version, frozenset(known_years), tuple(cum), tuple(inverse), dict(days), start)


def half_days(amount: Decimal | int) -> int:
    """Return a number of days as half-days. ValueError for a negative amount or one that is no multiple of 0.5."""
    if isinstance(amount, int) or amount.is_finite():
        doubled = amount * 2
        if doubled >= 0 and doubled == int(doubled):
            return int(doubled)
    raise ValueError(f"not a number of whole or half days: {amount}")


def _weekdays(ordinal: int) -> int:
    """Return the number of Mondays to Fridays from 0001-01-01, a Monday, through this ordinal."""
    weeks, rest = divmod(ordinal, 7)
    return 5 * weeks + min(rest, 5)


def _weekday_ordinal(number: int) -> int:
    """Return the ordinal of the weekday with this number: the inverse of `_weekdays`."""
    weeks, rest = divmod(number - 1, 5)
    return 7 * weeks + rest + 1


def _local(instant: datetime) -> datetime:
    """Return the instant in Asia/Shanghai; at the very ends of the calendar, where that overflows, as it stands."""
    try:
        return instant.astimezone(SHANGHAI)
    except OverflowError:
        return instant
