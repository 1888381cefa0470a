"""The columns of the map's data: read back they are the points, and they stay small."""

import gzip
import json
import random

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis import payload
from gis.layers import Cell, Points


@given(st.lists(st.integers(-(2**40), 2**40)))
def test_differences_read_back_are_the_numbers(numbers):
    assert payload.undeltas(payload.deltas(numbers)) == numbers


def sample(count: int) -> Points:
    rng = random.Random(7)
    parks = [(rng.uniform(108, 108.5), rng.uniform(40, 40.4)) for _ in range(20)]  # as projects lie: in parks, some out
    inside = [rng.randrange(20) for _ in range(count)]
    return Points(
        list(range(1, count + 1)),
        [round(parks[park][0] + rng.uniform(0, 0.04), 6) for park in inside],
        [round(parks[park][1] + rng.uniform(0, 0.04), 6) for park in inside],
        [rng.randrange(9) for _ in range(count)],
        inside,
    )


def test_columns_read_back_are_the_points_within_a_metre():
    points = sample(500)
    told = json.loads(payload.columns(points, {7: 1}))
    assert payload.undeltas(told["id"]) == points.ids
    assert [int(code) for code in told["l"]] == points.lights
    for (park, lon, lat), *meant in zip(payload.positions(told), points.parks, points.lons, points.lats, strict=True):
        assert park == meant[0] and abs(lon - meant[1]) <= 0.51e-5 and abs(lat - meant[2]) <= 0.51e-5
    assert told["g"][6] == 1 and set(told["g"]) == {-1, 1}


def test_no_points_are_columns_too():
    assert json.loads(payload.columns(Points()))["n"] == 0
    assert json.loads(payload.clusters([]))["n"] == 0


def test_columns_take_less_than_a_third_of_geojson_both_with_brotli():
    points = sample(5000)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [round(lon, 5), round(lat, 5)]},
            "properties": {"id": pk, "light": light, "park": park},
        }
        for pk, lon, lat, light, park in zip(*vars(points).values(), strict=True)
    ]
    # positions to the same metre in both
    geojson = json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":")).encode()
    assert len(brotli.compress(payload.columns(points), quality=4)) * 3 <= len(brotli.compress(geojson, quality=4))


def test_clusters_read_back():
    cells = [Cell(108.1, 40.2, 3, (0, 1, 2), 0), Cell(108.2, 40.1, 0, (1, 0, 0), 9)]
    told = json.loads(payload.clusters(cells))
    assert payload.undeltas(told["p"]) == [0, 3] and told["id"] == [9, 0] and told["c"] == [[1, 0], [0, 1], [0, 2]]


def test_rings_are_differences_without_repeated_corners():
    assert payload.outline([[(108.0, 40.0), (108.0, 40.000001), (108.1, 40.0)]]) == [[10800000, 4000000, 10000, 0]]


@pytest.mark.parametrize(("accepts", "reads"), [("br", brotli.decompress), ("gzip", gzip.decompress), ("", bytes)])
def test_compressed_reads_back(accepts, reads):
    body, encoding = payload.compressed(b"[1]" * 500, accepts)
    assert reads(body) == b"[1]" * 500 and encoding == accepts


def test_head_and_body_join_to_one_object():
    assert json.loads(payload.joined({"a": 1}, b'{"b":2}')) == {"a": 1, "b": 2}
    assert payload.joined({}, b'{"b":2}') == b'{"b":2}'
