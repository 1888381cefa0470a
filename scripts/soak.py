"""`make soak`: the long form of the ledger's tests against many processes. Hours; for a release, not for every commit.

    scripts/soak.py [--attempts 1000000] [--seed N] [--only model|processes|kills|places] [--database sqlite|postgresql]

The model test with 5,000 examples of 100 steps; then on each database a crowd of 16 writers and 4 readers that makes
half of the attempts, 1,000 kills at random and 20 at each named place. Prints seed, commit, hardware and counts of
every run. Exit status 1 when a fault was found or a run was void; 75 when PostgreSQL is not installed.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.factors.soak.databases import fresh  # noqa: E402
from tests.factors.soak.failpoints import OF  # noqa: E402
from tests.factors.soak.runner import Crowd, Report  # noqa: E402

NOT_INSTALLED = 75
PARTS = ("model", "processes", "kills", "places")


def show(report: Report) -> bool:
    """Print a run and say whether it was good."""
    print(report.text(), flush=True)
    return not report.caught and not report.void


def processes(url: str, options) -> bool:
    """The crowd, without kills."""
    with Crowd(url) as crowd:
        crowd.build()
        return show(crowd.run(title=f"processes on {options.vendor}", seed=options.seed, writers=16, readers=4,
                              attempts=options.attempts // len(options.database)))  # fmt: skip


def kills(url: str, options) -> bool:
    """Writers are killed at random; on PostgreSQL the server's processes, too."""
    good = True
    with Crowd(url) as crowd:
        crowd.build()
        for number in range(max(options.kills // 100, 1)):
            good &= show(crowd.run(title=f"kills on {options.vendor}", seed=options.seed + number, writers=8,
                                   kills=min(options.kills, 100), every=0.15))  # fmt: skip
        if options.vendor == "postgresql":
            good &= show(crowd.run(title="connections ended", seed=options.seed + 99, writers=8, kills=100, every=0.15,
                                   server="terminate"))  # fmt: skip
            good &= show(crowd.run(title="server crashed", seed=options.seed + 98, writers=8, kills=100, every=0.3,
                                   server="kill"))  # fmt: skip
    return good


def places(url: str, options) -> bool:
    """Writers die at each named place."""
    good = True
    with Crowd(url) as crowd:
        crowd.build()
        for number, place in enumerate(OF[options.vendor]):
            good &= show(crowd.run(title=f"{place} on {options.vendor}", seed=options.seed + 1000 + number, writers=3,
                                   kills=options.place_kills, place=place))  # fmt: skip
    return good


def model(options) -> bool:
    """The model test, many and long examples, on SQLite."""
    environ = {**os.environ, "LEDGER_EXAMPLES": str(options.examples), "LEDGER_STEPS": "100"}
    environ.pop("DATABASE_URL", None)
    command = ["-m", "pytest", "-q", "-n0", "tests/factors/test_ledger_model.py"]
    command += ["--hypothesis-profile=search", f"--hypothesis-seed={options.seed}"]
    print(f"model: {options.examples} examples of 100 steps, seed {options.seed}", flush=True)
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=environ).returncode == 0


def main() -> int:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--attempts", type=int, default=1_000_000, help="of both databases together")
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--place-kills", type=int, default=20)
    parser.add_argument("--examples", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1_000_000)
    parser.add_argument("--only", action="append", choices=PARTS)
    parser.add_argument("--database", action="append", choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    options.database = options.database or ["postgresql", "sqlite"]
    parts, good = options.only or PARTS, True
    if "model" in parts:
        good &= model(options)
    for vendor in options.database if set(parts) - {"model"} else ():
        options.vendor = vendor
        try:
            with fresh(vendor) as make:
                for part in (processes, kills, places):
                    if part.__name__ in parts:
                        good &= part(make(), options)
        except FileNotFoundError as error:
            print(error, file=sys.stderr)
            return NOT_INSTALLED
    print("sound" if good else "NOT SOUND", f"seed {options.seed}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
