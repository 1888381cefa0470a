"""The first step of a limit: the least top-up of it alone with which a better plan exists. Pure.

A shadow price speaks of divisible projects. Whether one more tonne is of use to projects that come whole or not at all
is another question, and its answer is a step: nothing happens until so much is there, and then so much is gained.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import ceil
from time import perf_counter

from factors.planner_core import begin
from factors.planner_improve import TINY
from factors.planner_matrix import Part, components, whole
from factors.planner_model import Step
from factors.planner_rows import Problem, Row
from factors.planner_solve import SMALL, run, set_sums
from factors.planner_takes import allocate


def topped(problem: Problem, limit: str, amount: int) -> Problem:
    """The problem with `amount` more of one limit."""
    rows = tuple(replace(row, rhs=row.rhs + amount) if limit in row.limits else row for row in problem.rows)
    return replace(problem, rows=rows, capacity=problem.capacity | {limit: problem.capacity[limit] + amount})


def steps(problem: Problem, chosen: Sequence[int], limits: Iterable[str], seconds: float) -> list[Step]:
    """The first step of each limit from the units `chosen`, in the order of `limits`, within about `seconds`."""
    limits = list(limits)
    must = [index for index, unit in enumerate(problem.units) if unit.must_in]
    if len(problem.units) - len(must) <= SMALL and not problem.splits:
        found = _by_enumeration(problem, must, problem.value(chosen), limits)
        if found is not None:
            return found
    deadline = perf_counter() + seconds
    parts = components(whole(problem))
    told = []
    for number, limit in enumerate(limits):
        until = perf_counter() + max(0.0, deadline - perf_counter()) / (len(limits) - number)
        told.append(_by_programme(problem, parts, set(chosen), limit, until))
    return told


def _names(problem: Problem, chosen: Iterable[int]) -> tuple[str, ...]:
    return tuple(key for index in sorted(chosen) for key in problem.units[index].candidates)


def _by_enumeration(problem: Problem, must: Sequence[int], value: int, limits: list[str]) -> list[Step] | None:
    """Look at every set: by how much it exceeds each limit, and what it is worth."""
    import numpy as np

    fixed = set(must)
    free = [index for index in range(len(problem.units)) if index not in fixed]
    sums = [sum(row.coefficients.values()) + row.rhs for row in problem.rows]
    if max([sum(abs(unit.value) for unit in problem.units), *sums]) >= 2**62:
        return None
    values = set_sums([problem.units[index].value for index in free]) + sum(problem.units[i].value for i in must)
    better = values > value
    sets = np.flatnonzero(better)
    excess = {}
    for number, row in enumerate(problem.rows):
        used = set_sums([row.coefficients.get(index, 0) for index in free])[sets]
        excess[number] = used - (row.rhs - sum(row.coefficients.get(index, 0) for index in must))
    told = []
    for limit in limits:
        with_it = [number for number, row in enumerate(problem.rows) if limit in row.limits]
        fits = np.ones(len(sets), bool)
        for number in excess.keys() - set(with_it):
            fits &= excess[number] <= 0
        if not with_it or not fits.any():
            told.append(Step(limit, None, 0, (), True))
            continue
        wanted = np.maximum(np.max([excess[number][fits] for number in with_it], axis=0), 0)
        amount = int(wanted.min())
        reach = sets[fits][wanted <= amount]
        best = int(reach[values[reach].argmax()])
        chosen = [*must, *(index for n, index in enumerate(free) if best >> n & 1)]
        told.append(Step(limit, amount, int(values[best]) - value, _names(problem, chosen), True))
    return told


def _by_programme(problem: Problem, parts: list[Part], chosen: set[int], limit: str, until: float) -> Step:
    """Find the least top-up by an integer programme, check it in whole numbers, then ask what it gains at most."""
    part = next((part for part in parts if any(limit in row for row in part.limits)), None)
    if part is None:
        return Step(limit, None, 0, (), True)
    others, value = chosen - set(part.units), problem.value(chosen)
    found, amount, sure = _least(part, problem, chosen, limit, (perf_counter() + until) / 2)
    if found is None:
        return Step(limit, None, 0, (), sure)
    together = sorted(others | found)
    if not problem.splits:
        used = ((row.rhs, sum(row.coefficients.get(n, 0) for n in together)) for row in _with(problem, limit))
        amount = max(0, *(total - rhs for rhs, total in used))
    bigger = topped(problem, limit, amount)
    if allocate(bigger, together) is None or problem.value(together) <= value:
        return Step(limit, None, 0, (), False)
    state = begin(_part_topped(part, limit, amount))
    run([state], until, 1)
    best = sorted(others | {part.units[n] for n in state.x.nonzero()[0]})
    if allocate(bigger, best) is None or problem.value(best) < problem.value(together):
        best = together
    most = state.bound <= problem.value(best) - problem.value(others)
    return Step(limit, amount, problem.value(best) - value, _names(problem, best), sure and most)


def _with(problem: Problem, limit: str) -> list[Row]:
    return [row for row in problem.rows if limit in row.limits]


def _part_topped(part: Part, limit: str, amount: int) -> Part:
    import numpy as np

    touched = np.array([limit in row for row in part.limits])
    return replace(part, bound=part.bound + touched * part.scale * amount)


def _least(
    part: Part, problem: Problem, chosen: set[int], limit: str, until: float
) -> tuple[set[int] | None, int, bool]:
    """The units of the part with which the least more of `limit` gives a better plan: (units, amount, is it proven).

    (None, 0, True): no amount of this limit alone gives a better one.
    """
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csc_array, hstack

    count, width = part.count, part.gain.size
    touched = np.array([limit in row for row in part.limits]) * part.scale
    unit = touched.max()
    matrix = hstack([part.matrix, csc_array(-touched[:, None] / unit)], format="csc")
    value = sum(problem.units[index].value for index in part.units if index in chosen)
    gain = np.append(part.gain, 0.0) / part.step
    answer = milp(
        np.append(np.zeros(width), 1.0),
        constraints=[
            LinearConstraint(matrix, -np.inf, part.bound),
            LinearConstraint(gain[None, :], value // part.step + 1, np.inf),
        ],
        integrality=np.append(np.arange(width) < count, 0),
        bounds=Bounds(np.append(part.low, 0), np.append(part.high, np.inf)),
        options={"time_limit": max(TINY, until - perf_counter()), "mip_rel_gap": 0},
    )
    if answer.x is None:
        return None, 0, answer.status == 2
    units = {part.units[n] for n in np.flatnonzero(answer.x[:count] > 0.5)}
    return units, ceil(answer.x[-1] / unit - 1e-6), answer.status == 0
