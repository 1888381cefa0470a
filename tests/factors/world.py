"""A few accounts for tests of the ledger: one energy book with pools and holdings, one water book under a total cap."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from factors.models import Account, Book, FactorKind, FactorSource

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def book(kind="energy", source="", basis="", **facts) -> Book:
    """Return the book of a kind and source, made with kind and source where they lack."""
    groups = {"energy": ("energy", "tce"), "water": ("water", "wan_m3"), "land": ("land", "mu")}
    group, unit = groups[kind]
    row, _made = FactorKind.objects.get_or_create(
        code=kind,
        defaults={"name": {"energy": "能耗", "water": "用水", "land": "用地"}[kind], "group": group, "family": kind,
                  "unit": unit, "year_end": "expire", "gate": kind, **facts},
    )  # fmt: skip
    src, _made = FactorSource.objects.get_or_create(kind=row, code=source, defaults={"name": source})
    return Book.objects.get_or_create(kind=row, source=src, basis=basis, defaults={"code": f"{kind}:{source}:{basis}"})[
        0
    ]


def account(book, role, code, period="2026", **facts) -> Account:
    """Return a new account."""
    return Account.objects.create(book=book, role=role, code=code, name=facts.pop("name", code), period=period, **facts)
