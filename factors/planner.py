"""The unlock planner: with these limits, which of the waiting projects should move? Pure.

`plan` chooses the set of the greatest value and says how far from the best it can be at most; `by_priority` is the
simple list to compare it with; `prices` what one more unit of each limit is worth; `first_steps` and `least_topup`
say what would have to be added; `wish` what it costs that somebody insists.
Nothing is reserved by any of it. The method: docs/methods/unlock-planner.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import floor
from time import perf_counter

from factors.planner_core import begin
from factors.planner_matrix import components, relax, whole
from factors.planner_model import (
    Candidate,
    Cap,
    Floor,
    Instance,
    Limit,
    Must,
    Need,
    Plan,
    PlanError,
    Refusal,
    Step,
    Wish,
)
from factors.planner_rows import Problem, compile_instance
from factors.planner_solve import Answer, in_order, load, solve
from factors.planner_steps import steps
from factors.planner_takes import allocate, shortages

__all__ = ["Candidate", "Cap", "Floor", "Instance", "Limit", "Must", "Need", "Plan", "PlanError", "Refusal", "Step"]
__all__ += ["Wish", "by_priority", "first_steps", "least_topup", "least_topups", "plan", "prices", "wish"]


def plan(instance: Instance, seconds: float = 1.0, workers: int = 1) -> Plan:
    """The best set found in about `seconds`, with a proven bound. PlanError, Refusal (what must be in does not fit).

    `workers`: threads that solve parts without a common limit at the same time. The first call of a process also loads
    the solver (about a second), which does not count.
    """
    load()
    begun = perf_counter()
    problem = compile_instance(instance)
    spent = perf_counter() - begun
    answer = solve(problem, seconds - spent - min(spent / 2, seconds / 10), workers)  # to tell it takes time, too
    if answer is None:
        raise _refusal(problem)
    return _told(instance, problem, answer, begun)


def by_priority(instance: Instance) -> Plan:
    """What the simple queue gives: by rank, then by waiting date, each that still fits. Errors as `plan`.

    A later small one may pass an earlier one that does not fit. The bound is that of the linear relaxation.
    """
    begun = perf_counter()
    problem = compile_instance(instance)
    if not _must_fits(problem):
        raise _refusal(problem)
    chosen = in_order(problem, sorted(range(len(problem.units)), key=lambda index: problem.units[index].order))
    lp_bound = _lp_bound(problem)
    answer = Answer(chosen, max(lp_bound, problem.value(chosen)), lp_bound, "queue", "queue")
    return _told(instance, problem, answer, begun)


def prices(instance: Instance) -> Mapping[str, float]:
    """What one more smallest unit of each limit and cap is worth at the margin: the duals of the linear relaxation.

    A direction, not a promise: projects cannot be split. Times `Limit.per_unit`: the price of one more shown unit.
    0: more of it alone is of no use. Errors as `plan`.
    """
    problem = compile_instance(instance)
    found = dict.fromkeys([limit.key for limit in (*instance.limits, *instance.district_caps)], 0.0)
    for part in components(whole(problem)):
        relaxed = relax(part)
        if relaxed is None:
            raise _refusal(problem)
        for limits, price in zip(part.limits, relaxed.y * part.scale, strict=True):
            for key in found.keys() & set(limits):
                found[key] += float(price)
    return found


def least_topup(instance: Instance, plan: Plan, candidate: str) -> Mapping[str, int]:
    """What would have to be added to which limits so that `candidate` (with its group) fits beside all chosen ones.

    The least in sum; those chosen stay, though they may take from another source than before. Empty: it fits as it is.
    PlanError when the candidate is unknown, must be out, or is below a floor.
    """
    found = least_topups(instance, plan, [candidate])
    if candidate not in found:
        raise PlanError("unknown_candidate", candidate=candidate)
    return found[candidate]


def least_topups(instance: Instance, plan: Plan, candidates: Iterable[str]) -> dict[str, Mapping[str, int]]:
    """`least_topup` of several, each alone beside the chosen ones; the instance is read once.

    Who cannot be chosen at all (unknown, must be out, below a floor, or in a group with such a one) has no entry.
    """
    problem = compile_instance(instance)
    index_of = {key: index for index, unit in enumerate(problem.units) for key in unit.candidates}
    chosen = {index_of[key] for key in plan.chosen}
    return {
        candidate: shortages(problem, sorted(chosen | {index_of[candidate]}))
        for candidate in candidates
        if candidate in index_of
    }


def first_steps(
    instance: Instance, plan: Plan, limits: Iterable[str] | None = None, seconds: float = 5.0
) -> tuple[Step, ...]:
    """For each limit (default: all, caps not) the least top-up of it alone that makes the plan better, and by how much.

    Exact up to 20 candidates; beyond, each limit gets its share of `seconds`, and the step says whether it is proven.
    """
    problem = compile_instance(instance)
    index_of = {key: index for index, unit in enumerate(problem.units) for key in unit.candidates}
    asked = [limit.key for limit in instance.limits] if limits is None else list(limits)
    return tuple(steps(problem, sorted({index_of[key] for key in plan.chosen}), asked, seconds))


def wish(instance: Instance, base: Plan, must: Mapping[str, str], seconds: float = 1.0) -> Wish:
    """The plan when each candidate of `must` is "in" or "out" (or "" again), and what that costs. Errors as `plan`."""
    changed = replace(
        instance,
        candidates=tuple(replace(c, must=must.get(c.key, c.must)) for c in instance.candidates),
    )
    if unknown := set(must) - {candidate.key for candidate in instance.candidates}:
        raise PlanError("unknown_candidate", candidate=min(unknown))
    other = plan(changed, seconds)
    return Wish(other, base.value - other.value, base.value - other.bound, base.bound - other.value)


def _must_fits(problem: Problem) -> bool:
    return allocate(problem, [index for index, unit in enumerate(problem.units) if unit.must_in]) is not None


def _refusal(problem: Problem) -> Refusal:
    must = [index for index, unit in enumerate(problem.units) if unit.must_in]
    return Refusal(shortages(problem, must), tuple(key for index in must for key in problem.units[index].candidates))


def _lp_bound(problem: Problem) -> int:
    return floor(sum(begin(part).linear for part in components(whole(problem))))


def _told(instance: Instance, problem: Problem, answer: Answer, begun: float) -> Plan:
    """The answer in the words of the instance. The split is made, and with it every limit checked, in whole numbers."""
    allocation = allocate(problem, answer.chosen)
    if allocation is None:
        raise AssertionError("a plan above its limits was about to be told")
    inside = {key for index in answer.chosen for key in problem.units[index].candidates}
    takes = {}
    for (number, place), amount in allocation.takes.items():
        demand = allocation.demands[number]
        if amount and demand.number >= 0:
            takes[demand.candidate, demand.number, demand.ways.numbers[place]] = amount
    named = [limit.key for limit in (*instance.limits, *instance.district_caps)]
    return Plan(
        chosen=tuple(candidate.key for candidate in instance.candidates if candidate.key in inside),
        takes=takes,
        value=problem.value(answer.chosen),
        bound=answer.bound,
        lp_bound=answer.lp_bound,
        left={key: allocation.left[key] for key in named},
        seconds=perf_counter() - begun,
        stopped_by=answer.stopped_by,
        method=answer.method,
        combinations=answer.combinations,
        feasible=answer.feasible,
        components=answer.components,
        excluded=problem.excluded,
    )
