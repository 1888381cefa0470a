"""From 1 November every page reminds of next year's holiday notice until somebody enters it."""

from datetime import date

import pytest
from django.urls import reverse

from calendars import actions
from calendars.workdays import Day
from config import context

pytestmark = pytest.mark.django_db


@pytest.fixture
def on(monkeypatch):
    """Set the day of the reminder."""
    monkeypatch.setattr(actions, "after_change", [])
    return lambda day: monkeypatch.setattr(context.timezone, "localdate", lambda: day)


def shown(client):
    return "calendar-reminder" in client.get(reverse("account")).content.decode()


def test_everybody_is_reminded_until_the_notice_is_entered(clients, on):
    on(date(2026, 10, 31))
    assert not shown(clients["pm"])
    on(date(2026, 11, 1))
    assert shown(clients["pm"])
    assert "2027" in clients["pm"].get(reverse("account")).content.decode()
    assert not shown_to_nobody(clients)
    supervisor = clients["supervisor"]
    link = f"{reverse('calendar-change')}?year=2027"
    assert link in supervisor.get(reverse("account")).content.decode()
    assert link not in clients["pm"].get(reverse("account")).content.decode()
    actions.apply_overrides(
        {date(2027, 1, 1): Day(False, "元旦")}, by=supervisor.user, source="国办发明电", notice_year=2027
    )
    assert not shown(clients["pm"])


def shown_to_nobody(clients):
    return "calendar-reminder" in clients["anonymous"].get(reverse("login")).content.decode()
