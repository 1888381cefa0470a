"""Pages around the timeline: the drawing alone (another scale or width), the sheet to print, the days of a stage."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from approvals import derive, explain, gating, timeline
from approvals.explain_svg import paint, strip
from approvals.models import Chain
from approvals.timeline_input import chain_input, figures, timeline_context
from approvals.timeline_layout import AXIS_HEIGHT, plain, stage_no
from approvals.timeline_left import legend
from approvals.timeline_pen import SCREEN, el, patterns, rect
from calendars import store
from factors import gates
from people.access import get_for, needs
from projects.models import Assignment, Project

SHEET_WIDTH = 1067  # px between the margins of A4 landscape
SHEET_HEIGHT = 586  # px for the drawing of one sheet
ROWS_PER_SHEET, LANE_HEIGHT, ROW_HEIGHTS = 24, 20, (26, 22)


def chain_of(request, code: str):
    """(project, view of its chain, now) for who may see it. Raises Http404 for strangers and without a chain."""
    projects = Project.objects.select_related("enterprise", "district", "park")
    project = get_for(request.user, projects, code=code)
    chain = Chain.objects.select_related("template").filter(project=project).first()
    if chain is None:
        raise Http404
    now = timezone.now()
    return project, derive.load(chain, now, store.current()), now


def is_fragment(request) -> bool:
    """Whether a script asked for the part of the page only."""
    return request.headers.get("HX-Request") == "true" or request.headers.get("X-Requested-With") == "fetch"


@require_GET
@needs("project.view")
@vary_on_headers("HX-Request", "X-Requested-With")
def project_timeline(request, code):
    """The timeline card alone, for timeline.js (another scale or width); else the project page with the query."""
    project, view, now = chain_of(request, code)
    if not is_fragment(request):
        return redirect(f"{reverse('project-page', args=[project.code])}?{request.GET.urlencode()}")
    blockers = gating.blockers(gates.load(project, now), view)
    return render(request, "approvals/_timeline.html", timeline_context(request, view, project, blockers=blockers))


@require_GET
@needs("project.view")
def project_chain_print(request, code):
    """The chain on A4 landscape, black and white, legend and origin of the data on every sheet."""
    project, view, now = chain_of(request, code)
    data = chain_input(view, project, blockers=gating.blockers(gates.load(project, now), view), key="print")
    sheets = print_sheets(data)
    people = Assignment.objects.filter(project=project, ended_on__isnull=True).select_related("user").order_by("role")
    overdue = [v for v in view.applicable if v.is_running and v.clock.over_days > 0]
    context = {
        "project": project,
        "chain": view.chain,
        "sheets": [mark_safe(drawing.svg) for drawing in sheets],
        "legend": [(mark_safe(s), w) for s, w in legend(data.key, bw=True, calendar_years=sheets[0].provisional_years)],
        "figures": figures(view),
        "people": people,
        "overdue": [(stage_no(v.stage.code), v.stage.name, v.clock.over_days) for v in overdue],
        "calendar": view.calendar,
        "provisional_years": sheets[0].provisional_years,
        "now": now,
    }
    return render(request, "approvals/chain_print.html", context)


def print_sheets(data) -> list:
    """One drawing per sheet: rows of 26 px, less if that keeps a chain together; from 24 stages a second sheet."""
    count = max(len(data.stages), 1)
    sheets = -(-count // ROWS_PER_SHEET)
    each = -(-count // sheets)
    room = SHEET_HEIGHT - AXIS_HEIGHT - LANE_HEIGHT * max(len(data.phases), 1)
    height = max(min(room // each, ROW_HEIGHTS[0]), ROW_HEIGHTS[1])
    width = SHEET_WIDTH - timeline.layout.LEFT_WIDTH - timeline.layout.RIGHT_MARGIN
    return [
        timeline.draw(
            data,
            timeline.TimelineOptions(
                width=width,
                bw=True,
                left=True,
                row_height=height,
                lane_height=LANE_HEIGHT,
                skip=index * each,
                take=each,
                fit=True,
            ),
        )
        for index in range(sheets)
    ]


@require_GET
@needs("project.view")
@vary_on_headers("HX-Request", "X-Requested-With")
def stage_explain(request, code, stage):
    """How the days of one stage add up, day by day: a page of its own, or the inside of a dialog."""
    project, view, now = chain_of(request, code)
    found = view.by_code.get(stage)
    if found is None:
        raise Http404
    told = explain.explain(found, view.by_code, view.calendar, now)
    limit = found.clock.limit
    context = {
        "project": project,
        "view": found,
        "no": stage_no(found.stage.code),
        "told": told,
        "strip": mark_safe(strip(found.clock.days, told["pins"])) if found.clock.days else "",
        "boxes": [(box, mark_safe(swatch(box.kind))) for box in told["boxes"]],
        "limit": plain(limit.limit_days) if limit else "",
        "calendar": view.calendar,
        "breadcrumbs": [
            (_("Projects"), reverse("project-list")),
            (project.name, reverse("project-page", args=[project.code])),
            (f"{stage_no(found.stage.code)} {found.stage.name}", ""),
        ],
        "fragment": is_fragment(request),
    }
    template = "approvals/_stage_explain.html" if context["fragment"] else "approvals/stage_explain.html"
    return render(request, template, context)


def swatch(kind: str) -> str:
    """A small square in the paint of one part of the equation."""
    fill, edge = paint(kind, False, f"box-{kind}")
    dash = "2 2" if kind == "waiting" else None
    content = patterns(f"box-{kind}", SCREEN) + rect(0.5, 0.5, 13, 11, fill, stroke=edge, stroke_dasharray=dash)
    return el("svg", content, width=14, height=12, viewBox="0 0 14 12", aria_hidden="true")
