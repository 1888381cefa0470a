"""Versions: what is entered is in force at once, with its source; what is taken back is gone; old versions stay."""

from datetime import date

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from calendars import actions, store
from calendars.models import CalendarVersion, DayOverride
from calendars.workdays import Day

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MONDAY = date(2026, 11, 23)
NEW_YEAR = date(2027, 1, 1)


@pytest.fixture
def clerk():
    return get_user_model().objects.create_user("clerk", role="supervisor")


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch):
    """Apps above recompute in their own tests."""
    monkeypatch.setattr(actions, "after_change", [])


def enter(clerk, days, **more):
    return actions.apply_overrides(days, by=clerk, source="云政办〔2026〕1号", **more)


def test_without_rows_the_delivered_notices_are_in_force():
    assert store.current() is store.delivered()
    assert store.current().known_years == frozenset(range(2004, 2027))


def test_an_entry_is_in_force_at_once_and_the_old_version_can_be_built_again(clerk):
    version = enter(clerk, {MONDAY: Day(False, "市运会")})
    assert (version.number, version.moves) == (1, [])
    calendar = store.current()
    assert (calendar.version, calendar.is_workday(MONDAY), calendar.name(MONDAY)) == (1, False, "市运会")
    assert store.at(0).is_workday(MONDAY)
    enter(clerk, {MONDAY: Day(True)})
    assert store.current().is_workday(MONDAY) and not store.at(1).is_workday(MONDAY)
    assert DayOverride.objects.in_force().get().version.number == 2


def test_a_single_day_does_not_make_a_year_known_a_notice_does(clerk):
    enter(clerk, {NEW_YEAR: Day(False, "元旦")})
    assert store.current().add(date(2026, 12, 31), 1).provisional
    enter(clerk, {NEW_YEAR: Day(False, "元旦")}, notice_year=2027)  # the same day: still news, the year is known now
    due = store.current().add(date(2026, 12, 31), 1)
    assert (due.date, due.provisional) == (date(2027, 1, 4), False)
    assert store.at(1).is_provisional(NEW_YEAR)


def test_what_the_calendar_says_already_is_no_version(clerk):
    with pytest.raises(actions.NothingToChange):
        enter(clerk, {MONDAY: Day(True)})
    assert not CalendarVersion.objects.exists()


def test_two_people_at_once(clerk):
    enter(clerk, {MONDAY: Day(False, "停电")}, based_on=0)
    with pytest.raises(actions.CalendarChanged) as late:
        enter(clerk, {MONDAY: Day(True)}, based_on=0)
    assert late.value.version == 1


def test_a_day_outside_the_table_or_without_source_is_refused(clerk):
    with pytest.raises(ValueError, match="2061"):
        enter(clerk, {date(2061, 1, 1): Day(False)})
    with pytest.raises(ValueError, match="source"):
        actions.apply_overrides({MONDAY: Day(False)}, by=clerk, source=" ")


def test_an_entry_taken_back_uncovers_what_it_had_replaced(clerk):
    enter(clerk, {NEW_YEAR: Day(False, "元旦")}, notice_year=2027)
    enter(clerk, {NEW_YEAR: Day(True, "抢险")})
    actions.revert_override(DayOverride.objects.in_force().get(), by=clerk)
    assert (store.current().version, store.current().name(NEW_YEAR)) == (3, "元旦")
    assert [store.at(number).is_workday(NEW_YEAR) for number in range(4)] == [True, False, True, False]
    with pytest.raises(actions.NothingToChange):
        actions.revert_override(DayOverride.objects.get(version__number=2), by=clerk)


def test_a_notice_taken_back_leaves_the_year_provisional(clerk):
    version = enter(clerk, {NEW_YEAR: Day(False, "元旦")}, notice_year=2027)
    enter(clerk, {NEW_YEAR: Day(True, "抢险")})
    actions.revert_version(version, by=clerk)
    assert store.current().is_provisional(NEW_YEAR)
    assert store.current().name(NEW_YEAR) == "抢险", "a later entry stays"
    actions.revert_version(CalendarVersion.objects.get(number=2), by=clerk)
    assert store.current().name(NEW_YEAR) == "", "and uncovers nothing that was taken back"
    with pytest.raises(actions.NothingToChange):
        actions.revert_version(CalendarVersion.objects.get(number=1), by=clerk)


def test_apps_above_recompute_in_the_same_transaction(clerk, monkeypatch):
    seen = []

    def recompute(old, new):
        seen.append((old.version, new.version, store.current().version))
        return ["a move", "another"]

    monkeypatch.setattr(actions, "after_change", [recompute, lambda old, new: None])
    version = enter(clerk, {MONDAY: Day(False, "停电")})
    assert seen == [(0, 1, 1)]
    assert CalendarVersion.objects.get().moved_count == len(version.moves) == 2


def test_a_failed_recomputation_leaves_nothing(clerk, monkeypatch):
    def fail(old, new):
        raise RuntimeError("disk full")

    monkeypatch.setattr(actions, "after_change", [fail])
    with pytest.raises(RuntimeError):
        enter(clerk, {MONDAY: Day(False, "停电")})
    assert store.current().version == 0 and not DayOverride.objects.exists()


def test_one_query_per_request(clerk, django_assert_num_queries):
    enter(clerk, {MONDAY: Day(False, "停电")})
    store.current()
    store.request_begins()
    try:
        with django_assert_num_queries(1):
            assert store.current() is store.current()
    finally:
        store.request_ends()


def test_the_database_refuses_nonsense(clerk):
    version = CalendarVersion.objects.create(number=1, made_at="2026-11-01T00:00Z", source="x")
    row = {"date": MONDAY, "is_workday": False, "source": "x", "version": version}
    DayOverride.objects.create(**row)
    for wrong in ({}, {"date": date(2061, 1, 1)}, {"date": NEW_YEAR, "source": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            DayOverride.objects.create(**{**row, **wrong})


def test_the_reminder_comes_in_november():
    assert store.missing_notice(date(2026, 10, 31)) is None
    assert store.missing_notice(date(2026, 11, 1)) == 2027
    assert store.missing_notice(date(2026, 12, 20)) == 2027
    assert store.missing_notice(date(2027, 3, 1)) == 2027
