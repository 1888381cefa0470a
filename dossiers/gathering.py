"""Filling the tree: everything a paper says, read from the very functions that the pages read.

Design overview: `gather` reads for any number of projects in a fixed number of queries (about thirty), `full` adds the
records behind the booklet (a handful of queries for each project more). What the reader may not see is left out and
said so in `Dossier.unseen`. Words are in the city's language, whoever asks: paper goes to others.
"""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from approvals import derive, keeping
from approvals.models import Chain
from calendars import store
from dossiers import gathering_chain, gathering_places, gathering_quota, gathering_service, verdicts
from dossiers.content import Basics, Dossier, KeyPoint, Lamp, Month, Person
from factors import gates
from factors.models import Parcel
from people.access import visible_to
from projects.models import Assignment, Project
from projects.models import KeyPoint as KeyPointRow

MOBILE = re.compile(r"^(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}$")
MONTHS = 12


def gather(projects: Iterable, user, now: dt.datetime, *, full: bool = False) -> list[Dossier]:
    """Return the dossiers of those projects (rows, ids or a queryset) that `user` may see, in the order given.

    `user` None is the operator at the console, who sees everything. `now` is an aware instant: lights that turn by
    themselves are turned first, as before any list. `full` adds what only the booklet holds. About thirty queries, and
    with `full` some ten for each project.
    """
    ids = [getattr(project, "pk", project) for project in projects]
    keeping.sweep(now)
    rows = Project.objects.filter(pk__in=ids).select_related("enterprise", "district", "park__district")
    if user is not None:
        rows = visible_to(rows, user)
    found = {row.pk: row for row in rows}
    chosen = [found[pk] for pk in dict.fromkeys(ids) if pk in found]
    if not chosen:
        return []
    with translation.override(settings.LANGUAGE_CODE):
        return Reading(chosen, user, now, full).dossiers()


class Reading:
    """What was read for all projects at once, and how one dossier is made of it."""

    def __init__(self, projects: list[Project], user, now: dt.datetime, full: bool):
        self.projects, self.user, self.now, self.full = projects, user, now, full
        self.today = derive.local_date(now)
        ids = [project.pk for project in projects]
        chains = list(Chain.objects.filter(project__in=ids).select_related("template"))
        views = derive.load_many(chains, now, store.current())
        by_pk = {project.pk: project for project in projects}
        for chain in chains:
            chain.project = by_pk[chain.project_id]
        self.views = {chain.project_id: views[chain.pk] for chain in chains}
        self.boards = gates.load_many(projects, now)
        self.quota = gathering_quota.Reading(projects, self.boards, self.views, user, self.today, full)
        self.places = gathering_places.Reading(projects, self.views, self.today)
        self.service = gathering_service.Reading(ids, self.today, full)
        self.people, self.points, self.months = defaultdict(dict), defaultdict(list), defaultdict(list)
        for row in Assignment.objects.filter(project__in=ids, ended_on__isnull=True).select_related(
            "user__department", "department"
        ):
            self.people[row.project_id][row.role] = row
        for point in KeyPointRow.objects.filter(project__in=ids):
            self.points[point.project_id].append(point)
        for project in projects:
            self.months[project.pk] = []
        figures = type(projects[0]).figures.rel.related_model.objects.filter(project__in=ids).order_by("-month")
        for figure in figures:
            self.months[figure.project_id].append(figure)
        self.parcels = defaultdict(list)
        for parcel in Parcel.objects.filter(project__in=ids).order_by("code"):
            self.parcels[parcel.project_id].append(f"{parcel.name or parcel.code}")

    def dossiers(self) -> list[Dossier]:
        """Return the dossiers in the order of the projects."""
        return [self.dossier(project) for project in self.projects]

    def dossier(self, project: Project) -> Dossier:
        """Return the dossier of one project."""
        view, board = self.views.get(project.pk), self.boards[project.pk]
        quota = self.quota.of(project)
        chain = gathering_chain.chain_of(project, view, board) if view else None
        unseen = list(self.quota.unseen)
        return Dossier(
            city=settings.CITY_NAME,
            language=settings.LANGUAGE_CODE,
            data_at=self.now,
            basics=self._basics(project),
            verdict=verdicts.verdict(project, view, chain, quota, self.now),
            people=self._people(project),
            hot_line=settings.HOT_LINE,
            chain=chain,
            quota=quota,
            park=self.places.of(project),
            key_points=self._points(project),
            months=tuple(Month(f.month, f.investment_done_wan, f.jobs) for f in self.months[project.pk][:MONTHS]),
            **self.service.of(project),
            records=gathering_chain.records_of(project, view, board) if self.full else None,
            unseen=tuple(unseen),
        )

    def _basics(self, project) -> Basics:
        enterprise = project.enterprise
        latest = next((f for f in self.months[project.pk] if f.month.year == self.today.year), None)
        mine = {}
        if enterprise is not None:
            mine = {
                "enterprise": enterprise.name,
                "credit_code": enterprise.credit_code,
                "legal_person": enterprise.legal_person,
                "contact": enterprise.contact,
                "contact_phone": office_phone(enterprise.contact_phone),
                "enterprise_address": enterprise.address,
            }
        return Basics(
            **mine,
            project=project.name,
            code=project.code,
            district=project.district.name,
            park=project.park.name if project.park else "",
            park_code=project.park.code if project.park else "",
            parcels=tuple(self.parcels[project.pk]),
            address=project.address,
            industry=" ".join(filter(None, [project.industry_code, project.industry])),
            kind=str(project.get_kind_display()),
            level=str(project.get_key_level_display()),
            status=str(project.get_status_display()),
            content=project.content,
            investment_wan=project.investment_wan,
            plan_wan=project.year_plan_wan,
            output_wan=project.output_wan,
            tax_wan=project.tax_wan,
            done_wan=latest.investment_done_wan if latest else None,
            done_month=latest.month if latest else None,
            signed_on=project.signed_on,
            start_on=project.planned_start_on,
            finish_on=project.planned_finish_on,
        )

    def _people(self, project) -> tuple[Person, ...]:
        found = []
        for role, label in Assignment.Role.choices:
            row = self.people[project.pk].get(role)
            if row is None:
                found.append(Person(role, str(label)))
                continue
            department = row.department or row.user.department
            found.append(
                Person(
                    role,
                    str(label),
                    row.user.display_name,
                    row.user.title,
                    (department.short_name or department.name) if department else "",
                    office_phone(row.user.phone, department.phone if department else ""),
                    row.started_on,
                )
            )
        return tuple(found)

    def _points(self, project) -> tuple[KeyPoint, ...]:
        order = {name: n for n, name in enumerate(KeyPointRow.Name.values)}
        rows = sorted(self.points[project.pk], key=lambda point: order[point.name])
        return tuple(key_point(row, self.today) for row in rows)


def key_point(row: KeyPointRow, today: dt.date) -> KeyPoint:
    """Return a key point with how late it is, as the project page shows it."""
    late = max(((row.actual_on or today) - row.planned_on).days, 0) if row.planned_on else 0
    lamp = Lamp("red", _("Late")) if late else Lamp("idle", _("Planned"))
    if row.actual_on:
        lamp = Lamp("done", _("Done"))
    return KeyPoint(str(row.get_name_display()), row.planned_on, row.actual_on, late, lamp, row.note)


def office_phone(*numbers: str) -> str:
    """Return the first number that is no mobile one: those are never on paper (domain.md §7.3). "" for none."""
    return next((number for number in numbers if number and not MOBILE.match(number.strip())), "")
