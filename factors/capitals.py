"""Amounts in the capital numerals of Chinese vouchers (大写), and their digits column by column. Pure."""

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")
COLUMNS = ("亿", "千", "百", "十", "万", "千", "百", "十", "个")
DECIMALS = 3


def _group(number: int) -> str:
    """Return up to four digits; zeros inside are said once, zeros at the end not at all."""
    text, zero = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            text += ("零" if zero and text else "") + DIGITS[digit] + PLACES[place]
            zero = False
        else:
            zero = True
    return text


def capitals(figure: str) -> str:
    """Return a plain decimal ("10,600.5") in capital numerals: 壹万零陆佰点伍. At most sixteen whole digits."""
    whole, _point, fraction = figure.replace(",", "").partition(".")
    number = int(whole or "0")
    parts, gap = [], False
    for place in range(len(GROUPS) - 1, -1, -1):
        part = number // 10 ** (4 * place) % 10_000
        if part:
            if parts and (gap or part < 1000):
                parts.append("零")
            parts.append(_group(part) + GROUPS[place])
            gap = False
        elif parts:
            gap = True
    text = "".join(parts) or "零"
    fraction = fraction.rstrip("0")
    return text + ("点" + "".join(DIGITS[int(digit)] for digit in fraction) if fraction else "")


def columns(figure: str) -> tuple[list[str], list[str]] | None:
    """Return the digits of a plain decimal in their columns, blanks in front; None where it does not fit."""
    whole, _point, fraction = figure.replace(",", "").partition(".")
    fraction = fraction.rstrip("0")
    if len(whole) > len(COLUMNS) or len(fraction) > DECIMALS:
        return None
    return list(whole.rjust(len(COLUMNS))), list(fraction.ljust(DECIMALS, "0"))
