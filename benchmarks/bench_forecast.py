"""Forecasts of a whole portfolio: common Sobol draws against fresh draws in numpy and against pure Python.

    python -m benchmarks.bench_forecast --projects 10000

One forecast = P50 and P80 of the finish of every project, 19 stages, the longest path found anew in every draw. All
ways run in turn in one process, several rounds of which the median counts; what is extrapolated says so. The error is
that of the P80 against 100,000 draws of the same projects, in working days.
"""

import argparse
import math
import random
import statistics
import sys
from pathlib import Path

from benchmarks.sample_chain import CHAIN, timed

PLACE = {code: place for place, code in enumerate(CHAIN)}
BEFORE = tuple(tuple(PLACE[name] for name in before.split()) for _days, before in CHAIN.values())
OFFICES = ["A", "B", "C", "C", "C", "D", "E", "F", "G", "G", "H", "G", "G", "B", "G", "G", "G", "H", "C"]
"""Who decides each stage: seven of them one department, as in the city's own template."""
SIGMAS = (0.3, 0.5, 0.8)
DRAWS = 1024
TRUTH = 100_000
CHUNK = 20
ROUNDS = 3


def sample(projects: int, seed: int = 20261120):
    """Return medians of what is left in half-days, (P, 19) float32, and the sigma of each stage."""
    import numpy as np

    chance = np.random.default_rng(seed)
    limits = np.array([2 * days for days, _before in CHAIN.values()])
    medians = limits * chance.uniform(0.4, 2.0, (projects, len(CHAIN)))
    return medians.astype(np.float32), [SIGMAS[n % len(SIGMAS)] for n in range(len(CHAIN))]


# -- what a programmer would write -------------------------------------------------------------------------------------
def by_python(medians, sigmas, draws: int, seed: int = 1) -> list[tuple[float, float]]:
    """Return (P50, P80) per project in half-days with the standard library."""
    chance, found = random.Random(seed), []
    logs = [[math.log(median) for median in row] for row in medians]
    for row in logs:
        ends = []
        for _draw in range(draws):
            finish = []
            for mu, sigma, needed in zip(row, sigmas, BEFORE, strict=True):
                start = max((finish[n] for n in needed), default=0.0)
                finish.append(start + chance.lognormvariate(mu, sigma))
            ends.append(max(finish))
        ends.sort()
        found.append((ends[draws // 2], ends[draws * 4 // 5]))
    return found


def by_fresh_draws(medians, sigmas, draws: int, seed: int = 1):
    """Return (P, 2) P50 and P80: numpy, new normal numbers for every project, in the chunks and float32 of ours."""
    import numpy as np

    from approvals.forecast_sweep import sweep

    chance, spread = np.random.default_rng(seed), np.array(sigmas, dtype=np.float32)[:, None, None]
    ends = [n for n in range(len(BEFORE)) if all(n not in needed for needed in BEFORE)]
    places, found = [draws // 2, draws * 4 // 5], []
    for first in range(0, len(medians), CHUNK):
        some = medians[first : first + CHUNK].T[:, :, None]
        durations = chance.standard_normal((len(BEFORE), some.shape[1], draws), dtype=np.float32)
        durations *= spread
        np.exp(durations, out=durations)
        durations *= some
        last = sweep(BEFORE, durations, {}, 0, out=durations)[ends].max(axis=0)
        last.sort(axis=-1)
        found.append(last[:, places])
    return np.concatenate(found)


def by_fresh_numbers(count: int, draws: int, seed: int = 1) -> float:
    """Draw the durations of `count` parts anew and add some up: what fresh draws cost before any path is looked for."""
    import numpy as np

    chance, total = np.random.default_rng(seed), 0.0
    for _block in range(-(-count // 380)):
        durations = chance.standard_normal((380, draws), dtype=np.float32)
        np.exp(durations, out=durations)
        total += float(durations[:, 0].sum())
    return total


# -- the product's ways ------------------------------------------------------------------------------------------------
def factors(sigmas, draws: int):
    """Return the common draws as durations with the median 1, as the product makes them."""
    import numpy as np

    from approvals.forecast import SEED
    from approvals.forecast_draws import Part, Rows, matrix

    rows = Rows(matrix(len(CHAIN), draws, SEED))
    return np.stack([rows.factor(Part.DESK, lane, sigma, 1.0) for lane, sigma in enumerate(sigmas)])


def courses(medians, sigmas) -> list:
    """Return the projects as the objects that pages forecast."""
    from approvals.forecast import Course, Part, Spread, Step

    return [
        Course(
            key,
            tuple(
                Step(code, "", tuple(before.split()), Spread(Part.DESK, float(median), sigma), group=office)
                for (code, (_days, before)), median, sigma, office in zip(
                    CHAIN.items(), row, sigmas, OFFICES, strict=True
                )
            ),
        )
        for key, row in enumerate(medians)
    ]


def city(projects: int, sigmas, seed: int = 5) -> list:
    """Return projects as `forecasting.gather` makes them: matters share their spreads, four parts each, all stand
    somewhere on their way, one stage in ten is stopped, and steps that look alike are one object.
    """
    from approvals.forecast import Course, Part, Spread, State, Step

    chance = random.Random(seed)
    applicant, special = Spread(Part.APPLICANT, 10, 0.6, share=0.15), Spread(Part.SPECIAL, 20, 0.6, share=0.2)
    wait = Spread(Part.WAIT, 4, 0.6, share=0.8)
    desks = [Spread(Part.DESK, 2 * days, sigma) for (days, _), sigma in zip(CHAIN.values(), sigmas, strict=True)]
    known: dict[tuple, Step] = {}

    def step(place: int, state: State, elapsed: float, stopped: str) -> Step:
        key = (place, str(state), elapsed, stopped)
        if key not in known:
            code, (_days, before) = list(CHAIN.items())[place]
            facts = {"state": state, "elapsed": elapsed, "stopped": stopped, "stopped_for": elapsed if stopped else 0.0}
            spreads = {"applicant": applicant, "special": special, "wait": wait}
            known[key] = Step(code, code, tuple(before.split()), desks[place], **spreads, **facts, lane=place)
        return known[key]

    made = []
    for key in range(projects):
        done: set[int] = set()
        for _stage in range(chance.randrange(len(CHAIN))):
            done.add(chance.choice([n for n, needed in enumerate(BEFORE) if n not in done and done >= set(needed)]))
        steps = []
        for place, needed in enumerate(BEFORE):
            if place in done or not done >= set(needed):
                state = State.DONE if place in done else State.PENDING
                steps.append(step(place, state, 0.0, ""))
            else:
                state = chance.choice((State.RUNNING, State.READY))
                stopped = Part.APPLICANT if state == State.RUNNING and chance.random() < 0.1 else ""
                steps.append(step(place, state, float(chance.randrange(30)), stopped))
        made.append(Course(key, tuple(steps), {"construction": "10"}))
    return made


def speed(projects: int) -> list[tuple[str, float, str]]:
    """Return (way, seconds, remark) per way: three of the product's first, then those that they are compared with."""
    from approvals.forecast import forecast
    from approvals.forecast_sweep import portfolio

    medians, sigmas = sample(projects)
    some, few = medians[: min(1000, projects)], medians[: min(5, projects)]
    made, common = courses(medians, sigmas), factors(sigmas, DRAWS)
    standing = city(projects, sigmas)
    parts = sum(4 if step.state == "pending" else 3 for one in standing for step in one.steps if step.state != "done")
    ways = {
        "city": lambda: forecast(standing),
        "numbers": lambda: by_fresh_numbers(parts // 10, DRAWS),
        "arrays": lambda: portfolio(BEFORE, medians, common),
        "made": lambda: factors(sigmas, DRAWS),
        "objects": lambda: forecast(made),
        "coupled": lambda: forecast(made[: len(some)], coupling=0.3),
        "apart": lambda: forecast(made[: len(some)]),
        "fresh": lambda: by_fresh_draws(some, sigmas, DRAWS),
        "python": lambda: by_python(few.tolist(), sigmas, DRAWS),
    }
    seconds = {name: [] for name in ways}
    ways["objects"]()
    for _round in range(ROUNDS):
        for name, way in ways.items():
            seconds[name].append(timed(way)[0])
    took = {name: statistics.median(runs) for name, runs in seconds.items()}
    scale = projects / len(some)
    return [
        ("common Sobol draws, arrays (`forecast_sweep.portfolio`)", took["arrays"], "medians in memory"),
        ("the same from objects (`forecast.forecast`)", took["objects"], "99 percentiles each; medians all different"),
        ("projects on their way (`forecast.forecast`)", took["city"], "as pages gather them; 2 × 99 percentiles each"),
        (
            "fresh numbers for their parts, numpy",
            took["numbers"] * 10,
            f"extrapolated from {parts // 10:,} parts; no path",
        ),
        ("fresh draws, numpy", took["fresh"] * scale, told(len(some), projects)),
        ("pure Python", took["python"] * projects / len(few), told(len(few), projects)),
        ("the factors of a stage from the draws", took["made"], "once for all projects; the draws are kept"),
        ("objects, departments coupled ÷ uncoupled", took["coupled"] / took["apart"], f"ratio, {len(some):,} projects"),
    ]


def told(count: int, projects: int) -> str:
    """Return how a figure was come by."""
    return "measured in full" if count == projects else f"extrapolated from {count:,} projects"


def errors(projects: int) -> dict[str, tuple[float, float]]:
    """Return the rms error in working days of P50 and P80 by way, against `TRUTH` draws of the same projects."""
    import numpy as np

    from approvals.forecast import forecast
    from approvals.forecast_sweep import portfolio

    medians, sigmas = sample(projects, seed=7)
    truth = np.concatenate([by_fresh_draws(medians[n : n + 1], sigmas, TRUTH, seed=n) for n in range(projects)])
    outlooks = forecast(courses(medians, sigmas)).values()
    ours = np.array([(one.milestones["completion"].p50, one.milestones["completion"].p80) for one in outlooks])
    found = {
        "arrays": portfolio(BEFORE, medians, factors(sigmas, DRAWS)),
        "objects": ours,
        "fresh": by_fresh_draws(medians, sigmas, DRAWS, seed=3),
        "python": np.array(by_python(medians[:5].tolist(), sigmas, DRAWS)),
        "limits": np.array([[critical(row)] * 2 for row in medians]),
    }
    return {
        name: tuple(float(x) for x in np.sqrt((((values - truth[: len(values)]) / 2) ** 2).mean(axis=0)))
        for name, values in found.items()
    }


def critical(medians) -> float:
    """Return the longest path with every stage at its median: what a plan without spread says."""
    finish = []
    for median, needed in zip(medians, BEFORE, strict=True):
        finish.append(max((finish[n] for n in needed), default=0.0) + float(median))
    return max(finish)


def coupling() -> list[tuple[float, float, float]]:
    """Return (correlation, P50, P80) in working days of one project whose departments are slow as a whole."""
    from approvals.forecast import forecast

    medians, sigmas = sample(1, seed=3)
    made = courses(medians, sigmas)
    found = []
    for rho in (0.0, 0.3, 0.6):
        told = forecast(made, coupling=rho)[0].milestones["completion"]
        found.append((rho, told.p50 / 2, told.p80 / 2))
    return found


def together(projects: int) -> tuple[float, float]:
    """Return the deviation of how many projects are done by their median time: with common draws, and as it would be.

    The mean of such a count is right with common draws; its spread is not, since all projects have luck together.
    """
    import numpy as np

    from approvals.forecast_sweep import sweep

    medians, sigmas = sample(projects, seed=11)
    durations = factors(sigmas, DRAWS)[:, None] * medians.T[:, :, None]
    ends = sweep(BEFORE, durations, {}, 0)[-3:].max(axis=0)
    done = (ends <= np.median(ends, axis=-1, keepdims=True)).sum(axis=0)
    return float(done.std()), math.sqrt(projects) / 2


def report(projects: int) -> str:
    """Return the figures as Markdown, with the ratios and the error that issue 6 asks for."""
    rows, error = speed(projects), errors(100)
    best = rows[0][1]
    lines = [
        f"P50 and P80 of {projects:,} projects × {len(CHAIN)} stages × {DRAWS:,} draws; median of {ROUNDS} rounds.",
        "",
        "| way | seconds | × arrays | remark |",
        "|---|--:|--:|---|",
        *(f"| {way} | {seconds:.3f} | {seconds / best:,.1f} | {remark} |" for way, seconds, remark in rows[:6]),
        f"| {rows[6][0]} | {rows[6][1]:.3f} | | {rows[6][2]} |",
        "",
        f"Error against {TRUTH:,} draws of the same 100 projects, rms in working days (P50 / P80): common Sobol draws "
        f"**{error['arrays'][0]:.2f} / {error['arrays'][1]:.2f}** (from objects {error['objects'][0]:.2f} / "
        f"{error['objects'][1]:.2f}), fresh draws {error['fresh'][0]:.2f} / {error['fresh'][1]:.2f}, pure Python "
        f"{error['python'][0]:.2f} / {error['python'][1]:.2f} (5 projects), the critical path of the medians "
        f"{error['limits'][0]:.1f} / {error['limits'][1]:.1f}.",
        "",
        f"Goals: ≥ 5 × fresh draws: **{rows[4][1] / best:.1f} ×** (from objects {rows[4][1] / rows[1][1]:.1f} ×; "
        f"projects on their way against the fresh numbers of their parts alone {rows[3][1] / rows[2][1]:.1f} ×); "
        f"≥ 200 × pure Python: **{rows[5][1] / best:,.0f} ×** (from objects {rows[5][1] / rows[1][1]:,.0f} ×); "
        f"P80 error ≤ 1 day: **{error['arrays'][1]:.2f}**.",
        "",
        *_coupled(rows),
    ]
    return "\n".join(lines)


def _coupled(rows) -> list[str]:
    """Return what coupling costs, in time and in days."""
    common, alone = together(200)
    days = "; ".join(f"correlation {rho}: P50 {p50:.0f}, P80 {p80:.0f} days" for rho, p50, p80 in coupling())
    return [
        f"What couples: stages of one department drawn together take {rows[7][1]:.2f} × the time and move the dates of "
        f"one project so: {days}. All projects share the draws, so the dates of each and every sum of probabilities "
        f"are right, but not the spread of a count: of 200 projects done by their median time the deviation is "
        f"{common:.0f} in these draws, {alone:.0f} if projects are independent. So no page shows a range for a count.",
    ]


def main(argv: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--projects", type=int, default=10_000)
    options = parser.parse_args(argv)
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    print(report(options.projects))
    return 0


if __name__ == "__main__":
    sys.exit(main())
