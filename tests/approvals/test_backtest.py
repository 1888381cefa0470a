"""The back-test: what is scored, the naive rules, and that nothing from the future is looked at."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from approvals import backtesting, forecasting
from approvals.backtest import OURS, PROMISED, Averages, Limits, Told, score
from approvals.durations import Kind, Seen, learn
from approvals.forecast import COMPLETION, CONSTRUCTION, Part, State
from approvals.models import Chain, Stage
from calendars import store
from tests.approvals.world import NOW, at

PERMIT = Kind("施工许可", "住建局", "committed", 10.0, lag=4.0)


def test_a_forecast_counts_when_its_time_has_come():
    rows = [
        Told("x", OURS, 10, 20, 8, 30),  # kept both
        Told("x", OURS, 10, 20, 15, 30),  # kept the P80
        Told("x", OURS, 10, 20, None, 12),  # P50 missed, P80 not due yet
        Told("x", OURS, 40, 60, 12, 30),  # neither is due, though it is over: choosing by the outcome would flatter
    ]
    found = score(rows)["x", OURS]
    assert (found.kept50, found.due50, found.kept80, found.due80) == (1, 3, 2, 2)
    assert (found.coverage50, found.coverage80) == (1 / 3, 1.0)
    assert (found.finished, found.error_days) == (3, (1 + 2.5 + 14) / 3)
    assert found.bias_days == (-1 + 2.5 - 14) / 3
    assert score([Told("x", OURS, 9, 9, None, 1)])["x", OURS].coverage50 is None


def test_the_naive_rules():
    seen = [Seen(Part.DESK, PERMIT, halves) for halves in (4, 8)] + [Seen(Part.DESK, PERMIT, 99, True)]
    assert Limits().spread(Part.DESK, PERMIT).median == 10 and Limits().spread(Part.WAIT, PERMIT).median == 4
    assert Limits().spread(Part.APPLICANT, PERMIT).median == 0
    assert Averages(seen).spread(Part.DESK, PERMIT).median == 6  # it leaves out what is still open
    assert Averages(seen).spread(Part.DESK, Kind("别的")).median == 6
    assert Averages([]).spread(Part.DESK, PERMIT).median == 10 and Averages([]).spread(Part.WAIT, PERMIT).median == 4


@pytest.fixture
def walked(world):
    """A chain on which 01 was passed, 02 stopped for six days and went on, 03 is stopped and 04 not ready."""
    world.walk("01", "receive 11-02", "accept 11-02", "pass 11-04")
    world.walk("02", "receive 11-04", "accept 11-05", "request_supplement 11-09", "receive_supplement 11-16")
    world.walk("03", "receive 11-04", "accept 11-04", "request_supplement 11-18")
    return world


def course_of(world, now):
    calendar = store.current()
    return forecasting.gather([world.project.pk], now, calendar, learn([]))[world.project.pk].course


def facts(course):
    return [(s.code, s.state, s.elapsed, s.stopped, s.stopped_for) for s in course.steps]


def test_what_is_left_of_a_project_and_what_is_slow(walked):
    course = course_of(walked, NOW)
    assert facts(course) == [
        ("01", State.DONE, 0, "", 0),
        ("02", State.RUNNING, 11, "", 0),  # 6, 9 November, then 17 to the morning of the 20th; stopped 10 to 16
        ("03", State.RUNNING, 20, Part.APPLICANT, 3),
        ("04", State.PENDING, 0, "", 0),
        ("05", State.PENDING, 0, "", 0),
    ]
    assert course.milestones == {CONSTRUCTION: "05"}
    assert course.steps[3].prerequisites == ("02", "03")
    assert course.steps[1].desk.source == "limit" and course.steps[1].desk.median == 20
    # 03 has lasted longer than four of five of its finished peers, and the law's limit is not over.
    calendar = store.current()
    kind = Kind("环境影响评价")
    learned = learn([Seen(Part.DESK, kind, halves) for halves in (4, 5, 6, 7, 30)])
    found = forecasting.gather([walked.project.pk], NOW, calendar, learned)[walked.project.pk]
    assert [(one.code, one.elapsed, one.warn_after, one.peers) for one in found.warnings] == [("03", 20, 7, 5)]
    Stage.objects.filter(code="03").update(statutory_red_from=NOW - dt.timedelta(hours=1))
    found = forecasting.gather([walked.project.pk], NOW, calendar, learned)[walked.project.pk]
    assert found.warnings == ()


def test_a_past_day_is_read_as_it_was_then(walked):
    """Whatever was recorded afterwards, the forecast as of a day is the forecast of that day."""
    then = at("11-10 10:00")
    before = facts(course_of(walked, then))
    assert before[1] == ("02", State.RUNNING, 4, Part.APPLICANT, 1)
    assert before[2] == ("03", State.RUNNING, 7, "", 0)
    calendar = store.current()
    seen = forecasting.observations(then, calendar)
    walked.walk("02", "pass 11-19")
    walked.walk("03", "receive_supplement 11-19", "pass 11-20 09:00")
    assert facts(course_of(walked, then)) == before
    assert forecasting.observations(then, calendar) == seen
    assert all(one.censored for one in seen if one.part == Part.DESK and one.kind.name != "企业投资项目备案")


@pytest.mark.both_databases
def test_few_queries_however_many_projects(walked, django_assert_max_num_queries, monkeypatch):
    for number in range(3):
        walked.new_project(900 + number, f"项目{number}")
    with django_assert_max_num_queries(13):
        assert len(forecasting.outlooks(Chain.objects.values("project"), NOW)) == 4
    with django_assert_max_num_queries(7):
        told = forecasting.outlooks([walked.project.pk], NOW, detail=True)
    gathered, outlook = told[walked.project.pk]
    assert outlook.milestones[CONSTRUCTION].p80 >= outlook.milestones[CONSTRUCTION].p50 > 0
    assert outlook.milestones.keys() == {CONSTRUCTION, COMPLETION} and gathered.stage_ids["02"]
    # Of a larger city every n-th chain is read.
    calendar = store.current()
    whole = len(forecasting.observations(NOW, calendar))
    monkeypatch.setattr(forecasting, "CASES", 2 * 19)
    assert 0 < len(forecasting.observations(NOW, calendar)) < whole
    # Not passed: it stands before a new application, and has waited since.
    walked.walk("02", "fail 11-18")
    step = course_of(walked, NOW).steps[1]
    assert (step.state, step.elapsed) == (State.READY, 3)


def test_the_back_test_runs_and_writes_nothing(walked, monkeypatch, capsys):
    monkeypatch.setattr(backtesting, "FIRST_CASES", 1)
    walked.walk("02", "pass 11-19")
    seen = forecasting.observations(NOW, store.current())
    of = {(one.part, one.kind.name): (one.halves, one.censored) for one in seen}
    assert of[Part.DESK, "建设工程规划许可证"] == (10, False)
    assert of[Part.APPLICANT, "建设工程规划许可证"] == (10, False)
    assert of[Part.WAIT, "建设工程规划许可证"] == (2, False)
    assert of[Part.DESK, "环境影响评价"] == (20, True) and of[Part.APPLICANT, "环境影响评价"] == (3, True)
    assert (Part.SPECIAL, "环境影响评价") not in of
    chains = Chain.objects.all()
    end = backtesting.last_record(chains, NOW)
    days = list(backtesting.past_days(chains, end, 7))
    assert [day.date().day for day in days] == [4, 11, 18]
    told = backtesting.run(chains, end, days, store.current())
    of = [one for one in told if one.method == PROMISED and one.what == backtesting.AT_WORK]
    # On the 11th both run: 02 has 6 of 10 days left and took two; 03, of five days, is not over.
    assert [(one.p50, one.actual, one.horizon) for one in of if one.horizon == 12] == [(16, 12, 12), (1, None, 12)]
    states = list(Stage.objects.values_list("state", "closed_at"))
    call_command("forecast_backtest", every=7)
    assert "| stage at work | forecast |" in capsys.readouterr().out
    assert list(Stage.objects.values_list("state", "closed_at")) == states


def test_construction_is_the_milestone_else_the_permit():
    rows = [
        SimpleNamespace(code=code, name=name, case_type=case_type)
        for code, name, case_type in (
            ("1", "施工许可预审", "committed"),
            ("2", "施工许可", "committed"),
            ("3", "开工", "milestone"),
            ("4", "竣工验收", "committed"),
        )
    ]
    assert forecasting.construction(rows) == "3"
    assert forecasting.construction([row for row in rows if row.code != "3"]) == "2"
    assert forecasting.construction(rows[3:]) == ""


MAPPING = """
kind: schedule
name: small
date_order: mdy
districts:
  - {code: "990100", name: 外部样例}
template: {code: small, prefix: SMALL, name: 小样}
columns:
  project_key: Key
  name: Name
  district: {value: "990100"}
  phase: Phase
  status: Status
  started_on: Start
  planned_end_on: Planned
  ended_on: End
statuses: {Going: running, Done: done}
phases:
  - {code: A, name: Scope}
  - {code: B, name: Build, after: [A]}
"""


def test_a_schedule_is_scored_and_leaves_nothing_behind(world, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(backtesting, "FIRST_CASES", 2)
    (tmp_path / "small.yaml").write_text(MAPPING)
    rows = ["Key,Name,Phase,Status,Start,Planned,End"]
    for n in range(1, 5):
        rows.append(f"K{n},Project {n},Scope,Done,3/{n}/2026,4/1/2026,5/{5 * n}/2026")
        rows.append(f"K{n},Project {n},Build,Going,6/1/2026,9/1/2026,")
    (tmp_path / "small.csv").write_text("\n".join(rows))
    options = {"schedule": tmp_path / "small.csv", "mapping": str(tmp_path / "small.yaml"), "every": 5}
    before = Chain.objects.count(), Stage.objects.count()
    call_command("forecast_backtest", completed=True, by_name=True, **options)
    told = capsys.readouterr().out
    assert "4 chains" in told and "| stage at work: Scope | forecast | 3 |" in told and "Build" not in told
    assert (Chain.objects.count(), Stage.objects.count()) == before
    call_command("forecast_backtest", json=True, **options)
    assert '"stage at work/limits"' in capsys.readouterr().out
