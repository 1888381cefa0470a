"""What the actions and events of problems and orders are called on pages."""

from django.utils.translation import pgettext_lazy

from supervision.models import Problem, SupervisionOrder

PROBLEM_ACTIONS = {
    "assign": pgettext_lazy("problem", "Assign"),
    "claim": pgettext_lazy("problem", "Claim"),
    "hand_back": pgettext_lazy("problem", "Hand back"),
    "progress": pgettext_lazy("problem", "Note a step"),
    "ask": pgettext_lazy("problem", "Ask for the close-out"),
    "confirm": pgettext_lazy("problem", "Note the enterprise's word"),
    "close": pgettext_lazy("problem", "Close out"),
    "return": pgettext_lazy("problem", "Return"),
    "escalate": pgettext_lazy("problem", "To the next level"),
    "suspend": pgettext_lazy("problem", "Suspend"),
    "review": pgettext_lazy("problem", "Look at it again"),
    "resume": pgettext_lazy("problem", "Take it up again"),
}
PROBLEM_EVENTS = {
    "register": pgettext_lazy("problem event", "Registered"),
    "assign": pgettext_lazy("problem event", "Assigned"),
    "claim": pgettext_lazy("problem event", "Claimed"),
    "hand_back": pgettext_lazy("problem event", "Handed back"),
    "progress": pgettext_lazy("problem event", "Step"),
    "ask": pgettext_lazy("problem event", "Close-out asked for"),
    "confirm": pgettext_lazy("problem event", "Enterprise's word"),
    "close": pgettext_lazy("problem event", "Closed out"),
    "return": pgettext_lazy("problem event", "Returned"),
    "escalate": pgettext_lazy("problem event", "To the next level"),
    "suspend": pgettext_lazy("problem event", "Suspended"),
    "review": pgettext_lazy("problem event", "Looked at again"),
    "resume": pgettext_lazy("problem event", "Taken up again"),
}
ORDER_ACTIONS = {
    "sign": pgettext_lazy("order", "Sign"),
    "discard": pgettext_lazy("order", "Discard"),
    "receive": pgettext_lazy("order", "Sign for it"),
    "report": pgettext_lazy("order", "Report progress"),
    "ask_extension": pgettext_lazy("order", "Ask for an extension"),
    "grant_extension": pgettext_lazy("order", "Grant the extension"),
    "refuse_extension": pgettext_lazy("order", "Refuse the extension"),
    "answer": pgettext_lazy("order", "Give feedback"),
    "return": pgettext_lazy("order", "Return"),
    "accept": pgettext_lazy("order", "Accept the feedback"),
    "close": pgettext_lazy("order", "Close"),
    "raise": pgettext_lazy("order", "Draft the next form"),
}
ORDER_EVENTS = {
    "draft": pgettext_lazy("order event", "Drafted"),
    "sign": pgettext_lazy("order event", "Signed"),
    "discard": pgettext_lazy("order event", "Discarded"),
    "receive": pgettext_lazy("order event", "Signed for"),
    "report": pgettext_lazy("order event", "Progress"),
    "ask_extension": pgettext_lazy("order event", "Extension asked for"),
    "grant_extension": pgettext_lazy("order event", "Extension granted"),
    "refuse_extension": pgettext_lazy("order event", "Extension refused"),
    "answer": pgettext_lazy("order event", "Feedback"),
    "return": pgettext_lazy("order event", "Returned"),
    "accept": pgettext_lazy("order event", "Feedback accepted"),
    "close": pgettext_lazy("order event", "Closed"),
    "raise": pgettext_lazy("order event", "Next form drafted"),
}
VALUES = {
    "confirm": Problem.Satisfaction,
    "close": Problem.Satisfaction,
    "escalate": Problem.Level,
    "accept": SupervisionOrder.Grade,
    "raise": SupervisionOrder.Level,
}


def value_of(event):
    """Return in words the code that came with an event, "" for none."""
    return VALUES[event.kind](event.value).label if event.value and event.kind in VALUES else ""


MAIN = {"claim", "ask", "close", "assign", "resume", "sign", "receive", "answer", "accept", "raise"}
"""What moves the matter on: the button of these is the primary one."""
