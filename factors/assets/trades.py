"""Paid transfers of water and energy rights (水权、用能权): registered with their checks, approved by a voucher.

The voucher moves both legs at once. Its maker keeps the seller's account and its checker the buyer's, so that both
regions agree. What is wrong with a trade is said in sentences (`factors.trade`), and refused once more at the posting.
"""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from factors import actions, pools, quantity, rights, savings
from factors.assets import reach
from factors.finding import Finding
from factors.models import Account, FactorKind, Trade, Voucher
from factors.refusals import Refused
from factors.trade import Party, Permit, Right, TradeFacts, check_trade, value_fen
from people import audit
from people.access import allows

Status = Trade.Status
OVER = frozenset({Voucher.Status.CANCELLED, Voucher.Status.POSTED})
"""A trade that was withdrawn, or approved and then reversed, gets a voucher anew."""

GROUPS = {FactorKind.Group.WATER: Right.WATER, FactorKind.Group.ENERGY: Right.ENERGY}
FIELDS = (
    "buyer", "amount", "price_fen", "from_on", "until_on", "verified_saving", "saving_document_no", "saving_measure",
    "filing_no",
)  # fmt: skip
FIELD_OF = {
    "not_positive": "amount", "more_than_holding": "amount", "more_than_saving": "amount",
    "other_saving": "verified_saving", "more_than_permit": "amount",
    "negative_price": "price_fen", "same_party": "buyer", "other_source": "buyer",
    "other_basis": "buyer", "no_saving_document": "saving_document_no", "term_reversed": "until_on",
    "outside_permit_term": "until_on", "saving_of_other": "saving_document_no", "saving_cited": "saving_document_no",
}  # fmt: skip
"""Which field of the form a finding is about."""


def visible(user) -> QuerySet:
    """Narrow trades to those of which the person may see both accounts, or which he made."""
    if not allows(user, "factor.view"):
        return Trade.objects.none()
    seen = rights.visible_accounts(user).order_by().values("pk")
    return Trade.objects.filter(Q(made_by=user) | Q(seller__in=seen, buyer__in=seen))


def sellers(user) -> list[Account]:
    """Return the holdings of water and energy with something left that the person keeps. Two queries."""
    rows = Account.objects.filter(
        role=Account.Role.HOLDING,
        closed_on=None,
        book__kind__group__in=list(GROUPS),
        book__kind__family__in=["water", "energy"],
        credits_posted__gt=F("debits_posted") + F("debits_pending"),
    ).select_related("book__kind", "book__source", "department", "enterprise", "project")
    return [row for row in rows.order_by("book", "name")[:600] if rights.may_make(user, row)]


def buyers(user, seller: Account) -> QuerySet:
    """Return the holdings of the seller's book and period that a trade may go to."""
    rows = Account.objects.filter(role=Account.Role.HOLDING, book=seller.book_id, period=seller.period, closed_on=None)
    rows = rights.visible_accounts(user, rows).exclude(pk=seller.pk)
    return rows.select_related("book__kind", "book__source", "enterprise", "project").order_by("name")


def region_pool(account: Account) -> Account | None:
    """Return the open pool of the region that a holding is in, which must agree; None where there is none."""
    if account.project is not None:
        return pools.nearest_pool(account.project, account.book, account.period)
    if account.district is None:
        return None
    chain = [account.district.pk, *(above.pk for above in account.district.ancestors())]
    rows = Account.objects.filter(
        role=Account.Role.POOL, book=account.book_id, period=account.period, closed_on=None, park=None
    )
    near = [(chain.index(pool.district_id), pool.pk, pool) for pool in rows if pool.district_id in chain]
    return min(near)[2] if near else None


# --- checks --------------------------------------------------------------------------------------------------------


def check(trade: Trade) -> list[Finding]:
    """Return everything that stands against a trade (saved or not), from the accounts as they are. Seven queries.

    The approval of both regions is what the voucher's maker and checker give, so it is not missing here.
    """
    seller, buyer = trade.seller, trade.buyer
    mine, theirs = region_pool(seller), region_pool(buyer)
    places = [pool.code if pool else "" for pool in (mine, theirs)]
    before = savings.trades_of(seller.book.kind, trade.saving_document_no, trade)
    # One document verified one saving: what the first trade said of it holds for all that follow.
    saving = before[0].verified_saving if before else trade.verified_saving
    used = [
        Finding("saving_of_other", {"trade": row.code}) for row in before if not savings.same_owner(row.seller, seller)
    ]
    sources = savings.sources_of(seller.book.kind, trade.saving_document_no)
    used += [Finding("saving_cited", {"source": row.name}) for row in sources]
    if saving != trade.verified_saving:
        used.append(Finding("other_saving", {"saving": saving, "trade": before[0].code}))
    facts = TradeFacts(
        right=GROUPS[seller.book.kind.group],
        amount=trade.amount,
        price_fen=trade.price_fen,
        seller=Party(str(seller.pk), seller.book.source.code, seller.book.basis, places[0]),
        buyer=Party(str(buyer.pk), buyer.book.source.code, buyer.book.basis, places[1]),
        saving=saving,
        sold=sum(row.amount for row in before),
        saving_document=trade.saving_document_no,
        holding=seller.available,
        from_on=trade.from_on,
        until_on=trade.until_on,
        permit=_permit(trade),
        approved_by=frozenset(places),
    )
    return used + check_trade(facts)


def _permit(trade) -> Permit | None:
    """The seller's permit as its account has it: what he keeps is what he goes on using."""
    seller = trade.seller
    if seller.permit_limit is None or seller.permit_until is None:
        return None
    keeps = max(0, seller.balance - trade.amount)
    return Permit(seller.name, seller.permit_limit, trade.from_on, seller.permit_until, keeps)


def sentence(finding: Finding, trade: Trade) -> str:
    """Return what stands against a trade, in words with its figures."""
    kind = trade.seller.book.kind
    facts = {
        name: quantity.exact(value, kind.family, kind.unit) if isinstance(value, int) else value
        for name, value in finding.facts.items()
    }
    facts = {name: f"{value:%Y-%m-%d}" if isinstance(value, date) else value for name, value in facts.items()}
    sentences = {
        "not_positive": _("Give an amount above zero."),
        "negative_price": _("A price is never below zero."),
        "same_party": _("Seller and buyer are one account."),
        "other_source": _(
            "The two accounts are of different sources; rights of one source are not traded for another."
        ),
        "other_basis": _("The two accounts count on different bases."),
        "more_than_holding": _(
            "The seller has only %(holding)s that are confirmed and not reserved; %(amount)s are offered."
        ),
        "no_saving_document": _("Only what was saved is traded: name the document that verified the saving."),
        "other_saving": _(
            "Trade %(trade)s states %(saving)s as the saving that this document verified: state the same."
        ),
        "saving_of_other": _("Trade %(trade)s sold the saving of this document for another owner."),
        "saving_cited": _("The saving of this document is registered as a replacement source, “%(source)s”."),
        "more_than_saving": _("%(saving)s were verified as saved, %(sold)s of it are sold already: %(left)s are left."),
        "term_reversed": _("The term ends before it begins."),
        "no_permit": _(
            "The seller's account has no water permit on record (limit and last day): its keeper enters it."
        ),
        "more_than_permit": _(
            "What is sold and what the seller goes on using (%(remaining_use)s) pass the permit's limit of %(limit)s by"
            " %(over)s."
        ),
        "outside_permit_term": _("The term does not lie within the permit's, which ends on %(valid_until)s."),
        "approval_missing": _("The approval of a region is missing."),
    }
    return sentences[finding.code] % facts


# --- steps ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def register(*, by, now: datetime, seller: Account, facts: dict, document_no: str, trade: Trade | None = None) -> Trade:
    """Register a trade, or write one anew that is no more than a draft, with the draft of its voucher.

    `facts` by the names of FIELDS; amounts in smallest units, price in 分 for one display unit.

    :raises PermissionDenied: the person does not keep the seller's account.
    :raises Refused: something stands against the trade; the sentences are in the message.
    """
    rights.require_make(by, [(seller, facts["buyer"])])
    if trade is not None and trade.voucher_id is not None:  # before the accounts, as every step of a voucher does
        Voucher.objects.select_for_update().filter(pk=trade.voucher_id).first()
    reach.take_turn(seller, facts["buyer"])
    if trade is not None:
        trade = Trade.objects.select_for_update().get(pk=trade.pk)
        if trade.status not in (Status.DRAFT, Status.REFUSED) or trade.made_by_id != by.pk:
            raise Refused(
                "settled", _("The trade waits for its checker or is settled; its maker may withdraw it first.")
            )
    trade = trade or Trade(code=_next_code(now), made_by=by, made_at=now)
    trade.seller, trade.book, trade.status = _fresh(seller), seller.book, Status.DRAFT
    for name in FIELDS:
        setattr(trade, name, facts[name])
    require_possible(trade)
    if trade.until_on < actions.local(now):
        raise Refused("term_over", _("The term is over already."), "until_on")
    trade.voucher = actions.draft_voucher(
        by=by,
        now=now,
        kind="trade",
        lines=[actions.LineDraft(debit=trade.seller, credit=trade.buyer, amount=trade.amount)],
        document_no=document_no,
        summary=_("%(seller)s to %(buyer)s") % {"seller": trade.seller.name[:60], "buyer": trade.buyer.name[:60]},
        voucher=None if trade.voucher is None or trade.voucher.status in OVER else trade.voucher,
    )
    trade.save()
    audit.record(
        "ledger.asset", by=by, target=trade, now=now, on="trade", amount=trade.amount, price=trade.price_fen,
        voucher=trade.voucher_id,
    )  # fmt: skip
    return trade


def _fresh(account: Account) -> Account:
    return Account.objects.select_related(
        "book__kind", "book__source", "project__district__parent", "project__park", "district__parent"
    ).get(pk=account.pk)


def require_possible(trade: Trade) -> None:
    """Raise Refused with the first thing that stands against a trade; all of them are in its message."""
    found = check(trade)
    if found:
        words = " ".join(sentence(finding, trade) for finding in found)
        raise Refused(found[0].code, words, FIELD_OF.get(found[0].code))


def _next_code(now: datetime) -> str:
    """The registration number after the last of the year. The head of the audit log is locked: one at a time."""
    year = actions.local(now).year
    last = Trade.objects.filter(code__startswith=f"{year}-").order_by("-code").values_list("code", flat=True).first()
    return f"{year}-{int(last.rpartition('-')[2]) + 1 if last else 1:04d}"


def submit(*, by, now: datetime, trade: Trade, asked_checker=None, ip: str | None = None) -> Voucher:
    """Check the trade once more and submit its voucher.

    :raises PermissionDenied: somebody else's.  :raises Refused, LedgerRefused: it is not possible now.
    """
    trade = Trade.objects.select_related("voucher", "buyer").get(pk=trade.pk)
    if trade.voucher is None or trade.voucher.status in OVER:
        raise Refused("no_voucher", _("The trade has no voucher; write it anew."))
    trade.seller, trade.buyer = _fresh(trade.seller), _fresh(trade.buyer)
    require_possible(trade)
    return actions.submit_voucher(by=by, voucher=trade.voucher, now=now, asked_checker=asked_checker, ip=ip)


@transaction.atomic
def set_permit(*, by, now: datetime, account: Account, limit: int | None, until: date | None) -> Account:
    """Write down a holding's permit: its yearly limit (smallest units) and last day; both or none.

    :raises PermissionDenied: the person does not keep the account.  :raises Refused: no holding, or only one of them.
    """
    if not rights.may_make(by, account):
        raise PermissionDenied("factor.make")
    if account.role != Account.Role.HOLDING:
        raise Refused("no_holding", _("Only holdings have permits."))
    if (limit is None) != (until is None):
        raise Refused("half", _("Give the limit and the last day of the permit, or neither."), "until")
    before = {"limit": account.permit_limit, "until": account.permit_until}
    Account.objects.filter(pk=account.pk).update(permit_limit=limit, permit_until=until)
    audit.record(
        "ledger.account", by=by, target=account, now=now, before=before, after={"limit": limit, "until": until}
    )
    account.permit_limit, account.permit_until = limit, until
    return account


def value(trade: Trade) -> int:
    """Return what the trade costs, in 分."""
    kind = trade.seller.book.kind
    return value_fen(trade.amount, quantity.family_of(kind.family).unit(kind.unit).factor, trade.price_fen)
