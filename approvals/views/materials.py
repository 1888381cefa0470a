"""Handing in a stage's document, and the report on documents that were asked for more than once."""

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Min
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from approvals import material_actions, rights
from approvals.material_forms import LIBRARY, UPLOAD, WAIVE, MaterialUseForm, new_material_form, sorted_for
from approvals.models import MaterialUse
from approvals.refusals import Forbidden, Refused
from people.access import get_for, needs, visible_to
from people.models import Department
from projects import registry
from projects.actions import Forbidden as RegistryForbidden
from projects.actions import Refused as RegistryRefused
from projects.models import Material, Project

PAGE_SIZE = 50


# --- handing in -------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@needs("project.view")
def material_use(request, code, pk):
    """Record how a stage gets a document. What was typed is shown again when something is wrong."""
    project = get_for(request.user, Project.objects.select_related("enterprise"), code=code)
    use = (
        MaterialUse.objects.select_related("stage__chain__project", "stage__department", "material")
        .filter(pk=pk, stage__chain__project=project)
        .first()
    )
    if use is None:
        raise Http404
    if not rights.may_act(request.user, use.stage, "material"):
        raise PermissionDenied
    form, new = _forms(request, project, use)
    if form.is_bound and form.is_valid():
        wants_new = form.cleaned_data["way"] == UPLOAD
        if (not wants_new or new.is_valid()) and _hand_in(request, use, form, new):
            messages.success(request, _("“%(name)s” is on record.") % {"name": use.name})
            return redirect(f"{reverse('project-page', args=[code])}?stage={use.stage.code}#materials")
    wrong = form.errors or (new is not None and new.is_bound and new.errors)
    context = {
        "project": project,
        "use": use,
        "form": form,
        "new": new,
        "breadcrumbs": [
            (_("Projects"), reverse("project-list")),
            (project.name, reverse("project-page", args=[code])),
            (use.name, ""),
        ],
    }
    return render(request, "approvals/material_use.html", context, status=422 if wrong else 200)


def _forms(request, project, use):
    """Return the form of the way and, for those who may add to the library, that of a new document. Three queries."""
    enterprise = project.enterprise
    library = sorted_for(use, enterprise.materials.all()) if enterprise else []
    may_add = enterprise is not None and registry.may_add_material(request.user, enterprise)
    data = request.POST if request.method == "POST" else None
    form = MaterialUseForm(data, use=use, library=library, today=timezone.localdate(), may_add=may_add)
    if not may_add:
        return form, None
    wants_new = data is not None and data.get("way") == UPLOAD
    return form, new_material_form(*((data, request.FILES) if wants_new else ()), use=use, enterprise=enterprise)


def _hand_in(request, use, form, new) -> bool:
    """Write it, the new document and its use together or not at all; False when refused, the form says why."""
    way = form.cleaned_data["way"]
    material = form.cleaned_data["material"] if way == LIBRARY else None
    try:
        with transaction.atomic():
            if way == UPLOAD:
                material = registry.add_material(
                    by=request.user, material=new.instance, file=new.cleaned_data.get("file")
                )
            material_actions.hand_in(
                by=request.user, use=use, now=timezone.localtime(), material=material, waived=way == WAIVE
            )
    except (Forbidden, RegistryForbidden) as error:
        raise PermissionDenied from error
    except RegistryRefused as error:
        new.add_error(error.field if error.field in new.fields else None, str(error.message))
        return False
    except Refused as error:
        form.add_error(None, str(error.message))
        return False
    return True


# --- the report -------------------------------------------------------------------------------------------------


@require_GET
@needs("project.view")
def materials_report(request):
    """Show what was asked for though the library held it, by department, and how much is reused.

    Only projects that the person sees count. Six queries.
    """
    uses = MaterialUse.objects.filter(stage__chain__project__in=visible_to(Project.objects.all(), request.user))
    handed_in = uses.filter(status__in=[MaterialUse.Status.GIVEN, MaterialUse.Status.REUSED])
    again = uses.filter(asked_again=True)
    by_department = Counter(dict(_counts(again)))
    given = dict(_counts(handed_in))
    departments = {d.pk: d for d in Department.objects.filter(pk__in=[pk for pk in given if pk])}
    chosen = next((d for d in departments.values() if d.code == request.GET.get("department")), None)
    if chosen is not None:
        again, handed_in = again.filter(stage__department=chosen), handed_in.filter(stage__department=chosen)
    reused, total = handed_in.filter(status=MaterialUse.Status.REUSED).count(), handed_in.count()
    page = Paginator(_rows(again), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": _with_stages(page, uses),
        "again": again.count(),
        "reused": reused,
        "total": total,
        "percent": percent(reused, total),
        "tiles": [
            {"department": departments[pk], "again": by_department[pk], "given": number}
            for pk, number in sorted(given.items(), key=lambda item: (-by_department[item[0]], item[0] or 0))
            if pk in departments
        ],
        "chosen": chosen,
        "breadcrumbs": [],
    }
    return render(request, "approvals/materials_report.html", context)


def _counts(uses):
    """Return (department id, number) pairs. One query."""
    departments = uses.order_by().values_list("stage__department", flat=True)
    return Counter(departments).items()


def percent(part: int, whole: int) -> Decimal | None:
    """Return the percentage with two decimals, halves rounded up; None of nothing."""
    return (Decimal(100 * part) / whole).quantize(Decimal("0.01"), ROUND_HALF_UP) if whole else None


def _rows(again):
    """Return the uses that were asked for again, the latest first."""
    return again.select_related("stage__chain__project__enterprise", "stage__department").order_by("-id")


def _with_stages(page, uses):
    """Give each row of a page the stages of the enterprise that asked for the document, and when it was first given.

    Two queries.
    """
    rows = list(page.object_list)
    enterprises = {row.stage.chain.project.enterprise_id for row in rows}
    names = {row.name for row in rows}
    first = {
        (enterprise, name): given
        for enterprise, name, given in Material.objects.filter(enterprise__in=enterprises, name__in=names)
        .values_list("enterprise", "name")
        .annotate(given=Min("given_at"))
        .order_by()
    }
    asked: dict[tuple, list] = {}
    same = uses.filter(stage__chain__project__enterprise__in=enterprises, name__in=names).exclude(
        status__in=[MaterialUse.Status.MISSING, MaterialUse.Status.WAIVED]
    )
    for other in same.select_related("stage__chain__project", "stage__department").order_by("stage__position", "id"):
        asked.setdefault((other.stage.chain.project.enterprise_id, other.name), []).append(other.stage)
    for row in rows:
        key = (row.stage.chain.project.enterprise_id, row.name)
        row.first_given, row.asking = first.get(key), asked.get(key, [])
    page.object_list = rows
    return page
