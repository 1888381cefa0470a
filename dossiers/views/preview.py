"""How a project's card and booklet would look now: a preview in the browser, from the same tree as the paper."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from dossiers import gathering, rendering
from dossiers.models import Kind
from people.access import allows, get_for, needs
from projects.models import Project

KINDS = {
    "card": gettext_lazy("Card"),
    "card_a5": gettext_lazy("Folded card"),
    "booklet": gettext_lazy("Booklet"),
    "text": gettext_lazy("Plain text"),
}


def _dossier(request, code: str, kind: str):
    project = get_for(request.user, Project.objects.all(), code=code)
    found = gathering.gather([project], request.user, timezone.localtime(), full=kind == "booklet")
    if not found:
        raise Http404
    return project, found[0]


def _kind(request) -> str:
    kind = request.GET.get("as", "card")
    if kind not in KINDS:
        raise Http404
    return kind


@require_GET
@needs("project.view")
def dossier_page(request, code):
    """Show a preview in a frame, with what leads to a print of record. Some forty queries."""
    kind = _kind(request)
    project, dossier = _dossier(request, code, kind)
    context = {
        "project": project,
        "kind": kind,
        "kinds": [(value, label) for value, label in KINDS.items()],
        "text": rendering.text(dossier) if kind == "text" else "",
        "may_print": allows(request.user, "dossier.print"),
        "papers": Kind.choices,
        "breadcrumbs": [
            (_("Projects"), reverse("project-list")),
            (project.name, reverse("project-page", args=[project.code])),
            (_("Card and booklet"), ""),
        ],
    }
    return render(request, "dossiers/dossier_page.html", context)


@require_GET
@needs("project.view")
def dossier_sheet(request, code):
    """Return the paper alone, as a document for the frame."""
    kind = _kind(request)
    _project, dossier = _dossier(request, code, kind)
    if kind == "text":
        return HttpResponse(rendering.text(dossier), content_type="text/plain; charset=utf-8")
    by = request.user.display_name or request.user.username
    return HttpResponse(rendering.html(dossier, kind, by))
