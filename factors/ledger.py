"""The one way quota moves. `post` writes journal entries, all or none; nothing else touches accounts or the journal.

A posting balances by construction (one amount, two accounts), never overdraws (checked at every line, and by a CHECK of
the database), happens once per key, has a number without holes and an entry in the audit log, and turns the demands
that it blocks or frees, all in the caller's transaction. Order of locks: `docs/adr` 0012.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.utils import timezone

from factors import blocks, engines
from factors.engines import Outcome, Posted, Sealed
from factors.models import Posting, Transfer
from factors.refusals import Backdated, KeyUsed, LedgerRefused, NotOpen, Postdated
from factors.rules import Entry
from people import audit

__all__ = ["LedgerRefused", "Posted", "audited_last", "post"]

MOST = 10**16  # of one line, in smallest units: some thousand times a province, and no sum of lines overflows

_waiting: ContextVar[list | None] = ContextVar("audit_entries_to_write_last", default=None)


def post(entries: Sequence[Entry], *, now: datetime, by=None, ip: str | None = None) -> list[Posted]:
    """Post entries in order, all or none, and return what became of each, in the same order.

    An entry whose key was used before is not made again: the earlier one comes back with `replayed` set. `by` is the
    person who answers for it (the checker, or the maker where no checker is needed; None for the system).
    Returned, or at the end of the caller's transaction, it is on disk (ADR 0021). One query on PostgreSQL (with BEGIN
    and COMMIT around, and one that waits for the disk, unless it is one plain entry), about ten for each entry on
    SQLite; a few more when a demand turns blocked or free, or a key was used before.

    :raises LedgerRefused: with facts and words; nothing was written. Inside a larger transaction that one is lost.
    :raises ValueError: a key twice in one call, or an amount that is no whole number above zero.
    """
    entries = list(entries)
    _require_sound(entries, timezone.localtime(now).date())
    if len(entries) == 1 and (outcome := _write_alone(entries[0], now=now, by=by, ip=ip)):
        made = {p.key: p for p in outcome.posted}
        _require_same([(entry, made[entry.key]) for entry in entries if made[entry.key].replayed])
        return list(outcome.posted)
    with transaction.atomic(savepoint=False):
        transaction.on_commit(
            _wait_for_disk
        )  # also where all keys are known: what was committed may not be on disk yet
        made: dict[str, Posted] = {}
        # When keys are known, only those are answered; more may have become known while the rest waited for locks.
        while rest := [entry for entry in entries if entry.key not in made]:
            made |= {p.key: p for p in _write(rest, now=now, by=by, ip=ip)}
        _require_same([(entry, made[entry.key]) for entry in entries if made[entry.key].replayed])
    return [made[entry.key] for entry in entries]


@contextmanager
def audited_last() -> Iterator[None]:
    """Write the audit entries of what is posted within the block at its end, as the last thing of a transaction.

    For a transaction that writes projects or tallies after it posted: others lock those first and the head of the audit
    log last, and two that take them in opposite order are a deadlock (docs/adr 0012). The block stands inside the
    transaction; when it is left by an exception nothing is written, the caller rolls back.
    """
    token = _waiting.set([])
    try:
        yield
        waiting = _waiting.get()
    finally:
        _waiting.reset(token)
    for seal in waiting:
        seal()


def _write_alone(entry: Entry, *, now, by, ip) -> Outcome | None:
    """Post one entry as a transaction by itself, where database, entry and caller allow; None where not."""
    connection = connections[DEFAULT_DB_ALIAS]
    engine = engines.of(connection)
    if _waiting.get() is not None or connection.in_atomic_block or not engine.stands_alone(connection, entry):
        return None
    return engine.write_alone(connection, _seal([entry], now, by, ip)[0], **_who(now, by, ip))


def _wait_for_disk() -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    engines.of(connection).wait_for_disk(connection)


def _who(now, by, ip) -> dict:
    return {"now": now, "by_id": by.pk if by else None, "by_name": by.username if by else "", "ip": ip}


def _write(entries, *, now, by, ip) -> tuple[Posted, ...]:
    """Post, let demands turn, write the audit entries: in this order, which is that of the locks."""
    who, connection = _who(now, by, ip), connections[DEFAULT_DB_ALIAS]
    sealed = _seal(entries, now, by, ip)
    waiting, engine = _waiting.get(), engines.of(connection)
    outcome: Outcome = engine.write(connection, sealed, **who, seal=waiting is None)
    if outcome.flips:
        accounts = {side for entry in entries for line in entry.lines for side in (line.debit, line.credit)}
        blocks.settle(accounts, now=now, cause="posting", posting_id=outcome.posted[-1].id)
    if not outcome.sealed:

        def seal():
            engine.seal(connection, sealed, outcome.posted, **who)

        seal() if waiting is None else waiting.append(seal)
    return outcome.posted


def _require_sound(entries: Sequence[Entry], today: date) -> None:
    """Refuse what no state of the ledger could make right: amounts, dates to come, and entries of one call in conflict.

    No query for one entry of one line.
    """
    for entry in entries:
        if entry.occurred_on > today:
            raise Postdated(on=f"{entry.occurred_on:%Y-%m-%d}", today=f"{today:%Y-%m-%d}")
        for line in entry.lines:
            if type(line.amount) is not int or not 0 < line.amount <= MOST or type(line.held) is not int:
                raise ValueError(f"{line.amount!r} is no amount: a whole number of smallest units above zero")
    if len({entry.key for entry in entries}) < len(entries):
        raise ValueError("a key twice in one call")
    if len(entries) == 1 and len(entries[0].lines) == 1:
        return
    if _conflict(entries):
        known = set(Posting.objects.filter(key__in=[entry.key for entry in entries]).values_list("key", flat=True))
        conflict = _conflict([entry for entry in entries if entry.key not in known])
        if conflict:
            raise conflict


def _conflict(entries: Sequence[Entry]) -> LedgerRefused | None:
    """Return why the entries cannot stand one behind the other: a reservation in two, or a day before the last one."""
    reservations, last_on = set(), {}
    for entry in entries:
        for pk in [line.reservation for line in entry.lines] + [entry.renews]:
            if pk is not None and pk in reservations:
                return NotOpen(reservation=pk)
            reservations.add(pk)
        for account in {side for line in entry.lines for side in (line.debit, line.credit)}:
            if last_on.setdefault(account, entry.occurred_on) > entry.occurred_on:
                return Backdated(account=account, last_on=last_on[account].isoformat())
            last_on[account] = entry.occurred_on
    return None


def _require_same(replayed: list[tuple[Entry, Posted]]) -> None:
    """Refuse an entry whose key was used for another one."""
    if not replayed:
        return
    ids = [posted.id for _entry, posted in replayed]
    facts = {
        pk: [kind, renews]
        for pk, kind, renews in Posting.objects.filter(pk__in=ids).values_list("pk", "kind", "renews")
    }
    columns = ("posting", "phase", "debit", "credit", "amount")
    for pk, *line in Transfer.objects.filter(posting__in=ids).order_by("posting", "line").values_list(*columns):
        facts[pk].append(tuple(line))
    for entry, posted in replayed:
        lines = [(line.phase, line.debit, line.credit, line.amount) for line in entry.lines]
        if facts[posted.id] != [entry.kind, entry.renews, *lines]:
            raise KeyUsed(key=entry.key, posting=posted.id)


def _seal(entries: Sequence[Entry], now, by, ip) -> list[Sealed]:
    """Prepare the audit entries: all but their sequence, the posting's number and the hash before it."""
    who = (by.pk, by.username) if by else (None, "")
    head = audit.head_of(now, "ledger.posting", *who, ip, "factors.posting")
    sealed = []
    for entry in entries:
        detail = audit.detail_of(
            {
                "kind": entry.kind,
                "document_no": entry.document_no,
                "maker": entry.maker,
                "checker": entry.checker,
                "lines": [[line.phase, line.debit, line.credit, line.amount] for line in entry.lines],
            }
        )
        target = f"{entry.kind} {entry.document_no} {entry.summary}".strip()[:200]
        sealed.append(Sealed(entry, head, audit.tail_of(target, detail), target, detail))
    return sealed
