"""Template tags of the unlock planner: its two bars, and a few look-ups. No queries."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from factors import quantity
from factors.bars import SOLID

register = template.Library()
WIDTH = 80


@register.filter
def at(mapping, key) -> str:
    """Return what a mapping holds under a key, "" for nothing."""
    return mapping.get(key, "")


@register.filter
def sources(column, part) -> str:
    """Name what an assumed amount is made of: each source with its amount and day, in one line."""
    entries = [entry for entry in column.row["from"] if entry[0] == part]
    return "；".join(
        f"{name} {quantity.show(amount, column.row['family'], column.row['unit'])} {on}".strip()
        for _part, name, amount, on in entries
    )


@register.simple_tag
def used_bar(column) -> SafeString:
    """Draw how much of a limit is taken: solid for taken, empty for left."""
    width = WIDTH * column.percent // 100
    return format_html(
        '<svg class="used-bar" viewBox="0 0 {0} 7" preserveAspectRatio="none" role="img" aria-label="{1}">'
        '<path d="M.5 .5h{2}v6h-{2}z" fill="#fff" stroke="{3}"/><path d="M0 0h{4}v7h-{4}z" fill="{3}"/></svg>',
        WIDTH,
        _("%(n)d %% taken") % {"n": column.percent},
        WIDTH - 1,
        SOLID,
        width,
    )


@register.simple_tag
def beside_bar(name, width) -> SafeString:
    """Draw the value of the plan (solid), of the simple queue (hatched) or of the linear bound (empty)."""
    box = f'<path d="M.5 .5h{max(width, 2) - 1}v9h-{max(width, 2) - 1}z" fill="#fff" stroke="{SOLID}"/>'
    if name == "plan":
        box = f'<path d="M0 0h{max(width, 2)}v10h-{max(width, 2)}z" fill="{SOLID}"/>'
    elif name == "queue":
        lines = "".join(f"M{x} 10l8 -10" for x in range(0, max(0, width - 8), 6))
        box += f'<path d="{lines}" stroke="{SOLID}" stroke-width="1.4" fill="none"/>'
    return mark_safe(f'<svg width="150" height="10" viewBox="0 0 150 10" aria-hidden="true">{box}</svg>')
