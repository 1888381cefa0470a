"""A leader's day: on the phone in a meeting, at the desk, on the wall; who is named answers; without a network."""

import re
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from cockpit.models import DisplayToken, Instruction
from people.models import User
from projects.models import Park, Project
from supervision.models import Problem, SupervisionOrder
from tests.browser import allow, shot, sign_in
from tests.journeys.steps import (
    DESK,
    HOSTILE,
    PHONE,
    WALL,
    arrived,
    assert_fits,
    assert_touchable,
    eventually,
    follow,
    has,
    log_in,
    saved,
    still,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = (Path(__file__).resolve().parent.parent / "vendor" / "axe-4.10.2.min.js").read_text(encoding="utf-8")
TWO_SCREENS = {"width": 3840, "height": 1080}


def serious(page) -> list[str]:
    """Return what axe-core finds serious or critical: rule, and the first element."""
    still(page)  # a part that is awaited is faint
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
    arrived(page, "/cockpit/")
    assert_fits(page)
    assert_touchable(page)
    shot(page, "journey-cockpit-360")
    assert not serious(page)
    number = int(page.locator(".ck-figure b").first.inner_text().split()[0].rstrip("个"))
    follow(page.locator(".ck-figure").first)
    expect(page).to_have_url(re.compile(re.escape("/projects/?light=")))
    has(page, ".page-meta", f"{number}")
    page.go_back()
    row = page.locator(".table-blockers tbody tr").first
    name = row.locator(".bk-name a").inner_text()
    words = row.inner_text()
    assert "卡" in words and "亿元" in words and "挡" in words
    follow(row.locator(".bk-name a"))
    has(page, "h1", name)
    page.go_back()
    follow(page.locator(".cause-sum").first)
    expect(page).to_have_url(re.compile("cause="))
    expect(page.locator(".alert-info")).to_have_count(1)


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
    follow(page.locator(".ck-causes .badge-black + .cause-body .cause-name").first)
    page.fill("input[name=add]", "1")
    follow(page.locator(".trial-form button"))
    expect(page.locator(".card", has=page.locator(".trial-form"))).to_contain_text("仍缺")
    shot(page, "journey-cause-1440")
    assert not serious(page)
    follow(page.locator(".page-actions .btn-primary"))
    page.fill("textarea[name=text]", "请发改委本周内提出调剂方案")
    page.fill("input[name=target]", "补足缺口，项目放行")
    page.locator("select[name=leader]").select_option(str(User.objects.get(username="pm").pk))
    saved(page.locator(".form button.btn-primary"))
    shot(page, "journey-instruction-1440")
    assert not serious(page)
    row = Instruction.objects.latest("pk")
    assert row.cause.startswith("pool:") and row.department.code == "fgw"
    sign_in(page, "pm")
    page.goto("/workbench/")
    follow(page.locator(f".panel-instructions a.item-name[href$='/{row.pk}/']"))
    page.fill("textarea[name=text]", "已与两家企业谈妥腾退")
    saved(page.locator("form[action$='/answer/'] button"))
    sign_in(page, "leader")
    page.goto(f"/cockpit/instructions/{row.pk}/")
    has(page, "main", "已与两家企业谈妥腾退")
    page.fill("input[name=outcome]", "调剂到位")
    saved(page.locator("form[action$='/close/'] button"))


def opened_by_token(page):
    """Issue a token as a leader does and open its address in a browser that knows nobody."""
    sign_in(page, "leader")
    page.goto("/cockpit/displays/")
    page.fill("input[name=name]", "指挥大厅")
    page.fill("input[name=phone]", "8210-3366")
    follow(page.locator(".form button.btn-primary"))
    address = page.locator("[data-secret]").inner_text()
    page.context.clear_cookies()
    page.goto(address)
    arrived(page, "/screen/")  # a script leads there
    page.wait_for_load_state()
    page.locator(".wall-rows li:visible").first.wait_for()


ON_THE_WALL = """() => {
    const rows = [...document.querySelectorAll(".wall-rows li")], shown = rows.filter(e => e.getClientRects().length);
    return {all: rows.length, shown: shown.length, bottom: shown.length && shown.pop().getBoundingClientRect().bottom,
        ticker: document.querySelector(".wall-ticker").getBoundingClientRect().top,
        said: (document.getElementById("wall-rows-page").textContent.match(/\\d+/g) || []).map(Number)};
}"""


def rows_on_the_wall(page, most: int) -> dict:
    """Wait until the wall shows as many rows as there is room for, on whichever page it is; return what it shows."""

    def whole(wall):
        first, last, everything = wall["said"]
        return wall["shown"] == last - first + 1 == min(most, everything - first + 1)

    wall = eventually(page, lambda: page.evaluate(ON_THE_WALL), whole)
    assert whole(wall) and wall["said"][2] == wall["all"], wall
    return wall


def test_the_wall_in_both_sizes_flips_and_is_large_enough(demo_city, browser_page):
    page = browser_page
    page.set_viewport_size(WALL)
    opened_by_token(page)
    for size in (WALL, TWO_SCREENS):
        page.set_viewport_size(size)
        rows_on_the_wall(page, 12 if size is TWO_SCREENS else 6)
        shot(page, f"journey-wall-{size['width']}")
        assert_fits(page)
        assert page.evaluate("document.documentElement.scrollHeight") <= 1080
        assert not smallest_text(page)
        assert not serious(page)
        wall = rows_on_the_wall(page, 12 if size is TWO_SCREENS else 6)
        assert wall["bottom"] <= wall["ticker"]
    page.set_viewport_size(WALL)
    rows_on_the_wall(page, 6)
    through_other_eyes(page, "journey-wall")
    name, tick = page.locator(".wall-rows li:visible .wall-name").first, page.locator("#wall-tick-page")
    for part in (name, tick):
        expect(part).not_to_have_text(part.inner_text())  # whichever it is: the next comes


BODY = re.compile("/screen/body/")


def a_minute(page, event: str) -> None:
    """Let a minute pass on the page's clock; the wall asks and has its "response", or "requestfailed"."""
    with page.expect_event(event, lambda what: BODY.search(what.url)):
        page.clock.run_for(61_000)


def test_the_wall_survives_the_loss_of_the_network_and_tells_so(demo_city, browser_page):
    page = browser_page
    page.set_viewport_size(WALL)
    page.clock.install()
    opened_by_token(page)
    allow(page, "ERR_INTERNET_DISCONNECTED")
    allow(page, "Failed to load resource")
    page.context.set_offline(True)
    for _minute in range(4):
        a_minute(page, "requestfailed")
    bar, head = page.locator("#wall-off"), page.locator("#wall-head")
    expect(bar).to_be_visible()
    expect(head).to_be_hidden()
    for words in ("网络中断", "8210-3366"):
        expect(bar).to_contain_text(words)
    assert int(re.search(r"(\d+) 分钟", bar.inner_text())[1]) >= 4
    assert rows_on_the_wall(page, 6)["all"] >= 5
    shot(page, "journey-wall-offline")
    page.clock.run_for(3_500_000)
    expect(page.locator(".wall-none")).to_be_visible()
    expect(page.locator(".wall-rows")).to_be_hidden()
    a_minute(page, "requestfailed")  # none is under way that would hold the next up
    with page.expect_response(BODY):
        page.context.set_offline(False)  # the browser tells the page, and it asks at once
    expect(head).to_be_visible()
    expect(bar).to_be_hidden()
    assert rows_on_the_wall(page, 6)["all"] >= 5
    DisplayToken.objects.update(withdrawn_at="2026-01-01T00:00:00Z")
    allow(page, "403")
    a_minute(page, "response")
    expect(bar).to_be_visible()
    expect(page.locator(".wall-rows")).to_have_count(0)
    has(page, "#wall-off-first", "停用")


def test_the_wall_passes_midnight(demo_city, browser_page):
    page = browser_page
    page.set_viewport_size(WALL)
    page.clock.install(time="2026-12-31T15:59:00Z")
    page.clock.pause_at("2026-12-31T15:59:40Z")  # 23:59:40 in the city, however long the page takes

    def old(route):
        answer = route.fetch()
        body = answer.text()
        at = body.split('data-at="')[1].split('"')[0]
        route.fulfill(response=answer, body=body.replace(at, "2026-12-31T23:59:40+08:00"))

    sign_in(page, "leader")
    page.route("**/screen/", old)
    page.goto("/screen/")
    has(page, "#wall-clock", "12月31日")
    page.clock.run_for(30_000)
    has(page, "#wall-clock", "1月1日", "00:00")
    has(page, "#wall-at", "12月31日")  # a clock never looks like the time of the data


def test_what_people_type_is_only_text_on_page_wall_and_instruction(demo_city, browser_page):
    page = browser_page
    Project.objects.filter(light__in=["red", "blocked", "statutory"]).update(name=HOSTILE)
    Park.objects.filter(code="159902PK01").update(short_name=HOSTILE[:30])
    sign_in(page, "leader")
    for address in ("/cockpit/", "/cockpit/causes/", "/cockpit/week/", "/screen/"):
        page.goto(address)
        if address != "/cockpit/causes/":  # it names no project
            has(page, "body", "${window.__xss=1}<img")
        still(page)
        assert page.evaluate("typeof window.__xss") == "undefined", address
        assert page.locator("img[src=x]").count() == 0
    page.evaluate("fetch('/screen/body/').then(r => r.text())")  # awaited until the promise holds
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
        if violations := serious(page):
            found[address] = violations
    assert not found
