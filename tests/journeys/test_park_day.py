"""The park officer's month in a real browser: workbench, report by changes, return and correction, needs and proof."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from gis import verify
from gis.models import ParkUtility, UtilityDemand, UtilityReport
from projects.models import Project
from tests.browser import allow, shot, sign_in
from tests.journeys.steps import DESK, PHONE, WALL, assert_touchable, at_each_width, follow, has, log_in, saved
from tests.journeys.test_leader import serious, through_other_eyes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OWN = "159901PK01"
CHEMICAL = "159902PK01"


def report_of(code):
    month = timezone.localdate().replace(day=1)
    return UtilityReport.objects.get(park__code=code, month=month)


def test_a_month_is_reported_returned_corrected_and_verified(demo_city, browser_page):
    page = browser_page
    log_in(page, "park")
    page.goto("/workbench/")
    has(page, "#parks", "待填报 1 个园区")
    at_each_width(page, "park-workbench", (DESK, PHONE))
    follow(page.locator("#parks .btn-primary"))
    page.wait_for_selector("#report")
    page.wait_for_selector("#report-count:has-text('没有改动')")
    page.fill("[name='heat-used']", "212.5")
    page.locator("#line-power .report-rest > summary").click()
    page.fill("[name='power-capacity']", "543,000")
    has(page, "#report-count", "已改：电、热")
    has(page, "#line-heat .was", "200")
    at_each_width(page, "park-report", (DESK, PHONE, WALL))
    page.set_viewport_size(PHONE)
    assert_touchable(page)
    page.set_viewport_size(DESK)
    assert "改动 2 项（电、热）" in saved(page.locator("button[value=submit]"))
    assert report_of(OWN).state == "submitted"
    at_each_width(page, "park-report-page", (DESK, PHONE))

    sign_in(page, "supervisor")
    page.goto("/workbench/")
    follow(page.get_by_text("园区通平待核验"))
    heat = report_of(OWN).lines.get(item__code="heat")
    row = page.locator(f"tr:has([name=line][value='{heat.pk}'])")
    assert "200" in row.inner_text() and "212.5" in row.inner_text()
    at_each_width(page, "park-verify", (DESK, PHONE))
    row.locator("summary").click()
    page.fill(f"[name=reason-{heat.pk}]", "与供热公司台账不符")
    assert "已退回" in saved(row.locator("button[name=refuse]"))
    assert "已核验" in saved(page.locator("button[value=verify]"))

    sign_in(page, "park")
    page.goto("/workbench/")
    has(page, "#parks", "与供热公司台账不符")
    follow(page.locator("#parks .btn-primary"))
    expect(page.locator("[name='power-capacity']")).to_be_disabled()
    page.fill("[name='heat-used']", "206")
    saved(page.locator("button[value=submit]"))
    sign_in(page, "supervisor")
    page.goto("/utilities/verify/")
    saved(page.locator("button[value=verify]"))
    assert report_of(OWN).state == "verified"
    assert not verify.of_boards()


def test_a_mistake_is_told_at_its_line_and_nothing_is_lost(demo_city, browser_page):
    page = browser_page
    allow(page, "422")
    sign_in(page, "park")
    page.goto(f"/parks/{OWN}/report/")
    page.fill("[name='heat-used']", "211")
    page.locator("#line-gas .report-rest > summary").click()
    page.select_option("[name='gas-status']", "out_of_service")
    follow(page.locator("button[value=submit]"))
    has(page, ".alert-error", "燃气")
    expect(page.locator("#line-gas details")).to_have_attribute("open", "")
    expect(page.locator("[name='heat-used']")).to_have_value("211")
    shot(page, "journey-park-report-wrong-1440")
    page.fill("[name='gas-reason']", "门站检修")
    saved(page.locator("button[value=submit]"))
    assert ParkUtility.objects.get(park__code=OWN, item__code="gas").status == "out_of_service"


def test_who_cannot_be_served_in_time_and_what_closes_the_gap(demo_city, browser_page):
    page = browser_page
    sign_in(page, "pm")
    page.goto(f"/parks/{CHEMICAL}/")
    assert page.locator("h1 .ready").inner_text() == "6/8"
    assert page.locator("#board tr.is-stale").count() == 1
    needs = page.locator("#needs tbody tr")
    assert needs.count() == 9 and "无期" in needs.first.inner_text()
    at_each_width(page, "park", (DESK, PHONE, WALL))
    page.set_viewport_size(PHONE)
    assert_touchable(page)
    page.set_viewport_size(DESK)
    follow(page.locator("#board tr:has-text('热') .text-red a").first)
    expect(page).to_have_url(re.compile("item=heat"))
    expect(page.locator("#needs tbody tr")).to_have_count(2)
    follow(page.locator("#needs tbody tr a").first)
    page.wait_for_selector("#utilities")
    assert "147" in page.locator("#utilities").inner_text() or "无期" in page.locator("#utilities").inner_text()
    shot(page, "journey-park-project-1440")

    follow(page.locator("#utilities .card-foot .btn"))
    project = Project.objects.get(code=page.url.split("/projects/")[1].split("/")[0])
    page.select_option("[name=item]", label="供水（m³/d）")
    page.fill("[name=amount]", "2,500")
    page.fill("[name=needed_on]", "2027-09-01")
    saved(page.locator("main .btn-primary"))
    demand = UtilityDemand.objects.get(project=project, item__code="water_supply")
    assert demand.amount == 2500
    has(page, "#utilities", "供水")


def test_an_expansion_brought_forward_closes_the_gap(demo_city, browser_page):
    page = browser_page
    sign_in(page, "park")
    page.goto(f"/parks/{OWN}/")
    expect(page.locator("#needs tbody tr")).to_have_count(1)
    follow(page.locator("#board tr:has-text('热') th a").first)
    at_each_width(page, "park-utility", (DESK, PHONE))
    follow(page.locator("#expansions a:has-text('热源二期')"))
    page.fill("[name=planned_on]", timezone.localdate().isoformat())
    saved(page.locator("main .btn-primary"))
    page.goto(f"/parks/{OWN}/")
    has(page, "#needs", "均能按时供上")


def test_axe_finds_nothing_serious_on_the_pages_of_parks(demo_city, browser_page):
    page = browser_page
    pages = {
        "park": ["/workbench/", f"/parks/{OWN}/report/", f"/parks/{OWN}/assessments/", f"/parks/{OWN}/utilities/heat/"],
        "leader": ["/parks/", f"/parks/{CHEMICAL}/"],
        "supervisor": ["/utilities/verify/", f"/parks/{CHEMICAL}/reports/{timezone.localdate():%Y-%m}/"],
    }
    found = {}
    for username, addresses in pages.items():
        sign_in(page, username)
        for address in addresses:
            for size in (DESK, PHONE):
                page.set_viewport_size(size)
                page.goto(address)
                if faults := serious(page):
                    found[f"{address} {size['width']}"] = faults
    assert not found, found
    page.set_viewport_size(DESK)
    page.goto(f"/parks/{CHEMICAL}/")
    through_other_eyes(page, "journey-park-eyes")
