"""From the coordinates of Chinese web maps to true ones, and back. Pure: numbers in, numbers out.

GCJ-02 (高德, 腾讯, DataV) moves every place in China by 100 to 700 metres; BD-09 (百度) moves GCJ-02 once more. The way
there is a published formula; the way back is found by iteration, far below a millimetre. Neither can be recognised
from the numbers: who gives coordinates must say what they are. CGCS2000 and WGS 84 differ by centimetres and are taken
as one.

Longitudes and latitudes are degrees, longitude first. Source of the formulas: the open re-implementations of 2013
(eviltransform, MIT), checked in `tests/gis/test_datum.py` against their published pairs.
"""

import math

AXIS_M = 6378245.0
"""Half of the great axis of Krassowski's ellipsoid (metres), which the formula uses."""

ECCENTRICITY = 0.00669342162296594323
BAIDU = math.pi * 3000.0 / 180.0
MOVED_WEST, MOVED_SOUTH, MOVED_EAST, MOVED_NORTH = 72.004, 0.8293, 137.8347, 55.8271
"""Outside this box GCJ-02 is not moved."""

CLOSE_ENOUGH = 1e-11
"""Degrees: about a thousandth of a millimetre."""


def is_moved(longitude: float, latitude: float) -> bool:
    """Say whether GCJ-02 moves a place: the formula's own rough box of China."""
    return MOVED_WEST <= longitude <= MOVED_EAST and MOVED_SOUTH <= latitude <= MOVED_NORTH


def _shift(longitude: float, latitude: float) -> tuple[float, float]:
    """Return by how many degrees GCJ-02 moves a place east and north."""
    x, y = longitude - 105.0, latitude - 35.0
    root = math.sqrt(abs(x))
    wave = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    north += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    east += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    radians = math.radians(latitude)
    bulge = 1.0 - ECCENTRICITY * math.sin(radians) ** 2
    return (
        math.degrees(east / (AXIS_M / math.sqrt(bulge) * math.cos(radians))),
        math.degrees(north / (AXIS_M * (1.0 - ECCENTRICITY) / (bulge * math.sqrt(bulge)))),
    )


def to_gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    """Return where GCJ-02 puts a true place."""
    if not is_moved(longitude, latitude):
        return longitude, latitude
    east, north = _shift(longitude, latitude)
    return longitude + east, latitude + north


def from_gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    """Return the true place of GCJ-02 coordinates: the one that the formula moves there."""
    if not is_moved(longitude, latitude):
        return longitude, latitude
    x, y = longitude, latitude
    for _step in range(30):
        east, north = _shift(x, y)
        new_x, new_y = longitude - east, latitude - north
        near = abs(new_x - x) < CLOSE_ENOUGH and abs(new_y - y) < CLOSE_ENOUGH
        x, y = new_x, new_y
        if near:
            break
    return x, y


def _to_baidu(x: float, y: float) -> tuple[float, float]:
    length = math.hypot(x, y) + 0.00002 * math.sin(y * BAIDU)
    angle = math.atan2(y, x) + 0.000003 * math.cos(x * BAIDU)
    return length * math.cos(angle) + 0.0065, length * math.sin(angle) + 0.006


def to_bd09(longitude: float, latitude: float) -> tuple[float, float]:
    """Return where BD-09 puts a true place."""
    return _to_baidu(*to_gcj02(longitude, latitude))


def from_bd09(longitude: float, latitude: float) -> tuple[float, float]:
    """Return the true place of BD-09 coordinates. The usual one-step inverse is up to two metres off."""
    x, y = longitude - 0.0065, latitude - 0.006
    for _step in range(30):
        at_x, at_y = _to_baidu(x, y)
        east, north = longitude - at_x, latitude - at_y
        x, y = x + east, y + north
        if abs(east) < CLOSE_ENOUGH and abs(north) < CLOSE_ENOUGH:
            break
    return from_gcj02(x, y)
