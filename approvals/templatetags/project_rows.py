"""Rows of the project list, drawn by functions: a template that loops over a hundred rows takes five times as long.

Everything goes through format_html. The words are those of the templates around them. No queries.
"""

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from approvals.timeline_layout import stage_no
from people.markup import format_html, format_html_join
from people.templatetags.luodi import DASH, light, mmdd, moneyyi, netbar, one_decimal

register = template.Library()

LACKS_SHOWN = 2
STAGES_SHOWN = 2
NOTHING = mark_safe('<span class="muted">—</span>')
BLOCKED_SHAPE = mark_safe(
    '<svg width="9" height="9" viewBox="0 0 12 12" aria-hidden="true">'
    '<path d="M6 .3 11.7 6 6 11.7.3 6z" fill="currentColor"/></svg>'
)


@register.simple_tag
def slow(words) -> SafeString:
    """Render the badge of an early warning; nothing where there are no words (see `approvals.early`)."""
    if not words:
        return mark_safe("")
    return format_html(
        '<span class="badge badge-amber" title="{}">{}<span class="sr-only">{}{}</span></span>',
        *(words, _("slower than 80%%") % {}, _(": "), words),
    )


@register.simple_tag
def lacks(row) -> SafeString:
    """Render what a project lacks (the `lacks` of a row): two of them, and how many more; a dash for none."""
    if not row.lacks:
        return NOTHING
    more = len(row.lacks) - LACKS_SHOWN
    shown = format_html_join("", "{}", ((_lack(lack),) for lack in row.lacks[:LACKS_SHOWN]))
    return format_html('{}<span class="small muted">+{}</span>', shown, more) if more > 0 else shown


def _lack(lack) -> SafeString:
    shape = light("amber", shape_only=True)
    if lack.blocked:
        shape = format_html('{}<span class="sr-only">{}</span>', BLOCKED_SHAPE, _("blocked"))
    days = format_html(" <small>{}</small>", _("%(n)s days") % {"n": lack.days}) if lack.days else ""
    kind = " lack-blocked" if lack.blocked else ""
    return format_html('<span class="lack{}" title="{}">{}{}{}</span>', kind, lack.title, shape, lack.text, days)


@register.simple_tag
def wide_rows(rows, columns, can_bulk, now) -> SafeString:
    """Render the rows of a desk's table: `columns` are the names of those that may be left out."""
    return format_html_join("\n", "{}", ((_wide(row, columns, can_bulk, now),) for row in rows))


def _wide(row, columns, can_bulk, now) -> SafeString:
    project, url = row.project, row.url
    late = row.over_days is not None
    cells = [
        _check(project) if can_bulk else "",
        format_html("<td>{}{}</td>", light(project.light), _silence(row)),
        format_html('<td class="num{}">{}</td>', " text-red strong" if late else "", one_decimal(row.over_days)),
        format_html('<td class="cell-name"><a href="{}">{}</a><small>{}</small></td>', url, project.name, project.code),
        *_told(row, columns, ("enterprise", "park", "industry", "investment", "output", "tax")),
        format_html('<td class="cell-stages">{}</td>', _stages(row)),
        format_html("<td>{}</td>", _net(row)),
        *_told(row, columns, ("gross", "stages", "factors", "sponsor")),
        format_html('<td class="num{}">{}</td>', " text-red" if late else "", _due(row, now)),
    ]
    return format_html('<tr data-href="{}" class="{}">{}</tr>', url, row.tint, mark_safe("".join(cells)))


def _check(project) -> SafeString:
    return format_html(
        '<td class="check"><input type="checkbox" class="row-check" name="project" value="{}" aria-label="{}"></td>',
        *(project.code, project.name),
    )


def _silence(row):
    if row.project.light != "stale":
        return ""
    return format_html("<small>{}</small>", _("%(n)s days without news") % {"n": row.silent_days})


CELLS = {
    "enterprise": ("cell-enterprise", lambda row: row.project.enterprise.name if row.project.enterprise else DASH),
    "park": ("muted cell-park", lambda row: row.project.park.name if row.project.park else row.project.district.name),
    "industry": ("", lambda row: row.project.industry or DASH),
    "investment": ("num", lambda row: moneyyi(row.project.investment_wan)),
    "output": ("num", lambda row: moneyyi(row.project.output_wan)),
    "tax": ("num", lambda row: moneyyi(row.project.tax_wan)),
    "gross": ("num", lambda row: row.gross_days or DASH),
    "stages": ("num nowrap", lambda row: f"{row.project.stages_done}/{row.project.stages_total}"),
    "factors": ("cell-lacks", lacks),
    "sponsor": ("", lambda row: row.sponsor or DASH),
}
"""Columns that may be left out: class of the cell, and what stands in it."""


def _told(row, columns, names):
    for name in names:
        if name in columns:
            kind, tell = CELLS[name]
            yield format_html("<td{}>{}</td>", mark_safe(f' class="{kind}"') if kind else "", tell(row))


def _stages(row):
    shown, more = row.stages[:STAGES_SHOWN], len(row.stages) - STAGES_SHOWN
    if not shown:
        return DASH if row.project.chain_started_on else format_html('<span class="muted">{}</span>', _("No chain yet"))
    names = _(", ").join(f"{stage_no(line.code)} {line.name}" for line in shown) + (f" +{more}" if more > 0 else "")
    return format_html(  # two lines whatever they hold: early warnings stand with the departments
        '<span class="clip" title="{}">{}</span><small>{}{}</small>',
        *(names, names, " · ".join(line.department or DASH for line in shown)),
        format_html_join("", " {}", ((slow(line.slow),) for line in shown if line.slow)),
    )


def _net(row):
    first = row.first
    if first is None:
        return DASH
    if first.limit is None or row.project.light == "idle":
        return format_html('<span class="muted">{}</span>', _("Not accepted yet"))
    return netbar(first.net, first.limit, first.light)


def _due(row, now):
    project, first = row.project, row.first
    if project.light == "stopped":
        return _("stopped")
    if not project.due_on:
        return DASH
    day = mmdd(project.due_on, now.year)
    return format_html("{}<small>{}</small>", day, _("provisional")) if first and first.provisional else day


@register.simple_tag
def narrow_rows(rows, now) -> SafeString:
    """Render the rows as the items of a phone's list."""
    return format_html_join("\n", "{}", ((_narrow(row, now),) for row in rows))


def _narrow(row, now) -> SafeString:
    project, first, url = row.project, row.first, row.url
    over = _("Overdue %(n)s days") % {"n": one_decimal(row.over_days)} if row.over_days is not None else ""
    until = _("stopped") if project.light == "stopped" else ""
    if project.due_on and not until:
        until = f"{_('due')} {mmdd(project.due_on, now.year)}"
    stage = NOTHING
    if first:
        stage = format_html('{} {} <span class="muted">{}</span>', stage_no(first.code), first.name, first.department)
        stage = format_html("{} {}", stage, slow(first.slow)) if first.slow else stage
    since = _("%(n)s days since start") % {"n": row.gross_days} if row.gross_days is not None else ""
    bar = ""
    if first and first.limit is not None and project.light != "idle":
        bar = netbar(first.net, first.limit, first.light, row=True, width=96)
    return format_html(
        '<li data-href="{}" class="{}"><div class="item-line">{}<span class="small muted">{}</span></div>'
        '<a class="item-name" href="{}">{}</a>'
        '<div class="item-line"><span>{}</span><span class="small muted nowrap">{}</span></div>{}{}</li>',
        *(url, row.tint, light(project.light, text=over), until, url, project.name, stage, since, bar),
        format_html('<div class="item-line">{}</div>', lacks(row)) if row.lacks else "",
    )
