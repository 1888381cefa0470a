"""Replaying the events of problems and orders and comparing the outcome with the rows. Writes nothing.

Events are append-only (triggers), so they are what is believed; a row that says something else was changed past the
actions.
"""

from itertools import groupby
from operator import attrgetter

from django.utils.timezone import localdate

from factors.blocks import Difference
from supervision.models import OrderEvent, Problem, ProblemEvent, Series, SupervisionOrder
from supervision.states import ORDER_MOVES, PROBLEM_MOVES, OrderState, ProblemState, order_legal, problem_legal


class Illegal(ValueError):
    """An event that may not follow those before it."""


def problem_told(events) -> dict:
    """Return the columns of a problem that its events tell (`ProblemEvent`s in order). Pure.

    :raises Illegal: an event may not follow the state before it.
    """
    told = {"state": None, "department_id": None, "claimed_by_id": None, "times_returned": 0, "satisfaction": ""}
    told |= {"closed_by_id": None, "closed_on": None}
    for event in events:
        _step(told, event, "register", ProblemState.REGISTERED, problem_legal, PROBLEM_MOVES)
        if event.kind == "assign":
            told |= {"department_id": event.department_id, "claimed_by_id": None}
        elif event.kind == "hand_back":
            told |= {"department_id": None, "claimed_by_id": None}
        elif event.kind == "claim":
            told["claimed_by_id"] = event.by_id
        elif event.kind == "return":
            told |= {"times_returned": told["times_returned"] + 1, "satisfaction": ""}
        elif event.kind in ("confirm", "close"):
            told["satisfaction"] = event.value
        elif event.kind == "resume":
            told["state"] = _taken_up(told)
        if event.kind in ("register", "escalate", "resume"):
            told["due_on"] = event.day
        if event.kind == "escalate":
            told["level"] = event.value
        if event.kind == "close":
            told |= {"closed_by_id": event.by_id, "closed_on": localdate(event.at)}
    return told


def _taken_up(told: dict) -> str:
    """Return where a suspended problem goes on: as far as it had come."""
    if told["department_id"] is None:
        return ProblemState.REGISTERED
    return ProblemState.CLAIMED if told["claimed_by_id"] else ProblemState.ASSIGNED


def order_told(events) -> dict:
    """Return the columns of an order that its events tell (`OrderEvent`s in order). Pure.

    :raises Illegal: an event may not follow the state before it.
    """
    told = {"state": None, "times_returned": 0, "extension": "", "grade": "", "closed_on": None, "signed_on": None}
    for event in events:
        _step(told, event, "draft", OrderState.DRAFT, order_legal, ORDER_MOVES)
        if event.kind == "sign":
            told["signed_on"] = localdate(event.at)
        elif event.kind == "return":
            told["times_returned"] += 1
        elif event.kind == "accept":
            told["grade"] = event.value
        elif event.kind == "close":
            told["closed_on"] = localdate(event.at)
        elif event.kind.endswith("_extension"):
            told["extension"] = {"ask": "asked", "grant": "granted", "refuse": "refused"}[event.kind.split("_")[0]]
            if event.kind == "grant_extension":
                told["due_on"] = event.day
    return told


def _step(told: dict, event, first: str, begins, legal, moves) -> None:
    if (event.kind == first) != (told["state"] is None) or event.kind != first and not legal(event.kind, told["state"]):
        raise Illegal(f"{event.kind} after {told['state']}")
    if event.kind == first:
        told["state"] = begins
    elif event.kind in moves:
        told["state"] = moves[event.kind][1]


def differences() -> list[Difference]:
    """Return where rows say something else than their events, and numbers with gaps. Five queries."""
    return [
        *_against(Problem.objects, ProblemEvent.objects, "problem", problem_told),
        *_against(SupervisionOrder.objects, OrderEvent.objects, "order", order_told),
        *_gaps(),
    ]


def _against(rows, events, name: str, told_by):
    """Yield the differences of one kind of row. Two queries, read row by row."""
    stored = rows.in_bulk()
    every = events.order_by(f"{name}_id", "at", "pk").iterator(chunk_size=2000)
    for pk, its in groupby(every, attrgetter(f"{name}_id")):
        row = stored.pop(pk)
        try:
            told = told_by(its)
        except Illegal as error:
            yield Difference(f"{name} {row}", "events", str(error), "a legal order")
            continue
        for column, value in told.items():
            if getattr(row, column) != value:
                yield Difference(f"{name} {row}", column, getattr(row, column), value)
    for row in stored.values():
        yield Difference(f"{name} {row}", "events", "none", "at least one")


def _gaps():
    """Yield series whose last number is not the count of the rows that carry one. Three queries."""
    problems = _by_year(Problem.objects.values_list("registered_at", flat=True))
    orders = _by_year(SupervisionOrder.objects.filter(number__isnull=False).values_list("signed_on", flat=True))
    given = {}
    for row in Series.objects.all():
        kind = row.code.split(":")[0]
        given[kind, row.year] = given.get((kind, row.year), 0) + row.last
    for kind, counted in (("problem", problems), ("order", orders)):
        for year in sorted(counted.keys() | {year for name, year in given if name == kind}):
            if counted.get(year, 0) != given.get((kind, year), 0):
                yield Difference(f"numbers of {kind}s {year}", "last", given.get((kind, year), 0), counted.get(year, 0))


def _by_year(instants) -> dict[int, int]:
    counted = {}
    for instant in instants:
        year = (localdate(instant) if hasattr(instant, "hour") else instant).year
        counted[year] = counted.get(year, 0) + 1
    return counted
