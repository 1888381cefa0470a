"""Identities of the working-day arithmetic that hold for every date and every calendar."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from calendars import store
from calendars.workdays import Day, build

ENTERED = {date(2027, 2, 5) + timedelta(days=step): Day(False, "春节") for step in range(7)} | {
    date(2027, 1, 30): Day(True, "春节"),
    date(2027, 2, 20): Day(True, "春节"),
}
CALENDARS = st.sampled_from([store.delivered(), build(ENTERED, 1, (2027,)), build({}, 2, ())])
DATES = st.dates(date(1900, 1, 1), date(2200, 12, 31))
NEAR = st.dates(date(2003, 6, 1), date(2061, 6, 30))
HALVES = st.integers(0, 2000)
INSTANTS = st.datetimes(datetime(1985, 1, 1), datetime(2070, 12, 31))
NUMBERS = st.integers(-8000, 40000)


@given(CALENDARS, DATES | NEAR, HALVES)
def test_the_days_between_start_and_end_of_a_limit_are_the_limit(calendar, start, halves):
    due = calendar.add(start, Decimal(halves) / 2)
    assert calendar.between(start, due.date) == (halves + 1) // 2
    assert due.half == ("noon" if halves % 2 else "close")
    assert halves == 0 or calendar.is_workday(due.date)
    assert calendar.half_of(due) == 2 * calendar.count_through(start) + halves


@given(CALENDARS, NEAR, HALVES, HALVES)
def test_limits_add_up(calendar, start, first, second):
    whole = calendar.add(start, first + second)
    assert calendar.add(calendar.add(start, first).date, second).date == whole.date


@given(CALENDARS, NEAR, NEAR, NEAR)
def test_spans_add_up(calendar, one, two, three):
    assert calendar.between(one, two) + calendar.between(two, three) == calendar.between(one, three)


@given(CALENDARS, NEAR)
def test_a_day_counts_exactly_when_it_is_a_working_day(calendar, day):
    assert calendar.between(day - timedelta(days=1), day) == calendar.is_workday(day)
    if calendar.is_workday(day):
        assert calendar.nth(calendar.count_through(day)) == day


@given(CALENDARS, NUMBERS)
def test_number_and_working_day_are_inverse(calendar, number):
    assert calendar.count_through(calendar.nth(number)) == number
    assert calendar.is_workday(calendar.nth(number))


@given(CALENDARS, NUMBERS)
def test_a_half_day_begins_at_its_start_and_not_before(calendar, number):
    start = calendar.start_of_half(number)
    assert calendar.begun(start) == number
    assert calendar.begun(start.replace(tzinfo=None) - timedelta(microseconds=1)) == number - 1
    assert calendar.half_of(calendar.end_of_half(number)) == number


@given(CALENDARS, st.lists(INSTANTS, min_size=2, max_size=8))
def test_half_days_begun_never_decrease(calendar, instants):
    begun = [calendar.begun(instant) for instant in sorted(instants)]
    assert all(earlier <= later for earlier, later in pairwise(begun))


@given(CALENDARS, DATES | NEAR, HALVES)
def test_a_moment_is_provisional_exactly_when_a_year_on_its_way_has_no_notice(calendar, start, halves):
    due = calendar.add(start, Decimal(halves) / 2)
    years = range(start.year, due.date.year + 1)
    assert due.provisional is any(year not in calendar.known_years for year in years)


@given(CALENDARS, NEAR, st.integers(0, 400))
def test_a_calendar_day_limit_ends_on_a_working_day_and_skips_none(calendar, start, days):
    due = calendar.add_calendar_days(start, days)
    assert calendar.is_workday(due.date)
    assert due.date >= start + timedelta(days=days)
    assert calendar.between(start + timedelta(days=days - 1), due.date) == 1


@given(st.dates(), st.integers(0, 10**7))
def test_no_date_of_the_years_1_to_9999_raises(day, number):
    calendar = store.delivered()
    calendar.add(day, number)
    calendar.add_calendar_days(day, number)
    calendar.kind(day)
    calendar.name(day)
