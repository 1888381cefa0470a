"""From the lines of a voucher to entries of the journal, with everything that can be wrong with them said in words.

Lines are `LineDraft` or `VoucherLine`: both have the same attributes. Nothing is written here.
"""

import dataclasses
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from factors import entries, pools
from factors.models import (
    Account,
    Demand,
    FactorKind,
    Posting,
    Reservation,
    StockAmount,
    StockAsset,
    Transfer,
    Voucher,
    VoucherLine,
)
from factors.refusals import Refused
from factors.rules import NEEDS_DOCUMENT, Entry, is_next_year

OF_RESERVATIONS = frozenset({"confirm", "release", "renew"})
"""Kinds whose lines name a reservation."""

NEEDS_REASON = frozenset({"renew", "reverse", "reduce", "earn"})
"""Kinds that say why: for what is earned from stock the reason holds area, ratio and year."""

BY_HAND = tuple(kind for kind in Posting.Kind.values if kind != "expire")
"""Kinds a person may make a voucher of; expiry is the clock's doing."""


@dataclass(frozen=True, slots=True)
class LineDraft:
    """What one line is to move. A reservation needs a demand, or both accounts; `amount` in smallest units."""

    debit: Account | None = None
    credit: Account | None = None
    amount: int | None = None
    reservation: Reservation | None = None
    demand: Demand | None = None
    expires_on: date | None = None
    stock: StockAmount | None = None


def lines_of(voucher: Voucher) -> list[VoucherLine]:
    """Return the voucher's lines with all that building reads. One query."""
    return list(
        voucher.lines.select_related(
            "debit__cap",
            "debit__book__kind",
            "debit__book__source",
            "credit__cap",
            "credit__book__kind",
            "credit__book__source",
            "reservation__twin",
            "reservation__resolved_by",
            "demand__project__park",
            "demand__pool",
            "stock__asset",
        )
    )


def filled(kind: str, lines, *, today: date) -> list[LineDraft]:
    """Return the lines with what follows from what is there.

    A reservation goes from the demand's pool to its project's account over the whole gap, for as long as the factor
    says; what names a reservation has its accounts, and its whole amount unless another is given.
    """
    return [_filled(kind, line, today, _holding) for line in lines]


def previewed(kind: str, lines, *, today: date) -> list[LineDraft]:
    """Return the lines as `filled` does, but make no account: a demand without one has none in the answer."""
    return [_filled(kind, line, today, lambda demand: demand.holding) for line in lines]


def _holding(demand: Demand) -> Account:
    """Return the account that a demand counts, made and noted on the demand where it has none."""
    if demand.holding is None:
        demand.holding = pools.holding_for(project=demand.project, book=demand.book, period=demand.period)
        Demand.objects.filter(pk=demand.pk).update(holding=demand.holding)
    return demand.holding


def _filled(kind, line, today, holding) -> LineDraft:
    facts = {field.name: getattr(line, field.name) for field in dataclasses.fields(LineDraft)}
    if kind in OF_RESERVATIONS and line.reservation is not None:
        whole = line.reservation.amount
        facts |= {"debit": line.reservation.pool, "credit": line.reservation.holding}
        facts["amount"] = line.amount if kind == "confirm" and line.amount is not None else whole
        if kind == "renew" and line.expires_on is None:
            facts["expires_on"] = later(line.reservation.expires_on, _days(line.reservation.pool))
    demand = line.demand
    if kind == "reserve" and demand is not None:
        facts["debit"] = line.debit or demand.pool or pools.nearest_pool(demand.project, demand.book, demand.period)
        facts["credit"] = line.credit or holding(demand)
        facts["amount"] = demand.gap if line.amount is None and demand.gap > 0 else line.amount
    if kind == "reserve" and line.expires_on is None and facts["debit"] is not None:
        facts["expires_on"] = today + timedelta(days=_days(facts["debit"]))
    return LineDraft(**facts)


def later(day: date, days: int) -> date:
    """Return the day so many days later, the last of the calendar at the most: files may hold any date."""
    return date.fromordinal(min(day.toordinal() + days, date.max.toordinal()))


def _days(pool: Account) -> int:
    return pool.book.kind.reservation_days


# --- what must be there --------------------------------------------------------------------------------------------


def check_paper(kind: str, document_no: str, reason: str) -> None:
    """Refuse a voucher without its document number, or without the reason that its kind asks for."""
    if kind in NEEDS_DOCUMENT and not document_no.strip():
        raise Refused("no_document", _("Give the document number."), "document_no")
    if kind in NEEDS_REASON and not reason.strip():
        raise Refused("no_reason", _("Give the reason."), "reason")


def substitution(lines) -> Account | None:
    """Return a pool with balance of a source that should be used first, for the first line that passes it over."""
    for line in lines:
        if line.demand is not None and line.debit is not None:
            left = pools.preferred_left(line.demand.project, line.debit.book, line.debit.period)
            if left is not None:
                return left
        elif line.credit is not None and line.credit.project_id is not None and line.debit is not None:
            left = pools.preferred_left(line.credit.project, line.debit.book, line.debit.period)
            if left is not None:
                return left
    return None


def check_substitution(lines, reason: str) -> None:
    """Refuse to pass over a source with balance without a reason: on the voucher, or on the demand already."""
    left = substitution(lines)
    given = reason.strip() or all(line.demand is not None and line.demand.substitution_reason for line in lines)
    if left is not None and not given:
        raise Refused(
            "substitution",
            _("“%(pool)s” still has balance and comes first. Give the reason for passing it over.") % {"pool": left},
            "reason",
            pool=left.pk,
        )


# --- entries -------------------------------------------------------------------------------------------------------


def build(kind: str, lines, *, key: str, today: date, reverses: Posting | None = None, **facts) -> list[Entry]:
    """Return the entries of a voucher: one for the whole document, or one for each line where the journal needs it
    (renewals, recoveries from stock). `facts` are those of `rules.Entry`.

    :raises Refused: a line lacks something, or asks for what its reservation or stock cannot give.
    """
    if kind == "reverse":
        return [_reversal(reverses, key=key, on=today, **facts)]
    lines = list(lines)
    if not lines:
        raise Refused("no_lines", _("Add at least one line."))
    _check_once(lines)
    made = [_entry(kind, line, key=key, today=today, **facts) for line in lines]
    if len(made) == 1:
        return made
    if kind == "renew" or any(line.stock is not None for line in lines):
        return [dataclasses.replace(entry, key=f"{key}:{number}") for number, entry in enumerate(made, start=1)]
    return [dataclasses.replace(made[0], lines=tuple(line for entry in made for line in entry.lines))]


def _check_once(lines) -> None:
    named = [line.reservation.pk for line in lines if line.reservation is not None]
    if len(named) != len(set(named)):
        raise Refused("reservation_twice", _("A reservation stands in two lines."), "reservation")


def _entry(kind, line, *, key, today, **facts) -> Entry:
    facts |= {"key": key, "on": today}
    if kind in OF_RESERVATIONS:
        return _of_reservation(kind, line, today, facts)
    if line.debit is None or line.credit is None:
        raise Refused("no_accounts", _("Choose from which account to which."), "credit")
    _check_amount(line)
    if kind in ("reserve", "reallocate", "grant", "earn"):
        _require_open_year(line, today)
    if kind == "reserve":
        until = line.expires_on
        if until is None or until < today:
            raise Refused("until_past", _("A reservation holds until a day that is still to come."), "expires_on")
        last = later(today, _days(line.debit))
        if until > last:
            message = _("A reservation holds until %(last)s at the most; it can be renewed once.")
            raise Refused("until_far", message % {"last": f"{last:%Y-%m-%d}"}, "expires_on")
        _check_cap(line.debit, line.credit)
        return entries.reserve(line.debit, line.credit, line.amount, until, **facts)
    if kind == "opening" and line.credit.last_on is not None:
        raise Refused(
            "not_first",
            _("“%(account)s” has entries already; an opening balance comes before them.")
            % {"account": line.credit.name},
        )
    if kind == "carry_over" and not is_next_year(line.debit.period, line.credit.period):
        message = _("What is carried over goes to the year after, never back or further.")
        raise Refused("not_next_year", message, "credit")
    if kind == "earn" and line.credit.book.kind.group != FactorKind.Group.LAND:
        raise Refused("earn_of_land", _("Only land earns quota from stock (增存挂钩)."))
    _check_stock(kind, line)
    return entries.move(kind, line.debit, line.credit, line.amount, **facts)


def _of_reservation(kind, line, today, facts) -> Entry:
    reservation = line.reservation
    if reservation is None:
        raise Refused("no_reservation", _("Choose the reservation."), "reservation")
    if reservation.twin_of_id is not None:
        raise Refused("of_cap", _("This reservation goes with one of a source; choose that one."), "reservation")
    if kind == "release":
        return entries.release(reservation, **facts)
    if kind == "confirm":
        _check_amount(line)
        if line.amount > reservation.amount:
            raise Refused(
                "more_than_reserved",
                _("More than is reserved: the rest needs a reservation of its own first."),
                "amount",
                reserved=reservation.amount,
                wanted=line.amount,
            )
        return entries.confirm(reservation, line.amount, **facts)
    _check_renewal(reservation, line.expires_on, today)
    return entries.renew(reservation, line.expires_on, **facts)


def _check_renewal(reservation, until, today) -> None:
    if reservation.resolved_by_id is not None:
        raise Refused("resolved", _("The reservation is not open any more."), "reservation")
    if reservation.expires_on < today:
        raise Refused("expired", _("The reservation has expired; make a new one."), "reservation")
    if reservation.renewed:
        raise Refused("renewed_already", _("A reservation can be renewed once only."), "reservation")
    last = later(reservation.expires_on, _days(reservation.pool))
    if until is None or not reservation.expires_on < until <= last:
        message = _("A renewal holds longer than before and until %(last)s at the most.")
        raise Refused("renewal_term", message % {"last": f"{last:%Y-%m-%d}"}, "expires_on")


def _require_open_year(line, today) -> None:
    """Refuse to give out anew what the end of a past year found: it expires or is carried over. One query then."""
    for pool in (line.debit, line.credit):
        if pool.role == "pool" and pool.period.isdigit() and int(pool.period) < today.year:
            ended = Transfer.objects.filter(debit=pool, posting__kind__in=("expire_year", "carry_over"))
            if ended.exists():
                message = _("The year end of “%(pool)s” %(year)s is done: what is left expires or is carried over.")
                raise Refused("year_over", message % {"pool": pool.name, "year": pool.period})


def _check_amount(line) -> None:
    if line.amount is None or line.amount <= 0:
        raise Refused("no_amount", _("Give an amount above zero."), "amount")


def align_caps(lines) -> None:
    """Put accounts that nothing was ever posted to under the cap of the pool that they now get something from.

    Called within the transaction that posts, so that what is taken under a cap goes back under the same one.
    """
    for line in lines:
        if line.debit is not None and line.credit is not None and _other_cap(line.debit, line.credit):
            still = Account.objects.filter(pk=line.credit.pk, last_on=None)
            if not still.update(cap=line.debit.cap_id):
                line.credit.refresh_from_db(fields=["last_on", "cap"])
                continue
            line.credit.cap = line.debit.cap


def _other_cap(pool: Account, holding: Account) -> bool:
    return pool.role == "pool" and holding.role == "holding" and pool.cap_id != holding.cap_id


def _check_cap(pool: Account, holding: Account) -> None:
    """Refuse to mix what stands under two caps in one account; one without entries follows its pool (`align_caps`)."""
    if _other_cap(pool, holding) and holding.last_on is not None:
        raise Refused("other_cap", _("The pool and the project's account stand under different total caps."), "credit")


def _check_stock(kind, line) -> None:
    stock = line.stock
    if stock is None:
        return
    if kind not in ("recover", "earn") or line.debit.book_id != stock.book_id:
        raise Refused("other_stock", _("The stock belongs to another account book or kind of voucher."), "stock")
    if stock.asset.status != StockAsset.Status.VERIFIED:
        raise Refused("stock_not_verified", _("Only verified stock can be recovered."), "stock")
    if line.amount > stock.recoverable - stock.recovered:
        raise Refused("more_than_verified", _("More than what was verified as recoverable."), "amount")


def check_reversible(posting: Posting) -> None:
    """Refuse what can never be reversed: reversals, renewals, and what was reversed already. One query."""
    if posting.kind in ("reverse", "renew"):
        raise Refused("not_reversible", _("Reversals and renewals are not reversed; make the right entry anew."))
    again = Posting.objects.filter(reverses=posting).first()
    if again is not None:
        message = _("The entry was reversed already, by entry %(number)s.")
        raise Refused("reversed_already", message % {"number": again.label})


def _reversal(posting: Posting | None, *, key, on, **facts) -> Entry:
    if posting is None:
        raise Refused("no_posting", _("Choose the entry to be reversed."), "reverses")
    check_reversible(posting)
    rows = posting.transfers.select_related("debit", "credit", "reservation", "resolves__reservation").order_by("line")
    try:
        return entries.reverse(posting, rows, key=key, on=on, **facts)
    except ValueError as error:
        message = _("A reservation of this entry was confirmed, released or expired since: reverse that entry first.")
        raise Refused("resolved_since", message) from error
