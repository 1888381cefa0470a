"""What has changed between what a paper says and what holds now, in words. No query.

What only the passing of time changes (days used, days left) is no change: a paper would be old the next morning. A
light that turned, a date that moved, an amount, a person, a problem is one.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dossiers.content import Demand, Dossier, KeyPoint, Lamp, Order, Person, Problem, Stage, Utility

AREAS = {
    "verdict": gettext_lazy("Light"),
    "basics": gettext_lazy("Project and enterprise"),
    "people": gettext_lazy("Who is responsible"),
    "stages": gettext_lazy("Approval stages"),
    "quota": gettext_lazy("Quota"),
    "problems": gettext_lazy("Problems"),
    "points": gettext_lazy("Key points"),
    "park": gettext_lazy("Utilities of the park"),
    "orders": gettext_lazy("Supervision orders"),
    "visits": gettext_lazy("Visits"),
}


@dataclass(frozen=True)
class Side:
    """One side of a change: its words, and the code of its light ("" without one)."""

    text: str
    lamp: str = ""


@dataclass(frozen=True)
class Change:
    """One thing that is not as the paper says. `on` and `by`: since when and from whom, as far as it is known."""

    area: str
    title: str
    before: Side
    after: Side
    on: date | None = None
    by: str = ""


NONE = Side("")


def limited(paper: Dossier, reader: Dossier) -> Dossier:
    """Return what a paper says without what its reader may not see, whoever printed it."""
    hidden = {name: None for name in ("quota", "park", "records") if getattr(reader, name) is None}
    return replace(paper, **hidden)


def between(paper: Dossier, now: Dossier) -> list[Change]:
    """Return what differs, in the order of a card. What one of both does not show is not compared."""
    return [change for compare in _COMPARISONS.values() for change in compare(paper, now)]


def unchanged(changes: Iterable[Change], paper: Dossier, now: Dossier) -> list[str]:
    """Return the areas in which nothing differs, in words; those that one of both does not show are left out."""
    hidden = {"quota"} if paper.quota is None or now.quota is None else set()
    hidden |= {"park"} if paper.park is None or now.park is None else set()
    touched = {change.area for change in changes} | hidden
    return [str(word) for area, word in AREAS.items() if area not in touched]


# --- words -----------------------------------------------------------------------------------------------------------


def _day(day: date | None) -> str:
    return day.isoformat() if day else "—"


def _days(number: Decimal | None) -> str:
    return "—" if number is None else f"{number:.1f}".removesuffix(".0")


def _text(value) -> str:
    if value is None or value == "" or value == ():
        return "—"
    if isinstance(value, tuple):
        return "、".join(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():,f}"
    return _day(value) if isinstance(value, date) and not isinstance(value, datetime) else str(value)


def _lit(lamp: Lamp, *words: str) -> Side:
    return Side(_(", ").join(filter(None, (lamp.word, *words))), lamp.code)


def _stage(stage: Stage) -> Side:
    if stage.status == "done":
        used = _("net %(net)s of %(limit)s days") % {"net": _days(stage.net), "limit": _days(stage.limit)}
        over = _("%(n)s over") % {"n": _days(stage.over)} if stage.over else ""
        return Side(_(", ").join(filter(None, (stage.state or stage.lamp.word, used, over))), "done")
    due = _("due %(day)s") % {"day": _day(stage.due_on)} if stage.due_on and not stage.held_off else ""
    return _lit(stage.lamp, due)


def _demand(demand: Demand) -> Side:
    gap = _("short of %(gap)s %(unit)s") % {"gap": demand.gap, "unit": demand.unit} if demand.is_short else ""
    whole = _("needed %(needed)s, secured %(secured)s %(unit)s") % {
        "needed": demand.needed or "—",
        "secured": demand.secured or "0",
        "unit": demand.unit,
    }
    return _lit(demand.lamp, gap or whole)


def _problem(problem: Problem) -> Side:
    due = _("due %(day)s") % {"day": _day(problem.due_on)} if problem.due_on else ""
    return Side(_(", ").join(filter(None, (problem.state or problem.lamp.word, due))), problem.lamp.code)


def _point(point: KeyPoint) -> Side:
    if point.actual_on:
        return Side(_("reached %(day)s") % {"day": _day(point.actual_on)}, "done")
    return Side(_("planned %(day)s") % {"day": _day(point.planned_on)})


def _person(person: Person) -> Side:
    return Side(" ".join(filter(None, (person.name, person.phone))) or "—")


def _utility(utility: Utility) -> Side:
    return Side(_(", ").join(filter(None, (utility.status, utility.need))), utility.lamp.code)


def _order(order: Order) -> Side:
    due = _("due %(day)s") % {"day": _day(order.due_on)} if order.due_on else ""
    return Side(_(", ").join(filter(None, (order.state, due))), order.lamp.code)


# --- comparisons -----------------------------------------------------------------------------------------------------


def _pairs(before: Iterable, after: Iterable, key: Callable) -> Iterator[tuple]:
    """Yield (before, after) of rows with the same key, None where a side lacks it; the new order, then what is gone."""
    old, new = {key(row): row for row in before}, {key(row): row for row in after}
    for name, row in new.items():
        yield old.get(name), row
    for name, row in old.items():
        if name not in new:
            yield row, None


def _rows(
    area: str, before, after, key: Callable, facts: Callable, words: Callable, about: Callable
) -> Iterator[Change]:
    """Yield a change for each row whose `facts` differ. `about`: (title, since when, from whom) of a row."""
    for old, new in _pairs(before, after, key):
        if old is not None and new is not None and facts(old) == facts(new):
            continue
        title, on, by = about(new if new is not None else old)
        yield Change(area, title, words(old) if old else NONE, words(new) if new else NONE, on, by)


def _verdict(old: Dossier, new: Dossier) -> Iterator[Change]:
    before, after = old.verdict.lamp, new.verdict.lamp
    if before.code != after.code:
        yield Change("verdict", str(AREAS["verdict"]), _lit(before), _lit(after))


BASICS = {
    "enterprise": gettext_lazy("Enterprise"),
    "credit_code": gettext_lazy("Unified social credit code"),
    "contact": gettext_lazy("Contact"),
    "contact_phone": gettext_lazy("Contact's work phone"),
    "project": gettext_lazy("Project"),
    "code": gettext_lazy("Project code"),
    "district": gettext_lazy("District"),
    "park": gettext_lazy("Park"),
    "parcels": gettext_lazy("Parcels"),
    "address": gettext_lazy("Site"),
    "industry": gettext_lazy("Industry"),
    "level": gettext_lazy("Key level"),
    "status": gettext_lazy("Status"),
    "content": gettext_lazy("Scale and content"),
    "investment_wan": gettext_lazy("Total investment (10,000 yuan)"),
    "plan_wan": gettext_lazy("Investment planned this year (10,000 yuan)"),
    "done_wan": gettext_lazy("Investment done this year (10,000 yuan)"),
    "output_wan": gettext_lazy("Yearly output at full production (10,000 yuan)"),
    "tax_wan": gettext_lazy("Yearly tax at full production (10,000 yuan)"),
    "signed_on": gettext_lazy("Signed on"),
    "start_on": gettext_lazy("Planned start"),
    "finish_on": gettext_lazy("Planned completion"),
}


def _basics(old: Dossier, new: Dossier) -> Iterator[Change]:
    for name, label in BASICS.items():
        before, after = getattr(old.basics, name), getattr(new.basics, name)
        if before != after:
            yield Change("basics", str(label), Side(_text(before)), Side(_text(after)))


def _people(old: Dossier, new: Dossier) -> Iterator[Change]:
    return _rows(
        "people",
        old.people,
        new.people,
        key=lambda person: (person.role, person.label),
        facts=lambda person: (person.name, person.phone),
        words=_person,
        about=lambda person: (person.label, person.since, person.unit),
    )


def _stages(old: Dossier, new: Dossier) -> Iterator[Change]:
    return _rows(
        "stages",
        old.chain.stages if old.chain else (),
        new.chain.stages if new.chain else (),
        key=lambda stage: stage.no,
        facts=lambda stage: (
            *(stage.name, stage.status, stage.lamp.code, stage.limit, stage.closed_on, stage.round),
            None if stage.status == "done" else (stage.due_on, stage.held_off),
        ),
        words=_stage,
        about=lambda stage: (stage.name, stage.closed_on or stage.accepted_on or stage.received_on, stage.department),
    )


def _quota(old: Dossier, new: Dossier) -> Iterator[Change]:
    if old.quota is None or new.quota is None:
        return iter(())
    return _rows(
        "quota",
        old.quota.demands,
        new.quota.demands,
        key=lambda demand: (demand.factor, demand.period, demand.stage_no),
        facts=lambda demand: (demand.needed, demand.confirmed, demand.reserved, demand.gap, demand.lamp.code),
        words=_demand,
        about=lambda demand: (demand.factor, None, demand.who),
    )


def _problems(old: Dossier, new: Dossier) -> Iterator[Change]:
    return _rows(
        "problems",
        old.problems,
        (*new.problems, *(problem for problem in new.closed_problems if problem not in old.closed_problems)),
        key=lambda problem: problem.number,
        facts=lambda problem: (problem.text, problem.unit, problem.state, problem.due_on, problem.lamp.code),
        words=_problem,
        about=lambda problem: (problem.text, problem.closed_on or problem.registered_on, problem.unit),
    )


def _points(old: Dossier, new: Dossier) -> Iterator[Change]:
    return _rows(
        "points",
        old.key_points,
        new.key_points,
        key=lambda point: point.name,
        facts=lambda point: (point.planned_on, point.actual_on),
        words=_point,
        about=lambda point: (point.name, None, ""),
    )


def _park(old: Dossier, new: Dossier) -> Iterator[Change]:
    if old.park is None or new.park is None:
        return iter(())
    return _rows(
        "park",
        old.park.utilities,
        new.park.utilities,
        key=lambda utility: utility.name,
        facts=lambda utility: (utility.status, utility.need, utility.lamp.code),
        words=_utility,
        about=lambda utility: (utility.name, utility.verified_on, new.park.name),
    )


def _orders(old: Dossier, new: Dossier) -> Iterator[Change]:
    return _rows(
        "orders",
        old.orders,
        new.orders,
        key=lambda order: order.number,
        facts=lambda order: (order.state, order.due_on),
        words=_order,
        about=lambda order: (" ".join(filter(None, (order.number, order.item))), order.signed_on, order.lead),
    )


def _visits(old: Dossier, new: Dossier) -> Iterator[Change]:
    known = {(visit.on, visit.by, visit.raised) for visit in old.visits}
    for visit in new.visits:
        if (visit.on, visit.by, visit.raised) not in known:
            yield Change("visits", _("Visit"), NONE, Side(visit.raised or visit.met or _("logged")), visit.on, visit.by)


_COMPARISONS: dict[str, Callable[[Dossier, Dossier], Iterator[Change]]] = {
    "verdict": _verdict,
    "quota": _quota,
    "stages": _stages,
    "problems": _problems,
    "points": _points,
    "people": _people,
    "basics": _basics,
    "park": _park,
    "orders": _orders,
    "visits": _visits,
}
