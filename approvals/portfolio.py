"""The clocks and lights of a whole portfolio in a few array operations: what `clock.measure` says, for all at once.

Design overview
- An instant is an int32 number of calendar half-days, `mark`: 2 x (days since the first day of the tables) + 1 in the
  morning, + 2 in the afternoon. Facts are stored as marks, so a new calendar version changes tables, not facts.
- `Tables` turns a mark into an index of either axis (working half-days; calendar days in halves) and back: one gather.
- Pauses are CSR arrays: those of stage i are `pause_start[first[i]:first[i + 1]]`, in order of their starts. They are
  walked by rank, so the work is one pass per pause of the stage with the most.
- `NEVER` is the mark of what has not happened and of what will not happen by itself. A light is a comparison of marks.

numpy is imported inside functions: web pages that need no portfolio do not load it. `tests/approvals/test_portfolio.py`
holds this module to `clock.measure` stage by stage. Marks are only defined within the tables' days.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from approvals.lights import Light
from approvals.network import Activity, topological
from approvals.track import StageFacts, Unit, amber_halves, limit_halves, local, ordered
from calendars.workdays import NOON, SHANGHAI, WorkCalendar

if TYPE_CHECKING:
    from numpy import ndarray
else:
    ndarray = Any

NEVER = 2**30
CHUNK = 2**15
"""Stages at a time: the working arrays of one chunk stay in the processor's cache."""
LIGHTS = tuple(Light)
"""The light of a code: the place in this tuple. Codes order as the project list does."""
_BY_STRENGTH = (
    Light.GREEN,
    Light.AMBER,
    Light.STOPPED,
    Light.RED,
    Light.OVERDUE_STATUTORY,
    Light.NONE,
    Light.DONE,
)
CODE = {light: code for code, light in enumerate(LIGHTS)}


@dataclass(frozen=True, slots=True)
class Tables:
    """The arrays of one calendar version: `working[mark]` is the index on the working axis, `mark_of` its inverse.

    Both end in `NEVER`, so that a clipped gather keeps it. `next_close[day]` is the mark of the close of the first
    working day from `day` on.
    """

    first_ordinal: int
    working: ndarray
    mark_of: ndarray
    next_close: ndarray


@dataclass(frozen=True, slots=True)
class Stages:
    """The facts of N stages: marks as int32, limits in half-days (-1: none), pauses as CSR. `NEVER` for open ends."""

    accepted: ndarray
    closed: ndarray
    committed: ndarray
    committed_calendar: ndarray
    statutory: ndarray
    statutory_calendar: ndarray
    first: ndarray
    pause_start: ndarray
    pause_end: ndarray

    def __len__(self) -> int:
        return len(self.accepted)


@dataclass(frozen=True, slots=True)
class Clocks:
    """What `measure` says, for N stages: half-days used on the axis of the light's limit, and marks (`NEVER`: none).

    `due` is the mark of the half-day at whose end the promise runs out; `*_from` the mark of the half-day from which.
    """

    used: ndarray
    due: ndarray
    statutory_due: ndarray
    amber_from: ndarray
    red_from: ndarray
    statutory_red_from: ndarray
    light: ndarray


def tables(calendar: WorkCalendar) -> Tables:
    """Return the arrays of a calendar. Some 10 ms; keep them per calendar version."""
    import numpy as np

    cum = np.asarray(calendar.cum, dtype=np.int32)
    before = np.concatenate(([0], cum[:-1])).astype(np.int32)
    working = np.zeros(2 * len(cum) + 2, dtype=np.int32)
    working[1:-1:2] = before + cum
    working[2:-1:2] = 2 * cum
    working[-1] = NEVER
    days = np.asarray(calendar.inverse, dtype=np.int64) - calendar.first_ordinal
    mark_of = np.zeros(2 * len(days), dtype=np.int32)
    mark_of[1:-1:2] = 2 * days[1:] + 1
    mark_of[2:-1:2] = 2 * days[1:] + 2
    mark_of[-1] = NEVER
    following = np.minimum(before + 1, len(days) - 1)
    return Tables(calendar.first_ordinal, working, mark_of, mark_of[2 * following])


def mark(table: Tables, instant: datetime) -> int:
    """Return the mark of an aware instant: the number of the calendar half-day that it lies in."""
    instant = local(instant)
    return 2 * (instant.toordinal() - table.first_ordinal) + (1 if instant.hour < 12 else 2)


def instant(table: Tables, number: int) -> datetime | None:
    """Return the aware instant at which the half-day with this mark begins; None for `NEVER`."""
    if number >= NEVER:
        return None
    day = date.fromordinal(table.first_ordinal + (int(number) - 1) // 2)
    return datetime.combine(day, time() if number % 2 else NOON, SHANGHAI)


def pack(facts: Iterable[StageFacts], table: Tables) -> Stages:
    """Return the facts as arrays: a Python loop of some 5 µs per stage. Marks can be stored and loaded as they are."""
    import numpy as np

    rows, first, starts, ends = [], [0], [], []
    for stage in facts:
        rows.append(
            (
                mark(table, stage.accepted_at) if stage.accepted_at else NEVER,
                mark(table, stage.closed_at) if stage.closed_at else NEVER,
                *_limit(stage.committed, stage.extension),
                *_limit(stage.statutory, stage.extension),
            )
        )
        for pause in ordered(stage.pauses):
            starts.append(mark(table, pause.start))
            ends.append(mark(table, pause.end) if pause.end else NEVER)
        first.append(len(starts))
    columns = np.array(rows, dtype=np.int32).reshape(-1, 6).T
    return Stages(
        accepted=columns[0].copy(),
        closed=columns[1].copy(),
        committed=columns[2].copy(),
        committed_calendar=columns[3].astype(bool),
        statutory=columns[4].copy(),
        statutory_calendar=columns[5].astype(bool),
        first=np.array(first, dtype=np.int32),
        pause_start=np.array(starts, dtype=np.int32),
        pause_end=np.array(ends, dtype=np.int32),
    )


def _limit(limit, extension) -> tuple[int, bool]:
    """Return a limit as half-days and whether they are calendar days."""
    if limit is None:
        return -1, False
    return limit_halves(limit.amount + extension, limit.unit), limit.unit == Unit.CALENDAR_DAY


class _Tracks:
    """`track.Track` for many stages at once, on one axis."""

    def __init__(self, stages: Stages, table: Tables, step: int):
        import numpy as np

        self.np, self.table, self.step = np, table, step
        self.close = stages.accepted + (stages.accepted & 1)
        self.origin = self.index(self.close)
        last, cursor = self.index(stages.closed), self.origin.copy()
        counts = np.diff(stages.first)
        self.pauses = []
        for rank in range(int(counts.max(initial=0))):
            rows = np.flatnonzero(counts > rank)
            at = stages.first[rows] + rank
            start = np.maximum(self.index(stages.pause_start[at]), cursor[rows])
            stop = np.maximum(np.minimum(self.index(stages.pause_end[at]), last[rows]), start)
            cursor[rows] = stop
            self.pauses.append((rows, start, stop))

    def index(self, marks):
        """Return the index of marks on this axis; `NEVER` stays."""
        if self.step == 2:
            return marks + (marks & 1)
        return self.table.working.take(marks, mode="clip")

    def starts(self, indexes):
        """Return the mark of the half-day (of the morning, for calendar days) that an index begins with."""
        if self.step == 2:
            return self.np.where(indexes < NEVER, indexes - 1, NEVER)
        return self.table.mark_of.take(indexes, mode="clip")

    def used(self, index):
        """Return the half-days that the clocks ran through `index` (one for all, or one each)."""
        index = self.np.broadcast_to(index, self.origin.shape)
        result = index - self.origin
        for rows, start, stop in self.pauses:
            result[rows] -= self.np.maximum(self.np.minimum(stop, index[rows]) - start, 0)
        return self.np.maximum(result, 0)

    def position(self, used):
        """Return the index at which the counts reach `used`; `NEVER` behind an open pause."""
        index = self.origin + used
        for rows, start, stop in self.pauses:
            here = index[rows]
            index[rows] = self.np.minimum(here + self.np.where(start < here, stop - start, 0), NEVER)
        return index

    def limit(self, allowed):
        """Return (due, amber_from, red_from) as marks for limits in half-days; `NEVER` where there is no limit."""
        np, none = self.np, self.np.flatnonzero(allowed < 0)
        allowed = np.maximum(allowed, 0)
        index = self.position(allowed)
        known = index < NEVER
        most = int(allowed.max(initial=0))
        warn_at = np.array([n - amber_halves(n, self.step) for n in range(most + 1)], dtype=np.int32)
        warn = warn_at.take(allowed, mode="clip")
        amber = self.starts(self.position(warn))
        amber[allowed == 0] = NEVER
        if self.step == 2:
            # A limit in calendar days that ends on a rest day runs to the close of the next working day.
            day = np.clip(index // 2 - 1, 0, len(self.table.next_close) - 1)
            due = np.where(known, self.table.next_close[day], NEVER)
            allowed = np.where(known, np.maximum(self.used(np.where(known, due, 0)), allowed), allowed)
        else:
            due = np.where(index > self.origin, self.starts(index), self.close)
        red = self.starts(self.position(allowed + self.step))
        result = tuple(marks.astype(np.int32, copy=False) for marks in (due, amber, red))
        for marks in result:
            marks[none] = NEVER
        return result


def compute(stages: Stages, table: Tables, now: int) -> Clocks:
    """Return clocks and lights of all stages at the mark `now`. Some 0.1 µs per stage, in chunks that fit the cache."""
    import numpy as np

    marks = [np.empty(len(stages), dtype=np.int32) for _ in range(6)]
    result = Clocks(*marks, np.empty(len(stages), dtype=np.int8))
    for begin in range(0, len(stages), CHUNK):
        rows = slice(begin, min(begin + CHUNK, len(stages)))
        part = _run(_slice(stages, rows), table, now)
        for name in Clocks.__slots__:
            getattr(result, name)[rows] = getattr(part, name)
    return result


def _slice(stages: Stages, rows: slice) -> Stages:
    """Return a run of stages without copying their columns."""
    first = stages.first[rows.start : rows.stop + 1]
    pauses = slice(first[0], first[-1])
    columns = (stages.accepted, stages.closed, stages.committed, stages.committed_calendar)
    columns += (stages.statutory, stages.statutory_calendar)
    return Stages(
        *(column[rows] for column in columns), first - first[0], stages.pause_start[pauses], stages.pause_end[pauses]
    )


def _run(stages: Stages, table: Tables, now: int) -> Clocks:
    """Return the clocks of one chunk. A stage that was not accepted has its origin at `NEVER`, so all else is too."""
    import numpy as np

    end = np.where(stages.closed < NEVER, stages.closed, np.int32(now))
    tracks = _Tracks(stages, table, 1)
    committed, statutory = tracks.limit(stages.committed), tracks.limit(stages.statutory)
    used = tracks.used(tracks.index(end))
    promised = stages.committed >= 0
    either = np.flatnonzero(stages.committed_calendar | stages.statutory_calendar)
    if len(either):
        some = take(stages, either)
        days = _Tracks(some, table, 2)
        for whole, part, which in (
            (committed, days.limit(some.committed), some.committed_calendar),
            (statutory, days.limit(some.statutory), some.statutory_calendar),
        ):
            for target, values in zip(whole, part, strict=True):
                target[either[which]] = values[which]
        own = np.where(promised[either], some.committed_calendar, some.statutory_calendar)
        used[either[own]] = days.used(days.index(end[either]))[own]
    amber = np.where(promised, committed[1], statutory[1])
    light = _lights(stages, amber, committed[2], statutory[2], now)
    return Clocks(used, committed[0], statutory[0], amber, committed[2], statutory[2], light)


def _lights(stages: Stages, amber, red, statutory_red, now: int):
    """Return the codes of the lights: `lights.light_of` as comparisons; of several that hold the strongest stays."""
    import numpy as np

    place = (amber <= now).astype(np.int8)
    open_pauses = np.flatnonzero(stages.pause_end >= NEVER)
    place[np.searchsorted(stages.first, open_pauses, side="right") - 1] = 2
    conditions = (red <= now, statutory_red <= now, stages.accepted >= NEVER, stages.closed < NEVER)
    for strength, holds in enumerate(conditions, start=3):
        np.maximum(place, holds.view(np.int8) * np.int8(strength), out=place)
    return np.array([CODE[light] for light in _BY_STRENGTH], dtype=np.int8).take(place)


def take(stages: Stages, rows) -> Stages:
    """Return the facts of some stages, in the order of `rows`."""
    import numpy as np

    counts = np.diff(stages.first)[rows]
    first = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    at = np.repeat(stages.first[rows] - first[:-1], counts) + np.arange(first[-1])
    columns = (stages.accepted, stages.closed, stages.committed, stages.committed_calendar)
    columns += (stages.statutory, stages.statutory_calendar)
    return Stages(*(column[rows] for column in columns), first, stages.pause_start[at], stages.pause_end[at])


def forward(activities: Sequence[Activity], durations):
    """Return (early finish, length) of P chains on one network: durations is (P, S), any unit, columns as `activities`.

    The result has the shapes (P, S) and (P,). Errors: `network.topological`.
    """
    import numpy as np

    column = {activity.code: place for place, activity in enumerate(activities)}
    finish = np.zeros(durations.shape[::-1], dtype=durations.dtype)
    for code in topological(activities):
        place = column[code]
        start = finish[place]
        for name in activities[place].prerequisites:
            np.maximum(start, finish[column[name]], out=start)
        start += durations[:, place]
    return finish.T, finish.max(axis=0, initial=0)
