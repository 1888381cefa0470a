"""Which district and park the point of a project lies in: a spatial join, its result stored as `Placement` rows.

`place` is registered with `projects.actions.after_point`, so that every way of giving a point leads through it. A few
points are looked up here; many, and all of them when an outline changes, are joined by geopandas in the child process
of `gis/files.py`. `manage.py place_points` joins everything again and can be run at any time.
"""

import threading
from collections.abc import Iterable
from contextlib import contextmanager
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from factors.blocks import Difference
from gis import files, geometry
from gis.models import DistrictShape, Placement
from people.models import MAX_DEPTH, District
from projects.models import Park, Project

FEW = 200
"""So many points are looked up in this process; a join in the other one costs two seconds whatever it joins."""

BULK = files.Limits(cpu_seconds=300, wall_seconds=300, memory_mb=4_096)
_collecting = threading.local()


def outlines() -> list[tuple[str, dict]]:
    """Return (key, GeoJSON) of every outline, keys d:<id> and p:<id>. Two queries."""
    districts = DistrictShape.objects.order_by("district_id").values_list("district_id", "geometry")
    parks = Park.objects.filter(boundary__isnull=False).order_by("pk").values_list("pk", "boundary")
    found = [(f"d:{pk}", shape) for pk, shape in districts] + [(f"p:{pk}", shape) for pk, shape in parks]
    return [(key, shape) for key, shape in found if shape and shape.get("type") in geometry.AREAS]


def place(projects: Iterable[int] | None = None) -> int:
    """Look up the points of these projects (ids; None: of all) and store where they lie; returns how many have a point.

    Call it in the transaction that changes points or outlines. Within `together` it waits for the end of the block.
    """
    waiting = getattr(_collecting, "projects", None)
    if waiting is not None and projects is not None:
        waiting.update(projects)
        return 0
    rows = Project.objects.all()
    if projects is not None:
        projects = set(projects)
        if not projects:
            return 0
        rows = _of(rows, projects)
    points, declared = _points(rows)
    if not points and projects is not None:
        _of(Placement.objects.all(), projects).delete()
        return 0
    _store(points, located(points, outlines(), declared), projects)
    return len(points)


def _points(projects: QuerySet) -> tuple[list, dict]:
    """Return the points as (id, longitude, latitude), and id → park that is declared. One query."""
    rows = projects.filter(longitude__isnull=False).order_by("pk")
    rows = list(rows.values_list("pk", "longitude", "latitude", "park_id"))
    return [(pk, x, y) for pk, x, y, _park in rows], {pk: park for pk, _x, _y, park in rows}


def _of(rows: QuerySet, projects: set[int]) -> QuerySet:
    """Narrow to some projects; a long list of ids is worse than none on either database."""
    return rows.filter(pk__in=projects) if len(projects) <= 500 else rows


@contextmanager
def together():
    """Join the points that change within the block at once, at its end."""
    if getattr(_collecting, "projects", None) is not None:
        yield
        return
    _collecting.projects = set()
    try:
        yield
        changed = _collecting.projects
    finally:
        _collecting.projects = None
    place(changed)


def located(points: list, areas: list, declared: dict | None = None) -> dict[int, tuple[int | None, int | None]]:
    """Return point key → (district id, park id) of (key, longitude, latitude). One query, of the districts' tree.

    `declared` are point key → park id: where parks cover each other, the declared one counts.
    """
    points = [(key, float(x), float(y)) for key, x, y in points]
    if len(points) <= FEW:
        boxed = [(area, shape, geometry.box_of(geometry.positions_of(shape))) for area, shape in areas]
        pairs = [
            (key, area)
            for key, x, y in points
            for area, shape, box in boxed
            if geometry.is_within((x, y, x, y), box) and geometry.contains(shape, x, y)
        ]
    else:
        pairs = files.join([list(point) for point in points], [list(area) for area in areas], BULK)
    within: dict = {}
    for key, area in pairs:
        within.setdefault(key, []).append(area)
    depth = depths() if within else {}
    declared = declared or {}
    return {key: innermost(within.get(key, ()), depth, declared.get(key)) for key, _x, _y in points}


def innermost(keys: Iterable[str], depth: dict[int, int], declared: int | None = None) -> tuple[int | None, int | None]:
    """Return (district id, park id) of the outlines that hold a point: the lowest district; the declared park if it is
    one of them, else the first.
    """
    districts = [int(key[2:]) for key in keys if key.startswith("d:")]
    parks = [int(key[2:]) for key in keys if key.startswith("p:")]
    park = declared if declared in parks else min(parks, default=None)
    return max(districts, key=lambda pk: (depth.get(pk, 0), -pk), default=None), park


def depths() -> dict[int, int]:
    """Return district id → number of districts above it. One query."""
    parents = dict(District.objects.order_by().values_list("pk", "parent_id"))

    def above(pk):
        count, pk = 0, parents[pk]
        while pk is not None and count <= MAX_DEPTH:
            count, pk = count + 1, parents.get(pk)
        return count

    return {pk: above(pk) for pk in parents}


def _store(points, found, projects) -> None:
    rows = [
        Placement(project_id=pk, district_id=found[pk][0], park_id=found[pk][1], longitude=x, latitude=y)
        for pk, x, y in points
    ]
    if projects is None:
        Placement.objects.exclude(project__longitude__isnull=False).delete()
    elif len(projects) <= 500:
        _of(Placement.objects.all(), projects).exclude(pk__in=[row.pk for row in rows]).delete()
    Placement.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["project"],
        update_fields=["district", "park", "longitude", "latitude"],
    )


def differences() -> list[Difference]:
    """Join every point again and return the projects whose stored place is another one; for `manage.py verify`."""
    points, declared = _points(Project.objects.all())
    found = located(points, outlines(), declared)
    codes = dict(Project.objects.filter(longitude__isnull=False).values_list("pk", "code"))
    stored = {row.pk: row for row in Placement.objects.all()}
    differing = []
    for pk, x, y in points:
        row, derived = stored.pop(pk, None), (*found[pk], x, y)
        told = row and (row.district_id, row.park_id, row.longitude, row.latitude)
        if told != derived:
            differing.append(Difference(codes[pk], "placement", told, derived))
    return differing + [Difference(f"project {pk}", "placement", "a place", "no point") for pk in stored]


def misplaced(projects: QuerySet) -> QuerySet:
    """Narrow projects to those whose point lies outside the park or the district that they declare.

    Only outlines that are known count: without the park's outline nobody can say that a point lies outside it.
    """
    drawn_park = Exists(Park.objects.filter(pk=OuterRef("park_id"), boundary__type__in=geometry.AREAS))
    drawn_district = Exists(DistrictShape.objects.filter(district=OuterRef("district_id")))
    below = Q(placement__district=F("district"))
    for level in range(1, MAX_DEPTH):
        below |= Q(**{f"placement__district__{'__'.join(['parent'] * level)}": F("district")})
    in_park = Project.objects.filter(placement__park=F("park")).values("pk")
    in_district = Project.objects.filter(below).values("pk")
    return projects.filter(placement__isnull=False).filter(
        (Q(drawn_park) & ~Q(pk__in=in_park)) | (Q(drawn_district) & ~Q(pk__in=in_district))
    )


def disagrees(project: Project, placement: Placement | None) -> bool:
    """Say the same of one project whose park and district are loaded. No query, one where a district has a parent.

    A district within the declared one agrees with it.
    """
    if placement is None:
        return False
    park = project.park
    if park is not None and (park.boundary or {}).get("type") in geometry.AREAS and placement.park_id != park.pk:
        return True
    place = placement.district
    return place is not None and project.district_id not in {place.pk, *(above.pk for above in place.ancestors())}


def city_boxes(margin: float = 0.05) -> tuple:
    """Return the box of every city (root district) with a margin in degrees; none unless every city has an outline.

    An outline says where a city is. Without it anywhere in the country may be meant. Two queries.
    """
    roots = set(District.objects.filter(parent__isnull=True).values_list("pk", flat=True))
    shapes = dict(DistrictShape.objects.filter(district__in=roots).values_list("district_id", "geometry"))
    if not roots or roots - shapes.keys():
        return ()
    return tuple(geometry.widened(geometry.box_of(geometry.positions_of(shapes[pk])), margin) for pk in sorted(shapes))


def stray(longitude: Decimal, latitude: Decimal, *, park: Park | None, district: District) -> geometry.Fault | None:
    """Return why a point does not lie where its project is said to be; None when it does, or nobody can tell.

    At most four queries, no heavy library: for a form with one point.
    """
    x, y = float(longitude), float(latitude)
    if fault := geometry.place_fault([(x, y)], geometry.frames.Frame(geometry.frames.CGCS2000), city_boxes()):
        return fault
    shape = DistrictShape.objects.filter(district=district).values_list("geometry", flat=True).first()
    return outside(x, y, park=park, district=district, shape=shape, where=None)


def outside(x, y, *, park, district, shape, where) -> geometry.Fault | None:
    """Return the fault of a point that lies outside its park or, without a drawn park, its district.

    `shape` is the district's outline or None; `where` says in words where the point lies, None to look it up.
    """
    boundary = park.boundary if park is not None and (park.boundary or {}).get("type") in geometry.AREAS else None
    for word, name, outline in (("outside_park", "park", boundary), ("outside_district", "district", shape)):
        if outline is None:
            continue
        if not geometry.contains(outline, x, y):
            metres = geometry.distance_m(outline, x, y)
            if metres < 1:
                return None
            said = where if where is not None else where_words(*located([(0, x, y)], outlines())[0])
            return geometry.Fault(
                word, {"metres": f"{metres:.0f}", name: str(park if name == "park" else district), "where": said}
            )
        return None
    return None


def where_words(district_id: int | None, park_id: int | None) -> str:
    """Return "district park" for two ids, a dash for neither. Two queries."""
    names = [District.objects.filter(pk=district_id).values_list("name", flat=True).first() if district_id else None]
    names.append(Park.objects.filter(pk=park_id).values_list("name", flat=True).first() if park_id else None)
    return " ".join(filter(None, names)) or "—"
