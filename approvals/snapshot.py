"""Snapshot columns: what lists sort and count by, written in the transaction that changed the fact.

`stage_columns` and `project_columns` are pure; `write` stores what they say and keeps the light tallies.
"""

from decimal import Decimal

from django.db import connection

from approvals import derive, lights
from approvals.models import MaterialUse, Stage
from approvals.states import State
from approvals.timeline_layout import stage_no
from projects.models import Project
from projects.tallies import tally

STAGE_COLUMNS = (
    "ready_on",
    "accepted_at",
    "closed_at",
    "latest_event_at",
    "net_days",
    "due_on",
    "due_half",
    "statutory_due_on",
    "amber_from",
    "red_from",
    "statutory_red_from",
    "provisional",
    "light",
    "case_no",
    "source_system",
    "document_no",
    "valid_until",
    "skip_reason",
)
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
    """Return the snapshot columns of a project: its worst light and why, when it changes, and what is being handled."""
    calendar, now = chain_view.calendar, chain_view.now
    running = [v for v in chain_view.applicable if v.is_running]
    worst = _worst(running, calendar)
    light = worst.light if worst else (lights.Light.DONE if chain_view.is_finished else lights.Light.NONE)
    latest = max((v.replay.latest_at for v in chain_view.stages if v.replay.latest_at), default=None)
    latest = latest or chain_view.chain.made_at
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
    finished = [v.replay.closed_at for v in chain_view.applicable if v.replay.closed_at]
    due = worst.clock.committed_due if worst else None
    return {
        "light": str(light),
        "sort_group": SORT_GROUPS[light],
        "due_half": due_half(due, calendar) if due else NO_DUE,
        "due_on": due.date if due else None,
        "next_flip_at": min(flips, default=None),
        "last_news_at": latest,
        "chain_started_on": chain_view.chain.started_on,
        "chain_closed_on": derive.local_date(max(finished)) if chain_view.is_finished else None,
        "stages_total": len(chain_view.applicable),
        "stages_done": len(chain_view.done),
        "current_stages": [stage_brief(v) for v in _told(_by_urgency(chain_view.current, calendar))],
        "light_reason": lights.reason_data(worst.clock, stage_no(worst.stage.code), worst.stage.name) if worst else {},
        "waiting_supplement": any(v.replay.state == State.SUPPLEMENT_REQUESTED for v in chain_view.stages),
        "deferral_due_on": MaterialUse.objects.filter(stage__chain=chain_view.chain, status=MaterialUse.Status.DEFERRED)
        .order_by("due_on")
        .values_list("due_on", flat=True)
        .first(),
    }


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


def write(chain_view, stages=None) -> None:
    """Store the snapshot of a chain and its project, and keep the tallies. Inside the caller's transaction.

    `stages` limits the stage rows written (views); all by default. Four to six queries, whatever the number of stages.
    """
    calendar = chain_view.calendar
    changed = []
    for view in stages if stages is not None else chain_view.stages:
        columns = stage_columns(view, calendar)
        if any(getattr(view.stage, name) != value for name, value in columns.items()):
            for name, value in columns.items():
                setattr(view.stage, name, value)
            changed.append(view.stage)
    if changed:
        _store(changed)
    chain = chain_view.chain
    totals = {
        "net_days": sum((v.clock.net_days or Decimal(0) for v in chain_view.applicable), Decimal(0)),
        "closed_on": None,
        "gross_days": Decimal(0),
    }
    columns = project_columns(chain_view)
    totals["closed_on"] = columns["chain_closed_on"]
    end = columns["chain_closed_on"] or derive.local_date(chain_view.now)
    totals["gross_days"] = Decimal(max((end - chain.started_on).days, 0))
    type(chain).objects.filter(pk=chain.pk).update(**totals)
    write_project(chain.project_id, columns)


def _store(stages) -> None:
    """Write the snapshot columns of stages: one prepared statement (`bulk_update` spends ten times that on its SQL)."""
    fields = [Stage._meta.get_field(name) for name in STAGE_COLUMNS]
    columns = ", ".join(f"{connection.ops.quote_name(field.column)} = %s" for field in fields)
    rows = [
        [*(field.get_db_prep_save(getattr(stage, field.attname), connection) for field in fields), stage.pk]
        for stage in stages
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {Stage._meta.db_table} SET {columns} WHERE id = %s", rows)


def write_project(project_id: int, columns: dict) -> None:
    """Store the snapshot columns of a project and move its unit between the tallies. Three queries at the most."""
    before = Project.objects.filter(pk=project_id).values("district_id", "park_id", "light").get()
    Project.objects.filter(pk=project_id).update(**columns)
    if before["light"] != columns["light"]:
        tally(before["district_id"], before["park_id"], before["light"], -1)
        tally(before["district_id"], before["park_id"], columns["light"], +1)
