"""What would free them: a factor officer plans, keeps and carries out; a leader reads it, on his phone too."""

import re

import pytest
from playwright.sync_api import expect

from factors import balances
from factors.models import QuotaRequest
from tests.browser import shot, sign_in
from tests.journeys.steps import DESK, PHONE, WALL, assert_fits, assert_touchable, follow, saved

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_a_factor_officer_plans_and_a_leader_reads(demo_city, browser_page):
    page = browser_page
    before = [row.available for row in balances.balances()]
    sign_in(page, "factor")
    page.goto("/factors/blocked/")
    follow(page.locator(".page-actions a[href*='/cockpit/unlock/']").first)
    page.wait_for_selector(".table-unlock")
    value = page.locator(".unlock-result .is-big b").inner_text()
    chosen = page.locator(".table-unlock tr.is-chosen").count()
    assert chosen >= 3 and float(value.replace(",", "")) > 0
    shot(page, "journey-unlock-1440")

    # Every number opens its rows: the pool its book, the project its page.
    assert "/factors/accounts/" in page.locator(".is-limits a").first.get_attribute("href")
    assert "/projects/" in page.locator("tr.is-chosen th a").first.get_attribute("href")

    # Insist on a project that was left out: it is in, and the page says what the wish costs, or what it lacks.
    left_out = page.locator("tr.is-project:not(.is-chosen)", has=page.locator("input[type=checkbox]"))
    for name in left_out.locator("th a:first-of-type").all_inner_texts():  # which there is quota for, the day decides
        page.goto("/cockpit/unlock/")
        page.locator("tr.is-project", has_text=name).locator("input[type=checkbox]").check()
        follow(page.locator("#unlock-form .btn-primary").first)
        expect(page).to_have_url(re.compile("must"))
        if page.locator("tr.is-chosen", has_text=name).count():
            break
    expect(page.locator("tr.is-chosen", has_text=name)).to_have_count(1)
    assert float(page.locator(".unlock-result .is-big b").inner_text().replace(",", "")) < float(value.replace(",", ""))
    page.fill("input[name=name]", "保冷链")
    saved(page.locator("button[value=keep]"))

    # Another one, kept and carried out in one step: the reason is asked for, and nothing is posted.
    page.goto("/cockpit/unlock/")
    page.fill("input[name=name]", "腾退按已核定")
    follow(page.locator("button[value=generate]"))
    page.wait_for_selector(".messages .alert-error")
    expect(page.locator("input[name=name]")).to_have_value("腾退按已核定")  # refused: what was typed is still there
    page.fill("input[name=reason]", "专班会议议定")
    follow(page.locator("button[value=generate]"))
    expect(page).to_have_url(re.compile("/factors/requests/"))
    made = list(QuotaRequest.objects.filter(note__contains="专班会议议定").select_related("demand__project"))
    assert made and "腾退按已核定" in made[0].note
    assert all(request.demand.project.name in page.content() for request in made)
    assert [row.available for row in balances.balances()] == before
    page.goto("/cockpit/unlock/")
    expect(page.locator("button[value=generate]")).to_be_disabled()

    # Side by side.
    page.goto("/cockpit/unlock/scenarios/")
    for box in page.locator("input[name=s]").all():
        box.check()
    follow(page.locator("form[action*=compare] button").first)
    expect(page.locator(".table-scenarios thead a")).to_have_count(2)
    shot(page, "journey-unlock-compare-1440")

    # A leader reads the plan and the scenarios, makes no requests, and finds his way on a phone.
    sign_in(page, "leader")
    for size in (DESK, WALL, PHONE):
        page.set_viewport_size(size)
        page.goto("/cockpit/unlock/")
        expect(page.locator("button[value=generate]")).to_have_count(0)
        assert_fits(page)
        shot(page, f"journey-unlock-leader-{size['width']}")
    assert_touchable(page)
    page.goto("/cockpit/unlock/scenarios/")
    assert_fits(page)
    follow(page.locator("th a:has-text('腾退按已核定')").first)
    page.wait_for_selector(".unlock-made li")
    assert_fits(page)
