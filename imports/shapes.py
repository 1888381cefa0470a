"""Files of shapes as tables: one row per shape, its attributes as cells and the shape itself in a last column.

So outlines and points go the way of every import: preview, receipt, all or nothing, and no change by the same file.
"""

import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from django.utils.translation import gettext, ngettext
from django.utils.translation.trans_null import gettext_noop

from gis import files, geometry, sentences
from gis.frames import Frame
from imports import cells, reader
from imports.cells import Problem

SHAPE = "geometry"
"""The name of the column that holds the shapes; its heading is the label in the active language."""

READ_IN = gettext_noop("Read as %(name)s.")
DECLARED = gettext_noop("The file says %(own)s; read as %(name)s, as you declared.")
NAMES_READ = gettext_noop("Texts were read as %(encoding)s: %(names)s. If they look wrong, choose another encoding.")
CODE_PAGE_WRONG = gettext_noop("The .cpg says %(stated)s, but the texts are not: they were read as %(encoding)s.")
OTHER_LAYERS = gettext_noop("Layer “%(layer)s” was read; not read: %(others)s.")
CURVES = gettext_noop("Curves were replaced by short straight lines.")


@dataclass(frozen=True)
class Options:
    """How a file of shapes is to be read, as the form or the command line says. Stored with the batch."""

    crs: str = ""
    """cgcs2000, wgs84, gcj02, bd09 or an EPSG number; empty: what the file says."""
    of: str = ""
    """What the shapes are of: district, park or project; empty: found by code and name."""
    encoding: str = ""
    name_column: str = ""
    code_column: str = ""
    repair: bool = False
    swap: bool = False
    create: bool = False
    """Register districts that are missing."""
    city: str = ""
    """Code and name of a city to register with its districts: 150300 乌海市."""
    outside: bool = False
    """Points may lie outside their park or district."""

    @classmethod
    def of_dict(cls, stored: dict) -> "Options":
        """Return the options of a stored or posted dict; unknown keys are left out."""
        return cls(**{field.name: stored[field.name] for field in fields(cls) if field.name in stored})

    def stored(self) -> dict:
        """Return the JSON form: only what differs from the defaults."""
        return {name: value for name, value in asdict(self).items() if value}


class Unreadable(reader.Unreadable):
    """A file of shapes that is refused; `.problem` is the sentence."""

    def __init__(self, error: files.Unreadable):
        self.word, self.problem = error.word, Problem(error.msgid, error.params)
        ValueError.__init__(self, error.word)


def coordinate(raw, cell):
    """Return a coordinate as a float: plain numbers, and degrees with minutes and seconds (106°47′39″).

    :raises BadCell: it is neither.
    """
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return float(raw)
    if re.search(r"[°度]", cells.tidy(raw)):
        return float(cells.degrees(raw, cell, most=180))
    return float(cells.decimal(raw, cell, places=9, example="106.794150"))


@dataclass
class ShapeCell:
    """A shape as the cell of a table: its feature, and the system it came in."""

    feature: files.Feature
    frame: Frame

    def __str__(self):
        feature = self.feature
        kind = (feature.geometry or feature.original or {}).get("type", "—")
        if kind == "Point" and feature.geometry:
            x, y = feature.geometry["coordinates"][:2]
            return f"{x:.6f}, {y:.6f}"
        corners = ngettext("%(n)s corner", "%(n)s corners", feature.vertices) % {"n": feature.vertices}
        return "，".join(filter(None, [kind_words(kind), corners, area_words(feature.zone_area_m2)]))


def kind_words(kind: str) -> str:
    """Return a GeoJSON type in words."""
    words = {"Polygon": gettext("outline"), "MultiPolygon": gettext("outline of several parts")}
    return words.get(kind, kind)


def area_words(area_m2) -> str:
    """Return an area as hectares and 亩, "" for None."""
    if area_m2 is None:
        return ""
    return gettext("%(hectares)s ha (%(mu)s mu)") % {
        "hectares": f"{geometry.hectares(area_m2):,.2f}",
        "mu": f"{geometry.mu(area_m2):,.1f}",
    }


def table(path, *, name: str, wish: files.Wish, limits) -> reader.Table:
    """Return the features of a file as a table; row n holds feature n − 1.

    :raises Unreadable: with one fixed sentence.
    """
    try:
        layer = files.read(path, name=name, wish=wish, limits=limits_of(limits))
    except files.Unreadable as error:
        raise Unreadable(error) from error
    headings = [*layer.columns, gettext("Shape")]
    rows = [(f.number + 1, [*f.cells, ShapeCell(f, layer.frame)]) for f in layer.features]
    found = reader.Table(tuple(headings), 1, rows, above=[(1, headings)], sheet=layer.layer, encoding=layer.encoding)
    found.remarks = _remarks(layer, Path(name).suffix.lower() == ".zip")
    return found


def judged(shapes: list, *, wish: files.Wish, limits) -> list[ShapeCell]:
    """Return the cells of shapes that a table of coordinates gave, in their order.

    :raises Unreadable: the coordinate system is missing or unknown.
    """
    try:
        layer = files.judge(shapes, wish=wish, limits=limits_of(limits))
    except files.Unreadable as error:
        raise Unreadable(error) from error
    return [ShapeCell(feature, layer.frame) for feature in layer.features]


def limits_of(limits) -> files.Limits:
    """Return the limits of a file of shapes for those of an import."""
    if limits == reader.UPLOAD:
        return files.UPLOAD
    return files.Limits(
        size_mb=limits.size_mb,
        unpacked_mb=2 * limits.unpacked_mb,
        features=limits.rows,
        vertices=5_000_000,
        cpu_seconds=300,
        wall_seconds=300,
    )


def _remarks(layer, is_shapefile) -> list[Problem]:
    found = []
    if layer.own_frame and layer.own_frame != layer.frame:
        found.append(Problem(DECLARED, {"own": layer.own_frame.name(), "name": layer.frame.name()}))
    else:
        found.append(Problem(READ_IN, {"name": layer.frame.name()}))
    if layer.doubt == "declared":
        found.append(Problem(CODE_PAGE_WRONG, {"stated": layer.code_page, "encoding": layer.encoding}))
    texts = [
        cell for feature in layer.features for cell in feature.cells if isinstance(cell, str) and not cell.isascii()
    ]
    if is_shapefile and texts:
        encoding = "GBK" if layer.encoding == "GB18030" else layer.encoding
        names = "、".join(dict.fromkeys(text[:20] for text in texts[:200]))[:80]
        found.append(Problem(NAMES_READ, {"encoding": encoding, "names": names}))
    others = [name for name in layer.layers if name not in layer.layer.split("、")]
    if others:
        found.append(Problem(OTHER_LAYERS, {"layer": layer.layer, "others": "、".join(others[:8])}))
    if layer.curved:
        found.append(Problem(CURVES))
    return found


def problem_of(fault: geometry.Fault) -> Problem:
    """Return what is said of a fault."""
    return Problem(sentences.fault(fault.word, fault.repairable), fault.params)


def repair_of(fault: geometry.Fault | None) -> Problem | None:
    """Return what is said of a repair."""
    return Problem(sentences.REPAIRS[fault.word], fault.params) if fault else None
