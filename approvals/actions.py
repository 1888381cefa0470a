"""The one way in: every write on a chain goes through a function of this module or of its neighbours
`material_actions`, `version_actions` and (many records at once) `history`.

Each checks the right, makes the move, writes the event and the snapshot in one transaction, and says in words why not.
"""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_fsm import ConcurrentTransition, TransitionNotAllowed

from approvals import checks, consequences, derive, gating, plan
from approvals.keeping import refresh
from approvals.models import Chain, ChainTemplate, MaterialUse, Stage, StageAttachment, StageEvent
from approvals.refusals import Forbidden, Overtaken, Refused
from approvals.rights import may_act, may_manage_chain
from approvals.states import MOVES
from factors import ledger
from people import audit
from people.models import Department
from projects.models import Project
from projects.uploads import Upload, attach, digest

AS_IT_WAS = object()
"""What a correction does not touch: None is a value of its own, a result without an end."""


# --- starting a chain -------------------------------------------------------------------------------------------


@transaction.atomic
def start_chain(*, by, project: Project, template: ChainTemplate, started_on: dt.date, now, skipped=None) -> Chain:
    """Give `project` a chain from a published template; its stages copy the limits promised today.

    `skipped` maps stage codes to the reason why they do not apply. Planned dates follow from the committed limits.

    :raises Forbidden: `by` may not manage the project.  :raises Refused: a chain exists, or the template is a draft.
    """
    if not may_manage_chain(by, project):
        raise Forbidden
    if template.status != ChainTemplate.Status.PUBLISHED:
        raise Refused(_("Only a published template can start a chain."), "template")
    if Chain.objects.filter(project=project).exists():
        raise Refused(_("The project already has a chain."))
    chain = Chain.objects.create(project=project, template=template, started_on=started_on, made_by=by)
    add_stages(chain, template.stages.order_by("position"))
    for code, reason in (skipped or {}).items():
        stage = chain.stages.filter(code=code).first()
        if stage is None:
            raise Refused(_("The template has no stage %(code)s.") % {"code": code}, "skipped")
        if not reason.strip():
            raise Refused(_("Say why stage %(code)s does not apply.") % {"code": code}, "skipped")
        record(by=by, stage=stage, action="skip", occurred_at=now, now=now, note=reason)
    view = refresh(chain, now)
    store_plan(view)
    audit.record("chain.start", by=by, target=project, template=str(template))
    return chain


def add_stages(chain, stage_templates) -> None:
    """Create the stages and the materials that they ask for. Four queries."""
    departments = departments_by_name()
    stages = Stage.objects.bulk_create(
        Stage(
            chain=chain,
            stage_template=t,
            position=t.position,
            code=t.code,
            name=t.name,
            department=departments.get(t.department_name),
            department_name=t.department_name,
            statutory_amount=t.statutory_amount,
            statutory_unit=t.statutory_unit,
            committed_amount=t.committed_amount,
            committed_unit=t.committed_unit,
        )
        for t in stage_templates
    )
    by_template = {stage.stage_template_id: stage for stage in stages}
    asked = {(m.stage_id, m.name): m for t in stage_templates.prefetch_related("materials") for m in t.materials.all()}
    MaterialUse.objects.bulk_create(
        MaterialUse(
            stage=by_template[m.stage_id],
            name=m.name,
            required=m.required,
            deferrable=m.deferrable,
            reusable=m.reusable,
        )
        for m in asked.values()
    )


def departments_by_name() -> dict[str, Department]:
    """Return departments by name, short name and every alias. One query."""
    found: dict[str, Department] = {}
    for department in Department.objects.all():
        names = [department.name, department.short_name, *department.aliases.replace("、", " ").split()]
        for name in names:
            if name:
                found.setdefault(name, department)
    return found


def store_plan(view) -> None:
    """Write the planned dates: what the committed limits lead to from the chain's start."""
    dates = plan.plan(derive.activities_of(view), view.chain.started_on, view.calendar).stages
    for stage_view in view.applicable:
        promised = dates[stage_view.stage.code]
        stage_view.stage.planned_start_on = promised.planned_start_on
        stage_view.stage.planned_finish_on = promised.planned_finish.date
    Stage.objects.bulk_update([v.stage for v in view.applicable], ["planned_start_on", "planned_finish_on"])


# --- moving a stage ---------------------------------------------------------------------------------------------


@transaction.atomic
@ledger.audited_last()
def act(
    *,
    by,
    stage: Stage,
    action: str,
    occurred_at: dt.datetime,
    now: dt.datetime,
    seen_event: int | None = None,
    note: str = "",
    case_no: str = "",
    source_system: str = "",
    document_no: str = "",
    valid_until: dt.date | None = None,
    data: dict | None = None,
    reason: str = "",
    attachments: tuple[Upload, ...] = (),
    key: str | None = None,
    out_of_order: bool = False,
) -> StageEvent:
    """Record that `action` happened to `stage` at `occurred_at`, and derive everything that follows.

    `seen_event` is the id of the latest event the actor saw (0: none): if another one came since, he is told who was
    first. `key` makes a repeated request return the event of the first. `out_of_order` lets records of what really
    happened in (import) although a prerequisite is open. `data` by action: accept_with_deferral {"materials": [{"name",
    "due_on"}]}, accept_on_commitment {"text", "verify_by"}, request_supplement {"missing": [...]},
    start_special_procedure {"name", "basis", "limit"}, extend {"days", "approver"}.

    :raises Forbidden: without the right.  :raises Overtaken: somebody was first.  :raises Refused: not possible now.
    """
    stage = locked(stage)
    if not may_act(by, stage, action):
        raise Forbidden
    if key and (known := StageEvent.objects.filter(key=key).first()):
        return known
    if seen_event is not None:
        _refuse_if_overtaken(stage, seen_event)
    occurred_at = checks.in_order(stage, occurred_at)
    if action == "receive":
        checks.new_case(stage, case_no)
    checks.check(stage, action, occurred_at, now, data or {}, out_of_order)
    quota = gating.ask(by=by, stage=stage, action=action, now=now, document_no=document_no, lenient=out_of_order)
    event = record(
        by=by,
        stage=stage,
        action=action,
        occurred_at=occurred_at,
        now=now,
        note=note,
        case_no=case_no,
        source_system=source_system,
        document_no=document_no,
        valid_until=valid_until,
        data=checks.flagged(stage, action, data or {}) | quota.data,
        reason=reason,
        key=key or None,
    )
    for upload in attachments:
        attach(StageAttachment(event=event), upload, digest(upload.content))
    consequences.apply(stage, event)
    refresh(stage.chain, now, quota.turned)
    return event


def locked(stage: Stage) -> Stage:
    """Return the stage as it is now, its chain locked: two decisions on one chain follow each other.

    On SQLite the transaction itself is the lock (BEGIN IMMEDIATE).
    """
    Chain.objects.select_for_update().get(pk=stage.chain_id)
    return Stage.objects.select_related("chain__project", "stage_template", "department").get(pk=stage.pk)


def latest_event(stage: Stage) -> StageEvent | None:
    """Return the event recorded last. One query."""
    return StageEvent.objects.filter(stage=stage).select_related("by").order_by("-id").first()


def _refuse_if_overtaken(stage, seen_event):
    newest = latest_event(stage)
    if newest is not None and newest.pk != seen_event:
        raise Overtaken(newest, stage)


def record(*, by, stage, action, occurred_at, now, **facts) -> StageEvent:
    """Make the move and write its event. The caller holds the lock and refreshes the chain.

    :raises Refused: the state machine or a rival transaction says no.
    """
    before = stage.state
    if action in MOVES:
        if action.startswith("accept"):
            stage.accepted_at = None
        try:
            getattr(stage, f"move_{action}")()
        except TransitionNotAllowed as error:
            raise Refused(_("This move is not possible in the present state.")) from error
        if action.startswith("accept"):
            stage.accepted_at = occurred_at
        elif action == "receive":
            stage.accepted_at = None
        try:
            stage.save(update_fields=["state", "accepted_at"])
        except ConcurrentTransition as error:
            newest = latest_event(stage)
            raise Overtaken(newest, stage) if newest else Refused(_("Somebody else was first.")) from error
    return StageEvent.objects.create(
        stage=stage,
        kind=action,
        from_state=before,
        to_state=stage.state,
        by=by,
        occurred_at=occurred_at,
        recorded_at=now,
        **facts,
    )


@transaction.atomic
@ledger.audited_last()
def correct(
    *,
    by,
    event: StageEvent,
    reason: str,
    now,
    occurred_at=None,
    document_no=None,
    valid_until: dt.date | None | object = AS_IT_WAS,
    note=None,
    strike=False,
) -> StageEvent:
    """Supersede a wrong event by a right one (or strike it out), with a reason; the history keeps both.

    What is not given stays; `valid_until=None` takes the end of the result away.

    :raises Forbidden: without the right.  :raises Refused: no reason, already superseded, or the corrected history is
        not a legal path (then nothing is written).
    """
    stage = locked(event.stage)
    if not may_act(by, stage, "correct", event=event):
        raise Forbidden
    if not reason.strip():
        raise Refused(_("A correction needs a reason."), "reason")
    if StageEvent.objects.filter(supersedes=event).exists():
        raise Refused(_("This event has already been corrected."))
    if event.kind == StageEvent.Kind.CORRECT:
        raise Refused(_("What was struck out is not corrected: record it anew."))
    if occurred_at and derive.local_date(occurred_at) > derive.local_date(now):
        raise Refused(_("The date lies in the future."), "occurred_on")
    if occurred_at:
        occurred_at = checks.in_its_place(event, occurred_at)
    quota = (
        gating.undo(by=by, stage=stage, event=event, now=now)
        if strike
        else gating.renumber(by=by, stage=stage, event=event, document_no=document_no, now=now)
    )
    new = StageEvent.objects.create(
        stage=stage,
        kind=StageEvent.Kind.CORRECT if strike else event.kind,
        from_state=event.from_state,
        to_state=event.to_state,
        by=by,
        occurred_at=occurred_at or event.occurred_at,
        recorded_at=now,
        case_no=event.case_no,
        source_system=event.source_system,
        document_no=event.document_no if document_no is None else document_no,
        valid_until=event.valid_until if valid_until is AS_IT_WAS else valid_until,
        note=event.note if note is None else note,
        data=event.data | quota.data,
        supersedes=event,
        reason=reason.strip(),
    )
    try:
        told = derive.replay(list(stage.events.all()))
    except derive.IllegalSequence as error:
        raise Refused(
            _("With this correction “%(what)s” of %(date)s would not be possible any more. Correct that one first.")
            % {
                "what": error.event.get_kind_display(),
                "date": f"{derive.local(error.event.occurred_at):%Y-%m-%d}",
            }
        ) from error
    if stage.state != told.state:
        stage.move_replayed(int(told.state))
        stage.save(update_fields=["state"])
    if strike:
        consequences.undo(stage, event)
    refresh(stage.chain, now, quota.turned)
    audit.record("stage.correct", by=by, target=stage, superseded=event.pk, reason=reason)
    return new
