"""Exports are limited per person and hour; passwords grow old. Both by settings, both off where they say so."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from people import actions, audit, limits, passwords
from people.models import User

pytestmark = pytest.mark.django_db
GOOD, OTHER = "Yunchuan-2026", "Hedong-2027-x"


@pytest.mark.both_databases
def test_the_twenty_first_export_within_an_hour_waits(clients, settings):
    settings.EXPORTS_PER_HOUR = 2
    client, address = clients["pm"], reverse("export-projects")
    assert [client.get(address).status_code for _n in range(3)] == [200, 200, 429]
    refused = client.get(address)
    assert 3500 < int(refused["Retry-After"]) <= 3600
    assert "导出" in refused.content.decode() or "export" in refused.content.decode()
    assert clients["leader"].get(address).status_code == 200  # somebody else's hour
    now = timezone.now()
    assert limits.next_export_at(client.user, now + timedelta(hours=1)) is None
    settings.EXPORTS_PER_HOUR = 0
    assert client.get(address).status_code == 200


def test_the_audit_log_counts_as_an_export(clients, settings):
    settings.EXPORTS_PER_HOUR = 1
    client = clients["auditor"]
    codes = [client.get(reverse("audit-export")).status_code for _n in range(2)]
    assert codes == [200, 429]


def test_refusals_are_not_counted(clients, settings):
    settings.EXPORTS_PER_HOUR = 1
    user = clients["pm"].user
    for hours in (3, 0.9, 0.5):
        audit.record("export", by=user, now=timezone.now() - timedelta(hours=hours))
    clients["pm"].get(reverse("export-projects"))
    opens = limits.next_export_at(user, timezone.now())
    assert timedelta(minutes=29) < opens - timezone.now() <= timedelta(minutes=30)


@pytest.fixture
def li(db):
    return actions.ensure_user("li", display_name="李", role="pm", password=GOOD)


def test_an_old_password_must_be_changed_before_anything_else(li, settings):
    settings.PASSWORD_DAYS = 90
    client = Client()
    client.post(reverse("login"), {"username": "li", "password": GOOD})
    assert client.get(reverse("account")).status_code == 200
    User.objects.update(password_changed_at=timezone.now() - timedelta(days=91))
    answer = client.get(reverse("project-list"))
    assert answer.url == reverse("password-change")
    assert client.get(answer.url).context["forced"]
    typed = {"old_password": GOOD, "new_password1": OTHER, "new_password2": OTHER}
    assert client.post(answer.url, typed).url == reverse("home")
    assert client.get(reverse("account")).status_code == 200


def test_the_limit_is_a_setting_and_off_in_the_demo(li, settings):
    later = timezone.now() + timedelta(days=10_000)
    assert settings.DEMO and settings.PASSWORD_DAYS == 0
    assert not passwords.is_old(li, later)
    settings.PASSWORD_DAYS = 30
    assert passwords.is_old(li, later) and not passwords.is_old(li, timezone.now())
    li.password_changed_at = None  # never changed: it counts from the day on which the account was opened
    assert passwords.is_old(li, timezone.now() + timedelta(days=31))
