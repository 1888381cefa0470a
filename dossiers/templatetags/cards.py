"""Template tags of card and booklet: shortened texts with where the rest is, lights, meters, dates. No queries."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from dossiers import bar_svg, card, typography

register = template.Library()


@register.filter
def more(text, chapter="") -> SafeString:
    """Typeset a text of the card; what was cut says where the rest is: “…见册 §7”."""
    words = typography.typeset(getattr(text, "text", text))
    if not getattr(text, "cut", False):
        return words
    where = _("see booklet §%(n)s") % {"n": chapter} if chapter else _("see booklet")
    return format_html('{}…<small class="more">{}</small>', words, where)


@register.simple_tag
def lamp(light, text="") -> SafeString:
    """A light on paper: shape and word; colour comes third."""
    word = text if text not in (None, "") else light.word
    return format_html('<span class="lamp lamp-{}">{}{}</span>', light.code, shape(light.code), word)


@register.filter
def shape(code, ink="") -> SafeString:
    """The shape of a light alone; in `ink`, a colour, where its own would not show."""
    return mark_safe(bar_svg.shape(str(code), ink))  # constants only


@register.simple_tag
def meter(demand) -> SafeString:
    """The bar of a demand: confirmed solid, reserved hatched, missing white."""
    label = _("%(factor)s: confirmed %(confirmed)s, reserved %(reserved)s, missing %(gap)s") % {
        "factor": demand.factor,
        "confirmed": demand.confirmed,
        "reserved": demand.reserved,
        "gap": demand.gap,
    }
    return mark_safe(bar_svg.meter(demand.confirmed_share, demand.reserved_share, label))  # it escapes the label


@register.filter
def d(day) -> str:
    """A date as YYYY-MM-DD; a dash for none."""
    return card.iso(day)


@register.filter
def n1(number) -> str:
    """Days without a needless “.0”; a dash for none."""
    return card.DASH if number is None else bar_svg.days(number)


@register.filter
def yi(wan) -> str:
    """An amount in 万元 as 亿元."""
    return card.yi(wan)


@register.filter
def raw(svg) -> SafeString:
    """A drawing of ours, as it is: its texts are escaped where it is drawn."""
    return mark_safe(svg)


@register.filter
def cells(number) -> list[int]:
    """So many empty rows."""
    return list(range(number))


@register.filter
def get(mapping, key):
    """The value of a mapping."""
    return mapping.get(key, ())
