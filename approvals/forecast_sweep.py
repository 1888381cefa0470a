"""The longest path through many courses at once, in every draw: the arrays under `approvals.forecast`. Pure."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from approvals.network import Activity, topological

if TYPE_CHECKING:
    from numpy import ndarray
else:
    ndarray = Any

CHUNK = 20
"""Courses swept together: their arrays stay in the processor's cache."""
COMPLETION = "completion"
PERCENT = tuple(range(1, 100))


class Shape(NamedTuple):
    """What a sweep needs to know of a course, the same for many.

    `places` are those of the open steps in the course, prerequisites first; `before` the places among these of each
    one's open prerequisites, None for one that waits for no other; `marks` (milestone, place or -1: over).
    """

    places: tuple[int, ...]
    before: tuple[tuple[int, ...] | None, ...]
    marks: tuple[tuple[str, int], ...]


@lru_cache(maxsize=8192)
def shaped(links, milestones) -> Shape:
    """Return the shape of steps given as (code, prerequisites, done, pending), in the order of the course.

    Errors: `network.topological`.
    """
    at = {link[0]: n for n, link in enumerate(links)}
    order = [at[code] for code in topological(Activity(code, 0, before) for code, before, _done, _pending in links)]
    place, places, before = {}, [], []
    for n in order:
        code, needed, done, pending = links[n]
        if done:
            continue
        place[code] = len(places)
        places.append(n)
        before.append(tuple(place[name] for name in needed if name in place) if pending else None)
    return Shape(tuple(places), tuple(before), tuple((name, place.get(code, -1)) for name, code in milestones))


def sweep(before, whole, late, begins, out=None):
    """Return the finish of every step in every draw: `whole` is (S, P, D) or has S of (P, D); `late` some of these.

    A step finishes `whole` after the last of its prerequisites (after `begins` where it has none), not before `late`.
    `out` may be `whole` itself, and is to be given where rows of `whole` are shared by several courses, as (1, D).
    """
    import numpy as np

    finish = np.empty_like(whole) if out is None else out
    for n, needed in enumerate(before):
        starts = [finish[place] for place in needed or ()]
        finish_of(whole[n], late.get(n), starts, 0 if needed is None else begins, finish[n])
    return finish


def finish_of(whole, late, starts, begins, out):
    """Write the finish of one step to `out` and return it: arrays (P, D), `late` None where no quota is waited for."""
    import numpy as np

    if not starts:
        np.add(whole, begins, out=out)
    elif len(starts) == 1:
        np.add(starts[0], whole, out=out)
    else:
        last = np.maximum(starts[0], starts[1])
        for other in starts[2:]:
            np.maximum(last, other, out=last)
        np.add(last, whole, out=out)
    return out if late is None else np.maximum(out, late, out=out)


def percentiles(values):
    """Return the 1st to 99th percentile along the last axis, which is sorted in place.

    The draws are the middles of equal parts: the p-th percentile lies at p x D - 0.5 of the sorted ones.
    """
    values.sort(axis=-1)
    low, high, part = _around(values.shape[-1])
    return _between(values[..., low], values[..., high], part)


def median(values):
    """Return the 50th of `percentiles` alone, to the last bit; the values stay as they are."""
    import numpy as np

    low, high, part = (at[len(PERCENT) // 2] for at in _around(values.shape[-1]))
    ordered = np.sort(values, axis=-1)  # with the vector units of today faster than a partition
    return _between(ordered[..., low], ordered[..., high], part)


@lru_cache(maxsize=8)
def _around(draws: int):
    """Return the places below and above each percentile among so many sorted draws, and how far it lies between."""
    import numpy as np

    at = np.clip(np.array(PERCENT) / 100 * draws - 0.5, 0, draws - 1)
    low = at.astype(np.intp)
    return low, np.minimum(low + 1, draws - 1), (at - low).astype(np.float32)


def _between(low, high, part):
    return low + (high - low) * part


def milestones_of(shape: Shape, finish) -> dict[str, ndarray]:
    """Return the percentiles (P, 99) by milestone that is still to come."""
    found = {}
    if shape.before:
        inner = {n for needed in shape.before for n in needed or ()}
        last = [n for n in range(len(shape.before)) if n not in inner]
        found[COMPLETION] = percentiles(finish[last].max(axis=0))
        found |= {name: percentiles(finish[place].copy()) for name, place in shape.marks if place >= 0}
    return found


def passed_of(shape: Shape) -> frozenset[str]:
    """Return the milestones that are over; completion when no step is open."""
    return frozenset([name for name, place in shape.marks if place < 0] + ([] if shape.before else [COMPLETION]))


def critical_of(before, finish, own):
    """Return two (S, D) masks: on the longest path to the end, and there because its quota comes last."""
    import numpy as np

    mask = finish == finish.max(axis=0)
    inner = {n for needed in before for n in needed or ()}
    mask[[n for n in range(len(before)) if n in inner]] = False
    quota = np.zeros_like(mask)
    for n in range(len(before) - 1, -1, -1):
        if own[n].late is not None:
            quota[n] = mask[n] & (finish[n] <= own[n].late)
        for place in before[n] or ():
            last = np.max([finish[other] for other in before[n]], axis=0)
            mask[place] |= mask[n] & ~quota[n] & (finish[place] == last)
    return mask, quota


def effects_of(shape: Shape, whole, late, begins, own, found):
    """Return ({milestone: gain by step}, {milestone: calm by step}): every step changed in turn, all in one sweep."""
    import numpy as np

    count = len(whole)
    many = np.repeat(whole, 2 * count, axis=1)
    lates = {n: np.repeat(row, 2 * count, axis=0) for n, row in late.items()}
    for n in range(count):
        many[n, 2 * n] = 0
        many[n, 2 * n + 1] = np.median(own[n].whole)
        if n in lates:
            lates[n][2 * n] = 0
            lates[n][2 * n + 1] = np.median(own[n].late)
    changed = milestones_of(shape, sweep(shape.before, many, lates, np.float32(begins)))
    gain, calm = {}, {}
    for name, values in changed.items():
        p50, p80 = found[name][0, 49] - values[0::2, 49], found[name][0, 79] - values[1::2, 79]
        gain[name] = [max(float(p50[n]), 0.0) for n in range(count)]
        calm[name] = [float(p80[n]) for n in range(count)]
    return gain, calm


def leads_of(before, own, end: int | None):
    """Return (P50, P80) of the time from each step's start to step `end` (None: to the end of all), or None."""
    import numpy as np

    after: list[ndarray | None] = [None] * len(before)
    for n in range(len(before) - 1, -1, -1):
        if n == end or (end is None and after[n] is None):
            after[n] = np.zeros_like(own[n].whole)
        if after[n] is None:
            continue
        through = after[n] + own[n].whole
        for place in before[n] or ():
            after[place] = through if after[place] is None else np.maximum(after[place], through)
    found = []
    for rest, row in zip(after, own, strict=True):
        values = None if rest is None else percentiles(rest + row.after)
        found.append(None if values is None else (float(values[49]), float(values[79])))
    return found


def portfolio(before, medians, factors, percents=(50, 80)):
    """Return the finish of P projects on one network as an array (P, percents): the least that a forecast needs.

    `before` gives the places of the prerequisites of each of S steps, in an order in which they come first; `medians`
    (P, S) are half-days, `factors` (S, D) float32 durations with the median 1 in D draws, the same for all projects.
    """
    import numpy as np

    inner = {n for needed in before for n in needed or ()}
    last = [n for n in range(len(before)) if n not in inner]
    count, draws = len(medians), factors.shape[1]
    places = [max(round(percent / 100 * draws - 0.5), 0) for percent in percents]
    scale = np.ascontiguousarray(medians.T, dtype=np.float32)[:, :, None]
    finish, start = np.empty((len(before), CHUNK, draws), dtype=np.float32), np.empty((CHUNK, draws), dtype=np.float32)
    result = np.empty((count, len(percents)), dtype=np.float32)
    for first in range(0, count, CHUNK):
        some = scale[:, first : first + CHUNK]
        own, end = finish[:, : some.shape[1]], start[: some.shape[1]]
        for n, needed in enumerate(before):
            np.multiply(factors[n], some[n], out=own[n])
            if needed:
                np.add(own[n], _latest(own, needed, end), out=own[n])
        ends = _latest(own, last, end)
        ends.sort(axis=-1)  # with the vector units of today faster than a partition
        result[first : first + CHUNK] = ends[:, places]
    return result


def _latest(finish, places, out):
    """Return the latest of some finishes: itself where there is one, else written to `out`."""
    import numpy as np

    if len(places) == 1:
        return finish[places[0]]
    np.maximum(finish[places[0]], finish[places[1]], out=out)
    for place in places[2:]:
        np.maximum(out, finish[place], out=out)
    return out
