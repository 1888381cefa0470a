"""The project list: filters above, tiles that add up, dense rows, worst first; saved views; bulk actions; search."""

from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from approvals import actions, early, keeping, project_filters, project_rows
from approvals.light_counts import counts_above
from approvals.models import Stage, StageEvent
from calendars import store
from factors.views import postings
from people import audit, paging
from people.access import allows, needs, visible_to
from people.models import User
from people.prepared import Prepared
from projects import actions as project_actions
from projects import search
from projects.models import Assignment, Enterprise, Park, Project, SavedView

PAGE_SIZE = 50
ORDERS = {
    "worst": ("sort_group", "due_half", "id"),
    "code": ("code",),
    "newest": ("-id",),
}
PICKERS = ("district", "park", "department")
SINGLES = ("factor", "sponsor", "start")
MORE = ("due", "waiting", "officer", "kind", "status", "key_level")
LED_HERE = ("overdue", "answer", "cause")
"""Conditions that only a page leads to (a figure of the leaders' page): kept while others change, and taken away."""

BULK_ACTIONS = (
    StageEvent.Kind.NOTE,
    StageEvent.Kind.RECEIVE,
    StageEvent.Kind.ACCEPT,
    StageEvent.Kind.START_HANDLING,
    StageEvent.Kind.PASS,
)
"""What can be recorded for many projects at once: what needs no fact of its own."""

COLUMNS = {
    "enterprise": gettext_lazy("Enterprise"),
    "park": gettext_lazy("Park"),
    "industry": gettext_lazy("Industry"),
    "investment": gettext_lazy("Investment (100 million yuan)"),
    "output": gettext_lazy("Yearly output (100 million yuan)"),
    "tax": gettext_lazy("Yearly tax (100 million yuan)"),
    "gross": gettext_lazy("Since start (days)"),
    "stages": gettext_lazy("Stages"),
    "factors": gettext_lazy("Factors that block, and gap"),
    "sponsor": gettext_lazy("Sponsor"),
}
"""Columns that may be shown or not; light, overdue, name, stage, net days and due are always there."""

USUAL_COLUMNS = ("enterprise", "park", "gross", "factors", "sponsor")
BULK_LIMIT = 500
"""A bulk action touches at most so many projects: a request must end."""

PRESETS = (
    ("", gettext_lazy("All key projects")),
    ("mine=on", gettext_lazy("Those I stand by")),
    ("due=week", gettext_lazy("Due this week")),
    ("light=red&light=statutory", gettext_lazy("Overdue")),
    ("factor=any", gettext_lazy("Blocked by quota")),
    ("waiting=deferral", gettext_lazy("Deferred materials")),
    ("waiting=supplement", gettext_lazy("Waiting for supplements")),
)


def filtered(request, *, without=()):
    """Return (form, valid values, visible projects that meet them). No query but the form's choices."""
    form = project_filters.ProjectFilter(request.GET)
    values = form.values()
    today = timezone.localdate()
    queryset = visible_to(Project.objects.all(), request.user)
    return form, values, project_filters.narrow(queryset, values, user=request.user, today=today, without=without)


@require_GET
@needs("project.view")
def project_list(request):
    """Show the list, worst first."""
    now = timezone.localtime()
    keeping.sweep(now)
    form, values, queryset = filtered(request)
    order = request.GET.get("order") if request.GET.get("order") in ORDERS else "worst"
    page = paging.page(
        project_rows.shown(queryset),
        ORDERS[order],
        request.GET.get("cursor", ""),
        PAGE_SIZE,
    )
    columns = [name for name in request.GET.getlist("column") if name in COLUMNS] or list(USUAL_COLUMNS)
    rows = project_rows.rows(page.rows, store.current(), now, lacking=True, slow=early.warnings(now))
    counts, counted_at = counts_above(request, values, now)
    shown = sum(counts.get(light, 0) for light in values.get("light", counts))
    context = {
        "rows": rows,
        "all_columns": COLUMNS.items(),
        "columns": columns,
        "columns_key": " ".join(columns),
        "rows_key": project_rows.fingerprint(rows, now),
        "page": page,
        "order": order,
        "now": now,
        "counted_at": counted_at,
        "tiles": _tiles(request, counts, values),
        "total": sum(counts.values()),
        "shown": shown,
        "views": _views(request),
        "can_assign": allows(request.user, "project.assign"),
        "can_draft": allows(request.user, "order.draft"),
        "can_advance": allows(request.user, "stage.advance"),
        "can_print": allows(request.user, "dossier.print"),
        "can_bulk": any(allows(request.user, name) for name in ("project.assign", "stage.advance", "dossier.print")),
        "perms_import": allows(request.user, "project.import"),
        "perms_export": allows(request.user, "project.export"),
        "perms_create": allows(request.user, "project.create"),
        "bulk_actions": [(k.value, k.label) for k in BULK_ACTIONS],
        "bulk_roles": Assignment.Role.choices,
        "bulk_people": _assignable() if allows(request.user, "project.assign") else [],
        **filter_fields(form, values),
    }
    return render(request, "approvals/project_list.html", context)


def filter_fields(form, values: dict) -> dict:
    """Return what templates/approvals/_filter_fields.html draws: the list's filter, on the list and beside the map.

    Six queries, compiled once.
    """
    choices = project_filters.choices()
    return {
        "form": form,
        "values": values,
        "led_here": [
            (form.fields[name].label, name, form.data.get(name), _led_by(name, values[name]))
            for name in LED_HERE
            if name in values
        ],
        "pickers": [form.picker(name, choices[name]) for name in PICKERS],
        "singles": [form.picker(name, choices.get(name)) for name in SINGLES],
        "more": [form.picker(name, choices.get(name)) for name in MORE],
        "more_chosen": sum(name in values for name in (*MORE, "mine")),
        "stage_names": [(name, name, values.get("stage") == name) for name in project_filters.stage_names()],
    }


def _led_by(name: str, value) -> str:
    """Return a condition of LED_HERE in words. One query at most."""
    return project_filters.cause_words(value) if name == "cause" else str(value)


def _assignable() -> list[tuple[str, str]]:
    """Return the people who can stand by a project, as (user name, name and department). One query."""
    return [(username, " ".join(filter(None, [name, short or full]))) for username, name, short, full in _people()]


_people = Prepared(
    lambda: (
        User.objects.filter(is_active=True)
        .exclude(role__in=["", "sysadmin", "secadmin", "auditor"])
        .order_by("display_name")
        .values_list("username", "display_name", "department__short_name", "department__name")
    )
)


def _tiles(request, counts, values):
    """Return the tiles: light, number, address that filters by it, and whether it is on."""
    chosen = set(values.get("light", ()))
    tiles = []
    for light in project_filters.LIGHT_TILES:
        query = request.GET.copy()
        query.pop("cursor", None)
        query.setlist("light", [] if chosen == {light} else [light])
        tiles.append(
            {"light": light, "count": counts.get(light, 0), "url": f"?{query.urlencode()}", "on": light in chosen}
        )
    return tiles


def _views(request):
    """Return the chips above the list: presets, the user's own views and shared ones. One query."""
    current = _canonical(request.GET)
    chips = [{"name": name, "query": query, "own": False} for query, name in PRESETS]
    chips += [
        {"name": name, "query": query, "own": owner == request.user.pk, "pk": pk}
        for pk, owner, name, query in _kept_views(request.user.pk)
    ]
    for chip in chips:
        chip["current"] = _canonical_text(chip["query"]) == current
    return chips


_kept_views = Prepared(
    lambda user: (
        SavedView.objects.filter(Q(owner=user) | Q(shared=True))
        .order_by("name")
        .values_list("pk", "owner_id", "name", "query")
    )
)


def _canonical(query) -> tuple:
    """Return a query as sorted pairs, without paging and empty values: two URLs of the same filter compare equal."""
    return tuple(
        sorted((key, value) for key, many in query.lists() if key not in ("cursor",) for value in many if value)
    )


def _canonical_text(text: str) -> tuple:
    return _canonical(QueryDict(text))


@require_POST
@needs("project.view")
def view_save(request):
    """Keep the present filter under a name, or delete a view of one's own."""
    query = request.POST.get("query", "").lstrip("?")[:500]
    unwanted = request.POST.get("delete", "")
    if unwanted:
        SavedView.objects.filter(owner=request.user, pk=unwanted if unwanted.isdecimal() else 0).delete()
        messages.success(request, _("The view was deleted."))
        return redirect("project-list")
    name = request.POST.get("name", "").strip()[:30]
    if not name:
        messages.error(request, _("Give the view a name."))
    else:
        SavedView.objects.update_or_create(
            owner=request.user,
            name=name,
            defaults={
                "query": query,
                "shared": bool(request.POST.get("shared")) and allows(request.user, "project.assign"),
            },
        )
        messages.success(request, _("The view “%(name)s” was saved.") % {"name": name})
    return HttpResponseRedirect(reverse("project-list") + (f"?{query}" if query else ""))


@require_POST
@needs("project.assign", "stage.advance")
def project_bulk(request):
    """Do one thing to many projects: assign a person, or record a stage. What failed is listed with its reason."""
    codes = request.POST.getlist("project")
    if request.POST.get("all"):
        request.GET = QueryDict(request.POST.get("query", "").lstrip("?"))
        queryset = filtered(request)[2]
    else:
        queryset = visible_to(Project.objects.filter(code__in=codes), request.user)
    chosen = list(queryset.order_by("id")[: BULK_LIMIT + 1])
    back = reverse("project-list") + "?" + request.POST.get("query", "").lstrip("?")
    if not chosen:
        messages.error(request, _("Select at least one project."))
        return HttpResponseRedirect(back)
    if len(chosen) > BULK_LIMIT:
        messages.error(request, _("At most %(n)s projects at once: narrow the filter.") % {"n": BULK_LIMIT})
        return HttpResponseRedirect(back)
    handler = {"assign": _bulk_assign, "stage": _bulk_stage}.get(request.POST.get("do"))
    if handler is None:
        messages.error(request, _("Choose what to do with the selected projects."))
        return HttpResponseRedirect(back)
    done, failed = handler(request, chosen)
    audit.record("project.bulk", by=request.user, request=request, do=request.POST["do"], done=done, failed=len(failed))
    if done:
        messages.success(
            request, ngettext("%(n)s project was updated.", "%(n)s projects were updated.", done) % {"n": done}
        )
    for project, why in failed[:20]:
        messages.error(request, _("%(project)s: %(why)s") % {"project": project.name, "why": why})
    if len(failed) > 20:
        messages.error(request, _("… and %(n)s more that could not be updated.") % {"n": len(failed) - 20})
    return HttpResponseRedirect(back)


def _bulk_assign(request, projects):
    user = User.objects.filter(username=request.POST.get("user", ""), is_active=True).first()
    role = request.POST.get("role", "")
    if user is None or role not in Assignment.Role.values:
        return 0, [(projects[0], _("Choose a role and a person."))]
    done, failed = 0, []
    for project in projects:
        try:
            project_actions.assign(
                by=request.user, project=project, role=role, user=user, started_on=timezone.localdate()
            )
            done += 1
        except project_actions.Refused as error:
            failed.append((project, error.message))
        except project_actions.Forbidden:
            failed.append((project, _("You may not assign people to it.")))
    return done, failed


def _bulk_stage(request, projects):
    """Record the same event on the stage of that code in every selected project."""
    code, action = request.POST.get("stage", "").strip(), request.POST.get("action", "")
    note = request.POST.get("note", "").strip()
    if action not in BULK_ACTIONS or not code:
        return 0, [(projects[0], _("Choose a stage number and what happened."))]
    if action == StageEvent.Kind.NOTE and not note:
        return 0, [(projects[0], _("A progress note needs its text."))]
    now = timezone.localtime()
    stages = {
        s.chain.project_id: s
        for s in Stage.objects.filter(chain__project__in=projects, code=code).select_related("chain")
    }
    done, failed = 0, []
    for project in projects:
        stage = stages.get(project.pk)
        if stage is None:
            failed.append((project, _("It has no stage %(code)s.") % {"code": code}))
            continue
        try:
            actions.act(by=request.user, stage=stage, action=action, occurred_at=now, now=now, note=note)
            done += 1
        except actions.Refused as error:
            failed.append((project, error.message))
        except actions.Forbidden:
            failed.append((project, _("You may not record its stages.")))
    return done, failed


@require_GET
@needs("project.view")
def search_all(request):
    """Suggest projects, enterprises and parks for a few letters; without scripts, lead to the filtered list.

    Three queries, ten suggestions at most.
    """
    query = request.GET.get("q", "").strip()[:100]
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(f"{reverse('project-list')}?{urlencode({'q': query})}")
    results = _suggestions(request.user, query) if query else []
    return render(request, "_parts/suggest.html", {"results": results})


def _suggestions(user, query):
    """Return what is found under `query`, projects first, worst light first."""
    projects = search.matching(visible_to(Project.objects.all(), user), query).select_related("enterprise")
    enterprises = search.matching(visible_to(Enterprise.objects.all(), user), query)
    parks = search.matching(visible_to(Park.objects.all(), user), query)
    found = [
        {
            "url": reverse("project-page", args=[project.code]),
            "title": project.name,
            "detail": " ".join(filter(None, [project.code, project.enterprise.name if project.enterprise else ""])),
            "light": project.light,
        }
        for project in projects.order_by("sort_group", "due_half", "id")[:5]
    ]
    found += [
        {
            "url": reverse("enterprise-page", args=[enterprise.credit_code]),
            "title": enterprise.name,
            "detail": enterprise.credit_code,
            "kind": _("Enterprise"),
        }
        for enterprise in enterprises.order_by("name")[:3]
    ]
    found += [
        {"url": reverse("park-page", args=[park.code]), "title": park.name, "detail": park.code, "kind": _("Park")}
        for park in parks.order_by("name")[:2]
    ]
    return found + postings.suggestions(user, query)
