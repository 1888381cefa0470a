"""The tests' own machinery: databases, network, browser."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.test import RequestFactory

from tests import traffic
from tests.journeys.steps import eventually, follow

ROOT = Path(__file__).resolve().parents[2]


def test_the_network_is_off():
    with pytest.raises(OSError, match="network is off"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


@pytest.mark.both_databases
@pytest.mark.django_db
def test_the_database_is_the_one_that_was_asked_for():
    wanted = "postgresql" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"
    assert connection.vendor == wanted
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_committed_rows_are_gone_in_the_next_test(turn, django_user_model):
    """Also where a trigger refuses DELETE: the database is put back, not emptied."""
    from django.contrib.auth.models import Permission

    from people import audit

    assert Permission.objects.exists()
    assert not django_user_model.objects.filter(username="left-over").exists()
    user = django_user_model.objects.create_user("left-over", display_name="某人")
    audit.record("login", by=user)


@pytest.mark.django_db
def test_sqlite_is_set_up_for_one_writer():
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_a_missing_program_is_a_failure_in_ci(monkeypatch):
    from tests import conftest

    monkeypatch.setattr(conftest, "REQUIRED", True)
    with pytest.raises(pytest.fail.Exception, match="Chromium"):
        conftest.missing("Chromium")
    monkeypatch.setattr(conftest, "REQUIRED", False)
    with pytest.raises(pytest.skip.Exception, match="Chromium"):
        conftest.missing("Chromium")


@pytest.mark.browser
def test_the_browser_notices_errors_and_foreign_requests(browser_page):
    """On a blank page of the live server, so that it depends on no app."""
    browser_page.goto("/static/css/base.css")
    browser_page.evaluate("fetch('http://tiles.example.org/1.png').catch(() => 0)")
    browser_page.evaluate("console.error('boom')")
    for what in ("foreign host: http://tiles.example.org", "boom"):
        assert eventually(browser_page, lambda what=what: [p for p in browser_page.watch.verdict() if what in p]), what
    browser_page.watch.problems.clear()


def test_messages_compile_without_gettext(tmp_path):
    result = subprocess.run(
        [sys.executable, "scripts/messages.py", "compile"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.browser
def test_the_log_in_page_keeps_the_content_policy(browser_page):
    """The first page that anybody sees: nothing foreign, no violation, demo accounts shown in demo mode only."""
    from tests.browser import shot

    answer = browser_page.goto("/login/")
    assert answer.status == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy
    shot(browser_page, "login")


@pytest.mark.browser
def test_signing_in_by_cookie(browser_page, clients):
    from tests.browser import sign_in

    username = clients["pm"].user.username
    sign_in(browser_page, username)
    assert browser_page.goto("/account/").status == 200
    assert browser_page.url.endswith("/account/")


def test_browsers_can_be_made_to_wait_and_are_waited_for(monkeypatch):
    """LUODI_SLOW_PAGES=1 delays what a browser asks for, by the same for one address; a test ends after the answer."""
    assert traffic.delay("/a/") == traffic.delay("/a/") != traffic.delay("/b/")
    assert all(0.3 <= traffic.delay(f"/{n}/") < 0.8 for n in range(50))
    asked = []
    monkeypatch.setattr(traffic, "SLOW", True)
    monkeypatch.setattr(traffic.time, "sleep", lambda seconds: asked.append(list(traffic.Traffic.under_way)))
    answer = traffic.Traffic(lambda request: request.get_full_path())
    request = RequestFactory().get("/a/?b=c", headers={"Sec-Fetch-Dest": "document"})
    assert answer(request) == "/a/?b=c" and asked == [["/a/?b=c"]]
    assert answer(RequestFactory().get("/a/")) == "/a/" and len(asked) == 1
    traffic.Traffic.rest(0)
    traffic.Traffic.under_way.append("/late/")
    with pytest.raises(AssertionError, match="/late/"):
        traffic.Traffic.rest(0)
    traffic.Traffic.under_way.remove("/late/")


@pytest.mark.browser
def test_a_step_ends_when_its_page_has_come(browser_page, monkeypatch):
    """What CI met: the address was the new one, and the words were still the old ones."""
    monkeypatch.setattr(traffic, "SLOW", True)
    browser_page.goto("/login/")
    browser_page.evaluate("document.body.innerHTML = '<a href=\"/login/?next=/projects/\">on</a>'")
    follow(browser_page.locator("a"))
    assert browser_page.url.endswith("?next=/projects/") and browser_page.locator(".login button").count()
