"""The problem register: the list with its filters, a problem with its history and actions, registering one."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from approvals.lights import Light
from calendars import store
from people import paging
from people.access import allows, department_ids, get_for, needs
from people.models import Department, District
from projects import search
from projects.models import Assignment, Project
from projects.uploads import Upload
from supervision import actions, lights, standing, visible
from supervision.forms import ActForm, ProblemForm, ProjectText, suggestions
from supervision.labels import PROBLEM_ACTIONS, PROBLEM_EVENTS, value_of
from supervision.models import Problem, ProblemFile
from supervision.states import ProblemState
from supervision.views import common

ACTIONS = {
    "assign": actions.assign,
    "claim": actions.claim,
    "hand_back": actions.hand_back,
    "progress": actions.progress,
    "ask": actions.ask,
    "confirm": actions.confirm,
    "close": actions.close,
    "return": actions.return_,
    "escalate": actions.escalate,
    "suspend": actions.suspend,
    "review": actions.review,
    "resume": actions.resume,
}
RANK = common.rank(common.LIGHTS)


def _tile_labels():
    return {
        "": pgettext("problems", "Open"),
        Light.RED.value: _("Overdue"),
        Light.AMBER.value: _("Due soon"),
        Light.GREEN.value: pgettext("problems", "In time"),
        Light.STOPPED.value: _("Suspended"),
        Light.DONE.value: pgettext("problem", "Closed out"),
    }


@require_GET
@needs("problem.register")
def problem_list(request):
    """List the problems one sees: worst light first, then the earliest due. Filters stand in the address."""
    today = timezone.localdate()
    rows, filters = narrowed(request)
    rate = standing.problem_rate(rows, today)
    rows = rows.annotate(lit=lights.problem_lights(today, store.current()))
    counts = dict(rows.order_by().values_list("lit").annotate(Count("pk")))
    lit, rows = lit_as_asked(request, rows)
    page = paging.page(rows, ("rank", "due_on", "id"), request.GET.get("cursor", ""), common.PAGE_SIZE)
    calendar = store.current()
    shown = [
        {
            "problem": row,
            "row": standing.problem_row(row, today, calendar),
            "hidden": visible.masked_from(request.user, row),
        }
        for row in page.rows
    ]
    context = {
        "areas": common.areas(request, "problem-list"),
        "tiles": common.tiles(counts, lit, _tile_labels()),
        "page": page,
        "rows": shown,
        "total": counts.get(lit, 0) if lit else sum(n for light, n in counts.items() if light != Light.DONE),
        "rate": rate,
        "today": today,
        "may_register": allows(request.user, "problem.register"),
        "may_export": allows(request.user, "project.export"),
        "breadcrumbs": [],
        **filters,
    }
    return render(request, "supervision/problem_list.html", context)


def lit_as_asked(request, rows):
    """Return the light that the address asks for ("": every open problem) and its rows, worst first.

    `rows` carry `lit`.
    """
    lit = common.choice(request, "light", [light.value for light in common.LIGHTS])
    rows = rows.filter(lit=lit) if lit else rows.exclude(lit=Light.DONE.value)
    return lit, rows.annotate(rank=RANK).select_related("project__enterprise", "department", "project__park")


def narrowed(request):
    """Return the problems that the filters of the address leave (all but the light), and what the filter bar shows."""
    user = request.user
    place, query = common.whole(request, "district"), request.GET.get("q", "").strip()[:100]
    mine = common.choice(request, "mine", ("unit", "served", "registered", "check"))
    told = place or query or mine == "served" or request.GET.get("project")
    rows = visible.named(user) if told else visible.problems(user)
    if query:
        wanted = search.matching(Project.objects.all(), query)
        words = Q(text__icontains=query) | Q(number__icontains=query)
        rows = rows.filter(words | Q(project__in=wanted.values("pk")))
    if place:
        rows = rows.filter(project__district=place)
    if request.GET.get("project"):
        rows = rows.filter(project__code=request.GET["project"])
    for name, choices in (
        ("category", Problem.Category.values),
        ("level", Problem.Level.values),
        ("state", ProblemState.values),
    ):
        if value := common.choice(request, name, choices):
            rows = rows.filter(**{name: value})
    if unit := common.whole(request, "unit"):
        rows = rows.filter(department=unit)
    if mine == "unit":
        rows = rows.filter(department__in=department_ids(user))
    elif mine == "served":
        rows = rows.filter(
            project__in=Assignment.objects.filter(user=user, ended_on__isnull=True).values("project").distinct()
        )
    elif mine == "registered":
        rows = rows.filter(registered_by=user)
    elif mine == "check":
        rows = rows.filter(state=ProblemState.ASKED).exclude(asked_by=user).exclude(registered_by=user)
    return rows, {
        "query": query,
        "mine": mine,
        "mines": _mines(user),
        "district": place,
        "unit": unit,
        "project_code": request.GET.get("project", ""),
        "category": request.GET.get("category", ""),
        "level": request.GET.get("level", ""),
        "state": request.GET.get("state", ""),
        "categories": Problem.Category.choices,
        "levels": Problem.Level.choices,
        "states": ProblemState.choices,
        "districts": District.objects.filter(parent__isnull=False).order_by("code"),
        "units": Department.objects.filter(problems__isnull=False).distinct().order_by("name"),
    }


def _mines(user) -> list[tuple[str, str]]:
    found = [("", _("All that I see"))]
    if allows(user, "problem.handle"):
        found.append(("unit", _("Of my unit")))
    if allows(user, "visit.log"):
        found.append(("served", _("Of the projects I stand by")))
    found.append(("registered", _("Registered by me")))
    if allows(user, "problem.check"):
        found.append(("check", _("To be checked by me")))
    return found


@require_GET
@needs("problem.register")
def problem_page(request, pk):
    """Show a problem: facts, history, and what one can do with it now (`?do=` chooses)."""
    return _page(request, _one(request, pk))


def _one(request, pk) -> Problem:
    rows = visible.problems(request.user).select_related(
        "project__enterprise", "project__park", "department", "concerns", "visit__visitor", "registered_by", "closed_by"
    )
    return visible.one(rows, pk)


def _page(request, problem, *, bound=None, chosen="", status=200):
    today, user = timezone.localdate(), request.user
    hidden = visible.masked_from(user, problem)
    seen = not hidden and visible.projects(user).filter(pk=problem.project_id).exists()
    row = standing.problem_row(problem, today, store.current())
    events = list(problem.events.select_related("by__department", "department").prefetch_related("files"))
    own = department_ids(user)
    history = [
        {
            "event": event,
            "label": PROBLEM_EVENTS.get(event.kind, event.kind),
            "value": value_of(event),
            "known": not hidden or event.by.department_id in own,
        }
        for event in events
    ]
    context = {
        "areas": common.areas(request, "problem-list"),
        "problem": problem,
        "row": row,
        "hidden": hidden,
        "may_see_project": seen,
        "history": history,
        "today": today,
        "over_level": row.light == Light.RED and problem.level in lights.NEXT_LEVEL,
        "breadcrumbs": [(_("Problem register"), reverse("problem-list")), (problem.number, "")],
        **common.tools(request, actions.offers(user, problem), PROBLEM_ACTIONS, bound=bound, chosen=chosen),
    }
    return render(request, "supervision/problem_page.html", context, status=status)


@require_POST
@needs("problem.handle", "problem.check")
def problem_act(request, pk, act):
    """Do one action with a problem."""
    problem = _one(request, pk)
    if act not in ACTIONS:
        raise Http404
    form = ActForm(request.POST, request.FILES, action=act)
    facts = {"by": request.user, "now": timezone.now(), "problem": problem, "request": request}
    if not form.is_valid() or not common.attempt(form, ACTIONS[act], **facts):
        return _page(request, problem, bound=form, chosen=act, status=422)
    messages.success(request, _("%(number)s: %(what)s.") % {"number": problem.number, "what": PROBLEM_EVENTS[act]})
    return redirect("problem-page", pk)


@require_http_methods(["GET", "POST"])
@needs("problem.register")
def problem_create(request):
    """Register a problem of a project (`?project=CODE` chooses it)."""
    chosen = None
    if request.GET.get("project"):
        chosen = get_for(request.user, Project.objects.select_related("enterprise"), code=request.GET["project"])
    form = ProblemForm(request.POST or None, request.FILES or None, user=request.user, chosen=chosen)
    if request.method == "POST" and form.is_valid():
        problem = form.save(commit=False)
        department, problem.department = problem.department, None
        file = form.cleaned_data["file"]
        problem = actions.register(
            by=request.user,
            now=timezone.now(),
            problem=problem,
            department=department,
            upload=Upload(file.name, file) if file else None,
            request=request,
        )
        messages.success(request, _("Registered as %(number)s.") % {"number": problem.number})
        return redirect("problem-page", problem.pk)
    context = {
        "areas": common.areas(request, "problem-list"),
        "form": form,
        "may_assign": allows(request.user, "problem.check"),
        "suggestions": suggestions(request.user) if isinstance(form.fields["project"], ProjectText) else [],
        "breadcrumbs": [(_("Problem register"), reverse("problem-list")), (_("Register a problem"), "")],
    }
    return render(request, "supervision/problem_form.html", context, status=422 if form.errors else 200)


@require_GET
@needs("problem.register")
def problem_file(request, pk):
    """Send a file of a problem one sees; of a masked one only what one's own unit handed in."""
    row = get_object_or_404(ProblemFile.objects.select_related("event__problem", "event__by"), pk=pk)
    problem = visible.one(visible.problems(request.user), row.event.problem_id)
    if visible.masked_from(request.user, problem) and row.event.by.department_id not in department_ids(request.user):
        raise Http404
    return common.send(row)
