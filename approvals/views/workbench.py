"""Workbenches: what a person has to look at today. A project manager's by project, an approval officer's by case."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from types import MappingProxyType

from django.db.models import Count, Max, Q, Sum
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from approvals import actions, early, keeping, panels, project_rows, workbench_quota
from approvals.lights import Light
from approvals.models import Chain, MaterialUse, Stage, StageEvent
from approvals.snapshot import SORT_GROUPS
from approvals.states import State
from calendars import store
from people.access import allows, department_ids, manageable_by, needs, visible_to
from people.prepared import literal
from projects.models import Assignment, LightTally, Project

SECTION_LIMIT = 20
"""Rows of a section at most; the head says how many there are and links to all of them."""

DUE_DAYS = 7
OWN_AT_MOST = 1000
"""So many projects of one's own can be named in a statement."""

AGENDA_LIMIT = 60
"""Stages that the agenda names, the first ones of the week; of the others it tells the number."""

AGENDA_ROWS = 12
"""Stages that the agenda names of a day."""

RECENT = 8
"""Events that the workbench tells."""

EVENT_COLUMNS = (
    *("kind", "recorded_at", "stage__code", "stage__name", "stage__state", "stage__chain__project__code"),
    *("stage__chain__project__name", "by__display_name"),
)
"""What the list of the latest events shows (and the state, which a stage reads when it is made)."""

DEFERRED_COLUMNS = (
    *("name", "due_on", "stage__code", "stage__name", "stage__state", "stage__chain__project__code"),
    *("stage__chain__project__name", "stage__chain__project__enterprise__name"),
    "stage__chain__project__enterprise__short_name",
)
"""What the list of owed materials shows."""

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


def my_projects(user):
    """Return (the projects of a person, whether he stands by them): all he manages or sees if he stands by none.

    Those he stands by are named one by one, so that a database starts with them and not with the city. One query.
    """
    own = Assignment.objects.filter(user=user, ended_on__isnull=True).values_list("project", flat=True)
    ids = sorted(set(own[: OWN_AT_MOST + 1]))
    if len(ids) > OWN_AT_MOST:
        return Project.objects.filter(pk__in=own), True
    if ids:
        return Project.objects.filter(pk__in=ids), True
    narrow = manageable_by if allows(user, "project.edit") else visible_to
    return narrow(Project.objects.all(), user), False


def _project_workbench(request, now):
    today, calendar = now.date(), store.current()
    # Who was assigned nothing yet works on all he manages: then the list is not narrowed to him either.
    mine, stands = my_projects(request.user)
    own, chains = "mine=on&" if stands else "", _chains(mine, stands)
    rows = project_rows.shown(mine)
    # Both orders are those of an index, so that a city's twenty are read and not sorted out of thousands.
    overdue = rows.filter(sort_group=SORT_GROUPS[Light.RED]).order_by("sort_group", "due_half", "id")
    soon = (
        rows.filter(due_on__range=(today, today + dt.timedelta(days=DUE_DAYS)))
        .exclude(light__in=[Light.RED, Light.OVERDUE_STATUTORY])
        .order_by("due_on", "due_half", "id")
    )
    waiting = rows.filter(waiting_supplement=True).order_by("last_news_at", "id")
    stale = rows.filter(light=literal("stale")).order_by("last_news_at", "id")
    unstarted = rows.filter(stages_total=0, chain__isnull=True).order_by("id")
    deferred = (
        _within(MaterialUse.objects.filter(status=literal("deferred")), "stage__chain", chains)
        .select_related("stage__chain__project__enterprise")
        .only(*DEFERRED_COLUMNS)
        .order_by("due_on", "id")
    )
    listing, slow = reverse("project-list"), early.warnings(now)
    sections = [
        _section(
            "overdue",
            Light.RED,
            _("Overdue"),
            _("by days overdue"),
            overdue,
            calendar,
            now,
            slow,
            f"{listing}?{own}light=red&light=statutory",
        ),
        _section(
            "due",
            Light.AMBER,
            _("Due within 7 days"),
            f"{today:%m-%d} – {today + dt.timedelta(days=DUE_DAYS):%m-%d}",
            soon,
            calendar,
            now,
            slow,
            f"{listing}?{own}due=week",
        ),
        Section(
            "deferred",
            Light.AMBER,
            _("Deferred materials"),
            _("accepted on the promise to hand them in"),
            [_deferred(use, today) for use in deferred[:SECTION_LIMIT]],
            deferred.count(),
            f"{listing}?{own}waiting=deferral",
        ),
        _waiting_first(
            _section(
                "supplement",
                Light.STOPPED,
                _("Waiting for the enterprise"),
                _("clock stopped"),
                waiting,
                calendar,
                now,
                slow,
                f"{listing}?{own}waiting=supplement",
            )
        ),
        _section(
            "stale",
            Light.STALE,
            _("No news"),
            _("for more than the set number of days"),
            stale,
            calendar,
            now,
            slow,
            f"{listing}?{own}light=stale",
        ),
    ]
    opened = _opened(request, mine, now)
    context = {
        "sections": sections,
        "all_url": f"{listing}?{own}".rstrip("?&"),
        "panels": panels.of_workbench(request.user, now),
        "unstarted": list(unstarted[:10]),
        "unstarted_total": unstarted.count(),
        "total": _total(mine),
        "today_total": sum(section.total for section in sections),
        "agenda": _agenda(chains, today, calendar),
        "recent": _recent(chains),
        "shortages": workbench_quota.shortages(mine, today),
        "ending": workbench_quota.ending(mine, now),
        "opened": opened,
        "slow": early.of_projects(mine, slow),
        "now": now,
        "may_advance": allows(request.user, "stage.advance"),
    }
    return render(request, "approvals/workbench.html", context)


def _chains(projects, stands: bool):
    """Return the chains of the projects to narrow stages by; None where they are the whole city. One query at most.

    Those of one's own projects are named one by one, for the same reason as the projects.
    """
    if not projects.query.where:
        return None
    chains = Chain.objects.filter(project__in=projects).values_list("pk", flat=True)
    return list(chains) if stands else chains


def _within(rows, path, chains):
    """Narrow rows to those whose `path` leads to one of the chains; all rows where those are the whole city."""
    return rows if chains is None else rows.filter(**{f"{path}__in": chains})


def _section(code, light, title, hint, queryset, calendar, now, slow, url):
    rows = [project_rows.row(project, calendar, now, slow=slow) for project in queryset[:SECTION_LIMIT]]
    total = len(rows) if len(rows) < SECTION_LIMIT else queryset.count()
    return Section(code, light, title, hint, rows, total, url, project_rows.fingerprint(rows, now))


def _waiting_first(section):
    """Return the section with the stage that waits for the enterprise in front of each row."""
    rows = [
        replace(row, stages=tuple(sorted(row.stages, key=lambda line: line.state != State.SUPPLEMENT_REQUESTED)))
        for row in section.rows
    ]
    return replace(section, rows=rows)


def _deferred(use, today):
    return {"use": use, "project": use.stage.chain.project, "days": (use.due_on - today).days}


def _agenda(chains, today, calendar):
    """Return the days of the coming week with the stages due on them; rest days are named. Three queries."""
    due = _within(Stage.objects.all(), "chain", chains).filter(
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
    shown = (
        Stage.objects.select_related("chain__project__enterprise", "stage_template")
        .only(
            *("code", "name", "state", "light", "due_on", "stage_template__short_name"),
            *("chain__project__code", "chain__project__name", "chain__project__enterprise__short_name"),
        )
        .in_bulk(ids)
    )
    by_day: dict[dt.date, list] = {}
    for stage in sorted(shown.values(), key=lambda stage: (stage.due_on, stage.pk)):
        by_day.setdefault(stage.due_on, []).append(stage)
    days = []
    for offset in range(DUE_DAYS + 1):
        day = today + dt.timedelta(days=offset)
        working, stages = calendar.is_workday(day), by_day.get(day, [])[:AGENDA_ROWS]
        if working and day in numbers or not working or offset == 0:
            more = numbers.get(day, 0) - len(stages)
            days.append({"day": day, "stages": stages, "more": more, "working": working, "name": calendar.name(day)})
    return days


def _recent(chains):
    """Return the latest eight events of the chains. One query, two where they are not the whole city."""
    events = StageEvent.objects.order_by("-recorded_at", "-id")
    if chains is not None:
        # The stages with the latest events first: asked for the events themselves, PostgreSQL walks through a city's.
        latest = StageEvent.objects.filter(stage__chain__in=chains).order_by().values("stage")
        stages = latest.annotate(at=Max("recorded_at"), newest=Max("pk")).order_by("-at", "-newest")
        events = events.filter(stage__in=[row["stage"] for row in stages[:RECENT]])
    return list(events.select_related("stage__chain__project", "by").only(*EVENT_COLUMNS)[:RECENT])


def _total(projects) -> int:
    """Return how many projects there are, from the tallies where they are the whole city. One query."""
    if projects.query.where:
        return projects.count()
    return LightTally.objects.aggregate(total=Sum("projects"))["total"] or 0


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
        Section(code, light, title, hint, listed[code], numbers[code])
        for code, light, title, hint in (
            ("overdue", Light.RED, _("Overdue"), _("by days overdue")),
            ("today", Light.AMBER, _("Due today"), _("to be decided before the close of the day")),
            ("received", Light.NONE, _("To be accepted"), _("handed in, not accepted yet")),
            ("due", Light.AMBER, _("Due within 7 days"), ""),
            ("supplement", Light.STOPPED, _("Clock stopped"), _("supplement or special procedure")),
            ("later", Light.GREEN, _("In handling"), _("due later")),
        )
    ]
    context = {
        "sections": sections,
        "done": listed["done"][:10],
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
