"""Two people at once: the last of a pool goes to one of them, and a voucher is posted once. On both databases."""

from datetime import timedelta

import pytest

from factors import actions, refusals, reservations
from factors.building import LineDraft
from factors.models import Account, Posting, Reservation, Voucher
from people import actions as people_actions
from tests.approvals.test_races import at_once
from tests.factors import office as offices
from tests.factors.office import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def office(db):
    return offices.build()


def waiting(office, demand, kind="reserve", **line):
    draft = actions.draft_voucher(
        by=office.maker, now=NOW, kind=kind, lines=[LineDraft(demand=demand, **line)], document_no="1号", reason="环评"
    )
    return actions.submit_voucher(by=office.maker, voucher=draft, now=NOW)


def second_checker(office):
    return people_actions.ensure_user(
        "second", display_name="second", role="factor", department=office.departments["energy"]
    )


def passing(by, voucher):
    return lambda: actions.pass_voucher(by=by, voucher=voucher, now=NOW)


def test_two_checkers_cannot_both_spend_the_last_tonne(office):
    other = offices.need(offices.another_project(office), office.book, 50_000)
    first, second = waiting(office, office.demand), waiting(office, other)
    results = at_once(passing(office.checker, first), passing(second_checker(office), second))
    lost = [r for r in results if isinstance(r, refusals.Insufficient)]
    assert len(lost) == 1 and sum(isinstance(r, list) for r in results) == 1, results
    assert lost[0].facts["available"] in (40_000, 50_000)
    assert sorted(Voucher.objects.values_list("status", flat=True)) == ["posted", "submitted"]


def test_a_voucher_that_two_pass_at_once_is_posted_once(office):
    voucher = waiting(office, office.demand)
    results = at_once(passing(office.checker, voucher), passing(second_checker(office), voucher))
    assert results[0] == results[1] == list(Posting.objects.filter(kind="reserve")), results
    assert Account.objects.get(pk=office.pool.pk).available == 40_000


def test_a_renewal_and_a_release_at_once_do_not_both_happen_after_the_end(office):
    actions.pass_voucher(by=office.checker, voucher=waiting(office, office.demand), now=NOW)
    row = Reservation.objects.get()
    renew, release = (waiting(office, None, kind, reservation=row) for kind in ("renew", "release"))
    results = at_once(passing(office.checker, renew), passing(second_checker(office), release))
    row.refresh_from_db()
    assert isinstance(results[1], list) and row.resolved_by_id is not None, results
    assert isinstance(results[0], (list, actions.Refused, refusals.NotOpen)), results
    assert row.renewed is isinstance(results[0], list)


def test_two_sweeps_at_once_expire_once(office):
    actions.pass_voucher(by=office.checker, voucher=waiting(office, office.demand), now=NOW)
    later = NOW + timedelta(days=181)
    results = at_once(*[lambda: reservations.sweep(later)] * 3)
    assert sum(results) == 1, results
    assert Account.objects.get(pk=office.pool.pk).available == 100_000
