"""Drawings of the comparison page: the bars of a row, the axis above them, the waterfall. Pure; presentation attributes
only. One scale for all rows: 17.6 px per working day, less when a row would not fit.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from approvals.compare import Comparison, Row, Segment, number_of
from approvals.timeline_pen import FONT, clean, el, line, rect, text
from approvals.timeline_scale import shorten, text_width

OURS, THEIRS, THEIRS_LINE, GAP, GAP_FILL = "#5b6878", "#cfe0f3", "#1f5fa8", "#c62f2f", "#e3a3a3"
INK, GREY, GRID = "#1b2430", "#566373", "#e3e8ef"
WIDTH, LEFT, ROW, LABEL = 668, 8, 51, 52
PX_PER_DAY = 17.6
NICE = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10000)
FALL_WIDTH, FALL_TOP, FALL_BASE, FALL_HEIGHT = 1366, 24, 148, 196


@dataclass(frozen=True)
class Scale:
    """Pixels per working day, common to all rows, and the days between two grid lines."""

    per_day: float
    step: int
    most: float

    def x(self, days) -> float:
        """Return the place of a number of days."""
        return LEFT + float(days) * self.per_day

    def ticks(self) -> list[int]:
        """Return the grid lines in days."""
        return list(range(0, int((WIDTH - LEFT - 12) / self.per_day) + 1, self.step))


def scale_of(comparison: Comparison) -> Scale:
    """Return the scale that lets the longest row fit with its label."""
    most = max((float(max(row.days.ours, row.days.theirs)) for row in comparison.rows), default=0.0)
    per_day = min(PX_PER_DAY, (WIDTH - LEFT - LABEL) / most) if most else PX_PER_DAY
    step = next((step for step in NICE if step * per_day >= 60), NICE[-1])
    return Scale(per_day, step, most)


def _svg(content: str, width: int, height: int, label: str) -> str:
    return el(
        "svg",
        content,
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_label=label,
        font_family=FONT,
    )


def axis(scale: Scale) -> str:
    """Return the head of the bar column: the numbers of days."""
    marks = "".join(
        text(scale.x(day), 15, day, size=12, fill=GREY, anchor="middle" if day else "start") for day in scale.ticks()
    )
    return _svg(marks, WIDTH, 20, _("Working days"))


def row_svg(row: Row, scale: Scale) -> str:
    """Return the bars of one row: our stages above, the benchmark below, the gap dashed."""
    parts = [line(scale.x(day), 0, scale.x(day), ROW, GRID) for day in scale.ticks()]
    start = Decimal(0)
    for segment in row.segments:
        if segment.days:
            parts.append(_segment(segment, scale, start))
            start += segment.days
    ours, theirs = scale.x(row.days.ours), scale.x(row.days.theirs)
    parts.append(text(ours + 7, 22, _days(row.days.ours), size=13, fill=INK, bold=True))
    if row.days.theirs:
        parts.append(rect(LEFT + 0.5, 30.5, theirs - LEFT - 1, 12, THEIRS, stroke=THEIRS_LINE))
    end = theirs
    if row.days.less > 0:
        parts.append(line(theirs, 36.5, ours, 36.5, GAP, 1.2, "3 2"))
        parts.append(line(ours, 31, ours, 42, GAP, 1.4))
        if not row.days.theirs:
            parts.append(line(LEFT, 31, LEFT, 42, GAP, 1.4))
        end = ours
    parts.append(text(end + 7, 41, _days(row.days.theirs), size=13, fill=THEIRS_LINE, bold=True))
    label = _("%(name)s: ours %(ours)s, benchmark %(theirs)s working days") % {
        "name": row.name,
        "ours": _days(row.days.ours),
        "theirs": _days(row.days.theirs),
    }
    return _svg("".join(parts), WIDTH, ROW, label)


def _segment(segment: Segment, scale: Scale, start: Decimal) -> str:
    """Return one of our stages: number, name and days as far as they fit; everything in the title."""
    left, right = scale.x(start), scale.x(start + segment.days)
    width, number, days = right - left, number_of(segment.code), _short(segment.days)
    title = f"{segment.code} {segment.name} {_days(segment.days)}"
    parts = [el("title", clean(title)), rect(left, 8, width - 1, 20, OURS)]
    number_width, days_width = text_width(number, 12), text_width(days, 12)
    name = shorten(segment.name, 12, width - number_width - days_width - 22)
    if name != segment.name and len(name) < 6:  # a few characters and an ellipsis tell less than the number
        name = ""
    if number_width + days_width + 16 <= width:
        words = f"{number} {name}" if name else number
        parts.append(text(left + 6, 22, words, size=12, fill="#ffffff"))
        parts.append(text(right - 6, 22, days, size=12, fill="#ffffff", anchor="end"))
    elif number_width * 11 / 12 + 2 <= width:
        parts.append(text((left + right - 1) / 2, 22, number, size=11, fill="#ffffff", anchor="middle"))
    return el("g", "".join(parts))


def waterfall(comparison: Comparison) -> str:
    """Return the bars from our sum down to the benchmark's, the biggest gap first. The axis starts at zero."""
    total = comparison.total
    most = max(float(total.ours), float(total.theirs), 1.0)
    step = next((step for step in NICE if most / step <= 5), NICE[-1])
    per_day = (FALL_BASE - FALL_TOP) / most
    columns = len(comparison.steps) + 2
    pitch = (FALL_WIDTH - 52) / columns
    bar = min(96.0, pitch * 0.62)

    def y(days) -> float:
        return FALL_BASE - float(days) * per_day

    def left(column: int) -> float:
        return 52 + pitch * column + (pitch - bar) / 2

    parts = [
        line(52, y(day), FALL_WIDTH, y(day), GRID if day else "#8a96a6")
        + text(44, y(day) + 4, day, size=12, fill=GREY, anchor="end")
        for day in range(0, int(most) + 1, step)
    ]
    parts.append(_total(left(0), y(total.ours), bar, total.ours, OURS, None))
    parts.append(_names(left(0) + bar / 2, comparison.ours.code, _stages(comparison.count.ours), pitch, bold=True))
    level = total.ours
    for column, gap in enumerate(comparison.steps, 1):
        after = level - gap.days
        parts.append(line(left(column - 1) + bar, y(level), left(column), y(level), GREY, 1, "2 2"))
        parts.append(_gap(left(column), y(level), y(after), bar, gap.days))
        share = _("%(share)s %% of the gap") % {"share": gap.share} if gap.share is not None and gap.share > 0 else ""
        parts.append(_names(left(column) + bar / 2, gap.name, share, pitch))
        level = after
    parts.append(line(left(columns - 2) + bar, y(level), left(columns - 1), y(level), GREY, 1, "2 2"))
    parts.append(_total(left(columns - 1), y(total.theirs), bar, total.theirs, THEIRS, THEIRS_LINE))
    centre = left(columns - 1) + bar / 2
    parts.append(_names(centre, comparison.theirs.code, _stages(comparison.count.theirs), pitch, bold=True))
    label = _("From %(ours)s to %(theirs)s working days") % {
        "ours": _days(total.ours),
        "theirs": _days(total.theirs),
    }
    return _svg("".join(parts), FALL_WIDTH, FALL_HEIGHT, label)


def _total(left: float, top: float, bar: float, days: Decimal, fill: str, stroke: str | None) -> str:
    """Return the first or last bar, labelled inside when it is dark and high enough, else above."""
    inside = stroke is None and FALL_BASE - top >= 18
    return rect(left, top, bar, FALL_BASE - top, fill, stroke=stroke) + text(
        left + bar / 2,
        top + 17 if inside else top - 6,
        _days(days),
        size=14,
        fill="#ffffff" if inside else (stroke or INK),
        anchor="middle",
        bold=True,
    )


def _gap(left: float, before: float, after: float, bar: float, days: Decimal) -> str:
    """Return one gap: label inside when at least 18 px high, else below. A longer benchmark goes up, in grey."""
    top, height = min(before, after), max(abs(after - before), 1.5)
    shorter = days > 0
    fill, stroke, ink = (GAP_FILL, GAP, "#8f1d1d") if shorter else ("#e9edf2", GREY, GREY)
    sign = "−" if shorter else "+"
    at = top + height / 2 + 5 if height >= 18 else top + height + 16
    return rect(left, top, bar, height, fill, stroke=stroke) + text(
        left + bar / 2, at, f"{sign}{_days(abs(days))}", size=13, fill=ink, anchor="middle", bold=True, halo=height < 18
    )


def _names(centre: float, name: str, second: str, pitch: float, bold: bool = False) -> str:
    return text(centre, 168, shorten(name, 13, pitch - 8), size=13, fill=INK, anchor="middle", bold=bold) + text(
        centre, 187, second, size=12, fill=GREY, anchor="middle"
    )


def _stages(count: int) -> str:
    return _("%(count)d stages") % {"count": count}


def _days(days) -> str:
    return f"{days:.1f}"


def _short(days) -> str:
    return f"{days:.1f}".removesuffix(".0")
