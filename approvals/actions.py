"""The one way in: every write on a chain goes through a function of this module.

Each checks the right, makes the move, writes the event and the snapshot in one transaction, and says in words why not.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_fsm import ConcurrentTransition, TransitionNotAllowed

from approvals import derive, plan, snapshot
from approvals.models import (
    Chain,
    ChainTemplate,
    Commitment,
    DeadlineMove,
    MaterialUse,
    Stage,
    StageAttachment,
    StageEvent,
)
from approvals.rights import may_act, may_manage_chain
from approvals.states import MOVES, STAY, State, legal
from calendars import store
from calendars.models import CalendarVersion
from people import audit
from people.access import visible_to
from people.models import Department
from projects.models import Material, Project


class Refused(Exception):
    """An action that may not be done now. `message` is a sentence for the user, `field` the form field it concerns."""

    def __init__(self, message, field: str | None = None):
        super().__init__(str(message))
        self.message, self.field = message, field


class Overtaken(Refused):
    """Somebody else moved the stage first. `event` is what they recorded, `stage` how it stands now."""

    def __init__(self, event, stage):
        when = derive.local(event.recorded_at)
        super().__init__(
            _("%(who)s already recorded “%(what)s” at %(when)s. Nothing of yours was written.")
            % {
                "who": event.by.display_name or event.by.username,
                "what": event.get_kind_display(),
                "when": f"{when:%m-%d %H:%M}",
            }
        )
        self.event, self.stage = event, stage


class Forbidden(Exception):
    """The actor lacks the right to this action on this stage."""


@dataclass(frozen=True)
class Upload:
    """A file to attach: its name, its bytes."""

    name: str
    content: object


# --- starting a chain -------------------------------------------------------------------------------------------


@transaction.atomic
def start_chain(*, by, project: Project, template: ChainTemplate, started_on: dt.date, now, skipped=None) -> Chain:
    """Give `project` a chain from a published template; its stages copy the limits promised today.

    `skipped` maps stage codes to the reason why they do not apply. Planned dates follow from the committed limits.

    :raises Forbidden: `by` may not manage the project.  :raises Refused: a chain exists, or the template is not published.
    """
    if not may_manage_chain(by, project):
        raise Forbidden
    if template.status != ChainTemplate.Status.PUBLISHED:
        raise Refused(_("Only a published template can start a chain."), "template")
    if Chain.objects.filter(project=project).exists():
        raise Refused(_("The project already has a chain."))
    chain = Chain.objects.create(project=project, template=template, started_on=started_on, made_by=by)
    _add_stages(chain, template.stages.order_by("position"))
    for code, reason in (skipped or {}).items():
        stage = chain.stages.filter(code=code).first()
        if stage is None:
            raise Refused(_("The template has no stage %(code)s.") % {"code": code}, "skipped")
        if not reason.strip():
            raise Refused(_("Say why stage %(code)s does not apply.") % {"code": code}, "skipped")
        _record(by=by, stage=stage, action="skip", occurred_at=now, now=now, note=reason)
    view = refresh(chain, now)
    _store_plan(view)
    audit.record("chain.start", by=by, target=project, template=str(template))
    return chain


def _add_stages(chain, stage_templates) -> None:
    """Create the stages and the materials that they ask for. Four queries."""
    departments = _departments_by_name()
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


def _departments_by_name() -> dict[str, Department]:
    """Return departments by name, short name and every alias. One query."""
    found: dict[str, Department] = {}
    for department in Department.objects.all():
        names = [department.name, department.short_name, *department.aliases.replace("、", " ").split()]
        for name in names:
            if name:
                found.setdefault(name, department)
    return found


def _store_plan(view) -> None:
    """Write the planned dates: what the committed limits lead to from the chain's start."""
    dates = plan.plan(derive.activities_of(view), view.chain.started_on, view.calendar).stages
    for stage_view in view.applicable:
        promised = dates[stage_view.stage.code]
        stage_view.stage.planned_start_on = promised.planned_start_on
        stage_view.stage.planned_finish_on = promised.planned_finish.date
    Stage.objects.bulk_update([v.stage for v in view.applicable], ["planned_start_on", "planned_finish_on"])


# --- moving a stage ---------------------------------------------------------------------------------------------


@transaction.atomic
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
    if key and (known := StageEvent.objects.filter(key=key).first()):
        return known
    stage = _locked(stage)
    if not may_act(by, stage, action):
        raise Forbidden
    if seen_event is not None:
        _refuse_if_overtaken(stage, seen_event)
    _check(stage, action, occurred_at, now, data or {}, reason, out_of_order)
    event = _record(
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
        data=_flagged(stage, action, data or {}),
        reason=reason,
        key=key or None,
    )
    for upload in attachments:
        _attach(event, upload)
    apply_consequences(stage, event)
    refresh(stage.chain, now)
    return event


def _locked(stage: Stage) -> Stage:
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


def _check(stage, action, occurred_at, now, data, reason, out_of_order) -> None:
    """Say in words why `action` cannot be recorded.

    :raises Refused: with the sentence and the form field.
    """
    if not legal(action, stage.state, accepted=stage.accepted_at is not None):
        raise Refused(
            _("“%(action)s” cannot follow “%(state)s”.")
            % {"action": StageEvent.Kind(action).label, "state": stage.get_state_display()}
        )
    if occurred_at > now + dt.timedelta(minutes=5) and derive.local_date(occurred_at) > derive.local_date(now):
        raise Refused(_("The date lies in the future."), "occurred_on")
    newest = derive.effective(list(stage.events.all()))
    if newest and action not in STAY and occurred_at.date() < newest[-1].occurred_at.date():
        raise Refused(
            _("The stage has a later event of %(date)s. Correct that one first, or check the date.")
            % {"date": f"{derive.local(newest[-1].occurred_at):%Y-%m-%d}"},
            "occurred_on",
        )
    if action == "accept" and not out_of_order:
        view = derive.load(stage.chain, now, store.current()).by_code[stage.code]
        if view.waiting_for:
            raise Refused(
                _("The prerequisites %(codes)s are not finished: it can be accepted with deferral, or on commitment.")
                % {"codes": " ".join(view.waiting_for)}
            )
    _check_data(stage, action, data, occurred_at)


def _check_data(stage, action, data, occurred_at) -> None:
    """Refuse an action whose own facts are missing.

    :raises Refused: naming the field.
    """
    if action == "accept_with_deferral":
        deferrable = {use.name: use for use in stage.material_uses.all()}
        if not data.get("materials"):
            raise Refused(
                _("Name at least one deferred material with the day by which it must be handed in."), "materials"
            )
        for material in data["materials"]:
            use = deferrable.get(material["name"])
            if use is not None and not use.deferrable:
                raise Refused(_("“%(name)s” may not be deferred.") % {"name": material["name"]}, "materials")
            if dt.date.fromisoformat(material["due_on"]) < derive.local_date(occurred_at):
                raise Refused(_("The day for a deferred material lies before the acceptance."), "materials")
    if action == "accept_on_commitment":
        if not stage.stage_template.commitment_route:
            raise Refused(_("This stage has no informed-commitment route."))
        if not data.get("text") or not data.get("verify_by"):
            raise Refused(_("An informed commitment needs its text and the day by which it is verified."), "text")
    if action == "start_special_procedure" and not data.get("name"):
        raise Refused(_("A special procedure needs its name and its basis."), "name")
    if action == "request_supplement" and not data.get("missing"):
        raise Refused(_("Say once and completely what is missing."), "missing")
    if action == "extend":
        days = Decimal(str(data.get("days") or 0))
        allowed = stage.stage_template.extension_days
        if days <= 0:
            raise Refused(_("An extension needs a number of days above zero."), "days")
        if allowed is not None and days > allowed:
            raise Refused(_("At most %(days)s days may be added here.") % {"days": allowed}, "days")


def _flagged(stage, action, data) -> dict:
    """Mark a second supplement request of the same case: once and completely is the law (行政许可法 art. 32)."""
    if action == "request_supplement":
        told = derive.replay(list(stage.events.all()))
        if told.supplements:
            return {**data, "repeat": told.supplements + 1}
    return data


def _record(*, by, stage, action, occurred_at, now, **facts) -> StageEvent:
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


def _attach(event, upload: Upload) -> StageAttachment:
    """Keep a file with its event, named by its hash."""
    upload.content.seek(0)
    digest = hashlib.sha256(upload.content.read()).hexdigest()
    upload.content.seek(0)
    row = StageAttachment(event=event, name=upload.name[:200], sha256=digest, size=upload.content.size)
    suffix = upload.name.rsplit(".", 1)[-1].lower()[:8] if "." in upload.name else "bin"
    row.file.save(f"{digest}.{suffix}", upload.content, save=True)
    return row


def apply_consequences(stage, event) -> None:
    """Write what an event brings with it: deferred materials with their day, a commitment to verify."""
    if event.kind == "accept_with_deferral":
        for material in event.data["materials"]:
            MaterialUse.objects.update_or_create(
                stage=stage,
                name=material["name"],
                defaults={"status": MaterialUse.Status.DEFERRED, "due_on": dt.date.fromisoformat(material["due_on"])},
                create_defaults={
                    "status": MaterialUse.Status.DEFERRED,
                    "due_on": dt.date.fromisoformat(material["due_on"]),
                    "deferrable": True,
                },
            )
    if event.kind == "accept_on_commitment":
        Commitment.objects.update_or_create(
            stage=stage,
            defaults={
                "text": event.data["text"],
                "signed_on": derive.local_date(event.occurred_at),
                "verify_by": dt.date.fromisoformat(event.data["verify_by"]),
                "result": Commitment.Result.OPEN,
                "verified_on": None,
                "verified_by": None,
            },
        )


@transaction.atomic
def correct(
    *,
    by,
    event: StageEvent,
    reason: str,
    now,
    occurred_at=None,
    document_no=None,
    valid_until=None,
    note=None,
    strike=False,
) -> StageEvent:
    """Supersede a wrong event by a right one (or strike it out), with a reason; the history keeps both.

    :raises Forbidden: without the right.  :raises Refused: no reason, already superseded, or the corrected history is
        not a legal path (then nothing is written).
    """
    stage = _locked(event.stage)
    if not may_act(by, stage, "correct", event=event):
        raise Forbidden
    if not reason.strip():
        raise Refused(_("A correction needs a reason."), "reason")
    if StageEvent.objects.filter(supersedes=event).exists():
        raise Refused(_("This event has already been corrected."))
    if occurred_at and derive.local_date(occurred_at) > derive.local_date(now):
        raise Refused(_("The date lies in the future."), "occurred_on")
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
        valid_until=event.valid_until if valid_until is None else valid_until,
        note=event.note if note is None else note,
        data=event.data,
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
    refresh(stage.chain, now)
    audit.record("stage.correct", by=by, target=stage, superseded=event.pk, reason=reason)
    return new


# --- materials --------------------------------------------------------------------------------------------------


@transaction.atomic
def hand_in(*, by, use: MaterialUse, now, material: Material | None = None, waived: bool = False) -> MaterialUse:
    """Record how a stage got a document: cited from the library, handed in anew, or not needed.

    Citing one that the library held before counts as reuse; handing in one the library already holds is flagged as
    asked for again. A deferred one is made good by this, with an event.
    """
    stage = _locked(use.stage)
    if not may_act(by, stage, "material"):
        raise Forbidden
    was_deferred = use.status == MaterialUse.Status.DEFERRED
    today = derive.local_date(now)
    if waived:
        use.status = MaterialUse.Status.WAIVED
    else:
        earlier = material is not None and material.uses.exclude(pk=use.pk).exists()
        use.status = MaterialUse.Status.REUSED if earlier else MaterialUse.Status.GIVEN
        use.material = material
        enterprise_id = stage.chain.project.enterprise_id
        use.asked_again = (
            not earlier
            and enterprise_id is not None
            and Material.objects.filter(enterprise_id=enterprise_id, name=use.name)
            .exclude(pk=material.pk if material else None)
            .exists()
        )
    if was_deferred:
        use.made_good_on = today
    use.save()
    if was_deferred:
        _record(by=by, stage=stage, action="deferral_made_good", occurred_at=now, now=now, note=use.name)
    refresh(stage.chain, now)
    return use


@transaction.atomic
def verify_commitment(*, by, stage: Stage, kept: bool, now, note: str = "") -> Commitment:
    """Record the later verification of an informed commitment."""
    stage = _locked(stage)
    if not may_act(by, stage, "commitment_verified"):
        raise Forbidden
    commitment = stage.commitment
    if commitment.result != Commitment.Result.OPEN:
        raise Refused(_("This commitment has already been verified."))
    commitment.result = Commitment.Result.KEPT if kept else Commitment.Result.BROKEN
    commitment.verified_on, commitment.verified_by = derive.local_date(now), by
    commitment.save()
    _record(by=by, stage=stage, action="commitment_verified", occurred_at=now, now=now, note=note, data={"kept": kept})
    refresh(stage.chain, now)
    return commitment


# --- moving to another version ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class VersionMove:
    """What moving a running chain to another version would do: stage codes by fate, and limits that change."""

    kept: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    blocked: tuple[str, ...]
    limits: tuple[tuple, ...]


def preview_version(chain: Chain, template: ChainTemplate) -> VersionMove:
    """Return what `move_to_version` would do. Stages with history that the new version lacks block the move."""
    old = {s.code: s for s in chain.stages.all()}
    new = {t.code: t for t in template.stages.all()}
    touched = set(StageEvent.objects.filter(stage__chain=chain).values_list("stage__code", flat=True))
    gone = [code for code in old if code not in new]
    limits = [
        (code, old[code].committed_amount, new[code].committed_amount, code in touched)
        for code in new
        if code in old and old[code].committed_amount != new[code].committed_amount
    ]
    return VersionMove(
        kept=tuple(code for code in new if code in old),
        added=tuple(code for code in new if code not in old),
        removed=tuple(code for code in gone if code not in touched),
        blocked=tuple(code for code in gone if code in touched),
        limits=tuple(limits),
    )


@transaction.atomic
def move_to_version(*, by, chain: Chain, template: ChainTemplate, reason: str, now) -> Chain:
    """Move a running chain to another published version of its template: an explicit act, never automatic.

    Stages that have begun keep the limits they were promised; the others take the new ones.

    :raises Forbidden: without the right.  :raises Refused: without a reason, or when history would be lost.
    """
    Chain.objects.select_for_update().get(pk=chain.pk)
    if not may_manage_chain(by, chain.project):
        raise Forbidden
    if not reason.strip():
        raise Refused(_("Say why the chain moves to another version."), "reason")
    if template.status != ChainTemplate.Status.PUBLISHED:
        raise Refused(_("Only a published template can start a chain."), "template")
    move = preview_version(chain, template)
    if move.blocked:
        raise Refused(
            _("Stages %(codes)s have a history and are missing in the new version.") % {"codes": " ".join(move.blocked)}
        )
    chain.stages.filter(code__in=move.removed).delete()
    departments = _departments_by_name()
    begun = {s.code for s in chain.stages.exclude(state__in=[State.NOT_STARTED, State.NOT_APPLICABLE])}
    for stage_template in template.stages.filter(code__in=move.kept):
        columns = {"stage_template": stage_template, "position": stage_template.position, "name": stage_template.name}
        if stage_template.code not in begun:
            columns |= {
                "committed_amount": stage_template.committed_amount,
                "committed_unit": stage_template.committed_unit,
                "statutory_amount": stage_template.statutory_amount,
                "statutory_unit": stage_template.statutory_unit,
                "department_name": stage_template.department_name,
                "department": departments.get(stage_template.department_name),
            }
        chain.stages.filter(code=stage_template.code).update(**columns)
    _add_stages(chain, template.stages.filter(code__in=move.added).order_by("position"))
    was = str(chain.template)
    chain.template = template
    chain.save(update_fields=["template"])
    _store_plan(refresh(chain, now))
    audit.record("chain.version", by=by, target=chain.project, was=was, now=str(template), reason=reason)
    return chain


# --- keeping the snapshot true ----------------------------------------------------------------------------------


def refresh(chain: Chain, now) -> derive.ChainView:
    """Derive a chain anew and store its snapshot. Call it inside the transaction that changed the fact."""
    view = derive.load(chain, now, store.current())
    snapshot.write(view)
    return view


def sweep(now, limit: int = 200) -> int:
    """Turn the lights that were due to change by themselves up to `now`; returns how many projects were looked at.

    Lists call it before they read, so that no nightly job is needed: the moment of the next change is stored and
    indexed, and usually nothing is due. One query then; a handful for each project that is.
    """
    due = list(
        Project.objects.filter(next_flip_at__lte=now).order_by("next_flip_at").values_list("pk", flat=True)[:limit]
    )
    for pk in due:
        with transaction.atomic():
            chain = Chain.objects.select_for_update().filter(project_id=pk).first()
            if chain is None:
                Project.objects.filter(pk=pk).update(next_flip_at=None)
            else:
                refresh(chain, now)
    return len(due)


def recompute_deadlines(old, new) -> list[DeadlineMove]:
    """Derive every open chain anew because the calendar changed; returns the due dates that moved.

    `old` and `new` are WorkCalendars; the instant is that of the new version. Runs in the transaction of the change.
    """
    now = CalendarVersion.objects.values_list("made_at", flat=True).get(number=new.version)
    moves = []
    for chain in Chain.objects.filter(closed_on__isnull=True).select_related("project").iterator(chunk_size=200):
        before = dict(chain.stages.values_list("pk", "due_on"))
        view = derive.load(chain, now, new)
        snapshot.write(view)
        moves += [
            DeadlineMove(
                calendar_version=new.version,
                stage=v.stage,
                was_on=before[v.stage.pk],
                is_on=v.stage.due_on,
                made_at=now,
            )
            for v in view.stages
            if v.is_running and before[v.stage.pk] != v.stage.due_on
        ]
    return DeadlineMove.objects.bulk_create(moves)


@dataclass(frozen=True)
class MoveLine:
    """A moved deadline as the calendar page lists it."""

    label: str
    url: str
    was_on: dt.date | None
    is_on: dt.date | None


def moved_deadlines(version: int, user) -> list[MoveLine]:
    """Return the deadlines that a calendar version moved, as far as `user` may see their projects. One query."""
    moves = DeadlineMove.objects.filter(
        calendar_version=version, stage__chain__project__in=visible_to(Project.objects.all(), user)
    ).select_related("stage__chain__project")
    return [
        MoveLine(
            label=f"{m.stage.chain.project.name} {m.stage.code} {m.stage.name}",
            url=reverse("project-page", args=[m.stage.chain.project.code]),
            was_on=m.was_on,
            is_on=m.is_on,
        )
        for m in moves.order_by("is_on", "id")
    ]
