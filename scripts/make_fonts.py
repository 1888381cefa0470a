#!/usr/bin/env python3
"""Cuts the fonts of our papers out of the big ones: `make_fonts.py --sans-regular F --sans-bold F --fang F`.

Why cut: a PDF carries the metrics of every glyph id below the highest one in use, so a font of 65,000 glyphs costs
250 KB in each file. Renumbered to GB 2312 and the marks we set, without vertical metrics, a card is half the size.
Rare characters (䶮, 𬭎) come from the full Noto that stands behind (scripts/setup.sh asks for fonts-noto-cjk).

Sources (Debian 12): Noto Sans CJK from fonts-noto-cjk (number 2 of each .ttc is SC), FandolFang-Regular.otf from
texlive-lang-chinese. The Song of titles is not cut (2.4 MB for one line of a paper): the full Noto Serif does.
Writes static/fonts/*.otf; the same sources give the same bytes. Then renew static/fonts/VENDOR.md.
"""

import argparse
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "static" / "fonts"
FEATURES = ["kern", "halt"]  # no locl: it would bring the Japanese and Taiwanese shapes of every character
NAMES = {
    "sans_regular": ("Luodi Sans", "Regular", "LuodiSans-Regular.otf"),
    "sans_bold": ("Luodi Sans", "Bold", "LuodiSans-Bold.otf"),
    "fang": ("Luodi Fang", "Regular", "LuodiFang-Regular.otf"),
}


def gb2312() -> set[int]:
    """Return every code point of GB 2312: 6,763 Han characters and 682 others."""
    found = set()
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes((row, cell)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return found


def wanted() -> set[int]:
    """Return what a paper may need: GB 2312, Latin, marks, numbers in circles, ticks, arrows, units, 〔〕."""
    blocks = [
        (0x20, 0x17F),
        (0x2010, 0x203E),
        (0x2070, 0x209C),
        (0x20A0, 0x20BF),
        (0x2100, 0x218F),
        (0x2190, 0x21FF),
        (0x2200, 0x22FF),
        (0x2460, 0x24FF),
        (0x2500, 0x25FF),
        (0x2600, 0x2667),
        (0x2713, 0x2718),
        (0x2776, 0x2793),
        (0x3000, 0x303F),
        (0x3200, 0x33FF),
        (0xFE30, 0xFE4F),
        (0xFF00, 0xFFEF),
    ]
    return gb2312() | {point for first, last in blocks for point in range(first, last + 1)}


def cut(source: Path, family: str, style: str, target: Path) -> int:
    """Write `target` with the wanted characters of `source`; return how many glyphs it has."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options()
    options.layout_features = FEATURES
    options.drop_tables += ["vmtx", "vhea", "VORG", "BASE", "DSIG"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.name_languages = [0x409]
    options.notdef_outline = True
    options.hinting = False  # paper; hints cost a tenth
    options.desubroutinize = False
    options.recalc_timestamp = False
    number = {"fontNumber": 2} if source.suffix == ".ttc" else {}
    font = TTFont(source, lazy=True, recalcTimestamp=False, **number)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted())
    cutter.subset(font)
    names = font["name"]
    plain = f"{family} {style}"
    for key, value in {1: family, 2: style, 3: f"{plain} for papers", 4: plain, 6: plain.replace(" ", "")}.items():
        names.setName(value, key, 3, 1, 0x409)
    names.names = [name for name in names.names if name.nameID not in (16, 17) and name.platformID == 3]
    top = font["CFF "].cff
    top.fontNames = [plain.replace(" ", "")]
    for key, value in {"FullName": plain, "FamilyName": family, "Weight": style}.items():
        setattr(top[0], key, value)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".new")
    font.save(draft)
    number_through(draft)
    os.replace(draft, target)
    return len(font.getGlyphOrder())


def number_through(path: Path) -> None:
    """Give every glyph of the font the character id that is its glyph id.

    A PDF names glyphs by glyph id; a reader that goes by the ids inside the font would show others. And the list of
    ids, no longer 1, 2, 3 … after cutting, is 17 KB that no compression shrinks, in every file and for every face.
    """
    from fontTools.ttLib import TTFont, newTable

    with TTFont(path) as font:
        count = len(font.getGlyphOrder())
        table = font["CFF "]
        top = table.cff[0]
        top.ROS = ("Adobe", "Identity", 0)
        top.CIDCount = count
        names = [".notdef", *(f"cid{number:05d}" for number in range(1, count))]
        strings = top.CharStrings
        strings.charStrings = {name: strings.charStrings[old] for old, name in zip(top.charset, names, strict=True)}
        top.charset = names
        data = table.compile(font)
    with TTFont(path, recalcTimestamp=False) as font:
        font.tables["CFF "] = raw = newTable("CFF ")
        raw.compile = lambda _font: data
        font.save(path.with_suffix(".through"))
    os.replace(path.with_suffix(".through"), path)


def main() -> None:
    """Cut every font that a source was given for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for key in NAMES:
        parser.add_argument("--" + key.replace("_", "-"), type=Path, dest=key)
    given = parser.parse_args()
    for key, (family, style, name) in NAMES.items():
        source = getattr(given, key)
        if source:
            glyphs = cut(source, family, style, OUT / name)
            print(f"{name}: {glyphs} glyphs, {(OUT / name).stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
