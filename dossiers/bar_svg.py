"""The chain bar of the card: a cell for each stage, grouped by phase, as one SVG for paper and screen. Pure.

Units of the drawing are tenths of a millimetre; the bar is 179 mm wide. State is told by frame and shape, colour comes
third: done is tinted, at work has a heavy frame, overdue and blocked are solid, what has not begun is dashed.
Only presentation attributes; every text is escaped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from dossiers.content import Chain, Phase, Stage

WIDTH, GAP = 1790, 7
ROW_CELLS = 20
"""Cells in one row at most: more stages stand in two rows."""
CAPTION, CAPTION_LINE, BOX, LINE, DAYS, BELOW = 36, 28, 74, 30, 30, 14
LETTER = 25.4
"""Size of names, which is the width of a Chinese character."""
FONT = "Luodi Sans, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"
INK, GREY, FAINT = "#1b2430", "#333f4d", "#55616f"
RED = "#b3242a"
# light: (fill, frame, width of the frame in tenths of mm, ink of number and shape)
BOXES = {
    "done": ("#e3ece6", "#6f8f7e", 2, "#2f5a44"),
    "green": ("#ffffff", "#1b7f4d", 5, INK),
    "amber": ("#ffffff", "#c98a00", 6, INK),
    "red": ("#c62f2f", "#c62f2f", 4, "#ffffff"),
    "statutory": ("#7a1630", "#7a1630", 4, "#ffffff"),
    "blocked": ("#20262e", "#20262e", 4, "#ffffff"),
    "stopped": ("#ffffff", "#55616f", 5, INK),
    "stale": ("#ffffff", "#55616f", 3, INK),
    "idle": ("#ffffff", "#8f9aa7", 2, FAINT),
}
# shapes on a 24 × 24 grid; {c} is the ink
SHAPES = {
    "done": '<path d="M2 13 9 20 22 4" fill="none" stroke="{c}" stroke-width="4"/>',
    "green": '<circle cx="12" cy="12" r="10" fill="#1b7f4d"/>',
    "amber": '<path d="M12 2 23 22H1z" fill="#c98a00"/>',
    "red": '<path d="M3 3h18v18H3z" fill="{c}"/>',
    "statutory": '<path d="M-4 4h15v16H-4zM13 4h15v16H13z" fill="{c}"/>',
    "blocked": '<path d="M12 0 24 12 12 24 0 12z" fill="{c}"/>',
    "stopped": '<path d="M3 3h7v18H3zM14 3h7v18h-7z" fill="#55616f"/>',
    "stale": '<circle cx="12" cy="12" r="9" fill="none" stroke="{c}" stroke-width="3" stroke-dasharray="4 4"/>',
    "idle": '<circle cx="12" cy="12" r="8.5" fill="none" stroke="{c}" stroke-width="2.5"/>',
}


@dataclass(frozen=True)
class Bar:
    """The drawing, its size in millimetres, and the lights that occur in it, in order, with their words."""

    svg: str
    width_mm: float
    height_mm: float
    kinds: tuple[tuple[str, str], ...]


def draw(chain: Chain, title: str, *, words: Sequence[str] = ()) -> Bar:
    """Draw the bar of a chain; `title` is what a screen reader says of it."""
    groups = grouped(chain)
    stages = [stage for _phase, members in groups for stage in members]
    if not stages:
        return Bar("", WIDTH / 10, 0, ())
    rows = _rows(groups, len(stages))
    cells = max(sum(len(members) for _phase, members, _more in row) for row in rows)
    step = min(WIDTH / cells, 260)
    per_line = max(3, int((step - GAP - 3) / LETTER))
    # Where one caption does not fit on its line all stand on two: the name, and n of n below it.
    captions = [(phase, step * len(members), more) for row in rows for phase, members, more in row]
    wraps = not all(_fits_beside_count(*caption) for caption in captions)
    parts, top = [], 0.0
    for row in rows:
        drawn, height = _row(row, step, per_line, top, CAPTION_LINE * wraps)
        parts.append(drawn)
        top += height
    height = top - BELOW + 2
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bar" viewBox="0 0 {WIDTH} {height:.0f}" width="179mm" '
        f'height="{height / 10:.1f}mm" role="img" font-family="{FONT}"><title>{escape(title)}</title>'
        + "".join(parts)
        + "</svg>"
    )
    kinds = dict((stage.lamp.code, stage.lamp.word) for stage in stages if stage.status not in ("skipped", "failed"))
    return Bar(svg, WIDTH / 10, height / 10, tuple((code, kinds[code]) for code in BOXES if code in kinds))


def grouped(chain: Chain) -> list[tuple[Phase, list[Stage]]]:
    """Return the phases in the order of the chain, each with its stages: also those that run beside others."""
    members: dict[str, list[Stage]] = {phase.code: [] for phase in chain.phases}
    for stage in chain.stages:
        members.setdefault(stage.phase, []).append(stage)
    return [(phase, members[phase.code]) for phase in chain.phases if members[phase.code]]


def _rows(groups, count: int):
    """Return the groups in rows of about equal length; a group is cut only where its row would be far too long."""
    number = -(-count // ROW_CELLS)
    rows, row, used, left = [], [], 0, count
    for phase, members in groups:
        more = False
        while members:
            target = -(-left // max(number - len(rows), 1))
            room = target - used
            if len(rows) == number - 1 or len(members) <= room + (2 if used + len(members) <= ROW_CELLS else 0):
                row.append((phase, members, more))
                used, members = used + len(members), []
            elif room >= 3 and len(members) - room >= 2 or not row:
                room = max(room, 1)
                row.append((phase, members[:room], more))
                members, more = members[room:], True
                used += room
            if members or used >= target:
                if row:
                    rows.append(row)
                    left -= used
                row, used = [], 0
    if row:
        rows.append(row)
    return rows


def _row(row, step: float, per_line: int, top: float, wrapped: int):
    lines = 1
    labels = {}
    for _phase, members, _more in row:
        for stage in members:
            labels[stage.no] = label_lines(stage.short, per_line)
            lines = max(lines, len(labels[stage.no]))
    parts, x = [], 0.0
    for phase, members, more in row:
        parts.append(_caption(phase, x, step * len(members), top, more, wrapped))
        for stage in members:
            parts.append(_cell(stage, x, step - GAP, top + CAPTION + wrapped, labels[stage.no], lines))
            x += step
    return "".join(parts), CAPTION + wrapped + BOX + 6 + lines * LINE + DAYS + BELOW


def _counted(phase: Phase, more: bool) -> str:
    return "…" if more else f"{phase.done}/{phase.total}"


def _fits_beside_count(phase: Phase, width: float, more: bool) -> bool:
    """Say whether the whole name of a phase and "n of n" have room on one line."""
    return len(phase.name) <= int((width - GAP - 13 * len(_counted(phase, more)) - 8) / LETTER)


def _caption(phase: Phase, x: float, width: float, top: float, more: bool, wrapped: int) -> str:
    counted, name = _counted(phase, more), phase.name
    if wrapped and len(name) > (room := int((width - GAP) / LETTER)):
        name = f"{name[: room - 1]}…" if room > 3 else name[:2]  # of one cell: the word it begins with
    below = f' x="{x:.0f}" dy="{wrapped}"' if wrapped else ""
    return (
        f'<text x="{x:.0f}" y="{top + 24:.0f}" font-size="{LETTER}" fill="{GREY}">{escape(name)} '
        f'<tspan{below} font-weight="700" fill="{INK}">{counted}</tspan></text>'
        f'<path d="M{x:.0f} {top + CAPTION + wrapped - 5:.0f}h{width - GAP:.0f}" stroke="{INK}" stroke-width="2.5"/>'
    )


def _cell(stage: Stage, x: float, width: float, top: float, label: list[str], lines: int) -> str:
    light = stage.lamp.code if stage.lamp.code in BOXES else "idle"
    begun = light != "idle" or stage.status == "waiting"
    fill, frame, heavy, ink = BOXES[light]
    dash = "" if begun and stage.status != "skipped" else ' stroke-dasharray="9 6"'
    inset = heavy / 2
    middle = x + width / 2
    bold = ' font-weight="700"' if stage.status in ("running", "failed") or light in ("red", "blocked") else ""
    parts = [
        f'<rect x="{x + inset:.1f}" y="{top + inset:.1f}" width="{width - heavy:.1f}" height="{BOX - heavy:.1f}" '
        f'fill="{fill}" stroke="{frame}" stroke-width="{heavy}"{dash}/>',
        f'<text x="{middle:.1f}" y="{top + 33:.1f}" font-size="30" font-weight="700" text-anchor="middle" '
        f'fill="{ink}">{escape(stage.no)}</text>',
        f'<g transform="translate({middle - 11:.1f} {top + 42:.1f}) scale(.92)">{_mark(stage, light, ink)}</g>',
    ]
    y = top + BOX + 6
    for number, text in enumerate(label):
        parts.append(
            f'<text x="{middle:.1f}" y="{y + LINE * number + 22:.1f}" font-size="{LETTER}" text-anchor="middle" '
            f'fill="{INK if begun else FAINT}"{bold}>{escape(text)}</text>'
        )
    over = stage.over > 0
    parts.append(
        f'<text x="{middle:.1f}" y="{y + LINE * lines + 20:.1f}" font-size="24.7" text-anchor="middle" '
        f'fill="{RED if over else GREY}"{" font-weight=" + chr(34) + "700" + chr(34) if over else ""}>'
        f"{escape(ratio(stage))}</text>"
    )
    return "".join(parts)


def _mark(stage: Stage, light: str, ink: str) -> str:
    if stage.status == "skipped":
        return f'<path d="M3 12h18" stroke="{FAINT}" stroke-width="3"/>'
    if stage.status == "failed":
        return f'<path d="M4 4 20 20M20 4 4 20" stroke="{INK}" stroke-width="4"/>'
    return SHAPES[light].format(c=ink)


def ratio(stage: Stage) -> str:
    """Return net days and limit, “18/15”, “–/10”, calendar days with a star: “30/30*”."""
    net = "–" if stage.net is None else days(stage.net)
    return f"{net}/{'—' if stage.limit is None else days(stage.limit)}{'*' if stage.in_calendar_days else ''}"


def days(number) -> str:
    """Return days without a needless “.0”."""
    return f"{number:.1f}".removesuffix(".0")


def label_lines(text: str, per_line: int) -> list[str]:
    """Return the short name in two lines of about equal length; what does not fit ends in “…”."""
    text = text.partition("（")[0].partition("(")[0] or text
    if len(text) <= per_line:
        return [text]
    if len(text) > 2 * per_line:
        text = text[: 2 * per_line - 1] + "…"
    half = max(-(-len(text) // 2), len(text) - per_line)
    return [text[:half], text[half:]]


def meter(confirmed: int, reserved: int, label: str) -> str:
    """Draw what of a demand is secured: solid is confirmed, hatched is reserved, white is missing. Thousandths."""
    width, height = 400, 46
    solid, hatched = confirmed * (width - 4) // 1000, reserved * (width - 4) // 1000
    stripes = "".join(f"M{x} 4v{height - 8}" for x in range(2 + solid + 5, 2 + solid + hatched, 9))
    return (
        f'<svg class="meter" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img">'
        f"<title>{escape(label)}</title>"
        f'<rect x="2" y="2" width="{width - 4}" height="{height - 4}" fill="#fff" stroke="{INK}" stroke-width="3"/>'
        f'<path d="M2 2h{solid}v{height - 4}h-{solid}z" fill="#46535f"/>'
        + (f'<path d="{stripes}" stroke="{INK}" stroke-width="3"/>' if stripes else "")
        + (f'<path d="M{2 + solid + hatched} 2v{height - 4}" stroke="{INK}" stroke-width="3"/>' if hatched else "")
        + "</svg>"
    )


def shape(code: str, ink: str = "") -> str:
    """Draw a light's shape alone, in its own ink or another, for words that stand beside it."""
    code = code if code in SHAPES else "idle"
    inks = {"done": "#2f5a44", "red": "#c62f2f", "statutory": "#7a1630", "blocked": "#20262e"}
    inks = dict.fromkeys(SHAPES, ink) if ink else inks
    box = "-4 0 32 24" if code == "statutory" else "0 0 24 24"
    return f'<svg class="shape" viewBox="{box}" aria-hidden="true">{SHAPES[code].format(c=inks.get(code, FAINT))}</svg>'
