"""Outlines of districts and parks, known by code or name, from files of shapes."""

from dataclasses import replace
from decimal import Decimal
from functools import partial

from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_null import gettext_noop

from gis import geometry, outlines, placing
from gis.models import DistrictShape
from imports import cells, shapes
from imports.cells import BadCell
from imports.importers.base import CHANGED, FORBIDDEN, NEW, UNCHANGED, UNKNOWN, Column
from imports.importers.shaped import Names, ShapeImporter
from people.models import District
from projects.models import Park

BOTH = gettext_noop("“%(value)s” is a park and a district. Say what the outlines are of.")
NO_NAME = gettext_noop("The shape has neither a code nor a name. Say which column holds the names.")
REGISTER = gettext_noop(
    "No district or park is called “%(value)s”. Correct the name, register the park, or tick “register missing "
    "districts” (command line: --create)."
)
NO_CITY = gettext_noop(
    "“%(value)s” belongs to the city %(city)s, which is not known here. Register the city first, or name it "
    '(command line: --city "%(city)s NAME").'
)
REPEATED = gettext_noop("Row %(row)s is already the outline of “%(name)s”.")
DIFFERS = gettext_noop("Drawn are %(drawn)s ha (%(mu)s mu), declared %(declared)s ha: %(percent)s%% apart.")
MU_FOR_HA = gettext_noop("Drawn are %(drawn)s ha (%(mu)s mu), declared %(declared)s ha: is the declared figure in mu?")
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


def declared_area(raw, cell, *, unit="公顷") -> Decimal:
    """Return an area in hectares; the heading may name another unit in brackets: 面积（亩）."""
    cell_unit, cell.unit = cell.unit, ""
    value = cells.decimal(raw, cell, places=4, least=0, most=Decimal("1e12"), example="121.49")
    return value * UNITS_HA.get(cell_unit.lower(), UNITS_HA[unit])


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
        used = [replace(column, read_only=True) for column in self.coordinate_columns()]  # by tables of corners
        return [*self.named_columns(), *areas, *used, self.shape_column()]

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
