"""What the pages of the ledgers share: the day that was asked for, accounts by right, breadcrumbs."""

from datetime import date

from django.http import Http404
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from factors import rights
from factors.models import Account

ACCOUNT_ROWS = ("book__kind", "book__source", "department", "park", "district", "cap", "project", "enterprise")

EARLIEST, LATEST = 2004, 2060
"""Years that a page takes."""


def today() -> date:
    """Return the day in the city."""
    return timezone.localdate()


def day(text: str) -> date | None:
    """Return the date that a query string holds (YYYY-MM-DD), None for anything else."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def as_of(text: str) -> date | None:
    """Return a past day, None for today, the future and anything that is no day: then the totals are the present's."""
    found = day(text)
    return found if found and found < today() else None


def number(text: str, fallback: int | None = None) -> int | None:
    """Return a positive number of a query string, else the fallback."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else fallback


def account_for(user, pk: int) -> Account:
    """Return an account that the person may see. Raises Http404 otherwise. One query."""
    account = rights.visible_accounts(user, Account.objects.select_related(*ACCOUNT_ROWS)).filter(pk=pk).first()
    if account is None:
        raise Http404
    return account


def crumbs(*trail) -> list:
    """Return the breadcrumbs of a page below the overview; `trail` are (label, address) pairs, the last without one."""
    return [(_("Quota"), reverse("factor-overview")), *trail]


def link(name: str, *args) -> str:
    """Return the address of a page that another part of the product may bring, "" while it is not there."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
