"""Registering and editing a project."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from people.access import needs
from projects import actions, registry
from projects.forms import ProjectForm, far_away
from projects.models import Park, Project
from projects.views.common import attempt, locked, one_after_the_other, project_for, seen_projects


@require_http_methods(["GET", "POST"])
@needs("project.create")
def project_create(request):
    """Register a project; who advances stages becomes its manager."""
    form = ProjectForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        project = _register(form, request.user)
        if project is not None:
            _warn_if_far(request, project)
            messages.success(request, _("The project “%(name)s” is on record.") % {"name": project.name})
            if seen_projects(request.user).filter(pk=project.pk).exists():
                return redirect("project-page", code=project.code)
            return redirect("project-list")
    return _page(request, form, [(_("Projects"), reverse("project-list")), (_("New project"), "")])


def _register(form, user):
    """Save the project, and its enterprise when that is new, in one transaction; None when refused."""
    try:
        with transaction.atomic():
            project: Project = form.instance
            project.enterprise = _enterprise(form, user)
            return attempt(form, actions.register, by=user, project=project)
    except actions.Forbidden as error:
        raise PermissionDenied from error


def _enterprise(form, user):
    new = form.new_enterprise()
    return registry.save_enterprise(by=user, enterprise=new) if new else form.enterprise


@require_http_methods(["GET", "POST"])
@needs("project.view")
@one_after_the_other
def project_edit(request, code):
    """Change the facts of a project."""
    project = locked(request, project_for(request, code, need="manage"))
    label = project.name
    form = ProjectForm(request.POST or None, instance=project, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                changed = form.facts() | {"enterprise": _enterprise(form, request.user)}
                saved = attempt(form, actions.edit, by=request.user, project=project, changed=changed)
        except actions.Forbidden as error:
            raise PermissionDenied from error
        if saved is not None:
            _warn_if_far(request, saved)
            messages.success(request, _("Saved."))
            if "status" in form.changed_data and saved.status == Project.Status.CANCELLED:
                messages.info(
                    request,
                    _("Its reservations of quota go back and its open demands are given up; what is confirmed stays "
                      "until the department recovers it."),
                )  # fmt: skip
            return redirect("project-page", code=saved.code)
    trail = [
        (_("Projects"), reverse("project-list")),
        (label, reverse("project-page", args=[code])),
        (_("Edit"), ""),
    ]
    return _page(request, form, trail, project=project, name=label, code=code)


def _page(request, form, breadcrumbs, project=None, **more):
    context = {"form": form, "project": project, "breadcrumbs": breadcrumbs, **more}
    return render(request, "projects/project_form.html", context, status=422 if form.errors else 200)


def _warn_if_far(request, project) -> None:
    """Warn when the site lies far from every park: digits are easily swapped. One query."""
    if project.longitude is None:
        return
    outlines = Park.objects.exclude(boundary=None).values_list("boundary", flat=True)
    if far_away(project.longitude, project.latitude, outlines):
        messages.warning(request, _("The site lies far outside the city's parks: please check longitude and latitude."))
