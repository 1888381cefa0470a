"""A problem, or a part of it, as arrays for the solver, with a bound that does not trust the solver. Pure.

Columns are the units (0 or 1), then the shares of what stays split. Rows are divided by their greatest common
divisor, and where that leaves numbers above `WIDE`, halved until they are not: the solver's tolerance (1e-6 in a row)
then is less than a smallest unit, or a millionth of a millionth of the limit. Feasibility is checked again in whole
numbers elsewhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from math import floor, gcd
from typing import Any

from factors.planner_rows import Problem

WIDE = 10**6
ROUNDING = 1e-11
"""Relative allowance for sums of some ten thousand doubles, added to every bound before it is cut to a whole number."""

EXACT = 2**53
"""Whole numbers above are no longer exact in a double."""


@dataclass(frozen=True, slots=True)
class Part:
    """Units that share limits: `units` by index in the problem, `matrix` (sparse, by columns) · x ≤ `bound`.

    `gain` is the value per column, `low` and `high` the bounds of a column, `count` the number of units. `limits`
    names the limits of each row and `scale` the factor by which the row was multiplied. `step`: values are multiples
    of it (0: of nothing, they are no whole numbers).
    """

    units: Sequence[int]
    matrix: Any
    bound: Any
    gain: Any
    low: Any
    high: Any
    limits: tuple[tuple[str, ...], ...]
    scale: Any
    step: int

    @property
    def count(self) -> int:
        """How many columns are units."""
        return len(self.units)


def whole(problem: Problem) -> Part:
    """The whole problem as one part."""
    import numpy as np
    from scipy.sparse import csc_array

    count = len(problem.units)
    rows, columns, data, bounds, limits, scales = [], [], [], [], [], []

    def add(entries: dict[int, int], rhs: int, named: tuple[str, ...]) -> None:
        divisor = reduce(gcd, entries.values(), rhs) or 1
        largest = max(map(abs, (*entries.values(), rhs))) // divisor
        half = 0.5 ** max(0, largest.bit_length() - WIDE.bit_length())  # exact, as all powers of two
        rows.extend([len(bounds)] * len(entries))
        columns.extend(entries)
        data.extend(amount // divisor * half for amount in entries.values())
        bounds.append(rhs // divisor * half)
        limits.append(named)
        scales.append(half / divisor)

    shares, width = _shares(problem, count)
    for row in problem.rows:
        add(row.coefficients | shares.get(row.limits, {}), row.rhs, row.limits)
    column = count
    for split in problem.splits:  # what is needed ≤ the sum over the routes
        add(split.amounts | {column + n: -split.most for n in range(len(split.routes))}, 0, ())
        column += len(split.routes)
    matrix = csc_array((np.array(data, float), (rows, columns)), (len(bounds), width))
    gain, low, high = np.zeros(width), np.zeros(width), np.ones(width)
    gain[:count] = [unit.value for unit in problem.units]
    low[:count] = [unit.must_in for unit in problem.units]
    step = _step(unit.value for unit in problem.units)
    return Part(range(count), matrix, np.array(bounds, float), gain, low, high, tuple(limits), np.array(scales), step)


def _shares(problem: Problem, count: int) -> tuple[dict[tuple[str, ...], dict[int, int]], int]:
    """What the shares of split needs take, by row; and the number of columns."""
    shares: dict[tuple[str, ...], dict[int, int]] = {}
    column = count
    for split in problem.splits:
        for route in split.routes:
            for key in route:
                shares.setdefault((key,), {})[column] = split.most
            column += 1
    return shares, column


def linked(matrix: Any) -> tuple[Any, Any]:
    """A number for each row and each column: those that hang together have the same."""
    from scipy.sparse import block_array
    from scipy.sparse.csgraph import connected_components

    _count, labels = connected_components(block_array([[None, matrix], [matrix.T, None]]), directed=False)
    return labels[: matrix.shape[0]], labels[matrix.shape[0] :]


def components(part: Part) -> list[Part]:
    """The part cut into those that share no limit, the largest first."""
    import numpy as np

    if not part.matrix.shape[0]:
        return [part]
    of_rows, of_columns = linked(part.matrix)
    by_label = np.argsort(of_columns, kind="stable")
    groups = np.split(by_label, np.flatnonzero(np.diff(of_columns[by_label])) + 1)
    found = [sub(part, columns, np.flatnonzero(of_rows == of_columns[columns[0]])) for columns in groups]
    return sorted(found, key=lambda one: -one.count)


def sub(part: Part, columns: Any, rows: Any, exact: bool = True) -> Part:
    """Some columns (ascending) and rows of a part. `exact` False: gains are no longer whole numbers, `step` is 0."""
    from dataclasses import replace

    own = columns[columns < part.count]
    exact = exact and part.step > 0
    return replace(
        part,
        units=[part.units[column] for column in own],
        matrix=part.matrix[:, columns][rows, :],
        bound=part.bound[rows],
        gain=part.gain[columns],
        low=part.low[columns],
        high=part.high[columns],
        limits=tuple(part.limits[row] for row in rows),
        scale=part.scale[rows],
        step=_step(map(int, part.gain[own])) if exact else 0,
    )


def _step(values: Iterable[int]) -> int:
    """The greatest common divisor of the values, 1 where they are too large for a double to be sure of it."""
    values = list(values)
    return (reduce(gcd, values, 0) or 1) if sum(map(abs, values)) < EXACT else 1


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The linear relaxation: `x`, the prices `y` of the rows, reduced value per column, and a proven upper bound."""

    x: Any
    y: Any
    reduced: Any
    bound: float


def relax(part: Part) -> Relaxed | None:
    """Solve the linear relaxation by dual simplex; None when not even that is feasible."""
    from scipy.optimize import linprog

    if not part.matrix.shape[0]:
        import numpy as np

        return proven_bound(part, np.where(part.gain > 0, part.high, part.low), np.zeros(0))
    answer = linprog(
        -part.gain,
        A_ub=part.matrix,
        b_ub=part.bound,
        bounds=list(zip(part.low, part.high, strict=True)),
        method="highs-ds",
    )
    if answer.x is None:
        return None
    return proven_bound(part, answer.x, -answer.ineqlin.marginals)


def proven_bound(part: Part, x: Any, prices: Any) -> Relaxed:
    """The bound that any prices ≥ 0 prove by weak duality, whoever computed them.

    No plan is worth more than all limits at their prices, plus for every candidate what its value exceeds the price of
    what it takes by. A wrong price makes the bound worse, never false.
    """
    import numpy as np

    y = np.maximum(prices, 0.0)
    reduced = part.gain - part.matrix.T @ y
    best = np.maximum(reduced * part.high, reduced * part.low)
    sold = float(y @ part.bound)
    return Relaxed(x, y, reduced, sold + float(best.sum()) + ROUNDING * (1.0 + sold + float(np.abs(best).sum())))


def cut(bound: float, step: int) -> int | float:
    """The largest value not above `bound` that is a multiple of `step`; the bound itself where that is 0."""
    return floor(bound) // step * step if step else bound
