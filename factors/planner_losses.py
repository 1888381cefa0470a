"""Every choice of a part that could still be better, counted by what it loses. Pure.

With the prices of the relaxation, whatever is chosen is worth the linear bound less two losses: what its left-overs
would sell for, and the reduced values of all units that are not where the relaxation has them. So a choice above the
plan has few and cheap deviations only. With three or four limits that bind, these are thousands or millions of sets,
not 2^n, and all of them can be looked at: what none of them reaches, no plan reaches. Where they are too many, those
with the smaller losses are looked at, and the bound falls by what was searched in vain.

The sets are met in the middle: those of the least sure units are sorted by what they take of the row that narrows
them most; each set of the other units asks for the window in which the left-over is neither negative nor too dear.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter, thread_time
from typing import Any, NamedTuple

from factors.planner_core import State, core_of, take
from factors.planner_matrix import EXACT, ROUNDING, cut

NEAR, LAYERS, CHUNK = 1 << 14, 8, 1 << 17
"""Sets on the near side at least, about; layers of theirs by loss; pairs that are looked at at once."""

BINS, FURTHER, MOST = 512, 1.2, 2e9
"""Steps of a budget; a visit goes at least so many times as far as the last, but to no more sets than `MOST`."""

START, PACE, SLOW_LEAST = 0.005, 1e9, 0.3
"""Seconds that a visit takes to begin, and sets a second, as measured; each part learns by how much it is slower."""


@dataclass(slots=True)
class Sets:
    """Sets of deviations. `loss`, `gain`, `uses` by priced row (signed); a set is its `unit` and the set `before`."""

    loss: Any
    gain: Any
    uses: Any
    unit: Any
    before: Any

    def units(self, place: int) -> list[int]:
        """The units of a set."""
        found = []
        while place:
            found.append(int(self.unit[place]))
            place = self.before[place]
        return found


class Reach(NamedTuple):
    """A loss up to which choices are looked at, how many there are about, and whether a better one can lose no more."""

    budget: float
    number: float
    complete: bool


@dataclass(slots=True)
class Deviations:
    """Units that may be elsewhere than the relaxation has them, the cheapest first: what each changes when it is.

    `left`: of every row, when no unit deviates; `needed`: the gain that a set must exceed to be better than the plan.
    """

    units: Any
    loss: Any
    gain: Any
    uses: Any
    chosen: Any
    left: Any
    needed: float
    most: float


def deviations(state: State) -> Deviations:
    """What could be elsewhere in a better choice. `most`: the loss above which no choice is better."""
    import numpy as np

    part = state.part
    chosen, units = core_of(state)
    sign = 1.0 - 2.0 * chosen[units]
    return Deviations(
        units=units,
        loss=np.abs(state.relaxed.reduced[units]),
        gain=part.gain[units] * sign,
        uses=part.matrix[:, units].toarray() * sign,
        chosen=chosen,
        left=part.bound - part.matrix @ chosen,
        needed=state.aim - float(part.gain[: part.count] @ chosen),
        most=state.relaxed.bound - state.aim - part.step,
    )


def sets_within(losses: Any, budget: float) -> Any:
    """How many sets lose at most budget · k ÷ `BINS`, for k = 0 … `BINS`: not less than there are, hardly more."""
    import numpy as np

    found = np.zeros(BINS + 1)
    found[0] = 1
    with np.errstate(over="ignore"):  # infinitely many are as much too many to look at as 10³⁰⁸
        for place in (losses * (BINS / budget)).astype(int):
            found[place:] += found[: BINS + 1 - place].copy()
        return found.cumsum()


def reach(state: State, seconds: float) -> Reach | None:
    """How far all choices can be looked at in `seconds`; None where that is hardly further than before."""
    import numpy as np

    part, relaxed = state.part, state.relaxed
    if part.gain.size > part.count or relaxed.bound > EXACT or not (relaxed.y > 0).any():
        return None
    found = deviations(state)
    if found.most <= 0:
        return None
    counts = sets_within(found.loss[found.loss <= found.most], found.most)
    number = min(MOST, max(0.0, seconds / state.slow - START) * PACE)
    steps = int(np.searchsorted(counts, number, "right")) - 1
    budget = found.most * steps / BINS
    if steps < BINS and budget <= FURTHER * state.searched:
        return None
    return Reach(budget, float(counts[steps]), steps == BINS)


def search(state: State, to: Reach, deadline: float) -> None:
    """Look at every choice that loses at most `budget`: the best is taken, and the bound falls to what is left.

    Given up at `deadline` (of perf_counter) without a new bound. How long it takes is learnt in processor time: what
    others do on the machine says nothing of this part.
    """
    begun, found = thread_time(), deviations(state)
    most = max(NEAR, 4 * int(to.number**0.5))
    best, complete = _best(found, state.relaxed.y, to.budget, most, deadline)
    took = (thread_time() - begun) / (START + to.number / PACE)
    state.slow = max(took, SLOW_LEAST) if complete else max(took, state.slow) * 3
    if best:
        x = found.chosen.copy()
        x[found.units[best]] = 1 - x[found.units[best]]
        take(state, x)
    if complete:
        state.searched = to.budget
        bound = cut(state.relaxed.bound - to.budget + ROUNDING * abs(state.relaxed.bound), state.part.step)
        bound = state.aim if to.complete else bound
        state.bound = min(state.bound, max(state.aim, bound))


def _best(found: Deviations, prices: Any, budget: float, most: int, deadline: float) -> tuple[list[int], bool]:
    """The best set within the budget that gains more than needed; whether all were looked at."""
    import numpy as np

    rows = _narrowest(found, prices, budget)
    near, far, count = _sides(found, rows, budget, most)
    needed, best = found.needed, []
    for ours, theirs in _windows(near, far, found.left[rows[0]], prices[rows[0]], budget):
        better = near.gain[ours] > needed - far.gain[theirs]
        ours, theirs = ours[better], theirs[better]
        for place, limit in enumerate(found.left[rows]):
            fits = near.uses[place][ours] <= limit - far.uses[place][theirs]
            ours, theirs = ours[fits], theirs[fits]
        gains = near.gain[ours] + far.gain[theirs]
        for number, place in enumerate(np.argsort(-gains, kind="stable")):
            if number % 256 == 255 and perf_counter() > deadline:
                return best, False
            units = near.units(ours[place]) + [count + unit for unit in far.units(theirs[place])]
            if (found.uses[:, units].sum(axis=1) <= found.left).all():
                needed, best = float(gains[place]), units
                break
        if perf_counter() > deadline:
            return best, False
    return best, True


def _narrowest(found: Deviations, prices: Any, budget: float) -> Any:
    """The rows that have a price, the one first that leaves the narrowest windows."""
    import numpy as np

    rows = np.flatnonzero(prices > 0)
    near = found.loss <= budget / 4
    spread = prices[rows] * np.sqrt((found.uses[np.ix_(rows, near)] ** 2).sum(axis=1))
    return rows[np.argsort(-spread, kind="stable")]


def _sides(found: Deviations, rows: Any, budget: float, most: int) -> tuple[Sets, Sets, int]:
    """All sets of the first `count` units, about `most`, and all sets of the others."""
    uses = found.uses[rows]
    near, count = _sets(found.loss, found.gain, uses, budget, most)
    far, _all = _sets(found.loss[count:], found.gain[count:], uses[:, count:], budget, None)
    return near, far, count


def _sets(losses: Any, gains: Any, uses: Any, budget: float, most: int | None) -> tuple[Sets, int]:
    """All sets of the first units within the budget, the empty one first; stop when there are `most`."""
    import numpy as np

    loss, gain, used = np.zeros(1), np.zeros(1), np.zeros((len(uses), 1))
    unit, before = np.full(1, -1, np.int32), np.zeros(1, np.int64)
    for place, own in enumerate(losses):
        if own > budget or (most and len(loss) >= most):
            return Sets(loss, gain, used, unit, before), place
        source = np.flatnonzero(loss <= budget - own)
        loss = np.concatenate([loss, loss[source] + own])
        gain = np.concatenate([gain, gain[source] + gains[place]])
        used = np.concatenate([used, used[:, source] + uses[:, [place]]], axis=1)
        unit = np.concatenate([unit, np.full(len(source), place, np.int32)])
        before = np.concatenate([before, source])
    return Sets(loss, gain, used, unit, before), len(losses)


def _windows(near: Sets, far: Sets, left: float, price: float, budget: float) -> Iterator[tuple[Any, Any]]:
    """Pairs of a near and a far set that may fit, by place, in chunks.

    What a choice leaves of the first row costs `left-over × price`: with the losses of both sets at most the budget.
    """
    import numpy as np

    order = np.argsort(far.loss, kind="stable")
    far_loss, far_left = far.loss[order], left - far.uses[0][order]
    for layer in np.array_split(np.argsort(near.loss, kind="stable"), LAYERS):
        if not len(layer):
            continue
        least = near.loss[layer[0]]
        count = int(np.searchsorted(far_loss, budget - least, "right"))
        layer = layer[np.argsort(near.uses[0][layer], kind="stable")]
        used = near.uses[0][layer]
        room = far_left[:count]
        start = np.searchsorted(used, room - (budget - least - far_loss[:count]) / price * (1 + 1e-9), "left")
        length = np.searchsorted(used, room, "right") - start
        ends = np.cumsum(np.maximum(length, 0))
        first = 0
        while first < count:
            done = ends[first - 1] if first else 0
            last = max(first + 1, int(np.searchsorted(ends, done + CHUNK, "right")))
            own = np.maximum(length[first:last], 0)
            theirs = np.repeat(np.arange(first, last), own)
            places = np.arange(len(theirs)) + np.repeat(start[first:last] - (ends[first:last] - own - done), own)
            yield layer[places], order[theirs]
            first = last
