"""Between rows and specs: read a template's rows as a `TemplateSpec`, write a spec as rows. No rule is checked here."""

from decimal import Decimal

from approvals.chain_spec import (
    MaterialSpec,
    PhaseSpec,
    ProcedureSpec,
    StageSpec,
    TemplateSpec,
    content_sha256,
    figures,
    sum_of,
)
from approvals.models import ChainTemplate, MaterialTemplate, Phase, StageTemplate
from approvals.network import NetworkError
from approvals.track import Limit, Unit

HEAD = ("code", "name", "version", "kind", "applies_to", "source", "note")
STAGE = (
    "code", "name", "short_name", "case_type", "statutory_note", "lag_days", "valid_months", "extension_days",
    "commitment_route", "benchmark_stage", "legal_source", "basis", "note",
)  # fmt: skip
BATCH = 500


def spec_of(template: ChainTemplate) -> TemplateSpec:
    """Return what the rows say, stages and phases in their order. Four queries, however many stages."""
    stages = template.stages.select_related("phase").prefetch_related("materials").order_by("position", "id")
    links = StageTemplate.prerequisites.through.objects.filter(from_stagetemplate__template=template).order_by("id")
    before: dict[int, list[str]] = {}
    for stage, code in links.values_list("from_stagetemplate_id", "to_stagetemplate__code"):
        before.setdefault(stage, []).append(code)
    return TemplateSpec(
        benchmark=template.benchmark_code,
        phases=tuple(PhaseSpec(p.code, p.name, p.standard_no) for p in template.phases.order_by("no", "id")),
        stages=tuple(_stage_spec(row, tuple(before.get(row.pk, ()))) for row in stages),
        **{key: getattr(template, key) for key in HEAD},
    )


def _stage_spec(row: StageTemplate, prerequisites: tuple[str, ...]) -> StageSpec:
    materials = sorted(row.materials.all(), key=lambda material: (material.position, material.pk))
    return StageSpec(
        phase=row.phase.code,
        department=row.department_name,
        statutory=_limit(row.statutory_amount, row.statutory_unit),
        committed=_limit(row.committed_amount, row.committed_unit),
        prerequisites=prerequisites,
        gates=tuple(row.gates),
        materials=tuple(MaterialSpec(m.name, m.required, m.deferrable, m.reusable, m.source_stage) for m in materials),
        special_procedures=tuple(
            ProcedureSpec(p["name"], _limit(p.get("amount"), p.get("unit"))) for p in row.special_procedures
        ),
        **{key: getattr(row, key) for key in STAGE},
    )


def _limit(amount, unit: str | None) -> Limit | None:
    return None if amount in (None, "") else Limit(Decimal(amount), Unit(unit))


def write_head(template: ChainTemplate, spec: TemplateSpec) -> None:
    """Copy the head of the spec onto the row, with its hash and figures; the caller saves."""
    for key in HEAD:
        setattr(template, key, getattr(spec, key))
    template.benchmark_code = spec.benchmark
    template.content_sha256 = content_sha256(spec)
    template.stage_count = len(spec.stages)
    template.sum_working_days = sum_of(spec.stages, Unit.WORKING_DAY)
    try:
        template.critical_path_working_days = figures(spec.stages).critical_path_working_days
    except NetworkError:  # a draft may be in pieces; publishing refuses it
        template.critical_path_working_days = Decimal(0)


def write_content(template: ChainTemplate, spec: TemplateSpec) -> None:
    """Replace phases, stages, prerequisites and materials of a saved draft. A fixed number of queries per 500 rows.

    The caller holds a transaction and has made sure that no chain runs on the template.
    """
    template.stages.all().delete()
    template.phases.all().delete()
    phases = Phase.objects.bulk_create(
        Phase(template=template, no=no, code=phase.code, name=phase.name, standard_no=phase.standard_no)
        for no, phase in enumerate(spec.phases, 1)
    )
    phase_of = {phase.code: phase for phase in phases}
    rows = StageTemplate.objects.bulk_create(
        [_stage_row(template, phase_of, place, stage) for place, stage in enumerate(spec.stages, 1)], BATCH
    )
    row_of = {row.code: row for row in rows}
    link = StageTemplate.prerequisites.through
    link.objects.bulk_create(
        [
            link(from_stagetemplate_id=row_of[stage.code].pk, to_stagetemplate_id=row_of[name].pk)
            for stage in spec.stages
            for name in stage.prerequisites
        ],
        BATCH,
    )
    MaterialTemplate.objects.bulk_create(
        [
            MaterialTemplate(
                stage=row_of[stage.code],
                position=position,
                name=material.name,
                required=material.required,
                deferrable=material.deferrable,
                reusable=material.reusable,
                source_stage=material.source_stage,
            )
            for stage in spec.stages
            for position, material in enumerate(stage.materials, 1)
        ],
        BATCH,
    )


def _stage_row(template, phase_of, position: int, stage: StageSpec) -> StageTemplate:
    return StageTemplate(
        template=template,
        phase=phase_of[stage.phase],
        position=position,
        department_name=stage.department,
        statutory_amount=stage.statutory and stage.statutory.amount,
        statutory_unit=Unit(stage.statutory.unit).value if stage.statutory else "",
        committed_amount=stage.committed and stage.committed.amount,
        committed_unit=Unit(stage.committed.unit).value if stage.committed else "",
        gates=list(stage.gates),
        special_procedures=[
            {
                "name": procedure.name,
                "amount": str(procedure.limit.amount) if procedure.limit else None,
                "unit": Unit(procedure.limit.unit).value if procedure.limit else "",
            }
            for procedure in stage.special_procedures
        ],
        **{key: getattr(stage, key) for key in STAGE},
    )
