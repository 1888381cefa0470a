"""Gathering the approval chain: stages, phases, stops and figures from the view that the project page shows."""

import dataclasses
import mimetypes
import re
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from approvals import clock, derive, gating, timeline_input
from approvals.clock import Unit
from approvals.models import MaterialUse, StageAttachment
from approvals.states import CLOSED, State
from approvals.timeline_input import department_of
from approvals.timeline_layout import stage_no
from approvals.timeline_left import legend
from approvals.views.timeline import print_sheets
from dossiers.content import Attachment, Chain, Event, Halt, Lamp, Material, Phase, Records, Stage
from projects.models import Material as MaterialRow


def chain_of(project, view, board) -> Chain:
    """Return the chain of a project as its page shows it. No query."""
    blockers = gating.blockers(board, view)
    data = timeline_input.chain_input(view, project, blockers=blockers, key="paper")
    drawn = {stage.code: stage for stage in data.stages}
    stages = tuple(_stage(v, drawn[v.stage.code], view) for v in view.stages)
    figures = timeline_input.figures(view)
    at_work = [v for v in view.applicable if v.replay.accepted_at and v.stage.committed_unit == Unit.WORKING_DAY]
    end = _expected(view)
    years = {day.year for v in view.applicable for day in (v.expected_finish_on, v.stage.due_on) if day}
    return Chain(
        template=view.chain.template.name,
        version=view.chain.template.version,
        started_on=view.chain.started_on,
        done=figures["done"],
        total=figures["count"],
        stages=stages,
        phases=_phases(view),
        halts=_halts(view),
        current=tuple(stage_no(v.stage.code) for v in view.current),
        net=figures["net"],
        net_promised=sum((v.stage.committed_amount for v in at_work), Decimal(0)),
        promised=figures["committed_sum"],
        critical=figures["critical_length"],
        stopped_supplement=figures["supplement"],
        stopped_special=figures["special"],
        gross_calendar=figures["gross"],
        calendar_version=view.calendar.version or 0,
        provisional_years=tuple(sorted(year for year in years if view.calendar.is_provisional(date(year, 7, 1)))),
        **end,
    )


def _stage(v, drawn, view) -> Stage:
    stage, told, times = v.stage, v.replay, v.clock
    who, since = _holder(v)
    return Stage(
        no=drawn.no,
        name=stage.name,
        short=v.template.short_name or stage.name,
        phase=v.template.phase.code,
        department=department_of(stage),
        lamp=Lamp(drawn.light, str(drawn.word)),
        state=str(State(told.state).label),
        status=drawn.status,
        net=times.net_days if told.accepted_at else None,
        limit=drawn.limit,
        unit=drawn.limit_unit,
        statutory=stage.statutory_amount,
        statutory_unit=stage.statutory_unit,
        gross=times.gross_days if told.received_at else None,
        stopped=times.supplement_days + times.special_days if told.accepted_at else None,
        over=times.over_days,
        remaining=times.remaining_days,
        received_on=derive.local_date(told.received_at),
        accepted_on=derive.local_date(told.accepted_at),
        due_on=times.committed_due.date if times.committed_due else None,
        statutory_due_on=times.statutory_due.date if times.statutory_due else None,
        closed_on=derive.local_date(told.closed_at),
        expected_on=drawn.expected[1] if drawn.expected else None,
        provisional=times.provisional or v.expected_provisional,
        held_off=times.stopped,
        document_no=told.document_no,
        valid_until=told.valid_until,
        holder=who,
        held_days=max((derive.local_date(view.now) - since).days, 0) if since else None,
        critical=v.critical,
        blocked=drawn.reason if drawn.blocked else "",
        reason=told.skip_reason or stage.skip_reason if v.is_skipped else "",
        round=told.round,
    )


def _holder(v):
    """Return who holds a stage at work and since when, as the strip of the project page says it."""
    told = v.replay
    if told.state == State.SUPPLEMENT_REQUESTED:
        return _("the enterprise (supplement)"), derive.local_date(
            told.pauses[-1].start if told.pauses else told.latest_at
        )
    if told.received_at is None:
        return (_("to be handed in"), v.ready_on) if v.is_ready else ("", None)
    if told.state in CLOSED:
        return "", None
    return department_of(v.stage), derive.local_date(told.accepted_at or told.received_at)


def _phases(view) -> tuple[Phase, ...]:
    found: dict = {}
    for v in view.stages:
        found.setdefault(v.template.phase, []).append(v)
    phases = []
    for phase, views in found.items():
        counted = [v for v in views if not v.is_skipped]
        done = sum(v.is_passed for v in counted)
        phases.append(Phase(phase.code, phase.name, done, len(counted), clock.union_net(v.clock for v in counted)))
    return tuple(phases)


def _halts(view) -> tuple[Halt, ...]:
    words = {"supplement": _("supplement"), "special": _("special procedure")}
    found = []
    for v in view.applicable:
        for span in v.clock.pauses:
            pause = span.pause
            found.append(
                Halt(
                    stage_no(v.stage.code),
                    v.stage.name,
                    words[pause.reason.value],
                    derive.local_date(pause.start),
                    derive.local_date(pause.end),
                    span.days,
                    pause.label,
                )
            )
    return tuple(found)


def _expected(view) -> dict:
    """Return when the chain is expected to end and how late that is, as the project page reckons it."""
    ends = [v for v in view.applicable if v.expected_finish_on]
    if not ends:
        return {}
    last = max(ends, key=lambda v: v.expected_finish_on)
    planned = max((v.stage.planned_finish_on for v in view.applicable if v.stage.planned_finish_on), default=None)
    late = None
    if planned:
        early, later = sorted((planned, last.expected_finish_on))
        late = int(view.calendar.between(early, later)) * (1 if later == last.expected_finish_on else -1)
    return {
        "expected_on": last.expected_finish_on,
        "planned_on": planned,
        "late": late,
        "expected_provisional": last.expected_provisional,
    }


# --- the records behind the booklet ----------------------------------------------------------------------------------


def records_of(project, view, board) -> Records:
    """Return what only the booklet holds. Three queries."""
    if view is None:
        return Records(attachments=_library(project))
    data = timeline_input.chain_input(view, project, blockers=gating.blockers(board, view), key="paper")
    data = dataclasses.replace(data, stages=tuple(dataclasses.replace(s, url="") for s in data.stages))
    sheets = print_sheets(data)
    uses = MaterialUse.objects.filter(stage__chain=view.chain).select_related("stage", "material")
    return Records(
        materials=tuple(
            Material(
                stage_no(use.stage.code),
                use.stage.name,
                use.name,
                str(use.get_status_display()),
                use.material.document_no if use.material else "",
                use.due_on,
            )
            for use in uses.order_by("stage__position", "id")
        ),
        events=_events(view),
        attachments=_files(view) + _library(project),
        drawings=tuple(for_paper(str(sheet.svg), number) for number, sheet in enumerate(sheets)),
        legend=tuple(
            (str(svg), str(word)) for svg, word in legend(data.key, bw=True, calendar_years=sheets[0].provisional_years)
        ),
    )


HALO = re.compile(r'(?<=<text)([^>]*?) paint-order="stroke"([^>]*)>')
STROKE = re.compile(r' stroke(?:-\w+)?="[^"]*"')


def for_paper(svg: str, number: int) -> str:
    """Return a drawing as paper needs it: no halo around words (it would be painted over them), ids of its own."""
    svg = HALO.sub(lambda found: STROKE.sub("", found[1] + found[2]) + ">", svg)
    return svg.replace('id="paper-', f'id="paper{number}-').replace("url(#paper-", f"url(#paper{number}-")


def _events(view) -> tuple[Event, ...]:
    events = [(event, v) for v in view.stages for event in v.events]
    superseded = {event.supersedes_id for event, _v in events if event.supersedes_id}
    return tuple(
        Event(
            derive.local_date(event.occurred_at),
            derive.local_date(event.recorded_at),
            stage_no(v.stage.code),
            v.template.short_name or v.stage.name,
            str(event.get_kind_display()),
            event.document_no,
            event.note,
            event.by.display_name,
            event.pk in superseded,
        )
        for event, v in sorted(events, key=lambda pair: (pair[0].occurred_at, pair[0].pk))
    )


def _files(view) -> tuple[Attachment, ...]:
    rows = StageAttachment.objects.filter(event__stage__chain=view.chain).select_related("event__stage")
    return tuple(
        Attachment(
            row.name,
            f"{stage_no(row.event.stage.code)} {row.event.stage.name}",
            kind_of(row.name),
            row.size,
            row.sha256,
            row.file.name,
            derive.local_date(row.event.occurred_at),
        )
        for row in rows.order_by("event__occurred_at", "id")
    )


def _library(project) -> tuple[Attachment, ...]:
    """The documents of the enterprise's library that this project uses, as far as they have a file. One query."""
    rows = MaterialRow.objects.filter(project=project).exclude(file="").order_by("given_at", "id")
    return tuple(
        Attachment(
            f"{row.name}{row.file.name[row.file.name.rfind('.') :]}",
            _("material library"),
            kind_of(row.file.name),
            row.file.size if row.file.storage.exists(row.file.name) else 0,
            row.sha256,
            row.file.name,
            row.issued_on,
        )
        for row in rows
    )


def kind_of(name: str) -> str:
    """Return pdf, picture or other, by the ending of a file's name."""
    found = mimetypes.guess_type(name)[0] or ""
    return "pdf" if found == "application/pdf" else "picture" if found in ("image/png", "image/jpeg") else "other"
