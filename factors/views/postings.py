"""The journal's entries: one with its lines, and found by document or voucher number."""

import re

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from factors import actions, building, document_numbers, rights
from factors.entry_sheet import lines_for, posting_for, seal
from factors.models import FactorKind, Posting, Transfer
from factors.refusals import LedgerRefused, Refused
from factors.views.common import crumbs, number
from people import paging
from people.access import allows, needs

LINES = 500
LOOKS_LIKE_A_DOCUMENT = re.compile(r"\[\d{4}|号$|^\d{3,6}$")  # of a normal number


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
        "may_print": bool(lines) and allows(request.user, "dossier.print"),
        "seal": seal(posting),
        "may_reverse": reversed_by is None
        and posting.kind not in ("reverse", "renew")
        and allows(request.user, "factor.make")
        and rights.may_make_all(request.user, [(line.debit, line.credit) for line in lines]),
        "attachments": posting.voucher.attachments.all() if posting.voucher and posting.is_seen else [],
        "breadcrumbs": crumbs((_("Journal"), reverse("posting-search")), (posting.label, "")),
    }
    return render(request, "factors/posting_page.html", context)


@require_POST
@needs("factor.make")
def posting_reverse(request, year, number):
    """Draft the reversal of an entry, with its reason and document number; it goes the way of every voucher."""
    posting = posting_for(year, number)
    try:
        building.check_paper("reverse", request.POST.get("document_no", ""), request.POST.get("reason", ""))
        voucher = actions.draft_voucher(
            by=request.user,
            now=timezone.now(),
            kind=Posting.Kind.REVERSE,
            reverses=posting,
            document_no=request.POST.get("document_no", ""),
            summary=(_("Takes back %(number)s") % {"number": posting.label})[:200],
            reason=request.POST.get("reason", "")[:500],
        )
    except (Refused, LedgerRefused) as refused:
        messages.error(request, refused.words())
        return redirect("posting-page", year=year, number=number)
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
    where = document_numbers.matching(text) | Q(summary__icontains=text)
    if text.isascii() and text.isdigit() and len(text) < 9:
        where |= Q(number=int(text))
    return rows.filter(where)


def suggestions(user, query: str) -> list[dict]:
    """Return entries for the search box when the text looks like a document or voucher number. At most one query."""
    if not LOOKS_LIKE_A_DOCUMENT.search(document_numbers.normal(query)) or not allows(user, "factor.view"):
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
