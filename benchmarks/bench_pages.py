"""Pages, a transition and the tallies on generated portfolios of three sizes, on the database of DATABASE_URL.

    python -m benchmarks.bench_pages --projects 10000        # one size, into the (empty) database of DATABASE_URL

Requests run in this process through Django's test client, middleware, session, rights and templates included. The
admin site's change lists (`admin_pages` says which) are asked by the same person, in turn with ours, so that noise
meets both.
"""

import argparse
import json
import os
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

PAGES = {
    "list, project manager": ("pm", "/projects/"),
    "list, leader (whole city)": ("leader", "/projects/"),
    "list, page after the first": ("leader", "next"),
    "list, overdue only": ("leader", "/projects/?light=red&light=statutory"),
    "workbench, project manager": ("pm", "/workbench/"),
    "workbench, approval officer": ("approver", "/workbench/"),
    "workbench, leader (whole city)": ("leader", "/workbench/"),
}
ADMIN = {
    "admin: own columns": "/admin/projects/project/",
    "admin: same rows": "/admin/projects/samerows/",
    "admin: same rows, naive": "/admin/projects/naiverows/",
    "admin: stages": "/admin/approvals/stage/",
}
RUNS = 11


def set_up() -> None:
    """Start Django with the admin site on and DEBUG off (templates cached, no query log)."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    os.environ.update(DEMO="1", DEBUG="0", ADMIN_SITE="1", DJANGO_SETTINGS_MODULE="config.settings")
    import django

    django.setup()
    from django.conf import settings

    from benchmarks import admin_pages

    settings.ALLOWED_HOSTS.append("testserver")
    admin_pages.register()


def client_of(username: str):
    """Return a test client logged in as that account, which may also open the admin site."""
    from django.test import Client

    from people.models import User

    user = User.objects.get(username=username)
    user.is_staff = user.is_superuser = True  # the product's own pages do not look at either
    user.save()
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def measure_pages() -> dict[str, float]:
    """Return the median milliseconds of every page, all pages asked in turn."""
    import re

    clients = {name: client_of(name) for name in ("pm", "leader", "approver")}
    asked = {}
    for name, (user, url) in PAGES.items():
        if url == "next":
            first = clients[user].get("/projects/").content.decode()
            found = re.search(r'rel="next" href="([^"]+)"', first)
            url = "/projects/" + found[1].replace("&amp;", "&")
        asked[name] = (clients[user], url)
    asked |= {name: (clients["leader"], url) for name, url in ADMIN.items()}
    times: dict[str, list[float]] = {name: [] for name in asked}
    for run in range(RUNS + 2):
        for name, (client, url) in asked.items():
            begun = time.perf_counter()
            response = client.get(url)
            seconds = time.perf_counter() - begun
            assert response.status_code == 200, (name, url, response.status_code)
            if run >= 2:
                times[name].append(seconds)
    return {name: statistics.median(values) * 1000 for name, values in times.items()}


def measure_transition(number: int = 25) -> float:
    """Return the median milliseconds of one transition, recorded and saved with everything that follows from it.

    Stages in handling that have a prerequisite and successors; every run decides another one, in its own transaction.
    """
    from django.utils import timezone

    from approvals import actions
    from approvals.models import Stage
    from approvals.states import State
    from people.models import User

    pm, now, runs = User.objects.get(username="pm"), timezone.localtime(), []
    stages = Stage.objects.filter(state__in=[State.HANDLING], closed_at__isnull=True).order_by("-id")
    for stage in list(stages[:number]):
        begun = time.perf_counter()
        actions.act(by=pm, stage=stage, action="pass", occurred_at=now, now=now, document_no="云测〔2026〕1号")
        runs.append(time.perf_counter() - begun)
    assert len(runs) >= 5, "too few stages in handling"
    return statistics.median(runs) * 1000


def measure_recomputation(projects: int) -> float:
    """Return the milliseconds of `clock.measure` and the light on every stage of so many projects, measured in full."""
    from datetime import datetime

    from benchmarks import bench_clock
    from calendars import store
    from calendars.workdays import SHANGHAI

    now = datetime(2026, 11, 20, 17, 30, tzinfo=SHANGHAI)
    facts = bench_clock.facts_of([stage for chain in bench_clock.sample(projects) for stage in chain])
    return bench_clock.timed(lambda: bench_clock.by_clock(store.current(), facts, now)) * 1000


def measure_counts(runs: int = 200) -> dict[str, float]:
    """Return the median milliseconds of the counts light × park: ours, raw SQL on the tallies, and on the projects."""
    from django.db import connection

    from projects.models import LightTally, Project
    from projects.tallies import by_park

    ours = by_park

    def raw(table, number):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT park_id, light, {number} FROM {table} GROUP BY park_id, light")
            return cursor.fetchall()

    ways = {
        "counts by park, ours": ours,
        "counts, raw SQL on tallies": lambda: raw(LightTally._meta.db_table, "SUM(projects)"),
        "counts, raw SQL on projects": lambda: raw(Project._meta.db_table, "COUNT(*)"),
    }
    told = sorted((park or 0, light, int(number)) for park, light, number in ours() if number)
    for name in list(ways)[1:]:
        assert sorted((park or 0, light, int(number)) for park, light, number in ways[name]() if number) == told, name
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _run in range(runs):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - begun)
    return {name: statistics.median(values) * 1000 for name, values in times.items()}


def run(projects: int) -> dict[str, float]:
    """Make the portfolio and measure everything on it; milliseconds by name, `generated` in seconds."""
    from django.core.management import call_command
    from django.utils import timezone

    from approvals import keeping

    call_command("migrate", verbosity=0)
    begun = time.perf_counter()
    with open(os.devnull, "w") as nowhere:
        call_command("generate", projects=projects, stdout=nowhere)
    result = {"generated": time.perf_counter() - begun}
    while keeping.sweep(timezone.localtime() + timedelta(seconds=1)):
        pass
    result |= measure_counts()
    result |= measure_pages()
    result["transition"] = measure_transition()
    if projects == 10_000:
        result["recomputation"] = measure_recomputation(projects)
    return result


def main(argv: list[str] | None = None) -> int:
    """Print the figures of one size as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--projects", type=int, default=10_000)
    parser.add_argument("--keep", action="store_true", help="Measure what is already in the database.")
    options = parser.parse_args(argv)
    set_up()
    if options.keep:
        print(json.dumps(measure_counts() | measure_pages() | {"transition": measure_transition()}))
    else:
        print(json.dumps(run(options.projects)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
