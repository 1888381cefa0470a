"""A leader's day: on the phone in a meeting, at the desk, on the wall; who is named answers; without a network."""

from pathlib import Path

import pytest
from django.urls import reverse

from cockpit.models import DisplayToken, Instruction
from people.models import User
from projects.models import Park, Project
from supervision.models import Problem, SupervisionOrder
from tests.browser import allow, shot, sign_in
from tests.journeys.steps import DESK, HOSTILE, PHONE, WALL, assert_fits, assert_touchable, log_in, wait_success

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = (Path(__file__).resolve().parent.parent / "vendor" / "axe-4.10.2.min.js").read_text(encoding="utf-8")
TWO_SCREENS = {"width": 3840, "height": 1080}


@pytest.fixture(autouse=True)
def settled(browser_page):
    """Let requests under way end before the test's database goes."""
    yield
    browser_page.goto("about:blank")


def serious(page) -> list[str]:
    """Return what axe-core finds serious or critical: rule, and the first element."""
    page.locator(".htmx-request, .is-loading").first.wait_for(state="detached")  # a part that is awaited is faint
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:120]} {one['nodes'][0].get('failureSummary', '')[:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def through_other_eyes(page, name: str) -> None:
    """Keep a screenshot without any colour, and one as with deuteranopia."""
    session = page.context.new_cdp_session(page)
    for kind in ("achromatopsia", "deuteranopia"):
        session.send("Emulation.setEmulatedVisionDeficiency", {"type": kind})
        shot(page, f"{name}-{kind}")
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": "none"})


def smallest_text(page) -> list[str]:
    """Return what is written on the page in less than 24 px; in drawings by the size on the screen."""
    return page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter(e => {
            if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) return false;
            if (!e.getClientRects().length || e.closest(".sr-only, script, style")) return false;
            const svg = e.closest("svg");
            const scale = svg ? svg.getBoundingClientRect().height / svg.viewBox.baseVal.height : 1;
            return parseFloat(getComputedStyle(e).fontSize) * scale < 23.9;
        }).map(e => `${e.tagName} ${getComputedStyle(e).fontSize} ${e.textContent.trim().slice(0, 30)}`)"""
    )


def test_three_taps_on_the_phone_lead_from_what_is_stuck_to_the_project(demo_city, browser_page):
    page = browser_page
    page.set_viewport_size(PHONE)
    log_in(page, "leader")
    assert page.url.endswith("/cockpit/")
    assert_fits(page)
    assert_touchable(page)
    shot(page, "journey-cockpit-360")
    assert not serious(page)
    number = int(page.locator(".ck-figure b").first.inner_text().split()[0].rstrip("个"))
    page.locator(".ck-figure").first.click()
    assert "/projects/?light=" in page.url
    assert f"{number}" in page.locator(".page-meta").inner_text()
    page.go_back()
    row = page.locator(".table-blockers tbody tr").first
    name = row.locator(".bk-name a").inner_text()
    words = row.inner_text()
    assert "卡" in words and "亿元" in words and "挡" in words
    row.locator(".bk-name a").click()
    assert name in page.locator("h1").inner_text()
    page.go_back()
    page.locator(".cause-sum").first.click()
    assert "cause=" in page.url and page.locator(".alert-info").count() == 1


def test_the_desk_says_what_to_settle_and_the_named_answer(demo_city, browser_page):
    page = browser_page
    page.set_viewport_size(DESK)
    sign_in(page, "leader")
    page.goto("/cockpit/")
    assert_fits(page)
    shot(page, "journey-cockpit-1440")
    through_other_eyes(page, "journey-cockpit")
    assert not serious(page)
    for by in ("park", "department", "factor"):
        page.goto(f"/cockpit/?by={by}#places")
        assert page.locator(".ck-places tbody tr").count() > 1 and page.locator(".ck-failed").count() == 0
    page.set_viewport_size({"width": 1100, "height": 900})
    assert_fits(page)
    page.set_viewport_size(DESK)
    page.goto("/cockpit/")
    page.locator(".ck-causes .badge-black + .cause-body .cause-name").first.click()
    page.fill("input[name=add]", "1")
    page.click(".trial-form button")
    assert "仍缺" in page.locator(".card", has=page.locator(".trial-form")).inner_text()
    shot(page, "journey-cause-1440")
    assert not serious(page)
    page.locator(".page-actions .btn-primary").click()
    page.fill("textarea[name=text]", "请发改委本周内提出调剂方案")
    page.fill("input[name=target]", "补足缺口，项目放行")
    page.locator("select[name=leader]").select_option(str(User.objects.get(username="pm").pk))
    page.locator(".form button.btn-primary").click()
    wait_success(page)
    shot(page, "journey-instruction-1440")
    assert not serious(page)
    row = Instruction.objects.latest("pk")
    assert row.cause.startswith("pool:") and row.department.code == "fgw"
    sign_in(page, "pm")
    page.goto("/workbench/")
    page.locator(f".panel-instructions a.item-name[href$='/{row.pk}/']").click()
    page.fill("textarea[name=text]", "已与两家企业谈妥腾退")
    page.locator("form[action$='/answer/'] button").click()
    wait_success(page)
    sign_in(page, "leader")
    page.goto(f"/cockpit/instructions/{row.pk}/")
    assert "已与两家企业谈妥腾退" in page.inner_text("main")
    page.fill("input[name=outcome]", "调剂到位")
    page.locator("form[action$='/close/'] button").click()
    wait_success(page)


def opened_by_token(page):
    """Issue a token as a leader does and open its address in a browser that knows nobody."""
    sign_in(page, "leader")
    page.goto("/cockpit/displays/")
    page.fill("input[name=name]", "指挥大厅")
    page.fill("input[name=phone]", "8210-3366")
    page.locator(".form button.btn-primary").click()
    address = page.locator("[data-secret]").inner_text()
    page.context.clear_cookies()
    page.goto(address)
    page.wait_for_selector(".wall-rows li")
    assert page.url.endswith("/screen/")


def test_the_wall_in_both_sizes_flips_and_is_large_enough(demo_city, browser_page):
    page = browser_page
    page.set_viewport_size(WALL)
    opened_by_token(page)
    for size in (WALL, TWO_SCREENS):
        page.set_viewport_size(size)
        page.wait_for_timeout(300)
        shot(page, f"journey-wall-{size['width']}")
        assert_fits(page)
        assert page.evaluate("document.documentElement.scrollHeight") <= 1080
        assert not smallest_text(page)
        assert not serious(page)
        shown = page.locator(".wall-rows li:visible").count()
        assert shown == min(12 if size is TWO_SCREENS else 6, page.locator(".wall-rows li").count())
        bottom = page.locator(".wall-rows li:visible").last.bounding_box()
        ticker = page.locator(".wall-ticker").bounding_box()
        assert bottom["y"] + bottom["height"] <= ticker["y"]
    page.set_viewport_size(WALL)
    through_other_eyes(page, "journey-wall")
    first = page.locator(".wall-rows li:visible .wall-name").first.inner_text()
    number = page.locator("#wall-tick-page").inner_text()  # on a slow machine it has turned before
    page.wait_for_timeout(12_500)
    assert page.locator(".wall-rows li:visible .wall-name").first.inner_text() != first
    assert page.locator("#wall-tick-page").inner_text() != number


def a_minute(page) -> None:
    """Let a minute pass on the page's clock, slowly enough for answers to come before patience ends."""
    for _step in range(7):
        page.clock.run_for(9_000)
        page.wait_for_timeout(400)


def test_the_wall_survives_the_loss_of_the_network_and_tells_so(demo_city, browser_page):
    page = browser_page
    page.set_viewport_size(WALL)
    page.clock.install()
    opened_by_token(page)
    allow(page, "ERR_INTERNET_DISCONNECTED")
    allow(page, "Failed to load resource")
    page.context.set_offline(True)
    for _minute in range(4):
        page.clock.run_for(61_000)
        page.wait_for_timeout(100)
    bar = page.locator("#wall-off")
    assert bar.is_visible() and not page.locator("#wall-head").is_visible()
    assert "网络中断" in bar.inner_text() and "8210-3366" in bar.inner_text() and "4 分钟" in bar.inner_text()
    assert page.locator(".wall-rows li:visible").count() >= 5
    shot(page, "journey-wall-offline")
    page.clock.run_for(3_500_000)
    assert page.locator(".wall-none").is_visible() and not page.locator(".wall-rows").is_visible()
    page.context.set_offline(False)
    a_minute(page)
    page.wait_for_selector("#wall-head:visible")
    assert page.locator(".wall-rows li:visible").count() >= 5 and not bar.is_visible()
    DisplayToken.objects.update(withdrawn_at="2026-01-01T00:00:00Z")
    allow(page, "403")
    a_minute(page)
    page.wait_for_selector("#wall-off:visible")
    assert page.locator(".wall-rows").count() == 0 and "停用" in page.locator("#wall-off-first").inner_text()


def test_the_wall_passes_midnight(demo_city, browser_page):
    page = browser_page
    page.set_viewport_size(WALL)
    page.clock.install(time="2026-12-31T15:59:40Z")  # 23:59:40 in the city

    def old(route):
        answer = route.fetch()
        body = answer.text()
        at = body.split('data-at="')[1].split('"')[0]
        route.fulfill(response=answer, body=body.replace(at, "2026-12-31T23:59:40+08:00"))

    sign_in(page, "leader")
    page.route("**/screen/", old)
    page.goto("/screen/")
    assert "12月31日" in page.locator("#wall-clock").inner_text()
    page.clock.run_for(30_000)
    assert "1月1日" in page.locator("#wall-clock").inner_text() and "00:00" in page.locator("#wall-clock").inner_text()
    assert "12月31日" in page.locator("#wall-at").inner_text()  # a clock never looks like the time of the data


def test_what_people_type_is_only_text_on_page_wall_and_instruction(demo_city, browser_page):
    page = browser_page
    Project.objects.filter(light__in=["red", "blocked", "statutory"]).update(name=HOSTILE)
    Park.objects.filter(code="159902PK01").update(short_name=HOSTILE[:30])
    sign_in(page, "leader")
    for address in ("/cockpit/", "/cockpit/causes/", "/cockpit/week/", "/screen/"):
        page.goto(address)
        if address != "/cockpit/causes/":  # it names no project
            assert "${window.__xss=1}<img" in page.locator("body").inner_text(), address
        assert page.evaluate("typeof window.__xss") == "undefined", address
        assert page.locator("img[src=x]").count() == 0
    page.evaluate("fetch('/screen/body/').then(r => r.text()).then(t => { window.__body = t; })")
    page.wait_for_timeout(1500)
    assert page.evaluate("typeof window.__xss") == "undefined"


def test_axe_finds_nothing_serious_on_the_other_pages_of_a_leader(demo_city, browser_page):
    page = browser_page
    page.set_viewport_size(DESK)
    sign_in(page, "leader")
    code = Project.objects.filter(light="red").first().code
    problem, order = Problem.objects.first(), SupervisionOrder.objects.first()
    found = {}
    for address in (
        "/cockpit/week/",
        "/cockpit/causes/",
        "/map/",
        "/projects/",
        f"/projects/{code}/",
        reverse("dossier-page", args=[code]),
        reverse("problem-list"),
        reverse("problem-page", args=[problem.pk]),
        reverse("visit-list"),
        reverse("order-list"),
        reverse("order-page", args=[order.pk]),
        reverse("print-choose"),
    ):
        page.goto(address)
        page.wait_for_timeout(300)
        if violations := serious(page):
            found[address] = violations
    assert not found
