"""The year as twelve months for the calendar page. Pure: no Django."""

import calendar as months
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from calendars.workdays import WorkCalendar

MONDAY_FIRST = months.Calendar(firstweekday=0)


class Cell(NamedTuple):
    """One day. `kind` as of `WorkCalendar.kind`; `entered` when it comes from an entry made here."""

    date: date
    kind: str
    name: str
    entered: bool
    is_today: bool


@dataclass(frozen=True, slots=True)
class Month:
    """A month: its first day, six weeks from Monday with None outside the month, and its working days."""

    first: date
    weeks: list[list[Cell | None]]
    workdays: int


def months_of(year: int, calendar: WorkCalendar, entered: set[date], today: date) -> list[Month]:
    """Return the twelve months of a year."""
    return [_month(year, month, calendar, entered, today) for month in range(1, 13)]


def _month(year: int, month: int, calendar: WorkCalendar, entered: set[date], today: date) -> Month:
    def cell(day: date) -> Cell | None:
        if day.month != month:
            return None
        return Cell(day, calendar.kind(day), calendar.name(day), day in entered, day == today)

    weeks = [[cell(day) for day in week] for week in MONDAY_FIRST.monthdatescalendar(year, month)]
    weeks += [[None] * 7] * (6 - len(weeks))
    cells = [day for week in weeks for day in week if day]
    return Month(cells[0].date, weeks, sum(calendar.is_workday(day.date) for day in cells))
