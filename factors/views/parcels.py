"""Parcels: the list with its totals, a parcel's page with its clocks, and the forms of its next steps."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from factors import land
from factors.assets import parcels, reach
from factors.land import ParcelState
from factors.models import Parcel
from factors.parcel_forms import DisposalForm, FaultForm, MoveForm, ParcelForm, TieForm, WorksForm
from factors.refusals import Refused
from factors.views.common import crumbs, link, number, today
from people.access import allows, needs, visible_to
from people.models import District
from projects.models import Park, Project

SIZE = 50


def chosen_parcels(request) -> tuple[list[Parcel], dict]:
    """Return the judged parcels that the reader may see and the address asks for, and what it asks. One query.

    State and idleness follow from days, so they are judged here and not in SQL: linear in the parcels of the reader.
    """
    asked = {name: request.GET.get(name, "")[:40].strip() for name in ("state", "district", "park", "idle", "q")}
    rows = reach.parcels(request.user).select_related("district", "park", "project").order_by("code")
    if asked["district"]:
        rows = rows.filter(district__code=asked["district"])
    if asked["park"]:
        rows = rows.filter(park__code=asked["park"])
    found = parcels.judged(rows, today())
    if asked["q"]:
        found = [row for row in found if asked["q"] in row.code or asked["q"] in row.name]
    return found, asked


def narrowed(rows: list[Parcel], asked: dict) -> list[Parcel]:
    """Return the parcels of the state and idleness asked for; the totals are of those before."""
    if asked["state"] in list(ParcelState):
        rows = [row for row in rows if row.standing.state == asked["state"]]
    if asked["idle"] == "idle":
        rows = [row for row in rows if row.standing.idle]
    elif asked["idle"] == "recoverable":
        rows = [row for row in rows if row.standing.idle == land.Idle.RECOVERABLE]
    elif asked["idle"] == "soon":
        rows = [row for row in rows if row.standing.amber]
    return rows


@require_GET
@needs("factor.view")
def parcel_list(request):
    """List parcels by state, with totals by state, 批而未供 by year and the rate of supply. Six queries."""
    everything, asked = chosen_parcels(request)
    rows = narrowed(everything, asked)
    page = max(1, min(number(request.GET.get("page", ""), 1) or 1, -(-len(rows) // SIZE) or 1))
    shown = rows[(page - 1) * SIZE : page * SIZE]
    name_projects(request.user, shown)
    figures = parcels.figures(everything, today())
    context = {
        "rows": shown,
        "total": len(rows),
        "area": sum(row.area for row in rows),
        "page": page,
        "pages": -(-len(rows) // SIZE),
        "asked": asked,
        "figures": figures,
        "states": [
            (str(state), parcels.state_words(state), *figures.states[state]) for state in land.ORDER
        ],
        "districts": list(District.objects.order_by("code").values_list("code", "name")),
        "parks": list(Park.objects.order_by("name").values_list("code", "name")),
        "may_write": reach.keeps_land(request.user),
        "export_url": link("parcel-export") if allows(request.user, "project.export") else "",
        "query": urlencode({name: value for name, value in asked.items() if value}),
        "breadcrumbs": crumbs((_("Parcels"), "")),
    }  # fmt: skip
    return render(request, "factors/parcel_list.html", context)


def name_projects(user, rows) -> None:
    """Mark the parcels whose project the reader may see. One query."""
    ids = {row.project_id for row in rows if row.project_id}
    seen = set(visible_to(Project.objects.filter(pk__in=ids), user).values_list("pk", flat=True)) if ids else set()
    for row in rows:
        row.project_seen = row.project_id in seen


def _parcel(request, pk) -> Parcel:
    rows = reach.parcels(request.user).select_related("district", "park", "project__enterprise").distinct()
    return reach.one(rows, pk)


FORMS = {"works": WorksForm, "fault": FaultForm, "dispose": DisposalForm, "tie": TieForm}


@require_http_methods(["GET", "POST"])
@needs("factor.view")
def parcel_page(request, pk):
    """Show a parcel with its clocks and what the law says next; `step` names the form, POST takes the step."""
    parcel = _parcel(request, pk)
    keeps = reach.keeps_land(request.user)
    step = request.POST.get("step", "") if request.method == "POST" else request.GET.get("step", "")
    if request.method == "POST" and not keeps:
        raise PermissionDenied("factor.make")
    form = _form(request, parcel, step) if keeps else None
    if request.method == "POST" and form is None:
        return _shown(request, parcel, None, "", status=400)
    if form is not None and form.is_bound and form.is_valid():
        try:
            _take(request, parcel, step, form)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.words())
        else:
            messages.success(request, _("Recorded."))
            return redirect("parcel-page", pk=parcel.pk)
    return _shown(request, parcel, form, step, status=422 if form is not None and form.errors else 200)


def _form(request, parcel, step):
    data = request.POST if request.method == "POST" else None
    if step in FORMS:
        more = {"user": request.user, "parcel": parcel} if step == "tie" else {}
        initial = {"works": {name: getattr(parcel, name) for name in ("started_share", "invested_share", "stopped_on")},
                   "fault": {"fault": parcel.fault}}.get(step, {"on": today()})  # fmt: skip
        return FORMS[step](data, initial=initial, **more)
    if step in list(ParcelState) and ParcelState(step) in land.moves(_state(parcel)):
        return MoveForm(data, parcel=parcel, to=ParcelState(step), user=request.user, initial={"on": today()})
    return None


def _state(parcel) -> ParcelState:
    return land.state_of(parcels.facts_of(parcel), today())


def _take(request, parcel, step, form) -> None:
    ask = {"by": request.user, "now": timezone.now(), "parcel": parcel} | form.cleaned_data
    if step in FORMS:
        {"works": parcels.report_works, "fault": parcels.find_fault, "dispose": parcels.dispose, "tie": parcels.tie}[
            step
        ](**ask)
    else:
        parcels.move(to=ParcelState(step), **ask)


def _shown(request, parcel, form, step, status=200):
    parcels.judged([parcel], today())
    name_projects(request.user, [parcel])
    standing = parcel.standing
    context = {
        "parcel": parcel,
        "standing": standing,
        "says": parcels.law_says(standing),
        "track": [
            (parcels.state_words(state), getattr(parcel.facts, name), state == standing.state)
            for state, name in land.DAY_OF.items()
        ],
        "keeps": reach.keeps_land(request.user),
        "moves": [(str(to), parcels.move_words(parcel.facts, to)) for to in land.moves(standing.state)],
        "form": form,
        "step": step,
        "title": _title(parcel, step) if form is not None else "",
        "demands": parcels.land_demands(parcel.project) if parcel.project_seen else [],
        "breadcrumbs": crumbs((_("Parcels"), reverse("parcel-list")), (parcel.name, "")),
    }
    return render(request, "factors/parcel_page.html", context, status=status)


def _title(parcel, step) -> str:
    titles = {
        "works": _("Progress of works"),
        "fault": _("Whose doing the delay is"),
        "dispose": _("Disposal of idle land"),
        "tie": _("For which project"),
    }
    return titles.get(step) or parcels.move_words(parcel.facts, ParcelState(step))


@require_http_methods(["GET", "POST"])
@needs("factor.make")
def parcel_edit(request, pk=None):
    """Record a parcel or change what is basic about it."""
    parcel = _parcel(request, pk) if pk else None
    reach.require_land(request.user)
    form = ParcelForm(request.POST or None, instance=parcel)
    if form.is_bound and form.is_valid():
        try:
            row = parcels.record(
                by=request.user, now=timezone.now(), facts=form.facts(), parcel=Parcel(pk=pk) if pk else None
            )
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.words())
        else:
            messages.success(request, _("Recorded."))
            return redirect("parcel-page", pk=row.pk)
    title = parcel.name if parcel else _("New parcel")
    context = {"parcel": parcel, "form": form, "title": title}
    context["breadcrumbs"] = crumbs((_("Parcels"), reverse("parcel-list")), (title, ""))
    return render(request, "factors/parcel_edit.html", context, status=422 if form.errors else 200)
