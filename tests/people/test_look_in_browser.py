"""The scripts of the base page, in a real browser under the real policy: keys, selection, drafts, confirm, widths."""

import re

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from tests.browser import sign_in
from tests.journeys.steps import arrived, assert_fits, follow, saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAME = "#forms input[name=name]"


@pytest.fixture
def guide(browser_page):
    """The style guide, opened by a system administrator."""
    get_user_model().objects.create_user("ops", role="sysadmin", display_name="运维", password="a-long-password-1")
    sign_in(browser_page, "ops")
    browser_page.goto("/styleguide/")
    return browser_page


def leave_fields(page):
    page.evaluate("document.activeElement.blur()")


def test_keys_move_select_and_rest_while_typing(guide):
    leave_fields(guide)
    guide.keyboard.press("j")
    guide.keyboard.press("j")
    guide.keyboard.press("x")
    expect(guide.locator("tr.is-current.is-selected .row-check")).to_have_count(1)
    expect(guide.locator(".bulk-bar")).to_be_visible()
    expect(guide.locator(".table-caption")).to_be_hidden()
    guide.keyboard.press("j")
    guide.keyboard.press("j")
    guide.keyboard.press("Shift+X")
    expect(guide.locator(".bulk-bar [data-count]")).to_have_text("3")
    guide.keyboard.press("?")
    expect(guide.locator("#keys-dialog")).to_be_visible()
    guide.keyboard.press("Escape")
    expect(guide.locator("#keys-dialog")).to_be_hidden()
    guide.locator(NAME).fill("")
    guide.locator(NAME).type("j?/x")
    expect(guide.locator(NAME)).to_have_value("j?/x")
    expect(guide.locator("#keys-dialog")).to_be_hidden()
    leave_fields(guide)
    guide.keyboard.press("k")
    guide.keyboard.press("Enter")
    expect(guide).to_have_url(re.compile("#row-"))


def test_what_was_typed_comes_back_after_a_time_out(guide, settings):
    guide.goto("/feedback/")
    box = "form[data-draft] textarea"
    guide.locator(box).first.fill("专家意见已回传")
    cookies = guide.context.cookies()
    guide.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    follow(guide.locator("form[data-draft] .btn-primary"))
    arrived(guide, "/login/")
    guide.context.add_cookies(cookies)
    guide.goto("/feedback/")
    expect(guide.locator(box).first).to_have_value("专家意见已回传")
    expect(guide.locator(".alert-info [type=button]")).to_have_count(1)
    get_user_model().objects.create_user("next", role="sysadmin", display_name="接班")
    sign_in(guide, "next")
    guide.goto("/feedback/")
    expect(guide.locator(box).first).to_have_value("")


def test_a_saved_form_leaves_no_draft(guide):
    guide.goto("/feedback/")
    guide.locator("form[data-draft] textarea").first.fill("导出再快一点")
    saved(guide.locator("form[data-draft] .btn-primary"))
    assert guide.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('draft:'))") == []
    expect(guide.locator("form[data-draft] textarea").first).to_have_value("")


def test_a_question_is_asked_before_a_form_is_sent(guide):
    guide.evaluate("document.querySelector('.topbar [data-logout]').dataset.confirm = '现在退出？'")
    guide.locator(".topbar details.drop > summary").click()
    guide.locator(".topbar [data-logout] button").click()
    expect(guide.locator("#confirm-dialog")).to_contain_text("现在退出？")
    guide.locator("#confirm-dialog [data-no]").click()
    expect(guide.locator("#confirm-dialog")).to_be_hidden()
    arrived(guide, "/styleguide/")
    guide.locator(".topbar details.drop").evaluate("menu => (menu.open = true)")
    guide.locator(".topbar [data-logout] button").click()
    follow(guide.locator("#confirm-dialog [data-yes]"))
    arrived(guide, "/login/")


@pytest.mark.parametrize("width", [360, 768, 1024, 1440, 1920])
def test_no_page_scrolls_sideways(guide, width):
    guide.set_viewport_size({"width": width, "height": 800})
    assert_fits(guide)
    expect(guide.locator(".tabbar")).to_be_visible(visible=width == 360)


def test_errors_take_the_focus_and_lead_to_the_field(guide):
    expect(guide.locator(".error-summary")).to_be_focused()
    guide.locator(".error-summary a").first.click()
    expect(guide.locator(":focus")).to_have_attribute("name", "amount")
