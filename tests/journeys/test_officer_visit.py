"""The service officer on the road: a visit on the phone with the problem it raised, and its way to the close-out."""

import pytest
from playwright.sync_api import expect

from supervision.models import Problem, Visit
from tests.browser import shot
from tests.journeys.steps import PHONE, assert_fits, assert_touchable, follow, has, log_in, saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PDF = {"name": "答复.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n"}


def test_a_visit_on_the_phone_and_what_becomes_of_its_problem(demo_city, open_browser):
    page = open_browser(viewport=PHONE)
    log_in(page, "officer")
    block = page.locator("#service")
    expect(block).to_contain_text("我服务的企业")
    shot(page, "journey-officer-bench-360")
    due = block.locator("ul a[href*='visits/new']").first
    name = due.locator("xpath=ancestor::li").locator("b").inner_text()
    follow(due)
    has(page, "select[name=project] option:checked", name)
    assert_fits(page)
    assert_touchable(page)
    page.locator("label", has_text="45").click()
    page.fill("[name=met]", "王经理")
    page.fill("[name=note]", "看了桩基，谈冬季施工")
    page.fill("[name=line-0-text]", "环评补充监测没有书面告知")
    page.select_option("[name=line-0-category]", "approval")
    page.select_option("[name=line-0-department]", label="生态环境局")
    shot(page, "journey-officer-visit-360")
    assert "登记问题 1 个" in saved(page.locator(".sv-visit button.btn-primary"))
    assert_fits(page)
    assert_touchable(page)
    visit = Visit.objects.latest("pk")
    problem = Problem.objects.get(visit=visit)
    assert visit.minutes == 45 and visit.visitor.username == "officer" and problem.department.code == "sthj"
    page.goto("/workbench/")
    assert name not in block.locator("ul", has=page.locator("a[href*='visits/new']")).all_inner_texts()

    unit = open_browser("approver", viewport=PHONE)
    unit.goto(f"/problems/{problem.pk}/")
    assert "认领" in saved(unit.locator("#do .form-actions .btn-primary").first)
    unit.fill("[name=text]", "已书面一次告知")
    unit.set_input_files("[name=file]", PDF)
    assert_fits(unit)
    assert_touchable(unit)
    assert "申请销号" in saved(unit.locator("#do .form-actions .btn-primary").first)

    page.goto(f"/problems/{problem.pk}/")
    has(page, "#do", "须由他人销号")
    page.locator("#do label", has_text="满意").first.click()
    saved(page.locator("#do .form-actions .btn").first)
    assert_fits(page)
    shot(page, "journey-officer-problem-360")

    manager = open_browser("pm", viewport=PHONE)
    manager.goto(f"/problems/{problem.pk}/")
    manager.locator("#do label", has_text="满意").first.click()
    assert "销号" in saved(manager.locator("#do .form-actions .btn-primary").first)
    problem.refresh_from_db()
    assert problem.state == "closed" and problem.closed_by.username == "pm"
    for path in ("/problems/?light=done", "/visits/?mine=on", "/orders/", "/problems/new/"):
        page.goto(path)
        assert_fits(page)
        assert_touchable(page)
