"""Registering what a project needs: who may, which pool serves, what is refused, the pages. On both databases."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from factors import blocked, blocks, demands, gates, pools
from factors.models import BlockEpisode, Demand, FactorSource, NoNeed, QuotaRequest
from factors.refusals import Refused
from people.models import AuditEntry
from projects.models import Project
from tests.approvals import quota as q
from tests.approvals import world as cities
from tests.approvals.world import NOW
from tests.factors import world as ledger_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def world(db):
    return cities.build()


@pytest.fixture
def quota(world):
    return q.make(world)


def test_a_demand_is_served_by_the_nearest_pool_and_judged_at_once(quota):
    demand = quota.need(130)
    assert (demand.pool, demand.blocked, demand.gap) == (quota.pool, True, 130 * q.TCE)
    episode = BlockEpisode.objects.get()
    assert (episode.opened_cause, episode.available, episode.opened_at) == ("registered", 100 * q.TCE, NOW)
    entry = AuditEntry.objects.filter(kind="ledger.demand").latest("id")
    assert entry.by == quota.world.pm and entry.detail["amount"] == 130 * q.TCE
    ledger_world.account(quota.pool.book, "pool", "pool:park", name="园区池", park=quota.world.park)
    pools.reassign(Demand.objects.all(), now=NOW)
    demand.refresh_from_db()
    assert demand.pool.name == "园区池" and demand.blocked


def test_twice_nothing_and_a_cap_are_refused(quota):
    quota.need(10)
    with pytest.raises(Refused) as caught:
        quota.need(20)
    assert caught.value.field == "book"
    with pytest.raises(Refused) as caught:
        quota.need(0, quota.world.new_project(2, "二", chain=False))
    assert caught.value.field == "amount"
    FactorSource.objects.filter(pk=quota.pool.book.source_id).update(is_cap=True)
    quota.pool.book.source.refresh_from_db()
    with pytest.raises(Refused):
        quota.need(10, quota.world.new_project(3, "三", chain=False))


def test_who_does_not_manage_it_may_not(quota):
    quota.need(10)
    for person in (quota.world.a,):
        with pytest.raises(PermissionDenied):
            demands.change(by=person, now=NOW, demand=quota.demand, amount=5, reason="x")


def test_changing_closing_and_registering_again(quota):
    demand = quota.need(130)
    facts = {"by": quota.world.pm, "now": NOW, "demand": demand}
    with pytest.raises(Refused) as caught:
        demands.change(amount=90 * q.TCE, reason=" ", **facts)
    assert caught.value.field == "reason"
    assert not demands.change(amount=90 * q.TCE, reason="工艺优化", **facts).blocked
    quota.reserve(40)
    with pytest.raises(Refused, match="secured"):
        demands.close(reason="不建了", **facts)
    from factors import entries, ledger

    ledger.post([entries.release(quota.reservation, key="r", on=q.TODAY)], now=NOW)
    demands.change(amount=200 * q.TCE, reason="扩产", **facts)
    closed = demands.close(reason="不建了", **facts)
    assert (closed.blocked, closed.closed_reason) == (False, "不建了")
    assert BlockEpisode.objects.filter(closed_at=None).count() == 0
    again = quota.need(130)
    assert again.pk == demand.pk and again.blocked and again.closed_on is None
    assert blocks.differences() == []


def test_groundwater_needs_a_reason_while_reclaimed_water_is_left(world):
    ground, reclaimed = ledger_world.book("water", "ground"), ledger_world.book("water", "reclaimed")
    FactorSource.objects.filter(pk=ground.source_id).update(needs_reason_while=reclaimed.source)
    ground.source.refresh_from_db()
    ledger_world.account(ground, "pool", "g", district=world.city, name="地下水池")
    pool = ledger_world.account(reclaimed, "pool", "r", park=world.park, name="园区中水池")
    issuer = ledger_world.account(reclaimed, "issuer", "i")
    from factors import entries, ledger

    ledger.post([entries.move("grant", issuer, pool, 5000, key="g", on=q.TODAY)], now=NOW)
    facts = {"by": world.pm, "now": NOW, "project": world.project, "book": ground, "period": "2026", "amount": 100}
    with pytest.raises(Refused) as caught:
        demands.register(**facts)
    assert caught.value.field == "substitution_reason" and "园区中水池" in caught.value.words()
    assert demands.register(substitution_reason="水质不达标", **facts).substitution_reason == "水质不达标"


@pytest.mark.parametrize(("place", "asks"), [("district", True), ("city", True), ("west", False)])
def test_a_park_without_reclaimed_water_of_its_own_is_asked_about_that_of_its_district(world, place, asks):
    from factors import entries, ledger

    ground, reclaimed = ledger_world.book("water", "ground"), ledger_world.book("water", "reclaimed")
    FactorSource.objects.filter(pk=ground.source_id).update(needs_reason_while=reclaimed.source)
    ground.source.refresh_from_db()
    places = {"district": world.district, "city": world.city, "west": world.extra["west"]}
    pool = ledger_world.account(reclaimed, "pool", "r", district=places[place], name="再生水厂")
    ledger_world.account(reclaimed, "pool", "empty", park=world.park, name="园区中水池")
    issuer = ledger_world.account(reclaimed, "issuer", "i")
    ledger.post([entries.move("grant", issuer, pool, 5000, key="g", on=q.TODAY)], now=NOW)
    assert pools.preferred_left(world.project, ground, "2026") == (pool if asks else None)
    assert pools.preferred_left(world.project, reclaimed, "2026") is None


def test_no_need_opens_the_gate_until_something_is_registered(quota):
    facts = {"by": quota.world.pm, "now": NOW, "project": quota.world.project}
    with pytest.raises(Refused):
        demands.declare_no_need(gate="energy", reason="", **facts)
    demands.declare_no_need(gate="energy", reason="不新增用能", **facts)
    (line,) = gates.standing(quota.world.project, ["energy"], now=NOW)
    assert line.state == "no_need" and not line.stops("decide")
    with pytest.raises(Refused):
        demands.declare_no_need(gate="energy", reason="又一次", **facts)
    quota.need(130)
    assert not NoNeed.objects.filter(withdrawn_at=None).exists()
    with pytest.raises(Refused):
        demands.declare_no_need(gate="energy", reason="不需要", **facts)


def test_the_one_queryset_says_state_amounts_and_since(quota):
    quota.need(130)
    quota.reserve(50)
    (demand,) = blocked.demand_states()
    assert (demand.state, demand.reserved, demand.confirmed, demand.available) == (
        "blocked", 50 * q.TCE, 0, 50 * q.TCE,
    )  # fmt: skip
    assert demand.since == NOW and blocked.days(demand, q.TODAY) == 0
    assert blocked.gap_words(demand) == "能耗缺 80 tce"
    assert blocked.who(demand) == "市发展改革委能源科"
    quota.grant(30)
    assert [d.state for d in blocked.demand_states()] == ["obtainable"]
    assert list(blocked.blocked_demands()) == [] and blocked.of_projects([quota.world.project.pk])
    quota.reserve(80)
    assert [d.state for d in blocked.demand_states()] == ["secured"]
    assert blocked.of_projects([quota.world.project.pk]) == {}


def test_what_frees_names_every_way(quota):
    from datetime import timedelta

    from factors.models import StockAmount, StockAsset

    other = quota.world.new_project(2, "云川恒箔", chain=False)
    quota.reserve(90, quota.need(90, other), until=q.TODAY + timedelta(days=9))
    quota.need(60)
    for code, status, amount in (("a", "verified", 30), ("b", "checking", 500)):
        asset = StockAsset.objects.create(
            code=code, name=f"停产企业{code}", kind="zombie", district=quota.world.city, status=status
        )
        StockAmount.objects.create(asset=asset, book=quota.pool.book, pool=quota.pool, recoverable=amount * q.TCE)
    account = ledger_world.account(quota.pool.book, "pool", "pool:2", name="河东池", district=quota.world.district)
    from factors import entries, ledger

    ledger.post([entries.move("grant", quota.issuer, account, 70 * q.TCE, key="z", on=q.TODAY)], now=NOW)
    demand = blocked.demand_states().get(project=quota.world.project)
    words = [line.text for line in blocked.what_frees(demand, q.TODAY)]
    assert words[0] == "池缺口 50 tce"
    told = "；".join(words)
    for part in ("云川恒箔", "90 tce", "停产企业a可得 30 tce", "停产企业b", "尚未核实", "河东池可用 70 tce，足够"):
        assert part in told, (part, told)


# --- pages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def pm(quota, client):
    client.force_login(quota.world.pm, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.usefixtures("that_day")
def test_the_form_reads_exactly_and_says_what_was_expected(pm, quota):
    url = reverse("demand-create", args=[quota.world.project.code])
    data = {"book": quota.pool.book.pk, "year": "2026", "amount": "130万立方米"}
    answer = pm.post(url, data)
    assert answer.status_code == 422 and "tce" in answer.content.decode()
    answer = pm.post(url, data | {"amount": "0.013万吨标煤"})
    assert answer.status_code == 302
    assert quota.demand.amount == 130 * q.TCE
    assert pm.post(url, data | {"amount": "1"}).status_code == 422  # registered already


def test_pages_show_change_ask_and_give_up(pm, quota):
    demand = quota.need(130)
    code = quota.world.project.code
    page = pm.get(reverse("project-page", args=[code])).content.decode()
    for part in ("能耗", "130", "市级池", "指标卡住"):
        assert part in page, part
    listing = pm.get(reverse("project-list")).content.decode()
    assert "能耗缺 130 tce" in listing
    assert "能耗缺 130 tce" in pm.get(reverse("project-list") + "?factor=energy").content.decode()
    assert "能耗缺" not in pm.get(reverse("project-list") + "?factor=water").content.decode()
    assert "能耗缺 130 tce" in pm.get(reverse("workbench")).content.decode()
    answer = pm.get(reverse("blocked-list"))
    assert answer.status_code == 200 and quota.world.project.name in answer.content.decode()
    # Figures of the overview open what they are the sum of: also what the pool could give, not only what is blocked.
    listed = reverse("blocked-list")
    for asked, there in (
        (f"?pool={demand.pool_id}&show=missing", True),
        (f"?pool={demand.pool_id}&show=all", True),
        (f"?book={demand.book.code}&show=all", True),
        (f"?factor=energy&year={demand.period}&basis={demand.book.basis}&show=all", True),
        ("?factor=energy&year=1999&show=all", not demand.period),
        ("?kind=energy&show=nonsense", True),  # an address of before
    ):
        assert (quota.world.project.name in pm.get(listed + asked).content.decode()) == there, asked
    for stale in ("?pool=999999", "?pool=x", "?book=none"):
        assert pm.get(listed + stale).status_code == 404
    shown = pm.get(f"{listed}?pool={demand.pool_id}&show=missing").content.decode()
    assert "需求 130，已落实 0，缺 130 吨标准煤" in shown
    edit = reverse("demand-edit", args=[code, demand.pk])
    assert pm.get(edit).status_code == 200
    assert pm.post(edit, {"amount": "120", "reason": ""}).status_code == 422
    assert pm.post(reverse("demand-ask", args=[code, demand.pk])).status_code == 302
    assert QuotaRequest.objects.get().amount == 130 * q.TCE
    assert pm.post(edit, {"amount": "120", "reason": "核减"}).status_code == 302
    assert quota.demand.amount == 120 * q.TCE
    assert pm.post(reverse("demand-close", args=[code, demand.pk]), {"reason": "缓建"}).status_code == 302
    assert Demand.objects.get().closed_reason == "缓建"
    assert QuotaRequest.objects.get().status == "withdrawn"
    assert not Project.objects.get(pk=quota.world.project.pk).blocked


def test_no_need_by_form_and_withdrawn(pm, quota):
    url = reverse("no-need", args=[quota.world.project.code])
    assert pm.get(url).status_code == 200
    assert pm.post(url, {"gate": "energy", "reason": ""}).status_code == 422
    assert pm.post(url, {"gate": "energy", "reason": "不新增用能"}).status_code == 302
    assert "不新增用能" in pm.get(reverse("project-page", args=[quota.world.project.code])).content.decode()
    assert pm.post(url, {"withdraw": NoNeed.objects.get().pk}).status_code == 302
    assert NoNeed.objects.get().withdrawn_at is not None


def test_only_the_separate_right_overrides_and_it_stays_on_the_page(pm, quota, client):
    world = quota.world
    world.walk("01", "receive 11-18", "accept 11-18", "pass 11-19")
    world.walk("02", "receive 11-19")
    quota.need(130)
    url = reverse("gate-override", args=[world.project.code]) + "?gate=energy&stage=02"
    assert pm.post(url, {"reason": "x", "document_no": "y"}).status_code == 403
    world.pm.role = "leader"
    world.pm.save()
    assert pm.get(url).status_code == 200
    assert pm.post(url, {"reason": "专题会议", "document_no": ""}).status_code == 422
    assert pm.post(url, {"reason": "专题会议", "document_no": "纪要〔2026〕3号"}).status_code == 302
    world.pm.role = "pm"
    world.pm.save()
    world.act("02", "accept")
    page = pm.get(reverse("project-page", args=[world.project.code])).content.decode()
    assert page.count("纪要〔2026〕3号") >= 2  # the card and the history
