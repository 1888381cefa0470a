"""The workbench: a manager's by project, an officer's by case, each row in one section."""

import datetime as dt

import pytest
from django.utils import timezone

from approvals.models import StageEvent
from projects.models import Project
from tests.approvals import quota
from tests.approvals.test_project_page import as_

ADDRESS = "/workbench/"


@pytest.fixture
def busy(world):
    """One project in each condition, by what its first stage shows today; days are relative to the real today."""
    now = timezone.localtime()

    def prepare(number, name, days_ago, *steps):
        project = world.new_project(number, name)
        then = now - dt.timedelta(days=days_ago)
        kept, world.project = world.project, project
        for step in steps:
            world.act("01", step, now=then)
        world.project = kept
        return project

    return {
        "overdue": prepare(2, "风电塔筒", 30, "receive", "accept", "note"),
        "due": prepare(3, "煤矸石建材", 0, "receive", "accept"),
        "deferred": prepare(4, "陶瓷基", 0, "receive", "accept_with_deferral"),
        "supplement": prepare(5, "光伏玻璃", 0, "receive", "accept", "request_supplement"),
        "stale": prepare(6, "再生铝", 60, "receive"),
        "received": prepare(7, "铝靶材", 0, "receive"),
    }


def names(section):
    return {row["project"].name if isinstance(row, dict) else row.project.name for row in section.rows}


def test_a_managers_sections(world, busy):
    response = as_(world.pm).get(ADDRESS)
    assert response.status_code == 200
    sections = {section.code: section for section in response.context["sections"]}
    assert list(sections) == ["overdue", "due", "deferred", "supplement", "stale"]
    assert names(sections["overdue"]) == {"风电塔筒"}
    assert {"煤矸石建材"} <= names(sections["due"])
    assert names(sections["deferred"]) == {"陶瓷基"}
    assert names(sections["supplement"]) == {"光伏玻璃"}
    assert "再生铝" in names(sections["stale"])
    assert "收齐" in response.content.decode()


def test_an_officers_sections_hold_each_case_once(world, busy):
    response = as_(world.a).get(ADDRESS)
    assert response.status_code == 200
    sections = {section.code: section for section in response.context["sections"]}
    assert names(sections["overdue"]) == {"风电塔筒"}
    assert names(sections["supplement"]) == {"光伏玻璃"}
    assert {"铝靶材", "再生铝"} == names(sections["received"])
    listed = [row["stage"].pk for section in sections.values() for row in section.rows]
    assert len(listed) == len(set(listed))
    assert as_(world.d).get(ADDRESS).context["sections"][0].total == 0


def test_overdue_and_at_the_enterprise_is_listed_once(world, busy):
    kept, world.project = world.project, busy["overdue"]
    world.act("01", "request_supplement", now=timezone.localtime())
    world.project = kept
    sections = {section.code: section for section in as_(world.a).get(ADDRESS).context["sections"]}
    assert ("风电塔筒" in names(sections["overdue"])) != ("风电塔筒" in names(sections["supplement"]))


def test_leaders_and_strangers(world, busy):
    assert as_(world.leader).get(ADDRESS).context["total"] == 1
    assert as_(world.pm2).get(ADDRESS).context["total"] == 0


def test_the_short_form_records_a_note_and_comes_back(world, busy):
    client = as_(world.pm)
    code = busy["stale"].code
    opened = client.get(ADDRESS, {"project": code, "stage": "01", "in": "stale"})
    assert opened.context["opened"]["project"].code == code
    fields = {
        "action": "note",
        "note": "已核实",
        "next": "workbench",
        "seen_event": opened.context["opened"]["seen"],
        "occurred_on": timezone.localdate().isoformat(),
    }
    response = client.post(f"/projects/{code}/stages/01/act/", fields)
    assert (response.status_code, response.url) == (302, ADDRESS)
    assert StageEvent.objects.filter(kind="note", note="已核实").exists()
    assert Project.objects.get(code=code).light != "stale"
    assert client.get(ADDRESS, {"project": "nope", "stage": "01"}).status_code == 404


def test_what_is_reserved_and_runs_out_within_a_week_is_announced_to_the_manager(world):
    city = quota.make(world)
    city.need(60)
    today = timezone.localdate()
    city.reserve(10, until=today)
    city.reserve(20, until=today + dt.timedelta(days=7))
    city.reserve(30, until=today + dt.timedelta(days=8))
    response = as_(world.pm).get(ADDRESS)
    ending = response.context["ending"]
    assert [(row.amount, row.days) for row in ending["rows"]] == [(10 * quota.TCE, 0), (20 * quota.TCE, 7)]
    html = response.content.decode()
    assert "今日为最后一日" in html and "余 7 日" in html and "市级池" in html
    assert as_(world.pm2).get(ADDRESS).context["ending"]["total"] == 0  # another district's manager
