"""Lines of the timeline: the critical path, what holds a stage up, all prerequisites. Pure."""

from approvals.timeline_layout import Row
from approvals.timeline_pen import INK, arrow, el, line, path
from approvals.timeline_place import HEAD, Picture, is_open, place

FOLLOWS_FROM = 8  # px between two bars from which the line runs level into the second


def dependencies(picture: Picture) -> str:
    """Elbows of the critical path, and the red dashed line of the prerequisite that really holds a stage up."""
    out = []
    codes = [code for code in picture.data.critical_path if code in picture.by_code]
    for before, after in zip(codes, codes[1:], strict=False):
        out.append(elbow(picture, picture.by_code[before], picture.by_code[after], INK, 1.4))
    for row in picture.rows:
        if row.stage.blocked and not row.bar and place(picture, row).drawn:
            where = place(picture, row)
            if where.x1 - picture.today_x > 16:
                out.append(line(picture.today_x + 8, where.middle, where.x1 - 6, where.middle, INK, 1.4))
                out.append(arrow(where.x1, where.middle, "right", INK))
        holder = picture.by_code.get(row.stage.held_by)
        if holder:
            out.append(_held(picture, holder, row))
    return "".join(out)


def elbow(picture: Picture, before: Row, after: Row, stroke: str, width: float) -> str:
    """A line from the end of one bar to the start of another: level into it after a wait, else down onto it."""
    a, b = place(picture, before), place(picture, after)
    if not (a.drawn and (b.drawn or after.stage.blocked)):
        return ""
    blocked = after.stage.blocked and not after.bar
    dash = "1.5 2.5" if after.stage.accepted_at or blocked else None
    start = a.x2 + (HEAD if is_open(before) else 0)
    target = picture.today_x if blocked else b.x1
    turn = start + 4
    if blocked and target < turn + FOLLOWS_FROM:
        # The diamond stands in its own row: come down to it, level at last.
        side = max(start, target)
        points = [(start, a.middle), (side, a.middle), (side, b.middle - 6)]
        return path(points, stroke, width)
    if blocked:
        # Not through the words beside the diamond: along the edge of the row, then onto it.
        level, tip = (b.top - 7, b.middle - 6) if b.middle > a.middle else (b.bottom + 4, b.middle + 6)
        points = [(start, a.middle), (turn, a.middle), (turn, level), (target, level), (target, tip)]
        return path(points, stroke, width, dash=dash)
    if target - start > FOLLOWS_FROM:
        tip = target
        size = min(7, tip - turn)
        points = [(start, a.middle), (turn, a.middle), (turn, b.middle), (tip - size + 1, b.middle)]
        return path(points, stroke, width, dash=dash) + arrow(tip, b.middle, "right", stroke, size)
    down = b.middle > a.middle
    end = b.top if down else b.bottom
    side = min(max(turn, b.x1 + 1), start + 6)
    points = [(start, a.middle), (side, a.middle), (side, end - 5 if down else end + 5)]
    return path(points, stroke, width) + arrow(side, end, "down" if down else "up", stroke)


def _held(picture: Picture, holder: Row, row: Row) -> str:
    """From the holder's end to the bottom of what it holds up, never along an ink line."""
    a, b = place(picture, holder), place(picture, row)
    if not (a.drawn and b.drawn):
        return ""
    start = a.x2 + (HEAD if is_open(holder) else 0)
    below, enter = min(b.bottom + 8, picture.height - 2), (b.x1 + b.x2) / 2
    side = start + 6
    points = [(start, a.middle), (side, a.middle), (side, below), (enter, below), (enter, b.bottom + 6)]
    return path(points, picture.theme.red, 1.3, dash="5 3") + arrow(enter, b.bottom, "up", picture.theme.red, 6)


def prerequisites(picture: Picture, row: Row) -> str:
    """All prerequisites of a row as thin lines: shown on hover, on focus or when all were asked for."""
    lines = [
        elbow(picture, picture.by_code[code], row, picture.theme.grey, 1)
        for code in row.stage.prerequisites
        if code in picture.by_code
    ]
    if not any(lines):
        return ""
    seen = "visible" if picture.options.all_prerequisites else "hidden"
    return el("g", "".join(lines), class_="tl-pre", visibility=seen, aria_hidden="true")
