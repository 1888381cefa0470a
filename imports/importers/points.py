"""Points of projects and parks, known by code or name: from files of shapes, or from tables of coordinates."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_null import gettext_noop

from gis import geometry, outlines, placing
from gis.models import DistrictShape
from imports import shapes
from imports.cells import BadCell, Problem
from imports.importers.base import CHANGED, FORBIDDEN, NEW, REQUIRED, UNCHANGED, UNKNOWN
from imports.importers.shaped import Names, ShapeImporter
from people.access import manageable_by, visible_to
from projects.models import Park, Project

NO_SUCH = gettext_noop("No project or park has this code or name.")
HAS_OUTLINE = gettext_noop("“%(park)s” has an outline: its point is not needed.")
REPEATED = gettext_noop("Row %(row)s already gives the point of “%(name)s”.")


class PointImporter(ShapeImporter):
    """Points of projects, and of parks that have no outline."""

    kind = "points"
    title = _("Points of projects and parks")
    area = False
    code_aliases = ("代码", "项目代码", "国家代码", "投资项目代码", "项目编码", "园区代码", "园区编码", "开发区代码")
    name_aliases = ("名称", "项目名称", "项目", "园区", "园区名称", "开发区名称", "开发区")

    def make_columns(self):
        """Return the columns: code, name, two coordinates or a shape. A heading may name the declared system."""
        return [
            *self.named_columns(),
            *self.coordinate_columns(),
            self.shape_column(),
        ]

    def unbound(self, bound):
        """Return what is missing: a code or a name, and two coordinates or a shape."""
        missing = [] if bound & {"code", "name"} else [str(_("Code")), str(_("Name"))]
        if shapes.SHAPE in bound:
            return missing
        return missing + [str(self.column(name).label) for name in ("x", "y") if name not in bound]

    def shape_column_of(self, row) -> str:
        """Return the column that a fault of the point is told at."""
        return shapes.SHAPE if self.is_drawn(row) else "x"

    @staticmethod
    def is_drawn(row) -> bool:
        """Say whether the row came with a shape; otherwise its point is two numbers."""
        return isinstance(row.raw.get(shapes.SHAPE), shapes.ShapeCell)

    def prepare(self, rows):
        """Judge points that came as numbers; load projects, parks, outlines and rights. A dozen queries."""
        numbered = [row for row in rows if not self.is_drawn(row)]
        given = [
            {"type": "Point", "coordinates": [row.values["x"], row.values["y"]]}
            if {"x", "y"} <= row.values.keys() and None not in (row.values["x"], row.values["y"])
            else None
            for row in numbered
        ]
        if numbered:
            for row, cell in zip(numbered, shapes.judged(given, wish=self.wish(), limits=self.limits), strict=True):
                row.values[shapes.SHAPE] = cell
        self._load(rows)
        points = [
            (row.number, *cell.feature.geometry["coordinates"][:2])
            for row in rows
            if (cell := row.values.get(shapes.SHAPE)) and cell.feature.geometry and not cell.feature.fault
        ]
        self.placed = placing.located(points, placing.outlines()) if points else {}

    def _load(self, rows):
        known = {text for row in rows for name in ("code", "name") if isinstance(text := row.values.get(name), str)}
        projects = [
            project
            for part in _parts(sorted(known))
            for field in ("code", "name")
            for project in visible_to(Project.objects.all(), self.by)
            .filter(**{f"{field}__in": part})
            .select_related("park", "district")
        ]
        projects = {project.pk: project for project in projects}.values()
        self.projects = Names(projects, lambda p: [p.code, p.name])
        self.parks = Names(Park.objects.order_by("code"), lambda p: [p.code, p.name, p.short_name])
        ids = [project.pk for project in projects]
        mine = manageable_by(Project.objects.all(), self.by)
        self.may = {
            Project: {pk for part in _parts(ids) for pk in mine.filter(pk__in=part).values_list("pk", flat=True)},
            Park: set(outlines.parks_changeable(self.by).values_list("pk", flat=True)),
        }
        self.district_shapes = dict(DistrictShape.objects.values_list("district_id", "geometry"))
        self.words = {}

    def check_shape(self, row):
        """Report what is wrong with the point at the cell it was read from."""
        if not self.is_drawn(row):
            for name in ("x", "y"):
                if row.values.get(name) is None and name not in row.problems:
                    row.wrong(name, REQUIRED, column=str(self.column(name).label))
            if row.problems:
                return
        cell = row.values[shapes.SHAPE]
        if cell is None or cell.feature.fault:
            fault = cell.feature.fault if cell else geometry.Fault("empty")
            row.problems.setdefault(self.shape_column_of(row), shapes.problem_of(fault))

    def check_row(self, row):
        """Find whose point it is, whether it lies where it should, and compare it with the one that is stored."""
        try:
            row.target = self._target(row)
        except BadCell as bad:
            row.problems.setdefault("code" if row.values.get("code") else "name", bad.problem)
            return
        if row.problems:
            return
        key = (type(row.target), row.target.pk)
        if key in self.seen:
            row.wrong(self.shape_column_of(row), REPEATED, row=self.seen[key], name=str(row.target))
            return
        self.seen[key] = row.number
        if row.target.pk not in self.may[type(row.target)]:
            row.wrong("code" if row.values.get("code") else "name", FORBIDDEN)
        elif isinstance(row.target, Park):
            self._compare_park(row)
        else:
            self._compare_project(row)

    def _target(self, row):
        wanted = self.wanted.of
        project = self.projects.get(row) if wanted in ("", "project") else None
        park = self.parks.get(row) if wanted in ("", "park") else None
        if project or park:
            return project or park
        raise BadCell(UNKNOWN if self.named(row) else NO_SUCH, what=str(_("project or park")), value=self.named(row))

    def _compare_park(self, row):
        point, old = row.values[shapes.SHAPE].feature.geometry, row.target.boundary
        row.plan = point
        if (old or {}).get("type") in geometry.AREAS:
            row.verdict = UNCHANGED
            row.notes[self.shape_column_of(row)] = Problem(HAS_OUTLINE, {"park": str(row.target)})
        elif old is None:
            row.verdict = NEW
        elif old == point:
            row.verdict = UNCHANGED
        else:
            row.verdict = CHANGED
            row.changes[self.shape_column_of(row)] = ", ".join(str(number) for number in old["coordinates"][:2])

    def _compare_project(self, row):
        project = row.target
        row.plan = outlines.degrees(row.values[shapes.SHAPE].feature.geometry)
        old = (project.longitude, project.latitude)
        if old == row.plan:
            row.verdict = UNCHANGED
            return
        x, y = (float(value) for value in row.plan)
        if not self.wanted.outside:
            shape = self.district_shapes.get(project.district_id)
            where = self._where(self.placed.get(row.number, (None, None)))
            fault = placing.outside(x, y, park=project.park, district=project.district, shape=shape, where=where)
            if fault:
                row.problems.setdefault(self.shape_column_of(row), shapes.problem_of(fault))
                return
        row.verdict = NEW if None in old else CHANGED
        if row.verdict == CHANGED:
            row.changes[self.shape_column_of(row)] = f"{old[0]}, {old[1]}"

    def _where(self, ids) -> str:
        """Return where a point lies in words; two queries for a place that was not met yet."""
        if ids not in self.words:
            self.words[ids] = placing.where_words(*ids)
        return self.words[ids]

    def write(self, rows, batch):
        """Store the points with their sources; where they lie is looked up once for all."""
        with placing.together():
            for row in rows:
                origin = self.origin(row, batch)
                if isinstance(row.target, Park):
                    outlines.set_park(by=self.by, park=row.target, geometry=row.plan, origin=origin, now=self.now)
                    continue
                x, y = row.plan
                outlines.set_point(by=self.by, project=row.target, longitude=x, latitude=y, origin=origin, now=self.now)


def _parts(items, size=500):
    for start in range(0, len(items), size):
        yield items[start : start + size]
