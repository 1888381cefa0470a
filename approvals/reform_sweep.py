"""Thousands of courses under a dozen sets of reforms, in the same draws: only what a set touches is swept anew. Pure.

Design overview
- Projects whose courses are made of the same steps have the same dates: they are forecast once.
- Courses on one network with the same stages open share a `_Layout`: it is worked out once what each set of reforms
  makes of them, which steps that changes, and which others finish later or earlier because of it. All other steps keep
  the finish that they have without reforms, and steps that do not bear on the milestone are left out.
- `CHUNK` courses are swept together, first as they stand, then for every set what it touches. The operations on each
  step are those of `forecast`, in single precision and in the same order: the figures are the same to the last bit
  (tests/approvals/test_reform_forecast.py), they are only found sooner (benchmarks/bench_reform.py).

numpy is imported inside functions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from approvals.forecast import COMPLETION, SEED, Course, Shape, Step, lanes_of, shape_of
from approvals.forecast_draws import Rows, matrix
from approvals.forecast_sweep import CHUNK, finish_of, median
from approvals.reform_course import Case, Plan, Recipe, cooked, nodes_of, placed, plan_of, shape_after

if TYPE_CHECKING:
    from numpy import ndarray
else:
    ndarray = Any


class Outcome(NamedTuple):
    """What the try at `place` does: half-days to the milestone at P50 before and after, None where it is over."""

    place: int
    reforms: tuple[str, ...]
    less: int
    before: float | None
    after: float | None


class _Task(NamedTuple):
    """A step that a try sweeps anew.

    Its duration is that of step `number` as it stands, or what `recipe` makes of the course's steps at the places `of`.
    `starts` as in `_Try.ends`; `pending` is whether it begins after anything.
    """

    number: int
    recipe: Recipe | None
    of: tuple[int, ...]
    starts: tuple[int, ...]
    pending: bool


class _Try(NamedTuple):
    """What a set of reforms sweeps anew. `ends` are the steps whose latest finish is the milestone.

    `asked`: (place, reforms) of the tries that come to the same.

    Steps are told by number: from 0 those of the course as it stands, ~n the n-th of `tasks`. No ends: it is over.
    """

    asked: list[tuple[int, tuple[str, ...]]]
    less: int
    tasks: tuple[_Task, ...]
    ends: tuple[int, ...]


@dataclass
class _Layout:
    """Courses on one network with the same stages open, and what there is to sweep for them.

    `shape` is that of the course as it stands, `swept` the numbers of its steps whose finish is needed, `drawn` those
    whose duration is. `members` are the cases of each course, which differ in nothing.
    """

    shape: Shape
    ends: tuple[int, ...]
    tries: list[_Try]
    swept: list[int] = field(default_factory=list)
    drawn: list[int] = field(default_factory=list)
    courses: list[Course] = field(default_factory=list)
    members: list[list[int]] = field(default_factory=list)


def outcomes(
    cases: Sequence[Case], tries: Sequence[tuple[str, ...]], until: str, draws: int
) -> Iterator[tuple[list[int], list[Outcome]]]:
    """Yield (places of cases that stand alike, what the tries that touch them do). Each case comes at most once."""
    lanes = max((lanes_of(case.course) for case in cases), default=0) + 1
    run = _Run(Rows(matrix(lanes, draws, SEED)))
    for layout in _layouts(cases, tries, until):
        for first in range(0, len(layout.courses), CHUNK):
            some = layout.courses[first : first + CHUNK]
            told = run.sweep(layout, some)
            yield from zip(layout.members[first : first + CHUNK], told, strict=True)


# --- what there is to sweep -------------------------------------------------------------------------------------------


def _layouts(cases: Sequence[Case], tries: Sequence[tuple[str, ...]], until: str) -> list[_Layout]:
    """Return the layouts of the cases that any try touches."""
    alike: dict[tuple, list[int]] = {}
    for number, case in enumerate(cases):
        course, effects = case.course, case.effects
        marks, codes = tuple(course.milestones.items()), tuple(effects)
        ids = tuple(map(id, course.steps)), tuple(map(id, effects.values()))
        alike.setdefault((ids, course.begins, marks, codes, id(case.stages)), []).append(number)
    found: dict[tuple, tuple[_Layout | None, tuple]] = {}
    for key, members in alike.items():
        case = cases[members[0]]
        nodes = nodes_of(case)
        states = tuple(step.state for step in case.course.steps)
        like = (tuple(map(id, nodes)), states, *key[2:4], key[0][1])
        if like not in found:
            # The nodes are kept with what was made of them: their identities may not be given to others meanwhile.
            found[like] = _layout(case, nodes, tries, until), nodes
        layout = found[like][0]
        if layout is not None:
            layout.courses.append(case.course)
            layout.members.append(members)
    return [layout for layout, _nodes in found.values() if layout is not None]


def _layout(case: Case, nodes, tries, until: str) -> _Layout | None:
    """Return what there is to sweep for courses like that of the case, None where no try touches it."""
    plans: dict[int, tuple[Plan, list]] = {}
    for place, reforms, plan in _plans(case, nodes, tries):
        plans.setdefault(id(plan), (plan, []))[1].append((place, reforms))
    if not plans:
        return None
    shape = shape_of(case.course)
    layout = _Layout(shape, _ends(shape, until), [])
    for plan, asked in plans.values():
        layout.tries.append(_try(case.course, shape, plan, asked, until))
    wanted = {*layout.ends, *(n for one in layout.tries for n in one.ends if n >= 0)}
    wanted |= {n for one in layout.tries for task in one.tasks for n in task.starts if n >= 0}
    for n in range(len(shape.before) - 1, -1, -1):
        if n in wanted:
            wanted.update(shape.before[n] or ())
    kept = {task.number for one in layout.tries for task in one.tasks if task.recipe is None}
    layout.swept, layout.drawn = sorted(wanted), sorted(wanted | kept)
    return layout


def _plans(case: Case, nodes, tries) -> Iterator[tuple[int, tuple[str, ...], Plan]]:
    """Yield (place, reforms that touch the case, plan) of the tries that change it."""
    effects = case.effects
    asked = {code for reforms in tries for code in reforms}
    alone = {code for code, effect in effects.items() if code in asked and plan_of(nodes, (effect,)).recipes}
    for place, reforms in enumerate(tries):
        own = tuple(code for code in reforms if code in alone)
        plan = plan_of(nodes, tuple(effects[code] for code in own)) if own else None
        if plan and plan.recipes:
            yield place, own, plan


def _ends(shape: Shape, until: str) -> tuple[int, ...]:
    """Return the numbers of the steps whose latest finish is the milestone; none where it is over."""
    if until == COMPLETION:
        inner = {n for needed in shape.before for n in needed or ()}
        return tuple(n for n in range(len(shape.before)) if n not in inner)
    place = dict(shape.marks).get(until, -1)
    return (place,) if place >= 0 else ()


def _try(course: Course, shape: Shape, plan: Plan, asked: list, until: str) -> _Try:
    """Return what a plan makes of courses like this one, as steps that stay and tasks."""
    new = shape_after(course, plan)
    at = {step.code: number for number, step in enumerate(course.steps)}
    stays = {course.steps[p].code: n for n, p in enumerate(shape.places)}
    told: list[int] = []
    """The number of each step of the new shape, as in `_Try.ends`."""
    tasks: list[_Task] = []
    for n, needed in enumerate(new.before):
        recipe = plan.recipes[new.places[n]]
        code = recipe.step.code
        starts = tuple(told[other] for other in needed or ())
        if recipe.same and all(number >= 0 for number in starts):
            told.append(stays[code])
            continue
        told.append(~len(tasks))
        if recipe.mix.lasts:
            tasks.append(_Task(stays[code], None, (), starts, needed is not None))
        else:
            of = tuple(at[cut.code] for cut in recipe.mix.cuts)
            tasks.append(_Task(-1, recipe, of, starts, needed is not None))
    ends = tuple(told[n] for n in _ends(new, until))
    return _pruned(_Try(asked, plan.less, tuple(tasks), ends))


def _pruned(one: _Try) -> _Try:
    """Return the try without tasks that do not bear on its milestone."""
    needed = {~n for n in one.ends if n < 0}
    for number in range(len(one.tasks) - 1, -1, -1):
        if number in needed:
            needed.update(~n for n in one.tasks[number].starts if n < 0)
    new = {~old: ~n for n, old in enumerate(sorted(needed))}

    def renumbered(numbers: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(new.get(n, n) for n in numbers)

    tasks = (task._replace(starts=renumbered(task.starts)) for n, task in enumerate(one.tasks) if n in needed)
    return one._replace(tasks=tuple(tasks), ends=renumbered(one.ends))


# --- sweeping ---------------------------------------------------------------------------------------------------------


class _Run:
    """The draws of one call, and the steps that recipes made in it."""

    def __init__(self, rows: Rows):
        self.rows = rows
        self.steps: dict[tuple, tuple[Step, tuple]] = {}

    def sweep(self, layout: _Layout, courses: list[Course]) -> list[list[Outcome]]:
        """Return what every try does to each of at most `CHUNK` courses of a layout."""
        import numpy as np

        shape, size = layout.shape, (len(courses), self.rows.draws)
        begins = np.array([[course.begins] for course in courses], dtype=np.float32)
        drawn, finish = {}, {}
        for n in layout.drawn:
            place = shape.places[n]
            drawn[n] = self.rows.durations([course.steps[place] for course in courses], place)
        for n in layout.swept:
            needed = shape.before[n]
            starts = [finish[other] for other in needed or ()]
            finish[n] = finish_of(*drawn[n], starts, 0 if needed is None else begins, np.empty(size, np.float32))
        before = _median(finish, layout.ends)
        found: list[list[Outcome]] = [[] for _ in courses]
        for one in layout.tries:
            after = self._tried(one, courses, drawn, finish, begins)
            for p, results in enumerate(found):
                was, now = (None if values is None else float(values[p]) for values in (before, after))
                results += [Outcome(place, reforms, one.less, was, now) for place, reforms in one.asked]
        return found

    def _tried(self, one: _Try, courses, drawn, finish, begins) -> ndarray | None:
        """Return the P50 of the milestone of each course after a try, None where it is over."""
        import numpy as np

        size = (len(courses), self.rows.draws)
        for n, task in enumerate(one.tasks):
            if task.recipe is None:
                whole, late = drawn[task.number]
            else:
                whole, late = self.rows.durations([self._cooked(task, course) for course in courses], 0)
            starts = [finish[other] for other in task.starts]
            finish[~n] = finish_of(whole, late, starts, begins if task.pending else 0, np.empty(size, np.float32))
        return _median(finish, one.ends)

    def _cooked(self, task: _Task, course: Course) -> Step:
        """Return what a recipe makes of the steps of a course, the same object for the same ones."""
        sources = [course.steps[place] for place in task.of]
        key = (id(task.recipe.mix), *map(id, sources))
        known = self.steps.get(key)
        if known is None:
            told = [placed(step, place) for step, place in zip(sources, task.of, strict=True)]
            # What it was made of is kept: its identities may not be given to others meanwhile.
            known = self.steps[key] = cooked(task.recipe, told), (task.recipe, sources)
        return known[0]


def _median(finish, ends: tuple[int, ...]) -> ndarray | None:
    """Return the P50 of the latest of some finishes."""
    import numpy as np

    if not ends:
        return None
    latest = finish[ends[0]]
    for n, end in enumerate(ends[1:]):
        latest = np.maximum(latest, finish[end], out=latest if n else None)
    return median(latest)
