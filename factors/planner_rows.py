"""From an instance to rows of whole numbers: what a set of candidates needs of which limits at most. Pure.

A need that may be split over several limits makes a choice beside that of the set, which costs a solver most of its
time. It can be avoided. The amounts of a set can be split so that all limits hold if and only if, for every set C of
limits, those needs that cannot avoid C fit into the sum of C (Gale and Hoffman; the minimum cut of a transport
problem). So each such C is one row over the candidates alone, and the split is made afterwards (planner_takes). Of
the 2^m sets few are needed: a C is left out where two parts of it say as much. This holds for routes of one limit and
for ceilings that contain one another (reclaimed water within water of a park); where ceilings cross or more than
`WIDEST` limits are linked, the sums of each kind of need stay in the model as `splits`.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from factors.planner_model import Candidate, Cap, Floor, Instance, Must, PlanError

WIDEST = 8
MUSTS = frozenset(Must)


@dataclass(frozen=True, slots=True)
class Ways:
    """The routes of a need that are worth using, without those where another does with less.

    `numbers` are their places in the need. `common`: limits that all of them take from; `kind`: what they differ in,
    a set of routes, None where that leaves nothing to choose.
    """

    routes: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...]
    common: frozenset[str]
    kind: frozenset[frozenset[str]] | None


class Demand(NamedTuple):
    """One need of one candidate: `number` is its place among the needs (-1: a count that no one asked to see)."""

    candidate: str
    number: int
    amount: int
    ways: Ways


@dataclass(frozen=True, slots=True)
class Unit:
    """What is chosen or not: one candidate, or a whole group."""

    candidates: tuple[str, ...]
    value: int
    must_in: bool
    demands: tuple[Demand, ...]
    order: tuple = ()


@dataclass(frozen=True, slots=True)
class Row:
    """Σ coefficient of chosen units ≤ `rhs`, the sum of the amounts of `limits`; by index of unit."""

    limits: tuple[str, ...]
    rhs: int
    coefficients: dict[int, int]


@dataclass(frozen=True, slots=True)
class Split:
    """What all units need in one kind of way, and the model has to split over `routes`: `amounts` by index of unit.

    One split for all of them, not one each: only the sums count, whoever gets which part.
    """

    amounts: dict[int, int]
    routes: tuple[tuple[str, ...], ...]

    @property
    def most(self) -> int:
        """What all of them together need."""
        return sum(self.amounts.values())


@dataclass(frozen=True, slots=True)
class Problem:
    """An instance as rows. `family` holds the limits whose ceilings the `splits` need, with direct needs in `rows`."""

    units: tuple[Unit, ...]
    capacity: dict[str, int]
    rows: tuple[Row, ...]
    splits: tuple[Split, ...]
    excluded: tuple[tuple[str, str], ...]

    def value(self, chosen: Iterable[int]) -> int:
        """The value of the units `chosen`."""
        return sum(self.units[index].value for index in chosen)

    def within(self, chosen: Iterable[int]) -> bool:
        """Whether no row is exceeded, in whole numbers. Enough where there are no splits."""
        chosen = set(chosen)
        for row in self.rows:
            few, many = sorted((chosen, row.coefficients), key=len)
            if sum(row.coefficients[index] for index in few if index in many) > row.rhs:
                return False
        return True


def compile_instance(instance: Instance) -> Problem:
    """Check the instance and write it as rows. PlanError names what is wrong; nothing is solved yet."""
    capacity = _capacity(instance)
    excluded = tuple((c.key, floor.key) for c in instance.candidates if (floor := _below(instance, c)))
    units = _units(instance, capacity, dict(excluded))
    rows, splits = _rows(units, capacity)
    return Problem(units, capacity, rows, splits, excluded)


def _capacity(instance: Instance) -> dict[str, int]:
    capacity: dict[str, int] = {}
    for ceiling in (*instance.limits, *instance.district_caps):
        if ceiling.key in capacity:
            raise PlanError("duplicate", what="limit", key=ceiling.key)
        if ceiling.amount < 0:
            raise PlanError("negative", what="limit", key=ceiling.key)
        capacity[ceiling.key] = ceiling.amount
    named = {limit.key for limit in instance.limits}
    for cap in instance.district_caps:
        if unknown := [key for key in cap.limits if key not in named]:
            raise PlanError("unknown_limit", candidate=cap.key, need=0, limit=unknown[0])
    return capacity


def _below(instance: Instance, candidate: Candidate) -> Floor | None:
    """The first floor that the candidate misses."""
    for floor in instance.floors:
        amount = sum(need.amount for need in candidate.needs if need.factor == floor.factor)
        if not floor.figure:
            figure = instance.value_of(candidate)
        else:
            figure = candidate.value.get(floor.figure, 0) if not isinstance(candidate.value, int) else 0
        if amount and figure * floor.per < floor.at_least * amount:
            return floor
    return None


def _units(instance: Instance, capacity: dict[str, int], below: dict[str, str]) -> tuple[Unit, ...]:
    """Candidates and groups that may be chosen, with what they take; counts for caps and `one_of` are needs of 1."""
    members: dict[tuple, list[Candidate]] = defaultdict(list)
    needs, seen = _Needs(instance, capacity), set()
    for candidate in instance.candidates:
        if candidate.key in seen:
            raise PlanError("duplicate", what="candidate", key=candidate.key)
        if candidate.must not in MUSTS:
            raise PlanError("unknown_must", candidate=candidate.key)
        seen.add(candidate.key)
        members[(1, candidate.group) if candidate.group else (0, candidate.key)].append(candidate)
    units = []
    for (grouped, name), inside in members.items():
        wanted = {candidate.must for candidate in inside}
        if grouped and {Must.IN, Must.OUT} <= wanted:
            raise PlanError("split_group", group=name)
        lost = [candidate.key for candidate in inside if candidate.key in below]
        if lost and Must.IN in wanted:
            raise PlanError("below_floor", candidate=lost[0], floor=below[lost[0]])
        demands = tuple(demand for candidate in inside for demand in needs.demands(candidate))
        if lost or Must.OUT in wanted:
            continue
        order = min((candidate.rank or 10**9, candidate.queued or "9999", candidate.key) for candidate in inside)
        value = sum(map(instance.value_of, inside))
        units.append(Unit(tuple(c.key for c in inside), value, Must.IN in wanted, demands, order))
    return tuple(units)


class _Needs:
    """Needs checked and read. The same routes, which thousands of candidates share, are looked at once."""

    def __init__(self, instance: Instance, capacity: dict[str, int]):
        self.capacity = capacity
        self.caps: dict[str, list[Cap]] = defaultdict(list)
        for cap in instance.district_caps:
            self.caps[cap.district].append(cap)
        self.known: dict[tuple, Ways] = {}

    def demands(self, candidate: Candidate) -> list[Demand]:
        """What the candidate takes, with its share in the caps of its district and the one place of its `one_of`."""
        caps = self.caps.get(candidate.district, []) if candidate.district else []
        found = []
        for number, need in enumerate(candidate.needs):
            if need.amount < 0:
                raise PlanError("negative", what="need", key=candidate.key)
            if need.amount and not (need.routes and all(need.routes)):
                raise PlanError("no_route", candidate=candidate.key, need=number)
            ways = self.known.get((need.routes, candidate.district if caps else ""))
            if ways is None:
                for key in (key for route in need.routes for key in route):
                    if key not in self.capacity:
                        raise PlanError("unknown_limit", candidate=candidate.key, need=number, limit=key)
                ways = _ways(need.routes, caps)
                self.known[need.routes, candidate.district if caps else ""] = ways
            if need.amount:
                found.append(Demand(candidate.key, number, need.amount, ways))
        counts = [cap.key for cap in caps if not cap.limits]
        if candidate.one_of:
            counts.append(f"one of {candidate.one_of}")
            self.capacity[counts[-1]] = 1
        return found + [Demand(candidate.key, -1, 1, _ways(((key,),), [])) for key in counts]


def _ways(given: tuple[tuple[str, ...], ...], caps: list[Cap]) -> Ways:
    above = [(cap.key, frozenset(cap.limits)) for cap in caps]
    routes = [
        (*dict.fromkeys(route), *(key for key, limits in above if not limits.isdisjoint(route))) for route in given
    ]
    sets = [frozenset(route) for route in routes]
    kept = [
        number for number, own in enumerate(sets) if own not in sets[:number] and not any(other < own for other in sets)
    ]
    common = frozenset.intersection(*(sets[number] for number in kept)) if kept else frozenset()
    rest = frozenset(sets[number] - common for number in kept)
    kind = rest if all(rest) and kept else None
    return Ways(tuple(routes[number] for number in kept), tuple(kept), common, kind)


def _rows(units: tuple[Unit, ...], capacity: dict[str, int]) -> tuple[tuple[Row, ...], tuple[Split, ...]]:
    """Collect what is taken by unit and kind of need, and write the rows of each family of linked limits."""
    taken: dict[frozenset, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    direct: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for index, unit in enumerate(units):
        for demand in unit.demands:
            for key in demand.ways.common:
                direct[key][index] += demand.amount
            if demand.ways.kind:
                taken[demand.ways.kind][index] += demand.amount
    taken |= {frozenset([frozenset([key])]): amounts for key, amounts in direct.items()}
    rows, splits = [], []
    for limits, kinds in _families(taken):
        if len(limits) <= WIDEST and _nested(kinds):
            rows += _cover_rows(sorted(limits), kinds, taken, capacity)
        else:
            single = {next(iter(next(iter(kind)))): kind for kind in kinds if sum(map(len, kind)) == 1}
            rows += [Row((key,), capacity[key], dict(taken[single[key]] if key in single else {})) for key in limits]
            kept = [kind for kind in kinds if kind not in single.values()]
            splits += [Split(dict(taken[kind]), tuple(sorted(map(tuple, map(sorted, kind))))) for kind in kept]
    touched = {key for split in splits for route in split.routes for key in route}
    needed = [row for row in rows if sum(row.coefficients.values()) > row.rhs or not touched.isdisjoint(row.limits)]
    return tuple(needed), tuple(splits)


def _families(taken: dict[frozenset, dict]) -> Iterable[tuple[set[str], list[frozenset]]]:
    """Limits that some need links by a choice between them, with the kinds of need that touch them."""
    root: dict[str, str] = {}

    def find(key: str) -> str:
        while root.setdefault(key, key) != key:
            root[key] = key = root[root[key]]
        return key

    for kind in taken:
        first, *others = (key for route in kind for key in route)
        for key in (find(first), *others):
            root[find(key)] = find(first)
    families: dict[str, tuple[set, list]] = defaultdict(lambda: (set(), []))
    for kind in taken:
        keys = {key for route in kind for key in route}
        limits, kinds = families[find(next(iter(keys)))]
        limits |= keys
        kinds.append(kind)
    return families.values()


def _nested(kinds: list[frozenset]) -> bool:
    """Whether any two limits are used by the same routes, by none in common, or one by part of the other's."""
    uses: dict[str, set] = defaultdict(set)
    for route in {route for kind in kinds for route in kind}:
        for key in route:
            uses[key].add(route)
    sets = list(uses.values())
    return all(a <= b or b <= a or a.isdisjoint(b) for n, a in enumerate(sets) for b in sets[:n])


def _cover_rows(limits: list[str], kinds: list[frozenset], taken: dict, capacity: dict[str, int]) -> Iterable[Row]:
    """A row for each set of limits that says more than two parts of it together."""
    bit = {key: 1 << n for n, key in enumerate(limits)}
    masks = [[sum(bit[key] for key in route) for route in kind] for kind in kinds]
    covered = [
        sum(1 << k for k, routes in enumerate(masks) if all(route & cover for route in routes))
        for cover in range(1 << len(limits))
    ]
    for cover in range(1, 1 << len(limits)):
        if not covered[cover] or _says_nothing_new(cover, covered):
            continue
        coefficients: dict[int, int] = defaultdict(int)
        for k, kind in enumerate(kinds):
            if covered[cover] >> k & 1:
                for index, amount in taken[kind].items():
                    coefficients[index] += amount
        named = tuple(key for key in limits if bit[key] & cover)
        yield Row(named, sum(capacity[key] for key in named), dict(coefficients))


def _says_nothing_new(cover: int, covered: list[int]) -> bool:
    part = (cover - 1) & cover
    while part:
        if covered[part] | covered[cover ^ part] == covered[cover]:
            return True
        part = (part - 1) & cover
    return False
