"""Key points of a project's life, and the monthly figures."""

import datetime as dt

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from people.access import needs
from projects import actions, registry
from projects.forms import FigureForm, KeyPointsForm
from projects.models import KeyPoint
from projects.views.common import attempt, crumbs, project_for


@require_http_methods(["GET", "POST"])
@needs("project.view")
def project_key_points(request, code):
    """Record dates (the table) or the figures of a month (`do=figure`); giving a month again corrects it."""
    project = project_for(request, code, need="manage")
    today = timezone.localdate()
    stored = {point.name: point for point in project.key_points.all()}
    wants_figure = request.POST.get("do") == "figure"
    points = KeyPointsForm(
        request.POST if request.method == "POST" and not wants_figure else None,
        points=stored,
        signed_on=project.signed_on,
        today=today,
    )
    figure = FigureForm(
        request.POST if wants_figure else None, today=today, initial=_initial(project, request.GET.get("month"), today)
    )
    if points.is_bound and points.is_valid():
        changed = attempt(points, registry.store_key_points, by=request.user, project=project, points=points.points())
        if changed is not None:
            _say(request, project, points.points(), changed)
            return redirect("project-key-points", code=code)
    if figure.is_bound and figure.is_valid():
        facts = {name: figure.cleaned_data[name] for name in ("month", "investment_done_wan", "jobs", "note")}
        saved = attempt(figure, actions.report_figure, by=request.user, project=project, **facts)
        if saved is not None:
            messages.success(request, _("The figures of %(month)s are on record.") % {"month": f"{saved.month:%Y-%m}"})
            return redirect("project-key-points", code=code)
    wrong = points if points.errors else figure
    context = {
        "project": project,
        "points": points,
        "figure": figure,
        "form": wrong,
        "figures": list(project.figures.select_related("reported_by").order_by("-month")),
        "breadcrumbs": crumbs(project, _("Key points and monthly figures")),
    }
    return render(request, "projects/project_key_points.html", context, status=422 if wrong.errors else 200)


def _initial(project, month: str | None, today) -> dict:
    """Return the figures stored for `month` (YYYY-MM), to be corrected; else the present month."""
    try:
        first = dt.date.fromisoformat(f"{month}-01")
    except ValueError:
        return {"month": today.replace(day=1)}
    row = project.figures.filter(month=first).first()
    if row is None:
        return {"month": first}
    return {
        "month": first,
        "investment_done_wan": row.investment_done_wan,
        "jobs": row.jobs,
        "note": row.note,
    }


def _say(request, project, points, changed) -> None:
    """Tell what was stored, and where the dates contradict each other."""
    messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
    labels = dict(KeyPoint.Name.choices)
    for which, earlier, later in registry.order_warnings(points):
        sentence = (
            _("Please check: “%(later)s” is planned before “%(earlier)s”.")
            if which == "planned_on"
            else _("Please check: “%(later)s” happened before “%(earlier)s”.")
        )
        messages.warning(request, sentence % {"later": labels[later], "earlier": labels[earlier]})
    signed = points[KeyPoint.Name.SIGNED]["actual_on"]
    if signed and project.signed_on and signed != project.signed_on:
        messages.warning(
            request,
            _("The project itself says it was signed on %(day)s: correct one of the two.") % {"day": project.signed_on},
        )
