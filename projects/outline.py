"""A park's outline as a small SVG of our own: no map service, no tiles. Pure."""

import math
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT, MARGIN = 420, 260, 14
KM_PER_DEGREE = 111.32
"""Kilometres per degree of latitude, and of longitude at the equator."""


@dataclass(frozen=True)
class Dot:
    """A project on the outline. `x`, `y` are SVG units."""

    x: float
    y: float
    project: object


@dataclass(frozen=True)
class Outline:
    """What the template draws: one SVG path, a point, project dots, and a scale bar of `scale_km`."""

    path: str
    point: tuple[float, float] | None
    dots: tuple[Dot, ...]
    scale_km: str
    scale_width: float
    width: int = WIDTH
    height: int = HEIGHT


def draw(boundary: dict | None, projects=()) -> Outline | None:
    """Fit a GeoJSON geometry and the projects' sites into the picture; None where there is nothing to draw.

    Longitude shrinks by the cosine of the latitude, so that a square on the ground is a square here.
    """
    rings = _rings(boundary)
    point = boundary["coordinates"][:2] if boundary and boundary["type"] == "Point" else None
    sites = [(p, (float(p.longitude), float(p.latitude))) for p in projects if p.longitude is not None]
    corners = [position[:2] for ring in rings for position in ring] + ([point] if point else [])
    if not corners:
        return None
    near = _near(corners)
    sites = [(project, site) for project, site in sites if near(site)]
    place, degrees = _fit(corners + [site for _project, site in sites])
    path = "".join(
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in (place(position) for position in ring[:-1])) + "Z"
        for ring in rings
    )
    dots = tuple(Dot(*(round(n, 1) for n in place(site)), project) for project, site in sites)
    km = _round_length(80 / degrees * KM_PER_DEGREE)
    return Outline(
        path=path,
        point=tuple(round(n, 1) for n in place(point)) if point else None,
        dots=dots,
        scale_km=f"{Decimal(str(km)).normalize():f}",
        scale_width=round(km / KM_PER_DEGREE * degrees, 1),
    )


def _rings(boundary) -> list:
    if not boundary:
        return []
    parts = boundary["coordinates"]
    polygons = {"Polygon": [parts], "MultiPolygon": parts}.get(boundary["type"], [])
    return [ring for polygon in polygons for ring in polygon]


def _near(corners):
    """Return whether a site belongs into the picture: within the box, widened by half its size and a kilometre."""
    xs, ys = [c[0] for c in corners], [c[1] for c in corners]
    more = max(max(xs) - min(xs), max(ys) - min(ys)) / 2 + 0.01
    return lambda site: min(xs) - more <= site[0] <= max(xs) + more and min(ys) - more <= site[1] <= max(ys) + more


def _fit(positions):
    """Return (position → x, y) and SVG units per degree of latitude."""
    xs, ys = [p[0] for p in positions], [p[1] for p in positions]
    middle = ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)
    shrink = max(math.cos(math.radians(middle[1])), 0.01)
    wide, high = max((max(xs) - min(xs)) * shrink, 0.002), max(max(ys) - min(ys), 0.002)
    unit = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)

    def place(position):
        x = WIDTH / 2 + (position[0] - middle[0]) * shrink * unit
        return x, HEIGHT / 2 - (position[1] - middle[1]) * unit

    return place, unit


def _round_length(km: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that is not longer."""
    power = 10 ** math.floor(math.log10(km))
    return next(step * power for step in (5, 2, 1) if step * power <= km * 1.0000001)
