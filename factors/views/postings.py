"""The journal's entries: one with its lines, as a printed voucher, and found by document or voucher number."""

import re
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from factors import actions, book_reading, capitals, quantity, rights
from factors.models import Account, FactorKind, Posting, Transfer
from factors.refusals import LedgerRefused, Refused
from factors.views.common import crumbs, number
from people import paging
from people.access import allows, needs
from people.models import AuditEntry

LINES = 500
LOOKS_LIKE_A_DOCUMENT = re.compile(r"[〔\[【（(]\s*\d{4}|号$|^\d{3,6}$")
FLOW = {"in": ("grant", "opening", "earn", "carry_over", "recover", "absorb", "reallocate", "reduce", "expire_year")}


def posting_for(year: int, no: int) -> Posting:
    """Return an entry by year and number. Raises Http404."""
    rows = Posting.objects.select_related(
        "maker__department", "checker", "voucher", "reverses", "renews__pool__book__kind"
    )
    return get_object_or_404(rows, year=year, number=no)


def lines_for(user, posting) -> list[Transfer]:
    """Return the entry's transfers; the other side of a line that the reader may not see has no name. Two queries."""
    rows = list(
        posting.transfers.select_related(
            "debit__book__kind", "debit__book__source", "debit__project", "credit__book__kind", "credit__project",
            "resolves__posting", "reservation",
        ).order_by("line")[:LINES]
    )  # fmt: skip
    sides = {side for row in rows for side in (row.debit_id, row.credit_id)}
    seen = set(rights.visible_accounts(user, Account.objects.filter(pk__in=sides)).values_list("pk", flat=True))
    for row in rows:
        row.debit_seen, row.credit_seen = row.debit_id in seen, row.credit_id in seen
    posting.is_seen = sides <= seen
    return rows


@require_GET
@needs("factor.view")
def posting_page(request, year, number):
    """Show an entry: what moved, who answers for it, what it took back or was taken back by. About twelve queries."""
    posting = posting_for(year, number)
    lines = lines_for(request.user, posting)
    account = lines[0].debit if lines else posting.renews and posting.renews.pool
    reversed_by = Posting.objects.filter(reverses=posting).first()
    context = {
        "posting": posting,
        "lines": lines,
        "account": account,
        "reversed_by": reversed_by,
        "seal": _seal(posting),
        "may_reverse": reversed_by is None
        and posting.kind not in ("reverse", "renew")
        and allows(request.user, "factor.make")
        and rights.may_make_all(request.user, [(line.debit, line.credit) for line in lines]),
        "attachments": posting.voucher.attachments.all() if posting.voucher and posting.is_seen else [],
        "breadcrumbs": crumbs((_("Journal"), reverse("posting-search")), (posting.label, "")),
    }
    return render(request, "factors/posting_page.html", context)


def _seal(posting) -> AuditEntry | None:
    """Return the audit entry that was written with the posting: its hash covers it. One query by the instant."""
    return AuditEntry.objects.filter(at=posting.recorded_at, kind="ledger.posting", target_id=str(posting.pk)).first()


@dataclass
class PrintedLine:
    """A line of the printed voucher: digits in their columns, or the figure where they do not fit."""

    transfer: Transfer
    figure: str
    columns: tuple | None


@require_GET
@needs("factor.view")
def posting_print(request, year, number):
    """Print an entry as an accounting voucher: A4 across, digits in columns, the total in capital numerals."""
    posting = posting_for(year, number)
    lines = [line for line in lines_for(request.user, posting)]
    main = [line for line in lines if line.debit.role not in ("cap", "used")] or lines
    account = main[0].debit if main else posting.renews.pool
    kind = account.book.kind
    shown = main[0].debit if main and main[0].debit.role == "pool" else main[0].credit if main else account
    printed = [_printed(line, kind) for line in main if not _is_rest(line, main)]
    total = sum(line.transfer.amount for line in printed)
    figure = _figure(total, kind)
    context = {
        "posting": posting,
        "account": account,
        "pool": shown,
        "lines": printed,
        "blank": range(max(0, 3 - len(printed))),
        "total": PrintedLine(None, figure, capitals.columns(figure)),
        "capitals": capitals.capitals(figure) if total else "",
        "columns": capitals.COLUMNS,
        "before": book_reading.totals_through(shown.pk, main[0].pk - 1).available if main else None,
        "after": book_reading.totals_through(shown.pk, main[-1].pk).available if main else None,
        "seal": _seal(posting),
        "files": posting.voucher.attachments.count() if posting.voucher else 0,
        "expires_on": next((line.expires_on for line in main if line.expires_on), None),
    }
    return render(request, "factors/posting_print.html", context)


def _is_rest(line, lines) -> bool:
    """Say whether a line only keeps the rest of a confirmed reservation: it is no amount of the voucher's."""
    return line.phase == "pending" and any(other.phase == "post" for other in lines)


def _figure(amount: int, kind) -> str:
    unit = quantity.family_of(kind.family).unit(kind.unit)
    exact = quantity.full_decimals(amount, unit)
    return quantity.format(amount, kind.family, unit, decimals=exact if exact is not None else unit.decimals)


def _printed(line, kind) -> PrintedLine:
    figure = _figure(line.amount, kind)
    return PrintedLine(line, figure, capitals.columns(figure))


@require_POST
@needs("factor.make")
def posting_reverse(request, year, number):
    """Draft the reversal of an entry, with its reason and document number; it goes the way of every voucher."""
    posting = posting_for(year, number)
    try:
        voucher = actions.draft_voucher(
            by=request.user,
            now=timezone.now(),
            kind=Posting.Kind.REVERSE,
            reverses=posting,
            document_no=request.POST.get("document_no", "")[:60],
            summary=(_("Takes back %(number)s") % {"number": posting.label})[:200],
            reason=request.POST.get("reason", "")[:500],
        )
    except (Refused, LedgerRefused) as refused:
        raise PermissionDenied(refused.words()) from refused
    return redirect("voucher-page", pk=voucher.pk)


@require_GET
@needs("factor.view")
def posting_search(request):
    """Find entries by document number, voucher number or summary, the latest first. Five queries."""
    text = request.GET.get("q", "").strip()[:60]
    kind, factor = request.GET.get("kind", ""), request.GET.get("factor", "")[:20]
    rows = matching(request.user, text)
    if kind in Posting.Kind.values:
        rows = rows.filter(kind=kind)
    elif request.GET.get("flow") in FLOW:
        rows = rows.filter(kind__in=FLOW[request.GET["flow"]])
    year = number(request.GET.get("year", ""))
    if year and year < 10_000:
        rows = rows.filter(year=year)
    if factor:
        rows = rows.filter(Exists(Transfer.objects.filter(posting=OuterRef("pk"), debit__book__kind__code=factor)))
    page = paging.page(
        rows.select_related("maker", "checker").prefetch_related(
            "transfers__debit__book__kind", "transfers__credit__project"
        ),
        ("-id",),
        request.GET.get("cursor", ""),
    )
    for posting in page.rows:
        posting.first = next(iter(posting.transfers.all()), None)
    context = {
        "page": page,
        "text": text,
        "kind": kind,
        "kinds": Posting.Kind.choices,
        "factor": factor,
        "year": year,
        "factors": list(FactorKind.objects.filter(active=True).values_list("code", "name")),
        "breadcrumbs": crumbs((_("Journal"), "")),
    }
    return render(request, "factors/posting_search.html", context)


def matching(user, text: str):
    """Return the entries that a text finds, of accounts that the reader may see. Adds conditions only."""
    hidden = rights.touching_hidden(user, Transfer.objects.filter(posting=OuterRef("pk")))
    rows = Posting.objects.filter(~Exists(hidden))
    if not text:
        return rows
    where = Q(document_no__icontains=text) | Q(summary__icontains=text)
    if text.isascii() and text.isdigit() and len(text) < 9:
        where |= Q(number=int(text))
    return rows.filter(where)


def suggestions(user, query: str) -> list[dict]:
    """Return entries for the search box when the text looks like a document or voucher number. At most one query."""
    if not LOOKS_LIKE_A_DOCUMENT.search(query) or not allows(user, "factor.view"):
        return []
    return [
        {
            "url": reverse("posting-page", args=[posting.year, posting.number]),
            "title": posting.document_no or posting.label,
            "detail": f"{posting.occurred_on:%Y-%m-%d} {posting.label} {posting.summary}",
            "kind": posting.get_kind_display(),
        }
        for posting in matching(user, query).order_by("-id")[:3]
    ]
