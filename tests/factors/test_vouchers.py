"""Vouchers: every kind from draft to journal, the maker and the checker, refusals that leave the draft safe."""

import pytest
from factors import actions
from factors.building import LineDraft
from factors.models import Reservation, Voucher
from tests.factors import office as offices
from tests.factors.office import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def office(db):
    return offices.build()


def posted(office, kind, *lines, document_no="云发改〔2026〕12号", **facts):
    """Draft, submit and pass a voucher; return its entries."""
    now = facts.pop("now", NOW)
    voucher = actions.draft_voucher(by=office.maker, now=now, kind=kind, lines=lines, document_no=document_no, **facts)
    voucher = actions.submit_voucher(by=office.maker, voucher=voucher, now=now, asked_checker=office.checker)
    assert voucher.status == Voucher.Status.SUBMITTED
    return actions.pass_voucher(by=office.checker, voucher=voucher, now=now)


def test_a_reservation_waits_for_its_checker_and_occupies_nothing_before(office):
    draft = actions.draft_voucher(
        by=office.maker, now=NOW, kind="reserve", lines=[LineDraft(demand=office.demand)], document_no="1号"
    )
    actions.submit_voucher(by=office.maker, voucher=draft, now=NOW)
    office.pool.refresh_from_db()
    assert office.pool.available == 100_000
    (posting,) = actions.pass_voucher(by=office.checker, voucher=draft, now=NOW)
    assert (posting.maker, posting.checker, posting.document_no) == (office.maker, office.checker, "1号")
    office.pool.refresh_from_db()
    office.demand.refresh_from_db()
    assert (office.pool.available, office.demand.secured, office.demand.gap) == (40_000, 60_000, 0)
    reservation = Reservation.objects.get()
    assert (reservation.expires_on - TODAY).days == 180
