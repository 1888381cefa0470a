"""Readiness as a clerk would reckon it by hand, and what must hold for any figures."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.readiness import (
    Demand,
    Expansion,
    Line,
    Utility,
    allocate,
    completion,
    is_stale,
    month_before,
    remaining,
    serves_all,
    works_today,
)

TODAY = date(2026, 11, 20)


def D(text):
    return Decimal(str(text))


def water(**more):
    facts = {"status": "in_service", "capacity": D(60000), "used": D(43200), "committed": D(5300)}
    return Utility(**(facts | more))


# --- x of 8 -----------------------------------------------------------------------------------------------------


def test_six_of_eight_names_what_lacks():
    lines = [Line(code, "in_service") for code in ("road", "water", "power", "telecom", "gas", "level")]
    told = completion([*lines, Line("drain", "building"), Line("heat", "out_of_service")], TODAY)
    assert str(told) == "6/8"
    assert told.lacking == ("drain", "heat")
    assert not told.is_full


def test_what_is_not_required_leaves_the_denominator():
    lines = [Line(str(n), "in_service") for n in range(7)] + [Line("gas", "not_required")]
    told = completion(lines, TODAY)
    assert (str(told), told.is_full) == ("7/7", True)


def test_never_reported_is_lacking_and_not_old():
    told = completion([Line("road"), Line("power", "in_service", reported_on=TODAY)], TODAY)
    assert (told.done, told.of, told.lacking, told.stale) == (1, 2, ("road",), ())


@pytest.mark.parametrize(("days", "stale"), [(90, False), (91, True)])
def test_greyed_after_ninety_days_but_still_counted(days, stale):
    line = Line("telecom", "in_service", TODAY, TODAY - timedelta(days=days))
    assert is_stale(line, TODAY) is stale
    told = completion([line], TODAY)
    assert told.done == 1
    assert told.stale == (("telecom",) if stale else ())


def test_a_line_nobody_verified_ages_from_its_report():
    assert is_stale(Line("gas", "in_service", TODAY - timedelta(days=91)), TODAY)
    assert not is_stale(Line("gas", "in_service", TODAY - timedelta(days=90)), TODAY)


# --- what is left -----------------------------------------------------------------------------------------------


def test_what_is_signed_for_is_no_longer_left():
    assert remaining(water()) == 11500
    assert remaining(water(committed=D(20000))) == -3200
    assert remaining(water(capacity=None)) is None
    assert remaining(water(measured=False)) is None


@pytest.mark.parametrize(
    ("facts", "works"),
    [
        ({"status": "in_service"}, True),
        ({"status": "building"}, True),  # a part of it is in use
        ({"status": "building", "used": D(0)}, False),
        ({"status": "building", "used": None, "in_service_on": date(2020, 1, 1)}, True),
        ({"status": "not_started"}, False),
        ({"status": "out_of_service"}, False),
        ({"status": "not_required"}, False),
    ],
)
def test_what_works_today(facts, works):
    assert works_today(water(**facts)) is works


# --- need-by ----------------------------------------------------------------------------------------------------


def test_the_park_of_the_mockup_water_row_by_row():
    """河西化工: 11,500 m³/d left; the plant's second stage has no date."""
    gaps = allocate(
        water(),
        [Expansion(1, D(10000))],
        [
            Demand(1, 15, D(13900), date(2027, 2, 15)),
            Demand(2, 16, D(900), date(2027, 3, 10)),
            Demand(3, 17, D(1600), date(2027, 4, 1)),
        ],
        TODAY,
        "water_supply",
    )
    told = [(gap.demand, gap.available_then, gap.short, gap.ready_on, gap.days, gap.waits_for) for gap in gaps]
    assert told == [
        (1, D(11500), D(2400), None, None, 1),
        (2, D(0), D(900), None, None, 1),
        (3, D(0), D(1600), None, None, 1),
    ]


def test_the_park_of_the_mockup_heat_waits_for_its_second_stage():
    heat = Utility("building", D(300), D(268), D(18), planned_on=date(2027, 6, 30))
    gaps = allocate(
        heat,
        [Expansion(7, D(260), date(2027, 6, 30))],
        [Demand(1, 1, D(90), date(2027, 2, 1)), Demand(2, 2, D(45), date(2027, 4, 15))],
        TODAY,
    )
    assert [(g.available_then, g.short, g.ready_on, g.days, g.waits_for) for g in gaps] == [
        (D(14), D(76), date(2027, 6, 30), 149, 7),
        (D(0), D(45), date(2027, 6, 30), 76, 7),
    ]


def test_done_and_still_short():
    power = Utility("in_service", D(1000), D(950), D(40))
    (gap,) = allocate(power, [], [Demand(1, 1, D(30), TODAY)], TODAY)
    assert (gap.available_then, gap.short, gap.days, gap.waits_for) == (D(10), D(20), None, None)


def test_ready_before_it_is_needed_is_no_shortfall():
    more = [Expansion(1, D(100), date(2027, 1, 1))]
    assert allocate(Utility("in_service", D(0)), more, [Demand(1, 1, D(100), date(2027, 1, 1))], TODAY) == []
    (gap,) = allocate(Utility("in_service", D(0)), more, [Demand(1, 1, D(100), date(2026, 12, 31))], TODAY)
    assert gap.days == 1


def test_a_plan_that_lapsed_is_no_date():
    lapsed = [Expansion(1, D(100), TODAY - timedelta(days=1))]
    (gap,) = allocate(Utility("in_service", D(0)), lapsed, [Demand(1, 1, D(5), date(2027, 1, 1))], TODAY)
    assert (gap.ready_on, gap.waits_for) == (None, 1)


def test_an_expansion_that_is_done_is_in_the_capacity_already():
    done = [Expansion(1, D(100), TODAY, done=True)]
    (gap,) = allocate(Utility("in_service", D(0)), done, [Demand(1, 1, D(5), date(2027, 1, 1))], TODAY)
    assert (gap.available_then, gap.waits_for) == (D(0), None)


def test_signed_demands_are_not_taken_twice():
    """500 left of which nothing is spoken for twice: the 300 signed for are inside `committed`."""
    utility = Utility("in_service", D(1000), D(200), D(300))
    signed = Demand(1, 1, D(300), date(2027, 5, 1), signed=True)
    assert allocate(utility, [], [signed, Demand(2, 2, D(500), date(2027, 1, 1))], TODAY) == []
    (gap,) = allocate(utility, [], [signed, Demand(2, 2, D(501), date(2027, 1, 1))], TODAY)
    assert (gap.demand, gap.short) == (2, D(1))


def test_signed_and_not_built_is_short_in_days():
    plant = Utility("building", D(100), D(0), D(40), planned_on=date(2027, 3, 31))
    (gap,) = allocate(plant, [], [Demand(1, 1, D(40), date(2027, 3, 1), signed=True)], TODAY)
    assert (gap.available_then, gap.ready_on, gap.days, gap.waits_for) == (D(0), date(2027, 3, 31), 30, 0)


def test_a_road_serves_all_once_it_is_there():
    road = Utility("building", planned_on=date(2027, 3, 31), measured=False)
    demands = [Demand(n, n, D(1), date(2027, 3, 1)) for n in (1, 2)]
    assert [gap.days for gap in allocate(road, [], demands, TODAY)] == [30, 30]
    assert allocate(replace(road, status="in_service"), [], demands, TODAY) == []


@pytest.mark.parametrize("status", ["out_of_service", "not_required"])
def test_what_does_not_serve_has_no_date(status):
    (gap,) = allocate(water(status=status), [], [Demand(1, 1, D(5), date(2027, 1, 1))], TODAY)
    assert (gap.available_then, gap.short, gap.ready_on) == (D(0), D(5), None)


def test_a_need_that_lies_behind_counts_what_is_there_today():
    assert allocate(water(), [], [Demand(1, 1, D(5), date(2026, 1, 1))], TODAY) == []
    (gap,) = allocate(
        Utility("in_service", D(0)), [Expansion(1, D(9), TODAY)], [Demand(1, 1, D(10), date(2026, 11, 1))], TODAY
    )
    assert gap.available_then == D(9)


def test_worst_first():
    utility = Utility("in_service", D(0))
    plans = [Expansion(1, D(10), date(2027, 6, 1)), Expansion(2, D(10), date(2027, 12, 1)), Expansion(3, D(1))]
    demands = [Demand(n, n, D(10), date(2027, 1, n)) for n in (1, 2, 3)]
    assert [gap.demand for gap in allocate(utility, plans, demands, TODAY)] == [3, 2, 1]


def test_month_before_january():
    assert month_before(date(2027, 1, 15)) == date(2026, 12, 1)


# --- for any figures --------------------------------------------------------------------------------------------

amounts = st.integers(1, 500).map(Decimal)
days = st.integers(0, 400).map(lambda n: TODAY + timedelta(days=n))
plans = st.lists(st.tuples(amounts, st.none() | days), max_size=4).map(
    lambda rows: [Expansion(n, adds, on) for n, (adds, on) in enumerate(rows, start=1)]
)
queues = st.lists(st.tuples(amounts, days, st.booleans()), max_size=8).map(
    lambda rows: [Demand(n, n, amount, on, signed) for n, (amount, on, signed) in enumerate(rows, start=1)]
)
plants = st.tuples(amounts, st.integers(0, 300).map(Decimal)).map(
    lambda pair: Utility("in_service", pair[0] + pair[1], pair[1], Decimal(0))
)


@given(plants, plans, queues)
def test_never_more_is_given_than_there_is(plant, more, queue):
    gaps = {gap.demand: gap for gap in allocate(plant, more, queue, TODAY)}
    for gap in gaps.values():
        assert gap.available_then + gap.short == gap.amount
        assert gap.available_then >= 0 and gap.short > 0
        assert gap.ready_on is None or gap.ready_on > gap.needed_on and gap.days == (gap.ready_on - gap.needed_on).days
    signed = sum((d.amount for d in queue if d.signed), Decimal(0))
    there = plant.capacity - plant.used - signed + signed
    for day in {d.needed_on for d in queue}:
        supply = there + sum((e.adds for e in more if e.planned_on and e.planned_on <= day), Decimal(0))
        served = sum((d.amount for d in queue if d.key not in gaps and d.needed_on <= day), Decimal(0))
        assert served <= max(supply, Decimal(0)) or any(d.signed for d in queue)


@given(plants, plans, queues, amounts)
def test_more_capacity_never_hurts(plant, more, queue, extra):
    before = {gap.demand: gap for gap in allocate(plant, more, queue, TODAY)}
    after = {gap.demand: gap for gap in allocate(replace(plant, capacity=plant.capacity + extra), more, queue, TODAY)}
    assert set(after) <= set(before)
    for key, gap in after.items():
        assert gap.short <= before[key].short
        if before[key].days is not None:
            assert gap.days is not None and gap.days <= before[key].days


@given(plants, plans, queues)
def test_what_is_there_today_serves_all_or_something_may_fall_short(plant, more, queue):
    total = sum((d.amount for d in queue), Decimal(0))
    signed = sum((d.amount for d in queue if d.signed), Decimal(0))
    if serves_all(plant, total, signed):
        assert allocate(plant, more, queue, TODAY) == []
    elif not more:
        assert allocate(plant, more, queue, TODAY)


@given(plants, plans, queues)
def test_the_order_of_the_rows_does_not_matter(plant, more, queue):
    assert allocate(plant, more, queue, TODAY) == allocate(plant, more[::-1], queue[::-1], TODAY)


@given(st.lists(st.sampled_from(["in_service", "building", "not_started", "not_required", "out_of_service"])))
def test_done_and_lacking_make_up_what_is_required(statuses):
    told = completion([Line(str(n), status) for n, status in enumerate(statuses)], TODAY)
    assert told.done + len(told.lacking) == told.of == sum(status != "not_required" for status in statuses)
