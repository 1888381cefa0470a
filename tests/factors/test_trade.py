"""Trades of water and energy rights, and replacement: what is refused, with the figures, at the exact edge."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factors.replacement import Coverage, Source, Use, check_uses, required, served, suggest, thousandths
from factors.trade import Party, Permit, Right, TradeFacts, check_trade, unit_price, value_fen

PERMIT = Permit("取水〔2023〕第17号", 2_000_000, date(2023, 7, 1), date(2028, 6, 30), 1_500_000)
WATER = TradeFacts(
    right=Right.WATER,
    amount=500_000,
    price_fen=1_20,
    seller=Party("河西化工", "yellow_river", "", "河西区"),
    buyer=Party("北方碳材", "yellow_river", "", "河东区"),
    saving=600_000,
    sold=100_000,
    saving_document="水利〔2026〕8号",
    holding=2_000_000,
    from_on=date(2026, 12, 1),
    until_on=date(2028, 6, 30),
    permit=PERMIT,
    approved_by=frozenset({"河西区", "河东区"}),
)
ENERGY = replace(
    WATER,
    right=Right.ENERGY,
    permit=None,
    seller=Party("a", "", "primary", "city"),
    buyer=Party("b", "", "primary", "city"),
    approved_by=frozenset({"city"}),
)


def codes(facts, **changes):
    return [finding.code for finding in check_trade(replace(facts, **changes))]


def test_a_trade_within_every_limit_passes():
    assert check_trade(WATER) == check_trade(ENERGY) == []


@pytest.mark.parametrize(
    ("facts", "changes", "expected"),
    [
        (WATER, {"amount": 0}, ["not_positive"]),
        (WATER, {"price_fen": -1}, ["negative_price"]),
        (WATER, {"price_fen": 0}, []),
        (WATER, {"buyer": WATER.seller}, ["same_party"]),
        (WATER, {"buyer": replace(WATER.buyer, source="reclaimed")}, ["other_source"]),
        (WATER, {"holding": 499_999}, ["more_than_holding"]),
        (WATER, {"saving_document": " "}, ["no_saving_document"]),
        (WATER, {"sold": 100_001}, ["more_than_saving"]),
        (WATER, {"amount": 500_001}, ["more_than_saving", "more_than_permit"]),
        (WATER, {"permit": None}, ["no_permit"]),
        (WATER, {"permit": replace(PERMIT, remaining_use=1_500_001)}, ["more_than_permit"]),
        (WATER, {"until_on": date(2028, 7, 1)}, ["outside_permit_term"]),
        (WATER, {"from_on": date(2023, 6, 30)}, ["outside_permit_term"]),
        (WATER, {"from_on": date(2028, 6, 30)}, []),
        (WATER, {"from_on": date(2028, 6, 30), "until_on": date(2028, 6, 29)}, ["term_reversed"]),
        (WATER, {"approved_by": frozenset({"河西区"})}, ["approval_missing"]),
        (ENERGY, {"approved_by": frozenset()}, ["approval_missing"]),
        (ENERGY, {"buyer": Party("b", "", "calorific", "city")}, ["other_basis"]),
        (ENERGY, {"amount": 2_000_001}, ["more_than_holding", "more_than_saving"]),
    ],
)
def test_what_stands_against_a_trade(facts, changes, expected):
    assert codes(facts, **changes) == expected


def test_a_refusal_carries_the_figures():
    (finding,) = check_trade(replace(WATER, permit=replace(PERMIT, remaining_use=1_600_000)))
    assert finding.facts == {"amount": 500_000, "remaining_use": 1_600_000, "limit": 2_000_000, "over": 100_000}
    (finding,) = check_trade(replace(WATER, sold=700_000))
    assert finding.facts == {"amount": 500_000, "left": 0, "saving": 600_000, "sold": 700_000}
    (finding,) = check_trade(replace(WATER, approved_by=frozenset()))
    assert finding.facts == {"pools": ("河西区", "河东区")}


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_nobody_sells_what_was_not_saved_or_is_not_permitted(amount, saving, sold, limit):
    found = codes(WATER, amount=amount, saving=saving, sold=sold, permit=replace(PERMIT, limit=limit, remaining_use=0))
    assert ("more_than_saving" in found) == (sold + amount > max(saving, sold))
    assert ("more_than_permit" in found) == (amount > limit)


def test_prices_are_whole_fen():
    assert value_fen(5_000, 1000, 80_00) == 400_00
    assert value_fen(1, 1000, 80_00) == 8
    assert (value_fen(1, 1000, 499), value_fen(1, 1000, 500)) == (0, 1)
    assert unit_price(400_00, 5_000, 1000) == 80_00
    assert unit_price(1, 3, 1) == Fraction(1, 3)


def test_required_is_demand_times_ratio_rounded_up():
    assert required(10_000, 1000) == 10_000
    assert required(10_000, thousandths(D("1.2"))) == 12_000
    assert (required(1, 1500), required(2, 1500), required(3, 1001)) == (2, 3, 4)
    assert required(0, 1200) == 0
    for ratio in ("0.999", "1.0001", "NaN", "Infinity"):
        with pytest.raises(ValueError):
            thousandths(D(ratio))


def test_a_source_is_used_once():
    sources = [Source("焦化一厂关停", 9_000, used=4_000), Source("窑炉改造", 2_000)]
    uses = [Use("焦化一厂关停", 5_000), Use("窑炉改造", 1_000)]
    assert check_uses(5_000, 1200, uses, sources) == (Coverage(6_000, 6_000), [])
    coverage, findings = check_uses(5_000, 1200, [*uses, Use("焦化一厂关停", 1)], sources)
    assert [(finding.code, finding.facts.get("over")) for finding in findings] == [("used_up", 1)]
    assert coverage.missing == 0
    coverage, findings = check_uses(5_001, 1200, uses, sources)
    assert [(finding.code, finding.facts["missing"]) for finding in findings] == [("not_covered", 2)]
    _, findings = check_uses(0, 1000, [Use("无", 5), Use("窑炉改造", 0), Use("窑炉改造", -1)], sources)
    assert [finding.code for finding in findings] == ["unknown_source", "not_positive", "not_positive"]


many_sources = st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**6)), max_size=6).map(
    lambda rows: [Source(str(n), saving, min(saving, used)) for n, (saving, used) in enumerate(rows)]
)


@given(st.integers(0, 10**7), st.integers(1000, 2000), many_sources)
def test_what_is_suggested_covers_whenever_anything_can(demand, ratio, sources):
    uses = suggest(demand, ratio, sources)
    coverage, findings = check_uses(demand, ratio, uses, sources)
    left = sum(source.left for source in sources)
    assert coverage.missing == max(0, required(demand, ratio) - left)
    assert [finding.code for finding in findings] == (["not_covered"] if coverage.missing else [])
    by_code = {source.code: source for source in sources}
    assert all(0 < use.amount <= by_code[use.source].left for use in uses)


@given(st.integers(0, 10**12), st.integers(1000, 3000))
def test_ratio_there_and_back(demand, ratio):
    assert served(required(demand, ratio), ratio) == demand
    assert required(served(demand, ratio), ratio) <= demand
