"""print what every account received, gave, reserved and has, now or at the end of a day"""

import json

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from factors import balances, quantity, sheets
from factors.models import FactorKind


def arguments(parser) -> None:
    """Add the choice of accounts and the day."""
    parser.add_argument(
        "--json", action="store_true", help="whole smallest units and exact text (docs/ledger-files.md)"
    )
    parser.add_argument("--as-of", default="", metavar="DATE", help="count entries up to this day, inclusive")
    parser.add_argument("--factor", default="", help="only this factor, by code or name")
    parser.add_argument("--period", default=None, help="only this period")


def handle(command, options) -> None:
    """Print the balances, as JSON or as a table of texts."""
    day = sheets.day(options["as_of"]) if options["as_of"] else None
    if options["as_of"] and day is None:
        raise CommandError(_("“%(text)s” is no day; write 2026-11-20") % {"text": options["as_of"]})
    known = FactorKind.objects.values_list("code", "name")
    if options["factor"] and not any(options["factor"] in pair for pair in known):
        names = _(", ").join(f"{name} {code}" for code, name in known)
        raise CommandError(_("there is no factor “%(name)s”; known are %(known)s")
                           % {"name": options["factor"], "known": names})  # fmt: skip
    rows = balances.balances(day, factor=options["factor"], period=options["period"])
    if options["json"]:
        command.stdout.write(json.dumps(balances.as_json(rows, day), ensure_ascii=False, indent=1))
        return
    for row in rows:
        kind = row.account.book.kind
        figures = "\t".join(quantity.exact(value, kind.family, kind.unit) for value in row.figures().values())
        command.stdout.write(f"{row.account.book.code}\t{row.account.period}\t{row.account.code}\t{figures}")
