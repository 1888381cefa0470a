"""Parcels: their states, the law's clocks on idle land to the day, and the rate of supply."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factors.land import (
    Cause,
    Fault,
    Idle,
    ParcelFacts,
    ParcelState,
    check_move,
    check_order,
    idle_fee,
    moved,
    moves,
    standing,
    state_of,
    supply_rate,
    too_little_was_built,
    unsupplied_by_year,
)
from factors.units import HA

REPORTED, APPROVED, CLEARED, SUPPLIED, STARTED, COMPLETED = ParcelState
TODAY = date(2026, 11, 20)
SOLD = ParcelFacts(
    area=5 * HA,
    reported_on=date(2022, 11, 1),
    approved_on=date(2023, 1, 10),
    cleared_on=date(2023, 6, 1),
    supplied_on=date(2024, 1, 5),
    agreed_start_on=date(2025, 3, 1),
    price_fen=1_234_567_89,
)


def on(day, facts=SOLD, **changes):
    return standing(replace(facts, **changes), date.fromisoformat(day))


def test_a_parcel_goes_from_one_state_to_the_next():
    assert [moves(state) for state in ParcelState] == [
        (APPROVED,),
        (CLEARED,),
        (SUPPLIED,),
        (STARTED, CLEARED),
        (COMPLETED, CLEARED),
        (),
    ]
    facts, day = ParcelFacts(area=HA, reported_on=date(2025, 1, 1)), date(2025, 1, 1)
    for state in (APPROVED, CLEARED, SUPPLIED, STARTED, COMPLETED):
        day += timedelta(days=30)
        assert check_move(facts, state, day, TODAY) == []
        facts = moved(facts, state, day)
        assert state_of(facts, TODAY) == state
        assert check_order(facts) == []


def test_states_are_not_skipped_and_days_do_not_run_backwards():
    facts = ParcelFacts(area=HA, approved_on=date(2025, 1, 10))
    assert [finding.code for finding in check_move(facts, SUPPLIED, TODAY, TODAY)] == ["illegal_move"]
    assert check_move(facts, SUPPLIED, TODAY, TODAY)[0].facts["allowed"] == (CLEARED,)
    tomorrow = TODAY + timedelta(days=1)
    assert [finding.code for finding in check_move(facts, CLEARED, tomorrow, TODAY)] == ["in_the_future"]
    early = check_move(facts, CLEARED, date(2025, 1, 9), TODAY)
    assert [(finding.code, finding.facts["last"]) for finding in early] == [("before_the_last", date(2025, 1, 10))]
    assert check_move(facts, CLEARED, date(2025, 1, 10), TODAY) == []


def test_a_record_that_contradicts_itself_is_named():
    wrong = replace(SOLD, cleared_on=date(2024, 2, 1), stopped_on=date(2025, 1, 1))
    assert [tuple(finding.facts.values()) for finding in check_order(wrong)] == [
        ("cleared_on", "supplied_on"),
        ("started_on", "stopped_on"),
    ]
    assert check_order(SOLD) == []


def test_land_taken_back_is_clear_and_starts_anew():
    back = moved(SOLD, CLEARED, TODAY)
    assert state_of(back, TODAY) == CLEARED
    assert (back.cleared_on, back.supplied_on, back.agreed_start_on) == (date(2023, 6, 1), None, None)
    assert standing(back, TODAY).unsupplied_days == (TODAY - date(2023, 1, 10)).days


def test_a_state_holds_from_its_day_on():
    assert state_of(SOLD, date(2024, 1, 4)) == CLEARED
    assert state_of(SOLD, date(2024, 1, 5)) == SUPPLIED
    assert state_of(ParcelFacts(area=1), TODAY) == REPORTED


def test_approved_and_not_supplied_days():
    assert on("2023-01-09").unsupplied_days is None
    assert on("2023-01-10").unsupplied_days == 0
    assert on("2024-01-04").unsupplied_days == 359
    assert on("2024-01-05").unsupplied_days is None


@pytest.mark.parametrize(
    ("day", "idle", "amber", "idle_days", "fee"),
    [
        ("2025-03-01", Idle.NO, False, 0, 0),
        ("2025-12-01", Idle.NO, False, 0, 0),
        ("2025-12-02", Idle.NO, True, 0, 0),
        ("2026-03-01", Idle.NO, True, 0, 0),
        ("2026-03-02", Idle.IDLE, False, 1, 24_691_358),
        ("2026-11-20", Idle.IDLE, False, 264, 24_691_358),
        ("2026-12-02", Idle.IDLE, True, 276, 24_691_358),
        ("2027-03-01", Idle.IDLE, True, 365, 24_691_358),
        ("2027-03-02", Idle.RECOVERABLE, False, 366, 24_691_358),
    ],
)
def test_land_that_was_never_started(day, idle, amber, idle_days, fee):
    now = on(day, fault=Fault.ENTERPRISE)
    assert (now.idle, now.amber, now.idle_days, now.fee_fen) == (idle, amber, idle_days, fee)
    assert now.cause == (Cause.NOT_STARTED if idle else Cause.NONE)
    assert not now.fault_open


def test_whose_fault_it_is_decides_on_fee_and_recovery():
    government = on("2027-03-02", fault=Fault.GOVERNMENT)
    assert (government.idle, government.fee_fen, government.recoverable_from) == (Idle.IDLE, 0, None)
    open_question = on("2027-03-02")
    assert (open_question.idle, open_question.fault_open) == (Idle.RECOVERABLE, True)
    assert open_question.fee_fen == 24_691_358


@pytest.mark.parametrize(
    ("area", "money", "little"),
    [
        ("33.33", "80", True),
        ("33.34", "80", False),
        ("100", "24.99", True),
        ("100", "25", False),
        ("33.34", "25", False),
        ("0", "0", True),
    ],
)
def test_a_third_of_the_area_and_a_quarter_of_the_investment(area, money, little):
    built = replace(SOLD, started_on=date(2025, 4, 1), started_share=D(area), invested_share=D(money))
    assert too_little_was_built(built) == little
    stopped = replace(built, stopped_on=date(2025, 9, 30))
    assert on("2026-09-30", stopped).idle == Idle.NO
    after = on("2026-10-01", stopped)
    assert (after.idle, after.cause) == ((Idle.IDLE, Cause.STOPPED) if little else (Idle.NO, Cause.NONE))
    assert (after.fee_fen, after.recoverable_from) == (0, None)
    assert on("2026-10-01", built).idle == Idle.NO


def test_started_completed_and_disposed_land_is_not_idle():
    assert on("2027-03-02", started_on=date(2027, 3, 2)).idle == Idle.NO
    assert on("2027-03-01", started_on=date(2027, 3, 2)).idle == Idle.IDLE
    assert on("2027-03-02", completed_on=date(2026, 1, 1)).idle_from is None
    assert on("2027-03-02", disposed_on=date(2026, 6, 1)).idle == Idle.NO
    assert on("2027-03-02", agreed_start_on=None).idle == Idle.NO
    again = replace(SOLD, disposed_on=date(2026, 6, 1), agreed_start_on=date(2026, 12, 1))
    assert (on("2027-12-01", again).idle, on("2027-12-02", again).idle) == (Idle.NO, Idle.IDLE)


def test_a_leap_day_ends_with_february():
    leap = replace(SOLD, agreed_start_on=date(2024, 2, 29))
    assert on("2025-02-28", leap).idle == Idle.NO
    assert on("2025-03-01", leap).idle == Idle.IDLE


def test_the_fee_is_a_fifth_of_the_price_in_whole_fen():
    assert [idle_fee(fen) for fen in (0, 2, 3, 5, 1_000_000_00)] == [0, 0, 1, 1, 200_000_00]


def test_the_rate_of_supply_rolls_over_five_years():
    def parcel(approved, supplied=None, area=HA):
        return ParcelFacts(area=area, approved_on=date.fromisoformat(approved), supplied_on=supplied)

    parcels = [
        parcel("2021-11-20", TODAY, 100 * HA),
        parcel("2021-11-21", TODAY, 320),
        parcel("2026-11-20", None, 90),
        parcel("2024-05-01", TODAY + timedelta(days=1), 7),
        parcel("2026-11-21", TODAY, 100 * HA),
    ]
    rate = supply_rate(parcels, TODAY)
    assert (rate.supplied, rate.approved, rate.since, rate.until) == (320, 417, date(2021, 11, 21), TODAY)
    assert rate.percent == D("76.74")
    assert supply_rate([], TODAY).percent is None
    assert unsupplied_by_year(parcels, TODAY) == {2024: 7, 2026: 90}


days = st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1))
shares = st.integers(0, 10_000).map(lambda n: D(n).scaleb(-2))
any_parcel = st.builds(
    ParcelFacts,
    area=st.integers(1, 10**12),
    reported_on=days,
    approved_on=days,
    cleared_on=days,
    supplied_on=days,
    agreed_start_on=days,
    started_on=days,
    completed_on=days,
    stopped_on=days,
    started_share=shares,
    invested_share=shares,
    price_fen=st.integers(0, 10**12),
    fault=st.sampled_from(Fault),
    disposed_on=days,
)


@settings(max_examples=200)
@given(any_parcel, st.dates(date(2020, 1, 1), date(2032, 1, 1)))
def test_what_holds_of_any_record(facts, today):
    now = standing(facts, today)
    assert (now.idle != Idle.NO) == (now.idle_from is not None and now.idle_from <= today) == (now.idle_days > 0)
    assert bool(now.cause) == bool(now.idle)
    assert now.fee_fen in (0, idle_fee(facts.price_fen))
    if facts.fault == Fault.GOVERNMENT or not now.idle:
        assert now.fee_fen == 0
    if now.idle == Idle.RECOVERABLE:
        assert now.cause == Cause.NOT_STARTED
        assert facts.fault != Fault.GOVERNMENT
        assert now.recoverable_from > now.idle_from
    if now.amber:
        soon = [standing(facts, today + timedelta(days=n)).idle for n in (90,)]
        changed = {facts.started_on, facts.stopped_on, facts.completed_on, facts.disposed_on, facts.supplied_on}
        if not any(day and today < day for day in changed):
            assert soon[0] != now.idle
