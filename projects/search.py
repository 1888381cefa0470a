"""Search by Chinese, full pinyin, initials or code. Pure; one text column is the index, on every database."""

import itertools
import re
import unicodedata
from functools import lru_cache

READINGS_AT_MOST = 8
"""Bounds the readings kept for a name with several polyphones (重 zhong/chong): the product grows fast."""

_HAN = re.compile(r"[㐀-鿿\U00020000-\U0003134f]+")


def normalise(text: str) -> str:
    """Return `text` half-width, lower-case, without spaces and marks: the form in which both sides are compared."""
    folded = unicodedata.normalize("NFKC", text or "").lower()
    return re.sub(r"[\s·・.,，。、()（）《》“”\"'‘’]+", "", folded)


def index_text(*texts: str) -> str:
    """Return the searchable text of a row: each text as it is, its pinyin and initials, for each likely reading."""
    words: list[str] = []
    for text in texts:
        plain = normalise(text)
        if plain:
            words += [plain, *_readings(plain)]
    return " ".join(dict.fromkeys(words))


@lru_cache(maxsize=50_000)
def _readings(text: str) -> tuple[str, ...]:
    if not _HAN.search(text):
        return ()
    # Imported here: the dictionary costs 20 MB and a process that only reads pages never needs it.
    from pypinyin import Style, lazy_pinyin, pinyin

    usual = lazy_pinyin(text, errors=lambda part: list(part))
    spelled, initials = ["".join(usual)], ["".join(syllable[0] for syllable in usual if syllable)]
    syllables = [
        list(dict.fromkeys(options))[:3]
        for options in pinyin(text, style=Style.NORMAL, heteronym=True, errors=lambda part: [[c] for c in part])
    ]
    for reading in itertools.islice(itertools.product(*syllables), READINGS_AT_MOST):
        spelled.append("".join(reading))
        initials.append("".join(syllable[0] for syllable in reading if syllable))
    return tuple(dict.fromkeys(spelled + initials))


def terms(query: str) -> list[str]:
    """Return the normalised words of a query; each must be found (AND). At most six, each at most 60 characters."""
    return [word for word in (normalise(part)[:60] for part in (query or "").split()) if word][:6]


def matching(queryset, query: str):
    """Return the rows whose `search_text` holds every term of `query`; all rows for an empty query. No query is run."""
    for term in terms(query):
        queryset = queryset.filter(search_text__contains=term)
    return queryset
