"""The point of a project by typing: systems, checks, sources; and the list of points to be checked."""

from decimal import Decimal

import pytest

from gis import datum, frames
from gis.models import Placement, ShapeSource
from projects import actions
from projects.models import Project
from tests.gis.towns import project

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(town, client):
    client.force_login(town["by"], backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def made(town):
    return actions.register(by=town["by"], project=project(town))


def give(client, made, x, y, system="cgcs2000", **more):
    made.refresh_from_db()
    was = "" if made.longitude is None else f"{made.longitude},{made.latitude}"
    data = {"system": system, "x": x, "y": y, "was": was, "do": "save"} | more
    response = client.post(f"/projects/{made.code}/point/", data)
    made.refresh_from_db()
    return response


def test_a_typed_point_is_stored_with_its_source_and_place(client, made):
    assert client.get(f"/projects/{made.code}/point/").status_code == 200
    assert give(client, made, "１０８．１３５", " 40.035 ").status_code == 302
    assert (made.longitude, made.latitude) == (Decimal("108.135"), Decimal("40.035"))
    source = ShapeSource.objects.get()
    assert (source.project, source.system, source.original["coordinates"]) == (made, "cgcs2000", [108.135, 40.035])
    assert Placement.objects.get().longitude == Decimal("108.135")
    assert give(client, made, "", "").status_code == 302
    assert made.longitude is None and not Placement.objects.exists()


@pytest.mark.parametrize(
    "system, x, y",
    [
        ("gcj02", *map(str, datum.to_gcj02(108.135, 40.035))),
        ("bd09", *map(str, datum.to_bd09(108.135, 40.035))),
        ("4545", *map(str, frames.to_zone([(108.135, 40.035)], frames.parse("4545"))[0])),
        ("4524", *map(str, frames.to_zone([(108.135, 40.035)], frames.parse("4524"))[0])),
    ],
)
def test_other_systems_are_converted(client, made, system, x, y):
    assert give(client, made, x[:16], y[:16], system).status_code == 302
    assert abs(made.longitude - Decimal("108.135")) <= Decimal("0.000002")
    assert abs(made.latitude - Decimal("40.035")) <= Decimal("0.000002")
    assert ShapeSource.objects.get().system == ("gauss" if system[0] == "4" else system)


@pytest.mark.parametrize(
    "x, y, system, words",
    [
        ("40.035", "108.135", "cgcs2000", "颠倒"),
        ("118.1", "40.0", "cgcs2000", "市域"),
        ("511523", "4433303", "cgcs2000", "米"),
        ("108.1", "", "cgcs2000", ""),
        ("abc", "40", "cgcs2000", ""),
        ("108.1", "40", "nonsense", ""),
    ],
)
def test_what_cannot_be_is_refused_with_its_sentence(client, made, x, y, system, words):
    response = give(client, made, x, y, system)
    assert response.status_code == 422 and words in response.content.decode()
    assert made.longitude == Decimal("108.13") and x in response.content.decode()


def test_a_point_outside_its_park_must_be_confirmed(client, made):
    response = give(client, made, "108.05", "40.05")
    assert response.status_code == 422 and "河西区" in response.content.decode()
    assert give(client, made, "108.05", "40.05", outside="on").status_code == 302
    assert made.longitude == Decimal("108.05")
    page = client.get("/points/").content.decode()
    assert made.name in page and f"/projects/{made.code}/point/" in page


def test_looking_stores_nothing(client, made):
    response = give(client, made, "108.136", "40.036", do="look")
    assert response.status_code == 200 and made.longitude == Decimal("108.13")
    assert "108.136" in response.content.decode()


def test_who_comes_second_is_told(client, made):
    response = give(client, made, "108.136", "40.036", was="108.1,40.1")
    assert response.status_code == 422 and made.longitude == Decimal("108.13")
    assert 'value="108.130000,40.030000"' in response.content.decode()


def test_projects_without_a_point_are_listed(client, town):
    bare = actions.register(by=town["by"], project=project(town, 2, x=None, y=None))
    page = client.get("/points/?show=none").content.decode()
    assert bare.name in page
    assert Project.objects.count() == 1
