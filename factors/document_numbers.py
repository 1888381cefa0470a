"""Document numbers (文号) as people write them: one document, whatever brackets, widths and spaces it is typed with."""

import re
import unicodedata

_BRACKETS = str.maketrans({**dict.fromkeys("〔[【{(<〈《（［｛", "["), **dict.fromkeys("〕]】})>〉》）］｝", "]")})
_SPACE = re.compile(r"\s+")


def normal(text: str) -> str:
    """Return the form by which two document numbers are compared: 云发改〔２０２６〕 7号 is 云发改[2026]7号. Pure."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).translate(_BRACKETS).casefold()
