"""Forecasts: by when projects begin construction or are completed, and what a target date asks of their stages."""

from dataclasses import dataclass
from datetime import date, datetime

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from approvals import early, forecast, keeping, project_rows, prospect_svg, prospects, recording
from approvals.forecast import COMPLETION, CONSTRUCTION
from approvals.views.project_list import filter_fields, filtered
from calendars import store
from people.access import allows, get_for, needs
from projects.models import Project

PAGE_SIZE = 25
LEVELS = {
    "sure": gettext_lazy("80% or more"),
    "even": gettext_lazy("50% to 80%"),
    "less": gettext_lazy("below 50%"),
    "passed": gettext_lazy("reached already"),
    "without": gettext_lazy("nothing to forecast"),
}
ORDERS = {
    "chance": gettext_lazy("Least likely first"),
    "soonest": gettext_lazy("Soonest first"),
    "code": gettext_lazy("By code"),
}


def next_half_year(today: date) -> date:
    """Return the end of the half-year that is at least two months away: what a target is usually set to."""
    ends = (date(today.year + n // 2, 12 if n % 2 else 6, 31 if n % 2 else 30) for n in range(4))
    return next(end for end in ends if (end - today).days >= 60)


def asked(request, today: date, usual: date | None = None) -> tuple[str, date]:
    """Return the milestone and the target date of the address; what is no date is the usual one."""
    milestone = request.GET.get("milestone", "")
    try:
        target = parse_date(request.GET.get("by", "")[:10])
    except ValueError:
        target = None
    known = target is not None and abs(target.year - today.year) <= 20
    return (
        milestone if milestone in prospects.MILESTONES else CONSTRUCTION,
        target if known else usual or next_half_year(today),
    )


@dataclass(frozen=True)
class Asked:
    """What an address of the list asks for: `ids` of the projects in order, `codes` of the whole filter, `level` and
    dates (`whens`, for those that have any) by project, as of `at`.
    """

    form: object
    values: dict
    milestone: str
    target: date
    chosen: str
    order: str
    codes: dict[int, str]
    whens: dict[int, prospects.When]
    level: dict[int, str]
    ids: list[int]
    at: datetime


def chosen(request, now: datetime, calendar) -> Asked:
    """Return what the address asks for, read for the page and the export alike. Some twelve queries."""
    form, values, queryset = filtered(request)
    milestone, target = asked(request, now.date())
    outlooks, at = prospects.of_reach(request.user, now, calendar)
    codes = dict(queryset.order_by("code").values_list("pk", "code"))
    whens, level = _sorted_out(codes, queryset, outlooks, milestone, target, at, calendar)
    wanted = request.GET.get("level") if request.GET.get("level") in LEVELS else ""
    order = request.GET.get("order") if request.GET.get("order") in ORDERS else "chance"
    ids = _ordered([pk for pk in codes if not wanted or level[pk] == wanted], whens, order)
    return Asked(form, values, milestone, target, wanted, order, codes, whens, level, ids, at)


@require_GET
@needs("project.view")
def forecast_list(request):
    """Show by when the projects of a filter reach a milestone, and with which chance by a target. Thirty queries."""
    now, calendar = timezone.localtime(), store.current()
    keeping.sweep(now)
    found = chosen(request, now, calendar)
    page = Paginator(found.ids, PAGE_SIZE).get_page(request.GET.get("page"))
    counts = {name: sum(one == name for one in found.level.values()) for name in LEVELS}
    context = {
        "page": page,
        "rows": _rows(list(page.object_list), found, now, calendar),
        "levels": [(name, label, counts[name]) for name, label in LEVELS.items()],
        "level": found.chosen,
        "expected": prospects.expected(found.whens),
        "total": len(found.codes),
        "milestone": found.milestone,
        "milestones": prospects.MILESTONES.items(),
        "target": found.target,
        "target_provisional": calendar.leans_on_provisional(now.date(), found.target),
        "order": found.order,
        "orders": ORDERS.items(),
        "records": recording.share_of(request.user, now),
        "at": found.at,
        "now": now,
        "may_export": allows(request.user, "project.export"),
        **filter_fields(found.form, found.values),
    }
    return render(request, "approvals/forecast_list.html", context)


def _sorted_out(codes, queryset, outlooks, milestone, target, at, calendar) -> tuple[dict, dict[int, str]]:
    """Return the dates by project, and the level of every project of the filter. One query."""
    finished = set(queryset.filter(chain__closed_on__isnull=False).order_by().values_list("pk", flat=True))
    whens, level = {}, {}
    for pk in codes:
        outlook = outlooks.get(pk)
        if pk in finished or outlook is not None and milestone in outlook.passed:
            level[pk] = "passed"
        elif outlook is None or milestone not in outlook.milestones:
            level[pk] = "without"
        else:
            whens[pk] = prospects.when(outlook.milestones[milestone], at, calendar, target)
            level[pk] = whens[pk].level
    return whens, level


def _ordered(ids: list[int], whens: dict, order: str) -> list[int]:
    """Return the projects in the order asked for; those without dates come last, by their codes."""
    known = [pk for pk in ids if pk in whens]
    if order == "chance":
        known.sort(key=lambda pk: (whens[pk].chance, -whens[pk].p80.date.toordinal()))
    elif order == "soonest":
        known.sort(key=lambda pk: (whens[pk].p50.date, whens[pk].p80.date))
    else:
        return ids
    return known + [pk for pk in ids if pk not in whens]


def _rows(ids: list[int], found: Asked, now, calendar) -> list[dict]:
    """Return the rows of a page. Some eight queries, and ten milliseconds for each project."""
    flagged = early.warnings(now)
    projects = project_rows.shown(Project.objects.filter(pk__in=ids)).in_bulk()
    known = [pk for pk in ids if pk in found.whens]
    stories = prospects.stories(known, now, calendar, found.milestone, found.target)
    rows = []
    for pk in ids:
        row = project_rows.row(projects[pk], calendar, now, slow=flagged)
        story = stories.get(pk)
        story = story if story and story.milestone == found.milestone else None
        told = {"row": row, "project": projects[pk], "when": found.whens.get(pk), "level": found.level[pk]}
        rows.append(told | {"story": story})
    return rows


@require_GET
@needs("project.view")
def forecast_project(request, code):
    """Show what is left of one project: dates of its stages, what moves them, and what a target date asks of each.

    `part=panel` gives the piece that the project page loads. Some fifteen queries.
    """
    project = get_for(request.user, Project.objects.all(), code=code)
    if getattr(project, "chain", None) is None:
        raise Http404
    now, calendar = timezone.localtime(), store.current()
    milestone, target = asked(request, now.date(), _planned(project, request.GET.get("milestone", ""), now.date()))
    panel = request.GET.get("part") == "panel"
    wished = milestone if "milestone" in request.GET else ""
    story = prospects.stories([project.pk], now, calendar, wished, target).get(project.pk)
    context = {
        "project": project,
        "story": story,
        "target": target,
        "milestones": [(name, label) for name, label in prospects.MILESTONES.items()],
        "records": recording.share_of(request.user, now),
        "draws": forecast.DRAWS,
        "now": now,
        "breadcrumbs": [
            (_("Projects"), reverse("project-list")),
            (project.name, reverse("project-page", args=[project.code])),
            (_("Forecast"), ""),
        ],
    }
    if story is not None:
        context |= _drawn(story, now, calendar)
    return render(request, f"approvals/{'_forecast_panel' if panel else 'forecast_project'}.html", context)


def _planned(project, milestone: str, today: date) -> date | None:
    """Return the project's own plan for a milestone, where it lies ahead."""
    planned = project.planned_finish_on if milestone == COMPLETION else project.planned_start_on
    return planned if planned and planned > today else None


def _drawn(story: prospects.Story, now, calendar) -> dict:
    """Return the stages with their bars: made of numbers and escaped text only."""
    shown = [line for line in story.lines if line.matters or story.milestone == COMPLETION]
    scale = prospect_svg.scale_of(prospect_svg.furthest(line.halves for line in shown), now, calendar, story.target)
    rows = [
        (line, mark_safe(prospect_svg.bar(line.halves, line.critical >= 50, scale, _bar_words(line)))) for line in shown
    ]
    axis = mark_safe(prospect_svg.axis(scale, _("Months")))
    learned = [(line, [line.learned.get(part, "") for part in prospects.PARTS]) for line in shown]
    return {
        "rows": rows,
        "axis": axis,
        "left_out": len(story.lines) - len(shown),
        "learned": learned,
        "parts": prospects.PARTS.values(),
    }


def _bar_words(line) -> str:
    return _("%(name)s: %(start)s to %(finish)s") % {
        "name": line.name,
        "start": f"{line.start.p50.date:%Y-%m-%d}",
        "finish": f"{line.finish.p50.date:%Y-%m-%d}",
    }
