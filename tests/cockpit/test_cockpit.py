"""The leaders' page: one number, one list; what failed leaves the rest; instructions; displays."""

import re
from datetime import timedelta
from functools import lru_cache, partial
from html import unescape

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from approvals import project_filters
from calendars import store
from cockpit import actions, figures, gauges, panels, week
from cockpit.models import DisplayToken, Instruction
from cockpit.scope import Scope
from people import audit
from people.access import department_ids
from people.models import Department, District, User
from projects.models import Project

pytestmark = pytest.mark.django_db(transaction=True)


def page_of(username="leader", **where):
    user = User.objects.get(username=username)
    return panels.load(Scope.of(user, **where), timezone.localtime())


def shown(client, url) -> int:
    response = client.get(unescape(url))
    assert response.status_code == 200, url
    return response.context["shown"]


def test_every_number_opens_a_list_of_as_many_projects(demo_city, clients):
    client = clients["leader"]
    told = lru_cache(None)(partial(shown, client))  # the tables share heads, causes and many of their lists
    for by in panels.TABLES:
        html = client.get(reverse("cockpit"), {"by": by}).content.decode()
        assert "ck-failed" not in html
        found = re.findall(r'<a href="(/projects/\?[^"]+)">(\d+)</a>', html)
        assert len(found) > 5, by
        for url, number in found:
            assert told(url) == int(number), (by, url)
        heads = re.findall(
            r'class="ck-figure" href="(/projects/\?[^"]+)"[^>]*>(?:<span.*?</span></span>)?<b>(\d+)<', html, re.DOTALL
        )
        assert len(heads) >= 4
        for url, number in heads:
            assert told(url) == int(number), url
        causes = re.findall(r'class="cause-sum" href="([^"]+)">[^<]*<b>(\d+)</b>', html)
        assert causes
        for url, number in causes:
            assert told(url) == int(number), url


def test_the_same_holds_in_one_district_and_for_every_cause(demo_city, clients):
    client = clients["leader"]
    html = client.get(reverse("cockpit"), {"district": "159902"}).content.decode()
    links = re.findall(r'<a href="(/projects/\?[^"]+)">(\d+)</a>', html)
    assert links and all(shown(client, url) == int(number) for url, number in links)
    html = client.get(reverse("cockpit-cause")).content.decode()
    causes = re.findall(r'class="cause-sum" href="([^"]+)">[^<]*<b>(\d+)</b>', html)
    assert {re.search(r"cause=(\w+)", url)[1] for url, _n in causes} >= {"pool", "stage"}
    assert all(shown(client, url) == int(number) for url, number in causes)


def test_lights_add_up_and_stuck_is_what_the_lights_say(demo_city):
    page = page_of()
    head = panels.head(page, {})
    assert head["stuck"] == head["statutory"] + head["red"] + head["blocked"] == head["by_quota"] + head["by_stage"]
    assert sum(line.stuck for line in panels.lines(page, "district")) == head["stuck"]
    assert sum(line.wan for line in panels.lines(page, "district")) == head["wan"] == page.held.wan
    assert sum(line.total for line in panels.lines(page, "district")) == Project.objects.count()
    rows = figures.blockers(page.held, page.now, store.current())
    assert [row.wan for row in rows] == sorted((row.wan for row in rows), reverse=True)
    assert all(row.who and row.days is not None for row in rows)


def test_the_filter_and_the_what_if_name_the_same_projects(demo_city):
    page = page_of()
    rows, checked = Project.objects.all(), set()
    for release in figures.releases(page.held):
        values = {"cause": release.cause}
        found = project_filters.narrow(rows, values, user=page.scope.user, today=page.today)
        assert set(found.values_list("pk", flat=True)) == set(release.released), release.cause
        checked.add(release.cause.partition(":")[0])
    assert checked >= {"pool", "stage", "utility"}


def test_a_panel_that_fails_leaves_the_others_and_is_not_kept(demo_city, clients, monkeypatch):
    monkeypatch.setattr(gauges, "gauges", lambda *args: 1 / 0)
    html = clients["leader"].get(reverse("cockpit")).content.decode()
    assert html.count("ck-failed") == 1 and "table-blockers" in html
    monkeypatch.undo()
    assert "ck-failed" not in clients["leader"].get(reverse("cockpit")).content.decode()


def test_what_is_kept_is_never_what_is_no_longer_so(demo_city, clients):
    client = clients["leader"]
    url = reverse("cockpit")
    client.get(url)
    with CaptureQueriesContext(connection) as warm:
        client.get(url)
    cache.clear()
    with CaptureQueriesContext(connection) as cold:
        client.get(url)
    assert len(warm) <= 14 and len(warm) < len(cold) / 2
    first = page_of().held.stuck
    project = Project.objects.get(pk=max(first, key=lambda pk: first[pk].wan))
    assert project.name in client.get(url).content.decode()
    Project.objects.filter(pk=project.pk).update(investment_wan=1)
    audit.record("project.edit", by=User.objects.get(username="pm"), target=project)
    assert project.name not in client.get(url).content.decode().split("ck-causes")[0]


def test_a_stranger_sees_nothing_of_the_city(demo_city, clients):
    User.objects.create_user("stranger", role="pm", display_name="外人")
    html = clients["stranger"].get(reverse("cockpit")).content.decode()
    assert not any(name in html for name in Project.objects.values_list("name", flat=True))
    assert page_of("stranger").held.stuck == {}


def instruct(leader, department, named, **more):
    row = Instruction(
        project=Project.objects.filter(light="red").first(), subject="卡点", text="请尽快办结", target="办结环评",
        department=department, leader=named, due_on=timezone.localdate() + timedelta(days=5), **more,
    )  # fmt: skip
    return actions.instruct(by=leader, now=timezone.now(), instruction=row)


def test_an_instruction_is_seen_by_those_named_and_by_nobody_else(demo_city, clients):
    leader, pm = User.objects.get(username="leader"), User.objects.get(username="pm")
    office = User.objects.get(username="approver").department
    row = instruct(leader, office, pm)
    url = reverse("instruction-page", args=[row.pk])
    asked = ("leader", "pm", "approver", "factor", "supervisor", "officer")
    handling = {name for name in asked if office.pk in department_ids(User.objects.get(username=name))}
    seen = {name for name in asked if clients[name].get(url).status_code == 200}
    assert seen == {"leader", "pm"} | handling and "supervisor" not in seen and "approver" in seen
    assert "请尽快办结" in clients["approver"].get(reverse("workbench")).content.decode()
    assert "请尽快办结" not in clients["supervisor"].get(reverse("workbench")).content.decode()
    assert clients["supervisor"].post(reverse("instruction-answer", args=[row.pk]), {"text": "x"}).status_code == 404
    answer = {"text": "已安排专家评审", "is_done": "on"}
    assert clients["approver"].post(reverse("instruction-answer", args=[row.pk]), answer).status_code == 302
    assert "已安排专家评审" in clients["leader"].get(url).content.decode()
    assert clients["pm"].post(reverse("instruction-close", args=[row.pk]), {"outcome": "x"}).status_code == 403
    close = reverse("instruction-close", args=[row.pk])
    assert clients["leader"].post(close, {"outcome": ""}).status_code == 422
    assert clients["leader"].post(close, {"outcome": "已办结"}).status_code == 302
    assert clients["approver"].post(reverse("instruction-answer", args=[row.pk]), answer).status_code == 403
    assert "请尽快办结" not in clients["approver"].get(reverse("workbench")).content.decode()


def test_an_instruction_is_given_on_a_blocker_and_keeps_what_was_typed(demo_city, clients):
    project = Project.objects.filter(blocked=True).first()
    url = reverse("instruction-create") + f"?project={project.code}"
    page = clients["leader"].get(url).content.decode()
    assert project.name in page and "缺" in page
    data = {"text": "调剂到位", "target": "本月解决", "department": Department.objects.get(code="fgw").pk,
            "leader": User.objects.get(username="pm").pk, "due_on": "2020-01-01"}  # fmt: skip
    wrong = clients["leader"].post(url, data)
    assert wrong.status_code == 422 and "调剂到位" in wrong.content.decode()
    right = clients["leader"].post(url, data | {"due_on": (timezone.localdate() + timedelta(days=3)).isoformat()})
    row = Instruction.objects.latest("pk")
    assert right.status_code == 302 and row.project == project and project.name in row.subject
    assert "调剂到位" in clients["pm"].get(reverse("project-page", args=[project.code])).content.decode()


def test_a_display_reads_the_wall_and_nothing_else_until_it_is_withdrawn(demo_city, clients):
    answer = clients["leader"].post(reverse("display-list"), {
        "name": "三楼大厅", "type_percent": "100", "phone": "8210-3366",
        "expires_on": (timezone.localdate() + timedelta(days=30)).isoformat(),
    })  # fmt: skip
    secret = re.search(r"screen/enter/#([\w-]+)", answer.content.decode())[1]
    row = DisplayToken.objects.get()
    assert secret not in str(DisplayToken.objects.values().get()) and len(row.token_hash) == 64
    assert secret not in clients["leader"].get(reverse("display-list")).content.decode()
    display = Client()
    assert display.get(reverse("screen")).status_code == 302
    assert display.post(reverse("screen-enter"), {"token": secret[:-1]}).status_code == 422
    entered = display.post(reverse("screen-enter"), {"token": secret})
    assert entered.status_code == 302 and entered.cookies["luodi_screen"]["httponly"]
    assert entered.cookies["luodi_screen"]["path"] == "/screen/"
    wall = display.get(reverse("screen"))
    assert wall.status_code == 200 and "8210-3366" in wall.content.decode()
    assert display.get(reverse("screen-body")).status_code == 200
    for name in ("cockpit", "project-list", "instruction-list"):
        assert display.get(reverse(name)).status_code == 302
    assert display.post(reverse("screen-body")).status_code == 405
    clients["supervisor"].post(reverse("display-withdraw", args=[row.pk]))
    assert display.get(reverse("screen-body")).status_code == 403
    assert display.get(reverse("screen")).status_code == 302


def test_a_display_of_a_district_and_of_a_disabled_maker(demo_city):
    leader, now = User.objects.get(username="leader"), timezone.localtime()
    west = District.objects.get(code="159902")
    token = DisplayToken(name="河西", district=west, expires_on=now.date())
    secret = actions.issue(by=leader, now=now, token=token)
    display = Client()
    display.post(reverse("screen-enter"), {"token": secret})
    html = display.get(reverse("screen-body")).content.decode()
    inside = Project.objects.filter(light__in=figures.STUCK, district=west).values_list("name", flat=True)
    outside = Project.objects.exclude(district=west).values_list("name", flat=True)
    assert all(name in html for name in inside) and not any(name in html for name in outside)
    assert DisplayToken.of(secret, now + timedelta(days=1)) is None
    User.objects.filter(pk=leader.pk).update(is_active=False)
    assert display.get(reverse("screen-body")).status_code == 403


@pytest.mark.both_databases
def test_the_local_day_of_an_instant_is_told_by_midnights(demo_city):
    now = timezone.localtime().replace(hour=9, minute=30)
    since, project = now - panels.WEEK, Project.objects.first()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    beside = [midnight - timedelta(days=back, microseconds=micro) for back in range(7) for micro in (0, 1)]
    for at in [now, since + timedelta(seconds=1), *beside]:
        Project.objects.filter(pk=project.pk).update(last_news_at=at)
        told = Project.objects.annotate(day=week._local_day("last_news_at", since, now)).get(pk=project.pk)
        assert told.day == at.date(), at
