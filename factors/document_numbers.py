"""Document numbers (文号) as people write them: one document, whatever brackets, widths and spaces it is typed with."""

import re
import unicodedata

from django.db.models import Q

_BRACKETS = str.maketrans({**dict.fromkeys("〔[【{(<〈《（［｛", "["), **dict.fromkeys("〕]】})>〉》）］｝", "]")})
_SPACE = re.compile(r"\s+")


def normal(text: str) -> str:
    """Return the form by which two document numbers are compared: 云发改〔２０２６〕 7号 is 云发改[2026]7号. Pure."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).translate(_BRACKETS).casefold()


_PAIRS = ("〔〕", "[]", "()", "（）", "【】", "［］")
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def spellings(text: str) -> set[str]:
    """Return the ways in which a part of a document number may be stored: every kind of brackets, both widths. Pure.

    Twelve at the most, without spaces; for a search that leaves the column as it was typed.
    """
    plain = _SPACE.sub("", unicodedata.normalize("NFKC", text)).translate(_BRACKETS)
    found = set()
    for left, right in _PAIRS:
        narrow = plain.replace("[", left).replace("]", right)
        found |= {narrow, narrow.translate(_WIDE)}
    return found


def matching(text: str, column: str = "document_no") -> Q:
    """Return the condition by which a document number that contains the text is found, however either is typed."""
    where = Q()
    for spelling in sorted({text, *spellings(text)}):
        where |= Q((f"{column}__icontains", spelling))
    return where
