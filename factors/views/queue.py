"""The queue for scarce quota: who waits, in which order the rule would serve, and what a human decided."""

from collections import defaultdict

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from factors import quantity, requests, reservations, rights
from factors.amounts import words
from factors.models import QuotaRequest
from factors.refusals import LedgerRefused, Refused
from factors.standing import PRIORITY
from factors.views.common import crumbs, number
from people.access import needs
from projects.models import Project

CRITERIA = {
    "key_level": gettext_lazy("level of the project"),
    "tax_per_mu": gettext_lazy("yearly tax per 亩"),
    "output_per_tce": gettext_lazy("yearly output per tonne of standard coal"),
    "waiting_since": gettext_lazy("waiting since"),
}
SETTLED = 30
MOST = 500


@require_GET
@needs("factor.view")
def request_list(request):
    """Show the queue of each pool in the advised order, with its figures, and what was decided. Seven queries."""
    return _shown(request, number(request.GET.get("pool", "")))


def _shown(request, pool: int | None, refused: dict | None = None):
    """Show the queues. `refused` is of `_refused`: that form is open, holds what was typed and says what is wrong."""
    reservations.sweep(timezone.now())
    seen = requests.visible_requests(request.user)
    waiting = seen.filter(status=QuotaRequest.Status.WAITING)
    if pool:
        waiting = waiting.filter(demand__pool=pool)
    related = ("demand__project__enterprise", "demand__book__kind", "demand__book__source", "demand__pool", "asked_by")
    rows = list(waiting.select_related(*related).order_by("asked_at")[:MOST])
    decided = seen.exclude(status=QuotaRequest.Status.WAITING).select_related(*related, "decided_by", "voucher")
    if pool:
        decided = decided.filter(demand__pool=pool)
    context = {
        "queues": _queues(request.user, rows),
        "decided": list(decided.order_by("-decided_at")[:SETTLED]),
        "rule": [CRITERIA[criterion.code] for criterion in PRIORITY],
        "pool": pool,
        "refused": refused,
        "breadcrumbs": crumbs((_("Queue for quota"), "")),
    }
    return render(request, "factors/request_list.html", context, status=422 if refused else 200)


def _queues(user, rows) -> list:
    """Return (pool, available, ranked requests, may decide) for each pool; the rule's order, equals share a place."""
    by_pool = defaultdict(list)
    for row in rows:
        by_pool[row.demand.pool_id].append(row)
    levels = dict(Project.KeyLevel.choices)
    found = []
    needs = requests.needs_of(rows)
    for waiting in by_pool.values():
        known = {str(row.pk): row for row in waiting}
        left = waiting[0].demand.pool.available if waiting[0].demand.pool else 0
        ordered, rest = [], left
        for ranked in requests.ranked(waiting, needs):
            row = known[ranked.request.code]
            row.place, row.because = ranked.place, CRITERIA.get(ranked.because, "")
            row.level = levels[row.demand.project.key_level]
            row.tax_per_mu = ranked.request.figures.get("tax_per_mu")
            row.output_per_tce = ranked.request.figures.get("output_per_tce")
            row.missing = max(0, row.demand.gap)
            row.fits, rest = row.wanted <= rest, rest - row.wanted
            ordered.append(row)
        found.append((waiting[0].demand.pool, left, ordered, rights.keeps_demand(user, waiting[0].demand)))
    return found


@require_POST
@needs("factor.view")
def request_decide(request, pk):
    """Grant or decline a request, or take one's own back; the reason is kept with the place that the rule gave."""
    rows = requests.visible_requests(request.user).select_related(
        "demand__project", "demand__pool", "demand__book__kind"
    )
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    now, action = timezone.now(), request.POST.get("action", "")
    back = f"{reverse('request-list')}?pool={row.demand.pool_id or ''}"
    try:
        if action == "withdraw":
            requests.withdraw(by=request.user, request=row, now=now)
            messages.success(request, _("Taken out of the queue."))
            return redirect(back)
        if action not in ("grant", "decline"):
            raise PermissionDenied(action)
        row = requests.decide(
            by=request.user,
            request=row,
            grant=action == "grant",
            reason=request.POST.get("reason", ""),
            amount=_amount(request, row),
            now=now,
        )
    except quantity.QuantityError as error:
        return _shown(request, row.demand.pool_id, _refused(request, row, words(error), "amount"))
    except (Refused, LedgerRefused) as refused:
        if field := getattr(refused, "field", None):
            return _shown(request, row.demand.pool_id, _refused(request, row, refused.words(), field))
        messages.error(request, refused.words())
        return redirect(back)
    if row.voucher_id:
        messages.success(request, _("Granted: complete the draft of the reservation and submit it."))
        return redirect("voucher-page", pk=row.voucher_id)
    messages.success(request, _("Declined, with the reason."))
    return redirect(back)


def _refused(request, row, why: str, field: str) -> dict:
    typed = {name: request.POST.get(name, "") for name in ("amount", "reason")}
    return {"pk": row.pk, "project": row.demand.project.name, "words": why, "field": field, **typed}


def _amount(request, row) -> int | None:
    text = request.POST.get("amount", "").strip()
    if not text:
        return None
    kind = row.demand.book.kind
    return quantity.parse(text, kind.family, kind.unit).smallest
