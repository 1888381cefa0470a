"""Chinese typesetting that CSS of our engine does not do: marks, squeezing, and what must stay on one line. Pure.

`zh_text` is for text people typed (full-width marks between Han characters); `squeeze` pulls adjoining marks together;
`keep` holds a number with its unit, a short bracket, and the last four characters of a paragraph. `typeset` does all
three and escapes first: the result is safe HTML with two elements of our own, `<x-h>` and `<x-n>` (paper-fonts.css).
"""

import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

HAN = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
FULL = {",": "\uff0c", ";": "\uff1b", ":": "\uff1a", "?": "\uff1f", "!": "\uff01"}
_CLOSING = "\uff0c\u3002\uff1b\uff1a\u3001\uff01\uff1f\uff09\u300b\u3011\u201d\u2019\u3015\u300d\u300f"
_OPENING = "\uff08\u300a\u3010\u201c\u2018\u3014\u300c\u300e"
_AFTER = rf"(?<=[{HAN}\u201d\u300b\uff09\u3011])"
_AFTER_HAN = re.compile(rf"{_AFTER}([,;?!])(?=[{HAN}{_OPENING}\s\d]|$)[ ]?")
_COLON = re.compile(rf"{_AFTER}:(?!//)[ ]?")
_STOP = re.compile(rf"{_AFTER}\.(?=$|\s)")
_ROUND = re.compile(rf"\(([^()]*[{HAN}][^()]*)\)")
_DOTS = re.compile(r"\.{3,}|\u3002{3,}|\u2026{1,2}")
_PAIR = re.compile(rf"[{_CLOSING}](?=[{_CLOSING}{_OPENING}])|(?<=[{_OPENING}])[{_OPENING}]")
_UNIT = re.compile(
    r"(?<![A-Za-z0-9_.&#])(?:\d{4}-\d\d-\d\d(?!\d)|"  # a day, or a number with its unit
    r"[<≤≥约]?-?\d[\d,.]*(?:[ \u00a0]?(?:万千瓦时|万立方米|万吨标煤|千瓦时|吨标准煤|吨标煤|"
    r"个工作日|工作日|平方米|立方米|公顷|亿元|万元|万吨|兆伏安|千瓦|小时|分钟|公里|亩|吨|元|天|日|个|项|家|人|次|年|月|页|%|MW|kV|km|GWh))?)"
)
_BRACKET = re.compile(r"\uff08[^\uff08\uff09]{1,10}\uff09|\u3014[^\u3014\u3015]{1,10}\u3015[0-9]*号?")
_TAIL = re.compile(rf"([{HAN}]{{3}}[{HAN}\u3002\uff1b;!\uff1f)\uff09]{{1,2}})$")


def zh_text(text: str) -> str:
    """Return typed text with full-width marks beside Han characters. Codes and addresses stay as they are."""
    text = _ROUND.sub("\uff08\\1\uff09", text)
    text = _AFTER_HAN.sub(lambda found: FULL[found.group(1)], text)
    text = _COLON.sub("\uff1a", text)
    text = _STOP.sub("。", text)
    return _DOTS.sub("……", text) if re.search(rf"[{HAN}]", text) else text


def squeeze(html: str) -> str:
    """Return escaped text with marks that adjoin set at half width."""
    return _PAIR.sub(lambda found: f"<x-h>{found.group()}</x-h>", html)


def keep(html: str) -> str:
    """Return escaped text whose numbers keep their unit, whose short brackets hold, and that has no orphan."""

    def held(found: re.Match) -> str:
        whole = found.group()
        return f"<x-n>{whole}</x-n>" if len(whole) > 2 else whole

    parts = re.split(r"(<[^>]+>)", html)
    for number, part in enumerate(parts):
        if not part.startswith("<"):
            pieces = re.split(f"({_BRACKET.pattern})", part)
            parts[number] = "".join(
                held(re.fullmatch(_BRACKET, piece)) if re.fullmatch(_BRACKET, piece) else _UNIT.sub(held, piece)
                for piece in pieces
                if piece
            )
    if parts and not parts[-1].startswith("<"):
        parts[-1] = _TAIL.sub(r"<x-n>\1</x-n>", parts[-1])
    return "".join(parts)


def typeset(text) -> SafeString:
    """Return any text escaped, with marks normalised, squeezed and kept together. None is empty."""
    return mark_safe(keep(squeeze(escape(zh_text("" if text is None else str(text))))))


def balanced(text: str, width: int) -> list[str]:
    """Return `text` in as few lines of at most `width` characters as it needs, about equally long.

    For titles of official papers (CSS has no balancing here). Breaks before 的, 关于 and after marks are preferred.
    """
    lines = -(-len(text) // width)
    if lines <= 1:
        return [text]
    found, rest = [], text
    while lines > 1:
        aim, least = -(-len(rest) // lines), max(2, len(rest) - width * (lines - 1))
        spots = [spot for spot in range(max(least, aim - 4), min(width, aim + 4) + 1) if _may_break(rest, spot)]
        good = [one for one in spots if rest[one - 1] in "\u3001\uff0c的及和" or rest[:one].endswith("公司")]
        spot = min(good or spots or [aim], key=lambda one: abs(one - aim))
        found.append(rest[:spot])
        rest, lines = rest[spot:], lines - 1
    return [*found, rest]


def _may_break(text: str, spot: int) -> bool:
    if not 0 < spot < len(text) or text[spot] in _CLOSING + "的" or text[spot - 1] in _OPENING:
        return False
    return not (re.match(r"[0-9A-Za-z]", text[spot]) and re.match(r"[0-9A-Za-z]", text[spot - 1]))


def cut(text: str, width: int, more: str = "…") -> str:
    """Return `text` of at most `width` characters, cut at a mark if one is in the last third, never inside a number.

    Only for free text: names of enterprises and people, amounts, dates and codes are never cut.
    """
    if len(text) <= width:
        return text
    short = text[: max(1, width - len(more))]
    marks = [
        spot for spot in range(len(short) * 2 // 3, len(short)) if short[spot] in "\uff0c\u3002\uff1b\u3001\uff1a,; "
    ]
    if marks:
        return short[: marks[-1]] + more
    while len(short) > 1 and re.match(r"[0-9A-Za-z.,]", short[-1]) and re.match(r"[0-9A-Za-z.,]", text[len(short)]):
        short = short[:-1]
    return short + more
