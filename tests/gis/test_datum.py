"""GCJ-02 and BD-09 against published pairs, there and back; names of coordinate systems; zones against each other."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis import datum, frames

# Published with the open re-implementation of 2013 (eviltransform, test data): WGS 84, then GCJ-02.
PAIRS = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]
METRE = 1 / 111_320
in_china = st.tuples(st.floats(73, 135), st.floats(3.5, 53.5))


@pytest.mark.parametrize("true, moved", PAIRS)
def test_published_pairs(true, moved):
    assert datum.to_gcj02(*true) == pytest.approx(moved, abs=1e-9)
    assert datum.from_gcj02(*moved) == pytest.approx(true, abs=1e-9)


def test_a_pair_of_the_catalogue_of_development_zones():
    found = datum.from_gcj02(106.79415, 39.655048)
    assert found == pytest.approx((106.78939, 39.654105), abs=1e-5)  # its own column is of a one-step inverse


@given(in_china)
@settings(max_examples=300)
def test_there_and_back_is_far_below_a_millimetre(point):
    for there, back in ((datum.to_gcj02, datum.from_gcj02), (datum.to_bd09, datum.from_bd09)):
        returned = back(*there(*point))
        assert math.dist(returned, point) < METRE / 1000


@given(in_china)
@settings(max_examples=100)
def test_places_move_by_tens_to_hundreds_of_metres(point):
    assert math.dist(datum.to_gcj02(*point), point) < 1_500 * METRE
    assert 400 * METRE < math.dist(datum.to_bd09(*point), datum.to_gcj02(*point)) < 1_300 * METRE


def test_outside_the_country_nothing_moves():
    for place in [(2.35, 48.85), (-74.0, 40.7), (139.7, 35.7)]:
        assert datum.to_gcj02(*place) == place == datum.from_gcj02(*place)


@pytest.mark.parametrize(
    "text, system, epsg",
    [
        ("CGCS2000", "cgcs2000", None),
        ("EPSG:4490", "cgcs2000", None),
        ("urn:ogc:def:crs:EPSG::4490", "cgcs2000", None),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "wgs84", None),
        ("4326", "wgs84", None),
        ("gcj-02", "gcj02", None),
        ("BD09", "bd09", None),
        ("4524", "gauss", 4524),
        ("epsg:4545", "gauss", 4545),
        ("3857", "other", 3857),
    ],
)
def test_names_of_systems(text, system, epsg):
    found = frames.parse(text)
    assert (found.system, found.epsg) == (system, epsg)
    assert frames.parse(found.code) == found


@pytest.mark.parametrize(
    "text, word", [("foo", "unknown"), ("", "unknown"), ("99999", "unknown"), ("2334", "old"), ("4214", "old")]
)
def test_what_is_no_system(text, word):
    with pytest.raises(frames.UnknownFrame) as error:
        frames.parse(text)
    assert error.value.word == word


def test_every_zone_agrees_with_its_description():
    from pyproj import CRS

    for number in range(4513, 4555):
        frame = frames.parse(str(number))
        assert (
            f"{frame.meridian}" in CRS.from_epsg(number).name
            or f"zone {frame.meridian // 3}" in CRS.from_epsg(number).name
        )
        assert frames.of_description(CRS.from_epsg(number).to_wkt("WKT1_ESRI")) == frame
        easting = 500_000 + (frame.meridian // 3 * 1_000_000 if frame.has_prefix else 0)
        ((longitude, latitude),) = frames.to_cgcs2000([(easting, 4_000_000)], frame)
        assert longitude == pytest.approx(frame.meridian, abs=1e-7) and 36 < latitude < 37


@pytest.mark.parametrize("longitude, meridian", [(106.4, 105), (106.6, 108), (108.0, 108), (60.0, 75), (140.0, 135)])
def test_the_zone_of_a_place(longitude, meridian):
    assert frames.zone_of(longitude).meridian == meridian
