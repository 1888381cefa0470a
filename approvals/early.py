"""Early warning: running stages that have lasted longer than 80 % of their finished peers, before their legal limit.

The same judgement as `forecasting.gather` makes for one project, for the running stages of the whole city at once; so
the list, the workbench and the project page flag the same stages as the forecast. Nothing is stored.
"""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.translation import ngettext

from approvals import forecasting, kept, recording
from approvals.forecast_rows import COLUMNS, Row
from approvals.forecasting import Times, Warning, kind_of
from approvals.models import Stage, StageEvent
from approvals.track import local
from calendars import store
from projects.models import Project

Warnings = dict[tuple[int, str], Warning]
"""By the id of the project and the code of the stage."""


def warnings(now: datetime) -> Warnings:
    """Return the flagged stages of the city. One query while nothing changed, else six; some 20 µs a running stage.

    They are kept for at most a minute after a change, where finding them takes long (`approvals.kept`).
    """
    return kept.read("early", kept.version((), now), now, lambda: (_found(now), True), large=True)[0]


def _found(now: datetime) -> Warnings:
    calendar = store.current()
    learned = _learned(now, calendar)
    running = Stage.objects.filter(accepted_at__lte=now, closed_at__isnull=True).exclude(statutory_red_from__lte=now)
    events = forecasting.stops(StageEvent.objects.filter(stage__in=running.values("pk")))
    present, found = calendar.begun(local(now)), {}
    for values in running.values_list(*COLUMNS):
        row = Row._make(values)
        threshold = learned.warn_after(kind_of(row))
        if threshold is None:
            continue
        desk = Times(row, events.get(row.pk, ()), now, calendar, present).desk
        if desk > threshold[0]:
            found[(row.project, row.code)] = Warning(row.pk, row.code, row.name, desk, *threshold)
    return found


def _learned(now: datetime, calendar):
    """Return what finished stages teach. In a large city anew every hour: lists are not to wait for it each minute."""
    if recording.newest_event() <= recording.LARGE:
        return forecasting.learned(now, calendar)
    hour = f"{now:%Y-%m-%d %H} {calendar.version}"
    return kept.read("early:learned", hour, now, lambda: (forecasting.learned(now, calendar), True), large=True)[0]


def of_projects(projects: QuerySet, found: Warnings, most: int = 8, among: Collection[int] | None = None) -> dict:
    """Return the warnings of some projects, the slowest first: `rows` of (project, warning, words), and `total`.

    `among`: their ids, where the caller knows them; otherwise the flagged ones are asked for. One query, also where
    nothing is flagged: a page asks as many whatever the day.
    """
    names = None
    if among is None and projects.query.where:
        names = projects.filter(pk__in={project for project, _code in found} or {0}).only("code", "name").in_bulk()
        among = names.keys()
    mine = [(project, warning) for (project, _code), warning in found.items() if among is None or project in among]
    mine.sort(key=lambda pair: (pair[1].warn_after / pair[1].elapsed, pair[1].stage_id))
    if names is None:
        names = Project.objects.only("code", "name").in_bulk({project for project, _warning in mine[:most]} or {0})
    rows = [(names[project], warning, words(warning)) for project, warning in mine[:most] if project in names]
    return {"rows": rows, "total": len(mine)}


def words(warning: Warning) -> str:
    """Return a warning in words: how long, and with how many finished stages it is compared."""
    return ngettext(
        "%(days)s working days at the department; four of five of its %(peers)s finished peer took at most %(most)s",
        "%(days)s working days at the department; four of five of its %(peers)s finished peers took at most %(most)s",
        warning.peers,
    ) % {
        "days": Decimal(warning.elapsed) / 2,
        "peers": warning.peers,
        "most": Decimal(warning.warn_after) / 2,
    }
