"""Letting a stage through although its factor is not secured, and the city-wide list of what is blocked."""

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from approvals import gating
from approvals.labels import gate_label
from approvals.models import Stage
from factors import blocked, gates
from factors.models import FactorKind
from factors.refusals import Refused
from people import paging
from people.access import allows, get_for, needs
from projects.models import Project

PAGE_SIZE = 50


class OverrideForm(forms.Form):
    """Why a stage is let through, by which document."""

    document_no = forms.CharField(label=gettext_lazy("Document number"), max_length=60)
    reason = forms.CharField(
        label=gettext_lazy("Why the stage is let through"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Stays on the project page and in the history for ever, with your name."),
    )


@require_http_methods(["GET", "POST"])
@needs("factor.override")
def gate_override(request, code):
    """Let a stage (`stage`) through a gate (`gate`) that is closed, with reason and document number."""
    project = get_for(request.user, Project.objects.select_related("district"), code=code)
    stage = (
        Stage.objects.select_related("stage_template")
        .filter(chain__project=project, code=request.GET.get("stage", ""))
        .first()
    )
    gate, now = request.GET.get("gate", ""), timezone.now()
    if stage is None or gate not in stage.stage_template.gates:
        raise Http404
    form = OverrideForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            gates.override(
                by=request.user,
                project=project,
                gate=gate,
                stage_code=stage.code,
                stage_name=stage.name,
                now=now,
                **form.cleaned_data,
            )
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, error.words())
        else:
            messages.success(request, _("The stage may go on. The decision to let it through stays visible."))
            return redirect(reverse("project-page", args=[project.code]) + f"?stage={stage.code}#quota")
    context = {
        "project": project,
        "stage": stage,
        "gate": gate_label(gate),
        "told": gates.standing(project, [gate], now=now, stage_code=stage.code),
        "form": form,
        "breadcrumbs": [
            (_("Projects"), reverse("project-list")),
            (project.name, reverse("project-page", args=[project.code])),
            (_("Let a stage through"), ""),
        ],
    }
    return render(request, "approvals/gate_override.html", context, status=422 if form.errors else 200)


@require_GET
@needs("factor.view")
def blocked_list(request):
    """List what is blocked in the projects that the person may see, the longest blocked first. Seven queries."""
    kinds = list(FactorKind.objects.filter(active=True))
    demands = blocked.visible_blocked(request.user)
    chosen = next((kind for kind in kinds if kind.code == request.GET.get("kind")), None)
    if chosen:
        demands = demands.filter(book__kind=chosen)
    today = timezone.localdate()
    page = paging.page(demands, ("since", "id"), request.GET.get("cursor", ""), PAGE_SIZE)
    rows = list(page.rows)
    stages = gating.stages_held_up(rows)
    context = {
        "rows": [
            {"demand": d, "days": blocked.days(d, today), "who": blocked.who(d), "stage": stages.get(d.pk)}
            for d in rows
        ],
        "page": page,
        "kinds": kinds,
        "chosen": chosen,
        "total": demands.count(),
        "projects": demands.order_by().values("project").distinct().count(),
        "may_plan": allows(request.user, "unlock.plan"),
        "breadcrumbs": [(_("Quota"), reverse("factor-overview")), (_("Blocked"), "")],
    }
    return render(request, "approvals/blocked_list.html", context)
