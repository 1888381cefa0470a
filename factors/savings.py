"""What a document verified as saved (核定节约量) is used once: sold in trades, or cited as a replacement source.

One document is one saving of one owner, however its number is typed (`document_numbers.normal`), in all account books
of a factor: the two bases of energy count the same coal.
"""

from factors import document_numbers
from factors.models import Account, FactorKind, ReplacementSource, Trade


def trades_of(kind: FactorKind, document_no: str, but: Trade | None = None) -> list[Trade]:
    """Return the approved trades of the saving that a document verified, the first registered first. One query."""
    rows = Trade.objects.filter(book__kind=kind, status=Trade.Status.APPROVED).select_related("seller")
    rows = rows.exclude(pk=but.pk) if but is not None and but.pk else rows
    number = document_numbers.normal(document_no)
    return [row for row in rows.order_by("code") if document_numbers.normal(row.saving_document_no) == number]


def sources_of(kind: FactorKind, document_no: str) -> list[ReplacementSource]:
    """Return the replacement sources registered from a document; those of stock assets are limited by the asset.

    One query.
    """
    rows = ReplacementSource.objects.filter(book__kind=kind, asset=None).select_related("book__kind", "book__source")
    number = document_numbers.normal(document_no)
    return [row for row in rows.order_by("pk") if document_numbers.normal(row.verification_no) == number]


def same_owner(one: Account, other: Account) -> bool:
    """Say whether two holdings belong to one owner: his accounts of several years and bases are several."""
    mine, theirs = ((account.project_id, account.enterprise_id) for account in (one, other))
    return one.pk == other.pk or (mine == theirs and any(mine))
