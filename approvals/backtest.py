"""Forecasts as of past dates against what happened, and against two naive rules. Pure.

Design overview
- A forecast counts for the coverage of its P50 (P80) when that time has come by today: then it is known whether the
  stage was over by it, also where it is not over yet. Choosing by the forecast, not by the outcome, keeps the quick
  cases from being chosen; a well-calibrated P80 is kept in 80 of 100.
- The error needs an outcome, so it is taken over what has finished by today, of all methods on the same cases: the slow
  ones still open are not in it, for any of them. Days are working days; bias is real less forecast, above 0: too late.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from approvals.durations import Kind, Seen
from approvals.forecast_draws import Part, Spread

OURS, PROMISED, AVERAGE = "forecast", "limits", "average"
METHODS = (OURS, PROMISED, AVERAGE)


class Told(NamedTuple):
    """What a method said on a past day of one thing, in working half-days after that day, and what became of it.

    `actual` is None while it is not over; `horizon` is the time from that day to today.
    """

    what: str
    method: str
    p50: float
    p80: float
    actual: float | None
    horizon: float


@dataclass(frozen=True, slots=True)
class Score:
    """How one method did on one sort of thing. `due` are forecasts whose time has come, `kept` those over by then."""

    told: int
    due50: int
    kept50: int
    due80: int
    kept80: int
    finished: int
    error_days: float
    bias_days: float

    @property
    def coverage50(self) -> float | None:
        """The share of P50 that were kept; None when none has come due."""
        return self.kept50 / self.due50 if self.due50 else None

    @property
    def coverage80(self) -> float | None:
        """The share of P80 that were kept; None when none has come due."""
        return self.kept80 / self.due80 if self.due80 else None


def score(told: Iterable[Told]) -> dict[tuple[str, str], Score]:
    """Return the score by (what, method)."""
    groups = defaultdict(list)
    for one in told:
        groups[one.what, one.method].append(one)
    return {key: _scored(group) for key, group in groups.items()}


def _scored(group: list[Told]) -> Score:
    due50 = [one for one in group if one.p50 <= one.horizon]
    due80 = [one for one in group if one.p80 <= one.horizon]
    errors = [(one.actual - one.p50) / 2 for one in group if one.actual is not None]
    count = max(len(errors), 1)
    return Score(
        told=len(group),
        due50=len(due50),
        kept50=sum(one.actual is not None and one.actual <= one.p50 for one in due50),
        due80=len(due80),
        kept80=sum(one.actual is not None and one.actual <= one.p80 for one in due80),
        finished=len(errors),
        error_days=sum(map(abs, errors)) / count,
        bias_days=sum(errors) / count,
    )


class Limits:
    """The naive rule of the plan: every stage takes its limit, starts at once, and nothing else happens."""

    def spread(self, part: Part, kind: Kind) -> Spread:
        """Return the limit as a fixed duration."""
        if part == Part.WAIT:
            return _fixed(part, kind.lag)
        return _fixed(part, (kind.limit or 0.0) if part == Part.DESK else 0.0)

    def warn_after(self, kind: Kind) -> None:
        """Return None: it warns of nothing."""


class Averages:
    """The naive rule of the past: every part takes the mean of the finished ones of its matter, else of all."""

    def __init__(self, observations: Iterable[Seen]):
        sums: dict[tuple, list[float]] = defaultdict(list)
        for part, kind, halves, censored in observations:
            if not censored:
                sums[part, kind.name, kind.lag].append(halves)
                if not (part == Part.WAIT and kind.lag):
                    sums[part, ""].append(halves)
        self.means: Mapping[tuple, float] = {key: sum(values) / len(values) for key, values in sums.items()}

    def spread(self, part: Part, kind: Kind) -> Spread:
        """Return the mean as a fixed duration; the limit where nothing has finished yet, no time at all without one."""
        if part == Part.QUOTA:
            return _fixed(part, self.means.get((part, ""), 0.0))
        found = self.means.get((part, kind.name, kind.lag))
        if found is None and not (part == Part.WAIT and kind.lag):
            found = self.means.get((part, ""))
        return Limits().spread(part, kind) if found is None else _fixed(part, found)

    def warn_after(self, kind: Kind) -> None:
        """Return None: it warns of nothing."""


def _fixed(part: Part, halves: float) -> Spread:
    return Spread(part, float(halves))
