"""Records that deserve a second look: the rules, case by case, and the report that lists them."""

import datetime as dt
import io

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from approvals import actions, recording, records_words
from approvals.models import StageEvent
from approvals.records import Before, Case, Record, Rule, Thresholds, judge
from calendars import store

BEGAN = dt.date(2026, 9, 1)
CASES = {
    1: Case(BEGAN, 10.0, (Before("I02", dt.date(2026, 10, 9)),)),
    2: Case(BEGAN, 1.0),
    3: Case(BEGAN, 10.0, (Before("I02", None),)),
}


def when(text: str) -> dt.datetime:
    """Return the wall-clock instant of "10-12 15:00" (2026)."""
    return dt.datetime.fromisoformat(f"2026-{text}")


def record(pk: int, kind: str, occurred: str, recorded: str = "", stage: int = 1, **more) -> Record:
    """Return a record; recorded when it happened unless said otherwise, by a person of its own."""
    more = {"chain": 1, "person": pk, "code": f"I{stage:02}"} | more
    return Record(pk=pk, stage=stage, kind=kind, occurred=when(occurred), recorded=when(recorded or occurred), **more)


def met(*records: Record) -> dict[int, list[str]]:
    """Return what is said of each record, by its id."""
    found = judge(records, CASES, store.delivered(), Thresholds())
    return {pk: [finding.why for finding in findings] for pk, findings in found.items()}


TIDY = (record(1, "receive", "10-12 09:00"), record(2, "accept", "10-12 15:00"), record(3, "pass", "10-19 17:00"))


def test_a_tidy_case_meets_no_rule():
    assert met(*TIDY) == {}


@pytest.mark.parametrize(
    ("occurred", "recorded", "late"),
    [
        ("11-09 17:00", "11-11 09:00", False),  # Monday to Wednesday: two working days
        ("11-09 17:00", "11-12 09:00", True),
        ("11-06 17:00", "11-10 09:00", False),  # Friday to Tuesday: the weekend does not count
        ("11-06 17:00", "11-11 09:00", True),
        ("09-30 17:00", "10-09 09:00", False),  # the week of the national holiday: two working days, 8 and 9 October
    ],
)
def test_late_counts_working_days(occurred, recorded, late):
    assert met(record(1, "receive", occurred, recorded)) == ({1: ["late"]} if late else {})


def test_five_records_of_one_person_within_a_minute_are_a_batch_four_are_none():
    five = [
        record(n, "receive", "11-09 10:00", f"11-09 16:00:{12 * n:02}", stage=n, chain=n, person=7) for n in range(5)
    ]
    assert met(*five) == {n: ["person"] for n in range(5)}
    assert met(*five[:4]) == {}
    assert met(*five[:4], record(9, "receive", "11-09 10:00", "11-09 16:00:50", stage=9, chain=9, person=8)) == {}


def test_three_stages_of_one_chain_within_a_minute_are_a_batch():
    three = [record(n, "receive", "11-09 10:00", f"11-09 16:00:0{n}", stage=n, person=7) for n in range(3)]
    assert met(*three) == {n: ["chain"] for n in range(3)}
    one_stage = [record(n, "receive", "11-09 10:00", f"11-09 16:00:0{n}", stage=1, person=7) for n in range(3)]
    assert "chain" not in str(met(*one_stage[:1]))


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ([record(1, "receive", "11-12 09:00", "11-10 09:00")], "future"),
        ([record(1, "receive", "08-31 09:00", "09-01 09:00")], "before_chain"),
        ([record(1, "receive", "10-08 08:00"), record(2, "accept", "10-08 09:00")], "prerequisite"),
        ([record(1, "receive", "10-08 08:00", stage=3), record(2, "accept", "11-09 09:00", stage=3)], "prerequisite"),
        ([record(1, "receive", "10-12 09:00"), record(2, "pass", "10-13 09:00")], "unaccepted"),
        ([record(2, "accept", "10-12 09:00"), record(1, "receive", "10-13 09:00")], "before_receipt"),
        ([*TIDY[:2], record(3, "pass", "10-12 15:00")], "zero"),
    ],
)
def test_what_cannot_have_been(records, why):
    found = met(*records)
    assert [whys for whys in found.values() if whys != ["identical"]] == [[why]]


def test_what_may_well_have_been():
    deferred = [record(1, "receive", "10-08 08:00"), record(2, "accept_with_deferral", "10-08 09:00")]
    at_once = [record(n, kind, "10-12 15:00", stage=2) for n, kind in enumerate(("receive", "accept", "pass"))]
    begun_before = [record(1, "pass", "10-12 15:00")]  # its receipt was recorded before the period
    assert (met(*deferred), met(*at_once), met(*begun_before)) == ({}, {}, {})


def test_offices_rest_on_rest_days_and_at_night_applicants_do_not():
    assert met(record(1, "start_handling", "11-08 10:00", stage=9)) == {1: ["rest"]}  # Sunday
    assert met(record(1, "start_handling", "10-10 10:00", stage=9)) == {}  # a Saturday that makes up for a holiday
    assert met(record(1, "receive", "11-08 10:00")) == {}
    assert met(record(1, "start_handling", "11-09 22:00", stage=9)) == {1: ["night"]}
    assert met(record(1, "start_handling", "11-09 21:59", stage=9)) == {}


def test_the_same_twice_on_a_stage_or_with_its_number_on_two_projects():
    twice = [record(n, "extend", "11-09 10:00", stage=9, chain=9) for n in (1, 2)]
    assert met(*twice) == {2: ["twin"]}
    copied = [
        record(n, "revoke", "11-09 10:00", stage=n, chain=n, code="I04", document_no="云审〔2026〕7号") for n in (8, 9)
    ]
    assert met(*copied) == {9: ["copy"]}
    assert met(*(record(n, "revoke", "11-09 10:00", stage=n, chain=n, code="I04") for n in (8, 9))) == {}


def test_every_case_of_a_rule_has_its_words():
    assert [code for code, _label, _words in records_words.rules(Thresholds())] == [rule.value for rule in Rule]
    source = (settings.BASE_DIR / "approvals" / "records.py").read_text()
    assert all(f'"{why}"' in source for why in records_words._SENTENCES)


# --- with a database ------------------------------------------------------------------------------------------------


@pytest.fixture
def told(world):
    """Three records on stage 01, the last entered a week late and then corrected; one from a file."""
    now = dt.datetime(2026, 11, 20, 10, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    world.act("01", "receive", "11-09 09:00", now=now - dt.timedelta(days=11))
    world.act("01", "accept", "11-09 10:00", now=now - dt.timedelta(days=11))
    late = world.act("01", "pass", "11-10 15:00", now=now - dt.timedelta(days=3))
    actions.correct(by=world.pm, event=late, reason="时间记错", now=now, occurred_at=late.occurred_at)
    world.extra["now"] = now
    return world


def test_a_correction_stands_in_the_place_of_the_first_record(told):
    judged, _at = recording.report(None, "test", 90, told.extra["now"])
    assert judged.total.total() == 3
    assert [(row.record.kind, [f.why for f in row.findings], row.reason) for row in judged.rows] == [
        ("pass", ["late"], "")
    ]
    assert judged.rows[0].record.recorded.date() == dt.date(2026, 11, 17)
    assert judged.rows[0].department == told.pm.department_id


def test_the_share_of_headlines_is_that_of_the_report(told):
    share = recording.share_of(told.pm, told.extra["now"])
    assert (str(share), share.imported) == ("2/3 66.67%", 0)


def test_headlines_of_a_large_city_judge_a_sample_and_say_so(told, monkeypatch):
    monkeypatch.setattr(recording, "FRESH_SHARE", 1)
    whole = recording.share(None, "whole", told.extra["now"])
    assert (str(whole), whole.every) == ("2/3 66.67%", 1)
    monkeypatch.setattr(recording, "MOST_OF_SHARE", 1)
    told.new_project(9, "另一条链")
    share = recording.share(None, "large", told.extra["now"])
    assert share.every > 1 and share.N <= 3
    # the same for ten minutes, whatever is recorded
    assert recording.share(None, "large", told.extra["now"] + dt.timedelta(minutes=9)) == share


def test_what_comes_from_a_file_is_counted_apart(told):
    from approvals.history import Entry, record_many

    now = told.extra["now"]
    stage = told.stage("03")
    record_many(by=told.pm, entries=[Entry(stage, "receive", now - dt.timedelta(days=30))], now=now)
    assert recording.share_of(told.pm, now).imported == 1
    assert str(recording.share_of(told.pm, now)) == "2/3 66.67%"
    assert StageEvent.objects.get(stage=stage).data["imported"]


def test_report_list_and_export_agree_and_strangers_see_nothing(told, settings):
    settings.RECORDS_DAYS = 365
    for username, number in (("pm", 1), ("pm2", 0)):
        client = Client()
        client.force_login(told.people[username], backend="django.contrib.auth.backends.ModelBackend")
        report = client.get(reverse("records-report"), {"days": 0})
        assert report.context["whole"].flagged == number
        rows = client.get(reverse("records-list"), {"days": 0, "rule": "late", "department": "nonsense"})
        assert rows.context["page"].paginator.count == number
        assert client.get(reverse("records-list"), {"days": 0, "rule": "batch"}).context["page"].paginator.count == 0
        if number:
            assert "2026-11-17" in rows.content.decode()
            import openpyxl

            body = client.get(reverse("records-export"), {"days": 0}).content
            sheet = openpyxl.load_workbook(io.BytesIO(body)).active
            assert (sheet.max_row, sheet["B2"].value) == (2, told.project.name)
