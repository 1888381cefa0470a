"""The end of a year: what would become of every pool, the vouchers that do it, and closing. See `factors.yearend`."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from factors import amounts, quantity, reservations, yearend
from factors.models import Voucher
from factors.refusals import LedgerRefused, Refused
from factors.views.common import EARLIEST, LATEST, crumbs, number, today
from people.access import needs

LISTED = 200


@require_http_methods(["GET", "POST"])
@needs("factor.make")
def year_end(request):
    """Show the preview of the pools that the reader keeps; POST prepares the vouchers, or closes what is empty."""
    year = number(request.POST.get("year") or request.GET.get("year", ""), _usual())
    if not EARLIEST <= year <= LATEST:
        raise Http404
    errors, status = {}, 200
    if request.method == "POST":
        errors = _do(request, year)
        if not errors:
            return redirect(f"{reverse('year-end')}?year={year}")
        status = 422
    else:
        reservations.sweep(timezone.now())
    found = yearend.preview(year, keeper=request.user)
    for row in found.pools:
        row.typed = request.POST.get(f"approved_{row.account.pk}", "")
        row.error = errors.get(f"approved_{row.account.pk}", "")
    flying = [reservation for row in found.pools for reservation in row.reservations]
    context = {
        "year": year,
        "years": range(today().year + 1, today().year - 5, -1),
        "preview": found,
        "flying": flying[:LISTED],
        "flying_more": max(len(flying) - LISTED, 0),
        "waiting": _waiting(found),
        "is_over": today().year > year,
        "may_prepare": today() >= today().replace(year=year, month=12, day=1),
        "errors": errors,
        "document_no": request.POST.get("document_no", ""),
        "reason": request.POST.get("reason", ""),
        "breadcrumbs": crumbs((_("Year end"), "")),
    }
    return render(request, "factors/year_end.html", context, status=status)


def _usual() -> int:
    """The year whose end is near: last year in the first half of a year, this year in the second."""
    return today().year - 1 if today().month <= 6 else today().year


def _waiting(found) -> list[Voucher]:
    rows = Voucher.objects.filter(
        kind__in=[yearend.CARRY, yearend.EXPIRE],
        status__in=yearend.OPEN,
        lines__debit__in=[row.account for row in found.pools],
    )
    return list(rows.select_related("maker", "asked_checker").distinct().order_by("pk"))


def _do(request, year) -> dict[str, str]:
    """Do what was pressed; return errors by field, "" for the whole."""
    now = timezone.now()
    try:
        if request.POST.get("action") == "close":
            closed = yearend.close(by=request.user, now=now, year=year)
            told = _("Closed: %(pools)s pools. Followed to the next year: %(demands)s demands.")
            messages.success(request, told % {"pools": len(closed.pools), "demands": len(closed.demands)})
            return {}
        approved, errors = _approved(request, year)
        if errors:
            return errors
        made = yearend.prepare(
            by=request.user,
            now=now,
            year=year,
            document_no=request.POST.get("document_no", ""),
            approved=approved,
            reason=request.POST.get("reason", "")[:500],
        )
    except Refused as refused:
        return {refused.field or "": refused.words()}
    except LedgerRefused as refused:
        return {"": refused.words()}
    message = ngettext("%(n)d voucher waits for its checker.", "%(n)d vouchers wait for their checker.", len(made))
    messages.success(request, message % {"n": len(made)} if made else _("Nothing to do."))
    return {}


def _approved(request, year) -> tuple[dict[int, int], dict[str, str]]:
    """Read the amounts that may be carried over; an empty field means all of it."""
    approved, errors = {}, {}
    for row in yearend.preview(year, keeper=request.user).pools:
        name = f"approved_{row.account.pk}"
        text = request.POST.get(name, "").strip()
        if row.rule != "carry_over" or not text:
            continue
        kind = row.account.book.kind
        try:
            approved[row.account.pk] = quantity.parse(text, kind.family, kind.unit).smallest
        except quantity.QuantityError as error:
            errors[name] = amounts.words(error)
    return approved, errors
