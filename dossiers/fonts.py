"""Which characters a paper can show: asked before printing, not found on paper.

`missing` looks at the vendored fonts first, then at every font of the machine (fontconfig finds the fallback for us, so
it is asked). `lacks` serves the rule for names: a name of which one character is missing in the first font is set
wholly in the fallback, or its face would change in mid-word.
"""

import ctypes
import ctypes.util
from functools import lru_cache

from dossiers.fetching import Refused, static_path

SANS, FANG = "Luodi Sans", "Luodi Fang"
FILES = {
    SANS: "fonts/LuodiSans-Regular.otf",
    FANG: "fonts/LuodiFang-Regular.otf",
}
INVISIBLE = frozenset("\n\r\t\u200b\u200c\u200d\u2060\ufeff\u00ad\u202f\u00a0")


@lru_cache(maxsize=8)
def characters(family: str) -> frozenset[int]:
    """Return the code points of a vendored family. Raise Refused for a file that is gone."""
    from fontTools.ttLib import TTFont

    path = static_path(FILES[family])
    if path is None:
        raise Refused(FILES[family])
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


def lacks(text: str, family: str = FANG) -> list[str]:
    """Return the characters of `text` that a vendored family lacks, each once, in order."""
    known = characters(family)
    return [one for one in dict.fromkeys(text) if ord(one) not in known and one not in INVISIBLE]


def missing(text: str) -> list[str]:
    """Return the characters of `text` that are in no font of this machine: they would print as boxes."""
    return [one for one in lacks(text, SANS) if not _on_machine(ord(one))]


class _FontSet(ctypes.Structure):
    _fields_ = [
        ("count", ctypes.c_int),
        ("room", ctypes.c_int),
        ("fonts", ctypes.POINTER(ctypes.c_void_p)),
    ]


@lru_cache(maxsize=1)
def _machine() -> tuple[ctypes.CDLL, list[int]]:
    """Return fontconfig and the character sets of every installed font. The first call costs some 20 ms."""
    library = ctypes.CDLL(ctypes.util.find_library("fontconfig") or "libfontconfig.so.1")
    library.FcInitLoadConfigAndFonts.restype = ctypes.c_void_p
    library.FcConfigGetFonts.restype = ctypes.POINTER(_FontSet)
    library.FcConfigGetFonts.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.FcPatternGetCharSet.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.POINTER(ctypes.c_void_p),
    ]
    library.FcCharSetHasChar.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    found = library.FcConfigGetFonts(library.FcInitLoadConfigAndFonts(), 0)
    sets = []
    for number in range(found.contents.count if found else 0):
        held = ctypes.c_void_p()
        if library.FcPatternGetCharSet(found.contents.fonts[number], b"charset", 0, ctypes.byref(held)) == 0:
            sets.append(held.value)
    return library, sets


@lru_cache(maxsize=4096)
def _on_machine(point: int) -> bool:
    library, sets = _machine()
    return any(library.FcCharSetHasChar(one, point) for one in sets)
