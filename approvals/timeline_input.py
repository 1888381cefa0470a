"""From a chain as `approvals.derive` judges it to what the timeline draws, and to the context of its template."""

from collections.abc import Mapping
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from approvals import clock as clocks
from approvals import derive, network, timeline
from approvals.clock import Unit
from approvals.explain_svg import phone_strip
from approvals.lights import ORDER, Light
from approvals.states import State
from approvals.timeline_layout import DONE, FAILED, IDLE, RUNNING, SKIPPED, WAITING, Lane, stage_no
from approvals.timeline_left import lane_words, legend

ZOOMS = ("all", "quarter", "month")
WIDTH_COOKIE = "timeline_width"
WORST_FIRST = [light.value for light in ORDER]
COMPLETION_PHASE = 4  # 竣工验收 in the national exchange standard: an idle run before it is construction


def department_of(stage) -> str:
    """The short name of the department that holds a stage; as the template writes it where the city has none."""
    return str(stage.department.short_name or stage.department) if stage.department else stage.department_name


def status_of(view) -> str:
    """What the timeline makes of a stage: done, running, waiting (could be handed in), idle, skipped or failed."""
    if view.is_skipped:
        return SKIPPED
    if view.is_passed:
        return DONE
    if view.replay.closed_at is not None:
        return FAILED
    if view.replay.accepted_at is not None:
        return RUNNING
    return WAITING if view.ready_on else IDLE


def word_of(view, status: str, light: str) -> str:
    """The word beside the light."""
    if status in (SKIPPED, FAILED) or (status == WAITING and view.replay.received_at):
        return str(State(view.replay.state).label)
    return _("Blocked") if light == "blocked" else str(Light(light).label)


def due_of(moment) -> timeline.Due | None:
    """A `calendars.workdays.Moment` as the timeline's own."""
    return timeline.Due(moment.date, moment.half, moment.provisional) if moment else None


def holder_of(chain_view, view) -> str:
    """The running prerequisite that really holds the next gate up: the one expected last, off the critical path."""
    if view.replay.accepted_at or not view.waiting_for or not view.critical:
        return ""
    waiting = [chain_view.by_code[code] for code in view.waiting_for]
    if not all(v.is_running for v in waiting):
        return ""
    last = max(waiting, key=lambda v: (v.expected_finish_on or chain_view.now.date(), v.clock.over_days))
    return "" if last.critical else last.stage.code


def stage_input(chain_view, view, project_code: str, reason: str = "") -> timeline.TimelineStage:
    """One stage as the timeline draws it. ``reason`` says in words why it is blocked by quota, if it is. No query."""
    stage, clock, status = view.stage, view.clock, status_of(view)
    light = "blocked" if reason and status in (IDLE, WAITING) else str(view.light)
    limit = view.facts.committed or view.facts.statutory
    show = view.replay.accepted_at is None and status != SKIPPED and view.expected_finish_on
    plan = (stage.planned_start_on, stage.planned_finish_on)
    return timeline.TimelineStage(
        code=stage.code,
        no=stage_no(stage.code),
        name=stage.name,
        phase=view.template.phase.code,
        department=department_of(stage),
        prerequisites=view.prerequisites,
        status=status,
        light=light,
        word=word_of(view, status, light),
        plan=plan if all(plan) and status != SKIPPED else None,
        ready_on=view.ready_on,
        accepted_at=view.facts.accepted_at,
        closed_at=view.facts.closed_at,
        pauses=tuple(timeline.TimelinePause(p.reason.value, p.start, p.end, p.label) for p in view.facts.pauses),
        net=clock.net_days,
        limit=clock.limit.limit_days if clock.limit else limit.amount if limit else None,
        limit_unit=(limit.unit.value if limit else ""),
        over=clock.over_days,
        remaining=clock.remaining_days,
        waiting_days=clock.waiting_days,
        supplement_days=clock.supplement_days,
        special_days=clock.special_days,
        nonworking_days=clock.nonworking_days,
        gross_days=clock.gross_days,
        committed_due=due_of(clock.committed_due),
        statutory_due=due_of(clock.statutory_due),
        expected=(view.expected_start_on, view.expected_finish_on) if show else None,
        expected_provisional=view.expected_provisional,
        critical=view.critical,
        blocked=light == "blocked",
        held_by=holder_of(chain_view, view),
        reason=reason or view.replay.skip_reason or stage.skip_reason,
        url=reverse("stage-explain", args=[project_code, stage.code]),
    )


def chain_input(chain_view, project, *, blockers: Mapping[str, str] | None = None, selected="", key="tl"):
    """A whole chain as `TimelineInput`. ``blockers``: stage code → why it is blocked, in words. No query."""
    blockers = blockers or {}
    stages = tuple(stage_input(chain_view, v, project.code, blockers.get(v.stage.code, "")) for v in chain_view.stages)
    phases = {}
    for view in chain_view.stages:
        phases.setdefault(view.template.phase, []).append(view)
    lanes = tuple(
        timeline.TimelinePhase(
            phase.code,
            phase.name,
            clocks.union_net(v.clock for v in views if not v.is_skipped),
            builds=phase.standard_no == COMPLETION_PHASE,
        )
        for phase, views in sorted(phases.items(), key=lambda pair: pair[0].no)
    )
    return timeline.TimelineInput(
        stages=stages,
        phases=lanes,
        now=timezone.localtime(chain_view.now),
        calendar=chain_view.calendar,
        critical_path=tuple(network.analyse(derive.activities_of(chain_view)).critical)
        if chain_view.applicable
        else (),
        key=key,
        title=project.name,
        selected=selected,
    )


def options_from(request, **fixed) -> timeline.TimelineOptions:
    """Zoom, folds and lines from the query string; the width from ``w`` or the cookie that timeline.js keeps."""
    query = request.GET
    zoom = query.get("scale", "all")
    return timeline.TimelineOptions(
        width=_width(query.get("w") or request.COOKIES.get(WIDTH_COOKIE)),
        zoom=zoom if zoom in ZOOMS else "all",
        fold=query.get("fold", "1") != "0",
        all_prerequisites=query.get("prereq") == "1",
        workdays_only=query.get("workdays") == "1" and zoom in ("quarter", "month"),
        **fixed,
    )


def _width(text) -> float:
    """A width in px from outside, kept within what a screen can be; 1,042 (a 1440 px screen) for nonsense."""
    try:
        return float(min(max(int(text), 320), 4000))
    except (TypeError, ValueError):
        return timeline.TimelineOptions.width


def figures(chain_view) -> dict:
    """The figures over the chain: counts, sum, critical path, net, stopped and gross days; never mixed."""
    views = chain_view.applicable
    totals = clocks.chain_totals(v.clock for v in views)
    activities = derive.activities_of(chain_view)
    return {
        "count": len(views),
        "done": len(chain_view.done),
        "committed_sum": sum((v.stage.committed_amount or Decimal(0) for v in views), Decimal(0)),
        "critical_length": network.analyse(activities).length if activities else Decimal(0),
        "net": totals.net_days,
        "supplement": totals.supplement_days,
        "special": totals.special_days,
        "gross": totals.gross_days,
        "stopped": totals.supplement_days + totals.special_days,
        "in_calendar_days": any(v.stage.committed_unit == Unit.CALENDAR_DAY for v in views),
    }


def timeline_context(request, chain_view, project, *, blockers=None, selected="") -> dict:
    """What ``approvals/_timeline.html`` needs, phone list and table included. No query beyond `chain_view`.

    Add it to the page's context and include the template; the controls are links on the page's own address.
    """
    data = chain_input(chain_view, project, blockers=blockers, selected=selected or request.GET.get("stage", ""))
    drawing = timeline.draw(data, options_from(request))
    return {
        "timeline": drawing,
        "timeline_svg": mark_safe(drawing.svg),  # built element by element, every text escaped in timeline_pen
        "timeline_body": [
            ("lane", lane_words(i), i) if isinstance(i, Lane) else ("stage", "", i) for i in drawing.body
        ],
        "timeline_legend": [
            (mark_safe(swatch), word) for swatch, word in legend(data.key, calendar_years=drawing.provisional_years)
        ],
        "timeline_figures": figures(chain_view),
        "timeline_data": data,
        "timeline_zooms": [("all", _("Whole")), ("quarter", _("Quarter")), ("month", _("Month"))],
        "timeline_url": reverse("project-timeline", args=[project.code]),
        "timeline_page": reverse("project-page", args=[project.code]),
        "timeline_project": project,
        "today": data.today,
        "chain_phone": phone_context(data, drawing),
    }


def phone_context(data, drawing) -> dict:
    """The chain as the phone lists it: what is at work first, then the phases, each stage with its strip."""
    lines = {row.stage.code: (row, mark_safe(phone_strip(row, data.calendar, data.key))) for row in drawing.rows}
    current = [pair for pair in lines.values() if pair[0].stage.status == RUNNING or pair[0].stage.blocked]
    current = current or [pair for pair in lines.values() if pair[0].stage.status == WAITING]
    current.sort(key=lambda pair: WORST_FIRST.index(pair[0].stage.light))
    return {
        "current": current,
        "running": sum(row.stage.status == RUNNING for row, _svg in current),
        "blocked": sum(row.stage.blocked for row, _svg in current),
        "phases": [
            (lane, lane_words(lane), [lines[r.stage.code] for r in drawing.rows if r.stage.phase == lane.phase.code])
            for lane in drawing.lanes
        ],
        "at_work": {row.stage.phase for row, _svg in current},
    }
