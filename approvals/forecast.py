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
from math import ceil
from typing import TYPE_CHECKING, Any

from approvals.forecast_draws import Part, Rows, Spread, lane_of, matrix
from approvals.forecast_sweep import (
    CHUNK,
    COMPLETION,
    PERCENT,
    Shape,
    critical_of,
    effects_of,
    leads_of,
    milestones_of,
    passed_of,
    percentiles,
    shaped,
    sweep,
)
from approvals.network import Activity
from approvals.track import local
from calendars.workdays import Moment, WorkCalendar

if TYPE_CHECKING:
    from numpy import ndarray
else:
    ndarray = Any

__all__ = [
    *("COMPLETION", "CONSTRUCTION", "Course", "Distribution", "Outlook", "Part", "Spread", "State", "Step"),
    *("StepOutlook", "forecast", "from_activities", "halves_until", "moment"),
]

DRAWS = 1024
SEED = 20261120
CONSTRUCTION = "construction"
NOTHING = Spread("", 0.0)


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

        count = int(np.searchsorted(self.values, np.float32(halves + 1e-3), side="right"))
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

    Some 0.06 ms a course, 10 ms with `detail`. `coupling` (0 to below 1) is the correlation of the desks of one group:
    stages of one department being slow together. 0 takes every stage for itself, which makes the P80 of a chain with
    several stages of one department too early; docs/performance.md says by how much. Errors: `network.topological`.
    """
    courses = list(courses)
    lanes = max((lanes_of(course) for course in courses), default=0) + 1
    rows = Rows(matrix(lanes, draws, seed), coupling)
    shapes: dict[int, tuple[Shape, list[Course]]] = {}
    for course in courses:
        shape = shape_of(course)
        shapes.setdefault(id(shape), (shape, []))[1].append(course)
    found = {}
    for shape, members in shapes.values():
        if detail:
            found |= {course.key: _detailed(shape, course, rows) for course in members}
            continue
        for first in range(0, len(members), CHUNK):
            found |= _swept(shape, members[first : first + CHUNK], rows)
    return {course.key: found[course.key] for course in courses}


def moment(halves: float, now: datetime, calendar: WorkCalendar) -> Moment:
    """Return the end of the half-day that lies `halves` working half-days after now, part of one counted as one.

    It is provisional when it leans on a year without a notice.
    """
    return calendar.end_of_half(calendar.begun(now) + max(ceil(halves - 1e-4), 0), since=local(now).date())


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
def lanes_of(course: Course) -> int:
    """Return the last lane that the steps of a course draw from."""
    return max([len(course.steps) - 1, *[step.lane for step in course.steps]])


def shape_of(course: Course) -> Shape:
    """Return the shape of a course: the same object for the same shape, while few thousand are about."""
    links = tuple([(s.code, s.prerequisites, s.state == "done", s.state == "pending") for s in course.steps])
    return shaped(links, tuple(course.milestones.items()))


def _swept(shape: Shape, courses: list[Course], rows: Rows) -> dict[Any, Outlook]:
    """Return the outlooks of some courses of one shape by key, without their steps."""
    import numpy as np

    whole, late, finish = [], {}, rows.room(len(shape.places), len(courses))
    for n, place in enumerate(shape.places):
        durations, allowed = rows.durations([course.steps[place] for course in courses], place, finish[n])
        whole.append(durations)
        if allowed is not None:
            late[n] = allowed
    begins = np.array([[course.begins] for course in courses], dtype=np.float32)
    found = milestones_of(shape, sweep(shape.before, whole, late, begins, out=finish))
    passed = passed_of(shape)
    return {
        course.key: Outlook(course.key, {name: Distribution(values[p]) for name, values in found.items()}, passed)
        for p, course in enumerate(courses)
    }


# -- one course in detail ----------------------------------------------------------------------------------------------
def _detailed(shape: Shape, course: Course, rows: Rows) -> Outlook:
    """Return the outlook of one course with everything that the draws say of its steps."""
    import numpy as np

    if not shape.places:
        return Outlook(course.key, {}, passed_of(shape))
    before, marks = shape.before, shape.marks
    left = [(course.steps[place], lane_of(course.steps[place], place)) for place in shape.places]
    own = [rows.of(step, lane) for step, lane in left]
    whole = np.stack([row.whole for row in own])[:, None]
    late = {n: row.late[None] for n, row in enumerate(own) if row.late is not None}
    finish = sweep(before, whole, late, np.float32(course.begins))[:, 0]
    found = milestones_of(shape, finish[:, None])
    ends = {COMPLETION: None} | {name: n for name, n in marks if n >= 0}
    critical, by_quota = critical_of(before, finish, own)
    gain, calm = effects_of(shape, whole, late, course.begins, own, found)
    leads = {name: leads_of(before, own, end) for name, end in ends.items()}
    starts = percentiles(np.maximum(finish - np.stack([row.after for row in own]), 0))
    finishes = percentiles(finish)
    steps = {}
    for n, (step, _place) in enumerate(left):
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
    return Outlook(course.key, told, passed_of(shape), steps, mover)


def expected_count(outlooks: Sequence[Outlook], milestone: str, halves: float) -> float:
    """Return how many of the projects reach a milestone within `halves` half-days on average.

    Sums of probabilities are right although projects share the draws; the spread of such a count is not told by them.
    """
    return sum(o.milestones[milestone].chance(halves) for o in outlooks if milestone in o.milestones)
