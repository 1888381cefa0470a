"""Where things lie in the sample city: invented outlines of city, districts and parks, and a point per project.

Design overview: the plan is drawn in kilometres east and north of a centre and turned into degrees at the end. The
outline and the three district lines are arcs between named corners, each made restless by moving its midpoints; two
districts share the very same points, so that they tile the city. A park is a polygon of six to eight corners, scaled
so that its area on the ground is the area the park declares. Points of projects keep apart within their park. No
shape is that of a real place, and every machine draws the same.
"""

import datetime as dt
import math
import random
from decimal import Decimal
from functools import cache

from demo import data
from gis.models import DistrictShape, ShapeSource
from people.models import District
from projects.models import Park

CENTRE = (108.450, 40.530)
"""Longitude and latitude of the origin of the plan."""

KM_PER_DEGREE = 111.19
CORNERS = {
    # name: kilometres east and north; the outline runs through them anticlockwise
    "e1": (18.6, -3.6),
    "e2": (19.0, 2.8),
    "ne1": (16.0, 9.6),
    "ne2": (11.2, 14.4),
    "n1": (4.4, 15.4),
    "n2": (-2.6, 13.6),
    "nw1": (-8.2, 15.2),
    "nw2": (-14.6, 12.2),
    "w1": (-18.8, 6.6),
    "w2": (-17.2, 0.4),
    "w3": (-17.6, -6.4),
    "sw1": (-13.8, -12.0),
    "s1": (-7.8, -15.8),
    "s2": (0.6, -14.8),
    "s3": (7.4, -15.9),
    "se1": (14.4, -11.4),
}
MEETING = (-0.6, -4.4)
"""Where the three districts meet."""

LINES = {"west": "w3", "north": "n2", "east": "e1"}
"""District lines run from the meeting point to these corners of the outline."""

UNPLACED = frozenset({"新签约：固态电解质中试"})
"""Projects whose coordinates nobody has given yet."""


def degrees(x_km: float, y_km: float) -> list[float]:
    """Return [longitude, latitude] of a point of the plan, six decimals (0.1 m)."""
    return [
        round(CENTRE[0] + x_km / (KM_PER_DEGREE * math.cos(math.radians(CENTRE[1]))), 6),
        round(CENTRE[1] + y_km / KM_PER_DEGREE, 6),
    ]


@cache
def outlines() -> dict[str, dict]:
    """Return the GeoJSON polygon of the city and of every district by their codes."""
    names = list(CORNERS)
    sides = {
        name: _restless(CORNERS[name], CORNERS[names[(at + 1) % len(names)]], name, bend=0.16)
        for at, name in enumerate(names)
    }
    lines = {way: _restless(MEETING, CORNERS[end], f"line {way}", bend=0.10) for way, end in LINES.items()}

    def along(start: str, end: str) -> list:
        points, at = [], names.index(start)
        while names[at % len(names)] != end:
            points += sides[names[at % len(names)]][:-1]
            at += 1
        return [*points, CORNERS[end]]

    city = along("e1", "se1") + sides["se1"]
    rings = {
        data.CITY[0]: city,
        "159901": lines["east"][:-1] + along("e1", "n2") + lines["north"][-2::-1],
        "159902": lines["north"][:-1] + along("n2", "w3") + lines["west"][-2::-1],
        "159903": lines["west"][:-1] + along("w3", "se1")[:-1] + sides["se1"] + lines["east"][-2::-1],
    }
    return {code: _polygon(ring) for code, ring in rings.items()}


@cache
def park_ring(code: str) -> tuple[tuple[float, float], ...]:
    """Return the corners of a park in kilometres, not closed; its area is the declared one (ha)."""
    row = next(row for row in data.PARKS if row[0] == code)
    return _corners(row[-1], float(row[7]), code)


def _corners(centre, area_ha: float, seed: str):
    """Return six to eight corners about `centre` (km) that enclose `area_ha` hectares."""
    rng = random.Random(f"park {seed}")
    count = rng.choice((6, 7, 7, 8))
    turn = rng.uniform(0, math.tau)
    corners = []
    for number in range(count):
        angle = turn + (number + rng.uniform(-0.22, 0.22)) * math.tau / count
        reach = rng.uniform(0.84, 1.12)
        corners.append((math.cos(angle) * reach * 1.22, math.sin(angle) * reach))
    scale = math.sqrt(area_ha / 100 / _area(corners))
    return tuple((centre[0] + x * scale, centre[1] + y * scale) for x, y in corners)


def boundary(code: str) -> dict:
    """Return the GeoJSON polygon of a park."""
    return _polygon(park_ring(code))


@cache
def points() -> dict[str, tuple[Decimal, Decimal] | tuple[None, None]]:
    """Return longitude and latitude by the name of a project; None twice for those not placed."""
    placed = {}
    for code, *_rest in data.PARKS:
        names = [row[0] for row in data.PROJECTS if row[3] == code]
        rng = random.Random(f"projects {code}")
        spots = _apart(park_ring(code), len(names), rng)
        placed |= {
            name: tuple(Decimal(str(degree)) for degree in degrees(*spot))
            for name, spot in zip(names, spots, strict=True)
        }
    return placed | dict.fromkeys(UNPLACED, (None, None))


def spare_park(number: int, district: str, taken: list[tuple[float, float]]) -> tuple[dict, float]:
    """Return boundary and area (ha) of one more park for large portfolios, in the district, clear of those `taken`.

    `taken` holds the centres of the parks there are (kilometres); the new centre is added to it.
    """
    rng = random.Random(f"spare {number}")
    ring, area = _plan(outlines()[district]), float(rng.randrange(60, 220))
    candidates = [_somewhere(ring, rng, margin=1.0) for _try in range(60)]
    centre = max(candidates, key=lambda spot: min(math.dist(spot, other) for other in taken))
    taken.append(centre)
    return _polygon(_corners(centre, area, f"spare {number}")), area


def point_within(polygon: dict, rng: random.Random) -> tuple[float, float]:
    """Return longitude and latitude of a random point of a GeoJSON polygon."""
    return tuple(degrees(*_somewhere(_plan(polygon), rng)))


def build(now: dt.datetime) -> None:
    """Store the outlines of city and districts, and where every outline comes from."""
    for code, polygon in outlines().items():
        district = District.objects.get(code=code)
        DistrictShape.objects.create(district=district, geometry=polygon)
        _source(now, district=district)
    for park in Park.objects.all():
        _source(now, park=park)


def _source(now, **target) -> None:
    ShapeSource.objects.create(
        system=ShapeSource.System.CGCS2000, epsg=4490, file_name="样例城市（虚构）", made_by=None, made_at=now, **target
    )


# --- drawing ------------------------------------------------------------------------------------------------------


def _restless(start, end, seed: str, *, bend: float, rounds: int = 4) -> list[tuple[float, float]]:
    """Return a line of 2**rounds steps from `start` to `end` whose midpoints are moved sideways by chance."""
    rng = random.Random(seed)
    line = [start, end]
    for _round in range(rounds):
        finer = [line[0]]
        for (x0, y0), (x1, y1) in zip(line, line[1:], strict=False):
            shift = rng.uniform(-bend, bend)
            finer += [((x0 + x1) / 2 - (y1 - y0) * shift, (y0 + y1) / 2 + (x1 - x0) * shift), (x1, y1)]
        line = finer
    return line


def _polygon(ring) -> dict:
    """Return a closed GeoJSON polygon of a ring in kilometres."""
    corners = [degrees(*corner) for corner in ring]
    if corners[0] == corners[-1]:
        corners.pop()
    return {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}


def _plan(polygon: dict) -> list[tuple[float, float]]:
    """Return the outer ring of a GeoJSON polygon in kilometres."""
    across = KM_PER_DEGREE * math.cos(math.radians(CENTRE[1]))
    return [((x - CENTRE[0]) * across, (y - CENTRE[1]) * KM_PER_DEGREE) for x, y in polygon["coordinates"][0]]


def _area(ring) -> float:
    """Return the area of a ring (square kilometres for kilometres)."""
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True))) / 2


def _inside(point, ring) -> bool:
    """Return whether a point lies within a ring (even-odd rule)."""
    x, y = point
    crossings = 0
    for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            crossings += 1
    return crossings % 2 == 1


def _somewhere(ring, rng, margin: float = 0.0) -> tuple[float, float]:
    """Return a random point of a ring, `margin` kilometres clear of the rectangle's edges on its four sides."""
    xs, ys = [x for x, _y in ring], [y for _x, y in ring]
    while True:
        x, y = rng.uniform(min(xs), max(xs)), rng.uniform(min(ys), max(ys))
        around = ((x + dx, y + dy) for dx in (-margin, margin) for dy in (-margin, margin))
        if all(_inside(corner, ring) for corner in around):
            return x, y


def _apart(ring, count: int, rng) -> list[tuple[float, float]]:
    """Return `count` points within a ring, each the candidate farthest from those before (best of thirty)."""
    x0, y0 = (sum(corner[axis] for corner in ring) / len(ring) for axis in (0, 1))
    shrunk = [(x0 + (x - x0) * 0.82, y0 + (y - y0) * 0.82) for x, y in ring]
    chosen: list[tuple[float, float]] = []
    for _number in range(count):
        candidates = [_somewhere(shrunk, rng) for _try in range(30)]
        chosen.append(max(candidates, key=lambda c: min((math.dist(c, other) for other in chosen), default=0)))
    return chosen
