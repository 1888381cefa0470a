"""Template tags of parks: amounts, status squares, bars of use, needs on the axis. No queries."""

from decimal import Decimal

from django import template
from django.utils.formats import date_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from gis import readiness_svg

register = template.Library()
ZERO = Decimal(0)
MINUS = "−"


@register.filter
def amount(value) -> str:
    """Show an amount in the unit of its item: thousands apart, no needless zeros, a true minus; a dash for none."""
    if value is None or value == "":
        return "—"
    number = Decimal(value).normalize()
    digits = max(0, -number.as_tuple().exponent)
    text = f"{abs(number):,.{digits}f}"
    return f"{MINUS}{text}" if number < 0 else text


@register.simple_tag
def status_square(row, size=14) -> SafeString:
    """Draw the status of a board row; the word stands beside it."""
    return mark_safe(readiness_svg.square(row.status, stale=row.stale, size=size))  # constants only


@register.simple_tag
def square_of(status, stale=False) -> SafeString:
    """Draw a status by its code, for legends and reports."""
    return mark_safe(readiness_svg.square(str(status), stale=stale))


@register.simple_tag
def usage_bar(row, asked=None) -> SafeString | str:
    """Draw how a utility is used and what is asked for; words where it has no capacity."""
    utility = row.row
    if utility is None or utility.capacity is None or not row.item.measured or row.status == "not_required":
        return ""
    used, committed, asked = utility.used or ZERO, utility.committed or ZERO, asked or ZERO
    label = _("capacity %(capacity)s, used %(used)s, signed for %(signed)s, asked for %(asked)s %(unit)s") % {
        "capacity": amount(utility.capacity),
        "used": amount(used),
        "signed": amount(committed),
        "asked": amount(asked),
        "unit": row.item.unit,
    }
    return mark_safe(readiness_svg.usage(utility.capacity, used, committed, asked, escape(label)))


@register.simple_tag
def need_axis(today) -> SafeString:
    """Draw the months of the axis of needs."""
    return mark_safe(readiness_svg.axis(today))


@register.simple_tag
def need_line(gap, today) -> SafeString:
    """Draw a need: when it is needed, when it can be served."""
    if gap.ready_on is None:
        label = _("needed on %(needed)s, no date when it can be served") % {"needed": gap.needed_on.isoformat()}
    else:
        label = _("needed on %(needed)s, served on %(ready)s") % {
            "needed": gap.needed_on.isoformat(),
            "ready": gap.ready_on.isoformat(),
        }
    return mark_safe(readiness_svg.need(gap.needed_on, gap.ready_on, today, escape(label)))


@register.filter
def short_needs(needs) -> str:
    """Return the marks of the utilities a project is short of, each once: 供水、热."""
    return "、".join(dict.fromkeys(need.item.mark for need in needs))


@register.filter
def month(value) -> str:
    """Show a month as 2026-11."""
    return f"{value:%Y-%m}" if value else ""


@register.simple_tag
def completion_badge(completion) -> SafeString:
    """Show x/8: white where nothing lacks, navy where something does."""
    style = "ready-full" if completion.is_full else "ready-lacks"
    return format_html('<span class="ready {}">{}</span>', style, completion)


@register.filter
def month_name(value) -> str:
    """Show a month in words: 11月, November."""
    return date_format(value, pgettext("format of a month", "F")) if value else ""
