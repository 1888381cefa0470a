"""The workbench: a manager's by project, an officer's by case, each row in one section."""

import datetime as dt
from dataclasses import replace

import pytest
from django.utils import timezone

from approvals import keeping
from approvals import workbench_sections as sections_of
from approvals.lights import Light
from approvals.models import Stage, StageEvent
from projects.models import Assignment, Project
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


def test_who_waits_for_the_enterprise_shows_the_light_of_that_stage(world, busy):
    """The department's page says stopped of it; the worst light of the project is another stage's."""
    Project.objects.filter(pk=busy["supplement"].pk).update(light=Light.AMBER)
    page = as_(world.pm).get(ADDRESS).content.decode()
    row = page.split(f'id="row-supplement-{busy["supplement"].pk}"')[1].split("</td>")[0]
    assert "中止" in row and "预警" not in row


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


def test_own_projects_stand_in_the_sections_that_the_indexes_find(world, busy):
    """What is sorted out here and what a database sorts out is the same, row by row and in the same order."""
    for project in [*busy.values(), world.project]:
        for role in ("service_officer", "task_force"):
            Assignment.objects.create(
                user=world.pm, project=project, role=role, started_on="2026-01-05", made_by=world.pm
            )
    keeping.sweep(timezone.localtime())
    today, mine = timezone.localdate(), sections_of.mine_of(world.pm)
    assert mine.stands and len(mine.own) == mine.total() == len(busy) + 1
    found = sections_of.own_sections(mine.own, today)
    assert found == sections_of.city_sections(mine.projects, today)
    assert found["overdue"].ids == [busy["overdue"].pk] and found["supplement"].ids == [busy["supplement"].pk]
    assert busy["due"].pk in found["due"].ids and busy["stale"].pk in found["stale"].ids
    owed, total = sections_of.deferred(mine)
    assert ({use.stage.chain.project for use in owed}, total) == ({busy["deferred"]}, 1)
    assert sections_of.deferred(replace(mine, own=None)) == (owed, total)


def test_the_latest_changes_are_those_recorded_last_also_of_a_stage_whose_events_were_struck_out(world, busy):
    chains = [project.chain.pk for project in busy.values()]
    told = sections_of.recent(chains)
    rows = StageEvent.objects.filter(stage__chain__in=chains).order_by("-recorded_at", "-id")[: sections_of.RECENT]
    assert [(one.kind, one.recorded_at) for one in told] == [(row.kind, row.recorded_at) for row in rows]
    Stage.objects.filter(chain__in=chains).update(latest_event_at=None)
    assert sections_of.recent(chains) == told


def test_what_was_drawn_before_is_not_shown_once_it_is_another(world, busy):
    client = as_(world.pm)
    assert "煤矸石建材" in client.get(ADDRESS).content.decode()
    Project.objects.filter(pk=busy["due"].pk).update(name="煤矸石砖")
    html = client.get(ADDRESS).content.decode()
    assert "煤矸石砖" in html and "煤矸石建材" not in html
    officer = as_(world.a)
    assert "煤矸石砖" in officer.get(ADDRESS).content.decode()
    Stage.objects.filter(chain__project=busy["due"], code="01").update(name="立项")
    assert "立项" in officer.get(ADDRESS).content.decode()
