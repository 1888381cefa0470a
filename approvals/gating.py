"""What quota has to do with a stage's move: its gate asks before, the ledger follows in the same transaction.

Design overview: acceptance and decision ask the gates of the stage (`factors.gates`): a hard one refuses with a
sentence that says factor, gap, pool and who keeps it; a soft one leaves its warning with the event. A passing decision
confirms what is reserved behind the gates, under the decision's document number; withdrawal and refusal release it;
revocation gives back what that stage's decision confirmed; striking an event out reverses its entries. The event's data
names what the gates said (`gates`) and the journal entries made (`ledger`).

The ledger is posted to before the snapshot is written (order of locks: `factors.ledger`), in one call; projects that
turn meanwhile are written together with the stage's own (`blocking.held_back`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from approvals import blocking, derive
from approvals.models import Stage, StageEvent
from approvals.refusals import Refused
from approvals.states import State
from factors import blocked, gates, ledger, pools
from factors.demands import serves
from factors.models import FactorKind

ACCEPTANCES = frozenset({"accept", "accept_with_deferral", "accept_on_commitment"})
PASSES = frozenset({"pass", "pass_with_deferral"})
GIVEN_UP = frozenset({"withdraw", "recall", "refuse", "decline", "fail"})
"""Events after which nobody needs what was reserved for the stage."""

STEPS = dict.fromkeys(ACCEPTANCES, "accept") | dict.fromkeys(PASSES, "decide")


@dataclass
class Outcome:
    """What the gates and the ledger say of a move: `data` goes into the event, `turned` to `keeping.refresh`."""

    data: dict = field(default_factory=dict)
    turned: set[int] = field(default_factory=set)


def concerns(stage, action: str) -> bool:
    """Say whether a move of this stage has to do with quota at all. No query."""
    return bool(stage.stage_template.gates) and (action in STEPS or action in GIVEN_UP or action == "revoke")


def ask(*, by, stage, action: str, now, document_no: str = "", lenient: bool = False) -> Outcome:
    """Ask the gates of a stage whether it may move, and post what follows from it. Inside the caller's transaction.

    No query for a stage without gates, one while no factor has a gate, else five and the posting. `lenient`: what
    happened elsewhere, happened; the gates' refusal is kept with the event instead of raised.

    :raises Refused: with a sentence; nothing was written.
    """
    if not concerns(stage, action):
        return Outcome()
    board = gates.load(stage.chain.project, now)
    if not board.kinds:
        return Outcome()
    outcome = Outcome(data=_said(board, stage, action, lenient))
    _post(_entries(board, stage, action, by, now, document_no, lenient), outcome, now, by)
    return outcome


def _said(board, stage, action, lenient) -> dict:
    """Return what the gates say for the event's data.

    :raises Refused: a hard gate is closed.
    """
    if action not in STEPS:
        return {}
    step = STEPS[action]
    told = board.standing(stage.stage_template.gates, stage.code)
    closed = [line for line in told if line.refuses(step)]
    if closed and not lenient:
        raise Refused(" ".join(line.words() for line in closed))
    worth_telling = [line.facts() for line in told if line.stops(step) or line.state == gates.OVERRIDDEN]
    return {"gates": worth_telling} if worth_telling else {}


def _entries(board, stage, action, by, now, document_no, lenient) -> list:
    today = derive.local_date(now)
    facts = {
        "summary": f"{board.project.name} {stage.code} {StageEvent.Kind(action).label}"[:200],
        "maker": by.pk,
        "on": today,
        "document_no": document_no,
    }
    if action == "revoke":
        return _returned(stage, facts)
    demands = board.demands_of(stage.stage_template.gates)
    rows = gates.reservations_of(demands, today if action in PASSES else None)
    key = f"gate:{stage.pk}"
    if action in PASSES:
        if rows and not document_no and lenient:
            return []  # without a document number nothing can be confirmed; the reservation stays to be seen
        if rows and not document_no:
            raise Refused(_("The decision confirms what is reserved: it needs its document number."), "document_no")
        return gates.confirmations(rows, demands, key=key, **facts)
    if action in GIVEN_UP:
        return gates.releases(rows, key=key, **facts | {"document_no": document_no or _case(stage)})
    return []


def _case(stage) -> str:
    """Return what stands for the document of a release that came without one: the case, else project and stage."""
    return stage.case_no or f"{stage.chain.project.code} {stage.code}"


def _returned(stage, facts) -> list:
    """Return what the decision of the present round confirmed, back to the pools."""
    live = derive.effective(list(stage.events.all()))
    decision = next((event for event in reversed(live) if event.kind in PASSES), None)
    posted = decision.data.get("ledger", []) if decision else []
    entries = gates.returns(posted, key=f"gate:{stage.pk}:revoked", **facts)
    if entries and not facts["document_no"]:
        raise Refused(_("The revocation gives back what was confirmed: it needs its document number."), "document_no")
    return entries


def _post(entries, outcome: Outcome, now, by) -> None:
    """Post entries; a refusal of the ledger becomes one of the stage, in its words."""
    if not entries:
        return
    with blocking.held_back() as outcome.turned:
        try:
            # The words of a refusal are asked for after it was rolled back.
            with transaction.atomic(), pools.reopening(entries, by=by, now=now):
                posted = ledger.post(entries, now=now, by=by)
        except ledger.LedgerRefused as error:
            raise Refused(error.words()) from error
    outcome.data["ledger"] = outcome.data.get("ledger", []) + [line.id for line in posted]


def undo(*, by, stage, event, now) -> Outcome:
    """Take back what a struck-out event did to the ledger: confirmed quota is reserved again, released quota too.

    :raises Refused: it cannot be taken back, with the reason in words.
    """
    outcome = Outcome()
    posted = event.data.get("ledger", [])
    if not posted:
        return outcome
    facts = _correction_facts(by, event, event.document_no, now)
    try:
        _post(gates.reversals(posted, key=f"gate:{stage.pk}:struck:{event.pk}", **facts), outcome, now, by)
    except (Refused, ValueError) as error:
        raise Refused(
            _("What the ledger did with this event cannot be taken back: %(why)s") % {"why": _why(error)}
        ) from error
    return outcome


def renumber(*, by, stage, event, document_no: str | None, now) -> Outcome:
    """Confirm under the right document number what a decision confirmed under a wrong one: reversed, then anew.

    :raises Refused: it cannot be taken back, or the number is missing.
    """
    posted = event.data.get("ledger", []) if event.kind in PASSES else []
    if not posted or document_no is None or document_no == event.document_no:
        return Outcome()
    if not document_no:
        raise Refused(_("The decision confirms what is reserved: it needs its document number."), "document_no")
    outcome = undo(by=by, stage=stage, event=event, now=now)
    board = gates.load(stage.chain.project, now)
    demands = board.demands_of(stage.stage_template.gates)
    rows = gates.reservations_of(demands, derive.local_date(now))
    facts = _correction_facts(by, event, document_no, now)
    again = Outcome()
    _post(gates.confirmations(rows, demands, key=f"gate:{stage.pk}:corrected:{event.pk}", **facts), again, now, by)
    return Outcome(again.data, outcome.turned | again.turned)


def _correction_facts(by, event, document_no, now) -> dict:
    summary = _("Correction of “%(what)s” of %(date)s") % {
        "what": event.get_kind_display(),
        "date": f"{derive.local_date(event.occurred_at):%Y-%m-%d}",
    }
    return {"summary": summary[:200], "maker": by.pk, "on": derive.local_date(now), "document_no": document_no}


def _why(error) -> str:
    if isinstance(error, Refused):
        return str(error.message)
    return _("a reservation of it was dealt with since.")


# --- many at once, and looking without moving ------------------------------------------------------------------------


def follow_many(*, by, events: Iterable[StageEvent], now) -> set[int]:
    """Let the ledger follow events that were recorded elsewhere (import), before they are written.

    Gates refuse nothing here: what they would have refused is kept in the events' data. Returns the projects that
    turned. One query while no factor has a gate; else six for each event that is concerned, and one posting.

    :raises Refused: the ledger refused.
    """
    events = [event for event in events if event.supersedes_id is None]
    if not events or not FactorKind.objects.filter(active=True).exclude(gate="").exists():
        return set()
    planned, taken = [], set()
    for event in sorted(events, key=lambda event: (event.stage.chain_id, event.occurred_at)):
        stage = event.stage
        if not concerns(stage, event.kind):
            continue
        board = gates.load(stage.chain.project, now)
        event.data = {**event.data, **_said(board, stage, event.kind, True)}
        for entry in _entries(board, stage, event.kind, by, now, event.document_no, True):
            reservations = {line.reservation for line in entry.lines} - {None}
            if not reservations & taken:  # an earlier event of this file took it
                taken |= reservations
                planned.append((event, entry))
    outcome = Outcome()
    _post([entry for _event, entry in planned], outcome, now, by)
    for (event, _entry), posting in zip(planned, outcome.data.get("ledger", []), strict=True):
        event.data = {**event.data, "ledger": [*event.data.get("ledger", []), posting]}
    return outcome.turned


def refused(events: Iterable[StageEvent]) -> list[tuple[StageEvent, list[str]]]:
    """Return the recorded events that a gate would have refused, each with the gates' sentences. No query."""
    found = []
    for event in events:
        lines = [gates.sentence(facts) for facts in event.data.get("gates", []) if facts["mode"] == "hard"]
        if lines:
            found.append((event, lines))
    return found


def closed(board, stage_view, action: str) -> str:
    """Return why the gates of a stage refuse an action now, "" when they do not. No query."""
    if action not in STEPS or not stage_view.template.gates:
        return ""
    told = board.standing(stage_view.template.gates, stage_view.stage.code)
    return " ".join(line.words() for line in told if line.refuses(STEPS[action]))


def open_stages(chain_view) -> list:
    """Return the views of stages with gates that are still to be decided, in their order. No query."""
    if chain_view is None:
        return []
    return [v for v in chain_view.applicable if v.template.gates and not v.is_passed]


def held_up(chain_view, demand):
    """Return the view of the first open stage at whose gates a demand is asked for, or None. No query."""
    return next((v for v in open_stages(chain_view) if any(serves(g, demand) for g in v.template.gates)), None)


def blockers(board, chain_view) -> dict[str, str]:
    """Return the stages that quota holds up: stage code → what is missing, for the timeline. No query."""
    found = {}
    for view in open_stages(chain_view):
        told = board.standing(view.template.gates, view.stage.code)
        words = [_since(line.demand) for line in told if line.state == "blocked" and line.mode != "off"]
        if words:
            found[view.stage.code] = _(", ").join(words)
    return found


def _since(demand) -> str:
    words = blocked.gap_words(demand)
    if demand.since is None:
        return words
    return _("%(what)s since %(date)s") % {"what": words, "date": f"{derive.local_date(demand.since):%m-%d}"}


def stages_held_up(demands) -> dict[int, Stage]:
    """Return for demands of many projects the first open stage that each holds up, by the demand's id. One query."""
    demands = list(demands)
    rows = (
        Stage.objects.filter(chain__project__in={d.project_id for d in demands}, closed_at__isnull=True)
        .exclude(stage_template__gates=[])
        .exclude(state=State.NOT_APPLICABLE)
        .select_related("stage_template", "department")
        .annotate(project_id=F("chain__project"))
        .order_by("position")
    )
    by_project: dict[int, list[Stage]] = {}
    for stage in rows:
        by_project.setdefault(stage.project_id, []).append(stage)
    found = {}
    for demand in demands:
        for stage in by_project.get(demand.project_id, ()):
            if any(serves(gate, demand) for gate in stage.stage_template.gates):
                found[demand.pk] = stage
                break
    return found
