"""All benchmarks, as Markdown:  python -m benchmarks [--sizes 1000,10000] [--databases sqlite,postgres] [--dry-run]

The figures are printed, and replace those between the two marks of docs/performance.md (not with --dry-run).

Each size runs in a process and a database of its own; the databases are thrown away. PostgreSQL is the throw-away
cluster of `scripts/with_postgres.py`, left out when it is not installed. 100,000 projects need some 3 GB of disk.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.bench_pages import ADMIN, PAGES

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
MARKS = ("<!-- measured: rewritten by python -m benchmarks -->", "<!-- end of measured -->")


def measured(database: str, projects: int) -> dict[str, float] | None:
    """Return the figures of one size on one database; None where PostgreSQL is missing."""
    command = [sys.executable, "-m", "benchmarks.bench_pages", "--projects", str(projects)]
    with tempfile.TemporaryDirectory(prefix="luodi-bench-") as folder:
        environ = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3"}
        if database == "postgres":
            command = [sys.executable, "scripts/with_postgres.py", "--", *command]
        done = subprocess.run(command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode == 75:
        return None
    done.check_returncode()
    return json.loads(done.stdout.splitlines()[-1])


def table(database: str, found: dict[int, dict[str, float]]) -> str:
    """Return the figures of one database: a row per page with its growth and its distance from the admin site."""
    sizes = sorted(found)
    least, most = found[sizes[0]], found[sizes[-1]]

    def growth(name):
        return f"{most[name] / least[name]:.1f} ×" if len(sizes) > 1 else "—"

    lines = [
        f"### {database}",
        "",
        "| ms, median | " + " | ".join(f"{size:,}" for size in sizes) + " | growth | admin (projects) ÷ it |",
        "|---|" + "--:|" * (len(sizes) + 2),
    ]
    for name in [*PAGES, *ADMIN]:
        ratios = " | ".join(f"{found[size][name]:.0f}" for size in sizes)
        admin = most["admin: projects"] / most[name]
        lines.append(f"| {name} | {ratios} | {growth(name)} | {admin:.1f} × |")
    for name in ("counts by park, ours", "counts, raw SQL on tallies", "counts, raw SQL on projects", "transition"):
        ratios = " | ".join(f"{found[size][name]:.2f}" for size in sizes)
        lines.append(f"| {name} | {ratios} | {growth(name)} | |")
    lines.append("")
    for size in sizes:
        one = found[size]
        ratio = one["counts by park, ours"] / one["counts, raw SQL on tallies"]
        lines.append(f"- {size:,} projects: generated in {one['generated']:.0f} s; counts {ratio:.2f} × the raw SQL.")
        if "recomputation" in one:
            lines.append(
                f"- One transition, saved, against `clock.measure` on all {size:,} × 19 stages "
                f"({one['recomputation']:,.0f} ms, measured in full): 1/{one['recomputation'] / one['transition']:.0f}."
            )
    return "\n".join(lines)


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
    parser.add_argument("--dry-run", action="store_true", help="Leave docs/performance.md as it is.")
    options = parser.parse_args(argv)
    clock = [sys.executable, "-m", "benchmarks.bench_clock"]
    environ = {**os.environ, "DEMO": "1"}
    parts = [machine(), "### Clocks", subprocess.check_output(clock, cwd=ROOT, text=True, env=environ).strip()]
    print("\n\n".join(parts), flush=True)
    for database in options.databases.split(","):
        found = {}
        for size in map(int, options.sizes.split(",")):
            figures = measured(database, size)
            if figures is None:
                break
            found[size] = figures
        parts.append(table(database, found) if found else f"{database}: not installed, not measured.")
        print("\n" + parts[-1], flush=True)
    if not options.dry_run:
        write("\n\n".join(parts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
