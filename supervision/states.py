"""The states of a problem (问题销号) and of a supervision order (督办), and the legal moves. One table each.

The transitions carry no effect of their own: `supervision/actions.py` and `order_actions.py` check the right, call one
of them, and write the event in the same transaction. Source: domain.md §6.2 and §6.7.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import transition


class ProblemState(models.TextChoices):
    """Where a problem stands. RETURNED: its close-out was checked and turned down."""

    REGISTERED = "registered", _("To be assigned")
    ASSIGNED = "assigned", _("To be claimed")
    CLAIMED = "claimed", _("Being handled")
    ASKED = "asked", _("To be checked")
    RETURNED = "returned", _("Returned")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", pgettext_lazy("problem", "Closed out")


class OrderState(models.TextChoices):
    """Where a supervision order stands. RETURNED: its feedback was reviewed and turned down."""

    DRAFT = "draft", _("Draft")
    SIGNED = "signed", _("To be signed for")
    RECEIVED = "received", _("Being handled")
    ANSWERED = "answered", _("To be reviewed")
    RETURNED = "returned", _("Returned")
    ACCEPTED = "accepted", _("Feedback accepted")
    CLOSED = "closed", pgettext_lazy("order", "Closed")
    DISCARDED = "discarded", _("Discarded")


P, Q = ProblemState, OrderState

PROBLEM_MOVES: dict[str, tuple[tuple[str, ...], str]] = {
    "assign": ((P.REGISTERED, P.ASSIGNED, P.CLAIMED, P.RETURNED), P.ASSIGNED),
    "claim": ((P.ASSIGNED,), P.CLAIMED),
    "hand_back": ((P.ASSIGNED, P.CLAIMED), P.REGISTERED),
    "ask": ((P.CLAIMED, P.RETURNED), P.ASKED),
    "return": ((P.ASKED,), P.RETURNED),
    "close": ((P.ASKED,), P.CLOSED),
    "suspend": ((P.REGISTERED, P.ASSIGNED, P.CLAIMED, P.RETURNED), P.SUSPENDED),
    "resume": ((P.SUSPENDED,), P.CLAIMED),
    "resume_unclaimed": ((P.SUSPENDED,), P.ASSIGNED),
    "resume_unassigned": ((P.SUSPENDED,), P.REGISTERED),
}
"""Action → (states it may start from, state it leads to)."""

PROBLEM_STAY: dict[str, tuple[str, ...]] = {
    "progress": (P.CLAIMED, P.RETURNED),
    "escalate": (P.REGISTERED, P.ASSIGNED, P.CLAIMED, P.RETURNED),
    "confirm": (P.ASKED,),
    "review": (P.SUSPENDED,),
}
"""What records a fact without moving the state: a step of the handling, a higher level, the enterprise's word on the
result, a suspension that was looked at again."""

ORDER_MOVES: dict[str, tuple[tuple[str, ...], str]] = {
    "sign": ((Q.DRAFT,), Q.SIGNED),
    "discard": ((Q.DRAFT,), Q.DISCARDED),
    "receive": ((Q.SIGNED,), Q.RECEIVED),
    "answer": ((Q.RECEIVED, Q.RETURNED), Q.ANSWERED),
    "return": ((Q.ANSWERED,), Q.RETURNED),
    "accept": ((Q.ANSWERED,), Q.ACCEPTED),
    "close": ((Q.ACCEPTED,), Q.CLOSED),
}
ORDER_STAY: dict[str, tuple[str, ...]] = {
    "report": (Q.RECEIVED, Q.RETURNED),
    "ask_extension": (Q.RECEIVED, Q.RETURNED),
    "grant_extension": (Q.RECEIVED, Q.RETURNED, Q.ANSWERED),
    "refuse_extension": (Q.RECEIVED, Q.RETURNED, Q.ANSWERED),
    "raise": (Q.SIGNED, Q.RECEIVED, Q.RETURNED, Q.ANSWERED),
}

PROBLEM_OPEN = tuple(state for state in P.values if state != P.CLOSED)
"""States of a problem that is not done."""

ORDER_RUNNING = (Q.SIGNED, Q.RECEIVED, Q.ANSWERED, Q.RETURNED)
"""States in which an order's deadline runs."""


def problem_legal(action: str, state: str) -> bool:
    """Say whether `action` may follow when a problem stands in `state`."""
    return state in (PROBLEM_MOVES[action][0] if action in PROBLEM_MOVES else PROBLEM_STAY.get(action, ()))


def order_legal(action: str, state: str) -> bool:
    """Say whether `action` may follow when an order stands in `state`."""
    return state in (ORDER_MOVES[action][0] if action in ORDER_MOVES else ORDER_STAY.get(action, ()))


class ProblemTransitions:
    """The FSM methods of `Problem`, one per move; only `supervision.actions` calls them."""


class OrderTransitions:
    """The FSM methods of `SupervisionOrder`, one per move; only `supervision.order_actions` calls them."""


def _give(mixin, moves) -> None:
    """Give the mixin one protected transition method per move, so that the tables above stay the only ones."""
    for action, (sources, target) in moves.items():

        def method(self):
            """Move the state; the event is written by the action."""

        method.__name__ = f"move_{action}"
        method.__qualname__ = f"{mixin.__name__}.move_{action}"
        decorated = transition(field="state", source=[str(s) for s in sources], target=str(target))(method)
        setattr(mixin, f"move_{action}", decorated)


_give(ProblemTransitions, PROBLEM_MOVES)
_give(OrderTransitions, ORDER_MOVES)
