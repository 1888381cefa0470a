"""A parcel of land on its way 批 → 供 → 用, the law's clocks on idle land, and the rate of supply. Pure.

Sources: 《闲置土地处置办法》 (国土资源部令第53号) art. 2 (what is idle: not started a full year after the agreed
day, or less than a third of the area or a quarter of the investment and stopped for a full year), art. 8 (delays that
are the government's doing), art. 14 (20 % of the price after one year, taken back without compensation after two,
for land that was not started). domain.md §2.7, §4.3. Areas are whole smallest units of land, prices in 分.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from factors.finding import Finding
from factors.periods import add_months, full_after

WARNING = timedelta(days=90)
FEE = Fraction(1, 5)
LEAST_AREA, LEAST_INVESTMENT = Fraction(1, 3), Fraction(1, 4)


class ParcelState(StrEnum):
    """How far a parcel has come: 已报批, 已批, 净地, 已供, 已动工, 竣工."""

    REPORTED = "reported"
    APPROVED = "approved"
    CLEARED = "cleared"
    SUPPLIED = "supplied"
    STARTED = "started"
    COMPLETED = "completed"


class Fault(StrEnum):
    """Whose doing the delay is, once it was found out."""

    NONE = ""
    ENTERPRISE = "enterprise"
    GOVERNMENT = "government"


class Idle(StrEnum):
    """What the law says of a parcel today. RECOVERABLE: may be taken back without compensation."""

    NO = ""
    IDLE = "idle"
    RECOVERABLE = "recoverable"


class Cause(StrEnum):
    """Why land is idle: works never started, or stopped too early."""

    NONE = ""
    NOT_STARTED = "not_started"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """What is on record. Shares are percent of area and investment (0 to 100); `stopped_on`: works rest since then."""

    area: int
    reported_on: date | None = None
    approved_on: date | None = None
    cleared_on: date | None = None
    supplied_on: date | None = None
    agreed_start_on: date | None = None
    started_on: date | None = None
    completed_on: date | None = None
    stopped_on: date | None = None
    started_share: Decimal = Decimal(0)
    invested_share: Decimal = Decimal(0)
    price_fen: int = 0
    fault: Fault = Fault.NONE
    disposed_on: date | None = None


DAY_OF = {
    ParcelState.REPORTED: "reported_on",
    ParcelState.APPROVED: "approved_on",
    ParcelState.CLEARED: "cleared_on",
    ParcelState.SUPPLIED: "supplied_on",
    ParcelState.STARTED: "started_on",
    ParcelState.COMPLETED: "completed_on",
}
ORDER = tuple(DAY_OF)


def state_of(facts: ParcelFacts, today: date) -> ParcelState:
    """The furthest state whose day has come; REPORTED where nothing is on record."""
    reached = [state for state, name in DAY_OF.items() if _reached(getattr(facts, name), today)]
    return reached[-1] if reached else ParcelState.REPORTED


def moves(state: ParcelState) -> tuple[ParcelState, ...]:
    """Where a parcel may go from `state`: the next state, and back to CLEARED when supplied land is taken back."""
    onward = ORDER[ORDER.index(state) + 1 :][:1]
    back = (ParcelState.CLEARED,) if state in (ParcelState.SUPPLIED, ParcelState.STARTED) else ()
    return onward + back


def check_move(facts: ParcelFacts, to: ParcelState, on: date, today: date) -> list[Finding]:
    """Why the parcel cannot go to `to` on a day; an empty list when it can.

    Codes: illegal_move (facts: state, to, allowed), in_the_future (on), before_the_last (on, last: the day of the
    state it is in).
    """
    state = state_of(facts, today)
    findings = []
    if to not in moves(state):
        findings.append(Finding("illegal_move", {"state": state, "to": to, "allowed": moves(state)}))
    if on > today:
        findings.append(Finding("in_the_future", {"on": on}))
    last = getattr(facts, DAY_OF[state])
    if last and on < last:
        findings.append(Finding("before_the_last", {"on": on, "last": last}))
    return findings


def moved(facts: ParcelFacts, to: ParcelState, on: date) -> ParcelFacts:
    """The facts after a move that `check_move` has nothing against. Taken back: what came after clearing is undone."""
    if to == ParcelState.CLEARED and facts.supplied_on:
        return ParcelFacts(facts.area, facts.reported_on, facts.approved_on, facts.cleared_on or on)
    return replace(facts, **{DAY_OF[to]: on})


def check_order(facts: ParcelFacts) -> list[Finding]:
    """Days on record that contradict each other: code out_of_order, facts earlier, later (names of the fields)."""
    known = [(name, day) for name in DAY_OF.values() if (day := getattr(facts, name))]
    pairs = list(zip(known, known[1:], strict=False))
    if facts.stopped_on:
        pairs.append((("started_on", facts.started_on or date.max), ("stopped_on", facts.stopped_on)))
    return [
        Finding("out_of_order", {"earlier": earlier, "later": later})
        for (earlier, first), (later, second) in pairs
        if second < first
    ]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a parcel's record says on one day.

    `unsupplied_days`: calendar days since approval, None once supplied (批而未供). `idle_from`, `recoverable_from`: the
    first day on which the law's year or two years are over, None where the clock does not run. `amber`: the next of
    these days is at most 90 days away. `fee_fen`: the idle fee, 0 where none is due; while nobody has found whose
    fault it is, `fault_open` says that it depends. `idle_days` counts from `idle_from`, that day included.
    """

    state: ParcelState
    unsupplied_days: int | None
    idle: Idle
    cause: Cause
    idle_from: date | None
    recoverable_from: date | None
    amber: bool
    idle_days: int
    fee_fen: int
    fault_open: bool


def standing(facts: ParcelFacts, today: date) -> Standing:
    """Judge a parcel on a day.

    The government's fault: the land is idle, but there is no fee and it is not taken back. Stopped works: idle, no fee.
    """
    cause, idle_from, recoverable_from = _clocks(facts, today)
    is_idle = _reached(idle_from, today)
    recoverable = _reached(recoverable_from, today)
    ahead = [day for day in (idle_from, recoverable_from) if day and day > today]
    fined = is_idle and cause == Cause.NOT_STARTED and facts.fault != Fault.GOVERNMENT
    return Standing(
        state=state_of(facts, today),
        unsupplied_days=_unsupplied_days(facts, today),
        idle=Idle.RECOVERABLE if recoverable else Idle.IDLE if is_idle else Idle.NO,
        cause=cause if is_idle else Cause.NONE,
        idle_from=idle_from,
        recoverable_from=recoverable_from,
        amber=bool(ahead) and today >= min(ahead) - WARNING,
        idle_days=(today - idle_from).days + 1 if is_idle else 0,
        fee_fen=idle_fee(facts.price_fen) if fined else 0,
        fault_open=fined and facts.fault == Fault.NONE,
    )


def idle_fee(price_fen: int) -> int:
    """Twenty per cent of the price, in 分, half up."""
    return _half_up(price_fen * FEE)


def too_little_was_built(facts: ParcelFacts) -> bool:
    """Whether less than a third of the area was started or less than a quarter of the investment is done."""
    area, investment = Fraction(facts.started_share) / 100, Fraction(facts.invested_share) / 100
    return area < LEAST_AREA or investment < LEAST_INVESTMENT


def _clocks(facts: ParcelFacts, today: date) -> tuple[Cause, date | None, date | None]:
    """Which clock runs and the days on which its one and two years are over.

    Disposal ends the clock that began before it: a start agreed anew for a later day begins another.
    """
    nothing = Cause.NONE, None, None
    if _reached(facts.completed_on, today) or not _reached(facts.supplied_on, today):
        return nothing
    disposed_on = facts.disposed_on if _reached(facts.disposed_on, today) else date.min
    if not _reached(facts.started_on, today):
        start = facts.agreed_start_on
        if start is None or start <= disposed_on:
            return nothing
        spared = facts.fault == Fault.GOVERNMENT
        return Cause.NOT_STARTED, full_after(start, 1), None if spared else full_after(start, 2)
    stopped = _reached(facts.stopped_on, today) and facts.stopped_on > disposed_on
    if stopped and too_little_was_built(facts):
        return Cause.STOPPED, full_after(facts.stopped_on, 1), None
    return nothing


def _unsupplied_days(facts: ParcelFacts, today: date) -> int | None:
    if not _reached(facts.approved_on, today) or _reached(facts.supplied_on, today):
        return None
    return (today - facts.approved_on).days


def _reached(day: date | None, today: date) -> bool:
    return day is not None and day <= today


def _half_up(amount: Fraction) -> int:
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)


@dataclass(frozen=True, slots=True)
class SupplyRate:
    """`supplied` of `approved` area (printed beside the rate); approvals from `since` to `until`, both included."""

    supplied: int
    approved: int
    since: date
    until: date

    @property
    def percent(self) -> Decimal | None:
        """Two decimals, half up; None when nothing was approved."""
        if not self.approved:
            return None
        return Decimal(_half_up(Fraction(self.supplied * 10_000, self.approved))).scaleb(-2)


def supply_rate(parcels: Iterable[ParcelFacts], today: date, years: int = 5) -> SupplyRate:
    """The rate of supply (供地率): of the area approved in the last five years, what has been supplied by today."""
    since = add_months(today, -12 * years) + timedelta(days=1)
    recent = [parcel for parcel in parcels if parcel.approved_on and since <= parcel.approved_on <= today]
    supplied = sum(parcel.area for parcel in recent if _reached(parcel.supplied_on, today))
    return SupplyRate(supplied, sum(parcel.area for parcel in recent), since, today)


def unsupplied_by_year(parcels: Iterable[ParcelFacts], today: date) -> dict[int, int]:
    """Approved and not supplied area by the year of approval, the oldest first."""
    areas: dict[int, int] = {}
    for parcel in parcels:
        if _unsupplied_days(parcel, today) is not None:
            areas[parcel.approved_on.year] = areas.get(parcel.approved_on.year, 0) + parcel.area
    return dict(sorted(areas.items()))
