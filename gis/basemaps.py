"""Base maps under the outlines: none by default; 天地图 by key, tiles of the intranet, or a file of tiles.

All from settings, never from users. The page allows images of the configured hosts and of no other.
 - TIANDITU_KEY: vector and imagery of 天地图 (CGCS2000, unshifted).
 - BASEMAP_XYZ: an address with {z}, {x} and {y}, in the projection of web maps (EPSG:3857).
 - BASEMAP_MBTILES: a file of tiles, served from our own address to people who are logged in.
 - BASEMAP_DATUM: "cgcs2000" (default, WGS 84 is the same) or "gcj02", for the last two: tiles in GCJ-02 lie 100 to
   700 m off, so the page draws our data shifted likewise and says so.
"""

import contextlib
import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

TIANDITU = "https://t{s}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk="  # noqa: E501
TIANDITU_HOST = "https://*.tianditu.gov.cn"


@dataclass(frozen=True)
class Basemap:
    """One base map: layers of tiles over each other, and the datum that they are drawn in."""

    key: str
    name: str
    tiles: tuple[str, ...]
    attribution: str
    datum: str = "cgcs2000"
    subdomains: str = ""

    def for_page(self) -> dict:
        """Return what the scripts need; a shifted one is named as such."""
        return asdict(self) | {"name": str(self.name)}


def configured() -> list[Basemap]:
    """Return the base maps that the settings name, in the order of the menu."""
    found = []
    if settings.TIANDITU_KEY:
        for key, name, over in (("vec", _("TianDiTu, map"), "cva"), ("img", _("TianDiTu, imagery"), "cia")):
            address = TIANDITU + quote(settings.TIANDITU_KEY)
            tiles = tuple(address.replace("{layer}", layer) for layer in (key, over))
            found.append(Basemap(key, name, tiles, _("© TianDiTu"), subdomains="01234567"))
    datum = "gcj02" if settings.BASEMAP_DATUM.lower().replace("-", "") == "gcj02" else "cgcs2000"
    shifted = datum == "gcj02"
    if settings.BASEMAP_XYZ:
        name = _("Base map of the intranet (GCJ-02, shifted)") if shifted else _("Base map of the intranet")
        found.append(Basemap("xyz", name, (settings.BASEMAP_XYZ,), "", datum))
    if settings.BASEMAP_MBTILES:
        name = _("Base map from a file (GCJ-02, shifted)") if shifted else _("Base map from a file")
        address = reverse("map-tile", args=[0, 0, 0]).replace("0/0/0", "{z}/{x}/{y}")
        found.append(Basemap("mbtiles", name, (address,), "", datum))
    return found


def attribution() -> str:
    """Return what stands at the foot of every map: whose it is, its review number, and that it is for internal use."""
    number = _("Map review no. %(number)s") % {"number": settings.MAP_REVIEW_NO} if settings.MAP_REVIEW_NO else ""
    return " · ".join(filter(None, [settings.MAP_ATTRIBUTION, number, _("For internal use only")]))


def hosts() -> list[str]:
    """Return the origins that images of the map page may come from besides our own."""
    found = [TIANDITU_HOST] if settings.TIANDITU_KEY else []
    parts = urlsplit(settings.BASEMAP_XYZ)
    if parts.scheme in ("http", "https") and parts.netloc:
        found.append(f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}")
    return found


def mbtile(z: int, x: int, y: int) -> bytes | None:
    """Return a tile of the MBTiles file, or None. `y` counts from the north as in addresses."""
    path = Path(settings.BASEMAP_MBTILES) if settings.BASEMAP_MBTILES else None
    if path is None or z > 22 or not path.is_file():
        return None
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
        found = file.execute(
            "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
            (z, x, (1 << z) - 1 - y),
        ).fetchone()
    return bytes(found[0]) if found else None


def tile_type(tile: bytes) -> str:
    """Return the media type of an image by its first bytes; nothing that a browser would run."""
    for start, name in ((b"\x89PNG", "png"), (b"\xff\xd8", "jpeg"), (b"RIFF", "webp")):
        if tile.startswith(start):
            return f"image/{name}"
    return "application/octet-stream"
