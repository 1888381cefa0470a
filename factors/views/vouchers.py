"""Vouchers: seen by their maker and their checker, submitted, passed or refused; listed. Making: `making.py`."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from factors import actions, document_numbers, quantity, rights
from factors import requests as queue
from factors.forms import FIELDS, is_plain
from factors.models import Account, Voucher, VoucherAttachment
from factors.refusals import Insufficient, LedgerRefused, Refused
from factors.views import refusal
from factors.views.common import crumbs, number
from people import paging
from people.access import allows, needs
from people.audit import client_ip

OPEN = (Voucher.Status.DRAFT, Voucher.Status.REFUSED)
PAPER = {"no_document", "no_reason"}
"""Refusals that a half-filled form always meets; its own fields ask for them."""

TABS = ("waiting", "mine", "all")


def voucher_for(user, pk: int) -> Voucher:
    """Return a voucher that the person may see. Raises Http404 otherwise. One query."""
    rows = rights.visible_vouchers(user).select_related("maker__department", "checker", "asked_checker", "reverses")
    voucher = rows.filter(pk=pk).first()
    if voucher is None:
        raise Http404
    return voucher


@require_http_methods(["GET", "POST"])
@needs("factor.view")
def voucher_page(request, pk):
    """Show a voucher to its maker and to its checker, with what it would do now; a POST takes its next step."""
    voucher = voucher_for(request.user, pk)
    if request.method == "GET":
        return voucher_shown(request, voucher)
    steps = {
        "submit": submit,
        "cancel": _cancel,
        "pass": _pass,
        "refuse": _refuse,
        "reduce": _reduce,
        "queue": _queue,
    }
    step = steps.get(request.POST.get("action", ""))
    if step is None:
        return voucher_shown(request, voucher, status=400)
    is_check = request.POST["action"] in ("pass", "refuse")
    if not is_check and voucher.maker_id != request.user.pk:
        raise PermissionDenied("factor.make")
    try:
        return step(request, voucher)
    except (Refused, LedgerRefused) as refused:
        messages.error(request, refused.words())
        return redirect("voucher-page", pk=voucher.pk)


def submit(request, voucher, *, form=None):
    """Submit a draft and go where its maker looks next; a refusal leaves the draft and says why and what next."""
    asked = form.cleaned_data.get("asked_checker") if form is not None else voucher.asked_checker
    try:
        voucher = actions.submit_voucher(
            by=request.user, voucher=voucher, now=timezone.now(), asked_checker=asked, ip=client_ip(request)
        )
    except Insufficient as refused:
        return voucher_shown(request, voucher, refused=refusal.told(request, voucher, refused), status=409)
    except (Refused, LedgerRefused) as refused:
        messages.error(request, _("%(why)s The draft is kept; nothing was taken.") % {"why": refused.words()})
        return redirect("voucher-page", pk=voucher.pk)
    return say_again(request, voucher)


def say_again(request, voucher):
    """Say what became of a voucher, also when its form was sent twice, and go to its account's book."""
    if voucher.status == Voucher.Status.POSTED:
        numbers = ", ".join(posting.label for posting in voucher.postings.order_by("pk"))
        messages.success(request, _("Posted, voucher %(numbers)s.") % {"numbers": numbers})
    elif voucher.status == Voucher.Status.SUBMITTED:
        who = voucher.asked_checker.display_name if voucher.asked_checker else _("any who may check")
        messages.success(request, _("Submitted; to be checked by %(who)s. Nothing is held yet.") % {"who": who})
    else:
        messages.info(request, _("This voucher is settled: %(status)s.") % {"status": voucher.get_status_display()})
    line = voucher.lines.select_related("debit", "credit").first()
    sides = [side for side in (line.debit, line.credit) if side is not None] if line else []
    account = next((side for side in sides if side.role in ("pool", "cap")), sides[0] if sides else None)
    return redirect("account-book", pk=account.pk) if account else redirect("voucher-page", pk=voucher.pk)


def _cancel(request, voucher):
    actions.cancel_voucher(by=request.user, voucher=voucher, now=timezone.now())
    messages.success(request, _("The voucher is withdrawn."))
    return redirect("voucher-list")


def _pass(request, voucher):
    rights.require_check(request.user, voucher)
    note = request.POST.get("note", "")[:500]
    try:
        postings = actions.pass_voucher(
            by=request.user, voucher=voucher, now=timezone.now(), note=note, ip=client_ip(request)
        )
    except Insufficient as refused:
        return voucher_shown(request, voucher, refused=refusal.told(request, voucher, refused), status=409)
    numbers = ", ".join(posting.label for posting in postings)
    messages.success(request, _("Posted, voucher %(numbers)s.") % {"numbers": numbers})
    return redirect("posting-page", year=postings[0].year, number=postings[0].number)


def _refuse(request, voucher):
    reason = request.POST.get("reason", "")[:500]
    actions.refuse_voucher(by=request.user, voucher=voucher, now=timezone.now(), reason=reason)
    messages.success(request, _("Refused. Its maker sees the reason and may write it anew."))
    return redirect("voucher-list")


def _only(lines):
    """Return the one line of a voucher. Raises Refused where there are several: which is meant nobody said."""
    found = list(lines[:2])
    if len(found) != 1:
        raise Refused("many_lines", _("The voucher has several lines: change the one that is too much."))
    return found[0]


def _reduce(request, voucher):
    """Write the draft anew with what was left, and submit it."""
    amount = number(request.POST.get("amount", ""))
    line = _only(voucher.lines.select_related("debit", "credit", "demand", "reservation", "stock"))
    if not amount:
        raise Refused("no_amount", _("Give an amount above zero."), "amount")
    draft = actions.LineDraft(
        debit=line.debit, credit=line.credit, amount=amount, reservation=line.reservation, demand=line.demand,
        expires_on=line.expires_on, stock=line.stock,
    )  # fmt: skip
    asked = voucher.asked_checker
    voucher = actions.draft_voucher(
        by=request.user, now=timezone.now(), kind=voucher.kind, lines=[draft], voucher=voucher,
        document_no=voucher.document_no, summary=voucher.summary, reason=voucher.reason, reverses=voucher.reverses,
        seen_available=amount, seen_at=timezone.now(),
    )  # fmt: skip
    voucher.asked_checker = asked
    return submit(request, voucher)


def _queue(request, voucher):
    """Put the project into the queue for the pool instead."""
    line = _only(voucher.lines.select_related("demand__project", "demand__pool__book__kind"))
    if line.demand is None:
        raise Refused("no_demand", _("Only a project's demand can wait in the queue."))
    amount = min(line.amount or line.demand.gap, line.demand.gap)
    queue.ask(by=request.user, demand=line.demand, amount=amount, now=timezone.now(), note=voucher.document_no)
    messages.success(request, _("The project waits in the queue; the draft is kept."))
    return redirect(f"{reverse('request-list')}?pool={line.demand.pool_id}")


def voucher_shown(request, voucher, *, refused=None, status=200):
    """Render the page of a voucher. About twenty queries."""
    lines = list(
        voucher.lines.select_related(
            "debit__book__kind", "debit__book__source", "credit__book__kind", "credit__project",
            "reservation__holding__project", "reservation__pool__book__kind", "demand__project",
        )
    )  # fmt: skip
    account = account_of(voucher, lines)
    context = {
        "voucher": voucher,
        "lines": lines,
        "account": account,
        "attachments": list(voucher.attachments.all()),
        "postings": list(voucher.postings.order_by("pk")),
        "now": timezone.now(),
        "is_maker": voucher.maker_id == request.user.pk,
        "may_check": voucher.status == Voucher.Status.SUBMITTED and rights.may_check(request.user, voucher),
        "refused": refused,
        "is_plain": is_plain(voucher),
        "is_changed_here": voucher.kind in FIELDS,
        "breadcrumbs": crumbs((_("Vouchers"), reverse("voucher-list")), (str(voucher), "")),
    }
    open_still = voucher.status in (Voucher.Status.DRAFT, Voucher.Status.SUBMITTED, Voucher.Status.REFUSED)
    if open_still and account is not None and (lines or voucher.reverses_id):
        context |= effect_context(actions.effect(voucher, now=timezone.now()), account)
        context |= {"available": account.available, "offer": ""}  # to change the amount is the form's business
    return render(request, "factors/voucher_page.html", context, status=status)


def effect_context(effect, account) -> dict:
    """Return what the check box shows of an effect: this account's change, the demand, the others that wait."""
    change = next((change for change in effect.changes if change.account.pk == account.pk), None)
    refusals = [notice for notice in effect.refusals if notice.code not in PAPER]
    short = change is not None and change.after < 0
    kind = account.book.kind
    others = [
        one for one in effect.changes
        if one.account.pk != account.pk and one.account.role in ("pool", "cap") and one.before != one.after
    ]  # fmt: skip
    return {
        "effect": effect,
        "change": change,
        "other_changes": others,
        "moved": change.after - change.before if change else 0,
        "need": effect.needs[0] if effect.needs else None,
        "refusals": [notice for notice in refusals if not (short and notice.code == "insufficient")],
        "is_short": short,
        "offer": quantity.show(change.before, kind.family, kind.unit) if short and change.before > 0 else "",
        "is_possible": not refusals,
    }


def account_of(voucher, lines) -> Account | None:
    """Return the account whose availability matters: the one that gives, unless that is the upper level's."""
    pairs = [(line.debit, line.credit) for line in lines if line.debit is not None] or rights.pairs_of(voucher)
    for debit, credit in pairs:
        return debit if debit.role in ("pool", "cap") else credit if credit.role in ("pool", "cap") else debit
    return None


@require_GET
@needs("factor.view")
def voucher_attachment(request, pk, file):
    """Send a file that was kept with a voucher, under its own name."""
    voucher = voucher_for(request.user, pk)
    row = get_object_or_404(VoucherAttachment, pk=file, voucher=voucher)
    response = FileResponse(row.file.open("rb"), as_attachment=True, filename=row.name)
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_GET
@needs("factor.view")
def voucher_list(request):
    """List vouchers: those that wait for me to check, mine, all that I may see; the latest first. Six queries."""
    tab = request.GET.get("tab")
    tab = tab if tab in TABS else "waiting" if allows(request.user, "factor.check") else "all"
    seen = rights.visible_vouchers(request.user)
    if tab == "waiting":
        rows = seen.filter(status=Voucher.Status.SUBMITTED).exclude(maker=request.user)
    else:
        rows = seen.filter(maker=request.user) if tab == "mine" else seen
    status = request.GET.get("status", "")
    if status in Voucher.Status.values and tab != "waiting":
        rows = rows.filter(status=status)
    text = request.GET.get("q", "").strip()[:60]
    if text:
        rows = rows.filter(document_numbers.matching(text) | Q(summary__icontains=text))
    page = paging.page(
        rows.select_related("maker", "checker", "asked_checker").prefetch_related(
            "lines__debit__book__kind", "lines__credit__book__kind", "lines__reservation__pool__book__kind", "postings"
        ),
        ("-id",),
        request.GET.get("cursor", ""),
    )
    for voucher in page.rows:
        lines = list(voucher.lines.all())
        voucher.first, voucher.more = next(iter(lines), None), len(lines) - 1
        books = {line.debit.book_id for line in lines if line.debit is not None}
        voucher.total = sum(line.amount or 0 for line in lines) if len(books) == 1 else None
        voucher.mine_to_check = tab == "waiting" and rights.may_check(request.user, voucher)
    context = {
        "tab": tab,
        "page": page,
        "total": rows.count(),
        "status": status,
        "statuses": Voucher.Status.choices,
        "text": text,
        "may_make": allows(request.user, "factor.make"),
        "may_check": allows(request.user, "factor.check"),
        "breadcrumbs": crumbs((_("Vouchers"), "")),
    }
    return render(request, "factors/voucher_list.html", context)
