"""What must hold before an action is recorded, each in a sentence that names what to do instead."""

import datetime as dt
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from approvals import derive
from approvals.models import StageEvent
from approvals.refusals import Refused
from approvals.states import STAY, legal
from calendars import store


def check(stage, action, occurred_at, now, data, out_of_order) -> None:
    """Say in words why `action` cannot be recorded.

    :raises Refused: with the sentence and the form field.
    """
    check_state(stage, action)
    if occurred_at > now + dt.timedelta(minutes=5) and derive.local_date(occurred_at) > derive.local_date(now):
        raise Refused(_("The date lies in the future."), "occurred_on")
    events = list(stage.events.all())
    moves = [event for event in derive.effective(events) if event.kind not in STAY]
    if moves and action not in STAY and derive.local_date(occurred_at) < derive.local_date(moves[-1].occurred_at):
        raise Refused(
            _("The stage has a later event of %(date)s. Correct that one first, or check the date.")
            % {"date": f"{derive.local(moves[-1].occurred_at):%Y-%m-%d}"},
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
    try:
        derive.replay([*events, StageEvent(stage=stage, kind=action, occurred_at=occurred_at, data=data)])
    except derive.IllegalSequence as error:
        raise Refused(
            _("“%(what)s” of %(date)s is not possible in this order.")
            % {"what": error.event.get_kind_display(), "date": f"{derive.local(error.event.occurred_at):%Y-%m-%d}"},
            "occurred_on",
        ) from error


def check_state(stage, action) -> None:
    """Refuse an action that may not follow the present state."""
    if not legal(action, stage.state, accepted=stage.accepted_at is not None):
        raise Refused(
            _("“%(action)s” cannot follow “%(state)s”.")
            % {"action": StageEvent.Kind(action).label, "state": stage.get_state_display()}
        )


def new_case(stage, case_no: str) -> None:
    """Refuse a receipt under the number of a case that has ended: its state is final (办理状态, domain.md §3.1).

    :raises Refused: naming the field.
    """
    used = {event.case_no for event in derive.effective(list(stage.events.all())) if event.case_no}
    if case_no and case_no in used:
        raise Refused(
            _("Case %(number)s has ended. A new application has a number of its own.") % {"number": case_no}, "case_no"
        )


def in_order(stage, occurred_at: dt.datetime) -> dt.datetime:
    """Return the instant of a new event: on the day of the latest event it comes after that one.

    A record that names only a day has an hour of our making, which must not decide what came first.
    """
    live = derive.effective(list(stage.events.all()))
    if live and derive.local_date(live[-1].occurred_at) == derive.local_date(occurred_at):
        return max(occurred_at, live[-1].occurred_at)
    return occurred_at


def in_its_place(event, occurred_at: dt.datetime) -> dt.datetime:
    """Return the instant of a correction of `event`: on the day of a neighbour it stays on its side of that one."""
    live = derive.effective(list(event.stage.events.all()))
    place = next(n for n, other in enumerate(live) if other.pk == event.pk)
    day = derive.local_date(occurred_at)
    for other in live[:place]:
        if derive.local_date(other.occurred_at) == day:
            occurred_at = max(occurred_at, other.occurred_at)
    for other in reversed(live[place + 1 :]):
        if derive.local_date(other.occurred_at) == day:
            occurred_at = min(occurred_at, other.occurred_at)
    return occurred_at


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


def flagged(stage, action, data) -> dict:
    """Mark a second supplement request of the same case: once and completely is the law (行政许可法 art. 32)."""
    if action == "request_supplement":
        told = derive.replay(list(stage.events.all()))
        if told.supplements:
            return {**data, "repeat": told.supplements + 1}
    return data
