"""The leader on the phone, the three administrators, the supervisor; language, lock-out, and a draft over a log-out."""

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import expect

from people.models import UserSession
from projects.models import Project
from tests.browser import allow, shot, sign_in
from tests.journeys.steps import (
    PHONE,
    arrived,
    assert_fits,
    at_each_width,
    follow,
    has,
    log_in,
    running_stage,
    saved,
    still,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_leader_reaches_a_project_on_the_phone_in_three_taps(demo_city, browser_page):
    page = browser_page
    page.set_viewport_size(PHONE)
    log_in(page, "leader")
    follow(page.locator(".tabbar a[href='/projects/']"))
    page.wait_for_selector("ul.items.phone-only li")
    assert_fits(page)
    follow(page.locator("ul.items.phone-only li a.item-name").first)
    page.wait_for_selector(".chain-phone")
    assert_fits(page)
    shot(page, "journey-leader-project-360")
    assert page.locator("#panel form").count() == 0
    page.goto("/workbench/")
    assert_fits(page)


@pytest.mark.parametrize("username", ["sysadmin", "secadmin", "auditor"])
def test_administrators_have_their_page_and_no_business_data(demo_city, browser_page, clients, username):
    page = browser_page
    log_in(page, username)
    assert page.locator("h1").count() == 1
    at_each_width(page, f"home-{username}")
    project = Project.objects.order_by("pk").first()
    # The auditor's log names what was touched: that is what it is for. Nobody else is shown a project.
    assert username == "auditor" or project.name not in page.content()
    assert page.locator(".topbar a[href='/projects/']").count() == 0
    client = clients[username]
    for address in ("/projects/", "/workbench/", f"/projects/{project.code}/", "/search/?q=项目", "/exports/projects/"):
        answer = client.get(address)
        assert answer.status_code in (403, 404), f"{username} {address} {answer.status_code}"
        assert project.name not in answer.content.decode()


def test_the_supervisor_sees_the_calendar_and_the_templates(demo_city, browser_page):
    page = browser_page
    log_in(page, "supervisor")
    page.goto("/calendar/")
    at_each_width(page, "calendar")
    page.goto(reverse("template-list"))
    at_each_width(page, "templates")


def test_english_and_back(demo_city, browser_page):
    page = browser_page
    sign_in(page, "pm")
    page.goto("/workbench/")
    for language, words in (("en", "My projects"), ("zh-hans", "我的项目")):
        page.locator(".topbar details.drop > summary").last.click()
        follow(page.locator(f".topbar button[name=language][value={language}]"))
        page.wait_for_selector(f"html[lang={language}]")
        expect(page.locator("h1")).to_have_text(words)
        arrived(page, "/workbench/")


def test_the_log_in_page_locks_out_and_says_so(demo_city, browser_page):
    page = browser_page
    allow(page, "429")
    allow(page, "401")
    allow(page, "422")
    page.goto("/login/")
    at_each_width(page, "login")
    for _attempt in range(settings.AXES_FAILURE_LIMIT):
        log_in(page, "pm", "wrong-password")
    has(page, ".error-summary", "分钟")
    shot(page, "journey-locked-1440")
    log_in(page, "pm")
    arrived(page, "/login/")


def test_what_was_typed_survives_an_idle_log_out(demo_city, browser_page):
    page = browser_page
    stage = running_stage(manager="pm")
    log_in(page, "pm")
    address = f"/projects/{stage.chain.project.code}/?stage={stage.code}&action=note#panel"
    page.goto(address)
    page.fill("#panel [name=note]", "现场踏勘完成，等待专家意见")
    still(page)  # nothing asks in the name of a session that has ended meanwhile
    make_idle("pm")
    follow(page.locator("#panel .form-actions .btn-primary"))
    arrived(page, "/login/")
    shot(page, "journey-idle-1440")
    page.fill("input[name=username]", "pm")
    page.fill("input[name=password]", settings.DEMO_PASSWORD)
    follow(page.locator(".login button[type=submit]"))
    page.goto(address)
    expect(page.locator("#panel [name=note]")).to_have_value("现场踏勘完成，等待专家意见")
    saved(page.locator("#panel .form-actions .btn-primary"))


def make_idle(username: str) -> None:
    """Turn back the marks of a person's sessions to yesterday, as if nothing had happened since."""
    from people import sessions

    for row in UserSession.objects.filter(user__username=username, ended_at=None):
        store = sessions.import_module(settings.SESSION_ENGINE).SessionStore(row.session_key)
        store[sessions.SEEN] -= 86_400
        store.save()
