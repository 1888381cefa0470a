"""Vouchers are made: beside the book or on a page of their own, line by line, with a check of what they would do."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from factors import actions, building, rights
from factors.forms import FIELDS, LinesForm, VoucherForm, is_plain, kinds_for
from factors.models import Account, Voucher
from factors.refusals import Refused
from factors.views import panel
from factors.views.common import ACCOUNT_ROWS, account_for, crumbs, number, today
from factors.views.vouchers import OPEN, account_of, effect_context, say_again, submit, voucher_for
from people.access import needs

OFFERED = 300


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
        return say_again(request, known)
    if known is not None and not is_plain(known):  # the form was opened before lines were added
        messages.error(request, _("This draft has more than this form shows; change it here."))
        return redirect("voucher-edit", pk=known.pk)
    try:
        voucher = _keep(request, form, kind, known)
    except IntegrityError:
        return say_again(request, _known(request.user, form.cleaned_data.get("key")))
    except Refused as refused:
        meanwhile = _known(request.user, form.cleaned_data.get("key")) if refused.code == "not_a_draft" else None
        if meanwhile is not None:  # sent twice at one instant: the other one was first
            return say_again(request, meanwhile)
        return _refused_form(request, account, kind, form, refused)
    if is_draft:
        messages.success(request, _("The draft is kept. It holds nothing."))
        return redirect("voucher-page", pk=voucher.pk)
    return submit(request, voucher, form=form)


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
                return submit(request, voucher, form=form)
            messages.success(request, _("The draft is kept. It holds nothing."))
            return redirect("voucher-page", pk=voucher.pk)
    lines = list(form.rows)
    context = {
        "voucher": voucher,
        "form": form,
        "rows": form.told(),
        "account": account_of(voucher, lines),
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
        context |= _told(request.user, form, account, kind)
    else:
        context["wrong"] = [error for errors in form.errors.values() for error in errors]
    return render(request, "factors/_check.html", context)


def _told(user, form, account, kind) -> dict:
    found = form.cleaned_data
    subject = found.get("demand") or found.get("reservation") or found.get("other")
    if subject is None and ("amount" not in form.fields or not found.get("amount")):
        return {"idle": True}
    if "amount" in form.fields and found.get("amount") is None and kind not in ("reserve", "confirm"):
        return {"idle": True}
    lines = form.lines()
    rights.require_make(user, [(line.debit, line.credit) for line in lines if line.debit and line.credit])
    effect = actions.effect(
        lines,
        kind=kind,
        now=timezone.now(),
        document_no=found.get("document_no") or "-",
        reason=found.get("reason") or "",
    )
    return effect_context(effect, account)
