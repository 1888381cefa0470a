"""What a manager's workbench reads: whose projects it is about, which of them stand in which section, what is due on
the days of the week, and what changed last.

Somebody's own projects are read once, with the columns that sections go by, and sorted out here. A whole city's come
from the indexes that have the order of a section. Rows are then read once for all that is shown.
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum

from approvals.lights import Light
from approvals.models import Chain, MaterialUse, Stage, StageEvent
from approvals.snapshot import SORT_GROUPS
from people.access import allows, manageable_by, visible_to
from people.prepared import literal
from projects.models import Assignment, LightTally, Project

SECTION_LIMIT = 20
"""Rows of a section at most; the head says how many there are and links to all of them."""

UNSTARTED_LIMIT = 10
DUE_DAYS = 7
OWN_AT_MOST = 1000
"""So many projects of one's own can be named in a statement."""

AGENDA_LIMIT = 60
"""Stages that the agenda names, the first ones of the week; of the others it tells the number."""

AGENDA_ROWS = 12
"""Stages that the agenda names of a day."""

RECENT = 8
"""Events that the workbench tells."""

LATE = (str(Light.RED), str(Light.OVERDUE_STATUTORY))

DEFERRED_COLUMNS = (
    *("name", "due_on", "stage__code", "stage__name", "stage__state", "stage__chain__project__code"),
    *("stage__chain__project__name", "stage__chain__project__enterprise__name"),
    "stage__chain__project__enterprise__short_name",
)
"""What the list of owed materials shows (and the state, which a stage reads when it is made)."""


class Own(NamedTuple):
    """What sections go by, of a project that somebody stands by. `chain`: its id, None without one."""

    pk: int
    chain: int | None
    light: str
    sort_group: int
    due_on: dt.date | None
    due_half: int
    last_news_at: dt.datetime | None
    waiting_supplement: bool
    stages_total: int
    deferral_due_on: dt.date | None
    blocked: bool


_OWN = tuple(f"project__{name}" for name in ("pk", "chain__pk", *Own._fields[2:]))


@dataclass(frozen=True)
class Mine:
    """The projects of a workbench. `own`: those its reader stands by, where they are few enough to be named; `stands`:
    whether he stands by any. Who stands by none works on all he manages or sees.
    """

    projects: QuerySet
    stands: bool
    own: tuple[Own, ...] | None = None

    @property
    def chains(self) -> list[int] | QuerySet | None:
        """Their chains to narrow stages by, named one by one where they can be; None where they are the whole city."""
        if self.own is not None:
            return [row.chain for row in self.own if row.chain]
        return Chain.objects.filter(project__in=self.projects).values_list("pk", flat=True) if self.narrow else None

    @property
    def narrow(self) -> bool:
        """Whether they are not the whole city."""
        return bool(self.projects.query.where)

    @property
    def ids(self) -> frozenset[int] | None:
        """Their ids where they are named one by one."""
        return None if self.own is None else frozenset(row.pk for row in self.own)

    @property
    def held_up(self) -> list[int] | None:
        """Ids of those that quota blocks, where they are named one by one."""
        return None if self.own is None else [row.pk for row in self.own if row.blocked]

    def total(self) -> int:
        """Return how many there are. At most one query: a whole city's number is in the tallies."""
        if self.own is not None:
            return len(self.own)
        if self.narrow:
            return self.projects.count()
        return LightTally.objects.aggregate(total=Sum("projects"))["total"] or 0


def mine_of(user) -> Mine:
    """Return the projects of a person's workbench. One query, and those of his rights where he stands by none."""
    assignments = Assignment.objects.filter(user=user, ended_on__isnull=True)
    own = [Own._make(row) for row in assignments.values_list(*_OWN).distinct()[: OWN_AT_MOST + 1]]
    if len(own) > OWN_AT_MOST:
        return Mine(Project.objects.filter(pk__in=assignments.values("project")), stands=True)
    if own:
        return Mine(Project.objects.filter(pk__in=[row.pk for row in own]), stands=True, own=tuple(own))
    narrow = manageable_by if allows(user, "project.edit") else visible_to
    return Mine(narrow(Project.objects.all(), user), stands=False)


@dataclass(frozen=True)
class Found:
    """The first projects of a section, by id and in its order, and how many there are in all."""

    ids: list[int]
    total: int


def sections(mine: Mine, today: dt.date) -> dict[str, Found]:
    """Return what stands in each section: overdue, due (within `DUE_DAYS`), supplement, stale, unstarted.

    No query for projects that are named one by one, else one for each section and one more for each that is full.
    """
    return own_sections(mine.own, today) if mine.own is not None else city_sections(mine.projects, today)


def own_sections(own, today: dt.date) -> dict[str, Found]:
    """Return the sections of rows of `Own`, as `city_sections` finds them. Pure."""
    last = today + dt.timedelta(days=DUE_DAYS)

    def found(rows, key, limit=SECTION_LIMIT):
        rows = sorted(rows, key=key)
        return Found([row.pk for row in rows[:limit]], len(rows))

    def silent(row):
        return (row.last_news_at is not None, row.last_news_at, row.pk)

    soon = [row for row in own if row.due_on and today <= row.due_on <= last and row.light not in LATE]
    return {
        "overdue": found(
            (row for row in own if row.sort_group == SORT_GROUPS[Light.RED]), lambda row: (row.due_half, row.pk)
        ),
        "due": found(soon, lambda row: (row.due_on, row.due_half, row.pk)),
        "supplement": found((row for row in own if row.waiting_supplement), silent),
        "stale": found((row for row in own if row.light == Light.STALE), silent),
        "unstarted": found(
            (row for row in own if not row.stages_total and not row.chain), lambda row: row.pk, UNSTARTED_LIMIT
        ),
    }


def city_sections(projects: QuerySet, today: dt.date) -> dict[str, Found]:
    """Return the sections of any projects. The orders are those of indexes, so that a city's twenty are read and not
    sorted out of thousands. Five queries, and one more for each section that is full.
    """
    last = today + dt.timedelta(days=DUE_DAYS)
    overdue = projects.filter(sort_group=SORT_GROUPS[Light.RED]).order_by("sort_group", "due_half", "id")
    soon = projects.filter(due_on__range=(today, last)).exclude(light__in=LATE).order_by("due_on", "due_half", "id")
    return {
        "overdue": _first(overdue),
        "due": _first(soon),
        "supplement": _first(projects.filter(waiting_supplement=True).order_by("last_news_at", "id")),
        "stale": _first(projects.filter(light=literal("stale")).order_by("last_news_at", "id")),
        "unstarted": _first(projects.filter(stages_total=0, chain__isnull=True).order_by("id"), UNSTARTED_LIMIT),
    }


def _first(projects, limit=SECTION_LIMIT) -> Found:
    ids = list(projects.values_list("pk", flat=True)[:limit])
    return Found(ids, len(ids) if len(ids) < limit else projects.count())


def within(rows: QuerySet, path: str, chains) -> QuerySet:
    """Narrow rows to those whose `path` leads to one of the chains; all rows where those are the whole city."""
    return rows if chains is None else rows.filter(**{f"{path}__in": chains})


def deferred(mine: Mine) -> tuple[list[MaterialUse], int]:
    """Return the first materials that are owed, what is due first before others, and how many there are.

    Two queries at most; none where the projects are named and none of them owes anything.
    """
    chains = mine.chains if mine.own is None else [row.chain for row in mine.own if row.deferral_due_on]
    if chains == []:
        return [], 0
    rows = within(MaterialUse.objects.filter(status=literal("deferred")), "stage__chain", chains)
    shown = rows.select_related("stage__chain__project__enterprise").only(*DEFERRED_COLUMNS).order_by("due_on", "id")
    listed = list(shown[:SECTION_LIMIT])
    return listed, len(listed) if len(listed) < SECTION_LIMIT else rows.count()


class DueStage(NamedTuple):
    """A stage as the agenda names it."""

    pk: int
    due_on: dt.date
    code: str
    name: str
    light: str
    project: str
    owner: str


class Day(NamedTuple):
    """A day of the agenda; `more`: stages due that it does not name; `name`: the holiday's."""

    day: dt.date
    working: bool
    name: str
    stages: tuple[DueStage, ...]
    more: int


def agenda(chains, today: dt.date, calendar) -> tuple[Day, ...]:
    """Return the days of the coming week with the stages due on them; rest days are named. Two or three queries."""
    due = within(Stage.objects.all(), "chain", chains).filter(
        accepted_at__isnull=False,
        closed_at__isnull=True,
        due_on__range=(today, today + dt.timedelta(days=DUE_DAYS)),
    )
    # The ids come from an index alone; rows are joined for those that are shown.
    if chains is None:
        numbers = dict(due.order_by().values_list("due_on").annotate(number=Count("pk")))
        ids = list(due.order_by("due_on", "id").values_list("pk", flat=True)[:AGENDA_LIMIT])
    else:  # counted here: a database that groups by day starts with the days of the whole city
        dated = sorted(due.order_by().values_list("due_on", "pk"))
        numbers, ids = Counter(day for day, _pk in dated), [pk for _day, pk in dated[:AGENDA_LIMIT]]
    by_day: dict[dt.date, list[DueStage]] = {}
    for stage in _due_stages(ids):
        by_day.setdefault(stage.due_on, []).append(stage)
    days = []
    for offset in range(DUE_DAYS + 1):
        day = today + dt.timedelta(days=offset)
        working, stages = calendar.is_workday(day), tuple(by_day.get(day, [])[:AGENDA_ROWS])
        if working and day in numbers or not working or offset == 0:
            days.append(Day(day, working, calendar.name(day), stages, numbers.get(day, 0) - len(stages)))
    return tuple(days)


def _due_stages(ids) -> list[DueStage]:
    path = "chain__project"
    rows = Stage.objects.filter(pk__in=ids).values_list(
        *("pk", "due_on", "code", "name", "light", "stage_template__short_name", f"{path}__code", f"{path}__name"),
        f"{path}__enterprise__short_name",
    )
    return sorted(
        (
            DueStage(pk, due_on, code, short or name, light, project, enterprise or project_name)
            for pk, due_on, code, name, light, short, project, project_name, enterprise in rows
        ),
        key=lambda stage: (stage.due_on, stage.pk),
    )


class Change(NamedTuple):
    """An event as the workbench tells it. `kind` is a value of StageEvent.Kind."""

    kind: str
    recorded_at: dt.datetime
    code: str
    stage: str
    project: str
    project_name: str
    by: str

    @property
    def word(self) -> str:
        """What happened, in the reader's language."""
        return StageEvent.Kind(self.kind).label


def recent(chains) -> list[Change]:
    """Return the latest events of the chains. One query, two where they are not the whole city."""
    events = StageEvent.objects.order_by("-recorded_at", "-id")
    if chains is not None:
        # The stages with the latest events first: asked for the events themselves, PostgreSQL walks through a city's.
        latest = StageEvent.objects.filter(stage=OuterRef("pk")).order_by("-recorded_at", "-id")
        stages = Stage.objects.filter(chain__in=chains).annotate(at=Subquery(latest.values("recorded_at")[:1]))
        stages = stages.order_by(F("at").desc(nulls_last=True), "-pk")
        events = events.filter(stage__in=list(stages.values_list("pk", flat=True)[:RECENT]))
    rows = events.values_list(
        *("kind", "recorded_at", "stage__code", "stage__name", "stage__chain__project__code"),
        *("stage__chain__project__name", "by__display_name"),
    )
    return [Change._make(row) for row in rows[:RECENT]]
