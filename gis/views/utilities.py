"""What stands around a park's board: one utility with its queue, evidence, expansions, area assessments, demands."""

from django.contrib import messages
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gis import actions, readiness, standing
from gis.models import (
    AreaAssessment,
    Expansion,
    ParkUtility,
    UtilityDemand,
    UtilityEvidence,
    UtilityItem,
    UtilityReading,
)
from gis.park_forms import AssessmentForm, DemandForm, EvidenceForm, ExpansionForm
from gis.views.parks import park_for
from people.access import get_for, may_manage, needs
from projects.uploads import ending_of
from projects.views.common import attempt, crumbs, locked, one_after_the_other, project_for, seen_projects

MONTHS_SHOWN = 24


def _item(code) -> UtilityItem:
    return get_object_or_404(UtilityItem, code=code)


def _utility(park, code) -> ParkUtility:
    """Return the board's row of a utility. Raises Http404 where nobody has reported it."""
    return get_object_or_404(
        ParkUtility.objects.select_related("park", "item", "verified_by"), park=park, item__code=code
    )


def _trail(park, *more):
    return [(_("Parks"), reverse("park-list")), (park.name, reverse("park-page", args=[park.code])), *more]


@require_GET
@needs("project.view")
def park_utility(request, code, item):
    """Show one utility of a park: its figures, who is in the queue, expansions, evidence, months."""
    return _utility_page(request, park_for(request, code), _item(item))


def _utility_page(request, park, item, form=None, status=200):
    today = timezone.localdate()
    utility = ParkUtility.objects.filter(park=park, item=item).select_related("verified_by__department").first()
    line = standing.line_of(item, utility)
    gaps = {need.demand.pk: need for need in standing.shortfalls(today, parks=[park.pk]) if need.item == item}
    queue = UtilityDemand.objects.filter(project__park=park, item=item, closed_on__isnull=True)
    seen = set(seen_projects(request.user).filter(park=park).values_list("pk", flat=True))
    rows = [
        {"demand": demand, "need": gaps.get(demand.pk), "seen": demand.project_id in seen}
        for demand in queue.select_related("project__enterprise").order_by("-signed", "needed_on", "pk")
    ]
    manages = may_manage(request.user, park)
    readings = (
        UtilityReading.objects.filter(report__park=park, item=item, report__state__in=actions.TOLD)
        .select_related("report", "verified_by__department")
        .order_by("-report__month")
    )
    context = {
        "park": park,
        "item": item,
        "utility": utility,
        "remaining": readiness.remaining(standing.utility_of(item, utility)),
        "status": utility.get_status_display() if utility else ParkUtility.Status.NOT_STARTED.label,
        "status_code": line.status,
        "stale": readiness.is_stale(line, today),
        "age": readiness.age_days(line, today),
        "today": today,
        "queue": rows,
        "expansions": utility.expansions.all() if utility else [],
        "evidence": utility.evidence.select_related("given_by") if utility else [],
        "readings": readings[:MONTHS_SHOWN],
        "may_manage": manages,
        "form": form or (EvidenceForm(initial={"dated_on": today}) if manages and utility else None),
        "breadcrumbs": _trail(park, (item.name, "")),
    }
    return render(request, "gis/utility_page.html", context, status=status)


@require_POST
@needs("park.edit")
def utility_evidence_add(request, code, item):
    """Put a document or a photo to a utility."""
    park = park_for(request, code, need="manage")
    utility = _utility(park, item)
    form = EvidenceForm(request.POST, request.FILES)
    if form.is_valid():
        saved = attempt(
            form,
            actions.add_evidence,
            by=request.user,
            utility=utility,
            evidence=form.instance,
            file=form.cleaned_data.get("file"),
        )
        if saved is not None:
            messages.success(request, _("“%(name)s” is on record.") % {"name": saved.title})
            return redirect(reverse("park-utility", args=[code, item]) + "#evidence")
    return _utility_page(request, park, utility.item, form, 422)


@require_GET
@needs("project.view")
def utility_evidence_file(request, pk):
    """Send a document or photo of a utility as a download."""
    return _download(get_for(request.user, UtilityEvidence.objects.all(), pk=pk), "title")


@require_GET
@needs("project.view")
def assessment_file(request, pk):
    """Send the document of an area assessment as a download."""
    return _download(get_for(request.user, AreaAssessment.objects.all(), pk=pk), "name")


def _download(row, name) -> FileResponse:
    if not row.file or not row.file.storage.exists(row.file.name):
        raise Http404
    file_name = get_valid_filename(f"{getattr(row, name)}.{ending_of(row.file.name)}")
    response = FileResponse(row.file.open("rb"), as_attachment=True, filename=file_name)
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_http_methods(["GET", "POST"])
@needs("park.edit")
@one_after_the_other
def expansion_edit(request, code, item, pk=None):
    """Add an expansion of a utility, or change one."""
    park = park_for(request, code, need="manage")
    utility = _utility(park, item)
    row = Expansion(utility=utility)
    if pk is not None:
        row = locked(
            request, get_object_or_404(Expansion.objects.select_related("utility__park"), utility=utility, pk=pk)
        )
    form = ExpansionForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, actions.save_expansion, by=request.user, expansion=form.instance)
        if saved is not None:
            messages.success(request, _("“%(name)s” is on record.") % {"name": saved.name})
            return redirect("park-utility", code=code, item=item)
    title = _("Expansion of %(item)s") % {"item": utility.item.name}
    back = reverse("park-utility", args=[code, item])
    return _form(
        request, form, title, back, _trail(park, (utility.item.name, back), (title, "")), unit=utility.item.unit
    )


@require_http_methods(["GET", "POST"])
@needs("park.edit")
@one_after_the_other
def assessment_edit(request, code, pk=None):
    """Add an area assessment of a park, or change one."""
    park = park_for(request, code, need="manage")
    row = AreaAssessment(park=park)
    if pk is not None:
        row = locked(request, get_object_or_404(AreaAssessment.objects.select_related("park"), park=park, pk=pk))
    form = AssessmentForm(request.POST or None, request.FILES or None, instance=row)
    if request.method == "POST" and form.is_valid():
        saved = attempt(
            form,
            actions.save_assessment,
            by=request.user,
            assessment=form.instance,
            file=form.cleaned_data.get("file"),
        )
        if saved is not None:
            messages.success(request, _("“%(name)s” is on record.") % {"name": saved.name})
            return redirect(reverse("park-page", args=[code]) + "#assessments")
    title = _("Area assessment")
    back = reverse("park-page", args=[code])
    return _form(request, form, title, back, _trail(park, (title, "")))


@require_http_methods(["GET", "POST"])
@needs("project.edit")
@one_after_the_other
def utility_demand_edit(request, code, pk=None):
    """Register what a project needs of a utility of its park, change it, or say that it is served or given up."""
    project = project_for(request, code, need="manage")
    row = UtilityDemand(project=project)
    if pk is not None:
        rows = UtilityDemand.objects.select_related("project", "item")
        row = locked(request, get_object_or_404(rows, project=project, pk=pk, closed_on__isnull=True))
    now = timezone.localtime()
    form = DemandForm(request.POST or None, instance=row, items=standing.items_in_use())
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data.get("closed"):
            form.instance.closed_on = now.date()
        saved = attempt(form, actions.save_demand, by=request.user, demand=form.instance, now=now)
        if saved is not None:
            messages.success(request, _("Registered: %(what)s.") % {"what": saved.item})
            return redirect(reverse("project-page", args=[code]) + "#utilities")
    title = _("Utility demand")
    back = reverse("project-page", args=[code])
    return _form(request, form, title, back, crumbs(project, title), park=project.park)


def _form(request, form, title, back, breadcrumbs, **more):
    context = {"form": form, "title": title, "back": back, "breadcrumbs": breadcrumbs} | more
    return render(request, "gis/park_form.html", context, status=422 if form.errors else 200)
