"""Records of what happened elsewhere, many at once: events on running chains, and whole chains with their history.

The same rules as `approvals.actions`, in fewer queries: the right is checked for every stage, every stage's events are
replayed through the state machine before anything is written (an illegal path refuses everything), and the snapshot is
written in the same transaction. Prerequisites are not asked for, and gates of quota refuse nothing: what happened,
happened (`gating.follow_many` keeps what they would have refused).
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from approvals import consequences, derive, gating, snapshot
from approvals.keeping import refresh
from approvals.models import Chain, ChainTemplate, Stage, StageEvent, StageTemplate
from approvals.refusals import Forbidden, Refused
from approvals.rights import handles
from approvals.states import MOVES
from calendars import store
from factors import ledger
from people import audit
from people.access import allows, manageable_by
from projects.models import Project

IMPORTED = "imported"
"""The key in an event's data that says: it came from a file."""


@dataclass(frozen=True)
class Entry:
    """One event to record. `supersedes` makes it a correction of that event, which then needs a `reason`."""

    stage: Stage
    action: str
    occurred_at: dt.datetime
    supersedes: StageEvent | None = None
    reason: str = ""
    facts: dict = field(default_factory=dict)
    """document_no, case_no, valid_until, note, source_system, data."""

    def event(self, by, now, imported: bool = False) -> StageEvent:
        """Return the event row, unsaved; its states are set when the path is replayed. `imported`: it comes from a
        file, so that the instant of its record says nothing (`approvals.recording`).
        """
        facts = self.facts | {"data": self.facts.get("data", {}) | {IMPORTED: True}} if imported else self.facts
        return StageEvent(
            stage=self.stage,
            kind=self.action,
            by=by,
            occurred_at=self.occurred_at,
            recorded_at=now,
            supersedes=self.supersedes,
            reason=self.reason,
            **facts,
        )


@transaction.atomic
@ledger.audited_last()
def record_many(*, by, entries: list[Entry], now) -> list[StageEvent]:
    """Record events on running chains and derive each chain once. Four queries, one per 500 events, ten per chain.

    :raises Forbidden: `by` may not act on one of the stages.  :raises Refused: a path that the states do not allow, or
        a day in the future. Nothing is written then.
    """
    chain_ids = {entry.stage.chain_id for entry in entries}
    chains = {c.pk: c for c in Chain.objects.select_for_update().filter(pk__in=chain_ids).select_related("project")}
    wanted = {entry.stage.pk for entry in entries}
    stages = {
        s.pk: s
        for s in Stage.objects.filter(pk__in=wanted).select_related("chain__project", "stage_template", "department")
    }
    _check_rights(by, stages.values())
    events = defaultdict(list)
    for event in StageEvent.objects.filter(stage__in=wanted).order_by("occurred_at", "id"):
        events[event.stage_id].append(event)
    made = []
    for entry in entries:
        if derive.local_date(entry.occurred_at) > derive.local_date(now):
            raise Refused(_("The date lies in the future."), "occurred_on")
        stage = stages[entry.stage.pk]
        event = entry.event(by, now, imported=True)
        event.stage = stage
        events[stage.pk].append(event)
        made.append(event)
    turned = gating.follow_many(by=by, events=made, now=now)
    _append(stages, events, made)
    for chain in chains.values():
        refresh(chain, now, turned)
        turned = ()  # written with the first
    return made


def _append(stages: dict[int, Stage], events: dict[int, list[StageEvent]], made: list[StageEvent]) -> None:
    """Replay `events` (old and new, by stage), then write the new ones, `made`, with the states and what they bring.

    :raises Refused: a path that the states do not allow; nothing is written then.
    """
    for pk, stage in stages.items():
        told = _replayed(events[pk])
        if stage.state != told.state:
            stage.move_replayed(int(told.state))
    StageEvent.objects.bulk_create(made, batch_size=500)
    Stage.objects.bulk_update(stages.values(), ["state"], batch_size=500)
    for event in made:
        consequences.apply(event.stage, event)


@dataclass(frozen=True)
class Happening:
    """One event of an invented history: stage code, action, who recorded it and when (`recorded_at`, None: at once)."""

    code: str
    action: str
    occurred_at: dt.datetime
    by: object
    recorded_at: dt.datetime | None = None
    facts: dict = field(default_factory=dict)


@transaction.atomic
def load_history(chain: Chain, happenings: list[Happening], now) -> derive.ChainView:
    """Write the events of a new chain of the sample city or a generated portfolio, recorded by many people.

    No rights are asked for: it is called by commands only. A handful of queries, whatever the number of events.

    :raises Refused: a path that the states do not allow; nothing is written then.
    """
    stages = {stage.pk: stage for stage in chain.stages.all()}
    by_code = {stage.code: stage for stage in stages.values()}
    events, made = defaultdict(list), []
    for happening in sorted(happenings, key=lambda h: h.occurred_at):
        stage = by_code[happening.code]
        entry = Entry(stage, happening.action, happening.occurred_at, facts=happening.facts)
        event = entry.event(happening.by, happening.recorded_at or happening.occurred_at)
        events[stage.pk].append(event)
        made.append(event)
    for event in StageEvent.objects.filter(stage__in=stages):  # what starting the chain recorded: stages left out
        events[event.stage_id].append(event)
    _append(stages, events, made)
    return refresh(chain, now)


def _check_rights(by, stages) -> None:
    """One query for all stages that are not of the actor's own department."""
    others = {stage.chain.project_id for stage in stages if not handles(by, stage)}
    if not others:
        return
    if not allows(by, "stage.advance"):
        raise Forbidden
    if manageable_by(Project.objects.filter(pk__in=others), by).distinct().count() != len(others):
        raise Forbidden


def _replayed(events) -> derive.Replay:
    """Replay a stage's events, new ones among them, and give the new ones the states they lead from and to."""
    live = derive.effective(events)
    try:
        told = derive.replay(live)
    except derive.IllegalSequence as error:
        raise Refused(
            _("“%(what)s” of %(date)s is not possible in this order.")
            % {"what": error.event.get_kind_display(), "date": f"{derive.local(error.event.occurred_at):%Y-%m-%d}"}
        ) from error
    state = 0
    for event in live:
        before = state
        state = MOVES[event.kind][1] if event.kind in MOVES else state
        if event.pk is None:
            event.from_state, event.to_state = int(before), int(state)
    return told


@dataclass
class StageDraft:
    """A stage of a chain to be loaded, with its events. `committed` is (amount, unit); None: as the template says."""

    template: StageTemplate
    events: list[tuple[str, dt.datetime, dict]] = field(default_factory=list)
    committed: tuple[Decimal, str] | None = None
    planned_start_on: dt.date | None = None
    planned_finish_on: dt.date | None = None


@dataclass
class ChainDraft:
    """A chain with its history, for a project that has none yet."""

    project: Project
    started_on: dt.date
    stages: list[StageDraft]


@transaction.atomic
def load_chains(*, by, template: ChainTemplate, drafts: list[ChainDraft], now) -> list[Chain]:
    """Create chains together with their history, judged in memory: a few queries per 500 rows, two per project.

    :raises Forbidden: `by` may not manage one of the projects.  :raises Refused: an illegal path, or a draft template.
    """
    if template.status != ChainTemplate.Status.PUBLISHED:
        raise Refused(_("Only a published template can start a chain."), "template")
    projects = {draft.project.pk for draft in drafts}
    if not allows(by, "stage.advance") or _managed(by, projects) != len(projects):
        raise Forbidden
    calendar = store.current()
    links = defaultdict(list)
    for target, source in StageTemplate.prerequisites.through.objects.filter(
        from_stagetemplate__template=template
    ).values_list("from_stagetemplate__code", "to_stagetemplate__code"):
        links[target].append(source)
    chains = Chain.objects.bulk_create(
        [Chain(project=d.project, template=template, started_on=d.started_on, made_by=by) for d in drafts],
        batch_size=500,
    )
    views = [_judged(chain, draft, links, by, now, calendar) for chain, draft in zip(chains, drafts, strict=True)]
    Stage.objects.bulk_create([v.stage for view in views for v in view.stages], batch_size=500)
    StageEvent.objects.bulk_create([e for view in views for v in view.stages for e in v.events], batch_size=500)
    _store(views)
    audit.record("chain.start", by=by, target=str(template), chains=len(chains))
    return chains


def _managed(by, projects: set[int]) -> int:
    ids = sorted(projects)
    return sum(
        manageable_by(Project.objects.filter(pk__in=ids[start : start + 500]), by).count()
        for start in range(0, len(ids), 500)
    )


def _judged(chain, draft, links, by, now, calendar) -> derive.ChainView:
    """Return the view of a chain whose stages and events are not saved yet."""
    present = {stage.template.code for stage in draft.stages}
    views = []
    for given in sorted(draft.stages, key=lambda s: s.template.position):
        stage = _stage(chain, given)
        events = [
            Entry(stage, action, occurred_at, facts=facts).event(by, now, imported=True)
            for action, occurred_at, facts in given.events
        ]
        stage.move_replayed(int(_replayed(events).state))
        prerequisites = tuple(sorted(code for code in links[stage.code] if code in present))
        views.append(derive.StageView(stage, given.template, prerequisites, events))
    view = derive.judge(chain, views, now, calendar)
    for each in view.stages:
        for name, value in snapshot.stage_columns(each, calendar).items():
            setattr(each.stage, name, value)
    return view


def _stage(chain, given: StageDraft) -> Stage:
    template = given.template
    amount, unit = given.committed or (template.committed_amount, template.committed_unit)
    return Stage(
        chain=chain,
        stage_template=template,
        position=template.position,
        code=template.code,
        name=template.name,
        department_name=template.department_name,
        statutory_amount=template.statutory_amount,
        statutory_unit=template.statutory_unit,
        committed_amount=amount,
        committed_unit=unit,
        planned_start_on=given.planned_start_on,
        planned_finish_on=given.planned_finish_on,
    )


def _store(views) -> None:
    """Write the chains' totals and the projects' snapshots, and keep the tallies."""
    totals, projects = [], {}
    for view in views:
        columns = snapshot.project_columns(view)
        totals.append((view.chain.pk, snapshot.chain_columns(view, columns["chain_closed_on"])))
        projects[view.chain.project_id] = columns
    snapshot.store_rows(Chain, totals)
    snapshot.write_projects(projects)


def add_stage(chain: Chain, draft: StageDraft) -> Stage:
    """Add a stage of the template to a running chain, without events: `record_many` takes those. One query."""
    stage = _stage(chain, draft)
    stage.save(force_insert=True)
    return stage
