"""Template tags of the leaders' page: bars, words of causes and changes, the squares of readiness. No queries."""

from decimal import Decimal

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cockpit import chains, gauges, week
from factors import quantity

register = template.Library()

TAGS = {
    "energy": pgettext_lazy("tag", "Energy"),
    "water": pgettext_lazy("tag", "Water"),
    "land": pgettext_lazy("tag", "Land"),
    "emission": pgettext_lazy("tag", "Emission"),
    "utility": pgettext_lazy("tag", "Utility"),
    "other": pgettext_lazy("tag", "Other"),
    "park": pgettext_lazy("tag", "Park"),
    "stage": pgettext_lazy("tag", "Stage"),
}
STATES = {
    gauges.SHORT: ("blocked", gettext_lazy("short")),
    gauges.TIGHT: ("amber", gettext_lazy("tight")),
    gauges.ENOUGH: ("green", gettext_lazy("enough")),
    gauges.USED_UP: ("", gettext_lazy("used up")),
}
CHANGES = {
    week.FREED: ("arrow-up", gettext_lazy("Freed")),
    week.DECIDED: ("check", gettext_lazy("Decided")),
    week.BLOCKED: ("plus", gettext_lazy("New")),
    week.RED: ("alert", gettext_lazy("Turned red")),
    week.POOL: ("arrow-right", gettext_lazy("Pool moved")),
}


@register.filter
def tag(group) -> str:
    """Return the short word of a factor group, of a park's utility, or of a stage."""
    return TAGS.get(group, group)


@register.filter
def yi(wan, digits=1) -> str:
    """Show 万元 as 亿元 with one decimal: 3164000 -> 316.4; a dash for nothing known."""
    return "—" if wan is None else f"{Decimal(wan) / 10000:,.{digits}f}"


@register.simple_tag
def gauge(one, dark=False) -> SafeString:
    """Draw the bar of a pool."""

    def said(amount, up=False):
        kind = one.book.kind
        return quantity.show(amount, kind.family, kind.unit, up=up, with_unit=True)

    label = _("confirmed %(confirmed)s, reserved %(reserved)s, available %(available)s, asked for %(waiting)s") % {
        "confirmed": said(one.confirmed),
        "reserved": said(one.reserved),
        "available": said(one.available),
        "waiting": said(one.waiting, up=True),
    }
    return mark_safe(
        gauges.bar(one.granted, one.confirmed, one.reserved, one.available, one.beyond, escape(label), dark=dark)
    )


@register.simple_tag
def gauge_sample(part) -> SafeString:
    """Draw the sample of a part of a bar for the legend."""
    if part == "beyond":
        inner = '<path d="M1 1h12v8H1z" fill="none" stroke="#c62f2f" stroke-width="1.5" stroke-dasharray="3 2"/>'
    elif part == "confirmed":
        inner = '<path d="M0 0h14v10H0z" fill="#3d4b5f"/>'
    elif part == "reserved":
        inner = '<path d="M.5 .5h13v9H.5z" fill="#fff" stroke="#2b3442"/><path d="M0 8L8 0M4 10L13 1M9 10l5-5" '
        inner += 'stroke="#3d4b5f" stroke-width="1.6"/>'
    else:
        inner = '<path d="M.75 .75h12.5v8.5H.75z" fill="#fff" stroke="#2b3442" stroke-width="1.5"/>'
    return mark_safe(f'<svg width="14" height="10" viewBox="0 0 14 10" aria-hidden="true">{inner}</svg>')


@register.filter
def gauge_light(state) -> str:
    """Return the light whose shape a state borrows, "" for none."""
    return STATES[state][0]


@register.filter
def gauge_word(state) -> str:
    """Return the word of a state."""
    return STATES[state][1]


@register.simple_tag
def stock_bar(segments) -> SafeString:
    """Draw land approved and not supplied, by years."""
    texts = [hectares(segment.area) for segment in segments]
    label = ", ".join(f"{segment.label}: {text} ha" for segment, text in zip(segments, texts, strict=True))
    return mark_safe(gauges.stock_bar(segments, [escape(text) for text in texts], escape(label)))


@register.filter
def hectares(area) -> str:
    """Show an area of the ledger in hectares, one decimal, cut downwards."""
    return quantity.format(area, "land", "ha", decimals=1)


@register.filter
def total_area(segments) -> int:
    """Return the whole area of the segments."""
    return sum(segment.area for segment in segments)


@register.simple_tag
def chain_bar(row, scale) -> SafeString:
    """Draw the length of a chain beside the benchmark."""
    path = _("critical path %(days)s") % {"days": row.path}
    real = _("real %(days)s") % {"days": row.real} if row.real is not None else ""
    label = _("%(code)s: sum %(sum)s working days, %(path)s") % {"code": row.code, "sum": row.total, "path": path}
    return mark_safe(chains.bar(row, scale, *(escape(text) for text in (label, path, real))))


@register.filter
def change_icon(what) -> str:
    """Return the icon of a change."""
    return CHANGES[what][0]


@register.filter
def change_word(what) -> str:
    """Return the word of a change."""
    return CHANGES[what][1]


SQUARES = {
    "in_service": ("on", gettext_lazy("in service")),
    "building": ("half", gettext_lazy("being built")),
    "not_started": ("off", gettext_lazy("not started")),
    "out_of_service": ("off", gettext_lazy("out of service")),
    "not_required": ("free", gettext_lazy("not required")),
}


@register.simple_tag
def square(row) -> SafeString:
    """Draw one utility of a park: filled, half, dashed, dotted (old) or struck, with its character and its words."""
    look, word = SQUARES[row.status]
    if row.stale:
        look, word = f"{look} old", _("%(state)s, not verified for long") % {"state": word}
    return format_html(
        '<span class="sq sq-{}" role="img" aria-label="{}: {}" title="{}: {}">{}</span>',
        look.replace(" ", " sq-"),
        row.item.name,
        word,
        row.item.name,
        word,
        row.item.mark,
    )


@register.simple_tag
def squares(holder) -> SafeString:
    """Draw a department's overdue stages: a double square for statutory, a square for each other, ten at most."""
    shapes, x = [], 0
    for _number in range(min(holder.statutory, 6)):
        shapes.append(f'<path d="M{x} 0h7v12h-7zM{x + 8} 0h7v12h-7z" fill="#7a1630"/>')
        x += 19
    for _number in range(min(holder.red, max(0, 10 - holder.statutory))):
        shapes.append(f'<path d="M{x} 0h12v12h-12z" fill="#c62f2f"/>')
        x += 15
    label = _("%(statutory)s over the statutory limit, %(red)s overdue") % {
        "statutory": holder.statutory,
        "red": holder.red,
    }
    return format_html(
        '<svg width="{0}" height="12" viewBox="0 0 {0} 12" role="img" aria-label="{1}">{2}</svg>',
        max(x, 1),
        label,
        mark_safe("".join(shapes)),
    )


@register.filter
def of(mapping, key):
    """Return what a mapping holds under a key, 0 for nothing."""
    return mapping.get(key, 0)


@register.simple_tag
def listing(scope, stuck=False, **conditions) -> str:
    """Return the query of the project list for a scope and conditions; a condition of several values is a tuple."""
    pairs = []
    for name, value in conditions.items():
        if value not in (None, ""):
            pairs += [(name, one) for one in (value if isinstance(value, (list, tuple)) else [value])]
    return scope.query(*pairs, stuck=stuck)
