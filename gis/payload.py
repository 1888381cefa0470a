"""Rows of the map as compact JSON: column by column, whole numbers, differences. Pure; no Django.

A longitude of 108.45123 is 10845123 (1e-5 degrees, about a metre), and all but the first number of a column are
differences to the one before. 10,000 projects take some 60 KB, less than a third of the same as GeoJSON, both
compressed with brotli. The reader is static/js/map-data.js; tests/gis/test_payload.py holds both to each other.
"""

from collections.abc import Iterable, Mapping, Sequence

SCALE = 100_000


def deltas(numbers: Sequence[int]) -> list[int]:
    """Return the first number and then the differences; `undeltas` takes them back."""
    return [number - before for number, before in zip(numbers, [0, *numbers[:-1]], strict=True)]


def undeltas(differences: Iterable[int]) -> list[int]:
    """Return the numbers whose differences these are."""
    total, numbers = 0, []
    for difference in differences:
        total += difference
        numbers.append(total)
    return numbers


def columns(points, groups: Mapping[int, int] | None = None) -> bytes:
    """Return points (columns of equal length, as `layers.Points`) as JSON. `groups`: line of the grouping by project.

    Keys: `id`, `x`, `y`, `p` differences; `l` one digit for each light; `g` the line of the grouping, -1 for none.
    """
    import numpy
    import orjson

    def packed(column, scale=1):
        numbers = numpy.rint(numpy.asarray(column, dtype=float) * scale).astype(numpy.int64)
        return numpy.diff(numbers, prepend=0)

    known: dict = {
        "kind": "points",
        "n": len(points.ids),
        "id": packed(points.ids),
        "x": packed(points.lons, SCALE),
        "y": packed(points.lats, SCALE),
        "p": packed(points.parks),
        "l": (numpy.asarray(points.lights, dtype=numpy.uint8) + 48).tobytes().decode("ascii"),
    }
    if groups is not None:
        known["g"] = [groups.get(project, -1) for project in points.ids]
    return orjson.dumps(known, option=orjson.OPT_SERIALIZE_NUMPY)


def clusters(cells: Iterable) -> bytes:
    """Return counted cells (as `layers.Cell`) as JSON: blocked ones and rings apart.

    Keys: `x`, `y`, `p`, `id` columns (`id` 0: several), `c` for each light a column of counts.
    """
    import orjson

    cells = sorted(cells, key=lambda cell: (cell.park, cell.lon, cell.lat))
    lights = len(cells[0].counts) if cells else 0
    return orjson.dumps(
        {
            "kind": "cells",
            "n": len(cells),
            "x": deltas([round(cell.lon * SCALE / 10) * 10 for cell in cells]),
            "y": deltas([round(cell.lat * SCALE / 10) * 10 for cell in cells]),
            "p": deltas([cell.park for cell in cells]),
            "id": [cell.one for cell in cells],
            "c": [[cell.counts[light] for cell in cells] for light in range(lights)],
        }
    )


def outline(rings: Iterable[Sequence[tuple[float, float]]]) -> list[list[int]]:
    """Return rings as flat differences x, y, x, y …; corners that fall on the one before are left out."""
    packed = []
    for ring in rings:
        last, flat = (0, 0), []
        for lon, lat in ring:
            here = (round(lon * SCALE), round(lat * SCALE))
            if here != last or not flat:
                flat += [here[0] - last[0], here[1] - last[1]]
                last = here
        packed.append(flat)
    return packed


def joined(head: Mapping, body: bytes) -> bytes:
    """Return one JSON object of `head` and of `body`, a JSON object that is packed already."""
    import orjson

    first = orjson.dumps(dict(head))
    return first[:-1] + b"," + body[1:] if len(first) > 2 else body


def compressed(body: bytes, accepts: str) -> tuple[bytes, str]:
    """Return the body and its encoding, as good as the header `Accept-Encoding` allows: br, gzip or none ("")."""
    import gzip

    import brotli

    offered = {part.split(";")[0].strip() for part in accepts.lower().split(",")}
    if "br" in offered:
        return brotli.compress(body, quality=5), "br"
    if "gzip" in offered:
        return gzip.compress(body, 6, mtime=0), "gzip"
    return body, ""
