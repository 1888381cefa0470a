"""Choosing the set: every set for small problems; else part by part within the time, with a proven bound. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from math import floor
from time import perf_counter

from factors.planner_core import State, begin
from factors.planner_coupled import uncouple
from factors.planner_improve import TINY, improve
from factors.planner_matrix import components, whole
from factors.planner_rows import Problem
from factors.planner_takes import allocate

SMALL, EXACT_UP_TO = 20, 60


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


def load() -> None:
    """Load the solver, so that its time is not taken for planning: scipy loads its parts at their first use."""
    for name in ("scipy.optimize", "scipy.sparse.csgraph"):
        import_module(name)


def solve(problem: Problem, seconds: float, workers: int = 1) -> Answer | None:
    """The best set of units within the time, `workers` threads at once; None when what must be in does not fit."""
    deadline = perf_counter() + seconds
    must = [index for index, unit in enumerate(problem.units) if unit.must_in]
    if allocate(problem, must) is None:
        return None
    states = [begin(part) for part in components(whole(problem))]
    lp_bound = floor(sum(state.linear for state in states))
    if len(problem.units) - len(must) <= SMALL and not problem.splits and (found := enumerate_all(problem, must)):
        best, combinations, feasible = found
        value = problem.value(best)
        return Answer(best, value, lp_bound, "optimal", "enumeration", combinations, feasible, len(states))
    run(states, deadline, workers)
    chosen = tuple(sorted(state.part.units[n] for state in states for n in state.x.nonzero()[0]))
    # It may not fit where the solver rounded, or numbers pass those that a double holds exactly.
    fits = allocate(problem, chosen) is not None if problem.splits else problem.within(chosen)
    if problem.splits or not fits:
        sure = {index: float(state.relaxed.reduced[n]) for state in states for n, index in enumerate(state.part.units)}
        inside = set(chosen)
        order = sorted(sure, key=lambda index: (index not in inside, -sure[index]))
        chosen = max(chosen if fits else (), in_order(problem, order), key=problem.value)
    value, bound = problem.value(chosen), sum(state.bound for state in states)
    stopped = "optimal" if bound <= value else "time"
    return Answer(chosen, max(bound, value), lp_bound, stopped, "core", components=len(states))


def run(states: Sequence[State], deadline: float, workers: int) -> None:
    """Improve the parts in turn, those furthest from their bound first, until all are proven or the time is over.

    Threads, not processes: the solver works outside the interpreter's lock, and a web worker must not be forked.
    """
    from concurrent.futures import ThreadPoolExecutor

    waiting: dict[int, float] = {}

    def work(state: State) -> None:
        """Improve one part within its share of the time left: half goes by number, half by gap."""
        rest, gaps = deadline - perf_counter(), sum(waiting.values())
        share = (1 / len(waiting) + waiting[id(state)] / gaps) / 2
        last = state.size >= state.part.count
        eager = 2 if last and state.swept else 0.8
        improve(state, perf_counter() + min(rest, max(TINY, rest * min(1.0, workers * share * eager))), deadline)
        del waiting[id(state)]

    pairs = [pair for state in states if state.open and (pair := uncouple(state))]
    work_on = [*states, *(place for pair in pairs for place in pair.places)]
    with ThreadPoolExecutor(workers) as pool:
        while (rest := deadline - perf_counter()) > TINY and (todo := [state for state in work_on if state.open]):
            todo.sort(key=lambda state: state.value - state.bound)
            # Who gave up would only give up again with little more time: then the one furthest off gets all of it.
            fresh = [state for state in todo if state.spent * 1.5 < rest * workers / len(todo)] or todo[:1]
            waiting.update({id(state): float(state.bound - state.value) for state in fresh})
            list(pool.map(work, fresh))
            for pair in pairs:
                pair.combine()


def in_order(problem: Problem, order: Iterable[int]) -> tuple[int, ...]:
    """What must be in, then each unit of `order` that still fits when its turn comes.

    Where splits stay in the model (crossing or many linked ceilings) and there are more than `EXACT_UP_TO` units, one
    that would fit only by moving takes across several ceilings at once may be left out.
    """
    must = [index for index, unit in enumerate(problem.units) if unit.must_in]
    left = [row.rhs - sum(row.coefficients.get(index, 0) for index in must) for row in problem.rows]
    rows_of: dict[int, list[tuple[int, int]]] = {}
    for number, row in enumerate(problem.rows):
        for index, amount in row.coefficients.items():
            rows_of.setdefault(index, []).append((number, amount))
    given = allocate(problem, must) if problem.splits else None
    chosen, inside = list(must), set(must)
    for index in order:
        if index in inside or any(left[number] < amount for number, amount in rows_of.get(index, ())):
            continue
        if problem.splits and not given.give_all(problem.units[index].demands):
            found = None if len(problem.units) > EXACT_UP_TO else allocate(problem, [*chosen, index])
            if found is None:
                continue
            given = found
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
        feasible &= set_sums([row.coefficients.get(index, 0) for index in free]) <= rest
    values = set_sums([problem.units[index].value for index in free])
    values[~feasible] = np.iinfo(np.int64).min
    best = int(values.argmax())
    chosen = [index for n, index in enumerate(free) if best >> n & 1]
    return tuple(sorted([*must, *chosen])), len(values), int(feasible.sum())


def set_sums(amounts: Sequence[int]):
    """The sum over every subset, by its bits."""
    import numpy as np

    sums = np.zeros(1, np.int64)
    for amount in amounts:
        sums = np.concatenate([sums, sums + amount])
    return sums
