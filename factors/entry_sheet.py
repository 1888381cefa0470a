"""An entry of the journal with its lines, as pages show it and as the printed voucher has it."""

from dataclasses import dataclass

from django.shortcuts import get_object_or_404

from factors import book_reading, capitals, quantity, rights
from factors.models import Account, Posting, Transfer
from people.models import AuditEntry

LINES = 500


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


def seal(posting) -> AuditEntry | None:
    """Return the audit entry that was written with the posting: its hash covers it. One query by the instant."""
    return AuditEntry.objects.filter(at=posting.recorded_at, kind="ledger.posting", target_id=str(posting.pk)).first()


@dataclass
class PrintedLine:
    """A line of the printed voucher: digits in their columns, or the figure where they do not fit."""

    transfer: Transfer
    figure: str
    columns: tuple | None


def sheet(user, posting) -> dict:
    """Return what the accounting voucher of an entry shows: digits in columns, the total in capital numerals.

    A side that the reader may not see has no name. About ten queries.
    """
    lines = lines_for(user, posting)
    main = [line for line in lines if line.debit.role not in ("cap", "used")] or lines
    account = main[0].debit if main else posting.renews.pool
    kind = account.book.kind
    shown = main[0].debit if main and main[0].debit.role == "pool" else main[0].credit if main else account
    printed = [_printed(line, kind) for line in main if not _is_rest(line, main)]
    total = sum(line.transfer.amount for line in printed)
    figure = _figure(total, kind)
    return {
        "posting": posting,
        "account": account,
        "pool": shown,
        "lines": printed,
        "blank": range(max(0, 3 - len(printed))),
        "total": PrintedLine(None, figure, capitals.columns(figure)),
        "capitals": capitals.capitals(figure) if total else "",
        "has_fraction": bool(figure.partition(".")[2].strip("0")),  # 整 stands behind whole amounts only
        "columns": capitals.COLUMNS,
        "before": book_reading.totals_through(shown.pk, main[0].pk - 1).available if main else None,
        "after": book_reading.totals_through(shown.pk, main[-1].pk).available if main else None,
        "seal": seal(posting),
        "files": posting.voucher.attachments.count() if posting.voucher else 0,
        "expires_on": next((line.expires_on for line in main if line.expires_on), None),
    }


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
