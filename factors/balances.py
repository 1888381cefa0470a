"""Balances of accounts, now or at the end of a day: whole smallest units and exact text. `manage.py ledger balances`.

Now: the stored totals. As of a day: the sums of the transfers dated up to it, inclusive; nothing stored is used.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from factors import quantity
from factors.models import Account, Transfer

FIGURES = ("received", "given", "reserved", "incoming", "balance", "available")


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account received and gave, what reservations hold of it and for it; in smallest units."""

    account: Account
    received: int
    given: int
    reserved: int
    incoming: int

    @property
    def balance(self) -> int:
        """What it has (余额): received less given."""
        return self.received - self.given

    @property
    def available(self) -> int:
        """What it can still give (可用): the balance less what is reserved."""
        return self.balance - self.reserved

    def figures(self) -> dict[str, int]:
        """Return all figures by name."""
        return {name: getattr(self, name) for name in FIGURES}


def balances(day: date | None = None, *, factor: str = "", period: str | None = None) -> list[Balance]:
    """Return the balances of all accounts, or of a factor (code or name) or a period. One query; three with a day.

    With a day, accounts without an entry up to it are left out.
    """
    accounts = Account.objects.select_related("book__kind", "book__source")
    if factor:
        accounts = accounts.filter(Q(book__kind__code=factor) | Q(book__kind__name=factor))
    if period is not None:
        accounts = accounts.filter(period=period)
    accounts = accounts.order_by(
        "book__kind__position", "book__kind", "book__source__position", "book", "period", "code"
    )
    if day is None:
        return [Balance(a, a.credits_posted, a.debits_posted, a.debits_pending, a.credits_pending) for a in accounts]
    gave, received = _sums("debit", day), _sums("credit", day)
    found = []
    for account in accounts:
        if account.pk in gave or account.pk in received:
            (given, reserved), (got, incoming) = gave[account.pk], received[account.pk]
            found.append(Balance(account, got, given, reserved, incoming))
    return found


def _sums(side: str, day: date) -> dict[int, tuple[int, int]]:
    """Return for each account on a side of transfers up to a day: what was posted, what is still pending."""
    amount, whole = F("amount"), F("resolves__amount")
    rows = (
        Transfer.objects.filter(posting__occurred_on__lte=day)
        .order_by()
        .values_list(side)
        .annotate(
            posted=Coalesce(Sum(Case(When(phase__in=["posted", "post"], then=amount), default=Value(0))), 0),
            pending=Coalesce(
                Sum(
                    Case(
                        When(phase="pending", then=amount),
                        When(phase__in=["post", "void", "expire"], then=-whole),
                        default=Value(0),
                    )
                ),
                0,
            ),
        )
    )
    return defaultdict(lambda: (0, 0), {pk: (int(posted), int(pending)) for pk, posted, pending in rows})


def as_json(rows: list[Balance], day: date | None) -> dict:
    """Return the document of `ledger balances --json` (docs/ledger-files.md)."""
    return {"as_of": day.isoformat() if day else None, "balances": [_row(row) for row in rows]}


def _row(row: Balance) -> dict:
    account, book = row.account, row.account.book
    family = quantity.family_of(book.kind.family)
    return {
        "factor": book.kind.code,
        "factor_name": book.kind.name,
        "source": book.source.code,
        "source_name": book.source.name,
        "basis": book.basis,
        "period": account.period,
        "account": account.code,
        "account_name": account.name,
        "role": account.role,
        "smallest_unit": family.smallest,
        "unit": family.unit(book.kind.unit).label,
        **row.figures(),
        "text": {name: quantity.exact(value, family, book.kind.unit) for name, value in row.figures().items()},
    }
