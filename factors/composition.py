"""What a figure of the overview is the sum of: the entries of its pools, each with what it adds or takes."""

from datetime import date

from django.db.models import BigIntegerField, Case, F, Q, Sum, Value, When

from factors import overview
from factors.models import Transfer

ORIGINS = ("granted", "issued", "carried", "recovered", "moved")
FLOWS = (*ORIGINS, "confirmed", "reserved", "available")
"""Figures that are sums of entries: granted in all and by origin, and what became of it."""

Phase = Transfer.Phase


def entries(accounts, flow: str, as_of: date | None = None):
    """Return the transfers that a figure of these accounts adds up, each with `effect` (smallest units, signed).

    Their effects add up to the figure: granted, of one origin, confirmed, reserved or available (`FLOWS`); what cancels
    out among the accounts (from one pool to another) is left out. `as_of`: through that day. No query yet.
    """
    ids = [account.pk for account in accounts]
    taken, given = Q(debit__in=ids), Q(credit__in=ids)
    moved = _sum(When(given & Q(phase__in=[Phase.POSTED, Phase.POST]), then=F("amount"))) - _sum(
        When(taken & Q(phase__in=[Phase.POSTED, Phase.POST]), then=F("amount"))
    )
    held = _sum(
        When(taken & Q(phase=Phase.PENDING), then=F("amount")),
        When(taken & Q(phase__in=[Phase.POST, Phase.VOID, Phase.EXPIRE]), then=-F("resolves__amount")),
    )
    of_origin = flow if flow in ORIGINS else "granted"
    granted = _sum(When(given & overview.granting("credit", of_origin), then=F("amount"))) - _sum(
        When(taken & overview.granting("debit", of_origin), then=F("amount"))
    )
    effect = {"confirmed": granted - moved, "reserved": held, "available": moved - held}.get(flow, granted)
    rows = Transfer.objects.filter(taken | given).annotate(effect=effect).exclude(effect=0)
    return rows.filter(posting__occurred_on__lte=as_of) if as_of else rows


def total(rows) -> int:
    """Return what the effects of `entries` add up to. One query over the entries of the accounts."""
    return rows.order_by().aggregate(total=Sum("effect"))["total"] or 0


def _sum(*whens: When) -> Case:
    return Case(*whens, default=Value(0), output_field=BigIntegerField())
