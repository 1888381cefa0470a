"""Letting a stage through although its factor is not secured, and the city-wide list of what is blocked."""

from django import forms
from django.contrib import messages
from django.db.models import Q, Sum
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from approvals import gating
from approvals.labels import gate_label
from approvals.models import Stage
from factors import blocked, gates, rights
from factors.models import Account, Book, FactorKind
from factors.refusals import Refused
from factors.views import common
from people import paging
from people.access import allows, get_for, needs
from projects.models import Project

PAGE_SIZE = 50
SHOWN = {
    "": (gettext_lazy("Blocked"), Q(blocked=True), ("since", "id")),
    "missing": (gettext_lazy("All that lack something"), Q(gap__gt=0), ("book_id", "-gap", "id")),
    "all": (gettext_lazy("All demands"), Q(), ("book_id", "-gap", "id")),
}
"""What `?show=` lists: its label, the demands, and their order: by how long, or by factor and what they lack."""
FROM_OVERVIEW = {"period": "year", "book__basis": "basis"}


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
    """List the demands of the projects that the person may see: what is blocked, lacks something, or all. Ten queries.

    `?factor=`, `book=`, `pool=`, `year=` and `basis=` narrow them: the figures of the overview lead here.
    """
    kinds, asked = list(FactorKind.objects.filter(active=True)), request.GET
    factor = asked.get("factor") or asked.get("kind")  # the latter in addresses of before
    chosen = next((kind for kind in kinds if kind.code == factor), None)
    accounts = rights.visible_accounts(request.user, Account.objects.select_related("book__kind", "book__source"))
    pool = _asked_for(accounts, "pk", asked.get("pool", ""))
    book = _asked_for(Book.objects.select_related("kind", "source"), "code", asked.get("book", ""))
    show = asked.get("show") if asked.get("show") in SHOWN else ""
    demands = blocked.visible_states(request.user)
    narrowed = {"book__kind": chosen, "pool": pool, "book": book}
    # As the overview reckons: a year has what is asked without one, too, and a factor's total counts one basis.
    narrowed |= {f"{name}__in": ["", asked[key][:20]] for name, key in FROM_OVERVIEW.items() if asked.get(key)}
    demands = demands.filter(**{column: value for column, value in narrowed.items() if value})
    _label, which, order = SHOWN[show]
    demands, today = demands.filter(which), timezone.localdate()
    page = paging.page(demands, order, asked.get("cursor", ""), PAGE_SIZE)
    stages = gating.stages_held_up(page.rows)
    context = {
        "rows": [
            {"demand": d, "days": blocked.days(d, today), "who": blocked.who(d), "stage": stages.get(d.pk),
             "light": blocked.LIGHTS[d.state], "word": blocked.STATE_LABELS[d.state]}
            for d in page.rows
        ],
        "page": page,
        "kinds": kinds,
        "chosen": chosen,
        "place": pool or book,
        "show": show,
        "shows": [(key or None, words) for key, (words, _which, _order) in SHOWN.items()],
        "sums": _sums(demands) if pool or book else None,
        "total": demands.count(),
        "projects": demands.order_by().values("project").distinct().count(),
        "may_plan": allows(request.user, "unlock.plan"),
        "breadcrumbs": [(_("Quota"), reverse("factor-overview")), (_("Blocked"), "")],
    }  # fmt: skip
    return render(request, "approvals/blocked_list.html", context)


def _asked_for(rows, column: str, value: str):
    """Return the row that an address names, None where it names none. Raises Http404: not there, or not seen."""
    if not value:
        return None
    if column == "pk" and common.number(value) is None:
        raise Http404
    return get_object_or_404(rows, **{column: value[:60]})


def _sums(demands) -> dict:
    """Return what the demands of one book need, have, lack and have too much together: they do not lend either."""
    return demands.order_by().aggregate(
        amount=Sum("amount"),
        secured=Sum("secured"),
        beyond=Sum("gap", filter=Q(gap__lt=0)),  # before the sum that takes the name of the column
        gap=Sum("gap", filter=Q(gap__gt=0)),
    )
