"""The rows of an account's ledger book: what each voucher moved, and what was left after it. Pure.

Columns of a clerk's book: income (收入) and outgo (支出) are posted; held (占用) is what reservations hold, signed: a
reservation adds, its confirmation, release or expiry takes away. balance = income − outgo, available = balance − held.
A confirmation writes outgo and takes as much from held, so available does not move. Pending vouchers are no rows of the
book. Amounts are whole smallest units.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

RENEWALS = ("renew",)


@dataclass(frozen=True, slots=True)
class Movement:
    """What one voucher does to an account. `coming` is what others hold for it (a project's reservations)."""

    income: int = 0
    outgo: int = 0
    held: int = 0
    coming: int = 0

    def __add__(self, other: "Movement") -> "Movement":
        return Movement(
            self.income + other.income, self.outgo + other.outgo, self.held + other.held, self.coming + other.coming
        )

    def __sub__(self, other: "Movement") -> "Movement":
        return Movement(
            self.income - other.income, self.outgo - other.outgo, self.held - other.held, self.coming - other.coming
        )

    @property
    def balance(self) -> int:
        """Income less outgo (余额)."""
        return self.income - self.outgo

    @property
    def available(self) -> int:
        """What can still be given away (可用): the balance less what is held."""
        return self.balance - self.held


NOTHING = Movement()


def movement(side: str, phase: str, amount: int, held: int) -> Movement:
    """Return what a transfer does to the account on its `side` ("debit" gives, "credit" receives).

    `held` is the whole amount of the reservation that a resolving phase ends.
    """
    released = -held if phase in ("post", "void", "expire") else 0
    reserved = amount if phase == "pending" else released
    posted = amount if phase in ("posted", "post") else 0
    return Movement(outgo=posted, held=reserved) if side == "debit" else Movement(income=posted, coming=reserved)


@dataclass
class Row:
    """A line of the book: a voucher and the totals after it; `after` is None in lists that are not consecutive."""

    posting: object
    movement: Movement = NOTHING
    after: Movement | None = None
    last_transfer: int = 0
    others: list = field(default_factory=list)

    @property
    def is_reversal(self) -> bool:
        """Whether it takes another voucher back."""
        return self.posting.kind == "reverse"

    @property
    def is_renewal(self) -> bool:
        """Whether it only moves the day until which a reservation holds."""
        return self.posting.kind in RENEWALS


def rows_of(account_id: int, transfers: Iterable) -> list[Row]:
    """Return one row for each voucher of transfers in the order of the journal, without running totals.

    A voucher with several lines of the account (a confirmation of part, the rest still held) is one row.
    """
    made = []
    for _posting, lines in groupby(transfers, key=lambda transfer: transfer.posting_id):
        row = None
        for line in lines:
            side = "debit" if line.debit_id == account_id else "credit"
            row = row or Row(line.posting)
            held = line.resolves.amount if line.resolves_id else 0
            row.movement += movement(side, line.phase, line.amount, held)
            row.last_transfer = line.pk
            other = line.credit if side == "debit" else line.debit
            if other not in row.others:
                row.others.append(other)
        made.append(row)
    return made


def run(rows: Iterable[Row], opening: Movement) -> Iterator[Row]:
    """Give each row the totals after it, beginning with `opening`."""
    total = opening
    for row in rows:
        total = row.after = total + row.movement
        yield row


def with_renewals(rows: list[Row], renewals: Iterable) -> list[Row]:
    """Return the rows with postings that move nothing put where their numbers belong."""
    both = rows + [Row(posting) for posting in renewals]
    return sorted(both, key=lambda row: row.posting.pk)


def total_of(rows: Iterable[Row]) -> Movement:
    """Return what the rows moved together (本页合计)."""
    total = NOTHING
    for row in rows:
        total += row.movement
    return total


@dataclass(frozen=True, slots=True)
class Sheet:
    """One printed page: what came before it, its rows, what they moved, and the totals at its foot."""

    number: int
    opening: Movement
    rows: tuple[Row, ...]
    moved: Movement
    closing: Movement


def sheets(rows: Iterable[Row], opening: Movement, size: int = 22) -> list[Sheet]:
    """Cut running rows into printed pages of `size`; at least one page, so an empty book prints its totals."""
    rows = list(rows)
    made = []
    for start in range(0, max(1, len(rows)), size):
        part = tuple(rows[start : start + size])
        moved = total_of(part)
        made.append(Sheet(len(made) + 1, opening, part, moved, opening + moved))
        opening = opening + moved
    return made
