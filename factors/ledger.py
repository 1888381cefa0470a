"""The one way quota moves. `post` writes journal entries, all or none; nothing else touches accounts or the journal.

A posting balances by construction (one amount, two accounts), never overdraws (checked at every line, and by a CHECK of
the database), happens once per key, has a number without holes and an entry in the audit log, and turns the demands
that it blocks or frees, all in the caller's transaction. Order of locks: `docs/adr` 0012.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from factors import blocks, engines
from factors.engines import Outcome, Posted, Sealed
from factors.refusals import LedgerRefused
from factors.rules import Entry
from people import audit
from people.models import AuditEntry

__all__ = ["LedgerRefused", "Posted", "post"]


def post(entries: Sequence[Entry], *, now: datetime, by=None, ip: str | None = None) -> list[Posted]:
    """Post entries in order, all or none, and return what became of each, in the same order.

    An entry whose key was used before is not made again: the earlier one comes back with `replayed` set. `by` is the
    person who answers for it (the checker, or the maker where no checker is needed; None for the system).
    One query on PostgreSQL (three with its own transaction), about ten for each entry on SQLite; a few more when a
    demand turns blocked or free.

    :raises LedgerRefused: with facts and words; nothing was written. Inside a larger transaction that one is lost.
    """
    entries = list(entries)
    with transaction.atomic(savepoint=False):
        outcome = _write(entries, now=now, by=by, ip=ip)
        made = {p.key: p for p in outcome.posted}
        rest = [entry for entry in entries if entry.key not in made]
        if rest:  # some had been posted before
            outcome = _write(rest, now=now, by=by, ip=ip)
            made |= {p.key: p for p in outcome.posted}
        if outcome.flips:
            accounts = {side for entry in entries for line in entry.lines for side in (line.debit, line.credit)}
            blocks.settle(accounts, now=now, cause="posting", posting_id=outcome.posted[-1].id)
    return [made[entry.key] for entry in entries]


def _write(entries, *, now, by, ip) -> Outcome:
    name = by.username if by else ""
    return engines.of(connection).write(
        connection,
        [_seal(entry, now, by, name, ip) for entry in entries],
        now=now,
        by_id=by.pk if by else None,
        by_name=name,
        ip=ip,
    )


def _seal(entry: Entry, now, by, name, ip) -> Sealed:
    """Prepare the audit entry: all but its sequence, the posting's number and the hash before it."""
    detail = {
        "kind": entry.kind,
        "document_no": entry.document_no,
        "maker": entry.maker,
        "checker": entry.checker,
        "lines": [[line.phase, line.debit, line.credit, line.amount] for line in entry.lines],
    }
    target = f"{entry.kind} {entry.document_no} {entry.summary}".strip()[:200]
    row = AuditEntry(
        at=now,
        kind="ledger.posting",
        by=by,
        by_name=name,
        ip=ip,
        target_type="factors.posting",
        target_text=target,
        detail=detail,
    )
    head, tail = audit.pieces(row)
    return Sealed(entry, head, tail, target, json.dumps(detail, ensure_ascii=False))
