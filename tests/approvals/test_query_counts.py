"""Query counts of the list pages, held to `tests/query_counts.json`; the same at 20 and at 200 projects.

UPDATE_QUERY_COUNTS=1 writes the file anew: look at what changed, and say why in the commit.
"""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from demo import generator
from people.models import User
from projects.models import Project

COUNTS = Path(__file__).parent.parent / "query_counts.json"
PAGES = [
    # name, account, address, headers
    ("project-list", "pm", {}),
    ("project-list", "leader", {}),
    ("workbench", "pm", {}),
    ("workbench", "approver", {}),
    ("workbench", "leader", {}),
    ("project-page", "pm", {}),
    ("search", "pm", {"HX-Request": "true"}),
    ("template-list", "pm", {}),
    ("enterprise-list", "pm", {}),
    ("park-list", "pm", {}),
    ("park-page", "leader", {}),
    ("utility-verify", "supervisor", {}),
    ("point-list", "pm", {}),
    ("factor-overview", "factor", {}),
    ("blocked-list", "leader", {}),
    ("voucher-list", "factor", {}),
    ("reservation-list", "factor", {}),
    ("request-list", "factor", {}),
    ("map", "leader", {}),
    ("map", "pm", {}),
    ("map-points", "leader", {}),
    ("map-rows", "pm", {}),
    ("cockpit", "leader", {}),
    ("screen-body", "leader", {}),
    ("instruction-list", "leader", {}),
    ("print-choose", "leader", {}),
    ("print-list", "leader", {}),
    ("problem-list", "leader", {}),
    ("visit-list", "leader", {}),
    ("order-list", "leader", {}),
    ("unlock", "leader", {}),
    ("unlock-list", "leader", {}),
    ("records-report", "leader", {}),
    ("reform", "leader", {}),
    ("records-list", "pm", {}),
    ("forecast-list", "leader", {}),
    ("forecast-project", "pm", {}),
]


def counted() -> dict[str, int]:
    """Return the queries of every page by "page account", once the process has learnt what it learns once.

    The fewer of the second and the third request: a light that turns just then, or noon, costs the one that meets it.
    """
    cache.clear()  # what was kept of fewer projects may be shown on for some seconds, and be drawn anew at any request
    found = {}
    project = Project.objects.order_by("id").first()
    for name, username, headers in PAGES:
        try:
            args = {
                "project-page": [project.code],
                "forecast-project": [project.code],
                "park-page": [project.park.code],
            }.get(name, [])
            url = reverse(name, args=args)
        except NoReverseMatch:
            continue
        client = Client(headers=headers)
        client.force_login(User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
        query = {"q": "cailiao"} if name == "search" else {}
        client.get(url, query)
        asked = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                response = client.get(url, query)
            assert response.status_code == 200, (name, username, response.status_code)
            asked.append(len(queries))
        found[f"{name} {username}"] = min(asked)
    return found


@pytest.mark.django_db
def test_list_pages_ask_as_many_queries_as_the_file_says_whatever_the_size():
    now = timezone.localtime() - timedelta(minutes=5)
    generator.build(20, now, shapes=8)
    few = counted()
    generator.build(180, now, shapes=1)
    many = counted()
    assert many == few
    if os.environ.get("UPDATE_QUERY_COUNTS") == "1":
        COUNTS.write_text(json.dumps(few, indent=2, sort_keys=True) + "\n")
    most = json.loads(COUNTS.read_text())  # at other hours of the day a section may be shorter and need no count
    assert few.keys() == most.keys()
    assert {page: count for page, count in few.items() if count > most[page]} == {}
