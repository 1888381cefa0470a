"""Trades of water and energy rights: checks in sentences, approval by a voucher with both legs, permits, pages."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from factors import actions, entries, ledger, pools, yuan
from factors.assets import replacements, trades
from factors.models import Account, Book, FactorKind, ReplacementSource, Trade
from factors.refusals import Refused
from people.models import AuditEntry
from tests.factors import office as offices
from tests.factors import world
from tests.factors.office import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
WAN = 10_000


@pytest.fixture
def office(db):
    """A seller and a buyer of river water; the energy office keeps water, too."""
    office = offices.build()
    water = world.book("water", "river", year_end="keep")
    FactorKind.objects.filter(pk=water.kind_id).update(department=office.departments["energy"])
    water = office.more["water"] = Book.objects.select_related("kind", "source").get(pk=water.pk)
    pools.open_pool(by=office.maker, now=NOW, book=water, period="", district=office.city)
    seller = pools.holding_for(project=office.project, book=water, period="")
    issuer = pools.standing_account("issuer", water, "")
    ledger.post([entries.move("opening", issuer, seller, 100 * WAN, key="o", on=TODAY, document_no="期初")], now=NOW)
    office.more["seller"] = Account.objects.select_related("book__kind", "book__source").get(pk=seller.pk)
    office.more["buyer"] = pools.holding_for(project=offices.another_project(office), book=water, period="")
    return office


def facts(office, **more):
    return {
        "buyer": office.more["buyer"], "amount": 30 * WAN, "price_fen": 12_000_00, "from_on": date(2027, 1, 1),
        "until_on": date(2029, 12, 31), "verified_saving": 40 * WAN, "saving_document_no": "节水核〔2026〕3号",
        "saving_measure": "渠道衬砌", "filing_no": "",
    } | more  # fmt: skip


def registered(office, by=None, trade=None, **more):
    return trades.register(
        by=by or office.maker, now=NOW, seller=office.more["seller"], facts=facts(office, **more),
        document_no="交易〔2026〕1号", trade=trade,
    )  # fmt: skip


def permitted(office, limit=100 * WAN, until=date(2030, 12, 31)):
    trades.set_permit(by=office.maker, now=NOW, account=office.more["seller"], limit=limit, until=until)


def code(office, **more):
    with pytest.raises(Refused) as caught:
        registered(office, **more)
    assert len(caught.value.words()) > 10 and "%" not in caught.value.words()
    return caught.value.code


def test_everything_that_stands_against_a_trade_is_a_sentence(office):
    assert code(office) == "no_permit"
    permitted(office)
    assert code(office, amount=100 * WAN + 1, verified_saving=200 * WAN) == "more_than_holding"
    assert code(office, amount=41 * WAN) == "more_than_saving"
    assert code(office, saving_document_no=" ") == "no_saving_document"
    assert code(office, until_on=date(2031, 1, 1)) == "outside_permit_term"
    assert code(office, until_on=date(2026, 1, 1)) == "term_reversed"
    permitted(office, limit=90 * WAN)
    assert code(office) == "more_than_permit"
    assert not Trade.objects.exists()


def test_both_legs_move_when_the_keeper_of_the_buyer_approves(office):
    permitted(office)
    trade = registered(office)
    assert (trade.code, trade.status) == ("2026-0001", "draft")
    trades.submit(by=office.maker, now=NOW, trade=trade)
    trade.refresh_from_db()
    assert trade.status == "submitted"
    assert Account.objects.get(pk=trade.buyer_id).available == 0
    with pytest.raises(PermissionDenied):
        actions.pass_voucher(by=office.maker, voucher=trade.voucher, now=NOW)
    actions.pass_voucher(by=office.checker, voucher=trade.voucher, now=NOW)
    trade.refresh_from_db()
    seller, buyer = (Account.objects.get(pk=pk) for pk in (trade.seller_id, trade.buyer_id))
    assert (trade.status, seller.available, buyer.available) == ("approved", 70 * WAN, 30 * WAN)
    assert trades.value(trade) == 30 * 12_000_00
    assert code(office, amount=11 * WAN) == "more_than_saving"  # 40 were verified, 30 are sold
    # The first trade said what this document verified, whatever a later one says, and however it writes the number.
    for number in ("节水核〔2026〕3号", "节水核[2026]3号", "节水核【２０２６】 3号", " 节水核(2026)3号 "):
        assert code(office, amount=11 * WAN, saving_document_no=number) == "more_than_saving"
        assert code(office, amount=5 * WAN, saving_document_no=number, verified_saving=400 * WAN) == "other_saving"
    assert registered(office, amount=10 * WAN).code == "2026-0002"


def test_a_refused_or_withdrawn_trade_is_written_anew_by_its_maker_only(office):
    permitted(office)
    trade = registered(office)
    trades.submit(by=office.maker, now=NOW, trade=trade)
    trade = Trade.objects.get()
    assert code(office, trade=trade) == "settled"
    actions.refuse_voucher(by=office.checker, voucher=trade.voucher, now=NOW, reason="价格偏低")
    trade = registered(office, trade=Trade.objects.get(), price_fen=13_000_00)
    assert (trade.status, trade.price_fen, Trade.objects.count()) == ("draft", 13_000_00, 1)
    actions.cancel_voucher(by=office.maker, voucher=trade.voucher, now=NOW)
    with pytest.raises(Refused):
        trades.submit(by=office.maker, now=NOW, trade=trade)
    again = registered(office, trade=Trade.objects.get())
    trades.submit(by=office.maker, now=NOW, trade=again)
    with pytest.raises(PermissionDenied):
        registered(office, by=office.other)


def test_the_permit_is_its_keepers_to_write(office):
    account = office.more["seller"]
    for person in (office.other, office.pm, office.stranger):
        with pytest.raises(PermissionDenied):
            trades.set_permit(by=person, now=NOW, account=account, limit=1, until=TODAY)
    with pytest.raises(Refused):
        trades.set_permit(by=office.maker, now=NOW, account=account, limit=1, until=None)
    permitted(office)
    account.refresh_from_db()
    assert (account.permit_limit, account.permit_until) == (100 * WAN, date(2030, 12, 31))
    assert AuditEntry.objects.filter(kind="ledger.account").first().detail["after"]["limit"] == 100 * WAN


@pytest.mark.parametrize(
    ("text", "fen"),
    [("1,234.56", 123_456), ("１．２万元", 1_200_000), ("¥80", 8_000), ("0.1", 10), ("1.234567万", 1_234_567)],
)
def test_yuan_are_read_exactly(text, fen):
    assert yuan.parse(text) == fen


@pytest.mark.parametrize("text", ["", "-1", "1.234", "1,23", "1e5", "一百", "1.2.3", "9" * 30, "NaN"])
def test_what_is_no_money_is_refused(text):
    with pytest.raises(yuan.YuanError):
        yuan.parse(text)


# --- pages ---------------------------------------------------------------------------------------------------------


def test_the_pages_from_the_permit_to_the_printed_registration(office, client):
    client.force_login(office.maker)
    seller, buyer = office.more["seller"], office.more["buyer"]
    chosen = client.get(reverse("trade-create"))
    assert [account.pk for account in chosen.context["sellers"]] == [seller.pk]
    page = f"{reverse('trade-create')}?seller={seller.pk}"
    data = {
        "buyer": buyer.pk, "amount": "30", "price_fen": "12,000.005", "from_on": "2027-01-01",
        "until_on": "2029-12-31", "verified_saving": "40万m³", "saving_document_no": "节水核3号",
        "document_no": "交1号",
    }  # fmt: skip
    assert set(client.post(page, data).context["form"].errors) == {"price_fen"}
    data["price_fen"] = "12,000.00"
    assert client.post(page, data).status_code == 422  # no permit yet
    permit = f"{reverse('account-permit', args=[seller.pk])}?seller={seller.pk}"
    assert client.get(permit).status_code == 200
    assert client.post(permit, {"limit": "100", "until": "2030-12-31"})["Location"] == page
    assert client.post(page, data).status_code == 302
    trade = Trade.objects.get()
    assert (trade.amount, trade.price_fen) == (30 * WAN, 12_000_00)
    url = reverse("trade-page", args=[trade.pk])
    assert client.get(url).context["against"] == []
    assert client.get(reverse("trade-edit", args=[trade.pk])).status_code == 200
    assert client.post(url).status_code == 302
    assert client.get(reverse("trade-edit", args=[trade.pk])).status_code == 302
    for name in ("trade-list", "trade-print", "trade-page"):
        args = [] if name == "trade-list" else [trade.pk]
        assert client.get(reverse(name, args=args)).status_code == 200
    assert client.get(reverse("voucher-page", args=[trade.voucher_id])).status_code == 200
    client.force_login(office.stranger)
    assert client.get(url).status_code == 404
    assert trade.code not in client.get(reverse("trade-list")).content.decode()


def test_the_permit_is_looked_at_again_when_the_trade_is_posted(office):
    permitted(office)
    trade = registered(office)
    trades.submit(by=office.maker, now=NOW, trade=trade)
    voucher = Trade.objects.get().voucher
    permitted(office, limit=99 * WAN)  # reduced while the voucher waited
    with pytest.raises(Refused) as caught:
        actions.pass_voucher(by=office.checker, voucher=voucher, now=NOW)
    assert caught.value.code == "more_than_permit"
    assert Trade.objects.get().status != "approved"
    assert Account.objects.get(pk=office.more["seller"].pk).available == 100 * WAN
    permitted(office)
    actions.pass_voucher(by=office.checker, voucher=voucher, now=NOW)
    assert Account.objects.get(pk=office.more["seller"].pk).available == 70 * WAN


def test_a_saving_is_sold_once_though_several_trades_wait_at_the_same_time(office):
    permitted(office)
    waiting = [registered(office)]
    waiting += [registered(office, amount=20 * WAN, saving_document_no="节水核[2026] 3号")]
    waiting += [registered(office, saving_document_no="节水核（2026）3号", verified_saving=90 * WAN)]
    for trade in waiting:
        trades.submit(by=office.maker, now=NOW, trade=trade)
    first, *others = [Trade.objects.get(pk=trade.pk).voucher for trade in waiting]
    actions.pass_voucher(by=office.checker, voucher=first, now=NOW)
    for voucher in others:
        with pytest.raises(Refused) as caught:
            actions.pass_voucher(by=office.checker, voucher=voucher, now=NOW)
        assert caught.value.code == "more_than_saving"
    assert Account.objects.get(pk=office.more["buyer"].pk).available == 30 * WAN


def test_what_was_sold_is_not_cited_nor_sold_by_another_and_what_is_cited_is_not_sold(office):
    permitted(office)
    trade = registered(office)
    trades.submit(by=office.maker, now=NOW, trade=trade)
    waiting = registered(office, amount=5 * WAN)
    trades.submit(by=office.maker, now=NOW, trade=waiting)
    actions.pass_voucher(by=office.checker, voucher=Trade.objects.get(pk=trade.pk).voucher, now=NOW)
    facts = {
        "name": "渠道衬砌",
        "book": office.more["water"],
        "district": office.city,
        "saving": 1,
        "verified_on": TODAY,
    }
    with pytest.raises(Refused) as caught:
        replacements.register(by=office.checker, now=NOW, verification_no="节水核[2026]3号", **facts)
    assert caught.value.code == "sold" and trade.code in caught.value.words()
    third = offices.another_project(office, code="2611-159901-04-01-100003")
    other = pools.holding_for(project=third, book=office.more["water"], period="")
    issuer = pools.standing_account("issuer", other.book, "")
    ledger.post([entries.move("opening", issuer, other, 50 * WAN, key="o3", on=TODAY, document_no="期初")], now=NOW)
    office.more["seller"] = Account.objects.select_related("book__kind", "book__source").get(pk=other.pk)
    permitted(office)
    assert code(office, amount=1 * WAN) == "saving_of_other"
    replacements.register(by=office.checker, now=NOW, verification_no="节水核〔2026〕4号", **facts)
    assert code(office, amount=1 * WAN, saving_document_no="节水核[2026]4号") == "saving_cited"
    ReplacementSource.objects.update(verification_no="节水核[2026]3号")  # registered while the voucher waited
    with pytest.raises(Refused) as caught:
        actions.pass_voucher(by=office.checker, voucher=Trade.objects.get(pk=waiting.pk).voucher, now=NOW)
    assert caught.value.code == "saving_used"


def test_a_reversed_trade_is_written_anew_and_no_term_is_over_already(office):
    permitted(office)
    assert code(office, from_on=date(2019, 1, 1), until_on=date(2020, 1, 1)) in ("term_over", "outside_permit_term")
    trade = registered(office)
    trades.submit(by=office.maker, now=NOW, trade=trade)
    voucher = Trade.objects.get().voucher
    (posting,) = actions.pass_voucher(by=office.checker, voucher=voucher, now=NOW)
    back = actions.draft_voucher(
        by=office.maker, now=NOW, kind="reverse", lines=[], reverses=posting, reason="录错", document_no="冲1号"
    )
    back = actions.submit_voucher(by=office.maker, voucher=back, now=NOW)
    actions.pass_voucher(by=office.checker, voucher=back, now=NOW)
    trade = Trade.objects.get()
    assert trade.status == "refused"
    trade = registered(office, trade=trade, amount=10 * WAN)
    trades.submit(by=office.maker, now=NOW, trade=trade)
    actions.pass_voucher(by=office.checker, voucher=Trade.objects.get().voucher, now=NOW)
    assert Account.objects.get(pk=office.more["buyer"].pk).available == 10 * WAN
