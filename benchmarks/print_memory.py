"""What printing occupies over a long pile: one process that is never replaced, and the worker as it is run.

Modes of `python -m benchmarks.bench_print`: `--long 500` and `--worker 500`. The first prints dossiers made by hand, a
usual, an empty and an overfull one in turn. The second makes the sample city in a throw-away SQLite file, orders cards
of all its projects again and again, and lets `manage.py print_worker` print them: the supervisor, which draws no paper,
and its child, which it replaces after `workers.RECYCLE` papers. Memory is what Linux says a process occupies (RSS, MB).
"""

import io
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EVERY, WARM = 10, 50
"""Papers between two samples, and papers after which the slope is taken."""
ROW_EVERY = 50
POLL_SECONDS = 0.25


def resident_mb(pid: int | str = "self") -> float:
    """Return what a process occupies, in MB; 0 when it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def slope(samples: list[tuple[int, float]]) -> float:
    """Return MB per 100 papers after the first WARM, by least squares; NaN with fewer than three samples."""
    rest = [(papers, mb) for papers, mb in samples if papers >= WARM]
    if len(rest) < 3:
        return float("nan")
    middle = sum(papers for papers, _mb in rest) / len(rest)
    mean = sum(mb for _papers, mb in rest) / len(rest)
    spread = sum((papers - middle) ** 2 for papers, _mb in rest)
    return 100 * sum((papers - middle) * (mb - mean) for papers, mb in rest) / spread


def one_process(cards: int) -> None:
    """Print cards on and on in this process and tell what it occupies. `bench_print.begin` was called."""
    from dossiers import rendering
    from tests.dossiers import samples

    dossiers = [samples.usual(), samples.empty(), samples.overlong()]
    rungs = [rendering.card(one, samples.stamp()).rung for one in dossiers]
    seen = [(0, resident_mb())]
    print("\n| papers of one process | MB |\n|---:|---:|", flush=True)
    for number in range(1, cards + 1):
        turn = number % len(dossiers)
        rendering.card(dossiers[turn], samples.stamp(number), rung=rungs[turn])
        if number % EVERY == 0:
            seen.append((number, resident_mb()))
            if number % ROW_EVERY == 0:
                print(f"| {number} | {seen[-1][1]:.1f} |", flush=True)
    print(f"\nOne process: {slope(seen):+.2f} MB per 100 after {WARM}, {max(mb for _n, mb in seen):.0f} MB at most")


def worker(cards: int) -> None:
    """Run the worker over `cards` cards of the sample city and tell what its processes occupy."""
    with tempfile.TemporaryDirectory(prefix="luodi-bench-") as folder:
        os.environ |= {
            "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
            "MEDIA_ROOT": f"{folder}/media",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PRINT_LIMIT": str(max(cards, 500)),
        }
        sys.path.insert(0, str(ROOT))
        import django

        django.setup()
        _order(cards)
        _watch(cards)


def _order(cards: int) -> None:
    """Make the sample city and order cards of all its projects, as often as it takes."""
    from django.core.management import call_command
    from django.utils import timezone

    from dossiers import actions
    from people.access import visible_to
    from people.models import User
    from projects.models import Project

    call_command("migrate", verbosity=0)
    call_command("demo", "load", verbosity=0, stdout=io.StringIO())
    officer = User.objects.get(username="officer")
    projects = list(visible_to(Project.objects.order_by("pk"), officer))
    for first in range(0, cards, len(projects)):
        actions.order(
            by=officer,
            projects=projects[: cards - first],
            kind="card",
            bundle="zip",
            title="bench",
            base_url="http://localhost/",
            now=timezone.now(),
        )


def _watch(cards: int) -> None:
    """Start the worker and sample its memory every EVERY papers until nothing is left to print."""
    from dossiers import workers
    from dossiers.models import PrintItem

    command = [sys.executable, "manage.py", "print_worker", "--processes", "1", "--once", "--attached"]
    quiet = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, **quiet)  # ends when this process does, however that ends
    over, child_seen, children, most, done = [], [], set(), 0.0, 0
    print("\n| papers | supervisor, MB | child, MB | children so far |\n|---:|---:|---:|---:|", flush=True)
    while process.poll() is None:
        pids = _children(process.pid)
        children |= set(pids)
        mb = max(map(resident_mb, pids), default=0.0)
        most = max(most, mb)
        done = PrintItem.objects.filter(status=PrintItem.Status.DONE).count()
        if mb and done // EVERY > (over[-1][0] // EVERY if over else 0):
            over.append((done, resident_mb(process.pid)))
            child_seen.append((done, mb))
            if done // ROW_EVERY > (over[-2][0] // ROW_EVERY if len(over) > 1 else 0):
                print(f"| {done} | {over[-1][1]:.1f} | {mb:.1f} | {len(children)} |", flush=True)
        time.sleep(POLL_SECONDS)
    done = PrintItem.objects.filter(status=PrintItem.Status.DONE).count()
    print(
        f"\n{done} of {cards} cards in {time.perf_counter() - begun:.0f} s, a child replaced after {workers.RECYCLE} "
        f"({len(children)} children). MB per 100 cards after {WARM}: supervisor {slope(over):+.2f}, "
        f"child {slope(child_seen):+.2f}; at most {max(mb for _n, mb in over):.0f} and {most:.0f} MB",
        flush=True,
    )


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
