"""What reforms do to running projects: their courses changed, forecast with the same luck, and compared. Pure.

Design overview
- A `Case` is a project: its `forecast.Course`, what its template says of each stage, and the effect that each reform
  has on it (none: it is not touched). `changed` gives the course after a set of effects, by the very `reform.apply`
  that measures limits. Steps that stay keep their lane and spreads, so both forecasts see the same draws: the
  difference is the reform and nothing else.
- A limit set lower saves only what practice takes longer: the median of the desk is cut to it, the spread stays.
  Several stages in one take what the sum of their desks takes, cut as the joint limit cuts the sum of limits, and are
  handed in once: the longest wait of the parts, one supplement, one special procedure. No special procedure after a
  commitment.
- `simulate` gives days saved at P50, per reform alone and for a combination. Each project's days are rounded to tenths
  first, so that the total is the sum of the rows; what singles and combination differ by is told as `interaction`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from math import exp, log
from typing import Any

from approvals import forecast
from approvals.forecast import NOTHING, Course, Spread, State
from approvals.forecast import Step as CourseStep
from approvals.reform import Effect, Node, Phase, Step, apply, limit_of

COMPLETION = forecast.COMPLETION
BATCH = 500
"""Projects forecast together: they share rows of draws, and no more outlooks than theirs are held at a time."""
_PHASES = {State.PENDING: Phase.OPEN, State.READY: Phase.OPEN, State.RUNNING: Phase.RUNNING, State.DONE: Phase.DONE}
ZERO = Decimal(0)


@dataclass(frozen=True)
class Case:
    """A running project. `stages`: what its template says, by code; `effects`: by reform, only those that may apply."""

    key: Any
    course: Course
    stages: Mapping[str, Node]
    effects: Mapping[str, Effect]


@dataclass(frozen=True)
class Row:
    """A project before and after: half-days to the milestone at P50 (None: already passed), tenths of days saved."""

    key: Any
    before: float | None
    after: float | None
    days: Decimal
    stages: int
    reforms: tuple[str, ...]


@dataclass(frozen=True)
class Single:
    """One reform alone: days saved at P50 in total, stages fewer, and the projects that it touches."""

    reform: str
    days: Decimal
    stages: int
    projects: int


@dataclass(frozen=True)
class Simulation:
    """Every reform alone (most days first) and the chosen combination; `rows` of the combination, most days first.

    `single_rows` holds, by reform, the rows of the projects that it touches.
    """

    singles: tuple[Single, ...]
    chosen: tuple[str, ...]
    days: Decimal
    stages: int
    projects: int
    rows: tuple[Row, ...]
    draws: int
    single_rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)

    @property
    def sum_of_singles(self) -> Decimal:
        """Days that the chosen reforms save alone, added up."""
        return sum((one.days for one in self.singles if one.reform in self.chosen), ZERO)

    @property
    def interaction(self) -> Decimal:
        """What the combination saves beyond the sum of its reforms alone: below zero where they save the same days."""
        return self.days - self.sum_of_singles


# --- one course -------------------------------------------------------------------------------------------------------


MOST_KEPT = 8192
_nodes: dict[tuple, tuple[Node, Node]] = {}
_plans: dict[tuple, "_Plan"] = {}
"""What many projects have in common, by the identities of what it is made of, which is kept with it."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """What a reform does to the times of a stage: `Part` in half-days, as plain numbers."""

    code: str
    cap: float | None
    waiting: float
    at_once: bool


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How a step of a course is made: `same` as it was, or of cut stages whose desks add up, times `scale`."""

    step: Step
    same: bool
    cuts: tuple[_Cut, ...]
    scale: float


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a course is made for all projects that stand alike. `recipes` is empty when nothing changes."""

    recipes: tuple[_Recipe, ...]
    now_in: Mapping[str, str]
    less: int
    of: tuple


def _keep(kept: dict, key: tuple, value):
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[key] = value
    return value


def _plan(nodes: tuple[Node, ...], effects: Sequence[Effect]) -> _Plan:
    key = (tuple(map(id, nodes)), tuple(sorted(map(id, effects))))
    return _plans.get(key) or _keep(_plans, key, _planned(nodes, effects))


def _planned(nodes: tuple[Node, ...], effects: Sequence[Effect]) -> _Plan:
    """Work out what the effects do to these nodes."""
    before = {step.code: step for step in apply(nodes, ())}
    days = {node.code: node.days for node in nodes}
    recipes = []
    for step in apply(nodes, effects):
        cuts = tuple(
            _Cut(part.code, None if part.cap is None else float(part.cap) * 2, float(part.waiting), part.at_once)
            for part in step.parts
        )
        whole = sum((days[p.code] if p.cap is None else min(days[p.code], p.cap) for p in step.parts), ZERO)
        scale = float(limit_of(step, days) / whole) if whole else 1.0
        recipes.append(_Recipe(step, before.get(step.code) == step, cuts, scale))
    same = len(recipes) == len(before) and all(recipe.same for recipe in recipes)
    now_in = {part.code: recipe.step.code for recipe in recipes for part in recipe.step.parts}
    return _Plan(() if same else tuple(recipes), now_in, len(nodes) - len(recipes), (nodes, tuple(effects)))


def nodes_of(case: Case) -> tuple[Node, ...]:
    """Return the stages of a running project as reforms see them: construction time stays in its waits."""
    found = []
    for step in case.course.steps:
        said, phase, before = case.stages.get(step.code), _PHASES[step.state], step.prerequisites
        key = (id(said), step.code if said is None else "", phase, before)
        known = _nodes.get(key)
        if known is None:
            base = said or Node(step.code, step.name)
            known = _keep(_nodes, key, (replace(base, phase=phase, prerequisites=before, lag_days=ZERO), said))
        found.append(known[0])
    return tuple(found)


def changed(case: Case, effects: Iterable[Effect], nodes: tuple[Node, ...] | None = None) -> tuple[Course, int] | None:
    """Return the course after the effects and how many open stages it has less; None when they change nothing."""
    plan = _plan(nodes_of(case) if nodes is None else nodes, tuple(effects))
    if not plan.recipes:
        return None
    course = case.course
    steps = {
        step.code: step if step.lane >= 0 else replace(step, lane=place) for place, step in enumerate(course.steps)
    }
    made = tuple(steps[one.step.code] if one.same else _step(one, steps) for one in plan.recipes)
    milestones = {name: plan.now_in[code] for name, code in course.milestones.items() if code in plan.now_in}
    return Course(course.key, made, milestones, course.begins), plan.less


def _step(recipe: _Recipe, steps: Mapping[str, CourseStep]) -> CourseStep:
    """Return the step of a plan with the spreads of its parts."""
    plan = recipe.step
    parts = [_cut(steps[cut.code], cut, plan.prerequisites) for cut in recipe.cuts]
    if len(parts) == 1:
        return parts[0]
    longest = max(parts, key=lambda step: step.desk.median)
    blocked = [step for step in parts if step.blocked_for is not None]
    return CourseStep(
        code=plan.code,
        name=plan.name,
        prerequisites=plan.prerequisites,
        desk=joined(tuple(step.desk for step in parts), recipe.scale),
        applicant=_longest(step.applicant for step in parts),
        special=_longest(step.special for step in parts),
        wait=_longest(step.wait for step in parts),
        quota=_longest(step.quota for step in blocked),
        blocked_for=max((step.blocked_for for step in blocked), default=None),
        lane=longest.lane,
        group=longest.group,
    )


def _longest(spreads: Iterable[Spread]) -> Spread:
    return max(spreads, key=lambda spread: spread.median * spread.share, default=NOTHING)


def _cut(step: CourseStep, cut: _Cut, prerequisites: tuple[str, ...]) -> CourseStep:
    """Return a step with what a reform does to its times and what it waits for; its clock and its wait so far stay."""
    desk = step.desk if cut.cap is None else capped(step.desk, cut.cap)
    special = NOTHING if cut.at_once and step.stopped != step.special.kind else step.special
    wait, applicant = step.wait, step.applicant
    if cut.waiting != 1:
        wait, applicant = shortened(wait, cut.waiting), shortened(applicant, cut.waiting)
    return CourseStep(
        step.code, step.name, prerequisites, desk, applicant, step.quota, wait, special, step.state, step.elapsed,
        step.stopped, step.stopped_for, step.blocked_for, step.lane, step.group,
    )  # fmt: skip


# What is made of a spread is the same object for every project: `forecast` keeps rows of draws by the object.


@lru_cache(maxsize=8192)
def capped(spread: Spread, halves: float) -> Spread:
    """Return the spread with its median at most so many half-days."""
    return spread if spread.median <= halves else replace(spread, median=halves)


@lru_cache(maxsize=8192)
def shortened(spread: Spread, share: float) -> Spread:
    """Return the spread with its median multiplied by `share`."""
    return replace(spread, median=spread.median * share)


@lru_cache(maxsize=8192)
def joined(spreads: tuple[Spread, ...], scale: float) -> Spread:
    """Return `scale` x the sum of spreads as one lognormal: mean and variance of the sum (Fenton–Wilkinson)."""
    means = [s.median * exp(s.sigma**2 / 2) for s in spreads]
    mean = sum(means)
    if not mean:
        return spreads[0]
    variance = sum(m * m * (exp(s.sigma**2) - 1) for m, s in zip(means, spreads, strict=True))
    spread = log(1 + variance / mean**2)
    cases = min(s.cases for s in spreads)
    return Spread(spreads[0].kind, scale * mean * exp(-spread / 2), spread**0.5, cases, spreads[0].source)


# --- many projects ----------------------------------------------------------------------------------------------------


def tenth(halves: float) -> Decimal:
    """Return half-days as working days, rounded half up to a tenth."""
    return Decimal(repr(round(halves / 2, 4))).quantize(Decimal("0.1"), ROUND_HALF_UP)


def simulate(
    cases: Sequence[Case],
    reforms: Sequence[str],
    chosen: Iterable[str],
    *,
    until: str = COMPLETION,
    draws: int = forecast.DRAWS,
) -> Simulation:
    """Return what each reform saves alone and the chosen ones together, up to the milestone `until`.

    Every project is forecast once as it stands, once with each reform that touches it, once with all chosen ones.
    `draws` is a power of two: with those of the forecast pages, dates before reforms are theirs. Some 1 ms a project
    for a dozen reforms. Errors: `network.topological`.
    """
    wanted = set(chosen)
    chosen = tuple(code for code in reforms if code in wanted)
    tries = [*((code,) for code in reforms), *([chosen] if len(chosen) != 1 else [])]
    found: list[list[Row]] = [[] for _ in tries]
    for first in range(0, len(cases), BATCH):
        for place, row in _rows(cases[first : first + BATCH], tries, until, draws):
            found[place].append(row)
    ranked = [tuple(sorted(rows, key=lambda row: (-row.days, -row.stages, str(row.key)))) for rows in found]
    singles = [Single(code, *_totals(rows)) for code, rows in zip(reforms, ranked, strict=False)]
    order = {code: n for n, code in enumerate(reforms)}
    singles.sort(key=lambda one: (-one.days, -one.stages, -one.projects, order[one.reform]))
    together = ranked[order[chosen[0]]] if len(chosen) == 1 else ranked[-1]
    days, stages, projects = _totals(together)
    single_rows = dict(zip(reforms, ranked, strict=False))
    return Simulation(tuple(singles), chosen, days, stages, projects, together, draws, single_rows)


def _totals(rows: Sequence[Row]) -> tuple[Decimal, int, int]:
    return sum((row.days for row in rows), ZERO), sum(row.stages for row in rows), len(rows)


def _keyed(course: Course, place: int, number: int) -> Course:
    return Course((place, number), course.steps, course.milestones, course.begins)


def _rows(cases: Sequence[Case], tries: Sequence[tuple[str, ...]], until: str, draws: int) -> list[tuple[int, Row]]:
    """Return (place of the try, row) for every project that a try touches: all in one forecast, sharing its draws."""
    courses, touched = [], []
    for number, case in enumerate(cases):
        nodes = nodes_of(case)
        courses.append(_keyed(case.course, -1, number))
        alone = {code for code, effect in case.effects.items() if _plan(nodes, (effect,)).recipes}
        for place, reforms in enumerate(tries):
            own = tuple(code for code in reforms if code in alone)
            made = changed(case, [case.effects[code] for code in own], nodes) if own else None
            if made is not None:
                courses.append(_keyed(made[0], place, number))
                touched.append((place, number, made[1], own))
    told = forecast.forecast(courses, draws=draws)
    at = {key: one.milestones[until].p50 for key, one in told.items() if until in one.milestones}
    rows = []
    for place, number, less, own in touched:
        was, now = at.get((-1, number)), at.get((place, number))
        # A milestone that is reached already has nothing to save before it.
        saved = tenth(was - now) if was is not None and now is not None else ZERO
        rows.append((place, Row(cases[number].key, was, now, saved, less, own)))
    return rows
