"""What pages below show of leaders' pages: instructions on workbench and project page, and a filter of the list."""

from datetime import date

from django.db.models import Exists

from approvals.panels import Panel
from approvals.project_filters import blocked_demands, number
from cockpit import actions
from cockpit.unlock_setup import Setup
from gis import standing
from people.access import allows


def freed_by_utility(code: str, today: date):
    """Return the narrowing to projects that fall short of this utility of their park and of no other, nor of quota."""

    def narrow(rows):
        wanted, short = number(code), {}
        for need in standing.shortfalls(today):
            short.setdefault(need.gap.project_id, set()).add(need.utility.pk if need.utility else None)
        alone = [project for project, utilities in short.items() if utilities == {wanted}]
        return rows.filter(~Exists(blocked_demands()), pk__in=alone)

    return narrow


def workbench_panel(user, now) -> Panel | None:
    """Return the instructions that wait for the person, at the top of his workbench. Two queries."""
    if not allows(user, "cockpit.view"):
        return None
    rows = actions.waiting(user, now.date())
    return Panel("cockpit/_panel.html", {"rows": rows, "today": now.date()}) if rows else None


def unlock_panel(user, project, view, now) -> Panel | None:
    """Return the way to the unlock planner for a project that quota holds up. No query."""
    if not project.blocked or not allows(user, "unlock.plan"):
        return None
    setup = Setup(now.year)
    return Panel(
        "cockpit/_unlock_panel.html", {"plan": setup.query(), "wish": setup.insisting(project.pk, "must").query()}
    )


def project_panel(user, project, view, now) -> Panel | None:
    """Return the open instructions on a project that the person gave or is named in. Two queries."""
    if not allows(user, "cockpit.view"):
        return None
    rows = list(actions.instructions_of(user).open().filter(project=project).select_related("department", "project"))
    return Panel("cockpit/_panel.html", {"rows": rows, "today": now.date()}) if rows else None
