"""Lights that turn by themselves, thousands at a time: what `keeping.refresh` stores, in a fixed number of queries.

Design overview: while nobody records anything, only the clocks of stages at work move. So only their events are read
and replayed; all other stages stand as they are stored, and readiness, critical path and plan cannot have changed. The
judgement is the same code as for one chain: `derive.measure`, `snapshot.stage_columns`, `snapshot.judged_columns`.
"""

import datetime as dt
from decimal import Decimal

from django.db import transaction

from approvals import derive, snapshot
from approvals.models import Chain, Stage, StageEvent, StageTemplate
from people.models import Department
from projects.models import Project

CHUNK = 2000
"""Projects in a transaction: some 10 MB of rows, and a second in which nobody else can write to SQLite."""

_EVENT = (
    *("pk", "stage_id", "kind", "occurred_at", "supersedes_id", "data", "note"),
    *("case_no", "source_system", "document_no", "valid_until"),
)
"""What `derive.replay` reads of an event."""

_STAGE = (
    *("chain_id", "stage_template_id", "department_id", "position", "code", "name", "department_name", "state"),
    *("statutory_amount", "statutory_unit", "committed_amount", "committed_unit", "ready_on"),
)
_GROWN = ("net_days", "provisional", "light")
"""The snapshot columns of a stage that change as time passes."""

_FACTS = ("last_news_at", "chain_closed_on", "current_stages")
"""What is known of a project and does not change by itself, but for the days in its list of stages."""


@transaction.atomic
def turn(now: dt.datetime, calendar, limit: int = CHUNK) -> int:
    """Judge up to `limit` projects whose light was to change up to `now` (local); returns how many there were.

    Some fifteen queries, whatever the number. Chains are locked in the order of their keys.

    :raises derive.IllegalSequence: a stage at work has events that no legal path has; nothing is written.
    """
    due = Project.objects.filter(next_flip_at__lte=now)
    bare = due.filter(chain__isnull=True).update(next_flip_at=None)
    ids = list(
        Chain.objects.select_for_update(of=("self",))
        .filter(project__next_flip_at__lte=now)
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )
    # Read after the lock: who held it before us may have turned some of them.
    chains = {
        chain.pk: chain
        for chain in Chain.objects.filter(pk__in=ids, project__next_flip_at__lte=now)
        .select_related("project")
        .only("started_on", "made_at", "net_days", *(f"project__{name}" for name in _FACTS))
    }
    views: dict[int, list[derive.StageView]] = {pk: [] for pk in chains}
    for view in _views(list(chains)):
        derive.measure(view, calendar, now)
        views[view.stage.chain_id].append(view)
    _store(chains, views, calendar, now)
    return bare + len(ids)


def _views(chains: list[int]) -> list[derive.StageView]:
    """Return the stages of the chains that have begun and have not ended, replayed. Four queries."""
    rows = Stage.objects.filter(chain__in=chains, closed_at__isnull=True, latest_event_at__isnull=False)
    departments = Department.objects.only("name", "short_name").in_bulk()
    templates = StageTemplate.objects.filter(stages__in=rows).only("short_name").distinct().in_bulk()
    views = {}
    for stage in rows.only(*_STAGE, *_GROWN).order_by("chain_id", "position", "id"):
        stage.department = departments.get(stage.department_id)
        views[stage.pk] = derive.StageView(stage, templates[stage.stage_template_id], (), ready_on=stage.ready_on)
    for event in StageEvent.objects.filter(stage__in=rows.values("pk")).values_list(*_EVENT, named=True):
        views[event.stage_id].events.append(event)
    for view in views.values():
        view.replay = derive.replay(view.events)
    return [view for view in views.values() if not view.is_skipped]


def _store(chains, views, calendar, now) -> None:
    """Write stages, chains and projects. Six queries at most."""
    stages, totals, projects = [], [], {}
    for pk, chain in chains.items():
        grown = Decimal(0)
        for view in views[pk]:
            before, columns = view.stage.net_days, snapshot.stage_columns(view, calendar)
            columns = {name: columns[name] for name in _GROWN}
            if snapshot.take_columns(view.stage, columns):
                stages.append((view.stage.pk, columns))
                grown += view.stage.net_days - before
        closed_on, project = chain.project.chain_closed_on, chain.project
        gross = snapshot.gross_days(chain.started_on, closed_on, now)
        totals.append((pk, {"net_days": chain.net_days + grown, "gross_days": gross}))
        columns = snapshot.judged_columns(
            views[pk],
            current=[view for view in views[pk] if view.is_at_work],
            finished=closed_on is not None,
            latest=project.last_news_at or chain.made_at,
            calendar=calendar,
            now=now,
        )
        if not columns["current_stages"]:  # nothing is at work: what could be handed in is as it was
            columns["current_stages"] = project.current_stages
        projects[project.pk] = columns
    snapshot.store_rows(Stage, stages)
    snapshot.store_rows(Chain, totals)
    snapshot.write_projects(projects)
