"""How long a writer waits on SQLite: with the queue of `config.sqlite`, and with Django's own backend.

    python -m benchmarks.bench_sqlite_queue [--writers 16] [--seconds 10] [--json]

Each writer is a process with its own Django connection to one database file, in the product's settings (IMMEDIATE, WAL,
FULL), and writes without a pause: two statements and some Python in one `atomic` block, every tenth time one statement
outside of it. What is measured is the whole write as its caller sees it: waiting, working, committing. Beside it the
same write by one process alone, as a measure of the machine. The files are thrown away.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time

BACKENDS = {"queue": "config.sqlite", "without": "django.db.backends.sqlite3"}
TABLES = """
CREATE TABLE IF NOT EXISTS entry (id integer PRIMARY KEY AUTOINCREMENT, writer integer NOT NULL, text varchar(100));
CREATE TABLE IF NOT EXISTS tally (writer integer PRIMARY KEY, entries integer NOT NULL);
"""


def connect_to(path: str, backend: str):
    """Point Django's default connection at a file; return the connection. Call it in a process that has none yet."""
    from django.conf import settings
    from django.db import connections

    from config.environment import SQLITE_OPTIONS

    settings.DATABASES["default"].update(ENGINE=BACKENDS[backend], NAME=path, OPTIONS=dict(SQLITE_OPTIONS))
    del connections["default"]
    return connections["default"]


def write(connection, writer: int, number: int) -> None:
    """Write once: an entry and the writer's tally."""
    from django.db import transaction

    with connection.cursor() as cursor:
        if number % 10 == 9:
            cursor.execute("INSERT INTO entry (writer, text) VALUES (%s, %s) RETURNING id", [writer, "x" * 100])
            cursor.fetchone()
            return
        with transaction.atomic():
            cursor.execute("INSERT INTO entry (writer, text) VALUES (%s, %s)", [writer, "x" * 100])
            sum(i * i for i in range(20_000))  # what an action computes while it holds the lock
            cursor.execute("UPDATE tally SET entries = entries + 1 WHERE writer = %s", [writer])


def keep_writing(path: str, backend: str, writer: int, seconds: float, start, results) -> None:
    """Write for `seconds`; put the milliseconds of each write and the number of errors."""
    from django.db.utils import OperationalError

    connection, took, errors, number = connect_to(path, backend), [], 0, 0
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO tally VALUES (%s, 0)", [writer])
    start.wait(60)
    end = time.monotonic() + seconds
    while (begun := time.monotonic()) < end:
        try:
            write(connection, writer, number)
        except OperationalError:
            errors += 1
        took.append((time.monotonic() - begun) * 1000)
        number += 1
    connection.close()
    results.put((took, errors))


def measure(backend: str, writers: int, seconds: float) -> dict[str, float]:
    """Let processes write at once, and look whether everything is there.

    Returns milliseconds (p50, p95, p99, max; "worst" is the p99 of the unluckiest process), writes per second, errors,
    and the least and most writes of one process.
    """
    import sqlite3

    fork = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory(prefix="luodi-queue-") as folder:
        path = f"{folder}/queue.sqlite3"
        database = sqlite3.connect(path)
        database.execute("PRAGMA journal_mode=WAL")
        database.executescript(TABLES)
        database.close()
        results, start = fork.Queue(), fork.Barrier(writers)
        jobs = [
            fork.Process(target=keep_writing, args=(path, backend, n, seconds, start, results)) for n in range(writers)
        ]
        for job in jobs:
            job.start()
        found = [results.get(timeout=seconds + 120) for _ in jobs]
        for job in jobs:
            job.join()
        database = sqlite3.connect(path)
        written = database.execute("SELECT count(*) FROM entry").fetchone()[0]
        sound = database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        database.close()
    took = sorted(ms for one, _ in found for ms in one)
    errors = sum(count for _, count in found)
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    return {
        "p50": cuts[49],
        "p95": cuts[94],
        "p99": cuts[98],
        "max": took[-1],
        "worst": max(statistics.quantiles(one * 2, n=100, method="inclusive")[98] for one, _ in found),
        "rate": len(took) / seconds,
        "errors": errors,
        "least": min(len(one) for one, _ in found),
        "most": max(len(one) for one, _ in found),
        "all there": sound and written == len(took) - errors,
    }


def table(found: dict[str, dict]) -> str:
    """Return the figures as Markdown."""
    heads = (
        "ms per write",
        "p50",
        "p95",
        "p99",
        "p99 of the unluckiest",
        "max",
        "writes/s",
        "of one writer",
        "lock errors",
    )
    lines = [f"| {' | '.join(heads)} |", "|---" + "|--:" * (len(heads) - 1) + "|"]
    for name, one in found.items():
        cells = [name, *(f"{one[key]:,.1f}" for key in ("p50", "p95", "p99", "worst", "max")), f"{one['rate']:.0f}"]
        cells += [f"{one['least']:,} to {one['most']:,}", f"{one['errors']}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--json", action="store_true", help="Figures of the queue only, as JSON, for the tests.")
    options = parser.parse_args(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    found = {
        "one writer alone, before": measure("queue", 1, options.seconds / 4),
        f"{options.writers} writers, queue": measure("queue", options.writers, options.seconds),
        "one writer alone, after": measure("queue", 1, options.seconds / 4),
    }
    if options.json:
        print(json.dumps(list(found.values())))
        return 0
    found[f"{options.writers} writers, no queue"] = measure("without", options.writers, options.seconds)
    print(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
