"""Secured, obtainable, blocked; the ways out by speed; the advisory queue."""

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factors.standing import (
    USUAL_DAYS,
    Criterion,
    Judgement,
    Offer,
    Request,
    State,
    Way,
    advisory_order,
    judge,
    what_frees,
)

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("demand", "secured", "available", "expected"),
    [
        (32_600, 24_000, 3_200, Judgement(State.BLOCKED, 8_600, 5_400)),
        (100, 100, 0, Judgement(State.SECURED, 0, 0)),
        (100, 120, None, Judgement(State.SECURED, 0, 0)),
        (100, 40, 60, Judgement(State.OBTAINABLE, 60, 0)),
        (100, 40, 59, Judgement(State.BLOCKED, 60, 1)),
        (100, 40, None, Judgement(State.BLOCKED, 60, 60)),
        (0, 0, None, Judgement(State.SECURED, 0, 0)),
    ],
)
def test_the_rule(demand, secured, available, expected):
    assert judge(demand, secured, available) == expected


amounts = st.integers(0, 10**15)


@given(amounts, amounts, amounts)
def test_blocked_is_gap_above_what_the_pool_has(demand, secured, available):
    judged = judge(demand, secured, available)
    assert (judged.state == State.BLOCKED) == (demand - secured > available)
    assert (judged.state == State.SECURED) == (demand <= secured)
    assert judge(demand, secured + judged.gap, available).state == State.SECURED
    assert judge(demand, secured, available + judged.short).state != State.BLOCKED


def test_the_fastest_way_out_comes_first():
    offers = [
        Offer(Way.RECOVER, "焦化一厂", 9_000, date(2027, 3, 1)),
        Offer(Way.EXPIRY, "氢能装备", 2_000, date(2026, 11, 27)),
        Offer(Way.EXPIRY, "已到期", 500, date(2026, 11, 1)),
        Offer(Way.REALLOCATE, "高新区", 4_000),
        Offer(Way.RECOVER, "水泥二厂", 50_000, date(2026, 12, 1), verified=False),
        Offer(Way.TRADE, "河西化工", 6_000),
        Offer(Way.SUBSTITUTE, "无", 0),
    ]
    ways = what_frees(5_400, offers, TODAY)
    assert [(option.offer.name, option.days, option.enough) for option in ways.options] == [
        ("已到期", 0, False),
        ("氢能装备", 7, False),
        ("高新区", USUAL_DAYS[Way.REALLOCATE], False),
        ("河西化工", USUAL_DAYS[Way.TRADE], True),
        ("焦化一厂", 101, True),
        ("水泥二厂", 11, False),
    ]
    assert [option.offer.name for option in ways.together] == ["氢能装备", "高新区"]
    assert (ways.ready_in, ways.missing) == (10, 0)
    faster = what_frees(5_400, offers, TODAY, {**USUAL_DAYS, Way.TRADE: 1})
    assert [option.offer.name for option in faster.together] == ["河西化工"]


def test_when_all_is_not_enough_it_says_what_is_missing():
    ways = what_frees(10, [Offer(Way.TRADE, "a", 4), Offer(Way.GRANT, "b", 99, verified=False)], TODAY)
    assert (ways.together, ways.ready_in, ways.missing) == ((), None, 6)
    assert what_frees(0, [], TODAY).ready_in == 0


offer_lists = st.lists(
    st.builds(
        Offer,
        st.sampled_from(Way),
        st.sampled_from("abcdef"),
        st.integers(0, 50),
        st.none() | st.dates(date(2026, 11, 1), date(2027, 6, 1)),
        st.booleans(),
    ),
    max_size=7,
)


@given(st.integers(1, 120), offer_lists)
def test_together_is_enough_as_fast_as_can_be_and_without_passengers(short, offers):
    ways = what_frees(short, offers, TODAY)
    sure = [option for option in ways.options if option.offer.verified]
    total = sum(option.offer.amount for option in ways.together)
    assert bool(ways.together) == (ways.missing == 0)
    if ways.together:
        assert total >= short
        assert all(total - option.offer.amount < short for option in ways.together)
        assert sum(option.offer.amount for option in sure if option.days < ways.ready_in) < short
    days = [option.days for option in sure]
    assert days == sorted(days)


def request(code, level, mu=None, tce=None, since="2026-01-01"):
    figures = {"key_level": level, "tax_per_mu": mu, "output_per_tce": tce}
    return Request(code, {**figures, "waiting_since": date.fromisoformat(since)})


def test_the_rule_is_walked_line_by_line_and_says_what_decided():
    queue = [
        request("late", 3, D(40), D(2), "2026-05-01"),
        request("city", 2, D(900), D(9)),
        request("unknown", 3, None, D(9)),
        request("early", 3, D(40), D(2), "2026-03-01"),
        request("lean", 3, D(40), D("2.1"), "2026-09-01"),
        request("dense", 3, D("40.5"), D(1), "2026-10-01"),
    ]
    assert [(row.place, row.request.code, row.because) for row in advisory_order(queue)] == [
        (1, "dense", ""),
        (2, "lean", "tax_per_mu"),
        (3, "early", "output_per_tce"),
        (4, "late", "waiting_since"),
        (5, "unknown", "tax_per_mu"),
        (6, "city", "key_level"),
    ]


def test_equals_share_a_place_and_the_rule_is_data():
    queue = [request("b", 1), request("a", 1), request("c", 1, since="2026-02-01")]
    assert [(row.place, row.request.code) for row in advisory_order(queue)] == [(1, "a"), (1, "b"), (3, "c")]
    latest = (Criterion("waiting_since", larger_first=True),)
    assert [row.request.code for row in advisory_order(queue, latest)] == ["c", "a", "b"]
    assert advisory_order([]) == ()


figures = st.none() | st.integers(0, 3)


@given(st.lists(st.tuples(st.integers(1, 3), figures, figures), max_size=7), st.randoms(use_true_random=False))
def test_the_order_depends_on_the_figures_alone(rows, random):
    queue = [request(str(n), *row) for n, row in enumerate(rows)]
    expected = advisory_order(queue)
    random.shuffle(queue)
    assert advisory_order(queue) == expected
    assert sorted(row.request.code for row in expected) == sorted(item.code for item in queue)
