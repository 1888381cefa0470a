"""What reforms save on running projects: days at P50, each alone and a combination, with the rows behind. Pure.

`simulate` rounds each project's days to tenths first, so that the total is the sum of the rows; what singles and
combination differ by is told as `interaction`. What a reform makes of a course is in `approvals.reform_course`; how
thousands of courses are forecast a dozen times in `approvals.reform_sweep`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from approvals import forecast
from approvals.reform_course import Case
from approvals.reform_sweep import outcomes

ZERO = Decimal(0)


@dataclass(frozen=True)
class Row:
    """A project before and after: half-days to the milestone at P50 (None: already passed), tenths of days saved."""

    key: Any
    before: float | None
    after: float | None
    days: Decimal
    stages: int
    reforms: tuple[str, ...]


@dataclass(frozen=True)
class Single:
    """One reform alone: days saved at P50 in total, stages fewer, and the projects that it touches."""

    reform: str
    days: Decimal
    stages: int
    projects: int


@dataclass(frozen=True)
class Simulation:
    """Every reform alone (most days first) and the chosen combination; `rows` of the combination, most days first.

    `single_rows` holds, by reform, the rows of the projects that it touches.
    """

    singles: tuple[Single, ...]
    chosen: tuple[str, ...]
    days: Decimal
    stages: int
    projects: int
    rows: tuple[Row, ...]
    draws: int
    single_rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)

    @property
    def sum_of_singles(self) -> Decimal:
        """Days that the chosen reforms save alone, added up."""
        return sum((one.days for one in self.singles if one.reform in self.chosen), ZERO)

    @property
    def interaction(self) -> Decimal:
        """What the combination saves beyond the sum of its reforms alone: below zero where they save the same days."""
        return self.days - self.sum_of_singles


def tenth(halves: float) -> Decimal:
    """Return half-days as working days, rounded half up to a tenth."""
    return Decimal(repr(round(halves / 2, 4))).quantize(Decimal("0.1"), ROUND_HALF_UP)


def simulate(
    cases: Sequence[Case],
    reforms: Sequence[str],
    chosen: Iterable[str],
    *,
    until: str = forecast.COMPLETION,
    draws: int = forecast.DRAWS,
) -> Simulation:
    """Return what each reform saves alone and the chosen ones together, up to the milestone `until`.

    The figures are those of full forecasts: of every project as it stands, with each reform that touches it, and with
    all chosen ones. `draws` is a power of two: with those of the forecast pages, dates before reforms are theirs. Some
    0.2 ms a project for a dozen reforms, less where projects stand alike. Errors: `network.topological`.
    """
    wanted = set(chosen)
    chosen = tuple(code for code in reforms if code in wanted)
    tries = [*((code,) for code in reforms), *([chosen] if len(chosen) != 1 else [])]
    found: list[list[Row]] = [[] for _ in tries]
    for members, results in outcomes(cases, tries, until, draws):
        for one in results:
            # A milestone that is reached already has nothing to save before it.
            saved = ZERO if one.before is None or one.after is None else tenth(one.before - one.after)
            rest = (one.before, one.after, saved, one.less, one.reforms)
            found[one.place] += [Row(cases[number].key, *rest) for number in members]
    ranked = [tuple(sorted(rows, key=lambda row: (-row.days, -row.stages, str(row.key)))) for rows in found]
    singles = [Single(code, *_totals(rows)) for code, rows in zip(reforms, ranked, strict=False)]
    order = {code: n for n, code in enumerate(reforms)}
    singles.sort(key=lambda one: (-one.days, -one.stages, -one.projects, order[one.reform]))
    together = ranked[order[chosen[0]]] if len(chosen) == 1 else ranked[-1]
    days, stages, projects = _totals(together)
    single_rows = dict(zip(reforms, ranked, strict=False))
    return Simulation(tuple(singles), chosen, days, stages, projects, together, draws, single_rows)


def _totals(rows: Sequence[Row]) -> tuple[Decimal, int, int]:
    return sum((row.days for row in rows), ZERO), sum(row.stages for row in rows), len(rows)
