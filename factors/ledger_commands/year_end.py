"""show what the end of a year does to the pools; --do prepares its vouchers, and closes what is empty

Without --do nothing is written. With --do (and --by, --document) one voucher for each account book and kind of entry is
drafted and submitted; a checker passes them in the browser, as any other voucher. Once the year is over, --do also
closes the pools in which nothing is left and nothing is in flight, and what projects lack follows to the next year.
Again finds nothing, until a reservation in flight is released or expires. The rules: docs/ledger-files.md.
"""

import argparse

from django.core.exceptions import PermissionDenied
from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from factors import quantity, reservations, yearend
from factors.ledger_commands import person
from factors.refusals import LedgerRefused, Refused


def arguments(parser) -> None:
    """Add the year and who does it."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = __doc__
    parser.add_argument("year", type=int, metavar="YEAR")
    parser.add_argument("--do", action="store_true", help="prepare the vouchers and close what is empty")
    parser.add_argument("--by", default="", metavar="USERNAME", help="the maker; only accounts that he keeps")
    parser.add_argument("--document", default="", metavar="NUMBER", help="the document number of the vouchers")


def handle(command, options) -> None:
    """Print every pool; do it when asked to. Exit status 1 when it is refused; what was done before stays done."""
    by, now, year = person(options["by"]), timezone.now(), options["year"]
    if options["do"] and by is None:
        raise CommandError(_("Say who does it: --by USERNAME."))
    if options["do"]:
        _do(command, by, now, year, options["document"])
    else:
        reservations.sweep(now)
    found = yearend.preview(year, keeper=by)
    for row in found.pools:
        command.stdout.write(_line(row))
    for row in (row for end in found.pools for row in end.reservations):
        amount = _text(row.pool, row.amount)
        command.stdout.write(f"  {row.holding.name}: {amount} {_('reserved until')} {row.expires_on}")
    for demand in found.by_hand:
        command.stdout.write(_("%(project)s has a demand of the next year already; its gap of %(year)s stays.") % {
            "project": demand.project.name, "year": year})  # fmt: skip
    if found.is_done:
        command.stdout.write(_("Nothing to do."))


def _do(command, by, now, year, document) -> None:
    try:
        made = yearend.prepare(by=by, now=now, year=year, document_no=document) if _anything(year, by) else []
        for voucher in made:
            command.stdout.write(_("voucher %(pk)s waits for its checker: %(summary)s") % {
                "pk": voucher.pk, "summary": voucher.summary})  # fmt: skip
        if timezone.localtime(now).year > year:
            closed = yearend.close(by=by, now=now, year=year)
            told = _("closed: %(pools)s pools; followed to the next year: %(demands)s demands")
            command.stdout.write(told % {"pools": len(closed.pools), "demands": len(closed.demands)})
    except (Refused, LedgerRefused) as refused:
        raise CommandError(refused.words()) from refused
    except PermissionDenied as error:
        raise CommandError(_("%(name)s may not do this.") % {"name": by.username}) from error


def _anything(year, by) -> bool:
    return bool(yearend.preview(year, keeper=by).to_prepare)


def _text(account, amount) -> str:
    return quantity.exact(amount, account.book.kind.family, account.book.kind.unit)


def _line(row) -> str:
    figures = {
        _("available"): row.available,
        _("carried over to the next year"): row.carried,
        _("expires"): row.expiring,
        _("in vouchers"): row.waiting,
        _("in flight"): row.in_flight,
    }
    words = ", ".join(f"{word} {_text(row.account, amount)}" for word, amount in figures.items() if amount)
    return f"{row.account}: {words or _('empty, can be closed')}"
