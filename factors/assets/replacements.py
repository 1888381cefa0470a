"""Replacement sources (等量、减量替代): verified savings that demands cite, each unit of saving once.

A citation moves no quota; it says by which saving a two-high project is allowed. `used` of a source is the sum of the
uses that are not withdrawn: raised by one conditional update, so that two citations at once cannot both take the last.
"""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from factors import actions, quantity, ratios, replacement, savings
from factors.assets import reach, stock
from factors.models import Book, Demand, ReplacementSource, ReplacementUse, StockAmount, StockAsset
from factors.refusals import Refused
from people import audit
from people.access import visible_to
from projects.models import Project


def _words(amount: int, book: Book) -> str:
    return quantity.exact(amount, book.kind.family, book.kind.unit)


def keeps(user, book: Book) -> bool:
    """Say whether the person is an officer of the department in charge of the book's factor with the right to check."""
    return reach.keeps_stock(user, None, [book.kind], "factor.check")


@transaction.atomic
def register(
    *,
    by,
    now: datetime,
    name: str,
    book: Book,
    district,
    saving: int,
    verified_on: date,
    verification_no: str,
    asset: StockAsset | None = None,
) -> ReplacementSource:
    """Register a verified saving (smallest units). From a stock asset: only what is verified there and not recovered.

    :raises PermissionDenied: the person does not keep the factor, or wrote the asset himself.
    :raises Refused: no document, a day to come, registered already, or more than the asset has left.
    """
    if not keeps(by, book) or (asset is not None and by.pk in reach.authors(asset)):
        raise PermissionDenied("factor.check")
    if not verification_no.strip():
        raise Refused("no_document", _("Give the document number."), "verification_no")
    if verified_on > actions.local(now):
        raise Refused("in_the_future", _("The day is still to come."), "verified_on")
    if saving <= 0:
        raise Refused("nothing", _("Give an amount above zero."), "saving")
    if asset is not None:
        _take_of(asset, book, saving)
    else:
        _require_new(book, verification_no)
    row = ReplacementSource.objects.create(
        name=name.strip()[:120], book=book, asset=asset, district=district, saving=saving, verified_on=verified_on,
        verification_no=verification_no.strip()[:60], verified_by=by,
    )  # fmt: skip
    audit.record("ledger.asset", by=by, target=row, now=now, on="replacement", amount=saving)
    return row


def _require_new(book: Book, verification_no: str) -> None:
    """Refuse to register a document's saving twice; that of an asset is limited by the asset. Two queries."""
    reach.take_turn()
    for row in savings.sources_of(book.kind, verification_no):
        message = _("This document's saving is registered already: “%(name)s”, %(saving)s.")
        facts = {"name": row.name, "saving": _words(row.saving, row.book)}
        raise Refused("registered", message % facts, "verification_no")
    for trade in savings.trades_of(book.kind, verification_no):
        message = _("This document's saving was sold already, by trade %(trade)s.")
        raise Refused("sold", message % {"trade": trade.code}, "verification_no")


def _take_of(asset, book, saving) -> None:
    """Refuse more than the asset still has; its amount stays locked until the source is there."""
    reach.take_turn()
    amount = StockAmount.objects.select_for_update().filter(asset=asset, book=book).first()
    if amount is None or asset.status != StockAsset.Status.VERIFIED:
        raise Refused("stock_not_verified", _("The asset has no verified amount in this account book."), "asset")
    if saving > stock.left(amount):
        message = _("The asset has only %(left)s left that are neither recovered nor cited.")
        raise Refused("more_than_verified", message % {"left": _words(stock.left(amount), book)}, "saving")


@transaction.atomic
def use(
    *,
    by,
    now: datetime,
    source: ReplacementSource,
    demand: Demand,
    amount: int,
    ratio: ratios.Ratio,
    document_no: str,
) -> ReplacementUse:
    """Let a demand cite `amount` of a source, at one of the published ratios.

    :raises PermissionDenied: the person does not keep the factor.
    :raises Refused: another book, another ratio than before, no document, or less is left.
    """
    source = ReplacementSource.objects.select_related("book__kind", "book__source").get(pk=source.pk)
    if not keeps(by, source.book):
        raise PermissionDenied("factor.check")
    demand = Demand.objects.select_for_update(of=("self",)).select_related("book__kind", "project").get(pk=demand.pk)
    if demand.book_id != source.book_id:
        raise Refused("other_book", _("The demand is of another account book than the saving."), "demand")
    if demand.closed_on is not None:
        raise Refused("closed", _("The demand was given up."), "demand")
    if not document_no.strip():
        raise Refused("no_document", _("Give the document number."), "document_no")
    if amount <= 0:
        raise Refused("nothing", _("Give an amount above zero."), "amount")
    if ratio.thousandths not in {known.thousandths for known in ratios.replacements()}:
        raise Refused("ratio", _("This ratio is not among the published ones."), "ratio")
    others = uses_of(demand).exclude(ratio_thousandths=ratio.thousandths).first()
    if others is not None:
        raise Refused(
            "other_ratio", _("The demand cites other savings at another ratio; withdraw those first."), "ratio"
        )
    rows = ReplacementSource.objects.filter(pk=source.pk, used__lte=F("saving") - amount)
    if not rows.update(used=F("used") + amount):
        source.refresh_from_db(fields=["used", "saving"])
        left = _words(source.saving - source.used, source.book)
        raise Refused("used_up", _("Only %(left)s of this saving are left.") % {"left": left}, "amount")
    row = ReplacementUse.objects.create(
        source=source, demand=demand, amount=amount, ratio_thousandths=ratio.thousandths,
        document_no=document_no.strip()[:60], by=by, at=now,
    )  # fmt: skip
    audit.record(
        "ledger.asset", by=by, target=source, now=now, on="replacement", amount=amount, ratio=ratio.figure,
        code=demand.project.code,
    )  # fmt: skip
    return row


@transaction.atomic
def withdraw(*, by, now: datetime, use: ReplacementUse, reason: str) -> ReplacementUse:
    """Take a citation back: the saving is free for another demand. Once.

    :raises PermissionDenied: the person does not keep the factor.  :raises Refused: no reason, or withdrawn before.
    """
    if not keeps(by, use.source.book):
        raise PermissionDenied("factor.check")
    if not reason.strip():
        raise Refused("no_reason", _("Give the reason."), "reason")
    if not ReplacementUse.objects.filter(pk=use.pk, withdrawn_at=None).update(withdrawn_at=now):
        raise Refused("withdrawn", _("This use was withdrawn already."))
    ReplacementSource.objects.filter(pk=use.source_id).update(used=F("used") - use.amount)
    audit.record(
        "ledger.asset", by=by, target=use.source, now=now, on="replacement", amount=-use.amount, note=reason.strip()
    )
    use.withdrawn_at = now
    return use


def uses_of(demand: Demand):
    """Return the citations of a demand that hold."""
    return ReplacementUse.objects.filter(demand=demand, withdrawn_at=None)


def coverage(demand: Demand) -> replacement.Coverage | None:
    """Return how far citations cover a demand at their ratio; None where it cites nothing. One query."""
    ratio = (
        uses_of(demand).values("ratio_thousandths").annotate(cited=Sum("amount")).order_by("ratio_thousandths").first()
    )
    if ratio is None:
        return None
    return replacement.Coverage(replacement.required(demand.amount, ratio["ratio_thousandths"]), ratio["cited"])


def demands_for(user, source: ReplacementSource):
    """Return the open demands of the source's book whose projects the person may see."""
    rows = Demand.objects.filter(book=source.book_id, closed_on=None)
    rows = rows.filter(project__in=visible_to(Project.objects.all(), user).order_by().values("pk"))
    return rows.select_related("project__enterprise", "book__kind", "book__source").order_by("project__name", "period")
