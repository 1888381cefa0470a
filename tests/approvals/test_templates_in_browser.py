"""Templates and the comparison in a real Chromium: no console error, no policy violation, nothing cut on a phone."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from approvals import template_actions
from approvals.models import ChainTemplate
from people.models import User
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
