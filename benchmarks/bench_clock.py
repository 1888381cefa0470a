"""Clocks and lights of a whole portfolio: arrays against a naive loop over a calendar library and a loop over a set.

    python -m benchmarks.bench_clock --projects 10000

One recomputation = due dates, days used less pauses, lights, and the forward critical path of every chain. Ratios of
things run side by side in one process, the median of several runs; what is extrapolated says so. All ways are first
made to agree on the same stages.
"""

import argparse
import os
import random
import statistics
import sys
import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from benchmarks.sample_chain import CHAIN

ONE = timedelta(days=1)
NOW = date(2026, 11, 20)
LIMITS = [days for days, _ in CHAIN.values()]


def sample(projects: int, seed: int = 20261120) -> list[list[tuple]]:
    """Return projects of 19 stages as (accepted, closed, paused after, paused through, limit, statutory limit).

    Like a city in mid-year: two thirds accepted, most of these closed, one in seven paused once (whole days, records
    without an hour), everything within the years that have a notice.
    """
    chance = random.Random(seed)
    found = []
    for _ in range(projects):
        day, stages = date(2024, 1, 2) + timedelta(chance.randrange(700)), []
        for limit in LIMITS:
            accepted = day + timedelta(chance.randrange(60))
            if chance.random() > 0.66:
                stages.append((None, None, None, None, limit, limit * 2))
                continue
            start = stop = None
            if chance.random() < 0.15:
                start = accepted + timedelta(chance.randrange(1, 10))
                stop = start + timedelta(chance.randrange(1, 25))
            closed = accepted + timedelta(chance.randrange(1, 60)) if chance.random() < 0.8 else None
            stop = min(stop, closed) if stop and closed else stop
            if stop and start >= stop:
                start = stop = None
            stages.append((accepted, closed, start, stop, limit, limit * 2))
        found.append(stages)
    return found


# -- what a programmer would write first -------------------------------------------------------------------------------
def by_loop(is_workday, stages) -> list[tuple]:
    """Return (used, due, statutory due, light) per stage, day by day with `is_workday`; whole days."""

    def counted(accepted, start, stop, through):
        used, day = 0, accepted + ONE
        while day <= through:
            if is_workday(day) and not (start and start < day <= stop):
                used += 1
            day += ONE
        return used

    def end_of(accepted, start, stop, limit):
        day = accepted
        while limit:
            day += ONE
            if is_workday(day) and not (start and start < day <= stop):
                limit -= 1
        return day

    result = []
    for accepted, closed, start, stop, limit, statutory in stages:
        if accepted is None:
            result.append((0, None, None, "idle"))
            continue
        used = counted(accepted, start, stop, closed or NOW)
        due, law = end_of(accepted, start, stop, limit), end_of(accepted, start, stop, statutory)
        result.append((used, due, law, light_by_days(used, limit, statutory, closed)))
    return result


def light_by_days(used, limit, statutory, closed) -> str:
    """Return the light by the rules of approvals.lights, for whole days at the end of a day."""
    if closed:
        return "done"
    if used > statutory:
        return "statutory"
    if used > limit:
        return "red"
    left = max(Decimal(limit) * 3 / 10, min(Decimal(2), Decimal(limit) / 2))
    return "amber" if limit - used <= left - left % Decimal("0.5") else "green"


def critical_by_loop(stages) -> int:
    """Return the forward pass of one chain in working days: what is left of open stages, nothing for closed ones."""
    finish = {}
    for (code, (limit, before)), stage in zip(CHAIN.items(), stages, strict=True):
        finish[code] = max((finish[name] for name in before.split()), default=0) + (0 if stage[1] else limit)
    return max(finish.values())


# -- the product's ways ------------------------------------------------------------------------------------------------
def facts_of(stages):
    """Return the stages as StageFacts: a record without an hour is stored as 17:30."""
    from approvals.track import DATE_ONLY, Limit, Pause, PauseReason, StageFacts
    from calendars.workdays import SHANGHAI

    def at(day):
        return datetime.combine(day, DATE_ONLY, SHANGHAI) if day else None

    return [
        StageFacts(
            accepted_at=at(accepted),
            closed_at=at(closed),
            pauses=(Pause(PauseReason.SUPPLEMENT, at(start), at(stop)),) if start else (),
            committed=Limit(Decimal(limit)),
            statutory=Limit(Decimal(statutory)),
        )
        for accepted, closed, start, stop, limit, statutory in stages
    ]


def by_clock(calendar, facts, now) -> list[tuple]:
    """Return the same as `by_loop` from `clock.measure`, one stage at a time."""
    from approvals.clock import measure
    from approvals.lights import light_of

    result = []
    for one in facts:
        clock = measure(one, calendar, now)
        due, law = clock.committed_due, clock.statutory_due
        result.append((int(clock.net_days), due and due.date, law and law.date, str(light_of(clock, one, now))))
    return result


def as_rows(clocks, first_ordinal) -> list[tuple]:
    """Return the arrays as the rows of `by_loop`, for the comparison."""
    from approvals.portfolio import LIGHTS, NEVER

    def day(mark):
        return None if mark >= NEVER else date.fromordinal(first_ordinal + (int(mark) - 1) // 2)

    rows = zip(clocks.used, clocks.due, clocks.statutory_due, clocks.light, strict=True)
    return [(int(used) // 2, day(due), day(law), LIGHTS[light].value) for used, due, law, light in rows]


def timed(function, repeat: int = 1) -> float:
    """Return the median seconds of `repeat` runs."""
    runs = []
    for _ in range(repeat):
        begun = time.perf_counter()
        function()
        runs.append(time.perf_counter() - begun)
    return statistics.median(runs)


def run(projects: int) -> list[tuple[str, float, str]]:
    """Return (way, seconds, remark) per way; the first row is the product's. AssertionError when two ways disagree."""
    import chinese_calendar
    import numpy as np

    from approvals import portfolio
    from approvals.network import Activity
    from calendars.store import delivered
    from calendars.workdays import SHANGHAI

    calendar, now = delivered(), datetime(2026, 11, 20, 17, 30, tzinfo=SHANGHAI)
    chains = sample(projects)
    few, some = chains[: min(20, projects)], chains[: min(500, projects)]
    flat = [stage for chain in chains for stage in chain]
    facts = facts_of(flat)
    network = [Activity(code, Decimal(days), tuple(before.split())) for code, (days, before) in CHAIN.items()]
    workdays = {day for day in map(date.fromordinal, range(date(2022, 1, 1).toordinal(), date(2027, 1, 1).toordinal()))}
    workdays = {day for day in workdays if calendar.is_workday(day)}
    far = {day for n in range(900) if (day := date(2027, 1, 1) + n * ONE).weekday() < 5}

    table = portfolio.tables(calendar)
    packing = timed(lambda: portfolio.pack(facts, table))
    stages, mark = portfolio.pack(facts, table), portfolio.mark(table, now)

    def arrays():
        clocks = portfolio.compute(stages, table, mark)
        left = np.where(stages.closed < portfolio.NEVER, 0, stages.committed).reshape(-1, len(CHAIN))
        return clocks, portfolio.forward(network, left)[1]

    def naive(chain_list, is_workday):
        return [(by_loop(is_workday, chain), critical_by_loop(chain)) for chain in chain_list]

    def library(day):
        # The library knows no year after 2026 and raises; the weekend rule stands in.
        return chinese_calendar.is_workday(day) if day.year < 2027 else day.weekday() < 5

    cached = (workdays | far).__contains__
    agree(arrays(), naive(some, cached), by_clock(calendar, facts[: len(some) * len(CHAIN)], now), table)
    assert naive(few, library) == naive(few, cached), "library and set disagree"

    scale_few, scale_some = projects / len(few), projects / len(some)
    return [
        ("arrays (`portfolio.compute` and `forward`)", timed(arrays, 7), "marks in memory; median of 7"),
        ("arrays, facts packed anew", packing + timed(arrays, 3), "a Python loop packs the facts"),
        (
            "pure Python (`clock.measure`)",
            timed(lambda: by_clock(calendar, facts[: len(some) * len(CHAIN)], now)) * scale_some,
            told(some, projects) + "; also the parts of the bar",
        ),
        (
            "loop over a cached set of workdays",
            timed(lambda: naive(some, cached), 3) * scale_some,
            told(some, projects),
        ),
        ("naive loop of library calls", timed(lambda: naive(few, library)) * scale_few, told(few, projects)),
    ]


def told(part, projects: int) -> str:
    """Return how a figure was come by."""
    return "measured in full" if len(part) == projects else f"extrapolated from {len(part)} projects"


def agree(computed, looped, clocked, table) -> None:
    """Assert that arrays, loop and clock say the same of the same stages."""
    clocks, lengths = computed
    rows = as_rows(clocks, table.first_ordinal)
    expected = [row for chain, _ in looped for row in chain]
    assert rows[: len(expected)] == expected, "arrays and loop disagree"
    assert clocked == expected, "clock and loop disagree"
    assert [int(length) // 2 for length in lengths[: len(looped)]] == [length for _, length in looped]


def report(projects: int) -> str:
    """Return the figures as a Markdown table, with the ratios that issue 2 asks for."""
    rows = run(projects)
    best = rows[0][1]
    lines = [
        f"Recomputing {projects:,} projects × {len(CHAIN)} stages: due dates, days used, lights, critical paths.",
        "",
        "| way | seconds | × arrays | remark |",
        "|---|--:|--:|---|",
        *(f"| {way} | {seconds:.4f} | {seconds / best:,.0f} | {remark} |" for way, seconds, remark in rows),
        "",
        f"Goals: ≥ 10,000 × the naive loop: **{rows[4][1] / best:,.0f} ×**; "
        f"≥ 100 × the cached-set loop: **{rows[3][1] / best:,.0f} ×**.",
    ]
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--projects", type=int, default=10_000)
    options = parser.parse_args(argv)
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    print(report(options.projects))
    return 0


if __name__ == "__main__":
    sys.exit(main())
