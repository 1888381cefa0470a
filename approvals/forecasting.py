"""The forecast of real projects: what is left of them and what the city's stages teach, read from the database.

Design overview
- Nothing that lies after `now` is looked at: what was accepted, decided or resumed later had not happened. So a
  forecast as of a past day (the back-test) reads the same code and cannot look into its future; what it cannot know
  is when a record was entered, it goes by the day on which a thing happened.
- A stage that ended without a pass stands before a new application: it waits since that day.
- `learned` is kept for some seconds (`approvals.kept`): figures of thousands of cases do not change with one more.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Mod

from approvals import kept
from approvals.durations import Kind, Learned, Seen, learn
from approvals.forecast import CONSTRUCTION, NOTHING, Course, Outlook, State, Step, forecast
from approvals.forecast_draws import Part, Spread
from approvals.forecast_rows import Row, read, read_left
from approvals.models import CaseType, Chain, ChainTemplate, Stage, StageEvent, StageTemplate
from approvals.states import PASSED
from approvals.states import State as Code
from approvals.track import Pause, PauseReason, Track, Unit, Working, local
from calendars import store
from calendars.workdays import WorkCalendar
from factors.models import BlockEpisode

CASES = 60_000
"""Stages learned from at the most; of a larger city every n-th chain is read."""

BEGUN = "开工"
PERMIT = "施工许可"
"""How stages are called whose finish is the start of construction: the milestone, else the permit that allows it."""

_REASON = {
    StageEvent.Kind.REQUEST_SUPPLEMENT: (PauseReason.SUPPLEMENT, True),
    StageEvent.Kind.RECEIVE_SUPPLEMENT: (PauseReason.SUPPLEMENT, False),
    StageEvent.Kind.START_SPECIAL_PROCEDURE: (PauseReason.SPECIAL, True),
    StageEvent.Kind.END_SPECIAL_PROCEDURE: (PauseReason.SPECIAL, False),
}
_PART = {PauseReason.SUPPLEMENT: Part.APPLICANT, PauseReason.SPECIAL: Part.SPECIAL}
_DECIDED = frozenset({*PASSED, Code.FAILED, Code.REVOKED})
"""States whose `closed_at` is a decision: the desk had finished."""


@dataclass(frozen=True, slots=True)
class Warning:
    """A running stage that has lasted longer than 80 % of its finished peers, before its legal limit is over.

    Half-days of the desk's own time; `peers` is how many finished ones it is compared with.
    """

    stage_id: int
    code: str
    name: str
    elapsed: float
    warn_after: float
    peers: int


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is left of a project, the ids of its stages by code, and its running stages that are slower than most."""

    course: Course
    stage_ids: dict[str, int]
    warnings: tuple[Warning, ...] = ()


class Times:
    """What had happened to one stage by `now`, in working half-days of the calendar.

    `wait` is from the day it was ready to its acceptance (or to now); `again` since it ended without a pass, else None.
    """

    __slots__ = ("accepted", "again", "closed", "desk", "parts", "passed", "ready", "stopped", "stopped_for", "wait")

    def __init__(self, row: Row, events: list, now: datetime, calendar: WorkCalendar, present: int):
        accepted = row.accepted_at if row.accepted_at and row.accepted_at <= now else None
        closed = row.closed_at if row.closed_at and row.closed_at <= now else None
        self.accepted, self.closed = accepted is not None, closed is not None
        self.passed = self.closed and row.state in PASSED
        today = local(now).date()
        self.ready = row.ready_on is not None and row.ready_on <= today
        self.desk, self.parts = 0, {Part.APPLICANT: 0, Part.SPECIAL: 0}
        self.stopped, self.stopped_for, self.wait, self.again = "", 0, 0, None
        if accepted:
            begun = 2 * calendar.count_through(local(accepted).date())
            end = calendar.begun(local(closed)) if closed else present
            if self.ready:
                self.wait = max(begun - 2 * calendar.count_through(row.ready_on), 0)
            self._run(events, accepted, closed, begun, end, now, calendar)
        elif self.ready:
            self.wait = max(present - 2 * calendar.count_through(row.ready_on), 0)
        if self.closed and not self.passed:
            self.ready, self.again = True, max(present - 2 * calendar.count_through(local(closed).date()), 0)

    def _run(self, events, accepted, closed, begun: int, end: int, now, calendar) -> None:
        """Fill in the desk's time and that of the stops after acceptance."""
        self.desk = max(end - begun, 0)
        pauses = _pauses(events, accepted, now)
        if not pauses:
            return
        track = Track(Working(calendar), local(accepted), pauses, local(closed) if closed else None)
        self.desk = track.used(end)
        for pause, (start, stop, _overlap) in zip(pauses, track.counted, strict=True):
            lasted = max(min(stop, end) - start, 0)
            self.parts[_PART[pause.reason]] += lasted
            if not closed and pause.end is None:
                self.stopped, self.stopped_for = str(_PART[pause.reason]), lasted


def _pauses(events, accepted: datetime, now: datetime) -> list[Pause]:
    """Return the stops after acceptance that had begun by `now`, in order; one that ended later is open."""
    found: list[Pause] = []
    for kind, at in events:
        if not accepted <= at <= now:
            continue
        reason, begins = _REASON[kind]
        if begins:
            found.append(Pause(reason, local(at)))
        else:
            found = [
                Pause(reason, pause.start, local(at)) if pause.end is None and pause.reason == reason else pause
                for pause in found
            ]
    return found


def kind_of(row: Row) -> Kind:
    """Return what makes a stage comparable with others."""
    limit = _halves(row.committed, row.committed_unit)
    if limit is None:
        limit = _halves(row.statutory, row.statutory_unit)
    return Kind(
        name=row.name,
        department=row.department_name or str(row.department or ""),
        case_type=row.case_type,
        limit=limit,
        lag=float(row.lag or 0) * 2,
        special=bool(row.special),
        factor=(row.gates or [""])[0].partition(":")[0],
        family=row.template_kind if row.template_kind == ChainTemplate.Kind.IMPORT else "",
    )


def _kind(row: Row, kinds: dict[tuple, Kind]) -> Kind:
    """Return the kind of a row, the same object for rows that look alike."""
    key = (row.stage_template, row.name, row.department, row.committed, row.statutory)
    found = kinds.get(key)
    if found is None:
        found = kinds[key] = kind_of(row)
    return found


def _halves(amount, unit: str) -> float | None:
    """Return a limit in working half-days; calendar days at five to seven."""
    if amount is None or not unit:
        return None
    return float(amount) * 2 * (5 / 7 if unit == Unit.CALENDAR_DAY else 1)


# -- learning ----------------------------------------------------------------------------------------------------------
def learned(now: datetime, calendar: WorkCalendar | None = None) -> Learned:
    """Return what the whole city's stages teach at `now`. One or two queries when it is kept, else five."""

    def make():
        return learn(observations(now, calendar or store.current())), True

    return kept.read("forecast:learned", kept.version((), now), now, make, large=True)[0]


def observations(now: datetime, calendar: WorkCalendar, stages: QuerySet | None = None) -> list[Seen]:
    """Return every part of every stage that had begun by `now`. Five queries; some 10 µs a stage.

    `stages` limits it to some; by default all, of a city with more than `CASES` every n-th chain.
    """
    if stages is None:
        stages, each = Stage.objects.all(), -(-19 * Chain.objects.count() // CASES)
        if each > 1:
            stages = stages.annotate(part=Mod(F("chain_id"), each)).filter(part=0)
    begun = stages.filter(ready_on__lte=local(now).date()).exclude(state=Code.NOT_APPLICABLE)
    begun |= stages.filter(accepted_at__lte=now).exclude(state=Code.NOT_APPLICABLE)
    events = stops(StageEvent.objects.filter(stage__in=begun.values("pk")))
    found, present = [], calendar.begun(local(now))
    kinds: dict[tuple, Kind] = {}
    for row in read(begun):
        times = Times(row, events.get(row.pk, ()), now, calendar, present)
        found += _seen(row, _kind(row, kinds), times)
    return found + _blocks(now, calendar, present)


def _seen(row: Row, kind: Kind, times: Times) -> list[Seen]:
    """Return the cases that one stage is."""
    found = []
    if times.ready:
        found.append(Seen(Part.WAIT, kind, times.wait, not times.accepted))
    if not times.accepted or kind.case_type == CaseType.MILESTONE and kind.limit is None:
        return found
    over = times.closed and row.state in _DECIDED
    found.append(Seen(Part.DESK, kind, times.desk, not over))
    for part, halves in times.parts.items():
        if over or halves:
            found.append(Seen(part, kind, halves, not over))
    return found


def stops(events) -> dict[int, list]:
    """Return the stops of stages by stage: (kind, instant) in order, without what was corrected. One query."""
    found = defaultdict(list)
    rows = events.filter(kind__in=_REASON, superseded_by__isnull=True).order_by("occurred_at", "id")
    for stage, kind, at in rows.values_list("stage_id", "kind", "occurred_at"):
        found[stage].append((kind, at))
    return found


def _blocks(now: datetime, calendar: WorkCalendar, present: int) -> list[Seen]:
    """Return how long demands were blocked, or are. One query."""
    rows = BlockEpisode.objects.filter(opened_at__lte=now, demand__closed_on__isnull=True)
    found = []
    for factor, opened, closed in rows.values_list("demand__book__kind__gate", "opened_at", "closed_at"):
        over = closed is not None and closed <= now
        lasted = (calendar.begun(local(closed)) if over else present) - calendar.begun(local(opened))
        found.append(Seen(Part.QUOTA, Kind("", factor=factor), max(lasted, 1 if over else 0), not over))
    return found


# -- projects ----------------------------------------------------------------------------------------------------------
def gather(
    projects: QuerySet | Iterable[int],
    now: datetime,
    calendar: WorkCalendar,
    learned: Learned,
    stages: QuerySet | None = None,
) -> dict[int, Gathered]:
    """Return what is left of the projects that have a chain, by their ids. Five queries, however many they are.

    `stages` leaves out all others, as if the projects had none but these.
    """
    stages = (Stage.objects.all() if stages is None else stages).filter(chain__project__in=projects)
    events = stops(
        StageEvent.objects.filter(stage__chain__project__in=projects, stage__accepted_at__isnull=False).filter(
            Q(stage__closed_at__isnull=True) | Q(stage__closed_at__gt=now)
        )
    )
    blocked = _blocked(projects, now, calendar)
    gathering = _Gathering(now, calendar, learned, _prerequisites(), events)
    # Chain by chain: two hundred thousand rows kept at once would keep the garbage collector busy.
    chains = groupby(read_left(stages.order_by("chain_id", "position", "id"), now), attrgetter("project"))
    return {project: gathering.of(project, list(rows), blocked.get(project, {})) for project, rows in chains}


def _prerequisites() -> dict[int, list[int]]:
    """Return the stage templates that each needs. One query."""
    found = defaultdict(list)
    for stage, before in StageTemplate.prerequisites.through.objects.order_by("id").values_list(
        "from_stagetemplate_id", "to_stagetemplate_id"
    ):
        found[stage].append(before)
    return found


def _blocked(projects, now: datetime, calendar: WorkCalendar) -> dict[int, dict[str, int]]:
    """Return for how many half-days each project has waited for quota, by gate. One query."""
    rows = BlockEpisode.objects.filter(demand__project__in=projects, opened_at__lte=now).filter(
        Q(closed_at__isnull=True) | Q(closed_at__gt=now), demand__closed_on__isnull=True
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    present = calendar.begun(local(now))
    for project, gate, own, opened in rows.values_list(
        "demand__project_id", "demand__book__kind__gate", "demand__gate", "opened_at"
    ):
        word = (own or gate).partition(":")[0]
        found[project][word] = max(found[project].get(word, 0), present - calendar.begun(local(opened)))
    return found


class _Gathering:
    """What is common to the projects gathered together. Steps that look alike are one object: their draws are found."""

    def __init__(self, now: datetime, calendar: WorkCalendar, learned: Learned, needed: dict, events: dict):
        self.now, self.calendar, self.learned, self.needed, self.events = now, calendar, learned, needed, events
        self.present = calendar.begun(local(now))
        self.kinds: dict[tuple, Kind] = {}
        self.steps: dict[tuple, Step] = {}
        self.before: dict[tuple, dict[str, tuple[str, ...]]] = {}

    def of(self, project: int, rows: list[Row], blocked: dict[str, int]) -> Gathered:
        """Return the course of one project."""
        skipped = frozenset(row.code for row in rows if row.state == Code.NOT_APPLICABLE)
        before = self._before(rows, skipped)
        steps, warnings = [], []
        for lane, row in enumerate(rows):
            if row.code in skipped:
                continue
            if row.state in PASSED and row.closed_at and row.closed_at <= self.now:
                steps.append(self._done(row, before[row.code], lane))
                continue
            times = Times(row, self.events.get(row.pk, ()), self.now, self.calendar, self.present)
            kind = _kind(row, self.kinds)
            step = self._step(row, times, kind, before[row.code], lane, blocked)
            steps.append(step)
            if step.state == State.RUNNING and not (row.statutory_red_from and row.statutory_red_from <= self.now):
                threshold = self.learned.warn_after(kind)
                if threshold and times.desk > threshold[0]:
                    warnings.append(Warning(row.pk, row.code, row.name, times.desk, *threshold))
        begins = max(2 * self.calendar.count_through(rows[0].started_on) - self.present, 0)
        milestone = construction(rows)
        course = Course(project, tuple(steps), {CONSTRUCTION: milestone} if milestone else {}, float(begins))
        return Gathered(course, {row.code: row.pk for row in rows}, tuple(warnings))

    def _before(self, rows: list[Row], skipped: frozenset[str]) -> dict[str, tuple[str, ...]]:
        """Return the prerequisites by code; behind a stage that does not apply stand that one's own."""
        key = (tuple([row.stage_template for row in rows]), skipped)
        found = self.before.get(key)
        if found is None:
            code_of = {row.stage_template: row.code for row in rows}
            direct = {r.code: [code_of[n] for n in self.needed.get(r.stage_template, ()) if n in code_of] for r in rows}
            found = self.before[key] = {row.code: tuple(_through(row.code, direct, skipped)) for row in rows}
        return found

    def _done(self, row: Row, before, lane: int) -> Step:
        key = (row.stage_template, before, lane)
        found = self.steps.get(key)
        if found is None:
            found = self.steps[key] = Step(row.code, row.name, before, state=State.DONE, lane=lane)
        return found

    def _step(self, row: Row, times: Times, kind: Kind, before, lane: int, blocked: dict[str, int]) -> Step:
        """Return one stage as a step of the course."""
        state, elapsed, quota, waits = State.PENDING, 0, NOTHING, None
        if times.accepted and not times.closed:
            state, elapsed = State.RUNNING, times.desk
        elif times.ready:
            state, elapsed = State.READY, times.wait if times.again is None else times.again
        gates = (
            state != State.DONE and blocked and {gate.partition(":")[0] for gate in row.gates or ()} & blocked.keys()
        )
        if gates:
            gate = max(gates, key=lambda name: blocked[name])
            quota, waits = self.learned.spread(Part.QUOTA, Kind("", factor=gate)), float(blocked[gate])
        stopped = (times.stopped, times.stopped_for) if state == State.RUNNING else ("", 0)
        key = (id(kind), row.code, before, lane, str(state), elapsed, stopped, waits, id(quota))
        found = self.steps.get(key)
        if found is None:
            found = self.steps[key] = Step(
                row.code,
                row.name,
                before,
                state=state,
                elapsed=float(elapsed),
                quota=quota,
                stopped=stopped[0],
                stopped_for=float(stopped[1]),
                blocked_for=waits,
                lane=lane,
                group=kind.department,
                **self._spreads(kind),
            )
        return found

    def _spreads(self, kind: Kind) -> dict[str, Spread]:
        parts = (Part.DESK, Part.APPLICANT, Part.WAIT, Part.SPECIAL)
        return {str(part): self.learned.spread(part, kind) for part in parts}


def _through(code: str, before: dict[str, list[str]], skipped: frozenset[str]) -> Iterable[str]:
    """Return the prerequisites of a stage; behind one that does not apply stand that one's own."""
    found: dict[str, None] = {}
    for name in before[code]:
        found |= dict.fromkeys(_through(name, before, skipped) if name in skipped else (name,))
    return found


def construction(stages: Iterable) -> str:
    """Return the code of the stage whose finish starts construction, "" where there is none.

    Of rows with `code`, `name` and `case_type`, in order: the milestone 开工, else the last 施工许可.
    """
    stages = list(stages)
    for stage in stages:
        if stage.case_type == CaseType.MILESTONE and BEGUN in stage.name:
            return stage.code
    return next((stage.code for stage in reversed(stages) if PERMIT in stage.name), "")


def outlooks(
    projects: QuerySet | Iterable[int],
    now: datetime,
    *,
    calendar: WorkCalendar | None = None,
    detail: bool = False,
    coupling: float = 0.0,
) -> dict[int, tuple[Gathered, Outlook]]:
    """Return what is left of the projects and its forecast, by their ids. Seven queries, twelve with nothing kept."""
    calendar = calendar or store.current()
    found = gather(projects, now, calendar, learned(now, calendar))
    told = forecast((one.course for one in found.values()), detail=detail, coupling=coupling)
    return {project: (one, told[project]) for project, one in found.items()}
