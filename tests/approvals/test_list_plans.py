"""The first page of a list comes from an index in order, not from sorting a whole city (SQLite's plans)."""

import pytest
from django.db import connection
from django.utils import timezone

from approvals import project_rows
from demo import generator
from people.prepared import literal
from projects.models import Project


@pytest.mark.django_db
def test_first_pages_are_read_in_the_order_of_an_index():
    if connection.vendor != "sqlite":
        pytest.skip("the plans of SQLite")
    generator.build(40, timezone.localtime(), shapes=8)  # ends with ANALYZE
    rows, today = project_rows.shown(Project.objects.all()), timezone.localdate()
    for index, page in {
        "project_worst_first": rows.order_by("sort_group", "due_half", "id"),
        "project_due_first": rows.filter(due_on__gte=today).order_by("due_on", "due_half", "id"),
        "project_silent_longest": rows.filter(light=literal("stale")).order_by("last_news_at", "id"),
    }.items():
        plan = page[:20].explain()
        assert index in plan and "TEMP B-TREE" not in plan, plan
