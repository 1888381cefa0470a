"""Posting a file: every row one entry of the journal, all of them or none. `manage.py ledger post`.

    file ─ sheets.read ─> lines ─ post_rows.judge ─> rows ─ Accounts ─> checked rows ─ Batches ─> ledger.post

Everything happens in one transaction: accounts that are opened, entries in batches, their audit entries last. A row
whose key is in the journal already is compared with its entry and not posted again. Docs: docs/ledger-files.md.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from factors import entries, ledger, pools, sheets
from factors.models import Account, Demand, Posting, Reservation, Transfer
from factors.post_accounts import Accounts
from factors.post_rows import COLUMNS, OF_RESERVATION, REQUIRED, Problem, Row, Words, Wrong, judge
from factors.refusals import Backdated, Insufficient, LedgerRefused, Postdated
from people import audit

BATCH = 500
PART = 500


@dataclass
class Result:
    """What became of a file. `done`: (row, voucher number) of entries made, `known` those that were there before."""

    rows: int = 0
    done: list[tuple[Row, str]] = field(default_factory=list)
    known: list[tuple[Row, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    opened: list[Account] = field(default_factory=list)
    unread: tuple[str, ...] = ()
    written: bool = False
    keys: dict[int, str] = field(default_factory=dict)
    """The key of every row of the file, as it was written, by the row's number."""

    @property
    def wrong(self) -> dict[int, list[Problem]]:
        """The problems by the row they stand in; a row can have several."""
        found = {}
        for problem in sorted(self.problems, key=lambda problem: problem.number):
            found.setdefault(problem.number, []).append(problem)
        return found


class _RollBack(Exception):
    """Leaves the transaction without an error."""


def post(
    path: Path, *, now: datetime, by=None, open_accounts: bool = False, good_rows_only: bool = False, dry: bool = False
) -> Result:
    """Post a file. With problems nothing is written, unless `good_rows_only`; `dry` writes nothing in any case.

    `by` answers for the entries and is their maker; nobody checks them, and the audit log says so.

    :raises sheets.SheetError, OSError: the file cannot be read.
    """
    sheet = sheets.read(path, COLUMNS, REQUIRED)
    keys = {line.number: line.cells.get("key", "") for line in sheet.lines}
    result = Result(rows=len(sheet.lines), unread=sheet.unread, keys=keys)
    try:
        with transaction.atomic():
            rows, result.problems = judge(sheet, Words())
            _post(rows, result, now, by, open_accounts, good_rows_only)
            result.written = not dry and (good_rows_only or not result.problems)
            if not result.written:
                raise _RollBack
            if result.done or result.opened:
                _record(path, result, now, by)
    except _RollBack:
        pass
    return result


def _post(rows, result, now, by, open_accounts, good_rows_only) -> None:
    rows = _without_known(rows, result)
    accounts = Accounts(open_accounts)
    rows = _with_accounts(rows, accounts, result)
    result.opened = accounts.opened
    rows = _in_order(rows, timezone.localtime(now).date(), result)
    if result.problems and not good_rows_only:
        return
    _reassign(accounts.opened, now)
    _lock(rows)
    with ledger.audited_last():
        Batches(result, now, by, good_rows_only).run(rows)
        if result.problems and not good_rows_only:
            raise _RollBack


def _record(path, result, now, by) -> None:
    audit.record(
        "ledger.file",
        by=by,
        now=now,
        target=path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        by_way_of="command line, without a checker",
        rows=result.rows,
        posted=len(result.done),
        known=len(result.known),
        refused=len(result.wrong),
        opened=[f"{a.book.code} {a.period} {a.code}".strip() for a in result.opened[:200]],
        accounts_opened=len(result.opened),
    )


# --- rows that are there already -----------------------------------------------------------------------------------


def _without_known(rows: list[Row], result: Result) -> list[Row]:
    """Return the rows whose key is new; the others are compared with the entries of the journal."""
    made = {}
    for part in _parts([row.key for row in rows]):
        columns = ("pk", "number", "kind")
        made |= {p[0]: p[1:] for p in Posting.objects.filter(key__in=part).values_list("key", *columns)}
    lines = {}
    for part in _parts([pk for pk, *_rest in made.values()]):
        moved = ("debit__code", "debit__name", "credit__code", "credit__name", "debit__book", "amount")
        first = Transfer.objects.filter(posting__in=part, line=1)
        lines |= {t[0]: t[1:] for t in first.values_list("posting", *moved)}
    fresh = []
    for row in rows:
        if row.key not in made:
            fresh.append(row)
            continue
        pk, number, kind = made[row.key]
        if _same(row, kind, lines.get(pk)):
            result.known.append((row, f"{number:04d}"))
        else:
            message = _("this key belongs to entry %(number)s, which says something else; use a key of its own")
            result.problems.append(Problem(row.number, "key", message % {"number": f"{number:04d}"}))
    return fresh


def _same(row: Row, kind: str, line) -> bool:
    if row.kind != kind:
        return False
    if line is None or row.kind in OF_RESERVATION:
        return line is None or row.amount in (None, line[5])
    giver, taker = row.giver.partition("@")[0].strip(), row.taker.partition("@")[0].strip()
    return giver in line[0:2] and taker in line[2:4] and row.book.pk == line[4] and row.amount == line[5]


# --- accounts and order of days ------------------------------------------------------------------------------------


def _with_accounts(rows: list[Row], accounts: Accounts, result: Result) -> list[Row]:
    good = []
    for row in rows:
        try:
            if row.kind not in OF_RESERVATION:
                row.debit, row.credit = accounts.pair(row)
        except Wrong as wrong:
            result.problems.append(Problem(row.number, wrong.column, wrong.words))
            continue
        good.append(row)
    return good


def _in_order(rows: list[Row], today: date, result: Result) -> list[Row]:
    """Return the rows dated neither after today nor before an earlier entry of their accounts (file or journal)."""
    last: dict[int, tuple[date, int]] = {}
    good = []
    for row in rows:
        if row.day > today:
            refused = Postdated(on=f"{row.day:%Y-%m-%d}", today=f"{today:%Y-%m-%d}")
            result.problems.append(Problem(row.number, "date", refused.words()))
            continue
        for account in (row.debit, row.credit):
            if account is None:
                continue
            day, number = last.get(account.pk, (account.last_on, 0))
            if day is not None and day > row.day:
                result.problems.append(Problem(row.number, "date", _late(account, day, number)))
                break
        else:
            good.append(row)
            last |= {a.pk: (row.day, row.number) for a in (row.debit, row.credit) if a is not None}
    return good


def _late(account, day, number) -> str:
    if number:
        message = _("%(account)s has an entry of %(day)s in row %(row)s; put the rows of an account in order of days")
    else:
        message = _("%(account)s already has an entry of %(day)s in the journal; use that day or a later one")
    return message % {"account": account.name, "day": f"{day:%Y-%m-%d}", "row": number}


def _reassign(opened: list[Account], now) -> None:
    """Let demands look for their pool again where pools with a place were opened."""
    for book, period in {(a.book, a.period) for a in opened if a.role == "pool" and (a.park_id or a.district_id)}:
        pools.reassign(Demand.objects.filter(book=book, period=period), now=now)


def _lock(rows: list[Row]) -> None:
    """Take the locks of all batches in the ledger's order, before the first batch takes later ones (docs/adr 0012)."""
    named = [row.reservation for row in rows if row.kind in OF_RESERVATION]
    for part in _parts(named):
        list(Reservation.objects.select_for_update(of=("self",)).filter(transfer__posting__key__in=part).order_by("pk"))
    ids = {a.pk for row in rows for a in (row.debit, row.credit) if a is not None}
    for part in _parts(named):
        found = Reservation.objects.filter(transfer__posting__key__in=part)
        ids |= {pk for pair in found.values_list("pool", "holding") for pk in pair}
    for part in _parts(sorted(ids)):
        ids |= set(Demand.objects.filter(holding__in=part, pool__isnull=False).values_list("pool", flat=True))
        ids |= {pk for pk in Account.objects.filter(pk__in=part).values_list("cap", flat=True) if pk is not None}
    if len(ids) <= 20_000:  # more is a first fill, where nobody else works
        list(Account.objects.select_for_update().filter(pk__in=ids).order_by("tier", "pk").values_list("pk"))


def _parts(items):
    for start in range(0, len(items), PART):
        yield items[start : start + PART]


# --- batches -------------------------------------------------------------------------------------------------------


class Batches:
    """Rows on their way to the journal, some hundred at a time."""

    def __init__(self, result: Result, now: datetime, by, good_rows_only: bool):
        self.result, self.now, self.by, self.good_rows_only = result, now, by, good_rows_only
        self.waiting: list[Row] = []
        self.keys: set[str] = set()

    def run(self, rows: list[Row]) -> None:
        """Post all rows. Stops at the first that the ledger refuses, unless good rows are wanted only."""
        for row in rows:
            if row.reservation and row.reservation in self.keys:
                self.flush()  # what it names must be in the journal first
            self.waiting.append(row)
            self.keys |= {row.key, row.reservation}
            if len(self.waiting) >= BATCH:
                self.flush()
            if self.stopped:
                return
        self.flush()

    @property
    def stopped(self) -> bool:
        """Whether nothing will be written any more."""
        return bool(self.result.problems) and not self.good_rows_only

    def flush(self) -> None:
        """Post what waits."""
        rows, self.waiting, self.keys = self.waiting, [], set()
        if rows and not self.stopped:
            open_ones = _open_reservations([row.reservation for row in rows if row.reservation])
            made = []
            for row in rows:
                try:
                    made.append((row, self._entry(row, open_ones.get(row.reservation))))
                except Wrong as wrong:
                    self.result.problems.append(Problem(row.number, wrong.column, wrong.words))
            self._post(made)

    def _post(self, made) -> None:
        """Post rows; where the ledger refuses, halve until the row is found that it refuses."""
        if not made or self.stopped:
            return
        try:
            with transaction.atomic():
                posted = ledger.post([entry for _row, entry in made], now=self.now, by=self.by)
        except LedgerRefused as refused:
            if len(made) == 1:
                column = {Insufficient: "amount", Backdated: "date", Postdated: "date"}.get(type(refused), "kind")
                self.result.problems.append(Problem(made[0][0].number, column, refused.words()))
                return
            self._post(made[: len(made) // 2])
            self._post(made[len(made) // 2 :])
            return
        self.result.done += [(row, f"{p.number:04d}") for (row, _entry), p in zip(made, posted, strict=True)]

    def _entry(self, row: Row, reservation):
        facts = {
            "key": row.key,
            "on": row.day,
            "document_no": row.document_no,
            "summary": row.summary,
            "maker": self.by and self.by.pk,
        }
        if row.kind not in OF_RESERVATION:
            return self._move(row, facts)
        if reservation is None:
            message = _("there is no open reservation of the key “%(key)s”")
            raise Wrong("reservation", message % {"key": row.reservation})
        if row.kind == "renew":
            if row.expires_on <= reservation.expires_on:
                raise Wrong("expires_on", _("a renewal holds longer than before"))
            return entries.renew(reservation, row.expires_on, **facts)
        if row.kind != "confirm":
            return entries.release(reservation, kind=row.kind, **facts)
        try:
            return entries.confirm(reservation, row.amount or reservation.amount, **facts)
        except ValueError as error:
            raise Wrong("amount", _("more than is reserved")) from error

    def _move(self, row: Row, facts):
        if row.kind != "reserve":
            return entries.move(row.kind, row.debit, row.credit, row.amount, **facts)
        if row.debit.role == "pool" and row.credit.role == "holding" and row.debit.cap_id != row.credit.cap_id:
            raise Wrong("to", _("the pool and this account stand under different total caps"))
        return entries.reserve(row.debit, row.credit, row.amount, row.expires_on, **facts)


def _open_reservations(keys: list[str]) -> dict[str, Reservation]:
    """Return the open reservation behind each key: the row's own, or what a partial confirmation of it left over."""
    found = {}
    for part in _parts(list(dict.fromkeys(keys))):
        rows = Reservation.objects.filter(transfer__posting__key__in=part, twin_of=None)
        rows = rows.select_related("twin", "resolved_by", "transfer__posting").order_by("pk")
        for row in rows:
            found[row.transfer.posting.key] = _rest_of(row)
    return {key: row for key, row in found.items() if row is not None}


def _rest_of(row: Reservation) -> Reservation | None:
    while row is not None and row.resolved_by_id is not None:
        rest = Reservation.objects.filter(
            transfer__posting=row.resolved_by.posting_id, pool=row.pool_id, holding=row.holding_id, twin_of=None
        )
        row = rest.select_related("twin", "resolved_by").first()
    return row
