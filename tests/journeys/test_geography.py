"""A GIS clerk brings outlines in GCJ-02, sees them on a map, has one repaired, and gives a project its point."""

import json
import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from gis import datum
from gis.models import Placement, ShapeSource
from imports.models import ImportBatch
from projects.models import Park, Project
from tests.browser import allow, shot, sign_in
from tests.journeys.steps import DESK, PHONE, assert_fits, follow, has, saved
from tests.journeys.test_leader import serious

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EVIL = "`${window.__xss=1}<img src=x onerror=window.__xss=1>`"


def outlines(tmp_path, parks):
    """Write the outlines of two parks in GCJ-02, the second crossing itself, and one of a park that nobody knows."""
    features = []
    for number, park in enumerate(parks):
        ring = [list(datum.to_gcj02(x, y)) for x, y in park.boundary["coordinates"][0]]
        if number:
            ring[1], ring[2] = ring[2], ring[1]
        features.append(
            {
                "type": "Feature",
                "properties": {"名称": park.name},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    features.append({"type": "Feature", "properties": {"名称": EVIL}, "geometry": features[0]["geometry"]})
    path = tmp_path / "园区边界.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def drawn(page, selector):
    """Wait until a small map has drawn."""
    page.wait_for_selector(f"{selector}[data-drawn]")
    expect(page.locator(".leaflet-zoom-anim, .leaflet-pan-anim")).to_have_count(0)


def test_outlines_are_seen_repaired_and_stored(demo_city, browser_page, tmp_path):
    page, parks = browser_page, list(Park.objects.exclude(boundary=None).order_by("code")[:2])
    before = parks[0].boundary
    allow(page, "422")  # the first try does not say the coordinate system
    sign_in(page, "pm")
    page.goto("/imports/?kind=boundaries")
    page.set_input_files("input[name=file]", str(outlines(tmp_path, parks)))
    follow(page.locator("form[enctype] .btn-primary"))
    page.wait_for_selector(".errorlist, .field-error, [role=alert]")
    has(page, "main", "GCJ-02")  # it must be declared
    page.set_input_files("input[name=file]", str(outlines(tmp_path, parks)))
    page.select_option("select[name=crs]", "gcj02")
    follow(page.locator("form[enctype] .btn-primary"))
    drawn(page, "[data-shapes-map]")
    assert page.locator("[data-shapes-map] path").count() > 3
    assert page.evaluate("window.__xss") is None
    shot(page, "shapes-before")
    saved(page.locator("button[value=repair]"))
    drawn(page, "[data-shapes-map]")
    page.click("[data-shapes-map] path[stroke='#1f5fa8'], [data-shapes-map] path[stroke='#7a5500']", force=True)
    page.wait_for_selector(".leaflet-popup a")
    shot(page, "shapes-repaired")
    batch = ImportBatch.objects.latest("pk")
    assert (batch.total, batch.wrong) == (3, 1) and batch.options == {"crs": "gcj02", "repair": True}
    saved(page.locator("button[value=confirm]"))
    parks[0].refresh_from_db()
    assert parks[0].boundary != before or parks[0].shape_sources.count() == 1
    source = ShapeSource.objects.filter(file_name="园区边界.geojson").order_by("feature_no").first()
    assert source.system == "gcj02" and source.park in parks
    page.set_viewport_size({"width": 360, "height": 760})
    page.goto(f"/imports/{batch.pk}/")
    drawn(page, "[data-shapes-map]")
    assert_fits(page)
    assert page.evaluate("window.__xss") is None


def test_a_point_is_dragged_nudged_and_typed(demo_city, browser_page):
    page = browser_page
    project = (
        Project.objects.exclude(longitude=None)
        .filter(park__boundary__isnull=False, assignments__user__username="pm")
        .first()
    )
    start = (project.longitude, project.latitude)
    sign_in(page, "pm")
    page.goto(f"/projects/{project.code}/point/")
    drawn(page, "[data-point-map]")
    pin = page.locator(".point-pin")
    pin.hover()  # where it stands when it stands still
    box = pin.bounding_box()
    page.mouse.down()
    page.mouse.move(box["x"] + 31, box["y"] + 21, steps=5)
    page.mouse.up()
    x = page.locator("#id_x")
    expect(x).not_to_have_value(str(start[0]))
    moved = x.input_value()
    pin.focus()
    page.keyboard.press("ArrowRight")
    expect(x).to_have_value(f"{Decimal(moved) + Decimal('0.0001'):.6f}")
    shot(page, "point-dragged")
    page.fill("#id_x", str(start[0]))
    page.fill("#id_y", str(start[1] + Decimal("0.0002")))
    saved(page.locator("button[value=save]"))
    project.refresh_from_db()
    assert (project.longitude, project.latitude) == (start[0], start[1] + Decimal("0.0002"))
    assert Placement.objects.get(project=project).park == project.park
    page.goto(f"/projects/{project.code}/point/")
    page.select_option("#id_system", "gcj02")
    x, y = datum.to_gcj02(float(start[0]), float(start[1]))
    page.fill("#id_x", f"{x:.6f}")
    page.fill("#id_y", f"{y:.6f}")
    follow(page.locator("button[value=look]"))
    page.wait_for_selector("p[role=status]")
    drawn(page, "[data-point-map]")
    shot(page, "point-looked")
    page.goto("/points/?show=none")
    shot(page, "points-without")


def test_the_form_of_a_project_takes_the_point_from_a_map(demo_city, browser_page):
    page = browser_page
    project = Project.objects.filter(longitude=None, assignments__user__username="pm").first()
    project = project or Project.objects.filter(assignments__user__username="pm").first()
    sign_in(page, "pm")
    page.goto(f"/projects/{project.code}/edit/")
    page.click(".form-map > summary")
    drawn(page, ".form-map [data-point-map]")
    page.click(".form-map [data-point-map]", position={"x": 300, "y": 160})
    expect(page.locator("#id_longitude")).to_have_value(re.compile(r"^1\d\d\."))
    shot(page, "project-form-map")
    page.goto(f"/projects/{project.code}/")
    expect(page.locator("#site")).to_have_count(1)
    shot(page, "project-page-site")


def test_pages_of_geography_are_accessible_and_fit_the_phone(demo_city, browser_page, tmp_path):
    page, project = (
        browser_page,
        Project.objects.filter(assignments__user__username="pm").exclude(longitude=None).first(),
    )
    sign_in(page, "pm")
    page.goto("/imports/?kind=boundaries")
    page.set_input_files(
        "input[name=file]", str(outlines(tmp_path, Park.objects.exclude(boundary=None).order_by("code")[:2]))
    )
    page.select_option("select[name=crs]", "gcj02")
    follow(page.locator("form[enctype] .btn-primary"))
    drawn(page, "[data-shapes-map]")
    batch = ImportBatch.objects.latest("pk").pk
    found = {}
    for address in ("/imports/?kind=boundaries", f"/imports/{batch}/", f"/projects/{project.code}/point/", "/points/"):
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            page.goto(address)
            if page.locator(".shapes-map").count():
                drawn(page, ".shapes-map")
            assert_fits(page)
            if size == PHONE:
                shot(page, f"geography-phone-{address.strip('/').split('/')[0][:8]}")
            if faults := serious(page):
                found[f"{address} {size['width']}"] = faults
    assert not found, found
