"""turn published holdings of a registry into transfers for `ledger post`; totals are compared, not posted"""

import csv
from pathlib import Path

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from factors import holdings, kinds, sheets, tables

MAPPINGS = tables.DATA / "holdings"


def arguments(parser) -> None:
    """Add the file, its mapping and where to."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a CSV (UTF-8 or GBK) or .xlsx")
    parser.add_argument("--mapping", required=True, help="a YAML file, or the name of one in factors/data/holdings")
    parser.add_argument("--out", required=True, type=Path, metavar="CSV", help="the transfers, for `ledger post`")
    parser.add_argument("--store-kinds", action="store_true", help="store the factors that the mapping describes")
    parser.add_argument("--strict", action="store_true", help="exit status 1 when a published total does not add up")


def handle(command, options) -> None:
    """Write the transfers, say how much was read, name every total that does not add up."""
    path = Path(options["mapping"])
    if not path.is_file():
        path = MAPPINGS / f"{path.stem}.yaml"
    try:
        mapping = holdings.load(path)
        published = read(options["file"], mapping)
        moves = list(holdings.moves(published, mapping))
        if options["store_kinds"]:
            kinds.load(path, now=timezone.now())
    except (holdings.MappingError, sheets.SheetError, kinds.KindsError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror or error}") from error
    with options["out"].open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(holdings.HEAD)
        writer.writerows(holdings.as_rows(moves, mapping))
    odd = [check for check in holdings.checks(published, mapping) if not check.agrees]
    for check in odd:
        command.stdout.write(
            f"row {check.row}: {check.day} {check.line} {check.account}: "
            f"{check.published:,} published, {check.counted:,} counted"
        )
    command.stdout.write(
        _("%(holdings)s holdings, %(totals)s totals (%(odd)s do not add up), %(days)s dates: %(moves)s transfers.")
        % {
            "holdings": len(published.holdings),
            "totals": len(published.totals),
            "odd": len(odd),
            "days": len(published.days),
            "moves": len(moves),
        }
    )
    if odd and options["strict"]:
        raise CommandError(_("Published totals do not add up."))


def read(path: Path, mapping) -> holdings.Published:
    """Return the holdings of a file.

    :raises MappingError, SheetError, OSError: it is not what the mapping says.
    """
    columns = {name: (heading,) for name, heading in mapping.columns.items()}
    sheet = sheets.read(path, columns, required=tuple(columns))
    return holdings.sort_out(((line.number, line.cells) for line in sheet.lines), mapping)
