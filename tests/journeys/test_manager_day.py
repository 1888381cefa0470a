"""A project manager's main day: the workbench, the list, one project, an event, a correction, the paper."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from approvals.models import StageEvent
from approvals.states import State
from projects.models import Project
from tests.browser import allow, shot, sign_in
from tests.journeys.steps import (
    DESK,
    PHONE,
    WALL,
    arrived,
    assert_fits,
    at_each_width,
    follow,
    has,
    leaving,
    light_of,
    log_in,
    panel_address,
    running_stage,
    saved,
    still,
    tiles,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DAY = "%Y-%m-%d"


def test_the_workbench_opens_the_day_and_takes_a_sentence(demo_city, browser_page):
    page = browser_page
    log_in(page, "pm")
    arrived(page, "/workbench/")
    at_each_width(page, "workbench", (DESK, PHONE, WALL))
    counters = page.locator(".counters-big .counter")
    assert counters.count() == 5
    for n in range(5):
        section = counters.nth(n).get_attribute("href").lstrip("#")
        number = int(counters.nth(n).locator("b").inner_text())
        assert page.locator(f"tbody#{section} tr[data-href]").count() == number
    row = page.locator("tbody#overdue tr[data-href]").first
    code = row.get_attribute("data-href").strip("/").split("/")[-1]
    news = Project.objects.get(code=code).last_news_at
    follow(row.locator("[data-update]"))
    sentence = "已催办，牵头部门答复本周内出件"
    arrived(page, "/workbench/")
    page.locator("tr.is-open input[name=note]").fill(sentence)
    shot(page, "journey-workbench-update-1440")
    assert "已登记" in saved(page.locator("tr.is-open .btn-primary"))
    arrived(page, "/workbench/")
    assert Project.objects.get(code=code).last_news_at > news
    assert StageEvent.objects.filter(stage__chain__project__code=code).latest("pk").note == sentence


def test_the_list_finds_filters_and_adds_up(demo_city, browser_page):
    page = browser_page
    sign_in(page, "pm")
    page.goto("/projects/")
    at_each_width(page, "list", (DESK, PHONE, WALL))
    numbers = tiles(page)
    everything = int(page.locator(".counters .counter b").first.inner_text())
    assert sum(numbers.values()) == everything == Project.objects.count()
    for light, number in numbers.items():
        page.goto(f"/projects/?light={light}")
        assert page.locator("table.table-projects tbody tr[data-href]").count() == number, light
    project = Project.objects.get(name="高纯铝靶材")
    for words in ("gclbc", "gaochunlvbacai", project.code, project.code[-6:], "铝靶"):
        page.goto("/projects/")
        page.locator("form.filters input[name=q]").fill(words)
        with leaving(page):
            page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("q="))
        has(page, "table.table-projects tbody", project.name)
    page.goto("/projects/?q=没有这样的项目名")
    assert "没有" in page.locator(".empty").inner_text()
    shot(page, "journey-list-empty-1440")
    page.goto("/projects/")
    follow(page.locator("table.table-projects tbody tr[data-href]").first.locator("a").first)
    page.wait_for_selector("#timeline svg")


def test_the_days_of_a_stage_are_explained_and_add_up(demo_city, browser_page):
    page = browser_page
    stage = running_stage(manager="pm", light="red")
    sign_in(page, "pm")
    page.goto(f"/projects/{stage.chain.project.code}/")
    at_each_width(page, "project", (DESK, PHONE, WALL))
    page.locator("#timeline svg [role=img]").nth(4).wait_for()
    page.goto(f"/projects/{stage.chain.project.code}/stages/{stage.code}/")
    parts = [number(text) for text in page.locator(".ex-sum .ex-box:not(.ex-total) b").all_inner_texts()]
    assert sum(parts) == pytest.approx(number(page.locator(".ex-total b").inner_text()))
    at_each_width(page, "explain")
    page.goto(f"/projects/{stage.chain.project.code}/")
    still(page)
    page.locator(f".tl-stage[data-code='{stage.code}'] a[data-explain]").click()
    page.wait_for_selector("dialog[open] .ex-sum")
    shot(page, "journey-explain-dialog-1440")
    page.keyboard.press("Escape")


def test_a_decision_moves_dates_lights_and_tiles_and_can_be_corrected(demo_city, browser_page):
    page = browser_page
    stage = running_stage(manager="pm", light="red")
    code = stage.chain.project.code
    sign_in(page, "pm")
    page.goto("/projects/")
    before = tiles(page)
    page.goto(panel_address(stage, "pass"))
    page.locator("#panel textarea[name=note]").fill("一次性通过")
    allow(page, "422")
    page.locator("#panel form.form").evaluate("form => (form.noValidate = true)")  # as an old browser sends it
    follow(page.locator("#panel .form-actions .btn-primary"))
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator("#panel textarea[name=note]")).to_have_value("一次性通过")
    shot(page, "journey-panel-error-1440")
    page.locator("#panel input[name=document_no]").fill("云环审〔2026〕88号")
    saved(page.locator("#panel .form-actions .btn-primary"))
    stage.refresh_from_db()
    assert stage.state == State.PASSED and stage.document_no == "云环审〔2026〕88号"
    has(page, "#history", "云环审〔2026〕88号")
    assert light_of(code) != "red"
    page.goto("/projects/")
    after = tiles(page)
    assert after["red"] == before["red"] - 1 and sum(after.values()) == sum(before.values())
    assert after[light_of(code)] == before[light_of(code)] + 1
    correct(page, stage)


def number(text: str) -> float:
    """Return the number that a figure begins with: `6.0日`."""
    return float(re.match(r"[\d.]+", text).group())


def correct(page, stage) -> None:
    """Correct the day of the decision to yesterday's: the history shows both, the dates follow."""
    code = stage.chain.project.code
    page.goto(f"/projects/{code}/?stage={stage.code}")
    row = page.locator("#history tr", has_text="云环审〔2026〕88号").first
    follow(row.locator("a.link"))
    page.wait_for_selector("#panel form[action*=correct]")
    day = timezone.localdate() - dt.timedelta(days=1)
    page.fill("#panel input[name=occurred_on]", day.strftime(DAY))
    page.fill("#panel input[name=reason]", "批文落款为前一日")
    saved(page.locator("#panel .form-actions .btn-primary"))
    lines = page.locator("#history tr", has_text="云环审〔2026〕88号").all_inner_texts()
    assert len(lines) == 2 and "批文落款为前一日" in lines[0]
    assert page.locator("#history tr.is-struck").count() == 1
    stage.refresh_from_db()
    assert timezone.localtime(stage.closed_at).date() == day
    shot(page, "journey-history-1440")


def test_the_chain_on_paper(demo_city, browser_page):
    page = browser_page
    stage = running_stage(manager="pm", light="red")
    sign_in(page, "pm")
    page.goto(f"/projects/{stage.chain.project.code}/chain/print/")
    assert page.locator("section.sheet svg").count() >= 1
    assert re.search(r"第 ?1 ?页", page.locator(".sheet-foot").first.inner_text())
    shot(page, "journey-print-1440")
    assert_fits(page)
