"""Which pool gives how much to whom, in whole numbers, for a set of candidates that was chosen. Pure.

Routes are filled in the order in which a need names them; where that leaves somebody short, takes of others move to
their other routes (augmenting paths), which finds a split whenever one exists if every route takes from one pool;
where ceilings stand above pools, a linear programme decides what paths could not, and where ceilings cross, so that its
corner may be a fraction, one in whole numbers. What comes out is checked in integers.
"""

from collections import defaultdict, deque
from collections.abc import Iterable

from factors.planner_rows import Demand, Problem


class Allocation:
    """Amounts given so far. `left` by limit never falls below 0; `takes` by (demand's place, place of its route)."""

    def __init__(self, capacity: dict[str, int]):
        self.left = dict(capacity)
        self.demands: list[Demand] = []
        self.takes: dict[tuple[int, int], int] = {}
        # By limit, then by kind of need and route: those who take there and could take elsewhere.
        self._takers: dict[str, dict[tuple[int, int], set[int]]] = defaultdict(lambda: defaultdict(set))
        self._moves: list[tuple[int, int, int]] = []

    def give(self, demand: Demand) -> int:
        """Give as much as can be given, moving others' takes where they can move. Return what is still missing."""
        number, missing = len(self.demands), demand.amount
        self.demands.append(demand)
        for place, route in enumerate(demand.ways.routes):
            missing -= self._move(number, place, min(missing, *(self.left[key] for key in route)))
            if not missing:
                return 0
        for place, route in enumerate(demand.ways.routes):
            while missing and self._make_room(route, missing):
                moved = self._move(number, place, min(missing, *(self.left[key] for key in route)))
                if not moved:
                    break
                missing -= moved
        return missing

    def give_all(self, demands: Iterable[Demand]) -> bool:
        """Give all of it, or nothing at all."""
        before = len(self.demands)
        self._moves.clear()
        if not any(self.give(demand) for demand in demands):
            return True
        for number, place, amount in self._moves[::-1]:
            self._move(number, place, -amount)
        del self.demands[before:]
        return False

    def _move(self, number: int, place: int, amount: int) -> int:
        """Take `amount` more (less, if negative) over a route of a demand."""
        if amount:
            ways = self.demands[number].ways
            total = self.takes.get((number, place), 0) + amount
            self.takes[number, place] = total
            self._moves.append((number, place, amount))
            for key in ways.routes[place]:
                self.left[key] -= amount
                if len(ways.routes) > 1:
                    takers = self._takers[key][id(ways), place]
                    (takers.add if total else takers.discard)(number)
        return amount

    def _make_room(self, route: tuple[str, ...], wanted: int) -> bool:
        """Move takes of others along a shortest chain so that the one full limit of `route` gets room."""
        full = [key for key in route if not self.left[key]]
        if len(full) != 1:
            return False
        before: dict[str, tuple | None] = {full[0]: None}
        queue = deque(full)
        while queue:
            key = queue.popleft()
            for (_ways, place), takers in self._takers[key].items():
                number = next(iter(takers), None)  # whoever of them moves, the same becomes free
                routes = self.demands[number].ways.routes if takers else ()
                for other, there in enumerate(routes):
                    blocked = [k for k in there if k not in routes[place] and not self.left[k]]
                    if key in there or len(blocked) > 1:
                        continue
                    if not blocked:
                        return self._shift([*_chain(before, key), (number, place, other)], wanted)
                    if blocked[0] not in before:
                        before[blocked[0]] = (key, number, place, other)
                        queue.append(blocked[0])
        return False

    def _shift(self, moves: list[tuple[int, int, int]], wanted: int) -> bool:
        """Carry out moves, the last first, by as much as all of them allow."""
        number, place, other = moves[-1]
        routes = self.demands[number].ways.routes
        new = [self.left[key] for key in routes[other] if key not in routes[place]]
        amount = min([wanted, *new, *(self.takes[number, place] for number, place, _ in moves)])
        for number, place, other in reversed(moves):
            amount = min(amount, self.takes[number, place])
            self._move(number, place, -amount)
            room = min([amount, *(self.left[key] for key in self.demands[number].ways.routes[other])])
            self._move(number, other, room)
            if room < amount:  # two moves of the chain wanted the same room: put back what found none
                self._move(number, place, amount - room)
                return room > 0
        return True


def _chain(before: dict, key: str) -> list[tuple[int, int, int]]:
    """The moves that lead to `key`, from the first."""
    moves = []
    while before[key] is not None:
        key, *move = before[key]
        moves.append(tuple(move))
    return moves[::-1]


def allocate(problem: Problem, chosen: Iterable[int]) -> Allocation | None:
    """Split the needs of the units `chosen` over their routes; None when they do not fit."""
    chosen = list(chosen)
    if not problem.within(chosen):
        return None
    demands = [demand for index in chosen for demand in problem.units[index].demands]
    found = Allocation(problem.capacity)
    # Those without a choice first: nobody has to make room for them.
    if not any([found.give(demand) for demand in sorted(demands, key=lambda demand: len(demand.ways.routes))]):
        return found
    return _by_programme(problem, demands)


def _by_programme(problem: Problem, demands: list[Demand]) -> Allocation | None:
    """The split by a programme; with ceilings above pools the corners of the linear one are whole numbers."""
    for whole in (False, True):
        solution, excess = split_programme(problem, demands, whole=whole)
        if any(map(_rounded_up, excess.values())):
            return None
        if (found := _rounded(problem.capacity, demands, solution)) is not None:
            return found
    return None


def _rounded(capacity: dict[str, int], demands: list[Demand], solution: dict) -> Allocation | None:
    """The solution of a programme in whole numbers; None where it exceeds a limit so."""
    found = Allocation(capacity)
    found.demands = demands
    for number, demand in enumerate(demands):
        amounts = [round(solution[number, place]) for place in range(len(demand.ways.routes))]
        amounts[max(range(len(amounts)), key=amounts.__getitem__)] += demand.amount - sum(amounts)
        for place, amount in enumerate(amounts):
            found._move(number, place, amount)
    fits = min(found.left.values(), default=0) >= 0 and all(amount >= 0 for amount in found.takes.values())
    return found if fits else None


def split_programme(
    problem: Problem, demands: list[Demand], *, whole: bool = False
) -> tuple[dict[tuple[int, int], float], dict[str, float]]:
    """The split of all demands that exceeds the limits least in sum: (amounts by demand and route, excess by limit).

    In fractions, or `whole`: in whole numbers, which takes longer and is asked only where fractions do not do.
    """
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    keys = sorted({key for demand in demands for route in demand.ways.routes for key in route})
    row_of = {key: n for n, key in enumerate(keys)}
    columns = [(number, place) for number, demand in enumerate(demands) for place in range(len(demand.ways.routes))]
    if not columns:
        return {}, {}
    largest = max(demand.amount for demand in demands)
    scale = 1 if whole else largest
    entries = [(row_of[key], n) for n, (d, p) in enumerate(columns) for key in demands[d].ways.routes[p]]
    entries_of_excess = [(n, len(columns) + n) for n in range(len(keys))]
    places = np.array(entries + entries_of_excess).T
    signs = np.array([1.0] * len(entries) + [-1.0] * len(keys))
    width = len(columns) + len(keys)
    served = coo_array((np.ones(len(columns)), ([d for d, _ in columns], range(len(columns)))), (len(demands), width))
    wanted = np.array([demand.amount / scale for demand in demands])
    # A preferred route costs nothing, the next a hair more, so that preference decides where nothing else does.
    cost = np.array([1e-6 * place * scale / largest for _, place in columns] + [1.0] * len(keys))
    answer = milp(
        cost,
        constraints=[
            LinearConstraint(
                coo_array((signs, (places[0], places[1])), (len(keys), width)),
                -np.inf,
                np.array([problem.capacity[key] / scale for key in keys]),
            ),
            LinearConstraint(served, wanted, wanted),
        ],
        integrality=np.full(width, int(whole)),
        bounds=Bounds(0, np.inf),
        options={"mip_rel_gap": 0},
    )
    amounts = {column: float(answer.x[n]) * scale for n, column in enumerate(columns)}
    excess = {key: float(answer.x[len(columns) + n]) * scale for n, key in enumerate(keys)}
    return amounts, excess


def shortages(problem: Problem, chosen: Iterable[int]) -> dict[str, int]:
    """By how much limits would have to be larger for the units `chosen` to fit, the least in sum; empty: they fit.

    Exact where every route takes from one limit beside those that all routes share; else what a linear programme
    says, rounded up, or one in whole numbers where that is not enough.
    """
    demands = [demand for index in chosen for demand in problem.units[index].demands]
    found = Allocation(problem.capacity)
    short: dict[str, int] = defaultdict(int)
    unplaced = False
    for demand in sorted(demands, key=lambda demand: len(demand.ways.routes)):
        missing = found.give(demand)
        if not missing:
            continue
        if len(demand.ways.routes) == 1 or all(len(route) == 1 for route in demand.ways.routes):
            for key in demand.ways.routes[0]:
                lacking = missing - found.left[key]
                if lacking > 0:
                    short[key] += lacking
                    found.left[key] += lacking
            found._move(len(found.demands) - 1, 0, missing)
        else:
            unplaced = True
    if unplaced:
        for whole in (False, True):
            solution, excess = split_programme(problem, demands, whole=whole)
            more = {key: extra for key, amount in excess.items() if (extra := _rounded_up(amount))}
            enough = {key: amount + more.get(key, 0) for key, amount in problem.capacity.items()}
            if whole or _rounded(enough, demands, solution) is not None:
                return more
    return dict(short)


def _rounded_up(amount: float) -> int:
    """The next whole number, but for what a solver's rounding adds."""
    near = round(amount)
    return near if abs(amount - near) <= 1e-6 * max(1.0, amount) else int(amount) + 1
