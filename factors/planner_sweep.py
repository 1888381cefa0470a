"""Quick tries around the choice of a part: every choice of a few unsure units, the others as they are. Pure."""

from dataclasses import replace
from time import perf_counter
from typing import Any

from factors.planner_core import SIZES, State, core_of, fill, take, within
from factors.planner_matrix import ROUNDING

FIRST, DRAWN, NEAR, TRIES, KICKED, ROUNDS = 16, 14, 64, 10, 3, 12

SWEPT = 0.15
"""Seconds after which sweeps of a part found what they find."""


def sweep(state: State, deadline: float) -> None:
    """Try every choice of the `FIRST` least sure units, the others where the relaxation has them; then of others.

    2^16 sums are a millisecond, less than an integer programme needs to begin. Each try leaves the plan as
    it is but for `DRAWN` units among the `NEAR` least sure. After `TRIES` without success `KICKED` of them are turned
    round, what no longer fits is left out, and the tries go on from there; `ROUNDS` such without a better plan end
    it. The draws are the same in every run.
    """
    import numpy as np

    begun = perf_counter()
    chosen, free = core_of(state)
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
