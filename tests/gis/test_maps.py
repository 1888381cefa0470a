"""folium's shell, base maps and the policy of the page."""

import sqlite3

import pytest

from gis import basemaps, maps
from gis.management.commands.map import SHELL
from tests.gis import map_city
from tests.gis.test_layers import client_of


def test_the_shell_in_the_templates_is_what_folium_builds_now():
    assert SHELL.read_text(encoding="utf-8") == maps.page_shell(), "run `manage.py map shell`"


def test_the_shell_names_no_foreign_host_and_no_style():
    shell = maps.page_shell()
    assert "http" not in shell and "<style" not in shell and "style=" not in shell
    assert shell.count("<script nonce=") == 1


def test_no_base_map_by_default(settings):
    assert basemaps.configured() == [] and basemaps.hosts() == []
    assert "内部使用" in basemaps.attribution() or "internal" in basemaps.attribution()


def test_tianditu_is_two_base_maps_of_two_layers_each(settings):
    settings.TIANDITU_KEY = "k&y"
    vec, img = basemaps.configured()
    assert (
        vec.key == "vec" and "LAYER=vec" in vec.tiles[0] and "LAYER=cva" in vec.tiles[1] and "tk=k%26y" in vec.tiles[0]
    )
    assert img.key == "img" and vec.datum == "cgcs2000" and basemaps.hosts() == ["https://*.tianditu.gov.cn"]


def test_a_gcj02_base_map_is_named_as_such(settings):
    settings.BASEMAP_XYZ = "https://tiles.city.gov.cn:8443/{z}/{x}/{y}.png"
    settings.BASEMAP_DATUM = "GCJ-02"
    (base,) = basemaps.configured()
    assert base.datum == "gcj02" and "GCJ-02" in base.name and basemaps.hosts() == ["https://tiles.city.gov.cn:8443"]


@pytest.mark.django_db
def test_only_the_map_page_may_load_images_of_the_configured_host(settings):
    client = client_of(map_city.person(map_city.build(2)))
    plain = client.get("/map/")["Content-Security-Policy"]
    assert "tianditu" not in plain
    settings.TIANDITU_KEY = "key"
    settings.MAP_REVIEW_NO = "蒙S(2026)001号"
    page = client.get("/map/")
    assert "img-src 'self' data: https://*.tianditu.gov.cn" in page["Content-Security-Policy"]
    assert "蒙S(2026)001号" in page.content.decode()
    assert "tianditu" not in client.get("/projects/")["Content-Security-Policy"]


@pytest.mark.django_db
def test_tiles_of_a_file_are_served_from_our_own_address(settings, tmp_path):
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 20
    path = tmp_path / "city.mbtiles"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)")
        file.execute("INSERT INTO tiles VALUES (3, 6, 4, ?)", [png])
    settings.BASEMAP_MBTILES = str(path)
    client = client_of(map_city.person(map_city.build(2)))
    tile = client.get("/map/tiles/3/6/3/")
    assert tile.content == png and tile["Content-Type"] == "image/png"
    assert client.get("/map/tiles/3/6/4/").status_code == 404
    assert basemaps.hosts() == [] and basemaps.configured()[0].tiles == ("/map/tiles/{z}/{x}/{y}/",)


def test_what_is_no_image_is_never_served_as_one():
    assert basemaps.tile_type(b"<script>") == "application/octet-stream"
