"""What other pages and papers read of visits, problems and orders. Each call: at most two queries for any number of
projects.

With `user`, problems that are masked from him are left out; without one all masked problems are: a page or a paper
about a project must not give away an enterprise that asked not to be named.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import Count, Max, Prefetch, Q
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from approvals.lights import Light, severity
from calendars import store
from projects.models import Assignment, Project
from supervision import lights, visible
from supervision.models import OrderItem, Problem, SupervisionOrder, Visit
from supervision.rates import Rate
from supervision.states import ProblemState


@dataclass(frozen=True)
class ProblemRow:
    """An open problem. `days_left` are working days, negative when late; labels are lazy texts.

    `waiting` says what is late before the due date is: nobody assigned or claimed it within a working day.
    """

    pk: int
    number: str
    text: str
    category: object
    level: object
    unit: str
    due_on: date
    days_left: int
    light: Light
    state: object
    registered_on: date
    waiting: object = ""


@dataclass(frozen=True)
class VisitRow:
    """A visit, with how many problems it raised."""

    pk: int
    at: datetime
    who: str
    minutes: int
    way: object
    met: str
    note: str
    problems: int


@dataclass(frozen=True)
class OrderRow:
    """A supervision order that was signed. `number` as printed; `days_left` None once it is accepted."""

    pk: int
    number: str
    form: object
    title: str
    lead: str
    due_on: date
    days_left: int | None
    light: Light
    state: object
    signed_on: date
    waiting: object = ""


@dataclass(frozen=True)
class VisitDue:
    """An enterprise that was not visited often enough this month, by its longest-waiting project."""

    enterprise: object
    project: Project
    done: int
    needed: int
    last_on: date | None


def _problems(project_ids: Iterable[int], user):
    rows = Problem.objects.filter(project__in=list(project_ids))
    return rows.filter(masked=False) if user is None else rows.filter(pk__in=visible.named(user).values("pk"))


def problem_row(problem: Problem, today: date, calendar) -> ProblemRow:
    """Return a problem as others show it. No query when its unit is loaded."""
    light, left = lights.of_problem(problem, today, calendar)
    return ProblemRow(
        pk=problem.pk,
        number=problem.number,
        text=problem.text,
        category=problem.get_category_display(),
        level=problem.get_level_display(),
        unit=str(problem.department or ""),
        due_on=problem.review_on if problem.state == ProblemState.SUSPENDED else problem.due_on,
        days_left=left,
        light=light,
        state=problem.get_state_display(),
        registered_on=localtime(problem.registered_at).date(),
        waiting=_("Claim overdue") if lights.unclaimed(problem, today) else "",
    )


def open_problems(project_ids: Iterable[int], today: date, user=None) -> dict[int, list[ProblemRow]]:
    """Return the open problems by project, the worst light first, then the earliest due. One query (and one for the
    calendar).
    """
    calendar = store.current()
    found: dict[int, list[ProblemRow]] = {pk: [] for pk in project_ids}
    rows = _problems(found, user).exclude(state=ProblemState.CLOSED).select_related("department")
    for problem in rows.order_by("due_on", "pk"):
        found[problem.project_id].append(problem_row(problem, today, calendar))
    for listed in found.values():
        listed.sort(key=lambda row: (severity(row.light), row.due_on))
    return found


def all_problems(project_ids: Iterable[int], today: date, user=None) -> dict[int, list[tuple[Problem, ProblemRow]]]:
    """Return every problem by project, closed ones too, oldest first, each as (row of the database, row as shown)."""
    calendar = store.current()
    found: dict[int, list] = {pk: [] for pk in project_ids}
    for problem in _problems(found, user).select_related("department", "closed_by").order_by("registered_at", "pk"):
        found[problem.project_id].append((problem, problem_row(problem, today, calendar)))
    return found


def problem_rate(rows, until: date, since: date | None = None) -> Rate:
    """Return close-outs as n/N of the problems in `rows` (a queryset of Problem) for a period, both days included.

    N: all that was to be closed by `until`, because it was due or because it was closed before it was due, without what
    had been closed before `since` and without what is suspended. n: what of it was closed by `until`. One query.
    """
    closed = Q(state=ProblemState.CLOSED, closed_on__lte=until)
    counted = rows.order_by().filter(closed | Q(due_on__lte=until) & ~Q(state=ProblemState.SUSPENDED))
    if since is not None:
        counted = counted.exclude(state=ProblemState.CLOSED, closed_on__lt=since)
    sums = counted.aggregate(n=Count("pk", filter=closed), N=Count("pk"))
    return Rate(sums["n"], sums["N"])


def visits(project_ids: Iterable[int]) -> dict[int, list[VisitRow]]:
    """Return the visits by project, the latest first, with how many unmasked problems each raised. Two queries."""
    found: dict[int, list[VisitRow]] = {pk: [] for pk in project_ids}
    told = Prefetch("problems", Problem.objects.filter(masked=False))
    rows = Visit.objects.filter(project__in=list(found)).select_related("visitor").prefetch_related(told)
    for visit in rows.order_by("-visited_at", "-pk"):
        found[visit.project_id].append(
            VisitRow(
                pk=visit.pk,
                at=localtime(visit.visited_at),
                who=visit.visitor.display_name,
                minutes=visit.minutes,
                way=visit.get_way_display(),
                met=visit.met,
                note=visit.note,
                problems=len(visit.problems.all()),
            )
        )
    return found


def visits_due(user, today: date) -> list[VisitDue]:
    """Return the enterprises of the service officer with fewer visits this month than the setting asks, the longest
    unvisited first. Two queries.
    """
    of_his = Project.objects.filter(
        assignments__user=user, assignments__role=Assignment.Role.SERVICE_OFFICER, assignments__ended_on__isnull=True
    )
    served = list(of_his.select_related("enterprise").order_by("pk"))
    by_enterprise: dict = {}
    for project in served:
        by_enterprise.setdefault(project.enterprise_id or f"p{project.pk}", []).append(project)
    rows = Visit.objects.filter(project__in=[project.pk for project in served], visitor=user).order_by()
    last = {pk: (at, month) for pk, at, month in _visited(rows, today)}
    found = []
    for projects in by_enterprise.values():
        done = sum(last[p.pk][1] for p in projects if p.pk in last)
        if done < settings.VISITS_PER_MONTH:
            days = {p.pk: localtime(last[p.pk][0]).date() for p in projects if p.pk in last}
            project = min(projects, key=lambda p: days.get(p.pk, date.min))
            latest = max(days.values(), default=None)
            found.append(VisitDue(project.enterprise, project, done, settings.VISITS_PER_MONTH, latest))
    return sorted(found, key=lambda row: (row.last_on or date.min, row.project.pk))


def _visited(rows, today: date):
    """Return (project, latest visit, visits this month) of each project that was visited. One query."""
    this_month = Q(visited_at__date__gte=today.replace(day=1))
    return rows.values_list("project").annotate(last=Max("visited_at"), times=Count("pk", filter=this_month))


def orders(project_ids: Iterable[int], today: date) -> dict[int, list[OrderRow]]:
    """Return the signed orders by project, those that run first, then the latest. One query."""
    calendar = store.current()
    found: dict[int, dict[int, OrderRow]] = {pk: {} for pk in project_ids}
    items = OrderItem.objects.filter(project__in=list(found), order__number__isnull=False)
    for item in items.select_related("order__lead").order_by("-order__signed_on", "-order__pk"):
        found[item.project_id].setdefault(item.order_id, order_row(item.order, today, calendar))
    return {pk: sorted(rows.values(), key=lambda row: row.light == Light.DONE) for pk, rows in found.items()}


def order_row(order: SupervisionOrder, today: date, calendar) -> OrderRow:
    """Return an order as others show it. No query when its lead unit is loaded."""
    light, left = lights.of_order(order, today, calendar)
    return OrderRow(
        pk=order.pk,
        number=order.number or "",
        form=order.get_level_display(),
        title=order.title,
        lead=str(order.lead),
        due_on=order.due_on,
        days_left=left,
        light=light,
        state=order.get_state_display(),
        signed_on=order.signed_on,
        waiting=_("Not signed for") if lights.unsigned(order, today) else "",
    )
