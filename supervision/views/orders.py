"""Supervision orders: the list, an order with its way and actions, drafting and changing a draft."""

import datetime as dt

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from approvals.lights import Light
from approvals.refusals import Refused
from calendars import store
from people import paging
from people.access import allows, department_ids, needs
from supervision import drafting, lights, order_actions, standing, visible
from supervision.forms import ActForm, OrderForm, item_forms, suggestions
from supervision.labels import ORDER_ACTIONS, ORDER_EVENTS, value_of
from supervision.models import OrderFile, SupervisionOrder
from supervision.states import OrderState
from supervision.views import common

ACTIONS = {
    "sign": order_actions.sign,
    "discard": order_actions.discard,
    "receive": order_actions.receive,
    "report": order_actions.report,
    "ask_extension": order_actions.ask_extension,
    "grant_extension": order_actions.grant_extension,
    "refuse_extension": order_actions.refuse_extension,
    "answer": order_actions.answer,
    "return": order_actions.return_,
    "accept": order_actions.accept,
    "close": order_actions.close,
    "raise": order_actions.raise_level,
}
USUAL_DAYS = 7
"""Working days that a draft proposes as its term."""
ROWS_AT_MOST = 30
SHOWN = (Light.RED, Light.AMBER, Light.GREEN, Light.NONE, Light.DONE)
RANK = common.rank(SHOWN)


def _tile_labels():
    return {
        "": pgettext("orders", "Running"),
        Light.RED.value: _("Overdue"),
        Light.AMBER.value: _("Due soon"),
        Light.GREEN.value: pgettext("problems", "In time"),
        Light.NONE.value: _("Drafts"),
        Light.DONE.value: pgettext("orders", "Done"),
    }


@require_GET
@needs("problem.register")
def order_list(request):
    """List the orders one sees: overdue first, then the earliest due; drafts and what is done behind their tiles."""
    today, calendar, user = timezone.localdate(), store.current(), request.user
    rows = visible.orders(user).exclude(state=OrderState.DISCARDED)
    level = common.choice(request, "level", SupervisionOrder.Level.values)
    source = common.choice(request, "source", SupervisionOrder.Source.values)
    unit = common.choice(request, "mine", ("unit", "drafted"))
    if level:
        rows = rows.filter(level=level)
    if source:
        rows = rows.filter(source=source)
    if unit:
        rows = rows.filter(lead__in=department_ids(user)) if unit == "unit" else rows.filter(drafted_by=user)
    rows = rows.annotate(lit=lights.order_lights(today, calendar))
    counts = dict(rows.order_by().values_list("lit").annotate(Count("pk")))
    lit = common.choice(request, "light", [light.value for light in SHOWN])
    rows = rows.filter(lit=lit) if lit else rows.exclude(lit__in=[Light.DONE.value, Light.NONE.value])
    rows = rows.annotate(rank=RANK).select_related("lead", "signed_by").prefetch_related("items__project")
    page = paging.page(rows, ("rank", "due_on", "id"), request.GET.get("cursor", ""), common.PAGE_SIZE)
    tiles = common.tiles(counts, lit, _tile_labels())
    if not allows(user, "order.draft"):
        tiles = [tile for tile in tiles if tile["value"] != Light.NONE.value]
    context = {
        "areas": common.areas(request, "order-list"),
        "tiles": tiles,
        "page": page,
        "rows": [(row, standing.order_row(row, today, calendar)) for row in page.rows],
        "total": counts.get(lit, 0) if lit else tiles[0]["count"],
        "level": level,
        "source": source,
        "mine": unit,
        "levels": SupervisionOrder.Level.choices,
        "sources": SupervisionOrder.Source.choices,
        "may_draft": allows(user, "order.draft"),
        "may_answer": allows(user, "order.answer"),
        "today": today,
        "breadcrumbs": [],
    }
    return render(request, "supervision/order_list.html", context)


def _one(request, pk) -> SupervisionOrder:
    rows = visible.orders(request.user).select_related(
        "lead", "leader", "drafted_by", "signed_by", "received_by", "raised_from"
    )
    return visible.one(rows, pk)


@require_GET
@needs("problem.register")
def order_page(request, pk):
    """Show an order: its matters, its way so far, and what one can do with it now."""
    return _page(request, _one(request, pk))


def _page(request, order, *, bound=None, chosen="", status=200):
    today, user = timezone.localdate(), request.user
    seen = set(visible.projects(user).filter(order_items__order=order).values_list("pk", flat=True))
    events = order.events.select_related("by", "department").prefetch_related("files")
    offers = order_actions.offers(user, order, today)
    context = {
        "areas": common.areas(request, "order-list"),
        "order": order,
        "row": standing.order_row(order, today, store.current()),
        "items": [(item, item.project_id in seen) for item in order.items.select_related("project")],
        "co_units": order.co_units.order_by("name"),
        "raised": order.raised.exclude(state=OrderState.DISCARDED).first(),
        "history": [
            {"event": event, "label": ORDER_EVENTS.get(event.kind, event.kind), "value": value_of(event)}
            for event in events
        ],
        "may_print": allows(user, "dossier.print"),
        "may_edit": order.state == OrderState.DRAFT and allows(user, "order.draft"),
        "today": today,
        "breadcrumbs": [(_("Supervision orders"), reverse("order-list")), (str(order), "")],
        **common.tools(request, offers, ORDER_ACTIONS, bound=bound, chosen=chosen, of_order=True),
    }
    return render(request, "supervision/order_page.html", context, status=status)


@require_POST
@needs("order.draft", "order.sign", "order.answer")
def order_act(request, pk, act):
    """Do one action with an order."""
    order = _one(request, pk)
    if act not in ACTIONS:
        raise Http404
    form = ActForm(request.POST, request.FILES, action=act, of_order=True)
    facts = {"by": request.user, "now": timezone.now(), "order": order, "request": request}
    if not form.is_valid() or not common.attempt(form, ACTIONS[act], **facts):
        return _page(request, order, bound=form, chosen=act, status=422)
    messages.success(request, _("Recorded: %(what)s.") % {"what": ORDER_EVENTS[act]})
    if act == "discard":
        return redirect("order-list")
    if act == "raise":
        return redirect("order-page", order.raised.exclude(state=OrderState.DISCARDED).get().pk)
    return redirect("order-page", pk)


# --- drafting -----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@needs("order.draft")
def order_create(request):
    """Draft an order; `?project=CODE`, several of them allowed, fills in what is red and what lacks.

    The project list posts its selection with `from_list`: that only fills the form in, too.
    """
    today, user = timezone.localdate(), request.user
    from_list = request.method == "POST" and "from_list" in request.POST
    data = request.POST if request.method == "POST" and not from_list else None
    codes = (request.POST if from_list else request.GET).getlist("project")[:ROWS_AT_MOST]
    projects = list(visible.projects(user).filter(code__in=codes)) if codes else []
    if len(projects) != len(set(codes)):
        raise Http404
    matters, lead = drafting.matters(projects) if projects else ([], None)
    initial = {
        "source": SupervisionOrder.Source.ALERT if projects else SupervisionOrder.Source.MEETING,
        "lead": lead,
        "due_on": store.current().add(today, USUAL_DAYS).date,
        "contact": " ".join(word for word in (user.display_name, user.phone) if word),
        "title": _title(projects),
        "basis": _basis(projects, today),
        "level": SupervisionOrder.Level.ORDER if any(text for text, _p in matters) else SupervisionOrder.Level.LETTER,
    }
    form = OrderForm(data, initial=initial)
    items = item_forms(data, user=user, items=matters, extra=1 if matters else 2)
    return _draft(request, form, items, None)


def _title(projects) -> str:
    if not projects:
        return ""
    if len(projects) == 1:
        return (_("Speeding up %(project)s") % {"project": projects[0].name})[:120]
    return _("Speeding up %(n)s key projects") % {"n": len(projects)}


def _basis(projects, today: dt.date) -> str:
    if not projects:
        return ""
    return _("The system warned on %(day)s: an approval is overdue or quota is lacking.") % {"day": today.isoformat()}


@require_http_methods(["GET", "POST"])
@needs("order.draft")
def order_edit(request, pk):
    """Change a draft."""
    order = _one(request, pk)
    if order.state != OrderState.DRAFT:
        messages.info(request, _("The order was signed: it no longer changes."))
        return redirect("order-page", pk)
    form = OrderForm(request.POST or None, instance=order)
    matters = [(item.text, item.project) for item in order.items.select_related("project")]
    items = item_forms(request.POST or None, user=request.user, items=matters)
    return _draft(request, form, items, order)


def _draft(request, form, items, order):
    """Show the form of a draft, or store it: a new one, or the changed `order`."""
    valid = form.is_bound and form.is_valid()
    if form.is_bound and items.is_valid() and valid:
        pairs = [
            (line.cleaned_data["text"], line.cleaned_data.get("project"))
            for line in items
            if line.cleaned_data.get("text")
        ]
        if not pairs:
            form.add_error(None, _("An order needs a matter."))
        elif (made := _stored(request, form, pairs, order)) is not None:
            return redirect("order-page", made.pk)
    context = {
        "areas": common.areas(request, "order-list"),
        "form": form,
        "items": items,
        "order": order,
        "suggestions": suggestions(request.user),
        "breadcrumbs": [
            (_("Supervision orders"), reverse("order-list")),
            (str(order) if order else _("Draft an order"), ""),
        ],
    }
    return render(request, "supervision/order_form.html", context, status=422 if form.is_bound else 200)


def _stored(request, form, pairs, order):
    """Store what the valid form says; a refusal becomes its error and None returns."""
    now, facts = timezone.now(), dict(form.cleaned_data)
    co_units = facts.pop("co_units")
    try:
        if order is None:
            made = order_actions.draft_order(
                by=request.user, now=now, items=pairs, co_units=co_units, request=request, **facts
            )
            messages.success(request, _("Drafted. It goes out when somebody signs it."))
            return made
        made = order_actions.edit_draft(
            by=request.user, now=now, order=form.save(commit=False), items=pairs, co_units=co_units, request=request
        )
        messages.success(request, _("The draft is changed."))
        return made
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused.message))
    except PermissionDenied:
        form.add_error(None, _("One of the projects is not yours to see."))
    return None


@require_GET
@needs("problem.register")
def order_file(request, pk):
    """Send a file of an order one sees."""
    row = get_object_or_404(OrderFile.objects.select_related("event"), pk=pk)
    visible.one(visible.orders(request.user), row.event.order_id)
    return common.send(row)
