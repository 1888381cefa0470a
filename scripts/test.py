"""`make test`: tests marked for both databases on PostgreSQL, then the whole suite on SQLite. Arguments go to pytest.

The whole suite comes last, so that the closing line counts everything.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTHING_COLLECTED = 5
NOT_INSTALLED = 75
# One worker more than processors: tests wait for Chromium, the disk and each other's locks. Shares of the list, so that
# each worker loads the sample city and Chromium once.
WORKERS = ["-n", str((os.cpu_count() or 1) + 1), "--dist", "worksteal"]


def main(arguments: list[str]) -> int:
    """Return 0 when both runs passed. A missing PostgreSQL is a failure only with CI_REQUIRE=1."""
    os.chdir(ROOT)
    pytest = [sys.executable, "-m", "pytest", "-q", "--durations=25", "--durations-min=5"]
    status = 0
    if not arguments:
        marked = [
            sys.executable,
            "scripts/with_postgres.py",
            "--",
            *pytest,
            *WORKERS,
            "-m",
            "both_databases or postgres",
        ]
        print("== PostgreSQL: tests marked both_databases or postgres", flush=True)
        # SQLite's templates meanwhile: made at their first need, one worker would wait for the other.
        ahead = subprocess.Popen([sys.executable, "-m", "tests.templates"], stdout=subprocess.DEVNULL)
        on_postgres = subprocess.run(marked).returncode
        ahead.wait()  # one that failed is made, and fails, again in the tests that need it
        if on_postgres == NOT_INSTALLED:
            print("SKIPPED: PostgreSQL is not installed; its tests did not run.", flush=True)
        required = os.environ.get("CI_REQUIRE") == "1"
        if on_postgres not in (0, NOTHING_COLLECTED) and (on_postgres != NOT_INSTALLED or required):
            status = on_postgres
        print("== SQLite: the whole suite", flush=True)
    workers = [] if any(word.startswith(("-n", "-p", "--pdb")) for word in arguments) else WORKERS
    environ = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} if not arguments else None
    on_sqlite = subprocess.run([*pytest, *workers, *(arguments or ["-m", "not postgres"])], env=environ).returncode
    return on_sqlite or status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
