"""The states of a stage (办理状态 1–15 of the national exchange standard, domain.md §3.1) and the legal moves.

The transitions carry no business effect of their own: `approvals/actions.py` checks the right, calls one of them, and
writes the event and the snapshot in the same transaction. `MOVES` is the one table; the FSM methods and the replay of
events read it, so that they cannot disagree.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import RETURN_VALUE, transition


class State(models.IntegerChoices):
    """1–15 are the national codes; 0 and 99 are ours: before anything happened, and not applicable to this project."""

    NOT_STARTED = 0, _("Not started")
    RECEIVED = 1, _("Received")
    WITHDRAWN = 2, _("Withdrawn")
    ACCEPTED = 3, _("Accepted")
    NOT_ACCEPTED = 4, _("Not accepted")
    REFUSED = 5, _("Refused")
    SUPPLEMENT_REQUESTED = 6, _("Supplement requested")
    SUPPLEMENT_RECEIVED = 7, _("Supplement received")
    HANDLING = 8, _("In handling")
    SPECIAL_STARTED = 9, _("In special procedure")
    SPECIAL_ENDED = 10, _("Special procedure ended")
    PASSED = 11, _("Passed")
    PASSED_WITH_DEFERRAL = 12, _("Passed with deferral")
    FAILED = 13, _("Not passed")
    RECALLED = 14, _("Recalled")
    REVOKED = 15, _("Revoked")
    NOT_APPLICABLE = 99, _("Not applicable")


S = State

PASSED = frozenset({S.PASSED, S.PASSED_WITH_DEFERRAL})
"""States whose result lets the following stages begin."""

CLOSED = PASSED | {S.WITHDRAWN, S.NOT_ACCEPTED, S.REFUSED, S.FAILED, S.RECALLED, S.REVOKED}
"""States in which no clock runs any more."""

RUNNING = frozenset(
    {S.ACCEPTED, S.HANDLING, S.SUPPLEMENT_REQUESTED, S.SUPPLEMENT_RECEIVED, S.SPECIAL_STARTED, S.SPECIAL_ENDED}
)
"""States in which an accepted stage may be. Supplement states occur before acceptance too: look at accepted_at."""

_OPEN = (S.ACCEPTED, S.HANDLING, S.SUPPLEMENT_RECEIVED, S.SPECIAL_ENDED)
_BEGIN = (S.NOT_STARTED, S.WITHDRAWN, S.NOT_ACCEPTED, S.REFUSED, S.FAILED, S.RECALLED, S.REVOKED)

MOVES: dict[str, tuple[tuple[State, ...], State]] = {
    # A case that ended without a result that stands is over for good. The stage may be applied for again: a new receipt
    # begins a new case with a number and a clock of its own.
    "receive": (_BEGIN, S.RECEIVED),
    "accept": ((S.RECEIVED, S.SUPPLEMENT_RECEIVED), S.ACCEPTED),
    "accept_with_deferral": ((S.RECEIVED, S.SUPPLEMENT_RECEIVED), S.ACCEPTED),
    "accept_on_commitment": ((S.RECEIVED, S.SUPPLEMENT_RECEIVED), S.ACCEPTED),
    # 不受理: not this organ's business at all; 不予受理: its business, but the conditions are not met.
    "decline": ((S.RECEIVED,), S.NOT_ACCEPTED),
    "refuse": ((S.RECEIVED, S.SUPPLEMENT_RECEIVED), S.REFUSED),
    # Before acceptance no clock runs yet (6→7→3); afterwards the request stops it (8→6→7→8).
    "request_supplement": ((S.RECEIVED, *_OPEN), S.SUPPLEMENT_REQUESTED),
    "receive_supplement": ((S.SUPPLEMENT_REQUESTED,), S.SUPPLEMENT_RECEIVED),
    "start_handling": ((S.ACCEPTED, S.SUPPLEMENT_RECEIVED, S.SPECIAL_ENDED), S.HANDLING),
    "start_special_procedure": (_OPEN, S.SPECIAL_STARTED),
    "end_special_procedure": ((S.SPECIAL_STARTED,), S.SPECIAL_ENDED),
    "pass": (_OPEN, S.PASSED),
    "pass_with_deferral": (_OPEN, S.PASSED_WITH_DEFERRAL),
    "fail": (_OPEN, S.FAILED),
    "withdraw": ((S.RECEIVED, S.SUPPLEMENT_REQUESTED, *_OPEN, S.SPECIAL_STARTED), S.WITHDRAWN),
    "recall": ((*_OPEN, S.SPECIAL_STARTED, S.SUPPLEMENT_REQUESTED), S.RECALLED),
    "revoke": ((S.PASSED, S.PASSED_WITH_DEFERRAL), S.REVOKED),
    "skip": ((S.NOT_STARTED,), S.NOT_APPLICABLE),
    "reinstate": ((S.NOT_APPLICABLE,), S.NOT_STARTED),
}
"""Action → (states it may start from, state it leads to). Source: 办理状态 moves in domain.md §3.1."""

STAY: dict[str, tuple[State, ...]] = {
    "extend": (*_OPEN, S.SUPPLEMENT_REQUESTED, S.SPECIAL_STARTED),
    "note": tuple(State),
    "deferral_made_good": tuple(State),
    "commitment_verified": (*PASSED, *_OPEN),
}
"""Events that record a fact without moving the state."""

NEEDS_ACCEPTANCE = frozenset(
    {"start_handling", "start_special_procedure", "pass", "pass_with_deferral", "fail", "recall", "extend"}
)
"""Actions that make sense only on an accepted stage: state 7 alone does not say whether it was accepted."""

NEEDS_NO_ACCEPTANCE = frozenset({"accept", "accept_with_deferral", "accept_on_commitment", "refuse", "decline"})
"""Actions that come once, before acceptance."""


def legal(action: str, state: int, *, accepted: bool) -> bool:
    """Return whether `action` may follow in `state`; `accepted` says whether the clock has begun."""
    if action in NEEDS_ACCEPTANCE and not accepted:
        return False
    if action in NEEDS_NO_ACCEPTANCE and accepted:
        return False
    if action in MOVES:
        return state in MOVES[action][0]
    return action in STAY and state in STAY[action]


def _may(action):
    def condition(stage):
        return legal(action, stage.state, accepted=stage.accepted_at is not None)

    return condition


class TransitionsMixin:
    """The FSM methods of `Stage`. One per move; only `approvals.actions` calls them."""

    @transition(field="state", source="*", target=RETURN_VALUE(*State.values))
    def move_replayed(self, state: int) -> int:
        """Take the state that a replay of the corrected events leads to."""
        return state


def _add_transitions():
    """Give the mixin one protected transition method per move, so that the table above stays the only one."""
    for action, (sources, target) in MOVES.items():

        def method(self):
            """Move the state; the event is written by approvals.actions."""

        method.__name__ = f"move_{action}"
        method.__qualname__ = f"TransitionsMixin.move_{action}"
        decorated = transition(
            field="state", source=[int(s) for s in sources], target=int(target), conditions=[_may(action)]
        )(method)
        setattr(TransitionsMixin, f"move_{action}", decorated)


_add_transitions()
