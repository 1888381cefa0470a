"""The map in a browser: three sizes, filters in the address, popups, keyboard, many points, no network."""

import json
import re
import sqlite3
import urllib.parse

import pytest
from playwright.sync_api import expect

from approvals.lights import Light
from gis import datum
from projects.models import Project
from tests.browser import allow, shot, sign_in
from tests.gis import map_city
from tests.journeys.steps import DESK, PHONE, WALL, assert_fits, assert_touchable, eventually, follow, has, still, until
from tests.journeys.test_leader import serious, through_other_eyes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


SPOT = """id => { const i = map_luodi.luodi.items.find(i => i.id === id); if (!i) return null;
    const s = map_luodi.latLngToContainerPoint([i.lat, i.lng]), b = map_luodi.getContainer().getBoundingClientRect();
    return [s.x + b.left, s.y + b.top]; }"""


def open_map(page, query: str = "", user: str = "leader") -> None:
    sign_in(page, user)
    page.goto(f"/map/{query}")
    still(page)
    until(page, "LuodiMap.page.state.started")  # moves before are the page's own, not the reader's


def legend(page) -> dict[str, int]:
    """Return the numbers of the legend by light."""
    found = page.locator("[data-count]")
    return {found.nth(n).get_attribute("data-count"): int(found.nth(n).inner_text()) for n in range(found.count())}


def on_map(page) -> int:
    """Return how many projects the items on the map stand for."""
    return page.evaluate("map_luodi.luodi.items.reduce((sum, item) => sum + item.n, 0)")


def query(page) -> dict[str, list[str]]:
    return urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).query)


def test_a_leader_finds_who_is_stuck_and_who_can_free_it(demo_city, browser_page):
    page = browser_page
    open_map(page)
    numbers = legend(page)
    assert sum(numbers.values()) == Project.objects.count()
    unplaced = Project.objects.filter(longitude__isnull=True).count()
    assert on_map(page) == Project.objects.count() - unplaced and unplaced == 1
    page.locator("[data-only=blocked]").click()  # first: only what is stuck
    until(page, "map_luodi.luodi.items.length && map_luodi.luodi.items.every(i => i.light === 0 || i.counts[0])")
    assert eventually(page, lambda: query(page).get("light")) == ["blocked"]
    assert on_map(page) == numbers["blocked"] - Project.objects.filter(longitude=None, light="blocked").count()
    assert legend(page) == numbers, "other lights keep their numbers"
    expect(page.locator("#map-rows .map-row")).to_have_count(numbers["blocked"])
    page.locator("#map-rows .map-row").first.click()  # second: what, why, since when, who
    page.wait_for_selector("#map-pop:not([hidden])")
    labels = page.locator("#map-pop dt").all_inner_texts()
    assert labels[:4] == ["缺", "因为", "起", "谁解"]
    expect(page).to_have_url(re.compile("[?&]sel="))
    shot(page, "map-desk-1440")
    page.go_back()
    page.wait_for_selector("#map-pop", state="hidden")
    page.go_forward()
    page.wait_for_selector("#map-pop:not([hidden])")
    follow(page.locator("#map-pop footer a").first)  # third: the project
    expect(page).to_have_url(re.compile("/projects/"))


def test_list_and_map_filter_together_and_the_address_carries_it(demo_city, browser_page):
    page = browser_page
    park = Project.objects.exclude(park=None).first().park
    open_map(page, f"?park={park.code}&by=factor")
    count = Project.objects.filter(park=park).count()
    assert sum(legend(page).values()) == count
    page.locator("#map-filter input[name=q]").fill("不会有这样的项目")
    page.keyboard.press("Enter")
    page.wait_for_selector("#map-rows .map-empty")
    assert eventually(page, lambda: on_map(page), lambda number: number == 0) == 0
    assert query(page)["park"] == [park.code]
    assert page.evaluate("map_luodi.luodi.shapes.parks.length") > 1, "outlines stay"
    page.reload()
    still(page)
    expect(page.locator("#map-rows .map-empty")).to_have_count(1)
    href = page.locator("[data-table]").first.get_attribute("href")
    assert f"park={park.code}" in href and href.startswith("/projects/")


def test_the_list_follows_the_map(demo_city, browser_page):
    page = browser_page
    open_map(page)
    total = Project.objects.count()
    box = page.evaluate("(() => { const r = map_luodi.luodi.shapes.parks[0].rings[0]; return r; })()")
    middle = [sum(c[n] for c in box) / len(box) for n in (0, 1)]
    with page.expect_response(lambda answer: "/map/rows/" in answer.url and "box=" in answer.url):
        page.evaluate(f"map_luodi.setView([{middle[1]}, {middle[0]}], 14, {{animate: false}})")
    expect(page.locator("[data-total]").first).to_contain_text("/")
    shown, of = (int(word) for word in page.locator("[data-total]").first.inner_text().removeprefix("图内").split("/"))
    assert 0 < shown < total and of == total
    expect(page).to_have_url(re.compile("[?&]c="))
    assert float(query(page)["w"][0]) < 20
    page.locator("[data-zoom='0']").click()
    expect(page.locator("[data-total]").first).to_have_text(str(total))


def test_the_keyboard_reaches_what_the_pointer_does(demo_city, browser_page):
    page = browser_page
    page.clock.install()
    open_map(page)
    page.locator("#map_luodi").focus()
    said = page.locator("[data-say]")
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
        expect(said).not_to_be_empty()
    page.evaluate("map_luodi.luodi.focused = map_luodi.luodi.items.find(i => i.kind === 'mark')")
    page.keyboard.press("Enter")
    page.wait_for_selector("#map-pop:not([hidden])")
    page.keyboard.press("Escape")
    page.wait_for_selector("#map-pop", state="hidden")
    expect(page.locator("#map_luodi")).to_be_focused()
    page.clock.run_for(1_000)  # the map may have moved for the popup: then the list comes anew, a moment later
    still(page)
    rows = page.locator("#map-rows .map-row")
    page.keyboard.press("l")
    expect(rows.first).to_be_focused()
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(rows.first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_selector("#map-pop:not([hidden])")
    zoom = page.evaluate("map_luodi.getZoom()")
    page.locator("#map_luodi").focus()
    page.keyboard.press("+")
    until(page, f"map_luodi.getZoom() > {zoom}")


@pytest.mark.parametrize("size", [DESK, PHONE, WALL], ids=["desk", "phone", "wall"])
def test_the_page_fits_every_width_and_every_eye(demo_city, browser_page, size):
    page = browser_page
    page.set_viewport_size(size)
    open_map(page)
    shot(page, f"map-{size['width']}")
    assert_fits(page)
    assert serious(page) == []
    if size is not PHONE:
        page.locator("#map-rows .map-row").first.click()
        page.wait_for_selector("#map-pop:not([hidden])")
        assert serious(page) == []
        through_other_eyes(page, f"map-{size['width']}")
        return
    assert_touchable(page)
    with page.expect_response(lambda answer: "/map/rows/" in answer.url and "light=blocked" in answer.url):
        page.locator("[data-chip=blocked]").click()
    until(page, "map_luodi.luodi.items.length && map_luodi.luodi.items.every(i => i.light === 0 || i.counts[0])")
    still(page)
    page.locator("[data-grip]").click()
    page.locator("#map-rows .map-row").first.click()
    page.wait_for_selector("#map-facts:not([hidden]) h2")
    expect(page.locator("#map-facts dt").first).to_have_text("缺")
    shot(page, "map-phone-facts")
    assert_fits(page)
    assert_touchable(page)
    assert serious(page) == []
    page.locator("[data-grip]").click()
    page.locator("#map-facts .map-pop-close").click()
    page.locator("[data-legend-open]").click()
    page.wait_for_selector("#map-legend.is-open")
    assert_touchable(page)
    assert serious(page) == []


def test_a_project_hidden_in_a_cluster_stands_alone_when_chosen(demo_city, browser_page):
    page = browser_page
    open_map(page)
    ring = page.evaluate("(map_luodi.luodi.items.find(i => i.kind === 'ring') || {}).ids")
    assert ring and len(ring) > 1
    page.goto(f"/map/?sel={ring[0]}")
    page.wait_for_selector("#map-pop:not([hidden])")
    until(page, f"map_luodi.luodi.selected && map_luodi.luodi.selected.id === {ring[0]}")
    until(page, SPOT, ring[0])  # it is a marker of its own


def test_when_points_cannot_be_loaded_the_list_works_and_a_line_says_so(demo_city, browser_page):
    page = browser_page
    allow(page, "500")
    sign_in(page, "leader")
    page.route("**/map/points/**", lambda route: route.fulfill(status=500))
    page.goto("/map/")
    page.wait_for_selector("[data-note]:not([hidden])")
    page.locator("#map-rows .map-row").nth(10).wait_for()
    page.unroute("**/map/points/**")
    page.locator("[data-note] button").click()
    page.wait_for_selector("[data-note]", state="hidden")
    assert eventually(page, lambda: on_map(page), lambda number: number > 10) > 10


def test_many_projects_are_counted_when_far_and_drawn_when_near(transactional_db, browser_page):
    city = map_city.build(2)
    Project.objects.bulk_create(
        Project(
            code=f"2607-159901-04-03-{n:06d}", name=f"项目{n}", district=city["east"], park=city["parks"][1],
            light=(Light.GREEN, Light.RED, Light.BLOCKED, Light.AMBER)[n % 4],
            longitude=f"{108.25 + (n % 60) * 0.0016:.6f}", latitude=f"{40.05 + (n // 60) * 0.0019:.6f}",
        )
        for n in range(3000)
    )  # fmt: skip
    from projects.tallies import recount

    recount()
    map_city.person(city)
    page = browser_page
    seen = []
    page.on("response", lambda answer: seen.append(answer) if "/map/points/" in answer.url else None)
    open_map(page)
    assert on_map(page) == 3002
    assert json.loads(seen[-1].body())["kind"] == "cells" and len(seen[-1].body()) < 10_000
    assert page.evaluate("map_luodi.luodi.items.length") < 400
    page.evaluate("map_luodi.setView([40.1, 108.3], 14.5, {animate: false})")
    kind = eventually(page, lambda: json.loads(seen[-1].body())["kind"], lambda kind: kind == "points")
    assert kind == "points"
    until(page, "map_luodi.luodi.items.some(i => i.kind === 'mark' && i.id)")
    shot(page, "map-many")


def test_a_gcj02_base_map_lies_under_data_that_is_shifted_likewise(transactional_db, browser_page, settings, tmp_path):
    path = tmp_path / "city.mbtiles"
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
        "0000000c4944415408d763f8ffff3f0005fe02fea72d1e480000000049454e44ae426082"
    )
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)")
        for z in range(8, 14):
            column, row = int((108.2 + 180) / 360 * 2**z), int(0.6221 * 2**z)  # 40.2° north, rows from the south
            spots = [(z, column + dx, row + dy, png) for dx in range(-4, 5) for dy in range(-4, 5)]
            file.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", spots)
    settings.BASEMAP_MBTILES, settings.BASEMAP_DATUM, settings.MAP_REVIEW_NO = str(path), "gcj02", "云S(2026)001号"
    map_city.person(map_city.build(6))
    page = browser_page
    allow(page, "404")  # a file of tiles has holes
    open_map(page)
    before = page.evaluate("map_luodi.getCenter()")
    with page.expect_response(lambda answer: "/map/tiles/" in answer.url and answer.ok):
        page.locator(".map-bases input[value=mbtiles]").check()
    until(page, "map_luodi.options.crs.code === 'GCJ-02'")
    after = page.evaluate("map_luodi.getCenter()")
    assert abs(before["lng"] - after["lng"]) < 1e-3 and abs(before["lat"] - after["lat"]) < 1e-3
    for lng, lat in ((108.45, 40.53), (113.2, 23.1), (87.6, 43.8), (2.3, 48.9)):
        assert page.evaluate("at => LuodiMap.toGcj02(...at)", [lng, lat]) == pytest.approx(datum.to_gcj02(lng, lat))
    there = page.evaluate("(c => c.unproject(c.project(L.latLng(40.5, 108.4))))(LuodiMap.GCJ02.projection)")
    assert (there["lng"], there["lat"]) == pytest.approx((108.4, 40.5), abs=1e-7)
    has(page, ".map-foot", "审图号 云S(2026)001号", "GCJ-02")
    page.locator(".map-bases input[value='']").check()
    until(page, "map_luodi.options.crs.code === 'EPSG:3857'")
