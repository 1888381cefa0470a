"""Templates and the comparison in a real Chromium: no console error, no policy violation, nothing cut on a phone."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from approvals import actions, template_actions
from approvals.models import ChainTemplate
from people.models import District, User
from projects import actions as project_actions
from projects.models import Project
from tests.browser import allow, shot, sign_in
from tests.journeys.steps import assert_fits, follow, has, leaving, saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ROOT = "/chains/templates/"


@pytest.fixture
def page(browser_page):
    template_actions.load_shipped(now=datetime(2026, 11, 20, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai")))
    User.objects.create_user("supervisor", role="supervisor", display_name="林洁")
    sign_in(browser_page, "supervisor")
    return browser_page


def test_a_supervisor_revises_and_publishes_a_template(page):
    page.goto(f"{ROOT}T19-101/1/")
    follow(page.locator("text=从本版新建草案").first)
    expect(page).to_have_url(re.compile("/T19-101/2/$"))
    follow(page.locator("#stage-15 >> text=编辑").first)
    allow(page, "422")
    page.fill("[name=committed]", "16")
    follow(page.locator(".form-actions .btn-primary").first)
    has(page, ".error-summary", "超过法定时限")
    page.fill("[name=committed]", "8.5")
    follow(page.locator(".form-actions .btn-primary").first)
    expect(page).to_have_url(re.compile(r"/T19-101/2/(#.*)?$"))
    has(page, "#stage-15", "8.5")
    shot(page, "template-draft")
    page.locator(".page-actions .btn-primary").first.click()
    follow(page.locator("#confirm-dialog [data-yes]"))
    page.wait_for_selector(".badge-green")
    assert ChainTemplate.objects.get(code="T19-101", version=2).status == "published"
    page.goto(f"{ROOT}T19-101/2/diff/")
    has(page, ".diff del", "10.0 工作日")
    has(page, ".diff ins", "8.5 工作日")


@pytest.fixture
def chain(page):
    """A running chain on version 1 of T19-101, its first stage passed; its manager is `pm`."""
    city = District.objects.create(code="159900", name="云川市")
    pm = User.objects.create_user("pm", role="pm", display_name="王瑞")
    project = Project(code="2607-159900-04-01-381725", name="年产 10 万吨石墨负极材料", district=city)
    project = project_actions.register(by=pm, project=project)
    template, started = ChainTemplate.objects.get(code="T19-101"), timezone.localdate() - timedelta(days=20)
    now = timezone.now() - timedelta(days=18)
    chain = actions.start_chain(by=pm, project=project, template=template, started_on=started, now=now)
    first = chain.stages.get(position=1)
    for action in ("receive", "accept", "pass"):
        actions.act(by=pm, stage=first, action=action, occurred_at=now, now=now)
    return chain


def test_a_change_of_the_template_reaches_a_running_chain(page, chain):
    """Drafted and published by the supervisor, looked at and taken over by the project manager."""
    page.goto(f"{ROOT}T19-101/1/")
    follow(page.locator("text=从本版新建草案").first)
    expect(page).to_have_url(re.compile("/T19-101/2/$"))
    for code, days in (("1", "0.5"), ("15", "8.5")):
        follow(page.locator(f"#stage-{code} >> text=编辑").first)
        page.fill("[name=committed]", days)
        follow(page.locator(".form-actions .btn-primary").first)
        expect(page).to_have_url(re.compile(r"/T19-101/2/(#.*)?$"))
    page.locator(".page-actions .btn-primary").first.click()
    follow(page.locator("#confirm-dialog [data-yes]"))
    page.wait_for_selector(".badge-green")
    code = ChainTemplate.objects.get(code="T19-101", version=2).stages.get(position=15).code
    assert chain.stages.get(code=code).committed_amount == 10
    sign_in(page, "pm")
    page.goto(f"/projects/{chain.project.code}/")
    follow(page.locator("a[href$='/chain/move/']").first)
    cells = page.locator("table.diff tbody").inner_text()
    assert "10.0 工作日" in cells and "8.5 工作日" in cells
    expect(page.locator("table.diff ins")).to_have_count(1)  # the stage that was passed keeps what it was promised
    expect(page.locator("table.diff .badge")).to_have_count(1)
    expect(page.locator("table.diff del")).to_have_count(1)  # no document went by the way
    for width, height in ((360, 800), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        assert_fits(page)
        shot(page, f"chain-move-{width}")
    page.fill("[name=reason]", "改革提速，报经同意")
    saved(page.locator("form.card-foot .btn-primary").first)
    chain.refresh_from_db()
    assert chain.template.version == 2
    assert str(chain.stages.get(code=code).committed_amount) == "8.5"
    expect(page.locator("a[href$='/chain/move/']")).to_have_count(0)


def test_the_comparison_changes_with_the_choice_and_fits_a_phone(page):
    page.goto("/chains/compare/")
    has(page, ".compare-head", "50.99 %")
    shot(page, "chain-compare")
    with leaving(page):
        page.select_option("[name=ours]", "IND-BA:1")
    expect(page).to_have_url(re.compile("ours=IND-BA"))
    has(page, ".compare-rows tfoot", "214.5")
    page.set_viewport_size({"width": 360, "height": 800})
    for address in ("/chains/compare/", ROOT, f"{ROOT}T19-101/1/", f"{ROOT}new/"):
        page.goto(address)
        assert_fits(page)
    page.goto("/chains/compare/")
    shot(page, "chain-compare-phone")
