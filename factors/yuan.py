"""Money as whole 分: read exactly from what people type, shown with two decimals. Pure, no floats."""

import re
import unicodedata

MOST_FEN = 2**63 - 1
FORM = re.compile(r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.(?P<part>[0-9]+))?(?P<times>万|亿)?元?")
TIMES = {"万": 4, "亿": 8, None: 0}


class YuanError(ValueError):
    """Text that is no amount of money. `code`: not_money, finer_than_fen, too_much."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


def parse(text: str) -> int:
    """Return 分 for “1,234.56”, “1.2万元”, “¥80”. Raises YuanError; never rounds."""
    plain = unicodedata.normalize("NFKC", text).replace(" ", "").lstrip("¥￥")
    match = FORM.fullmatch(plain) if len(plain) < 40 else None
    if match is None:
        raise YuanError("not_money")
    part = match["part"] or ""
    digits = int(match["whole"].replace(",", "") + part)
    shift = TIMES[match["times"]] + 2 - len(part)
    fen, rest = (digits * 10**shift, 0) if shift >= 0 else divmod(digits, 10**-shift)
    if rest:
        raise YuanError("finer_than_fen")
    if fen > MOST_FEN:
        raise YuanError("too_much")
    return fen


def show(fen: int) -> str:
    """Return 分 as yuan: 123456 -> 1,234.56."""
    sign = "\u2212" if fen < 0 else ""
    whole, part = divmod(abs(fen), 100)
    return f"{sign}{whole:,}.{part:02d}"
