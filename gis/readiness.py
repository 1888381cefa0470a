"""How ready a park is and what its utilities cannot serve in time. Pure: no database, `today` is passed in.

Design overview: `completion` counts what is in service out of what the park needs (x/8). `allocate` lines the demands
on one utility up, signed ones first and then by the day on which they need it, and serves them from one supply: what
is left today and what expansions add later. A demand that is not served in full on its day is a `Shortfall`, in
amount and in days. So a park that is “done” can still be short.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

NOT_STARTED, BUILDING, IN_SERVICE = "not_started", "building", "in_service"
NOT_REQUIRED, OUT_OF_SERVICE = "not_required", "out_of_service"

STALE_DAYS = 90
"""A line that was verified more than so many days ago is greyed; it still counts (design of the board)."""

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Line:
    """What counts of one utility of a park: its code, its status, when the city looked at it last."""

    code: str
    status: str = NOT_STARTED
    reported_on: date | None = None
    verified_on: date | None = None


@dataclass(frozen=True)
class Completion:
    """`done` of `of` utilities are in service; `lacking` are the others, `stale` those not verified for long."""

    done: int
    of: int
    lacking: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()

    @property
    def is_full(self) -> bool:
        """Whether nothing that the park requires is lacking. A park that requires nothing is full."""
        return not self.lacking

    def __str__(self):
        return f"{self.done}/{self.of}"


def age_days(line: Line, today: date) -> int | None:
    """Return the days since the city verified the line (since the report where it never did); None without either."""
    seen = line.verified_on or line.reported_on
    return (today - seen).days if seen else None


def is_stale(line: Line, today: date) -> bool:
    """Say whether the line is older than STALE_DAYS. One that was never reported is not old, it is lacking."""
    age = age_days(line, today)
    return age is not None and age > STALE_DAYS


def completion(lines: Iterable[Line], today: date) -> Completion:
    """Count the utilities in service. What is not required, with a reason, leaves the denominator.

    A stale line still counts: the board says x/8 and that nobody looked for long.
    """
    asked = [line for line in lines if line.status != NOT_REQUIRED]
    lacking = tuple(line.code for line in asked if line.status != IN_SERVICE)
    stale = tuple(line.code for line in asked if is_stale(line, today))
    return Completion(len(asked) - len(lacking), len(asked), lacking, stale)


@dataclass(frozen=True)
class Utility:
    """The capacity of one utility of a park, in the unit of its item.

    `measured` is False for what serves all without limit once it is in service (a road).
    """

    status: str
    capacity: Decimal | None = None
    used: Decimal | None = None
    committed: Decimal | None = None
    in_service_on: date | None = None
    planned_on: date | None = None
    measured: bool = True


def remaining(utility: Utility) -> Decimal | None:
    """Return capacity less used less signed for; None where no capacity is told. Below zero: promised too much."""
    if not utility.measured or utility.capacity is None:
        return None
    return utility.capacity - (utility.used or NOTHING) - (utility.committed or NOTHING)


def works_today(utility: Utility) -> bool:
    """Say whether its capacity can be used today: in service, or being built further while a part is in use."""
    if utility.status == IN_SERVICE:
        return True
    return utility.status == BUILDING and (bool(utility.used) or utility.in_service_on is not None)


@dataclass(frozen=True)
class Expansion:
    """Capacity to come. `planned_on` None: nobody has named a day. `key` names it for the caller."""

    key: int
    adds: Decimal
    planned_on: date | None = None
    done: bool = False


@dataclass(frozen=True)
class Demand:
    """What a project needs of the utility and from which day on. Signed demands are inside `Utility.committed`."""

    key: int
    project_id: int
    amount: Decimal
    needed_on: date
    signed: bool = False


@dataclass(frozen=True)
class Shortfall:
    """A demand that is not served in full on the day it is needed.

    `available_then` is what earlier demands leave on that day, `short` the rest of `amount`. `ready_on` is the first
    day on which all of it is there, `days` from the need to that day; both None when no plan says when.
    `waits_for` is the key of the expansion that closes the gap (0: the utility itself), None when there is none.
    """

    demand: int
    project_id: int
    item: str
    amount: Decimal
    available_then: Decimal
    short: Decimal
    needed_on: date
    ready_on: date | None
    days: int | None
    waits_for: int | None = None

    @property
    def rank(self) -> tuple:
        """Sort key: without a date first, then the longest wait, then the earliest need."""
        return (self.days is not None, -(self.days or 0), self.needed_on, self.demand)


@dataclass(frozen=True)
class _Step:
    """Supply that is there from a day on (None: some day)."""

    on: date | None
    adds: Decimal
    key: int


def allocate(
    utility: Utility, expansions: Sequence[Expansion], demands: Sequence[Demand], today: date, item: str = ""
) -> list[Shortfall]:
    """Return the demands that the utility cannot serve in time, worst first.

    Signed demands come first, then the others by the day of need, then by key: row by row, each takes what those
    before it left. An expansion whose planned day has passed without its being done has no date any more. Amounts in
    the unit of the item. O(n log n).
    """
    queue = sorted(demands, key=lambda demand: (not demand.signed, demand.needed_on, demand.key))
    steps = _steps(utility, expansions, queue, today)
    found, taken = [], NOTHING
    for demand in queue:
        on_the_day = max(demand.needed_on, today)
        there = sum((step.adds for step in steps if step.on is not None and step.on <= on_the_day), NOTHING)
        available = max(there - taken, NOTHING)
        taken += demand.amount
        if available >= demand.amount:
            continue
        ready_on, key = _ready(steps, taken)
        found.append(
            Shortfall(
                demand=demand.key,
                project_id=demand.project_id,
                item=item,
                amount=demand.amount,
                available_then=available,
                short=demand.amount - available,
                needed_on=demand.needed_on,
                ready_on=ready_on,
                days=(ready_on - demand.needed_on).days if ready_on else None,
                waits_for=key,
            )
        )
    return sorted(found, key=lambda gap: gap.rank)


def serves_all(utility: Utility, total: Decimal, signed: Decimal) -> bool:
    """Say whether nothing of `total` demanded (`signed` of it signed for) can fall short: all of it is there today."""
    return works_today(utility) and _base(utility, total, signed) >= total


def _base(utility: Utility, total: Decimal, signed: Decimal) -> Decimal:
    """Return what the utility itself has for the demands in the queue, expansions not counted."""
    if not utility.measured:
        return total
    if utility.capacity is None:
        return NOTHING
    # What is signed for is promised to the signed demands among others: it is put back for them to take.
    return utility.capacity - (utility.used or NOTHING) - max(utility.committed or NOTHING, signed) + signed


def _steps(utility: Utility, expansions, demands, today: date) -> list[_Step]:
    """Return what there is and what is added, in the order of the days, what has no day last."""
    signed = sum((demand.amount for demand in demands if demand.signed), NOTHING)
    base = _base(utility, sum((demand.amount for demand in demands), NOTHING), signed)
    if works_today(utility):
        steps = [_Step(today, base, 0)]
    elif utility.status in (NOT_STARTED, BUILDING):
        steps = [_Step(_ahead(utility.planned_on, today), base, 0)]
    else:  # out of service or not required: nobody has said that it will ever serve
        steps = [_Step(None, base if utility.status == OUT_OF_SERVICE else NOTHING, 0)]
    steps += [_Step(_ahead(more.planned_on, today), more.adds, more.key) for more in expansions if not more.done]
    return sorted(steps, key=lambda step: (step.on is None, step.on or today, step.key))


def _ahead(planned_on: date | None, today: date) -> date | None:
    """Return a planned day that still lies ahead (today counts), else None: a plan that lapsed says nothing."""
    return planned_on if planned_on is not None and planned_on >= today else None


def _ready(steps: list[_Step], wanted: Decimal) -> tuple[date | None, int | None]:
    """Return the day from which `wanted` in all is there, and the key of the step that brings it."""
    there = NOTHING
    for step in steps:
        there += step.adds
        if there >= wanted and step.adds > 0:
            return step.on, step.key
    return None, next((step.key for step in steps if step.on is None and step.adds > 0), None)


def month_of(day: date) -> date:
    """Return the first day of the month."""
    return day.replace(day=1)


def month_before(month: date) -> date:
    """Return the first day of the month before."""
    return month_of(month_of(month) - timedelta(days=1))
