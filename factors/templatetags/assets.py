"""Template filters of energy forms, parcels and trades: coal equivalent, land, money, plain numbers. No queries."""

from decimal import Decimal

from django import template

from factors import quantity, yuan
from factors.energy_inputs import plain as plain_text

register = template.Library()


@register.filter
def tce(kgce) -> str:
    """Show kilograms of coal equivalent as tonnes, to the kilogram: 12345 -> 12.345."""
    return "—" if kgce is None else f"{Decimal(kgce).scaleb(-3):,.3f}"


@register.filter
def mu(area) -> str:
    """Show an area of the ledger in 亩, cut to one decimal."""
    return "—" if area is None else quantity.show(area, "land", "mu")


@register.filter
def mu_exact(area) -> str:
    """Show an area of the ledger in 亩 with every digit, and the unit."""
    return quantity.exact(area, "land", "mu")


@register.filter
def money(fen) -> str:
    """Show 分 as yuan with two decimals: 123456 -> 1,234.56."""
    return "—" if fen is None else yuan.show(fen)


@register.filter
def plain(value) -> str:
    """Show a number without needless zeros, thousands with commas; blank for nothing."""
    if value in (None, ""):
        return ""
    text = plain_text(Decimal(value))
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}{point}{rest}"


@register.filter
def get(mapping, key):
    """Return what a dict holds under a key."""
    return mapping.get(key)
