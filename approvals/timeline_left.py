"""The frozen column inside the SVG (paper) and the legend. Pure but for gettext."""

from django.utils.translation import gettext as _

from approvals.timeline_layout import AXIS_HEIGHT, IDLE, LEFT_WIDTH, SKIPPED, Row
from approvals.timeline_pen import FONT, INK, LINE, PAPER, SCREEN, el, glyph, line, path, patterns, rect, text
from approvals.timeline_scale import shorten, text_width


def row_date(stage, today) -> str:
    """The date of the frozen column: decided, else due, else a dash; year and month where it is another year."""
    day = stage.closed_at.date() if stage.closed_at else stage.committed_due.day if stage.committed_due else None
    return f"{day:%m-%d}" if day else "—"


def lane_words(lane) -> str:
    """``2/4 办结・阶段净用 18.0 日``."""
    words = _("%(done)d/%(total)d done") % {"done": lane.done, "total": lane.total}
    if lane.phase.net:
        words += " · " + _("net %(days)s days") % {"days": f"{lane.phase.net:.1f}"}
    return words


def left_column(picture) -> str:
    """Heads, lanes and stages of the frozen column as SVG, 336 px wide."""
    theme, right = picture.theme, LEFT_WIDTH - 12
    out = [rect(0, 0, LEFT_WIDTH, picture.height, "#ffffff")]
    y = AXIS_HEIGHT - 9
    out.append(text(12, y, _("No. Stage / department"), fill=theme.grey))
    out.append(text(LEFT_WIDTH - 106, y, _("State"), fill=theme.grey))
    out.append(text(right, y, _("Done / due"), fill=theme.grey, anchor="end"))
    out.append(line(0, AXIS_HEIGHT - 0.5, LEFT_WIDTH, AXIS_HEIGHT - 0.5, "#cfd7e1"))
    for lane in picture.lanes:
        out.append(rect(0, lane.y, LEFT_WIDTH, lane.height, theme.lane))
        base, words = lane.y + lane.height / 2 + 4.3, lane_words(lane)
        room = right - 24 - text_width(words, 11)
        out.append(text(12, base, shorten(lane.phase.name, 12, room), bold=True, fill=INK))
        out.append(text(right, base, words, size=11, fill=theme.grey, anchor="end"))
    two_lines = any(_department_room(row.stage) < text_width(row.stage.department, 10.5) for row in picture.rows)
    for row in picture.rows:
        out.append(_stage(picture, row, two_lines))
    out.append(line(LEFT_WIDTH - 0.5, 0, LEFT_WIDTH - 0.5, picture.height, "#9aa6b4", 1))
    return "".join(out)


WORD_X = LEFT_WIDTH - 94
NAME_ROOM = WORD_X - 20 - 42


def _department_room(stage) -> float:
    """Px that the name leaves on its line for the department."""
    return NAME_ROOM - text_width(stage.name, 12.5) - 8


def _names(row: Row, two_lines: bool, theme) -> list[str]:
    """Name and department beside each other; under each other where the line of any row is too short for both."""
    stage, middle = row.stage, row.y + row.height / 2
    if not two_lines:
        department = text(WORD_X - 20, middle + 4.3, stage.department, size=10.5, fill=theme.grey, anchor="end")
        return [text(42, middle + 4.3, stage.name, size=12.5, fill=INK), department]
    name, department = shorten(stage.name, 11.5, NAME_ROOM), shorten(stage.department, 9, NAME_ROOM)
    return [
        text(42, middle - 0.5, name, size=11.5, fill=INK),
        text(42, middle + 9.2, department, size=9, fill=theme.grey),
    ]


def _stage(picture, row: Row, two_lines: bool) -> str:
    """One row: badge (filled on the critical path), name, department, light with its word, date."""
    stage, theme, word_x = row.stage, picture.theme, WORD_X
    base = row.y + row.height / 2 + 4.3
    out = [badge(stage.no, stage.critical, 12, row.y + row.height / 2 - 9, bw=theme.bw), *_names(row, two_lines, theme)]
    out.append(
        glyph(
            "idle" if stage.status in (IDLE, SKIPPED) and not stage.blocked else stage.light,
            word_x - 7,
            base - 4,
            bw=theme.bw,
        )
    )
    heavy = stage.light in ("red", "statutory", "blocked")
    out.append(text(word_x + 3, base, shorten(stage.word, 12, 50), bold=heavy, fill=INK))
    out.append(text(LEFT_WIDTH - 12, base, row_date(stage, picture.data.today), fill=INK, anchor="end"))
    out.append(line(0, row.y + row.height - 0.5, LEFT_WIDTH, row.y + row.height - 0.5, LINE))
    return "".join(out)


def badge(no: str, critical: bool, x: float, y: float, *, bw: bool = False) -> str:
    """The number of a stage: white on ink on the critical path, outlined off it."""
    fill, ink = ("#000000" if bw else INK, "#ffffff") if critical else ("#ffffff", INK)
    stroke = {"stroke": "#000000" if bw else "#9aa6b4"}
    box = rect(x + 0.5, y, 22, 18, fill, rx=2.5, **stroke)
    size = 12 if len(no) <= 2 else 10.5
    return box + text(x + 11.5, y + 13.2, no, size=size, fill=ink, anchor="middle", bold=critical)


def legend(key: str, *, bw: bool = False, calendar_years=()) -> list[tuple[str, str]]:
    """(swatch as SVG, word) of every mark, always shown. ``key`` as in `TimelineInput`."""
    theme = PAPER if bw else SCREEN
    fill, _pale, edge = theme.bars["done"]
    ink = "#000000" if bw else INK

    def swatch(content, width=28):
        return el(
            "svg",
            content,
            xmlns="http://www.w3.org/2000/svg",
            width=width,
            height=14,
            viewBox=f"0 0 {width} 14",
            aria_hidden="true",
            font_family=FONT,
        )

    def box(paint, stroke, dash=None):
        return rect(0.5, 1.5, 26, 11, paint, stroke=stroke, stroke_dasharray=dash)

    mine = f"{key}-legend"
    committed = line(7, 1, 7, 14, ink, 1.6) + path([(3.5, 0), (10.5, 0), (7, 5)], fill=ink, closed=True)
    statutory = line(5.4, 1, 5.4, 13, theme.statutory, 1.2) + line(8.6, 1, 8.6, 13, theme.statutory, 1.2)
    provisional = _("provisional")
    if calendar_years:
        provisional = _("provisional (%(years)s)") % {"years": ", ".join(map(str, calendar_years))}
    plan = rect(0.5, 5, 26, 4, theme.plan, stroke=theme.plan_line if bw else None)
    return [
        (swatch(plan), _("Plan")),
        (swatch(box(fill, edge)), _("Department time")),
        (swatch(box(theme.over, theme.over)), _("Over the commitment")),
        (swatch(patterns(mine, theme) + box(f"url(#{mine}-supplement)", edge)), _("Stopped: supplement (applicant)")),
        (swatch(patterns(mine + "2", theme) + box(f"url(#{mine}2-special)", edge)), _("Stopped: special procedure")),
        (swatch(committed, 14), _("Committed due")),
        (swatch(statutory, 14), _("Statutory due")),
        (swatch(box("#ffffff", theme.future)), _("Expected")),
        (swatch(box("#ffffff", theme.future, "3 2")), provisional),
        (swatch(badge("04", True, 0, -2, bw=bw) + line(26, 7, 52, 7, ink, 1.4), 54), _("Critical path")),
        (swatch(line(0, 7, 28, 7, theme.red, 1.4, "5 3")), _("Prerequisite that holds it up")),
        (swatch(line(0, 7, 28, 7, theme.grey, 1.2, "1.5 2.5")), _("Waiting")),
        (swatch(glyph("blocked", 7, 7, bw=bw), 14), _("Blocked by quota")),
    ]
