"""The rows of the timeline: bars, pauses, limits, labels, critical path. Pure but for gettext.

Layers from below: ground, today, bars (one focusable group per row), folds, lines of dependency, labels with a halo.
"""

from django.utils.translation import gettext as _

from approvals import timeline_axis
from approvals.timeline_layout import (
    AXIS_HEIGHT,
    LEFT_WIDTH,
    RIGHT_MARGIN,
    SKIPPED,
    Lane,
    Row,
    plain,
    short_date,
    working_days,
)
from approvals.timeline_left import left_column
from approvals.timeline_links import dependencies, prerequisites
from approvals.timeline_pen import FONT, INK, el, glyph, line, path, patterns, rect, text
from approvals.timeline_place import HEAD, Picture, Place, is_open, limit_x, place
from approvals.timeline_scale import close, opening, shorten, text_width

PLAN_TOP, PLAN_HEIGHT = 0.17, 4
LABEL_GAP = 9  # px between bar and label
PAUSE_LABEL_FROM = 34  # px of a pause that carries its own label


def colours(picture: Picture, row: Row) -> tuple[str, str, str]:
    """Fill, tint of rest days and outline by the light; a finished stage stays green-grey even if it was late."""
    light = "done" if row.stage.status == "done" else row.stage.light
    return picture.theme.bars.get(light, picture.theme.bars["idle"])


def bars(picture: Picture, row: Row) -> str:
    """Waiting, plan, the bar with its pauses, an arrow head while open, and the limit ticks of one row."""
    stage, scale, theme = row.stage, picture.scale, picture.theme
    where = place(picture, row)
    out = []
    if stage.plan:
        x1, x2 = scale.x(opening(stage.plan[0])), scale.x(close(stage.plan[1]))
        edge = {"stroke": theme.plan_line, "stroke_width": 0.8} if theme.bw else {}
        out.append(rect(x1, row.y + row.height * PLAN_TOP, max(x2 - x1, 3), PLAN_HEIGHT, theme.plan, **edge))
    for part in row.segments:
        if part.kind == "wait":
            x1, x2 = scale.x(part.start), scale.x(part.end)
            out.append(line(x1, where.middle, x2, where.middle, theme.grey, 1.2, "1.5 2.5"))
    if row.bar:
        out.append(_bar(picture, row, where))
    elif stage.expected and stage.status != SKIPPED:
        out.append(_forecast(picture, row, where))
    out += _limits(picture, row, where)
    return "".join(out)


def _bar(picture: Picture, row: Row, where: Place) -> str:
    """The bar itself: fills in order of time, one outline, labels of long pauses."""
    theme, scale, key = picture.theme, picture.scale, picture.data.key
    fill, pale, edge = colours(picture, row)
    paints = {
        "department": fill,
        "rest": pale,
        "over": theme.over,
        "supplement": f"url(#{key}-supplement)",
        "special": f"url(#{key}-special)",
    }
    out, labels = [], []
    for part in row.segments:
        if part.kind == "wait":
            continue
        x1, x2 = scale.x(part.start), scale.x(part.end)
        out.append(
            rect(x1, where.top, max(x2 - x1, 3 if where.x2 - where.x1 <= 3 else 0), where.height, paints[part.kind])
        )
        if part.kind in ("supplement", "special"):
            out.append(line(x1, where.top, x1, where.bottom, edge, 0.6))
            out.append(line(x2, where.top, x2, where.bottom, edge, 0.6))
            labels.append(_pause_label(picture, part, (x1 + x2) / 2, x2 - x1, where))
    out.append(rect(where.x1, where.top, where.x2 - where.x1, where.height, "none", stroke=edge, stroke_width=1))
    if is_open(row):
        last = row.segments[-1].kind
        head = {"over": theme.over, "supplement": "#ffffff", "special": "#ffffff"}.get(last, fill)
        points = [(where.x2, where.top - 0.5), (where.x2 + HEAD, where.middle), (where.x2, where.bottom + 0.5)]
        out.append(path(points, edge, 1, head, closed=True))
    return "".join(out + labels)


def _pause_label(picture: Picture, part, middle: float, width: float, where: Place) -> str:
    """``补 19.0`` or ``特 24.0`` (working days) knocked out of a pause that is wide enough."""
    days = working_days(picture.data.calendar, part.start, part.end)
    words = {"supplement": _("Sup. %(days)s"), "special": _("Spec. %(days)s")}[part.kind] % {"days": f"{days:.1f}"}
    size = 11 if where.height > 12 else 10
    box = text_width(words, size) + 6
    if width < max(PAUSE_LABEL_FROM, box + 8):
        return ""
    back = rect(middle - box / 2, where.top + 0.5, box, where.height - 1, "#ffffff")
    return back + text(middle, where.middle + size * 0.37, words, size=size, fill=INK, anchor="middle")


def _forecast(picture: Picture, row: Row, where: Place) -> str:
    """An outline: dashed when provisional, heavier on the critical path."""
    theme = picture.theme
    stroke = INK if row.stage.critical and row.stage.blocked else theme.future
    return rect(
        where.x1,
        where.top,
        where.x2 - where.x1,
        where.height,
        "#ffffff",
        stroke=stroke,
        stroke_width=1.5 if row.stage.critical else 1,
        stroke_dasharray="3 2" if row.stage.expected_provisional else None,
    )


def _limits(picture: Picture, row: Row, where: Place) -> list[str]:
    """Committed tick with its triangle, statutory double tick; in a fold at its middle, off the axis at the edge."""
    stage, theme, out = row.stage, picture.theme, []
    top, bottom = where.top - 4, where.bottom + 4
    if stage.committed_due:
        x, words = limit_x(picture, stage.committed_due)
        ink = "#000000" if theme.bw else INK
        mark = line(x, top, x, bottom, ink, 1.6) + path(
            [(x - 3.5, top - 3), (x + 3.5, top - 3), (x, top + 2)], fill=ink, closed=True
        )
        out.append(el("g", el("title", due_words(_("Committed due"), stage.committed_due)) + mark))
    if stage.statutory_due:
        x, words = limit_x(picture, stage.statutory_due)
        if words != "edge":
            mark = line(x - 1.6, top, x - 1.6, bottom, theme.statutory, 1.2)
            mark += line(x + 1.6, top, x + 1.6, bottom, theme.statutory, 1.2)
            out.append(el("g", el("title", due_words(_("Statutory due"), stage.statutory_due)) + mark))
    return out


def due_words(name: str, due) -> str:
    """``承诺到期 2026-09-04 中午 暂定``: for titles and labels."""
    parts = [name, f"{due.day:%Y-%m-%d}"]
    parts += [_("noon")] if due.half == "noon" else []
    parts += [_("provisional")] if due.provisional else []
    return " ".join(parts)


def statutory_words(picture: Picture, row: Row) -> tuple[str, float, str | None]:
    """(words, x, text-anchor) of the statutory due where its tick stands in a fold or beyond the right edge: it must
    not vanish. No words elsewhere.
    """
    due = row.stage.statutory_due
    if not due or (row.stage.closed_at and due.day > picture.scale.last):
        return "", 0.0, None
    x, kind = limit_x(picture, due)
    if not kind:
        return "", 0.0, None
    words = _("Statutory %(date)s") % {"date": short_date(due.day, picture.data.today)}
    if due.day.year - picture.data.today.year > 1:
        words = _("Statutory %(date)s") % {"date": f"{due.day:%Y-%m-%d}"}
    words += f" {_('provisional')}" if due.provisional else ""
    if kind == "edge":
        x, words, anchor = picture.area + RIGHT_MARGIN - 3, words + " ›", "end"
    else:
        x, anchor = picture.scale.fold_span(picture.scale.fold_at(due.position))[1] + 7, None
        if x + text_width(words, 11) > picture.area:
            x, anchor = picture.scale.fold_span(picture.scale.fold_at(due.position))[0] - 7, "end"
    return words, x, anchor


def span_of(x: float, anchor: str | None, width: float) -> tuple[float, float]:
    """Left and right end of words ``width`` px wide."""
    return (x - width, x) if anchor == "end" else (x, x + width)


def label_spans(picture: Picture, row: Row) -> list[tuple[float, float]]:
    """What the words of a row cover in the time area, left to right: the fold writes its own where none stand."""
    spans = []
    words, x, anchor = statutory_words(picture, row)
    if words:
        spans.append(span_of(x, anchor, text_width(words, 11)))
    bold, _ink, quiet, _grey = label_parts(picture, row)
    width = text_width(f"{bold} {quiet}".strip(), 12)
    if width:
        spans.append(span_of(*label_x(picture, row, place(picture, row), width), width))
    if row.stage.blocked and not row.bar:
        spans.append((0.0, picture.area))
    return spans


def _label_text(picture, x, y, words, **look):
    return text(x, y, words, halo=True, bw=picture.theme.bw, **look)


def label_parts(picture: Picture, row: Row) -> tuple[str, str, str, str]:
    """(bold text, its colour, quiet text, its colour) of the label of a row."""
    stage, theme = row.stage, picture.theme
    ink = "#000000" if theme.bw else INK
    if stage.accepted_at:
        if stage.over > 0:
            return stage.ratio, theme.red, _("over %(days)s") % {"days": f"{stage.over:.1f}"}, theme.red
        if stage.status == "failed":
            return stage.ratio, ink, stage.word, theme.grey
        if not stage.closed_at and stage.remaining is not None:
            return stage.ratio, ink, _("left %(days)s") % {"days": f"{stage.remaining:.1f}"}, theme.grey
        return stage.ratio, ink, "", theme.grey
    if stage.expected and stage.status != SKIPPED:
        when = short_date(stage.expected[1], picture.data.today)
        tail = _("provisional") if stage.expected_provisional else _("expected")
        return "", ink, f"{when} {tail}", theme.grey
    return "", ink, "", theme.grey


def label(picture: Picture, row: Row) -> str:
    """``7.0/10 超 n`` right of bar and tick, clear of the today line, left of the bar when it would leave the area."""
    stage, where, out = row.stage, place(picture, row), []
    words, x, anchor = statutory_words(picture, row)
    if words:
        out.append(
            _label_text(picture, x, where.middle + 4, words, size=11, fill=picture.theme.statutory, anchor=anchor)
        )
    if stage.status == SKIPPED:
        words = shorten(_("Not applicable: %(reason)s") % {"reason": stage.reason}, 12, picture.area - 24)
        out.append(_label_text(picture, 12, where.middle + 4, words, fill=picture.theme.grey))
        return "".join(out)
    bold, ink, quiet, grey = label_parts(picture, row)
    x, anchor = label_x(picture, row, where, text_width(f"{bold} {quiet}".strip(), 12))
    content = el("tspan", bold, font_weight="700", fill=ink) if bold else ""
    if quiet:
        content += el("tspan", (" " if bold else "") + quiet, fill=grey)
    if content:
        words = _tspans(picture, x, where.middle + 4.3, content, anchor)
        out.append(el("a", words, href=stage.url, class_="tl-number") if stage.url else words)
    if stage.blocked and not row.bar:
        out.append(_blocker(picture, row, where))
    return "".join(out)


def _tspans(picture, x, y, content, anchor) -> str:
    edge = {"stroke": "#ffffff", "stroke_width": 3, "stroke_linejoin": "round", "paint_order": "stroke"}
    return el("text", content, x=float(x), y=float(y), font_size=12, text_anchor=anchor, **edge)


def label_x(picture: Picture, row: Row, where: Place, width: float) -> tuple[float, str | None]:
    """(x, text-anchor) of a label ``width`` px wide, inside the area, clear of today, a limit tick and its words."""
    right = where.x2 + (HEAD if is_open(row) else 0)
    hurdles = []
    if row.bar and row.stage.committed_due:
        x, kind = limit_x(picture, row.stage.committed_due)
        right = max(right, x) if kind != "edge" and x - right < 400 else right
    if row.stage.statutory_due and limit_x(picture, row.stage.statutory_due)[1] != "edge":
        hurdles.append((limit_x(picture, row.stage.statutory_due)[0],) * 2)
    words, x, anchor = statutory_words(picture, row)
    if words:
        hurdles.append(span_of(x, anchor, text_width(words, 11)))
    hurdles.append((picture.today_x, picture.today_x))
    start = right + LABEL_GAP
    for x1, x2 in sorted(hurdles):
        if start - 3 <= x2 and x1 <= start + width + 3:
            start = x2 + 7
    if start + width <= picture.area + RIGHT_MARGIN - 4:
        return start, None
    return max(where.x1 - LABEL_GAP, width + 4), "end"


def _blocker(picture: Picture, row: Row, where: Place) -> str:
    """The diamond on the today line, its reason in words to the left (to the right where there is no room)."""
    x, y, theme = picture.today_x, where.middle, picture.theme
    out = glyph("blocked", x, y, bw=theme.bw)
    room = x - 20
    if room >= 120 or room >= picture.area - x:
        words = shorten(row.stage.reason, 12, room)
        out += _label_text(picture, x - 14, y + 4.3, words, bold=True, fill=INK, anchor="end")
    else:
        start = max(where.x2 + LABEL_GAP + 76, x + 14)
        words = shorten(row.stage.reason, 12, picture.area - start)
        out += _label_text(picture, start, y + 4.3, words, bold=True, fill=INK)
    return out


def spoken(row: Row) -> str:
    """``07 环境影响评价 超期 净用 8.0 承诺 5 承诺到期 11-17``: what a screen reader says of a row."""
    stage = row.stage
    parts = [stage.no, stage.name, stage.word]
    if stage.accepted_at:
        parts.append(_("net %(days)s") % {"days": f"{stage.net:.1f}"})
    if stage.limit is not None:
        parts.append(_("committed %(days)s") % {"days": plain(stage.limit)})
    if stage.committed_due:
        parts.append(_("committed due %(date)s") % {"date": f"{stage.committed_due.day:%m-%d}"})
    if stage.reason:
        parts.append(stage.reason)
    return " ".join(filter(None, parts))


def row_group(picture: Picture, row: Row) -> str:
    """One row as a focusable group."""
    hit = rect(0, row.y, picture.area + RIGHT_MARGIN, row.height, "#ffffff", fill_opacity=0)
    content = hit + bars(picture, row) + prerequisites(picture, row)
    focus = {} if picture.options.bw else {"tabindex": 0}
    return el("g", content, class_="tl-row", role="img", aria_label=spoken(row), data_code=row.stage.code, **focus)


def bracket(picture: Picture, lane: Lane) -> str:
    """The real span of a phase."""
    if not lane.span:
        return ""
    x1, x2 = picture.scale.x(lane.span[0]), picture.scale.x(lane.span[1])
    y = lane.y + lane.height * 0.42
    ink = "#000000" if picture.theme.bw else "#5b6878"
    return path([(x1, y + 5), (x1, y), (max(x2, x1 + 4), y), (max(x2, x1 + 4), y + 5)], ink, 1.5)


def render(picture: Picture) -> str:
    """The whole drawing as one ``<svg>``."""
    offset = LEFT_WIDTH if picture.options.left else 0
    width = offset + picture.area + RIGHT_MARGIN
    area = "".join(
        [
            timeline_axis.ground(picture),
            timeline_axis.folds(picture, [(r.y, r.y + r.height, label_spans(picture, r)) for r in picture.rows]),
            timeline_axis.axis(picture),
            timeline_axis.today_line(picture),
            timeline_axis.today_flag(picture),
            *(bracket(picture, lane) for lane in picture.lanes),
            *(row_group(picture, row) for row in picture.rows),
            dependencies(picture),
            *(label(picture, row) for row in picture.rows),
        ]
    )
    if offset:
        area = el("g", area, transform=f"translate({offset} 0)") + left_column(picture)
    height = max(picture.height, AXIS_HEIGHT + 1)
    return el(
        "svg",
        patterns(picture.data.key, picture.theme) + area,
        xmlns="http://www.w3.org/2000/svg",
        class_="tl-svg",
        width=float(width),
        height=float(height),
        viewBox=f"0 0 {width:.1f} {height:.1f}",
        font_family=FONT,
        role="group",
        aria_label=picture.data.title or _("Timeline"),
    )
