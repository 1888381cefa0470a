"""All benchmarks, as Markdown:  python -m benchmarks [--sizes 1000,10000] [--databases sqlite,postgres] [--dry-run]

The figures are printed, and replace those between the two marks of docs/performance.md (not with --dry-run).

The databases of all sizes are made first and thrown away at the end; then they are measured in turn, each in a process
of its own, in several rounds of which the median counts: so a job that comes and goes on the machine meets all sizes.
PostgreSQL is the throw-away cluster of `scripts/with_postgres.py`, left out when it is not installed. 100,000 projects
need 3 GB of disk for each database and 10 to 45 minutes; `--use sqlite:100000=URL` takes one that was made before.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.bench_pages import ADMIN, PAGES, WORKBENCH
from scripts.with_postgres import cluster

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
MARKS = ("<!-- measured: rewritten by python -m benchmarks -->", "<!-- end of measured -->")
COUNTS = ("counts by park, ours", "counts, raw SQL on tallies", "counts, raw SQL on projects", "transition")


def bench_pages(url: str, *arguments: str) -> dict[str, float]:
    """Run `bench_pages` on a database and return what it found."""
    command = [sys.executable, "-m", "benchmarks.bench_pages", *arguments]
    environ = {**os.environ, "DATABASE_URL": url}
    done = subprocess.run(command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def databases(kind: str, sizes: list[int], given: dict[int, str]) -> Iterator[dict[int, tuple[str, dict]]]:
    """Yield (URL, {"generated": seconds}) by size, made unless `given`. FileNotFoundError without PostgreSQL."""
    with ExitStack() as stack:
        missing = [size for size in sizes if size not in given]
        urls = {size: given[size] for size in sizes if size in given}
        if missing and kind == "sqlite":
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="luodi-bench-"))
            urls |= {size: f"sqlite:///{folder}/{size}.sqlite3" for size in missing}
        elif missing:
            urls |= in_cluster(stack.enter_context(cluster()), missing)
        yield {
            size: (urls[size], bench_pages(urls[size], "--make", str(size)) if size in missing else {})
            for size in sizes
        }


def in_cluster(url: str, sizes: list[int]) -> dict[int, str]:
    """Create an empty database for each size in the cluster that `url` leads to; return their URLs."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as server:
        for size in sizes:
            server.execute(f"CREATE DATABASE bench_{size}")
    return {size: url.replace("/postgres?", f"/bench_{size}?") for size in sizes}


def measured(kind: str, sizes: list[int], given: dict[int, str], count: int) -> dict[int, dict[str, float]]:
    """Return the figures of every size: the medians of `count` rounds."""
    with databases(kind, sizes, given) as made:
        rounds = {size: [] for size in sizes}
        for _round in range(count):
            for size, (url, _generated) in made.items():
                rounds[size].append(bench_pages(url))
        return {
            size: made[size][1] | {name: statistics.median(one[name] for one in found) for name in found[0]}
            for size, found in rounds.items()
        }


def table(kind: str, found: dict[int, dict[str, float]]) -> str:
    """Return the figures of one database: a row per page with its growth and its distance from the admin's lists."""
    sizes = sorted(found)
    least, most = found[sizes[0]], found[sizes[-1]]
    # The admin's lists are compared at 10,000 where it was measured: at 100,000 its stages take seconds.
    base = found.get(10_000, most)

    def growth(name):
        return f"{most[name] / least[name]:.1f} ×" if len(sizes) > 1 and name in most else "—"

    unit = "ms of processor time" if kind == "sqlite" else "ms"
    lines = [
        f"### {kind}",
        "",
        f"| {unit}, median | "
        + " | ".join(f"{size:,}" for size in sizes)
        + " | growth | "
        + " | ".join(f"{name.removeprefix('admin: ')} ÷ it" for name in ADMIN)
        + " |",
        "|---|" + "--:|" * (len(sizes) + 1 + len(ADMIN)),
    ]
    for name in [*PAGES, *ADMIN, *WORKBENCH]:
        figures = " | ".join(f"{found[size][name]:.0f}" if name in found[size] else "—" for size in sizes)
        ratios = " | ".join("" if name not in PAGES else f"{base[admin] / base[name]:.1f} ×" for admin in ADMIN)
        lines.append(f"| {name} | {figures} | {growth(name)} | {ratios} |")
    for name in COUNTS:
        figures = " | ".join(f"{found[size][name]:.2f}" for size in sizes)
        lines.append(f"| {name} | {figures} | {growth(name)} |" + " |" * len(ADMIN))
    return "\n".join([*lines, "", *notes(found)])


def notes(found: dict[int, dict[str, float]]) -> list[str]:
    """Return the ratios that are no rows of the table."""
    lines = []
    for size, one in sorted(found.items()):
        whole, own = one["workbench, leader (whole city)"], one["workbench, project manager"]
        lines.append(
            f"- {size:,} projects: the admin's change lists that show the workbench's rows take "
            f"{one['admin: workbench rows'] / whole:.1f} × a leader's workbench, naive "
            f"{one['admin: workbench rows, naive'] / whole:.1f} ×; "
            f"{one['admin: own workbench rows'] / own:.1f} × and "
            f"{one['admin: own workbench rows, naive'] / own:.1f} × a manager's."
        )
        ratio = one["counts by park, ours"] / one["counts, raw SQL on tallies"]
        seconds = f"generated in {one['generated']:.0f} s; " if "generated" in one else ""
        lines.append(f"- {size:,} projects: {seconds}counts {ratio:.2f} × the raw SQL.")
        if "recomputation" in one:
            lines.append(
                f"- One transition, saved, against `clock.measure` on all {size:,} × 19 stages "
                f"({one['recomputation']:,.0f} ms, measured in full): 1/{one['recomputation'] / one['transition']:.0f}."
            )
            together, alone = one["turning, set-based"], one["turning, one by one"]
            lines.append(
                f"- Lights of {one['turned']:,.0f} projects turned at once: {together:.2f} ms each; chain by chain "
                f"{alone:.2f} ms each ({alone / together:.0f} ×)."
            )
    return lines


def machine() -> str:
    """Return one line on when and where: cores, load, versions."""
    from datetime import datetime

    import django

    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    return (
        f"{datetime.now():%Y-%m-%d %H:%M}, {os.cpu_count()} cores, load {load} (1, 5, 15 minutes), "
        f"Python {sys.version.split()[0]}, Django {django.__version__}."
    )


def write(text: str) -> None:
    """Put the figures between the marks of docs/performance.md."""
    before, after = re.split(f"{MARKS[0]}.*{MARKS[1]}", PAGE.read_text(), flags=re.DOTALL)
    PAGE.write_text(f"{before}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{after}")


def main(argv: list[str] | None = None) -> int:
    """Print everything, and write it down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--databases", default="sqlite,postgres")
    parser.add_argument("--use", action="append", default=[], metavar="KIND:SIZE=URL", help="A database made before.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dry-run", action="store_true", help="Leave docs/performance.md as it is.")
    options = parser.parse_args(argv)
    sizes = [int(size) for size in options.sizes.split(",")]
    given: dict[str, dict[int, str]] = {}
    for word in options.use:
        kind, size, url = re.fullmatch(r"(\w+):(\d+)=(.+)", word).groups()
        given.setdefault(kind, {})[int(size)] = url
    clock = [sys.executable, "-m", "benchmarks.bench_clock"]
    environ = {**os.environ, "DEMO": "1"}
    parts = [machine(), "### Clocks", subprocess.check_output(clock, cwd=ROOT, text=True, env=environ).strip()]
    draws = [sys.executable, "-m", "benchmarks.bench_forecast"]
    parts += ["### Forecasts", subprocess.check_output(draws, cwd=ROOT, text=True).strip()]
    reforms = [sys.executable, "-m", "benchmarks.bench_reform"]
    parts += ["### Reforms", subprocess.check_output(reforms, cwd=ROOT, text=True).strip()]
    print("\n\n".join(parts), flush=True)
    for kind in options.databases.split(","):
        try:
            parts.append(table(kind, measured(kind, sizes, given.get(kind, {}), options.rounds)))
        except FileNotFoundError:
            parts.append(f"{kind}: not installed, not measured.")
        parts.append(machine())
        print("\n" + "\n\n".join(parts[-2:]), flush=True)
    if not options.dry_run:
        write("\n\n".join(parts))
    planner = [sys.executable, "-m", "benchmarks.bench_planner", *([] if options.dry_run else ["--write"])]
    subprocess.run(planner, cwd=ROOT, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
