"""What the map shows, as files for other programs: GeoJSON, GeoPackage, Shapefile, and a page that needs no network.

Rows come from the same queryset as the map. Coordinates are CGCS2000 degrees (EPSG:4490). What people typed is data in
every one of them: the page holds it as JSON in a script element of the type `application/json`, without any `<`.
"""

import base64
import hashlib
import io
import json
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from approvals import project_rows
from approvals.lights import Light
from gis import basemaps, facts, layers, maps, payload
from gis.words import words

EPSG = 4490
MOST = 50_000
"""Projects of one export: more is refused, the filter narrows."""

# Column, its name of ten letters for Shapefiles, which know no longer ones.
COLUMNS = {
    "code": "code",
    "name": "name",
    "enterprise": "firm",
    "district": "district",
    "park": "park",
    "light": "light",
    "light_word": "light_word",
    "lacks": "lacks",
    "holder": "holder",
    "stage": "stage",
    "investment_wan": "invest_wan",
}


LABELS = {
    "code": gettext_lazy("Project code"),
    "enterprise": gettext_lazy("Enterprise"),
    "district": gettext_lazy("District"),
    "park": gettext_lazy("Park"),
    "light_word": gettext_lazy("Light"),
    "lacks": gettext_lazy("Gap / overdue"),
    "holder": gettext_lazy("Since, held by"),
    "stage": gettext_lazy("Current stage"),
    "investment_wan": gettext_lazy("Total investment (10,000 yuan)"),
}


@dataclass(frozen=True)
class Content:
    """What an export holds: projects with coordinates as rows of COLUMNS with `lon` and `lat`, and the outlines."""

    projects: list[dict]
    parks: list[layers.Outline]
    districts: list[layers.Outline]


def content(projects, user, calendar, now) -> Content:
    """Return the content of an export. Some eight queries."""
    wanted = project_rows.shown(layers.worst_first(projects.filter(longitude__isnull=False))).only(
        *project_rows.COLUMNS, "park__short_name", "longitude", "latitude"
    )
    rows = facts.list_rows(wanted.prefetch_related("district")[:MOST], calendar, now)
    return Content([_row(row) for row in rows], layers.parks(user, now.date()), layers.districts())


def _row(row) -> dict:
    project = row.project
    stages = [stage["name"] for stage in project.current_stages]
    return {
        "code": project.code,
        "name": project.name,
        "enterprise": project.enterprise.name if project.enterprise else "",
        "district": project.district.name,
        "park": project.park.name if project.park else "",
        "light": project.light,
        "light_word": str(Light(project.light).label),
        "lacks": row.lack,
        "holder": row.holder,
        "stage": "; ".join(stages),
        "investment_wan": None if project.investment_wan is None else float(project.investment_wan),
        "lon": float(project.longitude),
        "lat": float(project.latitude),
        "id": project.pk,
        "park_id": project.park_id or 0,
    }


# --- files ---------------------------------------------------------------------------------------------------------


def geojson(told: Content) -> bytes:
    """Return one FeatureCollection: districts, parks, projects, told apart by `layer`."""
    import orjson

    features = [
        *(_feature("district", area.geometry, {"code": area.code, "name": area.name}) for area in told.districts),
        *(_feature("park", park.geometry, _park(park)) for park in told.parks),
        *(_feature("project", _point(row), {name: row[name] for name in COLUMNS}) for row in told.projects),
    ]
    crs = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{EPSG}"}}
    return orjson.dumps({"type": "FeatureCollection", "crs": crs, "features": features})


def _feature(layer: str, geometry: dict, properties: dict) -> dict:
    return {"type": "Feature", "geometry": geometry, "properties": {"layer": layer, **properties}}


def _point(row: dict) -> dict:
    return {"type": "Point", "coordinates": [row["lon"], row["lat"]]}


def _park(park) -> dict:
    ready = f"{park.done}/{park.of}" if park.of else ""
    return {"code": park.code, "name": park.name, "ready": ready, "lacks": "".join(park.lacks)}


def _frames(told: Content) -> dict:
    """Return the layers as frames of geopandas by name; layers without rows are left out."""
    import geopandas
    from shapely.geometry import shape

    rows = {
        "projects": [({name: row[name] for name in COLUMNS}, _point(row)) for row in told.projects],
        "parks": [(_park(park), park.geometry) for park in told.parks],
        "districts": [({"code": area.code, "name": area.name}, area.geometry) for area in told.districts],
    }
    return {
        name: geopandas.GeoDataFrame(
            [properties for properties, _geometry in found],
            geometry=[shape(geometry) for _properties, geometry in found],
            crs=EPSG,
        )
        for name, found in rows.items()
        if found
    }


def geopackage(told: Content) -> bytes:
    """Return a GeoPackage with the layers projects, parks and districts."""
    with tempfile.TemporaryDirectory(prefix="luodi-map-") as folder:
        path = Path(folder) / "map.gpkg"
        for name, frame in _frames(told).items():
            frame.to_file(path, layer=name, driver="GPKG", engine="pyogrio")
        return path.read_bytes() if path.exists() else b""


def shapefile(told: Content) -> bytes:
    """Return a zip of Shapefiles in UTF-8 (with .cpg), points and polygons of parks apart."""
    with tempfile.TemporaryDirectory(prefix="luodi-map-") as folder:
        for name, frame in _frames(told).items():
            frame = frame.rename(columns=COLUMNS)
            points = frame.geometry.geom_type == "Point"
            parts = [(name, frame[points]), (f"{name}_areas" if points.any() else name, frame[~points])]
            for file, part in parts:
                if len(part):
                    part.to_file(Path(folder) / f"{file}.shp", driver="ESRI Shapefile", encoding="UTF-8")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(folder).iterdir()):
                archive.write(path, path.name)
        return packed.getvalue()


# --- a page that needs no network ----------------------------------------------------------------------------------

SCRIPTS = (f"{maps.LEAFLET}/leaflet.js", *maps.OWN_SCRIPTS)


def page(told: Content, now) -> bytes:
    """Return one HTML file with Leaflet, our scripts, the styles and the data inside; it asks for nothing.

    folium builds the map in it, as on the page. Its policy allows the scripts and styles by their hashes, and no
    request at all.
    """
    _scripts, _styles, element, script = maps.parts(maps.folium_map())
    data = {
        "title": _("%(city)s: parks and projects on one map") % {"city": settings.CITY_NAME},
        "at": now.strftime("%Y-%m-%d %H:%M"),
        "lang": get_language(),
        "lights": [{"key": light.value, "word": str(light.label)} for light in layers.LIGHTS],
        "words": words(),
        "columns": {name: str(label) for name, label in LABELS.items()},
        "rows": [{name: row[name] for name in (*COLUMNS, "id", "park_id")} for row in told.projects],
        "points": json.loads(payload.columns(_points(told))),
        "parks": [
            {**_park(park), "id": park.pk, "done": park.done, "of": park.of,
             "lacks": list(park.lacks), "rings": payload.outline(layers.rings(park.geometry))}
            for park in told.parks
        ],
        "districts": [
            {"name": area.name, "city": area.is_city, "rings": payload.outline(layers.rings(area.geometry))}
            for area in told.districts
        ],
        "foot": basemaps.attribution(),
    }  # fmt: skip
    parts = [*(_static(name) for name in SCRIPTS), script, _static("js/map-alone.js")]
    styles = [_static(f"{maps.LEAFLET}/leaflet.css"), _static("css/map-alone.css")]

    def allowed(texts):
        digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
        return " ".join(f"'sha256-{digest}'" for digest in digests)

    policy = (
        f"default-src 'none'; script-src {allowed(parts)}; style-src {allowed(styles)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    lines = [
        "<!doctype html>",
        f'<html lang="{get_language()}"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<title>Luodi</title>",
        *(f"<style>{style}</style>" for style in styles),
        "</head><body>",
        '<header><h1 id="title"></h1><p id="sub"></p><input id="find" type="search"></header>',
        f'<main><div id="frame">{element}</div>',
        '<section><ol id="rows"></ol><div id="facts" hidden></div></section></main>',
        '<footer id="foot"></footer>',
        f'<script type="application/json" id="data">{_harmless(data)}</script>',
        *(f"<script>{text}</script>" for text in parts),
        "</body></html>",
    ]
    return "\n".join(lines).encode()


def _points(told: Content) -> layers.Points:
    code = layers.CODE
    return layers.Points(
        [row["id"] for row in told.projects],
        [row["lon"] for row in told.projects],
        [row["lat"] for row in told.projects],
        [code.get(row["light"], code["idle"]) for row in told.projects],
        [row["park_id"] for row in told.projects],
    )


_HARMFUL = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def _harmless(data: dict) -> str:
    """Return JSON in which nothing can end the script element that holds it."""
    return json.dumps(data, ensure_ascii=False).translate(_HARMFUL)


def _static(name: str) -> str:
    """Return one of our own static files as it stands in a page, without the line that names a source map."""
    text = Path(finders.find(name)).read_text(encoding="utf-8")
    if "</script" in text.lower() or "</style" in text.lower():
        raise ValueError(name)
    return text.rpartition("\n//# sourceMappingURL")[0] or text


@dataclass(frozen=True)
class Format:
    """How a kind of export is made and named."""

    make: object
    suffix: str
    media: str


FORMATS = {
    "geojson": Format(lambda told, now: geojson(told), "geojson", "application/geo+json"),
    "gpkg": Format(lambda told, now: geopackage(told), "gpkg", "application/geopackage+sqlite3"),
    "shp": Format(lambda told, now: shapefile(told), "zip", "application/zip"),
    "html": Format(page, "html", "text/html; charset=utf-8"),
}
