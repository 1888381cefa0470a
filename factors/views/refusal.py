"""Why a voucher could not be posted: what its maker saw, who took what since, what is left, what can be done."""

from django.urls import reverse
from django.utils import timezone

from factors import reservations
from factors.models import Account, Transfer, Voucher

TAKERS = 3
OFFERED_POOLS = 4
TAKING = ("posted", "pending")


def told(request, voucher: Voucher, refused) -> dict:
    """Return the facts of a refusal for want of quota, for its dialog. About eight queries."""
    now = timezone.now()
    account = Account.objects.select_related("book__kind", "book__source", "department").get(
        pk=refused.facts["account"]
    )
    line = voucher.lines.select_related("demand__project", "demand__book__kind", "debit", "credit").first()
    is_own = line is not None and line.debit_id == account.pk
    seen, seen_at = (voucher.seen_available, voucher.seen_at) if is_own else (None, None)
    left = refused.facts["available"]
    takers = _takers(account, seen_at, voucher)
    taken = seen - left if seen is not None else None
    others = _other_pools(account)
    soon = reservations.expiring(now=now, days=30).filter(pool=account).first()
    may_reduce = is_own and left > 0 and voucher.lines.count() == 1 and voucher.maker_id == request.user.pk
    return {
        "account": account,
        "now": now,
        "seen": seen,
        "seen_at": seen_at,
        "taken": taken if taken and taken > 0 else None,
        "takers": takers,
        "left": left,
        "wanted": refused.facts["wanted"],
        "demand": line.demand if line else None,
        "gap_left": max(0, line.demand.gap - left) if line and line.demand else None,
        "may_reduce": may_reduce,
        "may_queue": bool(line and line.demand and line.demand.gap > 0 and voucher.maker_id == request.user.pk),
        "others": others,
        "reallocate_to": account.pk,
        "soon": soon,
        "is_cap": not is_own and account.role == Account.Role.CAP,
        "book_url": reverse("account-book", args=[account.pk]),
    }


def _takers(account, since, voucher) -> list[Transfer]:
    """Return the latest entries that took from the account since the maker looked, or the latest of all. One query."""
    rows = Transfer.objects.filter(debit=account, phase__in=TAKING).exclude(posting__voucher=voucher)
    if since is not None:
        rows = rows.filter(posting__recorded_at__gt=since)
    return list(
        rows.select_related(
            "posting__maker__department", "posting__checker", "credit__project", "reservation"
        ).order_by("-pk")[: TAKERS if since is not None else 1]
    )


def _other_pools(account) -> list[Account]:
    """Return pools of the same book and period that have something left, the largest first. One query."""
    rows = Account.objects.filter(
        role=account.role, book=account.book_id, period=account.period, closed_on__isnull=True
    ).exclude(pk=account.pk)
    found = [row for row in rows.select_related("book__kind", "department") if row.available > 0]
    return sorted(found, key=lambda row: -row.available)[:OFFERED_POOLS]
