"""Every move of the state table, who may make it, what it must bring, and that the snapshot follows."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from approvals import actions, derive, keeping, rights, snapshot
from approvals.actions import Forbidden, Overtaken, Refused
from approvals.models import Commitment, MaterialUse, Stage, StageEvent
from approvals.states import MOVES, STAY, State, legal
from calendars import store
from projects import tallies
from projects.models import Project
from tests.approvals.world import CODES, NOW, at, brought

S = State
ACCEPTS = {"accept", "accept_with_deferral", "accept_on_commitment"}
ALWAYS = {"note", "deferral_made_good"}
RUN = {"start_special_procedure", "pass", "pass_with_deferral", "fail", "withdraw", "recall", "request_supplement"}
RUN |= {"extend", "commitment_verified"}
AGAIN = {"receive"}

# Written out by hand from the national moves (domain.md §3.1), not read from the product's table.
EXPECTED = {
    (S.NOT_STARTED, False): {"receive", "skip"},
    (S.RECEIVED, False): ACCEPTS | {"decline", "refuse", "request_supplement", "withdraw"},
    (S.SUPPLEMENT_REQUESTED, False): {"receive_supplement", "withdraw"},
    (S.SUPPLEMENT_RECEIVED, False): ACCEPTS | {"refuse", "request_supplement", "withdraw", "commitment_verified"},
    (S.WITHDRAWN, False): AGAIN,
    (S.REFUSED, False): AGAIN,
    (S.NOT_ACCEPTED, False): AGAIN,
    (S.ACCEPTED, True): RUN | {"start_handling"},
    (S.HANDLING, True): RUN,
    (S.SUPPLEMENT_REQUESTED, True): {"receive_supplement", "withdraw", "recall", "extend"},
    (S.SUPPLEMENT_RECEIVED, True): RUN | {"start_handling"},
    (S.SPECIAL_STARTED, True): {"end_special_procedure", "withdraw", "recall", "extend"},
    (S.SPECIAL_ENDED, True): RUN | {"start_handling"},
    (S.PASSED, True): {"revoke", "commitment_verified"},
    (S.PASSED_WITH_DEFERRAL, True): {"revoke", "commitment_verified"},
    (S.FAILED, True): AGAIN,
    (S.WITHDRAWN, True): AGAIN,
    (S.RECALLED, True): AGAIN,
    (S.REVOKED, True): {"receive"},
    (S.NOT_APPLICABLE, False): {"reinstate"},
}
BEGIN = ("receive", "accept_with_deferral")
PATHS = {
    (S.NOT_STARTED, False): (),
    (S.RECEIVED, False): ("receive",),
    (S.SUPPLEMENT_REQUESTED, False): ("receive", "request_supplement"),
    (S.SUPPLEMENT_RECEIVED, False): ("receive", "request_supplement", "receive_supplement"),
    (S.WITHDRAWN, False): ("receive", "withdraw"),
    (S.REFUSED, False): ("receive", "refuse"),
    (S.NOT_ACCEPTED, False): ("receive", "decline"),
    (S.ACCEPTED, True): BEGIN,
    (S.HANDLING, True): (*BEGIN, "start_handling"),
    (S.SUPPLEMENT_REQUESTED, True): (*BEGIN, "request_supplement"),
    (S.SUPPLEMENT_RECEIVED, True): (*BEGIN, "request_supplement", "receive_supplement"),
    (S.SPECIAL_STARTED, True): (*BEGIN, "start_special_procedure"),
    (S.SPECIAL_ENDED, True): (*BEGIN, "start_special_procedure", "end_special_procedure"),
    (S.PASSED, True): (*BEGIN, "pass"),
    (S.PASSED_WITH_DEFERRAL, True): (*BEGIN, "pass_with_deferral"),
    (S.FAILED, True): (*BEGIN, "fail"),
    (S.WITHDRAWN, True): (*BEGIN, "withdraw"),
    (S.RECALLED, True): (*BEGIN, "recall"),
    (S.REVOKED, True): (*BEGIN, "pass", "revoke"),
    (S.NOT_APPLICABLE, False): ("skip",),
}


def assert_snapshot_true(project, now):
    """Every stored column equals what a fresh derivation says; the tallies equal a recount."""
    chain = Project.objects.get(pk=project.pk).chain
    view = derive.load(chain, now, store.current())
    for stage_view in view.stages:
        fresh = snapshot.stage_columns(stage_view, view.calendar)
        stored = Stage.objects.get(pk=stage_view.stage.pk)
        assert {name: getattr(stored, name) for name in fresh} == fresh, stored.code
        assert stored.state == stage_view.replay.state
    fresh = snapshot.project_columns(view)
    row = Project.objects.get(pk=project.pk)
    assert {name: getattr(row, name) for name in fresh} == fresh
    assert tallies.differences() == []


# --- the table --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "accepted"), list(EXPECTED), ids=lambda v: v.name if isinstance(v, State) else str(v)
)
def test_every_move_from_every_state(world, state, accepted):
    stage = world.walk("02", *PATHS[state, accepted])
    assert (stage.state, stage.accepted_at is not None) == (state, accepted)
    allowed = EXPECTED[state, accepted] | ALWAYS
    if not accepted and state in (S.NOT_STARTED, S.RECEIVED):
        allowed -= {"accept"}  # prerequisite 01 is open
    events = StageEvent.objects.filter(stage=stage).count()
    for action in [*MOVES, *STAY]:
        if action in allowed and action != "accept":
            with transaction.atomic():
                event = world.act("02", action)
                after = world.stage("02")
                assert event.from_state == state
                assert event.to_state == after.state == (MOVES[action][1] if action in MOVES else state)
                assert_snapshot_true(world.project, NOW)
                transaction.set_rollback(True)
        else:
            with pytest.raises(Refused):
                world.act("02", action)
    assert StageEvent.objects.filter(stage=stage).count() == events
    assert world.stage("02").state == state


def test_every_national_state_is_reached():
    assert {state for state, _a in EXPECTED} == set(State)


# --- prerequisites ----------------------------------------------------------------------------------------------


def test_acceptance_waits_for_the_prerequisites(world):
    world.walk("02", "receive 11-03")
    with pytest.raises(Refused, match="01"):
        world.act("02", "accept", "11-03")
    world.walk("01", "receive 11-03", "accept 11-03", "pass 11-05")
    assert world.stage("02").ready_on == dt.date(2026, 11, 5)
    assert world.walk("02", "accept 11-06").state == S.ACCEPTED


def test_a_record_out_of_order_is_let_in_when_it_happened_so(world):
    world.walk("02", "receive 11-03")
    assert world.act("02", "accept", "11-03", out_of_order=True).to_state == S.ACCEPTED


def test_a_stage_that_does_not_apply_hands_its_readiness_on(world):
    world.walk("01", "receive 11-03", "accept 11-03", "pass 11-05")
    world.walk("03", "receive 11-05", "accept 11-05", "pass 11-09")
    assert world.stage("04").ready_on is None
    world.act("02", "skip", note="不新建建筑")
    assert world.stage("02").skip_reason == "不新建建筑"
    assert world.stage("04").ready_on == dt.date(2026, 11, 9)
    world.act("02", "reinstate")
    assert world.stage("04").ready_on is None
    assert world.stage("02").skip_reason == ""


def test_a_revoked_result_takes_the_readiness_back(world):
    world.walk("01", "receive 11-03", "accept 11-03", "pass 11-05")
    assert world.stage("02").ready_on
    world.act("01", "revoke")
    assert world.stage("02").ready_on is None


# --- what an action must bring ----------------------------------------------------------------------------------


def test_deferral_names_materials_that_may_be_deferred_with_a_day(world):
    world.walk("01", "receive 11-03")
    for materials in (
        [],
        [{"name": "申请表", "due_on": "2026-12-01"}],
        [{"name": "工伤保险参保凭证", "due_on": "2026-11-01"}],
    ):
        with pytest.raises(Refused) as refused:
            world.act("01", "accept_with_deferral", data={"materials": materials})
        assert refused.value.field == "materials"
    world.act("01", "accept_with_deferral")
    use = MaterialUse.objects.get(stage=world.stage("01"), name="工伤保险参保凭证")
    assert (use.status, use.due_on) == ("deferred", dt.date(2026, 12, 31))
    assert Project.objects.get().deferral_due_on == dt.date(2026, 12, 31)


def test_nobody_owes_a_material_to_a_stage_that_was_withdrawn(world):
    world.walk("01", "receive", "accept_with_deferral", "withdraw")
    assert not MaterialUse.objects.filter(status="deferred").exists()
    assert Project.objects.get().deferral_due_on is None


def test_commitment_only_where_the_template_has_the_route(world):
    world.walk("01", "receive")
    with pytest.raises(Refused):
        world.act("01", "accept_on_commitment")
    world.walk("02", "receive")
    with pytest.raises(Refused):
        world.act("02", "accept_on_commitment", data={"text": "承诺"})
    world.act("02", "accept_on_commitment")
    commitment = Commitment.objects.get()
    assert (commitment.verify_by, commitment.result, commitment.signed_on) == (
        dt.date(2026, 12, 31),
        "open",
        NOW.date(),
    )


@pytest.mark.parametrize(
    ("action", "data", "named"),
    [
        ("request_supplement", {"missing": []}, "missing"),
        ("start_special_procedure", {}, "name"),
        ("extend", {"days": "0"}, "days"),
        ("extend", {"days": "10.5"}, "days"),
    ],
)
def test_facts_are_asked_for(world, action, data, named):
    world.walk("02", "receive", "accept_with_deferral")
    with pytest.raises(Refused) as refused:
        world.act("02", action, data=data)
    assert refused.value.field == named


# --- the clock --------------------------------------------------------------------------------------------------


def test_a_supplement_before_acceptance_touches_no_clock(world):
    world.walk("01", "receive 11-03", "request_supplement 11-04", "receive_supplement 11-11", "accept 11-11")
    view = derive.load(world.chain, NOW, store.current()).by_code["01"]
    assert view.clock.supplement_days == 0
    assert view.stage.due_on == dt.date(2026, 11, 18)  # five working days after the 11th


def test_a_supplement_after_acceptance_stops_the_clock_and_moves_the_due_day(world):
    world.walk("01", "receive 11-03", "accept 11-03", "request_supplement 11-05")
    stage = world.stage("01")
    assert (stage.due_on, stage.light, stage.net_days) == (None, "stopped", Decimal("2.0"))
    assert Project.objects.get().waiting_supplement
    stage = world.walk("01", "receive_supplement 11-12")
    assert stage.due_on == dt.date(2026, 11, 17)  # three days were left on the 12th
    assert not Project.objects.get().waiting_supplement


def test_a_second_request_is_flagged(world):
    world.walk("01", "receive 11-03", "accept 11-03", "request_supplement 11-04", "receive_supplement 11-05")
    assert world.act("01", "request_supplement", "11-06").data["repeat"] == 2
    assert "repeat" not in StageEvent.objects.filter(kind="request_supplement").order_by("id").first().data


def test_special_procedure_and_extension(world):
    world.walk("02", "receive 11-02", "accept_with_deferral 11-02", "start_special_procedure 11-04")
    assert world.stage("02").light == "stopped"
    world.walk("02", "end_special_procedure 11-18")
    due = world.stage("02").due_on
    assert due == dt.date(2026, 11, 30)  # eight days were left
    world.act("02", "extend", data={"days": "2", "approver": "局长"})
    assert world.stage("02").due_on == dt.date(2026, 12, 2)


def test_withdrawn_and_applied_for_again_begins_anew(world):
    world.walk("01", "receive 11-03", "accept 11-03", "request_supplement 11-04", "withdraw 11-06")
    assert world.stage("01").closed_at == at("11-06")
    stage = world.walk("01", "receive 11-16")
    assert (stage.accepted_at, stage.closed_at, stage.net_days) == (None, None, Decimal(0))
    stage = world.walk("01", "accept 11-16")
    assert stage.due_on == dt.date(2026, 11, 23)


def test_the_sweep_turns_a_light_when_its_instant_passes(world):
    world.walk("01", "receive 11-19", "accept 11-19")
    row = Project.objects.get()
    seen = []
    while now := row.next_flip_at:
        assert keeping.sweep(now - dt.timedelta(seconds=1)) == 0
        assert keeping.sweep(now) == 1
        row.refresh_from_db()
        seen.append(row.light)
        assert_snapshot_true(row, now)
    assert seen == ["amber", "red"]
    assert keeping.sweep(NOW + dt.timedelta(days=900)) == 0


# --- order and time ---------------------------------------------------------------------------------------------


def test_recorded_late(world):
    event = world.act("01", "receive", "11-10", reason="接口停机")
    assert (event.occurred_at, event.recorded_at, event.reason) == (at("11-10"), NOW, "接口停机")


def test_not_in_the_future(world):
    with pytest.raises(Refused) as refused:
        world.act("01", "receive", "11-21")
    assert refused.value.field == "occurred_on"


def test_no_move_before_the_latest_one(world):
    world.walk("01", "receive 11-10", "accept 11-12")
    with pytest.raises(Refused) as refused:
        world.act("01", "pass", "11-11")
    assert "2026-11-12" in str(refused.value)


def test_a_note_of_today_does_not_bar_a_decision_of_yesterday(world):
    world.walk("01", "receive 11-10", "accept 11-12", "note")
    assert world.walk("01", "pass 11-19").state == S.PASSED


def test_the_hour_of_a_date_only_record_decides_nothing(world):
    world.walk("01", "receive 11-20 17:30")
    assert world.act("01", "accept").occurred_at == at("11-20 17:30")  # now is ten o'clock of the same day
    assert world.stage("01").state == S.ACCEPTED


def test_an_extension_dated_before_the_acceptance_is_refused_in_words(world):
    world.walk("02", "receive 11-10", "accept_with_deferral 11-12")
    with pytest.raises(Refused) as refused:
        world.act("02", "extend", "11-09")
    assert refused.value.field == "occurred_on"


# --- rights and rivals ------------------------------------------------------------------------------------------


def test_who_may_record(world):
    for person, allowed in {"pm": True, "a": True, "b": False, "d": False, "leader": False, "pm2": False}.items():
        user = world.people[person]
        assert rights.may_act(user, world.stage("01"), "receive") is allowed, person
        if not allowed:
            with pytest.raises(Forbidden):
                world.act("01", "receive", by=user)
    assert not rights.may_act(world.a, world.stage("01"), "skip")  # a department cannot leave its own stage out


def test_starting_needs_the_right(world):
    project = world.new_project(1, "另一项目", chain=False)
    with pytest.raises(Forbidden):
        actions.start_chain(by=world.pm2, project=project, template=world.template, started_on=NOW.date(), now=NOW)
    with pytest.raises(Refused):
        actions.start_chain(
            by=world.pm, project=project, template=world.template, started_on=NOW.date(), now=NOW, skipped={"02": " "}
        )


def test_who_was_first_is_named(world):
    seen = world.act("01", "receive", by=world.a)
    world.act("01", "accept", by=world.a, seen_event=seen.pk)
    with pytest.raises(Overtaken) as overtaken:
        world.act("01", "refuse", by=world.pm, seen_event=seen.pk)
    assert "刘海燕" in str(overtaken.value)
    assert overtaken.value.event.kind == "accept"
    with pytest.raises(Overtaken):
        world.act("01", "start_handling", seen_event=0)


def test_the_same_request_twice_is_one_event(world):
    first = world.act("01", "receive", key="k1")
    assert world.act("01", "receive", key="k1") == first
    assert StageEvent.objects.count() == 1
    with pytest.raises(Forbidden):
        world.act("01", "receive", key="k1", by=world.d)


def test_a_file_is_kept_with_its_event(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    event = world.act("01", "receive", attachments=(actions.Upload("批复.PDF", SimpleUploadedFile("x", b"%PDF-1.7")),))
    row = event.attachments.get()
    assert (row.name, row.size) == ("批复.PDF", 8)
    assert row.file.name.endswith(f"{row.sha256}.pdf")


@pytest.mark.both_databases
def test_events_are_never_changed_or_deleted(world):
    event = world.act("01", "receive")
    for write in (
        lambda: StageEvent.objects.filter(pk=event.pk).update(note="改"),
        lambda: StageEvent.objects.filter(pk=event.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            write()
    assert StageEvent.objects.get(pk=event.pk).note == ""


# --- any legal walk ---------------------------------------------------------------------------------------------


@settings(
    max_examples=12, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_after_any_legal_walk_the_snapshot_is_true(world, data):
    with transaction.atomic():
        hours = 0
        for _n in range(data.draw(st.integers(3, 14))):
            now = at("11-02 09:00") + dt.timedelta(hours=hours)
            code = data.draw(st.sampled_from(CODES))
            stage = world.stage(code)
            choices = [a for a in [*MOVES, *STAY] if legal(a, stage.state, accepted=stage.accepted_at is not None)]
            choices = [a for a in choices if a not in ("deferral_made_good", "commitment_verified")]
            action = data.draw(st.sampled_from(choices))
            try:
                world.act(code, action, now=now, out_of_order=True)
            except Refused as refused:  # no commitment route or no room for an extension: nothing was written
                assert brought(action, now), refused
                continue
            hours += data.draw(st.integers(1, 60))
            assert_snapshot_true(world.project, now)
        transaction.set_rollback(True)
