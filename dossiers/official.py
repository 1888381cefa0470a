"""The words of official papers and how they are filled in: `templates/dossiers/official.yaml` and a city's own copy.

A city's file (`official.yaml` in the folder of PAPER_TEMPLATES) is laid over the shipped one; unknown names are an
error that says where. A sentence of a list one of whose {names} is empty is left out: so no paper says "leader: .".
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from dossiers.typography import zh_text
from dossiers.wording import WordingError, content_of, in_force

_NAME = re.compile(r"\{(\w+)\}")
_NUMBERED = re.compile(r"[\uff08(]?[一二三四五六七八九十\d]+[\uff09).\u3001\uff0e]")
NUMERALS = "一二三四五六七八九十"


def words() -> dict:
    """Return the words in force; read again only when a file changed. :raises WordingError: a file cannot be used."""
    return _read(in_force("official.yaml"))


@lru_cache(maxsize=4)
def _read(files: tuple[tuple[str, int], ...]) -> dict:
    found: dict = {}
    for path, _changed in files:
        content = content_of(path)
        found = _laid_over(found, content, path) if found else content
    return found


def _laid_over(below, above, where: str):
    if isinstance(below, dict):
        if not isinstance(above, dict):
            raise WordingError(f"{where}: needs names with their texts")
        strange = set(above) - set(below)
        if strange:
            raise WordingError(f"{where}: unknown: {', '.join(sorted(map(str, strange)))}")
        return below | {key: _laid_over(below[key], value, f"{where}: {key}") for key, value in above.items()}
    if isinstance(below, list) != isinstance(above, list):
        raise WordingError(f"{where}: needs {'a list' if isinstance(below, list) else 'a text'}")
    return [str(one) for one in above] if isinstance(above, list) else str(above or "")


def fill(text: str, values: Mapping[str, object]) -> str:
    """Return `text` with its {names} replaced; an unknown name stays. Values are never read as patterns."""
    return _NAME.sub(lambda found: str(values.get(found[1], found[0])), text)


def rich(text: str, values: Mapping[str, object]) -> SafeString:
    """Return `fill` as HTML: values escaped, of the city's own words only <b> counts."""
    html = escape(fill(text, values))
    return mark_safe(html.replace("&lt;b&gt;", "<b>").replace("&lt;/b&gt;", "</b>"))


def sentences(lines: list[str], values: Mapping[str, object]) -> list[str]:
    """Return the sentences all of whose names have a value, filled in."""
    return [fill(line, values) for line in lines if all(values.get(name, "") != "" for name in _NAME.findall(line))]


def numbered(lines: list[str]) -> list[str]:
    """Return matters of an order numbered in Chinese brackets; a single one, or ones with numbers, as they are."""
    lines = [zh_text(line.strip()) for line in lines if line.strip()]
    if len(lines) < 2 or any(_NUMBERED.match(line) for line in lines):
        return lines
    return [f"\uff08{numeral(place)}\uff09{line}" for place, line in enumerate(lines, 1)]


def numeral(number: int) -> str:
    """Return 1 to 99 as Chinese numerals: 一, 十二, 二十."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else NUMERALS[tens - 1] + "十"
    return head + (NUMERALS[ones - 1] if ones else "")
