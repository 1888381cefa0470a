"""Points are joined with outlines, and the result is stored with the point."""

from decimal import Decimal

import pytest

from gis import files, placing
from gis.models import DistrictShape, Placement
from projects import actions
from projects.models import Park, Project
from tests.gis.towns import project, square


@pytest.mark.both_databases
def test_registering_and_moving_a_point_stores_where_it_lies(town):
    made = actions.register(by=town["by"], project=project(town))
    assert (made.placement.district, made.placement.park) == (town["east"], town["park"])
    actions.edit(by=town["by"], project=made, changed={"longitude": Decimal("108.05"), "latitude": Decimal("40.05")})
    placed = Placement.objects.get()
    assert (placed.district, placed.park) == (town["west"], None)
    assert list(placing.misplaced(Project.objects.all())) == [made]
    actions.edit(by=town["by"], project=made, changed={"longitude": None, "latitude": None})
    assert not Placement.objects.exists()
    assert placing.differences() == []


@pytest.mark.both_databases
def test_many_points_are_joined_by_geopandas_as_few_are_without(town, monkeypatch):
    monkeypatch.setattr(placing, "FEW", 20)
    rows = [project(town, n, x=f"{108 + n / 200:.6f}", y="40.03") for n in range(1, 41)]
    actions.register_many(by=town["by"], projects=rows)
    stored = {row.pk: (row.district_id, row.park_id) for row in Placement.objects.all()}
    assert len(stored) == 40
    areas = placing.outlines()
    for row in rows:
        alone = placing.located([(row.pk, row.longitude, row.latitude)], areas, {row.pk: row.park_id})
        on_an_edge = row.longitude in (Decimal("108.1"), Decimal("108.12"), Decimal("108.14"), Decimal("108.2"))
        assert on_an_edge or alone[row.pk] == stored[row.pk], row.longitude
    Placement.objects.filter(project=rows[0]).update(park=town["park"])
    assert len(placing.differences()) == 1
    assert placing.place() == 40 and placing.differences() == []


def test_points_changed_together_are_joined_once(town, monkeypatch):
    rows = actions.register_many(by=town["by"], projects=[project(town, n) for n in range(1, 4)])
    calls, located = [], placing.located
    monkeypatch.setattr(placing, "located", lambda *a: calls.append(len(a[0])) or located(*a))
    with placing.together():
        for row in rows:
            actions.edit(by=town["by"], project=row, changed={"longitude": Decimal("108.15")})
        assert not calls
    assert calls == [3] and placing.differences() == []


def test_a_park_that_covers_another_leaves_the_point_where_it_was_declared(town):
    wide = Park.objects.create(code="159901PK02", name="大园", district=town["east"], boundary=square(108.1, 40, 0.1))
    made = actions.register(by=town["by"], project=project(town, park=wide))
    assert made.placement.park == wide and not placing.misplaced(Project.objects.all())


def test_a_stray_point_is_told_where_it_lies(town):
    at = {"park": town["park"], "district": town["east"]}
    assert placing.stray(Decimal("108.13"), Decimal("40.03"), **at) is None
    fault = placing.stray(Decimal("108.05"), Decimal("40.03"), **at)
    assert (
        fault.word == "outside_park"
        and "河西区" in fault.params["where"]
        and 5_900 < int(fault.params["metres"]) < 6_100
    )
    assert placing.stray(Decimal("40.03"), Decimal("108.13"), **at).word == "swapped"
    assert placing.stray(Decimal("118.13"), Decimal("40.03"), **at).word == "outside_city"
    assert (
        placing.stray(Decimal("108.05"), Decimal("40.03"), park=None, district=town["east"]).word == "outside_district"
    )


def test_a_city_without_outline_has_no_box(town):
    assert len(placing.city_boxes()) == 1
    DistrictShape.objects.filter(district=town["root"]).delete()
    assert placing.city_boxes() == ()


def test_join_of_nothing_starts_no_process(monkeypatch):
    monkeypatch.setattr(files, "_ask", lambda *a: pytest.fail("a process was started"))
    assert files.join([], [["d:1", square(1, 1, 1)]]) == [] and files.join([[1, 1, 1]], []) == []
