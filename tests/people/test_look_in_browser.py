"""The scripts of the base page, in a real browser under the real policy: keys, selection, drafts, confirm, widths."""

import pytest
from django.contrib.auth import get_user_model

from tests.browser import sign_in

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
    assert guide.locator("tr.is-current.is-selected .row-check").count() == 1
    assert guide.locator(".bulk-bar").is_visible() and not guide.locator(".table-caption").is_visible()
    guide.keyboard.press("j")
    guide.keyboard.press("j")
    guide.keyboard.press("Shift+X")
    assert guide.locator(".bulk-bar [data-count]").inner_text() == "3"
    guide.keyboard.press("?")
    assert guide.locator("#keys-dialog").is_visible()
    guide.keyboard.press("Escape")
    guide.locator(NAME).fill("")
    guide.locator(NAME).type("j?/x")
    assert guide.locator(NAME).input_value() == "j?/x"
    assert not guide.locator("#keys-dialog").is_visible()
    leave_fields(guide)
    guide.keyboard.press("k")
    guide.keyboard.press("Enter")
    assert "#row-" in guide.url


def test_what_was_typed_comes_back_after_a_time_out(guide, settings):
    guide.goto("/feedback/")
    box = "form[data-draft] textarea"
    guide.locator(box).first.fill("专家意见已回传")
    cookies = guide.context.cookies()
    guide.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    guide.locator("form[data-draft] .btn-primary").click()
    guide.wait_for_url("**/login/**")
    guide.context.add_cookies(cookies)
    guide.goto("/feedback/")
    assert guide.locator(box).first.input_value() == "专家意见已回传"
    assert guide.locator(".alert-info [type=button]").count() == 1
    get_user_model().objects.create_user("next", role="sysadmin", display_name="接班")
    sign_in(guide, "next")
    guide.goto("/feedback/")
    assert guide.locator(box).first.input_value() == ""


def test_a_saved_form_leaves_no_draft(guide):
    guide.goto("/feedback/")
    guide.locator("form[data-draft] textarea").first.fill("导出再快一点")
    guide.locator("form[data-draft] .btn-primary").click()
    guide.wait_for_selector(".alert-success")
    assert guide.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('draft:'))") == []
    assert guide.locator("form[data-draft] textarea").first.input_value() == ""


def test_a_question_is_asked_before_a_form_is_sent(guide):
    guide.evaluate("document.querySelector('.topbar [data-logout]').dataset.confirm = '现在退出？'")
    guide.locator(".topbar details.drop > summary").click()
    guide.locator(".topbar [data-logout] button").click()
    assert "现在退出？" in guide.locator("#confirm-dialog").inner_text()
    guide.locator("#confirm-dialog [data-no]").click()
    assert guide.url.endswith("/styleguide/")
    guide.locator(".topbar details.drop").evaluate("menu => (menu.open = true)")
    guide.locator(".topbar [data-logout] button").click()
    guide.locator("#confirm-dialog [data-yes]").click()
    guide.wait_for_url("**/login/**")


@pytest.mark.parametrize("width", [360, 768, 1024, 1440, 1920])
def test_no_page_scrolls_sideways(guide, width):
    guide.set_viewport_size({"width": width, "height": 800})
    assert guide.evaluate("document.documentElement.scrollWidth") <= width
    assert guide.locator(".tabbar").is_visible() == (width == 360)


def test_errors_take_the_focus_and_lead_to_the_field(guide):
    assert guide.evaluate("document.activeElement.className") == "error-summary"
    guide.locator(".error-summary a").first.click()
    assert guide.evaluate("document.activeElement.name") == "amount"
