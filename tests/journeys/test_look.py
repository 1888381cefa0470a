"""The project page in a browser: facts of a stage on hover and focus, what the phone folds, long histories."""

from unicodedata import normalize

import pypdf
import pytest
from playwright.sync_api import expect

from approvals.models import StageEvent
from projects.models import Project
from tests.browser import shot, sign_in
from tests.journeys.steps import PHONE, assert_fits, follow, panel_address, running_stage, still

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_facts_of_a_stage_come_after_a_moment_and_by_keyboard(demo_city, browser_page):
    page = browser_page
    sign_in(page, "pm")
    stage = running_stage("pm")
    page.clock.install()
    page.goto(f"/projects/{stage.chain.project.code}/")
    still(page)  # the drawing may come again at the width of the window
    page.clock.pause_at(page.evaluate("Date.now()") + 60_000)  # from now on moments pass when the test says so
    facts, row = page.locator(".tl-pop.is-shown"), page.locator(f".tl-row[data-code='{stage.code}']")
    row.scroll_into_view_if_needed()
    page.locator(f".tl-stage[data-code='{stage.code}'] .tl-no").hover()
    page.clock.run_for(250)
    expect(facts).to_have_count(0)  # not at once: the pointer may only pass
    page.clock.run_for(100)
    facts.wait_for()
    words = facts.inner_text()
    assert stage.name in words and stage.department.short_name in words and "受理" in words
    shot(page, "journey-facts-1440")
    page.keyboard.press("Escape")
    expect(facts).to_have_count(0)
    page.mouse.move(2, 2)
    page.clock.run_for(1000)
    row.focus()
    page.clock.run_for(350)
    facts.wait_for()
    expect(row).to_have_attribute("aria-describedby", facts.get_attribute("id"))
    page.keyboard.press("ArrowDown")
    page.clock.run_for(350)
    page.locator(".tl-row:focus[aria-describedby]").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_selector("#explain-dialog[open]")
    expect(facts).to_have_count(0)


def test_the_phone_folds_what_is_not_at_work_and_opens_what_is_asked_for(demo_city, browser_page):
    page = browser_page
    page.set_viewport_size(PHONE)
    sign_in(page, "pm")
    stage = running_stage("pm")
    page.goto(f"/projects/{stage.chain.project.code}/?stage={stage.code}")
    assert_fits(page)
    for part in ("materials", "points", "history"):
        fold = page.locator(f"#{part}")
        expect(fold).not_to_have_attribute("open", "")
        fold.locator("> summary").click()
        expect(fold).to_have_attribute("open", "")
        assert_fits(page)
    shot(page, "journey-unfolded-360")
    page.goto(f"/projects/{stage.chain.project.code}/?history=all#history")
    expect(page.locator("#history")).to_have_attribute("open", "")
    page.goto(panel_address(stage))
    still(page)
    assert page.evaluate("document.documentElement.scrollHeight") < 5200


def test_a_long_history_shows_eight_events_and_all_of_them_in_a_card_of_its_own(demo_city, browser_page):
    page = browser_page
    sign_in(page, "pm")
    project = Project.objects.exclude(chain=None).filter(assignments__user__username="pm").first()
    total = StageEvent.objects.filter(stage__chain__project=project).count()
    assert total > 8
    page.goto(f"/projects/{project.code}/")
    rows = page.locator("#history tbody tr")
    expect(rows).to_have_count(8)
    follow(page.locator("#history .card-foot a"))
    expect(rows).to_have_count(total)
    assert page.locator("#history").bounding_box()["width"] > 1200
    follow(page.locator("#history .card-foot a"))
    expect(rows).to_have_count(8)


def test_what_a_desk_prints_fills_its_sheets(demo_city, browser_page, tmp_path):
    page, file = browser_page, tmp_path / "sheets.pdf"
    for user, paths in {
        "pm": [("/", 2, "我的项目"), ("/projects/", 5, "重点项目")],
        "approver": [("/", 2, "超期")],
        "leader": [("/cockpit/", 2, "共同原因")],
    }.items():
        page.context.clear_cookies()
        sign_in(page, user)
        for path, most, words in paths:
            page.goto(path)
            still(page)
            page.pdf(path=file, prefer_css_page_size=True)
            sheets = [normalize("NFKC", sheet.extract_text()) for sheet in pypdf.PdfReader(file).pages]
            assert len(sheets) <= most, path
            assert words in sheets[0] and all(len(sheet) > 200 for sheet in sheets[:-1]), path  # none stays empty
            assert not {"确认无变化", "恢复办理"} & set("".join(sheets).split()), path  # no buttons
