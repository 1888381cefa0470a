"""Visits: logging one on the phone with the problems it raised, and the list of them."""

import datetime as dt

from django.contrib import messages
from django.db.models import Count, Prefetch, Sum
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from calendars import store
from people import paging
from people.access import allows, get_for, needs
from projects import search
from projects.models import Project
from supervision import actions, standing, visible
from supervision.forms import ProjectText, VisitForm, line_forms, suggestions
from supervision.views import common


@require_GET
@needs("project.view")
def visit_list(request):
    """List the visits one sees, the latest first; `?mine=on` one's own, `?month=YYYY-MM` of a month."""
    today = timezone.localdate()
    rows = visible.visits(request.user)
    mine = request.GET.get("mine") == "on"
    if mine:
        rows = rows.filter(visitor=request.user)
    query = request.GET.get("q", "").strip()[:100]
    if query:
        rows = rows.filter(project__in=search.matching(Project.objects.all(), query).values("pk"))
    month = _month(request.GET.get("month", ""))
    if month:
        rows = rows.filter(visited_at__date__gte=month, visited_at__date__lt=_following(month))
    sums = rows.order_by().aggregate(n=Count("pk"), minutes=Sum("minutes"))
    told = Prefetch("problems", visible.named(request.user))
    shown = rows.select_related("project__enterprise", "visitor").prefetch_related(told)
    page = paging.page(shown, ("-visited_at", "-id"), request.GET.get("cursor", ""), common.PAGE_SIZE)
    may_log = allows(request.user, "visit.log")
    context = {
        "areas": common.areas(request, "visit-list"),
        "page": page,
        "rows": page.rows,
        "total": sums["n"],
        "minutes": sums["minutes"] or 0,
        "mine": mine,
        "query": query,
        "month": month and f"{month:%Y-%m}",
        "may_log": may_log,
        "due": standing.visits_due(request.user, today) if may_log else [],
        "today": today,
        "breadcrumbs": [],
    }
    return render(request, "supervision/visit_list.html", context)


def _month(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(f"{text}-01") if len(text) == 7 else None
    except ValueError:
        return None


def _following(month: dt.date) -> dt.date:
    return (month + dt.timedelta(days=32)).replace(day=1)


@require_http_methods(["GET", "POST"])
@needs("visit.log")
def visit_create(request):
    """Log a visit and register what was raised, in one go; `?project=CODE` chooses the project."""
    now, chosen = timezone.localtime(), None
    if request.GET.get("project"):
        chosen = get_for(request.user, Project.objects.select_related("enterprise"), code=request.GET["project"])
    form = VisitForm(request.POST or None, user=request.user, now=now, chosen=chosen)
    lines = line_forms(request.POST or None)
    valid = request.method == "POST" and form.is_valid()
    if request.method == "POST" and lines.is_valid() and valid:
        visit = form.save(commit=False)
        raised = [
            (line.problem(visit.met), line.cleaned_data.get("department")) for line in lines if line.has_changed()
        ]
        raised = [(problem, department) for problem, department in raised if problem is not None]
        actions.log_visit(by=request.user, now=now, visit=visit, problems=raised, request=request)
        said = ngettext("Logged, %(n)s problem registered.", "Logged, %(n)s problems registered.", len(raised))
        messages.success(request, said % {"n": len(raised)} if raised else _("The visit is logged."))
        return redirect(reverse("visit-list") + "?mine=on")
    wrong = request.method == "POST"
    context = {
        "areas": common.areas(request, "visit-list"),
        "form": form,
        "lines": lines,
        "suggestions": suggestions(request.user) if isinstance(form.fields["project"], ProjectText) else [],
        "breadcrumbs": [(_("Visits"), reverse("visit-list")), (_("Log a visit"), "")],
    }
    return render(request, "supervision/visit_form.html", context, status=422 if wrong else 200)


@require_GET
@needs("project.view")
def visit_page(request, pk):
    """Show a visit with the problems it raised."""
    visit = visible.one(visible.visits(request.user).select_related("project__enterprise", "visitor__department"), pk)
    today = timezone.localdate()
    problems = visible.named(request.user).filter(visit=visit).select_related("department").order_by("pk")
    calendar = store.current()
    context = {
        "areas": common.areas(request, "visit-list"),
        "visit": visit,
        "problems": [standing.problem_row(row, today, calendar) for row in problems],
        "today": today,
        "breadcrumbs": [(_("Visits"), reverse("visit-list")), (f"{timezone.localtime(visit.visited_at):%m-%d}", "")],
    }
    return render(request, "supervision/visit_page.html", context)
