"""Keeping the snapshot true: after a change, when a light turns by itself, and when the calendar changes."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection
from django.urls import reverse

from approvals import derive, snapshot, turning
from approvals.models import Chain, DeadlineMove
from calendars import store
from calendars.models import CalendarVersion
from factors import reservations
from people.access import visible_to
from projects.models import Project


def refresh(chain: Chain, now, also=()) -> derive.ChainView:
    """Derive a chain anew and store its snapshot. Call it inside the transaction that changed the fact.

    `also`: ids of projects that the same transaction turned blocked or free (`blocking.held_back`).
    """
    view = derive.load(chain, now, store.current())
    snapshot.write(view, also=also)
    return view


def sweep(now) -> int:
    """Turn the lights that were due to change by themselves up to `now`; returns how many projects were looked at.

    Lists call it before they read, so that no nightly job is needed: the moment of the next change is stored and
    indexed, and usually nothing is due. One query then; some fifteen for each 2,000 projects that are. Reservations
    whose last day is over expire first: what they held may free a project.
    """
    flips, lapsed = _due(now)
    if lapsed:
        reservations.sweep(now)
    turned = 0
    while flips and Project.objects.filter(next_flip_at__lte=now).exists():
        turned += turning.turn(now, store.current())
    return turned


def _due(now) -> tuple[bool, bool]:
    """Say whether a light, and whether a reservation, is due to change by itself. One query."""
    flips = "SELECT 1 FROM projects_project WHERE next_flip_at <= %s"
    lapsed = "SELECT 1 FROM factors_reservation WHERE resolved_by_id IS NULL AND twin_of_id IS NULL AND expires_on < %s"
    instant = connection.ops.adapt_datetimefield_value(now)
    day = connection.ops.adapt_datefield_value(derive.local_date(now))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS ({flips}), EXISTS ({lapsed})", [instant, day])
        return tuple(map(bool, cursor.fetchone()))


def recompute_deadlines(old, new) -> list[DeadlineMove]:
    """Derive every open chain anew because the calendar changed; returns the due dates that moved.

    `old` and `new` are WorkCalendars; the instant is that of the new version. Runs in the transaction of the change.
    """
    now = CalendarVersion.objects.values_list("made_at", flat=True).get(number=new.version)
    moves = []
    for chain in Chain.objects.filter(closed_on__isnull=True).select_related("project").iterator(chunk_size=200):
        before = dict(chain.stages.values_list("pk", "due_on"))
        view = derive.load(chain, now, new)
        snapshot.write(view)
        moves += [
            DeadlineMove(
                calendar_version=new.version,
                stage=v.stage,
                was_on=before[v.stage.pk],
                is_on=v.stage.due_on,
                made_at=now,
            )
            for v in view.stages
            if v.is_running and before[v.stage.pk] != v.stage.due_on
        ]
    return DeadlineMove.objects.bulk_create(moves)


@dataclass(frozen=True)
class MoveLine:
    """A moved deadline as the calendar page lists it."""

    label: str
    url: str
    was_on: dt.date | None
    is_on: dt.date | None


def moved_deadlines(version: int, user) -> list[MoveLine]:
    """Return the deadlines that a calendar version moved, as far as `user` may see their projects. One query."""
    moves = DeadlineMove.objects.filter(
        calendar_version=version, stage__chain__project__in=visible_to(Project.objects.all(), user)
    ).select_related("stage__chain__project")
    return [
        MoveLine(
            label=f"{m.stage.chain.project.name} {m.stage.code} {m.stage.name}",
            url=reverse("project-page", args=[m.stage.chain.project.code]),
            was_on=m.was_on,
            is_on=m.is_on,
        )
        for m in moves.order_by("is_on", "id")
    ]
