"""The list of blocked demands on 10,000 projects × 4 demands, side by side:  python -m benchmarks.bench_blocked

Ours is `factors.blocked.blocked_demands()`, what the pages show, against hand-written SQL for the same rows: once
derived from the accounts (gap and available compared for every open demand), once with what the ledger keeps on the
demand. First page of 50 with all names, number of all, and all of them; then with a longer and longer journal. Prints
Markdown, for both databases.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("energy", "water", "land", "cod")
PERIOD = "2026"
SHORT = 0.12
"""Share of pools that cannot give what is missing: some 12 of a hundred demands are blocked."""

DERIVED = """
    SELECT {columns} FROM factors_demand d
    JOIN factors_account p ON p.id = d.pool_id JOIN factors_account h ON h.id = d.holding_id
    JOIN factors_book b ON b.id = d.book_id JOIN factors_factorkind k ON k.id = b.kind_id
    JOIN projects_project r ON r.id = d.project_id JOIN projects_enterprise e ON e.id = r.enterprise_id
    LEFT JOIN factors_blockepisode s ON s.demand_id = d.id AND s.closed_at IS NULL
    WHERE d.closed_on IS NULL AND d.amount - (h.credits_posted - h.debits_posted + h.credits_pending) > 0
      AND d.amount - (h.credits_posted - h.debits_posted + h.credits_pending)
          > p.credits_posted - p.debits_posted - p.debits_pending"""
KEPT = """
    SELECT {columns} FROM factors_demand d
    JOIN factors_account p ON p.id = d.pool_id JOIN factors_account h ON h.id = d.holding_id
    JOIN factors_book b ON b.id = d.book_id JOIN factors_factorkind k ON k.id = b.kind_id
    JOIN projects_project r ON r.id = d.project_id JOIN projects_enterprise e ON e.id = r.enterprise_id
    LEFT JOIN factors_blockepisode s ON s.demand_id = d.id AND s.closed_at IS NULL
    WHERE d.closed_on IS NULL AND d.blocked"""
SHOWN = (
    "d.id, r.code, r.name, e.name, k.name, k.unit, d.amount, d.secured, d.gap, p.name, "
    "p.credits_posted - p.debits_posted - p.debits_pending, s.opened_at"
)
ORDER = " ORDER BY s.opened_at, d.id"


def make(projects: int, seed: int = 20261122) -> None:
    """Make the portfolio and four demands of every project, some secured, some short, with their episodes."""
    from django.core.management import call_command
    from django.db import transaction
    from django.utils import timezone

    from demo import generator
    from factors import blocks
    from factors.models import Account, Book, Demand, FactorKind, FactorSource
    from people.models import District
    from projects.models import Project

    call_command("migrate", verbosity=0)
    now, rng = timezone.localtime(), random.Random(seed)
    generator.build(projects, now)
    rows = list(Project.objects.order_by("pk").values_list("pk", "park_id", "code"))
    for position, code in enumerate(KINDS):
        kind = FactorKind.objects.create(
            code=code, name=code, group="energy", family="energy", unit="tce", year_end="expire", position=position
        )
        book = Book.objects.create(code=code, kind=kind, source=FactorSource.objects.create(kind=kind))
        parks = sorted({park for _pk, park, _code in rows})
        pools = {}
        for park in parks:
            left = 0 if rng.random() < SHORT else 10**9
            pools[park] = account(book, "pool", f"pool:{park}", park=park, credits_posted=left)
        Account.objects.bulk_create(pools.values())
        needs = [(pk, park, no, rng.randint(1, 900) * 1000) for pk, park, no in rows]
        held = {
            pk: account(book, "holding", f"project:{no}", project=pk, credits_posted=need if rng.random() < 0.6 else 0)
            for pk, _park, no, need in needs
        }
        Account.objects.bulk_create(held.values(), batch_size=2000)
        Demand.objects.bulk_create(
            [
                Demand(
                    project_id=pk, book=book, period=PERIOD, amount=need, pool=pools[park], holding=held[pk],
                    secured=held[pk].credits_posted, registered_at=now,
                )
                for pk, park, _no, need in needs
            ],
            batch_size=2000,
        )  # fmt: skip
    with transaction.atomic():
        blocks.turn(Demand.objects.all(), now=now, cause="registered")
    assert District.objects.exists()
    analyze()


def account(book, role, code, *, park=None, project=None, credits_posted=0):
    """Return an account, not saved."""
    from factors.models import Account

    return Account(
        book=book, role=role, code=code, name=code, period=PERIOD, tier=Account.TIERS[role], park_id=park,
        project_id=project, credits_posted=credits_posted,
    )  # fmt: skip


def lengthen(entries: int) -> None:
    """Add so many entries to the journal, in the database itself: only their number matters here."""
    from django.db import connection

    from factors.models import Account, Posting

    first = Posting.objects.count()
    pools = list(Account.objects.filter(role="pool").values_list("pk", flat=True))
    numbers = (
        "generate_series(%s, %s) n"
        if connection.vendor == "postgresql"
        else "(WITH RECURSIVE c(n) AS (SELECT %s UNION ALL SELECT n + 1 FROM c WHERE n < %s) SELECT n FROM c)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO factors_posting (year, number, key, kind, occurred_on, recorded_at, document_no, summary) "
            "SELECT 2025, n, 'long-' || n, 'reallocate', '2025-01-01', '2025-01-01 00:00:00+00:00', '', '' "
            f"FROM {numbers}",
            [first + 1, first + entries],
        )
        cursor.execute(
            "INSERT INTO factors_transfer (posting_id, line, phase, debit_id, credit_id, amount) "
            "SELECT id, 1, 'posted', %s, %s, 1 FROM factors_posting WHERE year = 2025 AND number > %s",
            [min(pools), max(pools), first],
        )
    analyze()


def analyze() -> None:
    """Let the database look at its tables."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def ways() -> dict:
    """Return what is measured: functions by (what, how)."""
    from django.db import connection

    from factors import blocked

    def raw(sql, columns=SHOWN, tail=""):
        def run():
            with connection.cursor() as cursor:
                cursor.execute(sql.format(columns=columns) + tail)
                return cursor.fetchall()

        return run

    shown = (
        *("id", "project__code", "project__name", "project__enterprise__name", "book__kind__name", "book__kind__unit"),
        *("amount", "secured", "gap", "pool__name", "available", "since"),
    )
    rows = blocked.blocked_demands
    return {
        ("page of 50", "ours, rows as objects"): lambda: list(rows()[:50]),
        ("page of 50", "ours, values"): lambda: list(rows().values_list(*shown)[:50]),
        ("page of 50", "raw SQL, derived"): raw(DERIVED, tail=f"{ORDER} LIMIT 50"),
        ("page of 50", "raw SQL, kept"): raw(KEPT, tail=f"{ORDER} LIMIT 50"),
        ("number", "ours"): lambda: rows().count(),
        ("number", "raw SQL, derived"): raw(DERIVED, "COUNT(*)"),
        ("number", "raw SQL, kept"): raw(KEPT, "COUNT(*)"),
        ("all", "ours, values"): lambda: list(rows().values_list(*shown)),
        ("all", "raw SQL, derived"): raw(DERIVED, tail=ORDER),
        ("all", "raw SQL, kept"): raw(KEPT, tail=ORDER),
    }


def measure(runs: int = 15) -> dict:
    """Return the median milliseconds of every way, asked in turn; they give the same rows."""
    from django.db import connection

    asked = ways()
    told = sorted(row[0] for row in asked["all", "raw SQL, derived"]())
    for how in ("ours, values", "raw SQL, kept"):
        assert sorted(row[0] for row in asked["all", how]()) == told, how
    tell = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    times: dict = {key: [] for key in asked}
    for _run in range(runs):
        for key, way in asked.items():
            begun = tell()
            way()
            times[key].append((tell() - begun) * 1000)
    return {key: statistics.median(values) for key, values in times.items()} | {"blocked": len(told)}


def report(projects: int, lengths: list[int]) -> None:
    """Print the table of the database that DATABASE_URL names."""
    sys.path.insert(0, str(ROOT))
    os.environ.update(DEMO="1", DEBUG="0", DJANGO_SETTINGS_MODULE="config.settings")
    import django

    django.setup()
    from django.db import connection

    make(projects)
    found, there = [], 0
    for length in lengths:
        if length > there:
            lengthen(length - there)
        there = max(there, length)
        found.append(measure())
    print(
        f"### {connection.vendor}: {projects:,} projects × {len(KINDS)} demands, {found[0].pop('blocked'):,} blocked\n"
    )
    for other in found[1:]:
        other.pop("blocked")
    heads = " | ".join(f"{length:,} entries" for length in lengths)
    print(f"| ms, median | way | {heads} | growth |\n|---|---|{'--:|' * (len(lengths) + 1)}")
    for key in found[0]:
        cells = " | ".join(f"{one[key]:.2f}" for one in found)
        print(f"| {key[0]} | {key[1]} | {cells} | {found[-1][key] / found[0][key]:.2f} × |")
    last = found[-1]
    for what, how in (("page of 50", "ours, rows as objects"), ("number", "ours"), ("all", "ours, values")):
        derived, kept = last[what, "raw SQL, derived"], last[what, "raw SQL, kept"]
        to_derived, to_kept = last[what, how] / derived, last[what, how] / kept
        print(f"\n- {what}: {to_derived:.2f} × the raw SQL that derives, {to_kept:.2f} × what reads the kept", end="")
    print("\n")


def main() -> None:
    """Measure on both databases, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--projects", type=int, default=10_000)
    parser.add_argument("--lengths", default="0,100000,1000000")
    parser.add_argument("--databases", default="sqlite,postgres")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        report(options.projects, [int(text) for text in options.lengths.split(",")])
        return
    me = [sys.executable, "-m", "benchmarks.bench_blocked", "--inside", "--projects", str(options.projects)]
    me += ["--lengths", options.lengths]
    for database in options.databases.split(","):
        with tempfile.TemporaryDirectory(prefix="luodi-bench-") as folder:
            environ = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3"}
            command = [sys.executable, "scripts/with_postgres.py", "--", *me] if database == "postgres" else me
            subprocess.run(command, env=environ, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
