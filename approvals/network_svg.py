"""A small drawing of a template's network: a box per stage, columns by earliest place, critical path in ink. Pure."""

from approvals.chain_spec import StageSpec, TemplateSpec
from approvals.compare import number_of
from approvals.timeline_pen import FONT, clean, el, path, rect, text
from approvals.timeline_scale import shorten

WIDTH, HEIGHT, GAP_X, GAP_Y, PAD = 98, 36, 16, 10, 4
INK, GREY, LINE = "#1b2430", "#566373", "#aab6c4"
MOST = 80


def draw(spec: TemplateSpec, critical: tuple[str, ...]) -> str:
    """Return the SVG; "" for more than 80 stages, where the table says it better. `spec` has no cycle.

    `critical` are the codes of the critical path in order.
    """
    if not spec.stages or len(spec.stages) > MOST:
        return ""
    places = _places(spec.stages)
    columns = 1 + max(column for column, _row in places.values())
    rows = 1 + max(row for _column, row in places.values())
    width = 2 * PAD + columns * WIDTH + (columns - 1) * GAP_X
    height = 2 * PAD + rows * HEIGHT + (rows - 1) * GAP_Y
    steps = set(zip(critical, critical[1:], strict=False))
    links, boxes = [], []
    for stage in spec.stages:
        for before in stage.prerequisites:
            on_path = (before, stage.code) in steps
            links.append((on_path, _link(places[before], places[stage.code], on_path)))
        boxes.append(_box(stage, places[stage.code], stage.code in critical))
    drawn = [svg for _on, svg in sorted(links, key=lambda item: item[0])]
    return el(
        "svg",
        "".join(drawn + boxes),
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_label=spec.name,
        font_family=FONT,
    )


def _places(stages: tuple[StageSpec, ...]) -> dict[str, tuple[int, int]]:
    """Return column and row of each stage: one column right of its last prerequisite, rows filled in order."""
    by_code = {stage.code: stage for stage in stages}
    column: dict[str, int] = {}

    def depth(code: str) -> int:
        if code not in column:
            column[code] = 1 + max((depth(before) for before in by_code[code].prerequisites), default=-1)
        return column[code]

    filled: dict[int, int] = {}
    places = {}
    for stage in stages:
        at = depth(stage.code)
        places[stage.code] = (at, filled.get(at, 0))
        filled[at] = filled.get(at, 0) + 1
    return places


def _corner(place: tuple[int, int]) -> tuple[float, float]:
    return PAD + place[0] * (WIDTH + GAP_X), PAD + place[1] * (HEIGHT + GAP_Y)


def _link(before: tuple[int, int], after: tuple[int, int], on_path: bool) -> str:
    (x1, y1), (x2, y2) = _corner(before), _corner(after)
    start, end = (x1 + WIDTH, y1 + HEIGHT / 2), (x2, y2 + HEIGHT / 2)
    turn = x2 - GAP_X / 2 - 2
    points = [start, (turn, start[1]), (turn, end[1]), end]
    stroke, width = (INK, 1.6) if on_path else (LINE, 1)
    head = path([(x2 - 5, end[1] - 3), end, (x2 - 5, end[1] + 3)], fill=stroke, closed=True)
    return path(points, stroke=stroke, width=width) + head


def _box(stage: StageSpec, place: tuple[int, int], critical: bool) -> str:
    x, y = _corner(place)
    name = stage.short_name or stage.name
    days = f"{stage.committed.amount:.1f}".removesuffix(".0") if stage.committed else "—"
    number = number_of(stage.code)
    parts = [
        el("title", clean(f"{stage.code} {stage.name}")),
        rect(x + 0.5, y + 0.5, WIDTH - 1, HEIGHT - 1, "#ffffff", stroke=INK if critical else LINE, rx=3),
        text(x + 6, y + 14, number, size=11, fill=INK if critical else GREY, bold=critical),
        text(x + WIDTH - 6, y + 14, days, size=11, fill=INK if critical else GREY, anchor="end", bold=critical),
        text(x + 6, y + 29, shorten(name, 12, WIDTH - 12), size=12, fill=INK),
    ]
    return el("g", "".join(parts))
