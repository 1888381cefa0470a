"""A part improved step by step: choices counted, the part cut in two, quick tries, small integer programmes. Pure.

What is looked at first is what proves most in a moment: all choices that lose little (`planner_losses`). Where those
that could be better are too many, the time goes in equal shares to cutting the part (`planner_branch`), whose bound
falls, and to sweeps and programmes on a larger and larger core of the least sure units, which find better plans.
"""

from time import perf_counter

from factors.planner_branch import branch, may_cut
from factors.planner_core import SIZES, State, core_of, take
from factors.planner_losses import reach, search
from factors.planner_matrix import cut
from factors.planner_sweep import SWEPT, sweep

SOLVED = 1e-9
"""Relative accuracy of what the solver calls optimal, or a bound."""

QUICK, TINY = 0.02, 0.02
"""Seconds of a part's first search, which is to tell how far it is off; and below which no programme is begun."""


def improve(state: State, deadline: float, end: float) -> None:
    """Take the next step until about `deadline` (of perf_counter); keep what is better, and what it proves.

    A search is as large as fits before `deadline`, and when something else holds it up it goes on until `end`.
    """
    begun = perf_counter()
    seconds = deadline - begun
    to = None if state.leaves else reach(state, seconds * 0.7 if state.searched else min(seconds, QUICK))
    if to and (to.complete or state.swept or not state.searched):
        return search(state, to, end)
    cutting = may_cut(state) and state.took[1] <= state.took[0]
    if cutting:
        branch(state, deadline, end)
    elif not state.swept:
        sweep(state, min(deadline, begun + SWEPT))
    elif seconds >= TINY:
        core_programme(state, deadline)
    state.took[cutting] += perf_counter() - begun
    return None


def core_programme(state: State, deadline: float) -> None:
    """Solve the next core until `deadline`, all others fixed; keep what is better; a bound where all was in it."""
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    part, seconds = state.part, deadline - perf_counter()
    chosen, free = core_of(state)
    complete = len(free) <= state.size
    core = free[: state.size]
    fixed = np.zeros(part.gain.size)
    fixed[: part.count] = chosen
    fixed[core] = 0
    columns = np.concatenate([np.sort(core), np.arange(part.count, part.gain.size)])
    integrality = (columns < part.count).astype(int)
    matrix = part.matrix[:, columns]
    rows = np.flatnonzero(np.diff(matrix.tocsr().indptr))
    answer = milp(
        -part.gain[columns],
        constraints=LinearConstraint(matrix[rows, :], -np.inf, (part.bound - part.matrix @ fixed)[rows]),
        integrality=integrality,
        bounds=Bounds(part.low[columns], part.high[columns]),
        options={"time_limit": seconds, "mip_rel_gap": 0},
    )
    if answer.x is not None:
        fixed[columns] = np.round(answer.x) * integrality + answer.x * (1 - integrality)
        take(state, fixed[: part.count])
    if complete and answer.mip_dual_bound is not None and np.isfinite(answer.mip_dual_bound):
        dual = float(part.gain @ fixed - part.gain[columns] @ fixed[columns]) - answer.mip_dual_bound
        near = SOLVED * max(1.0, abs(dual)) + 1e-6
        done = answer.status == 0 and abs(dual - state.value) <= near
        state.bound = min(state.bound, max(state.value, state.value if done else cut(dual + near, part.step)))
    _next(state, complete, answer.status == 0, seconds)


def _next(state: State, complete: bool, finished: bool, seconds: float) -> None:
    """Choose the next core: larger after one that was solved to the end; all that is left after one that was not."""
    if complete:
        state.size, state.spent = (None if finished else state.size), seconds
        return
    larger = [size for size in SIZES if size > state.size] if finished else []
    state.size = (larger or [state.part.count])[0]
