"""Templates and the comparison in a real Chromium: no console error, no policy violation, nothing cut on a phone."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from approvals import actions, template_actions
from approvals.models import ChainTemplate
from people.models import District, User
from projects import actions as project_actions
from projects.models import Project
from tests.browser import allow, shot, sign_in

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
    page.click("text=从本版新建草案")
    page.wait_for_url(re.compile("/T19-101/2/$"))
    page.click("#stage-15 >> text=编辑")
    allow(page, "422")
    page.fill("[name=committed]", "16")
    page.click(".form-actions .btn-primary")
    assert "超过法定时限" in page.text_content(".error-summary")
    page.fill("[name=committed]", "8.5")
    page.click(".form-actions .btn-primary")
    page.wait_for_url(re.compile("/T19-101/2/"))
    assert "8.5" in page.text_content("#stage-15")
    shot(page, "template-draft")
    page.click(".page-actions .btn-primary")
    page.click("#confirm-dialog [data-yes]")
    page.wait_for_selector(".badge-green")
    assert ChainTemplate.objects.get(code="T19-101", version=2).status == "published"
    page.goto(f"{ROOT}T19-101/2/diff/")
    assert "10.0 工作日" in page.text_content(".diff del")
    assert "8.5 工作日" in page.text_content(".diff ins")


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
    page.click("text=从本版新建草案")
    page.wait_for_url(re.compile("/T19-101/2/$"))
    for code, days in (("1", "0.5"), ("15", "8.5")):
        page.click(f"#stage-{code} >> text=编辑")
        page.fill("[name=committed]", days)
        page.click(".form-actions .btn-primary")
        page.wait_for_url(re.compile("/T19-101/2/"))
    page.click(".page-actions .btn-primary")
    page.click("#confirm-dialog [data-yes]")
    page.wait_for_selector(".badge-green")
    code = ChainTemplate.objects.get(code="T19-101", version=2).stages.get(position=15).code
    assert chain.stages.get(code=code).committed_amount == 10
    sign_in(page, "pm")
    page.goto(f"/projects/{chain.project.code}/")
    page.click("a[href$='/chain/move/']")
    cells = page.locator("table.diff tbody").inner_text()
    assert "10.0 工作日" in cells and "8.5 工作日" in cells
    assert page.locator("table.diff ins").count() == 1  # the stage that was passed keeps what it was promised
    assert page.locator("table.diff .badge").count() == 1
    assert page.locator("table.diff del").count() == 1  # no document went by the way
    for width, height in ((360, 800), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        shot(page, f"chain-move-{width}")
    page.fill("[name=reason]", "改革提速，报经同意")
    page.click("form.card-foot .btn-primary")
    page.wait_for_selector(".messages .alert-success")
    chain.refresh_from_db()
    assert chain.template.version == 2
    assert str(chain.stages.get(code=code).committed_amount) == "8.5"
    assert page.locator("a[href$='/chain/move/']").count() == 0


def test_the_comparison_changes_with_the_choice_and_fits_a_phone(page):
    page.goto("/chains/compare/")
    assert "50.99 %" in page.text_content(".compare-head")
    shot(page, "chain-compare")
    page.select_option("[name=ours]", "IND-BA:1")
    page.wait_for_url(re.compile("ours=IND-BA"))
    assert "214.5" in page.text_content(".compare-rows tfoot")
    page.set_viewport_size({"width": 360, "height": 800})
    for address in ("/chains/compare/", ROOT, f"{ROOT}T19-101/1/", f"{ROOT}new/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
    page.goto("/chains/compare/")
    shot(page, "chain-compare-phone")
