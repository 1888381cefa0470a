"""The comparison: rows add up to the head, rates as printed, drawings that hold what the page says."""

from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.utils import translation

from approvals import chain_format, compare_svg, network_svg
from approvals.chain_spec import StageSpec, figures
from approvals.compare import Side, compare, rate
from approvals.template_actions import shipped_files
from approvals.template_diff import compare_versions
from approvals.track import Limit, Unit

D = Decimal


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def shipped(code):
    path = next(path for path in shipped_files() if path.stem == code)
    return chain_format.read(path.read_bytes())


def side(code):
    spec = shipped(code)
    return Side(code, code, spec.stages, spec.benchmark)


def stage(code, days=None, unit=Unit.WORKING_DAY, **more):
    return StageSpec(code, f"环节{code}", committed=None if days is None else Limit(D(days), unit), **more)


@pytest.fixture
def t19():
    return compare(side("T19-101"), side("B6-49.5"))


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [
        (13, 19, "68.42"),
        (D("51.5"), 101, "50.99"),
        (D("14.5"), 64, "22.66"),
        (1, 8, "12.50"),
        (1, 800, "0.13"),
        (-1, 3, "-33.33"),
    ],
)
def test_rates_are_rounded_half_up_to_two_decimals(part, whole, percent):
    assert rate(part, whole) == D(percent)


def test_a_rate_of_nothing_is_none():
    assert rate(0, 0) is None


def test_the_head_has_three_figures_with_their_rates(t19):
    assert (t19.count.ours, t19.count.theirs, t19.count.rate) == (19, 6, D("68.42"))
    assert (t19.total.ours, t19.total.theirs, t19.total.rate) == (101, D("49.5"), D("50.99"))
    assert (t19.path.ours, t19.path.theirs, t19.path.rate) == (64, D("49.5"), D("22.66"))


def test_rows_stand_as_in_the_field_and_add_up_to_the_head(t19):
    found = [(r.code, r.count.ours, r.count.theirs, r.days.ours, r.days.theirs, r.days.rate) for r in t19.rows]
    assert found == [
        ("1", 1, 1, 10, 10, D("0.00")),
        ("2", 3, 1, 18, 12, D("33.33")),
        ("3", 4, 1, 24, 5, D("79.17")),
        ("4", 2, 1, 2, 1, D("50.00")),
        ("5", 6, 1, 32, D("16.5"), D("48.44")),
        ("6", 1, 1, 5, 5, D("0.00")),
        ("", 2, 0, 10, 0, D("100.00")),
    ]
    assert sum(row.count.ours for row in t19.rows) == t19.count.ours
    assert sum(row.days.ours for row in t19.rows) == t19.total.ours
    assert sum(row.days.theirs for row in t19.rows) == t19.total.theirs


def test_the_waterfall_goes_from_our_sum_to_theirs_biggest_first(t19):
    assert [step.days for step in t19.steps] == [19, D("15.5"), 10, 6, 1]
    assert [step.share for step in t19.steps] == [D("36.9"), D("30.1"), D("19.4"), D("11.7"), D("1.9")]
    assert t19.total.ours - sum(step.days for step in t19.steps) == t19.total.theirs
    assert t19.unchanged == ("岩土工程勘察", "不动产首次登记")


@pytest.mark.parametrize("code", ["T19-101", "IND-BA", "IND-HZ", "GOV", "KG", "B6-49.5"])
@pytest.mark.parametrize("other", ["B6-49.5", "T19-101"])
def test_every_pair_adds_up(code, other):
    found = compare(side(code), side(other))
    assert sum(row.count.ours for row in found.rows) == found.count.ours
    assert sum(row.count.theirs for row in found.rows) == found.count.theirs
    assert sum(row.days.ours for row in found.rows) == found.total.ours
    assert sum(row.days.theirs for row in found.rows) == found.total.theirs
    assert sum(step.days for step in found.steps) == found.total.less


def test_without_a_mapping_stages_match_by_code():
    ours = Side("a", "A", (stage("1", 5), stage("2", 4)))
    theirs = Side("b", "B", (stage("1", 3), stage("3", 2)))
    found = compare(ours, theirs)
    assert [(row.code, row.days.ours, row.days.theirs) for row in found.rows] == [("1", 5, 3), ("3", 0, 2), ("", 4, 0)]
    assert [row.words for row in found.rows] == [
        "Shorter limit",
        "Only the benchmark has this stage",
        "The benchmark has no such stage",
    ]


def test_calendar_days_are_shown_apart():
    ours = Side("a", "A", (stage("1", 5), stage("2", 30, Unit.CALENDAR_DAY, benchmark_stage="1")), benchmark="B")
    found = compare(ours, Side("b", "B", (stage("1", 3),)))
    assert found.total.ours == 5
    assert found.rows[0].our_calendar_days == 30


@pytest.mark.parametrize("code", ["T19-101", "IND-BA", "KG"])
def test_drawings_are_xml_without_inline_styles(code):
    found = compare(side(code), side("B6-49.5"))
    scale = compare_svg.scale_of(found)
    drawings = [compare_svg.axis(scale), compare_svg.waterfall(found)]
    drawings += [compare_svg.row_svg(row, scale) for row in found.rows]
    spec = shipped(code)
    drawings.append(network_svg.draw(spec, figures(spec.stages).critical_path))
    for drawing in drawings:
        ElementTree.fromstring(drawing)
        assert "style=" not in drawing


def test_names_are_escaped_in_drawings():
    evil = StageSpec("1", "<script>alert(1)</script>", committed=Limit(D(30)))
    found = compare(Side("a", "A", (evil,)), Side("b", "B", (evil,)))
    scale = compare_svg.scale_of(found)
    assert "<script>" not in compare_svg.row_svg(found.rows[0], scale) + compare_svg.waterfall(found)


def test_the_common_scale_keeps_the_longest_row_inside():
    found = compare(Side("a", "A", (stage("1", 300),)), Side("b", "B", (stage("1", 3),)))
    assert compare_svg.scale_of(found).x(300) + compare_svg.LABEL <= compare_svg.WIDTH
    assert compare_svg.scale_of(compare(side("T19-101"), side("B6-49.5"))).per_day == 17.6


def test_nothing_to_draw_is_no_error():
    found = compare(Side("a", "A", (stage("1"),)), Side("b", "B", (stage("1"),)))
    assert found.total.rate is None
    assert compare_svg.waterfall(found)
    assert compare_svg.row_svg(found.rows[0], compare_svg.scale_of(found))


# --- two versions


def changed(**stages):
    """T19-101 with some stages replaced by None (removed) or by a function of the stage."""
    from dataclasses import replace

    spec = shipped("T19-101")
    kept = []
    for old in spec.stages:
        change = stages.get(f"s{old.code}", lambda stage: stage)
        kept += [] if change is None else [change(old)]
    return spec, replace(spec, stages=tuple(kept), name="新名")


def test_a_diff_tells_added_removed_and_changed_fields():
    from dataclasses import replace

    old, new = changed(s18=None, s10=lambda s: replace(s, committed=Limit(D(2)), gates=("energy",), note=""))
    new = replace(new, stages=(*new.stages, stage("20", 3)))
    found = compare_versions(old, new)
    assert [change.label for change in found.head] == ["name"]
    assert (found.added, found.removed, found.changed) == (1, 1, 1)
    fields = {change.label: (change.before, change.after) for change in found.stages[0].fields}
    assert fields["committed limit"] == ("3.0 working days", "2.0 working days")
    assert fields["factor gates"] == ("Energy quota, Water quota, Land quota", "Energy quota")


def test_the_same_version_has_no_difference():
    spec = shipped("KG")
    assert not compare_versions(spec, spec)


def test_a_moved_stage_is_told():
    from dataclasses import replace

    spec = shipped("B6-49.5")
    swapped = replace(spec, stages=(spec.stages[1], spec.stages[0], *spec.stages[2:]))
    assert {change.kind for change in compare_versions(spec, swapped).stages} == {"moved"}
