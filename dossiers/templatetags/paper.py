"""Template tags of papers: typesetting, dates as documents write them, QR codes. No queries."""

from datetime import date, datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import is_aware, localtime

from dossiers import fonts, qr, typography

register = template.Library()


@register.filter(name="set")
def set_(text) -> SafeString:
    """Typeset what people typed: full-width marks, adjoining marks squeezed, numbers kept with units."""
    return typography.typeset(text)


@register.filter
def name(text) -> SafeString:
    """A person's or enterprise's name: wholly in the fallback font if the first one lacks a character of it."""
    text = str(text or "")
    return format_html('<span class="rare">{}</span>' if fonts.lacks(text) else "{}", text)


@register.filter
def longdate(day) -> str:
    """2026年6月18日, as documents write it; a dash for None."""
    if isinstance(day, datetime) and is_aware(day):
        day = localtime(day)
    return f"{day.year}年{day.month}月{day.day}日" if isinstance(day, date) else "—"


@register.simple_tag
def qr_code(text, label="") -> SafeString:
    """A QR code as inline SVG; CSS gives its size."""
    return qr.qr_svg(text, label)
