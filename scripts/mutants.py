"""`make mutants`: break the ledger in nine ways, one after the other, and show that each is caught within 60 seconds.

    scripts/mutants.py [NAME …]

Each runs a crowd of writers against a database of its own (`tests/factors/soak`); "caught" means that a writer met an
error that users would see, or an invariant does not hold. First the unbroken ledger runs, which must show nothing.
Exit status 1 when a mutant lives, or the unbroken ledger shows a fault.
"""

import sys
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.factors.soak.databases import fresh  # noqa: E402
from tests.factors.soak.mutants import FEW, MUTANTS  # noqa: E402
from tests.factors.soak.runner import Crowd, Report  # noqa: E402

SECONDS = 60


def hunt(url: str, name: str, run: dict, seed: int) -> tuple[Report, float]:
    """Let a crowd work on one mutant ("" for the unbroken ledger) until it is caught; returns report and seconds."""
    with Crowd(url, mutant=name) as crowd:
        crowd.build()
        began = time.monotonic()
        while True:
            report = crowd.run(title=name or "unbroken", seed=seed, **run)
            passed, seed = time.monotonic() - began, seed + 1
            if report.caught or not name or passed > SECONDS:
                return report, passed


def main(names: list[str]) -> int:
    """Print the table; return 0 when all that were asked for are caught."""
    seed, caught, sound = int(time.time()) % 10_000, 0, True
    chosen = {name: MUTANTS[name] for name in names or MUTANTS}
    with ExitStack() as stack:
        make = {vendor: stack.enter_context(fresh(vendor)) for vendor in sorted({m.vendor for m in chosen.values()})}
        for vendor in make:
            report, seconds = hunt(make[vendor](), "", FEW, seed)
            sound = sound and not report.caught
            print(f"{'unbroken':20} {vendor:10} {seconds:5.0f} s  {len(report.caught)} faults", flush=True)
            for fault in report.caught[:5]:
                print(f"    {fault}")
        for name, mutant in chosen.items():
            report, seconds = hunt(make[mutant.vendor](), name, mutant.run, seed)
            good = bool(report.caught) and seconds < SECONDS
            caught += good
            print(f"{name:20} {mutant.vendor:10} {seconds:5.0f} s  {'caught' if good else 'LIVES'}: {mutant.words}")
            print(f"    {' '.join(report.caught[0].split())[:150] if report.caught else report.text()}", flush=True)
    print(f"{caught} of {len(chosen)} caught, seed {seed}")
    return 0 if caught == len(chosen) and sound else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
