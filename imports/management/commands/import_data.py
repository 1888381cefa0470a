"""Import a workbook, a CSV file or a file of shapes: `manage.py import_data KIND FILE …`.

Kinds are projects, enterprises, parks, progress, schedule, those of quotas, and with shapes boundaries and points:
`manage.py import_data boundaries FILE --crs gcj02`.
"""

import json
import tempfile
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from factors import refusals as quota
from gis import files
from imports import engine, mapping, operator, reader, receipt, runs
from imports.importers import CLASSES
from imports.models import ImportBatch
from imports.shapes import Options

SHOWN_ERRORS = 20
SHAPES = ("boundaries", "points")
MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"


class Command(BaseCommand):
    """Reads, checks and writes a file in one transaction. Exit code 0: imported, or a dry run without wrong rows."""

    help = (
        "Import projects, enterprises, parks, stage progress or a mapped schedule from .xlsx, .xls or .csv; outlines "
        "(boundaries) and points from GeoJSON, a Shapefile, GeoPackage or KML, points from tables, too."
    )

    def add_arguments(self, parser):
        """Declare the arguments."""
        parser.add_argument("kind", choices=list(CLASSES))
        parser.add_argument("file", type=Path)
        parser.add_argument("--mapping", help="YAML file, or the name of one in imports/mappings")
        parser.add_argument("--mode", choices=ImportBatch.Mode.values, default="all", help="all: all rows or none")
        parser.add_argument("--dry-run", action="store_true", help="check only, write nothing")
        parser.add_argument("--receipt", type=Path, help="write the checked table with marked cells to this .xlsx")
        parser.add_argument("--sheet", default="", help="name of the sheet to read")
        parser.add_argument("--by", default="", metavar="USERNAME", help="who imports; his rights apply")
        parser.add_argument("--max-rows", type=int, default=200_000)
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        shapes = parser.add_argument_group("outlines and points")
        shapes.add_argument("--crs", default="", help="cgcs2000, wgs84, gcj02, bd09 or an EPSG number (4513-4554 …)")
        shapes.add_argument("--layer", default="", help="name of the layer to read")
        shapes.add_argument("--encoding", default="", choices=["", "UTF-8", "GBK"], help="of a Shapefile's texts")
        shapes.add_argument("--of", default="", choices=["", "district", "park", "project"])
        shapes.add_argument("--name-column", default="", metavar="HEADING")
        shapes.add_argument("--code-column", default="", metavar="HEADING")
        shapes.add_argument("--repair", action="store_true", help="repair outlines that can be repaired")
        shapes.add_argument("--swap", action="store_true", help="x and y are swapped")
        shapes.add_argument("--create", action="store_true", help="register districts that are missing")
        shapes.add_argument("--city", default="", metavar="'CODE NAME'", help="register this city with its districts")
        shapes.add_argument("--outside", action="store_true", help="points may lie outside their park or district")

    def handle(self, *, kind, file, json, receipt, mode, dry_run, by, **options):
        """Run the import and report.

        :raises CommandError: nothing was written; the exit code is 1.
        """
        if not file.is_file():
            raise CommandError(_("There is no file %(path)s.") % {"path": file})
        rules = self._rules(kind, options["mapping"])
        limits = reader.Limits(
            size_mb=200, unpacked_mb=500, rows=options["max_rows"], cpu_seconds=120, wall_seconds=180, memory_mb=2_048
        )
        with (
            tempfile.TemporaryDirectory(prefix="luodi-import-") if file.suffix.lower() == ".shp" else nullcontext() as t
        ):
            path = files.bundled(file, Path(t)) if t else file
            run = self._run(kind, path, by, mode, dry_run, rules, options, limits)
        self._report(run, dry_run, receipt, json)
        if run.plan.counts["wrong"] and (mode == "all" or dry_run):
            raise CommandError(
                _("%(count)s rows are wrong; nothing was written.") % {"count": run.plan.counts["wrong"]}
            )

    def _rules(self, kind, given):
        if not given:
            if kind == "schedule":
                raise CommandError(_("A schedule needs --mapping."))
            return None
        path = Path(given)
        if not path.is_file():
            path = MAPPINGS / f"{path.stem}.yaml"
        try:
            rules = mapping.load(path)
        except mapping.BadMapping as error:
            raise CommandError(_("The mapping is not understood: %(why)s") % {"why": error}) from error
        if rules.kind and rules.kind != kind:
            raise CommandError(_("The mapping is for “%(kind)s”.") % {"kind": rules.kind})
        return rules

    def _run(self, kind, file, by, mode, dry_run, rules, options, limits):
        try:
            return runs.run(
                kind=kind,
                path=file,
                by=lambda: operator.account(by, kind),
                now=timezone.now(),
                mode=mode,
                dry_run=dry_run,
                rules=rules,
                sheet=options["layer"] or options["sheet"],
                limits=limits,
                options=_shape_options(options) if kind in SHAPES else None,
            )
        except get_user_model().DoesNotExist as error:
            raise CommandError(_("There is no user %(name)s.") % {"name": by}) from error
        except (reader.Unreadable, engine.Unbound) as error:
            raise CommandError(error.problem.words()) from error
        except (quota.Refused, quota.LedgerRefused) as refused:
            raise CommandError(_("Nothing was written: %(why)s") % {"why": refused.words()}) from refused

    def _report(self, run, dry_run, receipt_path, as_json):
        plan, counts = run.plan, run.plan.counts
        if receipt_path:
            receipt_path.write_bytes(receipt.workbook_of_plan(plan, written=run.batch is not None))
        result = {
            **counts,
            "kind": plan.importer.kind,
            "written": counts["new"] + counts["changed"] if run.batch else 0,
            "dry_run": dry_run,
            "batch": run.batch.pk if run.batch else None,
            "same_as_batch": run.earlier.pk if run.earlier else None,
            "interrupted_batch": run.interrupted.pk if run.interrupted else None,
            "sheet": plan.table.sheet,
            "encoding": plan.table.encoding,
            "heading_row": plan.table.heading_row,
            "remarks": [remark.words() for remark in plan.remarks],
            "notes": sum(len(row.notes) for row in plan.rows),
        }
        if as_json:
            result["errors"] = list(self._errors(plan, 1_000))
            self.stdout.write(json.dumps(result, ensure_ascii=False))
            return
        for remark in result["remarks"]:
            self.stdout.write(remark)
        for name in ("total", "new", "changed", "unchanged", "wrong", "wrong_cells", "notes", "written"):
            self.stdout.write(f"{name}: {result[name]}")
        if run.earlier:
            self.stdout.write(_("The same file was imported as batch #%(number)s.") % {"number": run.earlier.pk})
        if run.interrupted:
            self.stdout.write(
                _("An import of the same file, batch #%(number)s, was interrupted; nothing of it was written.")
                % {"number": run.interrupted.pk}
            )
        for error in self._errors(plan, SHOWN_ERRORS):
            self.stderr.write(f"{error['cell']}: {error['message']}")

    @staticmethod
    def _errors(plan, most):
        found = (
            {
                "cell": f"{plan.letter_of(name)}{row.number}",
                "row": row.number,
                "column": name,
                "message": problem.words(),
                "suggestion": problem.suggestion,
            }
            for row in plan.rows
            for name, problem in row.problems.items()
        )
        for _count, error in zip(range(most), found, strict=False):
            yield error


def _shape_options(options: dict) -> dict:
    """Return how a file of shapes is to be read, as it is stored with the batch."""
    wanted = Options.of_dict({name: options[name] for name in Options.__dataclass_fields__})
    encoding = "GB18030" if wanted.encoding == "GBK" else wanted.encoding
    return replace(wanted, encoding=encoding).stored()
