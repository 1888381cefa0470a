"""What else follows when a voucher is submitted, posted, refused or withdrawn: trades and recovered stock.

Called within the transaction of the step, after the ledger has posted; the accounts' locks keep others waiting.
"""

from django.db.models import Exists, F, OuterRef, Sum
from django.utils.translation import gettext_lazy as _

from factors import savings
from factors.models import (
    Posting,
    QuotaRequest,
    ReplacementSource,
    StockAmount,
    StockAsset,
    StockRecovery,
    Trade,
    Voucher,
)
from factors.refusals import Refused


def submitted(voucher: Voucher) -> None:
    """Mark the voucher's trade as waiting."""
    _trade(voucher).update(status=Trade.Status.SUBMITTED)


def refused(voucher: Voucher) -> None:
    """Mark the voucher's trade as refused."""
    _trade(voucher).update(status=Trade.Status.REFUSED)


def withdrawn(voucher: Voucher) -> None:
    """Make the voucher's trade a draft again, and let the request that it granted wait at its old place."""
    _trade(voucher).update(status=Trade.Status.DRAFT)
    granted = QuotaRequest.objects.filter(voucher=voucher, status=QuotaRequest.Status.GRANTED)
    asked_anew = QuotaRequest.objects.filter(demand=OuterRef("demand"), status=QuotaRequest.Status.WAITING)
    granted.filter(~Exists(asked_anew), demand__closed_on=None, demand__gap__gt=0).update(
        status=QuotaRequest.Status.WAITING,
        decided_by=None,
        decided_at=None,
        decision_reason="",
        advice={},
        voucher=None,
    )


def posted(voucher: Voucher, lines, postings: list[Posting]) -> None:
    """Link what the entries did to the trade and to the stock they are about.

    :raises Refused: the trade is another one by now, or more would be sold or recovered than was verified.
    """
    if voucher.kind == Posting.Kind.TRADE:
        _sell(voucher, lines)
    elif voucher.kind in (Posting.Kind.RECOVER, Posting.Kind.EARN):
        _recover(lines, postings)
    elif voucher.kind == Posting.Kind.REVERSE:
        _undo(voucher.reverses, postings[0])


def _trade(voucher):
    return Trade.objects.filter(voucher=voucher).exclude(status=Trade.Status.APPROVED)


def _sell(voucher, lines) -> None:
    trade = Trade.objects.select_for_update().filter(voucher=voucher).first()
    if trade is None:
        return
    moved = [(line.debit_id, line.credit_id, line.amount) for line in lines]
    if moved != [(trade.seller_id, trade.buyer_id, trade.amount)]:
        raise Refused("other_trade", _("The voucher does not say what the trade says."))
    _require_saved(trade)
    until = trade.seller.permit_until
    if until is not None and trade.until_on > until:
        message = _("The seller's permit ends on %(day)s, before the trade does.")
        raise Refused("outside_permit_term", message % {"day": f"{until:%Y-%m-%d}"}, "until_on")
    limit = trade.seller.permit_limit
    if limit is not None and trade.seller.balance + trade.amount > limit:  # the entry is in: before it he had both
        raise Refused("more_than_permit", _("The seller holds more than his permit's limit."), "amount", limit=limit)
    trade.status = Trade.Status.APPROVED
    trade.save(update_fields=["status"])


def _require_saved(trade: Trade) -> None:
    """Refuse what was sold or cited since the trade was registered: several may wait for their checkers at once."""
    kind = trade.book.kind
    others = savings.trades_of(kind, trade.saving_document_no, trade)
    sources = savings.sources_of(kind, trade.saving_document_no)
    if sources or not all(savings.same_owner(row.seller, trade.seller) for row in others):
        raise Refused("saving_used", _("The saving of this document is used elsewhere by now."), "saving_document_no")
    before = sum(row.amount for row in others)
    if before + trade.amount > min([trade.verified_saving, *(row.verified_saving for row in others)]):
        raise Refused("more_than_saving", _("More than what was verified as saved."), "amount", sold=before)


def _recover(lines, postings) -> None:
    by_line = postings if len(postings) == len(lines) else postings * len(lines)
    for line, posting in zip(lines, by_line, strict=True):
        if line.stock is not None:
            _count(line.stock, line.amount, posting)


def _count(stock: StockAmount, amount: int, posting: Posting) -> None:
    """Add to what was recovered of a stock (below zero: take back), never more than verified."""
    rows = StockAmount.objects.filter(pk=stock.pk, recovered__lte=F("recoverable") - amount, recovered__gte=-amount)
    if not rows.update(recovered=F("recovered") + amount):
        raise Refused("more_than_verified", _("More than what was verified as recoverable."), "amount")
    _leave_cited(stock)
    StockRecovery.objects.create(stock=stock, posting=posting, amount=amount)
    left = StockAmount.objects.filter(asset=stock.asset_id, recovered__lt=F("recoverable")).exists()
    status = StockAsset.Status.VERIFIED if left else StockAsset.Status.RECOVERED
    settled = (StockAsset.Status.VERIFIED, StockAsset.Status.RECOVERED)
    StockAsset.objects.filter(pk=stock.asset_id, status__in=settled).update(status=status)


def _leave_cited(stock: StockAmount) -> None:
    """Refuse to recover what a replacement source cites: a saving is used once. The stock's row is locked by now."""
    cited = ReplacementSource.objects.filter(asset=stock.asset_id, book=stock.book_id).aggregate(total=Sum("saving"))
    if StockAmount.objects.filter(pk=stock.pk, recovered__gt=F("recoverable") - (cited["total"] or 0)).exists():
        raise Refused("cited", _("The rest is cited as a replacement source; it cannot come back too."), "amount")


def _undo(old: Posting, posting: Posting) -> None:
    recovery = StockRecovery.objects.select_related("stock").filter(posting=old).first()
    if recovery is not None:
        _count(recovery.stock, -recovery.amount, posting)
    Trade.objects.filter(voucher=old.voucher_id, status=Trade.Status.APPROVED).exclude(voucher=None).update(
        status=Trade.Status.REFUSED
    )
