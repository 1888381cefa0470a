"""Rows of the project list: from snapshot columns to what a row says at this moment. Pure but for `sponsors`."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _

from approvals import early
from approvals.clock import index_at
from approvals.lights import Light
from approvals.snapshot import NO_DUE
from factors import blocked
from factors.models import Demand
from people.prepared import Prepared
from projects.models import Assignment, Project


@dataclass(frozen=True)
class StageLine:
    """One current stage in a row. `net` and `limit` are days in the limit's own unit; `slow`: an early warning."""

    code: str
    name: str
    department: str
    light: str
    net: Decimal
    limit: Decimal | None
    due_on: dt.date | None
    provisional: bool
    state: int
    slow: str = ""


@dataclass(frozen=True)
class Lack:
    """One thing that a project lacks: blocked (what is missing) or obtainable (who must act). `days`: blocked since."""

    text: str
    title: str
    blocked: bool
    days: int | None


@dataclass(frozen=True)
class Row:
    """One project in a list. `over_days`: working days over the limit; `gross_days`: calendar days since the start."""

    project: Project
    stages: tuple[StageLine, ...]
    over_days: Decimal | None
    gross_days: int | None
    sponsor: str
    silent_days: int | None
    lacks: tuple[Lack, ...] = ()

    @cached_property
    def url(self) -> str:
        """The address of the project's page."""
        return reverse("project-page", args=[self.project.code])

    @property
    def tint(self) -> str:
        """The row's tint: only what is overdue or blocked is tinted."""
        if self.project.light in (Light.RED, Light.OVERDUE_STATUTORY):
            return "is-red"
        return "is-blocked" if self.project.light == Light.BLOCKED else ""

    @property
    def first(self) -> StageLine | None:
        """The stage whose bar the row shows: the worst, or the one due first."""
        return self.stages[0] if self.stages else None


def stage_line(brief: dict, calendar, now, warning=None) -> StageLine:
    """Return what a stored stage brief says at `now` (see `snapshot.stage_brief`), with its early warning, if any."""
    net = Decimal(brief["net"])
    if brief["offset"] is not None:
        net = Decimal(max(index_at(calendar, brief["unit"], now) - brief["offset"], 0)) / 2
    return StageLine(
        code=brief["code"],
        name=brief["name"],
        department=brief["department"],
        light=brief["light"],
        net=net,
        limit=Decimal(brief["limit"]) if brief["limit"] else None,
        due_on=dt.date.fromisoformat(brief["due"]) if brief["due"] else None,
        provisional=brief["provisional"],
        state=brief["state"],
        slow=early.words(warning) if warning else "",
    )


def row(project: Project, calendar, now, sponsor: str = "", demands=(), slow=MappingProxyType({})) -> Row:
    """Return the row of a project at `now`; `slow` are the early warnings (`early.warnings`). No query."""
    today = now.date()
    over = None
    if project.light in (Light.RED, Light.OVERDUE_STATUTORY) and project.due_half != NO_DUE:
        over = Decimal(max(calendar.begun(now) - project.due_half, 0)) / 2
    gross = None
    if project.chain_started_on:
        gross = max(((project.chain_closed_on or today) - project.chain_started_on).days, 0)
    return Row(
        project=project,
        stages=tuple(
            stage_line(brief, calendar, now, slow.get((project.pk, brief["code"]))) for brief in project.current_stages
        ),
        over_days=over,
        gross_days=gross,
        sponsor=sponsor,
        silent_days=(now - project.last_news_at).days if project.last_news_at else None,
        lacks=tuple(lack(demand, today) for demand in demands),
    )


COLUMNS = (
    *("code", "name", "industry", "investment_wan", "output_wan", "tax_wan"),
    *("light", "sort_group", "due_half", "due_on", "last_news_at"),
    *("chain_started_on", "chain_closed_on", "stages_total", "stages_done", "current_stages"),
    *("enterprise__name", "enterprise__short_name", "park__name", "district"),
)
"""What rows show. A column that is not here costs a query per row."""


def shown(projects):
    """Narrow a queryset of projects to the columns that rows show, names of enterprise and park joined in.

    The district is not joined: as it is never empty, a database may start with the districts and sort a whole city.
    `rows` fetches it where it is shown.
    """
    return projects.select_related("enterprise", "park").only(*COLUMNS)


def rows(projects, calendar, now, *, lacking: bool = False, slow=MappingProxyType({})) -> list[Row]:
    """Return the rows of a page of projects. `now` is local time; `slow` are the early warnings.

    One query, for the sponsors; one more for the districts of those in no park; with `lacking` one more, for whether
    they lack quota, and another for those that do.
    """
    projects = list(projects)
    ids = [p.pk for p in projects]
    names = sponsors(ids)
    # Of a project in a park nothing of its district is shown.
    prefetch_related_objects([p for p in projects if p.park_id is None], "district")
    short = blocked.of_projects(wanting) if lacking and (wanting := {pk for (pk,) in _wanting(ids)}) else {}
    return [row(p, calendar, now, names.get(p.pk, ""), short.get(p.pk, ()), slow) for p in projects]


_wanting = Prepared(
    lambda ids: (
        Demand.objects.filter(project__in=ids, closed_on__isnull=True, gap__gt=0).order_by().values_list("project_id")
    )
)
"""The projects of some that lack any quota. One small query: building the large one takes 5 ms."""


def lack(demand, today: dt.date) -> Lack:
    """Return what a demand of `factors.blocked` lacks in words: “能耗缺 8,600 tce”, or “用水待市水务局”."""
    days = blocked.days(demand, today)
    if not demand.blocked:
        who = {"factor": demand.book.kind, "who": blocked.who(demand) or "—"}
        return Lack(_("%(factor)s: up to %(who)s") % who, blocked.gap_words(demand), False, None)
    since = _("blocked for %(n)s days") % {"n": days} if days is not None else ""
    return Lack(blocked.gap_words(demand), f"{blocked.pool_words(demand)} {since}".strip(), True, days)


def fingerprint(rows, now) -> str:
    """Return a name for what `rows` show: equal only where every column, and the year that dates omit, are equal."""
    shown = [
        (
            columns_of(row.project),
            [str(related) for related in row.project._state.fields_cache.values()],
            *(row.stages, row.over_days, row.gross_days, row.sponsor, row.silent_days, row.lacks),
        )
        for row in rows
    ]
    return name_of((now.year, shown))


def columns_of(row) -> dict:
    """Return the columns that a row of the database was read with."""
    return {name: value for name, value in vars(row).items() if name != "_state"}


def name_of(shown) -> str:
    """Return a name for something whose `repr` says all that a fragment shows: the same name, the same fragment."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()


def sponsors(ids) -> dict[int, str]:
    """Return the present sponsor's name by project. One query."""
    return dict(_sponsors(ids))


_sponsors = Prepared(
    lambda ids: Assignment.objects.filter(
        project__in=ids, role=Assignment.Role.SPONSOR, ended_on__isnull=True
    ).values_list("project_id", "user__display_name")
)
