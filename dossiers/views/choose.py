"""Choosing what to print: the project list's filter, rows to select, one button for all of them."""

from django.conf import settings
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from approvals import keeping, project_rows
from approvals.light_counts import light_counts
from approvals.views.project_list import ORDERS, PAGE_SIZE, filter_fields, filtered
from dossiers import actions
from dossiers.models import Kind, Print, PrintJob
from people import limits, paging
from people.access import needs, visible_to
from projects.models import Assignment, Project

DEFAULT_ORDER = ORDERS["worst"]


@require_GET
@needs("dossier.print")
def choose(request):
    """Show what can be printed, worst light first."""
    keeping.sweep(timezone.localtime())
    form, values, queryset = filtered(request)
    page = paging.page(project_rows.shown(queryset), DEFAULT_ORDER, request.GET.get("cursor", ""), PAGE_SIZE)
    counts = light_counts(request.user, values, timezone.localdate())
    total = sum(counts.get(light, 0) for light in values.get("light", counts))
    context = {
        "rows": _rows(page.rows),
        "page": page,
        "total": total,
        "most": settings.PRINT_LIMIT,
        "kinds": Kind.choices,
        "bundles": PrintJob.Bundle.choices,
        "now": timezone.localtime(),
        "breadcrumbs": [(_("Prints"), reverse("print-list")), (_("Choose"), "")],
        **filter_fields(form, values),
    }
    return render(request, "dossiers/choose.html", context)


def _rows(projects: list[Project]) -> list[dict]:
    """Return the rows with sponsor, service officer and latest print of each. Two queries."""
    people = Assignment.objects.filter(
        project__in=projects,
        ended_on__isnull=True,
        role__in=[Assignment.Role.SPONSOR, Assignment.Role.SERVICE_OFFICER],
    )
    standing = {}
    for project, role, name in people.order_by("-id").values_list("project", "role", "user__display_name"):
        standing[project, role] = name
    newer = Print.objects.filter(project=OuterRef("project"), pk__gt=OuterRef("pk"), finished_at__isnull=False)
    latest = Print.objects.filter(project__in=projects, finished_at__isnull=False).filter(~Exists(newer))
    prints = {row.project_id: row for row in latest.only("project", "kind", "version", "printed_at")}
    return [
        {
            "project": project,
            "sponsor": standing.get((project.pk, Assignment.Role.SPONSOR), ""),
            "officer": standing.get((project.pk, Assignment.Role.SERVICE_OFFICER), ""),
            "print": prints.get(project.pk),
            "tint": project_rows.Row(project, (), None, None, "", None).tint,
        }
        for project in projects
    ]


@require_POST
@needs("dossier.print")
def order(request):
    """Order prints: of selected projects, or of all that meet the filter in `query`; then show how they come along."""
    now = timezone.now()
    kind, bundle = request.POST.get("kind") or Kind.CARD, request.POST.get("bundle") or PrintJob.Bundle.MERGED
    if kind not in Kind.values or bundle not in PrintJob.Bundle.values:
        messages.error(request, _("Choose which paper to print."))
        return _back(request)
    projects = _chosen(request)
    if len(projects) > 1 and (refusal := limits.refuse_export(request, now)):
        return refusal
    try:
        job = actions.order(
            by=request.user,
            projects=projects,
            kind=kind,
            bundle=bundle,
            title=_title(kind, projects),
            base_url=settings.SITE_URL or request.build_absolute_uri("/"),
            now=now,
            request=request,
        )
    except actions.Refused as error:
        messages.error(request, error.message)
        return _back(request)
    return redirect("print-job", job.pk)


def _chosen(request) -> list[Project]:
    """Return the chosen projects that the person may see, worst light first; one more than the limit at most."""
    if request.POST.get("all"):
        request.GET = QueryDict(request.POST.get("query", "").lstrip("?"))
        queryset = filtered(request)[2]
    else:
        codes = request.POST.getlist("project")
        queryset = visible_to(Project.objects.filter(code__in=codes), request.user)
    return list(queryset.order_by(*DEFAULT_ORDER)[: settings.PRINT_LIMIT + 1])


def _title(kind: str, projects: list[Project]) -> str:
    """Return what the job is called: the one project, or how many papers of which kind."""
    if len(projects) == 1:
        return projects[0].name
    return ngettext("%(paper)s of %(n)s project", "%(paper)s of %(n)s projects", len(projects)) % {
        "paper": Kind(kind).label,
        "n": len(projects),
    }


def _back(request):
    query = request.POST.get("query", "").lstrip("?")
    return HttpResponseRedirect(reverse("print-choose") + (f"?{query}" if query else ""))
