"""The small city of `tests/approvals/world.py` with an officer and a supervisor: for visits, problems and orders."""

import datetime as dt

from people import actions as people_actions
from people.models import User
from projects.models import Assignment
from supervision import actions
from supervision.models import Problem
from tests.approvals import world as city

NOW = city.NOW  # Friday 2026-11-20, ten in the morning


def build():
    """Make the city; `officer` serves its project, `officer2` nobody, `chief` supervises the district."""
    made = city.build()
    for key, role, dept, name in (
        ("officer", "officer", "d", "何佳"),
        ("officer2", "officer", "d", "罗毅"),
        ("chief", "supervisor", "d", "林洁"),
    ):
        made.people[key] = User.objects.create_user(
            f"w-{key}", role=role, department=made.departments[dept], display_name=name
        )
    people_actions.grant(made.chief, "view_projects", made.district)
    Assignment.objects.create(
        project=made.project,
        role="service_officer",
        user=made.officer,
        started_on=dt.date(2026, 9, 1),
        made_by=made.pm,
    )
    return made


def problem(world, department="b", *, by=None, now=NOW, text="临时用电容量不足", **facts) -> Problem:
    """Register a problem by the officer, assigned to a unit."""
    facts.setdefault("category", "utility")
    row = Problem(project=world.project, text=text, **facts)
    unit = world.departments[department] if department else None
    return actions.register(by=by or world.officer, now=now, problem=row, department=unit)
