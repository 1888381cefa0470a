"""Which pool serves a project, and accounts that open with places and years."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

import projects.actions
from factors import actions, entries, ledger, pools
from factors.building import LineDraft
from factors.models import Account, BlockEpisode, Book, Demand, FactorKind, Posting
from people.models import District
from projects.models import Park
from tests.factors import office as offices
from tests.factors.office import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def office(db):
    return offices.build()


def opened(office, **place):
    return pools.open_pool(by=office.maker, now=NOW, book=office.book, period="2026", **place)


def nearest(office):
    return pools.nearest_pool(office.project, office.book, "2026")


def test_the_park_serves_before_the_district_before_the_city(office):
    assert nearest(office) == office.pool
    district = opened(office, district=office.district)
    assert nearest(office) == district
    park = opened(office, park=office.park)
    assert nearest(office) == park
    other = Park.objects.create(code="159901PK02", name="另一园区", district=office.district)
    far = District.objects.create(code="159902", name="河西区", parent=office.city)
    opened(office, park=other)
    opened(office, district=far)
    assert nearest(office) == park
    assert pools.nearest_pool(office.project, office.book, "2027") is None
    Account.objects.filter(pk=park.pk).update(closed_on=TODAY)
    assert nearest(office) == district


def test_a_new_pool_takes_its_demands_over_and_blocks_or_frees_them(office):
    assert not office.demand.blocked
    park = opened(office, park=office.park)
    demand = Demand.objects.get()
    assert (demand.pool, demand.blocked) == (park, True)
    assert BlockEpisode.objects.get().opened_cause == "pool"
    office.project.refresh_from_db()
    offices.grant(park, 60_000)
    assert not Demand.objects.get().blocked
    with pytest.raises(actions.Refused) as caught:
        pools.close_account(by=office.maker, account=park, now=NOW, on=TODAY, reason="并入市级")
    assert caught.value.code == "not_empty"
    ledger.post(
        [entries.move("reallocate", park, office.pool, 60_000, key="back", on=TODAY, document_no="调1号")], now=NOW
    )
    pools.close_account(by=office.maker, account=park, now=NOW, on=TODAY, reason="并入市级")
    demand = Demand.objects.get()
    assert (demand.pool, demand.blocked) == (office.pool, False)


def test_a_project_that_moves_gets_the_pool_of_its_new_place(office):
    far = District.objects.create(code="159902", name="河西区", parent=office.city)
    pool = opened(office, district=far)
    type(office.project).objects.filter(pk=office.project.pk).update(district=far, park=None)
    turned = pools.reassign(Demand.objects.filter(project=office.project), now=NOW)
    assert turned == {office.project.pk}
    assert Demand.objects.get().pool == pool


def test_who_may_open_a_pool_and_only_once(office):
    for name in ("other", "leader", "pm", "stranger"):
        with pytest.raises(PermissionDenied):
            pools.open_pool(by=office.people[name], now=NOW, book=office.book, period="2026", district=office.district)
    for department in (office.departments["water"], office.departments["energy-east"]):
        with pytest.raises(PermissionDenied):  # to name one's own office as keeper gives no right to the factor
            pools.open_pool(
                by=office.other, now=NOW, book=office.book, period="2026", park=office.park, department=department
            )
    with pytest.raises(actions.Refused) as caught:
        opened(office, district=office.city)
    assert caught.value.code == "pool_exists"


def test_the_form_offers_the_books_of_ones_own_factors(office, client):
    client.force_login(office.other, backend="django.contrib.auth.backends.ModelBackend")
    url = reverse("account-create")
    assert list(client.get(url).context["form"].fields["book"].queryset) == []
    wanted = {
        "book": office.book.pk,
        "year": "2026",
        "park": office.park.pk,
        "department": office.departments["water"].pk,
    }
    answer = client.post(url, wanted)
    assert answer.status_code in (403, 422) and not Account.objects.filter(role="pool", park=office.park).exists()
    client.force_login(office.maker, backend="django.contrib.auth.backends.ModelBackend")
    assert office.book in client.get(url).context["form"].fields["book"].queryset
    assert client.post(url, wanted).status_code == 302
    pool = Account.objects.get(role="pool", park=office.park)
    assert pool.department == office.departments["water"]  # whom the one in charge lets keep it
    with pytest.raises(actions.Refused):
        opened(office)


def test_accounts_of_projects_and_enterprises_are_made_once(office):
    again = pools.holding_for(project=office.project, book=office.book, period="2026")
    assert (again.pk, again.department) == (office.demand.holding_id, office.pool.department)
    firm = pools.enterprise_holding(
        enterprise=office.project.enterprise, book=office.book, period="2026", pool=office.pool
    )
    assert firm == pools.enterprise_holding(
        enterprise=office.project.enterprise, book=office.book, period="2026", pool=office.pool
    )
    issuer = pools.standing_account("issuer", office.book, "2026")
    assert issuer.may_overdraw and issuer == pools.standing_account("issuer", office.book, "2026")
    recovered = pools.standing_account("recovered", office.book, "2026", office.pool)
    assert (recovered.role, recovered.department) == ("recovered", office.pool.department)


def test_a_year_opens_with_the_places_of_the_year_before_once(office):
    opened(office, park=office.park)
    made = pools.open_year(by=office.maker, now=NOW, year=2027)
    assert sorted((a.code, a.period, a.available) for a in made) == [
        (f"pool:{office.city.code}", "2027", 0),
        (f"pool:{office.park.code}", "2027", 0),
    ]
    assert pools.open_year(by=office.maker, now=NOW, year=2027) == []
    FactorKind.objects.update(year_end="keep")
    assert pools.open_year(by=office.maker, now=NOW, year=2028) == []
    kind = FactorKind.objects.get()
    assert (pools.period_of(kind, 2026), pools.period_of(FactorKind(year_end="expire"), 2026)) == ("", "2026")


def water(office):
    total, river = offices.book("water", "total"), offices.book("water", "river")
    FactorKind.objects.filter(code="water").update(department=office.departments["energy"])
    type(total.source).objects.filter(pk=total.source_id).update(is_cap=True)
    return [Book.objects.select_related("kind", "source").get(pk=b.pk) for b in (total, river)]


def test_a_cap_stands_over_every_pool_of_its_region(office):
    total, river = water(office)
    cap = pools.open_pool(by=office.maker, now=NOW, book=total, period="2026", district=office.city)
    district = pools.open_pool(by=office.maker, now=NOW, book=river, period="2026", district=office.district)
    free = pools.open_pool(by=office.maker, now=NOW, book=river, period="2026", park=office.park, under_cap=False)
    assert (district.cap, free.cap) == (cap, None)
    assert [a.role for a in pools.open_year(by=office.maker, now=NOW, year=2027)] == ["cap", "pool", "pool", "pool"]
    caps = Account.objects.filter(period="2027", book=river).values_list("code", "cap__period")
    assert dict(caps) == {"pool:159901": "2027", "pool:159901PK01": None}


def test_what_was_taken_under_a_cap_is_not_mixed_with_what_stands_outside(office):
    """An account without entries follows its pool's cap; one with entries keeps to the cap it has."""
    total, river = water(office)
    early = pools.open_pool(by=office.maker, now=NOW, book=river, period="2026", district=office.district)
    demand = offices.need(office.project, river, 50)
    cap = pools.open_pool(by=office.maker, now=NOW, book=total, period="2026", district=office.city)
    pool = pools.open_pool(by=office.maker, now=NOW, book=river, period="2026", park=office.park)
    for account in (early, pool, cap):
        offices.grant(account, 100)
    drafts = [
        actions.draft_voucher(
            by=office.maker, now=NOW, kind="reserve", lines=[LineDraft(p, demand.holding, 5)], document_no="1号"
        )
        for p in (pool, early)
    ]
    for draft in drafts:
        actions.submit_voucher(by=office.maker, voucher=draft, now=NOW)
    actions.pass_voucher(by=office.checker, voucher=drafts[0], now=NOW)
    assert Account.objects.get(pk=demand.holding_id).cap == cap
    with pytest.raises(actions.Refused) as caught:
        actions.pass_voucher(by=office.checker, voucher=drafts[1], now=NOW)
    assert caught.value.code == "other_cap"
    assert Account.objects.get(pk=cap.pk).available == 95


def test_a_reversal_keeps_every_line_with_its_cap(office):
    """Also two lines of one amount, and what was posted to the cap alone."""
    total, river = water(office)
    cap = pools.open_pool(by=office.maker, now=NOW, book=total, period="2026", district=office.city)
    pool = pools.open_pool(by=office.maker, now=NOW, book=river, period="2026", district=office.city)
    for account in (pool, cap):
        offices.grant(account, 100)
    demands = [offices.need(p, river, 30) for p in (office.project, offices.another_project(office))]
    both = _posted(office, "reserve", *(LineDraft(demand=d) for d in demands))
    assert both.transfers.count() == 4
    undone = _posted(office, "reverse", reverses=both, reason="误登")
    assert [t.phase for t in undone.transfers.all()] == ["void"] * 4
    granted = Posting.objects.get(transfers__credit=cap, kind="grant")
    _posted(office, "reverse", reverses=granted, reason="误登")
    assert [Account.objects.get(pk=a.pk).available for a in (pool, cap)] == [100, 0]


def _posted(office, kind, *lines, **facts):
    draft = actions.draft_voucher(by=office.maker, now=NOW, kind=kind, lines=lines, document_no="1号", **facts)
    actions.submit_voucher(by=office.maker, voucher=draft, now=NOW)
    return actions.pass_voucher(by=office.checker, voucher=draft, now=NOW)[0]


@pytest.mark.parametrize(
    ("code", "industry"),
    [("C3091", True), ("C", True), ("0610", True), ("4420", True), ("", True), ("A0111", False), ("K7010", False)],
)
def test_what_counts_as_industry(office, code, industry):
    office.project.industry_code = code
    assert pools.is_industry(office.project) is industry


def test_a_project_that_moves_takes_its_demands_to_the_new_places_pool(office, django_capture_on_commit_callbacks):
    other = Park.objects.create(code="159901PK09", name="新园区", district=office.district)
    there = opened(office, park=other)
    demand = Demand.objects.get(project=office.project, book=office.book)
    pools.reassign(Demand.objects.all(), now=NOW)
    assert Demand.objects.get(pk=demand.pk).pool == office.pool
    office.project.park = other
    office.project.save()
    with django_capture_on_commit_callbacks(execute=True):
        for hook in projects.actions.after_move:
            hook(office.project.pk)
    demand.refresh_from_db()
    assert (demand.pool, demand.blocked) == (there, True)


def test_only_pools_with_nothing_in_flight_are_closed(office):
    def refused(account):
        with pytest.raises(actions.Refused) as caught:
            pools.close_account(by=office.maker, account=account, now=NOW, on=TODAY, reason="不用了")
        return caught.value.code

    assert refused(office.demand.holding) == "role"
    assert refused(pools.standing_account("issuer", office.book, "2026")) == "role"
    until = TODAY + timedelta(days=9)
    ledger.post([entries.reserve(office.pool, office.demand.holding, 100_000, until, key="r", on=TODAY)], now=NOW)
    assert Account.objects.get(pk=office.pool.pk).available == 0
    assert refused(office.pool) == "in_flight"


@pytest.mark.parametrize(("period", "allowed"), [("2027", True), ("2025", False), ("2028", False), ("", False)])
def test_what_is_carried_over_goes_one_year_forward(office, period, allowed):
    there = pools.open_pool(by=office.maker, now=NOW, book=office.book, period=period, district=office.city)
    line = actions.LineDraft(debit=office.pool, credit=there, amount=5)
    facts = {"by": office.maker, "now": NOW, "kind": "carry_over", "lines": [line], "document_no": "结转1号"}
    voucher = actions.draft_voucher(**facts)
    if allowed:
        assert actions.submit_voucher(by=office.maker, voucher=voucher, now=NOW).status == "submitted"
        return
    with pytest.raises(actions.Refused) as caught:
        actions.submit_voucher(by=office.maker, voucher=voucher, now=NOW)
    assert caught.value.code == "not_next_year"
