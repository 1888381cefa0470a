"""PostgreSQL has two functions that post: one for any list of entries, one for a plain entry. Both must do the same.

Random entries, most of them right and many wrong in one way or another, go through both from the same state; what they
answer, refuse and leave in every table must agree. Ids come from sequences and differ; the audit chain is proved whole.
"""

import os
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from factors import blocks, entries, invariants, ledger, refusals
from factors.engines import postgresql
from factors.models import Account, BlockEpisode, Demand, JournalYear, Posting, Reservation, Transfer
from factors.rules import LEGAL, RESOLVING, Entry, Line
from people import audit
from people.models import AuditEntry
from tests.factors.test_ledger_model import World
from tests.factors.world import NOW, TODAY, account, book

UNTIL = TODAY + timedelta(days=90)
KINDS = sorted(set(LEGAL) - {"renew", "reverse"})


def tables() -> dict:
    """Return everything that a posting writes, without ids."""
    return {
        "accounts": list(Account.objects.order_by("pk").values_list("pk", *POSTED, "last_on")),
        "years": list(JournalYear.objects.order_by("year").values_list("year", "last_number")),
        "postings": list(Posting.objects.order_by("pk").values_list(
            "year", "number", "key", "kind", "occurred_on", "recorded_at", "document_no", "summary", "maker", "checker",
            "voucher", "reverses", "renews", "renewed_until")),
        "transfers": list(Transfer.objects.order_by("pk").values_list(
            "posting__key", "line", "phase", "debit", "credit", "amount", "resolves__posting__key", "expires_on")),
        "reservations": list(Reservation.objects.order_by("pk").values_list(
            "transfer__posting__key", "pool", "holding", "amount", "reserved_on", "expires_on", "renewed", "twin_of",
            "resolved_by__posting__key")),
        "demands": list(Demand.objects.order_by("pk").values_list("pk", "secured", "gap", "blocked")),
        "episodes": list(BlockEpisode.objects.order_by("pk").values_list(
            "demand", "opened_at", "opened_cause", "gap", "available", "closed_at", "closed_cause",
            "opened_by__key", "closed_by__key")),
        "audit": list(AuditEntry.objects.order_by("sequence").values_list(
            "sequence", "at", "kind", "by", "by_name", "ip", "target_type", "target_text", "detail")),
    }  # fmt: skip


POSTED = ("debits_posted", "credits_posted", "debits_pending", "credits_pending")


def tried(entry: Entry, plain: bool, monkeypatch) -> tuple:
    """Post in the one way or the other; return what was answered, and all tables after it."""
    with monkeypatch.context() as patch:
        if not plain:
            patch.setattr(postgresql, "_is_plain", lambda entry: False)
        try:
            with transaction.atomic():
                made = ledger.post([entry], now=NOW, ip="10.0.0.7")
            answer = [(p.year, p.number, p.key, p.replayed) for p in made]
        except refusals.LedgerRefused as refused:
            facts = {k: v for k, v in refused.facts.items() if k != "posting"}
            answer = (refused.code, facts)
        except DatabaseError as error:
            answer = type(error), error.__cause__.diag.constraint_name
    return answer, tables()


@st.composite
def drafts(draw):
    """Draw an entry by names: kind, phase, two accounts, amount; whether it resolves, and what is odd about it."""
    phase = draw(st.sampled_from(["pending", "pending", "post", "void", "expire", "posted"]))
    usual = {"pending": "reserve", "post": "confirm", "void": "release", "expire": "expire", "posted": "grant"}[phase]
    return {
        "phase": phase,
        "kind": draw(st.sampled_from([usual] * 6 + KINDS)),
        "pair": draw(st.sampled_from(["city P1", "city P2", "park P2", "park P3", "issuer city", "issuer park",
                                      "P1 stock", "P3 P2", "city park", "next P1", "city R1", "shut P1", "none P1",
                                      "city P3", "P1 shut", "P2 none", "cap used"])),
        "amount": draw(st.integers(1, 40)),
        "days": draw(st.sampled_from([0, 0, 0, 0, 1, -1])),
        "which": draw(st.integers(0, 3)),
        "held": draw(st.sampled_from([0, 0, 0, 0, 1, -1])),
        "again": draw(st.integers(0, 9)),
        "renewed": draw(st.booleans()),
        "text": draw(st.sampled_from(["", "京〔2026〕1号", "quote \" ' \\ %s <b>", "换\n行"])),
    }  # fmt: skip


def built(draft: dict, rows: dict, number: int, before: list[Entry]) -> Entry:
    """Return the entry of a draft in the present state of the ledger."""
    if before and draft["again"] == 0:
        return before[draft["which"] % len(before)]
    giver, taker = (rows[name].pk if name != "none" else 10**9 for name in draft["pair"].split())
    phase, amount, more = draft["phase"], draft["amount"], {}
    if phase in RESOLVING:
        known = list(Reservation.objects.filter(twin_of=None).order_by("-pk"))
        row = known[draft["which"] % len(known)] if known else Reservation(pk=10**9, amount=9)
        giver, taker = row.pool_id or giver, row.holding_id or taker
        amount = min(amount, row.amount) if phase == "post" else row.amount
        more = {"reservation": row.pk, "held": row.amount + draft["held"]}
    if phase == "pending":
        more = {"expires_on": UNTIL, "renewed": draft["renewed"]}
    key = "k" if before and draft["again"] == 1 else f"k{number}"  # a key for two entries
    return Entry(
        key,
        draft["kind"],
        TODAY + timedelta(days=draft["days"]),
        (Line(phase, giver, taker, amount, **more),),
        document_no=draft["text"][:60],
        summary=draft["text"],
    )


@pytest.mark.postgres
@pytest.mark.django_db
def test_both_functions_do_the_same(db, monkeypatch):
    world = World()
    blocks.turn(Demand.objects.all(), now=NOW, cause="registered")
    rows = world.rows | {"shut": account(world.rows["city"].book, "pool", "shut", closed_on=TODAY)}
    plain_ones = 0

    @settings(
        max_examples=int(os.environ.get("LEDGER_EXAMPLES", 8)),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(st.lists(drafts(), min_size=8, max_size=14))
    def agree(several):
        nonlocal plain_ones
        with transaction.atomic():
            grants = [entries.move("grant", rows["issuer"], rows[to], 60, key=to, on=TODAY) for to in ("city", "park")]
            ledger.post(grants, now=NOW)
            before = []
            for number, draft in enumerate(several):
                entry = built(draft, rows, number, before)
                with transaction.atomic():
                    general = tried(entry, False, monkeypatch)
                    transaction.set_rollback(True)
                plain = tried(entry, True, monkeypatch)
                note(f"{entry}: {plain[0]}")
                assert plain[0] == general[0], entry
                for name, rows_of in general[1].items():
                    assert plain[1][name] == rows_of, (name, entry)
                plain_ones += postgresql._is_plain(entry)
                if isinstance(plain[0], list):
                    before.append(entry)
            assert audit.verify()[1] is None
            transaction.set_rollback(True)

    agree()
    assert plain_ones > 50 or "LEDGER_EXAMPLES" in os.environ


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_plain_entry_alone_is_one_statement(django_assert_num_queries):
    b = book(basis="calorific")
    issuer, pool, holding = account(b, "issuer", "i"), account(b, "pool", "c"), account(b, "holding", "P1")
    with django_assert_num_queries(1):
        ledger.post([entries.move("grant", issuer, pool, 100, key="g", on=TODAY)], now=NOW)
    reserve = entries.reserve(pool, holding, 60, UNTIL, key="r", on=TODAY)
    with django_assert_num_queries(1):
        first = ledger.post([reserve], now=NOW)[0]
    assert ledger.post([reserve], now=NOW)[0].id == first.id
    with pytest.raises(refusals.Insufficient):
        ledger.post([entries.reserve(pool, holding, 60, UNTIL, key="s", on=TODAY)], now=NOW)
    with pytest.raises(refusals.KeyUsed):
        ledger.post([entries.reserve(pool, holding, 6, UNTIL, key="r", on=TODAY)], now=NOW)
    assert [p.number for p in Posting.objects.all()] == [1, 2]
    assert audit.verify() == (2, None)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_locks_go_before_the_disk_answers_and_nobody_is_told_before(monkeypatch):
    b = book(basis="calorific")
    issuer, pool = account(b, "issuer", "i"), account(b, "pool", "c")
    grants = [entries.move("grant", issuer, pool, 100, key=f"g{n}", on=TODAY) for n in range(4)]
    ends, wait = [], postgresql.wait_for_disk

    def ask(what):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {what}")
            return cursor.fetchone()[0]

    def waiting(connection):
        ends.append(ask("pg_current_wal_insert_lsn()"))  # behind the commit
        wait(connection)

    monkeypatch.setattr(postgresql, "wait_for_disk", waiting)
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")  # the tests' server does without
    try:
        ends.append(ask("pg_current_wal_insert_lsn()"))
        for waits, among in ((0, grants[:1]), (1, grants[1:3]), (2, grants)):  # alone; several; some known
            ledger.post(among, now=NOW)
            assert len(ends) == 1 + waits  # a plain one waits within its statement
            assert ask("current_setting('synchronous_commit')") == "on"
            assert ask(f"pg_current_wal_flush_lsn() > '{ends[-1]}'")
        with transaction.atomic():
            ledger.post([entries.reserve(pool, account(b, "holding", "P1"), 1, UNTIL, key="r", on=TODAY)], now=NOW)
            assert ask("current_setting('synchronous_commit')") == "off"
            assert len(ends) == 3  # nothing is waited for while the locks are held
        assert len(ends) == 4
        assert ask(f"pg_current_wal_flush_lsn() > '{ends[-1]}'")
    finally:
        connection.close()


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_alone_or_not_a_demand_turns_in_the_transaction_that_turned_it():
    world = World()
    rows = world.rows
    with transaction.atomic():
        blocks.turn(Demand.objects.all(), now=NOW, cause="registered")
    ledger.post([entries.move("grant", rows["issuer"], rows["city"], 60, key="g", on=TODAY)], now=NOW)
    episodes = BlockEpisode.objects.filter(closed_at=None).count()
    ledger.post([entries.reserve(rows["city"], rows["P3"], 20, UNTIL, key="r", on=TODAY)], now=NOW)
    assert Demand.objects.get(holding=rows["P1"]).blocked  # 50 needed, 40 left
    assert BlockEpisode.objects.filter(closed_at=None).count() == episodes + 1
    with pytest.raises(refusals.Insufficient):
        ledger.post([entries.reserve(rows["city"], rows["P3"], 41, UNTIL, key="s", on=TODAY)], now=NOW)
    assert list(Posting.objects.values_list("number", flat=True)) == [1, 2]
    assert list(invariants.faults()) == [] and connection.get_autocommit()
