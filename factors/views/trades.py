"""Trades of water and energy rights: the list, the registration with its checks, a trade's page, on paper; permits."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from factors import rights
from factors.assets import trades
from factors.models import Account, Trade
from factors.refusals import LedgerRefused, Refused
from factors.trade_forms import PermitForm, TradeForm
from factors.views.common import account_for, crumbs, number, today
from people import paging
from people.access import allows, needs
from people.audit import client_ip

ROWS = (
    "book__kind", "book__source", "seller__book__kind", "seller__book__source", "seller__project__district__parent",
    "seller__project__park", "seller__district__parent", "seller__enterprise", "buyer__book__kind",
    "buyer__book__source", "buyer__project__district__parent", "buyer__project__park", "buyer__district__parent",
    "buyer__enterprise", "voucher__checker", "voucher__asked_checker", "made_by",
)  # fmt: skip


@require_GET
@needs("factor.view")
def trade_list(request):
    """List the trades of which the reader may see both sides, the latest first. Six queries."""
    rows = trades.visible(request.user)
    status = request.GET.get("status", "")
    if status in Trade.Status.values:
        rows = rows.filter(status=status)
    page = paging.page(
        rows.select_related("book__kind", "book__source", "seller__book__kind", "buyer", "voucher"),
        ("-made_at", "-id"),
        request.GET.get("cursor", ""),
    )
    for trade in page.rows:
        trade.value = trades.value(trade)
    context = {
        "page": page,
        "total": rows.count(),
        "status": status,
        "statuses": Trade.Status.choices,
        "may_make": allows(request.user, "factor.make"),
        "breadcrumbs": crumbs((_("Trades"), "")),
    }
    return render(request, "factors/trade_list.html", context)


def _trade(request, pk) -> Trade:
    trade = trades.visible(request.user).select_related(*ROWS).filter(pk=pk).first()
    if trade is None:
        raise Http404
    return trade


@require_http_methods(["GET", "POST"])
@needs("factor.make")
def trade_create(request):
    """Choose the seller's account first, then register the trade: POST makes it and the draft of its voucher."""
    pk = number(request.GET.get("seller", ""))
    if pk is None:
        context = {"sellers": trades.sellers(request.user), "breadcrumbs": _trail(_("New trade"))}
        return render(request, "factors/trade_choose.html", context)
    seller = account_for(request.user, pk)
    if not _is_tradable(seller) or not rights.may_make(request.user, seller):
        raise PermissionDenied("factor.make")
    return _form_page(request, seller, None)


def _is_tradable(account) -> bool:
    kind = account.book.kind
    return account.role == Account.Role.HOLDING and kind.group in trades.GROUPS and kind.family in ("water", "energy")


@require_http_methods(["GET", "POST"])
@needs("factor.make")
def trade_edit(request, pk):
    """Write a trade anew that is a draft, or was refused. Only its maker."""
    trade = _trade(request, pk)
    if trade.made_by_id != request.user.pk:
        raise PermissionDenied("factor.make")
    if trade.status not in (Trade.Status.DRAFT, Trade.Status.REFUSED):
        return redirect("trade-page", pk=trade.pk)
    return _form_page(request, trade.seller, trade)


def _form_page(request, seller, trade):
    form = TradeForm(request.POST or None, user=request.user, seller=seller, trade=trade)
    if form.is_bound and form.is_valid():
        try:
            row = trades.register(
                by=request.user, now=timezone.now(), seller=seller, facts=form.facts(),
                document_no=form.cleaned_data["document_no"], trade=trade,
            )  # fmt: skip
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.words())
        else:
            messages.success(request, _("The trade is registered as a draft. It moves nothing before it is approved."))
            return redirect("trade-page", pk=row.pk)
    context = {
        "seller": seller,
        "trade": trade,
        "form": form,
        "pool": trades.region_pool(seller),
        "may_permit": rights.may_make(request.user, seller),
        "breadcrumbs": _trail(trade.code if trade else _("New trade")),
    }
    return render(request, "factors/trade_form.html", context, status=422 if form.errors else 200)


def _trail(title):
    return crumbs((_("Trades"), reverse("trade-list")), (title, ""))


@require_http_methods(["GET", "POST"])
@needs("factor.view")
def trade_page(request, pk):
    """Show a trade with all that stands against it now; POST `submit` asks for the approval."""
    trade = _trade(request, pk)
    if request.method == "POST":
        return _submit(request, trade)
    return render(request, "factors/trade_page.html", _shown(request, trade))


def _shown(request, trade) -> dict:
    open_still = trade.status != Trade.Status.APPROVED
    return {
        "trade": trade,
        "value": trades.value(trade),
        "against": [trades.sentence(finding, trade) for finding in trades.check(trade)] if open_still else [],
        "pools": [trades.region_pool(trade.seller), trades.region_pool(trade.buyer)],
        "is_maker": trade.made_by_id == request.user.pk,
        "may_edit": trade.made_by_id == request.user.pk and trade.status in ("draft", "refused"),
        "may_submit": trade.made_by_id == request.user.pk and trade.status == "draft",
        "sees_voucher": trade.voucher_id
        and rights.visible_vouchers(request.user).filter(pk=trade.voucher_id).exists(),
        "postings": list(trade.voucher.postings.order_by("pk")) if trade.voucher else [],
        "today": today(),
        "breadcrumbs": _trail(trade.code),
    }  # fmt: skip


def _submit(request, trade):
    if trade.made_by_id != request.user.pk:
        raise PermissionDenied("factor.make")
    try:
        trades.submit(by=request.user, now=timezone.now(), trade=trade, ip=client_ip(request))
    except (Refused, LedgerRefused) as refused:
        messages.error(request, refused.words())
    else:
        messages.success(request, _("It waits for the approval of who keeps the buyer's account."))
    return redirect("trade-page", pk=trade.pk)


@require_GET
@needs("factor.view")
def trade_print(request, pk):
    """Print the registration of a trade: both sides, price, term, saving, permit, approval."""
    trade = _trade(request, pk)
    return render(request, "factors/trade_print.html", _shown(request, trade))


@require_http_methods(["GET", "POST"])
@needs("factor.make")
def account_permit(request, pk):
    """Write down the permit of a holding: limit and last day. Its keeper only."""
    account = account_for(request.user, pk)
    if account.role != Account.Role.HOLDING or not rights.may_make(request.user, account):
        raise PermissionDenied("factor.make")
    form = PermitForm(request.POST or None, account=account)
    if form.is_bound and form.is_valid():
        try:
            trades.set_permit(by=request.user, now=timezone.now(), account=account, **form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.words())
        else:
            messages.success(request, _("The permit is recorded."))
            back = number(request.GET.get("seller", ""))
            return redirect(
                f"{reverse('trade-create')}?seller={back}" if back else reverse("account-book", args=[account.pk])
            )
    context = {"account": account, "form": form, "breadcrumbs": crumbs((account.name, ""))}
    return render(request, "factors/account_permit.html", context, status=422 if form.errors else 200)
