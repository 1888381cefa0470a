"""Whether a demand is secured, obtainable or blocked, what would free it, and who comes first in a queue. Pure.

The rule of design.md §6: gap = demand less secured; no gap is secured; a gap that the serving pool can cover is
obtainable, somebody must act; anything else is blocked. All amounts are whole smallest units of one book.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class State(StrEnum):
    """How a demand stands."""

    SECURED = "secured"
    OBTAINABLE = "obtainable"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Judgement:
    """`gap` is what is not secured yet; `short` what of it the pool cannot give (0 unless blocked)."""

    state: State
    gap: int
    short: int


def judge(demand: int, secured: int, available: int | None) -> Judgement:
    """Judge a demand. `secured`: confirmed and reserved. `available`: what the pool has left, None: no pool."""
    gap = max(0, demand - secured)
    if not gap:
        return Judgement(State.SECURED, 0, 0)
    short = max(0, gap - max(0, available or 0))
    return Judgement(State.BLOCKED if short else State.OBTAINABLE, gap, short)


class Way(StrEnum):
    """How more could come into the pool or to the project, each with its usual number of days in `USUAL_DAYS`."""

    REALLOCATE = "reallocate"
    SUBSTITUTE = "substitute"
    EXPIRY = "expiry"
    TRADE = "trade"
    RECOVER = "recover"
    GRANT = "grant"


USUAL_DAYS = {Way.SUBSTITUTE: 5, Way.REALLOCATE: 10, Way.TRADE: 45, Way.RECOVER: 180, Way.GRANT: 120}
"""Calendar days until the amount can be had, where no date is on record. Shown with the options; a city may differ."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that may help: a reservation that runs out, stock, a holder with surplus, another pool or source.

    `on` is the day on which it can be had where one is on record (an expiry, a plan). `verified` is False for stock
    that is still being checked: it is named, but never counted.
    """

    way: Way
    name: str
    amount: int
    on: date | None = None
    verified: bool = True
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """An offer as a way out: how many days away, and whether it is enough alone."""

    offer: Offer
    days: int
    enough: bool


@dataclass(frozen=True, slots=True)
class WaysOut:
    """What would free a demand. `together`: the fastest options that are enough in sum, empty where all are not enough.

    `ready_in` is the days until the last of them; `missing` what is still short when every verified offer came true.
    """

    short: int
    options: tuple[Option, ...]
    together: tuple[Option, ...]
    ready_in: int | None
    missing: int


def what_frees(short: int, offers: Iterable[Offer], today: date, usual_days: dict[Way, int] = USUAL_DAYS) -> WaysOut:
    """The options for a demand that its pool is `short` of, the fastest first; among equals what is enough, the larger.

    Each option is told alone; `together` walks them in this order until they are enough and drops what turned out not
    to be needed. Offers of nothing are left out; unverified ones come last.
    """
    options = [
        Option(offer, _days(offer, today, usual_days), offer.verified and offer.amount >= short)
        for offer in offers
        if offer.amount > 0
    ]
    options.sort(key=lambda o: (not o.offer.verified, o.days, not o.enough, -o.offer.amount, o.offer.way, o.offer.name))
    sure = [option for option in options if option.offer.verified]
    missing = max(0, short - sum(option.offer.amount for option in sure))
    together = () if missing else _enough(short, sure)
    ready_in = None if missing else max((option.days for option in together), default=0)
    return WaysOut(short, tuple(options), together, ready_in, missing)


def _days(offer: Offer, today: date, usual_days: dict[Way, int]) -> int:
    return max(0, (offer.on - today).days) if offer.on else usual_days.get(offer.way, 0)


def _enough(short: int, options: Sequence[Option]) -> tuple[Option, ...]:
    """The shortest run of the fastest options that is enough, without those that it can do without."""
    taken, total = [], 0
    for option in options:
        if total >= short:
            break
        taken.append(option)
        total += option.offer.amount
    for option in sorted(taken, key=lambda option: option.offer.amount):
        if total - option.offer.amount >= short:
            taken.remove(option)
            total -= option.offer.amount
    return tuple(taken)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of the rule: the figure `code` of a request, the larger or the smaller first."""

    code: str
    larger_first: bool = True


PRIORITY = (
    Criterion("key_level"),
    Criterion("tax_per_mu"),
    Criterion("output_per_tce"),
    Criterion("waiting_since", larger_first=False),
)
"""重点等级, 亩均效益 (as yearly tax), 单位能耗产出, 排队时间 (domain.md §4.5.7).

Each decides only where those before are equal.
"""


@dataclass(frozen=True, slots=True)
class Request:
    """A place in the queue. `figures` by criterion code: int (levels as ranks), Decimal, date; None comes last."""

    code: str
    figures: dict[str, int | Decimal | date]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A request's place (1 first). `because`: the criterion that put it behind the one before. Equals share a place."""

    place: int
    request: Request
    because: str


def advisory_order(requests: Iterable[Request], rule: Sequence[Criterion] = PRIORITY) -> tuple[Ranked, ...]:
    """The queue in the order that the rule advises, with the criterion that decided. A human decides; this is advice.

    Lexicographic: a later criterion counts only between requests that are equal in all earlier ones. Requests that are
    equal in all of them share a place and stand by code.
    """
    ordered = sorted(requests, key=lambda request: request.code)
    for criterion in reversed(rule):
        known = [request for request in ordered if request.figures.get(criterion.code) is not None]
        unknown = [request for request in ordered if request.figures.get(criterion.code) is None]
        known.sort(key=lambda request: request.figures[criterion.code], reverse=criterion.larger_first)
        ordered = known + unknown
    ranked: list[Ranked] = []
    for number, request in enumerate(ordered, 1):
        because = _decider(ranked[-1].request, request, rule) if ranked else ""
        place = ranked[-1].place if ranked and not because else number
        ranked.append(Ranked(place, request, because))
    return tuple(ranked)


def _decider(ahead: Request, behind: Request, rule: Sequence[Criterion]) -> str:
    return next((c.code for c in rule if ahead.figures.get(c.code) != behind.figures.get(c.code)), "")
