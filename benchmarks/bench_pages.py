"""Pages, a transition and the tallies on generated portfolios of three sizes, on the database of DATABASE_URL.

    python -m benchmarks.bench_pages --make 10000     # generate into the (empty) database of DATABASE_URL
    python -m benchmarks.bench_pages                  # measure what is in it

Requests run in this process through Django's test client, middleware, session, rights and templates included. The
admin site's change lists (`admin_pages` says which) are asked by the same person, in turn with ours, so that noise
meets both.

Pages and counts are timed by `clock`: on SQLite the processor time of this process, which holds server and database, so
that other jobs on the machine lengthen it little; on PostgreSQL, whose work is done elsewhere, the time on the wall.
"""

import argparse
import json
import os
import statistics
import sys
import time
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

PAGES = {
    "list, project manager": ("pm", "/projects/"),
    "list, leader (whole city)": ("leader", "/projects/"),
    "list, rows drawn for the first time": ("leader", "/projects/"),
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
WORKBENCH = {
    "admin: workbench rows": ("sametwenty", ""),
    "admin: workbench rows, naive": ("naivetwenty", ""),
    "admin: own workbench rows": ("sametwenty", "pm"),
    "admin: own workbench rows, naive": ("naivetwenty", "pm"),
}
"""Several change lists each: their times are added up."""

ADMIN_AT_MOST = 20_000
"""Projects up to which the admin's list of stages is asked: beyond, a page takes it half a minute."""

RUNS = 5
"""Of each page in a round; `python -m benchmarks` makes several rounds."""


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

    from benchmarks import admin_pages
    from projects.models import Project

    clients = {name: client_of(name) for name in ("pm", "leader", "approver")}
    asked = {}
    for name, (user, url) in PAGES.items():
        if url == "next":
            first = clients[user].get("/projects/").content.decode()
            found = re.search(r'rel="next" href="([^"]+)"', first)
            url = "/projects/" + found[1].replace("&amp;", "&")
        asked[name] = (clients[user], url)
    asked |= {name: (clients["leader"], url) for name, url in ADMIN.items()}
    asked |= {name: (clients["leader"], admin_pages.workbench_rows(*what)) for name, what in WORKBENCH.items()}
    if Project.objects.count() > ADMIN_AT_MOST:
        del asked["admin: stages"]
    tell = clock()

    def ask(name) -> float:
        client, urls = asked[name]
        seconds = 0.0
        for url in [urls] if isinstance(urls, str) else urls:
            begun = tell()
            response = client.get(url)
            seconds += tell() - begun
            assert response.status_code == 200, (name, url, response.status_code)
        return seconds

    times: dict[str, list[float]] = {name: [] for name in asked}
    for run in range(RUNS + 1):
        for name in asked:
            with drawn_anew() if name.endswith("for the first time") else nullcontext():
                seconds = ask(name)
            if run:
                times[name].append(seconds)
    return {name: statistics.median(values) * 1000 for name, values in times.items()}


def drawn_anew():
    """Return a context in which no fragment of rows is found: each is drawn as if nobody had seen its rows before.

    What is kept of the city (early warnings) stays: it is not drawn for a page, but for everybody.
    """
    import uuid
    from unittest import mock

    from approvals import project_rows

    named = project_rows.name_of
    return mock.patch.object(project_rows, "name_of", lambda shown: named(shown) + uuid.uuid4().hex)


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
    tell = clock()
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _run in range(runs):
        for name, way in ways.items():
            begun = tell()
            way()
            times[name].append(tell() - begun)
    return {name: statistics.median(values) * 1000 for name, values in times.items()}


def clock():
    """Return the function that tells the seconds; see the top."""
    from django.db import connection

    return time.process_time if connection.vendor == "sqlite" else time.perf_counter


def measure_turning(most: int = 5000, few: int = 50) -> dict[str, float]:
    """Return milliseconds per project whose light turns by itself: set-based, and chain by chain. Rolled back."""
    from django.db import transaction
    from django.utils import timezone

    from approvals import keeping, turning
    from approvals.models import Chain
    from calendars import store
    from projects.models import Project

    later, tell = timezone.localtime() + timedelta(days=60), clock()
    due = Project.objects.filter(next_flip_at__lte=later).order_by("pk").values_list("pk", flat=True)
    with transaction.atomic():
        begun = tell()
        turned = turning.turn(later, store.current(), most)
        together = (tell() - begun) / turned
        transaction.set_rollback(True)
    with transaction.atomic():
        chains = list(Chain.objects.filter(project__in=list(due[:few])))
        begun = tell()
        for chain in chains:
            keeping.refresh(chain, later)
        alone = (tell() - begun) / len(chains)
        transaction.set_rollback(True)
    return {"turned": turned, "turning, set-based": together * 1000, "turning, one by one": alone * 1000}


def make(projects: int) -> float:
    """Make the portfolio, turn what is due; returns the seconds that generating took."""
    from django.core.management import call_command
    from django.utils import timezone

    from approvals import keeping

    call_command("migrate", verbosity=0)
    begun = time.perf_counter()
    with open(os.devnull, "w") as nowhere:
        call_command("generate", projects=projects, stdout=nowhere)
    seconds = time.perf_counter() - begun
    keeping.sweep(timezone.localtime())
    return seconds


def measure() -> dict[str, float]:
    """Measure everything on the portfolio that is there; milliseconds by name."""
    from django.utils import timezone

    from approvals import keeping
    from projects.models import Project

    keeping.sweep(timezone.localtime())
    result = measure_counts() | measure_pages() | {"transition": measure_transition()}
    if Project.objects.count() == 10_000:
        result |= measure_turning() | {"recomputation": measure_recomputation(10_000)}
    return result


def main(argv: list[str] | None = None) -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--make", type=int, metavar="PROJECTS", help="Generate so many and measure nothing.")
    options = parser.parse_args(argv)
    set_up()
    print(json.dumps({"generated": make(options.make)} if options.make else measure()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
