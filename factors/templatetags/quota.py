"""Template tags of quota: amounts in the unit of their factor, and the two bars. No queries."""

from django import template
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from factors import bars, pages, quantity

register = template.Library()
ZERO = mark_safe('<span class="zero">0</span>')


def _kind(of):
    """Return the factor of a factor, book, account or demand."""
    for step in ("book", "kind"):
        of = getattr(of, step, of) if not hasattr(of, "family") else of
    return of


@register.filter
def qty(amount, of) -> str:
    """Show smallest units in the factor's own unit, with every digit; `of` is a factor, book, account or demand.

    Figures that stand together add up as they are shown. Where `of` has `digits` (`quantity.digits`), all have as many.
    """
    return _shown(amount, of, up=False)


@register.filter
def qty_up(amount, of) -> str:
    """Show what is missing or needed; where no number of digits is exact, never less than it is."""
    return _shown(amount, of, up=True)


def _shown(amount, of, up: bool) -> str:
    if amount is None or amount == "":
        return "—"
    kind = _kind(of)
    digits = getattr(of, "digits", None)
    if digits is not None:
        return quantity.format(amount, kind.family, kind.unit, decimals=digits, up=up)
    return quantity.every_digit(amount, kind.family, kind.unit, up=up)


@register.filter
def qty_short(amount, of) -> str:
    """Show an amount with the unit's own number of decimals, cut downwards: for leaders' bars, where nobody adds up."""
    kind = _kind(of)
    return quantity.show(amount, kind.family, kind.unit)


@register.filter
def qty_short_up(amount, of) -> str:
    """Show what is needed as `qty_short` does, cut upwards."""
    kind = _kind(of)
    return quantity.show(amount, kind.family, kind.unit, up=True)


@register.filter
def qty_exact(amount, of) -> str:
    """Show every digit, with the unit."""
    kind = _kind(of)
    return quantity.exact(amount, kind.family, kind.unit)


@register.filter
def qty_unit(of) -> str:
    """Return the label of the unit in which a factor is shown."""
    kind = _kind(of)
    return quantity.family_of(kind.family).unit(kind.unit).label


@register.filter
def qty_unit_name(of) -> str:
    """Return the official name of the unit in which a factor is shown."""
    kind = _kind(of)
    return quantity.family_of(kind.family).unit(kind.unit).name


@register.filter
def qty_signed(amount, of) -> SafeString | str:
    """Show a change with its sign, a true minus; nothing for none."""
    if not amount:
        return ""
    text = _shown(abs(amount), of, up=False)
    return f"+{text}" if amount > 0 else f"{quantity.MINUS}{text}"


@register.filter
def qty_some(amount, of) -> str:
    """Show an amount, nothing for zero: the columns of a book stay blank where nothing moved."""
    return qty(amount, of) if amount else ""


@register.filter
def qty_or_zero(amount, of) -> SafeString | str:
    """Show what is missing, a faint 0 for nothing and for less than nothing."""
    return qty_up(amount, of) if amount and amount > 0 else ZERO


@register.filter
def qty_beyond(gap, of) -> str:
    """Show what a demand has more than it needs (a gap below zero); nothing for others."""
    return qty(-gap, of) if gap and gap < 0 else ""


@register.simple_tag
def structure_bar(figures, of) -> SafeString:
    """Draw how a pool's quota is used; full width is what was granted."""
    label = _("confirmed %(confirmed)s, reserved %(reserved)s, available %(available)s") % {
        "confirmed": qty(figures.confirmed, of),
        "reserved": qty(figures.reserved, of),
        "available": qty(figures.available, of),
    }
    return mark_safe(bars.structure(figures.confirmed, figures.reserved, figures.available, escape(label)))


@register.simple_tag
def balance_bar(figures, scales, of) -> SafeString:
    """Draw available against missing; `scales` holds the scale of each factor by its id."""
    kind = _kind(of)
    label = _("available %(available)s, missing %(missing)s") % {
        "available": qty(figures.available, of),
        "missing": qty_up(figures.gap, of),
    }
    return mark_safe(
        bars.balance(
            figures.available, figures.blocked_gap, figures.obtainable_gap, scales.get(kind.pk, 0), escape(label)
        )
    )


@register.simple_tag
def year_bar(line, scale, of) -> SafeString:
    """Draw a year's grants by origin; `scale` is the amount of a full width, one for all years."""
    issued = line.origins.get("issued", 0) + line.origins.get("moved", 0)
    return mark_safe(
        bars.year_bar(
            issued,
            line.origins.get("carried", 0),
            line.origins.get("recovered", 0),
            scale,
            escape(qty(line.total, of)),
        )
    )


@register.simple_tag
def swatch(name) -> SafeString:
    """Draw the sample of a bar's part for a legend: confirmed, reserved, available, blocked, obtainable."""
    size = 'width="14" height="10" viewBox="0 0 14 10" aria-hidden="true"'
    drawings = {
        "confirmed": f'<path d="M0 0h14v10H0z" fill="{bars.SOLID}"/>',
        "reserved": bars.hatch(0, 14, 10),
        "available": f'<path d="M.5 .5h13v9H.5z" fill="#fff" stroke="{bars.SOLID}"/>',
        "blocked": f'<path d="M0 0h14v10H0z" fill="{bars.INK}"/>',
        "obtainable": f'<path d="M.5 .5h13v9H.5z" fill="{bars.PALE}" stroke="{bars.AMBER}"/>',
        "carried": f'<path d="M.5 .5h13v9H.5z" fill="#fff" stroke="{bars.SOLID}"/>'
        f'<path d="M3 3h1M7 3h1M11 3h1M3 7h1M7 7h1M11 7h1" stroke="{bars.SOLID}" stroke-width="1.4"/>',
    }
    return format_html("<svg {}>{}</svg>", mark_safe(size), mark_safe(drawings[name]))


@register.inclusion_tag("factors/_section_nav.html", takes_context=True)
def quota_pages(context, present: str = ""):
    """Show links to the pages of the ledgers that the reader may open; `present`, else this address, is marked."""
    request = context["request"]
    return {"links": pages.links_for(request.user), "path": reverse(present) if present else request.path}
