"""Instructions of leaders: given on a blocker or a shared cause, answered by those named, closed by who gave them."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from calendars import store
from cockpit import actions, figures, panels
from cockpit.forms import CloseForm, InstructionForm, ReplyForm
from cockpit.models import Instruction
from cockpit.scope import Scope
from factors import blocked, quantity
from people import paging
from people.access import allows, get_for, needs, visible_to
from people.models import Department, User
from projects.models import Assignment, Project
from supervision.order_actions import draft_order
from supervision.states import OrderState
from supervision.visible import orders as supervision_orders

PAGE_SIZE = 30


@require_GET
@needs("cockpit.view")
def instruction_list(request):
    """List what names me and what I gave; `?state=closed` what is closed, `?mine=given` what I gave."""
    now = timezone.localtime()
    rows = actions.instructions_of(request.user)
    state = "closed" if request.GET.get("state") == "closed" else "open"
    given = request.GET.get("mine") == "given"
    if given:
        rows = rows.filter(given_by=request.user)
    counts = {"open": rows.open().count(), "closed": rows.filter(closed_at__isnull=False).count()}
    rows = rows.open() if state == "open" else rows.filter(closed_at__isnull=False)
    rows = rows.select_related("project", "department", "leader", "given_by").prefetch_related("replies")
    page = paging.page(rows, ("due_on", "id"), request.GET.get("cursor", ""), PAGE_SIZE)
    context = {
        "page": page,
        "rows": page.rows,
        "state": state,
        "given": given,
        "counts": counts,
        "today": now.date(),
        "may_instruct": allows(request.user, "instruction.give"),
        "breadcrumbs": [(_("Cockpit"), reverse("cockpit")), (_("Instructions"), "")],
    }
    return render(request, "cockpit/instruction_list.html", context)


def _subject(request, now):
    """Return (project or None, cause, what holds it up in words, suggested department) from the address.

    404 for a project that the person may not see, or a cause that holds nothing.
    """
    scope = Scope.of(request.user)
    if request.GET.get("project"):
        project = get_for(request.user, Project.objects.all(), code=request.GET["project"])
        row = figures.blockers(figures.Held(), now, store.current(), chosen=[project.pk])[0]
        words, department = [project.name], None
        if row.demand is not None:
            words += [blocked.gap_words(row.demand), *row.other, blocked.pool_words(row.demand)]
            department = (row.demand.pool and row.demand.pool.department) or row.demand.book.kind.department
        if row.late is not None:
            words.append(_("%(stage)s over by %(days)s days") % {"stage": row.over_of, "days": f"{row.over or 0:.1f}"})
            department = department or _named(row.late.department)
        return project, "", " · ".join(words)[:300], department
    page = panels.load(scope, now)
    wanted = request.GET.get("cause", "")
    release = next((one for one in figures.releases(page.held) if one.cause == wanted), None)
    if release is None:
        raise Http404
    cause = figures.told(page.held, [release])[0]
    if cause.of is not None:
        kind = cause.book.kind
        what = _("%(pool)s: %(short)s missing") % {
            "pool": cause.account.name if cause.account else cause.book,
            "short": quantity.show(cause.short, kind.family, kind.unit, up=True, with_unit=True),
        }
    elif cause.need is not None:
        what = f"{cause.need.project.park} {cause.need.item}"
    else:
        what = _("%(stage)s is overdue") % {"stage": cause.stage}
    tail = _("holds up %(n)s projects, %(yi)s × 100 million yuan") % {
        "n": release.count,
        "yi": f"{release.wan / 10000:,.1f}",
    }
    return None, wanted, f"{what} · {tail}"[:300], _named(cause.who)


def _named(name: str) -> Department | None:
    found = Department.objects.named(name) if name else []
    return found[0] if found else None


@require_http_methods(["GET", "POST"])
@needs("instruction.give")
def instruction_create(request):
    """Give an instruction on a blocker (`?project=CODE`) or a shared cause (`?cause=…`)."""
    now = timezone.localtime()
    if not (request.GET.get("project") or request.GET.get("cause")):
        messages.info(request, _("An instruction is given on a blocker: choose one."))
        return redirect("cockpit")
    project, cause, subject, department = _subject(request, now)
    form = InstructionForm(
        request.POST or None,
        today=now.date(),
        instance=Instruction(project=project, cause=cause, subject=subject),
        initial={"department": department, "leader": _sponsor(project) or request.user},
    )
    if request.method == "POST" and form.is_valid():
        row = actions.instruct(
            by=request.user,
            now=now,
            instruction=form.save(commit=False),
            persons=form.cleaned_data["persons"],
            request=request,
        )
        messages.success(request, _("The instruction was given. Those named see it on their pages."))
        return redirect("instruction-page", row.pk)
    context = {
        "form": form,
        "subject": subject,
        "project": project,
        "breadcrumbs": [
            (_("Cockpit"), reverse("cockpit")),
            (_("Instructions"), reverse("instruction-list")),
            (_("Give an instruction"), ""),
        ],
    }
    return render(request, "cockpit/instruction_form.html", context, status=422 if form.errors else 200)


def _sponsor(project) -> User | None:
    """Return who sponsors the project today."""
    role = {"assignments__role": Assignment.Role.SPONSOR, "assignments__ended_on__isnull": True}
    return User.objects.filter(assignments__project=project, **role).first() if project else None


def _one(request, pk) -> Instruction:
    """Return an instruction that names the person or that he gave; 404 for everybody else."""
    rows = actions.instructions_of(request.user).select_related(
        "project", "department", "leader", "given_by", "closed_by"
    )
    return get_object_or_404(rows, pk=pk)


@require_GET
@needs("cockpit.view")
def instruction_page(request, pk):
    """Show an instruction with its answers."""
    row = _one(request, pk)
    return _page(request, row, ReplyForm(), CloseForm())


def _page(request, row, reply, close, status=200):
    today = timezone.localdate()
    seen = None
    if row.project:
        seen = visible_to(Project.objects.filter(pk=row.project_id), request.user).exists()
    order = None
    if allows(request.user, "order.draft"):
        drafted = supervision_orders(request.user).filter(origin=f"instruction:{row.pk}")
        order = drafted.exclude(state=OrderState.DISCARDED).first()
    context = {
        "row": row,
        "order": order,
        "may_draft": order is None and row.closed_at is None and allows(request.user, "order.draft"),
        "persons": row.persons.select_related("department").order_by("display_name"),
        "replies": row.replies.select_related("by"),
        "reply": reply,
        "close": close,
        "may_close": row.given_by_id == request.user.pk and row.closed_at is None,
        "may_see_project": seen,
        "days_left": (row.due_on - today).days,
        "today": today,
        "breadcrumbs": [
            (_("Cockpit"), reverse("cockpit")),
            (_("Instructions"), reverse("instruction-list")),
            (str(row.pk), ""),
        ],
    }
    return render(request, "cockpit/instruction_page.html", context, status=status)


@require_POST
@needs("cockpit.view")
def instruction_answer(request, pk):
    """Answer an instruction that names me."""
    row, form = _one(request, pk), ReplyForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form, CloseForm(), status=422)
    actions.answer(by=request.user, now=timezone.now(), instruction=row, request=request, **form.cleaned_data)
    messages.success(request, _("Answered."))
    return redirect("instruction-page", pk)


@require_POST
@needs("order.draft")
def instruction_order(request, pk):
    """Draft a supervision order from an instruction, once, and lead to the draft, where it is completed."""
    row, now = _one(request, pk), timezone.now()
    origin = f"instruction:{row.pk}"
    made = supervision_orders(request.user).filter(origin=origin).exclude(state=OrderState.DISCARDED).first()
    if made is None:
        seen = row.project and visible_to(Project.objects.filter(pk=row.project_id), request.user).exists()
        made = draft_order(
            by=request.user,
            now=now,
            source="instruction",
            basis=f"{row.given_by.display_name} {timezone.localtime(row.given_at):%Y-%m-%d}{_(': ')}{row.text}",
            project=row.project if seen else None,
            items=[row.target],
            lead=row.department,
            leader=row.leader,
            due_on=max(row.due_on, timezone.localdate()),
            title=row.target,
            contact=" ".join(word for word in (request.user.display_name, request.user.phone) if word),
            origin=origin,
            request=request,
        )
        messages.success(request, _("Drafted. It goes out when somebody signs it."))
    return redirect("order-edit" if made.state == OrderState.DRAFT else "order-page", made.pk)


@require_POST
@needs("instruction.give")
def instruction_close(request, pk):
    """Close an instruction that I gave."""
    row, form = _one(request, pk), CloseForm(request.POST)
    if not form.is_valid():
        return _page(request, row, ReplyForm(), form, status=422)
    actions.close(by=request.user, now=timezone.now(), instruction=row, request=request, **form.cleaned_data)
    messages.success(request, _("The instruction is closed."))
    return redirect("instruction-page", pk)
