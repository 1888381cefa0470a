"""Enterprises and their material library."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Prefetch
from django.http import FileResponse, Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from people import paging
from people.access import allows, get_for, may_manage, needs, visible_to
from projects import registry, search
from projects.enterprise_forms import EnterpriseForm, MaterialForm
from projects.models import Enterprise, Material
from projects.uploads import ending_of
from projects.views.common import LIGHTS, attempt, counts_by_light, locked, one_after_the_other, seen_projects

PAGE_SIZE = 50


def mask(phone: str) -> str:
    """Return a phone as those see it who do not manage the enterprise: 138****0000; short ones wholly hidden."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "*" * len(phone)


@require_GET
@needs("project.view")
def enterprise_list(request):
    """List the enterprises that the person sees, by name, 50 a page. Three queries."""
    query = request.GET.get("q", "").strip()[:100]
    seen = search.matching(visible_to(Enterprise.objects.all(), request.user), query)
    page = paging.page(
        seen.select_related("district").defer("search_text"), ("name", "id"), request.GET.get("cursor", ""), PAGE_SIZE
    )
    lights = _lights(page.rows, request.user)
    for row in page.rows:
        row.lights = lights.get(row.pk, [])
        row.project_count = sum(number for _light, number in row.lights)
        row.phone = mask(row.contact_phone)
    context = {
        "page": page,
        "total": seen.count(),
        "query": query,
        "may_create": allows(request.user, "enterprise.edit"),
        "breadcrumbs": [],
    }
    return render(request, "projects/enterprise_list.html", context)


def _lights(enterprises, user) -> dict[int, list]:
    """Return (light, number of visible projects) by enterprise, worst first. One query."""
    rows = (
        seen_projects(user)
        .filter(enterprise__in=[e.pk for e in enterprises])
        .values_list("enterprise", "light")
        .annotate(number=Count("id", distinct=True))
        .order_by()
    )
    found: dict[int, list] = {}
    for enterprise, light, number in sorted(rows, key=lambda row: LIGHTS.index(row[1]) if row[1] in LIGHTS else 99):
        found.setdefault(enterprise, []).append((light, number))
    return found


def _enterprise(request, credit_code, need="view") -> Enterprise:
    return get_for(request.user, Enterprise.objects.select_related("district"), need=need, credit_code=credit_code)


@require_GET
@needs("project.view")
def enterprise_page(request, credit_code):
    """Show an enterprise: codes, contact, projects with lights, library with uses."""
    enterprise = _enterprise(request, credit_code)
    return render(request, "projects/enterprise_page.html", _context(request, enterprise, None))


def _context(request, enterprise, form) -> dict:
    projects = seen_projects(request.user).filter(enterprise=enterprise)
    manages = may_manage(request.user, enterprise)
    may_add = registry.may_add_material(request.user, enterprise)
    if form is None and may_add:
        form = MaterialForm(enterprise=enterprise, projects=projects)
    return {
        "enterprise": enterprise,
        "may_manage": manages,
        "may_add": may_add,
        "phone": enterprise.contact_phone if manages else mask(enterprise.contact_phone),
        "projects": projects.select_related("park", "district").order_by("sort_group", "due_half", "id"),
        "counts": counts_by_light(projects),
        "materials": library(enterprise, request.user),
        "today": timezone.localdate(),
        "form": form,
        "breadcrumbs": [(_("Enterprises"), reverse("enterprise-list")), (enterprise.name, "")],
    }


def library(enterprise, user) -> list[Material]:
    """Return the documents of an enterprise, each with `.shown_uses` (stages the person may see) and `.hidden_uses`.

    Three queries.
    """
    # The uses belong to the app above; their model is reached through the relation, as `Material.ACCESS` does.
    uses = Material._meta.get_field("uses").related_model.objects.select_related("stage__chain__project")
    seen = uses.filter(stage__chain__project__in=seen_projects(user)).order_by("stage__chain__project__code", "id")
    materials = list(
        enterprise.materials.select_related("given_by", "project")
        .prefetch_related(Prefetch("uses", queryset=seen, to_attr="shown_uses"))
        .annotate(use_count=Count("uses"))
        .order_by("name", "-given_at", "-id")
    )
    for material in materials:
        material.hidden_uses = material.use_count - len(material.shown_uses)
    return materials


@require_http_methods(["GET", "POST"])
@needs("enterprise.edit")
def enterprise_create(request):
    """Register an enterprise."""
    return _edit(request, Enterprise(), [(_("Enterprises"), reverse("enterprise-list")), (_("New enterprise"), "")])


@require_http_methods(["GET", "POST"])
@needs("project.view")
@one_after_the_other
def enterprise_edit(request, credit_code):
    """Change the facts of an enterprise."""
    enterprise = locked(request, _enterprise(request, credit_code, need="manage"))
    trail = [
        (_("Enterprises"), reverse("enterprise-list")),
        (enterprise.name, reverse("enterprise-page", args=[credit_code])),
        (_("Edit"), ""),
    ]
    return _edit(request, enterprise, trail)


def _edit(request, enterprise, breadcrumbs):
    address = enterprise.credit_code
    form = EnterpriseForm(request.POST or None, instance=enterprise, user=request.user)
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, registry.save_enterprise, by=request.user, enterprise=form.instance)
        if saved is not None:
            messages.success(request, _("“%(name)s” is on record.") % {"name": saved.name})
            if visible_to(Enterprise.objects.filter(pk=saved.pk), request.user).exists():
                return redirect("enterprise-page", credit_code=saved.credit_code)
            return redirect("enterprise-list")
    context = {"form": form, "address": address, "breadcrumbs": breadcrumbs}
    return render(request, "projects/enterprise_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["POST"])
@needs("project.view")
def material_add(request, credit_code):
    """Put a document into the library."""
    enterprise = _enterprise(request, credit_code)
    if not registry.may_add_material(request.user, enterprise):
        raise PermissionDenied
    projects = seen_projects(request.user).filter(enterprise=enterprise)
    form = MaterialForm(request.POST, request.FILES, enterprise=enterprise, projects=projects)
    if form.is_valid():
        material = attempt(
            form,
            registry.add_material,
            by=request.user,
            material=form.instance,
            file=form.cleaned_data.get("file"),
        )
        if material is not None:
            messages.success(request, _("“%(name)s” is in the library.") % {"name": material.name})
            return redirect(f"{reverse('enterprise-page', args=[credit_code])}#library")
    return render(request, "projects/enterprise_page.html", _context(request, enterprise, form), status=422)


@require_GET
@needs("project.view")
def material_file(request, pk):
    """Send a document of a library as a download, under its own name."""
    material = get_for(request.user, Material.objects.all(), pk=pk)
    if not material.file or not material.file.storage.exists(material.file.name):
        raise Http404
    name = get_valid_filename(f"{material.name}.{ending_of(material.file.name)}")
    response = FileResponse(material.file.open("rb"), as_attachment=True, filename=name)
    response["X-Content-Type-Options"] = "nosniff"
    return response
