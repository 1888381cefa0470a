"""Choosing the set. Pure. (First version: enumeration for small problems, otherwise the whole model at once.)"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter

from factors.planner_matrix import cut, relax, whole
from factors.planner_rows import Problem
from factors.planner_takes import allocate

SMALL = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """Units chosen, with the proven bound on every other choice. See `planner_model.Plan` for the words."""

    chosen: tuple[int, ...]
    bound: int
    lp_bound: int
    stopped_by: str
    method: str
    combinations: int = 0
    feasible: int = 0
    components: int = 1


def solve(problem: Problem, seconds: float) -> Answer | None:
    """The best set of units within the time; None when what must be in does not fit."""
    begun = perf_counter()
    must = [index for index, unit in enumerate(problem.units) if unit.must_in]
    if allocate(problem, must) is None:
        return None
    part = whole(problem)
    relaxed = relax(part)
    lp_bound = cut(relaxed.bound, part.step)
    start = in_order(problem, sorted(range(part.count), key=lambda j: (-relaxed.x[j], -relaxed.reduced[j])))
    free = len(problem.units) - len(must)
    if free <= SMALL and not problem.splits and (found := enumerate_all(problem, must)):
        best, combinations, feasible = found
        value = problem.value(best)
        return Answer(best, value, lp_bound, "optimal", "enumeration", combinations, feasible)
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    integrality = np.zeros(part.gain.size)
    integrality[: part.count] = 1
    answer = milp(
        -part.gain,
        constraints=LinearConstraint(part.matrix, -np.inf, part.bound),
        integrality=integrality,
        bounds=Bounds(part.low, part.high),
        options={"time_limit": max(0.05, seconds - (perf_counter() - begun)), "mip_rel_gap": 0},
    )
    bound = lp_bound
    if answer.mip_dual_bound is not None:
        dual = -answer.mip_dual_bound
        bound = min(bound, cut(dual + 1e-9 * max(1.0, abs(dual)) + 1e-6, part.step))
    best = start
    if answer.x is not None:
        found = tuple(j for j in range(part.count) if answer.x[j] > 0.5)
        found = found if allocate(problem, found) else in_order(problem, found)
        best = max(start, found, key=problem.value)
    stopped = "optimal" if bound <= problem.value(best) else "time"
    return Answer(best, max(bound, problem.value(best)), lp_bound, stopped, "model")


def in_order(problem: Problem, order: Iterable[int]) -> tuple[int, ...]:
    """What must be in, then each unit of `order` that still fits when its turn comes."""
    must = [index for index, unit in enumerate(problem.units) if unit.must_in]
    left = [row.rhs - sum(row.coefficients.get(index, 0) for index in must) for row in problem.rows]
    rows_of: dict[int, list[tuple[int, int]]] = {}
    for number, row in enumerate(problem.rows):
        for index, amount in row.coefficients.items():
            rows_of.setdefault(index, []).append((number, amount))
    chosen, inside = list(must), set(must)
    for index in order:
        if index in inside or any(left[number] < amount for number, amount in rows_of.get(index, ())):
            continue
        if problem.splits and allocate(problem, [*chosen, index]) is None:
            continue
        for number, amount in rows_of.get(index, ()):
            left[number] -= amount
        chosen.append(index)
        inside.add(index)
    return tuple(sorted(chosen))


def enumerate_all(problem: Problem, must: Sequence[int]) -> tuple[tuple[int, ...], int, int] | None:
    """Look at every set in whole numbers: (best, how many sets, how many fit). None where numbers pass 63 bits.

    Among equal values the set that leaves the later candidates out wins.
    """
    import numpy as np

    fixed = set(must)
    free = [index for index in range(len(problem.units)) if index not in fixed]
    amounts = [abs(problem.units[index].value) for index in free]
    sums = [sum(amounts), *(sum(row.coefficients.values()) + row.rhs for row in problem.rows)]
    if max(sums) >= 2**62:
        return None
    feasible = np.ones(1 << len(free), bool)
    for row in problem.rows:
        rest = row.rhs - sum(row.coefficients.get(index, 0) for index in must)
        feasible &= _sums([row.coefficients.get(index, 0) for index in free]) <= rest
    values = _sums([problem.units[index].value for index in free])
    values[~feasible] = np.iinfo(np.int64).min
    best = int(values.argmax())
    chosen = [index for n, index in enumerate(free) if best >> n & 1]
    return tuple(sorted([*must, *chosen])), len(values), int(feasible.sum())


def _sums(amounts: Sequence[int]):
    """The sum over every subset, by its bits."""
    import numpy as np

    sums = np.zeros(1, np.int64)
    for amount in amounts:
        sums = np.concatenate([sums, sums + amount])
    return sums
