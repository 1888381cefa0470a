"""What a reform does to an approval chain, and the gap to a benchmark divided exactly into causes. Pure.

Design overview
- A `Reform` (data: `approvals/reforms.yaml`, read by `approvals.reform_data`) says per chain template what it does, as
  an `Effect`: stages fall away, get a limit at most so long, start earlier, run beside each other, become one stage, or
  wait for fewer papers. `apply` takes a set of effects: the result depends on the set alone, never on the order.
- The result is a list of `Step`s: each names the stages it is made of (`parts`) with what caps them, so that the same
  result is measured twice: by committed limits here (`measure`), by learned durations in `approvals.reform_forecast`.
- Three figures stand apart, as everywhere: number of stages, sum of limits, critical path.
- `shapley` divides what a set of reforms brings among them: the mean, over all orders of introducing them, of what each
  adds when its turn comes. Exact fractions; parts add up to the whole; no order is preferred.
Finished stages are never touched; a stage that has begun keeps its place (no merging, no earlier start).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import combinations
from math import factorial, floor
from typing import NamedTuple

from approvals.network import Activity, CycleError, analyse, topological

ZERO = Decimal(0)
MOST_CAUSES = 12
"""Reforms among which a gap is divided at once: 2 ** 12 combinations are measured."""


class Kind(StrEnum):
    """What kind of measure a reform is; the words are in `approvals.reform_words`."""

    PARALLEL = "parallel"
    MERGE = "merge"
    DROP = "drop"
    SHORTEN = "shorten"
    COMMITMENT = "commitment"
    DEFERRAL = "deferral"
    AREA = "area"
    BUILD_ON_AWARD = "build_on_award"


class Phase(StrEnum):
    """How far a stage is."""

    OPEN = "open"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Node:
    """A stage before any reform. `days`: committed limit in working days (calendar days converted as in `network`).

    `in_sum` is false for limits in calendar days: they are on the path and not in the sum. `lag_days` (construction,
    market) stand before the stage and are saved by no reform. `deferrable`: share of its papers that may come later.
    """

    code: str
    name: str
    days: Decimal = ZERO
    prerequisites: tuple[str, ...] = ()
    lag_days: Decimal = ZERO
    in_sum: bool = True
    phase: Phase = Phase.OPEN
    benchmark_stage: str = ""
    deferrable: Fraction = Fraction(0)


@dataclass(frozen=True)
class Merge:
    """Stages handled as one, with one limit: the sum of its parts less `saves`, never below the longest part.

    `after` names stages that the joint application waits for besides what its parts wait for.
    """

    stages: tuple[str, ...]
    name: str
    saves: Decimal = ZERO
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Effect:
    """What one reform does to the stages of one template; codes that a chain lacks are passed over.

    `parallel`: pairs (stage, beside): the stage no longer waits for the other, only for what the other waits for.
    `links`: what a stage waits for instead. `caps`: the limit is at most so many working days. `at_once`: what is
    capped is decided on the applicant's word, so no special procedure stops it.
    """

    drops: tuple[str, ...] = ()
    caps: Mapping[str, Decimal] = field(default_factory=dict)
    parallel: tuple[tuple[str, str], ...] = ()
    links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    merges: tuple[Merge, ...] = ()
    defers: tuple[str, ...] = ()
    at_once: bool = False

    @property
    def stages(self) -> tuple[str, ...]:
        """Return the codes that it names, each once."""
        merged = [code for merge in self.merges for code in merge.stages]
        beside = [stage for stage, _other in self.parallel]
        return tuple(dict.fromkeys([*self.drops, *self.caps, *beside, *self.links, *merged, *self.defers]))


WHOLE = Fraction(1)


class Part(NamedTuple):
    """A stage inside a step: its limit is at most `cap`; `waiting` is the share of the applicant's time that stays.

    `at_once`: it is decided on a commitment, no special procedure stops it.
    """

    code: str
    cap: Decimal | None = None
    waiting: Fraction = WHOLE
    at_once: bool = False


class Step(NamedTuple):
    """A stage after reforms: one stage as it was, or several in one."""

    code: str
    name: str
    parts: tuple[Part, ...]
    prerequisites: tuple[str, ...]
    lag_days: Decimal = ZERO
    saves: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Figures:
    """The three figures of a chain, in working days, never mixed."""

    count: int
    total: Decimal
    path: Decimal

    def __sub__(self, other: "Figures") -> "Figures":
        return Figures(self.count - other.count, self.total - other.total, self.path - other.path)


# --- applying ---------------------------------------------------------------------------------------------------------


def apply(nodes: Sequence[Node], effects: Iterable[Effect]) -> list[Step]:
    """Return the chain after the effects, in the order of `nodes`. The order of the effects does not matter.

    What cannot be applied to these nodes (an absent, finished or running stage, a merge that would close a circle) is
    left out. Raises NetworkError for broken nodes.
    """
    effects = list(effects)
    by_code = {node.code: node for node in nodes}
    place = {node.code: number for number, node in enumerate(nodes)}
    before = {node.code: tuple(dict.fromkeys(node.prerequisites)) for node in nodes}
    lags = {node.code: node.lag_days for node in nodes}
    _link(by_code, before, effects)
    _set_beside(by_code, place, before, effects)
    _drop(by_code, before, lags, effects)
    parts = _parts(by_code, effects)
    steps = {
        node.code: Step(
            node.code, node.name, (parts.get(node.code) or Part(node.code),), before[node.code], lags[node.code]
        )
        for node in nodes
        if node.code in before
    }
    merges = {merge.stages: merge for effect in effects for merge in effect.merges}
    for stages in sorted(merges, key=lambda codes: min((place[c] for c in codes if c in place), default=-1)):
        _merge(steps, by_code, merges[stages])
    return list(steps.values())


def _circle(before: Mapping[str, tuple[str, ...]]) -> bool:
    try:
        topological(Activity(code, ZERO, names) for code, names in before.items())
    except CycleError:
        return True
    return False


def _link(by_code, before, effects) -> None:
    """Let stages that have not begun wait for other stages; a link that would close a circle stays as it was."""
    wanted: dict[str, tuple[str, ...]] = {}
    for code, names in sorted((item for effect in effects for item in effect.links.items()), key=repr):
        wanted.setdefault(code, names)
    for code, names in wanted.items():
        if code not in by_code or by_code[code].phase != Phase.OPEN:
            continue
        old, before[code] = before[code], tuple(name for name in names if name in by_code)
        if _circle(before):
            before[code] = old


def _set_beside(by_code, place, before, effects) -> None:
    """Let stages run beside one they waited for: they take what it waits for, and who waits for them waits for both."""
    pairs = {pair for effect in effects for pair in effect.parallel if all(code in place for code in pair)}
    for stage, other in sorted(pairs, key=lambda pair: (place[pair[0]], place[pair[1]])):
        if by_code[stage].phase != Phase.OPEN or other not in before[stage]:
            continue
        for code, names in before.items():
            if stage in names:
                before[code] = tuple(dict.fromkeys((*names, other)))
        kept = [name for name in before[stage] if name != other]
        before[stage] = tuple(dict.fromkeys((*kept, *before[other])))


def _drop(by_code, before, lags, effects) -> None:
    """Take stages out; who waited for one waits for what it waited for, and for its construction time."""
    for code in sorted({code for effect in effects for code in effect.drops if code in before}):
        if by_code[code].phase == Phase.DONE:
            continue
        through = before.pop(code)
        lag = lags.pop(code)
        for other, names in before.items():
            if code in names:
                before[other] = tuple(
                    dict.fromkeys(n for name in names for n in (through if name == code else (name,)))
                )
                lags[other] += lag


def _parts(by_code: Mapping[str, Node], effects: Sequence[Effect]) -> dict[str, Part]:
    """Return the stages whose own time the effects change, which are not finished."""
    caps: dict[str, Decimal] = {}
    for effect in effects:
        for code, cap in effect.caps.items():
            caps[code] = min(cap, caps.get(code, cap))
    deferred = {code for effect in effects for code in effect.defers}
    at_once = {code for effect in effects if effect.at_once for code in effect.caps}
    return {
        code: Part(code, caps.get(code), 1 - by_code[code].deferrable if code in deferred else WHOLE, code in at_once)
        for code in caps.keys() | deferred
        if code in by_code and by_code[code].phase != Phase.DONE
    }


def _merge(steps: dict[str, Step], by_code, merge: Merge) -> None:
    """Put the steps of a merge in the place of the first, unless fewer than two are open or a circle would arise."""
    group = [code for code in steps if code in merge.stages and by_code[code].phase == Phase.OPEN]
    if len(group) < 2:
        return
    outer = [name for code in group for name in steps[code].prerequisites if name not in group]
    joint = "+".join(group)
    lag: dict[str, Decimal] = {}
    for code in topological(Activity(c, ZERO, tuple(n for n in steps[c].prerequisites if n in group)) for c in group):
        lag[code] = steps[code].lag_days + max((lag[n] for n in steps[code].prerequisites if n in lag), default=ZERO)
    made = Step(
        joint,
        merge.name,
        tuple(part for code in group for part in steps[code].parts),
        tuple(dict.fromkeys(outer)),
        max(lag.values()),
        merge.saves,
    )
    result: dict[str, Step] = {}
    for code, step in steps.items():
        if code == group[0]:
            result[joint] = made
        elif code not in group:
            names = dict.fromkeys(joint if name in group else name for name in step.prerequisites)
            result[code] = step._replace(prerequisites=tuple(names))
    links = {code: step.prerequisites for code, step in result.items()}
    if _circle(links):
        return
    for name in merge.after:
        if name in links and not _circle(links | {joint: (*links[joint], name)}):
            links[joint] = tuple(dict.fromkeys((*links[joint], name)))
    result[joint] = made._replace(prerequisites=links[joint])
    steps.clear()
    steps.update(result)


# --- measuring --------------------------------------------------------------------------------------------------------


def limit_of(step: Step, days: Mapping[str, Decimal]) -> Decimal:
    """Return the limit of a step in working days; `days` are the limits before reforms, by stage."""
    limits = [days[p.code] if p.cap is None else min(days[p.code], p.cap) for p in step.parts]
    return max(sum(limits, ZERO) - step.saves, max(limits)) if len(limits) > 1 else limits[0]


def measure(nodes: Sequence[Node], effects: Iterable[Effect] = ()) -> Figures:
    """Return the figures of the chain after the effects, by committed limits. Lags count in none of them."""
    steps = apply(nodes, effects)
    days = {node.code: node.days for node in nodes}
    in_sum = {node.code for node in nodes if node.in_sum}
    limits = {step.code: limit_of(step, days) for step in steps}
    total = sum((limits[s.code] for s in steps if any(part.code in in_sum for part in s.parts)), ZERO)
    network = analyse(Activity(step.code, limits[step.code], step.prerequisites) for step in steps)
    return Figures(len(steps), total, network.length)


def touched(nodes: Sequence[Node], effect: Effect) -> bool:
    """Tell whether the effect changes anything in the chain, be it only what waits for what."""
    return apply(nodes, [effect]) != apply(nodes, ())


# --- dividing ---------------------------------------------------------------------------------------------------------


def shapley(players: Sequence[str], value: Callable[[frozenset[str]], Fraction | Decimal | int]) -> dict[str, Fraction]:
    """Divide value(all) - value(none) among the players, exactly: the parts add up to it. 2 ** n calls of `value`.

    Raises ValueError for more than `MOST_CAUSES` players.
    """
    count = len(players)
    if count > MOST_CAUSES:
        raise ValueError(f"{count} causes; at most {MOST_CAUSES} can be divided")
    worth = {
        frozenset(chosen): Fraction(value(frozenset(chosen)))
        for size in range(count + 1)
        for chosen in combinations(players, size)
    }
    shares = dict.fromkeys(players, Fraction(0))
    for chosen, before in worth.items():
        weight = Fraction(factorial(len(chosen)) * factorial(max(count - len(chosen) - 1, 0)), factorial(count or 1))
        for player in players:
            if player not in chosen:
                shares[player] += weight * (worth[chosen | {player}] - before)
    return shares


@dataclass(frozen=True, slots=True)
class Cause:
    """What one reform brings: its share of the whole, and what it brings alone. Days are working days."""

    reform: str
    days: Fraction
    stages: Fraction
    path: Fraction
    alone: Figures


@dataclass(frozen=True)
class Gap:
    """A chain, a benchmark, and what lies between. `rest` is what no reform of the list explains (0 when all does)."""

    ours: Figures
    theirs: Figures
    reached: Figures
    causes: tuple[Cause, ...]

    @property
    def whole(self) -> Figures:
        """Ours less theirs."""
        return self.ours - self.theirs

    @property
    def rest(self) -> Figures:
        """What stays between all reforms together and the benchmark; negative where reforms go further."""
        return self.reached - self.theirs


def divide(nodes: Sequence[Node], benchmark: Sequence[Node], effects: Mapping[str, Effect]) -> Gap:
    """Divide the gap to the benchmark among the effects (by reform), for each figure. Biggest share of days first.

    Sum of `days` + rest.total = whole.total, exactly; so for stages and path. 2 ** n measurements.
    """
    ours = measure(nodes)
    kept: dict[frozenset[str], Figures] = {}

    def saved(chosen: frozenset[str]) -> Figures:
        if chosen not in kept:
            kept[chosen] = ours - measure(nodes, [effects[code] for code in sorted(chosen)])
        return kept[chosen]

    codes = [code for code, effect in effects.items() if replace(effect, defers=()) != Effect(at_once=effect.at_once)]
    days = shapley(codes, lambda chosen: saved(chosen).total)
    stages = shapley(codes, lambda chosen: saved(chosen).count)
    path = shapley(codes, lambda chosen: saved(chosen).path)
    none, zero = Figures(0, ZERO, ZERO), Fraction(0)
    causes = [Cause(c, days[c], stages[c], path[c], saved(frozenset([c]))) for c in codes]
    causes += [Cause(c, zero, zero, zero, none) for c in effects if c not in codes]  # papers later: no limit changes
    codes = list(effects)
    causes.sort(key=lambda cause: (-cause.days, -cause.stages, -cause.path, codes.index(cause.reform)))
    return Gap(ours, measure(benchmark), ours - saved(frozenset(codes)), tuple(causes))


def tenths(shares: Sequence[Fraction]) -> list[Decimal]:
    """Round shares to tenths so that they still add up: cut down, then the largest remainders get the missing tenths.

    The total is rounded half up first; a total of tenths stays what it is.
    """
    whole = floor(sum(shares, Fraction(0)) * 10 + Fraction(1, 2))
    cut = [floor(share * 10) for share in shares]
    order = sorted(range(len(shares)), key=lambda n: (cut[n] - shares[n] * 10, n))
    for number in order[: whole - sum(cut)]:
        cut[number] += 1
    return [Decimal(number) / 10 for number in cut]
