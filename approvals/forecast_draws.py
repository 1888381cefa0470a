"""The draws behind a forecast: one matrix of Sobol points for all projects, and rows of durations from them. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from numpy import ndarray
else:
    ndarray = Any

LEAST = 1.0
"""What something under way still needs when its fixed duration is used up, in half-days."""

BLOCK = 32
"""Lanes are counted in blocks, so that the draws of a lane do not depend on how long the longest chain is."""
GROUPS = 32
MOST_ROWS = 8192
"""Rows kept before they are forgotten: 32 MB at 1024 draws."""


class Part(StrEnum):
    """Whose time it is: waiting to be handed in, the department's, the applicant's (补正), 特别程序, for quota."""

    DESK = "desk"
    WAIT = "wait"
    APPLICANT = "applicant"
    SPECIAL = "special"
    QUOTA = "quota"

    __hash__ = str.__hash__
    """That of Enum is Python code, and keys of rows are hashed a million times."""


_PLACE = {part: place for place, part in enumerate(Part)}


@dataclass(frozen=True, slots=True)
class Spread:
    """How long a part lasts, in working half-days: lognormal with this median and sigma (of the logarithm).

    It happens in `share` of the cases at all. Sigma 0 is a fixed duration. `cases` is how many finished ones it was
    learned from, `source` how: "own", "department", "all" (`approvals.durations`), "limit", "assumed", "given".
    """

    kind: str
    median: float
    sigma: float = 0.0
    cases: int = 0
    source: str = "given"
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """The durations of one step in every draw: `after` its acceptance, `whole` with the waiting before it.

    `late` is the earliest finish that its quota allows, None when it does not wait for quota.
    """

    whole: ndarray
    after: ndarray
    late: ndarray | None


@lru_cache(maxsize=8)
def matrix(lanes: int, draws: int, seed: int) -> ndarray:
    """Return (dimensions, draws) uniform points: a block of lanes per part, then the groups. float64, read-only.

    Kept in the process; the first call loads scipy.stats.
    """
    return _points(len(Part) * (-(-lanes // BLOCK) * BLOCK) + GROUPS, draws, seed)


@lru_cache(maxsize=8)
def _points(dimensions: int, draws: int, seed: int) -> ndarray:
    import numpy as np
    from scipy.stats import qmc

    points = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed)).random(draws).T.copy()
    # Each coordinate takes every of `draws` equal parts once: its middle, so that a single stage is exact.
    points = (np.floor(points * draws) + 0.5) / draws
    points.setflags(write=False)
    return points


class Rows:
    """Rows of durations by step, made once for all steps that look alike."""

    def __init__(self, points: ndarray, coupling: float = 0.0):
        if not 0 <= coupling < 1:
            raise ValueError(f"not a correlation: {coupling}")
        self.points, self.coupling = points, coupling
        self.draws = points.shape[1]
        self.block = (points.shape[0] - GROUPS) // len(Part)
        self._rows: dict[tuple, tuple[Row, object]] = {}
        self._steps: dict[tuple[int, int], tuple[Row, object]] = {}
        self._factors: dict[tuple, ndarray] = {}
        self._room: ndarray | None = None

    def room(self, steps: int, courses: int) -> ndarray:
        """Return an array (steps, courses, draws) to write to, the same memory at every call."""
        import numpy as np

        if self._room is None or self._room.size < steps * courses * self.draws:
            self._room = np.empty(steps * courses * self.draws, dtype=np.float32)
        return self._room[: steps * courses * self.draws].reshape(steps, courses, self.draws)

    def of(self, step, lane: int) -> Row:
        """Return the row of a `forecast.Step` on its lane."""
        same = (id(step), lane)
        known = self._steps.get(same)
        if known is None:
            if len(self._steps) >= MOST_ROWS:
                self._steps.clear()
            # The step is kept with its row: its identity and those of its spreads may not be given to others meanwhile.
            known = self._steps[same] = (self._like(step, lane), step)
        return known[0]

    def durations(self, steps, place: int, out: ndarray | None = None) -> tuple[ndarray, ndarray | None]:
        """Return the whole durations of the steps at one place of several courses: (P, D), (1, D) if all are one step.

        With it the earliest finishes that their quotas allow (0: any), None when none of them waits for quota. What is
        returned is not to be written to, unless it is `out`, which is room that may be used.
        """
        import numpy as np

        first = steps[0]
        if all([step is first for step in steps]):
            row = self.of(first, lane_of(first, place))
            return row.whole[None], None if row.late is None else row.late[None]
        medians = _plain(steps)
        if medians is not None:
            desk = first.desk
            factor = self.factor(desk.kind, lane_of(first, place), desk.sigma, desk.share, first.group)
            return np.multiply(factor, np.array(medians, dtype=np.float32)[:, None], out=out), None
        rows = [self.of(step, lane_of(step, place)) for step in steps]
        late = None
        if any(row.late is not None for row in rows):
            late = np.zeros((len(rows), self.draws), dtype=np.float32)
            for p, row in enumerate(rows):
                if row.late is not None:
                    late[p] = row.late
        return np.stack([row.whole for row in rows], out=out), late

    def _like(self, step, lane: int) -> Row:
        """Return the row of a step that looks like this one."""
        key = (
            lane, step.state, step.elapsed, step.stopped, step.stopped_for, step.blocked_for, id(step.desk),
            id(step.wait), id(step.applicant), id(step.special), id(step.quota), self.coupling and step.group,
        )  # fmt: skip
        found = self._rows.get(key)
        if found is None:
            if len(self._rows) >= MOST_ROWS:
                self._rows.clear()
            found = self._rows[key] = (self._make(step, lane), step)
        return found[0]

    def _make(self, step, lane: int) -> Row:
        running, ready = step.state == "running", step.state == "ready"
        after = self._after(step, lane) if running else self._fresh(step, lane)
        late = None
        if step.blocked_for is not None and not running and step.quota.median > 0:
            late = self._left(step.quota, lane, step.blocked_for) + after
        if running or not step.wait.median:
            return Row(after, after, late)
        wait = self._left(step.wait, lane, step.elapsed) if ready else self._draw(step.wait, lane)
        return Row(wait + after, after, late)

    def _fresh(self, step, lane: int) -> ndarray:
        """Return desk, applicant and special time of a step whose clock has not begun."""
        after = self._draw(step.desk, lane, step.group)
        for part in (step.applicant, step.special):
            if part.median and part.share:
                after = after + self._draw(part, lane)
        return after

    def _after(self, step, lane: int) -> ndarray:
        """Return what is left of a running step. The longer its desk has worked, the rarer is a new stop."""
        after = self._left(step.desk, lane, step.elapsed, step.group)
        survival = self.survival(step.desk, step.elapsed)
        for part in (step.applicant, step.special):
            if step.stopped and part.kind == step.stopped:
                after = after + self._left(part, lane, step.stopped_for)
            elif part.median and part.share:
                share = part.share * survival / (1 - part.share + part.share * survival) if survival else 0.0
                after = after + part.median * self.factor(part.kind, lane, part.sigma, round(share, 3))
        return after

    @staticmethod
    def survival(spread: Spread, elapsed: float) -> float:
        """Return the share of cases that last longer than `elapsed`, of those that happen."""
        from math import erfc, log, sqrt

        if elapsed <= 0 or not spread.median:
            return 1.0
        if not spread.sigma:
            return float(spread.median > elapsed)
        return erfc((log(elapsed) - log(spread.median)) / spread.sigma / sqrt(2)) / 2  # the quotient may be 0

    def _draw(self, spread: Spread, lane: int, group: str = "") -> ndarray:
        import numpy as np

        return np.float32(spread.median) * self.factor(spread.kind, lane, spread.sigma, spread.share, group)

    def _uniform(self, kind: str, lane: int, group: str = "") -> ndarray:
        """Return the points of a lane; desks of one group move together as `coupling` says."""
        own = self.points[_PLACE.get(kind, 0) * self.block + lane]
        if not (self.coupling and group and kind == Part.DESK):
            return own
        from scipy.special import ndtr, ndtri

        common = self.points[len(Part) * self.block + crc32(group.encode()) % GROUPS]
        return ndtr(self.coupling**0.5 * ndtri(common) + (1 - self.coupling) ** 0.5 * ndtri(own))

    def factor(self, kind: str, lane: int, sigma: float, share: float, group: str = "") -> ndarray:
        """Return a duration with the median 1 in every draw, 0 where it does not happen. float32, kept."""
        key = (kind, lane, sigma, share, self.coupling and group)
        found = self._factors.get(key)
        if found is None:
            import numpy as np
            from scipy.special import ndtri

            points = self._uniform(kind, lane, group)
            if share < 1:
                inner = (points - (1 - share)) / share if share > 0 else np.full_like(points, -1.0)
                happens = inner > 0
                points = np.where(happens, np.clip(inner, 1e-9, 1 - 1e-9), 0.5)
            found = np.exp(sigma * ndtri(points)) if sigma else np.ones_like(points)
            if share < 1:
                found = np.where(happens, found, 0.0)
            if len(self._factors) >= MOST_ROWS:
                self._factors.clear()
            found = self._factors[key] = found.astype(np.float32)
        return found

    def _left(self, spread: Spread, lane: int, elapsed: float, group: str = "") -> ndarray:
        """Return what is left of a part that has lasted `elapsed`: T - t in the cases with T > t."""
        import numpy as np

        if elapsed <= 0 or not spread.median:
            return self._draw(spread, lane, group)
        points = self._uniform(spread.kind, lane, group)
        if not spread.sigma:
            return np.full(self.draws, max(spread.median - elapsed, LEAST), dtype=np.float32)
        from scipy.special import ndtri

        survival = max(self.survival(spread, elapsed), 1e-300)
        total = spread.median * np.exp(-spread.sigma * ndtri(survival * (1 - points)))
        return np.maximum(total - elapsed, 0).astype(np.float32)


def lane_of(step, place: int) -> int:
    """Return the lane of a step: its own, else its place in the course."""
    return step.lane if step.lane >= 0 else place


_LIKE = attrgetter(
    *("state", "blocked_for", "lane", "group", "wait", "applicant", "special", "desk.kind", "desk.sigma", "desk.share")
)
_MEDIAN = attrgetter("desk.median")


def _plain(steps) -> list[float] | None:
    """Return the medians of steps that are nothing but desks with one spread, not begun; else None."""
    first = steps[0]
    if first.state != "pending" or first.blocked_for is not None:
        return None
    if first.wait.median or first.applicant.median or first.special.median:
        return None
    # Ten thousand projects have two hundred thousand steps: they are compared without a line of Python for each.
    return list(map(_MEDIAN, steps)) if list(map(_LIKE, steps)).count(_LIKE(first)) == len(steps) else None
