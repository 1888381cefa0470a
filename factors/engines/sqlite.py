"""Posting on SQLite: plain statements inside the caller's transaction, which is the only writer (BEGIN IMMEDIATE).

Refusals come from the conditional UPDATE, so a CHECK is the second guard and never the first.
"""

from contextlib import closing, contextmanager
from datetime import datetime
from functools import lru_cache

from factors.engines import Outcome, Posted, Sealed
from factors.refusals import (
    Backdated,
    Closed,
    Illegal,
    Insufficient,
    NotOpen,
    OtherBook,
    OtherPeriod,
    Reversed,
    Unknown,
)
from factors.rules import given, is_legal, totals
from people import audit

KNOWN = "SELECT id, year, number, key FROM factors_posting WHERE key IN ({marks})"
ACCOUNTS = """SELECT id, book_id, period, role, closed_on, last_on, may_overdraw,
    credits_posted - debits_posted - debits_pending FROM factors_account WHERE id IN (?, ?)"""
MOVE = """UPDATE factors_account SET
    debits_posted = debits_posted + (id = ?) * ?, credits_posted = credits_posted + (id = ?) * ?,
    debits_pending = debits_pending + (id = ?) * ?, credits_pending = credits_pending + (id = ?) * ?, last_on = ?
    WHERE id IN (?, ?) AND (id <> ? OR may_overdraw OR credits_posted - debits_posted - debits_pending >= ?)"""
TRANSFER = """INSERT INTO factors_transfer
    (posting_id, line, phase, debit_id, credit_id, amount, resolves_id, expires_on)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
POSTING = """INSERT INTO factors_posting (year, number, key, kind, occurred_on, recorded_at, document_no, summary,
    maker_id, checker_id, voucher_id, reverses_id, renews_id, renewed_until)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
OPEN = """SELECT transfer_id FROM factors_reservation
    WHERE id = ? AND resolved_by_id IS NULL AND amount = ? AND pool_id = ? AND holding_id = ?"""
RENEWABLE = "SELECT id FROM factors_reservation WHERE id = ? AND resolved_by_id IS NULL AND NOT renewed"
RENEW = "UPDATE factors_reservation SET expires_on = ?, renewed = ? WHERE id = ? OR twin_of_id = ?"
RESERVATION = """INSERT INTO factors_reservation
    (transfer_id, pool_id, holding_id, amount, reserved_on, expires_on, renewed, twin_of_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
AUDIT = """INSERT INTO people_auditentry (sequence, at, kind, by_id, by_name, ip, target_type, target_id, target_text,
    detail, prev_hash, hash) VALUES (?, ?, 'ledger.posting', ?, ?, ?, 'factors.posting', ?, ?, ?, ?, ?)"""
NUMBER = "UPDATE factors_journalyear SET last_number = last_number + 1 WHERE year = ? RETURNING last_number"
DEMAND = """UPDATE factors_demand SET secured =
    (SELECT credits_posted - debits_posted + credits_pending FROM factors_account WHERE id = holding_id)
    WHERE holding_id IN ({marks})"""
FLIPS = """WITH pool AS (
    SELECT id, credits_posted - debits_posted - debits_pending AS available FROM factors_account
    WHERE id IN ({marks}) AND role = 'pool' UNION
    SELECT a.id, a.credits_posted - a.debits_posted - a.debits_pending FROM factors_demand d
    JOIN factors_account a ON a.id = d.pool_id WHERE d.holding_id IN ({marks}))
    SELECT EXISTS (SELECT 1 FROM pool WHERE EXISTS (SELECT 1 FROM factors_demand d
        WHERE d.pool_id = pool.id AND d.closed_on IS NULL AND NOT d.blocked AND d.gap > pool.available)
        OR EXISTS (SELECT 1 FROM factors_demand d
        WHERE d.pool_id = pool.id AND d.closed_on IS NULL AND d.blocked AND d.gap <= pool.available))
    OR EXISTS (SELECT 1 FROM factors_demand WHERE holding_id IN ({marks}) AND pool_id IS NULL
        AND closed_on IS NULL AND blocked <> (gap > 0))"""


def install(connection) -> None:
    """Do nothing: SQLite has no functions of its own."""


def wait_for_disk(connection) -> None:
    """Do nothing: a commit waits by itself (synchronous=FULL)."""


def stands_alone(connection, entry) -> bool:
    """Say whether `write_alone` can be tried: no transaction is open, and nobody watches the statements."""
    return connection.get_autocommit() and not _is_watched(connection)


def write_alone(
    connection, sealed: Sealed, *, now: datetime, by_id: int | None, by_name: str, ip: str | None
) -> Outcome | None:
    """Post one entry in a transaction of the driver. None: nothing is written, a demand turns and needs more.

    :raises LedgerRefused: nothing is written.
    """
    try:
        with connection.alone() as cursor:
            return _write(connection, cursor, [sealed], now, by_id, by_name, ip, seal=True, alone=True)
    except _Turns:
        return None


class _Turns(Exception):
    """A demand turns blocked or free."""


def write(
    connection, sealed: list[Sealed], *, now: datetime, by_id: int | None, by_name: str, ip: str | None, seal: bool
) -> Outcome:
    """Post entries, all or none. Thirteen statements and a COMMIT for an entry of one line.

    :raises LedgerRefused: the transaction must be rolled back.
    """
    with _cursor(connection) as cursor:
        return _write(connection, cursor, sealed, now, by_id, by_name, ip, seal)


def _write(connection, cursor, sealed, now, by_id, by_name, ip, seal, alone=False) -> Outcome:
    known = _known(cursor, [s.entry.key for s in sealed])
    if known:
        return Outcome(tuple(known))
    posted, touched = [], set()
    stamp = connection.ops.adapt_datetimefield_value(now)
    for item in sealed:
        posted.append(_entry(cursor, item, stamp))
        for line in item.entry.lines:
            touched |= {line.debit, line.credit}
    for statement, some in _portions(DEMAND, touched):
        cursor.execute(statement, some)
    flips = _flips(cursor, touched)
    if flips and alone:
        raise _Turns
    if seal and not flips:
        _audit(cursor, sealed, posted, stamp, by_id, by_name, ip)
    return Outcome(tuple(posted), flips, seal and not flips)


def seal(
    connection, sealed: list[Sealed], posted, *, now: datetime, by_id: int | None, by_name: str, ip: str | None
) -> None:
    """Write the audit entries of what was posted unsealed."""
    with _cursor(connection) as cursor:
        _audit(cursor, sealed, posted, connection.ops.adapt_datetimefield_value(now), by_id, by_name, ip)


@contextmanager
def _cursor(connection):
    """Open the driver's cursor: Django's takes as long as the rest of a posting, to translate marks.

    Where somebody watches (a log of queries, a wrapper), Django's it is. Only within a transaction.
    """
    if _is_watched(connection):
        with connection.cursor() as cursor:
            yield Watched(cursor)
        return
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, closing(connection.connection.cursor()) as cursor:
        yield cursor


def _is_watched(connection) -> bool:
    return bool(connection.queries_logged or connection.execute_wrappers)


class Watched:
    """Django's cursor, for statements with the marks of the driver."""

    def __init__(self, cursor):
        self.cursor = cursor

    def __getattr__(self, name):
        return getattr(self.cursor, name)

    def execute(self, sql, values=()):
        """Run one statement."""
        return self.cursor.execute(sql.replace("?", "%s"), values)


def _portions(sql: str, values) -> list[tuple[str, list]]:
    """Return the statement with its marks for some hundred values at a time, and these values."""
    values = list(values)
    portions = [values[start : start + 500] for start in range(0, len(values), 500)]
    return [(_marked(sql, len(some)), some) for some in portions]


@lru_cache
def _marked(sql: str, number: int) -> str:
    return sql.format(marks=", ".join("?" * number))


def _known(cursor, keys) -> list[Posted]:
    found = []
    for statement, some in _portions(KNOWN, keys):
        cursor.execute(statement, some)
        found += [Posted(*row, replayed=True) for row in cursor.fetchall()]
    return found


def _entry(cursor, item: Sealed, stamp) -> Posted:
    entry = item.entry
    day = entry.occurred_on.isoformat()
    if entry.renews:
        cursor.execute(RENEWABLE, [entry.renews])
        if cursor.fetchone() is None:
            raise NotOpen(reservation=entry.renews)
    if entry.reverses:
        cursor.execute("SELECT id FROM factors_posting WHERE reverses_id = ?", [entry.reverses])
        if row := cursor.fetchone():
            raise Reversed(posting=entry.reverses, by=row[0])
    resolved = [_resolve(cursor, line) for line in entry.lines]
    for line in entry.lines:
        _move(cursor, entry, line, day)
    year = entry.occurred_on.year
    cursor.execute(NUMBER, [year])
    row = cursor.fetchone()
    if row is None:
        cursor.execute("INSERT INTO factors_journalyear (year, last_number) VALUES (?, 1)", [year])
        row = (1,)
    until = entry.renewed_until and entry.renewed_until.isoformat()
    cursor.execute(
        POSTING,
        [
            *(year, row[0], entry.key, entry.kind, day, stamp, entry.document_no, entry.summary),
            *(entry.maker, entry.checker, entry.voucher, entry.reverses, entry.renews, until),
        ],
    )
    posting = cursor.lastrowid
    main = None
    for number, (line, transfer) in enumerate(zip(entry.lines, resolved, strict=True), start=1):
        expires = line.expires_on and line.expires_on.isoformat()
        cursor.execute(TRANSFER, [posting, number, line.phase, line.debit, line.credit, line.amount, transfer, expires])
        made = cursor.lastrowid
        if transfer is not None:
            cursor.execute("UPDATE factors_reservation SET resolved_by_id = ? WHERE id = ?", [made, line.reservation])
        if line.phase == "pending":
            twin_of = main if line.twin else None
            cursor.execute(
                RESERVATION, [made, line.debit, line.credit, line.amount, day, expires, line.renewed, twin_of]
            )
            main = cursor.lastrowid
    if entry.renews:
        cursor.execute(RENEW, [until, True, entry.renews, entry.renews])
    return Posted(posting, year, row[0], entry.key)


def _resolve(cursor, line) -> int | None:
    """Return the pending transfer that the line resolves, when its reservation is open and of just that amount."""
    if line.reservation is None:
        return None
    cursor.execute(OPEN, [line.reservation, line.held, line.debit, line.credit])
    row = cursor.fetchone()
    if row is None or line.amount > line.held or (line.phase != "post" and line.amount != line.held):
        raise NotOpen(reservation=line.reservation)
    return row[0]


def _move(cursor, entry, line, day) -> None:
    cursor.execute(ACCOUNTS, [line.debit, line.credit])
    found = {row[0]: row[1:] for row in cursor.fetchall()}
    for account in (line.debit, line.credit):
        if account not in found:
            raise Unknown(account=account)
    sides = {account: found[account] for account in (line.debit, line.credit)}
    debit, credit = sides[line.debit], sides[line.credit]
    pair = {"debit": line.debit, "credit": line.credit}
    if debit[0] != credit[0]:
        raise OtherBook(**pair)
    if debit[1] != credit[1] and entry.kind not in ("carry_over", "reverse"):
        raise OtherPeriod(**pair)
    if not is_legal(entry.kind, line.phase, debit[2], credit[2]):
        raise Illegal(kind=entry.kind, phase=line.phase, **pair)
    for account, side in sides.items():
        if side[3] is not None and line.phase in ("posted", "pending"):
            raise Closed(account=account)
    for account, side in sides.items():
        if side[4] is not None and str(side[4]) > day:
            raise Backdated(account=account, last_on=str(side[4]))
    needed = given(line)
    posted, _credits, pending, _pending = totals(line)[0]
    giver, taker = line.debit, line.credit
    cursor.execute(
        MOVE,
        [giver, posted, taker, posted, giver, pending, taker, pending, day, giver, taker, giver, max(needed, 0)],
    )
    if cursor.rowcount < len(sides):
        raise Insufficient(account=giver, available=debit[6], wanted=needed)


def _audit(cursor, sealed, posted, stamp, by_id, by_name, ip) -> None:
    cursor.execute("SELECT sequence, hash FROM people_audithead WHERE id = 1")
    row = cursor.fetchone()
    if row is None:
        row = (0, audit.GENESIS)
        cursor.execute("INSERT INTO people_audithead (id, sequence, hash) VALUES (1, ?, ?)", row)
    sequence, before = row
    for item, made in zip(sealed, posted, strict=True):
        sequence += 1
        after = audit.sealed(sequence, item.head, str(made.id), item.tail, before)
        cursor.execute(
            AUDIT, [sequence, stamp, by_id, by_name, ip, str(made.id), item.summary, item.detail, before, after]
        )
        before = after
    cursor.execute("UPDATE people_audithead SET sequence = ?, hash = ? WHERE id = 1", [sequence, before])


def _flips(cursor, touched) -> bool:
    """Say whether a demand turns blocked or free: two probes of an index for each pool that was touched."""
    for statement, some in _portions(FLIPS, touched):
        cursor.execute(statement, some * 3)
        if cursor.fetchone()[0]:
            return True
    return False
