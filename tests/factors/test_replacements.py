"""Replacement sources: a saving is cited once, also by two at the same moment; ratios; withdrawal; pages."""

import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from factors import ratios
from factors.assets import replacements, stock
from factors.models import ReplacementSource, ReplacementUse
from factors.refusals import Refused
from people import actions as people_actions
from tests.factors import office as offices
from tests.factors.office import NOW, TODAY
from tests.factors.test_stock import verified

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
ONE, REDUCED = ratios.replacements()[:2]


@pytest.fixture
def office(db):
    return offices.build()


def source(office, saving=100_000, by=None, **more):
    facts = {
        "name": "焦炉关停", "book": office.book, "district": office.district, "saving": saving, "verified_on": TODAY,
        "verification_no": "核〔2026〕9号",
    } | more  # fmt: skip
    return replacements.register(by=by or office.checker, now=NOW, **facts)


def cite(office, row, amount, demand=None, ratio=REDUCED, by=None):
    return replacements.use(
        by=by or office.checker, now=NOW, source=row, demand=demand or office.demand, amount=amount, ratio=ratio,
        document_no="替代1号",
    )  # fmt: skip


def refused(step, *args, **facts):
    with pytest.raises(Refused) as caught:
        step(*args, **facts)
    return caught.value.code


def test_a_saving_is_cited_once_and_covers_the_demand_times_the_ratio(office):
    row = source(office)
    cite(office, row, 70_000)
    coverage = replacements.coverage(office.demand)
    assert (coverage.required, coverage.cited, coverage.missing) == (72_000, 70_000, 2_000)
    assert refused(cite, office, row, 30_001) == "used_up"
    assert refused(cite, office, row, 2_000, ratio=ONE) == "other_ratio"
    cite(office, row, 2_000)
    assert replacements.coverage(office.demand).missing == 0
    row.refresh_from_db()
    assert row.used == 72_000
    with pytest.raises(IntegrityError), transaction.atomic():
        ReplacementSource.objects.filter(pk=row.pk).update(used=100_001)


def test_a_withdrawn_use_frees_the_saving_once(office):
    row = source(office)
    used = cite(office, row, 100_000)
    assert refused(replacements.withdraw, by=office.checker, now=NOW, use=used, reason=" ") == "no_reason"
    replacements.withdraw(by=office.checker, now=NOW, use=used, reason="改用其他来源")
    assert refused(replacements.withdraw, by=office.checker, now=NOW, use=used, reason="再撤") == "withdrawn"
    row.refresh_from_db()
    assert (row.used, replacements.coverage(office.demand)) == (0, None)


def test_only_keepers_and_only_what_stock_has_left(office):
    for person in (office.other, office.pm, office.stranger):
        with pytest.raises(PermissionDenied):
            source(office, by=person)
    asset = verified(office, 20_000)
    with pytest.raises(PermissionDenied):
        source(office, 10_000, by=office.maker, asset=asset)  # who wrote the asset
    assert refused(source, office, 20_001, asset=asset) == "more_than_verified"
    source(office, 15_000, asset=asset)
    assert refused(source, office, 5_001, asset=asset) == "more_than_verified"
    assert stock.left(asset.amounts.get()) == 5_000


def test_the_pages(office, client):
    people_actions.grant(office.checker, "view_projects", office.district)
    client.force_login(office.checker)
    data = {
        "name": "电机改造", "book": office.book.pk, "district": office.district.pk, "saving": "80 tce",
        "verified_on": "2026-11-01", "verification_no": "核3号",
    }  # fmt: skip
    assert client.post(reverse("replacement-create"), data | {"saving": "80亩"}).status_code == 422
    assert client.post(reverse("replacement-create"), data).status_code == 302
    row = ReplacementSource.objects.get()
    page = reverse("replacement-page", args=[row.pk])
    ask = {"demand": office.demand.pk, "ratio": "1200", "document_no": "替代2号"}
    assert client.post(page, ask | {"amount": "81"}).status_code == 422
    assert client.post(page, ask | {"amount": "72"}).status_code == 302
    used = ReplacementUse.objects.get()
    assert client.get(page).status_code == 200 and client.get(reverse("replacement-list")).status_code == 200
    assert client.post(page, {"withdraw": used.pk, "reason": "改用"}).status_code == 302
    row.refresh_from_db()
    assert row.used == 0
    client.force_login(office.stranger)
    assert client.get(page).status_code == 404
    assert row.name not in client.get(reverse("replacement-list")).content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_cannot_both_cite_the_last_of_a_saving():
    office = offices.build()
    row = source(office, 60_000)
    other = offices.need(offices.another_project(office), office.book, 50_000)
    start, answers = threading.Barrier(2), []

    def run(demand):
        try:
            start.wait()
            cite(office, row, 40_000, demand=demand, by=offices.fresh(office.checker))
            answers.append("cited")
        except Refused as refused_:
            answers.append(refused_.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[demand]) for demand in (office.demand, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["cited", "used_up"]
    row.refresh_from_db()
    assert row.used == 40_000


def test_a_documents_saving_is_registered_once_however_its_number_is_typed(office):
    row = source(office)
    for number in ("核〔2026〕9号", "核[2026]9号", "核【２０２６】９ 号"):
        with pytest.raises(Refused) as caught:
            source(office, verification_no=number, name="另一条")
        assert caught.value.code == "registered" and row.name in caught.value.words()
    source(office, verification_no="核〔2026〕10号")
    assert ReplacementSource.objects.count() == 2
