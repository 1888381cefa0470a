"""A cancelled project gives back what it reserved and gives up what it lacks; who wants nothing gets nothing."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from factors import actions, cancelling, demands, invariants
from factors import requests as queue
from factors.building import LineDraft
from factors.models import Account, Demand, Posting, QuotaRequest, Reservation, Voucher
from factors.refusals import Refused
from people import actions as people_actions
from people.models import District
from projects import actions as project_actions
from projects.models import Park, Project
from tests.factors import office as offices
from tests.factors.office import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def office():
    return offices.build()


def drafted(office, demand, amount=None, kind="reserve", **line):
    draft = LineDraft(demand=demand, amount=amount, expires_on=TODAY + timedelta(days=30), **line)
    return actions.draft_voucher(by=office.maker, now=NOW, kind=kind, lines=[draft], document_no="市〔2026〕1号")


def submitted(office, demand, amount=None):
    return actions.submit_voucher(by=office.maker, voucher=drafted(office, demand, amount), now=NOW)


def passed(office, voucher):
    return actions.pass_voucher(by=office.checker, voucher=voucher, now=NOW)


def manager(office):
    people_actions.grant(office.pm, "manage_projects", District.objects.get(code="159900"))
    return offices.fresh(office.pm)


def cancelled(office, run, status=Project.Status.CANCELLED):
    with run(execute=True):
        project_actions.edit(by=manager(office), project=office.project, changed={"status": status})


def test_a_cancelled_project_gives_back_and_gives_up(office, django_capture_on_commit_callbacks):
    passed(office, submitted(office, office.demand, 20_000))
    queue.ask(by=office.maker, demand=Demand.objects.get(), amount=40_000, now=NOW)
    cancelled(office, django_capture_on_commit_callbacks, Project.Status.PAUSED)
    assert Demand.objects.get().secured == 20_000
    cancelled(office, django_capture_on_commit_callbacks)
    demand = Demand.objects.get()
    assert (demand.secured, demand.closed_reason) == (0, cancelling.SUMMARY) and demand.closed_on
    assert QuotaRequest.objects.get().status == QuotaRequest.Status.WITHDRAWN
    assert Account.objects.get(pk=office.pool.pk).available == 100_000
    posting = Posting.objects.get(kind="release")
    assert (posting.maker, posting.document_no) == (office.pm, office.project.code)
    assert list(invariants.faults()) == []


def test_what_is_confirmed_stays_until_it_is_recovered(office, django_capture_on_commit_callbacks):
    passed(office, submitted(office, office.demand, 30_000))
    reservation = Reservation.objects.get()
    draft = actions.draft_voucher(
        by=office.maker, now=NOW, kind="confirm", lines=[LineDraft(reservation=reservation, amount=10_000)],
        document_no="市〔2026〕2号",
    )  # fmt: skip
    passed(office, actions.submit_voucher(by=office.maker, voucher=draft, now=NOW))
    cancelled(office, django_capture_on_commit_callbacks)
    demand = Demand.objects.get()
    assert (demand.closed_on, demand.amount, demand.secured, demand.gap, demand.blocked) == (
        None,
        10_000,
        10_000,
        0,
        False,
    )
    assert Account.objects.get(pk=office.pool.pk).available == 90_000
    with pytest.raises(Refused) as caught:
        demands.change(by=office.maker, now=NOW, demand=demand, amount=10_001, reason="再要")
    assert caught.value.code == "cancelled"


def test_nothing_is_registered_or_reserved_for_it_any_more(office, django_capture_on_commit_callbacks):
    waiting, draft = submitted(office, office.demand, 5_000), drafted(office, office.demand, 1_000)
    cancelled(office, django_capture_on_commit_callbacks)
    with pytest.raises(Refused) as caught:
        passed(office, waiting)
    assert caught.value.code == "cancelled" and office.project.name in caught.value.words()
    with pytest.raises(Refused):
        actions.submit_voucher(by=office.maker, voucher=draft, now=NOW)
    gone = Project.objects.get(pk=office.project.pk)
    with pytest.raises(Refused):
        demands.register(by=office.maker, now=NOW, project=gone, book=office.book, period="2026", amount=1)
    assert Account.objects.get(pk=office.pool.pk).available == 100_000
    assert set(Voucher.objects.values_list("status", flat=True)) == {"submitted", "draft"}


def test_what_a_crash_left_is_made_good_by_the_daily_command(office):
    passed(office, submitted(office, office.demand, 20_000))
    Project.objects.filter(pk=office.project.pk).update(status=Project.Status.CANCELLED)
    call_command("ledger", "expire")
    assert Demand.objects.get().closed_on and Account.objects.get(pk=office.pool.pk).available == 100_000
    assert cancelling.sweep(NOW) == 0


def test_a_demand_that_was_given_up_meanwhile_gets_nothing(office):
    voucher = submitted(office, office.demand, 20_000)
    demands.close(by=office.maker, now=NOW, demand=office.demand, reason="不做了")
    with pytest.raises(Refused) as caught:
        passed(office, voucher)
    assert caught.value.code == "given_up"
    assert Account.objects.get(pk=office.pool.pk).available == 100_000 and not Reservation.objects.exists()


def test_the_pool_of_another_place_gives_nothing(office):
    voucher = submitted(office, office.demand, 20_000)
    west = District.objects.create(code="159902", name="河西区", parent=office.city)
    Account.objects.filter(pk=office.pool.pk).update(district=west)
    with pytest.raises(Refused) as caught:
        passed(office, voucher)
    assert caught.value.code == "other_place" and office.pool.name in caught.value.words()
    Account.objects.filter(pk=office.pool.pk).update(district=None, park=office.park)
    passed(office, voucher)
    elsewhere = Park.objects.create(code="159901PK07", name="别的园区", district=office.district)
    Account.objects.filter(pk=office.pool.pk).update(park=elsewhere)
    with pytest.raises(Refused):
        submitted(office, Demand.objects.get(), 1_000)
