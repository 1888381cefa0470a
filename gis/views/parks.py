"""Parks: the list with their readiness, and the page of one: board, needs by day, projects, pools, parcels, history."""

import json

from django.db.models import Count, Sum
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from approvals import keeping
from calendars import store
from gis import park_page as page
from gis import standing
from people import audit, exports, limits
from people.access import allows, get_for, may_manage, needs, visible_to
from projects import outline, registry, search
from projects.models import Park
from projects.views.common import LIGHTS, seen_projects


@require_GET
@needs("project.view")
def park_list(request):
    """List the parks by code: how ready each is, and the visible projects by light. Five queries."""
    query = request.GET.get("q", "").strip()[:100]
    lacks = request.GET.get("lacks", "")[:20]
    today = timezone.localdate()
    parks = list(
        search.matching(visible_to(Park.objects.all(), request.user), query)
        .select_related("district")
        .defer("search_text", "boundary")
        .order_by("code")
    )
    items = standing.items_in_use()
    boards = standing.boards(parks, today, items)
    counts = [(item, sum(item.code in board.completion.lacking for board in boards.values())) for item in items]
    if lacks in {item.code for item in items}:
        parks = [park for park in parks if lacks in boards[park.pk].completion.lacking]
    found: dict[int, dict] = {}
    seen = seen_projects(request.user).filter(park__isnull=False)
    for park, light, number in seen.values_list("park", "light").annotate(number=Count("id")).order_by():
        found.setdefault(park, {})[light] = number
    sums = dict(seen.values_list("park").annotate(total=Sum("investment_wan")).order_by())
    for park in parks:
        own = found.get(park.pk, {})
        park.lights = [(light, own[light]) for light in LIGHTS if own.get(light)]
        park.project_count, park.investment = sum(own.values()), sums.get(park.pk)
        park.board = boards[park.pk]
    context = {
        "parks": parks,
        "query": query,
        "lacks": lacks,
        "lacking": counts if items else [],
        "full": sum(board.completion.is_full for board in boards.values()),
        "may_create": allows(request.user, "park.edit") and registry.districts_managed(request.user).exists(),
        "may_verify": allows(request.user, "utility.verify"),
        "breadcrumbs": [],
    }
    return render(request, "gis/park_list.html", context)


def park_for(request, code: str, need: str = "view") -> Park:
    """Return a park by its code: 404 for strangers, 403 for readers who may not manage it."""
    return get_for(request.user, Park.objects.select_related("district__parent"), need=need, code=code)


@require_GET
@needs("project.view")
def park_page(request, code):
    """Show a park. `item` narrows the needs to one utility. Some thirty queries, whatever the number of projects."""
    park = park_for(request, code)
    now = timezone.localtime()
    keeping.sweep(now)
    today = now.date()
    board = standing.boards([park], today)[park.pk]
    every = standing.shortfalls(today, parks=[park.pk], user=request.user)
    chosen = request.GET.get("item", "")
    item = next((row.item for row in board.rows if row.item.code == chosen), None)
    manages = may_manage(request.user, park)
    projects = page.project_lines(request.user, park, every, store.current(), now)
    context = page.overview(request.user, park, every) | {
        "park": park,
        "now": now,
        "today": today,
        "board": board,
        "lines": page.lines(board, park, every, today),
        "tally": page.tally(board),
        "needs": [need for need in every if item is None or need.item == item],
        "needs_total": len(every),
        "item": item,
        "projects": projects,
        "pools": page.pools(request.user, park, today),
        "land": page.land(request.user, park, today),
        "assessments": page.assessments(park, today),
        "history": page.history(park, today),
        "outline": outline.draw(park.boundary, page.sites(request.user, park)),
        "geojson": json.dumps(park.boundary, ensure_ascii=False) if park.boundary else "",
        "may_manage": manages,
        "report_due": page.report_due(request.user, park, today, manages),
        "may_export": allows(request.user, "project.export"),
        "sees_books": allows(request.user, "factor.view"),
        "breadcrumbs": [(_("Parks"), reverse("park-list")), (park.district.name, ""), (park.name, "")],
    }
    return render(request, "gis/park_page.html", context)


@require_GET
@needs("project.export")
def park_needs_export(request, code):
    """Download what the utilities of a park cannot serve in time, as CSV that spreadsheet programs open in UTF-8."""
    if refused := limits.refuse_export(request, timezone.now()):
        return refused
    park = park_for(request, code)
    today = timezone.localdate()
    found = standing.shortfalls(today, parks=[park.pk], user=request.user)
    heads = (
        *(_("Project code"), _("Project"), _("Enterprise"), _("Utility"), _("Needed"), _("Available then"), _("Short")),
        *(_("Unit"), _("Needed by"), _("Ready on"), _("Days short"), _("Who can close it"), _("Waits for")),
    )
    rows = []
    for need in found:
        gap, project = need.gap, need.project
        rows.append(
            (
                *(project.code, project.name, project.enterprise or "", need.item, gap.amount, gap.available_then),
                *(gap.short, need.item.unit, gap.needed_on, gap.ready_on or _("no date")),
                *("" if gap.days is None else gap.days, need.who, need.expansion or ""),
            )
        )
    audit.record("export", by=request.user, request=request, target=park, rows=len(found), name="needs")
    return exports.csv_file(f"needs-{park.code}-{today:%Y%m%d}", heads, rows)
