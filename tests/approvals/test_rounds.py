"""A case that ended without a result that stands is over; the stage is applied for again as a new round."""

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client

from approvals import actions, derive, verify
from approvals.actions import Refused
from approvals.models import Commitment, MaterialUse, StageEvent
from approvals.states import State
from calendars import store
from tests.approvals.test_actions import assert_snapshot_true
from tests.approvals.world import NOW, at

ENDINGS = {
    "withdraw": ("receive 11-03", "accept 11-03", "withdraw 11-10"),
    "decline": ("receive 11-03", "decline 11-10"),
    "refuse": ("receive 11-03", "refuse 11-10"),
    "fail": ("receive 11-03", "accept 11-03", "fail 11-10"),
    "recall": ("receive 11-03", "accept 11-03", "recall 11-10"),
    "revoke": ("receive 11-03", "accept 11-03", "pass 11-05", "revoke 11-10"),
}


def view_of(world, code, now=NOW):
    return derive.load(world.chain, now, store.current()).by_code[code]


@pytest.mark.both_databases
@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending_may_be_followed_by_a_new_application(world, ending):
    world.walk("01", *ENDINGS[ending])
    assert view_of(world, "01").is_ready
    for action in ("accept", "pass", "extend", "request_supplement", "withdraw"):
        with pytest.raises(Refused):  # the case itself stays where it ended
            world.act("01", action, "11-11")
    world.walk("01", "receive 11-12", "accept 11-13")
    view = view_of(world, "01")
    assert view.replay.round == 2 and view.is_running
    assert view.clock.net_days == Decimal("4.5")  # 16 to the morning of 20 November: the first round is not counted
    assert view.clock.committed_due.date == dt.date(2026, 11, 20)
    assert view.ready_on == dt.date(2026, 11, 10)  # waiting begins when the first round ended
    clock = view.clock
    parts = clock.department_days, clock.supplement_days, clock.special_days, clock.waiting_days
    assert sum(parts) + clock.nonworking_days == clock.gross_days == Decimal("9.5")
    assert world.stage("01").events.count() == len(ENDINGS[ending]) + 2
    (first,) = derive.earlier_rounds(view.events)
    assert (first.no, derive.local_date(first.told.ended_at)) == (1, dt.date(2026, 11, 10))
    assert_snapshot_true(world.project, NOW)
    assert all(not found for _chain, found in verify.chains(NOW, store.current()))
    assert world.walk("01", "pass 11-20").state == State.PASSED
    assert world.stage("02").ready_on == dt.date(2026, 11, 20)
    assert_snapshot_true(world.project, NOW)


def test_a_revoked_result_holds_up_what_follows_until_the_new_one(world):
    world.walk("01", *ENDINGS["revoke"][:3])
    assert world.stage("02").ready_on == dt.date(2026, 11, 5)
    world.act("01", "revoke", "11-10")
    assert world.stage("02").ready_on is None
    assert derive.load(world.chain, NOW, store.current()).current[0].stage.code == "01"
    with pytest.raises(Refused):
        world.walk("02", "receive 11-11", "accept 11-11")


def test_pauses_extensions_numbers_and_validity_belong_to_their_round(world):
    world.walk("01", "receive 11-02", "accept 11-02", "request_supplement 11-03")
    world.act("01", "withdraw", "11-09", case_no="A-1")
    world.act("01", "receive", "11-10", case_no="A-2")
    stage = world.walk("01", "accept 11-10")
    view = view_of(world, "01")
    assert (view.facts.pauses, view.replay.supplements, view.clock.supplement_days) == ((), 0, 0)
    assert stage.case_no == "A-2"
    first = derive.earlier_rounds(view.events)[0].told
    assert (first.case_no, len(first.pauses), first.supplements) == ("A-1", 1, 1)
    world.act("01", "pass", "11-16", valid_until=dt.date(2028, 1, 1), document_no="云发改〔2026〕9号")
    world.walk("01", "revoke 11-17", "receive 11-18")
    stage = world.stage("01")
    assert (stage.valid_until, stage.document_no, stage.case_no, stage.closed_at) == (None, "", "", None)
    assert view_of(world, "01").replay.round == 3
    assert_snapshot_true(world.project, NOW)


def test_an_ended_case_keeps_its_number(world):
    world.act("01", "receive", "11-03", case_no="A-1")
    world.walk("01", "withdraw 11-04")
    with pytest.raises(Refused) as refused:
        world.act("01", "receive", "11-05", case_no="A-1")
    assert refused.value.field == "case_no"
    world.act("01", "receive", "11-05", case_no="A-2")


def test_promises_end_with_the_result_and_come_back_when_the_receipt_never_happened(world):
    world.walk("02", "receive 11-03", "accept_with_deferral 11-03", "pass 11-04")
    assert MaterialUse.objects.filter(status="deferred").exists()
    world.walk("02", "revoke 11-05")
    assert not MaterialUse.objects.filter(status="deferred").exists()
    world.walk("02", "receive 11-06", "accept_on_commitment 11-06", "pass 11-09", "revoke 11-10", "receive 11-11")
    assert not Commitment.objects.exists()
    receipt = StageEvent.objects.filter(kind="receive").latest("pk")
    actions.correct(by=world.pm, event=receipt, reason="录错", now=NOW, strike=True)
    assert Commitment.objects.get().signed_on == dt.date(2026, 11, 6)
    assert world.stage("02").state == State.REVOKED
    assert_snapshot_true(world.project, NOW)


def test_the_pages_tell_the_rounds_apart(world):
    client = Client()
    client.force_login(world.pm, backend="django.contrib.auth.backends.ModelBackend")
    address = f"/projects/{world.project.code}/"
    world.walk("01", *ENDINGS["revoke"])
    page = client.get(f"{address}?stage=01").content.decode()
    assert "action=receive" in page
    fields = {"action": "receive", "occurred_on": NOW.strftime("%Y-%m-%d"), "case_no": "A-2"}
    seen = StageEvent.objects.latest("pk").pk
    answer = client.post(f"{address}stages/01/act/", fields | {"seen_event": seen, "reason": "补录"})
    assert answer.status_code == 302
    assert world.stage("01").state == State.RECEIVED
    world.act("01", "accept")
    for page in (address, f"{address}stages/01/", f"{address}chain/print/", "/workbench/"):
        assert client.get(page).status_code == 200, page
    assert client.get(f"{address}timeline/", headers={"HX-Request": "true"}).status_code == 200
    assert 'class="table table-plain ex-rounds"' in client.get(f"{address}stages/01/").content.decode()
    assert client.get(address).context["history"][1]["round"] == 2


def test_a_moved_date_may_not_mix_two_rounds(world):
    world.walk("01", *ENDINGS["withdraw"])
    again = world.act("01", "receive", "11-12")
    with pytest.raises(Refused):
        actions.correct(by=world.pm, event=again, reason="录错", now=NOW, occurred_at=at("11-05"))
