"""Moving to another version of a template, and to another version of the calendar."""

import datetime as dt
from decimal import Decimal

import pytest

from approvals import keeping, version_actions
from approvals.actions import Forbidden, Refused
from approvals.models import DeadlineMove
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


def test_preview_and_move(world, second):
    world.walk("01", "receive 11-03", "accept 11-03")
    move = version_actions.preview_version(world.chain, second)
    assert (move.kept, move.added, move.removed, move.blocked) == (("01", "02", "04", "05"), ("06",), ("03",), ())
    assert [(code, begun) for code, _was, _is, begun in move.limits] == [("01", True), ("02", False)]
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
