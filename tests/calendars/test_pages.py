"""The calendar page and the way from a pasted notice to a new version."""

from datetime import date

import pytest
from django.urls import reverse

from calendars import actions, store
from calendars.models import CalendarVersion, DayOverride
from people.models import AuditEntry

pytestmark = pytest.mark.django_db
READERS = ["pm", "approver", "factor", "park", "officer", "leader", "sysadmin", "secadmin", "auditor"]
NOTICE = """元旦：1月1日（周五）至3日（周日）放假，共3天。
春节：2月5日（周五）至11日（周四）放假调休，共7天。1月30日（周六）、2月20日（周六）上班。
劳动节：5月1日（周六）至5日（周三）放假调休，共5天。
国庆节：10月1日至7日放假调休，共7天。"""
FORM = {"kind": "notice", "year": "2027", "text": NOTICE, "source": "国办发明电〔2026〕9号", "note": ""}


class Move:
    label, url, was_on, is_on = "云川碳素 环评批复", "/projects/x/", date(2027, 1, 4), date(2027, 1, 5)


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch):
    """Apps above recompute in their own tests."""
    monkeypatch.setattr(actions, "after_change", [])
    monkeypatch.setattr(actions, "list_moves", [])


def post(client, name, **data):
    return client.post(reverse(name), data)


def text(response) -> str:
    return response.content.decode()


def test_everybody_logged_in_sees_the_year_and_only_the_supervisor_may_change_it(clients):
    for role in [*READERS, "supervisor"]:
        response = clients[role].get(reverse("calendar"), {"year": "2026"})
        assert response.status_code == 200
        assert (reverse("calendar-change") in text(response)) is (role == "supervisor")
        expected = 200 if role == "supervisor" else 403
        assert clients[role].get(reverse("calendar-change")).status_code == expected
        assert post(clients[role], "calendar-revert", version=1).status_code == (404 if role == "supervisor" else 403)
    assert post(clients["pm"], "calendar-change", **FORM, action="save").status_code == 403
    assert not CalendarVersion.objects.exists()
    for name in ("calendar", "calendar-change", "calendar-revert"):
        assert clients["anonymous"].get(reverse(name)).status_code == 302
        assert post(clients["anonymous"], name).status_code == 302


def test_days_carry_colour_and_word(clients):
    page = text(clients["pm"].get(reverse("calendar"), {"year": "2026"}))
    assert 'datetime="2026-10-03" class="day day-holiday' in page
    assert 'datetime="2026-10-10" class="day day-makeup' in page
    assert 'datetime="2026-10-17" class="day day-weekend' in page
    assert page.count('class="card calendar-month"') == 12
    assert "国庆节" in page and "<b>248</b>" in page


def test_a_year_without_a_notice_says_so(clients):
    response = clients["pm"].get(reverse("calendar"), {"year": "2027"})
    assert response.context["provisional"] is True
    assert clients["pm"].get(reverse("calendar"), {"year": "2026"}).context["provisional"] is False


@pytest.mark.parametrize("year", ["", "0", "1", "99999", "x", "-3", "２０２６", "2061"])
def test_odd_years_show_a_year_of_the_table(clients, year):
    response = clients["pm"].get(reverse("calendar"), {"year": year, "page": year, "version": year})
    assert response.status_code == 200
    assert 2004 <= response.context["year"] <= 2060


def test_from_the_pasted_notice_over_the_preview_to_the_new_version(clients, monkeypatch):
    client = clients["supervisor"]
    preview = post(client, "calendar-change", **FORM, action="preview")
    assert preview.status_code == 200 and not CalendarVersion.objects.exists()
    changes = {change.date: change for change in preview.context["preview"]}
    assert changes[date(2027, 1, 30)].after.is_workday and not changes[date(2027, 2, 5)].after.is_workday
    assert not changes[date(2027, 1, 2)].moves_workdays, "a Saturday gets its name only"

    monkeypatch.setattr(actions, "after_change", [lambda old, new: [Move()]])
    monkeypatch.setattr(actions, "list_moves", [lambda version, user: [Move()] if version == 1 else []])
    checked = {field.name: field.value() for field in preview.context["checked"]}
    saved = client.post(reverse("calendar-change"), {**checked, "action": "save"}, follow=True)
    assert saved.redirect_chain and "云川碳素 环评批复" in text(saved) and "2027-01-05" in text(saved)
    version = CalendarVersion.objects.get()
    assert (version.notice_year, version.made_by.username, version.moved_count) == (2027, "supervisor", 1)
    assert version.overrides.count() == 24 and version.source == FORM["source"]
    assert saved.context["provisional"] is False and not store.current().is_provisional(date(2027, 6, 1))
    assert AuditEntry.objects.filter(kind="calendar.changed").exists()

    again = client.post(reverse("calendar-change"), {**checked, "based_on": 1, "action": "save"}, follow=True)
    assert CalendarVersion.objects.count() == 1 and again.status_code == 200


def test_what_was_previewed_on_an_older_version_is_shown_again(clients):
    client = clients["supervisor"]
    single = {**FORM, "kind": "local", "text": "2026-12-01 休 市运会", "year": "2026"}
    post(client, "calendar-change", **single, action="save", based_on=0)
    late = post(client, "calendar-change", **FORM, action="save", based_on=0)
    assert late.status_code == 409 and CalendarVersion.objects.count() == 1
    assert late.context["checked"]["based_on"].value() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": "元旦：1月1日（周四）放假。"}, "text"),
        ({"text": "元旦：1月1日至3日放假。"}, "text"),  # no Labour Day: not the whole notice
        ({"text": "hello"}, "text"),
        ({"text": ""}, "text"),
        ({"text": "休" * 20_001}, "text"),
        ({"text": "2061-01-01 休 元旦", "year": "2060", "kind": "local"}, "text"),
        ({"source": ""}, "source"),
        ({"year": "2061"}, "year"),
        ({"kind": "other"}, "kind"),
    ],
)
def test_errors_stand_at_the_field_and_what_was_typed_stays(clients, change, field):
    for action in ("preview", "save"):
        response = post(clients["supervisor"], "calendar-change", **{**FORM, **change}, action=action)
        assert response.status_code == 422
        assert field in response.context["form"].errors
        assert not CalendarVersion.objects.exists()
    assert change.get("text", NOTICE)[:10] in text(response)


def test_taking_back_an_entry_and_a_version(clients):
    client = clients["supervisor"]
    post(client, "calendar-change", **FORM, action="save")
    entry = DayOverride.objects.get(date=date(2027, 1, 30))
    assert post(client, "calendar-revert", override=entry.pk).status_code == 302
    assert store.current().version == 2 and not store.current().is_workday(date(2027, 1, 30))
    assert client.get(reverse("calendar-revert")).status_code == 405
    for wrong in ({"override": "x"}, {"override": 99999}, {"version": 77}, {}):
        assert post(client, "calendar-revert", **wrong).status_code == 404
    post(client, "calendar-revert", version=1)
    assert store.current().is_provisional(date(2027, 6, 1))
    post(client, "calendar-revert", version=1)
    assert CalendarVersion.objects.count() == 3, "taking back twice changes nothing"


def test_pasted_text_is_escaped(clients):
    evil = {**FORM, "kind": "local", "text": "2027-03-01 休 <script>alert(1)</script>", "source": "<b>x</b>"}
    shown = text(post(clients["supervisor"], "calendar-change", **evil, action="preview"))
    assert "<script>alert" not in shown
    post(clients["supervisor"], "calendar-change", **evil, action="save")
    page = text(clients["pm"].get(reverse("calendar"), {"year": "2027"}))
    assert "<script>alert" not in page and "<b>x</b>" not in page and "&lt;script&gt;" in page


def test_the_page_costs_few_queries_however_many_entries(clients, django_assert_max_num_queries):
    post(clients["supervisor"], "calendar-change", **FORM, action="save")
    client = clients["pm"]
    client.get(reverse("calendar"))
    with django_assert_max_num_queries(6):  # session, person, calendar version; entries, versions and their count
        client.get(reverse("calendar"), {"year": "2027"})
