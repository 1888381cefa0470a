"""Light tallies: how many projects of a district and park show a light, so that counts cost nothing at any size."""

from collections.abc import Mapping

from django.db import connection
from django.db.models import Count, F

from projects.models import LightTally, Project


def tally(district_id, park_id, light: str, change: int) -> None:
    """Add `change` to the tally of a district, park and light; the row is made when it is not there yet.

    Call it in the transaction that changes the project. One query, two the first time.
    """
    key = {"district_id": district_id, "park_id": park_id, "light": light}
    if not LightTally.objects.filter(**key).update(projects=F("projects") + change):
        LightTally.objects.create(**key, projects=change)


def move(changes: Mapping[tuple, int]) -> None:
    """Add many changes, by (district id, park id or None, light). Call it in the transaction that changes the projects.

    Three queries at the most; rows are written in the order of their keys, so that two writers cannot block each other.
    """
    changes = {key: number for key, number in changes.items() if number}
    if not changes:
        return
    known = {
        (district, park, light): pk
        for pk, district, park, light in LightTally.objects.filter(
            district__in={district for district, _park, _light in changes}
        ).values_list("pk", "district", "park", "light")
    }
    there = sorted((known[key], number) for key, number in changes.items() if key in known)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {LightTally._meta.db_table} SET projects = projects + %s WHERE id = %s",
            [(number, pk) for pk, number in there],
        )
    LightTally.objects.bulk_create(
        LightTally(district_id=district, park_id=park, light=light, projects=number)
        for (district, park, light), number in changes.items()
        if (district, park, light) not in known
    )


def recount() -> None:
    """Write the tallies anew from the projects: after bulk loading, and to cure what `verify` finds. Three queries."""
    LightTally.objects.all().delete()
    LightTally.objects.bulk_create(
        LightTally(district_id=district, park_id=park, light=light, projects=number)
        for district, park, light, number in Project.objects.values_list("district", "park", "light")
        .annotate(number=Count("id"))
        .order_by()
    )


def differences() -> list[tuple]:
    """Return (district, park, light, told, counted) where a tally disagrees with the projects. Two queries."""
    told = {(t.district_id, t.park_id, t.light): t.projects for t in LightTally.objects.all()}
    counted = {
        (district, park, light): number
        for district, park, light, number in Project.objects.values_list("district", "park", "light")
        .annotate(number=Count("id"))
        .order_by()
    }
    keys = {key for key, number in told.items() if number} | set(counted)
    return [(*key, told.get(key, 0), counted.get(key, 0)) for key in keys if told.get(key, 0) != counted.get(key, 0)]


def by_park() -> list[tuple]:
    """Return (park id or None, light, projects) of the whole city. One query, by hand: the cockpit asks it all day."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT park_id, light, SUM(projects) FROM {LightTally._meta.db_table} GROUP BY park_id, light")
        return cursor.fetchall()
