"""The voucher panel: the same form beside the book and on its own page."""

from datetime import timedelta

from django.utils import timezone

from factors import book_reading, rights
from factors.forms import COMMON, VoucherForm, is_plain, kinds_for
from factors.models import Account, Posting, Voucher
from factors.views.common import number, today


def has_kinds(account: Account) -> bool:
    """Say whether vouchers are made beside this account's book."""
    return bool(kinds_for(account)) and account.closed_on is None


def opened(request, account: Account) -> dict | None:
    """Return the panel that the query string asks for (`voucher=new` or a draft's number), or None."""
    asked = request.GET.get("voucher", "")
    if not asked or not has_kinds(account) or not rights.may_make(request.user, account):
        return None
    draft = None
    if asked != "new":
        draft = Voucher.objects.filter(
            pk=number(asked) or 0, maker=request.user, status__in=["draft", "refused"]
        ).first()
        if draft is not None and not is_plain(draft):
            return None  # its lines would be lost: it has a page of its own
    kind = request.GET.get("voucher_kind") or (draft.kind if draft else "reserve")
    return build(request, account, kind, draft=draft)


def build(
    request,
    account: Account,
    kind: str,
    *,
    draft: Voucher | None = None,
    form: VoucherForm | None = None,
    into: Voucher | None = None,
) -> dict:
    """Return the panel's context: the form of a kind with what a draft or the query string says already.

    `into` is the draft that the form adds a line to: it has the same kind, and its paper is the one.
    """
    kinds = kinds_for(account) if into is None else (into.kind,)
    kind = kind if kind in kinds else kinds[0]
    if form is None:
        form = VoucherForm(
            user=request.user,
            account=account,
            kind=kind,
            line=into is not None,
            initial=_initial(request, account, kind, draft),
        )
        if into is not None:
            form.initial |= {name: getattr(into, name) for name in ("document_no", "summary", "reason")}
    labels = dict(Posting.Kind.choices)
    return {
        "form": form,
        "kind": kind,
        "label": labels[kind],
        "tabs": [(code, labels[code]) for code in kinds if code in COMMON],
        "more": [(code, labels[code]) for code in kinds if code not in COMMON],
        "account": account,
        "draft": draft,
        "into": into,
        "line": into.lines.count() + 1 if into is not None else 1,
        "now": timezone.now(),
        "available": book_reading.live(account.pk).available,
    }


def _initial(request, account, kind, draft) -> dict:
    initial = {"seen_available": account.available, "seen_at": timezone.now()}
    if kind == "reserve":
        initial["expires_on"] = today() + timedelta(days=account.book.kind.reservation_days)
    for name in ("demand", "reservation", "other"):
        if number(request.GET.get(name, "")):
            initial[name] = number(request.GET[name])
    if number(request.GET.get("amount", "")):
        initial["amount"] = number(request.GET["amount"])
    if draft is None or draft.kind != kind:
        return initial
    initial |= {"key": draft.key, "document_no": draft.document_no, "summary": draft.summary, "reason": draft.reason}
    line = draft.lines.first()
    if line is not None:
        other = line.credit_id if line.debit_id == account.pk else line.debit_id
        initial |= {"demand": line.demand_id, "reservation": line.reservation_id, "other": other}
        initial |= {"amount": line.amount, "expires_on": line.expires_on or initial.get("expires_on")}
    return initial
