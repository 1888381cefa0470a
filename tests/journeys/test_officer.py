"""An approval officer's cases: supplement, resume, decide; nothing to do with another department's; two at once."""

from urllib.parse import urlsplit

import pytest

from approvals.states import State
from tests.browser import Watch, allow, shot, sign_in
from tests.journeys.steps import DESK, PHONE, at_each_width, log_in, panel_address, running_stage, wait_success

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RECORD = "#panel .form-actions .btn-primary"


def record(page, stage, action: str, **fields) -> str:
    """Record an action in the panel with what is typed, and return the message."""
    page.goto(panel_address(stage, action))
    for name, value in fields.items():
        page.fill(f"#panel [name={name}]", value)
    page.locator(RECORD).click()
    words = wait_success(page)
    stage.refresh_from_db()
    return words


def test_a_case_from_supplement_to_decision(demo_city, browser_page):
    page = browser_page
    stage = running_stage(department="sthj", light="green")
    project = stage.chain.project
    log_in(page, "approver")
    assert page.url.endswith("/workbench/") and "生态环境局" in page.locator("h1").inner_text()
    at_each_width(page, "cases", (DESK, PHONE))
    page.locator(f"tr[data-href*='{project.code}'] a").first.click()
    page.wait_for_selector("#panel")
    record(page, stage, "request_supplement", missing="监测报告\n公众参与说明", document_no="云环补〔2026〕5号")
    assert stage.state == State.SUPPLEMENT_REQUESTED and stage.light == "stopped"
    assert "中止" in page.locator(f".tl-stage[data-code='{stage.code}']").inner_text()
    page.goto("/workbench/")
    assert page.locator(f"tbody#supplement tr[data-href*='{project.code}']").count() == 1
    record(page, stage, "receive_supplement", note="材料已补齐")
    assert stage.state == State.SUPPLEMENT_RECEIVED and stage.light != "stopped"
    record(page, stage, "pass", document_no="云环审〔2026〕91号")
    assert stage.state == State.PASSED
    page.goto("/workbench/")
    assert "云环审〔2026〕91号" in page.locator("tbody#done").inner_text()
    shot(page, "journey-cases-done-1440")


def test_a_stage_of_another_department_only_shows(demo_city, browser_page, clients):
    page = browser_page
    mine = running_stage(department="sthj")
    others = mine.chain.stages.exclude(department=mine.department).exclude(department=None).first()
    others.chain.project = mine.chain.project
    sign_in(page, "approver")
    page.goto(panel_address(others))
    assert page.locator("#panel a.panel-action").count() == 0
    assert page.locator("#panel form").count() == 0
    shot(page, "journey-panel-foreign-1440")
    answer = clients["approver"].post(
        f"/projects/{mine.chain.project.code}/stages/{others.code}/act/", {"action": "note", "note": "x"}
    )
    assert answer.status_code == 403


def test_the_second_to_decide_is_told_who_was_first(demo_city, browser_page, chromium, live_server):
    stage = running_stage(department="sthj", manager="pm")
    first = browser_page
    context = chromium.new_context(base_url=live_server.url, locale="zh-CN", viewport=DESK)
    second = context.new_page()
    second.watch = Watch(second, urlsplit(live_server.url).netloc)
    allow(second, "409")
    sign_in(first, "approver")
    sign_in(second, "pm")
    for page, number in ((first, "云环审〔2026〕1号"), (second, "云环审〔2026〕2号")):
        page.goto(panel_address(stage, "pass"))
        page.fill("#panel [name=document_no]", number)
    first.locator(RECORD).click()
    wait_success(first)
    second.locator(RECORD).click()
    second.wait_for_selector(".error-summary")
    told = second.locator(".error-summary").inner_text()
    shot(second, "journey-overtaken-1440")
    assert "刘海燕" in told and "办结（通过）" in told and "未写入" in told
    assert second.locator("#panel [name=document_no]").input_value() == "云环审〔2026〕2号"
    assert "办结（通过）" in second.locator(RECORD).inner_text()
    problems = second.watch.verdict()
    context.close()
    stage.refresh_from_db()
    assert stage.document_no == "云环审〔2026〕1号"
    assert not problems
