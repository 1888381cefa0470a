"""The ground of the timeline: months, holidays, provisional years, rest days, folds, today. Pure but for gettext."""

from datetime import date, timedelta

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from approvals.timeline_layout import AXIS_HEIGHT, RIGHT_MARGIN, half_end
from approvals.timeline_pen import INK, LINE, el, line, number, path, rect, text
from approvals.timeline_scale import close, opening, text_width

MONTH_Y, BAND_Y, BAND_HEIGHT = 37, 3, 17
SHADE_FROM = 2.0  # px per day from which weekends are shaded


def ground(picture) -> str:
    """Shading of rest days and holidays, month lines, lane bands and row lines: everything under the bars."""
    theme, scale = picture.theme, picture.scale
    top, bottom, width = AXIS_HEIGHT, picture.height, picture.area + RIGHT_MARGIN
    holidays, rest = rest_runs(picture)
    out = (
        [boxes(rest, top, bottom, theme.rest)]
        if scale.pitch >= SHADE_FROM and not picture.options.workdays_only
        else []
    )
    out.append(boxes([(a, b) for a, b, _name in holidays], top, bottom, theme.holiday))
    if picture.options.workdays_only:
        out.append(boxes(rest, top, bottom, "#dbe1e9"))
    for first in months(scale):
        x = scale.x(opening(first))
        if not scale.fold_at(close(first)):
            out.append(line(x, AXIS_HEIGHT - 22, x, bottom, "#c4ccd6" if theme.bw else LINE, 1))
    for lane in picture.lanes:
        out.append(rect(0, lane.y, width, lane.height, theme.lane))
    for row in picture.rows:
        if row.stage.code == picture.data.selected and not theme.bw:
            out.append(rect(0, row.y, width, row.height, "#e6eef7", fill_opacity=0.75))
        out.append(line(0, row.y + row.height - 0.5, width, row.y + row.height - 0.5, LINE, 1))
    return "".join(out)


def months(scale) -> list[date]:
    """First days of the months that begin on the axis."""
    day, found = scale.first.replace(day=1), []
    while day <= scale.last:
        if day >= scale.first:
            found.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    return found


def rest_runs(picture) -> tuple[list, list]:
    """([(x1, x2, name)] of holidays of three days or more, [(x1, x2)] of other runs of rest days), folds left out."""
    scale, calendar = picture.scale, picture.data.calendar
    holidays, rest, run = [], [], []
    for index in range(len(scale.xs)):
        day = scale.first + timedelta(days=index)
        if index < len(scale.xs) - 1 and not calendar.is_workday(day) and not scale.fold_at(close(day)):
            run.append(day)
            continue
        if run:
            x1, x2 = scale.x(opening(run[0])), scale.x(close(run[-1]))
            name = next(filter(None, map(calendar.name, run)), "")
            if len(run) >= 3 and name:
                holidays.append((x1, x2, name))
            else:
                rest.append((x1, x2))
        run = []
    return holidays, rest


def boxes(spans, top: float, bottom: float, fill: str) -> str:
    """Many rectangles of one colour as a single path: small on the wire."""
    if not spans:
        return ""
    d = "".join(f"M{number(a)} {number(float(top))}H{number(b)}V{number(float(bottom))}H{number(a)}Z" for a, b in spans)
    return el("path", d=d, fill=fill)


def axis(picture) -> str:
    """Year, holidays, provisional band, months or days, make-up workdays; the today flag is drawn by `today_flag`."""
    theme, scale = picture.theme, picture.scale
    out = [line(0, AXIS_HEIGHT - 0.5, picture.area + RIGHT_MARGIN, AXIS_HEIGHT - 0.5, "#cfd7e1", 1)]
    taken = [flag_span(picture)]
    out += _bands(picture, taken)
    out += _years(picture, taken)
    for x1, x2, name in rest_runs(picture)[0]:
        words = name.removesuffix("节") if len(name) > 2 else name
        width = max(text_width(words, 11), x2 - x1)
        middle = (x1 + x2) / 2
        # A neighbour (中秋 beside 国庆) may push the name a little to the right.
        shift = next((n for n in (0, 4, 8, 14) if free(taken, middle + n - width / 2, middle + n + width / 2, 3)), None)
        if middle > 12 and shift is not None:
            middle += shift
            out.append(text(middle, 15, words, size=11, fill=theme.grey, anchor="middle"))
            out.append(line(x1, 20.5, x2, 20.5, theme.faint, 1))
    out += _ticks(picture)
    for index in range(len(scale.xs) - 1):
        day = scale.first + timedelta(days=index)
        if day.weekday() >= 5 and picture.data.calendar.is_workday(day) and not scale.fold_at(close(day)):
            x = (scale.xs[index] + scale.xs[index + 1]) / 2
            out.append(rect(x - 2, AXIS_HEIGHT - 5, 4, 4, theme.grey))
    return "".join(out)


def free(taken: list, x1: float, x2: float, gap: float = 6) -> bool:
    """Whether [x1, x2] is clear of what was placed before; if so it is noted as taken."""
    if any(x1 < b + gap and a < x2 + gap for a, b in taken):
        return False
    taken.append((x1, x2))
    return True


def _bands(picture, taken) -> list[str]:
    """A dashed band over each run of years without a holiday notice, with the longest text that fits."""
    theme, scale, out = picture.theme, picture.scale, []
    years = list(picture.provisional_years)
    while years:
        first = last = years.pop(0)
        while years and years[0] == last + 1:
            last = years.pop(0)
        x1 = max(scale.x(opening(date(first, 1, 1))), 1)
        x2 = scale.x(close(date(last, 12, 31))) - 1
        if x1 <= taken[0][1] + 4 and x2 > taken[0][1]:
            x1 = max(x1, taken[0][1] + 4) if x1 > taken[0][0] or x2 - taken[0][1] > 80 else x1
        if x2 - x1 < 12:
            continue
        which = str(first) if first == last else f"{first}–{last}"
        wordings = [
            _("%(year)s: holidays not announced yet, reckoned by weekends; all dates are provisional")
            % {"year": which},
            _("%(year)s: dates are provisional") % {"year": which},
            _("provisional"),
        ]
        words = next((w for w in wordings if text_width(w, 12) <= x2 - x1 - 8), "")
        out.append(rect(x1, BAND_Y, x2 - x1, BAND_HEIGHT, theme.band, stroke=theme.band_line, stroke_dasharray="3 2"))
        if words:
            out.append(text((x1 + x2) / 2, 16, words, fill=theme.band_ink, anchor="middle"))
        taken.append((x1, x2))
    return out


def _years(picture, taken) -> list[str]:
    """The year in bold where it begins, and at the left edge."""
    scale, out = picture.scale, []
    for year in range(scale.first.year, scale.last.year + 1):
        x = max(scale.x(opening(date(year, 1, 1))) + 4, 12)
        words = _("year %(year)s") % {"year": year} if year else ""
        following = scale.x(opening(date(year + 1, 1, 1)))
        if (picture.data.calendar.is_provisional(date(year, 7, 1)) and x > 12) or (
            year < scale.last.year and following - x < 56
        ):
            continue
        if free(taken, x, x + text_width(words, 12)):
            out.append(text(x, 14 if scale.pitch >= 12 else 16, words, bold=True, fill=INK))
    return out


def month_name(day: date) -> str:
    """``7 月`` in Chinese, ``Jul`` elsewhere."""
    chinese = (get_language() or "").startswith("zh")
    return _("month %(month)d") % {"month": day.month} if chinese else f"{day:%b}"


def _ticks(picture) -> list[str]:
    """Names of months (quarters below 1.6 px a day), week numbers or days of the month as the scale allows."""
    theme, scale, out, taken = picture.theme, picture.scale, [], []
    for fold in scale.folds:
        x1, x2 = scale.fold_span(fold)
        words = _("folded %(days)d days") % {"days": fold.days}
        width = text_width(words, 11)
        middle = min(max((x1 + x2) / 2, width / 2 + 2), picture.area - width / 2 - 2)
        out.append(text(middle, MONTH_Y, words, size=11, fill=theme.grey, anchor="middle"))
        taken.append((middle - width / 2, middle + width / 2))
    starts = months(scale)
    # The month in which the axis starts, or in which a fold ends, has no first day to stand at.
    starts += [scale.first] + [fold.last + timedelta(days=1) for fold in scale.folds]
    days = scale.pitch >= 12
    for day in sorted(set(starts), key=lambda d: (d.day != 1, d)):
        x = scale.x(opening(day))
        if scale.fold_at(close(day)) or (scale.pitch <= 1.6 and day.month not in (1, 4, 7, 10) and day.day == 1):
            continue
        words = month_name(day)
        width = text_width(words, 12)
        left = max(x + 4, 12) if day == scale.first else x + 4
        if left + width <= picture.area and free(taken, left, left + width, 3):
            out.append(text(left, 27 if days else MONTH_Y, words, size=11 if days else 12, fill=theme.grey))
    if scale.pitch >= 4:
        for index in range(len(scale.xs) - 1):
            day = scale.first + timedelta(days=index)
            if scale.fold_at(close(day)) or not (days or day.weekday() == 0):
                continue
            x, wide = scale.xs[index], scale.xs[index + 1] - scale.xs[index]
            if days and wide >= 12:
                out.append(text(x + wide / 2, 40, day.day, size=11, fill=theme.grey, anchor="middle"))
            elif not days:
                out.append(line(x, AXIS_HEIGHT - 5, x, AXIS_HEIGHT, theme.faint, 1))
    return out


def folds(picture, words=()) -> str:
    """Zigzag strips over the rows, with what the idle time is written downwards where no label stands.

    ``words``: (top, bottom, [(x1, x2), …]) of the labels of each row.
    """
    out, theme = [], picture.theme
    top, bottom = AXIS_HEIGHT, picture.height
    for fold in picture.scale.folds:
        x1, x2 = picture.scale.fold_span(fold)
        out.append(rect(x1, top, x2 - x1, bottom - top, "#ffffff" if theme.bw else "#fafbfd"))
        for x in (x1, x2):
            steps = int((bottom - top) / 6) + 1
            points = [(x + (3 if i % 2 else -3), min(top + 6 * i, bottom)) for i in range(steps + 1)]
            out.append(path(points, theme.faint if theme.bw else "#b4becb", 1))
        middle = (x1 + x2) / 2
        taken = [(a, b) for a, b, spans in words if any(p < middle + 9 and q > middle - 9 for p, q in spans)]
        out.append(_downwards(fold.label, middle, top, bottom, taken, theme))
    return "".join(out)


def _downwards(label: str, x: float, top: float, bottom: float, taken, theme) -> str:
    """Chinese one character under the other; other scripts turned. Nothing where no stretch is free of ``taken``."""
    turned = label.isascii()
    length = text_width(label, 12) if turned else 17 * len(label)
    y = _free_stretch(top + min((bottom - top) * 0.3, 180), length, top, bottom, taken)
    if y is None:
        return ""
    if turned:
        turn = f"rotate(90 {number(x - 4)} {number(y)})"
        return text(x - 4, y, label, size=12, fill=theme.faint, transform=turn)
    return "".join(text(x, y + 13 + 17 * i, c, size=13, fill=theme.faint, anchor="middle") for i, c in enumerate(label))


def _free_stretch(wish: float, length: float, top: float, bottom: float, taken) -> float | None:
    """The start nearest to ``wish`` of ``length`` px between top and bottom, clear of the spans ``taken``; or None."""
    starts = [wish, *(b + 2 for _a, b in taken), *(a - length - 2 for a, _b in taken)]
    fits = [
        y
        for y in starts
        if y >= top + 4 and y + length <= bottom - 2 and not any(y < b and a < y + length for a, b in taken)
    ]
    return min(fits, key=lambda y: abs(y - wish), default=None)


def flag_span(picture) -> tuple[float, float]:
    """Left and right pixel of the today flag, kept inside the area."""
    width = text_width(_today_words(picture), 12) + 16
    x = min(max(picture.scale.x(half_end(picture.data.now)) - width / 2, 0), max(picture.area - width, 0))
    return x, x + width


def _today_words(picture) -> str:
    return _("Today %(date)s") % {"date": f"{picture.data.today:%m-%d}"}


def today_line(picture) -> str:
    """The line of today, under the bars; dash-dot on paper."""
    x = picture.today_x
    return line(x, 20, x, picture.height, picture.theme.today, 1.5, "8 3 2 3" if picture.theme.bw else None)


def today_flag(picture) -> str:
    """The flag on the axis: filled on screen, outlined on paper."""
    x1, x2 = flag_span(picture)
    theme = picture.theme
    box = (
        rect(x1, BAND_Y, x2 - x1, BAND_HEIGHT, "#ffffff", stroke="#000000", rx=3)
        if theme.bw
        else rect(x1, BAND_Y, x2 - x1, BAND_HEIGHT, theme.today, rx=2)
    )
    ink = "#000000" if theme.bw else "#ffffff"
    return box + text((x1 + x2) / 2, 16, _today_words(picture), fill=ink, anchor="middle")
