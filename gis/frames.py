"""The coordinate systems that a file may be in, by name or EPSG number, and the way to CGCS2000 degrees. No Django.

Inside the house everything is CGCS2000 longitude and latitude. pyproj is loaded only for metres and foreign systems.
"""

import re
from dataclasses import dataclass
from functools import cache

from gis import datum

CGCS2000, GAUSS, WGS84, GCJ02, BD09, OTHER = "cgcs2000", "gauss", "wgs84", "gcj02", "bd09", "other"
DECIMALS = 7
"""Of stored degrees: about a centimetre."""

GEOGRAPHIC = 4490
FIRST_ZONE, LAST_ZONE = 25, 45
"""The 3-degree zones of the country: central meridians 75° to 135° east."""

WITH_PREFIX, BY_MERIDIAN = 4513, 4534
"""EPSG numbers of zone 25 (75°): with the zone's number before the easting (4513–4533), and without (4534–4554)."""

NAMES = {
    CGCS2000: ("cgcs2000", "4490", "2000", "国家2000", "大地2000"),
    WGS84: ("wgs84", "wgs1984", "4326", "gps", "crs84", "4979"),
    GCJ02: ("gcj02", "gcj", "火星", "火星坐标", "高德", "腾讯", "amap", "datav"),
    BD09: ("bd09", "bd09ll", "百度", "baidu"),
}


class UnknownFrame(ValueError):
    """No coordinate system is called so; `.word` is "unknown", or "old" for Beijing 1954 and Xi'an 1980."""

    def __init__(self, word: str, text: str):
        super().__init__(text)
        self.word, self.text = word, text


@dataclass(frozen=True)
class Frame:
    """A coordinate system: its kind and, for zones and others, its EPSG number."""

    system: str
    epsg: int | None = None

    @property
    def in_degrees(self) -> bool:
        """Whether coordinates are longitude and latitude for certain."""
        return self.system in (CGCS2000, WGS84, GCJ02, BD09)

    @property
    def code(self) -> str:
        """The form that `parse` reads back: gcj02, wgs84, cgcs2000 or an EPSG number."""
        return str(self.epsg) if self.system in (GAUSS, OTHER) else self.system

    @property
    def meridian(self) -> int | None:
        """The central meridian of a 3-degree zone in degrees."""
        if self.system != GAUSS:
            return None
        first = WITH_PREFIX if self.epsg < BY_MERIDIAN else BY_MERIDIAN
        return 3 * (self.epsg - first + FIRST_ZONE)

    @property
    def has_prefix(self) -> bool:
        """Whether eastings begin with the number of the zone."""
        return self.system == GAUSS and self.epsg < BY_MERIDIAN

    def name(self) -> str:
        """Return the name that surveyors know, the same in every language."""
        if self.system == GAUSS:
            zone = f"Zone {self.meridian // 3}" if self.has_prefix else f"CM {self.meridian}E"
            return f"CGCS2000 / 3-degree Gauss-Kruger {zone} (EPSG:{self.epsg})"
        known = {CGCS2000: "CGCS2000 (EPSG:4490)", WGS84: "WGS 84 (EPSG:4326)", GCJ02: "GCJ-02", BD09: "BD-09"}
        return known.get(self.system, f"EPSG:{self.epsg}")


def zone(meridian: int, prefix: bool = False) -> Frame:
    """Return the 3-degree zone of a central meridian (75, 78 … 135)."""
    return Frame(GAUSS, (WITH_PREFIX if prefix else BY_MERIDIAN) + meridian // 3 - FIRST_ZONE)


def zone_of(longitude: float) -> Frame:
    """Return the 3-degree zone that a place lies in, without prefix: the projection to measure its area in."""
    number = min(max(int((longitude + 1.5) // 3), FIRST_ZONE), LAST_ZONE)
    return zone(3 * number)


def parse(text: str) -> Frame:
    """Return the system that a text names: cgcs2000, wgs84, gcj02, bd09, 4490, EPSG:4524, urn:ogc:def:crs:EPSG::4490 …

    :raises UnknownFrame: nothing is called so, or it is one of the old systems whose way to CGCS2000 is secret.
    """
    plain = re.sub(r"[\s_\-–/（）()]+", "", text.strip().lower())
    number = re.fullmatch(r"(?:.*epsg:*(?:[\d.]*:)?)?(\d{4,6})", plain)
    for system, names in NAMES.items():
        if plain in names or (number and number[1] in names) or (system == WGS84 and plain.endswith("crs84")):
            return Frame(system)
    if number:
        return of_epsg(int(number[1]))
    raise UnknownFrame("unknown", text[:60])


def of_epsg(number: int) -> Frame:
    """Return the system of an EPSG number.

    :raises UnknownFrame: as `parse`.
    """
    if number in (GEOGRAPHIC, 4480, 4479):
        return Frame(CGCS2000)
    if number in (4326, 4979):
        return Frame(WGS84)
    if WITH_PREFIX <= number <= BY_MERIDIAN + LAST_ZONE - FIRST_ZONE:
        return Frame(GAUSS, number)
    return _other(number)


def _other(number: int) -> Frame:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        system = CRS.from_epsg(number)
    except CRSError as error:
        raise UnknownFrame("unknown", str(number)) from error
    if re.search(r"beijing 1954|xian 1980|xi'an 1980", f"{system.name} {system.datum}", re.I):
        raise UnknownFrame("old", system.name)
    if system.is_geocentric or system.is_vertical:
        raise UnknownFrame("unknown", str(number))
    return Frame(OTHER, number)


def of_description(text: str) -> Frame | None:
    """Return the system that a .prj file or a GeoPackage describes, None when it is empty or not understood.

    :raises UnknownFrame: one of the old systems.
    """
    if not text:
        return None
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    match = re.search(r"CGCS2000[ _/]+3[ _-]+degree[ _]+G\w*[-_ ]?\w*[ _]+(Zone|CM)[ _]+(\d+)", text, re.I)
    if match:
        meridian = int(match[2]) * 3 if match[1].lower() == "zone" else int(match[2])
        if 75 <= meridian <= 135:
            return zone(meridian, prefix=match[1].lower() == "zone")
    if re.search(r"beijing.?1954|xian.?1980|xi.?an.?80", text, re.I):
        raise UnknownFrame("old", re.sub(r".*?\"(.*?)\".*", r"\1", text, count=1, flags=re.S)[:60])
    try:
        system = CRS.from_user_input(text)
        number = system.to_epsg(min_confidence=25)
    except CRSError:
        return None
    if number is None and system.is_geographic:
        return Frame(CGCS2000) if "2000" in system.name else Frame(WGS84) if "84" in system.name else None
    return of_epsg(number) if number else None


def to_cgcs2000(points, frame: Frame) -> list[tuple[float, float]]:
    """Return (longitude, latitude) in CGCS2000 of (x, y) pairs of a system, rounded to DECIMALS.

    x is the longitude or the easting, y the latitude or the northing. What lies outside a projection becomes infinite.
    """
    if frame.system in (CGCS2000, WGS84):
        found = ((x, y) for x, y in points)
    elif frame.system in (GCJ02, BD09):
        back = datum.from_gcj02 if frame.system == GCJ02 else datum.from_bd09
        found = (back(x, y) for x, y in points)
    else:
        points = list(points)
        xs, ys = _transformer(frame.epsg, GEOGRAPHIC).transform([x for x, _y in points], [y for _x, y in points])
        found = zip(xs, ys, strict=True)
    return [(round(x, DECIMALS), round(y, DECIMALS)) for x, y in found]


@cache
def _transformer(from_epsg: int, to_epsg: int):
    from pyproj import Transformer

    return Transformer.from_crs(from_epsg, to_epsg, always_xy=True)


def to_zone(points, frame: Frame) -> list[tuple[float, float]]:
    """Return (easting, northing) in metres of CGCS2000 degrees in a zone."""
    points = list(points)
    there = _transformer(GEOGRAPHIC, frame.epsg)
    return list(zip(*there.transform([x for x, _y in points], [y for _x, y in points]), strict=True))
