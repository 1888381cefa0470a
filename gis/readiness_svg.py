"""The drawings of a park's page as SVG: status squares, how a utility is used, needs on the axis of a year. Pure.

Colour is never alone: used is solid, signed for hatched, what is left empty; what is asked for beyond the capacity is
red and lies behind the tick. A gap without a date is hatched and ends in an arrow. Presentation attributes only, so
the drawings pass a strict policy and print. Labels are escaped by the caller.
"""

from datetime import date, timedelta
from decimal import Decimal

from factors.bars import SOLID, hatch
from gis.readiness import month_of

NAVY, RED, GREY, INK, LINE = "#23415f", "#c62f2f", "#8a96a6", "#1b2430", "#e3e8ef"

SQUARES = {
    "in_service": f'<path d="M1 1h12v12H1z" fill="{NAVY}"/><path d="M3.8 7.2 6.2 9.6 10.4 4.8" fill="none" '
    'stroke="#fff" stroke-width="1.7"/>',
    "building": f'<path d="M1.7 1.7h10.6v10.6H1.7z" fill="#fff" stroke="{NAVY}" stroke-width="1.4"/>'
    f'<path d="M1 7h12v6H1z" fill="{NAVY}"/>',
    "not_started": f'<path d="M1.7 1.7h10.6v10.6H1.7z" fill="#fff" stroke="{NAVY}" stroke-width="1.4"/>',
    "out_of_service": f'<path d="M1.7 1.7h10.6v10.6H1.7z" fill="#fff" stroke="{RED}" stroke-width="1.4"/>'
    f'<path d="M4.2 4.2l5.6 5.6M9.8 4.2 4.2 9.8" stroke="{RED}" stroke-width="1.7"/>',
    "not_required": f'<path d="M3 7h8" stroke="{GREY}" stroke-width="1.6"/>',
    "stale": f'<path d="M1.7 1.7h10.6v10.6H1.7z" fill="#fff" stroke="{GREY}" stroke-width="1.2" '
    f'stroke-dasharray="2 1.6"/><path d="M4 7.2 6.3 9.4 10.2 5" fill="none" stroke="{GREY}" stroke-width="1.5"/>',
}


def square(status: str, *, stale: bool = False, size: int = 14) -> str:
    """Return the square of a status; a stale one in service is a dashed tick. The word stands beside it."""
    drawing = SQUARES["stale" if stale and status == "in_service" else status]
    return (
        f'<svg width="{size}" height="{size}" viewBox="0 0 14 14" aria-hidden="true" focusable="false">{drawing}</svg>'
    )


USAGE_WIDTH, USAGE_HEIGHT, FULL = 170, 16, 132
"""The tick of the capacity stands at FULL of USAGE_WIDTH pixels; what is asked for beyond it has the rest."""


def usage(capacity: Decimal, used: Decimal, committed: Decimal, asked: Decimal, label: str) -> str:
    """Return the bar of a utility: used, signed for and left up to the tick, and what is asked for below it.

    The scale is that of the capacity; more used than there is runs on to the edge. `asked` begins where what is
    signed for ends; beyond the tick it is red, beyond the edge it ends in an arrow.
    """
    scale = Decimal(FULL) / capacity if capacity > 0 else Decimal(0)

    def x(amount: Decimal) -> float:
        return round(float(min(max(amount, Decimal(0)) * scale, Decimal(USAGE_WIDTH - 2))), 1)

    solid, taken = x(used), x(used + committed)
    parts = [f'<path d="M.5 .5h{FULL - 1}v8H.5z" fill="#fff" stroke="{GREY}"/>']
    if used > 0:
        parts.append(f'<path d="M0 0h{max(solid, 2):g}v9H0z" fill="{SOLID}"/>')
    if taken - solid >= 1:
        parts.append(hatch(solid, round(taken - solid, 1), 9))
    if asked > 0:
        end, off = x(used + committed + asked), (used + committed + asked) * scale > USAGE_WIDTH - 2
        inside = min(end, FULL)
        if inside > taken:
            parts.append(f'<path d="M{taken:g} 12h{inside - taken:g}v2.5H{taken:g}z" fill="{SOLID}"/>')
        if end > FULL:
            start = max(taken, FULL)
            parts.append(f'<path d="M{start:g} 12h{max(end - start, 2):g}v2.5H{start:g}z" fill="{RED}"/>')
        if off:
            parts.append(f'<path d="M{USAGE_WIDTH - 6} 10l6 3.2-6 3.2z" fill="{RED}"/>')
    parts.append(f'<path d="M{FULL} 0v{USAGE_HEIGHT}" stroke="{INK}" stroke-width="1.2"/>')
    return (
        f'<svg class="usage" width="{USAGE_WIDTH}" height="{USAGE_HEIGHT}" viewBox="0 0 {USAGE_WIDTH} {USAGE_HEIGHT}" '
        f'role="img" aria-label="{label}">{"".join(parts)}</svg>'
    )


# --- needs on the axis of a year ----------------------------------------------------------------------------------

AXIS_WIDTH, ROW_HEIGHT, MONTHS = 330, 34, 12
DIAMOND = "l5.2 5.2-5.2 5.2-5.2-5.2z"


def months_shown(today: date) -> list[date]:
    """Return the first days of the months of the axis: this one and those after it, one more for its end."""
    months = [month_of(today)]
    while len(months) <= MONTHS:
        months.append(month_of(months[-1] + timedelta(days=32)))
    return months


def place(day: date, today: date) -> float:
    """Return the pixel of a day on the axis, kept within it."""
    months = months_shown(today)
    span = (months[-1] - months[0]).days
    return round(min(max((day - months[0]).days / span, 0), 1) * AXIS_WIDTH, 1)


def axis(today: date) -> str:
    """Return the head of the axis: every second month by its number, the first and each January with the year."""
    words = []
    for number, month in enumerate(months_shown(today)[:-1]):
        shown = number % 2 == 0 if months_shown(today)[0].month % 2 else number % 2 == 1 or number == 0
        if not shown:
            continue
        text = f"{month:%Y-%m}" if number == 0 or month.month == 1 else f"{month:%m}"
        words.append(f'<text x="{place(month, today) + 2:g}" y="13" font-size="11" fill="#5b6878">{text}</text>')
    return _frame(18, "".join(words), 'aria-hidden="true"')


def need(needed_on: date, ready_on: date | None, today: date, label: str) -> str:
    """Return the line of a need: a diamond on the day it is needed, red to the square of the day it is there."""
    middle = ROW_HEIGHT / 2
    lines = "".join(f"M{place(month, today):g} 0v{ROW_HEIGHT}" for month in months_shown(today)[:-1:2])
    parts = [
        f'<path d="{lines}" stroke="{LINE}"/>',
        f'<path d="M{place(today, today):g} 0v{ROW_HEIGHT}" stroke="{SOLID}" stroke-dasharray="2 3"/>',
    ]
    start = min(place(needed_on, today), AXIS_WIDTH - 24)
    if ready_on is None:
        end = AXIS_WIDTH - 10
        parts.append(_without_date(start, end, middle))
    else:
        end = max(place(ready_on, today), start + 4)
        parts.append(f'<path d="M{start:g} {middle - 3:g}h{end - start:g}v6H{start:g}z" fill="{RED}"/>')
        parts.append(f'<path d="M{min(end, AXIS_WIDTH - 9):g} {middle - 4.5:g}h9v9h-9z" fill="{NAVY}" stroke="#fff"/>')
    parts.append(f'<path d="M{start:g} {middle - 5.2:g}{DIAMOND}" fill="#fff" stroke="{INK}" stroke-width="1.4"/>')
    return _frame(ROW_HEIGHT, "".join(parts), f'role="img" aria-label="{label}"')


def _without_date(start: float, end: float, middle: float) -> str:
    """Return a hatched red band that ends in an open arrow: nobody has named a day."""
    strokes = "".join(f"M{x:g} {middle + 3:g}l6-6" for x in range(int(start) + 6, int(end) - 6, 6))
    return (
        f'<path d="M{start:g} {middle - 3:g}h{end - start:g}v6H{start:g}z" fill="#fff" stroke="{RED}"/>'
        f'<path d="{strokes}" stroke="{RED}" stroke-width="1.6"/>'
        f'<path d="M{end:g} {middle - 6:g}l8 6-8 6z" fill="#fff" stroke="{RED}" stroke-width="1.2"/>'
    )


def _frame(height: int, inside: str, attributes: str) -> str:
    box = f'width="{AXIS_WIDTH}" height="{height}" viewBox="0 0 {AXIS_WIDTH} {height}"'
    return f'<svg class="need-line" {box} {attributes}>{inside}</svg>'
