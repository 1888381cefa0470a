"""The time axis of a chain: from half-days to pixels, with folds. Pure: no Django, no clock of its own.

Positions are counted in half-days: ``2 * ordinal`` is the opening of a day, ``+ 1`` its noon, ``+ 2`` its close
(which is the opening of the next day). So an interval of the chain is a pair of integers and lengths add up.
"""

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta

FOLD_WIDTH = 46.0  # px of a folded run, whatever its length
FOLD_MIN_DAYS = 45  # idle calendar days from which a run is folded
FOLD_MARGIN_DAYS = 7  # idle days kept visible on each side of a fold
PITCH_MAX, PITCH_MIN = 24.0, 1.6  # px per day: a short chain does not stretch, a long one scrolls
REST_RUN_WIDTH = 2.0  # px of one run of rest days when only working days are shown
EDGE_DAYS = 10  # empty days before the first and after the last fact


def opening(day: date) -> int:
    """Position of 00:00 of ``day``, in half-days."""
    return 2 * day.toordinal()


def close(day: date) -> int:
    """Position of the end of ``day``, in half-days: the opening of the next day."""
    return 2 * day.toordinal() + 2


def half_end(moment: datetime) -> int:
    """Position of the end of the half-day that ``moment`` (local time) lies in."""
    return 2 * moment.toordinal() + (1 if moment.hour < 12 else 2)


def day_of(position: int) -> date:
    """The day that ends at, or contains, ``position``: the close of a day belongs to that day."""
    return date.fromordinal((position - 1) // 2)


def text_width(text: str, size: float) -> float:
    """Width in px of ``text`` in the interface font: wide characters are square, the others about 0.57 em."""
    return sum(size if unicodedata.east_asian_width(c) in "WF" else size * 0.57 for c in text)


def shorten(text: str, size: float, room: float) -> str:
    """``text`` cut with an ellipsis so that it is at most ``room`` px wide; unchanged when it fits."""
    if text_width(text, size) <= room:
        return text
    while text and text_width(text, size) + size > room:
        text = text[:-1]
    return text.rstrip() + "…"


@dataclass(frozen=True)
class Fold:
    """An idle run drawn as a zigzag strip. ``first`` and ``last`` are both folded away (inclusive)."""

    first: date
    last: date
    label: str = ""

    @property
    def days(self) -> int:
        """Calendar days folded away."""
        return (self.last - self.first).days + 1


def find_folds(first: date, last: date, busy: list[tuple[date, date]], today: date) -> list[Fold]:
    """Idle runs of at least 45 days between the ``busy`` spans (both ends inclusive), a week kept on each side.

    Today is always busy, so a fold never hides it. Runs before the first and after the last span are not folds: the
    axis ends there anyway.
    """
    spans = sorted([*((max(a, first), min(b, last)) for a, b in busy if a <= last and b >= first), (today, today)])
    folds, reached = [], None
    for start, end in spans:
        if reached is not None and (start - reached).days - 1 >= FOLD_MIN_DAYS:
            margin = timedelta(days=FOLD_MARGIN_DAYS + 1)
            folds.append(Fold(reached + margin, start - margin))
        reached = end if reached is None else max(reached, end)
    return folds


@dataclass(frozen=True)
class Scale:
    """Piecewise linear map from positions (half-days) to pixels. Immutable; ``xs[i]`` opens the i-th day."""

    first: date
    xs: tuple[float, ...]
    pitch: float
    folds: tuple[Fold, ...] = ()

    @property
    def width(self) -> float:
        """Pixels from the opening of the first day to the close of the last."""
        return self.xs[-1]

    @property
    def last(self) -> date:
        """Last day of the axis, inclusive."""
        return self.first + timedelta(days=len(self.xs) - 2)

    def x(self, position: int | float) -> float:
        """Pixel of a position in half-days (fractions allowed); outside the axis it sticks to the edge."""
        day, rest = divmod(position - 2 * self.first.toordinal(), 2)
        if day < 0:
            return 0.0
        if day >= len(self.xs) - 1:
            return self.width
        a, b = self.xs[int(day)], self.xs[int(day) + 1]
        return a + (b - a) * rest / 2

    def fold_at(self, position: int) -> Fold | None:
        """The fold that hides the day of ``position``, or None."""
        day = day_of(position)
        return next((fold for fold in self.folds if fold.first <= day <= fold.last), None)

    def fold_span(self, fold: Fold) -> tuple[float, float]:
        """Left and right pixel of the strip of ``fold``."""
        return self.x(opening(fold.first)), self.x(close(fold.last))

    def day_at(self, x: float) -> date:
        """The day under pixel ``x``."""
        index = min(max(bisect_right(self.xs, x) - 1, 0), len(self.xs) - 2)
        return self.first + timedelta(days=index)


def pitch_for(zoom: str, fit: float, width: float, least: float = PITCH_MIN) -> float:
    """Pixels per day: the whole chain (``all``), a quarter or a month in the width; never less than what fits."""
    wanted = {"quarter": width / 92, "month": PITCH_MAX}.get(zoom, fit)
    return max(least, min(PITCH_MAX, max(wanted, fit)))


def build_scale(
    first: date,
    last: date,
    width: float,
    *,
    folds=(),
    zoom: str = "all",
    least: float = PITCH_MIN,
    workdays_only: bool = False,
    is_workday=None,
) -> Scale:
    """The axis from ``first`` to ``last`` (both inclusive) for a visible ``width`` in px.

    It is wider than ``width`` when a quarter or a month is asked for or when a day would get less than 1.6 px: the
    caller lets it scroll (a small ``least``: everything fits, as on paper). ``workdays_only`` draws each run of rest
    days as one line of 2 px.
    """
    count = (last - first).days + 1
    folded = {}
    for fold in folds:
        for offset in range(fold.days):
            folded[(fold.first - first).days + offset] = FOLD_WIDTH / fold.days
    fit = (width - FOLD_WIDTH * len(folds)) / max(1, count - len(folded))
    pitch = pitch_for(zoom, fit, width, least)
    rest = _rest_widths(first, count, is_workday) if workdays_only and is_workday else {}
    xs, x = [0.0], 0.0
    for index in range(count):
        x += folded.get(index) or rest.get(index) or pitch
        xs.append(x)
    return Scale(first, tuple(xs), pitch, tuple(folds))


def _rest_widths(first: date, count: int, is_workday) -> dict[int, float]:
    """Width of each rest day when a whole run of them shares 2 px, by index from ``first``."""
    widths, run = {}, []
    for index in range(count + 1):
        if index < count and not is_workday(first + timedelta(days=index)):
            run.append(index)
            continue
        widths.update(dict.fromkeys(run, REST_RUN_WIDTH / len(run)) if run else {})
        run = []
    return widths
