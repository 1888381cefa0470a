"""From published holdings to transfers: what must have moved between the dates at which a registry was published. Pure.

A registry tells at the end of each quarter how much of each line (a vintage, a type of instrument) lies in accounts of
each type. Between two quarters the types of a line whose holding shrank give to those whose holding grew, in the order
of the mapping; what grew beyond that was issued, what shrank beyond it went back to the issuer. That is the least that
must have moved; what moved to and fro within a quarter nobody published.

Totals and subtotals make no transfers. They are added up again and compared with what was published (`Check`).
The mapping file is described in docs/ledger-files.md.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from people.loading import yaml_of

KEYS = {"name", "columns", "factor", "unit", "lines", "accounts", "totals", "document_no", "key", "marks", "kinds"}
LINE_KEYS = {"match", "source", "rename"}
ACCOUNT_KEYS = {"code", "role"}
QUARTER = re.compile(r"(\d{4})\s*[-/]?\s*Q([1-4])", re.IGNORECASE)
ISSUER = "issuer"
LONGEST_KEY = 80


class MappingError(ValueError):
    """A mapping or a file of holdings that is not understood; the text names the entry."""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of one source: `match` says which; `rename` gives a line the name of what it is published as otherwise."""

    source: str
    match: re.Pattern
    rename: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """A type of account: the code of its account and whether what it holds can leave (pool) or not (retired)."""

    code: str
    role: str = "pool"


@dataclass(frozen=True)
class Mapping:
    """A mapping file as read. `totals`: published line -> the sources whose lines it adds up."""

    columns: dict[str, str]
    factor: str
    unit: str
    groups: tuple[Group, ...]
    accounts: dict[str, Kept]
    totals: dict[str, tuple[str, ...]]
    total_account: str
    document_no: str
    key: str
    marks: str


@dataclass(frozen=True, slots=True)
class Holding:
    """A published figure under its own row number; `line` is the name after cleaning, `source` that of its group."""

    row: int
    day: date
    source: str
    line: str
    account: str
    amount: int


@dataclass(frozen=True, slots=True)
class Check:
    """A published total and what the holdings below it add up to."""

    row: int
    day: date
    line: str
    account: str
    published: int
    counted: int

    @property
    def agrees(self) -> bool:
        """Whether they are the same."""
        return self.published == self.counted


@dataclass(frozen=True, slots=True)
class Move:
    """A transfer that must have happened."""

    day: date
    kind: str
    source: str
    line: str
    giver: str
    taker: str
    amount: int


def load(path: Path) -> Mapping:
    """Return the mapping in a YAML file.

    :raises MappingError: naming the entry that is wrong.  :raises OSError: it cannot be read.
    """
    data = yaml_of(path, MappingError)
    if not isinstance(data, dict):
        raise MappingError(f"{path.name}: no entries")
    if unknown := data.keys() - KEYS:
        raise MappingError(f"unknown: {', '.join(sorted(unknown))}")
    for name in ("columns", "factor", "unit", "lines", "accounts"):
        if not data.get(name):
            raise MappingError(f"missing: {name}")
    if missing := {"date", "line", "account", "amount"} - data["columns"].keys():
        raise MappingError(f"columns: missing {', '.join(sorted(missing))}")
    totals = dict(data.get("totals") or {})
    return Mapping(
        columns=data["columns"],
        factor=data["factor"],
        unit=data["unit"],
        groups=tuple(_group(entry) for entry in data["lines"]),
        accounts={name: _kept(name, entry) for name, entry in data["accounts"].items()},
        total_account=str(totals.pop("account", "")),
        totals={name: tuple(sources) for name, sources in totals.items()},
        document_no=data.get("document_no", "{date}"),
        key=data.get("key", path.stem),
        marks=data.get("marks", ""),
    )


def _group(entry: dict) -> Group:
    if unknown := entry.keys() - LINE_KEYS:
        raise MappingError(f"lines: unknown {', '.join(sorted(unknown))}")
    try:
        return Group(entry.get("source", ""), re.compile(entry.get("match", ".*")), entry.get("rename") or {})
    except re.error as error:
        raise MappingError(f"lines: {entry.get('match')}: {error}") from error


def _kept(name: str, entry) -> Kept:
    entry = {"code": entry} if isinstance(entry, str) else entry
    if entry.keys() - ACCOUNT_KEYS or "code" not in entry or entry.get("role", "pool") not in ("pool", "retired"):
        raise MappingError(f"accounts.{name}: a code, or code and role (pool or retired)")
    return Kept(**entry)


# --- reading -------------------------------------------------------------------------------------------------------


@dataclass
class Published:
    """A file of holdings, sorted out: figures that are held, totals still to be compared."""

    holdings: list[Holding] = field(default_factory=list)
    totals: list[Holding] = field(default_factory=list)

    @property
    def days(self) -> list[date]:
        """The dates of publication, in order."""
        return sorted({row.day for row in self.holdings})

    def held(self) -> dict[tuple[date, str, str, str], int]:
        """Return the amount by (day, source, line, type of account)."""
        return {(row.day, row.source, row.line, row.account): row.amount for row in self.holdings}


def sort_out(rows: Iterable[tuple[int, dict[str, str]]], mapping: Mapping) -> Published:
    """Read rows (number, cells by our names: date, line, account, amount).

    :raises MappingError: a row that the mapping does not know, with its number; a figure that is published twice.
    """
    found, seen = Published(), {}
    for number, cells in rows:
        row = _holding(number, cells, mapping)
        where = (row.day, row.source, row.line, row.account)
        if where in seen:
            raise MappingError(f"row {number}: the same as row {seen[where]}: {row.day} {row.line} {row.account}")
        seen[where] = number
        is_total = row.line in mapping.totals or row.account == mapping.total_account
        (found.totals if is_total else found.holdings).append(row)
    return found


def _holding(number: int, cells: dict[str, str], mapping: Mapping) -> Holding:
    day = last_day(cells["date"])
    if day is None:
        raise MappingError(f"row {number}: {cells['date']!r} is no quarter and no day")
    line = re.sub(rf"[{re.escape(mapping.marks)}]+$", "", cells["line"]).strip() if mapping.marks else cells["line"]
    source = ""
    if line not in mapping.totals:
        group = next((group for group in mapping.groups if group.match.fullmatch(line)), None)
        if group is None:
            raise MappingError(f"row {number}: no entry of lines matches {line!r}")
        line, source = group.rename.get(line, line), group.source
    account = cells["account"]
    if account not in mapping.accounts and account != mapping.total_account:
        raise MappingError(f"row {number}: {account!r} is not among the accounts")
    digits = cells["amount"].replace(",", "")
    if not digits.isdecimal():
        raise MappingError(f"row {number}: {cells['amount']!r} is no whole number")
    return Holding(number, day, source, line, account, int(digits))


def last_day(text: str) -> date | None:
    """Return the last day of a quarter (2014 Q2), or a day written as one (2014-06-30); None for anything else."""
    match = QUARTER.fullmatch(text.strip())
    if match:
        year, quarter = int(match[1]), int(match[2])
        following = date(year + quarter // 4, quarter * 3 % 12 + 1, 1)
        return following - timedelta(days=1)
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


# --- what must have moved ------------------------------------------------------------------------------------------


def moves(published: Published, mapping: Mapping) -> Iterator[Move]:
    """Yield the transfers, in order of days. A figure that is not published counts as nothing.

    :raises MappingError: a holding shrank that nothing can leave (role retired).
    """
    by_day: dict[date, dict[tuple[str, str], dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for row in published.holdings:
        by_day[row.day][row.source, row.line][row.account] = row.amount
    before: dict[tuple[str, str], dict[str, int]] = {}
    for day in sorted(by_day):
        now = by_day[day]
        for source, line in dict.fromkeys([*before, *now]):
            old, new = before.get((source, line), {}), now.get((source, line), {})
            yield from _between(day, source, line, old, new, mapping)
        before = now


def _between(day, source, line, old, new, mapping) -> Iterator[Move]:
    change = {name: new.get(name, 0) - old.get(name, 0) for name in mapping.accounts}
    giving = [[name, -amount] for name, amount in change.items() if amount < 0]
    taking = [[name, amount] for name, amount in change.items() if amount > 0]
    for name, amount in giving:
        if mapping.accounts[name].role == "retired":
            raise MappingError(f"{day} {line}: {name} shrank by {amount}, and nothing leaves what is retired")
    while giving and taking:
        amount = min(giving[0][1], taking[0][1])
        giver, taker = mapping.accounts[giving[0][0]], mapping.accounts[taking[0][0]]
        kind = "reduce" if taker.role == "retired" else "reallocate"
        yield Move(day, kind, source, line, giver.code, taker.code, amount)
        for side in (giving, taking):
            side[0][1] -= amount
            if not side[0][1]:
                side.pop(0)
    for name, amount in taking:
        kept = mapping.accounts[name]
        kind = "opening" if kept.role == "retired" else "grant"
        yield Move(day, kind, source, line, ISSUER, kept.code, amount)
    for name, amount in giving:
        yield Move(day, "reduce", source, line, mapping.accounts[name].code, ISSUER, amount)


def checks(published: Published, mapping: Mapping) -> list[Check]:
    """Compare every published total with the holdings below it: those of a line, or those of an account."""
    sums: dict[tuple, int] = defaultdict(int)
    for row in published.holdings:
        for source in ("", row.source) if row.source else ("",):
            for account in (row.account, mapping.total_account):
                sums[row.day, "source", source, account] += row.amount
        sums[row.day, "line", row.source, row.line] += row.amount
    found = []
    for row in published.totals:
        if row.line in mapping.totals:
            counted = sum(sums[row.day, "source", source, row.account] for source in mapping.totals[row.line])
        else:
            counted = sums[row.day, "line", row.source, row.line]
        found.append(Check(row.row, row.day, row.line, row.account, row.amount, counted))
    return found


# --- the file for `ledger post` ------------------------------------------------------------------------------------

HEAD = ("date", "kind", "factor", "source", "period", "from", "to", "amount", "unit", "document number", "key")


def as_rows(found: Iterable[Move], mapping: Mapping) -> Iterator[tuple]:
    """Yield the moves as rows under `HEAD`. The period is the line; the key names the move for ever."""
    for move in found:
        quarter = f"{move.day.year}Q{(move.day.month + 2) // 3}"
        number = mapping.document_no.format(date=move.day.isoformat(), quarter=quarter)
        ends = (move.giver, move.taker)
        yield (
            *(move.day.isoformat(), move.kind, mapping.factor, move.source, move.line, *ends),
            *(move.amount, mapping.unit, number, _key(f"{mapping.key}:{quarter}:{move.line}:{'>'.join(ends)}")),
        )


def _key(text: str) -> str:
    if len(text) <= LONGEST_KEY:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:10]
    return f"{text[: LONGEST_KEY - 11]}:{digest}"
