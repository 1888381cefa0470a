"""One part of a problem, improved step by step: linear relaxation, rounding, then small integer programmes. Pure.

The relaxation of a knapsack with m rows leaves at most m projects undecided; nearly all others are where the best
plan has them, too. How sure that is, is measured by the reduced value: what a project is worth beyond the price of
what it takes. So the programme is solved for the `core` of those nearest to 0 while the others stay, with a larger
and larger core. A project whose reduced value is above the distance between bound and plan cannot be elsewhere in a
better plan (reduced-cost fixing); once the core holds all that are left, its result is proven.
"""

from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from factors.planner_matrix import ROUNDING, Part, Relaxed, cut, proven_bound, relax

FIRST, DRAWN, NEAR, TRIES, KICKED, ROUNDS, SIZES = 16, 14, 64, 10, 3, 12, (40, 100, 300, 1000)
SOLVED = 1e-9
"""Relative accuracy of what the solver calls optimal, or a bound."""

SWEPT = 0.15
"""Seconds after which sweeps of a part found what they find."""

TINY = 0.02
"""Seconds below which a programme is not worth starting."""


@dataclass(slots=True)
class State:
    """A part with the best choice so far. `x`: 0 or 1 by unit. `bound` holds for every choice of this part.

    `size` is the next core to try; None: nothing is left to try. `swept`: sweeps are done, `visits` counts them.
    `spent`: seconds after which all that is left was given up.
    """

    part: Part
    relaxed: Relaxed
    x: Any
    bound: int | float
    size: int | None = SIZES[0]
    swept: bool = False
    spent: float = 0.0
    visits: int = 0

    @property
    def value(self) -> int | float:
        """The value of the choice."""
        total = float(self.part.gain[: self.part.count] @ self.x)
        return round(total) if self.part.step else total

    @property
    def open(self) -> bool:
        """Whether something is left to try."""
        near = 0 if self.part.step else 2 * ROUNDING * abs(self.value) + 1e-6
        return self.size is not None and self.bound > self.value + near


def begin(part: Part) -> State:
    """Relax and round a part. Where the solver fails, prices of 0 prove a bound, a poor one, and the rest goes on."""
    import numpy as np

    relaxed = relax(part) or proven_bound(part, part.low, np.zeros(part.matrix.shape[0]))
    x = (relaxed.x[: part.count] > 1 - 1e-9).astype(float)
    state = State(part, relaxed, x, cut(relaxed.bound, part.step))
    if part.gain.size == part.count:
        fill(state)
    else:
        state.swept = True  # sweeps know no split needs
    return state


def fill(state: State) -> None:
    """Add what still fits, those of the greatest reduced value first."""
    import numpy as np

    part = state.part
    left = part.bound - part.matrix @ state.x
    order = np.argsort(-state.relaxed.reduced[: part.count], kind="stable")
    order = order[(state.x[order] < 1) & (part.gain[order] > 0)]
    columns = part.matrix[:, order].toarray().T
    fits = (columns <= left).all(axis=1)
    for place in np.flatnonzero(fits):
        if (columns[place] <= left).all():
            left -= columns[place]
            state.x[order[place]] = 1


def sweep(state: State, deadline: float) -> None:
    """Try every choice of the `FIRST` least sure units, the others where the relaxation has them; then of others.

    2^16 sums are a millisecond, less than an integer programme needs to begin. Each try leaves the plan as
    it is but for `DRAWN` units among the `NEAR` least sure. After `TRIES` without success `KICKED` of them are turned
    round, what no longer fits is left out, and the tries go on from there; `ROUNDS` such without a better plan end
    it. The draws are the same in every run.
    """
    import numpy as np

    begun = perf_counter()
    chosen, free = _core(state)
    near = free[:NEAR]
    columns = state.part.matrix[:, near].toarray()
    if not state.visits:
        _choose(state, chosen, near[:FIRST], columns[:, :FIRST])
    state.visits += 1
    random, weights = np.random.default_rng(state.visits), 1.0 / np.arange(DRAWN, DRAWN + len(near))
    weights, idle, trial = weights / weights.sum(), 0, replace(state)
    while idle < ROUNDS and len(near) > DRAWN and state.open and perf_counter() < deadline:
        failed = 0
        while failed < TRIES and perf_counter() < deadline:
            before = trial.value
            drawn = random.choice(len(near), DRAWN, replace=False, p=weights)
            _choose(trial, trial.x, near[drawn], columns[:, drawn])
            failed = 0 if trial.value > before else failed + 1
        idle = 0 if trial.value > state.value else idle + 1
        if trial.value > state.value:
            state.x = trial.x
        trial = replace(state, x=_kicked(state, random.choice(near, KICKED, replace=False, p=weights)))
        fill(trial)
    state.swept = perf_counter() < deadline or state.part.count <= SIZES[0] or perf_counter() - begun > SWEPT / 2


def _kicked(state: State, turned: Any) -> Any:
    """The plan with some units turned round, without those of the least reduced value that no longer fit."""
    x = state.x.copy()
    x[turned] = 1 - x[turned]
    x = within(state, x, spare=turned)
    return state.x.copy() if x is None else x


def within(state: State, x: Any, spare: Any = ()) -> Any:
    """Leave out units of the least reduced value, none of `spare`, until no row is exceeded; None: that cannot be."""
    import numpy as np

    part = state.part
    excess = part.matrix @ x - part.bound
    free = (x > 0) & (part.low[: part.count] < 1)
    free[list(spare)] = False
    order = np.flatnonzero(free)
    order = order[np.argsort(state.relaxed.reduced[order], kind="stable")]
    for unit in order:
        if (excess <= 0).all():
            break
        column = part.matrix[:, [unit]].toarray()[:, 0]
        if (column[excess > 0] > 0).any():
            x[unit] = 0
            excess = excess - column
    return x if (excess <= 0).all() else None


def _choose(state: State, fixed: Any, core: Any, columns: Any) -> None:
    """The best choice of the core beside the fixed others; kept if it is better than the plan. All sums are exact."""
    import numpy as np

    part = state.part
    base = fixed.copy()
    base[core] = 0
    left = part.bound - part.matrix @ base
    if not len(core) or (left < 0).any():
        return
    half = len(core) // 2

    def sums(amounts: Any, of: Any) -> Any:
        return _subsets(amounts[:half])[of & (1 << half) - 1] + _subsets(amounts[half:])[of >> half]

    needed = state.value - float(part.gain[: part.count] @ base)
    # Who beats the plan within the limits has a reduced value above what is missing when all that is left is sold.
    reduced, sold = state.relaxed.reduced[core], float(state.relaxed.y @ left)
    reduced = (_subsets(reduced[:half]) + _subsets(reduced[half:])[:, None]).ravel()
    found = np.flatnonzero(reduced > needed - sold - ROUNDING * (abs(needed) + sold))
    values = sums(part.gain[core], found)
    found, values = found[values > needed], values[values > needed]
    for row in np.flatnonzero(columns.sum(axis=1) > left):
        fits = sums(columns[row], found) <= left[row]
        found, values = found[fits], values[fits]
    if len(found):
        base[core] = int(found[values.argmax()]) >> np.arange(len(core)) & 1
        take(state, base)


def _subsets(amounts: Any):
    """The sum over every subset, by its bits."""
    import numpy as np

    sums = np.zeros(1)
    for amount in amounts:
        sums = np.concatenate([sums, sums + amount])
    return sums


def improve(state: State, deadline: float) -> None:
    """Solve the next core until `deadline` (of perf_counter); keep what is better; a bound where all was in it."""
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    part = state.part
    if not state.swept:
        return sweep(state, min(deadline, perf_counter() + SWEPT))
    seconds = deadline - perf_counter()
    if seconds < TINY:
        return None
    chosen, free = _core(state)
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


def _core(state: State):
    """Where the relaxation has all units, and those that could be elsewhere in a better plan, the least sure first."""
    import numpy as np

    part, reduced = state.part, state.relaxed.reduced[: state.part.count]
    chosen = np.where(np.abs(reduced) > 1e-9, reduced > 0, state.relaxed.x[: part.count] > 1 - 1e-9).astype(float)
    chosen = np.clip(chosen, part.low[: part.count], part.high[: part.count])
    movable = part.low[: part.count] < part.high[: part.count]
    movable &= state.relaxed.bound - np.abs(reduced) >= state.value + part.step
    free = np.flatnonzero(movable)
    return chosen, free[np.argsort(np.abs(reduced[free]), kind="stable")]


def take(state: State, x: Any) -> None:
    """Take the choice over if it is better, after adding what still fits."""
    part = state.part
    old = state.x
    before = state.value
    state.x = x.copy()
    if part.gain.size == part.count:
        if (part.matrix @ x > part.bound).any():
            state.x = old
            return
        fill(state)
    if state.value <= before:
        state.x = old
