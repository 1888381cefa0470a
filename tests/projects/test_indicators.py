"""Three assignments within 15 working days of signing: worked by hand, with the holidays of October 2026."""

import datetime as dt
from decimal import Decimal

import pytest

from calendars.workdays import Day, build
from projects.indicators import Coverage, Held, coverage, three_assignments

D = dt.date


@pytest.fixture(scope="module")
def calendar():
    """Weekends, the first to the seventh of October 2026 off, the tenth made up for."""
    days = {D(2026, 10, n): Day(False, "国庆节") for n in range(1, 8)}
    days[D(2026, 10, 10)] = Day(True, "国庆节")
    return build(version=1, days=days, known_years={2026})


def stood(day):
    return [Held("sponsor", day), Held("task_force", D(2026, 9, 20)), Held("service_officer", D(2026, 9, 20))]


# Signed on Monday 2026-09-21. Working days after it: 22 23 24 25 (4), 28 29 30 (7), October 8 9 10 (10),
# 12 13 14 15 16 (15): due at the close of Friday 2026-10-16.
SIGNED, DUE = D(2026, 9, 21), D(2026, 10, 16)


def test_on_the_last_day_is_in_time(calendar):
    told = three_assignments(SIGNED, stood(DUE), calendar, D(2026, 11, 20))
    assert (told.state, told.due_on, told.done_on, told.days, told.lacking) == ("on_time", DUE, DUE, 0, ())
    assert not told.provisional


def test_late_by_working_days(calendar):
    told = three_assignments(SIGNED, stood(D(2026, 10, 20)), calendar, D(2026, 11, 20))
    assert (told.state, told.days) == ("late", 2)  # 19 and 20; 17 and 18 are a weekend


def test_missing_and_still_open(calendar):
    held = stood(DUE)[1:]
    told = three_assignments(SIGNED, held, calendar, D(2026, 10, 19))
    assert (told.state, told.days, told.lacking) == ("missing", 1, ("sponsor",))
    told = three_assignments(SIGNED, held, calendar, D(2026, 10, 8))
    assert (told.state, told.days, told.counts) == ("open", 7, False)


def test_a_role_given_up_at_once_or_planned_never_stood(calendar):
    rest = stood(DUE)[1:]
    same_day = [Held("sponsor", D(2026, 9, 22), D(2026, 9, 22)), *rest]
    assert three_assignments(SIGNED, same_day, calendar, D(2026, 11, 20)).state == "missing"
    planned = [Held("sponsor", D(2026, 10, 12)), *rest]
    assert three_assignments(SIGNED, planned, calendar, D(2026, 10, 9)).state == "open"


def test_the_first_holder_counts_and_a_vacancy_shows(calendar):
    held = [Held("sponsor", D(2026, 9, 22), D(2026, 11, 1)), *stood(DUE)[1:]]
    told = three_assignments(SIGNED, held, calendar, D(2026, 11, 20))
    assert (told.state, told.lacking) == ("on_time", ("sponsor",))


def test_unsigned_and_provisional(calendar):
    assert three_assignments(None, stood(DUE), calendar, DUE).state == "unsigned"
    assert three_assignments(D(2026, 12, 25), [], calendar, D(2026, 12, 28)).provisional


def test_coverage_rounds_halves_up(calendar):
    assert Coverage(1, 3).percent == Decimal("33.33")
    assert Coverage(2, 3).percent == Decimal("66.67")
    assert Coverage(1, 800).percent == Decimal("0.13")  # 0.125
    assert Coverage(0, 0).percent is None
    judged = [three_assignments(SIGNED, stood(day), calendar, D(2026, 11, 20)) for day in (DUE, D(2026, 10, 20))]
    judged.append(three_assignments(None, [], calendar, DUE))
    assert coverage(judged) == Coverage(1, 2)
