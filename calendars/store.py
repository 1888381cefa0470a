"""The calendar in force: notices from `chinesecalendar` (data only, never its arithmetic) plus entries in the database.

A built calendar is kept per process. Within a request the newest version is looked up once (one indexed row); outside
of requests, in commands and tests, at every call. `chinesecalendar` covers 2004–2026 and raises for other years, which
is why its functions are never called.
"""

import threading
from datetime import date
from functools import cache

from calendars.models import CalendarVersion, DayOverride
from calendars.workdays import Day, WorkCalendar, build
from people.prepared import Prepared

# What the notices call the festivals. Data, not interface text: it is shown and printed as it stands.
NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利70周年纪念日",
}
REMINDER_MONTH = 11  # the notice for the next year comes out in October or November

_request = threading.local()
_kept: tuple[tuple, WorkCalendar] | None = None


@cache
def delivered_days() -> dict[date, Day]:
    """Return the days of the notices that come with the software: holidays and make-up working days."""
    from chinese_calendar.constants import holidays, workdays

    days = {day: Day(False, NAMES.get(name, name)) for day, name in holidays.items()}
    return days | {day: Day(True, NAMES.get(name, name)) for day, name in workdays.items()}


@cache
def delivered_years() -> frozenset[int]:
    """Return the years that the delivered notices cover."""
    return frozenset(day.year for day, rule in delivered_days().items() if not rule.is_workday)


@cache
def delivered() -> WorkCalendar:
    """Return version 0: the delivered notices without any entry from the database. No query."""
    return build(delivered_days(), 0, delivered_years())


_newest = Prepared(lambda: CalendarVersion.objects.order_by("-number").values_list("number", "made_at")[:1])


def current() -> WorkCalendar:
    """Return the calendar in force. One query at most per request; two more in the process after a change."""
    global _kept
    if getattr(_request, "calendar", None) is not None:
        return _request.calendar
    newest = next(iter(_newest()), None)
    if newest is None:
        calendar = delivered()
    elif _kept is not None and _kept[0] == newest:
        calendar = _kept[1]
    else:
        calendar = at(newest[0])
        _kept = (newest, calendar)
    if getattr(_request, "running", False):
        _request.calendar = calendar
    return calendar


def at(number: int) -> WorkCalendar:
    """Return the calendar of version `number`, as it was then. Two queries, not kept."""
    if number == 0:
        return delivered()
    days = dict(delivered_days())
    rows = DayOverride.objects.in_force_at(number).values_list("date", "is_workday", "name")
    days.update((day, Day(is_workday, name)) for day, is_workday, name in rows.order_by("date"))
    return build(days, number, delivered_years() | entered_years(number))


def entered_years(number: int) -> set[int]:
    """Return the years whose notice was entered by hand and is in force in version `number`. One query."""
    notices = CalendarVersion.objects.filter(number__lte=number, notice_year__isnull=False)
    rows = notices.values_list("notice_year", "reverted_in__number")
    return {year for year, reverted in rows if reverted is None or reverted > number}


def missing_notice(today: date) -> int | None:
    """Return the year whose notice should be entered now: this year's, or from 1 November the next one's."""
    calendar = current()
    years = [today.year] + ([today.year + 1] if today.month >= REMINDER_MONTH else [])
    return next((year for year in years if year not in calendar.known_years), None)


def forget() -> None:
    """Look the version up again at the next call, also within the running request: it has just changed."""
    _request.calendar = None


def request_begins(**kwargs) -> None:
    """Signal `request_started`: look the version up once."""
    _request.running, _request.calendar = True, None


def request_ends(**kwargs) -> None:
    """Signal `request_finished`: what runs outside of requests asks every time."""
    _request.running, _request.calendar = False, None
