"""Stock that could give quota back: the list with what can be recovered, an asset's page, its forms and steps."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from factors import ratios, rights
from factors.asset_forms import EarningForm, RecoveryForm, StockForm
from factors.assets import reach, stock
from factors.models import FactorKind, StockAmount, StockAsset
from factors.refusals import LedgerRefused, Refused
from factors.views.common import crumbs, day, number, today
from people import paging
from people.access import allows, needs, visible_to
from projects.models import Enterprise


@require_GET
@needs("factor.view")
def stock_list(request):
    """List the stock that the reader may see, with totals of each factor. Eight queries."""
    rows = reach.stock(request.user)
    chosen = {name: request.GET.get(name, "")[:40] for name in ("status", "kind", "factor", "q")}
    if chosen["status"] in StockAsset.Status.values:
        rows = rows.filter(status=chosen["status"])
    if chosen["kind"] in StockAsset.Kind.values:
        rows = rows.filter(kind=chosen["kind"])
    if chosen["factor"]:
        rows = rows.filter(pk__in=StockAmount.objects.filter(book__kind__code=chosen["factor"]).values("asset"))
    if chosen["q"].strip():
        rows = rows.filter(Q(name__icontains=chosen["q"].strip()) | Q(code__icontains=chosen["q"].strip()))
    page = paging.page(
        rows.select_related("district", "park", "department").prefetch_related("amounts__book__kind", "amounts__pool"),
        ("code",),
        request.GET.get("cursor", ""),
    )
    context = {
        "page": page,
        "total": rows.count(),
        "totals": stock.totals(rows),
        "chosen": chosen,
        "statuses": StockAsset.Status.choices,
        "kinds": StockAsset.Kind.choices,
        "factors": list(FactorKind.objects.filter(active=True).values_list("code", "name")),
        "may_write": allows(request.user, "factor.make"),
        "today": today(),
        "breadcrumbs": crumbs((_("Stock"), "")),
    }
    return render(request, "factors/stock_list.html", context)


def _asset(request, pk) -> StockAsset:
    rows = reach.stock(request.user).select_related("district", "park", "department", "enterprise", "verified_by")
    return reach.one(rows, pk)


def _keeps(user, asset) -> bool:
    kinds = list(FactorKind.objects.filter(books__in=asset.amounts.values("book")))
    return reach.keeps_stock(user, asset.department, kinds)


@require_http_methods(["GET", "POST"])
@needs("factor.view")
def stock_page(request, pk):
    """Show an asset with what could be and what was recovered; POST takes its next step (`action`)."""
    asset = _asset(request, pk)
    steps = {"verify": _verify, "drop": _drop, "reopen": _reopen, "recover": _recover, "earn": _earn}
    if request.method == "POST":
        step = steps.get(request.POST.get("action", ""))
        if step is None:
            return _shown(request, asset, status=400)
        try:
            return step(request, asset)
        except (Refused, LedgerRefused) as refused:
            messages.error(request, refused.words())
            return redirect("stock-page", pk=asset.pk)
    return _shown(request, asset)


def _shown(request, asset, status=200, form=None):
    may_keep = _keeps(request.user, asset)
    amounts = list(asset.amounts.select_related("book__kind", "book__source", "pool__book__kind").order_by("pk"))
    for amount in amounts:
        amount.asset = asset
        amount.cited = stock.cited(amount)
        amount.left = amount.recoverable - amount.recovered - amount.cited
        amount.postings = list(amount.recoveries.select_related("posting").order_by("pk"))
    enterprises = visible_to(Enterprise.objects.filter(pk=asset.enterprise_id), request.user)
    vouchers = stock.waiting(asset).select_related("maker")
    context = {
        "asset": asset,
        "amounts": amounts,
        "enterprise": enterprises.first() if asset.enterprise_id else None,
        "vouchers": list(rights.visible_vouchers(request.user, vouchers)) if vouchers else [],
        "sources": list(asset.replacement_sources.select_related("book__kind")),
        "may_keep": may_keep,
        "may_verify": asset.status == "checking" and stock.may_verify(request.user, asset),
        "is_author": request.user.pk in reach.authors(asset),
        "today": today(),
        "ratio": ratios.earning(today().year),
        "breadcrumbs": crumbs((_("Stock"), reverse("stock-list")), (asset.name, "")),
    }
    if may_keep and asset.status == "verified":
        context["chosen"], context["form"], context["which"] = _step_form(request, amounts, form)
    return render(request, "factors/stock_page.html", context, status=status)


def _step_form(request, amounts, form=None):
    """Return the amount whose recovery is asked for (`recover` or `earn` in the address), and its form."""
    if form is not None:
        return form.stock, form, form.which
    for which in ("recover", "earn"):
        wanted = number(request.GET.get(which, ""))
        found = next((amount for amount in amounts if amount.pk == wanted and amount.left > 0), None)
        if found is not None:
            return found, _form_of(request, which, found), which
    return None, None, ""


def _form_of(request, which, amount, data=None):
    if which == "earn":
        form = EarningForm(data, stock=amount, today=today())
    else:
        form = RecoveryForm(data, stock=amount, offered=stock.holdings(amount, request.user))
    form.stock, form.which = amount, which
    return form


def _amount(request, asset) -> StockAmount:
    pk = number(request.POST.get("stock", "")) or 0
    row = asset.amounts.select_related("book__kind", "book__source", "pool", "asset__enterprise").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _recover(request, asset):
    return _draft(request, asset, "recover", stock.draft_recovery)


def _earn(request, asset):
    return _draft(request, asset, "earn", stock.draft_earning)


def _draft(request, asset, which, action):
    """Draft the voucher and go to its page: there its maker sees what it would do and submits it."""
    if not _keeps(request.user, asset):
        raise PermissionDenied("factor.make")
    amount = _amount(request, asset)
    form = _form_of(request, which, amount, request.POST)
    if form.is_valid():
        try:
            voucher = action(by=request.user, now=timezone.now(), stock=amount, **form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.words())
        else:
            messages.success(request, _("The draft is made. It holds nothing before a checker passes it."))
            return redirect("voucher-page", pk=voucher.pk)
    return _shown(request, asset, status=422, form=form)


def _verify(request, asset):
    on = day(request.POST.get("on", "")) or today()
    stock.verify(
        by=request.user, now=timezone.now(), asset=asset, document_no=request.POST.get("document_no", ""), on=on
    )
    messages.success(request, _("Verified: it shows as recoverable now."))
    return redirect("stock-page", pk=asset.pk)


def _drop(request, asset):
    stock.drop(by=request.user, now=timezone.now(), asset=asset, reason=request.POST.get("reason", ""))
    messages.success(request, _("The asset is given up."))
    return redirect("stock-page", pk=asset.pk)


def _reopen(request, asset):
    stock.reopen(by=request.user, now=timezone.now(), asset=asset)
    messages.success(request, _("The asset is taken up again and has to be verified."))
    return redirect("stock-page", pk=asset.pk)


@require_http_methods(["GET", "POST"])
@needs("factor.make")
def stock_edit(request, pk=None):
    """Record an asset or change one; amounts that change have to be verified anew."""
    asset = _asset(request, pk) if pk else None
    if asset is not None and not _keeps(request.user, asset):
        raise PermissionDenied("factor.make")
    initial = {} if asset else {"department": request.user.department_id}
    form = StockForm(request.POST or None, instance=asset, user=request.user, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            row = stock.record(
                by=request.user, now=timezone.now(), facts=form.facts(), parts=form.parts,
                asset=StockAsset(pk=pk) if pk else None,
            )  # fmt: skip
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.words())
        else:
            messages.success(request, _("The asset is recorded. Somebody else verifies it."))
            return redirect("stock-page", pk=row.pk)
    title = asset.name if asset else _("New stock asset")
    context = {"asset": asset, "form": form, "breadcrumbs": crumbs((_("Stock"), reverse("stock-list")), (title, ""))}
    return render(request, "factors/stock_edit.html", context, status=422 if form.errors else 200)
