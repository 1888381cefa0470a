"""Parcels on their way 批 → 供 → 用: only the law's next move with its facts, the clocks on idle land, the totals.

A parcel moves no quota: the quota it takes is the land demand of its project, secured and confirmed by vouchers.
"""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from factors import actions, land
from factors.assets import reach
from factors.land import ParcelFacts, ParcelState
from factors.models import Demand, Parcel
from factors.refusals import Refused
from people import audit

SHARED = tuple(item.name for item in dataclasses.fields(ParcelFacts))
BASIC = ("code", "name", "district", "park", "area", "reported_on")
NEEDS = {
    ParcelState.APPROVED: ("approval_no",),
    ParcelState.CLEARED: (),
    ParcelState.SUPPLIED: ("contract_no", "agreed_start_on"),
    ParcelState.STARTED: (),
    ParcelState.COMPLETED: (),
}
"""What a move has to bring beside its day."""

MAY_BRING = {ParcelState.SUPPLIED: ("price_fen", "project"), ParcelState.STARTED: ("started_share", "invested_share")}


def facts_of(row: Parcel) -> ParcelFacts:
    """Return a parcel as the rules know it. No query."""
    values = {name: getattr(row, name) for name in SHARED}
    return ParcelFacts(**values | {"price_fen": row.price_fen or 0, "fault": land.Fault(row.fault)})


# --- steps ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def record(*, by, now: datetime, facts: dict, parcel: Parcel | None = None) -> Parcel:
    """Record a parcel, or change what is basic about it (BASIC); the area only until it is supplied.

    :raises PermissionDenied: the person does not keep land.  :raises Refused: days or area that cannot be.
    """
    reach.require_land(by)
    row = _locked(parcel) if parcel else Parcel()
    if row.pk and row.supplied_on and facts["area"] != row.area:
        raise Refused("supplied", _("The area is that of the contract; it does not change after the supply."), "area")
    for name in BASIC:
        setattr(row, name, facts[name])
    if row.park is not None:
        try:
            row.district = row.park.district_of(row.district)
        except ValidationError as elsewhere:
            raise Refused("place", " ".join(elsewhere.messages), "district") from elsewhere
    if row.reported_on and row.reported_on > actions.local(now):
        raise Refused("in_the_future", _("The day is still to come."), "reported_on")
    _require_order(row)
    row.save()
    _audit(row, by, now, name="recorded", area=row.area)
    return row


def _locked(parcel) -> Parcel:
    return Parcel.objects.select_for_update().get(pk=parcel.pk)


def _audit(row, by, now, **detail) -> None:
    audit.record("ledger.asset", by=by, target=row, now=now, on="parcel", **detail)


def _require_order(row) -> None:
    wrong = land.check_order(facts_of(row))
    if wrong:
        names = [Parcel._meta.get_field(wrong[0].facts[key]).verbose_name for key in ("earlier", "later")]
        raise Refused(
            "out_of_order", _("“%(later)s” lies before “%(earlier)s”.") % {"earlier": names[0], "later": names[1]}
        )


@transaction.atomic
def move(*, by, now: datetime, parcel: Parcel, to: ParcelState, on: date, reason: str = "", **facts) -> Parcel:
    """Take the next step: `facts` are what it needs (NEEDS) and may bring (MAY_BRING).

    Supplied land that is taken back becomes cleared land again, with the reason; what came after is undone, and stays
    in the audit log.

    :raises PermissionDenied: the person does not keep land.
    :raises Refused: not the next step, a day that cannot be, or a fact that is missing.
    """
    reach.require_land(by)
    row = _locked(parcel)
    before = facts_of(row)
    for finding in land.check_move(before, to, on, actions.local(now)):
        raise Refused(finding.code, sentence(finding), "on" if "on" in finding.facts else None)
    if to == ParcelState.CLEARED and row.supplied_on:
        return _take_back(row, by, now, on, reason)
    for name in NEEDS[to]:
        if not facts.get(name):
            label = Parcel._meta.get_field(name).verbose_name
            raise Refused("missing", _("Give “%(field)s”.") % {"field": label}, name)
    for name in (*NEEDS[to], *MAY_BRING.get(to, ())):
        if facts.get(name) is not None:
            setattr(row, name, facts[name])
    _store(row, land.moved(facts_of(row), to, on))
    _require_order(row)
    row.save()
    _audit(row, by, now, after=str(to), day=on, **{name: facts[name] for name in NEEDS[to]})
    return row


def _take_back(row, by, now, on, reason) -> Parcel:
    if not reason.strip():
        raise Refused("no_reason", _("Give the reason."), "reason")
    undone = {
        "contract": row.contract_no, "supplied": row.supplied_on, "started": row.started_on, "price": row.price_fen,
        "project": row.project and row.project.code,
    }  # fmt: skip
    _store(row, land.moved(facts_of(row), ParcelState.CLEARED, on))
    row.contract_no, row.price_fen, row.project = "", None, None
    row.disposal = _("taken back on %(day)s: %(why)s") % {"day": f"{on:%Y-%m-%d}", "why": reason.strip()}
    row.disposal = row.disposal[:200]
    row.save()
    _audit(row, by, now, after="cleared", day=on, note=reason.strip(), before=undone)
    return row


def _store(row: Parcel, facts: ParcelFacts) -> None:
    for name in SHARED:
        setattr(row, name, getattr(facts, name))
    row.price_fen = facts.price_fen or None
    row.fault = str(facts.fault.value)


@transaction.atomic
def report_works(
    *,
    by,
    now: datetime,
    parcel: Parcel,
    started_share: Decimal,
    invested_share: Decimal,
    stopped_on: date | None,
) -> Parcel:
    """Record how far the works are (percent of area and investment), and since when they rest.

    :raises PermissionDenied: the person does not keep land.  :raises Refused: works have not begun, or are done.
    """
    reach.require_land(by)
    row = _locked(parcel)
    if land.state_of(facts_of(row), actions.local(now)) != ParcelState.STARTED:
        raise Refused("not_started", _("Works are on record for started parcels only."))
    if not (0 <= started_share <= 100 and 0 <= invested_share <= 100):
        raise Refused("not_percent", _("Shares are percent, 0 to 100."), "started_share")
    if stopped_on and stopped_on > actions.local(now):
        raise Refused("in_the_future", _("The day is still to come."), "stopped_on")
    row.started_share, row.invested_share, row.stopped_on = started_share, invested_share, stopped_on
    _require_order(row)
    row.save()
    _audit(row, by, now, name="works", after=f"{started_share} % / {invested_share} %", day=stopped_on)
    return row


@transaction.atomic
def find_fault(*, by, now: datetime, parcel: Parcel, fault: str, document_no: str) -> Parcel:
    """Record whose doing the delay is, as found by a document: the fee and the taking back depend on it.

    :raises PermissionDenied: the person does not keep land.  :raises Refused: no document.
    """
    reach.require_land(by)
    row = _locked(parcel)
    if not document_no.strip():
        raise Refused("no_document", _("Give the document number."), "document_no")
    row.fault = land.Fault(fault)
    row.save(update_fields=["fault"])
    _audit(row, by, now, after=fault, document=document_no.strip())
    return row


@transaction.atomic
def dispose(
    *, by, now: datetime, parcel: Parcel, on: date, disposal: str, agreed_start_on: date | None = None
) -> Parcel:
    """Record how idle land was dealt with (《闲置土地处置办法》 art. 12-14); a start agreed anew begins another clock.

    :raises PermissionDenied: the person does not keep land.  :raises Refused: it is not supplied, no word how, or days
        that cannot be.
    """
    reach.require_land(by)
    row = _locked(parcel)
    if row.supplied_on is None or row.completed_on is not None:
        raise Refused("not_supplied", _("Only supplied land that is not finished is disposed of."))
    if not disposal.strip():
        raise Refused("missing", _("Say how it was disposed of."), "disposal")
    if on > actions.local(now):
        raise Refused("in_the_future", _("The day is still to come."), "on")
    if agreed_start_on is not None and agreed_start_on <= on:
        raise Refused("before_the_last", _("A start agreed anew lies after the disposal."), "agreed_start_on")
    row.disposed_on, row.disposal = on, disposal.strip()[:200]
    if agreed_start_on is not None:
        row.agreed_start_on = agreed_start_on
    row.save()
    _audit(row, by, now, name="disposed", day=on, note=row.disposal)
    return row


@transaction.atomic
def tie(*, by, now: datetime, parcel: Parcel, project) -> Parcel:
    """Say for which project the parcel is, None for none. It counts for nothing in the ledger.

    :raises PermissionDenied: the person does not keep land.
    """
    reach.require_land(by)
    row = _locked(parcel)
    row.project = project
    row.save(update_fields=["project"])
    _audit(row, by, now, name="project", after=project.code if project else "")
    return row


def land_demands(project) -> list[Demand]:
    """Return the open land demands of a project: they, not the parcel, take quota. One query."""
    rows = Demand.objects.filter(project=project, closed_on=None, book__kind__group=reach.LAND)
    return list(rows.select_related("book__kind", "book__source", "pool").order_by("pk"))


# --- words ---------------------------------------------------------------------------------------------------------


def state_words(state) -> str:
    """Return the field's word for a state."""
    return {
        ParcelState.REPORTED: _("Sent up for approval"),
        ParcelState.APPROVED: _("Approved, not cleared"),
        ParcelState.CLEARED: _("Cleared, not supplied"),
        ParcelState.SUPPLIED: _("Supplied, not started"),
        ParcelState.STARTED: _("Works under way"),
        ParcelState.COMPLETED: pgettext("land", "Completed"),
    }[ParcelState(state)]


def move_words(facts: ParcelFacts, to: ParcelState) -> str:
    """Return what the button of a move says."""
    if to == ParcelState.CLEARED and facts.supplied_on:
        return pgettext("land", "Take back")
    return {
        ParcelState.APPROVED: _("Record the approval"),
        ParcelState.CLEARED: _("Record the clearing"),
        ParcelState.SUPPLIED: _("Record the supply"),
        ParcelState.STARTED: _("Record the start of works"),
        ParcelState.COMPLETED: _("Record the completion"),
    }[to]


def sentence(finding) -> str:
    """Return why a move is not possible."""
    facts = finding.facts
    if finding.code == "illegal_move":
        return _("From “%(state)s” the next step is: %(allowed)s.") % {
            "state": state_words(facts["state"]),
            "allowed": _(", ").join(state_words(state) for state in facts["allowed"]) or "—",
        }
    if finding.code == "before_the_last":
        days = {"on": f"{facts['on']:%Y-%m-%d}", "last": f"{facts['last']:%Y-%m-%d}"}
        return _("%(on)s lies before the last step, of %(last)s.") % days
    return _("The day is still to come.")


def law_says(standing: land.Standing) -> list[str]:
    """Return what the law says of a parcel now and next, the most pressing first."""
    said = []
    if standing.idle == land.Idle.RECOVERABLE:
        said.append(_("Two years are over: the land may be taken back without compensation (art. 14)."))
    if standing.fee_fen:
        said.append(_("An idle fee of twenty per cent of the price is due (art. 14)."))
    if standing.fault_open:
        said.append(
            _("Whose doing the delay is has not been found out yet: fee and taking back depend on it (art. 8).")
        )
    if standing.idle and standing.cause == land.Cause.STOPPED:
        said.append(
            _("Works rest for a year with less than a third of the area or a quarter of the investment (art. 2).")
        )
    elif standing.idle and standing.cause == land.Cause.NOT_STARTED:
        said.append(_("A full year has passed since the agreed start and works have not begun (art. 2)."))
    if standing.idle_from and not standing.idle:
        said.append(_("It becomes idle on %(day)s.") % {"day": f"{standing.idle_from:%Y-%m-%d}"})
    if standing.recoverable_from and standing.idle == land.Idle.IDLE:
        said.append(_("From %(day)s on it may be taken back.") % {"day": f"{standing.recoverable_from:%Y-%m-%d}"})
    return said


# --- the list ------------------------------------------------------------------------------------------------------


@dataclass
class Figures:
    """Totals of parcels: number and area by state, idle, 批而未供 by year of approval, the rate of supply."""

    states: dict = field(default_factory=dict)
    idle: tuple[int, int] = (0, 0)
    unsupplied: dict = field(default_factory=dict)
    rate: land.SupplyRate | None = None


def judged(rows: Iterable[Parcel], today: date) -> list[Parcel]:
    """Return the parcels with `standing` and `word` on each. No query beyond the rows; linear in them."""
    found = []
    for row in rows:
        row.facts = facts_of(row)
        row.standing = land.standing(row.facts, today)
        row.word = state_words(row.standing.state)
        found.append(row)
    return found


def figures(rows: list[Parcel], today: date) -> Figures:
    """Return the totals of judged parcels. No query."""
    states = {state: (0, 0) for state in land.ORDER}
    idle = (0, 0)
    for row in rows:
        count, area = states[row.standing.state]
        states[row.standing.state] = (count + 1, area + row.area)
        if row.standing.idle:
            idle = (idle[0] + 1, idle[1] + row.area)
    facts = [row.facts for row in rows]
    return Figures(states, idle, land.unsupplied_by_year(facts, today), land.supply_rate(facts, today))
