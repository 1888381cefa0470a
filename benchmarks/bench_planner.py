"""The unlock planner beside `scipy.optimize.milp` on the whole model:  python -m benchmarks.bench_planner [--write]

Instances as in performance.md §4 of the goals: N projects that come whole or not at all, each with energy, land and
water, in one of 5 parks and 3 years; energy and land from the pool of the cell, water split over up to 5 sources of
the cell; 105 limits, each 40 to 50 % of what is wanted (the sources together, unevenly). So that nothing is fitted to
one of them, every size is drawn from several seeds, and other shapes stand beside it: limits at 15 to 20 % and at 75
to 80 % of what is wanted, one cell, sixty cells, one ceiling over all, a free choice of the year. Both get the same
seconds, one after the other in one process; the gap is the distance from the bound that each has proven itself. Told
are the median and the worst of the seeds.

`--write` replaces the section between its marks in docs/performance.md.
"""

import argparse
import csv
import os
import random
import re
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import NamedTuple

from factors import planner
from factors.planner import Candidate, Instance, Limit, Need
from factors.planner_matrix import components, relax, whole
from factors.planner_rows import compile_instance
from factors.planner_solve import load

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
MARKS = ("<!-- unlock planner: rewritten by python -m benchmarks.bench_planner --write -->", "<!-- end of planner -->")
SOURCES = ("reclaimed", "drainage", "river", "ground", "saved")
KINDS = {
    "cells": "",
    "tight": ", limits at 15 to 20 %",
    "loose": ", limits at 75 to 80 %",
    "one": ", one cell",
    "many": ", sixty cells",
    "city": ", one ceiling over all",
    "years": ", each chooses its year",
}
SHARES = {"tight": (0.15, 0.2), "loose": (0.75, 0.8)}
PARKS = {"one": 1, "many": 20}


def instance(count: int, kind: str = "cells", seed: int = 1) -> Instance:
    """Generate an instance. `kind`: "cells"; "tight" and "loose" have other limits, "one" a single cell, "many" sixty;
    "city" has one ceiling of energy over all cells at 90 % of the pools' sum; in "years" every project may choose its
    year among the three of its park, at 95 % value for each later."""
    draw = random.Random(seed)
    low, high = SHARES.get(kind, (0.4, 0.5))
    years = 1 if kind == "one" else 3
    places = [f"{park}-{year}" for park in range(PARKS.get(kind, 5)) for year in range(years)]
    candidates, wanted = [], defaultdict(int)
    for number in range(count):
        cell = draw.choice(places)
        energy, land, water = (int(draw.lognormvariate(mu, s)) + 1 for mu, s in ((8, 1.0), (5, 0.8), (6, 1.0)))
        worth = (energy / 3000 + land / 150 + water / 400) * draw.lognormvariate(0, 0.5)
        sources = draw.sample(SOURCES, draw.choice([1, 2, 2, 3, 5]))
        for factor, amount in (("energy", energy), ("land", land), ("water", water)):
            wanted[f"{factor}-{cell}"] += amount
        cells = [f"{cell.split('-')[0]}-{year}" for year in range(3)] if kind == "years" else [cell]
        for later, place in enumerate(cells):
            pool = (f"energy-{place}", "city") if kind == "city" else (f"energy-{place}",)
            needs = (
                Need(energy, (pool,), "energy"),
                Need(land, ((f"land-{place}",),), "land"),
                Need(water, tuple((f"{source}-{place}",) for source in sources), "water"),
            )
            value = int(worth * 10_000 * 0.95**later) + 1
            one_of = str(number) if kind == "years" else ""
            candidates.append(Candidate(f"P{number}-{place}", value, needs, one_of=one_of))
    limits = []
    for key, amount in sorted(wanted.items()):
        if key.startswith("water"):
            shares = [draw.random() + 0.3 for _source in SOURCES]
            limits += [
                Limit(f"{source}{key[5:]}", int(amount * (low + high) / 2 * share / sum(shares)))
                for source, share in zip(SOURCES, shares, strict=True)
            ]
        else:
            limits.append(Limit(key, int(amount * draw.uniform(low, high))))
    if kind == "city":
        limits.append(Limit("city", int(0.9 * sum(one.amount for one in limits if one.key.startswith("energy")))))
    return Instance(tuple(candidates), tuple(limits))


def by_milp(given: Instance, seconds: float) -> tuple[float, float, float]:
    """`scipy.optimize.milp` on the model as it is first written, shares of water as variables: (value, bound, s)."""
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    begun = time.perf_counter()
    rows_of = {limit.key: n for n, limit in enumerate(given.limits)}
    uppers = [float(limit.amount) for limit in given.limits]
    entries: list[tuple[int, int, float]] = []
    column = len(given.candidates)
    choices: dict[str, int] = {}
    for place, candidate in enumerate(given.candidates):
        if candidate.one_of:
            row = choices.setdefault(candidate.one_of, len(uppers))
            if row == len(uppers):
                uppers.append(1.0)
            entries.append((row, place, 1.0))
        for need in candidate.needs:
            if len(need.routes) == 1:
                entries += [(rows_of[key], place, float(need.amount)) for key in need.routes[0]]
                continue
            entries.append((len(uppers), place, 1.0))  # x ≤ the sum of its shares
            for route in need.routes:
                entries.append((len(uppers), column, -1.0))
                entries += [(rows_of[key], column, float(need.amount)) for key in route]
                column += 1
            uppers.append(0.0)
    rows, columns, data = zip(*entries, strict=True)
    cost = np.zeros(column)
    cost[: len(given.candidates)] = [-candidate.value for candidate in given.candidates]
    answer = milp(
        cost,
        constraints=LinearConstraint(
            coo_array((data, (rows, columns)), (len(uppers), column)).tocsr(), -np.inf, uppers
        ),
        integrality=np.arange(column) < len(given.candidates),
        bounds=Bounds(0, 1),
        options={"time_limit": seconds, "mip_rel_gap": 0},
    )
    value = -answer.fun if answer.x is not None else 0.0
    bound = -answer.mip_dual_bound if answer.mip_dual_bound is not None else float("inf")
    return value, bound, time.perf_counter() - begun


class Outcome(NamedTuple):
    """One instance: the gaps of both from their own bounds (1.0 without a plan), and ours from the linear bound;
    what milp's plan lacks of the better bound; seconds of both; whether ours is proven."""

    ours: float
    linear: float
    theirs: float
    lost: float
    took: float
    took_milp: float
    proven: bool


def against(count: int, kind: str, seed: int, seconds: float, workers: int) -> Outcome:
    """Both on one instance, one after the other."""
    given = instance(count, kind, seed)
    ours = planner.plan(given, seconds, workers)
    value, bound, took = by_milp(given, seconds)
    return Outcome(
        ours=1 - ours.value / ours.bound,
        linear=1 - ours.value / ours.lp_bound,
        theirs=1 - value / bound if value > 0 and bound < float("inf") else 1.0,
        lost=1 - value / min(ours.bound, bound),  # the smaller of two proven bounds is the fairer yardstick
        took=ours.seconds,
        took_milp=took,
        proven=ours.proven,
    )


def row(count: int, kind: str, found: list[Outcome]) -> str:
    """A row of the table: medians, the worst behind a stroke."""

    def both(name: str, digits: int = 3) -> str:
        values = sorted(getattr(one, name) for one in found)
        return f"{median(values):.{digits}%} / {values[-1]:.{digits}%}"

    figures = (
        f"{count:,}{KINDS[kind]}",
        both("ours"),
        f"{sum(one.proven for one in found)} of {len(found)}",
        both("linear"),
        f"{median(one.took for one in found):.2f}",
        both("theirs", 2),
        both("lost", 2),
        f"{median(one.took_milp for one in found):.2f}",
    )
    return f"| {' | '.join(figures)} |"


def prices(count: int) -> tuple[float, float, float]:
    """Seconds for the shadow prices: the instance read, the relaxation alone, and the whole question."""
    given = instance(count)
    begun = time.perf_counter()
    problem = compile_instance(given)
    read = time.perf_counter()
    for part in components(whole(problem)):
        relax(part)
    solved = time.perf_counter()
    planner.prices(given)
    return read - begun, solved - read, time.perf_counter() - solved


def published(seconds: float) -> str:
    """All thirty of mknapcb1 and seven of mknap1, as one sentence; "" where the files are not there."""
    from factors import planner_files

    shared = Path(os.environ.get("SHARED_DATA") or ROOT.parent / "shared" / "data")
    folder = shared / "known_answers" / "mkp"
    if not folder.is_dir():
        return ""
    with next(folder.glob("answers_*.csv")).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lost, proven, above = defaultdict(list), defaultdict(int), 0
    for row in rows:
        question = planner_files.read_orlib((folder / row["file"]).read_text(), int(row["problem_no"]))
        found = planner.plan(question.instance, seconds)
        value, bound = (figure / 10**question.value_digits for figure in (found.value, found.bound))
        lost[row["file"]].append(1 - value / float(row["value"]))
        proven[row["file"]] += found.proven
        above += value > bound or float(row["value"]) > bound + 1e-9
    one, cb = lost["mknap1.txt"], lost["mknapcb1.txt"]
    optima, known = sum(abs(gap) < 1e-12 for gap in one), sum(gap <= 1e-12 for gap in cb)
    return (
        f"Published instances, {seconds:g} s each: mknap1, {optima} of {len(one)} at the optimum,\n"
        f"  {proven['mknap1.txt']} proven;\n"
        f"  mknapcb1 (100 items × 5 rows), {known} of {len(cb)} at the best value known,\n"
        f"  mean {sum(cb) / len(cb):.3%} and at most {max(cb):.3%} below it, {proven['mknapcb1.txt']} proven optimal.\n"
        f"  Bounds below a known value: {above}."
    )


def report(sizes: list[int], seconds: float, workers: int, seeds: int) -> str:
    """Measure everything, as Markdown."""
    load()
    begun = os.getloadavg()[0]
    asked = [(size, "cells") for size in sizes]
    asked += [(2_000, kind) for kind in ("tight", "loose", "one", "many")] + [(size, "city") for size in sizes]
    asked += [(size // 5, "years") for size in sizes]
    rows, ratios = [], []
    for count, kind in asked:
        found = [against(count, kind, seed, seconds, workers) for seed in range(1, seeds + 1)]
        rows.append(row(count, kind, found))
        if kind == "cells" and count >= 2_000:
            worst = min(one.theirs / one.ours if one.ours > 0 else float("inf") for one in found)
            ratios.append(
                f"{count:,}: {worst:,.0f} ×" if worst < float("inf") else f"{count:,}: all of ours are proven"
            )
    optimal = [planner.plan(instance(500, "cells", seed), 10, workers) for seed in range(1, seeds + 1)]
    coupled = [planner.plan(instance(500, "city", seed), 10, workers) for seed in range(1, seeds + 1)]
    gaps = sorted(1 - one.value / one.bound for one in coupled)
    read, solved, all_in = prices(max(sizes))
    lines = [
        f"{time.strftime('%Y-%m-%d %H:%M')}, {os.cpu_count()} cores, load {begun:.1f} to {os.getloadavg()[0]:.1f};",
        f"{seconds:g} s for each, ours with {workers} threads, in one process, one after the other, seeds 1 to",
        f"{seeds}: median / worst. Gap: distance from the bound that each has proven itself, as a share of it.",
        "“Lost”: distance of milp's plan from the better bound of the two.",
        "",
        "| projects | our gap | proven | from the LP bound | took, s | milp's gap | lost | took, s |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
        *rows,
        "",
        f"- milp's gap ÷ ours at {seconds:g} s, the worst seed: {'; '.join(ratios)} (goal: 10 ×, with 1 % or less).",
        f"- 500 projects: {sum(one.proven for one in optimal)} of {seeds} proven optimal, the slowest in",
        f"  {max(one.seconds for one in optimal):.1f} s (goal: 10 s); with one ceiling over all, after 10 s a gap of",
        f"  {median(gaps):.3%} / {gaps[-1]:.3%}, {sum(one.proven for one in coupled)} proven.",
        f"- Shadow prices of {max(sizes):,} projects: {all_in:.2f} s in all (goal: 1 s), of which reading the instance",
        f"  takes {read:.2f} s; the relaxation cell by cell {solved:.2f} s.",
    ]
    if told := published(seconds):
        lines.append(f"- {told}")
    return "\n".join(lines)


def write(text: str) -> None:
    """Put the figures between the marks of docs/performance.md."""
    before, after = re.split(f"{re.escape(MARKS[0])}.*{re.escape(MARKS[1])}", PAGE.read_text(), flags=re.DOTALL)
    PAGE.write_text(f"{before}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{after}")


def main(argv: list[str] | None = None) -> int:
    """Print the table, and write it down with --write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="500,2000,10000")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=5, help="instances of each size and shape (default 5)")
    parser.add_argument("--write", action="store_true", help="replace the section in docs/performance.md")
    options = parser.parse_args(argv)
    text = report([int(size) for size in options.sizes.split(",")], options.seconds, options.workers, options.seeds)
    print(text)
    if options.write:
        write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
