"""The process that opens a file of shapes: no Django, no database, limits on time and memory, JSON in and JSON out.

Run as `python -m gis.files_child`; the request is one JSON object on standard input. The answer is one JSON object, or
`{"refused": word, "params": {…}}` with a word of `sentences.REFUSALS`. A file that kills this process (bomb, damaged
structure, a fault of a driver) kills nothing else: the parent reads the exit code. Tasks:

    read   a file → its columns, its features with their shapes judged (`gis.geometry`) and brought to CGCS2000
    judge  features that came from a table → the same
    join   points and outlines → which point lies in which outline (geopandas)
    unite  outlines of districts → that of their city
"""

import contextlib
import json
import os
import re
import sys
import zipfile
import zlib
from dataclasses import asdict
from pathlib import Path

from gis import frames, geometry

DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError)
ENDINGS = (".geojson", ".json", ".zip", ".gpkg", ".kml", ".kmz")
BY_NAME = {
    ".shp": "loose_shapefile",
    ".shx": "loose_shapefile",
    ".dbf": "loose_shapefile",
    ".prj": "loose_shapefile",
    ".topojson": "topojson",
    ".dwg": "cad",
    ".dxf": "cad",
    ".pbf": "osm",
    ".osm": "osm",
    ".gdb": "geodatabase",
    ".mdb": "geodatabase",
    ".rar": "archive",
    ".7z": "archive",
    ".tar": "archive",
    ".gz": "archive",
}
SIDECARS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
CODE_PAGES = {
    "936": "GB18030",
    "cp936": "GB18030",
    "gbk": "GB18030",
    "gb2312": "GB18030",
    "gb18030": "GB18030",
    "ansi936": "GB18030",
    "oem936": "GB18030",
    "utf8": "UTF-8",
    "65001": "UTF-8",
    "iso88591": "ISO-8859-1",
    "88591": "ISO-8859-1",
}


class Refused(Exception):
    """The file is not read; the word says why."""

    def __init__(self, word, **params):
        super().__init__(word)
        self.answer = {"refused": word, "params": params}


def limit_resources(limits: dict):
    """Bound this process (POSIX only): processor seconds, address space, no core file, size of files written."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        seconds, memory = limits["cpu_seconds"], limits["memory_mb"] << 20
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        unpacked = limits["unpacked_mb"] << 20
        resource.setrlimit(resource.RLIMIT_FSIZE, (unpacked, unpacked))


# --- What kind of file it is ------------------------------------------------------------------------------------


def read(request: dict) -> dict:
    """Return columns, features, encoding, layer and the file's own system, the shapes as they came.

    :raises Refused: with the word that says why.
    """
    path, name, limits = Path(request["path"]), request["name"], request["limits"]
    ending = Path(name).suffix.lower()
    if path.stat().st_size == 0:
        raise Refused("empty")
    if ending in BY_NAME:
        raise Refused(BY_NAME[ending])
    if ending not in ENDINGS:
        raise Refused("ending", ending=ending or "—")
    head = path.open("rb").read(4096)
    if ending == ".zip":
        return read_zip(path, request, limits)
    if ending == ".kmz":
        return read_kml(_unpacked_kml(path, request, limits), request, limits)
    if ending == ".kml":
        return read_kml(path, request, limits)
    if ending == ".gpkg":
        if not head.startswith(b"SQLite format 3\0"):
            raise Refused("not_this", kind="GeoPackage")
        return read_ogr(path, request, limits)
    if head.startswith(b"PK\x03\x04") or head.startswith(b"SQLite"):
        raise Refused("not_this", kind="GeoJSON")
    return read_geojson(path, limits)


# --- GeoJSON ------------------------------------------------------------------------------------


def read_geojson(path: Path, limits: dict) -> dict:
    """Read a FeatureCollection, a Feature or a bare geometry; TopoJSON and Esri's JSON are refused by name."""
    content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    encoding = "UTF-8"
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        try:
            text, encoding = content.decode("gb18030"), "GB18030"
        except UnicodeDecodeError as error:
            raise Refused("encoding") from error
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused("not_this", kind="GeoJSON") from error
    features = _features_of(data)
    if len(features) > limits["features"]:
        raise Refused("features", count=len(features), most=limits["features"])
    columns: dict[str, int] = {}
    rows = []
    for feature in features:
        properties = feature.get("properties") if isinstance(feature, dict) else None
        properties = properties if isinstance(properties, dict) else {}
        for key in properties:
            columns.setdefault(str(key)[:100], len(columns))
        rows.append((properties, feature.get("geometry") if isinstance(feature, dict) else None))
    names = list(columns)[: limits["columns"]]
    return {
        "columns": names,
        "features": [
            ([_plain(properties.get(name)) for name in names], _geometry(shape)) for properties, shape in rows
        ],
        "encoding": encoding,
        "own": _own_of_geojson(data),
        "layer": "",
        "layers": [],
        "curved": 0,
    }


def _features_of(data) -> list:
    kind = data.get("type") if isinstance(data, dict) else None
    if kind == "Topology":
        raise Refused("topojson")
    if isinstance(data, dict) and ("geometryType" in data or "rings" in data):
        raise Refused("esri_json")
    if kind == "FeatureCollection" and isinstance(data.get("features"), list):
        return data["features"]
    if kind == "Feature":
        return [data]
    if kind in (
        "Point",
        "MultiPoint",
        "LineString",
        "MultiLineString",
        "Polygon",
        "MultiPolygon",
        "GeometryCollection",
    ):
        return [{"type": "Feature", "properties": {}, "geometry": data}]
    raise Refused("not_this", kind="GeoJSON")


def _own_of_geojson(data) -> str:
    crs = data.get("crs") if isinstance(data, dict) else None
    properties = crs.get("properties") if isinstance(crs, dict) else None
    return str(properties.get("name") or "")[:200] if isinstance(properties, dict) else ""


def _geometry(shape):
    """Return a geometry that later code may rely on; a collection of one kind of shape becomes that kind."""
    if not isinstance(shape, dict) or not isinstance(shape.get("type"), str):
        return None
    if shape["type"] == "GeometryCollection" and isinstance(shape.get("geometries"), list):
        inner = [g for g in shape["geometries"] if isinstance(g, dict) and g.get("type") in geometry.AREAS]
        if not inner or len(inner) != len(shape["geometries"]):
            return {"type": "GeometryCollection", "coordinates": [[0.0, 0.0]]} if shape["geometries"] else None
        areas = [g["coordinates"] if g["type"] == "MultiPolygon" else [g["coordinates"]] for g in inner]
        return {"type": "MultiPolygon", "coordinates": [polygon for part in areas for polygon in part]}
    coordinates = shape.get("coordinates")
    return {"type": shape["type"], "coordinates": coordinates} if isinstance(coordinates, list) else None


def _plain(value):
    """Return an attribute as a cell: texts, numbers and booleans; what is nested is left out."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return None if value != value else int(value) if abs(value) < 1e15 and value == int(value) else value
    return value[:32_767] if isinstance(value, str) else None


# --- Archives ------------------------------------------------------------------------------------


def _members(path: Path, limits: dict) -> list[tuple[str, zipfile.ZipInfo]]:
    """Return (name, member) of an archive's files; names written in GBK are read as such."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
    except DAMAGED_ZIP as error:
        raise Refused("corrupt") from error
    if len(members) > limits["members"]:
        raise Refused("members", count=len(members), most=limits["members"])
    if any(member.flag_bits & 1 for member in members):
        raise Refused("encrypted")
    if sum(member.file_size for member in members) > limits["unpacked_mb"] << 20:
        raise Refused("unpacked", most=limits["unpacked_mb"])
    found = []
    for member in members:
        name = member.filename
        if not member.flag_bits & 0x800:
            with contextlib.suppress(UnicodeError):
                name = name.encode("cp437").decode("gb18030")
        last = name.replace("\\", "/").rsplit("/", 1)[-1]
        if not last.startswith("._") and "__MACOSX" not in name:
            found.append((name.replace("\\", "/"), member))
    return found


def _unpack(path: Path, member, target: Path) -> None:
    """Write one member under a name of ours: nothing in the archive chooses where."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as source, target.open("wb") as out:
            while block := source.read(1 << 20):
                out.write(block)
    except DAMAGED_ZIP as error:
        raise Refused("corrupt") from error


def read_zip(path: Path, request: dict, limits: dict) -> dict:
    """Read the shapefile in a zip: the only one, or the one that the request names."""
    members = _members(path, limits)
    shapes = {name[:-4]: name for name, _member in members if name.lower().endswith(".shp")}
    if not shapes:
        raise Refused("no_shapefile", files="、".join(name for name, _member in members[:5]) or "—")
    labels = {stem.rsplit("/", 1)[-1]: stem for stem in shapes}
    wanted = request["layer"]
    if wanted and wanted not in labels:
        raise Refused("no_layer", layer=wanted, layers="、".join(labels))
    if not wanted and len(labels) > 1:
        raise Refused("several_layers", layers="、".join(labels))
    label = wanted or next(iter(labels))
    stem, scratch = labels[label], Path(request["scratch"])
    by_name = {name.lower(): member for name, member in members}
    for ending in SIDECARS:
        if member := by_name.get((stem + ending).lower()):
            _unpack(path, member, scratch / f"layer{ending}")
    if not (scratch / "layer.dbf").exists():
        raise Refused("no_dbf", layer=label)
    return read_shapefile(scratch / "layer.shp", request, limits) | {"layer": label, "layers": list(labels)}


def _unpacked_kml(path: Path, request: dict, limits: dict) -> Path:
    members = [(name, member) for name, member in _members(path, limits) if name.lower().endswith(".kml")]
    if not members:
        raise Refused("not_this", kind="KMZ")
    target = Path(request["scratch"]) / "layer.kml"
    _unpack(path, members[0][1], target)
    return target


# --- What GDAL reads ------------------------------------------------------------------------------------


def read_shapefile(path: Path, request: dict, limits: dict) -> dict:
    """Read a shapefile whose texts may be in any encoding: what is declared, the .cpg, UTF-8, GBK, in this order."""
    import pyogrio

    if not path.with_suffix(".shx").exists():
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": "YES"})
    found = read_ogr(path, request, limits, encoding="ISO-8859-1")
    page = path.with_suffix(".cpg")
    declared = _code_page(page.read_bytes()[:40].decode("ascii", "ignore")) if page.exists() else ""
    raw = [found["columns"], *(cells for cells, _shape in found["features"])]
    raw = [[_bytes(cell) if isinstance(cell, str) else cell for cell in row] for row in raw]
    texts = [cell for row in raw for cell in row if isinstance(cell, bytes)]
    encoding, doubt = _encoding_of(texts, request["encoding"], declared)
    columns, *rows = [[_decoded(cell, encoding) if isinstance(cell, bytes) else cell for cell in row] for row in raw]
    found["columns"] = columns
    found["features"] = [(cells, shape) for cells, (_raw, shape) in zip(rows, found["features"], strict=True)]
    return found | {"encoding": encoding, "code_page": declared, "doubt": doubt}


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _code_page(text: str) -> str:
    plain = re.sub(r"[^a-z0-9]", "", text.lower())
    return CODE_PAGES.get(plain, "")


def _encoding_of(texts: list[bytes], asked: str, declared: str) -> tuple[str, str]:
    """Return (encoding, why it may be wrong: "" | "declared" | "either")."""
    if asked:
        return asked, ""
    fits = {name: all(_readable(text, name) for text in texts) for name in ("UTF-8", "GB18030")}
    if declared:
        if declared == "ISO-8859-1" or fits.get(declared, True):
            return declared, ""
        other = "GB18030" if declared == "UTF-8" else "UTF-8"
        return (other if fits[other] else declared), "declared"
    if all(text.isascii() for text in texts):
        return "UTF-8", ""
    if fits["UTF-8"]:
        return "UTF-8", ""
    return ("GB18030", "") if fits["GB18030"] and _looks_chinese(texts) else ("ISO-8859-1", "either")


def _readable(text: bytes, encoding: str) -> bool:
    """Say whether a text is of an encoding; the last character may be cut off, as fields of fixed width do."""
    for cut in range(4):
        with contextlib.suppress(UnicodeDecodeError):
            (text[:-cut] if cut else text).decode(encoding)
            return True
    return False


def _looks_chinese(texts: list[bytes]) -> bool:
    """Say whether what is not ASCII comes in pairs of GB 2312, as in everyday Chinese, and not alone, as in Müller."""
    decoded = "".join(_decoded(text, "GB18030") for text in texts if not text.isascii())
    foreign = [c for c in decoded if ord(c) > 127]
    common = sum(1 for c in foreign if "\u4e00" <= c <= "\u9fff" and c.encode("gb2312", "ignore"))
    return common >= 0.8 * len(foreign)


def _decoded(text: bytes, encoding: str) -> str:
    for cut in range(4):
        with contextlib.suppress(UnicodeDecodeError):
            return (text[:-cut] if cut else text).decode(encoding)
    return text.decode(encoding, "replace")


def read_kml(path: Path, request: dict, limits: dict) -> dict:
    """Read all folders of a KML file, one after another. Entities are refused: nothing drawn needs them."""
    content = path.read_bytes()
    if b"<!ENTITY" in content or b"<!DOCTYPE" in content:
        raise Refused("entities")
    if b"<kml" not in content[:20_000]:
        raise Refused("not_this", kind="KML")
    return read_ogr(path, request, limits, every_layer=True) | {"own": "EPSG:4326"}


def read_ogr(path: Path, request: dict, limits: dict, *, encoding=None, every_layer=False) -> dict:
    """Read a layer with pyogrio: attributes as cells, shapes as GeoJSON, curves as short lines."""
    import warnings

    import pyogrio

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            layers = pyogrio.list_layers(path).tolist()
            chosen = [name for name, _kind in layers] if every_layer else [_layer(layers, request)]
            parts = [_read_layer(pyogrio, path, name, encoding, limits) for name in chosen]
        except Refused:
            raise
        except (pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError, pyogrio.errors.DataLayerError) as error:
            raise Refused("corrupt") from error
        except pyogrio.errors.FieldError as error:
            raise Refused("corrupt") from error
    curved = sum("urve" in str(w.message) or "urface" in str(w.message) for w in said)
    columns = list(dict.fromkeys(name for part in parts for name in part["columns"]))[: limits["columns"]]
    features = []
    for part in parts:
        at = {name: index for index, name in enumerate(part["columns"])}
        for cells, shape in part["features"]:
            features.append(([cells[at[name]] if name in at else None for name in columns], shape))
    if len(features) > limits["features"]:
        raise Refused("features", count=len(features), most=limits["features"])
    return {
        "columns": columns,
        "features": features,
        "encoding": "UTF-8",
        "own": parts[0]["own"] if parts else "",
        "layer": "、".join(chosen) if every_layer else chosen[0],
        "layers": [name for name, _kind in layers],
        "curved": curved,
    }


def _layer(layers, request) -> str:
    """Return the layer to read: the one that is named, the only one, or the only one of the wanted kind of shape."""
    names = [name for name, _kind in layers]
    if request["layer"]:
        if request["layer"] not in names:
            raise Refused("no_layer", layer=request["layer"], layers="、".join(names) or "—")
        return request["layer"]
    if not names:
        raise Refused("no_features")
    wanted = ("Polygon", "Surface", "Unknown") if request["area"] else ("Point", "Unknown")
    fitting = [name for name, kind in layers if kind and any(word in kind for word in wanted)]
    if len(names) > 1 and len(fitting) != 1:
        raise Refused("several_layers", layers="、".join(names))
    return (fitting or names)[0] if len(names) > 1 else names[0]


def _read_layer(pyogrio, path, layer, encoding, limits) -> dict:
    import shapely

    options = {"encoding": encoding} if encoding else {}
    meta, _ids, shapes, fields = pyogrio.raw.read(
        path, layer=layer, force_2d=True, max_features=limits["features"] + 1, **options
    )
    if shapes is None:
        raise Refused("no_shapes", layer=str(layer))
    columns = [str(name) for name in meta["fields"]]
    values = [field.tolist() for field in fields]
    features = []
    for index, raw in enumerate(shapes):
        cells = [
            _plain(column[index]) if not hasattr(column[index], "isoformat") else column[index].isoformat()
            for column in values
        ]
        features.append((cells, _from_wkb(shapely, raw)))
    return {"columns": columns, "features": features, "own": meta.get("crs") or ""}


def _from_wkb(shapely, raw):
    if raw is None:
        return None
    shape = shapely.from_wkb(raw, on_invalid="ignore")
    if shape is None or shape.is_empty:
        return None
    if shape.geom_type == "GeometryCollection":
        return _geometry(
            {"type": shape.geom_type, "geometries": [shapely.geometry.mapping(part) for part in shape.geoms]}
        )
    found = shapely.geometry.mapping(shape)
    return {"type": found["type"], "coordinates": _lists(found["coordinates"])}


def _lists(part):
    return [_lists(inner) for inner in part] if part and isinstance(part[0], tuple | list) else list(part)


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
    return {"type": found["type"], "coordinates": _lists(found["coordinates"])}


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
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", GDAL_NUM_THREADS="1")
    request = json.load(sys.stdin)
    limit_resources(request["limits"])
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
