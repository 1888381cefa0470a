"""Reading and printing amounts of quota: text ⇄ a whole number of the ledger's smallest unit, exactly. Pure, no floats.

Reading takes what people paste: full-width digits, thousands commas, 万 and 亿, spaces, a unit in any of its spellings.
It never rounds and never guesses: what cannot be held exactly, or is measured in something else, is refused with a code
and facts, to which the caller adds words.

Printing never says more than there is: a figure cut to n decimals is cut downwards (`up=True` for what is missing, a
demand or a gap, which must not look smaller than it is), and an amount above nothing never prints as 0.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from math import gcd

from factors.finding import Finding
from factors.units import DAYS_PER_YEAR, FAMILIES, Family, Unit

BIGINT_MAX = 2**63 - 1
LONGEST = 64
MINUS = "\u2212"

MULTIPLIERS = {"万亿": 10**12, "千万": 10**7, "百万": 10**6, "亿": 10**8, "万": 10**4, "千": 10**3}

# Only what a keyboard writes in full width; superscripts and circled digits are not digits here (10² is not 102).
WIDE = str.maketrans("０１２３４５６７８９，．＋－\u3000\u00a0\u2009\u202f", "0123456789,.+-    ", "\u200b\ufeff")
NUMBER = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]{1,3}(?: [0-9]{3})+(?![0-9])(?:\.[0-9]+)?|"
                    r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")  # fmt: skip
LEFTOVER = re.compile(r"[0-9.,+\-]|e[+\-]?[0-9]", re.IGNORECASE)
PER_YEAR = re.compile(r"(?:/|每)(?:年|a|yr|year)$")
PER_DAY = re.compile(r"(?:/|每)(?:日|天|d|day)$")


class QuantityError(ValueError):
    """Text that is no amount. `code` says why, `facts` what a message can name; the caller adds the words."""

    code = "quantity"

    def __init__(self, **facts):
        super().__init__(self.code, facts)
        self.facts = facts


class Empty(QuantityError):
    """Nothing was written."""

    code = "empty"


class NotANumber(QuantityError):
    """`given` does not begin with a plain decimal number (exponents, NaN, infinity, 3,20 and 1.2.3 are none)."""

    code = "not_a_number"


class Negative(QuantityError):
    """`given` is below zero; direction is a matter of accounts, never of a sign."""

    code = "negative"


class UnknownUnit(QuantityError):
    """`given` is no unit that is known here; `expected` are the labels of the family's units."""

    code = "unknown_unit"


class WrongUnit(QuantityError):
    """`given` measures something else: `measures` are the names of its families, `expected` the right labels."""

    code = "wrong_unit"


class TooFine(QuantityError):
    """`given` needs a fraction of the `smallest` unit. `decimals` decimals of `unit` always fit.

    `exact` is the amount in smallest units as text, for a rate per day the reason why it does not fit.
    """

    code = "too_fine"


class TooBig(QuantityError):
    """`given` is more than the ledger can count; `largest` (with its unit) is the most."""

    code = "too_big"


class NotFinite(QuantityError):
    """The amount has no finite decimal expansion in `unit` (a third of a square metre in 公顷)."""

    code = "not_finite"


@dataclass(frozen=True, slots=True)
class Amount:
    """An exact amount: `smallest` whole smallest units of `family` (a code), as written in `unit`.

    `note` has code "per_day" for a rate: facts `daily` and `yearly` (figures with their units) and `days` (365).
    """

    smallest: int
    family: str
    unit: Unit
    note: Finding | None = None


def family_of(family: Family | str) -> Family:
    """The family itself or the one with this code; KeyError when there is none."""
    return FAMILIES[family] if isinstance(family, str) else family


def find_unit(word: str, family: Family | str) -> Unit:
    """The unit of `family` that `word` (a column of a file, a code, a label, any spelling) names.

    Raises UnknownUnit or WrongUnit; a multiple that is no unit of its own (千吨) is unknown here, `parse` reads it.
    """
    family = family_of(family)
    unit, multiplier = _read_unit(word, family, None)
    if multiplier != 1:
        raise UnknownUnit(given=word, expected=family.labels)
    return unit


def parse(text: str, family: Family | str, default: Unit | str | None = None) -> Amount:
    """Read an amount of `family`: `3.2万吨标煤`, `35.6亩`, `１２００ m³/d`, `0.32万`.

    A number without a unit is in `default` (a Unit or a spelling of it; else the family's shown unit). A bare 万 or 亿
    multiplies the default without its own 万: `0.32万` is 0.32 万m³ whether the field counts m³ or 万m³. Zero is an
    amount.
    Raises a QuantityError; nothing else, whatever the text.
    """
    family = family_of(family)
    default = _unit(family, default)
    digits, word = _split(text)
    unit, multiplier = _read_unit(word, family, default)
    given = _quoted(text)
    whole, _, fraction = digits.partition(".")
    numerator = int(whole + fraction) * multiplier * unit.factor
    smallest, rest = divmod(numerator, 10 ** len(fraction))
    if rest:
        raise TooFine(
            given=given,
            smallest=family.smallest,
            unit=unit.label,
            decimals=finest_decimals(unit),
            exact=_point(numerator, len(fraction)),
        )
    if smallest > BIGINT_MAX:
        raise TooBig(given=given, largest=exact(BIGINT_MAX, family))
    return Amount(smallest, family.code, unit, _rate_note(smallest, family, unit) if unit.per_day else None)


def number(text: str) -> Decimal:
    """A plain number without unit, read as tolerantly as `parse` (万 and 亿 multiply). Raises a QuantityError."""
    digits, word = _split(text)
    word = spelt(word)
    if word and word not in MULTIPLIERS:
        raise NotANumber(given=_quoted(text))
    whole, _, fraction = digits.partition(".")
    return Decimal(f"{int(whole + fraction) * MULTIPLIERS.get(word, 1)}E-{len(fraction)}")


def format(
    smallest: int,
    family: Family | str,
    unit: Unit | str | None = None,
    *,
    decimals: int | None = None,
    strip: bool = False,
    up: bool = False,
    with_unit: bool = False,
) -> str:
    """`smallest` in `unit` (the shown unit of the family if None) with thousands commas and a true minus.

    `decimals=None` prints every digit there is, and `parse` of it gives `smallest` back; NotFinite where a unit has no
    finite expansion. With `decimals` the figure is cut downwards, with `up` upwards. `strip` drops trailing zeros.
    `with_unit` adds the label: “35.6 亩”.
    """
    family = family_of(family)
    unit = _unit(family, unit)
    if decimals is None:
        decimals = full_decimals(smallest, unit)
        if decimals is None:
            raise NotFinite(smallest=smallest, unit=unit.label)
    figure = _figure(_scale(smallest, unit, decimals, up), decimals)
    if strip and "." in figure:
        figure = figure.rstrip("0").rstrip(".")
    return f"{figure} {unit.label}" if with_unit else figure


def show(
    smallest: int, family: Family | str, unit: Unit | str | None = None, *, up: bool = False, with_unit: bool = False
) -> str:
    """`smallest` by the house rule: the unit's own number of decimals, and more of them rather than 0 for something.

    Cut downwards, so it can be had; `up` for what is still needed. `exact` is the text of the tooltip.
    """
    family = family_of(family)
    unit = _unit(family, unit)
    decimals = unit.decimals
    while smallest and not _scale(smallest, unit, decimals, up):
        decimals += 1
    return format(smallest, family, unit, decimals=decimals, up=up, with_unit=with_unit)


def exact(smallest: int, family: Family | str, unit: Unit | str | None = None) -> str:
    """Every digit, with the unit's label; in the family's shown unit when `unit` has no finite expansion."""
    family = family_of(family)
    unit = _unit(family, unit)
    if full_decimals(smallest, unit) is None:
        unit = family.unit(family.shown)
    return format(smallest, family, unit, with_unit=True)


def every_digit(smallest: int, family: Family | str, unit: Unit | str | None = None, *, up: bool = False) -> str:
    """Every digit in that very unit, without its label; as `show` says it when no number of digits would do."""
    family = family_of(family)
    unit = _unit(family, unit)
    digits = full_decimals(smallest, unit)
    if digits is None:
        return show(smallest, family, unit, up=up)
    return format(smallest, family, unit, decimals=max(digits, unit.decimals))


def digits(amounts: Iterable[int], family: Family | str, unit: Unit | str | None = None) -> int:
    """How many decimals write all of the amounts exactly, so that a column adds up as it is shown.

    Amounts that no number of decimals writes in the unit (square metres in 亩) are left out of account.
    """
    unit = _unit(family_of(family), unit)
    needed = [full_decimals(amount, unit) for amount in set(amounts)]
    return max([unit.decimals, *(known for known in needed if known is not None)])


def full_decimals(smallest: int, unit: Unit) -> int | None:
    """How many decimals write `smallest` in `unit` exactly; None when no number of them does."""
    rest = unit.factor // gcd(smallest, unit.factor)
    powers = []
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest, power = rest // prime, power + 1
        powers.append(power)
    return max(powers) if rest == 1 else None


def finest_decimals(unit: Unit) -> int:
    """How many decimals of `unit` always are whole smallest units: 2 for m², 0 for m³."""
    decimals = 0
    while unit.factor % 10 ** (decimals + 1) == 0:
        decimals += 1
    return decimals


def _unit(family: Family, unit: Unit | str | None) -> Unit:
    if isinstance(unit, Unit):
        return unit
    code = unit or family.shown
    return next((known for known in family.units if known.code == code), None) or find_unit(code, family)


def _quoted(text: str) -> str:
    """What was written, for a message: of bearable length, and nothing that cannot be encoded."""
    return text.strip()[:LONGEST].encode("utf-8", "replace").decode()


def _split(text: str) -> tuple[str, str]:
    """The digits (with a point, without commas) and the rest as it was written."""
    text = text.strip()
    given = _quoted(text)
    if len(text) > LONGEST:
        raise NotANumber(given=given)
    text = text.translate(WIDE).strip()
    if not text:
        raise Empty()
    if text[0] in "-\u2212\u2013\u2014":
        raise Negative(given=given) if NUMBER.match(text[1:].lstrip()) else NotANumber(given=given)
    text = text.removeprefix("+").lstrip()
    match = NUMBER.match(text)
    rest = text[match.end() :].strip() if match else ""
    if match is None or LEFTOVER.match(rest):
        raise NotANumber(given=given)
    return re.sub("[, ]", "", match[0]), rest


def spelt(word: str) -> str:
    """`word` as spellings are compared: compatibility forms folded (㎡, ³, ₂), lower case, no spaces and no ^."""
    return re.sub(r"[\s^]", "", unicodedata.normalize("NFKC", word)).casefold()


@cache
def _spellings(code: str) -> dict[str, Unit]:
    """Every spelling of every unit of a family; a rate is spelt by its unit followed by /d (see `_read_unit`)."""
    found = {}
    for unit in FAMILIES[code].units:
        for word in (unit.code, unit.label, unit.name, *(() if unit.per_day else unit.aliases)):
            found.setdefault(spelt(word), unit)
    return found


def _lookup(word: str, family: Family) -> tuple[Unit, int] | None:
    """The unit that `word` spells in `family` and what it is multiplied by, or None."""
    if PER_DAY.search(word):
        plain = _plain(PER_DAY.sub("", word), family)
        rates = {unit.factor: unit for unit in family.units if unit.per_day}
        if plain is None or not rates:
            return None if plain is None or word not in _spellings(family.code) else (_spellings(family.code)[word], 1)
        unit, multiplier = plain
        factor = unit.factor * multiplier * DAYS_PER_YEAR
        best = max(size for size in rates if factor % size == 0)
        return rates[best], factor // best
    return _plain(PER_YEAR.sub("", word) if family.annual else word, family)


def _plain(word: str, family: Family) -> tuple[Unit, int] | None:
    known = _spellings(family.code)
    if word in known:
        return known[word], 1
    for prefix, multiplier in MULTIPLIERS.items():
        unit = known.get(word.removeprefix(prefix)) if word.startswith(prefix) else None
        if unit and not unit.plain and not unit.per_day:
            return unit, multiplier
    return None


def _read_unit(word: str, family: Family, default: Unit | None) -> tuple[Unit, int]:
    """The unit `word` names and its multiplier. Raises UnknownUnit, or WrongUnit where other families know it."""
    given = _quoted(word)
    word = spelt(given)
    if default is not None and not word:
        return default, 1
    if default is not None and word in MULTIPLIERS:
        return family.unit(default.plain or default.code), MULTIPLIERS[word]
    found = _lookup(word, family)
    if found:
        return found
    others = tuple(other.name for other in FAMILIES.values() if other is not family and _lookup(word, other))
    if others:
        raise WrongUnit(given=given, measures=others, expected=family.labels)
    raise UnknownUnit(given=given, expected=family.labels)


def _rate_note(smallest: int, family: Family, unit: Unit) -> Finding:
    yearly = next(other for other in family.units if other.factor == 1)
    daily = format(smallest, family, unit, with_unit=True)
    return Finding(
        "per_day",
        {"daily": daily, "days": DAYS_PER_YEAR, "yearly": f"{format(smallest, family, yearly)} {yearly.label}/a"},
    )


def _scale(smallest: int, unit: Unit, decimals: int, up: bool) -> int:
    scaled = smallest * 10**decimals
    return -(-scaled // unit.factor) if up else scaled // unit.factor


def _point(digits: int, decimals: int) -> str:
    """`digits` with the decimal point `decimals` from the right, commas, no trailing zeros."""
    figure = _figure(digits, decimals)
    return figure.rstrip("0").rstrip(".") if "." in figure else figure


def _figure(digits: int, decimals: int) -> str:
    sign = MINUS if digits < 0 else ""
    whole, fraction = divmod(abs(digits), 10**decimals)
    return f"{sign}{whole:,}.{fraction:0{decimals}}" if decimals else f"{sign}{whole:,}"
