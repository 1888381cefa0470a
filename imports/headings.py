"""Finding the row of headings in a table that people made: titles above, merged heads, units in brackets. Pure."""

import re
import unicodedata
from dataclasses import dataclass

LOOK_AT_ROWS = 20
"""Headings are looked for in this many rows from the top."""

_BRACKETS = re.compile(r"[(\[【<](.*?)[)\]】>]")


def normal(heading) -> str:
    """Return a heading as it is compared: half-width, lower case, without spaces, marks, bracketed units and stars."""
    text = unicodedata.normalize("NFKC", "" if heading is None else str(heading)).lower()
    return re.sub(r"[\s*:_、,.。\-/#'\"]+", "", _BRACKETS.sub("", text)) or re.sub(r"\s+", "", text)


def unit(heading) -> str:
    """Return what stands in the last brackets of a heading: 总投资（亿元） → 亿元."""
    found = _BRACKETS.findall(unicodedata.normalize("NFKC", "" if heading is None else str(heading)))
    return re.sub(r"\s+", "", found[-1]).removeprefix("单位:") if found else ""


@dataclass(frozen=True)
class Headings:
    """Where the headings are: the last of their rows (0-based index into the rows given) and one text per column."""

    index: int
    texts: tuple[str, ...]
    hits: int


def find(rows: list[list], known: set[str]) -> Headings | None:
    """Return the headings among the first rows: the row, or pair of rows, that holds most of the `known` headings.

    `known` are normal() forms. Of equals, the upper single row wins. None when no row holds one.
    """
    best = None
    for index in range(min(len(rows), LOOK_AT_ROWS)):
        for texts in _readings(rows, index):
            hits = len({normal(text) for text in texts} & known)
            if hits and (best is None or hits > best.hits):
                best = Headings(index, tuple(texts), hits)
    return best


def _readings(rows, index):
    """Yield the heading texts of a row alone, and of the row under a merged head."""
    row = [_plain(cell) for cell in rows[index]]
    yield row
    if index == 0:
        return
    above = [_plain(cell) for cell in rows[index - 1]]
    above += [""] * (len(row) - len(above))
    row = row + [""] * (len(above) - len(row))
    yield [low or high for low, high in zip(row, above, strict=True)]
    spread, group = [], ""
    for low, high in zip(row, above, strict=True):
        group = high or (group if low else "")
        spread.append(f"{group}{low}" if low and group and group != low else low or high)
    yield spread


def _plain(cell) -> str:
    return re.sub(r"\s+", " ", cell).strip() if isinstance(cell, str) else "" if cell is None else str(cell)


def letter(index: int) -> str:
    """Return the spreadsheet letter of a 0-based column: 0 → A, 26 → AA."""
    name, number = "", index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_index(letters: str) -> int:
    """Return the 0-based column of a spreadsheet letter: A → 0, AA → 26."""
    number = 0
    for character in letters.upper():
        number = number * 26 + ord(character) - 64
    return number - 1
