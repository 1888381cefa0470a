"""The service officer on the road: a visit on the phone with the problem it raised, and its way to the close-out."""

import pytest

from supervision.models import Problem, Visit
from tests.browser import Watch, shot
from tests.journeys.steps import PHONE, assert_fits, assert_touchable, log_in, wait_success

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PDF = {"name": "答复.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n"}


def phone_of(browser_page, username: str):
    """Log another person in, on a phone of his own."""
    context = browser_page.context.browser.new_context(
        base_url=browser_page.url.split("/", 3)[0] + "//" + browser_page.url.split("/", 3)[2], viewport=PHONE
    )
    page = context.new_page()
    page.watch = Watch(page, browser_page.watch.host)
    log_in(page, username)
    return page


def test_a_visit_on_the_phone_and_what_becomes_of_its_problem(demo_city, browser_page):
    page = browser_page
    page.set_viewport_size(PHONE)
    log_in(page, "officer")
    block = page.locator("#service")
    assert "我服务的企业" in block.inner_text()
    shot(page, "journey-officer-bench-360")
    due = block.locator("ul a[href*='visits/new']").first
    name = due.locator("xpath=ancestor::li").locator("b").inner_text()
    due.click()
    assert name in page.locator("select[name=project] option:checked").inner_text()
    assert_fits(page)
    assert_touchable(page)
    page.locator("label", has_text="45").click()
    page.fill("[name=met]", "王经理")
    page.fill("[name=note]", "看了桩基，谈冬季施工")
    page.fill("[name=line-0-text]", "环评补充监测没有书面告知")
    page.select_option("[name=line-0-category]", "approval")
    page.select_option("[name=line-0-department]", label="生态环境局")
    shot(page, "journey-officer-visit-360")
    page.click(".sv-visit button.btn-primary")
    assert "登记问题 1 个" in wait_success(page)
    assert_fits(page)
    assert_touchable(page)
    visit = Visit.objects.latest("pk")
    problem = Problem.objects.get(visit=visit)
    assert visit.minutes == 45 and visit.visitor.username == "officer" and problem.department.code == "sthj"
    page.goto("/workbench/")
    assert name not in block.locator("ul", has=page.locator("a[href*='visits/new']")).all_inner_texts()

    unit = phone_of(page, "approver")
    unit.goto(f"/problems/{problem.pk}/")
    unit.click("#do .form-actions .btn-primary")
    assert "认领" in wait_success(unit)
    unit.fill("[name=text]", "已书面一次告知")
    unit.set_input_files("[name=file]", PDF)
    assert_fits(unit)
    assert_touchable(unit)
    unit.click("#do .form-actions .btn-primary")
    assert "申请销号" in wait_success(unit)
    unit.context.close()

    page.goto(f"/problems/{problem.pk}/")
    assert "须由他人销号" in page.locator("#do").inner_text()
    page.locator("#do label", has_text="满意").first.click()
    page.click("#do .form-actions .btn")
    wait_success(page)
    assert_fits(page)
    shot(page, "journey-officer-problem-360")

    manager = phone_of(page, "pm")
    manager.goto(f"/problems/{problem.pk}/")
    manager.locator("#do label", has_text="满意").first.click()
    manager.click("#do .form-actions .btn-primary")
    assert "销号" in wait_success(manager)
    manager.context.close()
    problem.refresh_from_db()
    assert problem.state == "closed" and problem.closed_by.username == "pm"
    for path in ("/problems/?light=done", "/visits/?mine=on", "/orders/", "/problems/new/"):
        page.goto(path)
        assert_fits(page)
        assert_touchable(page)
