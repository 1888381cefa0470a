"""What must always be true of the ledger (reliability.md A3(1), I1-I11), each as a check that names what is off.

`faults` looks at everything within one snapshot and writes nothing: queries that return only bad rows, and one pass
over the journal that plays it again from nothing (`Replay`, pure; it remembers accounts and open reservations, never
the journal). `live` is what readers may ask at any instant while others write. `lost` and `refuses_changes` need more
than the database: the ids that callers were told, and an attempt. Used by `manage.py verify` and by the tests.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.apps import apps
from django.db import Error, transaction
from django.db import connection as default_connection

from factors import blocks
from factors.models import Account, BlockEpisode, Posting, Transfer
from factors.rules import LEGAL, NEEDS_DOCUMENT, RESOLVING, is_legal
from people import audit, triggers

AVAILABLE = "credits_posted - debits_posted - debits_pending"
CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of which an invariant (`rule`, such as "I4") does not hold."""

    rule: str
    row: str
    what: str

    def __str__(self):
        return f"{self.rule} {self.row}: {self.what}"


# --- Queries that return bad rows: (rule, what is wrong, SQL whose columns name the row) -----------------------------

LIVE = (
    ("I2", "debits and credits of the book differ by (posted, pending)",
     """SELECT 'book', book_id, SUM(debits_posted) - SUM(credits_posted), SUM(debits_pending) - SUM(credits_pending)
        FROM factors_account GROUP BY book_id
        HAVING SUM(debits_posted) <> SUM(credits_posted) OR SUM(debits_pending) <> SUM(credits_pending)"""),
    ("I3", "less than nothing is left",
     f"SELECT 'account', id, {AVAILABLE} FROM factors_account WHERE NOT may_overdraw AND {AVAILABLE} < 0"),
    ("I3", "a total is below zero",
     """SELECT 'account', id FROM factors_account
        WHERE debits_posted < 0 OR credits_posted < 0 OR debits_pending < 0 OR credits_pending < 0"""),
    ("demand", "secured is not what its holding has (stored, holding)",
     """SELECT 'demand', d.id, d.secured, COALESCE(h.credits_posted - h.debits_posted + h.credits_pending, 0)
        FROM factors_demand d LEFT JOIN factors_account h ON h.id = d.holding_id
        WHERE d.secured <> COALESCE(h.credits_posted - h.debits_posted + h.credits_pending, 0)"""),
    ("demand", "its gap is not amount less secured",
     "SELECT 'demand', id, gap FROM factors_demand WHERE gap <> amount - secured"),
)  # fmt: skip

AT_REST = (
    ("I1", "a transfer of nothing, or to itself",
     "SELECT 'transfer', id, amount FROM factors_transfer WHERE amount <= 0 OR debit_id = credit_id"),
    ("I1", "between two books",
     """SELECT 'transfer', t.id FROM factors_transfer t JOIN factors_account d ON d.id = t.debit_id
        JOIN factors_account c ON c.id = t.credit_id WHERE d.book_id <> c.book_id"""),
    ("I1", "between two periods",
     """SELECT 'transfer', t.id FROM factors_transfer t JOIN factors_posting p ON p.id = t.posting_id
        JOIN factors_account d ON d.id = t.debit_id JOIN factors_account c ON c.id = t.credit_id
        WHERE d.period <> c.period AND p.kind NOT IN ('carry_over', 'reverse')"""),
    ("I1", "has no line, or lines with holes",
     """SELECT 'posting', p.id, COUNT(t.id) FROM factors_posting p LEFT JOIN factors_transfer t ON t.posting_id = p.id
        GROUP BY p.id, p.kind HAVING (COUNT(t.id) = 0) <> (p.kind = 'renew')
        OR (COUNT(t.id) > 0 AND (MIN(t.line) <> 1 OR MAX(t.line) <> COUNT(t.id)))"""),
    ("I6", "entries with the same key",
     "SELECT 'key', key, COUNT(*) FROM factors_posting GROUP BY key HAVING COUNT(*) > 1"),
    ("I7", "resolved more than once",
     """SELECT 'transfer', resolves_id, COUNT(*) FROM factors_transfer WHERE resolves_id IS NOT NULL
        GROUP BY resolves_id HAVING COUNT(*) > 1"""),
    ("I7", "resolves what is no reservation, is one of other accounts, or is larger",
     """SELECT 'transfer', t.id, t.phase, t.amount, r.amount FROM factors_transfer t
        JOIN factors_transfer r ON r.id = t.resolves_id
        WHERE r.phase <> 'pending' OR t.debit_id <> r.debit_id OR t.credit_id <> r.credit_id OR t.id <= r.id
        OR t.amount > r.amount OR (t.phase <> 'post' AND t.amount <> r.amount)"""),
    ("I7", "a pending transfer without its reservation",
     """SELECT 'transfer', t.id FROM factors_transfer t LEFT JOIN factors_reservation v ON v.transfer_id = t.id
        WHERE (t.phase = 'pending') <> (v.id IS NOT NULL)"""),
    ("I7", "the reservation is not what its transfer says",
     """SELECT 'reservation', v.id FROM factors_reservation v JOIN factors_transfer t ON t.id = v.transfer_id
        JOIN factors_posting p ON p.id = t.posting_id
        WHERE v.pool_id <> t.debit_id OR v.holding_id <> t.credit_id OR v.amount <> t.amount
        OR v.reserved_on <> p.occurred_on"""),
    ("I7", "it holds until another day than its entry or its renewal says (stored, derived)",
     """SELECT 'reservation', v.id, v.expires_on, COALESCE(n.renewed_until, t.expires_on)
        FROM factors_reservation v JOIN factors_transfer t ON t.id = v.transfer_id
        LEFT JOIN factors_posting n ON n.renews_id = COALESCE(v.twin_of_id, v.id)
        WHERE v.expires_on <> COALESCE(n.renewed_until, t.expires_on) OR t.expires_on IS NULL"""),
    ("I7", "its mark “renewed” has no renewal, or lacks",
     """SELECT 'reservation', v.id, v.renewed FROM factors_reservation v JOIN factors_transfer t ON t.id = v.transfer_id
        JOIN factors_posting p ON p.id = t.posting_id
        LEFT JOIN factors_posting n ON n.renews_id = COALESCE(v.twin_of_id, v.id)
        WHERE (n.id IS NOT NULL AND NOT v.renewed) OR (n.id IS NULL AND v.renewed AND p.kind = 'reserve')"""),
    ("I7", "renewed after it was resolved",
     """SELECT 'reservation', v.id, n.id FROM factors_reservation v JOIN factors_posting n ON n.renews_id = v.id
        JOIN factors_transfer t ON t.id = v.resolved_by_id WHERE t.posting_id < n.id"""),
    ("I7", "resolved by another transfer than the journal says (stored, journal)",
     """SELECT 'reservation', v.id, v.resolved_by_id, t.id FROM factors_reservation v
        LEFT JOIN factors_transfer t ON t.resolves_id = v.transfer_id
        WHERE COALESCE(v.resolved_by_id, 0) <> COALESCE(t.id, 0)"""),
    ("I7", "the twin under the total cap differs, or was resolved in another entry",
     """SELECT 'reservation', v.id, m.id FROM factors_reservation v JOIN factors_reservation m ON m.id = v.twin_of_id
        LEFT JOIN factors_transfer a ON a.id = v.resolved_by_id LEFT JOIN factors_transfer b ON b.id = m.resolved_by_id
        WHERE v.amount <> m.amount OR v.expires_on <> m.expires_on OR v.renewed <> m.renewed
        OR COALESCE(a.posting_id, 0) <> COALESCE(b.posting_id, 0)"""),
    ("cap", "what is used under a total cap is not what its holdings have (used, holdings)",
     """SELECT 'account', u.id, u.credits_posted - u.debits_posted, COALESCE(SUM(h.credits_posted - h.debits_posted), 0)
        FROM factors_account c JOIN factors_account u ON u.id = c.cap_id
        LEFT JOIN factors_account h ON h.cap_id = c.id AND h.role = 'holding' WHERE c.role = 'cap'
        GROUP BY u.id, u.credits_posted, u.debits_posted
        HAVING u.credits_posted - u.debits_posted <> COALESCE(SUM(h.credits_posted - h.debits_posted), 0)"""),
    # Both by sets, not row by row: no index of either engine serves a join of a number to its text.
    ("I9", "an entry without exactly one entry in the audit log",
     """SELECT 'posting', p.id, COALESCE(a.times, 0) FROM factors_posting p LEFT JOIN (
            SELECT target_id, COUNT(*) AS times FROM people_auditentry WHERE kind = 'ledger.posting' GROUP BY target_id
        ) a ON a.target_id = CAST(p.id AS varchar(40)) WHERE COALESCE(a.times, 0) <> 1"""),
    ("I9", "an audit entry of a posting that is not there",
     """SELECT 'audit', a.sequence, a.target_id FROM people_auditentry a JOIN (
            SELECT target_id FROM people_auditentry WHERE kind = 'ledger.posting'
            EXCEPT SELECT CAST(id AS varchar(40)) FROM factors_posting
        ) stray ON stray.target_id = a.target_id WHERE a.kind = 'ledger.posting'"""),
    ("I10", "posted without an entry, or an entry without its check",
     """SELECT DISTINCT 'voucher', v.id, v.status FROM factors_voucher v
        LEFT JOIN factors_posting p ON p.voucher_id = v.id WHERE (v.status = 'posted') <> (p.id IS NOT NULL)"""),
    ("I10", "the entry is of another kind or document than its voucher, or its maker checked it",
     """SELECT 'posting', p.id, v.id FROM factors_posting p JOIN factors_voucher v ON v.id = p.voucher_id
        WHERE p.kind <> v.kind OR p.document_no <> v.document_no OR p.maker_id <> v.maker_id
        OR p.checker_id = p.maker_id"""),
    ("I10", "its state and its dates do not agree",
     """SELECT 'voucher', id, status FROM factors_voucher
        WHERE (status IN ('draft', 'submitted') AND checked_at IS NOT NULL)
        OR (status IN ('submitted', 'posted', 'refused') AND submitted_at IS NULL)
        OR (status = 'refused' AND checked_at IS NULL)"""),
    ("I10", "voucher numbers of the year have holes (entries, first, last, counter)",
     """SELECT 'year', p.year, COUNT(*), MIN(p.number), MAX(p.number), MAX(j.last_number) FROM factors_posting p
        LEFT JOIN factors_journalyear j ON j.year = p.year GROUP BY p.year
        HAVING MIN(p.number) <> 1 OR MAX(p.number) <> COUNT(*) OR COUNT(DISTINCT p.number) <> COUNT(*)
        OR COALESCE(MAX(j.last_number), 0) <> COUNT(*)"""),
    ("I10", "the counter of voucher numbers is ahead of the journal",
     """SELECT 'year', j.year, j.last_number FROM factors_journalyear j
        WHERE j.last_number > 0 AND NOT EXISTS (SELECT 1 FROM factors_posting p WHERE p.year = j.year)"""),
    ("demand", "open episodes of one demand",
     """SELECT 'demand', demand_id, COUNT(*) FROM factors_blockepisode WHERE closed_at IS NULL
        GROUP BY demand_id HAVING COUNT(*) > 1"""),
)  # fmt: skip

WHOLE_NUMBERS = (  # SQLite keeps what it is given; PostgreSQL's columns hold nothing else
    ("I1", "an amount that is no whole number",
     "SELECT 'transfer', id, amount FROM factors_transfer WHERE typeof(amount) <> 'integer'"),
    ("I1", "an amount that is no whole number",
     "SELECT 'reservation', id, amount FROM factors_reservation WHERE typeof(amount) <> 'integer'"),
    ("I1", "a total that is no whole number",
     """SELECT 'account', id FROM factors_account WHERE typeof(debits_posted) || typeof(credits_posted) ||
        typeof(debits_pending) || typeof(credits_pending) <> 'integerintegerintegerinteger'"""),
)  # fmt: skip


def _bad_rows(connection, queries) -> Iterator[Fault]:
    for rule, what, sql in queries:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            while rows := cursor.fetchmany(CHUNK):
                for kind, number, *facts in rows:
                    yield Fault(rule, f"{kind} {number}", what + (f": {facts}" if facts else ""))


# --- The journal played again ----------------------------------------------------------------------------------------


class Replay:
    """The journal from nothing, line by line. Pure. `accounts`: id -> (may_overdraw, role).

    `feed` takes transfers in the order of their ids and yields what is wrong with a line or with the prefix that ends
    there; `finish` compares the sums with what is stored. Remembers each account's totals and the open reservations.
    """

    def __init__(self, accounts: dict[int, tuple[bool, str]]):
        self.accounts = accounts
        self.totals = {pk: [0, 0, 0, 0] for pk in accounts}  # debits, credits posted; debits, credits pending
        self.last_on: dict = {}
        self.open: dict[int, tuple[int, int, int]] = {}

    def feed(self, pk, phase, debit, credit, amount, resolves, kind, day) -> Iterator[Fault]:
        """Play one transfer: what it moves, whether it may, and what is left after it."""
        row = f"transfer {pk}"
        giver, taker = self.totals[debit], self.totals[credit]
        if phase in ("posted", "post"):
            giver[0] += amount
            taker[1] += amount
        if phase == "pending":
            giver[2] += amount
            taker[3] += amount
            self.open[pk] = (debit, credit, amount)
        elif phase in RESOLVING:
            held = self.open.pop(resolves, None)
            if held is None:
                yield Fault("I7", row, f"resolves {resolves}, which is not open at this point")
            else:
                self.totals[held[0]][2] -= held[2]
                self.totals[held[1]][3] -= held[2]
        for account in (debit, credit):
            may_overdraw, _role = self.accounts[account]
            d_posted, c_posted, d_pending, c_pending = self.totals[account]
            if not may_overdraw and c_posted - d_posted - d_pending < 0:
                yield Fault("I3", row, f"account {account} had {c_posted - d_posted - d_pending} left after it")
            if d_pending < 0 or c_pending < 0:
                yield Fault("I3", row, f"account {account} had a negative reservation after it")
            if self.last_on.get(account, day) > day:
                yield Fault("I3", row, f"is dated {day}, behind an entry of account {account}")
            self.last_on[account] = day
        if not is_legal(kind, phase, self.accounts[debit][1], self.accounts[credit][1]):
            yield Fault("I1", row, f"{kind} may not make such a transfer")

    def finish(self, account, stored: tuple[int, int, int, int], last_on) -> Iterator[Fault]:
        """Compare one account's stored totals with the sums of its transfers."""
        if tuple(self.totals[account]) != tuple(stored):
            yield Fault("I4", f"account {account}", f"stored {list(stored)}, journal {self.totals[account]}")
        if self.last_on.get(account) != last_on:
            yield Fault("I4", f"account {account}", f"latest entry on {last_on}, journal {self.last_on.get(account)}")


def _replayed(connection) -> Iterator[Fault]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, may_overdraw, role FROM factors_account")
        replay = Replay({pk: (bool(may), role) for pk, may, role in cursor.fetchall()})
    # By numbers within a year; ids only where entries of two years were written side by side.
    transfers = Transfer.objects.using(connection.alias).order_by("posting_id", "line")
    columns = ("id", "phase", "debit", "credit", "amount", "resolves", "posting__kind", "posting__occurred_on")
    for row in transfers.values_list(*columns).iterator(chunk_size=CHUNK):
        yield from replay.feed(*row)
    totals = ("debits_posted", "credits_posted", "debits_pending", "credits_pending")
    rows = Account.objects.using(connection.alias).values_list("pk", "last_on", *totals).order_by("pk")
    for account, last_on, *stored in rows.iterator(chunk_size=CHUNK):
        yield from replay.finish(account, tuple(stored), last_on)


# --- Documents, blocks, audit, the database itself -------------------------------------------------------------------


def _documents(connection) -> Iterator[Fault]:
    without = Posting.objects.using(connection.alias).filter(document_no="", kind__in=NEEDS_DOCUMENT)
    for pk, kind in without.exclude(voucher=None).values_list("pk", "kind").iterator(chunk_size=CHUNK):
        yield Fault("I10", f"posting {pk}", f"a voucher of kind {kind} without a document number")
    for pk, kind in Posting.objects.using(connection.alias).exclude(kind__in=LEGAL).values_list("pk", "kind"):
        yield Fault("I1", f"posting {pk}", f"unknown kind {kind}")


def _blocks(connection) -> Iterator[Fault]:
    for difference in blocks.differences():
        yield Fault(
            "demand",
            f"demand {difference.row}",
            f"{difference.column}: stored {difference.stored!r}, derived {difference.derived!r}",
        )
    odd = BlockEpisode.objects.filter(demand__closed_on__isnull=False, closed_at__isnull=True)
    for pk in odd.values_list("demand_id", flat=True):
        yield Fault("demand", f"demand {pk}", "given up, and its episode is open")


def _audit(connection) -> Iterator[Fault]:
    count, fault = audit.verify()
    if fault:
        yield Fault("I9", f"audit {fault.sequence}", f"{fault.reason} ({count} entries were read)")


def _database(connection) -> Iterator[Fault]:
    for name in sorted(triggers.missing(connection)):
        yield Fault("I8", name, "the trigger that refuses changes is missing")
    names, unique = _constraints(connection)
    for model in apps.get_app_config("factors").get_models():
        table = model._meta.db_table
        for constraint in model._meta.constraints:
            if constraint.name not in names:
                yield Fault("I11", constraint.name, f"the constraint of {table} is missing")
        for field in model._meta.local_concrete_fields:
            if field.unique and not field.primary_key and (table, field.column) not in unique:
                yield Fault("I11", f"{table}.{field.column}", "is not unique in the database")
    checks = SQLITE_CHECKS if connection.vendor == "sqlite" else POSTGRESQL_CHECKS
    for what, sql in checks:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            for row in cursor.fetchmany(50):
                if row != ("ok",):
                    yield Fault("I11", what, str(row))


def _constraints(connection) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the names of constraints and indexes that stand, and the (table, column) that are unique. Two queries."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master")
            names = {
                word
                for name, sql in cursor.fetchall()
                for word in (name, *re.findall(r'CONSTRAINT "(\w+)"', sql or ""))
            }
        else:
            cursor.execute("SELECT conname FROM pg_constraint UNION SELECT indexrelid::regclass::text FROM pg_index")
            names = {name for (name,) in cursor.fetchall()}
        cursor.execute(SQLITE_UNIQUE if connection.vendor == "sqlite" else POSTGRESQL_UNIQUE)
        return names, set(cursor.fetchall())


SQLITE_UNIQUE = """SELECT m.name, MAX(c.name)
    FROM sqlite_master m, pragma_index_list(m.name) i, pragma_index_info(i.name) c
    WHERE m.type = 'table' AND i."unique" AND NOT i.partial GROUP BY m.name, i.name HAVING COUNT(*) = 1"""
POSTGRESQL_UNIQUE = """SELECT i.indrelid::regclass::text, a.attname FROM pg_index i
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL"""
SQLITE_CHECKS = (("integrity_check", "PRAGMA integrity_check(50)"), ("foreign_key_check", "PRAGMA foreign_key_check"))
POSTGRESQL_CHECKS = (
    ("constraint not validated", "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE NOT convalidated"),
    ("index not valid", "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT (indisvalid AND indisready)"),
    ("trigger switched off", "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgenabled = 'D'"),
)


# --- What callers use ------------------------------------------------------------------------------------------------


@contextmanager
def snapshot(connection=default_connection):
    """Read everything within the block as of one instant, without keeping writers off. Inside a transaction: as it is.

    On SQLite a plain BEGIN, which takes no write lock and no place in the writers' queue.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield


def faults(connection=default_connection) -> Iterator[Fault]:
    """Yield what is off, everything looked at within one snapshot. About forty queries and two passes over the journal.

    Memory does not grow with the journal. Nothing is written; I5 and the attempt of I8 are `lost`, `refuses_changes`.
    """
    parts: list[Callable] = [_database, _replayed, _documents, _blocks, _audit]
    queries = (*LIVE, *AT_REST, *(WHOLE_NUMBERS if connection.vendor == "sqlite" else ()))
    with snapshot(connection):
        yield from _bad_rows(connection, queries)
        for part in parts:
            yield from part(connection)


def live(connection=default_connection) -> list[Fault]:
    """Return what a reader sees wrong at this instant (I2, I3, secured amounts): five queries in one snapshot."""
    with snapshot(connection):
        return list(_bad_rows(connection, LIVE))


def lost(acknowledged: Iterable[tuple[int, str]]) -> Iterator[Fault]:
    """Yield entries (id, key) that a caller was told of and that are not in the journal. I5."""
    rows = list(acknowledged)
    for start in range(0, len(rows), 500):
        some = rows[start : start + 500]
        there = set(Posting.objects.filter(pk__in=[pk for pk, _key in some]).values_list("pk", "key"))
        for pk, key in some:
            if (pk, key) not in there:
                yield Fault("I5", f"posting {pk}", f"was acknowledged for key {key} and is gone")


def refuses_changes(connection=default_connection) -> Iterator[Fault]:
    """Try what the database itself must refuse, and yield what works: I8, I3.

    To change and to remove the newest row of each append-only table; to give more than an account has. Everything is
    rolled back. Must not be called inside a transaction; takes the write lock for an instant.
    """
    for table in triggers.registered():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT MAX(id) FROM {table}")
            (newest,) = cursor.fetchone()
        for statement in (f"UPDATE {table} SET id = id WHERE id = %s", f"DELETE FROM {table} WHERE id = %s"):
            if newest is not None and not _refused(connection, statement, newest, "append-only"):
                yield Fault("I8", table, f"{statement.split()[0]} was not refused")
    guarded = Account.objects.using(connection.alias).filter(may_overdraw=False).values_list("pk", flat=True).first()
    statement = "UPDATE factors_account SET debits_posted = credits_posted + 1 WHERE id = %s"
    if guarded is not None and not _refused(connection, statement, guarded, ""):
        yield Fault("I3", "factors_account", "the database itself does not refuse an overdraft")


def _refused(connection, statement, row, words) -> bool:
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(statement, [row])
            transaction.set_rollback(True, using=connection.alias)
    except Error as error:
        return words in str(error)
    return False
