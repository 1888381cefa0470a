"""What a timeline shows, as frozen facts, and where it stands: segments of bars, lanes, rows, folds. Pure.

Rules of the drawing (`approvals.timeline.draw`): plan above, actual below; a bar begins at the CLOSE of the acceptance
day (day 0) and ends at the close of the half-day of the decision; pauses keep the outline and replace the fill; days
past the committed limit are solid; limits are ticks that move with every pause; a year without a holiday notice is
dashed and says so.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from approvals import timeline_scale as scales
from approvals.timeline_scale import Fold, close, half_end, opening

LEFT_WIDTH = 336  # px of the frozen column
RIGHT_MARGIN = 14
AXIS_HEIGHT = 46
LABEL_ROOM = 84.0  # px right of the last bar for its label
DONE, RUNNING, WAITING, IDLE, SKIPPED, FAILED = "done", "running", "waiting", "idle", "skipped", "failed"
SUPPLEMENT, SPECIAL = "supplement", "special"


@dataclass(frozen=True)
class TimelinePause:
    """A stop: after ``start`` through ``end`` (local instants; None = still open), named by its document."""

    kind: str
    start: datetime
    end: datetime | None = None
    label: str = ""


@dataclass(frozen=True)
class Due:
    """The end of a limit: the noon or the close of ``day``; provisional when it leans on a year without a notice."""

    day: date
    half: str = "close"
    provisional: bool = False

    @property
    def position(self) -> int:
        """In half-days, as `timeline_scale` counts them."""
        return close(self.day) - (1 if self.half == "noon" else 0)


@dataclass(frozen=True)
class TimelineStage:
    """One stage as facts and judgements. Days are working days; instants are naive or aware *local* times.

    ``plan`` and ``expected`` are (first day of work, last day), both inclusive.
    """

    code: str
    no: str
    name: str
    phase: str
    department: str = ""
    prerequisites: tuple[str, ...] = ()
    status: str = IDLE
    light: str = "idle"
    word: str = ""
    plan: tuple[date, date] | None = None
    ready_on: date | None = None
    accepted_at: datetime | None = None
    closed_at: datetime | None = None
    pauses: tuple[TimelinePause, ...] = ()
    net: Decimal = Decimal(0)
    limit: Decimal | None = None
    limit_unit: str = ""
    over: Decimal = Decimal(0)
    remaining: Decimal | None = None
    waiting_days: int = 0
    supplement_days: Decimal = Decimal(0)
    special_days: Decimal = Decimal(0)
    nonworking_days: int = 0
    gross_days: int = 0
    committed_due: Due | None = None
    statutory_due: Due | None = None
    expected: tuple[date, date] | None = None
    expected_provisional: bool = False
    critical: bool = False
    blocked: bool = False
    held_by: str = ""  # code of the prerequisite that really holds this stage up
    reason: str = ""  # in words: why blocked, why skipped
    url: str = ""

    @property
    def ratio(self) -> str:
        """``7.0/10``: net used over the committed limit; only the used days where nothing is promised."""
        return f"{self.net:.1f}/{plain(self.limit)}" if self.limit is not None else f"{self.net:.1f}"


@dataclass(frozen=True)
class TimelinePhase:
    """A lane. ``net`` is the union of its stages less the union of their pauses, in working days, or None."""

    code: str
    name: str
    net: Decimal | None = None
    builds: bool = False  # its stages come after the construction: an idle run before them is 施工期


@dataclass(frozen=True)
class TimelineInput:
    """A chain at ``now`` (local). ``calendar`` answers is_workday, is_provisional, name and count_through."""

    stages: tuple[TimelineStage, ...]
    phases: tuple[TimelinePhase, ...]
    now: datetime
    calendar: object
    critical_path: tuple[str, ...] = ()
    key: str = "tl"  # makes the ids of patterns unique on a page
    title: str = ""
    selected: str = ""  # code of the stage whose row is tinted

    @property
    def today(self) -> date:
        return self.now.date()


@dataclass(frozen=True)
class TimelineOptions:
    """How to draw: visible width of the time area in px, zoom all|quarter|month, folds, all prerequisites, paper."""

    width: float = 1042.0
    zoom: str = "all"
    fold: bool = True
    all_prerequisites: bool = False
    workdays_only: bool = False
    bw: bool = False
    fit: bool = False  # never wider than `width`: paper does not scroll
    left: bool = False  # draw the frozen column into the SVG (paper)
    row_height: int = 32
    lane_height: int = 24
    skip: int = 0  # rows left out at the top: the second sheet of a long chain
    take: int | None = None


@dataclass(frozen=True)
class Segment:
    """A stretch of one bar, in half-days. kind: wait, department, rest, over, supplement or special."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Lane:
    """The head of a phase: ``y`` from the top of the drawing."""

    phase: TimelinePhase
    y: float
    height: float
    done: int = 0
    total: int = 0
    span: tuple[int, int] | None = None


@dataclass(frozen=True)
class Row:
    """One stage with its segments and its place."""

    stage: TimelineStage
    y: float
    height: float
    segments: tuple[Segment, ...] = ()
    numbers: tuple[str, ...] = ()  # displayed numbers of the prerequisites

    @property
    def bar(self) -> tuple[int, int] | None:
        """Start and end of what the department held, pauses included, or None before acceptance."""
        parts = [s for s in self.segments if s.kind != "wait"]
        return (parts[0].start, parts[-1].end) if parts else None


def stage_no(code: str) -> str:
    """The number in the badge: ``7`` is shown as 07, other codes as they are."""
    return code.zfill(2) if code.isdigit() else code


def plain(amount: Decimal) -> str:
    """A limit without needless decimals: ``10``, ``49.5``."""
    return f"{amount:.1f}".removesuffix(".0")


def short_date(day: date, today: date) -> str:
    """``MM-DD`` as everywhere within the drawing; the axis says the year."""
    return f"{day:%m-%d}"


def working_days(calendar, start: int, end: int) -> Decimal:
    """Working days between two positions (half-days), one decimal. Two look-ups."""

    def count(position: int) -> int:
        day, half = date.fromordinal(position // 2), position % 2
        before = 2 * calendar.count_through(day - timedelta(days=1))
        return before + (1 if half and calendar.is_workday(day) else 0)

    return Decimal(count(end) - count(start)) / 2


def merged_pauses(pauses, start: int, end: int) -> list[Segment]:
    """Pauses as disjoint segments within [start, end]; an overlap counts to the one that began first."""
    result, reached = [], start
    for pause in sorted(pauses, key=lambda p: half_end(p.start)):
        a = max(half_end(pause.start), reached)
        b = min(half_end(pause.end) if pause.end else end, end)
        if b > a:
            result.append(Segment(pause.kind, a, b))
            reached = b
    return result


def segments(stage: TimelineStage, calendar, now: datetime) -> tuple[Segment, ...]:
    """The bar of ``stage`` in order of time, without a gap from readiness to the decision (or to ``now``).

    Waiting includes the acceptance day. Rest days between working days of the department are `rest`; those inside a
    pause belong to it. Department days past the committed due are `over`.
    """
    here = half_end(now)
    began = close(stage.accepted_at.date()) if stage.accepted_at else None
    ended = half_end(stage.closed_at) if stage.closed_at else max(here, began or here)
    parts = []
    if stage.ready_on and stage.status not in (SKIPPED, FAILED):
        start = close(stage.ready_on)
        stop = began if began is not None else min(here, ended)
        if stop > start:
            parts.append(Segment("wait", start, stop))
    if began is None:
        return tuple(parts)
    due = stage.committed_due.position if stage.committed_due else None
    at, ended = began, max(ended, began)
    for pause in merged_pauses(stage.pauses, began, ended):
        parts += _department(at, pause.start, calendar, due)
        parts.append(pause)
        at = pause.end
    return tuple(parts + _department(at, ended, calendar, due))


def _department(start: int, end: int, calendar, due: int | None) -> list[Segment]:
    """Department time between two positions: runs of working, rest and over-limit days."""
    parts: list[Segment] = []
    at = start
    while at < end:
        day = date.fromordinal(at // 2)
        stop = min(opening(day) + 2, end)
        if due is not None and at < due < stop:
            stop = due
        kind = "department" if calendar.is_workday(day) else "rest"
        kind = "over" if due is not None and at >= due else kind
        if parts and parts[-1].kind == kind:
            parts[-1] = Segment(kind, parts[-1].start, stop)
        else:
            parts.append(Segment(kind, at, stop))
        at = stop
    return parts


def busy_spans(stages, today: date) -> list[tuple[date, date]]:
    """Spans (inclusive) in which something is open, planned or forecast: a fold may hide none of them."""
    spans = []
    for stage in stages:
        for start, end in filter(None, (stage.plan, stage.expected)):
            spans.append((start, max(start, end)))
        if stage.accepted_at:
            end = stage.closed_at.date() if stage.closed_at else today
            spans.append((stage.accepted_at.date(), max(end, stage.accepted_at.date())))
    return spans


def axis_span(stages, today: date) -> tuple[date, date]:
    """First and last day of the axis (inclusive): every fact, plan and forecast, today, and a margin."""
    days = [today]
    for stage in stages:
        days += [d for pair in (stage.plan, stage.expected) if pair for d in pair]
        days += [m.date() for m in (stage.accepted_at, stage.closed_at) if m]
        days += [stage.ready_on] if stage.ready_on and stage.status in (DONE, RUNNING, WAITING) else []
        days += [stage.committed_due.day] if stage.committed_due else []
    margin = timedelta(days=scales.EDGE_DAYS)
    return min(days) - margin, max(days) + margin


def with_label_room(first: date, last: date, folds, options: TimelineOptions) -> date:
    """The last day of the axis, later where the label of the last bar would otherwise have to stand left of it."""
    folded = sum(fold.days for fold in folds)
    room = options.width - scales.FOLD_WIDTH * len(folds) - LABEL_ROOM
    fit = room / max(1, (last - first).days + 1 - folded - scales.EDGE_DAYS)
    days = LABEL_ROOM / scales.pitch_for(
        options.zoom, max(fit, 0.1), options.width, 0.1 if options.fit else scales.PITCH_MIN
    )
    return last + timedelta(days=max(0, int(days) + 1 - scales.EDGE_DAYS))


def named_folds(data: TimelineInput, first: date, last: date) -> list[Fold]:
    """Folds with what the idle time is: construction when only stages that follow it come after, else no stage open."""
    builds = {phase.code for phase in data.phases if phase.builds}
    result = []
    for fold in scales.find_folds(first, last, busy_spans(data.stages, data.today), data.today):
        later = [s for s in data.stages if s.expected and s.expected[1] > fold.last and s.phase in builds]
        ahead = [s for s in data.stages if s.expected and s.expected[0] > fold.last]
        building = bool(later) and fold.first > data.today and bool(ahead)
        result.append(Fold(fold.first, fold.last, _("Construction") if building else _("No stage open")))
    return result


def lay_out(data: TimelineInput, options: TimelineOptions) -> tuple[list[Lane], list[Row], float]:
    """Places of lanes and rows under the axis, and the height of the whole drawing."""
    lanes, rows, y = [], [], float(AXIS_HEIGHT)
    numbers = {stage.code: stage.no for stage in data.stages}
    listed = {phase.code for phase in data.phases}
    strays = tuple(s for s in data.stages if s.phase not in listed)
    phases = (*data.phases, *((TimelinePhase("", _("Other stages")),) if strays else ()))
    index = 0
    for phase in phases:
        members = [s for s in data.stages if s.phase == phase.code] if phase.code else list(strays)
        end = options.skip + options.take if options.take is not None else None
        shown = members[max(0, options.skip - index) : None if end is None else max(0, end - index)]
        index += len(members)
        if not shown:
            continue
        made = [(s, segments(s, data.calendar, data.now)) for s in members]
        spans = [(p[0].start, p[-1].end) for _s, p in ((s, [q for q in p if q.kind != "wait"]) for s, p in made) if p]
        counted = [s for s in members if s.status != SKIPPED]
        done = sum(s.status == DONE for s in counted)
        span = (min(a for a, _b in spans), max(b for _a, b in spans)) if spans else None
        lanes.append(Lane(phase, y, options.lane_height, done, len(counted), span))
        y += options.lane_height
        for stage, parts in made:
            if stage not in shown:
                continue
            before = tuple(numbers.get(code, code) for code in stage.prerequisites)
            rows.append(Row(stage, y, options.row_height, parts, before))
            y += options.row_height
    return lanes, rows, y
