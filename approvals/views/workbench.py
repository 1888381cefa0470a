"""Workbenches: what a person has to look at today. A project manager's by project, an approval officer's by case."""

import datetime as dt
from dataclasses import dataclass, replace
from types import MappingProxyType

from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from approvals import actions, early, keeping, panels, project_rows, workbench_quota, workbench_sections
from approvals.lights import Light
from approvals.models import Stage
from approvals.states import State
from approvals.workbench_sections import DUE_DAYS, SECTION_LIMIT
from calendars import store
from people.access import allows, department_ids, needs
from projects.models import Project

CASE_COLUMNS = (
    *("code", "name", "state", "accepted_at", "closed_at", "latest_event_at", "committed_amount", "net_days"),
    *("due_on", "due_half", "statutory_due_on", "document_no", "light"),
    *("chain__project__code", "chain__project__name", "chain__project__current_stages"),
    "chain__project__enterprise__name",
)
"""What a row of a case shows. A column that is not here costs a query per row."""


@dataclass(frozen=True)
class Section:
    """One section of the workbench; `code` is its anchor, `url` leads to the list with the same filter.

    `rows_key` names all that its rows show: rows that were drawn before are not drawn again.
    """

    code: str
    light: str
    title: str
    hint: str
    rows: list
    total: int
    url: str = ""
    rows_key: str = ""


@require_GET
@needs("project.view")
def workbench(request):
    """Show today's work: cases for who handles them, projects for everybody else."""
    now = timezone.localtime()
    keeping.sweep(now)
    if allows(request.user, "stage.handle"):
        return _case_workbench(request, now)
    return _project_workbench(request, now)


# --- projects ---------------------------------------------------------------------------------------------------


def _project_workbench(request, now):
    today, calendar = now.date(), store.current()
    mine = workbench_sections.mine_of(request.user)
    # Who was assigned nothing yet works on all he manages: then the list is not narrowed to him either.
    listing, own = reverse("project-list"), "mine=on&" if mine.stands else ""
    chains, slow = mine.chains, early.warnings(now)
    found = workbench_sections.sections(mine, today)
    projects = project_rows.shown(Project.objects.all()).in_bulk({pk for one in found.values() for pk in one.ids})
    owed, owed_total = workbench_sections.deferred(mine)

    def section(code, light, title, hint, query):
        rows = [project_rows.row(projects[pk], calendar, now, slow=slow) for pk in found[code].ids if pk in projects]
        if code == "supplement":
            rows = _waiting_first(rows)
        key = project_rows.fingerprint(rows, now)
        return Section(code, light, title, hint, rows, found[code].total, f"{listing}?{own}{query}", key)

    sections = [
        section("overdue", Light.RED, _("Overdue"), _("by days overdue"), "light=red&light=statutory"),
        section(
            "due",
            Light.AMBER,
            _("Due within 7 days"),
            f"{today:%m-%d} – {today + dt.timedelta(days=DUE_DAYS):%m-%d}",
            "due=week",
        ),
        Section(
            "deferred",
            Light.AMBER,
            _("Deferred materials"),
            _("accepted on the promise to hand them in"),
            [_deferred(use, today) for use in owed],
            owed_total,
            f"{listing}?{own}waiting=deferral",
        ),
        section("supplement", Light.STOPPED, _("Waiting for the enterprise"), _("clock stopped"), "waiting=supplement"),
        section("stale", Light.STALE, _("No news"), _("for more than the set number of days"), "light=stale"),
    ]
    agenda, recent = workbench_sections.agenda(chains, today, calendar), workbench_sections.recent(chains)
    context = {
        "sections": sections,
        "all_url": f"{listing}?{own}".rstrip("?&"),
        "panels": panels.of_workbench(request.user, now),
        "unstarted": [projects[pk] for pk in found["unstarted"].ids if pk in projects],
        "unstarted_total": found["unstarted"].total,
        "total": mine.total(),
        "today_total": sum(section.total for section in sections),
        "agenda": agenda,
        "recent": recent,
        "agenda_key": project_rows.name_of((now.year, agenda)),
        "recent_key": project_rows.name_of(recent),
        "shortages": workbench_quota.shortages(mine.projects, today, mine.held_up),
        "ending": workbench_quota.ending(mine.projects, now),
        "opened": _opened(request, mine.projects, now),
        "slow": early.of_projects(mine.projects, slow, among=mine.ids),
        "now": now,
        "may_advance": allows(request.user, "stage.advance"),
    }
    return render(request, "approvals/workbench.html", context)


def _waiting_first(rows):
    """Return the rows with the stage that waits for the enterprise in front of each."""
    return [
        replace(row, stages=tuple(sorted(row.stages, key=lambda line: line.state != State.SUPPLEMENT_REQUESTED)))
        for row in rows
    ]


def _deferred(use, today):
    return {"use": use, "project": use.stage.chain.project, "days": (use.due_on - today).days}


def _opened(request, projects, now):
    """Return the row whose update form is open: a stage named in the address, with what may be noted on it."""
    code, stage_code = request.GET.get("project", ""), request.GET.get("stage", "")
    if not code or not allows(request.user, "stage.advance"):
        return None
    stage = (
        Stage.objects.filter(chain__project__in=projects.values("pk"), chain__project__code=code, code=stage_code)
        .select_related("chain__project", "stage_template", "department")
        .first()
    )
    if stage is None:
        raise Http404
    latest = actions.latest_event(stage)
    return {"stage": stage, "project": stage.chain.project, "seen": latest.pk if latest else 0, "today": now.date()}


# --- cases ------------------------------------------------------------------------------------------------------


def _case_workbench(request, now):
    """Cases at the departments of the officer: overdue, due today or soon, to be accepted, waiting, closed lately."""
    today, calendar = now.date(), store.current()
    departments = department_ids(request.user)
    cases = Stage.objects.filter(department__in=departments)
    week = today + dt.timedelta(days=DUE_DAYS)
    late = Q(red_from__lte=now) | Q(statutory_red_from__lte=now)
    stopped = Q(state__in=[State.SUPPLEMENT_REQUESTED, State.SPECIAL_STARTED])
    ticking = ~late & ~stopped
    running = {
        "overdue": late,
        "today": ticking & Q(due_on=today),
        "due": ticking & Q(due_on__gt=today, due_on__lte=week),
        "later": ticking & ~Q(due_on__lte=week),
    }
    received = Q(state__in=[State.RECEIVED, State.SUPPLEMENT_RECEIVED], accepted_at__isnull=True)
    begun = Q(accepted_at__isnull=False, closed_at__isnull=True)
    rows = {code: cases.filter(begun, only).order_by("due_on", "due_half", "id") for code, only in running.items()}
    rows["received"] = cases.filter(received).order_by("latest_event_at", "id")
    rows["supplement"] = cases.filter(stopped & ~late).order_by("latest_event_at", "id")
    rows["done"] = cases.filter(closed_at__gte=now - dt.timedelta(days=7)).order_by("-closed_at")
    listed = _listed(rows, calendar, now)
    numbers = cases.filter(begun).aggregate(**{code: Count("pk", filter=only) for code, only in running.items()})
    numbers |= {"received": cases.filter(received).count(), "supplement": cases.filter(stopped & ~late).count()}
    sections = [
        Section(code, light, title, hint, listed[code], numbers[code], rows_key=_cases_key(listed[code], now))
        for code, light, title, hint in (
            ("overdue", Light.RED, _("Overdue"), _("by days overdue")),
            ("today", Light.AMBER, _("Due today"), _("to be decided before the close of the day")),
            ("received", Light.NONE, _("To be accepted"), _("handed in, not accepted yet")),
            ("due", Light.AMBER, _("Due within 7 days"), ""),
            ("supplement", Light.STOPPED, _("Clock stopped"), _("supplement or special procedure")),
            ("later", Light.GREEN, _("In handling"), _("due later")),
        )
    ]
    done = listed["done"][:10]
    context = {
        "sections": sections,
        "done": done,
        "done_key": _cases_key(done, now),
        "now": now,
        "department": request.user.department,
    }
    context |= workbench_quota.case_context(request.user, departments, now)
    context["panels"] = panels.of_workbench(request.user, now)
    return render(request, "approvals/case_workbench.html", context)


def _listed(rows, calendar, now) -> dict[str, list]:
    """Return the first cases of each queryset. The ids come from indexes alone; then one query for all the rows."""
    ids = {code: list(queryset.values_list("pk", flat=True)[:SECTION_LIMIT]) for code, queryset in rows.items()}
    shown = Stage.objects.select_related("chain__project__enterprise").only(*CASE_COLUMNS)
    stages = shown.in_bulk({pk for found in ids.values() for pk in found})
    slow = early.warnings(now)
    return {code: [_case(stages[pk], calendar, now, slow) for pk in found] for code, found in ids.items()}


def _case(stage, calendar, now, slow=MappingProxyType({})):
    """Return a case as a row says it: net days at this moment, days over or left in working days."""
    project = stage.chain.project
    brief = next((b for b in project.current_stages if b["code"] == stage.code), None)
    line = project_rows.stage_line(brief, calendar, now, slow.get((project.pk, stage.code))) if brief else None
    left = None
    if stage.due_half is not None and stage.closed_at is None:
        left = (stage.due_half - calendar.begun(now)) / 2
    return {
        "stage": stage,
        "project": project,
        "net": line.net if line else stage.net_days,
        "slow": line.slow if line else "",
        "light": line.light if line else stage.light,
        "left": left,
        "waiting_days": (now - stage.latest_event_at).days if stage.latest_event_at else None,
    }


def _cases_key(cases, now) -> str:
    """Return a name for all that the rows of the cases show: rows that were drawn before are not drawn again."""
    shown = [
        (
            *(project_rows.columns_of(case["stage"]), project_rows.columns_of(case["project"])),
            case["project"].enterprise and case["project"].enterprise.name,
            *(case["net"], case["slow"], case["light"], case["left"]),
        )
        for case in cases
    ]
    return project_rows.name_of((now.year, shown))
