"""Outlines of districts and parks, known by code or name, from files of shapes."""

from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_null import gettext_noop

from gis import geometry, outlines, placing
from gis.files import Unreadable, Wish, holds_shapes
from gis.models import DistrictShape
from imports import cells, reader, shapes
from imports.cells import BadCell
from imports.importers.base import CHANGED, FORBIDDEN, NEW, UNCHANGED, UNKNOWN, WRONG, Column, Importer
from imports.shapes import Options, ShapeCell
from people.models import District
from projects.models import Park

AMBIGUOUS = gettext_noop("“%(value)s” names more than one. Write its code.")
BOTH = gettext_noop("“%(value)s” is a park and a district. Say what the outlines are of.")
NO_NAME = gettext_noop("The shape has neither a code nor a name. Say which column holds the names.")
REGISTER = gettext_noop(
    "No district or park is called “%(value)s”. Correct the name, register the park, or tick “register missing "
    "districts”."
)
NO_CITY = gettext_noop("“%(value)s” belongs to the city %(city)s, which is not known here. Register the city first.")
REPEATED = gettext_noop("Row %(row)s is already the outline of “%(name)s”.")
DIFFERS = gettext_noop("Drawn are %(drawn)s ha (%(mu)s mu), declared %(declared)s ha: %(percent)s%% apart.")
MU_FOR_HA = gettext_noop("Drawn are %(drawn)s ha (%(mu)s mu), declared %(declared)s ha: is the declared figure in mu?")
SWAPPED = gettext_noop("x and y were swapped")

TOLERATED = 0.01
"""By what share a drawn area may differ from the declared one without a word."""

UNITS_HA = {
    "公顷": 1,
    "ha": 1,
    "hm2": 1,
    "亩": Decimal(1) / 15,
    "mu": Decimal(1) / 15,
    "平方米": Decimal("0.0001"),
    "m2": Decimal("0.0001"),
    "㎡": Decimal("0.0001"),
    "平方公里": 100,
    "平方千米": 100,
    "km2": 100,
    "km²": 100,
}
DISTRICT_MARGIN, PARK_MARGIN = 0.2, 0.05
"""Degrees by which an outline may reach over the present one of its city."""


def declared_area(raw, cell, *, unit="公顷") -> Decimal:
    """Return an area in hectares; the heading may name another unit in brackets: 面积（亩）."""
    cell_unit, cell.unit = cell.unit, ""
    value = cells.decimal(raw, cell, places=4, least=0, most=Decimal("99999999"), example="121.49")
    return value * UNITS_HA.get(cell_unit.lower(), UNITS_HA[unit])


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

    def shape_column(self) -> Column:
        """Return the column of the shape itself."""
        return Column(shapes.SHAPE, _("Shape"), lambda raw, cell: raw if isinstance(raw, ShapeCell) else None)

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
        if self.area:
            raise shapes.Unreadable(Unreadable("table"))
        return None

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


class BoundaryImporter(ShapeImporter):
    """New and changed outlines. Districts that are missing can be registered with them; parks cannot."""

    kind = "boundaries"
    title = _("Outlines of districts and parks")
    code_aliases = ("代码", "编码", "区划代码", "行政区划代码", "园区代码", "园区编码", "adcode", "XZQDM", "PAC", "dm")
    name_aliases = ("名称", "区县", "行政区", "园区", "园区名称", "开发区", "开发区名称", "XZQMC", "mc")

    def make_columns(self):
        """Return the columns: code, name, declared area in three units, shape."""
        plain, suffixed = (
            ("面积", "核准面积", "规划面积", "批准面积", "用地面积"),
            {"公顷": "ha", "亩": "mu", "平方米": "m2"},
        )
        areas = [
            Column(
                f"area_{short}",
                {"ha": _("Declared area (ha)"), "mu": _("Declared area (mu)"), "m2": _("Declared area (m²)")}[short],
                partial(declared_area, unit=unit),
                aliases=(*(f"{name}{unit}" for name in plain), *(plain if unit == "公顷" else ())),
            )
            for unit, short in suffixed.items()
        ]
        return [*self.named_columns(), *areas, self.shape_column()]

    def prepare(self, rows):
        """Load districts, parks, their outlines and the rights on them. Seven queries."""
        self.districts = Names(District.objects.order_by("code"), lambda d: [d.code, d.name])
        parks = Park.objects.select_related("district").order_by("code")
        self.parks = Names(parks, lambda p: [p.code, p.name, p.short_name])
        self.by_code = {district.code: district for district in self.districts.rows}
        self.outlined = dict(DistrictShape.objects.values_list("district_id", "geometry"))
        self.may = {
            District: set(outlines.districts_changeable(self.by).values_list("pk", flat=True)),
            Park: set(outlines.parks_changeable(self.by).values_list("pk", flat=True)),
        }

    def boxes(self):
        """Return the boxes of the cities, none while new ones may come with the file."""
        return () if self.wanted.create else super().boxes()

    def check_row(self, row):
        """Find what the outline is of and compare it with the one that is stored."""
        try:
            row.target = self._target(row)
        except BadCell as bad:
            row.problems.setdefault("name" if row.values.get("name") else "code", bad.problem)
            return
        if row.problems:
            return
        key = (type(row.target), row.target.pk or row.target.code)
        if key in self.seen:
            row.wrong(shapes.SHAPE, REPEATED, row=self.seen[key], name=str(row.target))
            return
        self.seen[key] = row.number
        if row.target.pk and row.target.pk not in self.may[type(row.target)]:
            row.wrong("code" if row.values.get("code") else "name", FORBIDDEN)
            return
        self._compare(row)

    def _target(self, row):
        if not self.named(row):
            raise BadCell(NO_NAME)
        code = str(row.values.get("code") or "")
        district = self.districts.get(row) if self.wanted.of in ("", "district") else None
        park = self.parks.get(row) if self.wanted.of in ("", "park") else None
        if district and park:
            if code in (district.code, park.code):
                return district if code == district.code else park
            raise BadCell(BOTH, value=self.named(row))
        if district or park:
            return district or park
        if self.wanted.of == "park":
            raise BadCell(UNKNOWN, self._near(row), what=str(_("park")), value=self.named(row))
        if not self.wanted.create:
            raise BadCell(REGISTER, self._near(row), value=row.values.get("name") or code)
        return self._new_district(row, code)

    def _near(self, row) -> str:
        near = cells.nearest(
            cells.folded(row.values.get("name") or "").lower(),
            [text for names in (self.districts, self.parks) for text, found in names.found.items() if found],
        )
        found = self.districts.found.get(near) or self.parks.found.get(near) if near else None
        return str(found) if found else ""

    def _new_district(self, row, code: str) -> District:
        name = row.values.get("name")
        if not (len(code) == 6 and code.isdigit() and name):
            raise BadCell(REGISTER, self._near(row), value=name or code)
        city = code[:4] + "00"
        if code == city:
            return District(code=code, name=name)
        parent = self.by_code.get(city) or self._new_city(city)
        if parent is None:
            raise BadCell(NO_CITY, value=name, city=city)
        return District(code=code, name=name, parent=parent)

    def _new_city(self, code: str) -> District | None:
        given, _space, name = self.wanted.city.replace("=", " ").strip().partition(" ")
        if given != code or not name.strip():
            return None
        self.by_code[code] = District(code=code, name=name.strip()[:60])
        return self.by_code[code]

    def _compare(self, row):
        feature = row.values[shapes.SHAPE].feature
        row.plan = feature.geometry
        old = row.target.boundary if isinstance(row.target, Park) else self.outlined.get(row.target.pk)
        if old is None:
            row.verdict = NEW
        elif old == feature.geometry:
            row.verdict = UNCHANGED
        else:
            row.verdict = CHANGED
            corners = len(geometry.positions_of(old))
            row.changes[shapes.SHAPE] = str(shapes.gettext("%(n)s corners before") % {"n": corners})
        self._note_area(row, feature)

    def declared_ha(self, row) -> Decimal | None:
        """Return the declared area in hectares: the file's, else the park's own."""
        for short in ("ha", "mu", "m2"):
            if (value := row.values.get(f"area_{short}")) is not None:
                return value
        return row.target.area_ha if isinstance(row.target, Park) else None

    def _note_area(self, row, feature):
        declared = self.declared_ha(row)
        if not declared or not feature.zone_area_m2 or row.notes.get(shapes.SHAPE):
            return
        drawn, declared = geometry.hectares(feature.zone_area_m2), float(declared)
        apart = abs(drawn - declared) / declared
        if apart <= TOLERATED:
            return
        params = {
            "drawn": f"{drawn:,.2f}",
            "mu": f"{drawn * 15:,.1f}",
            "declared": f"{declared:,.2f}",
            "percent": f"{100 * apart:.1f}",
        }
        looks_like_mu = abs(drawn * 15 - declared) / declared < 0.05
        row.notes[shapes.SHAPE] = cells.Problem(MU_FOR_HA if looks_like_mu else DIFFERS, params)

    def write(self, rows, batch):
        """Store the outlines with their sources, draw the city around its districts, and place all points anew."""
        for row in rows:
            declared = self.declared_ha(row)
            more = {"declared_area_m2": declared * 10_000 if declared else None}
            origin = self.origin(row, batch, **more)
            if isinstance(row.target, Park):
                outlines.set_park(by=self.by, park=row.target, geometry=row.plan, origin=origin, now=self.now)
                continue
            self._register(row.target)
            outlines.set_district(by=self.by, district=row.target, geometry=row.plan, origin=origin, now=self.now)
        outlines.complete_cities(by=self.by, now=self.now)
        placing.place()

    @staticmethod
    def _register(district: District):
        if district.parent is not None and district.parent.pk is None:
            district.parent.save()
        if district.pk is None:
            district.parent = district.parent  # takes over the id that the parent has now
            district.save()
