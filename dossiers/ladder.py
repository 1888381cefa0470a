"""The one-page rule: rungs from roomy to dense, and the search for the first that fits. Pure.

Nothing is ever clipped. A paper is laid out on a rung, its pages are counted, the next rung is tried; the very layout
that was measured is written. What a rung shortens says where the rest is (“…见册 §n”). Enterprise and person names,
codes, amounts and dates are never shortened: names step down in size. No rung that fits is a refusal, with its reason.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

WHOLE = 10_000


class NoRung(Exception):
    """The content does not fit on one page on any rung."""


@dataclass(frozen=True)
class Rung:
    """How dense a card is, how many rows its tables have, and after how many characters free text is cut."""

    name: str
    density: int = 0
    stages: int = 6
    demands: int = 6
    blockers: int = 6
    problems: int = 3
    points: int = 3
    problem: int = 99
    post: int = 44
    site: int = 60
    project: int = 120
    unit: int = 24
    note: int = 40
    utility: int = 14
    stage: int = 24
    brief: bool = False
    lines: int = 0
    """Ruled lines for notes in the space that is left."""


LADDER = (
    Rung("d0"),
    Rung("d1", 1, stages=5, problem=80),
    Rung("d2", 2, stages=4, demands=5, problem=60, post=40, site=44, project=90, note=30),
    Rung("d3", 3, stages=4, demands=5, problem=48, post=36, site=40, project=80, note=26, stage=20),
    Rung("t1", 3, 3, 4, 6, problem=42, post=34, site=36, project=70, unit=18, note=22, stage=18, brief=True),
    Rung(
        "t2", 3, 3, 4, 4, problem=40, post=28, site=30, project=66, unit=16, note=18, stage=16, utility=10, brief=True
    ),
    Rung("t3", 3, 2, 3, 4, 3, 3, 24, 28, 30, 66, 14, 16, 9, 14, True),
    Rung("t4", 3, 2, 3, 2, 2, 2, 24, 22, 24, 44, 12, 14, 8, 12, True),
    Rung("t5", 3, 1, 3, 2, 1, 1, 20, 16, 20, 40, 10, 12, 7, 10, True),
)
NAMES = {rung.name: number for number, rung in enumerate(LADDER)}


def named(name: str | None) -> tuple[int, int] | None:
    """Return (place on the ladder, ruled lines) of a rung's stored name, “d0+6”; None for none and unknown ones."""
    base, _plus, lines = (name or "").partition("+")
    return (NAMES[base], int(lines) if lines.isdecimal() else 0) if base in NAMES else None


def with_lines(rung: Rung, lines: int) -> Rung:
    """Return the rung with ruled lines for notes; its name tells of them."""
    return replace(rung, name=f"{rung.name}+{lines}", lines=lines) if lines else rung


def search(fits: Callable[[int], bool], start: int = 0, count: int = len(LADDER)) -> int:
    """Return the first rung that fits, trying `start` first. Each rung is tried once at most; more room is never worse.

    :raises NoRung: none does.
    """
    start = min(max(start, 0), count - 1)
    if fits(start):
        while start and fits(start - 1):
            start -= 1
        return start
    low, high, step = start, start + 1, 1  # `low` does not fit
    while high < count and not fits(high):
        low, step = high, step * 2
        high = min(low + step, count - 1) if low < count - 1 else count
    if high >= count:
        raise NoRung
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


@dataclass(frozen=True)
class Text:
    """A text as it stands on the card; `cut` says that there is more of it in the booklet."""

    text: str
    cut: bool = False

    def __str__(self):
        return self.text


MARKS = "，。；、：,;: "


def shorten(text: str, width: int) -> Text:
    """Return `text` of at most `width` characters: cut at a mark in its last third, never inside a number."""
    text = " ".join(text.split())
    if len(text) <= width:
        return Text(text)
    short = text[:width]
    places = [n for n in range(width * 2 // 3, len(short)) if short[n] in MARKS]
    if places:
        return Text(short[: places[-1]], True)
    end = len(short)
    while end > 1 and _joined(text[end - 1]) and _joined(text[end]):
        end -= 1
    return Text(short[: end if end > 1 else width], True)


def _joined(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in ".,-/%")
