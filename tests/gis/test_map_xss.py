"""What people typed never runs on the map: on every layer, in popups, in the list, in every export, in a real Chromium.

The payload is the one of shared/reliability.md: a template literal that folium would run, and an image that HTML would.
"""

import json
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import expect

from gis.layers import GROUPINGS
from tests.browser import shot, sign_in
from tests.gis import map_city
from tests.gis.map_city import PAYLOAD
from tests.journeys.steps import has, still, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WORSE = f"{PAYLOAD}</script><script>window.__xss=1</script>"


@pytest.fixture
def hostile(transactional_db):
    """A city in which every name that can be typed is hostile; returns it."""
    city = map_city.build(12, name=WORSE, words=WORSE)
    map_city.person(city)
    return city


def ready(page) -> None:
    page.wait_for_selector("#map-card[data-drawn]")
    still(page)


def untouched(page) -> None:
    """Check that nothing ran, neither at once nor by an image that failed to load."""
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.__xss === undefined")


def items(page) -> list[dict]:
    """Return what stands on the map."""
    return page.evaluate(
        "map_luodi.luodi.items.map(i => ({kind: i.kind, n: i.n, id: i.id, light: i.light, x: i.size}))"
    )


@pytest.mark.parametrize("by", list(GROUPINGS))
def test_names_are_drawn_and_do_not_run(hostile, browser_page, by):
    page = browser_page
    sign_in(page, "leader")
    page.goto(f"/map/?by={by}")
    ready(page)
    assert sum(item["n"] for item in items(page)) == 11
    page.locator("[data-layer=names]").check()
    page.evaluate("map_luodi.setZoom(13)")
    until(page, "map_luodi.getZoom() === 13")
    until(page, "Object.values(map_luodi.luodi.names).some(name => name.includes('onerror'))")
    untouched(page)


def test_popups_and_tips_are_text(hostile, browser_page):
    page = browser_page
    sign_in(page, "leader")
    project = hostile["projects"][0]
    page.goto(f"/map/?sel={project.pk}")
    ready(page)
    page.wait_for_selector("#map-pop:not([hidden])")
    has(page, "#map-pop h2", PAYLOAD)
    assert page.locator("#map-pop img, #map-pop script").count() == 0
    shot(page, "map-xss-popup")
    page.locator("#map-rows .map-row").nth(1).hover()
    page.mouse.move(5, 5)
    at = page.evaluate(
        "(() => { const p = map_luodi.luodi.shapes.parks[0], r = p.rings[0][0];"
        " const s = map_luodi.latLngToContainerPoint([r[1] + 0.002, r[0] + 0.002]);"
        " const b = map_luodi.getContainer().getBoundingClientRect(); return [s.x + b.left, s.y + b.top]; })()"
    )
    page.mouse.click(*at)
    page.wait_for_selector("#map-pop .light-head-park")
    has(page, "#map-pop h2", PAYLOAD)
    untouched(page)


def test_the_list_that_scripts_bring_is_text(hostile, browser_page):
    page = browser_page
    sign_in(page, "leader")
    page.goto("/map/")
    ready(page)
    with page.expect_response(lambda answer: "/map/rows/" in answer.url and "light=" in answer.url):
        page.locator(".map-lights input[value=green]").uncheck()
    still(page)
    has(page, "#map-rows .map-row b", PAYLOAD)
    assert page.locator("#map-rows img, #map-rows script").count() == 0
    untouched(page)


def test_the_picture_is_drawn(hostile, browser_page):
    page = browser_page
    sign_in(page, "leader")
    page.goto("/map/")
    ready(page)
    page.locator(".map-export summary").click()
    with page.expect_download() as download:
        page.locator("[data-png]").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
    untouched(page)


def exported(page, kind: str) -> bytes:
    """Return an export, asked for with the page's own session."""
    answer = page.request.get(f"/map/export/{kind}/")
    assert answer.ok
    return answer.body()


def test_the_page_for_offline_use_opens_without_a_network_and_runs_nothing(hostile, browser_page, tmp_path):
    page = browser_page
    sign_in(page, "leader")
    body = exported(page, "html")
    assert b"</script><script>window" not in body and b"<img" not in body
    file = tmp_path / "map.html"
    file.write_bytes(body)
    alone = page.context.new_page()
    asked, problems = [], []
    alone.on("request", lambda request: asked.append(request.url))
    alone.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    alone.on("pageerror", lambda error: problems.append(str(error)))
    alone.goto(file.as_uri())
    alone.wait_for_selector("body[data-drawn]")
    assert asked == [file.as_uri()] and not problems
    rows = alone.locator("#rows li")
    expect(rows).to_have_count(11)
    rows.first.click()
    has(alone, "#facts h2", PAYLOAD)
    alone.fill("#find", "onerror")
    expect(rows).to_have_count(11)
    untouched(alone)
    shot(alone, "map-alone")


def test_exports_hold_the_names_as_they_are(hostile, browser_page, tmp_path):
    import geopandas

    page = browser_page
    sign_in(page, "leader")
    page.goto("/map/")
    told = json.loads(exported(page, "geojson"))
    names = [f["properties"]["name"] for f in told["features"] if f["properties"]["layer"] == "project"]
    assert names == [WORSE] * 11
    (tmp_path / "map.gpkg").write_bytes(exported(page, "gpkg"))
    frame = geopandas.read_file(tmp_path / "map.gpkg", layer="projects")
    assert set(frame["name"]) == {WORSE} and frame.crs.to_epsg() == 4490
    assert set(geopandas.list_layers(tmp_path / "map.gpkg")["name"]) == {"projects", "parks", "districts"}
    with zipfile.ZipFile(BytesIO(exported(page, "shp"))) as archive:
        archive.extractall(tmp_path / "shp")
    points = geopandas.read_file(tmp_path / "shp" / "projects.shp")
    assert set(points["name"]) == {WORSE} and points.crs.to_epsg() == 4490 and len(points) == 11
    untouched(page)
