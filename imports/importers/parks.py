"""Parks and development zones, known by their code."""

from decimal import Decimal
from functools import partial

from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_null import gettext_noop

from imports import cells
from imports.importers.base import Column, ModelImporter, district_lookup, long_text, of_choices, same
from projects.models import Park

NAME_TAKEN = gettext_noop("Another park (%(code)s) is already called “%(name)s”.")
HALF_POINT = gettext_noop("Longitude and latitude go together.")


class ParkImporter(ModelImporter):
    """New parks and changes to known ones. A point is read from two columns; a drawn boundary is never overwritten."""

    kind = "parks"
    title = _("Parks")
    permissions = ("park.edit",)
    key = ("code",)
    model = Park

    def make_columns(self):
        """Return the columns in the order of the template."""
        districts = district_lookup()
        level, levels, show_level = of_choices(Park.Level)
        return [
            Column(
                "code",
                _("Park code"),
                partial(cells.text, most=20),
                required=True,
                aliases=("园区代码", "园区编码", "代码", "开发区代码"),
                example="159902PK99",
                help=_("6-digit district, PK and two digits, or the code of the national catalogue."),
            ),
            Column(
                "name",
                _("Park name"),
                partial(cells.text, most=100),
                required=True,
                aliases=("园区名称", "园区", "开发区名称", "开发区"),
                example="示例产业园",
            ),
            Column("short_name", _("Short name"), partial(cells.text, most=30), aliases=("简称",)),
            Column(
                "district",
                _("District"),
                districts.parse,
                required=True,
                aliases=("区县", "所在区县", "行政区划", "属地", "区划代码"),
                help=_("Name or 6-digit code of a district that the system knows."),
                options=districts.options,
                show=lambda row: row.district.name,
            ),
            Column(
                "level",
                _("Level"),
                level,
                aliases=("批准级别", "级别"),
                options=levels,
                show=lambda row: show_level(row.level),
            ),
            Column("kind", _("Kind of zone"), partial(cells.text, most=40), aliases=("开发区类型", "类型")),
            Column(
                "approved_on",
                _("Approved on"),
                cells.day,
                aliases=("批准时间", "批准日期", "设立时间"),
                example="2006-04-01",
                help=_("2006-04-01; a month alone (2006.04) counts as its first day."),
            ),
            Column(
                "area_ha",
                _("Area (ha)"),
                partial(cells.decimal, places=2, least=0, most=Decimal("99999999.99"), example="121.49"),
                aliases=("核准面积", "核准面积_公顷", "面积", "规划面积"),
                example="121.49",
            ),
            Column("industries", _("Leading industries"), cells.text, aliases=("主导产业", "产业方向")),
            Column(
                "longitude",
                _("Longitude (CGCS2000)"),
                partial(cells.degrees, most=180),
                aliases=("经度", "lng", "lon"),
                show=lambda row: _point(row)[0],
            ),
            Column(
                "latitude",
                _("Latitude (CGCS2000)"),
                partial(cells.degrees, most=90),
                aliases=("纬度", "lat"),
                show=lambda row: _point(row)[1],
            ),
            Column("contact", _("Contact"), partial(cells.text, most=60), aliases=("联系人",)),
            Column("note", _("Note"), long_text, aliases=("说明",)),
        ]

    def prepare(self, rows):
        """Load also which park holds which name (one query): names are unique."""
        super().prepare(rows)
        self.codes_by_name = dict(Park.objects.values_list("name", "code"))

    def check_row(self, row):
        """Turn longitude and latitude into the point of the park."""
        point = {name: row.values.pop(name) for name in ("longitude", "latitude") if name in row.values}
        name, code = row.values.get("name"), row.values["code"]
        if name and self.codes_by_name.get(name, code) != code:
            row.wrong("name", NAME_TAKEN, code=self.codes_by_name[name], name=name)
            return
        if name:
            self.codes_by_name[name] = code
        if len(point) == 1:
            row.wrong(next(iter(point)), HALF_POINT)
            return
        if point:
            self._point_into_boundary(row, point)
        super().check_row(row)
        if "boundary" in row.changes:
            old = _point(self.existing[code])
            row.changes |= {"longitude": str(old[0]), "latitude": str(old[1])}
            del row.changes["boundary"]

    def _point_into_boundary(self, row, point):
        known = self.existing.get(row.values["code"])
        if known is not None and known.boundary and known.boundary.get("type") != "Point":
            return
        if known is not None and all(same(old, new) for old, new in zip(_point(known), point.values(), strict=True)):
            return
        coordinates = None if None in point.values() else [float(value) for value in point.values()]
        row.values["boundary"] = {"type": "Point", "coordinates": coordinates} if coordinates else None

    def export_queryset(self, queryset):
        """Return the queryset with the district joined."""
        return queryset.select_related("district")

    def column(self, name):
        """Return the column; the boundary stands in the longitude column."""
        return super().column("longitude" if name == "boundary" else name)


def _point(park) -> tuple:
    """Return (longitude, latitude) of a park that is a point, as decimals; two empty texts for a drawn boundary."""
    boundary = park.boundary or {}
    if boundary.get("type") != "Point":
        return "", ""
    return tuple(Decimal(str(number)).quantize(Decimal("0.000001")) for number in boundary["coordinates"][:2])
