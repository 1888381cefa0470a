"""What people type into cells, turned into values. Pure: no database, no clock, nothing but the cell and its column.

A parser takes the raw cell (None, str, int, float, bool, date, datetime or a `Fault`) and a `Cell` with what is known
about its column, and returns the value or raises `BadCell` with a `Problem`: a message that names the value and shows
how to write it, and a suggestion where one is near. Messages are msgids with parameters, so that they are stored once
and read in any language. Readings that a person should see (a month read as its first day) go to `Cell.notes`.
"""

import contextlib
import difflib
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext
from django.utils.translation.trans_null import gettext_noop  # the plain one: marks a msgid, needs no settings

from projects import codes

CLEAR = ("清空", "clear")
"""What to write into a cell to empty the stored value: an empty cell leaves it as it is."""


@dataclass(frozen=True)
class Problem:
    """A sentence about a cell or a row: a msgid, its parameters, and what to write instead when that is near."""

    msgid: str
    params: dict = field(default_factory=dict)
    suggestion: str = ""

    def words(self) -> str:
        """Return the sentence in the active language."""
        return gettext(self.msgid) % self.params if self.params else gettext(self.msgid)

    def stored(self) -> dict:
        """Return the JSON form."""
        return {"msgid": self.msgid, "params": self.params, "suggestion": self.suggestion}

    @classmethod
    def from_stored(cls, stored: dict) -> "Problem":
        """Return the problem of a JSON form made by `stored`."""
        return cls(stored["msgid"], stored.get("params") or {}, stored.get("suggestion") or "")


class BadCell(ValueError):
    """The cell cannot be read; `.problem` says why and how to write it."""

    def __init__(self, msgid: str, suggestion: str = "", **params):
        self.problem = Problem(msgid, params, suggestion)
        super().__init__(msgid)


@dataclass(frozen=True)
class Fault:
    """A cell that holds an error of the spreadsheet program, such as #REF!."""

    code: str


@dataclass
class Cell:
    """What a parser may know about the column it reads, and where it leaves notes."""

    unit: str = ""
    """The unit named in the heading: 总投资（亿元） → 亿元."""
    epoch_1904: bool = False
    date_order: str = "ymd"
    """ymd, mdy or dmy: the order of dates written with slashes; only a mapping sets another than ymd."""
    notes: list = field(default_factory=list)

    def note(self, msgid: str, **params):
        """Remember a reading that a person should see."""
        self.notes.append(Problem(msgid, params))


# --- Text ------------------------------------------------------------------------------------

_SPACES = re.compile(r"[^\S\n]+")
_PLAIN = re.compile(r"[(-~][!-~]*(?: [!-~]+)*|[\u4e00-\u9fff]+")
"""Texts that need no tidying, which are nearly all."""
INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]")
_FULL_WIDTH = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_GUARDED = re.compile(r"'+[=+\-@\t\r\x00]")
"""The mark that an export puts before a text that a spreadsheet would run as a formula."""


def tidy(raw) -> str:
    """Return the cell as text a person would call the same: full-width letters and digits made half-width, NBSP and
    runs of spaces one space, no invisible characters, no lone surrogates, without the export's formula guard.

    Chinese punctuation stays as typed. Numbers lose a trailing `.0`.
    """
    if raw is None:
        return ""
    if isinstance(raw, Fault):
        return raw.code
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, float):
        return _number_text(raw)
    if isinstance(raw, datetime):
        return raw.date().isoformat() if not (raw.hour or raw.minute or raw.second) else raw.isoformat(" ")
    if isinstance(raw, date):
        return raw.isoformat()
    if _PLAIN.fullmatch(raw := str(raw)):
        return raw
    text = unguard(raw).replace("\r\n", "\n").replace("\r", "\n").replace("_x000D_", "")
    text = text.encode("utf-8", "ignore").decode("utf-8")
    text = INVISIBLE.sub("", text).translate(_FULL_WIDTH)
    return "\n".join(_SPACES.sub(" ", line).strip() for line in text.split("\n")).strip()


def unguard(text: str) -> str:
    """Return `text` without the apostrophe that `guard` put in front of a text like a formula."""
    return text[1:] if _GUARDED.match(text) else text


def guard(text: str) -> str:
    """Return `text` safe to open in a spreadsheet: what begins with = + - @ TAB CR or NUL gets an apostrophe.

    `unguard(guard(text)) == text` for every text (ASVS 1.2.10).
    """
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\x00") or _GUARDED.match(text) else text


def _number_text(number: float) -> str:
    if number != number or number in (float("inf"), float("-inf")):
        return str(number)
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


def folded(raw) -> str:
    """Return the form in which codes and numbers are compared: half-width including marks, no white space."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", tidy(raw)))


def blank(raw) -> bool:
    """Return whether the cell holds nothing that can be seen."""
    return raw is None or (isinstance(raw, str) and not tidy(raw))


def text(raw, cell: Cell, *, most: int = 200) -> str:
    """Return the tidied text.

    :raises BadCell: longer than `most` characters, or an error value of the spreadsheet.
    """
    _refuse_fault(raw)
    value = tidy(raw)
    if len(value) > most:
        raise BadCell(
            gettext_noop("The text has %(length)s characters; at most %(most)s fit here."), length=len(value), most=most
        )
    return value


def _refuse_fault(raw):
    if isinstance(raw, Fault):
        raise BadCell(
            gettext_noop("The cell holds the spreadsheet error %(code)s. Correct the formula or type the value."),
            code=raw.code,
        )


# --- Numbers ------------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][+-]?\d{1,2})?|[+-]?\.\d+")
_CHINESE = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_TENS = {"十": 10, "百": 100, "千": 1000}


def decimal(raw, cell: Cell, *, places: int = 2, least=None, most=None, example: str = "1200.50") -> Decimal:
    """Return the number rounded half up to `places` (as Excel shows it): `１２００` and `1,200.50` are understood.

    :raises BadCell: not a number (with an example), not finite, outside `least`…`most` (both inclusive).
    """
    _refuse_fault(raw)
    written = folded(raw)
    if isinstance(raw, bool | date) or not _NUMBER.fullmatch(written):
        near = chinese_number(written)
        raise BadCell(
            gettext_noop("“%(value)s” is not a number. Write it in digits, such as %(example)s."),
            suggestion="" if near is None else str(near),
            value=tidy(raw)[:40],
            example=example,
        )
    try:
        value = Decimal(written.replace(",", ""))
        value = value.quantize(Decimal(1).scaleb(-places), rounding="ROUND_HALF_UP") + 0
    except InvalidOperation:
        raise BadCell(gettext_noop("The number %(value)s is too large."), value=written[:40]) from None
    if least is not None and value < least:
        raise BadCell(
            gettext_noop("%(value)s is less than the least allowed, %(least)s."), value=str(value), least=least
        )
    if most is not None and value > most:
        raise BadCell(
            gettext_noop("%(value)s is more than the most allowed, %(most)s."), value=str(value), most=str(most)
        )
    return value


def integer(raw, cell: Cell, *, least=None, most=None, example: str = "16") -> int:
    """Return a whole number.

    :raises BadCell: as `decimal`, and for a fraction.
    """
    value = decimal(raw, cell, places=6, least=least, most=most, example=example)
    if value != value.to_integral_value():
        raise BadCell(gettext_noop("%(value)s is not a whole number."), value=tidy(raw))
    return int(value)


def chinese_number(written: str) -> int | None:
    """Return the number at the start of a Chinese numeral (十六天 → 16), or None."""
    match = re.match(r"[零〇一二两三四五六七八九十百千]+", written)
    if not match:
        return None
    total = digit = 0
    for character in match[0]:
        if character in _TENS:
            total += (digit or 1) * _TENS[character]
            digit = 0
        else:
            digit = _CHINESE[character]
    return total + digit


_UNITS = {"": None, "元": Decimal("0.0001"), "万": Decimal(1), "万元": Decimal(1), "亿": Decimal(10_000)}
_UNITS["亿元"] = _UNITS["亿"]


def money(raw, cell: Cell, *, most=Decimal("999999999999.99")) -> Decimal:
    """Return an amount in 万元 (10,000 yuan): `1.2亿元`, `3000万`, `500元`; without a unit the heading's, else 万元.

    :raises BadCell: as `decimal`; negative amounts.
    """
    _refuse_fault(raw)
    match = re.fullmatch(r"(.*?)(亿元|万元|亿|万|元)?", folded(raw))
    factor = _UNITS[match[2] or (cell.unit if cell.unit in _UNITS else "")] or Decimal(1)
    amount = decimal(match[1] if match[2] else raw, cell, places=6, example="12000.50")
    value = (amount * factor).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
    if match[2] in ("亿", "亿元", "元"):
        cell.note(gettext_noop("%(value)s read as %(amount)s (10,000 yuan)."), value=tidy(raw), amount=str(value))
    return decimal(str(value), cell, places=2, least=0, most=most)


# --- Dates ------------------------------------------------------------------------------------

_DAY = re.compile(r"(\d{4})[-./年](\d{1,2})(?:[-./月](\d{1,2})日?|月?)")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_TIME = re.compile(r"(?<=[\d日])[ T]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$")
EARLIEST, LATEST = date(1950, 1, 1), date(2100, 12, 31)


def day(raw, cell: Cell) -> date:
    """Return a date: `2023-5-1`, `2023.5.1`, `2023/5/1`, `2023年5月1日`, `20230501`, an Excel date or its serial.

    `2023年5月`, `2023.5` are read as the first of the month, with a note. M/D/YYYY is read only when a mapping says so.

    :raises BadCell: no such day, no year, an ambiguous order, or outside 1950–2100.
    """
    _refuse_fault(raw)
    if isinstance(raw, datetime | date):
        return _in_range(raw.date() if isinstance(raw, datetime) else raw, raw)
    written = folded(_TIME.sub("", unicodedata.normalize("NFKC", tidy(raw))))
    # A number such as 2023.5 or 20230501 is no serial: it has its own pattern below.
    if isinstance(raw, int | float) and not isinstance(raw, bool) and 18264 <= raw < 73415:
        return _in_range(_serial(raw, cell), raw)
    if re.fullmatch(r"(?:19|20|21)\d{6}", written):
        return _day_of(int(written[:4]), int(written[4:6]), int(written[6:]), raw)
    if match := _DAY.fullmatch(written):
        year, month, number = match.groups()
        if number is None:
            value = _day_of(int(year), int(month), 1, raw)
            cell.note(
                gettext_noop("%(value)s read as %(date)s: the month without a day."), value=tidy(raw), date=str(value)
            )
            return value
        return _day_of(int(year), int(month), int(number), raw)
    if match := _SLASHED.fullmatch(written):
        return _slashed(match, raw, cell)
    if re.fullmatch(r"\d{5}", written) and 18264 <= int(written) < 73415:
        value = _in_range(_serial(int(written), cell), raw)
        cell.note(gettext_noop("%(value)s read as the Excel date %(date)s."), value=written, date=str(value))
        return value
    raise BadCell(gettext_noop("“%(value)s” is not a date. Write it like 2026-05-01."), value=tidy(raw)[:40])


def _slashed(match, raw, cell: Cell) -> date:
    first, second, year = (int(part) for part in match.groups())
    if cell.date_order == "mdy":
        return _day_of(year, first, second, raw)
    if cell.date_order == "dmy":
        return _day_of(year, second, first, raw)
    certain = (first, second) if second > 12 >= first else (second, first) if first > 12 >= second else None
    raise BadCell(
        gettext_noop("“%(value)s” does not say which part is the month. Write it like 2026-05-01."),
        suggestion=f"{year}-{certain[0]:02}-{certain[1]:02}" if certain else "",
        value=tidy(raw),
    )


def _serial(number, cell: Cell) -> date:
    return (date(1904, 1, 1) if cell.epoch_1904 else date(1899, 12, 30)) + timedelta(days=int(number))


def _day_of(year: int, month: int, number: int, raw) -> date:
    try:
        value = date(year, month, number)
    except ValueError:
        raise BadCell(gettext_noop("%(value)s is not a day of the calendar."), value=tidy(raw)) from None
    return _in_range(value, raw)


def _in_range(value: date, raw) -> date:
    if not EARLIEST <= value <= LATEST:
        raise BadCell(gettext_noop("%(value)s lies outside the years 1950 to 2100."), value=tidy(raw))
    return value


# --- Codes, telephone, coordinates ------------------------------------------------------------------------------------

_MISTAKEN = str.maketrans("IOSZ", "1052")
"""Letters that a credit code never holds, and the digit that each is mistaken for."""

CREDIT_CODE_FAULTS = {
    "length": gettext_noop("The credit code must have 18 characters; this one has %(length)s."),
    "format": gettext_noop("The credit code %(value)s holds characters it may not have (no I, O, S, V, Z)."),
    "component": gettext_noop("The credit code %(value)s begins with a registration department that does not exist."),
    "checksum": gettext_noop("The last character of the credit code %(value)s does not match: one is mistyped."),
}


def credit_code(raw, cell: Cell) -> str:
    """Return the 统一社会信用代码 in capitals (GB 32100-2015).

    :raises BadCell: with what is wrong; a code that Excel turned into a number has lost its last digits.
    """
    _refuse_fault(raw)
    if isinstance(raw, int | float) and abs(raw) >= 1e15:
        raise BadCell(
            gettext_noop(
                "Excel stored this code as a number and lost its last digits. Make the column text and retype it."
            )
        )
    written = folded(raw).upper()
    try:
        return codes.clean_credit_code(written)
    except ValueError as error:
        near = ""
        with contextlib.suppress(ValueError):
            near = codes.clean_credit_code(written.translate(_MISTAKEN))
        raise BadCell(CREDIT_CODE_FAULTS[str(error)], near, value=written[:40], length=len(written)) from None


PROJECT_CODE_PARTS = (4, 6, 2, 2, 6)


def project_code(raw, cell: Cell) -> str:
    """Return the project code, national (4-6-2-2-6 digits) or external (X-SOURCE-NUMBER).

    :raises BadCell: naming the part that has the wrong number of digits.
    """
    _refuse_fault(raw)
    written = folded(raw)
    try:
        return codes.clean_project_code(written)
    except ValueError:
        pass
    parts = re.split(r"[-‐‑‒–—―−_/]", written)
    if len(parts) == 5 and all(part.isdigit() for part in parts):
        wrong = [i for i, (part, size) in enumerate(zip(parts, PROJECT_CODE_PARTS, strict=True)) if len(part) != size]
        if len(wrong) == 1:
            raise BadCell(
                gettext_noop("A project code has 4-6-2-2-6 digits; part %(part)s (%(digits)s) has %(count)s."),
                part=wrong[0] + 1,
                digits=parts[wrong[0]],
                count=len(parts[wrong[0]]),
            )
    raise BadCell(
        gettext_noop("“%(value)s” is not a project code. It looks like 2607-159903-04-01-381725 (4-6-2-2-6 digits)."),
        value=tidy(raw)[:50],
    )


def phone(raw, cell: Cell) -> str:
    """Return a telephone number as digits with + - and an extension after “x”.

    :raises BadCell: fewer than 7 or more than 20 digits, or letters.
    """
    _refuse_fault(raw)
    written = folded(raw).replace("(", "").replace(")", "-").replace("转", "x")
    written = re.sub(r"[‐‑‒–—―−]", "-", written)
    if not re.fullmatch(r"\+?[\d-]+(?:x\d{1,6})?", written) or not 7 <= sum(c.isdigit() for c in written) <= 20:
        raise BadCell(
            gettext_noop("“%(value)s” is not a telephone number. Write it like 0470-8123456 or 13900001234."),
            value=tidy(raw)[:40],
        )
    return written


def choice(raw, cell: Cell, options: dict[str, str], offered=()):
    """Return the code chosen. `options` maps every accepted spelling (folded, lower case) to its code; `offered`
    are those that a message names (all by default).

    :raises BadCell: with the nearest spelling as suggestion.
    """
    _refuse_fault(raw)
    key = folded(raw).lower()
    if key in options:
        return options[key]
    raise BadCell(
        gettext_noop("There is no “%(value)s”. Possible: %(options)s."),
        suggestion=nearest(key, list(options)),
        value=tidy(raw)[:40],
        options="、".join(dict.fromkeys(list(offered or options)[:12])),
    )


def nearest(value: str, candidates, cutoff: float = 0.5) -> str:
    """Return the candidate that looks most like `value`, or "" when none comes near (ratio below `cutoff`).

    What most candidates share (云川…有限公司) says nothing: names are compared without it, so that one enterprise
    is not suggested for another.
    """
    by_core = {core_of(candidate): candidate for candidate in reversed(list(candidates))}
    close = difflib.get_close_matches(core_of(value), by_core, n=1, cutoff=cutoff)
    return by_core[close[0]] if close else ""


def core_of(name: str) -> str:
    """Return a name without its legal form; without its two-character place too where it is an enterprise's."""
    core = re.sub(r"(?:科技|材料|能源|环保)?(?:股份|集团|有限|责任)*公司$", "", name)
    return core[2:] if core != name and len(core) > 3 else name


def degrees(raw, cell: Cell, *, most: int) -> Decimal:
    """Return decimal degrees with six places; `106°47′39″E` is understood. `most` is 180 or 90.

    :raises BadCell: not degrees; out of range, with a hint when metres were given.
    """
    _refuse_fault(raw)
    written = folded(raw).upper().replace("’", "'").replace("”", '"')
    match = re.fullmatch(
        r"(\d{1,3})[°度](?:(\d{1,2})['′分])?(?:(\d{1,2}(?:\.\d+)?)(?:[\"″秒]|''|′′))?([NSEW北南东西])?", written
    )
    if match:
        whole, minutes, seconds, side = match.groups()
        number = Decimal(whole) + Decimal(minutes or 0) / 60 + Decimal(seconds or 0) / 3600
        raw = str(-number if side in ("S", "W", "南", "西") else number)
    value = decimal(raw, cell, places=6, example="106.794150")
    if abs(value) > 360:
        raise BadCell(gettext_noop("%(value)s looks like metres; give degrees (CGCS2000)."), value=str(value))
    if abs(value) > most:
        raise BadCell(
            gettext_noop("%(value)s is more than %(most)s degrees: are longitude and latitude swapped?"),
            value=str(value),
            most=most,
        )
    return value
