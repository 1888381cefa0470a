"""Rows of the map as compact JSON: column by column, and in letters instead of digits. Pure; no Django.

A longitude of 108.45123 is 10845123 (1e-5 degrees, about a metre). Points are told as the distance from the south-west
corner of their park's points, as numbers of base 91 whose first digits make one text, whose second digits the next: a
compressor then finds every text even, and comes near to what the positions hold. With brotli 10,000 projects take
some 40 KB, less than a third of the same as GeoJSON. The reader is static/js/map-data.js; tests hold both together.
"""

from collections.abc import Iterable, Mapping, Sequence

SCALE = 100_000


def deltas(numbers: Sequence[int]) -> list[int]:
    """Return the first number and then the differences; `undeltas` takes them back."""
    return [number - before for number, before in zip(numbers, [0, *numbers], strict=False)]


def undeltas(differences: Iterable[int]) -> list[int]:
    """Return the numbers whose differences these are."""
    total, numbers = 0, []
    for difference in differences:
        total += difference
        numbers.append(total)
    return numbers


def columns(points, groups: Mapping[int, int] | None = None) -> bytes:
    """Return points (columns of equal length, as `layers.Points`) as JSON. `groups`: line of the grouping by project.

    Keys: `id` differences; `o` origins (park, x, y) and `p` the index of each point's; `x`, `y` distances from it, all
    three texts of base 91, lowest digit first; `l` one digit for each light; `g` lines of the grouping, -1 for none.
    """
    import numpy
    import orjson

    def whole(column):
        return numpy.rint(numpy.asarray(column, dtype=float) * SCALE).astype(numpy.int64)

    xs, ys = whole(points.lons), whole(points.lats)
    parks, at = numpy.unique(numpy.asarray(points.parks, dtype=numpy.int64), return_inverse=True)
    west, south = (numpy.full(len(parks), 10**9, dtype=numpy.int64) for _corner in range(2))
    numpy.minimum.at(west, at, xs)
    numpy.minimum.at(south, at, ys)
    known: dict = {
        "kind": "points",
        "n": len(points.ids),
        "id": numpy.diff(numpy.asarray(points.ids, dtype=numpy.int64), prepend=0),
        "o": numpy.stack([parks, west, south], axis=1).tolist(),
        "p": _texts(at),
        "x": _texts(xs - west[at]),
        "y": _texts(ys - south[at]),
        "l": (numpy.asarray(points.lights, dtype=numpy.uint8) + 48).tobytes().decode("ascii"),
    }
    if groups is not None:
        known["g"] = [groups.get(project, -1) for project in points.ids]
    return orjson.dumps(known, option=orjson.OPT_SERIALIZE_NUMPY)


LETTERS = bytes(code for code in range(35, 127) if code != 92)
"""91 letters that JSON writes as they are: neither quotes nor the backslash."""


def _texts(numbers) -> list[str]:
    """Return an array of whole numbers from 0 on as texts: the first holds the lowest digit of each, and so on."""
    import numpy

    letters, texts = numpy.frombuffer(LETTERS, dtype=numpy.uint8), []
    while not texts or numbers.any():
        numbers, digits = numpy.divmod(numbers, len(LETTERS))
        texts.append(letters[digits].tobytes().decode("ascii"))
    return texts


def numbers_of(texts: Sequence[str]) -> list[int]:
    """Return the numbers that `_texts` wrote."""
    found = [0] * len(texts[0])
    for place, text in enumerate(texts):
        for at, letter in enumerate(text.encode("ascii")):
            found[at] += LETTERS.index(letter) * len(LETTERS) ** place
    return found


def positions(told: Mapping) -> list[tuple[int, float, float]]:
    """Return (park, longitude, latitude) of the points of `columns`, in degrees."""
    rows = zip(numbers_of(told["p"]), numbers_of(told["x"]), numbers_of(told["y"]), strict=True)
    origins = told["o"]
    return [(origins[at][0], (origins[at][1] + x) / SCALE, (origins[at][2] + y) / SCALE) for at, x, y in rows]


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
        return brotli.compress(body, quality=4), "br"
    if "gzip" in offered:
        return gzip.compress(body, 6, mtime=0), "gzip"
    return body, ""
