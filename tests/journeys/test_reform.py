"""A leader tries reforms: switches them, sees which rows are behind a number, keeps a set, prints the note."""

import re

import pytest
from playwright.sync_api import expect

from cockpit.models import ReformSet
from tests.browser import shot, sign_in
from tests.journeys.steps import DESK, PHONE, WALL, assert_fits, assert_touchable, follow, has, leaving, saved
from tests.journeys.test_leader import serious

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def days(page) -> float:
    """Return what the chosen reforms save together, from the head of the page."""
    return float(page.locator(".rf-figures dd a").first.inner_text())


def test_a_leader_tries_reforms(demo_city, browser_page):
    page = browser_page
    sign_in(page, "leader")
    page.set_viewport_size(DESK)
    page.goto("/cockpit/reform/")
    whole = days(page)
    assert whole > 0
    has(page, "#gap h2", "51.5")
    rows = [float(text) for text in page.locator(".rf-projects tbody td:last-child").all_inner_texts()]
    assert round(sum(rows), 1) == whole
    assert not serious(page)
    shot(page, "journey-reform-1440")

    # One reform off: less is saved, by as much as the rows say.
    with leaving(page):
        page.uncheck("input[value=review-commitment]")
    expect(page).to_have_url(re.compile("tried=1"))
    assert days(page) < whole
    expect(page.locator(".rf-gap tr.rf-off")).to_have_count(1)

    # The rows behind one reform, and a project behind a row.
    number = page.locator("tr:has(input[value=joint-acceptance]) td.num a").first
    alone = number.inner_text()
    follow(number)
    expect(page).to_have_url(re.compile("show=joint-acceptance"))
    rows = [float(text) for text in page.locator(".rf-projects tbody td:last-child").all_inner_texts()]
    assert f"{sum(rows):.1f}" == alone
    assert "/projects/" in page.locator(".rf-projects tbody a").first.get_attribute("href")

    # Kept, opened again, and on paper.
    page.fill("#set-name", "不含告知承诺")
    saved(page.locator(".rf-keep button").first)
    assert "review-commitment" not in ReformSet.objects.get().reforms
    page.goto("/cockpit/reform/")
    follow(page.locator(".rf-set-list a").first)
    expect(page.locator("input[value=review-commitment]")).not_to_be_checked()
    note = page.request.get(page.locator("a[href*='/reform/note/']").evaluate("link => link.href"))
    assert note.headers["content-type"] == "application/pdf" and note.body().startswith(b"%PDF")

    page.set_viewport_size(PHONE)
    assert_fits(page)
    assert_touchable(page)
    assert page.locator(".rf-projects tbody tr:visible").count() <= 6
    assert page.evaluate("document.documentElement.scrollHeight") < 4500
    shot(page, "journey-reform-360")
    page.set_viewport_size(WALL)
    assert_fits(page)
