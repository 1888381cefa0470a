"""Planned against actual: how late finished phases ended. Pure; days are calendar days, positive is late."""

from dataclasses import dataclass
from datetime import date
from statistics import median, quantiles

BINS = ((None, -91), (-90, -31), (-30, -1), (0, 0), (1, 30), (31, 90), (91, 365), (366, None))
"""Bounds of the distribution in days late, both inclusive; None is open."""


@dataclass(frozen=True)
class Finished:
    """A finished phase: dates inclusive. `planned_on` is None where the source had no plan.

    `code` and `name` say whose phase it is. Without a planned start the plan runs from the actual one.
    """

    phase: str
    started_on: date
    planned_on: date | None
    finished_on: date
    code: str = ""
    name: str = ""
    planned_start_on: date | None = None

    @property
    def delay(self) -> int | None:
        """Days from the planned to the actual end."""
        return (self.finished_on - self.planned_on).days if self.planned_on else None


@dataclass(frozen=True)
class Summary:
    """The finished phases of one name: how many, and how their delays are spread."""

    phase: str
    rows: int
    planned: int
    on_time: int
    median_delay: float | None
    low: float | None
    high: float | None
    median_planned_days: float | None
    median_actual_days: float | None
    bins: tuple[int, ...]

    @property
    def without_plan(self) -> int:
        """Rows that cannot be compared because the source names no planned end."""
        return self.rows - self.planned

    @property
    def on_time_share(self) -> float | None:
        """Share of the planned ones that ended on the planned day or before, in per cent."""
        return 100 * self.on_time / self.planned if self.planned else None


def summarise(rows: list[Finished], phase: str) -> Summary:
    """Return the summary of `rows`; `low` and `high` are the first and last decile (None below ten rows)."""
    planned = [row for row in rows if row.planned_on]
    delays = sorted(row.delay for row in planned)
    deciles = quantiles(delays, n=10) if len(delays) >= 10 else None
    return Summary(
        phase=phase,
        rows=len(rows),
        planned=len(planned),
        on_time=sum(delay <= 0 for delay in delays),
        median_delay=median(delays) if delays else None,
        low=deciles[0] if deciles else None,
        high=deciles[-1] if deciles else None,
        median_planned_days=median((r.planned_on - (r.planned_start_on or r.started_on)).days for r in planned)
        if planned
        else None,
        median_actual_days=median((r.finished_on - r.started_on).days for r in planned) if planned else None,
        bins=tuple(sum(_within(delay, low, high) for delay in delays) for low, high in BINS),
    )


def _within(delay: int, low: int | None, high: int | None) -> bool:
    return (low is None or delay >= low) and (high is None or delay <= high)


def by_phase(rows: list[Finished]) -> list[Summary]:
    """Return one summary per phase, in the order in which the phases first come."""
    phases = dict.fromkeys(row.phase for row in rows)
    return [summarise([row for row in rows if row.phase == phase], phase) for phase in phases]
