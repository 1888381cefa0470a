"""A part cut in two: with a unit and without it. Pure.

Where one large unit makes the linear relaxation hope for too much, both halves know better. Each half is a part of
its own with its own prices, whose choices can be counted (`planner_losses`) where those of the whole were too many;
the bound of the whole is the larger of both, and the half with the larger bound is gone on with.
"""

from dataclasses import replace
from time import perf_counter
from typing import Any

from factors.planner_core import State, fitting, relaxed_or_not, rounded, take
from factors.planner_losses import reach, search

TRIED, FEW = 3, 24
"""So many undecided units are tried; a part whose relaxation leaves more than `FEW` undecided is not cut."""

EASY = 0.05
"""Seconds within which a leaf is searched to its end rather than cut."""


def may_cut(state: State) -> bool:
    """Whether cutting may help: few units are undecided, and there are no shares of split needs."""
    return state.part.gain.size == state.part.count and len(_undecided(state)) <= FEW


def _undecided(state: State) -> Any:
    import numpy as np

    x = state.relaxed.x[: state.part.count]
    return np.flatnonzero((x > 1e-6) & (x < 1 - 1e-6))


def branch(state: State, deadline: float, end: float) -> None:
    """Cut, or search, the leaf with the largest bound, until `deadline`; a search begun may go on until `end`."""
    if not state.leaves:
        state.leaves = [replace(state, leaves=[], beat=state.value)]
    while state.open and perf_counter() < deadline:
        for one in state.leaves:
            one.beat = max(one.beat, state.value)
        leaf = max(state.leaves, key=lambda one: one.bound)
        to = reach(leaf, min(EASY, deadline - perf_counter()))
        if to and to.complete:
            search(leaf, to, end)
            fresh = [leaf]
        else:
            fresh = _halves(leaf)
            state.leaves.remove(leaf)
            state.leaves += fresh
        for one in fresh:
            if one.value > state.value:
                take(state, one.x)
        state.leaves = [one for one in state.leaves if one.bound > state.value]
        state.bound = min(state.bound, max([state.value, *(one.bound for one in state.leaves)]))


def _halves(leaf: State) -> list[State]:
    """The two halves of a leaf: of some undecided units, the one that lowers the bound most on both sides."""
    best, told = [], -1.0
    undecided = _undecided(leaf)
    doubt = abs(leaf.relaxed.x[undecided] - 0.5)
    undecided = undecided[(leaf.part.gain[undecided] * (doubt - 0.5)).argsort()][:TRIED]
    for unit in undecided:
        pair = [half for word in (0, 1) if (half := _half(leaf, unit, word))]
        falls = [max(leaf.relaxed.bound - half.relaxed.bound, 1e-9) for half in pair]
        score = falls[0] * falls[1] if len(pair) == 2 else float("inf")
        if score > told:
            best, told = pair, score
    return best


def _half(leaf: State, unit: int, word: int) -> State | None:
    """A leaf with one unit fixed; None where what must be in does not fit then."""
    low, high = leaf.part.low.copy(), leaf.part.high.copy()
    low[unit] = high[unit] = word
    part = replace(leaf.part, low=low, high=high)
    if word and (part.matrix @ low > part.bound).any():
        return None
    part = replace(part, high=fitting(part)) if word else part
    half = rounded(part, relaxed_or_not(part))
    half.beat, half.slow, half.bound = leaf.aim, leaf.slow, min(half.bound, leaf.bound)
    return half
