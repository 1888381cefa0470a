"""When will it be done: the remaining course of projects in many draws, and what the draws say. Pure.

Design overview
- A `Course` is what is left of one project: its `Step`s with the `Spread`s of their parts. The unit is the working
  half-day after now, so holidays do not disturb; `moment` turns a number of them into a date of the calendar.
- All projects share one matrix of draws (scrambled Sobol points, a fixed seed): no random number and no exponential per
  project, the same answer every time, and two forecasts of one project differ by what was changed and nothing else.
- A duration is lognormal, and with 1 - `share` it is nothing at all (no supplement was asked for). What is under way
  needs what is left *given that it has lasted so long*: T - t of the cases with T > t, not the median less t.
- In every draw the longest path is found anew. accepted = max(prerequisites + wait, quota); finish = accepted + desk +
  applicant + special. Quota is waited for from now on, beside everything else.
- Courses of one shape are swept together, `CHUNK` at a time, so that the arrays stay in the processor's cache.

numpy and scipy are imported inside functions. Method, error and what it costs: docs/methods/forecast.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, Any

from approvals.forecast_draws import LEAST, Part, Rows, Spread, matrix
from approvals.network import Activity, topological
from calendars.workdays import Moment, WorkCalendar

if TYPE_CHECKING:
    from numpy import ndarray
else:
    ndarray = Any

__all__ = ["LEAST", "Course", "Distribution", "Outlook", "Part", "Spread", "State", "Step", "StepOutlook", "forecast"]

DRAWS = 1024
SEED = 20261120
CHUNK = 20
COMPLETION = "completion"
CONSTRUCTION = "construction"
NOTHING = Spread("", 0.0)
PERCENT = tuple(range(1, 100))


class State(StrEnum):
    """Where a step stands: behind others, ready to be handed in, its clock begun, or over."""

    PENDING = "pending"
    READY = "ready"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of a course. All times are working half-days.

    `elapsed` is what a ready step has waited, or what the desk of a running one has used (net). While the clock is
    stopped, `stopped` is the part that runs instead (`applicant`, `special`), for `stopped_for` so far. `blocked_for`
    is how long a project has waited for the quota of this step; None: it does not wait, `quota` is not drawn.
    `lane` chooses the draws (default: the step's place): keep it when a course is changed, and both see the same luck.
    `group` names what couples the desks of several steps (a department), see `coupling` of `forecast`.
    """

    code: str
    name: str = ""
    prerequisites: tuple[str, ...] = ()
    desk: Spread = NOTHING
    applicant: Spread = NOTHING
    quota: Spread = NOTHING
    wait: Spread = NOTHING
    special: Spread = NOTHING
    state: State = State.PENDING
    elapsed: float = 0.0
    stopped: str = ""
    stopped_for: float = 0.0
    blocked_for: float | None = None
    lane: int = -1
    group: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """What is left of a project. `milestones` names steps whose finish is told apart (construction start).

    Nothing begins before `begins` half-days after now. A step that ended without a pass is given as ready.
    """

    key: Any
    steps: tuple[Step, ...]
    milestones: Mapping[str, str] = field(default_factory=dict)
    begins: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """A time in working half-days after now: its 1st to 99th percentile."""

    values: ndarray

    def at(self, percent: int) -> float:
        """Return the time by which it is over in `percent` (1 to 99) of 100 draws."""
        return float(self.values[percent - 1])

    @property
    def p50(self) -> float:
        """The time by which it is over in half the draws."""
        return self.at(50)

    @property
    def p80(self) -> float:
        """The time by which it is over in four draws of five."""
        return self.at(80)

    def chance(self, halves: float) -> float:
        """Return the probability that it is over within `halves` half-days, to the percent (1: more than 99 %)."""
        import numpy as np

        count = int(np.searchsorted(self.values, np.float32(halves), side="right"))
        return 1.0 if count == len(PERCENT) else count / 100


@dataclass(frozen=True, slots=True)
class StepOutlook:
    """What the draws say of one remaining step. `start` is its acceptance, `finish` its decision.

    `critical` is the share of draws in which it lies on the longest path; `quota_decides` of those in which its quota,
    not the stages before it, sets its start. By milestone, in half-days: `gain` is how much earlier the milestone's P50
    would be if the step took no more time at all, `calm` how much earlier its P80 if the step took exactly its median;
    `lead` is the time from the step's start to the milestone at P50 and P80 (latest start = target less lead; a step
    with no bearing on the milestone has none).
    """

    code: str
    start: Distribution
    finish: Distribution
    critical: float
    quota_decides: float
    gain: Mapping[str, float]
    calm: Mapping[str, float]
    lead: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Outlook:
    """The forecast of one course. `milestones` has `completion` and the course's own, less those already `passed`.

    `steps` (remaining ones, in the order of the course) and `mover` (milestone → code of the step with the greatest
    `gain`) are filled in with `detail` only.
    """

    key: Any
    milestones: Mapping[str, Distribution]
    passed: frozenset[str] = frozenset()
    steps: Mapping[str, StepOutlook] = field(default_factory=dict)
    mover: Mapping[str, str] = field(default_factory=dict)


def forecast(
    courses: Iterable[Course],
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    detail: bool = False,
    coupling: float = 0.0,
) -> dict[Any, Outlook]:
    """Return the outlook of every course by its key. `draws` is a power of two.

    Some 0.05 ms a course, 2 ms with `detail`. `coupling` (0 to below 1) is the correlation of the desks of one group:
    stages of one department being slow together. 0 takes every stage for itself, which makes the P80 of a chain with
    several stages of one department too early; docs/performance.md says by how much. Errors: `network.topological`.
    """
    courses = list(courses)
    lanes = max((max(_lanes(course), default=0) for course in courses), default=0) + 1
    rows = Rows(matrix(lanes, draws, seed), coupling)
    shapes: dict[tuple, list[tuple[int, list[Step]]]] = {}
    for place, course in enumerate(courses):
        shape, left = _shape(course)
        shapes.setdefault(shape, []).append((place, left))
    found: list[Outlook | None] = [None] * len(courses)
    for shape, members in shapes.items():
        for first in range(0, len(members), 1 if detail else CHUNK):
            part = members[first : first + (1 if detail else CHUNK)]
            told = _detailed if detail else _swept
            for (place, _left), outlook in zip(part, told(shape, courses, part, rows), strict=True):
                found[place] = outlook
    return {outlook.key: outlook for outlook in found}


def moment(halves: float, now: datetime, calendar: WorkCalendar) -> Moment:
    """Return the end of the half-day that lies `halves` working half-days after now, part of one counted as one.

    It is provisional when it leans on a year without a notice.
    """
    return calendar.end_of_half(calendar.begun(now) + max(ceil(halves - 1e-4), 0), since=now.date())


def halves_until(day: date, now: datetime, calendar: WorkCalendar) -> int:
    """Return the working half-days from now through the close of `day`; negative for a day gone by."""
    return 2 * calendar.count_through(day) - calendar.begun(now)


def from_activities(activities: Iterable[Activity]) -> tuple[Step, ...]:
    """Return a network with fixed durations as steps: the finish is `network.analyse(…).length`, in half-days."""
    return tuple(
        Step(a.code, prerequisites=a.prerequisites, desk=Spread(Part.DESK, float(a.working_days * 2)), lane=lane)
        for lane, a in enumerate(activities)
    )


# -- shapes ------------------------------------------------------------------------------------------------------------
def _lanes(course: Course) -> list[int]:
    return [step.lane if step.lane >= 0 else place for place, step in enumerate(course.steps)]


@lru_cache(maxsize=4096)
def _order(links: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[int, ...]:
    """Return the places of steps so that prerequisites come first."""
    place = {code: n for n, (code, _before) in enumerate(links)}
    return tuple(place[code] for code in topological(Activity(code, 0, before) for code, before in links))


def _shape(course: Course) -> tuple[tuple, list[tuple[Step, int]]]:
    """Return what a sweep needs to know of a course, the same for many, and the open steps in order with their lanes.

    The shape is (places of the open prerequisites of each open step, None for one that waits for nothing;
    places of the milestones).
    """
    order = _order(tuple((step.code, step.prerequisites) for step in course.steps))
    left, place, before = [], {}, []
    for n in order:
        step = course.steps[n]
        if step.state == State.DONE:
            continue
        place[step.code] = len(left)
        left.append((step, step.lane if step.lane >= 0 else n))
        if step.state == State.PENDING:
            before.append(tuple(place[code] for code in step.prerequisites if code in place))
        else:
            before.append(None)
    marks = tuple((name, place.get(code, -1)) for name, code in course.milestones.items())
    return (tuple(before), marks), left


def _sweep(before, whole, late, begins):
    """Return the finish of every step in every draw: `whole` is (S, P, D); `late` has rows (P, D) by step.

    A step finishes `whole` after the last of its prerequisites (after `begins` where it has none), not before `late`.
    """
    import numpy as np

    finish = np.empty_like(whole)
    for n, needed in enumerate(before):
        if not needed:
            np.add(whole[n], 0 if needed is None else begins, out=finish[n])
        elif len(needed) == 1:
            np.add(finish[needed[0]], whole[n], out=finish[n])
        else:
            np.maximum(finish[needed[0]], finish[needed[1]], out=finish[n])
            for place in needed[2:]:
                np.maximum(finish[n], finish[place], out=finish[n])
            finish[n] += whole[n]
        if n in late:
            np.maximum(finish[n], late[n], out=finish[n])
    return finish


def _percentiles(values):
    """Return the 1st to 99th percentile along the last axis, which is sorted in place.

    The draws are the middles of equal parts: the p-th percentile lies at p x D - 0.5 of the sorted ones.
    """
    import numpy as np

    values.sort(axis=-1)
    count = values.shape[-1]
    at = np.clip(np.array(PERCENT) / 100 * count - 0.5, 0, count - 1)
    low = at.astype(np.intp)
    high, part = np.minimum(low + 1, count - 1), (at - low).astype(np.float32)
    return values[..., low] * (1 - part) + values[..., high] * part


def _milestones(shape, finish) -> dict[str, ndarray]:
    """Return the percentiles (P, 99) by milestone that is still to come."""
    before, marks = shape
    found = {}
    if before:
        inner = {n for needed in before for n in needed or ()}
        last = [n for n in range(len(before)) if n not in inner]
        found[COMPLETION] = _percentiles(finish[last].max(axis=0))
        found |= {name: _percentiles(finish[place].copy()) for name, place in marks if place >= 0}
    return found


def _passed(shape) -> frozenset[str]:
    before, marks = shape
    return frozenset([name for name, place in marks if place < 0] + ([] if before else [COMPLETION]))


def _swept(shape, courses, part, rows) -> list[Outlook]:
    """Return the outlooks of some courses of one shape, without their steps."""
    import numpy as np

    before, _marks = shape
    whole = np.empty((len(before), len(part), rows.draws), dtype=np.float32)
    late: dict[int, ndarray] = {}
    begins = np.array([[courses[place].begins] for place, _left in part], dtype=np.float32)
    for p, (_place, left) in enumerate(part):
        for n, (step, lane) in enumerate(left):
            row = rows.of(step, lane)
            whole[n, p] = row.whole
            if row.late is not None:
                late.setdefault(n, np.zeros(whole.shape[1:], dtype=np.float32))[p] = row.late
    found = _milestones(shape, _sweep(before, whole, late, begins))
    passed = _passed(shape)
    return [
        Outlook(courses[place].key, {name: Distribution(values[p]) for name, values in found.items()}, passed)
        for p, (place, _left) in enumerate(part)
    ]


# -- one course in detail ----------------------------------------------------------------------------------------------
def _detailed(shape, courses, part, rows) -> list[Outlook]:
    """Return the outlook of one course with everything that the draws say of its steps."""
    import numpy as np

    ((place, left),) = part
    course, (before, marks) = courses[place], shape
    if not left:
        return [Outlook(course.key, {}, _passed(shape))]
    own = [rows.of(step, lane) for step, lane in left]
    whole = np.stack([row.whole for row in own])[:, None]
    late = {n: row.late[None] for n, row in enumerate(own) if row.late is not None}
    finish = _sweep(before, whole, late, np.float32(course.begins))[:, 0]
    found = _milestones(shape, finish[:, None])
    ends = {COMPLETION: None} | {name: n for name, n in marks if n >= 0}
    critical, by_quota = _critical(before, finish, own)
    gain, calm = _effects(shape, whole, late, course.begins, critical, own, found)
    leads = {name: _leads(before, own, end) for name, end in ends.items()}
    starts = _percentiles(np.maximum(finish - np.stack([row.after for row in own]), 0))
    finishes = _percentiles(finish)
    steps = {}
    for n, (step, _lane) in enumerate(left):
        steps[step.code] = StepOutlook(
            code=step.code,
            start=Distribution(starts[n]),
            finish=Distribution(finishes[n]),
            critical=float(critical[n].mean()),
            quota_decides=float(by_quota[n].mean()),
            gain={name: values[n] for name, values in gain.items()},
            calm={name: values[n] for name, values in calm.items()},
            lead={name: lead[n] for name, lead in leads.items() if lead[n] is not None},
        )
    mover = {
        name: max(steps, key=lambda code: steps[code].gain[name])
        for name in ends
        if any(step.gain[name] > 0 for step in steps.values())
    }
    steps = {step.code: steps[step.code] for step in course.steps if step.code in steps}
    told = {name: Distribution(values[0]) for name, values in found.items()}
    return [Outlook(course.key, told, _passed(shape), steps, mover)]


def _critical(before, finish, own):
    """Return two (S, D) masks: on the longest path to the end, and there because its quota comes last."""
    import numpy as np

    mask = finish == finish.max(axis=0)
    inner = {n for needed in before for n in needed or ()}
    mask[[n for n in range(len(before)) if n in inner]] = False
    quota = np.zeros_like(mask)
    for n in range(len(before) - 1, -1, -1):
        if own[n].late is not None:
            quota[n] = mask[n] & (finish[n] <= own[n].late)
        for place in before[n] or ():
            last = np.max([finish[other] for other in before[n]], axis=0)
            mask[place] |= mask[n] & ~quota[n] & (finish[place] == last)
    return mask, quota


def _effects(shape, whole, late, begins, critical, own, found):
    """Return ({milestone: gain by step}, {milestone: calm by step}): every step changed in turn, all in one sweep."""
    import numpy as np

    count = len(whole)
    # A step off the longest path to the end may still lie on the one to a milestone before it.
    tried = list(range(count))
    many = np.repeat(whole, 2 * len(tried), axis=1)
    lates = {n: np.repeat(row, 2 * len(tried), axis=0) for n, row in late.items()}
    for place, n in enumerate(tried):
        many[n, 2 * place] = 0
        many[n, 2 * place + 1] = np.median(own[n].whole)
        if n in lates:
            lates[n][2 * place] = 0
            lates[n][2 * place + 1] = np.median(own[n].late)
    changed = _milestones(shape, _sweep(shape[0], many, lates, np.float32(begins)))
    gain, calm = {}, {}
    for name, values in changed.items():
        p50, p80 = found[name][0, 49] - values[0::2, 49], found[name][0, 79] - values[1::2, 79]
        gain[name] = [max(float(p50[n]), 0.0) for n in range(count)]
        calm[name] = [float(p80[n]) for n in range(count)]
    return gain, calm


def _leads(before, own, end: int | None):
    """Return (P50, P80) of the time from each step's start to step `end` (None: to the end of all), or None."""
    import numpy as np

    after: list[ndarray | None] = [None] * len(before)
    for n in range(len(before) - 1, -1, -1):
        if n == end or (end is None and after[n] is None):
            after[n] = np.zeros_like(own[n].whole)
        if after[n] is None:
            continue
        through = after[n] + own[n].whole
        for place in before[n] or ():
            after[place] = through if after[place] is None else np.maximum(after[place], through)
    found = []
    for rest, row in zip(after, own, strict=True):
        values = None if rest is None else _percentiles(rest + row.after)
        found.append(None if values is None else (float(values[49]), float(values[79])))
    return found


def expected_count(outlooks: Sequence[Outlook], milestone: str, halves: float) -> float:
    """Return how many of the projects reach a milestone within `halves` half-days on average.

    Sums of probabilities are right although projects share the draws; the spread of such a count is not told by them.
    """
    return sum(o.milestones[milestone].chance(halves) for o in outlooks if milestone in o.milestones)
