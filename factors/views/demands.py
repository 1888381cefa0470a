"""Pages of what a project needs: register, change, give up, ask for, and declare that nothing is needed."""

from contextlib import contextmanager

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from factors import blocked, demands, requests
from factors.demand_forms import ChangeForm, DemandForm, NoNeedForm
from factors.models import Demand, FactorKind, NoNeed
from factors.refusals import LedgerRefused, Refused
from people.access import get_for, needs
from projects.models import Project


def _project(request, code) -> Project:
    return get_for(request.user, Project.objects.select_related("district", "park", "enterprise"), code=code)


def _demand(project, pk) -> Demand:
    """Return a demand of the project with what is shown of it, given up or not. Raises Http404."""
    return get_object_or_404(
        Demand.objects.select_related("book__kind", "book__source", "pool"), project=project, pk=pk
    )


def _page(request, template, project, title, form=None, **context):
    context |= {
        "project": project,
        "form": form,
        "breadcrumbs": [
            (_("Projects"), reverse("project-list")),
            (project.name, reverse("project-page", args=[project.code])),
            (title, ""),
        ],
    }
    return render(request, f"factors/{template}", context, status=422 if form is not None and form.errors else 200)


@contextmanager
def _refusals(form):
    """Turn what the ledger or the workflow refuses into errors of the form."""
    try:
        yield
    except (Refused, LedgerRefused) as error:
        field = getattr(error, "field", None)
        form.add_error(field if field in form.fields else None, error.words())


def _home(project):
    return redirect(reverse("project-page", args=[project.code]) + "#quota")


@require_http_methods(["GET", "POST"])
@needs("factor.demand")
def demand_create(request, code):
    """Register what the project needs; `gate` in the address narrows the factors to those of a gate."""
    project = _project(request, code)
    if not demands.may_register(request.user, project):
        return _forbidden()
    gate, now = request.GET.get("gate", ""), timezone.localtime()
    kinds = demands.kinds_of(gate) if gate else FactorKind.objects.filter(active=True)
    form = DemandForm(request.POST or None, kinds=kinds, today=now.date(), initial={"year": now.year})
    if form.is_bound and form.is_valid():
        with _refusals(form):
            demand = demands.register(by=request.user, now=now, project=project, **form.facts())
            messages.success(
                request, _("Registered: %(what)s.") % {"what": f"{demand.book} {blocked.amount(demand.amount, demand)}"}
            )
            return _home(project)
    return _page(request, "demand_form.html", project, _("Register a demand"), form)


def _forbidden():
    from django.core.exceptions import PermissionDenied

    raise PermissionDenied("factor.demand")


@require_http_methods(["GET", "POST"])
@needs("factor.demand")
def demand_edit(request, code, pk):
    """Change a demand, with a reason; its episodes and what is secured stand beside it."""
    project = _project(request, code)
    demand = _demand(project, pk)
    if not demands.may_register(request.user, project):
        return _forbidden()
    form = ChangeForm(request.POST or None, demand=demand)
    if form.is_bound and form.is_valid():
        with _refusals(form):
            demands.change(by=request.user, now=timezone.now(), demand=demand, **form.cleaned_data)
            messages.success(request, _("The demand was changed."))
            return _home(project)
    episodes = demand.episodes.select_related("opened_by", "closed_by")[:20]
    return _page(request, "demand_edit.html", project, _("Change a demand"), form, demand=demand, episodes=episodes)


@require_POST
@needs("factor.demand")
def demand_close(request, code, pk):
    """Give a demand up."""
    project = _project(request, code)
    demand = _demand(project, pk)
    if not demands.may_register(request.user, project):
        return _forbidden()
    try:
        demands.close(by=request.user, now=timezone.now(), demand=demand, reason=request.POST.get("reason", ""))
    except Refused as error:
        messages.error(request, error.words())
        return redirect("demand-edit", code=code, pk=pk)
    messages.success(request, _("The demand was given up."))
    return _home(project)


@require_POST
@needs("factor.demand")
def demand_ask(request, code, pk):
    """Put a demand into the queue of its pool, for all that is missing."""
    project = _project(request, code)
    demand = _demand(project, pk)
    if not demands.may_register(request.user, project):
        return _forbidden()
    try:
        requests.ask(
            by=request.user,
            demand=demand,
            amount=demand.gap,
            now=timezone.now(),
            note=request.POST.get("note", "")[:500],
        )
    except Refused as error:
        messages.error(request, error.words())
    else:
        messages.success(request, _("Asked for %(what)s.") % {"what": blocked.amount(demand.gap, demand)})
    return _home(project)


@require_http_methods(["GET", "POST"])
@needs("factor.demand")
def no_need(request, code):
    """Declare that nothing is needed at a gate, or withdraw such a declaration (`withdraw` = its id)."""
    project = _project(request, code)
    if not demands.may_register(request.user, project):
        return _forbidden()
    now = timezone.now()
    if request.POST.get("withdraw", "").isdigit():
        row = get_object_or_404(NoNeed, project=project, pk=request.POST["withdraw"])
        demands.withdraw_no_need(by=request.user, now=now, no_need=row)
        messages.success(request, _("The declaration was withdrawn."))
        return _home(project)
    form = NoNeedForm(request.POST or None, gates=_gate_choices(), initial={"gate": request.GET.get("gate", "")})
    if form.is_bound and form.is_valid():
        with _refusals(form):
            demands.declare_no_need(by=request.user, now=now, project=project, **form.cleaned_data)
            messages.success(request, _("Declared: nothing is needed."))
            return _home(project)
    declared = project.no_needs.filter(withdrawn_at=None).select_related("by")
    return _page(request, "demand_no_need.html", project, _("Declare no need"), form, declared=declared)


def _gate_choices() -> list[tuple[str, str]]:
    """Return the gate words that factors in use answer to, with the names of those factors. One query."""
    found: dict[str, list[str]] = {}
    for gate, name in FactorKind.objects.filter(active=True).exclude(gate="").values_list("gate", "name"):
        found.setdefault(gate, []).append(name)
    return [(gate, "、".join(names)) for gate, names in found.items()]
