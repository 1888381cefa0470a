"""Stock that could give quota back (盘活台账): recorded, verified by somebody else, recovered by vouchers.

Nothing of it is available to anybody before its voucher is posted. What was recovered is the sum of its postings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from factors import actions, pools, quantity, ratios, rights
from factors.assets import reach
from factors.models import Account, Book, FactorKind, StockAmount, StockAsset, Voucher
from factors.refusals import Refused
from people import audit

Status = StockAsset.Status
FACTS = ("code", "name", "kind", "enterprise", "district", "park", "department", "plan", "plan_on", "note")


@dataclass(frozen=True)
class Part:
    """How much of a book an asset could give back, in smallest units, and into which pool."""

    book: Book
    recoverable: int
    pool: Account | None = None


@transaction.atomic
def record(*, by, now: datetime, facts: dict, parts: Sequence[Part], asset: StockAsset | None = None) -> StockAsset:
    """Record an asset, or change one. `facts` by the names of FACTS. A change of amounts has to be verified anew.

    :raises PermissionDenied: the person does not keep the asset or all its factors.
    :raises Refused: no amount, a book twice, a pool of another book, or less than was recovered already.
    """
    department = facts.get("department")
    _require_keeper(by, department, [part.book.kind for part in parts])
    _check_parts(parts)
    reach.take_turn(*(part.pool for part in parts))
    if asset is not None:
        asset = StockAsset.objects.select_for_update().get(pk=asset.pk)
        _require_keeper(by, asset.department, _kinds(asset))
        if asset.status == Status.DROPPED:
            raise Refused("dropped", _("The asset was given up; take it up again first."))
    row = asset or StockAsset()
    for name in FACTS:
        setattr(row, name, facts[name])
    row.save()
    if _store(row, parts) and row.status != Status.CHECKING:
        row.status, row.verified_by, row.verified_on, row.verification_no = Status.CHECKING, None, None, ""
        row.save()
    said = {part.book.code: part.recoverable for part in parts}
    audit.record("ledger.asset", by=by, target=row, now=now, wrote=True, on="stock", after=said)
    return row


def _kinds(asset) -> list[FactorKind]:
    return list(FactorKind.objects.filter(books__in=asset.amounts.values("book")))


def _require_keeper(by, department, kinds, permission="factor.make") -> None:
    if not reach.keeps_stock(by, department, kinds, permission):
        raise PermissionDenied(permission)


def _check_parts(parts) -> None:
    if not parts:
        raise Refused("no_amount", _("Say how much of which factor it could give back."))
    if len({part.book.pk for part in parts}) != len(parts):
        raise Refused("book_twice", _("An account book stands twice."))
    for part in parts:
        if part.recoverable <= 0:
            raise Refused("no_amount", _("Give an amount above zero."))
        if part.pool is not None and part.pool.book_id != part.book.pk:
            raise Refused("other_book", _("“%(pool)s” is a pool of another account book.") % {"pool": part.pool.name})


def _store(row, parts) -> bool:
    """Bring the amounts to what `parts` say; say whether any amount changed."""
    old = {amount.book_id: amount for amount in StockAmount.objects.select_for_update().filter(asset=row)}
    changed = False
    for part in parts:
        amount = old.pop(part.book.pk, None)
        if amount is None:
            StockAmount.objects.create(asset=row, book=part.book, pool=part.pool, recoverable=part.recoverable)
            changed = True
        elif (amount.recoverable, amount.pool_id) != (part.recoverable, part.pool and part.pool.pk):
            taken = amount.recovered + cited(amount)
            if part.recoverable < taken:
                raise Refused(
                    "recovered_already",
                    _("%(amount)s of it were recovered or cited as a replacement already.")
                    % {"amount": _words(taken, amount.book.kind)},
                )
            changed = changed or amount.recoverable != part.recoverable
            StockAmount.objects.filter(pk=amount.pk).update(recoverable=part.recoverable, pool=part.pool)
    for amount in old.values():
        if amount.recovered or cited(amount):
            raise Refused("recovered_already", _("What was recovered stays on record; the amount cannot be removed."))
        amount.delete()
        changed = True
    return changed


def cited(amount: StockAmount) -> int:
    """Return what replacement sources cite of an asset's amount: it cannot come back into a pool too. One query."""
    rows = amount.asset.replacement_sources.filter(book=amount.book_id)
    return rows.aggregate(total=Sum("saving"))["total"] or 0


def _words(amount, kind) -> str:
    return quantity.exact(amount, kind.family, kind.unit)


# --- verification --------------------------------------------------------------------------------------------------


def may_verify(user, asset: StockAsset) -> bool:
    """Say whether the person may verify: a keeper with the right to check who did not write it. Four queries."""
    return reach.keeps_stock(user, asset.department, _kinds(asset), "factor.check") and user.pk not in reach.authors(
        asset
    )


@transaction.atomic
def verify(*, by, now: datetime, asset: StockAsset, document_no: str, on: date) -> StockAsset:
    """Confirm that the amounts are real, by a document. Only somebody who did not write them may.

    :raises PermissionDenied: no keeper, or who wrote it.
    :raises Refused: not being checked, no document, or a day that is still to come.
    """
    reach.take_turn()
    row = StockAsset.objects.select_for_update().get(pk=asset.pk)
    if not may_verify(by, row):
        raise PermissionDenied("factor.check")
    if row.status != Status.CHECKING:
        message = _("The asset is not being checked: %(status)s.")
        raise Refused("not_checking", message % {"status": row.get_status_display()})
    if not document_no.strip():
        raise Refused("no_document", _("Give the document number."), "document_no")
    if on > actions.local(now):
        raise Refused("in_the_future", _("The day is still to come."), "on")
    row.status, row.verified_by, row.verified_on = Status.VERIFIED, by, on
    row.verification_no = document_no.strip()[:60]
    if not StockAmount.objects.filter(asset=row, recovered__lt=F("recoverable")).exists():
        row.status = Status.RECOVERED
    row.save()
    audit.record("ledger.asset", by=by, target=row, now=now, on="stock", after=row.status, document=row.verification_no)
    return row


@transaction.atomic
def drop(*, by, now: datetime, asset: StockAsset, reason: str) -> StockAsset:
    """Give an asset up, with the reason: nothing more is expected of it. What was recovered stays.

    :raises PermissionDenied: no keeper.  :raises Refused: no reason, or vouchers of it wait.
    """
    reach.take_turn()
    row = StockAsset.objects.select_for_update().get(pk=asset.pk)
    _require_keeper(by, row.department, _kinds(row))
    if not reason.strip():
        raise Refused("no_reason", _("Give the reason."), "reason")
    if waiting(row).exists():
        raise Refused("waiting", _("A voucher of it waits for its checker: withdraw that first."))
    row.status, row.note = Status.DROPPED, reason.strip()[:300]
    row.save(update_fields=["status", "note"])
    audit.record("ledger.asset", by=by, target=row, now=now, on="stock", after=row.status, note=row.note)
    return row


@transaction.atomic
def reopen(*, by, now: datetime, asset: StockAsset) -> StockAsset:
    """Take an asset up again that was given up: it has to be verified anew.

    :raises PermissionDenied: no keeper.  :raises Refused: it was not given up.
    """
    reach.take_turn()
    row = StockAsset.objects.select_for_update().get(pk=asset.pk)
    _require_keeper(by, row.department, _kinds(row))
    if row.status != Status.DROPPED:
        raise Refused("not_dropped", _("The asset was not given up."))
    row.status, row.verified_by, row.verified_on, row.verification_no = Status.CHECKING, None, None, ""
    row.save()
    audit.record("ledger.asset", by=by, target=row, now=now, wrote=True, on="stock", after=row.status)
    return row


def waiting(asset: StockAsset) -> QuerySet:
    """Return the vouchers that would recover something of the asset and are not settled."""
    open_ones = (Voucher.Status.DRAFT, Voucher.Status.SUBMITTED, Voucher.Status.REFUSED)
    return Voucher.objects.filter(lines__stock__asset=asset, status__in=open_ones).distinct()


# --- recovery ------------------------------------------------------------------------------------------------------


def left(stock: StockAmount) -> int:
    """Return what can still be recovered: neither recovered nor cited as a replacement. One query."""
    return stock.recoverable - stock.recovered - cited(stock)


def _check_recovery(stock: StockAmount, amount: int) -> None:
    if stock.asset.status != Status.VERIFIED:
        raise Refused("stock_not_verified", _("Only verified stock can be recovered."))
    if amount <= 0:
        raise Refused("nothing", _("Give an amount above zero."), "amount")
    if amount > left(stock):
        message = _("Only %(left)s of it can still be recovered.")
        raise Refused("more_than_verified", message % {"left": _words(left(stock), stock.book.kind)}, "amount")


def draft_recovery(
    *,
    by,
    now: datetime,
    stock: StockAmount,
    holding: Account,
    pool: Account,
    amount: int,
    document_no: str,
    aside: bool = False,
) -> Voucher:
    """Draft the voucher that takes quota back from a holding into the pool; `aside`: into what is recovered beside it.

    :raises PermissionDenied: the person does not keep the holding.  :raises Refused: not verified, more than is left.
    """
    _check_recovery(stock, amount)
    into = pools.standing_account(Account.Role.RECOVERED, pool.book, pool.period, pool) if aside else pool
    return actions.draft_voucher(
        by=by,
        now=now,
        kind="recover",
        lines=[actions.LineDraft(debit=holding, credit=into, amount=amount, stock=stock)],
        document_no=document_no,
        summary=_("Recovered from %(name)s") % {"name": stock.asset.name[:80]},
    )


def draft_earning(
    *, by, now: datetime, stock: StockAmount, pool: Account, area: int, year: int, document_no: str
) -> Voucher:
    """Draft the voucher of indicators that disposed stock land earns (增存挂钩): area × the year's ratio.

    `area` in smallest units of land.

    :raises PermissionDenied: the person does not keep the pool.
    :raises Refused: not verified, no land, no ratio of the year, or more than is left.
    """
    if stock.book.kind.family != "land":
        raise Refused("no_land", _("Only land earns new indicators."))
    ratio = ratios.earning(year)
    if ratio is None:
        raise Refused("no_ratio", _("No ratio is published for %(year)s.") % {"year": year}, "year")
    amount = ratios.earned(area, ratio)
    _check_recovery(stock, amount)
    reason = _("%(area)s disposed of × %(ratio)s (%(year)s, %(source)s)") % {
        "area": _words(area, stock.book.kind),
        "ratio": ratio.figure,
        "year": year,
        "source": ratio.source,
    }
    issuer = pools.standing_account(Account.Role.ISSUER, pool.book, pool.period)
    return actions.draft_voucher(
        by=by,
        now=now,
        kind="earn",
        lines=[actions.LineDraft(debit=issuer, credit=pool, amount=amount, stock=stock)],
        document_no=document_no,
        summary=_("Earned from %(name)s") % {"name": stock.asset.name[:80]},
        reason=reason[:500],
    )


def holdings(stock: StockAmount, user) -> list[Account]:
    """Return accounts that the stock could be recovered from, of those that the person may see: its enterprise's first.

    One query.
    """
    rows = (
        rights.visible_accounts(user)
        .filter(
            role=Account.Role.HOLDING,
            book=stock.book_id,
            closed_on=None,
            credits_posted__gt=F("debits_posted") + F("debits_pending"),
        )
        .select_related("book__kind", "book__source", "enterprise", "project")
        .order_by("name", "period")
    )
    found = list(rows[:400])
    return sorted(found, key=lambda account: account.enterprise_id != stock.asset.enterprise_id)


# --- totals --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Totals:
    """Of one factor: what is being checked, what is verified and can still be recovered, what was recovered."""

    book: Book
    checking: int
    recoverable: int
    recovered: int


def totals(assets: QuerySet) -> list[Totals]:
    """Return what assets could give back by account book; only verified stock counts as recoverable. Two queries."""
    rest = F("recoverable") - F("recovered")
    rows = (
        StockAmount.objects.filter(asset__in=assets.order_by().values("pk"))
        .values("book")
        .annotate(
            checking=Sum(rest, filter=Q(asset__status=Status.CHECKING), default=0),
            open=Sum(rest, filter=Q(asset__status=Status.VERIFIED), default=0),
            done=Sum("recovered"),
        )
        .order_by("book__kind__position", "book__source__position", "book__basis")
    )
    rows = list(rows)
    books = Book.objects.select_related("kind", "source").in_bulk([row["book"] for row in rows])
    return [Totals(books[row["book"]], row["checking"], row["open"], row["done"]) for row in rows]
