"""The reform simulator: a dozen reforms on a whole portfolio, one full forecast per reform against what we do.

    python -m benchmarks.bench_reform --projects 10000
    DATABASE_URL=… python -m benchmarks.bench_reform --database      (what a reader waits for when all is new)

Projects stand anywhere on the shipped chain of 19 stages. Two portfolios: one where no two projects are alike, and one
like a city's registers, where many begin and wait on the same days. The simple way is extrapolated from some projects;
before anything is timed both ways must tell the same, to the last bit, on these.
"""

import argparse
import os
import random
import statistics
import sys
from functools import partial
from pathlib import Path

from benchmarks.sample_chain import timed

TEMPLATE = "T19-101"
SIGMAS = (0.3, 0.5, 0.8)
SOME = 500
ROUNDS = 3


def stages_of() -> tuple[dict, dict]:
    """Return what the shipped template says of its stages by code, and the effects of the shipped reforms on them."""
    from approvals import chain_format, reform_data

    file = Path(reform_data.FILE).with_name("chain_templates") / f"{TEMPLATE}.yaml"
    nodes = {node.code: node for node in reform_data.nodes_of(chain_format.read(file.read_bytes()).stages)}
    tried = [one for one in reform_data.shipped() if one.portfolio]
    return nodes, reform_data.effects_for(TEMPLATE, tried)


def city(projects: int, *, days: int, seed: int = 20261122) -> list:
    """Return cases that stand anywhere on their chain; what is at work has lasted a half-day of the last `days`.

    Steps that look alike are one object, as `forecasting.gather` makes them. With many thousand `days` no two projects
    are alike.
    """
    from approvals.forecast import CONSTRUCTION, Course, Part, Spread, State, Step
    from approvals.reform_course import Case

    chance, (nodes, effects) = random.Random(seed), stages_of()
    parts = {
        "wait": Spread(Part.WAIT, 4, 0.6, share=0.8),
        "applicant": Spread(Part.APPLICANT, 10, 0.6, share=0.15),
        "special": Spread(Part.SPECIAL, 20, 0.6, share=0.2),
    }
    desks = {
        code: Spread(Part.DESK, float(node.days) * 2, SIGMAS[n % 3]) for n, (code, node) in enumerate(nodes.items())
    }
    known: dict[tuple, Step] = {}

    def step(lane: int, code: str, state: State, elapsed: float) -> Step:
        key = (code, str(state), elapsed)
        if key not in known:
            before, name = nodes[code].prerequisites, nodes[code].name
            facts = {"state": state, "elapsed": elapsed, "lane": lane, "group": str(lane % 7)}
            known[key] = Step(code, name, before, desk=desks[code], **parts, **facts)
        return known[key]

    found = []
    for key in range(projects):
        done: set[str] = set()
        for _stage in range(chance.randrange(len(nodes))):
            done.add(chance.choice([c for c, n in nodes.items() if c not in done and done >= set(n.prerequisites)]))
        steps = []
        for lane, (code, node) in enumerate(nodes.items()):
            if code in done or not done >= set(node.prerequisites):
                steps.append(step(lane, code, State.DONE if code in done else State.PENDING, 0.0))
            else:
                state, elapsed = chance.choice((State.RUNNING, State.READY)), chance.randrange(2 * days)
                steps.append(step(lane, code, state, elapsed * 60 / (2 * days)))
        found.append(Case(key, Course(key, tuple(steps), {CONSTRUCTION: "12"}), nodes, effects))
    return found


# -- what a programmer would write -------------------------------------------------------------------------------------
def by_full_forecasts(cases, tries, until: str, draws: int) -> list[dict]:
    """Return by try {key: (P50 before, P50 after, stages fewer)} of the projects that it changes.

    One forecast of the whole portfolio as it stands, and one for every try, each with all its percentiles.
    """
    from approvals.forecast import forecast
    from approvals.reform_course import changed

    def told(courses) -> dict:
        outlooks = forecast(courses, draws=draws)
        return {key: one.milestones[until].p50 for key, one in outlooks.items() if until in one.milestones}

    before = told(case.course for case in cases)
    found = []
    for reforms in tries:
        made = {}
        for case in cases:
            own = [code for code in reforms if code in case.effects and changed(case, [case.effects[code]])]
            made[case.key] = changed(case, [case.effects[code] for code in own]) if own else None
        after = told(case.course if made[case.key] is None else made[case.key][0] for case in cases)
        found.append({key: (before.get(key), after.get(key), one[1]) for key, one in made.items() if one})
    return found


# -- ours --------------------------------------------------------------------------------------------------------------
def by_simulator(cases, tries, until: str, draws: int) -> list[dict]:
    """Return the same from the simulator."""
    from approvals.reform_sweep import outcomes

    found: list[dict] = [{} for _ in tries]
    for members, results in outcomes(cases, tries, until, draws):
        for one in results:
            found[one.place] |= {cases[n].key: (one.before, one.after, one.less) for n in members}
    return found


def report(projects: int) -> str:
    """Return the figures as Markdown."""
    from approvals.forecast import COMPLETION, CONSTRUCTION, DRAWS
    from approvals.reform_forecast import simulate

    reforms = list(stages_of()[1])
    tries = [*((code,) for code in reforms), tuple(reforms)]
    lines = [
        f"{projects:,} projects × 19 stages × {DRAWS:,} draws, {len(reforms)} reforms alone and all together; median "
        f"of {ROUNDS} rounds, all ways in turn in one process.",
        "",
        "| portfolio, until | a full forecast per reform | ours | ratio | of it draws and paths |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, days in (("no two projects alike", 100_000), ("as registers are kept: half-days of a month", 30)):
        cases = city(projects, days=days)
        some = cases[: min(SOME, projects)]
        for until in (COMPLETION, CONSTRUCTION):
            asked = (tries, until, DRAWS)
            assert by_full_forecasts(some, *asked) == by_simulator(some, *asked), "the two ways differ"
            slow, ours, sweeps = [], [], []
            for _round in range(ROUNDS):
                slow.append(timed(partial(by_full_forecasts, some, *asked))[0] * projects / len(some))
                ours.append(timed(partial(simulate, cases, reforms, reforms, until=until))[0])
                sweeps.append(timed(partial(by_simulator, cases, *asked))[0])
            simple, whole, swept = (statistics.median(one) for one in (slow, ours, sweeps))
            lines.append(
                f"| {name}; {until} | {simple:.1f} s | {whole:.2f} s | **{simple / whole:.1f} ×** | {swept:.2f} s |"
            )
    lines += ["", f"The simple way is extrapolated from {min(SOME, projects):,} projects; on these both tell the same."]
    return "\n".join(lines)


def from_database() -> str:
    """Return what the simulator takes on a database with nothing kept, part by part."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.cache import cache
    from django.http import QueryDict
    from django.utils import timezone

    from approvals import forecasting
    from approvals.reform_forecast import simulate
    from calendars import store
    from cockpit import reforming
    from projects.models import Project

    question, now, calendar = reforming.Question.of(QueryDict("")), timezone.localtime(), store.current()
    reforms = reforming.reforms_of(question)
    parts: dict[str, list[float]] = {"learning": [], "reading": [], "simulating": []}
    for _round in range(ROUNDS):
        cache.clear()
        parts["learning"].append(timed(partial(forecasting.learned, now, calendar))[0])
        took, cases = timed(partial(reforming.cases, Project.objects.all(), now, calendar, reforms))
        parts["reading"].append(took)
        codes = [one.code for one in reforms if one.portfolio]
        parts["simulating"].append(timed(partial(simulate, cases, codes, question.chosen))[0])
    told = {name: statistics.median(seconds) for name, seconds in parts.items()}
    figures = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in told.items())
    return f"{len(cases):,} running projects, nothing kept: **{sum(told.values()):.1f} s** ({figures})."


def main(argv: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--projects", type=int, default=10_000)
    parser.add_argument("--database", action="store_true", help="Time the parts on the database of DATABASE_URL.")
    options = parser.parse_args(argv)
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    print(from_database() if options.database else report(options.projects))
    return 0


if __name__ == "__main__":
    sys.exit(main())
