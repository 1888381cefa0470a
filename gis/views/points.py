"""The point of a project, given by dragging or typing, and the list of points that do not lie where they should."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from gis import outlines, placing
from gis.models import Placement, ShapeSource
from gis.point_forms import PointForm
from people.access import manageable_by, needs, visible_to
from projects import actions
from projects.models import Project
from projects.views.common import locked, one_after_the_other, project_for

PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@needs("project.view")
@one_after_the_other
def project_point(request, code):
    """Show the point of a project on a map; POST looks at given coordinates (do=look) or stores them."""
    project = locked(request, project_for(request, code, need="manage"))
    form = PointForm(request.POST or None, project=project)
    looked = False
    if request.method == "POST" and form.is_valid():
        if request.POST.get("do") != "look":
            _store(request, project, form)
            messages.success(request, _("Saved."))
            return redirect("project-page", code=project.code)
        looked = form.point is not None
    context = {
        "project": project,
        "form": form,
        "looked": looked,
        "placement": Placement.objects.select_related("district", "park").filter(project=project).first(),
        "sources": ShapeSource.objects.filter(project=project).select_related("made_by")[:5],
        "breadcrumbs": [
            (_("Projects"), reverse("project-list")),
            (project.name, reverse("project-page", args=[project.code])),
            (_("Point"), ""),
        ],
    }
    return render(request, "gis/project_point.html", context, status=422 if form.errors else 200)


def _store(request, project, form):
    try:
        if form.point is None:
            actions.edit(by=request.user, project=project, changed={"longitude": None, "latitude": None})
        elif form.point != (project.longitude, project.latitude):
            x, y = form.point
            outlines.set_point(
                by=request.user, project=project, longitude=x, latitude=y, origin=form.origin, now=timezone.now()
            )
    except actions.Forbidden as error:
        transaction.set_rollback(True)
        raise PermissionDenied from error


@require_GET
@needs("project.view")
def point_list(request):
    """List the visible projects whose point lies outside their park or district, or (`?show=none`) that have none."""
    rows = visible_to(Project.objects.all(), request.user)
    strays, without = placing.misplaced(rows), rows.filter(longitude__isnull=True).exclude(status="cancelled")
    shown = "none" if request.GET.get("show") == "none" else "stray"
    chosen = (without if shown == "none" else strays).select_related(
        "park", "district", "placement__park", "placement__district"
    )
    pages = Paginator(chosen.order_by("code"), PAGE)
    page = pages.get_page(request.GET.get("page"))
    mine = manageable_by(Project.objects.all(), request.user)
    managed = set(mine.filter(pk__in=[row.pk for row in page]).values_list("pk", flat=True))
    context = {
        "page": page,
        "show": shown,
        "managed": managed,
        "strays": pages.count if shown == "stray" else strays.count(),
        "without": pages.count if shown == "none" else without.count(),
        "breadcrumbs": [(_("Map"), reverse("map")), (_("Points to be checked"), "")],
    }
    return render(request, "gis/point_list.html", context)
