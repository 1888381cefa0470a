"""Two people have the form of one project open: who saves second compares, keeps his words and decides."""

import pytest
from playwright.sync_api import expect

from projects.models import Project
from tests.browser import allow, shot
from tests.journeys.steps import DESK, PHONE, at_each_width, follow, saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAVE = "form[data-draft] .form-actions .btn-primary"


def test_the_second_compares_and_takes_over_or_overwrites(demo_city, open_browser):
    project = Project.objects.filter(assignments__user__username="pm", assignments__role="manager").first()
    address = f"/projects/{project.code}/edit/"
    first, second = open_browser("pm"), open_browser("pm")
    for page in (first, second):
        page.goto(address)
    first.fill("[name=industry]", "电池材料")
    first.fill("[name=content]", "先改的内容")
    saved(first.locator(SAVE))

    allow(second, "422")
    second.fill("[name=industry]", "石墨负极")
    second.fill("[name=address]", "园区三路 8 号")
    follow(second.locator(SAVE))
    second.wait_for_selector(".collisions")
    expect(second.locator("[name=industry]")).to_have_value("石墨负极")
    expect(second.locator("#take-industry")).not_to_be_checked()
    expect(second.locator("#take-content")).to_be_checked()
    at_each_width(second, "two-at-once", (DESK, PHONE))
    saved(second.locator(SAVE))
    project.refresh_from_db()
    assert (project.industry, project.content, project.address) == ("石墨负极", "先改的内容", "园区三路 8 号")
    shot(second, "journey-two-at-once-saved-1440")
