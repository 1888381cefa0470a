"""The tests' own machinery: databases, network, browser."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

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
    problems = browser_page.watch.verdict()
    assert any("foreign host: http://tiles.example.org" in problem for problem in problems)
    assert any("boom" in problem for problem in problems)
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
