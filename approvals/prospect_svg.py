"""Drawings of the forecast: when each remaining stage runs, and the months above. Pure; presentation attributes only.

The axis is working half-days after now: holidays take no room, the months show where they lie.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from approvals.forecast import halves_until
from approvals.timeline_pen import FONT, el, line, rect, text
from calendars.workdays import WorkCalendar

WIDTH, ROW, HEAD, EDGE = 420, 30, 18, 6
INK, GREY, GRID = "#1b2430", "#566373", "#e3e8ef"
DEEP, PALE, SPREAD, SPREAD_LINE, TARGET = "#1f5fa8", "#9db7d5", "#e4eefb", "#8fb0d6", "#c62f2f"
STEPS = (1, 2, 3, 6, 12, 24)
"""Months between two marks."""


@dataclass(frozen=True)
class Scale:
    """Pixels per half-day, the marks of months (half-days, words), and the target in half-days, if any."""

    per_half: float
    marks: tuple[tuple[float, str], ...]
    target: float | None

    def x(self, halves: float) -> float:
        """Return the place of a number of half-days after now."""
        return EDGE + max(halves, 0.0) * self.per_half


def scale_of(most: float, now: datetime, calendar: WorkCalendar, target: date | None = None) -> Scale:
    """Return the scale on which `most` half-days, and the target, fit."""
    aim = float(halves_until(target, now, calendar)) if target else None
    most = max(most, aim or 0.0, 10.0)
    per_half = (WIDTH - 2 * EDGE) / most
    firsts = []
    year, month = now.year, now.month
    while True:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        halves = halves_until(date(year, month, 1), now, calendar)
        if halves > most or len(firsts) > 600:
            break
        firsts.append((float(halves), date(year, month, 1)))
    step = next((step for step in STEPS if len(firsts) / step <= 8), STEPS[-1])
    kept = [(halves, day) for halves, day in firsts if (day.month - 1) % step == 0]
    marks = tuple((halves, f"{day:%Y}" if day.month == 1 else f"{day:%m}") for halves, day in kept)
    return Scale(per_half, marks, aim if aim is not None and aim >= 0 else None)


def axis(scale: Scale, label: str) -> str:
    """Return the head of the bar column: years and months at the first working day of each."""
    words = [text(scale.x(halves), 13, word, size=11, fill=GREY, anchor="middle") for halves, word in scale.marks]
    return _svg("".join(words), HEAD, label)


def bar(halves: tuple[float, float, float], deep: bool, scale: Scale, label: str) -> str:
    """Return one stage: from its start to its finish as half of the draws have it, then on to four fifths of them.

    `halves` are those three; `deep` where it decides the milestone in half of the draws or more.
    """
    start, finish, late = (scale.x(value) for value in halves)
    parts = [line(scale.x(at), 0, scale.x(at), ROW, GRID) for at, _word in scale.marks]
    if late - finish >= 1:
        parts.append(rect(finish, 10.5, late - finish, 9, SPREAD, stroke=SPREAD_LINE))
    parts.append(rect(start, 8, max(finish - start, 2), 14, DEEP if deep else PALE))
    if scale.target is not None:
        parts.append(line(scale.x(scale.target), 0, scale.x(scale.target), ROW, TARGET, dash="3 2"))
    return _svg("".join(parts), ROW, label)


def _svg(content: str, height: int, label: str) -> str:
    return el(
        "svg",
        content,
        width=WIDTH,
        height=height,
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_label=label,
        font_family=FONT,
    )


def furthest(halves: Iterable[tuple[float, float, float]]) -> float:
    """Return how far the drawing reaches."""
    return max((late for _start, _finish, late in halves), default=0.0)
