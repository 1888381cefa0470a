"""What other pages show of visits, problems and orders: the project page, and the workbench of each role."""

import datetime as dt
from collections.abc import Callable

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from approvals.lights import Light
from approvals.panels import Panel
from calendars import store
from people.access import allows, department_ids
from people.prepared import Prepared
from projects.models import Assignment, Project
from supervision import lights, standing, visible
from supervision.models import Problem, SupervisionOrder
from supervision.states import ORDER_RUNNING, OrderState, ProblemState

SHOWN = 5

# Apps above register here in ready(): (user, ids of the projects served, now as local time) -> panel within the service
# officer's block of the workbench; dossiers tells there how complete the cards are.
officer_slots: list[Callable[..., Panel | None]] = []

_any_problem = Prepared(lambda: Problem.objects.order_by().values_list("pk")[:1])
_any_order = Prepared(lambda: SupervisionOrder.objects.order_by().values_list("pk")[:1])


def project_panel(user, project, view, now: dt.datetime) -> Panel | None:
    """Return the open problems, the running orders and the last visit of a project. Four queries at the most."""
    if not allows(user, "problem.register"):
        return None
    today, ids = now.date(), [project.pk]
    problems = standing.open_problems(ids, today, user=user)[project.pk]
    orders = [row for row in standing.orders(ids, today)[project.pk] if row.light != Light.DONE]
    latest = standing.visits(ids)[project.pk][:1]
    context = {
        "project": project,
        "problems": problems[:SHOWN],
        "open": len(problems),
        "late": sum(1 for row in problems if row.light == Light.RED),
        "orders": orders[:SHOWN],
        "visit": latest[0] if latest else None,
        "may_log": allows(user, "visit.log"),
        "may_draft": allows(user, "order.draft"),
        "today": today,
    }
    return Panel("supervision/_project_panel.html", context)


def officer_panel(user, now: dt.datetime) -> Panel | None:
    """Return the service officer's block: enterprises, visits due, their problems by light, slots. Six queries."""
    if not allows(user, "visit.log"):
        return None
    own = Assignment.objects.filter(user=user, role=Assignment.Role.SERVICE_OFFICER, ended_on__isnull=True)
    served = list(Project.objects.filter(assignments__in=own).select_related("enterprise").distinct())
    if not served:
        return None
    today, by_id = now.date(), {project.pk: project for project in served}
    problems = standing.open_problems(by_id, today, user=user)
    rows = [(by_id[pk], row) for pk, listed in problems.items() for row in listed]
    rows.sort(key=lambda pair: (lights_order(pair[1].light), pair[1].due_on))
    words = {
        Light.RED: _("Overdue"),
        Light.AMBER: _("Due soon"),
        Light.GREEN: pgettext("problems", "In time"),
        Light.STOPPED: _("Suspended"),
    }
    counts = {light: sum(1 for _project, row in rows if row.light == light) for light in words}
    to_check = Problem.objects.filter(project__in=list(by_id), state=ProblemState.ASKED)
    context = {
        "served": len({project.enterprise_id or f"p{project.pk}" for project in served}),
        "due": standing.visits_due(user, today),
        "lights": [(light.value, word, counts[light]) for light, word in words.items()],
        "problems": rows[:SHOWN],
        "to_check": to_check.exclude(registered_by=user).exclude(asked_by=user).count(),
        "today": today,
        "slots": [panel for make in officer_slots if (panel := make(user, list(by_id), now)) is not None],
    }
    return Panel("supervision/_workbench_officer.html", context)


def lights_order(light) -> int:
    """Return the place of a problem's light: overdue, due soon, in time, suspended."""
    return (Light.RED, Light.AMBER, Light.GREEN, Light.STOPPED).index(light)


def duty_panel(user, now: dt.datetime) -> Panel | None:
    """Return what waits for the person's office: problems to claim or to check, orders to sign, to sign for, to review.

    No query while the registers are empty, two to four else.
    """
    if not allows(user, "problem.register"):
        return None
    lines, late = [], 0
    today, calendar = now.date(), store.current()
    for make, busy in ((_problem_lines, _any_problem), (_order_lines, _any_order)):
        if busy():
            found, over = make(user, today, calendar)
            lines += found
            late += over
    lines = [{"label": label, "url": url, "count": count} for label, url, count in lines if count]
    return Panel("supervision/_workbench_unit.html", {"lines": lines, "late": late}) if lines else None


def _problem_lines(user, today, calendar):
    listing, late = reverse("problem-list"), 0
    if allows(user, "problem.handle") and not allows(user, "problem.check"):
        rows = Problem.objects.filter(department__in=department_ids(user)).exclude(state=ProblemState.CLOSED)
        sums = rows.alias(lit=lights.problem_lights(today, calendar)).aggregate(
            claim=Count("pk", filter=Q(state=ProblemState.ASSIGNED)),
            handle=Count("pk", filter=Q(state__in=(ProblemState.CLAIMED, ProblemState.RETURNED))),
            late=Count("pk", filter=Q(lit=Light.RED.value)),
        )
        late = sums["late"]
        lines = [
            (_("Problems to claim"), f"{listing}?mine=unit&state=assigned", sums["claim"]),
            (_("Problems in hand"), f"{listing}?mine=unit", sums["handle"]),
        ]
    elif allows(user, "problem.check"):
        sums = visible.problems(user).aggregate(
            assign=Count("pk", filter=Q(state=ProblemState.REGISTERED)),
            check=Count("pk", filter=Q(state=ProblemState.ASKED) & ~Q(asked_by=user) & ~Q(registered_by=user)),
        )
        lines = [
            (_("Problems to assign"), f"{listing}?state=registered", sums["assign"]),
            (_("Close-outs to check"), f"{listing}?mine=check", sums["check"]),
        ]
    else:
        lines = []
    return lines, late


def _order_lines(user, today, calendar):
    listing, late, lines = reverse("order-list"), 0, []
    if allows(user, "order.answer"):
        rows = SupervisionOrder.objects.filter(lead__in=department_ids(user), state__in=ORDER_RUNNING)
        sums = rows.alias(lit=lights.order_lights(today, calendar)).aggregate(
            receive=Count("pk", filter=Q(state=OrderState.SIGNED)),
            answer=Count("pk", filter=Q(state__in=(OrderState.RECEIVED, OrderState.RETURNED))),
            late=Count("pk", filter=Q(lit=Light.RED.value)),
        )
        late = sums["late"]
        lines = [
            (_("Orders to sign for"), f"{listing}?mine=unit", sums["receive"]),
            (_("Orders to answer"), f"{listing}?mine=unit", sums["answer"]),
        ]
    elif allows(user, "order.sign"):
        sums = visible.orders(user).aggregate(
            sign=Count("pk", filter=Q(state=OrderState.DRAFT)),
            review=Count("pk", filter=Q(state=OrderState.ANSWERED)),
        )
        lines = [
            (_("Orders to sign"), f"{listing}?light=idle", sums["sign"]),
            (_("Feedback to review"), listing, sums["review"]),
        ]
    return lines, late
