"""Who may make, who may check, who sees which account."""

import pytest

from factors import actions, pools, rights
from factors.building import LineDraft
from factors.models import Account, Book, FactorKind, Voucher
from people import actions as people_actions
from tests.factors import office as offices
from tests.factors.office import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def office(db):
    return offices.build()


@pytest.fixture
def waiting(office):
    draft = actions.draft_voucher(
        by=office.maker, now=NOW, kind="reserve", lines=[LineDraft(demand=office.demand)], document_no="1号"
    )
    return actions.submit_voucher(by=office.maker, voucher=draft, now=NOW)


def names(queryset):
    return sorted(user.username for user in queryset)


def person(office, name, department, role="factor"):
    return people_actions.ensure_user(name, display_name=name, role=role, department=office.departments[department])


def test_the_form_offers_those_who_may_and_never_the_maker(office, waiting):
    person(office, "east", "energy-east")
    found = rights.makers_and_checkers_for(waiting)
    assert (names(found.makers), names(found.checkers)) == (["checker", "maker"], ["checker"])
    everybody = list(office.people.values())
    assert [u.username for u in everybody if rights.may_check(u, waiting)] == ["checker"]
    assert [u.username for u in everybody if rights.may_make(u, office.pool)] == ["maker", "checker"]


def test_a_grant_gives_the_cases_of_a_department_but_makes_nobody_his_own_checker(office, waiting):
    for name in ("other", "maker", "pm"):
        people_actions.grant(office.people[name], "handle_cases", office.departments["energy"])
    other, maker, pm = (offices.fresh(office.people[name]) for name in ("other", "maker", "pm"))
    assert rights.may_check(other, waiting)
    assert not rights.may_check(maker, waiting)
    assert not rights.may_check(pm, waiting)  # the role lacks it, whatever was granted
    assert names(rights.makers_and_checkers_for(waiting).checkers) == ["checker", "other"]


def test_an_office_below_keeps_its_own_pool_and_no_other(office):
    east = person(office, "east", "energy-east")
    park = pools.open_pool(
        by=office.maker, now=NOW, book=office.book, period="2026", park=office.park,
        department=office.departments["energy-east"],
    )  # fmt: skip
    assert rights.may_make(east, park)
    assert not rights.may_make(east, office.pool)
    assert rights.may_make(office.maker, park)  # the city's office stands above it, and keeps the factor


def test_who_keeps_a_pool_answers_for_its_reservation_under_the_citys_cap(office):
    east, second = person(office, "e1", "energy-east"), person(office, "e2", "energy-east")
    total, river = offices.book("water", "total"), offices.book("water", "river")
    FactorKind.objects.filter(code="water").update(department=office.departments["energy"])
    type(total.source).objects.filter(pk=total.source_id).update(is_cap=True)
    total, river = (Book.objects.select_related("kind", "source").get(pk=b.pk) for b in (total, river))
    cap = pools.open_pool(by=office.maker, now=NOW, book=total, period="2026", district=office.city)
    pool = pools.open_pool(
        by=office.maker, now=NOW, book=river, period="2026", park=office.park,
        department=office.departments["energy-east"],
    )  # fmt: skip
    for account in (cap, pool):
        offices.grant(account, 100)
    line = LineDraft(demand=offices.need(office.project, river, 40))
    facts = {"document_no": "1号", "reason": "误登"}
    draft = actions.draft_voucher(by=east, now=NOW, kind="reserve", lines=[line], **facts)
    (entry,) = actions.pass_voucher(by=second, now=NOW, voucher=actions.submit_voucher(by=east, voucher=draft, now=NOW))
    draft = actions.draft_voucher(by=east, now=NOW, kind="reverse", reverses=entry, **facts)
    actions.pass_voucher(by=second, now=NOW, voucher=actions.submit_voucher(by=east, voucher=draft, now=NOW))
    assert Account.objects.get(pk=cap.pk).available == 100


def test_quota_between_two_offices_takes_one_of_each(office):
    """The maker keeps what gives, the checker what receives."""
    east, west = (
        pools.open_pool(
            by=office.maker, now=NOW, book=office.book, period="2026",
            district=place, department=office.departments[code],
        )
        for code, place in (("energy-east", office.district), ("water", _west(office)))
    )  # fmt: skip
    FactorKind.objects.update(department=None)
    east, west = (Account.objects.select_related("book__kind").get(pk=pool.pk) for pool in (east, west))
    offices.grant(east, 100)
    maker, second = person(office, "e1", "energy-east"), person(office, "e2", "energy-east")
    draft = actions.draft_voucher(
        by=maker, now=NOW, kind="reallocate", lines=[LineDraft(east, west, 10)], document_no="调1号"
    )
    voucher = actions.submit_voucher(by=maker, voucher=draft, now=NOW)
    assert not rights.may_check(second, voucher)
    assert rights.may_check(office.other, voucher)
    actions.pass_voucher(by=office.other, voucher=voucher, now=NOW)
    assert Account.objects.get(pk=west.pk).available == 10


def _west(office):
    from people.models import District

    return District.objects.create(code="159902", name="河西区", parent=office.city)


def test_nobody_makes_where_no_department_is_in_charge(office):
    FactorKind.objects.update(department=None)
    Account.objects.update(department=None)
    pool = Account.objects.select_related("book__kind").get(pk=office.pool.pk)
    assert not rights.may_make(office.maker, pool)


def test_pools_are_seen_by_all_with_the_view_holdings_with_their_project(office):
    def seen(user):
        return set(rights.visible_accounts(offices.fresh(user)).values_list("role", flat=True))

    assert seen(office.maker) == {"issuer", "pool", "holding"}
    assert seen(office.other) == seen(office.pm) == seen(office.leader) == {"issuer", "pool"}
    people_actions.grant(office.leader, "view_projects", office.city)
    assert seen(office.leader) == {"issuer", "pool", "holding"}
    admin = people_actions.ensure_user("root", display_name="root", role="sysadmin")
    assert seen(admin) == set()


def test_vouchers_are_seen_with_their_accounts(office, waiting):
    def seen(user):
        return list(rights.visible_vouchers(offices.fresh(user)))

    assert seen(office.maker) == seen(office.checker) == [waiting]
    assert seen(office.leader) == seen(office.pm) == seen(office.other) == []
    people_actions.grant(office.leader, "view_projects", office.city)
    assert seen(office.leader) == [waiting]
    actions.pass_voucher(by=office.checker, voucher=waiting, now=NOW)
    undo = actions.draft_voucher(
        by=office.maker, now=NOW, kind="reverse", reverses=waiting.postings.get(), reason="误登", document_no="2号"
    )
    assert undo in seen(office.checker) and undo not in seen(office.pm)
    assert Voucher.objects.count() == 2
