"""The entries that a figure of the overview is the sum of."""

from dataclasses import replace

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from factors import composition, overview, quantity
from factors.models import Account, FactorKind
from factors.views.common import account_for, crumbs, number
from factors.views.overview import filters_of
from people import paging
from people.access import needs


@require_GET
@needs("factor.view")
def figure_entries(request):
    """List what a figure of a factor, or of one pool, adds up, the latest first, with the sum. Six queries."""
    flow = request.GET.get("flow", "")
    if flow not in composition.FLOWS:
        raise Http404
    filters = filters_of(request)
    pool = number(request.GET.get("pool", ""))
    if pool is not None:
        accounts = [account_for(request.user, pool)]
        kind, name = accounts[0].book.kind, accounts[0].name
    else:
        kind = FactorKind.objects.filter(code=request.GET.get("factor", "")[:20]).first()
        if kind is None:
            raise Http404
        rows = overview.pools(replace(filters, group="")).filter(book__kind=kind, role=Account.Role.POOL)
        if request.GET.get("own"):  # a year beside this one: accounts without a year belong to this one
            rows = rows.filter(period=str(filters.year))
        accounts, name = list(rows), kind.name
        if filters.only_blocked:
            lacks = overview.missing(accounts, filters.as_of)
            accounts = [account for account in accounts if account.pk in lacks and lacks[account.pk][2]]
    found = composition.entries(accounts, flow, filters.as_of)
    page = paging.page(found.select_related("posting", "debit", "credit"), ("-id",), request.GET.get("cursor", ""))
    mine = {account.pk for account in accounts}
    for row in page.rows:
        row.pools = " → ".join(side.name for side in (row.debit, row.credit) if side.pk in mine)
    sums = composition.total(found)
    basis = next((account.book.get_basis_display() for account in accounts if account.book.basis), "")
    kind.digits = quantity.digits([sums, *(row.effect for row in page.rows)], kind.family, kind.unit)
    labels = {
        "granted": _("Granted"), "issued": _("granted from above"), "carried": _("carried over"),
        "recovered": _("recovered"), "moved": _("between pools"), "confirmed": _("Confirmed"),
        "reserved": _("Reserved"), "available": _("Available"),
    }  # fmt: skip
    context = {
        "kind": kind,
        "basis": basis,
        "name": name,
        "flow": flow,
        "label": labels[flow],
        "flows": [(code, labels[code]) for code in ("granted", "confirmed", "reserved", "available")],
        "filters": filters,
        "page": page,
        "total": sums,
        "accounts": accounts,
        "breadcrumbs": crumbs((name, ""), (labels[flow], "")),
    }
    return render(request, "factors/figure_entries.html", context)
