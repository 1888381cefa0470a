"""Chain templates as YAML: the six that are shipped, any network, and every mistake with its line."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals import chain_format
from approvals.chain_format import ChainFormatError, read, write
from approvals.chain_spec import content_sha256, figures
from approvals.template_actions import shipped_files
from approvals.track import Limit, Unit
from tests.approvals.test_network import read_psplib

HEAD = "code: X\nname: 某链\nversion: 1\nstages:\n"  # stages begin on line 5
SHIPPED = {path.stem: path for path in shipped_files()}


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def shipped(code):
    return read(SHIPPED[code].read_bytes(), code)


def row(code, days, before=()) -> str:
    return f"  - {{code: {code}, limit: {days} working_day, prerequisites: [{', '.join(before)}]}}"


def mistakes(text) -> list[str]:
    with pytest.raises(ChainFormatError) as caught:
        read(text, "f.yaml")
    return caught.value.sentences()


# --- the shipped templates


@pytest.mark.parametrize(
    ("code", "count", "total", "path"), [("T19-101", 19, "101.0", "64.0"), ("B6-49.5", 6, "49.5", "49.5")]
)
def test_the_two_published_figures(code, count, total, path):
    measured = figures(shipped(code).stages)
    assert measured.stage_count == count
    assert measured.sum_working_days == Decimal(total)
    assert measured.critical_path_working_days == Decimal(path)


def test_the_critical_path_of_the_nineteen_stages():
    assert figures(shipped("T19-101").stages).critical_path == tuple(
        ["1", "3", "4", "5", "9", "10", "12", "13", "14", "15", "16", "19"]
    )


def test_six_templates_are_shipped():
    assert set(SHIPPED) == {"T19-101", "B6-49.5", "IND-BA", "IND-HZ", "GOV", "KG"}
    assert all(shipped(code).code == code for code in SHIPPED)


def test_every_shipped_template_says_what_is_constructed():
    for code in SHIPPED:
        spec = shipped(code)
        assert "构造" in spec.source
        assert all(stage.basis for stage in spec.stages)


def test_gates_stand_where_the_design_puts_them():
    gates = {stage.code: stage.gates for stage in shipped("IND-BA").stages if stage.gates}
    assert gates == {
        "I03": ("energy",),
        "I04": ("land",),
        "I05": ("land",),
        "I06": ("emission",),
        "I07": ("water",),
        "I12": ("land",),
        "I21": ("power",),
        "I22": ("gas", "steam"),
    }
    assert [(s.code, s.gates) for s in shipped("T19-101").stages if s.gates] == [("10", ("energy", "water", "land"))]


def test_verification_comes_after_land_and_risk_and_energy_before_the_feasibility_study():
    assert shipped("IND-HZ").stage("I02").prerequisites == ("I04", "H01")
    assert "G03" in shipped("GOV").stage("G05").prerequisites


def test_land_listing_is_in_calendar_days_and_stands_apart_from_the_sum():
    spec = shipped("IND-BA")
    measured = figures(spec.stages)
    assert spec.stage("I12").committed == Limit(Decimal(30), Unit.CALENDAR_DAY)
    assert measured.sum_calendar_days == 30
    assert measured.approximate
    assert measured.without_limit == ("I05", "I10", "I27")


def test_every_benchmark_stage_exists():
    known = {stage.code for stage in shipped("B6-49.5").stages}
    for code in SHIPPED:
        spec = shipped(code)
        named = {stage.benchmark_stage for stage in spec.stages} - {""}
        assert not named or spec.benchmark == "B6-49.5"
        assert named <= known


@pytest.mark.parametrize("code", sorted(SHIPPED))
def test_writing_and_reading_changes_nothing(code):
    spec = shipped(code)
    again = read(write(spec))
    assert again == spec
    assert content_sha256(again) == content_sha256(spec)


# --- any network


def test_the_smallest_file():
    spec = read(
        HEAD + "  - {code: A, limit: 3 working_day}\n  - {code: B, limit: 2.5 working_day, prerequisites: [A]}\n"
    )
    assert [stage.name for stage in spec.stages] == ["A", "B"]
    assert figures(spec.stages).critical_path_working_days == Decimal("5.5")


def test_the_examples_of_the_document_are_read():
    text = (Path(__file__).parents[2] / "docs" / "chain-format.md").read_text()
    examples = [part.split("```")[0] for part in text.split("```yaml\n")[1:]]
    assert [figures(read(example).stages).critical_path_working_days for example in examples] == [Decimal("5.5"), 8]


def test_a_dummy_without_duration_becomes_a_milestone():
    assert read(HEAD + "  - {code: 1, limit: 0 working_day}\n").stages[0].case_type == "milestone"


def test_all_psplib_networks_keep_their_duration_through_a_file(shared_data):
    files = sorted((shared_data / "known_answers" / "psplib" / "j30").glob("*.sm"))
    assert len(files) == 480
    for file in files:
        jobs, printed = read_psplib(file.read_text())
        lines = [row(job.code, job.duration, job.prerequisites) for job in jobs]
        assert figures(read(HEAD + "\n".join(lines)).stages).critical_path_working_days == printed, file.name


@settings(max_examples=60)
@given(st.lists(st.tuples(st.decimals(0, 99, places=1), st.sets(st.integers(0, 8))), min_size=1, max_size=9))
def test_any_network_survives_writing_and_reading(rows):
    lines = [row(f"S{at}", days, [f"S{b}" for b in sorted(before) if b < at]) for at, (days, before) in enumerate(rows)]
    spec = read(HEAD + "\n".join(lines))
    assert read(write(spec)) == spec


def test_codes_are_taken_as_written():
    spec = read(HEAD + "  - {code: 01, limit: 1 working_day}\n  - {code: 08, limit: 1 工作日, prerequisites: [01]}\n")
    assert [stage.code for stage in spec.stages] == ["01", "08"]


def test_phases_may_be_left_out_or_only_named():
    assert [phase.name for phase in read(HEAD + "  - {code: A, limit: 1 working_day}\n").phases] == ["全流程"]
    spec = read(HEAD + "  - {code: A, phase: 立项, limit: 1 working_day}\n")
    assert [(phase.code, phase.name) for phase in spec.phases] == [("立项", "立项")]


# --- mistakes, each with its line


@pytest.mark.parametrize(
    ("stages", "line", "words"),
    [
        ("  - {code: A, limit: 10}", 5, "no unit"),
        ("  - {code: A, limit: {amount: 10}}", 5, "no unit"),
        ("  - {code: A, limit: 10 weeks}", 5, "unknown unit"),
        ("  - {code: A, limit: ten working_day}", 5, "number of days"),
        ("  - {code: A, limit: -1 working_day}", 5, "above zero"),
        ("  - {code: A, limit: 0 working_day, case_type: committed}", 5, "above zero"),
        ("  - {code: A, limit: 1.25 working_day}", 5, "one decimal"),
        ("  - {code: A, limit: 1.5 calendar_day}", 5, "whole"),
        ("  - {code: A, limit: 1e9 working_day}", 5, "9999.9"),
        ("  - {code: A, limit: nan working_day}", 5, "number of days"),
        ("  - code: A\n    statutory: 5 working_day\n    limit: 6 working_day", 7, "longer than the statutory"),
        ("  - code: A\n    limit: 1 working_day\n    prerequisites: [B]", 7, "unknown prerequisite “B”"),
        ("  - code: A\n    prerequisites: [A]", 6, "circle: A → A"),
        ("  - {code: A}\n  - code: A", 6, "used twice"),
        ("  - code: A\n    limti: 1 working_day", 6, "did you mean “limit”"),
        ("  - code: A\n    zzz: 1", 6, "Unknown key “zzz”; known are"),
        ("  - code: A\n    code: B", 6, "given twice"),
        ("  - {limit: 1 working_day}", 5, "no code"),
        ("  - code: a b", 5, "no spaces"),
        ("  - code: A\n    prerequisites: B", 6, "must be a list"),
        ("  - code: A\n    name: [a]", 6, "must be a text, not a list"),
        ("  - A", 5, "must be a mapping, not a single value"),
        ("  - code: A\n    lag_days: many", 6, "must be a number"),
        ("  - code: A\n    commitment_route: maybe", 6, "true or false"),
        ("  - code: A\n    case_type: slow", 6, "one of: committed"),
        ("  - code: A\n    gates: [gold]", 6, "one of: energy"),
        ("  - code: A\n    gates: [water:rain]", 6, "water:ground"),
        ("  - code: A\n    materials:\n      - a\n      - {name: b, from: Z}", 8, "no other stage “Z”"),
        ("  - code: A\n    materials:\n      - a\n      - a", 8, "listed twice"),
        ("  - code: A\n    basis: guess", 6, "one of: quoted"),
        ("  - code: A\n    valid_months: 1.5", 6, "whole number"),
        (f"  - code: A\n    name: {'长' * 121}", 6, "more than 120"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(stages, line, words):
    told = mistakes(HEAD + stages + "\n")
    assert len(told) == 1
    assert told[0].startswith(f"f.yaml:{line}: ")
    assert words in told[0]


def test_a_cycle_names_the_whole_circle():
    stages = "  - {code: A, prerequisites: [C]}\n  - {code: B, prerequisites: [A]}\n  - {code: C, prerequisites: [B]}\n"
    assert mistakes(HEAD + stages) == ["f.yaml:5: The stages wait for each other in a circle: A → B → C → A."]


def test_different_units_are_not_compared():
    assert read(HEAD + "  - {code: A, statutory: 30 calendar_day, limit: 40 working_day}\n").stages


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file():
    told = mistakes(
        "code: X\nname: n\nversion: 1\nkindd: city\nstages:\n  - {code: A, limit: 1}\n  - {code: B, x: 1}\n"
    )
    assert [sentence.split(": ")[0] for sentence in told] == ["f.yaml:4", "f.yaml:6", "f.yaml:7"]


def test_the_sentences_are_chinese_for_users():
    with translation.override("zh-hans"):
        assert (
            "承诺时限 6 超过法定时限 5"
            in mistakes(HEAD + "  - {code: A, statutory: 5 working_day, limit: 6 working_day}")[0]
        )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("- 1\n", "must be a mapping"),
        ("code: X\n", "is missing"),
        ("code: [\n", "not valid YAML"),
        ("code: \x00\n", "not valid YAML"),
        (b"\xff\xfe", "UTF-8"),
        ("a: &x 1\nb: *x\n", "References"),
        ("a: " + "[" * 50 + "]" * 50, "nested too deeply"),
        ("[" * 100_000, "nested too deeply"),
        ("# " + "x" * chain_format.MAX_BYTES, "more than"),
        ("code: X\nname: n\nversion: 0\nstages: [{code: A}]\n", "from 1 to 9999"),
        ("code: ../X\nname: n\nversion: 1\nstages: [{code: A}]\n", "Latin letters"),
        ("code: X\nname: n\nversion: 1\nstages: []\n", "no stages"),
        ("code: X\nname: !!python/object/apply:os.system ['x']\nversion: 1\nstages: [{code: A}]\n", "must be a text"),
    ],
)
def test_hostile_and_broken_files_are_refused(text, words):
    assert words in "\n".join(mistakes(text))


def test_too_many_stages_are_refused():
    rows = "".join(f"  - {{code: S{n}}}\n" for n in range(2001))
    assert "more than 2000" in mistakes(HEAD + rows)[0]


def test_an_empty_file_has_no_line():
    assert mistakes("") == ["f.yaml: The file is empty."]
