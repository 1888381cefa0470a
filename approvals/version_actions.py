"""Moving a running chain to another version of its template: what it would do, and doing it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from approvals.actions import add_stages, departments_by_name, store_plan
from approvals.chain_spec import StageSpec
from approvals.derive import limit_of
from approvals.keeping import refresh
from approvals.models import Chain, ChainTemplate, MaterialTemplate, MaterialUse, Stage, StageEvent
from approvals.refusals import Forbidden, Refused
from approvals.rights import may_manage_chain
from approvals.states import PASSED, State
from approvals.template_diff import STAGE, FieldChange, fields_between
from approvals.template_rows import spec_of
from people import audit

PROMISED = frozenset({"department", "statutory", "committed"})
"""What a stage keeps once it has begun. Everything else follows the version."""

FLAGS = ("required", "deferrable", "reusable")


@dataclass(frozen=True)
class StageMove:
    """What becomes of one kept stage: fields that change, promises it keeps, documents that come, go and stay."""

    code: str
    name: str
    begun: bool
    fields: tuple[FieldChange, ...]
    keeps: tuple[FieldChange, ...]
    asked: tuple[str, ...]
    dropped: tuple[str, ...]
    handed_in: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.fields or self.keeps or self.asked or self.dropped or self.handed_in)


@dataclass(frozen=True)
class VersionMove:
    """What moving a running chain to another version would do: stage codes by fate, and the kept ones that change."""

    kept: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    blocked: tuple[str, ...]
    changes: tuple[StageMove, ...]


def preview_version(chain: Chain, template: ChainTemplate) -> VersionMove:
    """Return what `move_to_version` would do. Twelve queries.

    Stages with a history, or with documents handed in, that the new version lacks block the move.
    """
    old = {stage.code: stage for stage in chain.stages.prefetch_related("material_uses").order_by("position", "id")}
    new = {spec.code: spec for spec in spec_of(template).stages}
    touched = set(StageEvent.objects.filter(stage__chain=chain).values_list("stage__code", flat=True))
    touched |= {code for code, stage in old.items() if any(_is_settled(use) for use in stage.material_uses.all())}
    gone = [code for code in old if code not in new]
    moves = (_stage_move(old[code], was, new[code]) for code, was in _promised(chain, old) if code in new)
    return VersionMove(
        kept=tuple(code for code in new if code in old),
        added=tuple(code for code in new if code not in old),
        removed=tuple(code for code in gone if code not in touched),
        blocked=tuple(code for code in gone if code in touched),
        changes=tuple(move for move in moves if move),
    )


def _promised(chain, stages) -> Iterator[tuple[str, StageSpec]]:
    """Yield what each stage of the chain prescribes: its version, with what it was promised itself."""
    for spec in spec_of(chain.template).stages:
        stage = stages.get(spec.code)
        if stage is not None:
            yield (
                spec.code,
                replace(
                    spec,
                    name=stage.name,
                    department=stage.department_name,
                    statutory=limit_of(stage.statutory_amount, stage.statutory_unit),
                    committed=limit_of(stage.committed_amount, stage.committed_unit),
                    prerequisites=tuple(sorted(spec.prerequisites)),
                ),
            )


def _stage_move(stage: Stage, was: StageSpec, becomes: StageSpec) -> StageMove:
    becomes = replace(becomes, prerequisites=tuple(sorted(becomes.prerequisites)))
    promises = fields_between(was, becomes, PROMISED)
    asked, dropped, staying = _documents(stage, {material.name for material in becomes.materials})
    return StageMove(
        code=stage.code,
        name=becomes.name,
        begun=_has_begun(stage),
        fields=(() if _has_begun(stage) else promises)
        + fields_between(was, becomes, STAGE.keys() - PROMISED - {"materials"}),
        keeps=promises if _has_begun(stage) else (),
        asked=tuple(material.name for material in becomes.materials if material.name in asked),
        dropped=tuple(use.name for use in dropped),
        handed_in=tuple(use.name for use in staying),
    )


def _has_begun(stage) -> bool:
    return stage.state not in (State.NOT_STARTED, State.NOT_APPLICABLE)


def _is_settled(use) -> bool:
    """Return whether a document was handed in, promised for later or waived."""
    return use.status != MaterialUse.Status.MISSING


def _documents(stage, names: set[str]) -> tuple[set[str], list[MaterialUse], list[MaterialUse]]:
    """Return the documents that are new, those that go, and those that stay though no longer asked for.

    A stage that was passed is asked for nothing more. What was handed in, deferred or waived stays in any case.
    """
    if stage.state in PASSED:
        return set(), [], []
    uses = sorted(stage.material_uses.all(), key=lambda use: use.pk)
    gone = [use for use in uses if use.name not in names]
    return (
        names - {use.name for use in uses},
        [use for use in gone if not _is_settled(use)],
        [use for use in gone if _is_settled(use)],
    )


@transaction.atomic
def move_to_version(*, by, chain: Chain, template: ChainTemplate, reason: str, now) -> Chain:
    """Move a running chain to another published version of its template: an explicit act, never automatic.

    Stages that have begun keep the limits they were promised; the others take the new ones. All but the passed ones
    ask for the documents of the new version; what was handed in stays.

    :raises Forbidden: without the right.  :raises Refused: without a reason, or when history would be lost.
    """
    Chain.objects.select_for_update().get(pk=chain.pk)
    if not may_manage_chain(by, chain.project):
        raise Forbidden
    if not reason.strip():
        raise Refused(_("Say why the chain moves to another version."), "reason")
    if template.status != ChainTemplate.Status.PUBLISHED:
        raise Refused(_("Only a published template can start a chain."), "template")
    move = preview_version(chain, template)
    if move.blocked:
        raise Refused(
            _("Stages %(codes)s have a history and are missing in the new version.") % {"codes": " ".join(move.blocked)}
        )
    chain.stages.filter(code__in=move.removed).delete()
    _keep_stages(chain, template.stages.filter(code__in=move.kept).prefetch_related("materials"))
    add_stages(chain, template.stages.filter(code__in=move.added).order_by("position"))
    was = str(chain.template)
    chain.template = template
    chain.save(update_fields=["template"])
    store_plan(refresh(chain, now))
    audit.record("chain.version", by=by, target=chain.project, was=was, became=str(template), reason=reason)
    return chain


def _keep_stages(chain, stage_templates) -> None:
    """Lead the kept stages over to the new version, with their documents. One query per stage, and five."""
    departments = departments_by_name()
    stages = {stage.code: stage for stage in chain.stages.prefetch_related("material_uses")}
    made, gone, changed = [], [], []
    for stage_template in stage_templates:
        stage = stages[stage_template.code]
        columns = {"stage_template": stage_template, "position": stage_template.position, "name": stage_template.name}
        if not _has_begun(stage):
            columns |= {
                "committed_amount": stage_template.committed_amount,
                "committed_unit": stage_template.committed_unit,
                "statutory_amount": stage_template.statutory_amount,
                "statutory_unit": stage_template.statutory_unit,
                "department_name": stage_template.department_name,
                "department": departments.get(stage_template.department_name),
            }
        chain.stages.filter(pk=stage.pk).update(**columns)
        asked = {material.name: material for material in stage_template.materials.all()}
        new, dropped, _staying = _documents(stage, set(asked))
        made += [MaterialUse(stage=stage, name=m.name, **_flags(m)) for name, m in asked.items() if name in new]
        gone += [use.pk for use in dropped]
        changed += [] if stage.state in PASSED else _flagged_anew(stage, asked)
    MaterialUse.objects.filter(pk__in=gone).delete()
    MaterialUse.objects.bulk_create(made)
    MaterialUse.objects.bulk_update(changed, FLAGS, batch_size=500)


def _flags(material: MaterialTemplate) -> dict[str, bool]:
    return {name: getattr(material, name) for name in FLAGS}


def _flagged_anew(stage, asked) -> list[MaterialUse]:
    """Return the documents asked for before and now whose terms change."""
    found = []
    for use in stage.material_uses.all():
        terms = _flags(asked[use.name]) if use.name in asked else {}
        if any(getattr(use, name) != value for name, value in terms.items()):
            for name, value in terms.items():
                setattr(use, name, value)
            found.append(use)
    return found
