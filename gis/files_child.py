"""The process that opens a file of shapes: no Django, no database, limits on time and memory, JSON in and JSON out.

Run as `python -m gis.files_child`; the request is one JSON object on standard input. The answer is one JSON object, or
`{"refused": word, "params": {…}}` with a word of `sentences.REFUSALS`. A file that kills this process (bomb, damaged
structure, a fault of a driver) kills nothing else: the parent reads the exit code. Tasks:

    read   a file → its columns, its features with their shapes judged (`gis.geometry`) and brought to CGCS2000
    judge  features that came from a table → the same
    join   points and outlines → which point lies in which outline (geopandas)
    unite  outlines of districts → that of their city
"""

import json
import sys
from dataclasses import asdict

from gis import frames, geometry
from gis.formats import Refused, lists, read
from people.child import limit_resources

# --- Judging ------------------------------------------------------------------------------------


def judge(found: dict, request: dict) -> dict:
    """Judge the shapes of what was read in the system that was declared, or else in the file's own."""
    own = _own_frame(found["own"])
    frame = frames.parse(request["crs"]) if request["crs"] else own
    if frame is None:
        raise Refused("no_crs", own=found["own"][:80]) if found["own"] else Refused("no_crs_at_all")
    total = sum(len(part) for _cells, shape in found["features"] if shape for part in geometry.parts_of(shape))
    if total > request["limits"]["vertices"]:
        raise Refused("vertices_in_all", count=total, most=request["limits"]["vertices"])
    boxes = [tuple(box) for box in request["boxes"]]
    options = {"area": request["area"], "boxes": boxes, "repair": request["repair"], "swap": request["swap"]}
    features = []
    for cells, shape in found["features"]:
        judged = asdict(geometry.checked(shape, frame, **options))
        features.append({"cells": cells, "original": shape, **judged})
    if request["areas"]:
        points = [
            [n, *f["geometry"]["coordinates"][:2]] for n, f in enumerate(features) if f["geometry"] and not f["fault"]
        ]
        for number, key in join(points, request["areas"]):
            features[number].setdefault("within", []).append(key)
    answer = {
        "features": features,
        "frame": [frame.system, frame.epsg],
        "own_frame": [own.system, own.epsg] if own else None,
    }
    return {name: value for name, value in found.items() if name != "features"} | answer


def _own_frame(text: str):
    try:
        return frames.parse(text)
    except frames.UnknownFrame as error:
        if error.word == "old":
            raise
    try:
        return frames.of_description(text)
    except frames.UnknownFrame as error:
        if error.word == "old":
            raise
    return None


def join(points: list, areas: list) -> list:
    """Return [point, outline] for every point that lies in an outline, edges included: `geopandas.sjoin`.

    `points` are [key, longitude, latitude], `areas` [key, GeoJSON].
    """
    import geopandas
    import shapely

    shapes = [shapely.geometry.shape(shape) for _key, shape in areas]
    shapes = [shape if shape.is_valid else shapely.make_valid(shape) for shape in shapes]
    outlines = geopandas.GeoDataFrame({"area": range(len(areas))}, geometry=shapes, crs=frames.GEOGRAPHIC)
    places = geopandas.GeoDataFrame(
        {"point": range(len(points))},
        geometry=geopandas.points_from_xy([p[1] for p in points], [p[2] for p in points]),
        crs=frames.GEOGRAPHIC,
    )
    found = geopandas.sjoin(places, outlines, how="inner", predicate="intersects")
    pairs = zip(found["point"].tolist(), found["area"].tolist(), strict=True)
    return [[points[point][0], areas[area][0]] for point, area in sorted(pairs)]


def united(shapes: list) -> dict:
    """Return one GeoJSON outline around several, without the slits that lie between districts drawn apart."""
    import shapely

    whole = shapely.union_all([shapely.make_valid(shapely.geometry.shape(shape)) for shape in shapes])
    slit = 0.0001  # 10 m
    closed = whole.buffer(slit, join_style="mitre").buffer(-slit, join_style="mitre")
    whole = shapely.union_all([whole, shapely.make_valid(closed)]) if closed.area > whole.area else whole
    parts = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon"]
    outer = [
        shapely.Polygon(part.exterior, [r for r in part.interiors if shapely.Polygon(r).area > 1e-6]) for part in parts
    ]
    found = shapely.geometry.mapping(shapely.union_all(outer))
    return {"type": found["type"], "coordinates": lists(found["coordinates"])}


def answer_to(request: dict) -> dict:
    """Return the answer to one request."""
    if request["task"] == "join":
        return {"found": join(request["points"], request["areas"]) if request["points"] and request["areas"] else []}
    if request["task"] == "unite":
        request["shapes"] = [united(request["shapes"])]
    if request["task"] in ("judge", "unite"):
        found = {"columns": [], "features": [([], shape) for shape in request["shapes"]], "own": ""}
    else:
        found = read(request)
        if not found["features"]:
            raise Refused("no_features")
    return judge(found, request)


def main():
    """Answer one request."""
    request = json.load(sys.stdin)
    limits = request["limits"]
    limit_resources(cpu_seconds=limits["cpu_seconds"], memory_mb=limits["memory_mb"], written_mb=limits["unpacked_mb"])
    try:
        answer = answer_to(request)
    except Refused as refused:
        answer = refused.answer
    except frames.UnknownFrame as error:
        answer = {"refused": "old_crs" if error.word == "old" else "unknown_crs", "params": {"name": error.text}}
    except MemoryError:
        answer = {"refused": "too_heavy", "params": {}}
    json.dump(answer, sys.stdout, ensure_ascii=True)


if __name__ == "__main__":
    main()
