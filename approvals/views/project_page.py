"""The project page: a hub of its chain, its current stages, the action panel, materials, key points and history."""

import datetime as dt
from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from approvals import (
    actions,
    clock,
    derive,
    early,
    gating,
    keeping,
    lights,
    material_actions,
    panel,
    panels,
    project_quota,
    rights,
)
from approvals.models import MaterialUse, StageAttachment, StageEvent
from approvals.network import Activity
from approvals.stage_forms import FIELDS, CorrectionForm, StageActionForm, moment
from approvals.states import CLOSED, State
from approvals.timeline_input import timeline_context
from approvals.views.chains import newer_version
from calendars import store
from factors import gates
from people import access
from people.access import get_for, needs
from projects.models import Assignment, KeyPoint, Project

HISTORY_LINES = 8
"""So many of the latest events stand on the page; `?history=all` gives the whole history a card of its own width."""
OPEN_MATERIAL = (MaterialUse.Status.MISSING, MaterialUse.Status.DEFERRED)
EXPIRING_DAYS = 60
"""Results that end within so many days are named on the page."""


def _project(request, code, need="view") -> Project:
    return get_for(request.user, Project.objects.select_related("enterprise", "park", "district"), need=need, code=code)


@require_GET
@needs("project.view")
def project_page(request, code):
    """Show the hub. `stage` and `action` in the address choose what the panel offers."""
    return _page(request, _project(request, code))


def _page(request, project, *, form=None, correction=None, status=200):
    """Render the hub; `form` and `correction` are bound forms to show again, with everything that was typed."""
    now = timezone.localtime()
    keeping.sweep(now)
    chain = getattr(project, "chain", None)
    context = {
        "project": project,
        "chain": chain,
        "now": now,
        "people": _people(project),
        "key_points": _key_points(project, now.date()),
        "figures": list(project.figures.order_by("-month")[:6]),
        "may_manage": access.may_manage(request.user, project),
        "may_advance": rights.may_manage_chain(request.user, project),
        "may_assign": access.allows(request.user, "project.assign"),
        "breadcrumbs": _breadcrumbs(project),
    }
    board = gates.load(project, now)
    if chain is not None:
        context |= _chain_context(request, project, chain, now, form, correction, board)
    context |= project_quota.context(request.user, project, board, context.get("view"), now.date())
    context["panels"] = panels.of_project(request.user, project, context.get("view"), now)
    return render(request, "approvals/project_page.html", context, status=status)


def _breadcrumbs(project):
    crumbs = [(_("Projects"), reverse("project-list"))]
    if project.park:
        crumbs.append((project.park.name, f"{reverse('project-list')}?park={project.park.code}"))
    return [*crumbs, (project.name, "")]


def _chain_context(request, project, chain, now, form, correction, board) -> dict:
    """Return what the page shows of the chain. Some ten queries, whatever the number of stages."""
    view = derive.load(chain, now, store.current())
    totals = clock.chain_totals(v.clock for v in view.applicable)
    chosen = _chosen(request, view, form)
    history, everything, slow = _history(view), request.GET.get("history") == "all", early.warnings(now)
    materials = _materials(view, request.GET.get("materials") == "all")
    context = {
        "view": view,
        "totals": totals,
        "sum_committed": _sum(
            v.stage.committed_amount for v in view.applicable if v.stage.committed_unit != "calendar_day"
        ),
        "critical_days": _sum(_working(v) for v in view.applicable if v.critical),
        "current": view.current,
        "holders": [_holder(v, view, now, slow.get((project.pk, v.stage.code))) for v in view.current],
        "reason": lights.reason(project.chain_light, project.light_reason, view.calendar, now)
        if project.light_reason
        else "",
        "expected_end": _expected_end(view),
        "expiring": _expiring(view, now.date()),
        "history": history if everything else history[:HISTORY_LINES],
        "history_total": len(history),
        "history_all": everything and len(history) > HISTORY_LINES,
        "materials": materials,
        "materials_open": sum(use.status in OPEN_MATERIAL for use in materials),
        "all_materials": request.GET.get("materials") == "all",
        "panel_tabs": _tabs(view, chosen),
        "newer": newer_version(chain),
    }
    blockers = gating.blockers(board, view)
    context |= timeline_context(request, view, project, blockers=blockers, selected=chosen.stage.code if chosen else "")
    if chosen is not None:
        context |= _panel(request, view, chosen, now, form, correction, board)
    return context


def _sum(numbers):
    return sum((n for n in numbers if n is not None), Decimal(0))


def _working(view):
    """Return the committed limit in working days, as the critical path counts it (calendar days at five to seven)."""
    if view.stage.committed_amount is None:
        return Decimal(0)
    unit = clock.Unit(view.stage.committed_unit or clock.Unit.WORKING_DAY)
    return Activity(view.stage.code, view.stage.committed_amount, (), unit).working_days


def _holder(stage_view, view, now, warning) -> dict:
    """Return who holds a current stage (department, enterprise, nobody yet), since when, and its early warning."""
    told, stage = stage_view.replay, stage_view.stage
    if told.state == State.SUPPLEMENT_REQUESTED:
        who, since = _("the enterprise (supplement)"), told.pauses[-1].start if told.pauses else told.latest_at
    elif told.received_at is None:
        who, since = _("to be handed in"), None
    elif told.state in CLOSED:
        who, since = _("to be applied for again"), told.ended_at
    else:
        who, since = str(stage.department or stage.department_name or "—"), told.accepted_at or told.received_at
    start = derive.local_date(since) if since else stage_view.ready_on
    days = max((now.date() - start).days, 0) if start else None
    return {"view": stage_view, "who": who, "days": days, "slow": early.words(warning) if warning else ""}


def _expected_end(view):
    """Return (expected end, planned end, working days late, provisional) of the chain, or None."""
    ends = [v for v in view.applicable if v.expected_finish_on]
    if not ends:
        return None
    last = max(ends, key=lambda v: v.expected_finish_on)
    planned = max((v.stage.planned_finish_on for v in view.applicable if v.stage.planned_finish_on), default=None)
    late = None
    if planned:
        early, later = sorted((planned, last.expected_finish_on))
        late = view.calendar.between(early, later) * (1 if later == last.expected_finish_on else -1)
    return {"on": last.expected_finish_on, "planned": planned, "late": late, "provisional": last.expected_provisional}


def _expiring(view, today):
    """Return results that end within EXPIRING_DAYS, or have ended, soonest first."""
    until = today + dt.timedelta(days=EXPIRING_DAYS)
    found = [v for v in view.applicable if v.is_passed and v.replay.valid_until and v.replay.valid_until <= until]
    return [
        {"view": v, "until": v.replay.valid_until, "days": (v.replay.valid_until - today).days}
        for v in sorted(found, key=lambda v: v.replay.valid_until)
    ]


def _history(view):
    """Return every event of the chain, the latest recorded first, with what it superseded and whether it was late."""
    events = [(event, v) for v in view.stages for event in v.events]
    numbers = {event.pk: n for n, (event, _v) in enumerate(sorted(events, key=lambda pair: pair[0].pk), start=1)}
    superseded = {event.supersedes_id for event, _v in events if event.supersedes_id}
    rounds = {pk: no for v in view.stages for pk, no in derive.later_receipts(v.events).items()}
    attachments: dict[int, list] = {}
    for attachment in StageAttachment.objects.filter(event__stage__chain=view.chain).order_by("id"):
        attachments.setdefault(attachment.event_id, []).append(attachment)
    lines = []
    for event, v in sorted(events, key=lambda pair: -pair[0].pk):
        occurred, recorded = derive.local_date(event.occurred_at), derive.local_date(event.recorded_at)
        lines.append(
            {
                "event": event,
                "view": v,
                "number": numbers[event.pk],
                "supersedes": numbers.get(event.supersedes_id),
                "is_superseded": event.pk in superseded,
                "round": rounds.get(event.pk),
                "late_days": (recorded - occurred).days,
                "attachments": attachments.get(event.pk, []),
                "gates": [gates.sentence(told) for told in event.data.get("gates", [])],
            }
        )
    return lines


def _materials(view, everything):
    """Return the materials of the current stages, or of all. One query."""
    uses = MaterialUse.objects.filter(stage__chain=view.chain).select_related("stage", "material")
    if not everything:
        uses = uses.filter(stage__in=[v.stage for v in view.current])
    return list(uses.order_by("stage__position", "id"))


def _people(project):
    """Return the open assignments by role. One query."""
    rows = Assignment.objects.filter(project=project, ended_on__isnull=True).select_related(
        "user__department", "department"
    )
    by_role = {row.role: row for row in rows}
    return [{"role": label, "code": value, "row": by_role.get(value)} for value, label in Assignment.Role.choices]


def _key_points(project, today):
    """Return the key points in the order of a project's life, with how late each is. One query."""
    order = {name: n for n, name in enumerate(KeyPoint.Name.values)}
    points = sorted(project.key_points.all(), key=lambda point: order[point.name])
    return [
        {
            "point": point,
            "late": ((point.actual_on or today) - point.planned_on).days
            if point.planned_on and (point.actual_on or today) > point.planned_on
            else 0,
        }
        for point in points
    ]


# --- the panel --------------------------------------------------------------------------------------------------


def _chosen(request, view, form):
    """Return the stage that the panel works on: the form's, the address's, or the first current one."""
    code = form.stage.code if form is not None else request.GET.get("stage", "")
    if code in view.by_code:
        return view.by_code[code]
    return view.current[0] if view.current else (view.stages[-1] if view.stages else None)


def _tabs(view, chosen):
    tabs = list(view.current)
    if chosen is not None and chosen not in tabs:
        tabs.append(chosen)
    return tabs


def _panel(request, view, chosen, now, form, correction, board) -> dict:
    choices = panel.choices(chosen, request.user, board)
    allowed = [choice.action for choice in choices if not choice.why_not]
    wanted = form.action if form is not None else request.GET.get("action", "")
    # What was typed stays under what it was typed for, even when somebody else was first and it is no longer possible.
    action = wanted if form is not None or wanted in allowed else _default(allowed)
    if form is None and action:
        form = StageActionForm(
            stage=chosen.stage,
            action=action,
            today=now.date(),
            initial={
                "seen_event": max((e.pk for e in chosen.events), default=0),
                "source_system": chosen.stage.source_system,
            },
        )
    if correction is None and request.GET.get("correct", "").isdigit():
        event = next((e for v in view.stages for e in v.events if e.pk == int(request.GET["correct"])), None)
        if event is not None and rights.may_act(request.user, event.stage, "correct", event=event):
            correction = CorrectionForm(event=event)
    return {
        "chosen": chosen,
        "gate_lines": project_quota.panel_lines(board, chosen),
        "choices": choices,
        "action": action,
        "action_label": StageEvent.Kind(action).label if action else "",
        "form": form,
        "correction": correction,
        "follow_up": panel.follow_up(view, chosen.stage.code, action, now) if action else [],
        "may_record": bool(allowed),
        "may_print": access.allows(request.user, "dossier.print"),
    }


def _default(allowed):
    """Return the action that is most often next."""
    for action in ("receive_supplement", "end_special_procedure", "pass", "accept", "receive", "note"):
        if action in allowed:
            return action
    return allowed[0] if allowed else ""


@require_GET
@needs("project.view")
def stage_preview(request, code, stage):
    """Say what recording an action on a day would change: a fragment for the panel. Writes nothing."""
    project = _project(request, code)
    chain = getattr(project, "chain", None)
    now = timezone.localtime()
    sentences = []
    if chain is not None:
        view = derive.load(chain, now, store.current())
        action = request.GET.get("action", "")
        try:
            day = dt.date.fromisoformat(request.GET.get("occurred_on", ""))
        except ValueError:
            day = now.date()
        if stage in view.by_code and action in FIELDS and day <= now.date():
            sentences = panel.follow_up(view, stage, action, moment(day, now))
    return render(request, "approvals/_follow_up.html", {"follow_up": sentences})


@require_POST
@needs("stage.advance", "stage.handle")
def stage_act(request, code, stage):
    """Record an action. On any refusal the page comes back with everything that was typed."""
    project = _project(request, code)
    row = _stage(project, stage)
    action = request.POST.get("action", "")
    if action not in FIELDS:
        raise Http404
    if not rights.may_act(request.user, row, action):
        raise PermissionDenied
    now = timezone.localtime()
    keeping.sweep(now)
    form = StageActionForm(request.POST, request.FILES, stage=row, action=action, today=now.date())
    if not form.is_valid():
        return _page(request, project, form=form, status=422)
    try:
        if action == "commitment_verified":
            material_actions.verify_commitment(
                by=request.user,
                stage=row,
                kept=form.cleaned_data["kept"] == "yes",
                now=now,
                note=form.cleaned_data["note"],
            )
        else:
            actions.act(by=request.user, stage=row, action=action, now=now, **form.facts(now))
    except actions.Refused as error:
        form.add_error(error.field if error.field in form.fields else None, str(error.message))
        return _page(request, project, form=form, status=409 if isinstance(error, actions.Overtaken) else 422)
    messages.success(
        request,
        _("Recorded: %(stage)s “%(what)s”.")
        % {"stage": f"{row.code} {row.name}", "what": StageEvent.Kind(action).label},
    )
    if request.POST.get("next") == "workbench":
        return redirect("workbench")
    return redirect(f"{reverse('project-page', args=[project.code])}?stage={row.code}#panel")


def _stage(project, code):
    chain = getattr(project, "chain", None)
    row = (
        chain.stages.select_related("stage_template", "department", "chain__project").filter(code=code).first()
        if chain
        else None
    )
    if row is None:
        raise Http404
    return row


@require_POST
@needs("stage.advance", "stage.handle")
def stage_correct(request, code, event):
    """Supersede a wrong event."""
    project = _project(request, code)
    wrong = (
        StageEvent.objects.select_related("stage__chain__project", "stage__stage_template", "by")
        .filter(pk=event, stage__chain__project=project)
        .first()
    )
    if wrong is None:
        raise Http404
    if not rights.may_act(request.user, wrong.stage, "correct", event=wrong):
        raise PermissionDenied
    form = CorrectionForm(request.POST, event=wrong)
    now = timezone.localtime()
    if form.is_valid():
        try:
            actions.correct(by=request.user, event=wrong, now=now, **form.facts(now))
        except actions.Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            messages.success(request, _("The event was corrected; the history shows both."))
            return redirect(f"{reverse('project-page', args=[project.code])}?stage={wrong.stage.code}#history")
    return _page(request, project, correction=form, status=422)
