"""Readers of the formats that shapes come in: GeoJSON, zipped Shapefile, GeoPackage, KML. For `files_child` only.

Each returns columns, features, the encoding and what the file says of its coordinate system; the shapes as they came.
"""

import contextlib
import json
import zipfile
import zlib
from pathlib import Path

from gis import geometry
from gis.text_encoding import code_page, decoded, encoding_of, raw_bytes

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


class Refused(Exception):
    """The file is not read; the word says why."""

    def __init__(self, word, **params):
        super().__init__(word)
        self.answer = {"refused": word, "params": params}


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
    declared = code_page(page.read_bytes()[:40].decode("ascii", "ignore")) if page.exists() else ""
    raw = [found["columns"], *(cells for cells, _shape in found["features"])]
    raw = [[raw_bytes(cell) if isinstance(cell, str) else cell for cell in row] for row in raw]
    texts = [cell for row in raw for cell in row if isinstance(cell, bytes)]
    encoding, doubt = encoding_of(texts, request["encoding"], declared)
    columns, *rows = [[decoded(cell, encoding) if isinstance(cell, bytes) else cell for cell in row] for row in raw]
    found["columns"] = columns
    found["features"] = [(cells, shape) for cells, (_raw, shape) in zip(rows, found["features"], strict=True)]
    return found | {"encoding": encoding, "code_page": declared, "doubt": doubt}


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
    return {"type": found["type"], "coordinates": lists(found["coordinates"])}


def lists(part):
    """Return nested tuples of coordinates as nested lists."""
    return [lists(inner) for inner in part] if part and isinstance(part[0], tuple | list) else list(part)
