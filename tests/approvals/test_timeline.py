"""The timeline: positions on dates, lengths that add up, folds, labels in the area, escaped words, paper."""

import itertools
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from approvals import timeline, timeline_axis, timeline_layout, timeline_svg
from approvals import timeline_scale as scales
from approvals.explain_svg import phone_strip, strip
from approvals.timeline import Due, TimelineOptions, TimelinePause, TimelinePhase, TimelineStage, draw
from approvals.timeline_layout import segments, working_days
from approvals.timeline_place import Picture, place
from approvals.timeline_scale import Fold, build_scale, close, find_folds, half_end, opening, shorten, text_width
from tests.approvals.timeline_sample import NOW, at, calendar_2026, d, mockup

NS = "{http://www.w3.org/2000/svg}"
HOSTILE = "</text><script>alert('x')</script> \"${7*7}\" {{ 7 }} <b onload=x> \x00\x0b ]]> &amp; 云"
CALENDAR = calendar_2026()


def picture_of(data, options=None):
    """(drawing, what the drawing functions saw)."""
    drawing = draw(data, options)
    return drawing, Picture(
        data, drawing.options, drawing.scale, drawing.lanes, drawing.rows, drawing.height, drawing.provisional_years
    )


def row_of(drawing, code):
    return next(row for row in drawing.rows if row.stage.code == code)


def one_stage(**facts):
    stage = TimelineStage(**({"code": "1", "no": "01", "name": "备案", "phase": "P"} | facts))
    return mockup(stages=(stage,), phases=(TimelinePhase("P", "阶段"),), critical_path=(), selected="")


# --- positions -------------------------------------------------------------------------------------------------------


def test_a_day_ends_where_the_next_begins():
    assert close(d("11-20")) == opening(d("11-21"))
    assert half_end(datetime(2026, 11, 20, 9)) == opening(d("11-20")) + 1
    assert half_end(datetime(2026, 11, 20, 12)) == half_end(datetime(2026, 11, 20, 17, 30)) == close(d("11-20"))
    assert scales.day_of(close(d("11-20"))) == d("11-20")


def test_a_bar_runs_from_the_close_of_the_acceptance_day_to_the_close_of_the_decision():
    drawing, picture = picture_of(mockup())
    scale = drawing.scale
    for code, accepted, closed in (("01", "07-20", "07-21"), ("04", "08-13", "09-03"), ("05", "09-10", "11-09")):
        where = place(picture, row_of(drawing, code))
        assert where.x1 == pytest.approx(scale.x(opening(d(accepted) + timedelta(days=1))))
        assert where.x2 == pytest.approx(max(scale.x(close(d(closed))), where.x1 + 3))


def test_an_open_bar_ends_at_the_end_of_this_half_day():
    drawing, picture = picture_of(mockup(now=datetime(2026, 11, 20, 9)))
    assert row_of(drawing, "07").bar[1] == opening(d("11-20")) + 1
    assert place(picture, row_of(drawing, "07")).x2 == pytest.approx(drawing.today_x)


def test_bars_are_drawn_at_their_pixels():
    drawing, picture = picture_of(mockup())
    group = next(g for g in ET.fromstring(drawing.svg).iter(f"{NS}g") if g.get("data-code") == "04")
    outline = [r for r in group.iter(f"{NS}rect") if r.get("fill") == "none"][0]
    where = place(picture, row_of(drawing, "04"))
    assert float(outline.get("x")) == pytest.approx(where.x1, abs=0.06)
    assert float(outline.get("width")) == pytest.approx(where.x2 - where.x1, abs=0.06)


def test_segments_leave_no_gap_and_add_up():
    for stage in mockup().stages:
        parts = segments(stage, CALENDAR, NOW)
        assert all(a.end == b.start for a, b in zip(parts, parts[1:], strict=False))
        assert all(part.end > part.start for part in parts)
        if parts:
            assert sum(p.end - p.start for p in parts) == parts[-1].end - parts[0].start


def test_department_segments_are_the_net_days():
    for stage in mockup().stages:
        own = [p for p in segments(stage, CALENDAR, NOW) if p.kind in ("department", "over")]
        assert sum((working_days(CALENDAR, p.start, p.end) for p in own), Decimal(0)) == stage.net


def test_the_sample_is_the_mock_up():
    stages = {s.code: s for s in mockup().stages}
    assert [stages[c].ratio for c in ("01", "03", "04", "05", "08", "09", "02", "06", "07", "11")] == [
        "1.0/1", "7.0/10", "6.0/7", "14.0/15", "2.0/3", "2.0/3", "11.0/10", "3.0/5", "8.0/5", "1.0/1"
    ]  # fmt: skip
    over = [p for p in segments(stages["07"], CALENDAR, NOW) if p.kind == "over"]
    assert sum(working_days(CALENDAR, p.start, p.end) for p in over) == 3


def test_overlapping_pauses_count_once_for_the_earlier():
    stops = (
        TimelinePause("special", datetime(2026, 9, 3, 17), datetime(2026, 9, 9, 17)),
        TimelinePause("supplement", datetime(2026, 9, 1, 17), datetime(2026, 9, 4, 17)),
    )
    merged = timeline_layout.merged_pauses(stops, close(d("08-31")), close(d("09-30")))
    assert [(p.kind, p.start, p.end) for p in merged] == [
        ("supplement", close(d("09-01")), close(d("09-04"))),
        ("special", close(d("09-04")), close(d("09-09"))),
    ]


def test_an_open_pause_runs_to_now():
    stage = TimelineStage(
        "1", "01", "x", "P", status="running", accepted_at=datetime(2026, 11, 2, 9),
        pauses=(TimelinePause("supplement", datetime(2026, 11, 4, 10)),),
    )  # fmt: skip
    last = segments(stage, CALENDAR, NOW)[-1]
    assert (last.kind, last.end) == ("supplement", half_end(NOW))


def test_waiting_includes_the_acceptance_day():
    first = segments(next(s for s in mockup().stages if s.code == "08"), CALENDAR, NOW)[0]
    assert (first.kind, first.start, first.end) == ("wait", close(d("09-03")), close(d("09-07")))


# --- scale and folds -------------------------------------------------------------------------------------------------


def test_the_scale_is_monotonous_and_inverse():
    scale = draw(mockup()).scale
    assert list(scale.xs) == sorted(scale.xs)
    for offset in range(0, 400, 7):
        day = scale.first + timedelta(days=offset)
        if not scale.fold_at(close(day)):
            assert scale.day_at(scale.x(opening(day)) + 0.01) == day
    assert scale.x(opening(scale.first) - 99) == 0
    assert scale.x(close(scale.last) + 99) == scale.width


def test_idle_runs_of_45_days_fold_with_a_week_on_each_side():
    first, last, today = date(2026, 1, 1), date(2026, 12, 31), date(2026, 1, 5)
    busy = [(date(2026, 1, 1), date(2026, 1, 10)), (date(2026, 2, 25), date(2026, 3, 1))]
    (fold,) = find_folds(first, last, busy, today)
    assert (fold.first, fold.last, fold.days) == (date(2026, 1, 18), date(2026, 2, 17), 31)
    assert find_folds(first, last, [busy[0], (date(2026, 2, 24), last)], today) == []


def test_a_fold_never_hides_today():
    busy = [(date(2026, 1, 1), date(2026, 1, 10)), (date(2026, 12, 1), date(2026, 12, 9))]
    folds = find_folds(date(2026, 1, 1), date(2026, 12, 31), busy, date(2026, 6, 1))
    assert len(folds) == 2
    assert all(not fold.first <= date(2026, 6, 1) <= fold.last for fold in folds)


def test_folds_can_be_turned_off_and_hide_nothing():
    folded, plain = draw(mockup()), draw(mockup(), TimelineOptions(fold=False))
    assert len(folded.scale.folds) == 2 and plain.scale.folds == ()
    assert folded.scale.pitch > plain.scale.pitch
    for stage in mockup().stages:
        for day in (*(stage.plan or ()), *(stage.expected or ())):
            assert folded.scale.fold_at(close(day)) is None


def test_a_limit_inside_a_fold_keeps_its_tick_and_says_its_date():
    drawing, picture = picture_of(mockup())
    due = row_of(drawing, "07").stage.statutory_due
    x, kind = timeline_svg.limit_x(picture, due)
    a, b = drawing.scale.fold_span(drawing.scale.fold_at(due.position))
    assert (kind, x) == ("fold", pytest.approx((a + b) / 2))
    assert "01-04" in drawing.svg


def test_a_limit_off_the_axis_is_named_at_the_edge():
    stage = {"status": "running", "light": "green", "accepted_at": datetime(2026, 11, 18, 9), "limit": Decimal(3)}
    drawing = draw(one_stage(**stage, statutory_due=Due(date(2031, 5, 6))))
    assert "2031-05-06" in drawing.svg and "›" in drawing.svg


def test_zooms():
    whole, quarter, month = (draw(mockup(), TimelineOptions(zoom=z)) for z in ("all", "quarter", "month"))
    assert whole.scale.width == pytest.approx(1042)
    assert whole.scale.pitch < quarter.scale.pitch < month.scale.pitch == scales.PITCH_MAX
    assert month.width > 2 * whole.width


def test_working_days_only_makes_length_net_days():
    scale = draw(mockup(), TimelineOptions(zoom="month", workdays_only=True)).scale
    monday = scale.x(close(d("08-17"))) - scale.x(opening(d("08-17")))
    weekend = scale.x(close(d("08-16"))) - scale.x(opening(d("08-15")))
    assert (monday, weekend) == (pytest.approx(24), pytest.approx(2))


def test_a_short_chain_does_not_stretch_and_a_long_one_scrolls_but_not_on_paper():
    short = build_scale(d("11-01"), d("11-20"), 1042)
    assert short.pitch == scales.PITCH_MAX and short.width < 1042
    long = build_scale(date(2020, 1, 1), date(2026, 1, 1), 1042)
    assert long.pitch == scales.PITCH_MIN and long.width > 1042
    assert build_scale(date(2020, 1, 1), date(2026, 1, 1), 700, least=0.1).width == pytest.approx(700)


# --- words -----------------------------------------------------------------------------------------------------------


def labels(drawing):
    """(left, right) of every halo text in the drawing; an estimate by `text_width`."""
    for node in ET.fromstring(drawing.svg).iter(f"{NS}text"):
        if node.get("paint-order") or node.get("aria-hidden"):
            words = "".join(node.itertext())
            width, x = text_width(words, float(node.get("font-size"))), float(node.get("x"))
            start = x - {"end": width, "middle": width / 2}.get(node.get("text-anchor"), 0)
            yield words, start, start + width


@pytest.mark.parametrize("width", [600, 1042, 1522])
@pytest.mark.parametrize("zoom", ["all", "quarter", "month"])
def test_no_label_leaves_the_area(width, zoom):
    drawing = draw(mockup(), TimelineOptions(width=width, zoom=zoom))
    found = list(labels(drawing))
    assert len(found) >= 19
    for words, left, right in found:
        assert left >= -1 and right <= drawing.width, words


def test_a_label_does_not_cross_today_or_a_limit():
    drawing, picture = picture_of(mockup())
    for row in drawing.rows:
        bold, _ink, quiet, _grey = timeline_svg.label_parts(picture, row)
        width = text_width(f"{bold} {quiet}".strip(), 12)
        x, anchor = timeline_svg.label_x(picture, row, place(picture, row), width)
        left = x - width if anchor else x
        if anchor is None:
            assert not left <= drawing.today_x <= left + width, row.stage.code


def text_boxes(drawing):
    """(words, left, top, right, bottom) of every upright text, estimated."""
    for node in ET.fromstring(drawing.svg).iter(f"{NS}text"):
        size, x, y = (float(node.get(name)) for name in ("font-size", "x", "y"))
        words = "".join(node.itertext())
        width = text_width(words, size)
        left = x - {"end": width, "middle": width / 2}.get(node.get("text-anchor"), 0)
        if words.strip() and not node.get("transform"):
            yield words, left, y - 0.8 * size, left + width, y + 0.15 * size


@pytest.mark.parametrize("bw", [False, True])
@pytest.mark.parametrize("width", [690, 820, 1042, 1522])
def test_no_two_texts_lie_on_each_other_nor_the_name_of_a_fold_on_a_label(width, bw):
    for now in ("2026-08-20", "2026-11-20", "2026-12-15"):
        drawing = draw(mockup(now=at(now)), TimelineOptions(width=width, bw=bw, fit=bw, row_height=23 if bw else 32))
        found = set(text_boxes(drawing))  # on paper a halo is the same words beneath
        for one, other in itertools.combinations(found, 2):
            wide = min(one[3], other[3]) - max(one[1], other[1])
            high = min(one[4], other[4]) - max(one[2], other[2])
            assert wide <= 3 or high <= 2, (now, one, other)


def test_a_fold_is_not_named_where_every_row_has_words_in_it():
    every = [(timeline_svg.AXIS_HEIGHT + 32 * n, timeline_svg.AXIS_HEIGHT + 32 * (n + 1)) for n in range(12)]
    assert timeline_axis._free_stretch(180, 51, 46, 46 + 32 * 12, every) is None
    assert timeline_axis._free_stretch(180, 51, 46, 46 + 32 * 12, every[:3]) == 180
    moved = timeline_axis._free_stretch(180, 51, 46, 46 + 32 * 12, every[4:6])
    assert moved + 51 <= every[4][0] or moved >= every[5][1]


def test_on_paper_no_department_is_cut():
    drawing = draw(mockup(), TimelineOptions(bw=True, left=True, width=717, fit=True, row_height=22))
    words = {words for words, *_box in text_boxes(drawing)}
    assert {stage.department for stage in mockup().stages if stage.department} <= words


def test_text_is_shortened_to_its_room():
    assert shorten("施工图审查", 12, 100) == "施工图审查"
    assert shorten("施工图设计文件审查", 12, 50) == "施工图…"
    assert text_width("施工", 12) == 24


@pytest.mark.parametrize("options", [TimelineOptions(), TimelineOptions(bw=True, left=True)])
def test_hostile_words_are_escaped_and_the_svg_is_well_formed(options):
    stages = tuple(
        replace(s, name=HOSTILE, department=HOSTILE, reason=HOSTILE, no=HOSTILE[:6], word=HOSTILE, url=f'/x"{HOSTILE}')
        for s in mockup().stages
    )
    phases = tuple(replace(p, name=HOSTILE) for p in mockup().phases)
    drawing = draw(mockup(stages=stages, phases=phases, title=HOSTILE), options)
    root = ET.fromstring(drawing.svg)
    assert not list(root.iter(f"{NS}script")) and not list(root.iter(f"{NS}b"))
    assert not any(name.startswith("on") or name == "style" for node in root.iter() for name in node.attrib)
    assert "<script" not in drawing.svg and "\x00" not in drawing.svg


def test_a_hostile_url_scheme_never_comes_from_here():
    hrefs = re.findall(r'href="([^"]*)"', draw(mockup()).svg)
    assert hrefs and all(h.startswith("/projects/") for h in hrefs)


def test_no_style_attributes_and_unique_pattern_ids():
    drawing = draw(mockup(key="abc"))
    assert "style=" not in drawing.svg
    assert 'id="abc-supplement"' in drawing.svg and "url(#abc-special)" in drawing.svg


# --- what is drawn ---------------------------------------------------------------------------------------------------


def test_provisional_years_are_dashed_and_said():
    drawing = draw(mockup())
    assert drawing.provisional_years == (2027,)
    assert "2027" in drawing.svg
    group = next(g for g in ET.fromstring(drawing.svg).iter(f"{NS}g") if g.get("data-code") == "14")
    assert any(r.get("stroke-dasharray") for r in group.iter(f"{NS}rect"))
    near = next(g for g in ET.fromstring(drawing.svg).iter(f"{NS}g") if g.get("data-code") == "12")
    assert not any(r.get("stroke-dasharray") for r in near.iter(f"{NS}rect"))


def test_a_year_with_a_notice_has_no_band():
    assert draw(one_stage(plan=(d("11-02"), d("11-06")))).provisional_years == ()


def test_lanes_carry_progress_and_the_real_span():
    lanes = {lane.phase.name: lane for lane in draw(mockup()).lanes}
    assert (lanes["施工许可"].done, lanes["施工许可"].total) == (2, 4)
    assert lanes["施工许可"].span == (close(d("09-07")), half_end(NOW))
    assert lanes["竣工验收"].span is None


def test_prerequisites_show_on_demand():
    def seen(options):
        return re.findall(r'class="tl-pre" visibility="(\w+)"', draw(mockup(), options).svg)

    assert set(seen(TimelineOptions())) == {"hidden"}
    assert set(seen(TimelineOptions(all_prerequisites=True))) == {"visible"}


def test_rows_are_named_for_the_ear():
    group = next(g for g in ET.fromstring(draw(mockup()).svg).iter(f"{NS}g") if g.get("data-code") == "07")
    assert group.get("tabindex") == "0" and group.get("role") == "img"
    for part in ("07", "环境影响评价", "超期", "8.0", "11-17"):
        assert part in group.get("aria-label")


def test_nothing_on_paper_depends_on_colour():
    drawing = draw(mockup(), TimelineOptions(bw=True, left=True, width=717))
    colours = set(re.findall(r"#[0-9a-f]{6}", drawing.svg))
    grey = {c for c in colours if c[1:3] == c[3:5] == c[5:7]}
    faint_blues = {c for c in colours - grey if min(int(c[i : i + 2], 16) for i in (1, 3, 5)) > 150}
    assert colours - grey - faint_blues <= {"#1b2430", "#8a96a6", "#9aa6b4", "#5b6878"}
    assert "环境影响评价" in drawing.svg


def test_a_second_sheet_repeats_the_axis():
    first = draw(mockup(), TimelineOptions(skip=0, take=10, bw=True, left=True))
    second = draw(mockup(), TimelineOptions(skip=10, take=10, bw=True, left=True))
    assert [r.stage.code for r in (*first.rows, *second.rows)] == [s.code for s in mockup().stages]
    assert first.scale == second.scale
    assert {lane.phase.name: lane.total for lane in second.lanes}["竣工验收"] == 7


# --- chains of every size --------------------------------------------------------------------------------------------


def test_an_empty_chain_draws_the_axis_only():
    drawing = draw(mockup(stages=(), phases=(), critical_path=()))
    assert drawing.rows == () and drawing.lanes == ()
    ET.fromstring(drawing.svg)


def test_a_one_day_chain():
    stage = {"status": "done", "light": "done", "limit": Decimal(1), "net": Decimal(1)}
    data = one_stage(**stage, accepted_at=datetime(2026, 11, 18, 9), closed_at=datetime(2026, 11, 19, 17, 30))
    drawing, picture = picture_of(data)
    where = place(picture, drawing.rows[0])
    assert where.x2 - where.x1 == pytest.approx(drawing.scale.pitch)
    assert "1.0/1" in drawing.svg


def test_decided_on_the_day_of_acceptance_is_still_seen():
    data = one_stage(status="done", accepted_at=datetime(2026, 11, 18, 9), closed_at=datetime(2026, 11, 18, 17))
    drawing, picture = picture_of(data)
    ET.fromstring(drawing.svg)
    where = place(picture, drawing.rows[0])
    assert where.x2 - where.x1 >= 3 or not where.drawn or drawing.rows[0].bar is None


def test_a_three_year_chain_folds_and_stays_well_formed():
    stages = []
    for index, (start, end) in enumerate(
        [("2024-01-02", "2024-01-20"), ("2024-09-02", "2024-09-30"), ("2025-06-02", "2025-07-01"), ("2026-11-02", None)]
    ):
        begun, done = datetime.fromisoformat(f"{start}T09:00"), end and datetime.fromisoformat(f"{end}T17:30")
        stages.append(
            TimelineStage(
                str(index), f"{index:02d}", "环节", "P", status="done" if end else "running", light="green",
                accepted_at=begun, closed_at=done, limit=Decimal(5),
                committed_due=Due(begun.date() + timedelta(days=7)),
            )
        )  # fmt: skip
    data = mockup(stages=tuple(stages), phases=(TimelinePhase("P", "阶段"),), critical_path=("0", "1", "2", "3"))
    drawing = draw(data)
    assert len(drawing.scale.folds) == 3
    assert drawing.scale.width <= 1043
    ET.fromstring(drawing.svg)


def test_skipped_and_failed_stages_say_so():
    drawing = draw(one_stage(status="skipped", reason="无土建"))
    assert "无土建" in drawing.svg and drawing.rows[0].bar is None
    failed = one_stage(
        status="failed", word="不通过", accepted_at=datetime(2026, 11, 2, 9), closed_at=datetime(2026, 11, 9, 9)
    )
    assert "不通过" in draw(failed).svg


def test_a_stage_of_an_unknown_phase_is_not_lost():
    assert [r.stage.code for r in draw(mockup(phases=())).rows] == [s.code for s in mockup().stages]


# --- strips ----------------------------------------------------------------------------------------------------------


def test_the_phone_strip_is_squeezed_and_only_after_acceptance():
    drawing = draw(mockup())
    svg = phone_strip(row_of(drawing, "07"), CALENDAR, "tl")
    assert float(ET.fromstring(svg).get("width")) <= 150
    assert phone_strip(row_of(drawing, "10"), CALENDAR, "tl") == ""


class Cell:
    def __init__(self, day, kind, number=None):
        self.date, self.morning, self.afternoon, self.number, self.over = day, kind, kind, number, False


@pytest.mark.parametrize("days", [1, 23, 31, 32, 57, 58, 1041])
def test_the_strip_has_a_cell_per_day_and_fits(days):
    first = date(2024, 1, 1)
    cells = [Cell(first + timedelta(days=n), "department", Decimal(n + 1)) for n in range(days)]
    pins = [(first, True, HOSTILE), (first, True, "补正告知"), (first + timedelta(days=days), True, "办结")]
    root = ET.fromstring(strip(cells, pins))
    assert sum(1 for g in root.iter(f"{NS}g") if g.get("class") == "ex-day") == days
    assert float(root.get("width")) <= 695


def test_fold_label_is_shown():
    fold = Fold(date(2027, 1, 1), date(2027, 5, 27))
    assert fold.days == 147
    assert timeline.draw(mockup()).scale.folds[0].label
