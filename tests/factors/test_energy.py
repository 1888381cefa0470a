"""Energy by GB/T 2589 on two bases, who examines it, and projects cut in pieces (domain.md §4.1)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from fractions import Fraction
from itertools import combinations
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factors.energy import (
    Basis,
    Carrier,
    EnergyError,
    EnergyLine,
    Filed,
    Level,
    Size,
    coefficient_for,
    compute,
    review_level,
    splitting,
)
from factors.periods import add_months, full_after
from factors.tables import read_coefficients, read_review_rules

TABLE = read_coefficients()
RULES = read_review_rules()
CARRIERS = {carrier.code: carrier for carrier in TABLE.carriers}
OLD, NEW = date(2025, 8, 31), date(2025, 9, 1)


def line(code, quantity, **parts):
    return EnergyLine(CARRIERS[code], D(quantity), **{name: D(value) for name, value in parts.items()})


def totals(*lines, year=2025):
    return compute(lines, TABLE.coefficients, year)


@pytest.mark.parametrize(
    ("code", "quantity", "calorific", "primary"),
    [
        ("raw_coal", "1", 714, 714),
        ("raw_coal", "10000", 7_143_000, 7_143_000),
        ("coke", "1000", 971_400, 971_400),
        ("natural_gas", "100", 1_214_300, 1_214_300),
        ("power", "100", 122_900, 300_000),
        ("heat", "1000", 34_120, 34_120),
        ("fresh_water", "1", 2571, 2571),
        ("acetylene", "0.1", 8314, 8314),
        ("diesel", "0.001", 1, 1),
        ("raw_coal", "0.0007", 1, 1),
        ("raw_coal", "0.0006", 0, 0),
    ],
)
def test_a_carrier_is_worth_its_coefficient(code, quantity, calorific, primary):
    result = totals(line(code, quantity))
    assert (result.calorific.total, result.primary.total) == (calorific, primary)


def test_the_sum_is_rounded_once_at_the_end():
    thirds = [line("diesel", "0.0003")] * 3
    assert totals(*thirds).calorific.exact_total == D("1.31139")
    assert totals(*thirds).calorific.total == 1
    assert totals(line("raw_coal", "0.0021"), line("lpg", "0.0000")).calorific.total == 2
    half = replace(line("raw_coal", "0.001", measured_kgce="500"), evidence="检测报告 2025-118")
    assert totals(half).calorific.total == 1


def test_raw_material_and_green_power_are_not_charged():
    result = totals(line("raw_coal", "12000", raw_material="9000"), line("power", "800", green="300"))
    assert result.calorific.total == 12_000 * 7143 // 10 + 800 * 1229
    assert result.calorific.charged == 3_000 * 7143 // 10 + 500 * 1229
    assert result.primary.charged == 3_000 * 7143 // 10 + 500 * 3000
    assert result.calorific.raw_material == D("6428700.0")
    assert result.primary.green == 900_000
    assert (result.coal_kg, result.power_kwh) == (12_000_000, 8_000_000)
    assert result.size == Size(D("9554.8"), D(12_000), D(8_000_000))


def test_a_measured_value_overrides_the_table_and_says_where_it_comes_from():
    measured = replace(line("raw_coal", "100", measured_kgce="800.5"), evidence="煤质化验单 2025-07")
    result = totals(measured)
    assert result.calorific.total == result.primary.total == 80_050
    assert result.calorific.lines[0].coefficient is None
    assert totals(line("raw_coal", "100")).calorific.lines[0].coefficient.source.startswith("GB/T 2589")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (line("coke", "-1"), "negative"),
        (line("coke", "1", raw_material="-1"), "negative"),
        (line("coke", "1", raw_material="0.6", green="0.5"), "parts_exceed"),
        (line("coke", "1", measured_kgce="900"), "measured_without_evidence"),
        (replace(line("coke", "1", measured_kgce="0"), evidence="x"), "not_positive"),
        (replace(line("power", "1", measured_kgce="1229"), evidence="x"), "measured_power"),
        (EnergyLine(Carrier("peat", "泥炭", "t"), D(1)), "no_coefficient"),
    ],
)
def test_a_form_that_makes_no_sense_is_refused(wrong, code):
    with pytest.raises(EnergyError) as caught:
        totals(wrong)
    assert caught.value.code == code
    assert caught.value.facts["carrier"]


def test_the_coefficient_is_that_of_the_year():
    def primary(year):
        return coefficient_for(TABLE.coefficients, "power", Basis.PRIMARY, year).kgce

    assert (primary(2008), primary(2019), primary(2020), primary(2026)) == (4040, 4040, 3000, 3000)
    with pytest.raises(EnergyError):
        primary(2007)


def test_the_tables_are_complete_and_name_their_sources():
    for carrier in TABLE.carriers:
        for basis in Basis:
            row = coefficient_for(TABLE.coefficients, carrier.code, basis, 2025)
            assert row.kgce > 0
            assert row.source
    unchecked = {row.carrier for row in TABLE.coefficients if not row.checked}
    assert unchecked == {"natural_gas", "heat", "power"}
    assert all(rule.source for rule in RULES)
    assert {(rule.effective_from, rule.level) for rule in RULES if rule.checked} == {
        (date(2023, 6, 1), Level.EXEMPT),
        (date(2023, 6, 1), Level.PROVINCE),
        (NEW, Level.EXEMPT),
    }


def test_numbers_of_a_table_are_never_floats(tmp_path):
    table = tmp_path / "coefficients.yaml"
    table.write_text(
        "sources: {a: b}\ncarriers:\n- {code: x, name: x, unit: t, both: {2020: {kgce: 0.1, source: a}}}\n"
    )
    with pytest.raises(TypeError):
        read_coefficients(table)


quantities = st.integers(0, 10**18).map(lambda n: D(n).scaleb(-4))
lines = st.lists(
    st.builds(lambda code, quantity: line(code, quantity), st.sampled_from(sorted(CARRIERS)), quantities), max_size=6
)


@settings(max_examples=100)
@given(lines, st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter_and_nothing_is_lost(rows, random):
    result = totals(*rows)
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert totals(*shuffled).calorific.total == result.calorific.total
    assert result.calorific.charged == result.calorific.total
    exact = sum(
        Fraction(row.quantity) * Fraction(coefficient_for(TABLE.coefficients, row.carrier.code, "primary", 2025).kgce)
        for row in rows
    )
    assert result.primary.total == floor(exact + Fraction(1, 2))


@pytest.mark.parametrize(
    ("size", "on", "level", "reached"),
    [
        (Size(D(999)), OLD, Level.EXEMPT, ()),
        (Size(D(999), kwh=D(5_000_000)), OLD, Level.CITY, ("kwh",)),
        (Size(D(999), kwh=D(5_000_000)), NEW, Level.EXEMPT, ()),
        (Size(D("999.999")), NEW, Level.EXEMPT, ()),
        (Size(D(1000)), NEW, Level.CITY, ("tce",)),
        (Size(D(900), D(1000)), NEW, Level.CITY, ("coal_t",)),
        (Size(D(900), D(1000)), OLD, Level.EXEMPT, ()),
        (Size(D(1000), D(1000)), NEW, Level.CITY, ("tce", "coal_t")),
        (Size(D(10_000)), OLD, Level.PROVINCE, ("tce",)),
        (Size(D(10_000)), NEW, Level.PROVINCE, ("tce",)),
        (Size(D(500_000)), OLD, Level.PROVINCE, ("tce",)),
        (Size(D(500_000)), NEW, Level.NATION, ("tce",)),
    ],
)
def test_who_examines_since_when(size, on, level, reached):
    review = review_level(size, on, RULES)
    assert (review.level, review.reached) == (level, reached)
    assert review.since == (NEW if on == NEW else date(2023, 6, 1))
    assert review.rule.level == level


def test_eight_million_kwh_of_power_alone_are_exempt_since_september_2025():
    size = totals(line("power", "813.66")).size
    assert review_level(size, OLD, RULES).level == Level.CITY
    assert review_level(size, NEW, RULES).level == Level.EXEMPT
    assert review_level(totals(line("power", "813.68")).size, NEW, RULES).level == Level.CITY


def test_before_the_first_rule_nobody_can_say():
    with pytest.raises(EnergyError) as caught:
        review_level(Size(D(1)), date(2020, 1, 1), RULES)
    assert caught.value.code == "no_rule"


def filed(code, on, tce, enterprise="北方碳材", park="高新园"):
    return Filed(code, enterprise, park, date.fromisoformat(on), Size(D(tce)))


def flagged(*projects):
    return [("".join(p.code for p in split.projects), split.rule.level) for split in splitting(projects, RULES)]


def test_pieces_within_twelve_months_are_flagged():
    assert flagged(filed("a", "2025-10-01", 600), filed("b", "2026-10-01", 400)) == [("ab", Level.CITY)]
    assert flagged(filed("a", "2025-10-01", 600), filed("b", "2026-10-02", 400)) == []
    assert flagged(filed("a", "2025-10-01", 600), filed("b", "2026-03-01", 399)) == []
    assert flagged(filed("a", "2025-10-01", 600), filed("b", "2026-03-01", 600, park="化工园")) == []
    assert flagged(filed("a", "2025-10-01", 600), filed("b", "2026-03-01", 600, enterprise="南方")) == []


def test_a_project_that_is_examined_anyway_hides_nothing_and_drags_nobody_in():
    big, b, c = filed("a", "2025-10-01", 1200), filed("b", "2025-11-01", 600), filed("c", "2025-12-01", 600)
    assert flagged(big, b) == []
    assert flagged(big, b, c) == [("bc", Level.CITY)]


def test_the_window_slides_and_only_the_largest_groups_are_named():
    projects = [filed(code, f"{year}-01-01", 600) for code, year in zip("abcd", range(2026, 2030), strict=True)]
    assert flagged(*projects) == [("ab", Level.CITY), ("bc", Level.CITY), ("cd", Level.CITY)]
    dense = [filed(code, f"2026-0{month}-01", 600) for code, month in zip("abc", (1, 2, 3), strict=True)]
    assert flagged(*dense) == [("abc", Level.CITY)]


def test_each_threshold_is_looked_at():
    halves = filed("a", "2026-01-01", 6000), filed("b", "2026-02-01", 6000)
    assert flagged(*halves) == [("ab", Level.PROVINCE)]
    small = filed("c", "2026-02-02", 500), filed("d", "2026-02-03", 500)
    assert flagged(*halves, *small) == [("abcd", Level.PROVINCE), ("cd", Level.CITY)]


def test_the_rules_are_those_of_the_day_of_the_last_filing():
    a = replace(filed("a", "2025-05-01", 300), size=Size(D(300), kwh=D(3_000_000)))
    b = replace(filed("b", "2025-06-01", 300), size=Size(D(300), kwh=D(3_000_000)))
    assert flagged(a, b) == [("ab", Level.CITY)]
    assert flagged(replace(a, filed_on=NEW), replace(b, filed_on=NEW)) == []
    assert flagged(replace(a, filed_on=date(2020, 1, 1)), replace(b, filed_on=date(2020, 2, 1))) == []


projects = st.lists(
    st.builds(
        lambda month, tce, park: (date(2025, 10, 1), month, tce, park),
        st.integers(0, 30),
        st.integers(1, 1400),
        st.sampled_from("xy"),
    ),
    max_size=6,
).map(
    lambda rows: [
        Filed(f"p{n}", "e", park, add_months(start, month), Size(D(tce)))
        for n, (start, month, tce, park) in enumerate(rows)
    ]
)


@settings(max_examples=100)
@given(projects)
def test_the_flagged_groups_are_the_largest_of_all_that_could_be_meant(rows):
    def meant(group):
        days = [project.filed_on for project in group]
        return (
            len({project.park for project in group}) == 1
            and max(days) <= add_months(min(days), 12)
            and all(project.size.tce < 1000 for project in group)
            and sum(project.size.tce for project in group) >= 1000
        )

    every = [
        frozenset(p.code for p in group)
        for size in range(2, len(rows) + 1)
        for group in combinations(rows, size)
        if meant(group)
    ]
    largest = {codes for codes in every if not any(codes < others for others in every)}
    found = [split for split in splitting(rows, RULES) if split.rule.level == Level.CITY]
    assert {frozenset(p.code for p in split.projects) for split in found} == largest
    assert len(found) == len(largest)


def test_months_end_with_the_month():
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2025, 8, 31), 6) == date(2026, 2, 28)
    assert add_months(date(2025, 12, 31), 1) == date(2026, 1, 31)
    assert add_months(date(2026, 1, 31), -11) == date(2025, 2, 28)
    assert full_after(date(2024, 2, 29), 1) == date(2025, 3, 1)
    assert full_after(date(2025, 3, 1), 1) == date(2026, 3, 2)
