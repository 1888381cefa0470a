"""The action panel: which actions a stage allows now, why the others do not, and what would follow."""

import copy
from dataclasses import dataclass

from django.utils.translation import gettext as _

from approvals import derive, gating
from approvals.models import StageEvent
from approvals.rights import may_act
from approvals.stage_forms import FIELDS
from approvals.states import MOVES, NEEDS_ACCEPTANCE, NEEDS_NO_ACCEPTANCE, legal

ORDER = (
    "receive",
    "accept",
    "accept_with_deferral",
    "accept_on_commitment",
    "decline",
    "refuse",
    "request_supplement",
    "receive_supplement",
    "start_handling",
    "start_special_procedure",
    "end_special_procedure",
    "extend",
    "pass",
    "pass_with_deferral",
    "fail",
    "withdraw",
    "recall",
    "revoke",
    "skip",
    "reinstate",
    "commitment_verified",
    "note",
)


@dataclass(frozen=True)
class Choice:
    """One action of the panel; `why_not` is empty when it can be recorded now, `hint` says what it needs."""

    action: str
    label: str
    why_not: str
    hint: str


def choices(view, user, board=None) -> list[Choice]:
    """Return every action with the reason why it cannot be recorded now, possible ones first. One query at most.

    `board` is what the gates of quota say (`factors.gates.load`); without it they are not asked.
    """
    stage, told = view.stage, view.replay
    found = []
    permitted = {action: may_act(user, stage, action) for action in ("pass", "skip")}
    for action in ORDER:
        right = permitted["skip" if action in ("skip", "reinstate") else "pass"]
        if action in ("skip", "reinstate", "commitment_verified") and not legal(
            action, told.state, accepted=told.accepted_at is not None
        ):
            continue
        if action == "commitment_verified" and not hasattr(stage, "commitment"):
            continue
        found.append(
            Choice(
                action, str(StageEvent.Kind(action).label), _why_not(view, action, right, board), _hint(view, action)
            )
        )
    return [c for c in found if not c.why_not] + [c for c in found if c.why_not]


def _why_not(view, action, right, board) -> str:
    """Return the reason why `action` is greyed, or nothing."""
    told = view.replay
    accepted = told.accepted_at is not None
    if not right:
        return _("Recorded by %(department)s or the project manager") % {
            "department": view.stage.department_name or _("its department")
        }
    if not legal(action, told.state, accepted=accepted):
        if action in NEEDS_NO_ACCEPTANCE and accepted:
            return _("Accepted on %(date)s") % {"date": f"{derive.local(told.accepted_at):%m-%d}"}
        if action in NEEDS_ACCEPTANCE and not accepted and action in MOVES:
            return _("Not accepted yet")
        return _("Not possible in “%(state)s”") % {"state": view.stage.get_state_display()}
    if action == "accept" and view.waiting_for:
        return _("Prerequisites %(codes)s are not finished") % {"codes": " ".join(view.waiting_for)}
    if action == "accept_on_commitment" and not view.template.commitment_route:
        return _("This stage has no commitment route")
    if action == "accept_with_deferral" and not any(m.deferrable for m in view.stage.material_uses.all()):
        return _("No material of this stage may be deferred")
    return gating.closed(board, view, action) if board else ""


def _hint(view, action) -> str:
    """Return what the action needs or does, in a few words."""
    if action == "request_supplement" and view.replay.supplements:
        return _("Asked %(n)s times already: another request is flagged") % {"n": view.replay.supplements}
    if action == "receive" and view.replay.round:
        return _("A new application, round %(n)s: a case number and a clock of its own") % {"n": view.replay.round + 1}
    hints = {
        "request_supplement": _("List of what is missing; stops the clock after acceptance"),
        "start_special_procedure": _("Name, basis, limit; stops the clock"),
        "extend": _("Days and who approved them; the clock runs on"),
        "pass": _("Document number, document"),
        "pass_with_deferral": _("With conditions to be met later"),
        "fail": _("Reason and legal basis"),
        "withdraw": _("The enterprise's written request"),
        "accept_with_deferral": _("Materials that follow, with their day"),
        "accept_on_commitment": _("Commitment and the day of verification"),
        "note": _("News without a change of state"),
    }
    return hints.get(action, "")


def possible(view, user) -> list[str]:
    """Return the actions that can be recorded now, in panel order."""
    return [choice.action for choice in choices(view, user) if not choice.why_not]


def what_if(chain_view, code: str, action: str, occurred_at, data=None):
    """Return the chain as it would be after `action`, without writing anything; None when it would not be legal.

    No query.
    """
    views = []
    for view in chain_view.stages:
        twin = copy.copy(view)
        twin.critical = False
        if view.stage.code == code:
            event = StageEvent(
                stage=view.stage, kind=action, occurred_at=occurred_at, recorded_at=occurred_at, data=data or {}
            )
            twin.events = [*view.events, event]
        views.append(twin)
    try:
        return derive.judge(chain_view.chain, views, max(occurred_at, chain_view.now), chain_view.calendar)
    except derive.IllegalSequence:
        return None


def follow_up(chain_view, code: str, action: str, occurred_at, data=None) -> list[str]:
    """Return sentences that say what recording `action` would change. No query."""
    after = what_if(chain_view, code, action, occurred_at, data)
    if after is None or action not in FIELDS:
        return []
    before_stage, stage = chain_view.by_code[code], after.by_code[code]
    limit = stage.stage.committed_amount
    figures = (
        f"{stage.clock.net_days:.1f}/{limit.normalize():f}" if limit is not None else f"{stage.clock.net_days:.1f}"
    )
    sentences = []
    if stage.replay.closed_at and not before_stage.replay.closed_at:
        sentences.append(_("This stage stops at %(figures)s.") % {"figures": figures})
    elif stage.clock.stopped and not before_stage.clock.stopped:
        sentences.append(_("The clock stops at %(figures)s until it is resumed.") % {"figures": figures})
    elif not stage.clock.stopped and before_stage.clock.stopped:
        sentences.append(_("The clock runs on from %(figures)s.") % {"figures": figures})
    elif stage.is_running and stage.clock.committed_due and not before_stage.is_running:
        sentences.append(
            _("The committed limit ends on %(date)s.") % {"date": f"{stage.clock.committed_due.date:%Y-%m-%d}"}
        )
    else:
        sentences.append(_("The clock does not change."))
    freed = [
        v.stage.code
        for v in after.applicable
        if v.ready_on and not chain_view.by_code[v.stage.code].ready_on and not v.replay.received_at
    ]
    if freed:
        sentences.append(_("Stages %(codes)s can then be handed in.") % {"codes": " ".join(freed)})
    waiting = [
        f"{v.stage.code}（{' '.join(v.waiting_for)}）"
        for v in after.applicable
        if code in v.prerequisites and v.waiting_for and code not in v.waiting_for
    ]
    if waiting:
        sentences.append(_("Still waiting for others: %(stages)s.") % {"stages": "、".join(waiting)})
    ends = [
        max((v.expected_finish_on for v in c.applicable if v.expected_finish_on), default=None)
        for c in (chain_view, after)
    ]
    if all(ends):
        if ends[0] == ends[1]:
            sentences.append(_("Expected end of the chain stays %(date)s.") % {"date": f"{ends[1]:%Y-%m-%d}"})
        else:
            sentences.append(
                _("Expected end of the chain moves from %(was)s to %(is)s.")
                % {"was": f"{ends[0]:%Y-%m-%d}", "is": f"{ends[1]:%Y-%m-%d}"}
            )
    return sentences
