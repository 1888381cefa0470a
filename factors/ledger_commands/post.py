"""post a CSV or workbook: every row an entry of the journal, all rows or none; twice posts nothing

Columns (English or Chinese, in any order):
  date 日期, kind 种类, factor 要素, source 来源, basis 口径, period 期间, from 转出, to 转入, amount 数量,
  unit 单位, document number 文号, key 编号; for reservations: reservation 预占编号 (the key of the row that
  reserved), expires on 预占至; summary 摘要.

Accounts are named by code, or by a name that is unique, of the row's book and period; CODE@PERIOD names one of
another period (carry_over). An account that is not there is refused, unless --open-accounts: then it is opened as
what its code says (issuer, retired, recovered:…, pool:…, cap:…, holding:…; project:CODE and enterprise:CODE are
those of that project or enterprise; pool:CODE serves the park or district of that code), and any other code as what
the kind of entry says:
  opening, grant, earn  issuer -> pool        reallocate, carry_over  pool -> pool      reserve  pool -> holding
  recover  holding -> pool                    absorb  recovered -> pool                 trade  holding -> holding
  reduce   pool -> issuer                     expire_year  pool -> retired

Entries are posted directly: nobody checks them, and the audit log says so. docs/ledger-files.md has examples.
"""

import argparse
import csv
import json
from pathlib import Path

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from factors import post_file, sheets
from factors.ledger_commands import person

SHOWN = 50


def arguments(parser) -> None:
    """Add the file and what may be done."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = __doc__
    parser.add_argument("file", type=Path, metavar="FILE", help="a CSV (UTF-8 or GBK) or .xlsx")
    parser.add_argument("--open-accounts", action="store_true", help="open accounts that are not there")
    parser.add_argument("--good-rows-only", action="store_true", help="post the rows that are right, name the others")
    parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
    parser.add_argument("--receipt", type=Path, metavar="CSV", help="write what became of every row")
    parser.add_argument("--by", default="", metavar="USERNAME", help="who answers for the entries")
    parser.add_argument("--json", action="store_true", help="print the counts and problems as JSON")


def handle(command, options) -> None:
    """Post and report; exit status 1 and nothing written when a row is wrong (unless good rows only)."""
    by = person(options["by"])
    try:
        result = post_file.post(
            options["file"],
            now=timezone.now(),
            by=by,
            open_accounts=options["open_accounts"],
            good_rows_only=options["good_rows_only"],
            dry=options["dry_run"],
        )
    except sheets.SheetError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{options['file']}: {error.strerror or error}") from error
    result.problems.sort(key=lambda problem: problem.number)
    if options["receipt"]:
        _receipt(options["receipt"], result)
    if options["json"]:
        command.stdout.write(json.dumps(_summary(result), ensure_ascii=False))
    else:
        _tell(command, result)
    if result.problems and not options["good_rows_only"]:
        raise CommandError(_("%(count)s rows are wrong; nothing was written.") % {"count": len(result.wrong)})


def _summary(result) -> dict:
    return {
        "rows": result.rows,
        "posted": len(result.done) if result.written else 0,
        "known": len(result.known),
        "wrong": len(result.wrong),
        "opened": len(result.opened) if result.written else 0,
        "written": result.written,
        "unread_columns": list(result.unread),
        "problems": [{"row": p.number, "column": p.column, "what": p.words} for p in result.problems[:1000]],
    }


def _tell(command, result) -> None:
    for problem in result.problems[:SHOWN]:
        command.stderr.write(str(problem))
    if len(result.problems) > SHOWN:
        command.stderr.write(_("… and %(count)s more") % {"count": len(result.problems) - SHOWN})
    if result.unread:
        command.stdout.write(_("Columns not read: %(columns)s.") % {"columns": _(", ").join(result.unread)})
    counts = _summary(result)
    told = _("%(rows)s rows: %(posted)s posted, %(known)s known already, %(wrong)s wrong; accounts opened: %(opened)s.")
    command.stdout.write(told % counts)
    if result.rows and counts["known"] == result.rows:
        command.stdout.write(_("Nothing to do: every row was posted before."))


def _receipt(path: Path, result) -> None:
    made = result.done if result.written else []
    verdicts = [(row.number, row.key, _("posted"), number, "") for row, number in made]
    verdicts += [(row.number, row.key, _("known"), number, "") for row, number in result.known]
    verdicts += [
        (row, result.keys.get(row, ""), _("wrong"), "", "\n".join(map(str, wrong)))
        for row, wrong in result.wrong.items()
    ]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([_("row"), "key", _("verdict"), _("entry"), _("what is wrong")])
        writer.writerows(sorted(verdicts, key=lambda verdict: verdict[0]))
