"""What a trade of water right or energy right must satisfy before it is posted. Pure.

Water: only what was saved, within the limit and the term of the permit, approved by the organ that gave the permit
(《取水许可和水资源费征收管理条例》 art. 27; domain.md §4.2, §4.5.6). Energy: only confirmed quota, only what was saved,
one basis on both sides. Amounts are whole smallest units, prices 分 per unit of display.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from factors.finding import Finding


class Right(StrEnum):
    """What is traded. Energy right is a yearly quota without a permit's term."""

    WATER = "water"
    ENERGY = "energy"


@dataclass(frozen=True, slots=True)
class Permit:
    """A water permit: its yearly limit, its term (both days included), and what its holder goes on using a year."""

    number: str
    limit: int
    valid_from: date
    valid_until: date
    remaining_use: int


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a trade: its account, the book it is in, and the pool of its region, which must approve."""

    account: str
    source: str
    basis: str
    pool: str


@dataclass(frozen=True, slots=True)
class TradeFacts:
    """A trade as proposed.

    `saving` is the seller's verified saving and `sold` what of it was traded before; `holding` is the seller's
    confirmed quota that is not reserved; `approved_by` are the pools (by code) whose approval is there.
    The term includes both its days.
    """

    right: Right
    amount: int
    price_fen: int
    seller: Party
    buyer: Party
    saving: int
    sold: int
    saving_document: str
    holding: int
    from_on: date
    until_on: date
    permit: Permit | None = None
    approved_by: frozenset[str] = frozenset()


def check_trade(facts: TradeFacts) -> list[Finding]:
    """Everything that stands against the trade, in the order of the form; an empty list when nothing does.

    Codes and facts:
    not_positive (amount) · negative_price (price_fen) · same_party (account) · other_source (seller, buyer) ·
    other_basis (seller, buyer)
    more_than_holding (amount, holding) · no_saving_document · more_than_saving (amount, left, saving, sold)
    term_reversed (from_on, until_on) · approval_missing (pools)
    and for water: no_permit · more_than_permit (amount, remaining_use, limit, over) · outside_permit_term (from_on,
    until_on, valid_from, valid_until, number).
    """
    return [finding for finding in (*_deal(facts), *_saving(facts), *_permit(facts), *_approvals(facts)) if finding]


def value_fen(amount: int, unit_factor: int, price_fen: int) -> int:
    """What the trade costs, in 分, half up: `price_fen` for each `unit_factor` smallest units."""
    return (2 * amount * price_fen + unit_factor) // (2 * unit_factor)


def unit_price(value: int, amount: int, unit_factor: int) -> Fraction:
    """The exact price in 分 of one display unit for a total in 分; ZeroDivisionError for an amount of 0."""
    return Fraction(value * unit_factor, amount)


def _deal(facts: TradeFacts) -> Iterable[Finding | None]:
    seller, buyer = facts.seller, facts.buyer
    yield _if(facts.amount <= 0, "not_positive", amount=facts.amount)
    yield _if(facts.price_fen < 0, "negative_price", price_fen=facts.price_fen)
    yield _if(seller.account == buyer.account, "same_party", account=seller.account)
    yield _if(seller.source != buyer.source, "other_source", seller=seller.source, buyer=buyer.source)
    yield _if(seller.basis != buyer.basis, "other_basis", seller=seller.basis, buyer=buyer.basis)
    yield _if(facts.amount > facts.holding, "more_than_holding", amount=facts.amount, holding=facts.holding)


def _saving(facts: TradeFacts) -> Iterable[Finding | None]:
    left = max(0, facts.saving - facts.sold)
    yield _if(not facts.saving_document.strip(), "no_saving_document")
    yield _if(
        facts.amount > left,
        "more_than_saving",
        amount=facts.amount,
        left=left,
        saving=facts.saving,
        sold=facts.sold,
    )


def _permit(facts: TradeFacts) -> Iterable[Finding | None]:
    yield _if(facts.until_on < facts.from_on, "term_reversed", from_on=facts.from_on, until_on=facts.until_on)
    permit = facts.permit
    if facts.right != Right.WATER:
        return
    if permit is None:
        yield Finding("no_permit")
        return
    over = facts.amount + permit.remaining_use - permit.limit
    yield _if(
        over > 0,
        "more_than_permit",
        amount=facts.amount,
        remaining_use=permit.remaining_use,
        limit=permit.limit,
        over=over,
    )
    yield _if(
        facts.from_on < permit.valid_from or facts.until_on > permit.valid_until,
        "outside_permit_term",
        from_on=facts.from_on,
        until_on=facts.until_on,
        valid_from=permit.valid_from,
        valid_until=permit.valid_until,
        number=permit.number,
    )


def _approvals(facts: TradeFacts) -> Iterable[Finding | None]:
    """The regions' approvals: of both pools where a trade crosses from one to another, of the one pool otherwise."""
    pools = dict.fromkeys((facts.seller.pool, facts.buyer.pool))
    missing = tuple(pool for pool in pools if pool not in facts.approved_by)
    yield _if(bool(missing), "approval_missing", pools=missing)


def _if(wrong: bool, code: str, **facts) -> Finding | None:
    return Finding(code, facts) if wrong else None
