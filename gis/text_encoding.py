"""In which encoding a shapefile's table is written: declared, or found out. Knows nothing of Django."""

import contextlib
import re

CODE_PAGES = {
    "936": "GB18030",
    "cp936": "GB18030",
    "gbk": "GB18030",
    "gb2312": "GB18030",
    "gb18030": "GB18030",
    "ansi936": "GB18030",
    "oem936": "GB18030",
    "utf8": "UTF-8",
    "65001": "UTF-8",
    "iso88591": "ISO-8859-1",
    "88591": "ISO-8859-1",
}


def raw_bytes(text: str) -> bytes:
    """Return the bytes of a text that was read as Latin-1."""
    return text.encode("latin-1", "replace")


def code_page(text: str) -> str:
    """Return the encoding that a .cpg names, or an empty text."""
    plain = re.sub(r"[^a-z0-9]", "", text.lower())
    return CODE_PAGES.get(plain, "")


def encoding_of(texts: list[bytes], asked: str, declared: str) -> tuple[str, str]:
    """Return (encoding, why it may be wrong: "" | "declared" | "either")."""
    if asked:
        return asked, ""
    fits = {name: all(_readable(text, name) for text in texts) for name in ("UTF-8", "GB18030")}
    if declared:
        if declared == "ISO-8859-1" or fits.get(declared, True):
            return declared, ""
        other = "GB18030" if declared == "UTF-8" else "UTF-8"
        return (other if fits[other] else declared), "declared"
    if all(text.isascii() for text in texts):
        return "UTF-8", ""
    if fits["UTF-8"]:
        return "UTF-8", ""
    return ("GB18030", "") if fits["GB18030"] and _looks_chinese(texts) else ("ISO-8859-1", "either")


def _readable(text: bytes, encoding: str) -> bool:
    """Say whether a text is of an encoding; the last character may be cut off, as fields of fixed width do."""
    for cut in range(4):
        with contextlib.suppress(UnicodeDecodeError):
            (text[:-cut] if cut else text).decode(encoding)
            return True
    return False


def _looks_chinese(texts: list[bytes]) -> bool:
    """Say whether what is not ASCII comes in pairs of GB 2312, as in everyday Chinese, and not alone, as in Müller."""
    whole = "".join(decoded(text, "GB18030") for text in texts if not text.isascii())
    foreign = [c for c in whole if ord(c) > 127]
    common = sum(1 for c in foreign if "\u4e00" <= c <= "\u9fff" and c.encode("gb2312", "ignore"))
    return common >= 0.8 * len(foreign)


def decoded(text: bytes, encoding: str) -> str:
    """Return the text; up to three bytes at the end may be missing, as in fields of fixed width."""
    for cut in range(4):
        with contextlib.suppress(UnicodeDecodeError):
            return (text[:-cut] if cut else text).decode(encoding)
    return text.decode(encoding, "replace")
