"""What the map shows, as queries. Drawing is apart: `gis/payload.py` packs these rows, static/js/map-*.js draws them.

Every layer of projects starts from one queryset: visible to the person and narrowed by the list's own filter. So map,
list, counts and exports agree. A project without coordinates is no point, but it is counted, and the list has it.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Avg, Case, Count, F, FloatField, IntegerField, Min, QuerySet, Value, When
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from approvals.lights import Light
from approvals.models import Stage
from factors.models import Demand, FactorKind
from gis import standing
from gis.models import DistrictShape
from people.access import visible_to
from projects.models import Park, Project

LIGHTS = (
    Light.BLOCKED,
    Light.OVERDUE_STATUTORY,
    Light.RED,
    Light.AMBER,
    Light.GREEN,
    Light.NONE,
    Light.STOPPED,
    Light.STALE,
    Light.DONE,
)
"""The lights in the order of the legend; their place is their code in the payload."""

CODE = {light.value: code for code, light in enumerate(LIGHTS)}

GROUPINGS = {
    "light": _("Light alone"),
    "factor": _("What blocks it"),
    "stage": _("Current stage"),
    "department": _("Held by"),
    "utility": _("Utility it is short of"),
}
"""What the markers' letter can say besides the light."""

FACTOR_MARKS = {
    "energy": pgettext_lazy("one character", "E"),
    "water": pgettext_lazy("one character", "W"),
    "land": pgettext_lazy("one character", "L"),
    "emission": pgettext_lazy("one character", "P"),
    "utility": pgettext_lazy("one character", "U"),
    "other": pgettext_lazy("one character", "O"),
}


@dataclass(frozen=True)
class Box:
    """A piece of the map in CGCS2000 degrees, edges included."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Points:
    """Projects with coordinates, column by column in the order of their keys. `lights` are codes of LIGHTS."""

    ids: list[int] = field(default_factory=list)
    lons: list[float] = field(default_factory=list)
    lats: list[float] = field(default_factory=list)
    lights: list[int] = field(default_factory=list)
    parks: list[int] = field(default_factory=list)  # 0: outside of parks


@dataclass(frozen=True)
class Cell:
    """Projects of one park in one cell of a grid. `counts` by the code of the light; `one`: the project, if alone."""

    lon: float
    lat: float
    park: int
    counts: tuple[int, ...]
    one: int


@dataclass(frozen=True)
class Group:
    """A line of the second legend: its key in the address, its name, one character for the marker, how many."""

    key: str
    name: str
    mark: str
    count: int


@dataclass(frozen=True)
class Outline:
    """A park or district with its GeoJSON geometry. `done` of `of` utilities; `lacks`: their one-character marks."""

    pk: int
    code: str
    name: str
    geometry: dict
    done: int = 0
    of: int = 0
    lacks: tuple[str, ...] = ()
    is_city: bool = False


# --- projects ------------------------------------------------------------------------------------------------------


def placed(projects: QuerySet[Project], box: Box | None = None) -> QuerySet[Project]:
    """Narrow projects to those with coordinates, and to a box; `lon` and `lat` are plain floats. No query."""
    rows = projects.filter(longitude__isnull=False).annotate(
        lon=Cast("longitude", FloatField()), lat=Cast("latitude", FloatField())
    )
    if box:
        rows = rows.filter(longitude__range=(box.west, box.east), latitude__range=(box.south, box.north))
    return rows.order_by("pk")


def points(projects: QuerySet[Project], box: Box | None = None) -> Points:
    """Return the points of the projects. One query."""
    rows = list(placed(projects, box).values_list("pk", "lon", "lat", "light", "park_id"))
    if not rows:
        return Points()
    ids, lons, lats, lights, parks = zip(*rows, strict=True)
    idle = CODE[Light.NONE]
    return Points(
        list(ids),
        list(lons),
        list(lats),
        [CODE.get(light, idle) for light in lights],
        [park or 0 for park in parks],
    )


def cells(projects: QuerySet[Project], box: Box | None, width: float, height: float, fine: float) -> list[Cell]:
    """Return the projects of a box counted in cells of `width` × `height` degrees, never across parks. Two queries.

    Blocked ones keep to themselves, in cells `fine` times as large (0.36: 20 px of 56). The answer grows with the
    area that is covered and not with the number of projects.
    """
    rows = placed(projects, box).order_by()
    blocked = _counted(rows.filter(light=Light.BLOCKED), width * fine, height * fine)
    others = _counted(rows.exclude(light=Light.BLOCKED), width, height)
    return blocked + others


def _counted(rows, width: float, height: float) -> list[Cell]:
    # Whole steps from 360° below zero: no sign changes, so that cutting and rounding databases both make even cells.
    grid = rows.annotate(
        column=Cast((F("lon") + 360.0) / width, IntegerField()), row=Cast((F("lat") + 360.0) / height, IntegerField())
    )
    found = grid.values_list("park_id", "column", "row", "light").annotate(
        n=Count("pk"), x=Avg("lon"), y=Avg("lat"), first=Min("pk")
    )
    cells: dict[tuple, list] = {}
    for park, column, row, light, number, x, y, first in found:
        cell = cells.setdefault((park or 0, column, row), [0.0, 0.0, [0] * len(LIGHTS), first])
        cell[0] += x * number
        cell[1] += y * number
        cell[2][CODE.get(light, CODE[Light.NONE])] += number
    return [_cell(park, *cell) for (park, _column, _row), cell in sorted(cells.items())]


def _cell(park: int, x: float, y: float, counts: list[int], first: int) -> Cell:
    total = sum(counts)
    return Cell(x / total, y / total, park, tuple(counts), first if total == 1 else 0)


_RANK = Case(*(When(light=light, then=Value(code)) for code, light in enumerate(LIGHTS)), default=Value(len(LIGHTS)))


def worst_first(projects: QuerySet[Project]) -> QuerySet[Project]:
    """Order projects as beside the map: blocked first, then by light, larger investments first."""
    return projects.alias(rank=_RANK).order_by("rank", F("investment_wan").desc(nulls_last=True), "pk")


def on_light(projects: QuerySet[Project]) -> dict[str, int]:
    """Return how many of the projects with coordinates show each light. One query."""
    rows = projects.filter(longitude__isnull=False).order_by().values_list("light")
    return dict(rows.annotate(number=Count("pk")))


# --- the second legend ---------------------------------------------------------------------------------------------


def groups(by: str, projects: QuerySet[Project], today: dt.date) -> tuple[list[Group], dict[int, int]]:
    """Return the lines of a grouping (largest first), and by project the index of its line. One query, or few.

    A project counts once: under what has blocked it longest, under the stage that is due first, under the utility
    that it is short of first. Those that a grouping does not concern are in no line.
    """
    found = _GROUPED[by](projects, today) if by in _GROUPED else []
    members: dict[tuple, list[int]] = {}
    seen: set[int] = set()
    for project, key, name, mark in found:
        if project not in seen:
            seen.add(project)
            members.setdefault((str(key), str(name), str(mark)), []).append(project)
    lines = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))
    return (
        [Group(*line, len(inside)) for line, inside in lines],
        {project: number for number, (_line, inside) in enumerate(lines) for project in inside},
    )


def _by_factor(projects, today):
    rows = Demand.objects.filter(blocked=True, closed_on__isnull=True, project__in=projects.order_by().values("pk"))
    labels = dict(FactorKind.Group.choices)
    for project, group in rows.order_by("project_id", "pk").values_list("project_id", "book__kind__group"):
        yield project, group, labels.get(group, group), FACTOR_MARKS.get(group, "?")


def _open_stages(projects):
    return Stage.objects.filter(
        accepted_at__isnull=False, closed_at__isnull=True, chain__project__in=projects.order_by().values("pk")
    ).order_by("chain__project_id", F("due_half").asc(nulls_last=True), "position")


def _by_stage(projects, today):
    marks: dict[str, str] = {}  # a stage has one number on the map, though templates may number it differently
    for project, code, name in _open_stages(projects).values_list("chain__project_id", "code", "name"):
        number = "".join(filter(str.isdigit, code))[-2:]
        yield project, name, name, marks.setdefault(name, number or name[:1])


def _by_department(projects, today):
    columns = ("chain__project_id", "department__code", "department__short_name", "department__name")
    for project, code, short, name in _open_stages(projects).filter(department__isnull=False).values_list(*columns):
        # The letter that tells departments apart is not the first: 市发展改革委, 市水务局 all begin alike.
        word = short or name
        yield project, code, word, word.lstrip("市区县旗省")[:1] or word[:1]


def _by_utility(projects, today):
    for need in standing.shortfalls(today, projects=projects):
        yield need.gap.project_id, need.item.code, need.item.name, need.item.mark[:1]


_GROUPED = {"factor": _by_factor, "stage": _by_stage, "department": _by_department, "utility": _by_utility}


# --- outlines ------------------------------------------------------------------------------------------------------


def parks(user, today: dt.date) -> list[Outline]:
    """Return the parks that the person may see, with their outlines (or points) and readiness. Three queries."""
    visible = visible_to(Park.objects.exclude(boundary=None), user)
    rows = list(visible.only("pk", "code", "name", "short_name", "boundary").order_by("code"))
    boards = standing.boards(rows, today)
    return [_park(park, boards.get(park.pk)) for park in rows]


def _park(park: Park, board) -> Outline:
    name = park.short_name or park.name
    if board is None or not board.completion.of:
        return Outline(park.pk, park.code, name, park.boundary)
    lacks = tuple(item.mark for item in board.lacking)
    return Outline(park.pk, park.code, name, park.boundary, board.completion.done, board.completion.of, lacks)


def districts() -> list[Outline]:
    """Return the outlines of the city and its districts. One query."""
    rows = DistrictShape.objects.select_related("district").order_by("district__code")
    return [
        Outline(
            row.district_id,
            row.district.code,
            row.district.name,
            row.geometry,
            is_city=row.district.parent_id is None,
        )
        for row in rows
    ]


def bounds(outlines: Iterable[Outline], points: Iterable[tuple[float, float]] = ()) -> Box | None:
    """Return the box around outlines and points (longitude, latitude), or None where there is nothing."""
    corners = [corner for outline in outlines for corner in positions(outline.geometry)] + list(points)
    if not corners:
        return None
    lons, lats = zip(*corners, strict=True)
    return Box(min(lons), min(lats), max(lons), max(lats))


def positions(geometry: dict) -> list[tuple[float, float]]:
    """Return all corners of a GeoJSON geometry."""
    return [corner for ring in rings(geometry) for corner in ring]


def rings(geometry: dict) -> list[list[tuple[float, float]]]:
    """Return the rings of a polygon or multipolygon, outer and inner alike; of a point a ring of one corner."""
    kind, inside = geometry.get("type"), geometry.get("coordinates") or []
    if kind == "Point":
        return [[(inside[0], inside[1])]]
    polygons = inside if kind == "MultiPolygon" else [inside] if kind == "Polygon" else []
    return [[(corner[0], corner[1]) for corner in ring] for polygon in polygons for ring in polygon]
