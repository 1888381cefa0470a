"""A leader asks when; a manager sees what is slow before it is late. Both see how good the records are."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser import shot, sign_in
from tests.journeys.steps import DESK, PHONE, assert_fits, assert_touchable, at_each_width, follow

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_when_will_they_break_ground_and_what_is_slow(demo_city, browser_page):
    page = browser_page
    by = (timezone.localdate() + timedelta(days=158)).isoformat()
    sign_in(page, "leader")

    # The leader: which projects begin construction within five months, and what must happen for it?
    page.goto("/forecast/")
    page.fill("input[name=by]", by)
    page.select_option("select[name=milestone]", "construction")
    follow(page.locator(".forecast-question button"))
    expect(page).to_have_url(re.compile(f"by={by}"))
    answer = page.locator(".forecast-answer").inner_text()
    assert re.search(rf"{by}.*\d+\.\d", answer)
    numbers = [int(text) for text in page.locator(".forecast-levels .counter b").all_inner_texts()]
    assert numbers[0] == sum(numbers[1:])
    assert re.search(r"\d+/\d+ \d+\.\d\d%", page.locator(".records-share").inner_text())
    at_each_width(page, "forecast-list", (DESK, PHONE))
    page.set_viewport_size(PHONE)
    assert_touchable(page)
    page.set_viewport_size(DESK)

    # One project: dates, latest starts, what it learned from.
    follow(page.locator(".forecast-rows tbody tr a").first)
    expect(page).to_have_url(re.compile("/projects/.*/forecast/"))
    expect(page.locator("input[name=by]")).to_have_value(by)
    assert page.locator(".forecast-stages tbody tr").count() >= 1
    assert re.search(r"(<|>)?\d+%", page.locator(".forecast-answer .chance").inner_text())
    at_each_width(page, "forecast-project", (DESK, PHONE))

    # How good are the records that it learned from? One number leads to the rows, a row to its stage.
    follow(page.locator(".records-share a").first)
    expect(page).to_have_url(re.compile("/records/"))
    at_each_width(page, "records-report", (DESK, PHONE))
    number = page.locator(".records-table tbody a.link").first
    count = int(number.inner_text())
    follow(number)
    expect(page).to_have_url(re.compile("/records/rows/"))
    expect(page.locator(".records-rows tbody tr")).to_have_count(min(count, 50))
    shot(page, "journey-records-rows-1440")
    assert_fits(page)
    follow(page.locator(".records-rows tbody a.link").first)
    expect(page).to_have_url(re.compile(r"/projects/.*\?stage="))

    # The manager: what is slower than four of five of its kind, before the limit is over.
    sign_in(page, "pm")
    page.goto("/workbench/")
    assert page.locator("#slow li").count() >= 1
    follow(page.locator("#slow li a").first)
    expect(page).to_have_url(re.compile(r"/projects/.*\?stage="))
    page.locator(".strip .badge-amber", has_text="慢于八成").first.wait_for()
    page.wait_for_selector("#forecast .forecast-figures")
    assert re.search(r"\d{4}-\d\d-\d\d", page.locator("#forecast .figure dd").first.inner_text())
    page.locator(".forecast-more > summary").click()
    page.locator("#forecast .forecast-stages tbody tr").first.wait_for()
    at_each_width(page, "forecast-panel", (DESK, PHONE))
