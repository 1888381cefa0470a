"""The comparison page: a template, or a project's chain, beside a benchmark."""

import csv
import statistics
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from approvals import compare_svg, recording
from approvals.chain_spec import StageSpec
from approvals.compare import Comparison, Side, compare
from approvals.models import Chain, ChainTemplate
from approvals.network import Activity, NetworkError, without
from approvals.states import State
from approvals.template_rows import spec_of
from approvals.track import Limit, Unit
from people.access import allows, get_for, needs, visible_to
from projects.models import Project

Status = ChainTemplate.Status
TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Practice:
    """What finished chains really took: medians over `count` chains, None when there are none."""

    count: int
    net_days: Decimal | None
    gross_days: Decimal | None


@needs("project.view")
@require_safe
def chain_compare(request):
    """Show `?ours=CODE:VERSION` or `?project=CODE` beside `?with=CODE:VERSION`; `?format=csv` gives the rows as a file.

    About ten queries, however many stages. 404 for what does not exist or may not be seen.
    """
    choices = list(ChainTemplate.objects.order_by("code", "-version"))
    project = None
    if request.GET.get("project"):
        project = get_for(request.user, Project.objects.all(), code=request.GET["project"])
        template, ours = _chain_side(project)
    else:
        template = _chosen(choices, request.GET.get("ours")) or _default(choices)
        ours = template and _template_side(template)
    other = _chosen(choices, request.GET.get("with")) or _benchmark_for(choices, template)
    context = {"choices": choices, "project": project, "ours_row": template, "other_row": other}
    comparison = None
    if template is not None and other is not None:
        try:
            comparison = compare(ours, _template_side(other))
        except NetworkError as error:  # a draft whose graph is broken
            context["broken"] = str(error)
    if comparison is None:
        return render(request, "approvals/compare.html", context)
    if request.GET.get("format") == "csv":
        return _csv(comparison)
    context |= _drawn(comparison)
    context["practice"] = practice(request.user, template.code, timezone.localdate())
    context["records"] = recording.share_of(request.user, timezone.localtime())
    context["here"] = reverse("chain-compare")
    context["may_simulate"] = allows(request.user, "reform.simulate")
    return render(request, "approvals/compare.html", context)


def _drawn(comparison: Comparison) -> dict:
    """Return the comparison with its drawings; they are made of escaped text and numbers only."""
    scale = compare_svg.scale_of(comparison)
    return {
        "comparison": comparison,
        "axis": mark_safe(compare_svg.axis(scale)),
        "rows": [(row, mark_safe(compare_svg.row_svg(row, scale))) for row in comparison.rows],
        "unchanged": pgettext("between items of a list", ", ").join(comparison.unchanged),
        "waterfall": mark_safe(compare_svg.waterfall(comparison)),
    }


# --- the two sides ----------------------------------------------------------------------------------------------------


def _template_side(template: ChainTemplate) -> Side:
    spec = spec_of(template)
    label = _("%(code)s version %(version)d") % {"code": template.code, "version": template.version}
    return Side(label, template.code, spec.stages, template.benchmark_code)


def _chain_side(project: Project) -> tuple[ChainTemplate, Side]:
    """Return the side of a project's chain: its own limits, without stages that do not apply. 404 if it has none."""
    chain = Chain.objects.select_related("template").filter(project=project).first()
    if chain is None:
        raise Http404
    prescribed = {stage.code: stage for stage in spec_of(chain.template).stages}
    stages, skipped = [], []
    for stage in chain.stages.order_by("position", "id"):
        spec = prescribed.get(stage.code, StageSpec(stage.code, stage.name))
        limit = None
        if stage.committed_amount is not None:
            limit = Limit(stage.committed_amount, Unit(stage.committed_unit))
        stages.append(replace(spec, name=stage.name, committed=limit))
        if stage.state == State.NOT_APPLICABLE:
            skipped.append(stage.code)
    present = {stage.code for stage in stages}
    links = {s.code: tuple(code for code in s.prerequisites if code in present) for s in stages}
    kept = without([Activity(code, Decimal(0), before) for code, before in links.items()], skipped)
    before = {activity.code: activity.prerequisites for activity in kept}
    stages = [replace(stage, prerequisites=before[stage.code]) for stage in stages if stage.code in before]
    return chain.template, Side(project.name, chain.template.code, tuple(stages), chain.template.benchmark_code)


def _chosen(choices: list[ChainTemplate], value: str | None) -> ChainTemplate | None:
    """Return the template of `CODE:VERSION`, or the newest one of `CODE`; None for no value. 404 for an unknown one."""
    if not value:
        return None
    code, _colon, version = value.rpartition(":") if ":" in value else (value, "", "")
    for row in choices:
        if row.code == code and (not version or str(row.version) == version):
            return row
    raise Http404


def _default(choices: list[ChainTemplate]) -> ChainTemplate | None:
    """Return what the page opens with: a published template of the city, best one that names its benchmark."""
    published = [row for row in choices if row.status == Status.PUBLISHED and row.kind != "benchmark"]
    preferred = [row for row in published if row.code == "T19-101"] or [row for row in published if row.benchmark_code]
    return next(iter(preferred or published or choices), None)


def _benchmark_for(choices: list[ChainTemplate], template: ChainTemplate | None) -> ChainTemplate | None:
    """Return the benchmark that the template names, else any benchmark; published versions first."""
    if template is None:
        return None
    rows = sorted(choices, key=lambda row: row.status != Status.PUBLISHED)
    named = [row for row in rows if row.code == template.benchmark_code]
    return next(iter(named or [row for row in rows if row.kind == "benchmark" and row.pk != template.pk]), None)


# --- real practice ----------------------------------------------------------------------------------------------------


def practice(user, code: str, today: date) -> Practice:
    """Return the medians of the chains on any version of the template `code` that the person may see and that were
    finished in the twelve months before `today` (inclusive). Net is in working days, gross in calendar days. One query.
    """
    since = today - timedelta(days=365)
    chains = Chain.objects.filter(
        project__in=visible_to(Project.objects.all(), user),
        template__code=code,
        closed_on__gt=since,
        closed_on__lte=today,
    )
    rows = list(chains.values_list("net_days", "gross_days"))
    if not rows:
        return Practice(0, None, None)
    net, gross = (
        Decimal(statistics.median(column)).quantize(TENTH, ROUND_HALF_UP) for column in zip(*rows, strict=True)
    )
    return Practice(len(rows), net, gross)


# --- the file ---------------------------------------------------------------------------------------------------------


def _csv(comparison: Comparison) -> HttpResponse:
    """Return rows and total as CSV with a byte-order mark, which spreadsheet programs need to read it as UTF-8."""
    name = f"{comparison.ours.code}-{comparison.theirs.code}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow(
        [
            _("Benchmark stage"),
            _("Our stages"),
            _("Stages, ours"),
            _("Stages, benchmark"),
            _("Working days, ours"),
            _("Working days, benchmark"),
            _("Gap (working days)"),
            _("Compression rate (%)"),
            _("Where the gap is"),
        ]
    )
    for row in comparison.rows:
        names = " ".join(f"{segment.code} {segment.name}" for segment in row.segments)
        writer.writerow([_guarded(row.name), _guarded(names), *_numbers(row.count, row.days), _guarded(row.words)])
    writer.writerow([_("Total"), "", *_numbers(comparison.count, comparison.total), ""])
    return response


def _numbers(count, days) -> list:
    return [count.ours, count.theirs, f"{days.ours:.1f}", f"{days.theirs:.1f}", f"{-days.less:.1f}", days.rate]


def _guarded(words: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{words}" if words[:1] in ("=", "+", "-", "@", "\t", "\r") else words
