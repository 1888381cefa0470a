"""The park officer's month in a real browser: workbench, report by changes, return and correction, needs and proof."""

import pytest
from django.utils import timezone

from gis import verify
from gis.models import ParkUtility, UtilityDemand, UtilityReport
from projects.models import Project
from tests.browser import allow, shot, sign_in
from tests.journeys.steps import DESK, PHONE, WALL, assert_touchable, at_each_width, log_in, wait_success
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
    assert "待填报 1 个园区" in page.locator("#parks").inner_text()
    at_each_width(page, "park-workbench", (DESK, PHONE))
    page.locator("#parks .btn-primary").click()
    page.wait_for_selector("#report")
    page.wait_for_selector("#report-count:has-text('没有改动')")
    page.fill("[name='heat-used']", "212.5")
    page.locator("#line-power .report-rest > summary").click()
    page.fill("[name='power-capacity']", "543,000")
    assert "已改：电、热" in page.locator("#report-count").inner_text()
    assert "200" in page.locator("#line-heat .was").inner_text()
    at_each_width(page, "park-report", (DESK, PHONE, WALL))
    page.set_viewport_size(PHONE)
    assert_touchable(page)
    page.set_viewport_size(DESK)
    page.locator("button[value=submit]").click()
    assert "改动 2 项（电、热）" in wait_success(page)
    assert report_of(OWN).state == "submitted"
    at_each_width(page, "park-report-page", (DESK, PHONE))

    sign_in(page, "supervisor")
    page.goto("/workbench/")
    page.get_by_text("园区通平待核验").click()
    heat = report_of(OWN).lines.get(item__code="heat")
    row = page.locator(f"tr:has([name=line][value='{heat.pk}'])")
    assert "200" in row.inner_text() and "212.5" in row.inner_text()
    at_each_width(page, "park-verify", (DESK, PHONE))
    row.locator("summary").click()
    page.fill(f"[name=reason-{heat.pk}]", "与供热公司台账不符")
    row.locator("button[name=refuse]").click()
    assert "已退回" in wait_success(page)
    page.locator("button[value=verify]").click()
    assert "已核验" in wait_success(page)

    sign_in(page, "park")
    page.goto("/workbench/")
    assert "与供热公司台账不符" in page.locator("#parks").inner_text()
    page.locator("#parks .btn-primary").click()
    assert page.locator("[name='power-capacity']").is_disabled()
    page.fill("[name='heat-used']", "206")
    page.locator("button[value=submit]").click()
    wait_success(page)
    sign_in(page, "supervisor")
    page.goto("/utilities/verify/")
    page.locator("button[value=verify]").click()
    wait_success(page)
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
    page.locator("button[value=submit]").click()
    page.wait_for_selector(".alert-error")
    assert "燃气" in page.locator(".alert-error").inner_text()
    assert page.locator("#line-gas details").get_attribute("open") is not None
    assert page.locator("[name='heat-used']").input_value() == "211"
    shot(page, "journey-park-report-wrong-1440")
    page.fill("[name='gas-reason']", "门站检修")
    page.locator("button[value=submit]").click()
    wait_success(page)
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
    page.locator("#board tr:has-text('热') .text-red a").first.click()
    page.wait_for_url("**item=heat**")
    assert page.locator("#needs tbody tr").count() == 2
    page.locator("#needs tbody tr a").first.click()
    page.wait_for_selector("#utilities")
    assert "147" in page.locator("#utilities").inner_text() or "无期" in page.locator("#utilities").inner_text()
    shot(page, "journey-park-project-1440")

    page.locator("#utilities .card-foot .btn").click()
    project = Project.objects.get(code=page.url.split("/projects/")[1].split("/")[0])
    page.select_option("[name=item]", label="供水（m³/d）")
    page.fill("[name=amount]", "2,500")
    page.fill("[name=needed_on]", "2027-09-01")
    page.locator("main .btn-primary").click()
    wait_success(page)
    demand = UtilityDemand.objects.get(project=project, item__code="water_supply")
    assert demand.amount == 2500
    assert "供水" in page.locator("#utilities").inner_text()


def test_an_expansion_brought_forward_closes_the_gap(demo_city, browser_page):
    page = browser_page
    sign_in(page, "park")
    page.goto(f"/parks/{OWN}/")
    assert page.locator("#needs tbody tr").count() == 1
    page.locator("#board tr:has-text('热') th a").first.click()
    at_each_width(page, "park-utility", (DESK, PHONE))
    page.locator("#expansions a:has-text('热源二期')").click()
    page.fill("[name=planned_on]", timezone.localdate().isoformat())
    page.locator("main .btn-primary").click()
    wait_success(page)
    page.goto(f"/parks/{OWN}/")
    assert "均能按时供上" in page.locator("#needs").inner_text()


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
