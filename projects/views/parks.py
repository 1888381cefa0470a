"""Parks: facts, outline, projects."""

import json

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Sum
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from people.access import allows, get_for, may_manage, needs, visible_to
from projects import outline, registry, search
from projects.enterprise_forms import ParkForm
from projects.models import Park
from projects.views.common import LIGHTS, attempt, counts_by_light, locked, one_after_the_other, seen_projects

PROJECTS_SHOWN = 200
"""A park's page lists so many projects, worst first; the project list has them all."""


def _may_create(user) -> bool:
    return allows(user, "park.edit") and registry.districts_managed(user).exists()


@require_GET
@needs("project.view")
def park_list(request):
    """List the parks by code, with the visible projects by light. Three queries."""
    query = request.GET.get("q", "").strip()[:100]
    parks = list(
        search.matching(visible_to(Park.objects.all(), request.user), query)
        .select_related("district")
        .defer("search_text", "boundary")
        .order_by("code")
    )
    found: dict[int, dict] = {}
    sums: dict[int, object] = {}
    seen = seen_projects(request.user).filter(park__isnull=False)
    for park, light, number in seen.values_list("park", "light").annotate(number=Count("id")).order_by():
        found.setdefault(park, {})[light] = number
    sums.update(seen.values_list("park").annotate(total=Sum("investment_wan")).order_by())
    for park in parks:
        own = found.get(park.pk, {})
        park.lights = [(light, own[light]) for light in LIGHTS if own.get(light)]
        park.project_count, park.investment = sum(own.values()), sums.get(park.pk)
    context = {"parks": parks, "query": query, "may_create": _may_create(request.user), "breadcrumbs": []}
    return render(request, "projects/park_list.html", context)


@require_GET
@needs("project.view")
def park_page(request, code):
    """Show a park: facts, outline, counts by light and its projects, worst first."""
    park = get_for(request.user, Park.objects.select_related("district"), code=code)
    projects = seen_projects(request.user).filter(park=park)
    rows = list(
        projects.select_related("enterprise")
        .defer("search_text", "content")
        .order_by("sort_group", "due_half", "id")[:PROJECTS_SHOWN]
    )
    counts = counts_by_light(projects)
    context = {
        "park": park,
        "projects": rows,
        "counts": counts,
        "total": sum(number for _light, number in counts),
        "investment": projects.aggregate(total=Sum("investment_wan"))["total"],
        "outline": outline.draw(park.boundary, rows),
        "geojson": json.dumps(park.boundary, ensure_ascii=False) if park.boundary else "",
        "may_manage": may_manage(request.user, park),
        "breadcrumbs": [(_("Parks"), reverse("park-list")), (park.name, "")],
    }
    return render(request, "projects/park_page.html", context)


@require_http_methods(["GET", "POST"])
@needs("park.edit")
def park_create(request):
    """Register a park in a district that the person manages."""
    if not _may_create(request.user):
        raise PermissionDenied
    return _edit(request, Park(), [(_("Parks"), reverse("park-list")), (_("New park"), "")])


@require_http_methods(["GET", "POST"])
@needs("project.view")
@one_after_the_other
def park_edit(request, code):
    """Change the facts of a park."""
    park = locked(request, get_for(request.user, Park.objects.select_related("district"), need="manage", code=code))
    trail = [(_("Parks"), reverse("park-list")), (park.name, reverse("park-page", args=[code])), (_("Edit"), "")]
    return _edit(request, park, trail)


def _edit(request, park, breadcrumbs):
    address = park.code
    form = ParkForm(request.POST or None, instance=park, user=request.user)
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, registry.save_park, by=request.user, park=form.instance)
        if saved is not None:
            messages.success(request, _("“%(name)s” is on record.") % {"name": saved.name})
            return redirect("park-page", code=saved.code)
    context = {"form": form, "address": address, "breadcrumbs": breadcrumbs}
    return render(request, "projects/park_form.html", context, status=422 if form.errors else 200)
