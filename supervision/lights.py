"""The light of a problem and of an order: a comparison of today with the dates on the row. Pure, and the same in SQL.

Levels and limits: 服务员 3, 专班 7, 包保领导 15 working days, then the city's special meeting, which sets its own day
(15 where it sets none); an assignment is claimed, and an order signed for, within one working day. Source: domain.md
§6.2, §6.7.
"""

from datetime import date
from typing import NamedTuple

from django.db.models import Case, CharField, Q, Value, When

from approvals.lights import Light
from calendars.workdays import WorkCalendar
from supervision.models import Problem, SupervisionOrder
from supervision.states import ORDER_RUNNING, OrderState, ProblemState

LIMIT_DAYS = {
    Problem.Level.OFFICER: 3,
    Problem.Level.TASK_FORCE: 7,
    Problem.Level.SPONSOR: 15,
    Problem.Level.MEETING: 15,
}
CLAIM_DAYS = 1
SOON_DAYS = {"problem": 1, "order": 2}
"""So many working days before the due date the light turns amber."""

NEXT_LEVEL = dict(zip(Problem.Level.values, Problem.Level.values[1:], strict=False))
NEXT_FORM = dict(zip(SupervisionOrder.Level.values, SupervisionOrder.Level.values[1:], strict=False))
UNCLAIMED = (ProblemState.REGISTERED, ProblemState.ASSIGNED)


class Standing(NamedTuple):
    """A light, and the working days left until the day that decides it: negative when late, None for what is done."""

    light: Light
    days_left: int | None


def due(level: str, day: date, calendar: WorkCalendar) -> date:
    """Return the last day for a problem that came to `level` on `day`."""
    return calendar.add(day, LIMIT_DAYS[level]).date


def days_left(day: date, today: date, calendar: WorkCalendar) -> int:
    """Return the working days from today until `day`; 0 on the day itself, at most -1 as soon as it is over."""
    return min(calendar.between(today, day), -1) if day < today else max(calendar.between(today, day), 0)


def of_problem(problem, today: date, calendar: WorkCalendar) -> Standing:
    """Return the light of a problem (a row, or anything with its dates and state)."""
    if problem.state == ProblemState.CLOSED:
        return Standing(Light.DONE, None)
    if problem.state == ProblemState.SUSPENDED:
        left = days_left(problem.review_on, today, calendar)
        return Standing(Light.RED if left < 0 else Light.STOPPED, left)
    left = days_left(problem.due_on, today, calendar)
    if left < 0:
        return Standing(Light.RED, left)
    soon = left <= SOON_DAYS["problem"] or unclaimed(problem, today)
    return Standing(Light.AMBER if soon else Light.GREEN, left)


def unclaimed(problem, today: date) -> bool:
    """Say whether nobody assigned or claimed the problem within the working day that there is for it."""
    return problem.state in UNCLAIMED and problem.claim_due_on is not None and problem.claim_due_on < today


def unsigned(order, today: date) -> bool:
    """Say whether the unit did not sign for the order within the working day that there is for it."""
    return order.state == OrderState.SIGNED and order.receive_due_on < today


def of_order(order, today: date, calendar: WorkCalendar) -> Standing:
    """Return the light of an order. What was accepted in time no longer turns; a draft has none yet."""
    if order.state in (OrderState.CLOSED, OrderState.ACCEPTED):
        return Standing(Light.DONE, None)
    if order.state in (OrderState.DRAFT, OrderState.DISCARDED):
        return Standing(Light.NONE, None)
    left = days_left(order.due_on, today, calendar)
    if left < 0:
        return Standing(Light.RED, left)
    soon = left <= SOON_DAYS["order"] or unsigned(order, today)
    return Standing(Light.AMBER if soon else Light.GREEN, left)


def _soon(today: date, calendar: WorkCalendar, what: str) -> date:
    """Return the last due date that is amber today: rest days behind it are no nearer."""
    return calendar.nth(calendar.count_through(today) + SOON_DAYS[what] + 1)


def problem_lights(today: date, calendar: WorkCalendar) -> Case:
    """Return `of_problem` as an expression, for filters and counts. A test compares the two."""
    late = Q(state=ProblemState.SUSPENDED, review_on__lt=today) | ~Q(state=ProblemState.SUSPENDED) & Q(due_on__lt=today)
    waiting = Q(state__in=UNCLAIMED, claim_due_on__lt=today)
    return Case(
        When(state=ProblemState.CLOSED, then=Value(Light.DONE.value)),
        When(late, then=Value(Light.RED.value)),
        When(state=ProblemState.SUSPENDED, then=Value(Light.STOPPED.value)),
        When(Q(due_on__lt=_soon(today, calendar, "problem")) | waiting, then=Value(Light.AMBER.value)),
        default=Value(Light.GREEN.value),
        output_field=CharField(),
    )


def order_lights(today: date, calendar: WorkCalendar) -> Case:
    """Return `of_order` as an expression, for filters and counts."""
    waiting = Q(state=OrderState.SIGNED, receive_due_on__lt=today)
    return Case(
        When(state__in=(OrderState.CLOSED, OrderState.ACCEPTED), then=Value(Light.DONE.value)),
        When(~Q(state__in=ORDER_RUNNING), then=Value(Light.NONE.value)),
        When(due_on__lt=today, then=Value(Light.RED.value)),
        When(Q(due_on__lt=_soon(today, calendar, "order")) | waiting, then=Value(Light.AMBER.value)),
        default=Value(Light.GREEN.value),
        output_field=CharField(),
    )
