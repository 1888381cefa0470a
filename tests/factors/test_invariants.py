"""Each invariant of the ledger is silent about a sound ledger, and names the row when somebody tampers with it."""

import re
from collections import defaultdict
from datetime import timedelta

import pytest
from django.db import connection

from factors import entries, invariants, ledger
from factors.models import Account, Reservation
from people import triggers
from tests.factors.world import NOW, TODAY, account, book

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
UNTIL = TODAY + timedelta(days=180)


@pytest.fixture
def sound(db):
    """A ledger with a grant, a confirmation of a part, an expiry and a renewal."""
    b = book(basis="calorific")
    issuer, pool, holding = account(b, "issuer", "province"), account(b, "pool", "city"), account(b, "holding", "P1")

    def post(entry):
        return ledger.post([entry], now=NOW)[0]

    post(entries.move("grant", issuer, pool, 100, key="g", on=TODAY))
    post(entries.reserve(pool, holding, 60, UNTIL, key="r", on=TODAY))
    post(entries.confirm(Reservation.objects.get(), 25, key="c", on=TODAY))
    rest = Reservation.objects.get(resolved_by=None)
    post(entries.renew(rest, UNTIL + timedelta(days=9), key="n", on=TODAY))
    post(entries.reserve(pool, holding, 5, UNTIL, key="s", on=TODAY))
    post(entries.release(Reservation.objects.filter(resolved_by=None).last(), key="e", on=TODAY, kind="expire"))
    return pool


def test_a_sound_ledger_is_not_complained_about(sound):
    assert list(invariants.faults()) == []
    assert invariants.live() == []
    assert list(invariants.refuses_changes()) == []


TAMPERED = {
    "I1": "UPDATE factors_transfer SET credit_id = (SELECT id FROM factors_account WHERE role = 'issuer') "
    "WHERE phase = 'pending'",
    "I2": "UPDATE factors_account SET credits_posted = credits_posted + 1 WHERE role = 'pool'",
    "I3": "UPDATE factors_transfer SET amount = 30 WHERE phase = 'posted'",
    "I4": "UPDATE factors_account SET debits_posted = 99, credits_posted = 99 WHERE role = 'recovered'",
    "I7": "UPDATE factors_reservation SET expires_on = reserved_on WHERE renewed",
    "I7 ": "UPDATE factors_reservation SET resolved_by_id = NULL",
    "I9": "DELETE FROM people_auditentry WHERE sequence = 2",
    "I9 ": "UPDATE people_auditentry SET target_text = 'another' WHERE sequence = 3",
    "I9  ": "UPDATE people_auditentry SET target_id = '777' WHERE sequence = 3",
    "I10": "UPDATE factors_posting SET number = 77 WHERE number = 6",
    "I10 ": "UPDATE factors_journalyear SET last_number = 7",
}


@pytest.mark.parametrize("rule", TAMPERED)
def test_tampering_is_named(sound, rule):
    Account.objects.create(book=sound.book, role="recovered", code="stock", name="存量", period="2026")
    with triggers.lifted(), connection.cursor() as cursor:
        cursor.execute(TAMPERED[rule])
        assert cursor.rowcount > 0
    assert rule.strip() in {fault.rule for fault in invariants.faults()}


def test_the_audit_log_of_another_entry_is_named_from_both_sides(sound):
    with triggers.lifted(), connection.cursor() as cursor:
        cursor.execute("UPDATE people_auditentry SET target_id = '777' WHERE sequence = 3")
    said = [str(fault) for fault in invariants.faults() if fault.rule == "I9"]
    assert any("without exactly one entry in the audit log: [0]" in words for words in said)
    assert any("posting that is not there: ['777']" in words for words in said)


def test_no_check_compares_every_row_with_every_other(sound):
    """SQLite reads the outermost table of a loop and finds the rest by what names a row: a large book takes seconds."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL hashes what it joins")
    for _rule, what, sql in (*invariants.LIVE, *invariants.AT_REST, *invariants.WHOLE_NUMBERS):
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            loops = defaultdict(list)
            for _id, parent, _unused, step in cursor.fetchall():
                if step.startswith(("SCAN", "SEARCH")):
                    loops[parent].append(step)
        for inner in (step for steps in loops.values() for step in steps[1:]):
            assert re.search(r"^SEARCH .*\(\w*(id|year)=\?", inner), f"{what}: {inner}"


def test_a_missing_trigger_and_an_open_table_are_named(sound):
    triggers.drop(connection, "factors_transfer")
    names = {fault.row for fault in invariants.faults() if fault.rule == "I8"}
    assert "factors_transfer_no_delete" in names
    assert {fault.row for fault in invariants.refuses_changes()} == {"factors_transfer"}


def test_a_missing_check_is_named(sound):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite cannot drop a constraint of a table")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE factors_account DROP CONSTRAINT account_never_overdrawn")
    assert "account_never_overdrawn" in {fault.row for fault in invariants.faults() if fault.rule == "I11"}


def test_an_entry_that_is_gone_is_named(sound):
    there = ledger.post([entries.reserve(sound, Account.objects.get(code="P1"), 1, UNTIL, key="z", on=TODAY)], now=NOW)
    told = [(there[0].id, "z"), (10**9, "lost"), (there[0].id, "another")]
    assert [fault.rule for fault in invariants.lost(told)] == ["I5", "I5"]
