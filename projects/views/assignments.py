"""Who stands by a project, and whether the three stood in time."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from calendars import store
from people.access import allows, needs
from people.models import District
from projects import actions, indicators
from projects.forms import AssignForm
from projects.models import Assignment
from projects.views.common import attempt, crumbs, project_for, seen_projects

PAGE_SIZE = 50
ORDER = {"missing": 0, "late": 1, "open": 2, "unsigned": 3, "on_time": 4}


@require_http_methods(["GET", "POST"])
@needs("project.assign")
def project_assign(request, code):
    """Show who holds and who held which role, and hand a role over."""
    project = project_for(request, code)
    today = timezone.localdate()
    chosen = request.GET.get("role", "")
    initial = {"role": chosen} if chosen in Assignment.Role.values else {}
    form = AssignForm(request.POST or None, today=today, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, actions.assign, by=request.user, project=project, **form.cleaned_data)
        if made is not None:
            messages.success(
                request,
                _("%(role)s from %(day)s: %(who)s.")
                % {"role": made.get_role_display(), "day": made.started_on, "who": made.user},
            )
            return redirect("project-assign", code=project.code)
    history = list(project.assignments.select_related("user", "department", "made_by").order_by("-started_on", "-pk"))
    current = {row.role: row for row in history if row.ended_on is None}
    context = {
        "project": project,
        "form": form,
        "roles": [(value, label, current.get(value)) for value, label in Assignment.Role.choices],
        "history": history,
        "three": judge(project.signed_on, history, today),
        "role_labels": dict(Assignment.Role.choices),
        "breadcrumbs": crumbs(project, _("Assign")),
    }
    return render(request, "projects/project_assign.html", context, status=422 if form.errors else 200)


def judge(signed_on, assignments, today):
    """Return the judgement of `indicators.three_assignments` for model rows."""
    held = [indicators.Held(row.role, row.started_on, row.ended_on) for row in assignments]
    return indicators.three_assignments(signed_on, held, store.current(), today)


@require_GET
@needs("project.view")
def three_assignments(request):
    """List the projects by how their three assignments stand, with the coverage. Two queries and the districts."""
    today = timezone.localdate()
    projects = seen_projects(request.user).select_related("district").defer("search_text", "content")
    districts = District.objects.filter(projects__in=seen_projects(request.user)).distinct().order_by("code")
    district = next((d for d in districts if d.code == request.GET.get("district")), None)
    if district is not None:
        projects = projects.filter(district=district)
    rows = _judged(projects.exclude(status="cancelled"), today)
    coverage = indicators.coverage(row["three"] for row in rows)
    only = request.GET.get("show") if request.GET.get("show") in ("lacking", "all") else "lacking"
    shown = [row for row in rows if only == "all" or row["three"].lacking]
    shown.sort(key=lambda row: (ORDER[row["three"].state], -row["three"].days, row["project"].pk))
    context = {
        "page": Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page")),
        "coverage": coverage,
        "counts": {state: sum(row["three"].state == state for row in rows) for state in ORDER},
        "districts": districts,
        "district": district,
        "show": only,
        "may_assign": allows(request.user, "project.assign"),
        "within": indicators.THREE_WITHIN_DAYS,
        "breadcrumbs": [(_("Projects"), reverse("project-list")), (_("Three assignments"), "")],
    }
    return render(request, "projects/three_assignments.html", context)


def _judged(projects, today) -> list[dict]:
    """Return each project with its judgement. Two queries."""
    projects = list(projects)
    held: dict[int, list] = {}
    # Read whole and matched here: an id list of a large city would not fit into one statement.
    for row in Assignment.objects.filter(role__in=indicators.THREE_ROLES).only(
        "project", "role", "started_on", "ended_on"
    ):
        held.setdefault(row.project_id, []).append(indicators.Held(row.role, row.started_on, row.ended_on))
    calendar = store.current()
    labels = dict(Assignment.Role.choices)
    found = []
    for project in projects:
        three = indicators.three_assignments(project.signed_on, held.get(project.pk, ()), calendar, today)
        found.append({"project": project, "three": three, "lacking": [labels[role] for role in three.lacking]})
    return found
