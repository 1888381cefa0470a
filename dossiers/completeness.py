"""How complete a card would be: which of its lines have something to say, project by project."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from approvals.panels import Panel
from factors.models import Demand, NoNeed
from projects.models import Assignment, KeyPoint, Project
from supervision.rates import Rate

WORST = 5
LINES = {
    "enterprise": _("enterprise"),
    "contact": _("enterprise's contact"),
    "investment": _("investment"),
    "plan": _("plan of the year"),
    "place": _("park"),
    "point": _("site on the map"),
    "sponsor": _("sponsoring leader"),
    "task_force": _("task force lead"),
    "service_officer": _("first-service officer"),
    "chain": _("approval chain"),
    "energy": _("need of energy"),
    "water": _("need of water"),
    "land": _("need of land"),
    "key_points": _("key points"),
}
"""What the card says of a project, in its order (domain.md §6.3)."""


@dataclass(frozen=True)
class Completeness:
    """The lines that a project's card lacks."""

    project: Project
    missing: tuple[str, ...]

    @property
    def rate(self) -> Rate:
        """Filled lines of all."""
        return Rate(len(LINES) - len(self.missing), len(LINES))

    @property
    def words(self) -> list:
        """What is missing, in words."""
        return [LINES[name] for name in self.missing]


def completeness(project_ids: Iterable[int]) -> list[Completeness]:
    """Return what the cards of the projects lack, the emptiest first. Five queries for any number."""
    ids = list(project_ids)
    projects = Project.objects.filter(pk__in=ids).select_related("enterprise")
    people = _by_project(Assignment.objects.filter(project__in=ids, ended_on__isnull=True), "role")
    needs = _by_project(Demand.objects.filter(project__in=ids, closed_on__isnull=True), "book__kind__group")
    none = _by_project(NoNeed.objects.filter(project__in=ids, withdrawn_at__isnull=True), "gate")
    points = _by_project(KeyPoint.objects.filter(project__in=ids, planned_on__isnull=False), "name")
    found = [
        Completeness(
            project,
            tuple(
                name
                for name, filled in _lines(
                    project,
                    people.get(project.pk, set()),
                    needs.get(project.pk, set()) | none.get(project.pk, set()),
                    points.get(project.pk, set()),
                ).items()
                if not filled
            ),
        )
        for project in projects
    ]
    return sorted(found, key=lambda row: (-len(row.missing), row.project.pk))


def _by_project(rows, column: str) -> dict[int, set]:
    found: dict[int, set] = {}
    for project, value in rows.order_by().values_list("project", column):
        found.setdefault(project, set()).add(value)
    return found


def _lines(project, people, needs, points) -> dict[str, bool]:
    firm = project.enterprise
    return {
        "enterprise": firm is not None,
        "contact": firm is not None and bool(firm.contact and firm.contact_phone),
        "investment": project.investment_wan is not None,
        "plan": project.year_plan_wan is not None,
        "place": project.park_id is not None or bool(project.address),
        "point": project.longitude is not None,
        "sponsor": Assignment.Role.SPONSOR in people,
        "task_force": Assignment.Role.TASK_FORCE in people,
        "service_officer": Assignment.Role.SERVICE_OFFICER in people,
        "chain": project.stages_total > 0,
        "energy": "energy" in needs,
        "water": "water" in needs,
        "land": "land" in needs,
        "key_points": bool(points),
    }


def officer_slot(user, project_ids, now: dt.datetime) -> Panel | None:
    """Return how complete the cards of a service officer's projects are, for his block on the workbench."""
    rows = completeness(project_ids)
    if not rows:
        return None
    lacking = [row for row in rows if row.missing]
    whole = Rate(sum(row.rate.n for row in rows), sum(row.rate.N for row in rows))
    context = {"rate": whole, "lacking": lacking[:WORST], "number": len(lacking)}
    return Panel("dossiers/_completeness.html", context)
