"""What would free them: a factor officer plans, keeps and carries out; a leader reads it, on his phone too."""

import pytest

from factors import balances
from factors.models import QuotaRequest
from tests.browser import shot, sign_in
from tests.journeys.steps import DESK, PHONE, WALL, assert_fits, assert_touchable, wait_success

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_a_factor_officer_plans_and_a_leader_reads(demo_city, browser_page):
    page = browser_page
    before = [row.available for row in balances.balances()]
    sign_in(page, "factor")
    page.goto("/factors/blocked/")
    page.click(".page-actions a[href*='/cockpit/unlock/']")
    page.wait_for_selector(".table-unlock")
    value = page.locator(".unlock-result .is-big b").inner_text()
    chosen = page.locator(".table-unlock tr.is-chosen").count()
    assert chosen >= 3 and float(value.replace(",", "")) > 0
    shot(page, "journey-unlock-1440")

    # Every number opens its rows: the pool its book, the project its page.
    assert "/factors/accounts/" in page.locator(".is-limits a").first.get_attribute("href")
    assert "/projects/" in page.locator("tr.is-chosen th a").first.get_attribute("href")

    # Insist on a project that was left out: it is in, and the page says what the wish costs, or what it lacks.
    wish = page.locator("tr.is-project:has-text('牛羊肉精深加工及冷链')")
    wish.locator("input[type=checkbox]").check()
    page.click("#unlock-form .btn-primary")
    page.wait_for_url("**must*")
    assert page.locator("tr.is-chosen:has-text('牛羊肉精深加工及冷链')").count() == 1
    assert float(page.locator(".unlock-result .is-big b").inner_text().replace(",", "")) < float(value.replace(",", ""))
    page.fill("input[name=name]", "保冷链")
    page.click("button[value=keep]")
    wait_success(page)

    # Another one, kept and carried out in one step: the reason is asked for, and nothing is posted.
    page.goto("/cockpit/unlock/")
    page.fill("input[name=name]", "腾退按已核定")
    page.click("button[value=generate]")
    page.wait_for_selector(".messages .alert-error")
    page.fill("input[name=name]", "腾退按已核定")
    page.fill("input[name=reason]", "专班会议议定")
    page.click("button[value=generate]")
    page.wait_for_url("**/factors/requests/**")
    made = list(QuotaRequest.objects.filter(note__contains="专班会议议定").select_related("demand__project"))
    assert made and "腾退按已核定" in made[0].note
    assert all(request.demand.project.name in page.content() for request in made)
    assert [row.available for row in balances.balances()] == before
    page.goto("/cockpit/unlock/")
    assert page.locator("button[value=generate]").is_disabled()

    # Side by side.
    page.goto("/cockpit/unlock/scenarios/")
    for box in page.locator("input[name=s]").all():
        box.check()
    page.click("form[action*=compare] button")
    page.wait_for_selector(".table-scenarios")
    assert page.locator(".table-scenarios thead a").count() == 2
    shot(page, "journey-unlock-compare-1440")

    # A leader reads the plan and the scenarios, makes no requests, and finds his way on a phone.
    sign_in(page, "leader")
    for size in (DESK, WALL, PHONE):
        page.set_viewport_size(size)
        page.goto("/cockpit/unlock/")
        assert page.locator("button[value=generate]").count() == 0
        assert_fits(page)
        shot(page, f"journey-unlock-leader-{size['width']}")
    assert_touchable(page)
    page.goto("/cockpit/unlock/scenarios/")
    assert_fits(page)
    page.click("th a:has-text('腾退按已核定')")
    page.wait_for_selector(".unlock-made li")
    assert_fits(page)
