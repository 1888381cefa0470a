"""What files of the quota ledgers share: the account book a row is about, its amount, and how both are written out."""

from decimal import Decimal
from functools import partial

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.utils.translation.trans_null import gettext_noop

from factors import amounts, quantity
from factors.post_rows import Words, Wrong
from imports import cells
from imports.importers.base import REQUIRED, Column, Importer

SAID = "%(message)s"
NO_UNIT = gettext_noop("Say the unit, %(unit)s for instance.")
DIGITS = 15
"""As many a spreadsheet holds exactly."""


def book_columns(book_of) -> list[Column]:
    """Return factor, source, basis and period; `book_of(row)` gives (book, period) of a row that is exported."""
    return [
        Column(
            "factor", _("Factor"), partial(cells.text, most=40), required=True, aliases=("要素", "指标"),
            example="能耗", help=_("Name or code of the factor."), show=lambda row: book_of(row)[0].kind.name,
        ),
        Column(
            "source", _("Source"), partial(cells.text, most=40), aliases=("来源", "水源"),
            help=_("Only for factors with several sources."), show=lambda row: book_of(row)[0].source.name,
        ),
        Column(
            "basis", pgettext_lazy("quota", "Basis"), partial(cells.text, most=40), aliases=("口径",),
            example="calorific", help=_("calorific or primary, only for energy."),
            show=lambda row: book_of(row)[0].basis,
        ),
        Column(
            "period", _("Period"), partial(cells.text, most=60), aliases=("期间", "年度"), example="2026",
            help=_("The year; empty for pools without a year."), show=lambda row: book_of(row)[1],
        ),
    ]  # fmt: skip


def amount_columns(book_of, amount_of) -> list[Column]:
    """Return amount and unit."""
    return [
        Column(
            "amount", _("Amount"), partial(cells.text, most=40), required=True, aliases=("数量", "额度", "余额"),
            example="12000", help=_("With the unit behind it, or in the next column."), summed=True,
            show=lambda row: figure(amount_of(row), book_of(row)[0].kind),
        ),
        Column(
            "unit", _("Unit"), partial(cells.text, most=20), aliases=("单位", "计量单位"), example="tce",
            show=lambda row: unit_of(amount_of(row), book_of(row)[0].kind).label,
        ),
    ]  # fmt: skip


def unit_of(amount: int, kind):
    """Return the unit in which an amount is written: the factor's own where it is exact there."""
    family = quantity.family_of(kind.family)
    unit = family.unit(kind.unit)
    return unit if quantity.full_decimals(amount, unit) is not None else family.unit(family.shown)


def figure(amount: int, kind):
    """Return an amount as a number that a spreadsheet holds exactly, as text when it has more digits than that."""
    text = quantity.format(amount, kind.family, unit_of(amount, kind)).replace(",", "").replace(quantity.MINUS, "-")
    return Decimal(text) if len(text) <= DIGITS else text


class QuotaImporter(Importer):
    """An importer whose rows are about an account book; `self.words` knows them all."""

    def prepare(self, rows):
        """Load factors and books. Two queries."""
        self.words = Words()

    def book_of(self, row):
        """Return the book that the cells name; None with the problem at its cell."""
        named = [row.values.get(name) or "" for name in ("factor", "source", "basis")]
        try:
            return self.words.book(*named)
        except Wrong as wrong:
            row.wrong(wrong.column, SAID, message=wrong.words)
        return None

    def amount_of(self, row, book) -> int | None:
        """Return the amount in smallest units; None with the problem at its cell."""
        text, named = row.values.get("amount") or "", row.values.get("unit") or ""
        kind = book.kind
        if not text:
            row.wrong("amount", REQUIRED, column=str(self.column("amount").label))
            return None
        try:
            unit = quantity.find_unit(named, kind.family) if named else None
        except quantity.QuantityError as error:
            row.wrong("unit", SAID, message=amounts.words(error))
            return None
        try:
            found = quantity.parse(text, kind.family, unit).smallest
            if unit is None and found and quantity.parse(text, kind.family, self._other(kind)).smallest != found:
                row.wrong("amount", NO_UNIT, unit=quantity.family_of(kind.family).unit(kind.unit).label)
                return None
            return found
        except quantity.QuantityError as error:
            row.wrong("amount", SAID, message=amounts.words(error))
        return None

    @staticmethod
    def _other(kind):
        """Return a unit that is not the one that a bare number would be taken in."""
        family = quantity.family_of(kind.family)
        return next((unit for unit in family.units if unit.code != family.shown), family.units[0])
