"""The working-day arithmetic against the notices, a loop over days, and worked examples as a clerk would write them."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from calendars import store
from calendars.workdays import SHANGHAI, Day, Moment, build

CALENDAR = store.delivered()
DAY = timedelta(days=1)


def notices(shared_data) -> dict[date, bool]:
    """Return every day that a notice of 2007–2026 speaks about: True for a rest day."""
    days = {}
    for year in range(2007, 2027):
        for entry in json.loads((shared_data / "holidays" / f"{year}.json").read_text())["days"]:
            days[date.fromisoformat(entry["date"])] = entry["isOffDay"]
    return days


def test_all_dates_of_the_notices_agree(shared_data):
    days = notices(shared_data)
    day, checked = date(2007, 1, 1), 0
    while day <= date(2026, 12, 31):
        expected = not days[day] if day in days else day.weekday() < 5
        assert CALENDAR.is_workday(day) is expected, day
        checked += 1
        day += DAY
    assert checked == 7305


def test_every_make_up_weekend_is_a_working_day(shared_data):
    # One weekday is among them: 2020-02-03, the first working day after the prolonged Spring Festival.
    make_up = [day for day, off in notices(shared_data).items() if not off and day.weekday() >= 5]
    assert len(make_up) > 100
    assert {CALENDAR.kind(day) for day in make_up} == {"makeup"}
    assert all(CALENDAR.between(day - DAY, day) == 1 for day in make_up)


def test_random_limits_against_a_loop_over_days():
    from chinese_calendar import is_workday

    def loop(start: date, halves: int) -> tuple[date, str]:
        day, left = start, halves
        while left > 0:
            day += DAY
            if is_workday(day):
                left -= 2
        return day, "noon" if left < 0 else "close"

    pick = random.Random(20260901)
    for _ in range(1000):
        start = date(2007, 1, 1) + timedelta(days=pick.randrange(7000))
        halves = pick.randrange(1, 240)
        due = CALENDAR.add(start, Decimal(halves) / 2)
        assert (due.date, due.half) == loop(start, halves), (start, halves)
        assert not due.provisional or due.date.year > 2026


def test_random_spans_against_a_loop_over_days():
    from chinese_calendar import is_workday

    pick = random.Random(7)
    for _ in range(1000):
        start = date(2007, 1, 1) + timedelta(days=pick.randrange(7000))
        end = start + timedelta(days=pick.randrange(300))
        counted = sum(is_workday(start + DAY * step) for step in range(1, (end - start).days + 1))
        assert CALENDAR.between(start, end) == counted
        assert CALENDAR.between(end, start) == -counted


@pytest.mark.parametrize(
    ("start", "amount", "due"),
    [
        ("2025-09-01", "20", Moment(date(2025, 9, 28), "close", False)),  # the 28th is a make-up Sunday
        ("2025-09-01", "20.5", Moment(date(2025, 9, 29), "noon", False)),
        ("2025-09-30", "1", Moment(date(2025, 10, 9), "close", False)),  # eight days of National Day
        ("2025-10-04", "1", Moment(date(2025, 10, 9), "close", False)),  # accepted on a rest day: same first day
        ("2025-09-01", "0.5", Moment(date(2025, 9, 2), "noon", False)),
        ("2025-09-01", "0", Moment(date(2025, 9, 1), "close", False)),
        ("2025-10-04", "0", Moment(date(2025, 10, 4), "close", False)),
        ("2026-12-31", "1", Moment(date(2027, 1, 1), "close", True)),  # New Year's Day is only known by the notice
    ],
)
def test_worked_examples(start, amount, due):
    assert CALENDAR.add(date.fromisoformat(start), Decimal(amount)) == due


@pytest.mark.parametrize("amount", ["-1", "0.3", "NaN", "sNaN", "Infinity"])
def test_amounts_that_are_no_days_are_refused(amount):
    with pytest.raises(ValueError, match="days"):
        CALENDAR.add(date(2025, 9, 1), Decimal(amount))


def test_a_calendar_day_limit_runs_to_the_next_working_day():
    assert CALENDAR.add_calendar_days(date(2025, 9, 1), 30) == Moment(date(2025, 10, 9), "close", False)
    assert CALENDAR.add_calendar_days(date(2025, 9, 1), 20) == Moment(date(2025, 9, 22), "close", False)
    assert CALENDAR.add_calendar_days(date(2025, 9, 1), 27).date == date(2025, 9, 28), "a make-up Sunday is no rest day"
    assert CALENDAR.add_calendar_days(date(2026, 12, 20), 30).provisional
    with pytest.raises(ValueError, match="days"):
        CALENDAR.add_calendar_days(date(2025, 9, 1), Decimal("-1"))


@pytest.mark.parametrize("year", [1, 1986, 2003, 2027, 2060, 2061, 9999])
def test_years_without_a_notice_follow_the_weekend_and_say_so(year):
    start = date(year, 3, 3)
    due = CALENDAR.add(start, 5)
    assert due.provisional
    assert due.date == start + timedelta(days=7 if start.weekday() < 5 else 11 - start.weekday())
    assert CALENDAR.is_provisional(start)
    assert not CALENDAR.is_provisional(date(2026, 12, 31))
    assert CALENDAR.between(start, start + timedelta(days=28)) == 20


def test_the_ends_of_the_calendar_never_raise():
    assert CALENDAR.add(date.max, Decimal("1000.5")).date == date.max
    assert CALENDAR.add_calendar_days(date.max, 10).date == date.max
    assert CALENDAR.nth(-(10**9)) == date.min
    assert CALENDAR.between(date.min, date.max) > 2_000_000
    assert CALENDAR.is_workday(date.min) and CALENDAR.name(date.max) == ""
    assert isinstance(CALENDAR.begun(datetime.min.replace(tzinfo=UTC)), int)
    assert isinstance(CALENDAR.begun(datetime.max.replace(tzinfo=UTC)), int)


def test_half_days_begin_at_midnight_and_noon_of_a_working_day():
    monday = CALENDAR.count_through(date(2025, 9, 1))
    at = [
        datetime(2025, 9, 2, 0, 0),
        datetime(2025, 9, 2, 9, 0),
        datetime(2025, 9, 2, 12, 0),
        datetime(2025, 9, 2, 23, 59),
    ]
    assert [CALENDAR.begun(instant) - 2 * monday for instant in at] == [1, 1, 2, 2]
    assert CALENDAR.begun(datetime(2025, 10, 3, 9)) == CALENDAR.begun(datetime(2025, 9, 30, 18)), (
        "a holiday begins none"
    )
    # An aware instant counts by the clock in Shanghai: 17:00 UTC is one in the morning of the next day.
    assert CALENDAR.begun(datetime(2025, 9, 1, 17, tzinfo=UTC)) == CALENDAR.begun(datetime(2025, 9, 2, 1))
    assert CALENDAR.start_of_half(2 * monday + 2) == datetime(2025, 9, 2, 12, tzinfo=SHANGHAI)


def test_names_and_kinds_of_days():
    kinds = {date(2026, 10, 3): "holiday", date(2026, 10, 10): "makeup", date(2026, 10, 17): "weekend"}
    assert {day: CALENDAR.kind(day) for day in kinds} == kinds
    assert CALENDAR.kind(date(2026, 10, 12)) == "workday"
    assert CALENDAR.name(date(2026, 10, 10)) == "国庆节" and CALENDAR.name(date(2026, 10, 12)) == ""


def test_2026_has_248_working_days():
    assert CALENDAR.between(date(2025, 12, 31), date(2026, 12, 31)) == 248


def test_a_day_outside_the_table_is_refused():
    with pytest.raises(ValueError, match="2061-01-01"):
        build({date(2061, 1, 1): Day(False, "元旦")}, 1, ())


def test_the_arithmetic_imports_no_django():
    import subprocess
    import sys

    code = "import sys, calendars.workdays, calendars.notice, calendars.year; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
