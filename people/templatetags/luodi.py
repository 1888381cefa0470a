"""Template tags of the look: lights, bars, numbers, icons and form fields. No queries, no inline style (strict CSP)."""

import html
import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from django import template
from django.http import QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import is_aware, localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from people.icons import ICONS, SHAPES
from people.markup import format_html

register = template.Library()

DASH = "—"
WORDS = {
    "statutory": _("Over statutory limit"),
    "red": _("Overdue"),
    "blocked": _("Blocked"),
    "amber": _("Due soon"),
    "green": _("Normal"),
    "stopped": _("Stopped"),
    "stale": _("Stale"),
    "done": _("Decided"),
    "idle": _("Not started"),
}
# (part over the limit, part under the limit): colours of the small bar
BAR_COLOURS = {
    "statutory": ("#7a1630", "#bb8c98"),
    "red": ("#c62f2f", "#e09a9a"),
    "blocked": ("#c62f2f", "#64748b"),
    "amber": ("#c62f2f", "#c98a00"),
    "green": ("#c62f2f", "#1b7f4d"),
    "done": ("#c62f2f", "#8fb0a0"),
}
BAR_DEFAULT = ("#c62f2f", "#8796a8")


def decimal_of(value) -> Decimal | None:
    """Return the number as Decimal, None for None, an empty string or what is no number."""
    if isinstance(value, Decimal):
        return value
    try:
        return None if value in (None, "") else Decimal(str(value))
    except InvalidOperation:
        return None


def one_decimal(value) -> str:
    """Return working days with exactly one decimal, as every page shows them; a dash when unknown."""
    number = decimal_of(value)
    return DASH if number is None else f"{number:.1f}"


def short_limit(value) -> str:
    """Return a limit without needless zeros: 5, 49.5."""
    number = decimal_of(value)
    return DASH if number is None else f"{number:.1f}".removesuffix(".0")


@register.simple_tag
def light(value, text="", big=False, shape_only=False) -> SafeString:
    """Render a light as colour, shape and word.

    `value` is a member or value of approvals.lights.Light; an unknown one shows as not started. `text` replaces the
    word ("超期 3.0 日"). `shape_only` hides the word from the eye but not from a screen reader: only where the word
    stands nearby.
    """
    code = str(getattr(value, "value", value) or "idle")
    code = code if code in SHAPES else "idle"
    if text in (None, ""):
        return _usual_light(code, bool(big), bool(shape_only), get_language())
    return _light(code, text, big, shape_only)


def _light(code: str, word, big: bool, shape_only: bool) -> SafeString:
    return format_html(
        '<span class="light light-{}{}">{}<span{}>{}</span></span>',
        code,
        " light-big" if big else "",
        _shape(code, big),
        mark_safe(' class="sr-only"') if shape_only else "",
        word,
    )


@lru_cache
def _usual_light(code: str, big: bool, shape_only: bool, language: str | None) -> SafeString:
    """Return a light with its own word: a list shows some of them a hundred times. `language` is what it is kept by."""
    return _light(code, WORDS[code], big, shape_only)


@lru_cache
def _shape(code: str, big: bool) -> SafeString:
    drawing, width = SHAPES[code]
    scale = 1.3 if big else 1
    return format_html(
        '<svg width="{}" height="{}" viewBox="0 0 {} 12" aria-hidden="true" focusable="false">{}</svg>',
        round(width * scale),
        round(12 * scale),
        width,
        mark_safe(drawing),  # a constant of people/icons.py
    )


@register.simple_tag
def netbar(used, limit, light="", row=False, width=112) -> SafeString:
    """Render net working days used against the committed limit, "8.0/5", with a bar.

    The full width is twice the limit, so the tick stands in the middle of every bar and bars compare down a column.
    More than twice the limit ends in a double chevron. Without a limit only the number shows. `row`: number beside it.
    """
    code = str(getattr(light, "value", light) or "")
    return _netbar(decimal_of(used), decimal_of(limit), code, bool(row), width, get_language())


@lru_cache(maxsize=2048)
def _netbar(net: Decimal | None, most: Decimal | None, code: str, row: bool, width: int, language) -> SafeString:
    """Draw it once for the same days: a list has few different ones. `language` is what it is kept by."""
    text = f"{one_decimal(net)}/{short_limit(most)}" if most is not None else one_decimal(net)
    if net is None or not most or most <= 0:
        return format_html('<span class="netbar">{}</span>', text)
    over_colour, under_colour = BAR_COLOURS.get(code, BAR_DEFAULT)
    half = width / 2
    under = round(float(min(net, most) / most) * half, 1)
    over = round(float(min(max(net - most, Decimal(0)), most) / most) * half, 1)
    if over and code not in ("red", "statutory"):  # the part under the limit steps back where there is a part over it
        under_colour = BAR_COLOURS["red"][1]
    parts = [f'<path d="M0 3h{width}v5H0z" fill="#eceff3"/>', f'<path d="M0 3h{under}v5H0z" fill="{under_colour}"/>']
    if over:
        parts.append(f'<path d="M{half:g} 3h{over}v5h-{over}z" fill="{over_colour}"/>')
    if net > 2 * most:
        parts.append(
            f'<path d="M{width - 6} 2.5l3 3-3 3M{width - 3} 2.5l3 3-3 3" fill="none" stroke="#fff" stroke-width="1"/>'
        )
    parts.append(f'<path d="M{half - 0.75:g} 1h1.5v9h-1.5z" fill="#1b2430"/>')
    label = translate("net %(used)s of %(limit)s committed working days") % {
        "used": one_decimal(net),
        "limit": short_limit(most),
    }
    return format_html(
        '<span class="netbar{}"><span>{}</span><svg width="{}" height="11" viewBox="0 0 {} 11" role="img" '
        'aria-label="{}">{}</svg></span>',
        " netbar-row" if row else "",
        text,
        width,
        width,
        label,
        mark_safe("".join(parts)),  # only numbers and constants
    )


@register.simple_tag
def days(value) -> str:
    """Show working days with one decimal; a dash for None."""
    return one_decimal(value)


@register.filter(name="days")
def days_filter(value) -> str:
    """Show working days with one decimal; a dash for None."""
    return one_decimal(value)


@register.simple_tag
def icon(name, size=16, label="") -> SafeString:
    """Render a line icon of people/icons.py in the current colour. Raises KeyError for an unknown name.

    Without `label` the icon is decoration and hidden from screen readers.
    """
    hidden = mark_safe('aria-hidden="true"') if not label else format_html('role="img" aria-label="{}"', label)
    return format_html(
        '<svg width="{0}" height="{0}" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.4" '
        'stroke-linecap="round" stroke-linejoin="round" focusable="false" {1}><path d="{2}"/></svg>',
        size,
        hidden,
        ICONS[name],
    )


CURRENT = mark_safe(' aria-current="page"')


@register.simple_tag
def menu_links(entries, size=0) -> SafeString:
    """Render the entries of a menu (`people.context.entries`) as links, with their icons where a `size` is given."""
    return SafeString("".join([_menu_link(entry, size) for entry in entries]))


def _menu_link(entry, size) -> SafeString:
    here = CURRENT if entry["current"] else ""
    drawn = icon(entry["icon"], size) if size else ""
    return format_html('<a href="{}"{}>{}{}</a>', entry["url"], here, drawn, entry["label"])


@register.simple_tag
def options(rows) -> SafeString:
    """Render <option>s from (value, label) or (value, label, selected) rows, ten times as fast as a template loop."""
    escape = html.escape
    return mark_safe(
        "".join(
            f'<option value="{escape(str(value))}"{" selected" if on and on[0] else ""}>{escape(str(label))}</option>'
            for value, label, *on in rows
        )
    )


@register.simple_tag
def ticks(name, rows) -> SafeString:
    """Render check boxes called `name` from (value, label, checked) rows."""
    start = f'<label><input type="checkbox" name="{html.escape(name)}" value="'
    return mark_safe(
        "".join(
            f'{start}{html.escape(str(value))}"{" checked" if on else ""}> {html.escape(str(label))}</label>'
            for value, label, on in rows
        )
    )


@register.inclusion_tag("_parts/field.html")
def field(bound, label="", wide=False, unit="") -> dict:
    """Render a bound form field with its label, required mark, help and errors. `wide` spans the form's columns."""
    widget = bound.field.widget
    return {
        "field": bound,
        "label": label or bound.label,
        "wide": wide,
        "unit": unit,
        "required": bound.field.required,
        "grouped": widget.use_fieldset,
        "checkbox": getattr(widget, "input_type", "") == "checkbox" and not widget.use_fieldset,
    }


@register.simple_tag(takes_context=True)
def query_with(context, **changes) -> str:
    """Return the current query string with changes: None or "" removes a key, a list sets several values.

    The result starts with "?" and is never empty, so `href="{% query_with cursor=None %}"` stays on the page.
    """
    request = context.get("request")
    query = request.GET.copy() if request else QueryDict(mutable=True)
    for key, value in changes.items():
        if value is None or value == "":
            query.pop(key, None)
        elif isinstance(value, (list, tuple)):
            query.setlist(key, value)
        else:
            query[key] = value
    return "?" + query.urlencode()


@register.filter
def moneyyi(value) -> str:
    """Show an amount in 万元 (ten thousand yuan) as 亿元 (hundred million) with two decimals: 18426000 -> 1,842.60."""
    number = decimal_of(value)
    return DASH if number is None else f"{number / 10000:,.2f}"


@register.filter
def thousands(value) -> str:
    """Show a number with its own decimals and commas between thousands: 2680.40 -> 2,680.40; a dash for nothing."""
    number = decimal_of(value)
    return DASH if number is None else f"{number:,f}"


@register.filter
def mmdd(value, within=None) -> str:
    """Show a date as MM-DD when it lies in the year given (a date, a datetime or a year), else as YYYY-MM-DD."""
    if not isinstance(value, date):
        return DASH
    if isinstance(value, datetime) and is_aware(value):
        value = localtime(value)
    year = within.year if isinstance(within, date) else decimal_of(within)
    return value.strftime("%m-%d") if year is not None and value.year == year else value.strftime("%Y-%m-%d")


UNBROKEN = re.compile(
    r"(?:\d{4}-)?\d{2}-\d{2}(?: \d{2}:\d{2})?"
    r"|\d[\d,.]*(?:/\d[\d.]*)? ?(?:个工作日|工作日|自然日|个|日|天|条|项|次|%|days?\b)"
)


@register.filter
def unbroken(text) -> SafeString:
    """Escape a sentence and keep its dates, and its numbers with their units, on one line each."""
    words, at, parts = str(text), 0, []
    for found in UNBROKEN.finditer(words):
        parts += [escape(words[at : found.start()]), format_html('<span class="nowrap">{}</span>', found[0])]
        at = found.end()
    return mark_safe("".join([*parts, escape(words[at:])]))


@register.simple_tag
def url_or_blank(name, *args, **kwargs) -> str:
    """Return the address of a named page, or "" when this installation does not have it."""
    try:
        return reverse(name, args=args, kwargs=kwargs)
    except NoReverseMatch:
        return ""
