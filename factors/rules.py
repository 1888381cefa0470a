"""Which kind of entry may move quota between which accounts. Pure.

Words: domain.md §4.5; semantics of phases: TigerBeetle's two-phase transfers. `LEGAL` is also what the posting function
of PostgreSQL is built from (`factors.engines`), so both databases follow the one table.
"""

from dataclasses import dataclass
from datetime import date

LEGAL: dict[str, frozenset[tuple[str, str, str]]] = {
    # kind: (phase, role of the account that gives, role of the account that receives)
    "opening": frozenset(("posted", "issuer", role) for role in ("pool", "holding", "recovered", "retired", "cap"))
    | {("posted", "cap", "used")},
    "grant": frozenset({("posted", "issuer", "pool"), ("posted", "issuer", "cap")}),
    "earn": frozenset({("posted", "issuer", "pool")}),
    "reallocate": frozenset({("posted", "pool", "pool"), ("posted", "cap", "cap")}),
    "reserve": frozenset({("pending", "pool", "holding"), ("pending", "cap", "used")}),
    "confirm": frozenset(
        (phase, *pair) for phase in ("post", "pending") for pair in (("pool", "holding"), ("cap", "used"))
    ),
    "release": frozenset({("void", "pool", "holding"), ("void", "cap", "used")}),
    "expire": frozenset({("expire", "pool", "holding"), ("expire", "cap", "used")}),
    "renew": frozenset(),
    "recover": frozenset(
        {("posted", "holding", "recovered"), ("posted", "holding", "pool"), ("posted", "used", "cap")}
    ),
    "absorb": frozenset({("posted", "recovered", "pool")}),
    "trade": frozenset({("posted", "holding", "holding"), ("posted", "cap", "used"), ("posted", "used", "cap")}),
    "reduce": frozenset(("posted", role, "issuer") for role in ("pool", "cap", "recovered", "holding"))
    | {("posted", "pool", "retired"), ("posted", "used", "cap")},
    "expire_year": frozenset({("posted", "pool", "retired"), ("posted", "cap", "retired")}),
    "carry_over": frozenset({("posted", "pool", "pool"), ("posted", "cap", "cap")}),
    "reverse": frozenset(),  # whatever the reversed entry did, backwards: see `reversal_is_legal`
}


def is_next_year(period: str, other: str) -> bool:
    """Say whether `other` is the year after `period` (结转 goes one year forward); both are "2026" or empty. Pure."""
    return period.isascii() and period.isdigit() and other == str(int(period) + 1)


RESOLVING = frozenset({"post", "void", "expire"})
"""Phases that resolve a reservation."""

RETURNS = frozenset({"recover", "reverse", "release", "expire"})
"""Kinds by which quota comes back: they open a closed pool again, and the end of its year finds what came."""

NEEDS_DOCUMENT = frozenset(LEGAL) - {"expire"}
"""Kinds that name a document (文号). Expiry is the clock's doing."""


@dataclass(frozen=True, slots=True)
class Line:
    """One transfer to be made. `amount` in the book's smallest unit, above zero.

    For a resolving phase `reservation` is the reservation's id and `held` its whole amount: confirming less gives the
    rest back, unless a pending line of the same entry keeps it. `twin` marks the line under the total cap that goes
    with the line before it.
    """

    phase: str
    debit: int
    credit: int
    amount: int
    reservation: int | None = None
    held: int = 0
    expires_on: date | None = None
    renewed: bool = False
    twin: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One numbered entry of the journal to be made: all its lines or none. `key` makes it happen once."""

    key: str
    kind: str
    occurred_on: date
    lines: tuple[Line, ...]
    document_no: str = ""
    summary: str = ""
    maker: int | None = None
    checker: int | None = None
    voucher: int | None = None
    reverses: int | None = None
    renews: int | None = None
    renewed_until: date | None = None


def given(line: Line) -> int:
    """Return what the line takes from the giving account's available amount; negative when it gives back."""
    if line.phase in ("posted", "pending"):
        return line.amount
    return (line.amount if line.phase == "post" else 0) - line.held


def received(line: Line) -> int:
    """Return what the line adds to the receiving account's available amount."""
    return line.amount if line.phase in ("posted", "post") else 0


def totals(line: Line) -> tuple[tuple[int, int, int, int], tuple[int, int, int, int]]:
    """Return what a line adds to the totals of both accounts: debits, credits posted, debits, credits pending."""
    if line.phase == "posted":
        return (line.amount, 0, 0, 0), (0, line.amount, 0, 0)
    if line.phase == "pending":
        return (0, 0, line.amount, 0), (0, 0, 0, line.amount)
    posted = line.amount if line.phase == "post" else 0
    return (posted, 0, -line.held, 0), (0, posted, 0, -line.held)


def is_legal(kind: str, phase: str, debit_role: str, credit_role: str) -> bool:
    """Say whether an entry of this kind may make such a transfer.

    A reversal may do backwards whatever another kind may do, open a reservation again, or void one.
    """
    if kind == "reverse":
        if phase == "posted":
            return any(
                p in ("posted", "post") and (d, c) == (credit_role, debit_role)
                for moves in LEGAL.values()
                for p, d, c in moves
            )
        return phase in ("pending", "void") and (debit_role, credit_role) in {("pool", "holding"), ("cap", "used")}
    return (phase, debit_role, credit_role) in LEGAL[kind]
