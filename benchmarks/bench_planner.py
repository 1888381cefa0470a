"""The unlock planner beside `scipy.optimize.milp` on the whole model:  python -m benchmarks.bench_planner [--write]

Instances as in performance.md §4 of the goals: N projects that come whole or not at all, each with energy, land and
water, in one of 5 parks and 3 years; energy and land from the pool of the cell, water split over up to 5 sources of
the cell; 105 limits, each 40 to 50 % of what is wanted (the sources together, unevenly). Seeds are fixed. Both get the
same seconds, one after the other in one process; the gap is the distance from the bound that each has proven itself.

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
from contextlib import contextmanager
from pathlib import Path

from factors import planner
from factors.planner import Candidate, Instance, Limit, Need
from factors.planner_matrix import components, relax, whole
from factors.planner_rows import compile_instance
from factors.planner_solve import load

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
MARKS = ("<!-- unlock planner: rewritten by python -m benchmarks.bench_planner --write -->", "<!-- end of planner -->")
SOURCES = ("reclaimed", "drainage", "river", "ground", "saved")
KINDS = {"cells": "", "city": ", one ceiling over all", "years": ", each chooses its year"}
CELLS = [f"{park}-{year}" for park in range(5) for year in range(3)]


def instance(count: int, kind: str = "cells", seed: int = 1) -> Instance:
    """Generate an instance. `kind`: "cells"; "city", with one ceiling of energy over all cells at 90 % of the pools'
    sum; "years", where every project may choose its year among the three of its park, at 95 % value for each later."""
    draw = random.Random(seed)
    candidates, wanted = [], defaultdict(int)
    for number in range(count):
        cell = draw.choice(CELLS)
        energy, land, water = (int(draw.lognormvariate(mu, s)) + 1 for mu, s in ((8, 1.0), (5, 0.8), (6, 1.0)))
        worth = (energy / 3000 + land / 150 + water / 400) * draw.lognormvariate(0, 0.5)
        sources = draw.sample(SOURCES, draw.choice([1, 2, 2, 3, 5]))
        for factor, amount in (("energy", energy), ("land", land), ("water", water)):
            wanted[f"{factor}-{cell}"] += amount
        cells = [f"{cell[0]}-{year}" for year in range(3)] if kind == "years" else [cell]
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
                Limit(f"{source}{key[5:]}", int(amount * 0.45 * share / sum(shares)))
                for source, share in zip(SOURCES, shares, strict=True)
            ]
        else:
            limits.append(Limit(key, int(amount * draw.uniform(0.4, 0.5))))
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


def share(bound: float, value: float) -> str:
    """The gap as text: (bound − value) ÷ bound, so that a plan of nothing has 100 %."""
    if value <= 0 or bound == float("inf"):
        return "no plan" if value <= 0 else "no bound"
    return f"{(bound - value) / bound:.3%}"


def against(count: int, kind: str, seconds: float, workers: int) -> tuple[str, float, float]:
    """A row of the table: ours and milp; also the two gaps (1.0 where there is no plan)."""
    given = instance(count, kind)
    ours = planner.plan(given, seconds, workers)
    value, bound, took = by_milp(given, seconds)
    lost = 1 - value / min(ours.bound, bound)  # the smaller of two proven bounds is the fairer yardstick
    figures = (
        f"{count:,}{KINDS[kind]}",
        share(ours.bound, ours.value),
        share(ours.lp_bound, ours.value),
        f"{ours.seconds:.2f}",
        share(bound, value),
        f"{lost:.3%}",
        f"{took:.2f}",
        str(ours.components),
    )
    theirs = 1 - value / bound if value > 0 and bound < float("inf") else 1.0
    return f"| {' | '.join(figures)} |", 1 - ours.value / ours.bound, theirs


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
    lost, proven, above = defaultdict(list), 0, 0
    for row in rows:
        question = planner_files.read_orlib((folder / row["file"]).read_text(), int(row["problem_no"]))
        found = planner.plan(question.instance, seconds)
        value, bound = (figure / 10**question.value_digits for figure in (found.value, found.bound))
        lost[row["file"]].append(1 - value / float(row["value"]))
        proven += found.proven and row["file"] == "mknap1.txt"
        above += value > bound or float(row["value"]) > bound + 1e-9
    one, cb = lost["mknap1.txt"], lost["mknapcb1.txt"]
    optima, known = sum(abs(gap) < 1e-12 for gap in one), sum(gap <= 1e-12 for gap in cb)
    return (
        f"Published instances, {seconds:g} s each: mknap1, {optima} of {len(one)} at the optimum, {proven} proven;\n"
        f"  mknapcb1 (100 items × 5 rows), {known} of {len(cb)} at the best value known, mean\n"
        f"  {sum(cb) / len(cb):.3%} and at most {max(cb):.3%} below it. Bounds below a known value: {above}."
    )


@contextmanager
def quiet():
    """Keep a line of the solver's that no option stops from the standard output."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def report(sizes: list[int], seconds: float, workers: int) -> str:
    """Measure everything, as Markdown."""
    load()
    begun = os.getloadavg()[0]
    rows, ratios = [], []
    for kind in KINDS:
        for count in [size // 5 for size in sizes] if kind == "years" else sizes:
            row, ours, theirs = against(count, kind, seconds, workers)
            rows.append(row)
            if kind == "cells" and count >= 2_000:
                ratios.append(f"{count:,}: {theirs / ours:,.0f} ×" if ours else f"{count:,}: ours is proven")
    optimal, coupled = (planner.plan(instance(500, kind), 10, workers) for kind in ("cells", "city"))
    read, solved, all_in = prices(max(sizes))
    loads = f"load {begun:.1f} to {os.getloadavg()[0]:.1f}"
    told = "proven optimal" if optimal.proven else "not proven"
    lines = [
        f"{time.strftime('%Y-%m-%d %H:%M')}, {os.cpu_count()} cores, {loads}; {seconds:g} s for each, ours with",
        f"{workers} threads, in one process, one after the other. Gap: distance from the bound that each has proven",
        "itself, as a share of it. “Lost”: distance of milp's plan from the better bound of the two.",
        "",
        "| projects | our gap | from the LP bound | took, s | milp's gap | lost | took, s | our parts |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
        *rows,
        "",
        f"- milp's gap ÷ ours at {seconds:g} s: {'; '.join(ratios)} (goal: 10 ×, with a gap of 1 % or less).",
        f"- 500 projects: {told} in {optimal.seconds:.1f} s (goal: 10 s); with one ceiling over all, a gap of",
        f"  {share(coupled.bound, coupled.value)} after {coupled.seconds:.1f} s.",
        f"- Shadow prices of {max(sizes):,} projects: {all_in:.2f} s in all (goal: 1 s), of which reading the instance",
        f"  takes {read:.2f} s; the relaxation cell by cell {solved:.2f} s.",
    ]
    if found := published(seconds):
        lines.append(f"- {found}")
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
    parser.add_argument("--write", action="store_true", help="replace the section in docs/performance.md")
    options = parser.parse_args(argv)
    with quiet():
        text = report([int(size) for size in options.sizes.split(",")], options.seconds, options.workers)
    print(text)
    if options.write:
        write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
