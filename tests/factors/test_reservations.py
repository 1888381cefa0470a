"""Reservations in time, and the queue: expiry by command and on read, one renewal with a reason, early notice."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command

from factors import actions, demands, entries, ledger, pools, quantity, requests, reservations
from factors.building import LineDraft
from factors.models import Account, Book, Demand, FactorKind, Posting, QuotaRequest, Reservation, Voucher
from tests.factors import office as offices
from tests.factors.office import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def office(db):
    return offices.build()


def reserve(office, amount=60_000, days=180, key="r"):
    """Reserve for the office's demand through the ledger and return the reservation."""
    until = TODAY + timedelta(days=days)
    entry = entries.reserve(
        office.pool, office.demand.holding, amount, until, key=key, on=TODAY, document_no="1号", maker=office.maker.pk
    )
    made = ledger.post([entry], now=NOW)[0]
    return Reservation.objects.get(transfer__posting=made.id, twin_of=None)


def left(account):
    return Account.objects.get(pk=account.pk).available


# --- expiry --------------------------------------------------------------------------------------------------------


def test_a_reservation_holds_through_its_last_day(office):
    reservation = reserve(office, days=10)
    assert reservations.sweep(NOW + timedelta(days=10)) == 0
    assert left(office.pool) == 40_000
    assert reservations.sweep(NOW + timedelta(days=11)) == 1
    reservation.refresh_from_db()
    posting = reservation.resolved_by.posting
    assert (posting.kind, posting.key, posting.maker, left(office.pool)) == (
        *("expire", f"expire:{reservation.pk}", None, 100_000),
    )
    assert Demand.objects.get(pk=office.demand.pk).gap == 60_000
    assert reservations.sweep(NOW + timedelta(days=11)) == 0


def test_many_expire_in_batches_and_nothing_is_asked_when_nothing_is_due(
    office, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(reservations, "BATCH", 2)
    for number in range(5):
        reserve(office, amount=10, days=1, key=f"r{number}")
    with django_assert_num_queries(1):
        assert reservations.sweep(NOW) == 0
    assert reservations.sweep(NOW + timedelta(days=2)) == 5
    assert left(office.pool) == 100_000


def test_one_that_cannot_expire_does_not_stop_the_others(office):
    reserve(office, amount=10, days=1, key="a")
    other = pools.open_pool(by=office.maker, now=NOW, book=office.book, period="2026", park=office.park)
    offices.grant(other, 100)
    holding = pools.holding_for(project=offices.another_project(office), book=office.book, period="2026")
    until = TODAY + timedelta(days=1)
    ledger.post([entries.reserve(other, holding, 10, until, key="b", on=TODAY, document_no="2号")], now=NOW)
    offices.grant(office.pool, 1, key="later", on=TODAY + timedelta(days=5), now=NOW + timedelta(days=5))
    assert reservations.sweep(NOW + timedelta(days=2)) == 1
    assert (left(other), left(office.pool)) == (100, 99_991)
    assert reservations.sweep(NOW + timedelta(days=6)) == 1


def test_the_sweep_of_a_pool_leaves_the_others_alone(office):
    reserve(office, days=1)
    other = pools.open_pool(by=office.maker, now=NOW, book=office.book, period="2026", park=office.park)
    assert reservations.sweep(NOW + timedelta(days=2), account=other) == 0
    assert reservations.sweep(NOW + timedelta(days=2), account=office.pool.pk) == 1


def test_what_a_cap_holds_is_swept_with_its_source(office):
    total, river = offices.book("water", "total"), offices.book("water", "river")
    FactorKind.objects.filter(code="water").update(department=office.departments["energy"])
    total.source.is_cap = True
    total.source.save()
    total, river = (Book.objects.select_related("kind", "source").get(pk=b.pk) for b in (total, river))
    cap = pools.open_pool(by=office.maker, now=NOW, book=total, period="2026", district=office.city)
    pool = pools.open_pool(by=office.maker, now=NOW, book=river, period="2026", district=office.city)
    offices.grant(pool, 100)
    offices.grant(cap, 80)
    assert (pool.cap, cap.role, cap.cap.role) == (cap, "cap", "used")
    demand = offices.need(office.project, river, 80)
    voucher = actions.draft_voucher(
        by=office.maker, now=NOW, kind="reserve", lines=[LineDraft(demand=demand)], document_no="1号"
    )
    voucher = actions.submit_voucher(by=office.maker, voucher=voucher, now=NOW)
    actions.pass_voucher(by=office.checker, voucher=voucher, now=NOW)
    assert (left(pool), left(cap)) == (20, 0)
    assert reservations.expiring(now=NOW, days=200).count() == 1
    assert reservations.sweep(NOW + timedelta(days=181), account=cap.pk) == 1
    assert (left(pool), left(cap), left(cap.cap)) == (100, 80, 0)


def test_the_command_expires_and_says_how_many(office, monkeypatch):
    reserve(office, days=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + timedelta(days=2))
    out = StringIO()
    call_command("ledger", "expire", stdout=out)
    assert out.getvalue().strip() == "expired: 1"


def test_notice_is_given_seven_days_before(office):
    reservation = reserve(office, days=10)
    assert not reservations.expiring(now=NOW + timedelta(days=2)).exists()
    assert list(reservations.expiring(now=NOW + timedelta(days=3))) == [reservation]
    assert list(reservations.expiring(now=NOW, days=30)) == [reservation]
    assert list(reservations.expiring(now=NOW, days=30, user=office.checker)) == [reservation]
    assert not reservations.expiring(now=NOW, days=30, user=office.pm).exists()


# --- renewal -------------------------------------------------------------------------------------------------------


def renewal(office, reservation, until=None, reason="环评延期", now=NOW):
    draft = actions.draft_voucher(
        by=office.maker, now=now, kind="renew", lines=[LineDraft(reservation=reservation, expires_on=until)],
        document_no="2号", reason=reason,
    )  # fmt: skip
    return actions.submit_voucher(by=office.maker, voucher=draft, now=now)


def test_a_reservation_is_renewed_once_with_a_reason(office):
    reservation = reserve(office, days=10)
    with pytest.raises(actions.Refused) as caught:
        renewal(office, reservation, reason="")
    assert caught.value.field == "reason"
    first, second = renewal(office, reservation), renewal(office, reservation)
    actions.pass_voucher(by=office.checker, voucher=first, now=NOW)
    reservation.refresh_from_db()
    assert (reservation.expires_on, reservation.renewed) == (TODAY + timedelta(days=190), True)
    with pytest.raises(actions.Refused) as caught:
        actions.pass_voucher(by=office.checker, voucher=second, now=NOW)
    assert caught.value.code == "renewed_already"
    assert left(office.pool) == 40_000


def test_what_a_confirmation_leaves_keeps_day_and_renewal(office):
    reservation = reserve(office, days=10)
    actions.pass_voucher(by=office.checker, voucher=renewal(office, reservation), now=NOW)
    draft = actions.draft_voucher(
        by=office.maker, now=NOW, kind="confirm", document_no="3号",
        lines=[LineDraft(reservation=Reservation.objects.get(), amount=1)],
    )  # fmt: skip
    actions.submit_voucher(by=office.maker, voucher=draft, now=NOW)
    actions.pass_voucher(by=office.checker, voucher=draft, now=NOW)
    rest = Reservation.objects.get(resolved_by=None)
    with pytest.raises(actions.Refused) as caught:
        renewal(office, rest)
    assert caught.value.code == "renewed_already"


@pytest.mark.parametrize("days", [0, 10, 191])
def test_a_renewal_is_longer_but_not_without_end(office, days):
    with pytest.raises(actions.Refused) as caught:
        renewal(office, reserve(office, days=10), until=TODAY + timedelta(days=days))
    assert caught.value.field == "expires_on"


def test_several_are_renewed_in_one_document(office):
    rows = [reserve(office, amount=10, days=5, key=key) for key in "ab"]
    draft = actions.draft_voucher(
        by=office.maker, now=NOW, kind="renew", lines=[LineDraft(reservation=r) for r in rows], document_no="2号",
        reason="统一展期",
    )  # fmt: skip
    actions.submit_voucher(by=office.maker, voucher=draft, now=NOW)
    made = actions.pass_voucher(by=office.checker, voucher=draft, now=NOW)
    assert [posting.renews for posting in made] == rows
    assert Reservation.objects.filter(renewed=True).count() == 2


def test_nothing_that_is_over_is_renewed(office):
    reservation = reserve(office, days=10)
    voucher = renewal(office, reservation)
    later = NOW + timedelta(days=11)
    with pytest.raises(actions.Refused) as caught:
        actions.pass_voucher(by=office.checker, voucher=voucher, now=later)
    assert caught.value.code == "expired"
    reservations.sweep(later)
    with pytest.raises(actions.Refused) as caught:
        actions.pass_voucher(by=office.checker, voucher=voucher, now=later)
    assert caught.value.code == "resolved"
    assert Voucher.objects.get(pk=voucher.pk).status == Voucher.Status.SUBMITTED


# --- the queue -----------------------------------------------------------------------------------------------------


def test_a_project_asks_and_the_keeper_decides_with_a_reason(office):
    first = requests.ask(by=office.maker, demand=office.demand, amount=60_000, now=NOW)
    project = offices.another_project(office)
    type(project).objects.filter(pk=project.pk).update(key_level="provincial")
    demand = offices.need(project, office.book, 30_000)
    second = requests.ask(by=office.maker, demand=demand, amount=30_000, now=NOW + timedelta(days=1))
    order = requests.ranked(requests.queue(office.pool))
    assert [r.request.code for r in order] == [str(second.pk), str(first.pk)]
    assert [r.because for r in order] == ["", "key_level"]
    with pytest.raises(actions.Refused):
        requests.decide(by=office.maker, request=first, grant=True, reason=" ", now=NOW)
    done = requests.decide(by=office.maker, request=first, grant=True, reason="已开工，先保", now=NOW)
    assert (done.status, done.advice["place"], done.advice["of"]) == ("granted", 2, 2)
    assert (done.voucher.kind, done.voucher.status, done.voucher.lines.get().amount) == ("reserve", "draft", 60_000)
    done = requests.decide(by=office.maker, request=second, grant=False, reason="待腾退到位", now=NOW)
    assert (done.status, done.decision_reason, done.voucher) == ("declined", "待腾退到位", None)
    with pytest.raises(actions.Refused):
        requests.decide(by=office.maker, request=second, grant=True, reason="改判", now=NOW)


def test_the_rule_compares_tax_per_mu_and_output_per_tce_of_what_is_registered(office):
    plain, lean = office.project, offices.another_project(office)
    for project, tax, output in ((plain, 500, 30_000), (lean, 900, 20_000)):
        type(project).objects.filter(pk=project.pk).update(tax_wan=tax, output_wan=output, key_level="city")
    land, primary = offices.book("land", "new"), offices.book("energy", basis="primary")
    offices.need(plain, land, 100_000)
    wanted = offices.need(lean, office.book, 30_000)
    offices.need(lean, primary, 99_000)  # the calorific value counts where there is one
    first = requests.ask(by=office.maker, demand=office.demand, amount=60_000, now=NOW)
    second = requests.ask(by=office.maker, demand=wanted, amount=30_000, now=NOW + timedelta(days=1))
    order = requests.ranked(requests.queue(office.pool))
    known = {int(one.request.code): one.request.figures for one in order}
    mu = Decimal(100_000) / quantity.family_of("land").unit("mu").factor
    assert known[first.pk]["tax_per_mu"] == (500 / mu).quantize(Decimal("0.01"))
    assert "tax_per_mu" not in known[second.pk]  # no site is registered: behind those that have one
    tce = quantity.family_of("energy").unit("tce").factor
    assert known[first.pk]["output_per_tce"] == (Decimal(30_000) * tce / 60_000).quantize(Decimal("0.01"))
    assert known[second.pk]["output_per_tce"] == (Decimal(20_000) * tce / 30_000).quantize(Decimal("0.01"))
    assert [(r.request.code, r.because) for r in order] == [(str(first.pk), ""), (str(second.pk), "tax_per_mu")]
    offices.need(lean, land, 100_000)
    order = requests.ranked(requests.queue(office.pool))
    assert [(r.request.code, r.because) for r in order] == [(str(second.pk), ""), (str(first.pk), "tax_per_mu")]


def test_a_request_never_gets_more_than_is_still_missing(office):
    request = requests.ask(by=office.maker, demand=office.demand, amount=60_000, now=NOW)
    change = {"by": office.maker, "now": NOW, "reason": "减产"}
    demands.change(demand=office.demand, amount=50_000, **change)
    request.refresh_from_db()
    assert (request.status, request.amount) == ("waiting", 50_000)
    demands.change(demand=office.demand, amount=55_000, **change)  # it asked for 50,000, and does still
    reserve(office, amount=20_000)
    row = QuotaRequest.objects.select_related("demand").get(pk=request.pk)
    assert (row.amount, row.wanted) == (50_000, 35_000)
    decide = {"by": office.maker, "request": request, "grant": True, "reason": "先保", "now": NOW}
    with pytest.raises(actions.Refused) as caught:
        requests.decide(amount=35_001, **decide)
    assert caught.value.code == "more_than_gap" and "35" in caught.value.words()
    assert requests.decide(**decide).voucher.lines.get().amount == 35_000


def test_a_request_leaves_the_queue_with_its_demand_s_gap(office):
    request = requests.ask(by=office.maker, demand=office.demand, amount=60_000, now=NOW)
    reserve(office, amount=20_000)
    demands.change(by=office.maker, now=NOW, demand=office.demand, amount=20_000, reason="只建一期")
    request.refresh_from_db()
    assert (request.status, request.decision_reason, request.decided_by) == ("withdrawn", "只建一期", office.maker)


def test_what_got_all_it_lacks_meanwhile_cannot_be_granted_again(office):
    request = requests.ask(by=office.maker, demand=office.demand, amount=60_000, now=NOW)
    reserve(office, amount=60_000)
    with pytest.raises(actions.Refused) as caught:
        requests.decide(by=office.maker, request=request, grant=True, reason="先保", now=NOW)
    assert caught.value.code == "nothing_missing"
    assert requests.decide(by=office.maker, request=request, grant=False, reason="已落实", now=NOW).status == "declined"


def test_who_may_ask_and_decide(office):
    for name in ("other", "leader", "pm", "stranger"):
        with pytest.raises(PermissionDenied):
            requests.ask(by=office.people[name], demand=office.demand, amount=1, now=NOW)
    request = requests.ask(by=office.checker, demand=office.demand, amount=1, now=NOW)
    for name in ("other", "leader", "pm", "stranger"):
        with pytest.raises(PermissionDenied):
            requests.decide(by=office.people[name], request=request, grant=False, reason="不", now=NOW)
        with pytest.raises(PermissionDenied):
            requests.withdraw(by=office.people[name], request=request, now=NOW)
    requests.withdraw(by=office.checker, request=request, now=NOW)
    assert QuotaRequest.objects.get().status == QuotaRequest.Status.WITHDRAWN


@pytest.mark.parametrize("amount", [0, 60_001])
def test_nobody_asks_for_nothing_or_for_more_than_is_missing(office, amount):
    with pytest.raises(actions.Refused):
        requests.ask(by=office.maker, demand=office.demand, amount=amount, now=NOW)


def test_one_request_waits_for_a_demand(office):
    requests.ask(by=office.maker, demand=office.demand, amount=1, now=NOW)
    with pytest.raises(actions.Refused):
        requests.ask(by=office.maker, demand=office.demand, amount=1, now=NOW)
    assert Posting.objects.count() == 1
