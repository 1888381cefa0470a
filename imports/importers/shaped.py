"""What importers of outlines and points share: how a file is read, and the names by which its rows are known."""

from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_null import gettext_noop

from gis import frames, geometry, outlines, placing
from gis.files import Wish, holds_shapes
from imports import cells, corners, reader, shapes
from imports.cells import BadCell
from imports.importers.base import WRONG, Column, Importer
from imports.shapes import Options, ShapeCell

AMBIGUOUS = gettext_noop("“%(value)s” names more than one. Write its code.")
SWAPPED = gettext_noop("x and y were swapped")


DISTRICT_MARGIN, PARK_MARGIN = 0.2, 0.05
"""Degrees by which an outline may reach over the present one of its city."""

SUFFIXES = {
    frames.GCJ02: ("gcj02", "gcj"),
    frames.BD09: ("bd09", "bd09ll", "bd"),
    frames.CGCS2000: ("cgcs2000", "2000", "wgs84"),
    frames.WGS84: ("wgs84", "cgcs2000", "2000"),
}
"""Headings that name their system, as 经度_GCJ02, are read when that system is declared."""

EAST = ("经度", "东经", "longitude", "lng", "lon", "x", "横坐标", "东坐标")
NORTH = ("纬度", "北纬", "latitude", "lat", "y", "纵坐标", "北坐标")


@dataclass(frozen=True)
class Chosen(Column):
    """A column that the user pointed at: known by that heading only."""

    def headings(self):
        """Return the one heading."""
        return [self.aliases[0]]


class ShapeImporter(Importer):
    """What outlines and points share: how a file is read, and the names by which its rows are known."""

    permissions = ("boundary.import",)
    needs = "boundary.import"
    area = True
    code_aliases: tuple[str, ...] = ()
    name_aliases: tuple[str, ...] = ()

    def __init__(self, by=None, now=None, options=None):
        self.wanted, self.limits = Options.of_dict(options or {}), reader.UPLOAD
        super().__init__(by, now, options)

    def named_columns(self) -> list[Column]:
        """Return the columns of code and name, as the file calls them or as the user says."""
        columns = []
        for name, label, aliases in (
            ("code", _("Code"), self.code_aliases),
            ("name", _("Name"), self.name_aliases),
        ):
            chosen = getattr(self.wanted, f"{name}_column")
            kind, aliases = (Chosen, (chosen,)) if chosen else (Column, aliases)
            columns.append(kind(name, label, partial(cells.text, most=100), aliases=aliases))
        return columns

    def coordinate_columns(self) -> list[Column]:
        """Return the columns of two coordinates. A heading may name the declared system: 经度_GCJ02."""
        try:
            suffixes = SUFFIXES.get(frames.parse(self.wanted.crs).system, ()) if self.wanted.crs else ()
        except frames.UnknownFrame:
            suffixes = ()

        def both(names):
            return (*names[:1], *(f"{names[0]}_{suffix}" for suffix in suffixes), *names[1:])

        return [
            Column("x", _("Longitude or easting"), shapes.coordinate, aliases=both(EAST)),
            Column("y", _("Latitude or northing"), shapes.coordinate, aliases=both(NORTH)),
        ]

    def shape_column(self) -> Column:
        """Return the column of the shape itself."""
        return Column(
            shapes.SHAPE, _("Shape"), lambda raw, cell: raw if isinstance(raw, ShapeCell) else None, in_template=False
        )

    def wish(self, sheet: str = "") -> Wish:
        """Return how the file is to be read and judged. Two queries."""
        return Wish(
            area=self.area,
            crs=self.wanted.crs,
            layer=sheet,
            encoding=self.wanted.encoding,
            repair=self.wanted.repair,
            swap=self.wanted.swap,
            boxes=self.boxes(),
        )

    def boxes(self) -> tuple:
        """Return the boxes that shapes must lie in, none where nobody can tell."""
        return placing.city_boxes(DISTRICT_MARGIN if self.area else PARK_MARGIN)

    def read_file(self, path, *, name, sheet, limits):
        """Return the table of a file of shapes; workbooks and texts are left to the reader of tables."""
        self.limits = limits
        if holds_shapes(name):
            return shapes.table(path, name=name, wish=self.wish(sheet), limits=limits)
        if not self.area:
            return None
        columns = [*self.named_columns(), *self.coordinate_columns()]
        return corners.table(path, name=name, sheet=sheet, limits=limits, columns=columns, wish=self.wish())

    def unbound(self, bound):
        """Return what is missing: a name or a code must be there, and a shape."""
        missing = [] if bound & {"code", "name"} else [str(_("Code")), str(_("Name"))]
        return missing + ([] if shapes.SHAPE in bound else [str(_("Shape"))])

    def shape_of(self, row):
        """Return what the map of the preview draws."""
        cell = row.values.get(shapes.SHAPE)
        return cell.feature.geometry if cell else None

    def check(self, rows, bound):
        """Parse and judge every row; writes nothing."""
        self.seen = {}
        for row in rows:
            self._parse(row, bound)
        self.prepare(rows)
        for row in rows:
            self.check_shape(row)
            self.check_row(row)
            if row.problems:
                row.verdict, row.changes = WRONG, {}

    def _parse(self, row, bound):
        super()._parse(row, bound)
        for name in ("code", "name"):  # whole numbers stay codes
            if isinstance(row.values.get(name), str):
                row.values[name] = row.values[name].removesuffix(".0")

    def check_shape(self, row):
        """Report what is wrong with the shape itself, and note what was repaired."""
        cell = row.values.get(shapes.SHAPE)
        if cell is None:
            row.problems.setdefault(shapes.SHAPE, shapes.problem_of(geometry.Fault("empty")))
            return
        if cell.feature.fault:
            problem = shapes.problem_of(cell.feature.fault)
            row.problems.setdefault(shapes.SHAPE, problem)
        elif repair := shapes.repair_of(cell.feature.repaired):
            row.notes[shapes.SHAPE] = repair

    def named(self, row) -> str:
        """Return what a row calls its thing, the code if there is one."""
        return row.values.get("code") or row.values.get("name") or ""

    def origin(self, row, batch, **more) -> outlines.Origin:
        """Return where the shape of a row came from."""
        cell = row.values[shapes.SHAPE]
        feature, said = cell.feature, shapes.repair_of(cell.feature.repaired)
        words = [said.words()] if said else []
        if self.wanted.swap:
            words.append(cells.Problem(SWAPPED).words())
        return outlines.Origin(
            frame=cell.frame,
            file_name=batch.file_name,
            file_sha256=batch.sha256,
            feature_no=row.number - 1,
            original=feature.original,
            repaired="；".join(words),
            zone_area_m2=feature.zone_area_m2,
            geodesic_area_m2=feature.geodesic_area_m2,
            **more,
        )


class Names:
    """Rows of a model by folded code and name; None for a spelling that two rows share."""

    def __init__(self, rows, names):
        self.found, self.rows = {}, list(rows)
        for row in self.rows:
            for text in {cells.folded(name).lower() for name in names(row) if name}:
                self.found[text] = None if text in self.found else row

    def get(self, row, names=("code", "name")):
        """Return the row meant by an import row's code or else its name.

        :raises BadCell: the spelling is shared.
        """
        for name in names:
            key = cells.folded(row.values.get(name) or "").lower()
            if key and key in self.found:
                if self.found[key] is None:
                    raise BadCell(AMBIGUOUS, value=row.values[name])
                return self.found[key]
        return None
