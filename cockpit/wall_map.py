"""The map of the wall: districts, parks with what is stuck in them, readiness. SVG without a basemap. Pure.

No single markers: a park carries one diamond with the number blocked and one ring for the rest, cut by lights. Parks
that are not ready are hatched. Outlines are rounded to pixels, so a drawing stays small however fine they are.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape

WIDTH, HEIGHT, MARGIN = 760, 720, 12
TEXT, CHIP = 26, 24
COLOURS = {
    "statutory": "#d0587f",
    "red": "#ff5d52",
    "amber": "#f2b632",
    "green": "#3fbf7f",
    "stopped": "#94a3b8",
    "stale": "#64748b",
    "done": "#2f7d58",
    "idle": "#475569",
}
"""Lights lifted for a dark background, in the order in which a ring shows them."""


@dataclass(frozen=True)
class Outline:
    """A shape in degrees: GeoJSON Polygon or MultiPolygon, with its name."""

    name: str
    geometry: dict | None


@dataclass(frozen=True)
class ParkMark:
    """A park: `ready` as “6/8” ("" unknown), `full` nothing lacks, `lights` numbers by light."""

    name: str
    geometry: dict | None
    ready: str = ""
    full: bool = True
    lights: dict = field(default_factory=dict)

    @property
    def blocked(self) -> int:
        """Projects blocked by quota."""
        return self.lights.get("blocked", 0)

    @property
    def rest(self) -> int:
        """All other projects."""
        return sum(number for light, number in self.lights.items() if light != "blocked")


def rings(geometry: dict | None) -> list[list]:
    """Return the outer rings of a polygon or several; nothing for anything else."""
    if not geometry:
        return []
    parts = {"Polygon": lambda g: [g["coordinates"]], "MultiPolygon": lambda g: g["coordinates"]}.get(
        geometry.get("type"), lambda g: []
    )(geometry)
    return [part[0] for part in parts if part and len(part[0]) > 2]


class Projection:
    """Degrees to pixels: equirectangular at the middle latitude, the box fitted into the drawing."""

    def __init__(self, shapes: Iterable[list], width=WIDTH, height=HEIGHT):
        points = [point for ring in shapes for point in ring]
        west, east = min(p[0] for p in points), max(p[0] for p in points)
        south, north = min(p[1] for p in points), max(p[1] for p in points)
        self.squeeze = math.cos(math.radians((south + north) / 2))
        wide, high = max((east - west) * self.squeeze, 1e-9), max(north - south, 1e-9)
        self.scale = min((width - 2 * MARGIN) / wide, (height - 2 * MARGIN) / high)
        self.x0 = width / 2 - (west + east) / 2 * self.squeeze * self.scale
        self.y0 = height / 2 + (south + north) / 2 * self.scale

    def __call__(self, point) -> tuple[float, float]:
        """Return the pixels of (longitude, latitude)."""
        return (
            round(self.x0 + point[0] * self.squeeze * self.scale, 1),
            round(self.y0 - point[1] * self.scale, 1),
        )

    def path(self, ring) -> str:
        """Return a closed path of whole pixels, points that fall together once."""
        pixels = []
        for point in ring:
            x, y = (round(value) for value in self(point))
            if not pixels or pixels[-1] != (x, y):
                pixels.append((x, y))
        return "M" + "L".join(f"{x} {y}" for x, y in pixels) + "Z"


def centre(ring) -> tuple[float, float]:
    """Return the centre of gravity of a ring, or the mean of its points where it has no area."""
    area = x = y = 0.0
    for (x1, y1, *_a), (x2, y2, *_b) in zip(ring, ring[1:] + ring[:1], strict=True):
        cross = x1 * y2 - x2 * y1
        area, x, y = area + cross, x + (x1 + x2) * cross, y + (y1 + y2) * cross
    if abs(area) < 1e-12:
        return sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring)
    return x / (3 * area), y / (3 * area)


def draw(districts: list[Outline], parks: list[ParkMark], label: str) -> str:
    """Return the drawing; "" when there is no outline at all."""
    shapes = [ring for outline in [*districts, *parks] for ring in rings(outline.geometry)]
    if not shapes:
        return ""
    project = Projection(shapes)
    parts = [
        '<defs><pattern id="wall-hatch" width="9" height="9" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path d="M0 0v9" stroke="#5f86b3" stroke-width="2.5"/></pattern></defs>'
    ]
    taken: list[tuple] = []
    for district in districts:
        for ring in rings(district.geometry):
            parts.append(
                f'<path d="{project.path(ring)}" fill="#132033" stroke="#5b7396" stroke-width="2" '
                'stroke-linejoin="round"/>'
            )
    for park in parks:
        parts += _park(project, park)
    for park in parks:
        parts += _mark(project, park, taken)
    for park in parks:
        parts += _label(project, park, taken)
    for park in parks:
        taken += [_box([project(point) for point in ring]) for ring in rings(park.geometry)]
    for district in districts:
        parts += _name(project, district, taken)
    return (
        f'<svg class="wall-map" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
        f"{''.join(parts)}</svg>"
    )


def _park(project, park):
    for ring in rings(park.geometry):
        path = project.path(ring)
        opacity = 0.85 if park.full else 0.35
        yield f'<path d="{path}" fill="#2d5b95" fill-opacity="{opacity}" stroke="#7ba4d6" stroke-width="2"/>'
        if not park.full:
            yield f'<path d="{path}" fill="url(#wall-hatch)" fill-opacity=".8"/>'


def _mark(project, park, taken):
    shapes = rings(park.geometry)
    if not shapes:
        return
    x, y = project(centre(max(shapes, key=len)))
    both = park.blocked and park.rest
    if park.blocked:
        at = x - 27 if both else x
        yield (
            f'<path d="M{at:g} {y - 25:g}l25 25-25 25-25-25z" fill="#f2f5f9" stroke="#0d1520" stroke-width="2"/>'
            f'<text x="{at:g}" y="{y + 9:g}" font-size="26" font-weight="700" text-anchor="middle" fill="#0d1520">'
            f"{park.blocked}</text>"
        )
    if park.rest:
        yield ring_of(x + 27 if both else x, y, park.lights, park.rest)
    reach = 54 if both else 27
    taken.append((x - reach, y - 26, x + reach, y + 26))


def _label(project, park, taken):
    """Place name and chip where they meet nothing: above, below, right, left of the park, nearest first."""
    shapes = rings(park.geometry)
    if not shapes:
        return
    x, y = project(centre(max(shapes, key=len)))
    corners = [project(point) for shape in shapes for point in shape]
    top, bottom = min(min(c[1] for c in corners), y - 26), max(max(c[1] for c in corners), y + 26)
    width = len(park.name) * TEXT + (34 + len(park.ready) * 14 if park.ready else 0)
    middle = x - width / 2
    places = [(middle, top - 10), (middle, bottom + TEXT + 4), (x + 60, y + 9), (x - 60 - width, y + 9)]
    places += [(middle, top - 40), (middle, bottom + TEXT + 34)]
    for left, base in places:
        left = min(max(left, 4), WIDTH - width - 4)
        box = (left, base - TEXT, left + width, base + 6)
        if TEXT < base < HEIGHT and not any(_meet(box, other) for other in taken):
            break
    else:
        left, base = min(max(middle, 4), WIDTH - width - 4), top - 10
        box = (left, base - TEXT, left + width, base + 6)
    taken.append(box)
    yield (
        f'<text x="{left:g}" y="{base:g}" font-size="{TEXT}" fill="#f2f5f9" stroke="#0d1520" stroke-width="5" '
        f'paint-order="stroke" stroke-linejoin="round">{escape(park.name)}</text>'
    )
    if park.ready:
        at = left + len(park.name) * TEXT + 8
        wide = len(park.ready) * 14 + 12
        fill, ink = ("none", "#dbe6f5") if park.full else ("#dbe6f5", "#0d1520")
        yield (
            f'<path d="M{at:g} {base - 24:g}h{wide}v30h-{wide}z" fill="{fill}" stroke="#7ba4d6" stroke-width="1.5"/>'
            f'<text x="{at + wide / 2:g}" y="{base - 1:g}" font-size="{CHIP}" font-weight="700" text-anchor="middle" '
            f'fill="{ink}">{escape(park.ready)}</text>'
        )


def ring_of(x: float, y: float, lights: dict, total: int) -> str:
    """Return a ring cut by lights, the worst from the top clockwise, with the number inside."""
    radius, around, at, parts = 21, 2 * math.pi * 21, 0.0, []
    for light, colour in COLOURS.items():
        if number := lights.get(light, 0):
            length = around * number / total
            parts.append(
                f'<circle cx="{x:g}" cy="{y:g}" r="{radius}" fill="none" stroke="{colour}" stroke-width="8" '
                f'stroke-dasharray="{max(length - 2, 1):.1f} {around:.1f}" stroke-dashoffset="{-at:.1f}" '
                f'transform="rotate(-90 {x:g} {y:g})"/>'
            )
            at += length
    for light, wide in (("statutory", 24), ("red", 12)):  # the worst as a shape, too: hue alone tells not everybody
        if lights.get(light):
            squares = "h11v11h-11z" if wide == 12 else "h11v11h-11zm13 0h11v11h-11z"
            parts.append(
                f'<path d="M{x + 13:g} {y - 29:g}{squares}" fill="{COLOURS[light]}" stroke="#0d1520" stroke-width="2"/>'
            )
            break
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="26" fill="#0d1520"/>{"".join(parts)}<text x="{x:g}" y="{y + 8:g}" '
        f'font-size="24" font-weight="700" text-anchor="middle" fill="#f2f5f9">{total}</text>'
    )


def _name(project, district, taken):
    shapes = rings(district.geometry)
    if not shapes:
        return
    ring = max(shapes, key=len)
    x, y = project(centre(ring))
    width, drawn = len(district.name) * 36, [project(point) for point in ring]
    tries = [(dx, dy) for dy in (0, -50, 50, -90, 90, -130, 130, -170, 170) for dx in (0, -80, 80, -150, 150)]
    for dx, dy in sorted(tries, key=lambda shift: abs(shift[0]) + abs(shift[1])):
        box = (x + dx - width / 2, y + dy - 28, x + dx + width / 2, y + dy + 6)
        edges = [(edge, height) for edge in (box[0], x + dx, box[2]) for height in (box[1], box[3])]
        inside = all(_inside(edge, drawn) for edge in edges)
        if inside and not any(_meet(box, other) for other in taken):
            taken.append(box)
            yield (
                f'<text x="{x + dx:g}" y="{y + dy:g}" font-size="26" letter-spacing="9" text-anchor="middle" '
                f'fill="#8fa3bf">{escape(district.name)}</text>'
            )
            return


def _box(points) -> tuple:
    return (
        min(x for x, _y in points),
        min(y for _x, y in points),
        max(x for x, _y in points),
        max(y for _x, y in points),
    )


def _inside(point, ring) -> bool:
    """Say whether a point lies in a ring of pixels (ray casting)."""
    x, y, inside = *point, False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def _meet(one, other) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
