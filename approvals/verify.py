"""Deriving everything again and comparing it with what is stored: snapshot columns, tallies. Writes nothing.

A light that was due to change by itself after `next_flip_at` and that no page has looked at since is not wrong, only
not yet swept: such projects are judged as of the last moment before that change, and counted as waiting.
"""

import datetime as dt
from collections.abc import Callable, Iterator

from django.db import models
from django.db.models import Q

from approvals import blocking, derive, snapshot
from approvals.models import Chain
from factors import blocks
from factors.blocks import Difference
from factors.models import Demand
from projects import tallies
from projects.models import Project

# Apps above register here in ready(): a function returns the differences of what they store.
checks: list[Callable[[], list[Difference]]] = []


def chains(now: dt.datetime, calendar, sample: int = 0) -> Iterator[tuple[Chain, list[Difference]]]:
    """Yield every chain (or `sample` of them at equal distances) with its differences. Four queries for each.

    An illegal sequence of events is a difference of its own.
    """
    every = Chain.objects.select_related("project").order_by("pk")
    step = max(every.count() // sample, 1) if sample else 1
    for number, chain in enumerate(every.iterator(chunk_size=200)):
        if number % step == 0:
            yield chain, _differences(chain, now, calendar)


def _differences(chain: Chain, now, calendar) -> list[Difference]:
    project, flip = chain.project, chain.project.next_flip_at
    if flip is not None and flip <= now:
        now = flip - dt.timedelta(microseconds=1)
    try:
        view = derive.load(chain, derive.local(now), calendar)
    except derive.IllegalSequence as error:
        return [Difference(f"stage {error.event.stage_id}", "events", error.event.kind, "an illegal sequence")]
    # Used days grow by themselves while a clock runs, and may grow into a year without a notice; pages count them at
    # the moment. So those of stages at work are as old as their last event, and are not compared.
    found = []
    for stage_view in view.stages:
        columns = snapshot.stage_columns(stage_view, calendar) | {"state": int(stage_view.replay.state)}
        if stage_view.is_running:
            del columns["net_days"], columns["provisional"]
        found += _compare(
            f"stage {stage_view.stage.pk} ({project.code} {stage_view.stage.code})", stage_view.stage, columns
        )
    columns = snapshot.project_columns(view)
    columns |= snapshot.with_quota(columns["chain_light"], project.blocked)
    columns["current_stages"] = [_timeless(brief) for brief in columns["current_stages"]]
    project.current_stages = [_timeless(brief) for brief in project.current_stages]
    # The words of a reason carry the days of the moment at which they were written.
    del columns["light_reason"]
    found += _compare(f"project {project.code}", project, columns)
    return found + _compare(f"chain of {project.code}", chain, {"closed_on": columns["chain_closed_on"]})


def _timeless(brief: dict) -> dict:
    """Return a stored stage brief without what grew with the days up to the moment at which it was written."""
    return {
        name: value
        for name, value in brief.items()
        if name != "provisional" and (name != "net" or brief["offset"] is None)
    }


def _compare(label: str, row: models.Model, columns: dict) -> list[Difference]:
    return [
        Difference(label, name, getattr(row, name), value)
        for name, value in columns.items()
        if getattr(row, name) != value
    ]


def without_chain() -> list[Difference]:
    """Return projects that have no chain and yet show a light of one. One query."""
    rest = {"chain_light": "idle", **snapshot.with_quota("idle", False, has_chain=False)}
    stuck = rest | snapshot.with_quota("idle", True, has_chain=False)
    odd = Project.objects.filter(chain__isnull=True).exclude(blocked=False, **rest).exclude(blocked=True, **stuck)
    found = []
    for project in odd.only("code", "blocked", *rest):
        found += _compare(f"project {project.code}", project, stuck if project.blocked else rest)
    return found


def of_blocks() -> list[Difference]:
    """Return projects and demands whose “blocked by quota” is not what the ledger says. Four queries."""
    found = [Difference(f"demand {d.row}", d.column, d.stored, d.derived) for d in blocks.differences()]
    return found + of_projects()


def of_projects() -> list[Difference]:
    """Return projects whose “blocked by quota” is not what their demands say. Two queries."""
    found = []
    since = blocking.since(Demand.objects.filter(blocked=True).values("project"))
    marked = Project.objects.filter(Q(blocked=True) | Q(pk__in=list(since))).only("code", "blocked", "blocked_since")
    for project in marked.order_by("pk"):
        columns = {"blocked": project.pk in since, "blocked_since": since.get(project.pk)}
        found += _compare(f"project {project.code}", project, columns)
    return found


def of_tallies() -> list[Difference]:
    """Return the tallies that disagree with the projects. Two queries."""
    return [
        Difference(f"tally of district {district}, park {park}, {light}", "projects", told, counted)
        for district, park, light, told, counted in tallies.differences()
    ]
