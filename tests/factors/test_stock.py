"""Stock: written by one, verified by another, recovered by vouchers, never twice and never before it is posted."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from factors import actions, pools, quantity, ratios
from factors.assets import stock
from factors.assets.stock import Part
from factors.models import Account, Book, FactorKind, Posting, ReplacementSource, StockAmount, StockAsset
from factors.refusals import Refused
from people import actions as people_actions
from people.models import AuditEntry
from tests.factors import office as offices
from tests.factors import world
from tests.factors.office import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def office(db):
    office = offices.build()
    office.more["park"] = people_actions.ensure_user(
        "parkie", display_name="园区", role="park", department=office.departments["water"], password="x"
    )
    people_actions.grant(office.more["park"], "view_projects", office.park)
    return office


def facts(office, **more):
    blank = {"enterprise": None, "park": office.park, "plan": "", "plan_on": None, "note": ""}
    return blank | {
        "code": "Z1", "name": "停产铁合金", "kind": "zombie", "district": office.district,
        "department": office.departments["energy"],
    } | more  # fmt: skip


def recorded(office, amount=20_000, by=None, **more):
    parts = [Part(office.book, amount, office.pool)]
    return stock.record(by=by or office.maker, now=NOW, facts=facts(office, **more), parts=parts)


def verified(office, amount=20_000):
    asset = recorded(office, amount)
    return stock.verify(by=office.checker, now=NOW, asset=asset, document_no="核〔2026〕1号", on=TODAY)


def held(office, amount=50_000):
    """Return an enterprise's account that holds quota."""
    enterprise = office.project.enterprise
    holding = pools.enterprise_holding(enterprise=enterprise, book=office.book, period="2026", pool=office.pool)
    from factors import entries, ledger

    issuer = pools.standing_account("issuer", office.book, "2026")
    ledger.post([entries.move("opening", issuer, holding, amount, key="o", on=TODAY, document_no="期初")], now=NOW)
    return Account.objects.get(pk=holding.pk)


def test_who_wrote_it_does_not_verify_it_and_a_change_of_amounts_asks_again(office):
    asset = recorded(office)
    for person in (office.maker, office.other, office.stranger):
        with pytest.raises(PermissionDenied):
            stock.verify(by=person, now=NOW, asset=asset, document_no="核1号", on=TODAY)
    with pytest.raises(Refused) as caught:
        stock.verify(by=office.checker, now=NOW, asset=asset, document_no=" ", on=TODAY)
    assert caught.value.code == "no_document"
    stock.verify(by=office.checker, now=NOW, asset=asset, document_no="核1号", on=TODAY)
    again = stock.record(
        by=office.checker, now=NOW, facts=facts(office), parts=[Part(office.book, 20_000, office.pool)], asset=asset
    )
    assert again.status == "verified"  # nothing of the amounts changed
    again = stock.record(
        by=office.checker, now=NOW, facts=facts(office), parts=[Part(office.book, 25_000, office.pool)], asset=asset
    )
    assert (again.status, again.verified_by) == ("checking", None)
    with pytest.raises(PermissionDenied):
        stock.verify(by=office.checker, now=NOW, asset=again, document_no="核2号", on=TODAY)
    assert AuditEntry.objects.filter(kind="ledger.asset").count() == 4


def test_only_verified_stock_is_recoverable_and_nothing_is_available_before_it_is_posted(office):
    asset = recorded(office)
    (total,) = stock.totals(StockAsset.objects.all())
    assert (total.checking, total.recoverable, total.recovered) == (20_000, 0, 0)
    amount, holding = asset.amounts.get(), held(office)
    ask = {"by": office.maker, "now": NOW, "holding": holding, "pool": office.pool, "document_no": "腾退1号"}
    with pytest.raises(Refused) as caught:
        stock.draft_recovery(stock=amount, amount=15_000, **ask)
    assert caught.value.code == "stock_not_verified"
    stock.verify(by=office.checker, now=NOW, asset=asset, document_no="核1号", on=TODAY)
    amount = asset.amounts.select_related("asset", "book__kind").get()
    with pytest.raises(Refused) as caught:
        stock.draft_recovery(stock=amount, amount=20_001, **ask)
    assert caught.value.code == "more_than_verified"
    before = Account.objects.get(pk=office.pool.pk).available
    voucher = stock.draft_recovery(stock=amount, amount=15_000, **ask)
    actions.submit_voucher(by=office.maker, voucher=voucher, now=NOW)
    assert Account.objects.get(pk=office.pool.pk).available == before
    (total,) = stock.totals(StockAsset.objects.all())
    assert (total.recoverable, total.recovered) == (20_000, 0)
    actions.pass_voucher(by=office.checker, voucher=voucher, now=NOW)
    assert Account.objects.get(pk=office.pool.pk).available == before + 15_000
    (total,) = stock.totals(StockAsset.objects.all())
    assert (total.recoverable, total.recovered) == (5_000, 15_000)
    with pytest.raises(Refused) as caught:
        stock.record(
            by=office.maker, now=NOW, facts=facts(office), parts=[Part(office.book, 14_000, None)], asset=asset
        )
    assert caught.value.code == "recovered_already"


def test_what_a_replacement_cites_does_not_come_back_too(office):
    asset = verified(office)
    amount = asset.amounts.select_related("asset", "book__kind").get()
    holding = held(office)
    ask = {"by": office.maker, "now": NOW, "holding": holding, "pool": office.pool, "document_no": "腾退1号"}
    voucher = stock.draft_recovery(stock=amount, amount=20_000, **ask)
    actions.submit_voucher(by=office.maker, voucher=voucher, now=NOW)
    ReplacementSource.objects.create(
        name="x", book=office.book, asset=asset, district=office.district, saving=8_000, verified_on=TODAY,
        verification_no="核1号", verified_by=office.checker,
    )  # fmt: skip
    with pytest.raises(Refused) as caught:
        actions.pass_voucher(by=office.checker, voucher=voucher, now=NOW)
    assert caught.value.code == "cited"
    assert StockAmount.objects.get().recovered == 0 and not Posting.objects.filter(kind="recover").exists()
    assert stock.left(amount) == 12_000


def test_disposed_land_earns_new_indicators_by_the_ratio_of_the_year(office):
    land = world.book("land")
    FactorKind.objects.filter(pk=land.kind_id).update(department=office.departments["energy"])
    land = Book.objects.select_related("kind", "source").get(pk=land.pk)
    pool = pools.open_pool(by=office.maker, now=NOW, book=land, period="2026", district=office.city)
    asset = stock.record(
        by=office.maker, now=NOW, facts=facts(office, code="L1", kind="idle"),
        parts=[Part(land, quantity.parse("50亩", "land").smallest, pool)],
    )  # fmt: skip
    stock.verify(by=office.checker, now=NOW, asset=asset, document_no="核3号", on=TODAY)
    amount = asset.amounts.select_related("asset", "book__kind").get()
    area = quantity.parse("80.01亩", "land").smallest
    voucher = stock.draft_earning(
        by=office.maker, now=NOW, stock=amount, pool=pool, area=area, year=2026, document_no="增存1号"
    )
    assert ratios.earning(2026).figure == "0.5" and ratios.earning(2010) is None
    assert "80.01" in voucher.reason and "2026" in voucher.reason
    actions.submit_voucher(by=office.maker, voucher=voucher, now=NOW)
    (posting,) = actions.pass_voucher(by=office.checker, voucher=voucher, now=NOW)
    amount.refresh_from_db()
    assert (posting.kind, amount.recovered) == ("earn", area // 2)
    assert Account.objects.get(pk=pool.pk).available == quantity.parse("40.005亩", "land").smallest
    undo = actions.draft_voucher(
        by=office.maker, now=NOW, kind="reverse", reverses=posting, document_no="更正1号", reason="误登"
    )
    actions.submit_voucher(by=office.maker, voucher=undo, now=NOW)
    actions.pass_voucher(by=office.checker, voucher=undo, now=NOW)
    amount.refresh_from_db()
    assert amount.recovered == 0


# --- pages ---------------------------------------------------------------------------------------------------------


def test_from_the_form_to_the_voucher_by_the_pages(office, client):
    holding = held(office)
    client.force_login(office.maker)
    data = {
        "code": "Z9", "name": "关停焦化", "kind": "backward", "district": office.district.pk, "park": office.park.pk,
        "department": office.departments["energy"].pk, "book-0": office.book.pk, "amount-0": "12.5 tce",
        "pool-0": office.pool.pk,
    }  # fmt: skip
    assert client.post(reverse("stock-create"), data | {"amount-0": "12亩"}).status_code == 422
    assert client.post(reverse("stock-create"), data).status_code == 302
    asset = StockAsset.objects.get()
    page = reverse("stock-page", args=[asset.pk])
    assert client.get(page).context["may_verify"] is False
    assert client.get(reverse("stock-edit", args=[asset.pk])).status_code == 200
    client.force_login(office.checker)
    assert client.post(page, {"action": "verify", "document_no": "核1号"}).status_code == 302
    client.force_login(office.maker)
    amount = asset.amounts.get()
    assert client.get(f"{page}?recover={amount.pk}").context["form"] is not None
    step = {
        "action": "recover",
        "stock": amount.pk,
        "holding": holding.pk,
        "pool": office.pool.pk,
        "document_no": "1号",
    }
    assert client.post(page, step | {"amount": "13"}).status_code == 422
    answer = client.post(page, step | {"amount": "12.5", "aside": "on"})
    voucher = StockAmount.objects.get().asset and stock.waiting(asset).get()
    assert answer["Location"] == reverse("voucher-page", args=[voucher.pk])
    assert voucher.lines.get().credit.role == "recovered"
    assert client.get(page).status_code == 200 and client.get(reverse("stock-list")).status_code == 200


def test_park_officers_see_their_parks_stock_and_strangers_find_nothing(office, client):
    asset = recorded(office)
    page = reverse("stock-page", args=[asset.pk])
    client.force_login(office.more["park"])
    assert client.get(page).status_code == 200
    assert asset.name in client.get(reverse("stock-list")).content.decode()
    assert client.post(page, {"action": "drop", "reason": "x"}).status_code == 403
    assert client.get(reverse("stock-edit", args=[asset.pk])).status_code == 403
    for person in (office.stranger, office.other):
        client.force_login(person)
        assert client.get(page).status_code == 404
        assert asset.name not in client.get(reverse("stock-list")).content.decode()
