"""`manage.py chain load|show|list|diff`: chain templates from files, their figures, their differences.

    chain load FILE.yaml … [--publish]      store files; the same file twice changes nothing
    chain load --shipped [--publish]        store the six templates that come with the product
    chain show CODE [--version N] [--json]  figures and stages of the newest published version, else of the newest
    chain list [--json]
    chain diff CODE V1 V2                   exit status 1 when the versions differ

`sum_working_days` adds the committed limits in working days; those in calendar days stand apart in `sum_calendar_days`.
`critical_path_working_days` converts calendar days at five to seven, rounded up to half a day, and
`critical_path_approximate` then is true. Lags (construction, market time) count in none of them.
"""

import json
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from approvals import template_actions
from approvals.chain_format import ChainFormatError
from approvals.chain_spec import Figures, StageSpec, TemplateSpec, figures
from approvals.labels import limit_label
from approvals.models import ChainTemplate
from approvals.template_diff import compare_versions
from approvals.template_rows import spec_of
from approvals.track import Limit, Unit


class Command(BaseCommand):
    help = "Load, show, list and compare chain templates."

    def add_arguments(self, parser):
        commands = parser.add_subparsers(dest="command", required=True)
        loading = commands.add_parser("load", help="store YAML files as templates")
        loading.add_argument("files", nargs="*", metavar="FILE")
        loading.add_argument("--shipped", action="store_true", help="the templates that come with the product")
        loading.add_argument("--publish", action="store_true", help="publish at once; the version never changes again")
        showing = commands.add_parser("show", help="figures and stages of one template")
        showing.add_argument("code")
        showing.add_argument("--version", type=int, dest="template_version", metavar="N")
        showing.add_argument("--json", action="store_true")
        listing = commands.add_parser("list", help="all templates and versions")
        listing.add_argument("--json", action="store_true")
        differing = commands.add_parser("diff", help="what differs between two versions")
        differing.add_argument("code")
        differing.add_argument("old", type=int, metavar="V1")
        differing.add_argument("new", type=int, metavar="V2")

    def handle(self, *args, **options):
        getattr(self, f"_{options['command']}")(options)

    # --- load

    def _load(self, options):
        paths = [Path(name) for name in options["files"]]
        paths += template_actions.shipped_files() if options["shipped"] else []
        if not paths:
            raise CommandError("Name a file, or --shipped.")
        failed = 0
        for path in paths:
            try:
                template, outcome = template_actions.load_file(path, now=timezone.now(), publish=options["publish"])
            except ChainFormatError as error:
                error = ChainFormatError(error.problems, str(path))
                self.stderr.write(str(error))
                failed += 1
            except template_actions.TemplateRefused as error:
                self.stderr.write(f"{path}: {error.message}")
                self.stderr.write("\n".join(problem.message for problem in error.problems))
                failed += 1
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror or error}") from error
            else:
                self.stdout.write(f"{template.code} v{template.version} {template.status}: {outcome}")
        if failed:
            sys.exit(1)

    # --- show, list

    def _show(self, options):
        template = find(options["code"], options["template_version"])
        spec = spec_of(template)
        measured = figures(spec.stages)
        if options["json"]:
            self._print_json(as_json(template, spec, measured))
            return
        self.stdout.write(f"{template.code} v{template.version} ({template.get_status_display()}) {template.name}")
        for name in ("stage_count", "sum_working_days", "sum_calendar_days", "critical_path_working_days"):
            self.stdout.write(f"{name}: {getattr(measured, name)}")
        self.stdout.write("critical_path: " + " → ".join(measured.critical_path))
        for stage in spec.stages:
            before = " ← " + " ".join(stage.prerequisites) if stage.prerequisites else ""
            self.stdout.write(f"{stage.code}\t{limit_label(stage.committed) or '—'}\t{stage.name}{before}")

    def _list(self, options):
        templates = ChainTemplate.objects.order_by("code", "version")
        if options["json"]:
            keys = ("code", "version", "status", "name", "stage_count")
            days = ("sum_working_days", "critical_path_working_days")
            self._print_json(
                [
                    {key: getattr(row, key) for key in keys} | {key: number(getattr(row, key)) for key in days}
                    for row in templates
                ]
            )
            return
        for row in templates:
            self.stdout.write(
                f"{row.code} v{row.version}\t{row.status}\t{row.stage_count}\t{row.sum_working_days}"
                f"\t{row.critical_path_working_days}\t{row.name}"
            )

    # --- diff

    def _diff(self, options):
        old, new = (spec_of(find(options["code"], options[key])) for key in ("old", "new"))
        difference = compare_versions(old, new)
        for change in difference.head:
            self.stdout.write(f"~ {change.label}: {change.before} → {change.after}")
        signs = {"added": "+", "removed": "-", "changed": "~", "moved": "↕"}
        for stage in difference.stages:
            self.stdout.write(f"{signs[stage.kind]} {stage.code} {stage.name}")
            if stage.kind == "changed":
                for change in stage.fields:
                    self.stdout.write(f"    {change.label}: {change.before or '—'} → {change.after or '—'}")
        if difference:
            sys.exit(1)

    def _print_json(self, data):
        self.stdout.write(json.dumps(data, ensure_ascii=False, indent=2))


def find(code: str, version: int | None) -> ChainTemplate:
    """Return one version; without a number the newest published one, else the newest. Raises CommandError."""
    versions = ChainTemplate.objects.filter(code=code).order_by("-version")
    if version is not None:
        row = versions.filter(version=version).first()
    else:
        row = versions.filter(status=ChainTemplate.Status.PUBLISHED).first() or versions.first()
    if row is None:
        raise CommandError(f"No template {code}" + (f" version {version}." if version is not None else "."))
    return row


def number(value) -> float:
    """Return days as a JSON number with one decimal."""
    return float(round(value, 1))


def limit_json(limit: Limit | None) -> dict | None:
    """Return a limit as {"amount", "unit"}."""
    return {"amount": number(limit.amount), "unit": Unit(limit.unit).value} if limit else None


def as_json(template: ChainTemplate, spec: TemplateSpec, measured: Figures) -> dict:
    """Return what `chain show --json` prints."""
    return {
        "code": spec.code,
        "version": spec.version,
        "name": spec.name,
        "kind": spec.kind,
        "status": template.status,
        "stage_count": measured.stage_count,
        "sum_working_days": number(measured.sum_working_days),
        "sum_calendar_days": number(measured.sum_calendar_days),
        "critical_path_working_days": number(measured.critical_path_working_days),
        "critical_path_approximate": measured.approximate,
        "critical_path": list(measured.critical_path),
        "without_limit": list(measured.without_limit),
        "stages": [stage_json(stage) for stage in spec.stages],
    }


def stage_json(stage: StageSpec) -> dict:
    """Return one stage of `chain show --json`."""
    return {
        "code": stage.code,
        "name": stage.name,
        "phase": stage.phase,
        "department": stage.department,
        "case_type": stage.case_type,
        "statutory_limit": limit_json(stage.statutory),
        "committed_limit": limit_json(stage.committed),
        "lag_days": number(stage.lag_days),
        "prerequisites": list(stage.prerequisites),
        "gates": list(stage.gates),
        "materials": [
            {
                "name": material.name,
                "required": material.required,
                "deferrable": material.deferrable,
                "reusable": material.reusable,
                "from": material.source_stage,
            }
            for material in stage.materials
        ],
        "special_procedures": [
            {"name": procedure.name, "limit": limit_json(procedure.limit)} for procedure in stage.special_procedures
        ],
        "valid_months": stage.valid_months,
        "legal_source": stage.legal_source,
        "basis": stage.basis,
    }
