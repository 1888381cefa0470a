"""An approval officer's cases: supplement, resume, decide; nothing to do with another department's; two at once."""

import pytest
from playwright.sync_api import expect

from approvals.states import State
from tests.browser import allow, shot, sign_in
from tests.journeys.steps import (
    DESK,
    PHONE,
    arrived,
    at_each_width,
    follow,
    has,
    log_in,
    panel_address,
    running_stage,
    saved,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RECORD = "#panel .form-actions .btn-primary"


def record(page, stage, action: str, **fields) -> str:
    """Record an action in the panel with what is typed, and return the message."""
    page.goto(panel_address(stage, action))
    for name, value in fields.items():
        page.fill(f"#panel [name={name}]", value)
    words = saved(page.locator(RECORD))
    stage.refresh_from_db()
    return words


def test_a_case_from_supplement_to_decision(demo_city, browser_page):
    page = browser_page
    stage = running_stage(department="sthj", light="green")
    project = stage.chain.project
    log_in(page, "approver")
    arrived(page, "/workbench/")
    has(page, "h1", "生态环境局")
    at_each_width(page, "cases", (DESK, PHONE))
    follow(page.locator(f"tr[data-href*='{project.code}'] a").first)
    page.wait_for_selector("#panel")
    record(page, stage, "request_supplement", missing="监测报告\n公众参与说明", document_no="云环补〔2026〕5号")
    assert stage.state == State.SUPPLEMENT_REQUESTED and stage.light == "stopped"
    has(page, f".tl-stage[data-code='{stage.code}']", "中止")
    page.goto("/workbench/")
    expect(page.locator(f"tbody#supplement tr[data-href*='{project.code}']")).to_have_count(1)
    record(page, stage, "receive_supplement", note="材料已补齐")
    assert stage.state == State.SUPPLEMENT_RECEIVED and stage.light != "stopped"
    record(page, stage, "pass", document_no="云环审〔2026〕91号")
    assert stage.state == State.PASSED
    page.goto("/workbench/")
    has(page, "tbody#done", "云环审〔2026〕91号")
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


def test_the_second_to_decide_is_told_who_was_first(demo_city, open_browser):
    stage = running_stage(department="sthj", manager="pm")
    first, second = open_browser("approver"), open_browser("pm")
    allow(second, "409")
    for page, number in ((first, "云环审〔2026〕1号"), (second, "云环审〔2026〕2号")):
        page.goto(panel_address(stage, "pass"))
        page.fill("#panel [name=document_no]", number)
    saved(first.locator(RECORD))
    follow(second.locator(RECORD))
    told = second.locator(".error-summary").inner_text()
    shot(second, "journey-overtaken-1440")
    assert "刘海燕" in told and "办结（通过）" in told and "未写入" in told
    expect(second.locator("#panel [name=document_no]")).to_have_value("云环审〔2026〕2号")
    has(second, RECORD, "办结（通过）")
    stage.refresh_from_db()
    assert stage.document_no == "云环审〔2026〕1号"
