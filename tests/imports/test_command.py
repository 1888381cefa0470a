"""`manage.py import_data`, on files made here and on the real ones that nobody here wrote."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from guardian.shortcuts import assign_perm

from approvals.models import Chain, ChainTemplate, Stage, StageEvent
from imports import mapping
from imports.models import ImportBatch, ImportRow
from people.models import District
from projects.models import LightTally, Park, Project
from projects.tallies import differences
from tests.imports.conftest import opened, person, values

CODE = "2607-159901-04-01-381725"
HEADS = ["项目代码", "项目名称", "区县", "总投资"]


def run(*arguments) -> dict:
    out = io.StringIO()
    call_command("import_data", *map(str, arguments), "--json", stdout=out)
    return json.loads(out.getvalue())


def counts(result) -> tuple:
    return tuple(result[name] for name in ("total", "new", "changed", "unchanged", "wrong", "written"))


@pytest.mark.both_databases
def test_projects(sheet, city):
    path = sheet(HEADS, [CODE, "甲", "河东区", "1,200.50"])
    assert counts(run("projects", path, "--dry-run")) == (1, 1, 0, 0, 0, 0)
    assert not Project.objects.exists() and not ImportBatch.objects.exists()
    assert counts(run("projects", path)) == (1, 1, 0, 0, 0, 1)
    result = run("projects", path)
    assert counts(result) == (1, 0, 0, 1, 0, 0)
    assert result["same_as_batch"] == ImportBatch.objects.last().pk
    assert Project.objects.get().investment_wan == 1200.5
    assert not Project.objects.get().assignments.exists()


@pytest.mark.both_databases
def test_a_wrong_row_stops_all_and_the_receipt_says_why(sheet, city, tmp_path):
    path, receipt = (
        sheet(["标题"], HEADS, [CODE, "甲", "河东区", 1], ["bad", "+乙", "河东", "十"]),
        tmp_path / "out.xlsx",
    )
    before = (District.objects.count(), ImportBatch.objects.count())
    with pytest.raises(CommandError):
        run("projects", path, "--receipt", receipt)
    assert not Project.objects.exists()
    assert (District.objects.count(), ImportBatch.objects.count()) == before
    rows = values(receipt.read_bytes())
    assert rows[0][0] == "标题"
    assert rows[1][:6] == ("项目代码", "项目名称", "区县", "总投资", "结果", "说明")
    assert (rows[2][4], rows[3][4]) == ("将新增", "有错，未导入")
    assert rows[3][1] == "'+乙"
    cell = opened(receipt.read_bytes())["A4"]
    assert cell.fill.fgColor.rgb == "FFFBE3E3" and "bad" in cell.comment.text
    assert "河东区" in opened(receipt.read_bytes())["C4"].comment.text
    assert counts(run("projects", path, "--mode", "good")) == (2, 1, 0, 0, 1, 1)


def test_the_receipt_can_be_imported_again(sheet, city, tmp_path):
    receipt = tmp_path / "out.xlsx"
    run("projects", sheet(["标题"], HEADS, [CODE, "甲", "河东区", 1]), "--receipt", receipt)
    assert counts(run("projects", receipt)) == (1, 0, 0, 1, 0, 0)


def test_what_cannot_be_read_is_said(sheet, city, text_file, tmp_path):
    for arguments in (
        ("projects", tmp_path / "none.xlsx"),
        ("projects", text_file(b"", name="a.xlsx")),
        ("projects", sheet(["项目名称", "区县"], ["甲", "河东区"])),
        ("projects", sheet(HEADS, [CODE, "甲", "河东区", 1]), "--by", "nobody"),
        ("schedule", sheet(HEADS, [CODE, "甲", "河东区", 1])),
        ("parks", sheet(HEADS, [CODE, "甲", "河东区", 1]), "--mapping", "nyc_sca_schedule"),
        ("projects", sheet(HEADS, [CODE, "甲", "河东区", 1]), "--mapping", text_file("columns: [", name="m.yaml")),
        ("projects", sheet(HEADS, [CODE, "甲", "河东区", 1], [CODE, "甲", "河东区", 1]), "--max-rows", "1"),
    ):
        with pytest.raises(CommandError):
            run(*arguments)
    assert not Project.objects.exists()


@pytest.mark.both_databases
def test_by_a_person_with_his_rights(sheet, project, pm):
    person("stranger", "pm", District.objects.get(name="河西区"))
    path = sheet(["项目代码", "项目名称"], [CODE, "新名"])
    with pytest.raises(CommandError):
        run("projects", path, "--by", "stranger")
    assert counts(run("projects", path, "--by", "pm")) == (1, 0, 1, 0, 0, 1)


@pytest.mark.both_databases
def test_progress_without_a_person(sheet, project):
    path = sheet(["项目代码", "环节", "受理日期", "办结日期"], [CODE, "01", "2026-09-01", "2026-09-03"])
    assert counts(run("progress", path)) == (1, 1, 0, 0, 0, 1)
    event = StageEvent.objects.get(kind="pass")
    assert event.by.username == "import" and not event.by.is_active and not event.by.has_usable_password()


def test_a_mapping_names_its_mistake(tmp_path):
    for text in (
        "a: 1",
        "columns: {a: {x: 1}}",
        "columns: {a: {heading: A, value: 1}}",
        "columns: {a: 1}",
        "columns: {}\nfoo: 1",
    ):
        (tmp_path / "m.yaml").write_text(text)
        with pytest.raises(mapping.BadMapping):
            mapping.load(tmp_path / "m.yaml")


# --- Real files ------------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_46_development_zones(shared_data, city):
    facts = shared_data / "parks_and_boundaries/development_zones_2018_facts.csv"
    assert counts(run("parks", facts, "--mapping", "development_zones_2018")) == (46, 46, 0, 0, 0, 46)
    park = Park.objects.get(code="S157038")
    assert (park.name, str(park.approved_on), str(park.area_ha)) == ("乌海经济开发区", "1998-08-01", "4328.08")
    assert Park.objects.filter(district__code="150000", level="national").count() == 4
    assert counts(run("parks", facts, "--mapping", "development_zones_2018"))[2:4] == (0, 46)
    points = shared_data / "parks_and_boundaries/development_zones_2018_sample.csv"
    assert counts(run("parks", points, "--mapping", "development_zones_2018_points")) == (46, 0, 46, 0, 0, 46)
    park.refresh_from_db()
    assert park.boundary == {"type": "Point", "coordinates": [106.78939, 39.654105]}


def test_3137_power_plants(shared_data, city):
    path = shared_data / "projects/wri_china_power_plants.csv"
    result = run("projects", path, "--mapping", "wri_power_plants")
    assert counts(result) == (3137, 3137, 0, 0, 0, 3137)
    assert Project.objects.count() == 3137 and differences() == []
    assert Project.objects.filter(longitude__isnull=False).count() == 3126
    assert Project.objects.filter(code__startswith="X-WRI-1075584").count() == 6
    assert counts(run("projects", path, "--mapping", "wri_power_plants"))[1:5] == (0, 0, 3137, 0)


@pytest.fixture
def schedule(shared_data, city):
    return shared_data / "projects/nyc_sca_schedules_shared_districts_01_16.csv"


def test_6225_rows_of_a_real_schedule(schedule, tmp_path, clients):
    receipt = tmp_path / "receipt.xlsx"
    result = run("schedule", schedule, "--mapping", "nyc_sca_schedule", "--receipt", receipt)
    assert counts(result) == (6225, 6225, 0, 0, 0, 6225)
    assert Stage.objects.count() == 6225
    assert Project.objects.count() == Chain.objects.count() == 3447
    assert Stage.objects.filter(closed_at__isnull=False).count() == 2059
    assert Stage.objects.filter(accepted_at__isnull=False).count() == 4115
    assert Stage.objects.filter(closed_at__isnull=False, planned_finish_on__isnull=False).count() == 1608
    assert ImportRow.objects.count() == 6225 and differences() == []
    template = ChainTemplate.objects.get()
    assert (template.code, template.kind, template.stage_count) == ("nyc-sca", "import", 6)
    tallied = sum(LightTally.objects.values_list("projects", flat=True))
    assert tallied == Project.objects.count()

    again = run("schedule", schedule, "--mapping", "nyc_sca_schedule")
    assert counts(again) == (6225, 0, 0, 6225, 0, 0)

    client = clients["leader"]
    assign_perm("view_projects", client.user, District.objects.get(code="159900"))
    page = client.get("/schedule-report/")
    assert page.status_code == 200
    total = page.context["summaries"][-1]
    assert (total.rows, total.planned, total.without_plan) == (2059, 1608, 451)
    assert sum(total.bins) == 1608
    assert sum(summary.rows for summary in page.context["summaries"][:-1]) == 2059


MAP = """
kind: schedule
name: small
date_order: mdy
template: {code: small, prefix: SMALL, name: 小样}
columns:
  project_key: Key
  name: Name
  district: {value: "159901"}
  phase: Phase
  status: Status
  started_on: {heading: Start, empty: [PNS]}
  planned_end_on: {heading: Planned, empty: [PNS]}
  ended_on: {heading: End, empty: [PNS]}
statuses: {PNS: not_started, Going: running, Done: done}
phases:
  - {code: A, name: Scope}
  - {code: B, name: Build, names: [Build, Construction], after: [A]}
"""
COLUMNS = ["Key ", "Name", "Phase", "Status", "Start", "Planned", "End"]


def small(sheet, tmp_path, *rows):
    (tmp_path / "small.yaml").write_text(MAP, encoding="utf-8")
    return "schedule", sheet(COLUMNS, *rows), "--mapping", tmp_path / "small.yaml"


def test_a_schedule_grows(sheet, tmp_path, city):
    first = small(sheet, tmp_path, ["k1", "One", "Scope", "Going", "7/1/2026", "8/1/2026", ""])
    assert counts(run(*first)) == (1, 1, 0, 0, 0, 1)
    stage = Stage.objects.get()
    assert (stage.committed_amount, stage.committed_unit, str(stage.due_on)) == (31, "calendar_day", "2026-08-03")
    grown = small(
        sheet,
        tmp_path,
        ["k1", "One", "Scope", "Done", "7/1/2026", "8/15/2026", "8/20/2026"],
        ["k1", "One", "Construction", "PNS", "PNS", "PNS", "PNS"],
        ["k2", "Two", "Build", "Done", "1/5/2026", "", "2/5/2026"],
    )
    assert counts(run(*grown)) == (3, 2, 1, 0, 0, 3)
    stage.refresh_from_db()
    assert (str(stage.planned_finish_on), stage.light) == ("2026-08-15", "done")
    assert sorted(Stage.objects.values_list("chain__project__name", "code")) == [
        ("One", "A"),
        ("One", "B"),
        ("Two", "B"),
    ]
    assert counts(run(*grown))[1:5] == (0, 0, 3, 0)
    assert ChainTemplate.objects.count() == 1


def test_rows_against_their_status(sheet, tmp_path, city):
    arguments = small(
        sheet,
        tmp_path,
        ["k1", "One", "Scope", "Done", "7/1/2026", "", ""],
        ["k2", "Two", "Scope", "PNS", "7/1/2026", "", ""],
        ["k3", "Three", "Paint", "PNS", "", "", ""],
        ["k4", "Four", "Scope", "Lost", "", "", ""],
        ["k5", "Five", "Scope", "Done", "7/1/2026", "", "6/1/2026"],
        ["k6", "Six", "Scope", "Going", "1 July", "", ""],
        ["k7", "Seven", "Scope", "Going", "7/1/2026", "", ""],
        ["k7", "Seven", "Scope", "Going", "7/2/2026", "", ""],
    )
    result = run(*arguments, "--mode", "good")
    assert counts(result) == (8, 2, 0, 0, 6, 2)
    assert result["notes"] == 1
    assert [error["column"] for error in result["errors"]] == [
        "ended_on",
        "started_on",
        "phase",
        "status",
        "ended_on",
        "started_on",
    ]
    assert Project.objects.filter(name="Seven").count() == 2
