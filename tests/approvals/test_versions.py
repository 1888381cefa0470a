"""Moving to another version of a template, and to another version of the calendar."""

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client

from approvals import keeping, material_actions, version_actions
from approvals.actions import Forbidden, Refused
from approvals.models import DeadlineMove, MaterialTemplate
from calendars.actions import apply_overrides
from calendars.workdays import Day
from tests.approvals.test_actions import assert_snapshot_true
from tests.approvals.world import NOW, STAGES, publish


@pytest.fixture
def second(world):
    """Version 2: 03 is gone, 06 is new, and both 01 and 02 promise less."""
    stages = {code: dict(facts) for code, facts in STAGES.items() if code != "03"}
    stages["01"]["committed_amount"], stages["02"]["committed_amount"] = 3, 7
    stages["06"] = {"name": "不动产登记", "department_name": "市住建局", "committed_amount": 2}
    return publish(2, stages)


def said(fields):
    return {change.label: (change.before, change.after) for change in fields}


def test_preview_and_move(world, second):
    world.walk("01", "receive 11-03", "accept 11-03")
    move = version_actions.preview_version(world.chain, second)
    assert (move.kept, move.added, move.removed, move.blocked) == (("01", "02", "04", "05"), ("06",), ("03",), ())
    first, two, four = move.changes
    assert (first.code, first.begun, said(first.fields), said(first.keeps)) == (
        "01", True, {}, {"承诺时限": ("5.0 工作日", "3.0 工作日")},
    )  # fmt: skip
    assert (two.begun, said(two.fields), two.keeps) == (False, {"承诺时限": ("10.0 工作日", "7.0 工作日")}, ())
    assert said(four.fields) == {"前置": ("02、03", "02")}
    version_actions.move_to_version(by=world.pm, chain=world.chain, template=second, reason="改革提速", now=NOW)
    chain = world.chain
    assert chain.template == second
    limits = dict(chain.stages.values_list("code", "committed_amount"))
    assert limits == {"01": Decimal(5), "02": Decimal(7), "04": Decimal(3), "05": None, "06": Decimal(2)}
    assert world.stage("06").department == world.departments["b"]
    assert world.stage("06").planned_finish_on
    assert_snapshot_true(world.project, NOW)


def test_history_is_never_lost(world, second):
    world.walk("03", "receive 11-03")
    assert version_actions.preview_version(world.chain, second).blocked == ("03",)
    with pytest.raises(Refused, match="03"):
        version_actions.move_to_version(by=world.pm, chain=world.chain, template=second, reason="提速", now=NOW)
    assert world.chain.template == world.template


def test_a_document_handed_in_is_history_too(world, second):
    material_actions.hand_in(by=world.pm, use=world.stage("03").material_uses.get(name="申请表"), now=NOW)
    assert version_actions.preview_version(world.chain, second).blocked == ("03",)


def test_kept_stages_ask_for_the_documents_of_the_new_version(world):
    """申请表 goes, 工伤保险参保凭证 loses its deferral, 用地批复 comes; a passed stage is asked for nothing."""
    newest = publish(2, STAGES)
    for stage in newest.stages.all():
        stage.materials.get(name="申请表").delete()
        stage.materials.update(deferrable=False, required=False)
        MaterialTemplate.objects.create(stage=stage, position=3, name="用地批复", reusable=True)
    world.walk("01", "receive 11-03", "accept 11-03", "pass 11-05")
    world.walk("02", "receive 11-06", "accept_with_deferral 11-06")
    material_actions.hand_in(by=world.pm, use=world.stage("02").material_uses.get(name="申请表"), now=NOW)
    moves = {move.code: move for move in version_actions.preview_version(world.chain, newest).changes}
    assert "01" not in moves
    assert (moves["02"].asked, moves["02"].dropped, moves["02"].handed_in) == (("用地批复",), (), ("申请表",))
    assert (moves["03"].asked, moves["03"].dropped, moves["03"].handed_in) == (("用地批复",), ("申请表",), ())
    version_actions.move_to_version(by=world.pm, chain=world.chain, template=newest, reason="材料减量", now=NOW)

    def uses(code):
        return set(world.stage(code).material_uses.values_list("name", "status", "required", "deferrable", "reusable"))

    new = ("用地批复", "missing", True, False, True)
    assert uses("01") == {
        ("申请表", "missing", True, False, False),
        ("工伤保险参保凭证", "missing", True, True, False),
    }
    assert uses("02") == {
        ("申请表", "given", True, False, False),
        ("工伤保险参保凭证", "deferred", False, False, False),
        new,
    }
    assert uses("03") == {("工伤保险参保凭证", "missing", False, False, False), new}
    assert_snapshot_true(world.project, NOW)


def test_the_preview_compares_units_departments_and_what_must_come_before(world):
    stages = {code: dict(facts) for code, facts in STAGES.items()}
    stages["03"] |= {"department_name": "市住建局", "statutory_amount": 30, "valid_months": 24}
    newest = publish(2, stages)
    newest.stages.filter(code="03").update(statutory_unit="calendar_day")
    newest.stages.get(code="03").prerequisites.add(newest.stages.get(code="02"))
    (move,) = version_actions.preview_version(world.chain, newest).changes
    assert said(move.fields) == {
        "法定时限": ("30.0 工作日", "30.0 自然日"),
        "部门": ("市生态环境局", "市住建局"),
        "前置": ("01", "01、02"),
        "结果有效期（月）": ("", "24"),
    }
    client = Client()
    client.force_login(world.pm, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/projects/{world.project.code}/chain/move/").content.decode()
    assert "30.0 自然日" in page and "市生态环境局" in page
    version_actions.move_to_version(by=world.pm, chain=world.chain, template=newest, reason="归口", now=NOW)
    stage = world.stage("03")
    assert (stage.statutory_unit, stage.department) == ("calendar_day", world.departments["b"])
    world.walk("01", "receive 11-03", "accept 11-03", "pass 11-05")
    assert world.stage("03").ready_on is None
    assert_snapshot_true(world.project, NOW)


def test_needs_right_and_reason(world, second):
    with pytest.raises(Refused):
        version_actions.move_to_version(by=world.pm, chain=world.chain, template=second, reason=" ", now=NOW)
    for person in (world.a, world.pm2, world.leader):
        with pytest.raises(Forbidden):
            version_actions.move_to_version(by=person, chain=world.chain, template=second, reason="提速", now=NOW)


def test_a_new_holiday_moves_deadlines_and_lists_them(world):
    world.walk("01", "receive 11-19", "accept 11-19")
    assert world.stage("01").due_on == dt.date(2026, 11, 26)
    holiday = {dt.date(2026, 11, 24): Day(False, "临时放假")}
    number = apply_overrides(holiday, by=world.pm, source="通知", note="").number
    assert world.stage("01").due_on == dt.date(2026, 11, 27)
    move = DeadlineMove.objects.get()
    assert (move.calendar_version, move.was_on, move.is_on) == (number, dt.date(2026, 11, 26), dt.date(2026, 11, 27))
    assert [line.is_on for line in keeping.moved_deadlines(number, world.pm)] == [dt.date(2026, 11, 27)]
    assert keeping.moved_deadlines(number, world.pm2) == []
