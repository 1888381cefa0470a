"""Registering and editing parks. Their pages, which read chains and quota, are in gis/views/parks.py."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from people.access import allows, get_for, needs
from projects import registry
from projects.enterprise_forms import ParkForm
from projects.models import Park
from projects.views.common import attempt, locked, one_after_the_other


def _may_create(user) -> bool:
    return allows(user, "park.edit") and registry.districts_managed(user).exists()


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
