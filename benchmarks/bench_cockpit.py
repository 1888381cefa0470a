"""The leaders' page on portfolios of three sizes, beside what one would write first and beside hand-written SQL.

    python -m benchmarks.bench_cockpit                           # 1,000, 10,000 and 100,000 projects, SQLite
    python -m benchmarks.bench_cockpit --sizes 1000,10000 --browser
    python -m benchmarks.bench_cockpit --keep /tmp/folder        # databases stay there and are taken the next time

One run, one process for each size, the same rows. Ours is the page through the test client: session, rights, version
of the facts, tallies, templates. “Kept” is what everybody gets until a fact changes, “after a change” what the first
reader gets then. Beside it:

- naive: all projects with chains, stages and demands prefetched, lights judged and counted in Python, no template;
- raw SQL + render: hand-written statements for the figures that the page has (lights by district from the tallies, the
  eight largest blockers with what they lack, blocked quota by pool, overdue stages by department, the week), and the
  page's own template with a context made before.

Processor time of the process, which holds server and database; `--browser` adds Chromium with a processor four times
slower, on the wall: when the first row of the blockers stands on the screen.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
RUNS = 7
PORT = 8941
GENERATED = 10_000
"""Beyond so many projects the generator's are copied by the database, see `multiply`."""

SHARE = {"energy": 0.10, "water": 0.06}
"""Share of projects with a demand of the factor; a third of the parks' pools cannot give what is missing."""


def set_up(url: str) -> None:
    """Start Django on the database of `url`, DEBUG off."""
    sys.path.insert(0, str(ROOT))
    os.environ.update(DEMO="1", DEBUG="0", DJANGO_SETTINGS_MODULE="config.settings", DATABASE_URL=url)
    import django

    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS.append("testserver")


def make(projects: int, seed: int = 20261122) -> None:
    """Generate the portfolio, pools of two factors in every park, and demands, some of them blocked."""
    from django.core.management import call_command
    from django.utils import timezone

    from approvals import keeping
    from demo import generator
    from factors import blocks
    from factors.models import Account, Book, Demand, FactorKind, FactorSource
    from people.models import Department
    from projects.models import Project
    from projects.tallies import recount

    call_command("migrate", verbosity=0)
    now, rng = timezone.localtime(), random.Random(seed)
    generator.build(min(projects, GENERATED), now)
    rows = list(Project.objects.order_by("pk").values_list("pk", "park_id"))
    parks, keeper = sorted({park for _pk, park in rows}), Department.objects.get(code="fgw")
    for position, (code, share) in enumerate(SHARE.items()):
        kind = FactorKind.objects.create(
            code=code, name={"energy": "能耗", "water": "用水"}[code], group=code, family=code, gate=code,
            unit={"energy": "tce", "water": "wan_m3"}[code], year_end="expire", position=position, department=keeper,
        )  # fmt: skip
        book = Book.objects.create(code=code, kind=kind, source=FactorSource.objects.create(kind=kind))
        pools = {
            park: Account(
                book=book, period=str(now.year), role="pool", tier=8, code=f"pool:{park}", name=f"池{park}",
                park_id=park, credits_posted=0 if rng.random() < 0.34 else 10**12,
            )
            for park in parks
        }  # fmt: skip
        Account.objects.bulk_create(pools.values())
        chosen = [(pk, park) for pk, park in rows if rng.random() < share]
        Demand.objects.bulk_create(
            [
                Demand(
                    project_id=pk, book=book, period=str(now.year), amount=rng.randint(1, 900) * 1000, pool=pools[park],
                    gate=code, registered_at=now,
                )
                for pk, park in chosen
            ],
            batch_size=2000,
        )  # fmt: skip
    blocks.turn(Demand.objects.all(), now=now, cause="registered")
    keeping.sweep(now)
    if projects > GENERATED:
        multiply(projects // GENERATED)
    recount()


def multiply(times: int) -> None:
    """Copy every project so often, with chain, stages, demands and episodes, and with the events of the last week.

    Older events and materials are left out: no figure of the page reads them, and they are nine tenths of the rows.
    """
    from datetime import timedelta

    from django.db import connection, transaction
    from django.utils import timezone

    from approvals.models import Chain, Stage, StageEvent
    from factors.models import BlockEpisode, Demand
    from projects.models import Project

    since = timezone.now() - timedelta(days=8)
    shifted = {  # what is copied: columns that name another copied row, with its model
        Project: {},
        Chain: {"project_id": Project},
        Stage: {"chain_id": Chain},
        StageEvent: {"stage_id": Stage},
        Demand: {"project_id": Project},
        BlockEpisode: {"demand_id": Demand},
    }
    quote = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        tops = {}
        for model in shifted:
            cursor.execute(f"SELECT MAX(id) FROM {model._meta.db_table}")
            tops[model] = cursor.fetchone()[0] or 0
        for copy in range(1, times):
            for model, links in shifted.items():
                fields = [
                    f for f in model._meta.concrete_fields if not f.generated and f.name not in ("supersedes", "key")
                ]
                columns = [field.column for field in fields]
                values = []
                for column in columns:
                    shift = copy * tops[model if column == "id" else links[column]] if column in {"id", *links} else 0
                    suffix = f" || '-{copy}'" if model is Project and column in ("code", "name") else ""
                    values.append(f"{quote(column)} + {shift}" if shift else quote(column) + suffix)
                table = model._meta.db_table
                only = " AND recorded_at > %s" if model is StageEvent else ""
                cursor.execute(
                    f"INSERT INTO {table} ({', '.join(map(quote, columns))}) SELECT {', '.join(values)} FROM {table}"
                    f" WHERE id <= {tops[model]}{only}",
                    [connection.ops.adapt_datetimefield_value(since)] if only else None,
                )
        cursor.execute("ANALYZE")


def naive(now) -> tuple[dict, list, dict]:
    """Count as one would first: everything prefetched, judged in Python. (lights by district, blockers, by holder)."""
    from collections import Counter, defaultdict

    from projects.models import Project

    lights, stuck, holders = defaultdict(Counter), [], Counter()
    projects = Project.objects.select_related("district", "park", "enterprise").prefetch_related(
        "chain__stages__department", "demands__pool", "demands__book__kind"
    )
    for project in projects:
        stages = list(project.chain.stages.all()) if hasattr(project, "chain") else []
        running = [stage for stage in stages if stage.accepted_at and not stage.closed_at]
        late = [stage for stage in running if stage.red_from and stage.red_from <= now]
        statutory = [stage for stage in running if stage.statutory_red_from and stage.statutory_red_from <= now]
        lacks = [
            demand
            for demand in project.demands.all()
            if demand.closed_on is None and demand.gap > 0 and (not demand.pool or demand.gap > demand.pool.available)
        ]
        finished = stages and all(stage.closed_at or stage.skip_reason for stage in stages)
        light = "statutory" if statutory else "red" if late else "blocked" if lacks and not finished else "other"
        lights[project.district.name][light] += 1
        if light != "other":
            stuck.append((project.investment_wan or 0, project.pk))
            for stage in {*late, *statutory}:
                holders[stage.department.name if stage.department else ""] += 1
    return lights, sorted(stuck, reverse=True)[:8], holders


RAW = {
    "lights": "SELECT district_id, park_id, light, SUM(projects) FROM projects_lighttally GROUP BY 1, 2, 3",
    "stuck": "SELECT COUNT(*), SUM(investment_wan) FROM projects_project WHERE sort_group <= 1",
    "blockers": """SELECT p.code, p.name, p.light, p.investment_wan, p.due_on, p.blocked_since, k.name, d.gap,
        a.credits_posted - a.debits_posted - a.debits_pending FROM projects_project p
        LEFT JOIN projects_park r ON r.id = p.park_id
        LEFT JOIN factors_demand d ON d.project_id = p.id AND d.blocked LEFT JOIN factors_account a ON a.id = d.pool_id
        LEFT JOIN factors_book b ON b.id = d.book_id LEFT JOIN factors_factorkind k ON k.id = b.kind_id
        WHERE p.sort_group <= 1 ORDER BY p.investment_wan DESC, p.id LIMIT 8""",
    "causes": """SELECT d.pool_id, COUNT(*), SUM(p.investment_wan), SUM(d.gap) FROM factors_demand d
        JOIN projects_project p ON p.id = d.project_id WHERE d.blocked AND p.sort_group <= 1 AND NOT EXISTS
        (SELECT 1 FROM factors_demand o WHERE o.project_id = p.id AND o.blocked AND o.id <> d.id)
        GROUP BY 1 ORDER BY 3 DESC LIMIT 5""",
    "pools": """SELECT a.id, a.name, a.credits_posted, a.debits_posted, a.debits_pending, SUM(d.gap)
        FROM factors_account a LEFT JOIN factors_demand d ON d.pool_id = a.id AND d.closed_on IS NULL
        WHERE a.role = 'pool' GROUP BY 1, 2, 3, 4, 5""",
    "holders": """SELECT s.department_id, s.light, COUNT(*), COUNT(DISTINCT s.chain_id), MIN(s.due_half)
        FROM approvals_stage s WHERE s.accepted_at IS NOT NULL AND s.closed_at IS NULL GROUP BY 1, 2""",
    "week": """SELECT s.code, s.name, p.code, p.name, s.red_from FROM approvals_stage s
        JOIN approvals_chain c ON c.id = s.chain_id JOIN projects_project p ON p.id = c.project_id
        WHERE s.accepted_at IS NOT NULL AND s.closed_at IS NULL AND s.red_from > %s AND s.red_from <= %s
        ORDER BY s.red_from DESC""",
    "chains": "SELECT template_id, COUNT(*), AVG(net_days) FROM approvals_chain GROUP BY 1",
    "investment": "SELECT SUM(investment_wan) FROM projects_project",
}


def raw(now) -> dict[str, list]:
    """Return the rows of every hand-written statement."""
    from datetime import timedelta

    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for name, sql in RAW.items():
            cursor.execute(sql, [now - timedelta(days=7), now] if name == "week" else None)
            found[name] = cursor.fetchall()
    return found


def median(way, runs: int = RUNS, before=lambda: None) -> float:
    """Return the median processor milliseconds of `way`; `before` is not counted."""
    times = []
    for _run in range(runs):
        before()
        begun = time.process_time()
        way()
        times.append((time.process_time() - begun) * 1000)
    return statistics.median(times)


def after_a_change():
    """Return a context in which facts have changed since anything was drawn, and nothing older is shown.

    What does not go by the latest fact stays kept, as it would: the sample of records that is judged every ten minutes.
    """
    from approvals import kept

    named = kept.version
    return mock.patch.multiple(kept, version=lambda lights, now: named(lights, now) + uuid.uuid4().hex, TIMES=0)


def measure(with_naive: bool) -> dict[str, float]:
    """Measure what is in the database; milliseconds by name."""
    from django.template.loader import render_to_string
    from django.test import Client
    from django.utils import timezone, translation

    from approvals import keeping
    from cockpit import panels
    from cockpit.scope import Scope
    from cockpit.views import page as pages
    from people.models import User
    from projects.models import Project

    translation.activate("zh-hans")
    now = timezone.localtime()
    keeping.sweep(now)
    leader, client = User.objects.get(username="leader"), Client()
    client.force_login(leader, backend="django.contrib.auth.backends.ModelBackend")

    def ask(url="/cockpit/"):
        response = client.get(url)
        assert response.status_code == 200 and b"ck-failed" not in response.content
        return response

    def ask_anew():
        with after_a_change():
            ask()

    ask()
    size = len(ask().content)
    context = panels.context(panels.load(Scope.of(leader), now)) | {"tabs": pages.TABS, "listing": "/projects/"}
    render_to_string("cockpit/_panels.html", context)

    def by_hand():
        raw(now)
        render_to_string("cockpit/_panels.html", context)

    found = {
        "page, kept": median(ask, 15),
        "page, after a change": median(ask_anew, 5),
        "wall, kept": median(lambda: ask("/screen/body/"), 15),
        "raw SQL": median(lambda: raw(now)),
        "raw SQL + render": median(by_hand),
    }
    head = panels.head(panels.load(Scope.of(leader), now), {})
    told = raw(now)
    assert told["stuck"][0][0] == head["stuck"] and float(told["stuck"][0][1]) == float(head["wan"])
    if with_naive:
        found["naive"] = median(lambda: naive(now), 1)
        lights, blockers, _holders = naive(now)
        stuck = sum(number for row in lights.values() for light, number in row.items() if light != "other")
        assert stuck == head["stuck"] and len(blockers) == 8, (stuck, head["stuck"])
    return found | {"projects": Project.objects.count(), "stuck": head["stuck"], "bytes": size}


def paint(url: str) -> dict[str, float]:
    """Return the milliseconds until the first row of the blockers stands on the screen, by width; median of five."""
    set_up(url)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    from django.conf import settings
    from django.test import Client
    from playwright.sync_api import sync_playwright

    from people.models import User

    client = Client()
    client.force_login(User.objects.get(username="leader"), backend="django.contrib.auth.backends.ModelBackend")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    environ = {**os.environ, "DEBUG": "0", "DEMO": "1", "DATABASE_URL": url}
    server = subprocess.Popen(
        [sys.executable, "manage.py", "runserver", "--noreload", str(PORT)], cwd=ROOT, env=environ,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    script = """(() => { const look = () => { const row = document.querySelector(".table-blockers tbody tr");
        if (row && row.getBoundingClientRect().height)
            requestAnimationFrame(() => { window.__row = performance.now(); });
        else requestAnimationFrame(look); }; requestAnimationFrame(look); })()"""
    found: dict[str, float] = {}
    try:
        time.sleep(4)
        with sync_playwright() as playwright:
            path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
            for name, width, height in (("desk", 1440, 900), ("phone", 360, 740)):
                rows, first = [], []
                for _run in range(6):
                    page = browser.new_context(viewport={"width": width, "height": height}).new_page()
                    page.context.add_cookies(
                        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": f"http://127.0.0.1:{PORT}"}]
                    )
                    page.add_init_script(script)
                    session = page.context.new_cdp_session(page)
                    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
                    page.goto(f"http://127.0.0.1:{PORT}/cockpit/")
                    while not page.evaluate("window.__row"):  # the policy of the page forbids Playwright's own wait
                        page.wait_for_timeout(50)
                    rows.append(page.evaluate("window.__row"))
                    first.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
                    page.context.close()
                found[f"{name}: first row of the blockers"] = statistics.median(rows[1:])
                found[f"{name}: first contentful paint"] = statistics.median(first[1:])
            browser.close()
    finally:
        server.terminate()
        server.wait()
    return found


def child(url: str, *arguments: str) -> dict:
    """Run this module on a database in a process of its own and return what it found."""
    command = [sys.executable, "-m", "benchmarks.bench_cockpit", "--url", url, *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def table(found: dict[int, dict]) -> str:
    """Return the figures as Markdown."""
    sizes = sorted(found)
    lines = ["| ms of processor time, median | " + " | ".join(f"{size:,}" for size in sizes) + " | growth |"]
    lines.append("|---|" + "--:|" * (len(sizes) + 1))
    for name in ("page, kept", "page, after a change", "wall, kept", "raw SQL", "raw SQL + render", "naive"):
        figures = [f"{found[size][name]:,.1f}" if name in found[size] else "—" for size in sizes]
        both = name in found[sizes[0]] and name in found[sizes[-1]]
        growth = f"{found[sizes[-1]][name] / found[sizes[0]][name]:.1f} ×" if both else "—"
        lines.append(f"| {name} | {' | '.join(figures)} | {growth} |")
    for size in sizes:
        one = found[size]
        words = [f"{one['stuck']:,} stuck, page of {one['bytes'] / 1000:.0f} kB"]
        if "naive" in one:
            words.append(f"naive ÷ kept {one['naive'] / one['page, kept']:.0f} ×")
            words.append(f"naive ÷ after a change {one['naive'] / one['page, after a change']:.0f} ×")
        words.append(f"kept ÷ (raw SQL + render) {one['page, kept'] / one['raw SQL + render']:.2f} ×")
        words.append(
            f"after a change ÷ (raw SQL + render) {one['page, after a change'] / one['raw SQL + render']:.2f} ×"
        )
        lines.append(f"\n- {size:,} projects: {'; '.join(words)}.")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Measure, and print Markdown (a child: JSON)."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--browser", action="store_true")
    parser.add_argument("--keep", metavar="FOLDER")
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--make", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--naive", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--paint", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.url:
        if options.paint:
            print(json.dumps(paint(options.url)))
            return 0
        set_up(options.url)
        print(json.dumps(make(options.make) or {} if options.make else measure(options.naive)))
        return 0
    with tempfile.TemporaryDirectory(prefix="luodi-cockpit-") as passing:
        folder, found = Path(options.keep or passing), {}
        folder.mkdir(parents=True, exist_ok=True)
        for size in map(int, options.sizes.split(",")):
            url = f"sqlite:///{folder.resolve()}/{size}.sqlite3"
            if not (folder / f"{size}.sqlite3").exists():
                child(url, "--make", str(size))
            found[size] = child(url, *(["--naive"] if size <= 10_000 else []))
            print(f"{size:,} measured", file=sys.stderr, flush=True)
        print(table(found))
        if options.browser:
            size = max(size for size in found if size <= 10_000)
            told = child(f"sqlite:///{folder.resolve()}/{size}.sqlite3", "--paint")
            print(f"\nChromium, processor four times slower, {size:,} projects, on the wall, median of five:\n")
            print("\n".join(f"- {name} after {ms:,.0f} ms" for name, ms in told.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
