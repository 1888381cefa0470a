"""The ledger book of an account as a workbook: what the page's filters show, with running totals."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from factors import book_reading, quantity
from factors.views.book import filters_of, name_rows
from factors.views.common import account_for
from imports import exports
from people import audit, limits
from people.access import needs

MOST = 100_000


@require_GET
@needs("factor.view")
def book_export(request, pk):
    """Send the book as .xlsx: amounts as numbers in the factor's unit, one line for each voucher. One audit entry."""
    account = account_for(request.user, pk)
    if refused := limits.refuse_export(request, timezone.now()):
        return refused
    rows = list(book_reading.all_rows(account, filters_of(request), at_most=MOST + 1))
    if len(rows) > MOST:
        messages.error(request, _("More than %(most)d vouchers: choose a span of days.") % {"most": MOST})
        return redirect("account-book", pk=pk)
    name_rows(request.user, rows)
    body = exports.workbook(rows, _columns(account), title=account.name)
    audit.record("export", by=request.user, request=request, target=account, rows=len(rows))
    name = f"{account.book.code}-{account.code}-{timezone.localdate():%Y%m%d}.xlsx".replace(":", "_").replace("/", "_")
    response = HttpResponse(body, content_type=exports.XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _columns(account) -> list:
    kind = account.book.kind
    unit = quantity.family_of(kind.family).unit(kind.unit)

    def number(amount):
        """Return the amount as an exact number of the unit, or as text where it has no finite decimals."""
        exact = quantity.full_decimals(amount, unit)
        figure = quantity.format(amount, kind.family, unit, decimals=exact if exact is not None else unit.decimals)
        return quantity.Decimal(figure.replace(",", "").replace(quantity.MINUS, "-"))

    def moved(name):
        return lambda row: number(getattr(row.movement, name)) if getattr(row.movement, name) else None

    def after(name):
        return lambda row: number(getattr(row.after, name)) if row.after is not None else None

    held = "coming" if account.role in ("holding", "used") else "held"
    label = f"（{unit.label}）"
    return [
        (_("Date"), lambda row: row.posting.occurred_on),
        (pgettext("number", "Voucher"), lambda row: f"{row.posting.year}-{row.posting.label}"),
        (pgettext("voucher", "Kind"), lambda row: str(row.posting.get_kind_display())),
        (_("Summary"), lambda row: row.text),
        (pgettext("quota", "Document number"), lambda row: row.posting.document_no),
        (pgettext("ledger", "Income") + label, moved("income")),
        (pgettext("ledger", "Outgo") + label, moved("outgo")),
        (pgettext("ledger", "Held") + label, moved(held)),
        (pgettext("ledger", "Balance") + label, after("balance")),
        (_("Available") + label, after("available")),
        (pgettext("short", "Maker"), lambda row: row.posting.maker.display_name if row.posting.maker else _("System")),
        (
            pgettext("short", "Checker"),
            lambda row: row.posting.checker.display_name if row.posting.checker else _("no check"),
        ),
    ]
