"""One part of a problem with the best choice so far: begun from its linear relaxation, and what all methods need. Pure.

The relaxation of a knapsack with m rows leaves at most m projects undecided; nearly all others are where the best
plan has them, too. How sure that is, is measured by the reduced value: what a project is worth beyond the price of
what it takes. A project whose reduced value is above the distance between bound and plan cannot be elsewhere in a
better plan (reduced-cost fixing); the others are the core. What is done with it: `planner_improve`.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from factors.planner_matrix import ROUNDING, Part, Relaxed, cut, proven_bound, relax

SIZES = (40, 100, 300, 1000)


@dataclass(slots=True, eq=False)
class State:
    """A part with the best choice so far. `x`: 0 or 1 by unit. `bound` holds for every choice of this part.

    `size` is the next core to solve; None: nothing is left to try. `spent`: seconds after which all that is left was
    given up. `swept`: sweeps are done, `visits` counts them. `searched`: the loss up to which all choices were looked
    at, `slow` how much longer that takes than foreseen. `leaves`: what the part is cut into, `beat` the value of the
    plan that a leaf belongs to. `linear`: what divisible units could reach. `took`: seconds for sweeps and programmes,
    and for cutting.
    """

    part: Part
    relaxed: Relaxed
    x: Any
    bound: int | float
    size: int | None = SIZES[0]
    swept: bool = False
    spent: float = 0.0
    visits: int = 0
    searched: float = 0.0
    slow: float = 1.0
    beat: int | float = 0
    linear: float = 0.0
    leaves: list["State"] = field(default_factory=list)
    took: list[float] = field(default_factory=lambda: [0.0, 0.0])

    @property
    def value(self) -> int | float:
        """The value of the choice."""
        total = float(self.part.gain[: self.part.count] @ self.x)
        return round(total) if self.part.step else total

    @property
    def aim(self) -> int | float:
        """What a choice must be worth more than to be of use: this one, or the plan that the leaf belongs to."""
        return max(self.value, self.beat)

    @property
    def open(self) -> bool:
        """Whether something is left to try."""
        near = 0 if self.part.step else 2 * ROUNDING * abs(self.value) + 1e-6
        return self.size is not None and self.bound > self.aim + near


def begin(part: Part) -> State:
    """Relax and round a part. Where the solver fails, prices of 0 prove a bound, a poor one, and the rest goes on."""
    relaxed = relaxed_or_not(part)
    linear, part = relaxed.bound, replace(part, high=fitting(part))
    if (relaxed.x > part.high).any():  # a share of a unit that does not fit as a whole
        relaxed = relaxed_or_not(part)
    state = rounded(part, relaxed)
    state.linear = linear
    return state


def relaxed_or_not(part: Part) -> Relaxed:
    """The linear relaxation; where the solver fails, what prices of 0 prove."""
    import numpy as np

    return relax(part) or proven_bound(part, part.low, np.zeros(part.matrix.shape[0]))


def rounded(part: Part, relaxed: Relaxed) -> State:
    """A part with the choice that its relaxation rounded down gives, filled up."""
    x = (relaxed.x[: part.count] > 1 - 1e-9).astype(float)
    state = State(part, relaxed, x, cut(relaxed.bound, part.step))
    if part.gain.size == part.count:
        fill(state)
    else:
        state.swept = True  # sweeps know no split needs
    return state


def fitting(part: Part) -> Any:
    """The upper bounds of the columns: 0 for a unit that takes more of a row than those that must be in leave."""

    if part.gain.size > part.count:
        return part.high  # a unit takes no more than its shares of split needs give
    room = part.bound - part.matrix @ part.low
    entries = part.matrix.tocoo()
    large = (entries.data > room[entries.row]) & (entries.col < part.count)
    high = part.high.copy()
    high[entries.col[large]] = part.low[entries.col[large]]
    return high


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


def core_of(state: State):
    """Where the relaxation has all units, and those that could be elsewhere in a better plan, the least sure first."""
    import numpy as np

    part, reduced = state.part, state.relaxed.reduced[: state.part.count]
    chosen = np.where(np.abs(reduced) > 1e-9, reduced > 0, state.relaxed.x[: part.count] > 1 - 1e-9).astype(float)
    chosen = np.clip(chosen, part.low[: part.count], part.high[: part.count])
    movable = part.low[: part.count] < part.high[: part.count]
    movable &= state.relaxed.bound - np.abs(reduced) >= state.aim + part.step
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
