"""What the map is told: the same rows as the list, numbers that reconcile, nothing that the person may not see."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals.lights import Light
from gis import layers, payload
from gis.views import map as views
from projects.models import Project
from tests.gis import map_city

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def city():
    return map_city.build()


def client_of(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def leader(city):
    return client_of(map_city.person(city))


def points(client, query="") -> dict:
    answer = client.get(f"/map/points/{query}")
    assert answer.status_code == 200
    return json.loads(answer.content)


def test_the_numbers_of_the_legend_reconcile(leader):
    told = points(leader)
    totals = told["totals"]
    assert sum(totals["lights"].values()) == totals["shown"] == 18
    assert totals["placed"] + totals["unplaced"] == totals["shown"]
    assert told["n"] == totals["placed"] == len(told["l"]) and totals["unplaced"] == 2


def test_a_light_that_is_filtered_out_keeps_its_number(leader):
    told = points(leader, "?light=blocked&light=red")
    assert told["totals"]["shown"] == 4 and told["totals"]["lights"]["green"] == 2
    assert {int(code) for code in told["l"]} == {layers.CODE["blocked"], layers.CODE["red"]}


def test_map_list_and_project_list_show_the_same_projects(leader, city):
    query = f"?park={city['parks'][0].code}"
    ids = set(payload.undeltas(points(leader, query)["id"]))
    here = {project.pk for project in city["projects"] if project.park == city["parks"][0] and project.longitude}
    assert ids == here
    rows = leader.get(f"/map/rows/{query}").content.decode()
    listed = leader.get(f"/projects/{query}").content.decode()
    for project in city["projects"]:
        inside = project.park == city["parks"][0]
        assert (project.code in rows) == (project.code in listed) == inside


def test_only_what_the_person_may_see_is_on_the_map(city):
    east = client_of(map_city.person(city, "east", where="east"))
    told = points(east)
    own = {project.pk for project in city["projects"] if project.district == city["east"]}
    assert set(payload.undeltas(told["id"])) <= own and told["totals"]["shown"] == len(own)
    foreign = next(project for project in city["projects"] if project.district == city["west"])
    assert east.get(f"/map/projects/{foreign.pk}/").status_code == 404
    assert foreign.code not in east.get("/map/rows/").content.decode()
    assert foreign.code.encode() not in east.get("/map/export/geojson/").content


def test_projects_without_coordinates_are_listed_and_counted(leader, city):
    lost = [project for project in city["projects"] if project.longitude is None]
    rows = leader.get("/map/rows/?unplaced=1").content.decode()
    assert rows.count("data-pk") == len(lost) == 2
    assert all(project.code in rows for project in lost)


def test_the_list_of_a_box_holds_what_lies_in_it(leader, city):
    rows = leader.get("/map/rows/?box=108,40,108.2,40.4").content.decode()
    west = [p for p in city["projects"] if p.longitude is not None and p.longitude < 108.2]
    assert rows.count("data-pk") == len(west)


@pytest.mark.parametrize("box", ["", "1,2,3", "a,b,c,d", "nan,0,1,1", "inf,0,1,1", "1,2,3,4,5"])
def test_a_box_that_is_none_is_ignored(leader, box):
    assert leader.get(f"/map/rows/?box={box}").content.decode().count("data-pk") == 18


def test_an_etag_of_the_content_answers_304_until_a_light_turns(leader, city):
    first = leader.get("/map/points/")
    again = leader.get("/map/points/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304 and not again.content
    Project.objects.filter(pk=city["projects"][0].pk).update(light="red")
    assert leader.get("/map/points/", headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize(("accepts", "encoding"), [("gzip, br", "br"), ("gzip", "gzip"), ("", "")])
def test_data_is_compressed_as_the_browser_reads_it(leader, accepts, encoding):
    answer = leader.get("/map/points/", headers={"Accept-Encoding": accepts})
    assert answer.headers.get("Content-Encoding", "") == encoding


def test_cells_count_every_project_once_and_blocked_ones_apart(city):
    cells = layers.cells(Project.objects.all(), None, 0.05, 0.05, 0.36)
    counted = [sum(cell.counts[code] for cell in cells) for code in range(len(layers.LIGHTS))]
    placed = Project.objects.filter(longitude__isnull=False)
    assert counted == [placed.filter(light=light).count() for light in layers.LIGHTS]
    for cell in cells:
        assert not cell.counts[0] or sum(cell.counts) == cell.counts[0]
        assert (cell.one > 0) == (sum(cell.counts) == 1)


def test_many_projects_come_as_cells_when_far_and_as_points_when_near(leader, monkeypatch):
    monkeypatch.setattr(views, "MOST", 9)
    far = points(leader, "?box=107,39,110,42&z=9")
    assert far["kind"] == "cells" and "whole" not in far
    assert sum(map(sum, far["c"])) == far["totals"]["placed"]
    near = points(leader, "?box=108.2,40,108.4,40.4&z=13")
    assert near["kind"] == "points" and near["n"] == 8


def test_the_list_asks_a_bounded_number_of_queries(leader, city):
    def asked():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            leader.get("/map/")
        return len(queries)

    few = asked()
    Project.objects.bulk_create(
        Project(code=f"2607-159901-04-02-{n:06d}", name=f"更多{n}", district=city["east"], park=city["parks"][1],
                light="green", longitude="108.3", latitude="40.1")
        for n in range(100)
    )  # fmt: skip
    assert asked() == few


@pytest.mark.parametrize("by", list(layers.GROUPINGS))
def test_every_grouping_answers(leader, by):
    told = points(leader, f"?by={by}")
    assert ("groups" in told) == (by != "light")


def test_worst_first_means_blocked_first_then_large(city):
    order = list(layers.worst_first(Project.objects.all()).values_list("light", flat=True))
    assert order[:2] == ["blocked", "blocked"] and order[2:4] == [Light.OVERDUE_STATUTORY.value] * 2


def test_popups_name_light_facts_and_links(leader, city):
    told = leader.get(f"/map/projects/{city['projects'][0].pk}/").json()
    assert told["title"] == city["projects"][0].name and told["at"] and told["links"][0][1].startswith("/projects/")
    park = leader.get(f"/map/parks/{city['parks'][0].pk}/").json()
    assert park["title"] == city["parks"][0].name
