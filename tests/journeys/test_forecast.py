"""A leader asks when; a manager sees what is slow before it is late. Both see how good the records are."""

import re

import pytest

from tests.browser import shot, sign_in
from tests.journeys.steps import DESK, PHONE, assert_fits, assert_touchable, at_each_width

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def settled(browser_page):
    """Let requests under way end before the test's database goes."""
    yield
    browser_page.goto("about:blank")


def test_when_will_they_break_ground_and_what_is_slow(demo_city, browser_page):
    page = browser_page
    sign_in(page, "leader")

    # The leader: which projects begin construction by the end of June, and what must happen for it?
    page.goto("/forecast/", timeout=60_000)  # the first forecast of a process loads its libraries and learns
    page.fill("input[name=by]", "2027-04-30")
    page.select_option("select[name=milestone]", "construction")
    page.click(".forecast-question button")
    page.wait_for_url(re.compile("by=2027-04-30"))
    answer = page.locator(".forecast-answer").inner_text()
    assert re.search(r"2027-04-30.*\d+\.\d", answer)
    numbers = [int(text) for text in page.locator(".forecast-levels .counter b").all_inner_texts()]
    assert numbers[0] == sum(numbers[1:])
    assert re.search(r"\d+/\d+ \d+\.\d\d%", page.locator(".records-share").inner_text())
    at_each_width(page, "forecast-list", (DESK, PHONE))
    page.set_viewport_size(PHONE)
    assert_touchable(page)
    page.set_viewport_size(DESK)

    # One project: dates, latest starts, what it learned from.
    page.locator(".forecast-rows tbody tr a").first.click()
    page.wait_for_url(re.compile("/projects/.*/forecast/"))
    assert page.locator("input[name=by]").input_value() == "2027-04-30"
    assert page.locator(".forecast-stages tbody tr").count() >= 1
    assert re.search(r"(<|>)?\d+%", page.locator(".forecast-answer .chance").inner_text())
    at_each_width(page, "forecast-project", (DESK, PHONE))

    # How good are the records that it learned from? One number leads to the rows, a row to its stage.
    page.click(".records-share a")
    page.wait_for_url(re.compile("/records/"))
    at_each_width(page, "records-report", (DESK, PHONE))
    number = page.locator(".records-table tbody a.link").first
    count = int(number.inner_text())
    number.click()
    page.wait_for_url(re.compile("/records/rows/"))
    assert page.locator(".records-rows tbody tr").count() == min(count, 50)
    shot(page, "journey-records-rows-1440")
    assert_fits(page)
    page.locator(".records-rows tbody a.link").first.click()
    page.wait_for_url(re.compile(r"/projects/.*\?stage="))

    # The manager: what is slower than four of five of its kind, before the limit is over.
    sign_in(page, "pm")
    page.goto("/workbench/")
    assert page.locator("#slow li").count() >= 1
    page.locator("#slow li a").first.click()
    page.wait_for_url(re.compile(r"/projects/.*\?stage="))
    assert page.locator(".strip .badge-amber", has_text="慢于八成").count() >= 1
    page.wait_for_selector("#forecast .forecast-figures")
    assert re.search(r"\d{4}-\d\d-\d\d", page.locator("#forecast .figure dd").first.inner_text())
    page.locator(".forecast-more > summary").click()
    assert page.locator("#forecast .forecast-stages tbody tr").count() >= 1
    at_each_width(page, "forecast-panel", (DESK, PHONE))
