"""Stage progress: dates become events, other dates become corrections, nothing is recorded twice."""

import datetime as dt

import pytest
from django.utils import timezone

from approvals.models import Stage, StageEvent
from approvals.states import State
from imports import exports, runs
from imports.importers import make
from tests.imports.conftest import person

pytestmark = pytest.mark.both_databases

CODE = "2607-159901-04-01-381725"
HEADS = [
    "项目代码",
    "项目名称",
    "环节",
    "接件日期",
    "受理日期",
    "办结日期",
    "办理结果",
    "文号",
    "办理部门",
    "净用时（日）",
]


def run(path, by, now, **more):
    return runs.run(kind="progress", path=path, by=by, now=now, **more)


def stage(code) -> Stage:
    return Stage.objects.get(code=code)


def kinds(code) -> list[str]:
    return list(StageEvent.objects.filter(stage__code=code).order_by("id").values_list("kind", flat=True))


def test_dates_become_events(sheet, pm, project, now):
    path = sheet(
        HEADS,
        [CODE, "随便", "1", "", "2026.9.1", "2026年9月3日", "", "云发改〔2026〕12号", "发改委", "十六天"],
        [CODE, "", "环境影响评价", "2026-10-08", dt.date(2026, 10, 9), "", "", "", "环境保护局", ""],
    )
    result = run(path, pm, now)
    assert result.plan.counts == {"total": 2, "new": 2, "changed": 0, "unchanged": 0, "wrong": 0, "wrong_cells": 0}
    assert kinds("01") == ["receive", "accept", "pass"]
    assert (stage("01").state, stage("01").document_no) == (State.PASSED, "云发改〔2026〕12号")
    assert timezone.localtime(stage("01").closed_at).replace(tzinfo=None) == dt.datetime(2026, 9, 3, 17, 30)
    assert (stage("02").state, stage("02").light) == (State.ACCEPTED, "red")
    project.refresh_from_db()
    assert (project.light, project.stages_done) == ("red", 1)
    event = StageEvent.objects.filter(kind="pass").get()
    assert (event.by, event.recorded_at, event.source_system) == (pm, now, "table.xlsx")


def test_twice_is_once_and_a_later_file_goes_on(sheet, pm, project, now):
    first = sheet(HEADS[:5], [CODE, "", "01", "2026-09-01", "2026-09-02"])
    run(first, pm, now)
    assert run(first, pm, now).plan.counts["unchanged"] == 1
    result = run(sheet(HEADS[:6], [CODE, "", "01", "", "2026-09-02", "2026-09-04"]), pm, now)
    assert result.plan.counts["changed"] == 1
    assert result.plan.rows[0].changes == {"decided_on": ""}
    assert kinds("01") == ["receive", "accept", "pass"]


def test_another_date_is_a_correction_that_keeps_both(sheet, pm, project, now):
    run(sheet(HEADS[:8], [CODE, "", "01", "2026-09-01", "2026-09-02", "2026-09-10", "", "旧文号"]), pm, now)
    path = sheet(HEADS[:8], [CODE, "", "01", "2026-09-01", "2026-09-03", "2026-09-09", "", "新文号"])
    result = run(path, pm, now)
    assert result.plan.rows[0].changes == {
        "accepted_on": "2026-09-02",
        "decided_on": "2026-09-10",
        "document_no": "旧文号",
    }
    assert kinds("01") == ["receive", "accept", "pass", "accept", "pass"]
    assert StageEvent.objects.filter(supersedes__isnull=False).exclude(reason="").count() == 2
    assert timezone.localdate(stage("01").accepted_at) == dt.date(2026, 9, 3)
    assert stage("01").document_no == "新文号"
    assert run(path, pm, now).plan.counts["unchanged"] == 1


def test_results_in_words_and_national_codes(sheet, pm, project, now):
    rows = [
        [CODE, "", "01", "", "2026-09-01", "2026-09-03", "办结（容缺通过）"],
        [CODE, "", "02", "", "2026-09-04", "2026-09-05", 13],
        [CODE, "", "07A", "2026-09-04", "", "2026-09-05", "2"],
    ]
    result = run(sheet(HEADS[:7], *rows), pm, now)
    assert result.plan.counts["wrong"] == 0, [row.problems for row in result.plan.rows]
    assert [stage(c).state for c in ("01", "02", "07A")] == [State.PASSED_WITH_DEFERRAL, State.FAILED, State.WITHDRAWN]
    changed = run(sheet(HEADS[:7], [CODE, "", "02", "", "", "", "通过"]), pm, now)
    assert changed.plan.counts["changed"] == 1
    assert stage("02").state == State.PASSED


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ([CODE, "", "7B", "", "2026-09-01"], "stage_code"),
        (["2607-159901-04-01-381726", "", "01", "", "2026-09-01"], "project_code"),
        (["2607-15990-04-01-381725", "", "01", "", "2026-09-01"], "project_code"),
        ([CODE, "", "01", "", "2026-11-12", "2026-11-10"], "decided_on"),
        ([CODE, "", "01", "", "2026-02-30"], "accepted_on"),
        ([CODE, "", "01", "", "2026-12-01"], "accepted_on"),
        ([CODE, "", "01", "", "2026-09-01", "", "通过"], "decided_on"),
        ([CODE, "", "01", "", "2026-09-01", "2026-09-02", "办理中"], "result"),
        ([CODE, "", "01", "", "2026-09-01", "2026-09-02", "补正(开始)"], "result"),
        ([CODE, "", "01", "", "2026-09-01", "", "", "", "环保局"], "department"),
        ([CODE, "", "01", "", "2026-09-01", "", "", "", "生态环境局"], "department"),
        (["", "", "01", "", "2026-09-01"], "project_code"),
    ],
)
def test_mistakes(sheet, pm, project, now, cells, column):
    result = run(sheet(HEADS, cells), pm, now)
    assert list(result.plan.rows[0].problems) == [column]
    assert result.batch is None and not StageEvent.objects.exists()


def test_suggestions(sheet, pm, project, now):
    rows = [
        ["2607-15990-04-01-381725", "", "01", "", "2026-09-01"],
        [CODE, "", "7", "", "2026-09-01"],
        [CODE, "", "01", "", "2026-09-01", "", "", "", "发展改革委"],
    ]
    first, second, third = run(sheet(HEADS, *rows), pm, now).plan.rows
    assert first.problems["project_code"].suggestion == CODE
    assert second.problems["stage_code"].suggestion == "07A"
    assert third.problems["department"].suggestion == "发改委"


def test_the_same_stage_twice(sheet, pm, project, now):
    result = run(sheet(HEADS[:5], [CODE, "", "01", "", "2026-09-01"], [CODE, "", "1", "", "2026-09-02"]), pm, now)
    assert result.plan.rows[1].problems["stage_code"].params["row"] == 2


def test_what_is_recorded_on_the_page_is_not_trampled(sheet, pm, project, now):
    from approvals import actions

    actions.act(by=pm, stage=stage("01"), action="skip", occurred_at=now, now=now, note="不涉及")
    result = run(sheet(HEADS[:5], [CODE, "", "01", "", "2026-09-01"]), pm, now)
    assert result.plan.counts["wrong"] == 1
    assert kinds("01") == ["skip"]


def test_strangers_learn_nothing(sheet, project, city, now):
    other = person("other", "pm", city["west"])
    result = run(sheet(HEADS[:5], [CODE, "", "01", "", "2026-09-01"]), other, now)
    problem = result.plan.rows[0].problems["project_code"]
    assert "There is no" in problem.msgid and problem.suggestion == ""


def test_what_goes_out_comes_back_unchanged(sheet, pm, project, now, tmp_path):
    rows = [
        [CODE, "", "01", "2026-09-01", "2026-09-02", "2026-09-04", "通过", "文号1"],
        [CODE, "", "02", "", "2026-09-07", "", "", ""],
    ]
    run(sheet(HEADS[:8], *rows), pm, now)
    importer = make("progress", by=pm, now=now)
    path = tmp_path / "out.xlsx"
    path.write_bytes(exports.workbook(importer.export_queryset(Stage.objects.all()), exports.columns_of(importer)))
    counts = run(path, pm, now).plan.counts
    assert (counts["total"], counts["unchanged"]) == (3, 3)
