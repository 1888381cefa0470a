"""The strip that explains a stage day by day, and the small strip of the phone. Pure but for gettext.

A strip has one cell per calendar day; a day whose halves differ is split. Department days carry their number.
"""

from datetime import date
from itertools import groupby

from django.utils.translation import gettext as _

from approvals.timeline_layout import working_days
from approvals.timeline_pen import FONT, INK, SCREEN, el, line, patterns, rect, text
from approvals.timeline_scale import text_width

WIDTH, CELL_HEIGHT, CELL_MAX = 686.0, 34, 40.0
SMALL_FROM, TINY_FROM = 31, 57  # days from which cells shrink to 12 px, and then to what fits
FLAGS = 6  # pins of one crowd that are drawn
REST_FILL, EDGE = "#eef2f8", "#b9c4d2"


def weekday(day: date) -> str:
    """One character (or two letters) for the day of the week."""
    return [_("Mo"), _("Tu"), _("We"), _("Th"), _("Fr"), _("Sa"), _("Su")][day.weekday()]


def cell_width(days: int) -> float:
    """Width of one day: what fills the strip up to 31 days, 12 px up to 57, then what fits."""
    if days <= SMALL_FROM:
        return min(CELL_MAX, WIDTH / max(days, 1))
    return min(12.0, WIDTH / days) if days <= TINY_FROM else WIDTH / days


def paint(kind: str, over: bool, key: str) -> tuple[str, str]:
    """(fill, outline) of a half-day."""
    fill, _pale, edge = SCREEN.bars["done"]
    if kind == "department":
        return (SCREEN.over, SCREEN.over) if over else (fill, edge)
    if kind in ("supplement", "special"):
        return f"url(#{key}-{kind})", "#8695a6"
    if kind == "rest":
        return REST_FILL, "#d5dce6"
    return "#ffffff", EDGE


def strip(cells, pins, key: str = "ex") -> str:
    """The strip of ``cells`` (`clock.DayCell`) with ``pins`` ((date, after, word): an event on the edge of a day).

    Well-formed SVG; every cell is a group ``ex-day`` that timeline.js steps through.
    """
    width = cell_width(len(cells))
    total = max(width * len(cells), 60.0)
    levels = _pin_levels(cells, pins, width, total)
    top = 8 + 17 * (max((level for *_rest, level in levels), default=0) + 1) + 14
    out = [patterns(key, SCREEN)]
    for x, words, anchor, level in levels:
        y, shift = 14 + 17 * level, {"start": 5, "end": -5, "middle": 0}[anchor]
        out.append(text(x + shift, y, words, size=13, fill=INK, anchor=anchor, halo=True))
        knob = y + 8 if anchor == "middle" else y - 5
        out.append(line(x, knob, x, top, INK, 1.2) + el("circle", cx=float(x), cy=float(knob), r=2.5, fill=INK))
    for index, cell in enumerate(cells):
        out.append(_cell(cell, index, width, top, key))
    out.append(_days(cells, width, top))
    height = top + CELL_HEIGHT + 40
    return el(
        "svg",
        "".join(out),
        xmlns="http://www.w3.org/2000/svg",
        class_="ex-strip",
        width=float(total + 8),
        height=float(height),
        viewBox=f"-4 0 {total + 8:.1f} {height:.1f}",
        font_family=FONT,
        role="img",
        aria_label=_("Day by day"),
    )


def _pin_levels(cells, pins, width: float, total: float) -> list[tuple[float, str, str, int]]:
    """(x, words, anchor, level) of each pin. Pins with room stand centred on the lowest level; crowded ones become
    flags of falling height to the right, or of rising height to the left at the end, so that no line crosses a word.
    """
    if not cells:
        return []
    first, groups = cells[0].date, []
    for day, after, words in sorted(pins, key=lambda pin: (pin[0], pin[1])):
        x = min(max(((day - first).days + (1 if after else 0)) * width, 0.0), total)
        half = text_width(words, 13) / 2
        if groups and x - half < groups[-1][-1][0] + groups[-1][-1][2] + 6:
            groups[-1].append((x, words, half))
        else:
            groups.append([(x, words, half)])
    placed = []
    for group in groups:
        if len(group) == 1:
            x, words, half = group[0]
            anchor = "start" if x < half else "end" if x + half > total else "middle"
            placed.append((x, words, anchor, 0))
            continue
        group = group[:FLAGS]
        rightward = max(x + 2 * half for x, _words, half in group) + 4 <= total
        for index, (x, words, _half) in enumerate(group):
            level = len(group) - 1 - index if rightward else index
            placed.append((x, words, "start" if rightward else "end", level))
    # Level 0 stands lowest; the drawing counts lines from the top.
    most = max(level for *_rest, level in placed) if placed else 0
    return [(x, words, anchor, most - level) for x, words, anchor, level in placed]


def _cell(cell, index: int, width: float, top: float, key: str) -> str:
    x, halves = index * width, (cell.morning, cell.afternoon)
    wide = width >= 20
    inset = {"stroke_width": 1} if width >= 4 else {}
    parts = []
    if halves[0] == halves[1]:
        fill, edge = paint(str(halves[0]), cell.over, key)
        dash = "2 2" if str(halves[0]) == "waiting" else None
        parts.append(
            rect(
                x + 0.5,
                top,
                width - 1 if wide else width,
                CELL_HEIGHT,
                fill,
                **_edge(inset, edge),
                stroke_dasharray=dash,
            )
        )
    else:
        for half, kind in enumerate(halves):
            if kind:
                fill, edge = paint(str(kind), cell.over, key)
                parts.append(rect(x + half * width / 2, top, width / 2, CELL_HEIGHT, fill, **_edge(inset, edge)))
    if wide and str(cell.morning) == "rest":
        parts.append(_words(x, width, top, _("off"), 13, "#7d8a9b"))
    elif cell.number is not None and (
        wide or (width >= 10 and cell.number == int(cell.number) and cell.number % 5 == 0)
    ):
        number = f"{cell.number:.1f}".removesuffix(".0")
        ink = "#ffffff" if cell.over else "#123524"
        parts.append(_words(x, width, top, number, 15 if wide and len(number) < 3 else 11, ink, bold=True))
    return el("g", "".join(parts), class_="ex-day", data_day=cell.date.isoformat())


def _edge(inset: dict, edge: str) -> dict:
    return {"stroke": edge, **inset} if inset else {}


def _words(x, width, top, words, size, fill, **look) -> str:
    return text(
        x + width / 2, top + CELL_HEIGHT / 2 + size * 0.36, words, size=size, fill=fill, anchor="middle", **look
    )


def _days(cells, width: float, top: float) -> str:
    """Dates under the cells: each day, each fifth day or each Monday, as there is room; a new month in bold."""
    out, month, end = [], None, -99.0
    for index, cell in enumerate(cells):
        day, x = cell.date, (index + 0.5) * width
        fresh = day.month != month
        if width < 20 and not (day.weekday() == 0 or index == 0):
            continue
        words = f"{day.month}-{day.day:02d}" if fresh or width < 20 else str(day.day)
        size = text_width(words, 12)
        if x - size / 2 < end + 4:
            continue
        shift = max(size / 2 - x, 0)
        out.append(
            text(
                x + shift, top + CELL_HEIGHT + 16, words, size=12, fill=INK, anchor="middle", bold=fresh and width >= 20
            )
        )
        if width >= 20:
            out.append(text(x, top + CELL_HEIGHT + 32, weekday(day), size=12, fill="#5b6878", anchor="middle"))
        month, end = day.month, x + shift + size / 2
    return "".join(out)


PHONE_WIDTH, PHONE_DAY, PHONE_HEIGHT = 140.0, 6.0, 12


def phone_strip(row, calendar, key: str) -> str:
    """Segments of one stage in order, working days only, 6 px a day, squeezed into 140 px. "" before acceptance."""
    parts = []
    for part in row.segments:
        days = float(working_days(calendar, part.start, part.end))
        if part.kind not in ("wait", "rest") and days > 0:
            parts.append((part.kind, days))
    runs = [(kind, sum(days for _k, days in group)) for kind, group in groupby(parts, key=lambda pair: pair[0])]
    if not runs:
        return ""
    day = min(PHONE_DAY, PHONE_WIDTH / sum(days for _kind, days in runs))
    fill, _pale, edge = SCREEN.bars["done" if row.stage.status == "done" else row.stage.light]
    mine, x, out = f"{key}-phone-{row.stage.code}", 0.5, []
    fills = {"department": fill, "over": SCREEN.over}
    for kind, days in runs:
        out.append(
            rect(x, 0.5, max(days * day, 2), PHONE_HEIGHT - 1, fills.get(kind, f"url(#{mine}-{kind})"), stroke=edge)
        )
        x += max(days * day, 2)
    need = any(kind in ("supplement", "special") for kind, _days_ in runs)
    return el(
        "svg",
        (patterns(mine, SCREEN) if need else "") + "".join(out),
        xmlns="http://www.w3.org/2000/svg",
        width=float(x + 0.5),
        height=PHONE_HEIGHT,
        viewBox=f"0 0 {x + 0.5:.1f} {PHONE_HEIGHT}",
        aria_hidden="true",
    )
