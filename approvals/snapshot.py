"""Snapshot columns: what lists sort and count by, written in the transaction that changed the fact.

`stage_columns` and `project_columns` are pure; `write` stores what they say and keeps the light tallies.
"""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from django.db import connection

from approvals import blocking, derive, lights
from approvals.models import MaterialUse, Stage
from approvals.states import State
from approvals.timeline_layout import stage_no
from projects.models import Project
from projects.tallies import move

NO_DUE = 2**31 - 1
SORT_GROUPS = {
    lights.Light.OVERDUE_STATUTORY: 0,
    lights.Light.RED: 0,
    lights.Light.BLOCKED: 1,
    lights.Light.AMBER: 2,
    lights.Light.GREEN: 3,
    lights.Light.NONE: 4,
    lights.Light.STOPPED: 5,
    lights.Light.STALE: 6,
    lights.Light.DONE: 7,
}
"""Order of the project list: both kinds of overdue together by days overdue, then what needs a hand soonest."""

NO_CHAIN = 9
"""The place of a project without a chain: behind all others."""

_STALEABLE = frozenset({lights.Light.GREEN, lights.Light.NONE, lights.Light.STOPPED})


def due_half(moment, calendar) -> int | None:
    """Return the working half-day index at whose end a limit runs out, or None."""
    if moment is None:
        return None
    return 2 * calendar.count_through(moment.date) - (1 if moment.half == "noon" else 0)


def stage_columns(view, calendar) -> dict:
    """Return the snapshot columns of one stage from its view. Days are working days unless the limit says otherwise."""
    clock, told = view.clock, view.replay
    running = view.is_running
    due = clock.committed_due if view.replay.accepted_at else None
    statutory = clock.statutory_due if view.replay.accepted_at else None
    return {
        "ready_on": view.ready_on,
        "accepted_at": told.accepted_at,
        "closed_at": told.closed_at,
        "latest_event_at": told.latest_at,
        "net_days": clock.net_days or Decimal(0),
        "due_on": due.date if due else None,
        "due_half": due_half(due, calendar),
        "statutory_due_on": statutory.date if statutory else None,
        "amber_from": clock.amber_from if running else None,
        "red_from": clock.red_from if running else None,
        "statutory_red_from": clock.statutory_red_from if running else None,
        "provisional": clock.provisional,
        "light": str(view.light),
        "case_no": told.case_no,
        "source_system": told.source_system,
        "document_no": told.document_no,
        "valid_until": told.valid_until,
        "skip_reason": told.skip_reason,
    }


def project_columns(chain_view) -> dict:
    """Return the snapshot columns of a project that its chain decides: the chain's worst light and why, when it
    changes, and what is being handled. `with_quota` makes the project's light of it.
    """
    stages, applicable = chain_view.stages, chain_view.applicable
    latest = max((v.replay.latest_at for v in stages if v.replay.latest_at), default=chain_view.chain.made_at)
    closed = [v.replay.closed_at for v in applicable if v.replay.closed_at]
    judged = judged_columns(
        applicable,
        current=chain_view.current,
        finished=chain_view.is_finished,
        latest=latest,
        calendar=chain_view.calendar,
        now=chain_view.now,
    )
    return judged | {
        "last_news_at": latest,
        "chain_started_on": chain_view.chain.started_on,
        "chain_closed_on": derive.local_date(max(closed)) if chain_view.is_finished else None,
        "stages_total": len(applicable),
        "stages_done": len(chain_view.done),
        "waiting_supplement": any(v.replay.state == State.SUPPLEMENT_REQUESTED for v in stages),
        "deferral_due_on": MaterialUse.objects.filter(stage__chain=chain_view.chain, status=MaterialUse.Status.DEFERRED)
        .order_by("due_on")
        .values_list("due_on", flat=True)
        .first(),
    }


def judged_columns(applicable, *, current, finished: bool, latest, calendar, now) -> dict:
    """Return the columns of a project that change as time passes: its chain's worst light, why, and when it turns next.

    `applicable` are views of its stages, all of those whose clock runs among them; `current` those that are being
    handled (or could be handed in), `latest` is the instant of the latest news. Pure.
    """
    running = [v for v in applicable if v.is_running]
    worst = _worst(running, calendar)
    light = worst.light if worst else (lights.Light.DONE if finished else lights.Light.NONE)
    stale_from = derive.stale_at(latest)
    if light in _STALEABLE and stale_from <= now:
        light = lights.Light.STALE
    flips = [
        moment
        for v in running
        for moment in (v.clock.amber_from, v.clock.red_from, v.clock.statutory_red_from)
        if moment and moment > now
    ]
    if light in _STALEABLE or light == lights.Light.AMBER:
        flips += [stale_from] if stale_from > now else []
    due = worst.clock.committed_due if worst else None
    return {
        "chain_light": str(light),
        "due_half": due_half(due, calendar) if due else NO_DUE,
        "due_on": due.date if due else None,
        "next_flip_at": min(flips, default=None),
        "current_stages": [stage_brief(v) for v in _told(_by_urgency(current, calendar))],
        "light_reason": lights.reason_data(worst.clock, stage_no(worst.stage.code), worst.stage.name) if worst else {},
    }


def with_quota(chain_light: str, blocked: bool, has_chain: bool = True) -> dict:
    """Return the light of a project and its place in lists: the chain's light, or blocked where that is worse.

    A project without a chain that nothing blocks comes behind all others.
    """
    light = lights.with_quota(chain_light, blocked)
    group = SORT_GROUPS[light] if has_chain or light == lights.Light.BLOCKED else NO_CHAIN
    return {"light": str(light), "sort_group": group}


def _told(views):
    """Return the stages that a list row may name: the four most urgent, and any that waits for a supplement."""
    return views[:4] + [v for v in views[4:] if v.replay.state == State.SUPPLEMENT_REQUESTED]


def _urgency(view, calendar):
    index = due_half(view.clock.committed_due, calendar) if view.clock and view.clock.committed_due else None
    return (SORT_GROUPS.get(view.light, 9), NO_DUE if index is None else index, view.stage.position)


def _by_urgency(views, calendar):
    return sorted(views, key=lambda view: _urgency(view, calendar))


def _worst(running, calendar):
    """Return the running stage with the worst light; of two alike the one that is due first."""
    order = {light: rank for rank, light in enumerate(lights.ORDER)}
    return min(running, key=lambda v: (order[v.light], *_urgency(v, calendar)), default=None)


def stage_brief(view) -> dict:
    """Return what a list row says of a stage, in a form that stays true as days pass.

    `offset` is the clock's: used days = (`clock.index_at` of now − offset) / 2. It is None while the clock is stopped
    or has not begun; then `net` is the figure.
    """
    stage, clock = view.stage, view.clock
    return {
        "code": stage.code,
        "name": view.template.short_name or stage.name,
        "department": stage.department.short_name or stage.department.name
        if stage.department
        else stage.department_name,
        "state": int(view.replay.state),
        "light": str(view.light),
        "net": str(clock.net_days),
        "limit": str(stage.committed_amount) if stage.committed_amount is not None else "",
        "unit": str(clock.unit),
        "offset": clock.offset,
        "due": clock.committed_due.date.isoformat() if view.is_running and clock.committed_due else "",
        "provisional": clock.provisional,
    }


def write(chain_view, stages=None, also: Iterable[int] = ()) -> None:
    """Store the snapshot of a chain and its project, and keep the tallies. Inside the caller's transaction.

    `stages` limits the stage rows written (views); all by default. `also` as in `write_projects`. Five to eight
    queries, whatever the number of stages.
    """
    calendar = chain_view.calendar
    views = stages if stages is not None else chain_view.stages
    columns = {v.stage: stage_columns(v, calendar) for v in views}
    store_rows(Stage, [(stage.pk, told) for stage, told in columns.items() if take_columns(stage, told)])
    chain, columns = chain_view.chain, project_columns(chain_view)
    store_rows(type(chain), [(chain.pk, chain_columns(chain_view, columns["chain_closed_on"]))])
    write_project(chain.project_id, columns, also)


def chain_columns(chain_view, closed_on) -> dict:
    """Return the totals of a chain: net working days of its stages, and calendar days from its start to its end."""
    return {
        "net_days": sum((v.clock.net_days or Decimal(0) for v in chain_view.applicable), Decimal(0)),
        "closed_on": closed_on,
        "gross_days": gross_days(chain_view.chain.started_on, closed_on, chain_view.now),
    }


def gross_days(started_on, closed_on, now) -> Decimal:
    """Return the calendar days of a chain from its start to its end, or to the day of `now`; never negative."""
    return Decimal(max(((closed_on or derive.local_date(now)) - started_on).days, 0))


def take_columns(row, columns: dict) -> bool:
    """Set the columns on a row; returns whether any of them was different."""
    changed = False
    for name, value in columns.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            changed = True
    return changed


def store_rows(model, rows) -> None:
    """Write columns of many rows: `rows` are (id, columns), the same names in each. One query.

    One prepared statement (`bulk_update` spends ten times that on its SQL).
    """
    if not rows:
        return
    fields = [model._meta.get_field(name) for name in rows[0][1]]
    assignments = ", ".join(f"{connection.ops.quote_name(field.column)} = %s" for field in fields)
    values = [
        [*(field.get_db_prep_save(columns[field.name], connection) for field in fields), pk] for pk, columns in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {model._meta.db_table} SET {assignments} WHERE id = %s", values)


def write_project(project_id: int, columns: dict, also: Iterable[int] = ()) -> None:
    """Store the snapshot columns of a project and move its unit between the tallies; `also` as in `write_projects`."""
    write_projects({project_id: columns}, also)


def write_projects(found: dict[int, dict], also: Iterable[int] = ()) -> None:
    """Store the snapshot columns of projects (by id, the same names in each) and move their units between the tallies.

    Whether quota blocks a project is read here, behind the lock on its row: a demand that turns at the same moment
    waits for us, or we for it. `also` are further projects whose demands turned; nothing but that is written of them.
    Seven queries at the most, whatever the number.
    """
    ids = found.keys() | set(also)
    rows = list(
        Project.objects.select_for_update()
        .filter(pk__in=ids)
        .order_by("pk")
        .values_list("pk", "district_id", "park_id", "light", "chain_light", "chain_started_on", "blocked")
    )
    since = blocking.since(ids)
    moves: Counter = Counter()
    judged, turned = [], []
    for pk, district, park, light, chain_light, started_on, was_blocked in rows:
        columns = found.get(pk, {})
        blocked = pk in since
        combined = with_quota(
            columns.get("chain_light", chain_light), blocked, bool(columns.get("chain_started_on", started_on))
        )
        moves[district, park, light] -= 1
        moves[district, park, combined["light"]] += 1
        if pk in found:
            judged.append((pk, columns | combined))
        if pk not in found or blocked or was_blocked:
            turned.append((pk, combined | {"blocked": blocked, "blocked_since": since.get(pk)}))
    store_rows(Project, judged)
    store_rows(Project, turned)
    move(moves)
