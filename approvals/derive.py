"""From a stage's events to everything that is judged from them. Pure but for `load`, which reads one chain.

The order of derivation, each step a function here or in a pure module:
1. `effective` drops what was superseded;  2. `replay` walks the state machine and collects instants and pauses;
3. `readiness` finds the day on which the prerequisites were met;  4. `clock.measure` counts;  5. `lights` compares.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from approvals import clock as clocks
from approvals import lights, network, plan
from approvals.clock import Limit, Pause, PauseReason, StageFacts, Unit
from approvals.models import Chain, Stage, StageEvent, StageTemplate
from approvals.states import CLOSED, MOVES, PASSED, STAY, State, legal

PAUSE_STARTS = {
    "request_supplement": PauseReason.SUPPLEMENT,
    "start_special_procedure": PauseReason.SPECIAL,
}
PAUSE_ENDS = {
    "receive_supplement": PauseReason.SUPPLEMENT,
    "end_special_procedure": PauseReason.SPECIAL,
}
ACCEPTANCES = frozenset({"accept", "accept_with_deferral", "accept_on_commitment"})


class IllegalSequence(Exception):
    """The events, in the order in which they occurred, are not a legal path. `event` is the first that does not fit."""

    def __init__(self, event):
        super().__init__(f"{event.kind} does not fit")
        self.event = event


@dataclass(frozen=True)
class Replay:
    """What a stage's effective events say, without any calendar."""

    state: int = State.NOT_STARTED
    received_at: dt.datetime | None = None
    accepted_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    pauses: tuple[Pause, ...] = ()
    extension: Decimal = Decimal(0)
    case_no: str = ""
    source_system: str = ""
    document_no: str = ""
    valid_until: dt.date | None = None
    skip_reason: str = ""
    supplements: int = 0
    latest_at: dt.datetime | None = None
    round: int = 0
    """Which application this is: each receipt begins one, with a clock of its own."""
    ended_at: dt.datetime | None = None
    """When the latest round ended, by a decision or by its revocation."""
    again_from: dt.datetime | None = None
    """When the round before this one ended."""


def local_date(moment: dt.datetime | None) -> dt.date | None:
    """Return the date of an aware instant in the city's time zone."""
    return timezone.localtime(moment).date() if moment else None


def effective(events) -> list:
    """Return the events that count, in the order in which they occurred: superseded and striking-out ones are left out.

    `events` are StageEvent rows of one stage; the order of recording breaks ties.
    """
    before = {event.pk: event.supersedes_id for event in events if event.supersedes_id}
    superseded = {event.supersedes_id for event in events if event.supersedes_id}
    live = [e for e in events if e.pk not in superseded and e.kind != StageEvent.Kind.CORRECT]

    def place(event) -> int:
        """A correction takes the place of the first record; an event that is not saved yet is the newest."""
        first = event.supersedes_id or event.pk or 2**63
        while first in before:
            first = before[first]
        return first

    return sorted(live, key=lambda e: (e.occurred_at, place(e)))


def replay(events) -> Replay:
    """Walk the state machine over the effective events of one stage.

    :raises IllegalSequence: at the first event that may not follow the ones before it.
    """
    state = State.NOT_STARTED
    at = dict.fromkeys(("received", "accepted", "closed", "latest", "ended", "again"))
    pauses: list[Pause] = []
    words = {"case_no": "", "source_system": "", "document_no": "", "skip_reason": ""}
    valid_until, extension, supplements, rounds = None, Decimal(0), 0, 0
    for event in effective(events):
        if not legal(event.kind, state, accepted=at["accepted"] is not None):
            raise IllegalSequence(event)
        if event.kind == "receive":
            at.update(received=event.occurred_at, accepted=None, closed=None, again=at["ended"])
            pauses, extension, supplements, valid_until = [], Decimal(0), 0, None
            words.update(case_no="", document_no="")
            rounds += 1
        elif event.kind in ACCEPTANCES:
            at["accepted"] = event.occurred_at
        elif event.kind == "extend":
            extension += Decimal(str(event.data.get("days", 0)))
        elif event.kind == "skip":
            words["skip_reason"] = event.note
        elif event.kind == "reinstate":
            words["skip_reason"] = ""
        if event.kind in PAUSE_STARTS:
            supplements += event.kind == "request_supplement"
            pauses.append(
                Pause(
                    PAUSE_STARTS[event.kind], event.occurred_at, None, event.document_no or event.data.get("name", "")
                )
            )
        elif event.kind in PAUSE_ENDS:
            pauses = _ended(pauses, PAUSE_ENDS[event.kind], event.occurred_at)
        if event.kind in MOVES:
            state = MOVES[event.kind][1]
        if state in CLOSED and event.kind not in STAY:
            at["ended"] = event.occurred_at
        if state in CLOSED and event.kind not in STAY and event.kind != "revoke":
            at["closed"] = event.occurred_at
            pauses = [p if p.end else Pause(p.reason, p.start, event.occurred_at, p.label) for p in pauses]
        for name in ("case_no", "source_system", "document_no"):
            words[name] = getattr(event, name) or words[name]
        valid_until = event.valid_until or valid_until
        at["latest"] = event.occurred_at
    return Replay(
        state=state,
        received_at=at["received"],
        accepted_at=at["accepted"],
        closed_at=at["closed"],
        pauses=tuple(pauses),
        extension=extension,
        valid_until=valid_until,
        supplements=supplements,
        latest_at=at["latest"],
        round=rounds,
        ended_at=at["ended"],
        again_from=at["again"],
        **words,
    )


@dataclass(frozen=True)
class Round:
    """An application that ended before the present one began, and what was known at its end."""

    no: int
    told: Replay


def earlier_rounds(events) -> list[Round]:
    """Return the rounds before the last receipt, oldest first; none while a stage was applied for at most once."""
    live = effective(events)
    starts = [place for place, event in enumerate(live) if event.kind == "receive"]
    return [Round(no, replay(live[:end])) for no, end in enumerate(starts[1:], start=1)]


def later_receipts(events) -> dict[int, int]:
    """Return the number of the round by event id, for the receipts that begin a second round or a later one."""
    receipts = [event.pk for event in effective(events) if event.kind == "receive"]
    return {pk: no for no, pk in enumerate(receipts, start=1) if no > 1}


def _ended(pauses, reason, moment):
    """Close the open pause of `reason` at `moment`."""
    return [Pause(p.reason, p.start, moment, p.label) if p.end is None and p.reason == reason else p for p in pauses]


def limit_of(amount, unit) -> Limit | None:
    """Return a limit, or None where no days are promised."""
    return Limit(amount, Unit(unit)) if amount is not None and unit else None


@dataclass
class StageView:
    """One stage with everything judged from it, as every page, print and export shows it."""

    stage: Stage
    template: StageTemplate
    prerequisites: tuple[str, ...]
    events: list = field(default_factory=list)
    replay: Replay = Replay()
    ready_on: dt.date | None = None
    waiting_for: tuple[str, ...] = ()
    facts: StageFacts | None = None
    clock: clocks.StageClock | None = None
    light: str = lights.Light.NONE
    critical: bool = False
    expected_start_on: dt.date | None = None
    expected_finish_on: dt.date | None = None
    expected_provisional: bool = False

    @property
    def is_running(self) -> bool:
        """Whether its clock has begun and has not ended."""
        return self.replay.accepted_at is not None and self.replay.closed_at is None

    @property
    def is_at_work(self) -> bool:
        """Whether it was handed in and has not ended."""
        return self.replay.received_at is not None and self.replay.closed_at is None

    @property
    def is_skipped(self) -> bool:
        return self.replay.state == State.NOT_APPLICABLE

    @property
    def is_passed(self) -> bool:
        return self.replay.state in PASSED

    @property
    def is_ready(self) -> bool:
        """Whether it could be handed in now: prerequisites met, nothing received yet or the case ended unpassed."""
        return self.ready_on is not None and self.replay.state in (State.RECEIVED, *MOVES["receive"][0])


@dataclass
class ChainView:
    """A chain with all stages in order, and the three figures that are never mixed."""

    chain: Chain
    calendar: object
    now: dt.datetime
    stages: list[StageView]

    @property
    def applicable(self) -> list[StageView]:
        return [view for view in self.stages if not view.is_skipped]

    @property
    def by_code(self) -> dict[str, StageView]:
        return {view.stage.code: view for view in self.stages}

    @property
    def done(self) -> list[StageView]:
        return [view for view in self.applicable if view.is_passed]

    @property
    def current(self) -> list[StageView]:
        """Stages at work (received, not closed), worst light first; if there are none, those that may be handed in."""
        at_work = [v for v in self.applicable if v.is_at_work]
        return sorted(at_work, key=lambda v: lights.severity(v.light)) or [v for v in self.applicable if v.is_ready]

    @property
    def is_finished(self) -> bool:
        return bool(self.applicable) and len(self.done) == len(self.applicable)


def load(chain: Chain, now: dt.datetime, calendar) -> ChainView:
    """Return the view of a chain at `now`. Three queries: stages, prerequisites, events."""
    return load_many([chain], now, calendar)[chain.pk]


def load_many(chains, now: dt.datetime, calendar) -> dict[int, ChainView]:
    """Return the views of chains at `now` by their ids. Three queries, however many they are."""
    by_chain: dict[int, list[Stage]] = {chain.pk: [] for chain in chains}
    rows = Stage.objects.filter(chain__in=by_chain) if len(by_chain) != 1 else chains[0].stages.all()
    for stage in rows.select_related("stage_template__phase", "department").order_by("position", "id"):
        by_chain[stage.chain_id].append(stage)
    needed: dict[int, set[int]] = {}
    links = StageTemplate.prerequisites.through.objects.filter(
        from_stagetemplate__in={s.stage_template_id for stages in by_chain.values() for s in stages}
    )
    for target, source in links.values_list("from_stagetemplate_id", "to_stagetemplate_id"):
        needed.setdefault(target, set()).add(source)
    events: dict[int, list[StageEvent]] = {s.pk: [] for stages in by_chain.values() for s in stages}
    for event in (
        StageEvent.objects.filter(stage__chain__in=by_chain)
        .select_related("by__department")
        .order_by("occurred_at", "id")
    ):
        events[event.stage_id].append(event)
    found = {}
    for chain in chains:
        codes = {s.stage_template_id: s.code for s in by_chain[chain.pk]}
        views = [
            StageView(
                stage=s,
                template=s.stage_template,
                prerequisites=tuple(sorted(codes[n] for n in needed.get(s.stage_template_id, ()) if n in codes)),
                events=events[s.pk],
            )
            for s in by_chain[chain.pk]
        ]
        found[chain.pk] = judge(chain, views, now, calendar)
    return found


def judge(chain, views, now, calendar) -> ChainView:
    """Fill in what is judged: replay, readiness, clock, light, critical path and expected dates. No query."""
    for view in views:
        view.replay = replay(view.events)
    readiness(views, chain.started_on)
    for view in views:
        measure(view, calendar, now)
    result = ChainView(chain, calendar, now, views)
    _expectations(result)
    return result


def measure(view: StageView, calendar, now) -> None:
    """Fill in the facts, the clock and the light of one stage from its replay and its `ready_on`. No query."""
    stage, told = view.stage, view.replay
    view.facts = StageFacts(
        ready_on=view.ready_on,
        accepted_at=local(told.accepted_at),
        closed_at=local(told.closed_at),
        pauses=tuple(Pause(p.reason, local(p.start), local(p.end), p.label) for p in told.pauses),
        extension=told.extension,
        committed=limit_of(stage.committed_amount, stage.committed_unit),
        statutory=limit_of(stage.statutory_amount, stage.statutory_unit),
    )
    view.clock = clocks.measure(view.facts, calendar, local(now))
    view.light = light_of(view, now)


def local(moment: dt.datetime | None) -> dt.datetime | None:
    """Return the instant on the city's wall clock."""
    return timezone.localtime(moment) if moment else None


def light_of(view: StageView, now) -> str:
    """Return the light of one stage: done when passed, none before acceptance or where it does not apply."""
    if view.is_passed:
        return lights.Light.DONE
    if not view.is_running:
        return lights.Light.NONE
    return lights.light_of(view.clock, view.facts, local(now))


def readiness(views, started_on: dt.date) -> None:
    """Set `ready_on`: the day on which the last prerequisite was passed, or the chain's start where there is none.

    A stage that is applied for again is not ready before its earlier round ended: that time is not waiting.
    A stage that does not apply passes on its own readiness, so that the stages behind it are not held up by it.
    """
    by_code = {view.stage.code: view for view in views}
    found: dict[str, dt.date | None] = {}

    def visit(code):
        if code in found:
            return found[code]
        view, days, missing = by_code[code], [started_on], []
        for needed in view.prerequisites:
            before = by_code[needed]
            if before.is_skipped:
                day = visit(needed)
            else:
                visit(needed)
                day = local_date(before.replay.closed_at) if before.is_passed else None
            if day is None:
                missing.append(needed)
            else:
                days.append(day)
        if view.replay.again_from:
            days.append(local_date(view.replay.again_from))
        view.waiting_for = tuple(missing)
        found[code] = view.ready_on = None if missing else max(days)
        return found[code]

    for code in by_code:
        visit(code)


def _expectations(chain_view) -> None:
    """Mark the critical path and the dates that the committed limits lead to from here."""
    views = chain_view.applicable
    if not views:
        return
    activities = activities_of(chain_view)
    for code in network.analyse(activities).critical:
        chain_view.by_code[code].critical = True
    for code, dates in plan.expect(activities, chain_view).items():
        view = chain_view.by_code[code]
        view.expected_start_on, view.expected_finish_on, view.expected_provisional = dates


def activities_of(chain_view) -> list[network.Activity]:
    """Return the applicable stages as an activity network; prerequisites reach through stages that do not apply."""
    by_code = chain_view.by_code

    def through(code, seen=()):
        for needed in by_code[code].prerequisites:
            if by_code[needed].is_skipped:
                yield from through(needed, (*seen, needed))
            else:
                yield needed

    return [
        network.Activity(
            code=v.stage.code,
            duration=v.stage.committed_amount or Decimal(0),
            prerequisites=tuple(dict.fromkeys(through(v.stage.code))),
            lag_days=v.template.lag_days,
            unit=Unit(v.stage.committed_unit or Unit.WORKING_DAY),
        )
        for v in chain_view.applicable
    ]


def stale_at(latest: dt.datetime | None) -> dt.datetime | None:
    """Return the instant from which a project without news counts as stale (STALE_AFTER_DAYS calendar days)."""
    return latest + dt.timedelta(days=settings.STALE_AFTER_DAYS) if latest else None
