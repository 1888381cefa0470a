"""What one posting must see of another that commits while it waits (PostgreSQL; on SQLite writers take turns)."""

import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from factors import blocks, entries, invariants, ledger, refusals
from factors.models import Account, BlockEpisode, Demand, Posting, Reservation
from people import audit
from people.models import District
from projects.models import Enterprise, Project
from tests.factors.world import NOW, TODAY, account, book

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
UNTIL = TODAY + timedelta(days=180)


@pytest.fixture
def pool(transactional_db):
    b = book(basis="calorific")
    issuer, pool = account(b, "issuer", "province"), account(b, "pool", "city")
    for n in (1, 2):
        account(b, "holding", f"P{n}")
    ledger.post([entries.move("grant", issuer, pool, 100, key="g", on=TODAY)], now=NOW)
    return pool


def holding(n=1) -> Account:
    return Account.objects.get(code=f"P{n}")


def demand(pool, n, amount) -> Demand:
    district, _made = District.objects.get_or_create(code="159901", defaults={"name": "县"})
    enterprise, _made = Enterprise.objects.get_or_create(credit_code="91110000600037341L", defaults={"name": "甲"})
    project = Project.objects.create(code=f"2601-{n}", name=f"{n}", district=district, enterprise=enterprise)
    return Demand.objects.create(
        project=project, book=pool.book, period="2026", amount=amount, pool=pool, holding=holding(n), registered_at=NOW
    )


@contextmanager
def meanwhile(work):
    """Run the block inside a transaction; `work` begins in another connection before it commits, and waits for it."""
    result = {}

    def other():
        try:
            result["value"] = work()
        except Exception as error:
            result["error"] = error
        finally:
            connections.close_all()

    thread = threading.Thread(target=other)
    with transaction.atomic():
        yield result
        thread.start()
        wait_for_a_waiter(thread)
    thread.join(20)
    assert not thread.is_alive()


def wait_for_a_waiter(thread):
    for _n in range(400):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if cursor.fetchone()[0] or not thread.is_alive():
                return
        thread.join(0.01)


@pytest.mark.parametrize("amount", [1, 60])
def test_the_same_key_at_the_same_moment_is_one_entry(pool, amount):
    entry = entries.reserve(pool, holding(), amount, UNTIL, key="same", on=TODAY)
    with meanwhile(lambda: ledger.post([entry], now=NOW)) as other:
        first = ledger.post([entry], now=NOW)[0]
    assert "error" not in other, other
    assert (other["value"][0].id, other["value"][0].replayed) == (first.id, True)


def test_more_keys_become_known_while_the_rest_waits(pool):
    """A sweep meets entries that were made before it began, and others that are made while it waits for a lock."""
    made = [entries.reserve(pool, holding(), 1, UNTIL, key=f"n{n}", on=TODAY) for n in range(4)]
    ledger.post(made[:1], now=NOW)
    with meanwhile(lambda: ledger.post(made, now=NOW)) as other:
        ledger.post(made[1:2], now=NOW)
    assert "error" not in other, other
    assert [posted.replayed for posted in other["value"]] == [True, True, False, False]
    assert list(invariants.faults()) == []


@pytest.mark.parametrize("what", ["confirm", "renew"])
def test_the_same_key_of_a_resolution_is_one_entry(pool, what):
    ledger.post([entries.reserve(pool, holding(), 60, UNTIL, key="r", on=TODAY)], now=NOW)
    row = Reservation.objects.get()
    entry = {
        "confirm": entries.confirm(row, 20, key="same", on=TODAY),
        "renew": entries.renew(row, UNTIL + timedelta(days=30), key="same", on=TODAY),
    }[what]
    with meanwhile(lambda: ledger.post([entry], now=NOW)) as other:
        first = ledger.post([entry], now=NOW)[0]
    assert "error" not in other, other
    assert other["value"][0].id == first.id
    assert list(invariants.faults()) == []


@pytest.mark.parametrize("first, second", [("renew", "release"), ("release", "renew"), ("renew", "again")])
def test_renewal_and_resolution_take_turns(pool, first, second):
    ledger.post([entries.reserve(pool, holding(), 60, UNTIL, key="r", on=TODAY)], now=NOW)
    row = Reservation.objects.get()
    made = {
        "renew": entries.renew(row, UNTIL + timedelta(days=30), key="n", on=TODAY),
        "again": entries.renew(row, UNTIL + timedelta(days=40), key="m", on=TODAY),
        "release": entries.release(row, key="v", on=TODAY),
    }
    with meanwhile(lambda: ledger.post([made[second]], now=NOW)) as other:
        ledger.post([made[first]], now=NOW)
    refused = isinstance(other.get("error"), refusals.NotOpen)
    assert refused == ((first, second) != ("renew", "release")), other
    assert list(invariants.faults()) == []


def test_a_demand_and_its_pool_change_at_the_same_moment(pool):
    """The one takes from the pool, the other from the holding: each alone leaves the demand obtainable."""
    needs = demand(pool, 1, 60)
    ledger.post([entries.reserve(pool, holding(1), 50, UNTIL, key="r", on=TODAY)], now=NOW)
    ledger.post([entries.confirm(Reservation.objects.get(), 50, key="c", on=TODAY)], now=NOW)  # gap 10, 50 left
    trade = entries.move("trade", holding(1), holding(2), 30, key="t", on=TODAY)  # gap 40

    with meanwhile(lambda: ledger.post([trade], now=NOW)) as other:
        account(pool.book, "holding", "P3")
        ledger.post([entries.reserve(pool, Account.objects.get(code="P3"), 30, UNTIL, key="s", on=TODAY)], now=NOW)
    assert "error" not in other, other
    needs.refresh_from_db()
    assert (needs.gap, needs.blocked, BlockEpisode.objects.count()) == (40, True, 1)
    assert list(invariants.faults()) == []


def test_one_blocks_a_demand_while_another_changes_what_it_has(pool, monkeypatch):
    """The first writes the demand after the voucher number, the second before it: not a deadlock, they take turns."""
    needs = demand(pool, 1, 60)
    ledger.post([entries.reserve(pool, holding(1), 50, UNTIL, key="r", on=TODAY)], now=NOW)
    ledger.post([entries.confirm(Reservation.objects.get(), 50, key="c", on=TODAY)], now=NOW)  # gap 10, 50 left
    third = account(pool.book, "holding", "P3")
    trade = entries.move("trade", holding(1), third, 30, key="t", on=TODAY)
    other, settle = {}, blocks.settle

    def run():
        try:
            ledger.post([trade], now=NOW)
        except Exception as error:
            other["error"] = error
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)

    def late(*args, **kwargs):
        monkeypatch.setattr(blocks, "settle", settle)
        thread.start()
        wait_for_a_waiter(thread)
        return settle(*args, **kwargs)

    monkeypatch.setattr(blocks, "settle", late)
    ledger.post([entries.reserve(pool, holding(2), 45, UNTIL, key="s", on=TODAY)], now=NOW)  # 5 left: blocked
    thread.join(20)
    assert other == {}
    needs.refresh_from_db()
    assert (needs.gap, needs.blocked) == (40, True)
    assert list(invariants.faults()) == []


def test_a_posting_that_blocks_a_project_and_a_change_of_the_project(pool):
    """Whoever changes a project locks it and then the audit log; a posting that turns it must do it in that order."""
    needs = demand(pool, 1, 90)

    def edit():
        with transaction.atomic():
            Project.objects.select_for_update().get(pk=needs.project_id)
            edited.set()
            posting.wait(1)
            audit.record("project.edit", target="P")

    edited, posting = threading.Event(), threading.Event()
    outcome = {}

    def run():
        try:
            edit()
        except Exception as error:
            outcome["error"] = error
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    assert edited.wait(10)
    ledger.post([entries.reserve(pool, holding(2), 50, UNTIL, key="s", on=TODAY)], now=NOW)
    thread.join(20)
    assert outcome == {}
    needs.refresh_from_db()
    assert needs.blocked
    assert list(invariants.faults()) == []


def test_what_a_larger_transaction_posts_is_audited_last(pool):
    """It writes projects after it posted; in between another one may take the head of the audit log."""
    needs = demand(pool, 1, 10)
    with transaction.atomic(), ledger.audited_last():
        ledger.post([entries.reserve(pool, holding(1), 10, UNTIL, key="s", on=TODAY)], now=NOW)
        done = threading.Event()

        def other():
            audit.record("export", rows=1)
            connections.close_all()
            done.set()

        threading.Thread(target=other).start()
        assert done.wait(10)
        Project.objects.filter(pk=needs.project_id).update(name="Q")
    assert Posting.objects.count() == 2
    assert list(invariants.faults()) == []
