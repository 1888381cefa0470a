"""What a set of reforms makes of the course of one running project: the same steps where nothing changes. Pure.

Design overview
- A `Case` is a project: its `forecast.Course`, what its template says of each stage, and the effect that each reform
  has on it (none: it is not touched). `changed` gives the course after a set of effects, by the very `reform.apply`
  that measures limits. Steps that stay keep their lane and spreads, so both forecasts see the same draws: the
  difference is the reform and nothing else.
- A limit set lower saves only what practice takes longer: the median of the desk is cut to it, the spread stays.
  Several stages in one take what the sum of their desks takes, cut as the joint limit cuts the sum of limits, and are
  handed in once: the longest wait of the parts, one supplement, one special procedure. No special procedure after a
  commitment.
- What many projects have in common is worked out once: a `Plan` for all whose stages stand alike, spreads by object.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from math import exp, log
from typing import Any, NamedTuple

from approvals.forecast import NOTHING, Course, Spread, State
from approvals.forecast import Step as CourseStep
from approvals.forecast_sweep import Shape, shaped
from approvals.reform import Effect, Node, Part, Phase, Step, apply, limit_of

_PHASES = {State.PENDING: Phase.OPEN, State.READY: Phase.OPEN, State.RUNNING: Phase.RUNNING, State.DONE: Phase.DONE}
ZERO = Decimal(0)


@dataclass(frozen=True)
class Case:
    """A running project. `stages`: what its template says, by code; `effects`: by reform, only those that may apply."""

    key: Any
    course: Course
    stages: Mapping[str, Node]
    effects: Mapping[str, Effect]


MOST_KEPT = 8192
_nodes: dict[tuple, tuple[Node, Node]] = {}
_plans: dict[tuple, "Plan"] = {}
"""What many projects have in common, by the identities of what it is made of, which is kept with it."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What a reform does to the times of a stage: `Part` in half-days, as plain numbers."""

    code: str
    cap: float | None
    waiting: float
    at_once: bool


class Mix(NamedTuple):
    """How long a step of a course is: the desks of its cut stages added up, times `scale`."""

    cuts: tuple[Cut, ...]
    scale: float

    @property
    def lasts(self) -> bool:
        """Whether it is one stage, as long as it was."""
        return len(self.cuts) == 1 and self.cuts[0].cap is None and self.cuts[0].waiting == 1


_mix = lru_cache(maxsize=8192)(Mix)
"""The same object for what is alike, so that projects share what is made by it."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a step of a course is made: `same` as it was, or by a mix of its stages."""

    step: Step
    same: bool
    mix: Mix


@dataclass(frozen=True, slots=True)
class Plan:
    """How a course is made for all projects that stand alike. `recipes` is empty when nothing changes."""

    recipes: tuple[Recipe, ...]
    now_in: Mapping[str, str]
    less: int
    of: tuple


def _keep(kept: dict, key: tuple, value):
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[key] = value
    return value


def plan_of(nodes: tuple[Node, ...], effects: Sequence[Effect]) -> Plan:
    """Return what the effects do to these nodes, the same object for the same ones."""
    key = (tuple(map(id, nodes)), tuple(sorted(map(id, effects))))
    return _plans.get(key) or _keep(_plans, key, _planned(nodes, effects))


def _planned(nodes: tuple[Node, ...], effects: Sequence[Effect]) -> Plan:
    open_ones = {node.code for node in nodes if node.phase != Phase.DONE}
    if not any(open_ones.intersection(effect.stages) for effect in effects):
        return Plan((), {}, 0, (nodes, tuple(effects)))
    by_code, days = {node.code: node for node in nodes}, {node.code: node.days for node in nodes}
    recipes = [Recipe(step, _same(step, by_code), _mixed(step, days)) for step in apply(nodes, effects)]
    same = len(recipes) == len(nodes) and all(recipe.same for recipe in recipes)
    now_in = {part.code: recipe.step.code for recipe in recipes for part in recipe.step.parts}
    return Plan(() if same else tuple(recipes), now_in, len(nodes) - len(recipes), (nodes, tuple(effects)))


def _same(step: Step, by_code: Mapping[str, Node]) -> bool:
    """Tell whether a step is its stage as it was."""
    node = by_code.get(step.code)
    if node is None or len(step.parts) > 1 or not _alone(step.parts[0]).lasts or step.lag_days != node.lag_days:
        return False
    return step.prerequisites == node.prerequisites or step.prerequisites == tuple(dict.fromkeys(node.prerequisites))


def _mixed(step: Step, days: Mapping[str, Decimal]) -> Mix:
    """Return how long a step is, by the limits of its stages before reforms."""
    if len(step.parts) == 1:
        return _alone(step.parts[0])
    whole = sum((days[p.code] if p.cap is None else min(days[p.code], p.cap) for p in step.parts), ZERO)
    scale = float(limit_of(step, days) / whole) if whole else 1.0
    return _mix(tuple(_cut_of(part) for part in step.parts), scale)


@lru_cache(maxsize=8192)
def _alone(part: Part) -> Mix:
    return _mix((_cut_of(part),), 1.0)


def _cut_of(part: Part) -> Cut:
    return Cut(part.code, None if part.cap is None else float(part.cap) * 2, float(part.waiting), part.at_once)


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


def changed(case: Case, effects: Iterable[Effect]) -> tuple[Course, int] | None:
    """Return the course after the effects and how many open stages it has less; None when they change nothing."""
    plan = plan_of(nodes_of(case), tuple(effects))
    return (made(case.course, plan), plan.less) if plan.recipes else None


def made(course: Course, plan: Plan) -> Course:
    """Return the course that a plan with recipes makes of one."""
    steps = {step.code: placed(step, place) for place, step in enumerate(course.steps)}
    after = tuple(
        steps[one.step.code] if one.same else cooked(one, [steps[cut.code] for cut in one.mix.cuts])
        for one in plan.recipes
    )
    return Course(course.key, after, _milestones(course, plan), course.begins)


def _milestones(course: Course, plan: Plan) -> dict[str, str]:
    return {name: plan.now_in[code] for name, code in course.milestones.items() if code in plan.now_in}


def shape_after(course: Course, plan: Plan) -> Shape:
    """Return the shape of the course that a plan makes of one, without making it."""
    states = {step.code: step.state for step in course.steps}
    links = []
    for recipe in plan.recipes:
        cuts = recipe.mix.cuts
        state = states[cuts[0].code] if len(cuts) == 1 else State.PENDING
        links.append((recipe.step.code, recipe.step.prerequisites, state == State.DONE, state == State.PENDING))
    return shaped(tuple(links), tuple(_milestones(course, plan).items()))


def placed(step: CourseStep, place: int) -> CourseStep:
    """Return the step with its lane told: its own, else its place in the course as it stands."""
    return step if step.lane >= 0 else replace(step, lane=place)


def cooked(recipe: Recipe, sources: Sequence[CourseStep]) -> CourseStep:
    """Return the step of a plan, made of the steps that its cuts name, in their order."""
    plan = recipe.step
    parts = [_cut(step, cut, plan.prerequisites) for step, cut in zip(sources, recipe.mix.cuts, strict=True)]
    if len(parts) == 1:
        return parts[0]
    longest = max(parts, key=lambda step: step.desk.median)
    blocked = [step for step in parts if step.blocked_for is not None]
    return CourseStep(
        code=plan.code,
        name=plan.name,
        prerequisites=plan.prerequisites,
        desk=joined(tuple(step.desk for step in parts), recipe.mix.scale),
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


def _cut(step: CourseStep, cut: Cut, prerequisites: tuple[str, ...]) -> CourseStep:
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


# What is made of a spread is the same object for every project: rows of draws are kept by the object.


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
