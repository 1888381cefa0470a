"""A limit that many places share: priced, so that the places fall apart again. Pure.

A ceiling for the whole city couples all parks, and nothing can be proven park by park. But if what is taken of the
ceiling is paid for at its shadow price, the ceiling itself may be forgotten: no plan is worth more than the ceiling
at its price plus the best that each park can do after paying (Lagrangian relaxation). With the price of the linear
relaxation this bound is never worse than that, and better by what is proven within the parks.
"""

from dataclasses import dataclass, replace

from factors.planner_core import State, begin, take, within
from factors.planner_matrix import ROUNDING, components, cut, linked, sub

FEW, MANY = 40, 5000
"""Below, a part is small enough as it is; above, what can be proven in a park is little beside the linear bound."""

ROWS, PLACES, LARGEST = 8, 60, 0.7
"""One row in so many may be priced; into at most so many places; none with more than this share of the candidates."""


@dataclass(slots=True)
class Coupled:
    """A part, and what it falls into when its widest rows are priced. `constant`: those rows at their prices."""

    whole: State
    places: list[State]
    constant: float

    def combine(self) -> None:
        """Bring the bounds of the places together, and their choices as far as the common limits allow."""
        import numpy as np

        total = self.constant + sum(float(state.bound) for state in self.places)
        total += ROUNDING * max(1.0, abs(total))
        part = self.whole.part
        self.whole.bound = max(min(self.whole.bound, cut(total, part.step)), self.whole.value)
        place_of = {unit: n for n, unit in enumerate(part.units)}
        x = np.zeros(part.count)
        for state in self.places:
            x[[place_of[state.part.units[n]] for n in state.x.nonzero()[0]]] = 1
        if (x := within(self.whole, x)) is not None:
            take(self.whole, x)


def uncouple(state: State) -> Coupled | None:
    """Price the few widest rows that hold a part together; None where it is small, or no few rows do."""
    import numpy as np

    part = state.part
    if not FEW < part.count <= MANY or part.gain.size > part.count:
        return None
    by_rows = part.matrix.tocsr()
    by_width = np.argsort(-np.diff(by_rows.indptr), kind="stable")
    for count in (1, 2, 4, 8):
        wide, narrow = by_width[:count], np.sort(by_width[count:])
        if count * ROWS > part.matrix.shape[0]:
            return None
        sizes = np.bincount(linked(by_rows[narrow, :])[1])
        if sizes.max() <= LARGEST * part.count and (sizes > 0).sum() <= PLACES:
            prices = state.relaxed.y[wide]
            paid = replace(part, gain=part.gain - part.matrix[wide, :].T @ prices)
            places = components(sub(paid, np.arange(part.count), narrow, exact=False))
            return Coupled(state, [begin(place) for place in places], float(prices @ part.bound[wide]))
    return None
