"""Vouchers: made beside the book or on a page of their own, checked live, passed or refused by somebody else."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from factors import actions, building, quantity, rights
from factors import requests as queue
from factors.forms import FIELDS, LinesForm, VoucherForm, is_plain, kinds_for
from factors.models import Account, Voucher, VoucherAttachment
from factors.refusals import Insufficient, LedgerRefused, Refused
from factors.views import panel, refusal
from factors.views.common import ACCOUNT_ROWS, account_for, crumbs, number, today
from people import paging
from people.access import allows, needs
from people.audit import client_ip

OPEN = (Voucher.Status.DRAFT, Voucher.Status.REFUSED)
PAPER = {"no_document", "no_reason"}
"""Refusals that a half-filled form always meets; its own fields ask for them."""

OFFERED = 300
TABS = ("waiting", "mine", "all")


# --- making ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@needs("factor.make")
def voucher_create(request):
    """Show the form on a page of its own; a POST keeps the draft, or keeps it and submits it.

    The form's key is the voucher's: sent twice, it is one voucher, and the second answer says what became of it.
    """
    pk, into = number(request.GET.get("account", "")), _into(request)
    if pk is None:
        return _choose_account(request, into)
    account = account_for(request.user, pk)
    if not panel.has_kinds(account) or not rights.may_make(request.user, account):
        raise PermissionDenied("factor.make")
    kind = request.GET.get("voucher_kind", "") if into is None else into.kind
    kind = kind if kind in kinds_for(account) else kinds_for(account)[0]
    if into is not None:
        return _one_more(request, account, into)
    if request.method == "GET":
        return _form_page(request, account, panel.build(request, account, kind))
    is_draft = request.POST.get("action") == "draft"
    form = VoucherForm(
        request.POST, request.FILES, user=request.user, account=account, kind=kind, complete=not is_draft
    )
    if not form.is_valid():
        return _form_page(request, account, panel.build(request, account, kind, form=form), status=422)
    known = _known(request.user, form.cleaned_data.get("key"))
    if known is not None and known.status not in OPEN:
        return _say_again(request, known)
    if known is not None and not is_plain(known):  # the form was opened before lines were added
        messages.error(request, _("This draft has more than this form shows; change it here."))
        return redirect("voucher-edit", pk=known.pk)
    try:
        voucher = _keep(request, form, kind, known)
    except IntegrityError:
        return _say_again(request, _known(request.user, form.cleaned_data.get("key")))
    except Refused as refused:
        return _refused_form(request, account, kind, form, refused)
    if is_draft:
        messages.success(request, _("The draft is kept. It holds nothing."))
        return redirect("voucher-page", pk=voucher.pk)
    return _submit(request, voucher, form=form)


def _into(request) -> Voucher | None:
    """Return the draft of one's own that another line is added to, or None. Raises Http404 for any other."""
    if "into" not in request.GET:
        return None
    found = Voucher.objects.filter(pk=number(request.GET["into"]) or 0, maker=request.user, status__in=OPEN).first()
    if found is None or found.kind not in FIELDS:
        raise Http404
    return found


def _one_more(request, account, into):
    """Show the form that adds a line to a draft; a POST adds it. Sent twice, it is one line."""
    if into.kind not in kinds_for(account):
        raise Http404
    if request.method == "GET":
        return _form_page(request, account, panel.build(request, account, into.kind, into=into))
    form = VoucherForm(request.POST, user=request.user, account=account, kind=into.kind, complete=False, line=True)
    if not form.is_valid():
        return _form_page(request, account, panel.build(request, account, into.kind, form=form, into=into), status=422)
    try:
        with transaction.atomic():
            into = Voucher.objects.select_for_update().get(pk=into.pk)
            if into.lines.count() >= (number(request.GET.get("line", "")) or 0):
                return redirect("voucher-edit", pk=into.pk)
            paper = {name: text or getattr(into, name) for name, text in form.document().items() if name != "summary"}
            actions.draft_voucher(
                by=request.user, now=timezone.now(), kind=into.kind, lines=[*building.lines_of(into), *form.lines()],
                voucher=into, summary=into.summary, seen_available=into.seen_available, seen_at=into.seen_at, **paper,
            )  # fmt: skip
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.words())
        return _form_page(request, account, panel.build(request, account, into.kind, form=form, into=into), status=422)
    messages.success(request, _("The line is added. The draft holds nothing."))
    return redirect("voucher-edit", pk=into.pk)


@require_http_methods(["GET", "POST"])
@needs("factor.make")
def voucher_edit(request, pk):
    """Show a draft with all its lines to its maker; a POST writes it anew, or writes and submits it. Ten queries."""
    voucher = voucher_for(request.user, pk)
    if voucher.maker_id != request.user.pk:
        raise PermissionDenied("factor.make")
    if voucher.status not in OPEN or voucher.kind not in FIELDS:
        messages.info(request, _("This voucher is not changed here: withdraw it and make it again where it was made."))
        return redirect("voucher-page", pk=voucher.pk)
    is_draft = request.POST.get("action") == "draft"
    form = LinesForm(request.POST or None, user=request.user, voucher=voucher, complete=not is_draft)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                voucher = actions.draft_voucher(
                    by=request.user, now=timezone.now(), kind=voucher.kind, lines=form.lines(), voucher=voucher,
                    seen_available=voucher.seen_available, seen_at=voucher.seen_at, **form.document(),
                )  # fmt: skip
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.words())
        else:
            if not is_draft:
                return _submit(request, voucher, form=form)
            messages.success(request, _("The draft is kept. It holds nothing."))
            return redirect("voucher-page", pk=voucher.pk)
    lines = list(form.rows)
    context = {
        "voucher": voucher,
        "form": form,
        "rows": form.told(),
        "account": _account_of(voucher, lines),
        "breadcrumbs": crumbs(
            (_("Vouchers"), reverse("voucher-list")),
            (str(voucher), reverse("voucher-page", args=[pk])),
            (_("Edit"), ""),
        ),
    }
    return render(request, "factors/voucher_edit.html", context, status=422 if form.errors else 200)


def _known(user, key) -> Voucher | None:
    """Return the voucher of a form's key. Another person's key is a forged one. One query."""
    found = Voucher.objects.filter(key=key).first() if key else None
    if found is not None and found.maker_id != user.pk:
        raise PermissionDenied("factor.make")
    return found


def _keep(request, form, kind, known) -> Voucher:
    """Write the draft under the form's key, with its attachment."""
    found = form.cleaned_data
    files = [actions.Upload(found["file"].name, found["file"])] if found.get("file") else []
    with transaction.atomic():  # two requests at the same instant: the second meets the key and says what became of it
        return actions.draft_voucher(
            by=request.user,
            now=timezone.now(),
            kind=kind,
            lines=form.lines(),
            voucher=known,
            key=found.get("key"),
            seen_available=found.get("seen_available"),
            seen_at=found.get("seen_at"),
            files=files,
            **form.document(),
        )


def _submit(request, voucher, *, form=None):
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
    return _say_again(request, voucher)


def _say_again(request, voucher):
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


def _refused_form(request, account, kind, form, refused):
    form.add_error(refused.field if refused.field in form.fields else None, refused.words())
    return _form_page(request, account, panel.build(request, account, kind, form=form), status=422)


def _form_page(request, account, shown, status=200):
    context = {
        "panel": shown,
        "account": account,
        "breadcrumbs": crumbs((account.name, reverse("account-book", args=[account.pk])), (shown["label"], "")),
    }
    return render(request, "factors/voucher_create.html", context, status=status)


def _choose_account(request, into=None):
    """Offer the pools of this year whose vouchers the person may make. Three queries."""
    rows = (
        Account.objects.filter(role__in=["pool", "cap"], closed_on__isnull=True, period__in=[str(today().year), ""])
        .select_related(*ACCOUNT_ROWS)
        .order_by("book__kind__position", "book__source__position", "code")[:OFFERED]
    )
    accounts = [account for account in rows if rights.may_make(request.user, account)]
    if into is not None:
        accounts = [account for account in accounts if into.kind in kinds_for(account)]
    context = {"accounts": accounts, "into": into, "breadcrumbs": crumbs((_("New voucher"), ""))}
    return render(request, "factors/voucher_choose.html", context)


@require_POST
@needs("factor.make")
def voucher_check(request):
    """Say what the form would do, as a fragment. About twelve queries; only a posting is a promise."""
    account = account_for(request.user, number(request.GET.get("account", "")) or 0)
    kinds = kinds_for(account)
    if not kinds or not rights.may_make(request.user, account):
        raise PermissionDenied("factor.make")
    kind = request.GET.get("voucher_kind", "")
    kind = kind if kind in kinds else kinds[0]
    form = VoucherForm(request.POST, user=request.user, account=account, kind=kind, complete=False)
    context = {"account": account, "kind": kind, "now": timezone.now(), "available": account.available}
    if form.is_valid():
        context |= _told(form, account, kind)
    else:
        context["wrong"] = [error for errors in form.errors.values() for error in errors]
    return render(request, "factors/_check.html", context)


def _told(form, account, kind) -> dict:
    found = form.cleaned_data
    subject = found.get("demand") or found.get("reservation") or found.get("other")
    if subject is None and ("amount" not in form.fields or not found.get("amount")):
        return {"idle": True}
    if "amount" in form.fields and found.get("amount") is None and kind not in ("reserve", "confirm"):
        return {"idle": True}
    effect = actions.effect(
        form.lines(),
        kind=kind,
        now=timezone.now(),
        document_no=found.get("document_no") or "-",
        reason=found.get("reason") or "",
    )
    return effect_context(effect, account)


def effect_context(effect, account) -> dict:
    """Return what the check box shows of an effect: this account's change, the demand, the others that wait."""
    change = next((change for change in effect.changes if change.account.pk == account.pk), None)
    refusals = [notice for notice in effect.refusals if notice.code not in PAPER]
    short = change is not None and change.after < 0
    kind = account.book.kind
    return {
        "effect": effect,
        "change": change,
        "moved": change.after - change.before if change else 0,
        "need": effect.needs[0] if effect.needs else None,
        "refusals": [notice for notice in refusals if not (short and notice.code == "insufficient")],
        "is_short": short,
        "offer": quantity.show(change.before, kind.family, kind.unit) if short and change.before > 0 else "",
        "is_possible": not refusals,
    }


# --- one voucher ----------------------------------------------------------------------------------------------------


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
        "submit": _submit,
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
    return _submit(request, voucher)


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
    account = _account_of(voucher, lines)
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


def _account_of(voucher, lines) -> Account | None:
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
        rows = rows.filter(Q(document_no__icontains=text) | Q(summary__icontains=text))
    page = paging.page(
        rows.select_related("maker", "checker", "asked_checker").prefetch_related(
            "lines__debit__book__kind", "lines__credit__book__kind", "lines__reservation__pool__book__kind", "postings"
        ),
        ("-id",),
        request.GET.get("cursor", ""),
    )
    for voucher in page.rows:
        voucher.first = next(iter(voucher.lines.all()), None)
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
