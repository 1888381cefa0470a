"""What several pages share: refusals shown at their field, breadcrumbs, counts by light."""

from functools import wraps

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from people.access import get_for, visible_to
from projects import actions
from projects.models import Project

LIGHTS = ("statutory", "red", "blocked", "amber", "green", "stopped", "stale", "done", "idle")
"""Lights in the order of counters, worst first."""


def project_for(request, code: str, need: str = "view") -> Project:
    """Return a project by its code: 404 for strangers, 403 for readers who may not manage it."""
    queryset = Project.objects.select_related("enterprise", "park", "district__parent")
    return get_for(request.user, queryset, need=need, code=code)


def one_after_the_other(view):
    """Run the POST of a view in a transaction, so that of two saved forms the second sees what the first stored.

    The view locks the row it edits by `locked`.
    """

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if request.method != "POST":
            return view(request, *args, **kwargs)
        with transaction.atomic():
            return view(request, *args, **kwargs)

    return guarded


def locked(request, row):
    """Return the row as it is now, locked when the request writes. One query then."""
    if request.method == "POST":
        type(row).objects.select_for_update().get(pk=row.pk)
        row.refresh_from_db()
    return row


def attempt(form, write, *args, **kwargs):
    """Call `write`; a refusal becomes an error of the form (then None is returned), a missing right 403."""
    try:
        return write(*args, **kwargs)
    except actions.Forbidden as error:
        raise PermissionDenied from error
    except actions.Refused as error:
        form.add_error(error.field if error.field in form.fields else None, str(error.message))
        return None


def crumbs(project: Project, label) -> list:
    """Return the breadcrumbs of a page below a project's."""
    return [
        (_("Projects"), reverse("project-list")),
        (project.name, reverse("project-page", args=[project.code])),
        (label, ""),
    ]


def counts_by_light(projects) -> list[tuple[str, int]]:
    """Return (light, number) for each light that occurs, worst first. One query."""
    found = dict(projects.values_list("light").annotate(number=Count("id", distinct=True)).order_by())
    return [(light, found[light]) for light in LIGHTS if found.get(light)]


def seen_projects(user):
    """Return the projects that the person may see. No query of its own."""
    return visible_to(Project.objects.all(), user)
