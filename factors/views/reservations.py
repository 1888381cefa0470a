"""Reservations that are open: what runs out soon, and their renewal, several at once."""

from datetime import timedelta

from django.contrib import messages
from django.db import transaction
from django.db.models import Sum
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from factors import actions, reservations, rights
from factors.models import Account, FactorKind, Posting, Reservation
from factors.refusals import LedgerRefused, Refused
from factors.views.common import crumbs, number, today
from people import paging
from people.access import allows, needs, require

SPANS = (7, 30, 90)
MOST_AT_ONCE = 100


@require_http_methods(["GET", "POST"])
@needs("factor.view")
def reservation_list(request):
    """List open reservations that the reader may see, the first to run out first; POST renews the chosen."""
    if request.method == "POST" and (done := _renew(request)) is not None:
        return done
    days = number(request.GET.get("days", ""))
    pool, factor = number(request.GET.get("pool", "")), request.GET.get("factor", "")[:20]
    reservations.sweep(timezone.now())
    rows, shown = _seen(request.user), None
    if pool:
        seen = Account.objects.select_related("book__kind", "book__source").exclude(role=Account.Role.HOLDING)
        shown = get_object_or_404(rights.visible_accounts(request.user, seen), pk=pool)
    if days in SPANS:
        rows = rows.filter(expires_on__lte=today() + timedelta(days=days))
    if pool:
        rows = rows.filter(pool=pool)
    if factor:
        rows = rows.filter(pool__book__kind__code=factor)
    page = paging.page(
        rows.select_related(
            "pool__book__kind", "pool__book__source", "pool__department", "holding__project__enterprise",
            "transfer__posting__maker",
        ),
        ("expires_on", "id"),
        request.GET.get("cursor", ""),
    )  # fmt: skip
    for row in page.rows:
        row.days = (row.expires_on - today()).days
        row.is_picked = str(row.pk) in request.POST.getlist("pick")
        row.may_renew = not row.renewed and rights.may_make(request.user, row.pool)
    context = {
        "page": page,
        "total": rows.count(),
        "sum": rows.aggregate(total=Sum("amount"))["total"] if pool else None,
        "days": days if days in SPANS else None,
        "spans": SPANS,
        "pool": shown,
        "factor": factor,
        "factors": list(FactorKind.objects.filter(active=True).values_list("code", "name")),
        "may_make": allows(request.user, "factor.make"),
        "breadcrumbs": crumbs((_("Reservations"), "")),
    }
    context |= {"document_no": request.POST.get("document_no", ""), "reason": request.POST.get("reason", "")}
    return render(request, "factors/reservation_list.html", context, status=422 if request.method == "POST" else 200)


def _seen(user):
    seen = rights.visible_accounts(user).order_by().values("pk")
    return reservations.open_ones().filter(holding__in=seen, pool__role="pool")


def _renew(request):
    """Make one voucher of the renewal of each pool's chosen reservations, and submit it; all of them or none.

    Returns where to go, None where it was refused: what was chosen and typed is shown again.
    """
    require(request.user, "factor.make")
    chosen = [number(value) or 0 for value in request.POST.getlist("pick")][:MOST_AT_ONCE]
    rows = list(_seen(request.user).filter(pk__in=chosen).select_related("pool__book__kind").order_by("pool", "pk"))
    if not rows:
        messages.error(request, _("Choose at least one reservation."))
        return None
    by_pool: dict[int, list[Reservation]] = {}
    for row in rows:
        by_pool.setdefault(row.pool_id, []).append(row)
    now = timezone.now()
    try:
        with transaction.atomic():
            for held in by_pool.values():
                voucher = actions.draft_voucher(
                    by=request.user,
                    now=now,
                    kind=Posting.Kind.RENEW,
                    lines=[actions.LineDraft(reservation=row) for row in held],
                    document_no=request.POST.get("document_no", ""),
                    reason=request.POST.get("reason", "")[:500],
                    summary=_("Renewal of %(n)d reservations of %(pool)s")
                    % {"n": len(held), "pool": held[0].pool.name},
                )
                actions.submit_voucher(by=request.user, voucher=voucher, now=now)
    except (Refused, LedgerRefused) as refused:
        messages.error(request, _("%(why)s Nothing was submitted.") % {"why": refused.words()})
        return None
    message = ngettext(
        "%(n)d voucher submitted; the days change when it is passed.",
        "%(n)d vouchers submitted; the days change when they are passed.",
        len(by_pool),
    )
    messages.success(request, message % {"n": len(by_pool)})
    return redirect("voucher-list")
