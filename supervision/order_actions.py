"""What is done with supervision orders: drafting, signing, signing for, feedback, an extension, review, close, raising.

:raises PermissionDenied: the person has no right to it at all.  :raises Refused: not possible now, with the reason.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from approvals.refusals import Refused
from calendars import store
from people import audit
from people.access import allows, department_ids, require
from supervision import lights, trail, visible
from supervision.models import OrderItem, Series, SupervisionOrder
from supervision.states import order_legal

ANSWERING = ("receive", "report", "ask_extension", "answer")
SIGNING = ("sign", "return", "accept", "close", "grant_extension", "refuse_extension")
DRAFTING = ("discard", "raise")


@dataclass(frozen=True)
class Offer:
    """An action that a page offers; with `refused` it is greyed and says why."""

    action: str
    refused: object = ""


# --- drafting -----------------------------------------------------------------------------------------------------


@transaction.atomic
def draft_order(
    *, by, now: datetime, source: str, basis: str, lead, due_on: date, project=None, items=(), co_units=(),
    title: str = "", level: str = SupervisionOrder.Level.ORDER, request=None, **facts,
) -> SupervisionOrder:  # fmt: skip
    """Draft an order: nothing goes out until somebody signs. Every project named must be seen by `by`.

    `items` are texts (about `project`) or (text, project) pairs; without any the basis is the only matter. `facts` are
    further columns: requirement, urgency, leader, contact, origin, raised_from.
    """
    require(by, "order.draft")
    pairs = [(item, project) if isinstance(item, str) else tuple(item) for item in items] or [(basis[:400], project)]
    _seen(by, pairs)
    _ahead(due_on, now)
    order = SupervisionOrder.objects.create(
        source=source, basis=basis[:500], lead=lead, due_on=due_on, level=level, drafted_by=by, drafted_at=now,
        title=(title or pairs[0][0])[:120], **facts,
    )  # fmt: skip
    _write_items(order, pairs)
    order.co_units.set([unit for unit in co_units if unit.pk != lead.pk])
    trail.note(order, "draft", by, now, department=by.department, day=due_on)
    audit.record("order.drafted", by=by, request=request, target=order, now=now, department=lead.code)
    return order


def _seen(by, pairs) -> None:
    """Refuse matters about a project that the person does not see."""
    named = {row.pk for _text, row in pairs if row is not None}
    if named and visible.projects(by).filter(pk__in=named).count() != len(named):
        raise PermissionDenied


def _write_items(order, pairs) -> None:
    OrderItem.objects.bulk_create(
        OrderItem(order=order, position=n, text=text[:400], project=project)
        for n, (text, project) in enumerate(pairs, start=1)
    )


@transaction.atomic
def edit_draft(*, by, now: datetime, order: SupervisionOrder, items, co_units, request=None) -> SupervisionOrder:
    """Store a draft that was changed (the row's columns are the new ones) with its matters and co-operating units."""
    row = SupervisionOrder.objects.select_for_update().get(pk=order.pk)
    if not allows(by, "order.draft") or not visible.orders(by).filter(pk=row.pk).exists():
        raise PermissionDenied
    if row.state != "draft":
        raise Refused(_("The order was signed: it no longer changes."))
    _seen(by, items)
    _ahead(order.due_on, now)
    order.save()
    row.items.all().delete()
    _write_items(order, items)
    order.co_units.set([unit for unit in co_units if unit.pk != order.lead_id])
    audit.record("order.drafted", by=by, request=request, target=order, now=now, department=order.lead.code)
    return order


@transaction.atomic
def raise_level(*, by, now: datetime, order: SupervisionOrder, due_on: date, request=None) -> SupervisionOrder:
    """Draft the next form after an overdue one (提示函 → 督办通知单 → 约谈), with the same matters. Somebody signs it.

    What is asked first stays asked: both orders run until they are closed.
    """
    row = _begin(order, "raise", by, now)
    basis = _("%(number)s was due on %(day)s and is not done.") % {"number": row.number, "day": row.due_on.isoformat()}
    made = draft_order(
        by=by, now=now, source=SupervisionOrder.Source.ALERT, basis=basis, lead=row.lead, due_on=due_on,
        items=[(item.text, item.project) for item in row.items.select_related("project")], title=row.title,
        co_units=row.co_units.all(), level=lights.NEXT_FORM[row.level], raised_from=row, leader=row.leader,
        requirement=row.requirement, contact=row.contact, urgency=SupervisionOrder.Urgency.URGENT, request=request,
    )  # fmt: skip
    trail.note(row, "raise", by, now, department=by.department, day=due_on, value=made.level)
    return made


# --- who may what -------------------------------------------------------------------------------------------------


def offers(user, order: SupervisionOrder, today: date) -> list[Offer]:
    """Return what the person can do with the order now, in the order of the work. A few queries."""
    found = []
    for action in (*ANSWERING, *SIGNING, *DRAFTING):
        if order_legal(action, order.state) and _permitted(user, order, action, today):
            found.append(Offer(action, _refused(user, order, action, today)))
    return found


def _permitted(user, order, action: str, today: date) -> bool:
    if action in ANSWERING:
        return allows(user, "order.answer") and order.lead_id in department_ids(user)
    if not allows(user, "order.sign" if action in SIGNING else "order.draft"):
        return False
    if action.endswith("_extension") and order.extension != SupervisionOrder.Extension.ASKED:
        return False
    if action == "raise" and (order.due_on >= today or order.level not in lights.NEXT_FORM):
        return False
    return visible.orders(user).filter(pk=order.pk).exists()


def _refused(user, order, action: str, today: date):
    """Return why the person may not do it now although his role could."""
    if action == "ask_extension":
        if order.extension:
            return _("An extension is asked for once.")
        if order.due_on < today:
            return _("The order is overdue: an extension is asked for before.")
    if action in ("return", "accept") and user.pk == order.answered_by_id:
        return _("You gave the feedback: somebody else reviews it.")
    if action == "raise" and order.raised.exclude(state="discarded").exists():
        return _("The next form was drafted already.")
    return ""


def _begin(order: SupervisionOrder, action: str, by, now: datetime) -> SupervisionOrder:
    """Lock the order and check state and right."""
    row = SupervisionOrder.objects.select_for_update().get(pk=order.pk)
    today = localdate(now)
    if not _permitted(by, row, action, today):
        raise PermissionDenied
    if not order_legal(action, row.state):
        raise Refused(
            _("The order stands at “%(state)s” now: somebody was first.") % {"state": row.get_state_display()}
        )
    reason = _refused(by, row, action, today)
    if reason:
        raise Refused(reason)
    return row


def _done(row: SupervisionOrder, kind, by, now, request, **event) -> SupervisionOrder:
    return trail.done(row, kind, by, now, request, log="order", department=by.department, **event)


def _ahead(day: date, now: datetime, field: str = "due_on") -> date:
    if day is None or day < localdate(now):
        raise Refused(_("The day lies in the past."), field)
    return day


# --- the way of an order ------------------------------------------------------------------------------------------


@transaction.atomic
def sign(*, by, now: datetime, order: SupervisionOrder, text: str = "", request=None) -> SupervisionOrder:
    """Sign a draft: it gets its number, 云督〔2026〕1号, and the unit signs for it within a working day."""
    row = _begin(order, "sign", by, now)
    today = localdate(now)
    _ahead(row.due_on, now)
    row.number = number(Series.next(f"order:{settings.ORDER_WORD}"[:20], today.year), today.year)
    row.signed_by, row.signed_on = by, today
    row.receive_due_on = store.current().add(today, lights.CLAIM_DAYS).date
    row.move_sign()
    return _done(row, "sign", by, now, request, text=text, day=row.receive_due_on)


def number(n: int, year: int) -> str:
    """Return the document number: the city's word, the year in 〔〕, no leading zeros (GB/T 9704-2012)."""
    return f"{settings.ORDER_WORD}〔{year}〕{n}号"


@transaction.atomic
def discard(*, by, now: datetime, order: SupervisionOrder, text: str = "", request=None) -> SupervisionOrder:
    """Discard a draft: it never had a number."""
    row = _begin(order, "discard", by, now)
    row.move_discard()
    return _done(row, "discard", by, now, request, text=text)


@transaction.atomic
def receive(*, by, now: datetime, order: SupervisionOrder, text: str = "", request=None) -> SupervisionOrder:
    """Sign for an order in the name of the lead unit."""
    row = _begin(order, "receive", by, now)
    row.received_by, row.received_at = by, now
    row.move_receive()
    return _done(row, "receive", by, now, request, text=text)


@transaction.atomic
def report(*, by, now: datetime, order: SupervisionOrder, text: str, upload=None, request=None) -> SupervisionOrder:
    """Report how far it is."""
    row = _begin(order, "report", by, now)
    return _done(row, "report", by, now, request, text=_needed(text), upload=upload)


@transaction.atomic
def answer(*, by, now: datetime, order: SupervisionOrder, text: str, upload=None, request=None) -> SupervisionOrder:
    """Give the lead unit's feedback: it is done. The review follows."""
    row = _begin(order, "answer", by, now)
    row.answered_by, row.answered_on = by, localdate(now)
    row.move_answer()
    return _done(row, "answer", by, now, request, text=_needed(text), upload=upload)


@transaction.atomic
def ask_extension(
    *, by, now: datetime, order: SupervisionOrder, text: str, due_on: date, request=None
) -> SupervisionOrder:  # fmt: skip
    """Ask for more time, once, before the due date, with progress and reason."""
    row = _begin(order, "ask_extension", by, now)
    if due_on is None or due_on <= row.due_on:
        raise Refused(_("Choose a day after the due date."), "due_on")
    row.extension, row.extension_until = SupervisionOrder.Extension.ASKED, due_on
    return _done(row, "ask_extension", by, now, request, text=_needed(text), day=due_on)


@transaction.atomic
def grant_extension(*, by, now: datetime, order: SupervisionOrder, text: str = "", request=None) -> SupervisionOrder:
    """Grant the extension: the due date moves to the day that was asked for."""
    row = _begin(order, "grant_extension", by, now)
    row.extension, row.due_on = SupervisionOrder.Extension.GRANTED, row.extension_until
    return _done(row, "grant_extension", by, now, request, text=text, day=row.due_on)


@transaction.atomic
def refuse_extension(*, by, now: datetime, order: SupervisionOrder, text: str, request=None) -> SupervisionOrder:
    """Refuse the extension, with the reason; it cannot be asked for again."""
    row = _begin(order, "refuse_extension", by, now)
    row.extension = SupervisionOrder.Extension.REFUSED
    return _done(row, "refuse_extension", by, now, request, text=_needed(text))


@transaction.atomic
def return_(*, by, now: datetime, order: SupervisionOrder, text: str, request=None) -> SupervisionOrder:
    """Turn the feedback down (退回重办): the due date stays."""
    row = _begin(order, "return", by, now)
    row.times_returned += 1
    row.move_return()
    return _done(row, "return", by, now, request, text=_needed(text))


@transaction.atomic
def accept(*, by, now: datetime, order: SupervisionOrder, grade: str, text: str = "", request=None) -> SupervisionOrder:
    """Accept the feedback with a grade; the leader who gave the order is told, then it is closed."""
    row = _begin(order, "accept", by, now)
    row.grade = SupervisionOrder.Grade(grade)
    row.move_accept()
    return _done(row, "accept", by, now, request, text=text, value=grade)


@transaction.atomic
def close(*, by, now: datetime, order: SupervisionOrder, text: str = "", request=None) -> SupervisionOrder:
    """Close an order whose feedback was accepted and on which no new word came."""
    row = _begin(order, "close", by, now)
    row.closed_on = localdate(now)
    row.move_close()
    return _done(row, "close", by, now, request, text=text)


def _needed(text: str) -> str:
    if not text.strip():
        raise Refused(_("Say it in a sentence."), "text")
    return text
