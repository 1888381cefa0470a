"""Two people have the form of one project open: who saves second compares, keeps his words and decides."""

from urllib.parse import urlsplit

import pytest

from projects.models import Project
from tests.browser import Watch, allow, shot, sign_in
from tests.journeys.steps import DESK, PHONE, at_each_width, wait_success

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAVE = "form[data-draft] .form-actions .btn-primary"


def test_the_second_compares_and_takes_over_or_overwrites(demo_city, browser_page, chromium, live_server):
    project = Project.objects.filter(assignments__user__username="pm", assignments__role="manager").first()
    address = f"/projects/{project.code}/edit/"
    context = chromium.new_context(base_url=live_server.url, locale="zh-CN", viewport=DESK)
    first, second = context.new_page(), browser_page
    first.watch = Watch(first, urlsplit(live_server.url).netloc)
    for page in (first, second):
        page.set_default_timeout(60_000)
        sign_in(page, "pm")
        page.goto(address)
    first.fill("[name=industry]", "电池材料")
    first.fill("[name=content]", "先改的内容")
    first.click(SAVE)
    wait_success(first)
    assert not first.watch.verdict()
    context.close()

    allow(second, "422")
    second.fill("[name=industry]", "石墨负极")
    second.fill("[name=address]", "园区三路 8 号")
    second.click(SAVE)
    second.wait_for_selector(".collisions")
    assert second.input_value("[name=industry]") == "石墨负极"
    assert not second.is_checked("#take-industry") and second.is_checked("#take-content")
    at_each_width(second, "two-at-once", (DESK, PHONE))
    second.click(SAVE)
    wait_success(second)
    project.refresh_from_db()
    assert (project.industry, project.content, project.address) == ("石墨负极", "先改的内容", "园区三路 8 号")
    shot(second, "journey-two-at-once-saved-1440")
