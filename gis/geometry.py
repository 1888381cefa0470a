"""What is wrong with a shape, what it can be repaired to, how large it is, what lies in it. No Django, no database.

Shapes come as GeoJSON geometries (dicts) in a file's own system and leave as GeoJSON in CGCS2000 degrees. A `Fault` is
a word with parameters; the sentences stand in `gis/sentences.py`. shapely and pyproj are loaded inside the functions
that need them; `contains`, `box_of` and `distance_m` need neither, so that one point is placed without them.
"""

import math
import re
from dataclasses import dataclass, field

from gis import frames
from gis.frames import Frame

CHINA = (73.0, 3.0, 136.0, 54.0)
"""West, south, east, north in degrees: what a place in China lies within, islands included."""

MOST_VERTICES = 20_000
"""More corners than this in one outline slow every map; the lines of districts have a few thousand."""

SIMPLIFY_M = (1, 2, 5, 10)
"""By how many metres a corner may move when an outline has too many, tried in turn."""

SLIVER_M2 = 1.0
"""Pieces smaller than this are dropped by a repair."""

MU_M2, HECTARE_M2 = 10_000 / 15, 10_000
"""One 亩 is 1/15 of a hectare."""

M_PER_DEGREE = 111_320.0
AREAS = ("Polygon", "MultiPolygon")


@dataclass(frozen=True)
class Fault:
    """A word of `sentences.FAULTS` and its parameters; `repairable` when `repair=True` would cure it."""

    word: str
    params: dict = field(default_factory=dict)
    repairable: bool = False


@dataclass
class Checked:
    """A shape as judged. `geometry` (CGCS2000) is None when nothing can be drawn; areas are of the repaired shape."""

    geometry: dict | None = None
    fault: Fault | None = None
    repaired: Fault | None = None
    vertices: int = 0
    zone_area_m2: float | None = None
    geodesic_area_m2: float | None = None


# --- Coordinates ------------------------------------------------------------------------------------


def parts_of(geometry: dict):
    """Yield each list of positions of a Point, LineString, Polygon, MultiPolygon … however deep."""
    stack = [geometry.get("coordinates")]
    while stack:
        part = stack.pop()
        if not isinstance(part, list) or not part:
            continue
        if isinstance(part[0], list) and part[0] and not isinstance(part[0][0], list):
            yield part
        elif isinstance(part[0], list):
            stack.extend(reversed(part))
        else:
            yield [part]


def positions_of(geometry: dict) -> list[tuple[float, float]]:
    """Return every (x, y) of a geometry, heights dropped.

    :raises ValueError: a position is not two finite numbers.
    """
    found = []
    for part in parts_of(geometry):
        for position in part:
            if not isinstance(position, list | tuple) or len(position) < 2:
                raise ValueError("position")
            x, y = position[0], position[1]
            for number in (x, y):
                if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
                    raise ValueError("number")
            found.append((float(x), float(y)))
    return found


def with_positions(geometry: dict, points) -> dict:
    """Return the geometry with its positions replaced, in order, by `points`."""
    left = iter(points)

    def replaced(part):
        if part and not isinstance(part[0], list | tuple):
            return list(next(left))
        return [replaced(inner) for inner in part]

    return {"type": geometry["type"], "coordinates": replaced(geometry["coordinates"])}


def box_of(points) -> tuple[float, float, float, float]:
    """Return (west, south, east, north) of (x, y) pairs, which must not be empty."""
    xs, ys = [x for x, _y in points], [y for _x, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def widened(box, degrees: float) -> tuple[float, float, float, float]:
    """Return a box with a margin on every side."""
    return box[0] - degrees, box[1] - degrees, box[2] + degrees, box[3] + degrees


def is_within(box, outer) -> bool:
    """Say whether a box lies in another one. Infinite or undefined coordinates lie nowhere."""
    return box[0] >= outer[0] and box[1] >= outer[1] and box[2] <= outer[2] and box[3] <= outer[3]


def beyond_km(box, outer) -> float:
    """Return how far a box reaches out of another one, in kilometres, at its farthest side."""
    away = max(outer[0] - box[0], outer[1] - box[1], box[2] - outer[2], box[3] - outer[3], 0.0)
    return away * M_PER_DEGREE / 1000


# --- Is it where it should be? ------------------------------------------------------------------------------------


def place_fault(points, frame: Frame, boxes=()) -> Fault | None:
    """Return why the coordinates cannot be in that system, None when they can.

    `points` are (x, y) in `frame`; `boxes` are those of the city or cities (CGCS2000 degrees, with their margin), none
    when they are not known: then anywhere in China will do.
    """
    box = box_of(points)
    if frame.in_degrees:
        if max(abs(number) for number in box) > 360:
            return _are_metres(box, points, boxes)
    elif max(abs(number) for number in box) <= 360:
        return Fault("are_degrees", {"name": frame.name()})
    if frame.system == frames.GAUSS and (fault := _zone_fault(box, frame)):
        return fault
    if fits(points, frame, boxes):
        return None
    if fits([(y, x) for x, y in points], frame, boxes):
        return Fault("swapped", {"x": _short(box[0]), "y": _short(box[1])})
    if frame.system == frames.GAUSS and (better := _fitting_zone(points, boxes, not_this=frame)):
        return Fault("wrong_zone", {"name": frame.name(), "better": better.name(), "code": better.code})
    there = box_of(frames.to_cgcs2000(corners(box), frame))
    if not all(math.isfinite(number) for number in there):
        return Fault("not_in_system", {"name": frame.name()})
    if not is_within(there, CHINA):
        return Fault("outside_china", {"x": _short(there[0]), "y": _short(there[1])})
    away = min(beyond_km(there, outer) for outer in boxes)
    return Fault("outside_city", {"x": _short(there[0]), "y": _short(there[1]), "km": f"{away:.1f}"})


def corners(box) -> list[tuple[float, float]]:
    """Return the two outer corners of a box."""
    return [(box[0], box[1]), (box[2], box[3])]


def fits(points, frame: Frame, boxes=()) -> bool:
    """Say whether points, read in a system, lie in China and, where they are known, in one of the boxes."""
    found = frames.to_cgcs2000(corners(box_of(points)), frame)
    if not all(math.isfinite(number) for point in found for number in point):
        return False
    box = box_of(found)
    return is_within(box, CHINA) and (not boxes or any(is_within(box, outer) for outer in boxes))


def _are_metres(box, points, boxes) -> Fault:
    flipped = [(y, x) for x, y in points]
    for read in (points, flipped):
        number = int(box_of(read)[0] // 1_000_000)
        if frames.FIRST_ZONE <= number <= frames.LAST_ZONE:
            better = frames.zone(3 * number, prefix=True)
            return Fault("are_metres_of", {"better": better.name(), "code": better.code})
        if boxes and (better := _fitting_zone(read, boxes)):
            return Fault("are_metres_of", {"better": better.name(), "code": better.code})
    return Fault("are_metres", {"x": _short(box[0]), "y": _short(box[1])})


def _zone_fault(box, frame: Frame) -> Fault | None:
    """Compare the number in front of the eastings with the zone that was declared."""
    number = int(box[0] // 1_000_000)
    if not frames.FIRST_ZONE <= number <= frames.LAST_ZONE:
        if frame.has_prefix and 0 < box[0] < 1_000_000:
            better = frames.zone(frame.meridian)
            return Fault("no_prefix", {"name": frame.name(), "better": better.name(), "code": better.code})
        return None
    if frame.has_prefix and number == frame.meridian // 3:
        return None
    better = frames.zone(3 * number, prefix=True)
    return Fault(
        "wrong_zone_number",
        {"number": number, "name": frame.name(), "better": better.name(), "code": better.code},
    )


def _fitting_zone(points, boxes, not_this: Frame | None = None) -> Frame | None:
    """Return the only zone in which the points lie in one of the boxes; None for none, several or no boxes."""
    if not boxes or not 0 < box_of(points)[0] < 1_000_000:
        return None
    zones = [frames.zone(3 * number) for number in range(frames.FIRST_ZONE, frames.LAST_ZONE + 1)]
    found = [zone for zone in zones if zone != not_this and fits(points, zone, boxes)]
    return found[0] if len(found) == 1 else None


def _short(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")


# --- Is it a sound outline? ------------------------------------------------------------------------------------


def checked(geometry: dict | None, frame: Frame, *, area: bool, boxes=(), repair=False, swap=False) -> Checked:
    """Judge a GeoJSON geometry of a file: its kind, its place and, for outlines, its soundness and its area.

    `area` asks for an outline, otherwise a point is wanted (the one point of a MultiPoint will do). `repair` mends what
    can be mended and says so; `swap` takes x for y.
    """
    kind = (geometry or {}).get("type")
    try:
        points = positions_of(geometry) if geometry else []
    except ValueError:
        return Checked(fault=Fault("not_numbers"))
    if not points:
        return Checked(fault=Fault("empty"))
    geometry = _of_wanted_kind(geometry, kind, area, len(points))
    if isinstance(geometry, Fault):
        return Checked(fault=geometry, vertices=len(points))
    points = [(y, x) for x, y in positions_of(geometry)] if swap else positions_of(geometry)
    if fault := place_fault(points, frame, boxes):
        return Checked(_drawable(geometry, points, frame), fault, vertices=len(points))
    there = with_positions(geometry, frames.to_cgcs2000(points, frame))
    if not area:
        return Checked(there, vertices=1)
    return _sound(there, len(points), repair)


def _of_wanted_kind(geometry, kind, area, count):
    if area:
        if kind in AREAS:
            return geometry
        if kind == "LineString" and count >= 4 and geometry["coordinates"][0][:2] == geometry["coordinates"][-1][:2]:
            return {"type": "Polygon", "coordinates": [geometry["coordinates"]]}
        return Fault("not_area", {"kind": kind})
    if kind == "Point":
        return geometry
    if kind == "MultiPoint" and count == 1:
        return {"type": "Point", "coordinates": geometry["coordinates"][0]}
    return Fault("not_point", {"kind": kind})


def _drawable(geometry, points, frame) -> dict | None:
    """Return the shape for the preview map although it lies wrong; None where it cannot be drawn."""
    found = frames.to_cgcs2000(points, frame)
    if all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in found):
        return with_positions(geometry, found)
    return None


def _sound(geometry: dict, vertices: int, repair: bool) -> Checked:
    import shapely

    try:
        shape = shapely.geometry.shape(geometry)
    except (ValueError, shapely.errors.ShapelyError):
        return Checked(fault=Fault("too_few"), vertices=vertices)
    if shape.is_empty or any(len(ring) < 4 for ring in parts_of(geometry)):
        return Checked(fault=Fault("too_few"), vertices=vertices)
    fault = repaired = None
    if not shape.is_valid:
        mended = _mended(shape)
        fault = _invalid(shape, mended)
        if repair and mended is not None:
            shape, repaired, fault = mended, Fault("repaired_" + fault.word, fault.params), None
    if fault is None and vertices > MOST_VERTICES:
        fault, shape, repaired = _too_many(shape, vertices, repair, repaired)
    return _measured(shape, fault, repaired, vertices)


_REASON = re.compile(r"([^\[]+)(?:\[(-?[\d.e+-]+) (-?[\d.e+-]+)\])?")
_REASONS = {
    "Self-intersection": "crosses",
    "Ring Self-intersection": "touches",
    "Hole lies outside shell": "hole_outside",
    "Holes are nested": "nested",
    "Nested shells": "nested",
    "Duplicate Rings": "nested",
    "Interior is disconnected": "disconnected",
}


def _invalid(shape, mended) -> Fault:
    import shapely

    reason, x, y = _REASON.match(shapely.is_valid_reason(shape)).groups()
    params = {"x": _short(float(x)) if x else "—", "y": _short(float(y)) if y else "—", "pieces": 0, "hectares": "—"}
    if mended is not None:
        params |= {"pieces": len(getattr(mended, "geoms", [mended])), "hectares": f"{areas(mended)[0] / 1e4:.2f}"}
    return Fault(_REASONS.get(reason.strip(), "invalid"), params, repairable=mended is not None)


def _mended(shape):
    """Return the shape made valid, its slivers dropped; None when no area is left."""
    import shapely

    whole = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    if shape.geom_type == "Polygon" and not shape.interiors:
        whole = shapely.make_valid(shape)  # a bow-tie keeps both of its wings
    pieces = [part for part in shapely.get_parts(whole) if part.geom_type in AREAS]
    pieces = [part for piece in pieces for part in shapely.get_parts(piece)]
    pieces = [part for part in pieces if part.area * M_PER_DEGREE**2 >= SLIVER_M2]
    if not pieces:
        return None
    union = shapely.union_all(pieces)
    return union if union.geom_type in AREAS else None


def _too_many(shape, vertices, repair, repaired):
    import shapely

    for metres in SIMPLIFY_M:
        simple = shapely.simplify(shape, metres / M_PER_DEGREE, preserve_topology=True)
        left = int(shapely.get_num_coordinates(simple))
        if left <= MOST_VERTICES and simple.is_valid and simple.geom_type in AREAS:
            params = {"count": vertices, "most": MOST_VERTICES, "left": left, "metres": metres}
            if repair:
                return None, simple, repaired or Fault("repaired_vertices", params)
            return Fault("vertices", params, repairable=True), shape, repaired
    return Fault("far_too_many", {"count": vertices, "most": MOST_VERTICES}), shape, repaired


def _measured(shape, fault, repaired, vertices) -> Checked:
    import shapely

    if shape.is_valid:
        shape = shapely.orient_polygons(shapely.remove_repeated_points(shape))
    geometry = shapely.geometry.mapping(shape)
    coordinates = _rounded(geometry["coordinates"])
    zone_m2, geodesic_m2 = areas(shape) if shape.is_valid else (None, None)
    return Checked(
        {"type": geometry["type"], "coordinates": coordinates}, fault, repaired, vertices, zone_m2, geodesic_m2
    )


def _rounded(part):
    if isinstance(part[0], float | int):
        return [round(part[0], frames.DECIMALS), round(part[1], frames.DECIMALS)]
    return [_rounded(inner) for inner in part]


# --- Area ------------------------------------------------------------------------------------


def areas(shape) -> tuple[float, float]:
    """Return the area of a shapely polygon in CGCS2000 degrees, in m²: in its 3-degree zone, and on the ellipsoid.

    The first is what land papers state; the second does not depend on the zone.
    """
    import shapely
    from pyproj import Geod

    zone = frames.zone_of(shape.centroid.x)
    flat = shapely.transform(shape, lambda points: frames.to_zone(points.tolist(), zone))
    curved, _length = Geod(ellps="GRS80").geometry_area_perimeter(shapely.orient_polygons(shape))
    return abs(flat.area), abs(curved)


def hectares(area_m2) -> float:
    """Return square metres as hectares (公顷)."""
    return float(area_m2) / HECTARE_M2


def mu(area_m2) -> float:
    """Return square metres as 亩, of which a hectare has 15."""
    return float(area_m2) / MU_M2


# --- One point, without any library ---------------------------------------------------------------------------------


def contains(geometry: dict, longitude: float, latitude: float) -> bool:
    """Say whether a point lies in a Polygon or MultiPolygon; what lies on its edge may be said either way."""
    if (geometry or {}).get("type") not in AREAS:
        return False
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return any(
        rings
        and _in_ring(rings[0], longitude, latitude)
        and not any(_in_ring(r, longitude, latitude) for r in rings[1:])
        for rings in polygons
    )


def _in_ring(ring, x, y) -> bool:
    inside, (x1, y1) = False, ring[-1][:2]
    for x2, y2, *_height in ring:
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
        x1, y1 = x2, y2
    return inside


def distance_m(geometry: dict, longitude: float, latitude: float) -> float:
    """Return how far a point lies from the edge of an outline, in metres (good to a percent within a city)."""
    squeeze = math.cos(math.radians(latitude))
    best = math.inf
    for ring in parts_of(geometry):
        flat = [((x - longitude) * squeeze * M_PER_DEGREE, (y - latitude) * M_PER_DEGREE) for x, y, *_ in ring]
        for (x1, y1), (x2, y2) in zip(flat, flat[1:] or flat, strict=False):
            dx, dy = x2 - x1, y2 - y1
            along = max(0.0, min(1.0, -(x1 * dx + y1 * dy) / (dx * dx + dy * dy))) if dx or dy else 0.0
            best = min(best, math.hypot(x1 + along * dx, y1 + along * dy))
    return best
