"""A correction supersedes, replays, and writes nothing when the corrected history is not a legal path."""

import datetime as dt

import pytest

from approvals import actions
from approvals.actions import Forbidden, Refused
from approvals.models import Commitment, MaterialUse, StageEvent
from approvals.stage_forms import CorrectionForm
from approvals.states import State
from tests.approvals.test_actions import assert_snapshot_true
from tests.approvals.world import NOW, at


def fix(world, event, by=None, **facts):
    return actions.correct(by=by or world.pm, event=event, reason=facts.pop("reason", "录错"), now=NOW, **facts)


def test_a_moved_date_moves_the_clock_and_keeps_both(world):
    world.walk("01", "receive 11-03", "accept 11-03")
    wrong = StageEvent.objects.get(kind="accept")
    assert world.stage("01").due_on == dt.date(2026, 11, 10)
    new = fix(world, wrong, occurred_at=at("11-04"))
    assert (new.supersedes, new.reason, new.kind) == (wrong, "录错", "accept")
    assert world.stage("01").due_on == dt.date(2026, 11, 11)
    assert StageEvent.objects.filter(stage=world.stage("01")).count() == 3
    assert_snapshot_true(world.project, NOW)


def test_the_end_of_a_result_can_be_taken_away(world):
    world.walk("01", "receive 11-03", "accept 11-03")
    world.act("01", "pass", "11-05", document_no="云发改〔2026〕1号", valid_until=dt.date(2028, 11, 4))
    first = fix(world, StageEvent.objects.get(kind="pass"), document_no="云发改〔2026〕2号")
    assert first.valid_until == world.stage("01").valid_until == dt.date(2028, 11, 4)
    second = fix(world, first, valid_until=None)
    assert second.valid_until is None and world.stage("01").valid_until is None
    assert second.document_no == "云发改〔2026〕2号"
    assert_snapshot_true(world.project, NOW)


def test_the_form_takes_the_end_away_when_its_field_is_emptied(world):
    world.walk("01", "receive 11-03", "accept 11-03")
    event = world.act("01", "pass", "11-05", document_no="云发改〔2026〕1号", valid_until=dt.date(2028, 11, 4))
    assert CorrectionForm(event=event).initial["valid_until"] == dt.date(2028, 11, 4)
    typed = {"occurred_on": "2026-11-05", "document_no": event.document_no, "valid_until": "", "reason": "长期有效"}
    form = CorrectionForm(typed, event=event)
    assert form.is_valid(), form.errors
    actions.correct(by=world.pm, event=event, now=NOW, **form.facts(NOW))
    assert world.stage("01").valid_until is None


def test_struck_out_goes_back_to_the_state_before(world):
    world.walk("01", "receive 11-03", "accept 11-03", "pass 11-05")
    assert world.stage("02").ready_on
    fix(world, StageEvent.objects.get(kind="pass"), strike=True)
    assert world.stage("01").state == State.ACCEPTED
    assert world.stage("02").ready_on is None
    assert world.walk("01", "pass 11-06").state == State.PASSED
    assert_snapshot_true(world.project, NOW)


def test_an_illegal_history_is_refused_and_nothing_is_written(world):
    world.walk("01", "receive 11-03", "accept 11-04", "pass 11-05")
    before = StageEvent.objects.count()
    with pytest.raises(Refused) as refused:
        fix(world, StageEvent.objects.get(kind="receive"), strike=True)
    assert "2026-11-04" in str(refused.value)
    with pytest.raises(Refused):
        fix(world, StageEvent.objects.get(kind="receive"), occurred_at=at("11-06"))
    assert StageEvent.objects.count() == before
    assert world.stage("01").state == State.PASSED


def test_on_the_day_of_its_neighbour_it_stays_on_its_side(world):
    world.walk("01", "receive 11-03", "accept 11-05 09:00")
    new = fix(world, StageEvent.objects.get(kind="receive"), occurred_at=at("11-05"))
    assert new.occurred_at == at("11-05 09:00")
    assert world.stage("01").state == State.ACCEPTED


def test_corrected_twice_it_keeps_its_place(world):
    world.walk("01", "receive 11-05", "accept 11-05")  # the same hour: only the order of recording tells them apart
    first = fix(world, StageEvent.objects.get(kind="receive"), document_no="收〔1〕")
    fix(world, first, document_no="收〔2〕")
    assert world.stage("01").state == State.ACCEPTED
    assert world.stage("01").document_no == "收〔2〕"


def test_only_once_and_with_a_reason(world):
    world.walk("01", "receive 11-03")
    event = StageEvent.objects.get()
    with pytest.raises(Refused) as refused:
        fix(world, event, reason="  ")
    assert refused.value.field == "reason"
    with pytest.raises(Refused):
        fix(world, event, occurred_at=at("11-21"))
    struck = fix(world, event, strike=True)
    for again in (event, struck):
        with pytest.raises(Refused):
            fix(world, again, strike=True)


def test_an_officer_corrects_what_his_department_recorded(world):
    world.walk("01", "receive 11-03")  # by the project manager, of the same department
    world.walk("02", "receive 11-03")
    with pytest.raises(Forbidden):
        fix(world, StageEvent.objects.get(stage__code="02"), by=world.b)
    with pytest.raises(Forbidden):
        fix(world, StageEvent.objects.get(stage__code="01"), by=world.d)
    own = world.act("02", "note", by=world.b, note="已收件")
    assert fix(world, own, by=world.b2, note="已收全部材料").note == "已收全部材料"


def test_promises_go_with_the_acceptance_that_is_struck_out(world):
    world.walk("02", "receive 11-03", "accept_on_commitment 11-04")
    fix(world, StageEvent.objects.get(kind="accept_on_commitment"), strike=True)
    assert not Commitment.objects.exists()
    world.walk("02", "accept_with_deferral 11-05")
    assert MaterialUse.objects.filter(status="deferred").count() == 1
    fix(world, StageEvent.objects.get(kind="accept_with_deferral"), strike=True)
    assert not MaterialUse.objects.filter(status="deferred").exists()
    assert_snapshot_true(world.project, NOW)
