"""Gates of quota on a chain: what they refuse, what a decision confirms, what is given back. On both databases."""

from datetime import timedelta

import pytest

from approvals import actions, history, verify
from approvals.actions import Refused
from approvals.models import StageEvent
from approvals.states import State
from factors import blocks, demands, gates, ledger
from factors.models import Account, BlockEpisode, FactorKind, Posting, Reservation
from projects import tallies
from projects.models import Project
from tests.approvals import quota as q
from tests.approvals.test_races import at_once
from tests.approvals.world import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def quota(world):
    world.walk("01", "receive 11-03", "accept 11-03", "pass 11-04")
    world.walk("02", "receive 11-18")
    return q.make(world)


def consistent():
    return verify.of_blocks() + verify.of_tallies() + blocks.differences()


def test_a_stage_without_kinds_is_not_asked(world):
    q.make(world)
    FactorKind.objects.update(gate="")
    world.walk("01", "receive 11-03", "accept 11-03", "pass 11-04")
    assert world.walk("02", "receive 11-05", "accept 11-05").state == State.ACCEPTED


def test_nothing_registered_is_refused_with_where_to_do_it(quota):
    with pytest.raises(Refused) as caught:
        quota.world.act("02", "accept")
    assert "能耗" in str(caught.value) and "登记需求" in str(caught.value)
    assert StageEvent.objects.filter(stage__code="02").count() == 1


@pytest.mark.parametrize("action", ["accept", "accept_on_commitment"])
def test_blocked_names_factor_gap_pool_what_it_has_and_who_keeps_it(quota, action):
    quota.need(130)
    with pytest.raises(Refused) as caught:
        quota.world.act("02", action)
    for word in ("能耗", "130 tce", "市级池", "100 tce", "市发展改革委能源科"):
        assert word in str(caught.value), (word, str(caught.value))
    project = Project.objects.get(pk=quota.world.project.pk)
    assert (project.light, project.chain_light, project.blocked) == ("blocked", "idle", True)
    assert project.blocked_since == NOW
    assert consistent() == []


def test_obtainable_is_refused_too_and_says_who_must_act(quota):
    quota.need(60)
    with pytest.raises(Refused) as caught:
        quota.world.act("02", "accept")
    assert "60 tce" in str(caught.value) and "市发展改革委能源科" in str(caught.value)
    assert Project.objects.get(pk=quota.world.project.pk).light == "idle"


def test_the_decision_confirms_under_its_number_and_needs_one(quota):
    quota.need(60)
    quota.reserve(60)
    quota.world.act("02", "accept")
    with pytest.raises(Refused) as caught:
        quota.world.act("02", "pass")
    assert caught.value.field == "document_no"
    event = quota.world.act("02", "pass", document_no="云发改能评〔2026〕7号")
    posting = Posting.objects.get(pk=event.data["ledger"][0])
    assert (posting.kind, posting.document_no, posting.maker) == ("confirm", "云发改能评〔2026〕7号", quota.world.pm)
    assert quota.totals() == (40, 60)
    assert consistent() == []


def test_no_more_is_confirmed_than_is_demanded(quota):
    quota.need(60)
    quota.reserve(50)
    quota.reserve(10)
    quota.world.act("02", "accept")
    demands.change(by=quota.world.pm, now=NOW, demand=quota.demand, amount=20 * q.TCE, reason="少了")
    event = quota.world.act("02", "pass", document_no="云发改能评〔2026〕7号")
    assert quota.totals() == (80, 20)
    assert not Reservation.objects.filter(resolved_by__isnull=True).exists()
    assert [p.kind for p in Posting.objects.filter(pk__in=event.data["ledger"]).order_by("pk")] == [
        "confirm",
        "release",
    ]
    actions.correct(by=quota.world.pm, event=event, reason="记错", now=NOW, strike=True)
    assert consistent() == []


def test_a_reservation_past_its_day_secures_nothing(quota):
    quota.need(60)
    quota.reserve(60, until=q.TODAY)
    quota.world.act("02", "accept")
    tomorrow = at("11-21 09:00")
    with pytest.raises(Refused, match="60 tce"):
        quota.world.act("02", "pass", now=tomorrow, document_no="X")


@pytest.mark.parametrize("action", ["withdraw", "fail", "recall"])
def test_giving_up_releases(quota, action):
    quota.need(60)
    quota.reserve(60)
    quota.world.act("02", "accept")
    quota.world.act("02", action, document_no="退〔2026〕1号" if action == "fail" else "")
    assert quota.totals() == (100, 0)
    assert not Reservation.objects.filter(resolved_by__isnull=True).exists()
    assert Posting.objects.latest("id").document_no


def test_revocation_gives_back_what_its_decision_confirmed(quota):
    quota.need(60)
    quota.reserve(60)
    quota.world.act("02", "accept")
    quota.world.act("02", "pass", document_no="A")
    with pytest.raises(Refused) as caught:
        quota.world.act("02", "revoke")
    assert caught.value.field == "document_no"
    quota.world.act("02", "revoke", document_no="撤〔2026〕2号")
    assert quota.totals() == (100, 0)
    assert Posting.objects.latest("id").kind == "recover"
    assert consistent() == []


def test_striking_a_decision_out_reserves_again(quota):
    quota.need(60)
    quota.reserve(60)
    quota.world.act("02", "accept")
    event = quota.world.act("02", "pass", document_no="A")
    actions.correct(by=quota.world.pm, event=event, reason="记错", now=NOW, strike=True)
    assert quota.totals() == (40, 0)
    assert quota.reservation.amount == 60 * q.TCE
    quota.world.act("02", "pass", document_no="B")
    assert quota.totals() == (40, 60)
    assert consistent() == []


def test_what_was_traded_away_cannot_be_taken_back(quota):
    quota.need(60)
    quota.reserve(60)
    quota.world.act("02", "accept")
    event = quota.world.act("02", "pass", document_no="A")
    other = quota.world.new_project(2, "另一个", chain=False)
    theirs = quota.need(10, other).holding
    from factors import entries

    holding = Account.objects.select_related("cap").get(pk=quota.demand.holding_id)
    trade = entries.move("trade", holding, theirs, 10 * q.TCE, key="t", on=q.TODAY, document_no="T")
    ledger.post([trade], now=NOW)
    with pytest.raises(Refused, match="50 tce"):
        actions.correct(by=quota.world.pm, event=event, reason="记错", now=NOW, strike=True)
    assert quota.totals() == (40, 50)


def test_a_corrected_number_confirms_anew_under_it(quota):
    quota.need(60)
    quota.reserve(60)
    quota.world.act("02", "accept")
    event = quota.world.act("02", "pass", document_no="A")
    new = actions.correct(by=quota.world.pm, event=event, reason="文号有误", now=NOW, document_no="B")
    kinds = list(Posting.objects.order_by("id").values_list("kind", "document_no"))[-3:]
    assert [kind for kind, _no in kinds] == ["reverse", "reserve", "confirm"]
    assert kinds[-1][1] == "B" and Posting.objects.get(pk=new.data["ledger"][0]).kind == "confirm"
    assert quota.totals() == (40, 60)
    assert actions.correct(by=quota.world.pm, event=new, reason="备注", now=NOW, note="补").data == new.data


def test_a_warning_lets_pass_and_stays_with_the_event(world):
    world.walk("01", "receive 11-03", "accept 11-03", "pass 11-04")
    quota = q.make(world, gate_mode="warn")
    quota.need(130)
    world.walk("02", "receive 11-18")
    event = world.act("02", "accept")
    assert event.data["gates"][0]["state"] == "blocked"
    assert "130 tce" in gates.sentence(event.data["gates"][0])


def test_off_asks_and_confirms_nothing(world):
    world.walk("01", "receive 11-03", "accept 11-03", "pass 11-04")
    quota = q.make(world, gate_mode="off")
    quota.need(50)
    quota.reserve(50)
    world.walk("02", "receive 11-05", "accept 11-06")
    assert "gates" not in world.act("02", "pass").data
    assert quota.reservation.amount == 50 * q.TCE


def test_at_the_decision_only(world):
    world.walk("01", "receive 11-03", "accept 11-03", "pass 11-04")
    quota = q.make(world, gate_at="decide")
    quota.need(130)
    world.walk("02", "receive 11-05", "accept 11-06")
    with pytest.raises(Refused, match="130 tce"):
        world.act("02", "pass", document_no="A")


def test_an_override_lets_through_and_stays(quota, clients):
    quota.need(130)
    facts = {"project": quota.world.project, "gate": "energy", "stage_code": "02", "stage_name": "规划许可", "now": NOW}
    quota.world.pm.role = "leader"
    gates.override(by=quota.world.pm, reason="专题会议", document_no="纪要〔2026〕3号", **facts)
    quota.world.pm.role = "pm"
    event = quota.world.act("02", "accept")
    assert event.data["gates"][0]["state"] == "overridden"
    assert "纪要〔2026〕3号" in gates.sentence(event.data["gates"][0])


def test_imported_history_is_not_refused_but_says_what_would_have_been(quota):
    quota.need(130)
    stage = quota.world.stage("02")
    made = history.record_many(by=quota.world.pm, entries=[history.Entry(stage, "accept", at("11-18"))], now=NOW)
    from approvals import gating

    ((event, lines),) = gating.refused(made)
    assert event.pk and "130 tce" in lines[0]
    assert StageEvent.objects.get(pk=event.pk).data["gates"][0]["gap"] == 130 * q.TCE
    assert quota.world.stage("02").state == State.ACCEPTED
    act = quota.world.act("04", "note", note="x", data=None)
    assert "gates" not in act.data


def test_an_import_does_not_pass_a_closed_gate_without_the_right(quota, tmp_path):
    from imports import engine

    path = tmp_path / "progress.csv"
    code = quota.world.project.code

    def preview(day, role="pm"):
        path.write_text(f"项目代码,环节,受理日期\n{code},02,{day}\n", encoding="utf-8")
        by = type(quota.world.pm).objects.get(pk=quota.world.pm.pk)
        by.role = role
        return engine.preview(kind="progress", path=path, name=path.name, by=by, now=NOW).rows.get()

    quota.need(130)
    today = NOW.date()
    row = preview(today)
    assert row.verdict == "wrong" and "130 tce" in str(row.problems)
    row = preview(today - timedelta(days=2))  # before the demand was registered: history
    assert row.verdict != "wrong" and "130 tce" in str(row.notes), row.problems
    quota.grant(100)
    quota.reserve(130)
    assert preview(today).notes == {}


def test_an_imported_decision_confirms_what_is_reserved(quota):
    quota.need(60)
    quota.reserve(60)
    stage = quota.world.stage("02")
    facts = {"document_no": "外〔2026〕9号"}
    made = history.record_many(
        by=quota.world.pm,
        entries=[history.Entry(stage, "accept", at("11-18")), history.Entry(stage, "pass", at("11-19"), facts=facts)],
        now=NOW,
    )
    assert quota.totals() == (40, 60)
    assert Posting.objects.get(pk=made[1].data["ledger"][0]).document_no == "外〔2026〕9号"


def test_overdue_is_worse_than_blocked_and_done_stays_done(quota):
    quota.need(130)
    Project.objects.filter(pk=quota.world.project.pk)
    quota.world.walk("03", "receive 11-05", "accept 11-05")
    project = Project.objects.get(pk=quota.world.project.pk)
    assert (project.chain_light, project.light, project.blocked) == ("red", "red", True)
    quota.grant(30)
    project.refresh_from_db()
    assert (project.light, project.blocked, project.blocked_since) == ("red", False, None)
    assert BlockEpisode.objects.get().closed_at == NOW
    assert consistent() == []


def test_a_project_without_chain_counts_and_others_turn_in_one_go(quota):
    bare = quota.world.new_project(2, "无链", chain=False)
    quota.need(80, bare)
    demand = quota.need(60)
    assert tallies.differences() == []
    quota.reserve(60, demand)  # 40 are left: the other one is blocked now
    bare.refresh_from_db()
    assert (bare.light, bare.sort_group, bare.blocked) == ("blocked", 1, True)
    assert verify.without_chain() == [] and consistent() == []
    quota.world.act("02", "accept")
    quota.world.act("02", "withdraw")  # releases, and frees the other one in the same transaction
    bare.refresh_from_db()
    assert (bare.light, bare.sort_group, bare.blocked) == ("idle", 9, False)
    assert verify.without_chain() == [] and consistent() == []
    assert tallies.differences() == []


@pytest.mark.django_db(transaction=True)
def test_two_who_want_the_last_tonnes_at_once(committed_world):
    """Both reserve 60 of 100; one wins. The other's decision then names what is left and who keeps it."""
    world = committed_world
    quota = q.make(world)
    other = world.new_project(2, "另一个")
    for project in (world.project, other):
        world.project = project
        world.walk("01", "receive 11-03", "accept 11-03", "pass 11-04")
        world.walk("02", "receive 11-18")
        quota.need(60)
    holders = {d.project_id: d for d in quota.demand.__class__.objects.select_related("holding")}

    def take(demand):
        return lambda: quota.reserve(60, demand, key=f"take:{demand.pk}")

    results = at_once(*(take(demand) for demand in holders.values()))
    lost = [r for r in results if isinstance(r, Exception)]
    assert len(lost) == 1 and isinstance(lost[0], ledger.LedgerRefused), results
    assert "40" in lost[0].words() and "市级池" in lost[0].words()
    for pk, demand in holders.items():
        world.project = Project.objects.get(pk=pk)
        demand.refresh_from_db()
        if demand.secured:
            world.act("02", "accept")
            continue
        assert world.project.light == "blocked"
        with pytest.raises(Refused) as caught:
            world.act("02", "accept")
        assert "40 tce" in str(caught.value) and "市发展改革委能源科" in str(caught.value)
    assert tallies.differences() == [] and consistent() == []


@pytest.mark.django_db(transaction=True)
def test_two_decisions_at_once_confirm_once(committed_world):
    world = committed_world
    world.walk("01", "receive 11-03", "accept 11-03", "pass 11-04")
    quota = q.make(world)
    quota.need(60)
    quota.reserve(60)
    world.walk("02", "receive 11-05", "accept 11-06")
    stage = world.stage("02")

    def decide(number):
        return lambda: actions.act(
            by=world.pm, stage=stage, action="pass", occurred_at=NOW, now=NOW, document_no=number
        )

    results = at_once(decide("A"), decide("B"))
    assert sorted(type(r).__name__ for r in results) == ["Refused", "StageEvent"], results
    assert Posting.objects.filter(kind="confirm").count() == 1
    assert quota.totals() == (40, 60)


def test_a_look_at_the_list_expires_what_has_run_out_and_frees_who_waited(quota):
    from approvals import keeping

    other = quota.world.new_project(2, "另一个", chain=False)
    quota.reserve(60, quota.need(60, other), until=q.TODAY)
    quota.need(90)
    assert Project.objects.get(pk=quota.world.project.pk).light == "blocked"
    keeping.sweep(NOW)
    assert Project.objects.get(pk=quota.world.project.pk).blocked
    keeping.sweep(at("11-21 00:30"))
    assert not Project.objects.get(pk=quota.world.project.pk).blocked
    assert Posting.objects.latest("id").kind == "expire"
    assert consistent() == []
