"""The content of a dossier: canonical JSON, the ladder's arithmetic, the city's words. No database, no rendering."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossiers import bar_svg, gathering, ladder, rendering, snapshots, wording
from dossiers.card import card_of, percent
from dossiers.content import Basics
from dossiers.ladder import LADDER, shorten
from tests.dossiers import samples

MADE = [samples.usual, samples.empty, samples.overlong]


@pytest.mark.parametrize("make", MADE)
def test_a_dossier_survives_as_json_byte_for_byte(make):
    dossier = make()
    data = snapshots.dumps(dossier)
    assert snapshots.loads(data) == dossier
    assert snapshots.dumps(snapshots.loads(data)) == data


@given(st.text(max_size=40), st.decimals(0, 10**9, places=2), st.dates(), st.lists(st.text(max_size=9), max_size=4))
def test_whatever_people_typed_survives(text, amount, day, parcels):
    basics = Basics(enterprise=text, content=text, investment_wan=amount, signed_on=day, parcels=tuple(parcels))
    dossier = replace(samples.empty(), basics=basics)
    data = snapshots.dumps(dossier)
    assert snapshots.loads(data) == dossier
    assert snapshots.dumps(snapshots.loads(data)) == data


def test_no_dossier_is_said_so():
    with pytest.raises(ValueError, match="not a dossier"):
        snapshots.loads(b'{"city":"x"}')


@given(st.integers(0, len(LADDER)), st.integers(0, len(LADDER)))
def test_the_first_rung_that_fits_is_found_and_none_is_tried_twice(first, start):
    tried = []

    def fits(place):
        tried.append(place)
        return place >= first

    if first == len(LADDER):
        with pytest.raises(ladder.NoRung):
            ladder.search(fits, start)
    else:
        assert ladder.search(fits, start) == first
    assert len(tried) == len(set(tried))


@given(st.text("能耗缺口18,600.5吨，须由B-07地块 2026-06-30前。", max_size=120), st.integers(4, 60))
def test_a_number_is_never_cut_in_two(text, width):
    short = shorten(text, width)
    whole = " ".join(text.split())
    assert len(short.text) <= width
    assert whole.startswith(short.text)
    assert short.cut == (short.text != whole)
    if short.cut and short.text and len(short.text) < len(whole):
        joined = short.text[-1].isascii() and short.text[-1].isalnum() and whole[len(short.text)].isdigit()
        number = len(short.text) - len(short.text.rstrip("0123456789B.,-"))
        assert not joined or number >= width // 2  # to leave it out would leave less than half of the line


@pytest.mark.parametrize(("n", "whole", "told"), [(359, 428, "83.88%"), (320, 417, "76.74%"), (1, 0, "")])
def test_rates_round_half_up_with_two_decimals(n, whole, told):
    assert percent(Decimal(n), Decimal(whole)) == told


def test_what_is_left_out_is_counted():
    work = card_of(samples.overlong(), LADDER[-1])
    assert work.more_lines == len(samples.overlong().chain.at_work) - 1
    assert work.more_blockers == 7
    assert len(work.more_needs) == 9
    assert {"problems: 22", "blockers: 7", "factors: 9", "project", "post"} <= set(work.shortened)
    assert card_of(samples.usual(), LADDER[0]).shortened == ["problems: 2"]


def test_every_stage_stands_once_in_the_bar_and_phases_keep_together():
    for count in (1, 6, 19, 20, 21, 28, 45):
        chain = samples.chain({}, count)
        bar = bar_svg.draw(chain, "链")
        assert all(bar.svg.count(f">{stage.no}<") == 1 for stage in chain.stages)
        assert bar.height_mm < 26 * -(-count // bar_svg.ROW_CELLS)


def test_where_one_phase_has_no_room_all_captions_stand_on_two_lines():
    chain = samples.chain({}, 19)
    wide = bar_svg.draw(replace(chain, phases=tuple(replace(p, name="办") for p in chain.phases)), "链")
    tight = bar_svg.draw(
        replace(chain, phases=tuple(replace(p, name="工程建设许可阶段事项") for p in chain.phases)), "链"
    )
    assert " dy=" not in wide.svg and tight.svg.count(" dy=") == len(bar_svg.grouped(chain))
    assert round(tight.height_mm - wide.height_mm, 1) == bar_svg.CAPTION_LINE / 10


def test_texts_of_the_bar_are_escaped():
    chain = samples.chain()
    hostile = replace(chain.stages[0], short="<b>&", name="<script>")
    bar = bar_svg.draw(replace(chain, stages=(hostile, *chain.stages[1:])), '"><script>')
    assert "<script" not in bar.svg
    assert ">&lt;b<" in bar.svg


def test_mobile_numbers_are_never_taken():
    assert gathering.office_phone("138 0013 8000", "") == ""
    assert gathering.office_phone("+86 13800138000", "0971-6021112") == "0971-6021112"
    assert gathering.office_phone("882 1021") == "882 1021"


def test_a_city_words_its_papers(tmp_path, settings):
    shipped = wording.load()
    assert [chapter.number for chapter in shipped.chapters] == list(range(1, 13))
    settings.PAPER_TEMPLATES = str(tmp_path)
    (tmp_path / "paper.yaml").write_text(
        "card: 项目明白卡\nchapters:\n  - {key: problems, title: 问题}\n  - {key: basics, title: 概况}\n", "utf-8"
    )
    own = wording.load()
    assert (own.card, own.booklet) == ("项目明白卡", shipped.booklet)
    assert (own.numbers["problems"], own.numbers["basics"], own.numbers["quota"]) == (1, 2, "")
    (tmp_path / "paper.yaml").write_text("chapters:\n  - {key: nonsense, title: x}\n", "utf-8")
    with pytest.raises(wording.WordingError, match="nonsense"):
        wording.load()


def test_plain_text_holds_the_same_facts():
    told = rendering.text(samples.usual())
    for fact in (
        "云川宏远炭材料有限公司",
        "32,000",
        "11/19",
        "98/97",
        "281",
        "882 1021",
        "34.52%",
        "18/15",
        "2026-07-20",
    ):
        assert fact in told
    assert "◆ 指标卡住" in told
    assert "\x1b" not in told
