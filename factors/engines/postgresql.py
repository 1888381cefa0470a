"""The posting function of PostgreSQL (`post.sql`): one round trip does the work, a hot pool is locked briefly."""

import json
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psycopg
from django.db import DatabaseError

from factors.engines import Outcome, Posted, Sealed
from factors.refusals import BY_CODE
from factors.rules import LEGAL, RESOLVING

REFUSED = "LD001"
TURNS = "LD002"  # a demand turns blocked or free: more than the one statement is to be done
ON_DISK = "SELECT pg_logical_emit_message(true, 'luodi', '')"
FACTS = ", ".join(["%s"] * 24)  # of a plain entry
POST_ONE = f"SELECT * FROM factors_post_one({FACTS}, %s, false)"
POST_ALONE = f"CALL factors_post_alone({FACTS}, NULL, NULL, NULL, NULL)"
_dump = json.JSONEncoder(ensure_ascii=False).encode


def install(connection) -> None:
    """Make the functions; the table of legal moves goes into its text."""
    legal = sorted(f"{kind}:{':'.join(move)}" for kind, moves in LEGAL.items() for move in moves)
    backwards = sorted(
        {f"reverse:posted:{c}:{d}" for moves in LEGAL.values() for p, d, c in moves if p in ("posted", "post")}
        | {f"reverse:{p}:{pair}" for p in ("pending", "void") for pair in ("pool:holding", "cap:used")}
    )
    text = (Path(__file__).parent / "post.sql").read_text()
    array = "ARRAY[" + ",".join(f"'{word}'" for word in legal + backwards) + "]"
    with connection.cursor() as cursor:
        cursor.execute(text.replace("/*LEGAL*/", array))


def write(
    connection, sealed: list[Sealed], *, now: datetime, by_id: int | None, by_name: str, ip: str | None, seal: bool
) -> Outcome:
    """Post entries, all or none. One query.

    :raises LedgerRefused: nothing is written; the transaction must be rolled back.
    """
    if len(sealed) == 1 and _is_plain(sealed[0].entry):
        facts = [*_facts(sealed[0], now, by_id, by_name, ip), seal]
        pk, year, number, replayed, flips, is_sealed = _fetch_one(connection, POST_ONE, facts)
        return Outcome((Posted(pk, year, number, sealed[0].entry.key, replayed),), flips, is_sealed)
    lines = _lines(sealed)
    with _refusals(), _binding_cursor(connection) as cursor:
        cursor.execute(
            "SELECT factors_post(%s, %s, %s, %s, %s, %s, %s)",
            [_dump(_entries(sealed)), _dump(lines), now, by_id, by_name, ip, seal],
        )
        (answer,) = cursor.fetchone()
    answer = answer if isinstance(answer, dict) else json.loads(answer)
    if "known" in answer:
        return Outcome(tuple(Posted(*row, replayed=True) for row in answer["known"]))
    posted = tuple(Posted(*row, s.entry.key) for row, s in zip(answer["posted"], sealed, strict=True))
    return Outcome(posted, answer["flips"], answer["sealed"])


def _lines(sealed: list[Sealed]) -> list[dict]:
    lines = [(n, s.entry, m, line) for n, s in enumerate(sealed, 1) for m, line in enumerate(s.entry.lines, 1)]
    return [
        {
            "i": i,
            "e": n,
            "n": m,
            "kind": entry.kind,
            "day": entry.occurred_on.isoformat(),
            "phase": line.phase,
            "debit": line.debit,
            "credit": line.credit,
            "amount": line.amount,
            "reservation": line.reservation,
            "held": line.held,
            "expires_on": line.expires_on and line.expires_on.isoformat(),
            "renewed": line.renewed,
            "twin": line.twin,
        }
        for i, (n, entry, m, line) in enumerate(lines, 1)
    ]


def stands_alone(connection, entry) -> bool:
    """Say whether `write_alone` can be tried: the entry is a plain one and no transaction is open."""
    return _is_plain(entry) and connection.get_autocommit()


def write_alone(
    connection, sealed: Sealed, *, now: datetime, by_id: int | None, by_name: str, ip: str | None
) -> Outcome | None:
    """Post one plain entry, commit, and wait for the disk, in one query.

    None: nothing is written, it needs a larger transaction.

    :raises LedgerRefused: nothing is written.
    """
    try:
        made = _fetch_one(connection, POST_ALONE, _facts(sealed, now, by_id, by_name, ip))
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) == TURNS:
            return None
        raise
    pk, year, number, replayed = made
    return Outcome((Posted(pk, year, number, sealed.entry.key, replayed),))


def wait_for_disk(connection) -> None:
    """Wait until all that was committed before is on disk, as `synchronous_commit` of the session says. One query.

    A transaction that posts commits without waiting (post.sql), so that who waits for its locks need not wait for the
    disk. This one is empty but for a message that nobody reads, and commits as usual. The log is written in order: when
    it is on disk the posting is. Those who come here at once share one write. ADR 0021.
    """
    with _binding_cursor(connection) as cursor:
        cursor.execute(ON_DISK)


def _is_plain(entry) -> bool:
    """Say whether `factors_post_one` knows such an entry: one line between two accounts, and nothing besides."""
    if len(entry.lines) != 1 or entry.renews is not None or entry.reverses is not None:
        return False
    if entry.renewed_until is not None or entry.kind in ("renew", "reverse"):
        return False
    (line,) = entry.lines
    return line.debit != line.credit and not line.twin and (line.reservation is not None) == (line.phase in RESOLVING)


def _facts(sealed: Sealed, now, by_id, by_name, ip) -> list:
    """Return what `factors_post_one` and `factors_post_alone` take of a plain entry, in their order."""
    entry, (line,) = sealed.entry, sealed.entry.lines
    return [
        *(entry.key, entry.kind, entry.occurred_on, entry.document_no, entry.summary, entry.maker),
        *(entry.checker, entry.voucher, line.phase, line.debit, line.credit, line.amount, line.reservation),
        *(line.held, line.expires_on, line.renewed, sealed.head, sealed.tail, sealed.summary, sealed.detail),
        *(now, by_id, by_name, ip),
    ]


def _fetch_one(connection, statement: str, facts: list) -> tuple:
    with _refusals(), _binding_cursor(connection) as cursor:
        cursor.execute(statement, facts)
        return cursor.fetchone()


def _binding_cursor(connection):
    """Return a cursor that sends values apart from the statement: to quote them takes a quarter of a posting.

    Django's own, which quotes, is the usual one: everything else here and in queries by the ORM is as it was.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = psycopg.Cursor(connection.connection)
    return connection.make_debug_cursor(cursor) if connection.queries_logged else connection.make_cursor(cursor)


@contextmanager
def _refusals():
    """Turn what the functions refuse into `LedgerRefused`."""
    try:
        yield
    except DatabaseError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is None or diagnosis.sqlstate != REFUSED:
            raise
        facts = json.loads(diagnosis.message_detail)
        raise BY_CODE[facts.pop("code")](**facts) from error


def seal(
    connection, sealed: list[Sealed], posted, *, now: datetime, by_id: int | None, by_name: str, ip: str | None
) -> None:
    """Write the audit entries of what was posted unsealed. One query."""
    ids = [made.id for made in posted]
    with _binding_cursor(connection) as cursor:
        cursor.execute(
            "SELECT factors_seal(%s, %s::bigint[], %s, %s, %s, %s)",
            [_dump(_entries(sealed)), ids, now, by_id, by_name, ip],
        )


def _entries(sealed: list[Sealed]) -> list[dict]:
    return [
        {
            "e": n,
            "key": s.entry.key,
            "kind": s.entry.kind,
            "day": s.entry.occurred_on.isoformat(),
            "document_no": s.entry.document_no,
            "summary": s.entry.summary,
            "maker": s.entry.maker,
            "checker": s.entry.checker,
            "voucher": s.entry.voucher,
            "reverses": s.entry.reverses,
            "renews": s.entry.renews,
            "renewed_until": s.entry.renewed_until and s.entry.renewed_until.isoformat(),
            "head": s.head,
            "tail": s.tail,
            "target": s.summary,
            "detail": s.detail,
        }
        for n, s in enumerate(sealed, 1)
    ]
