"""Moving a running chain to another version of its template: what it would do, and doing it."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from approvals.actions import add_stages, departments_by_name, store_plan
from approvals.keeping import refresh
from approvals.models import Chain, ChainTemplate, StageEvent
from approvals.refusals import Forbidden, Refused
from approvals.rights import may_manage_chain
from approvals.states import State
from people import audit


@dataclass(frozen=True)
class VersionMove:
    """What moving a running chain to another version would do: stage codes by fate, and limits that change."""

    kept: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    blocked: tuple[str, ...]
    limits: tuple[tuple, ...]


def preview_version(chain: Chain, template: ChainTemplate) -> VersionMove:
    """Return what `move_to_version` would do. Stages with history that the new version lacks block the move."""
    old = {s.code: s for s in chain.stages.all()}
    new = {t.code: t for t in template.stages.all()}
    touched = set(StageEvent.objects.filter(stage__chain=chain).values_list("stage__code", flat=True))
    gone = [code for code in old if code not in new]
    limits = [
        (code, old[code].committed_amount, new[code].committed_amount, code in touched)
        for code in new
        if code in old and old[code].committed_amount != new[code].committed_amount
    ]
    return VersionMove(
        kept=tuple(code for code in new if code in old),
        added=tuple(code for code in new if code not in old),
        removed=tuple(code for code in gone if code not in touched),
        blocked=tuple(code for code in gone if code in touched),
        limits=tuple(limits),
    )


@transaction.atomic
def move_to_version(*, by, chain: Chain, template: ChainTemplate, reason: str, now) -> Chain:
    """Move a running chain to another published version of its template: an explicit act, never automatic.

    Stages that have begun keep the limits they were promised; the others take the new ones.

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
    departments = departments_by_name()
    begun = {s.code for s in chain.stages.exclude(state__in=[State.NOT_STARTED, State.NOT_APPLICABLE])}
    for stage_template in template.stages.filter(code__in=move.kept):
        columns = {"stage_template": stage_template, "position": stage_template.position, "name": stage_template.name}
        if stage_template.code not in begun:
            columns |= {
                "committed_amount": stage_template.committed_amount,
                "committed_unit": stage_template.committed_unit,
                "statutory_amount": stage_template.statutory_amount,
                "statutory_unit": stage_template.statutory_unit,
                "department_name": stage_template.department_name,
                "department": departments.get(stage_template.department_name),
            }
        chain.stages.filter(code=stage_template.code).update(**columns)
    add_stages(chain, template.stages.filter(code__in=move.added).order_by("position"))
    was = str(chain.template)
    chain.template = template
    chain.save(update_fields=["template"])
    store_plan(refresh(chain, now))
    audit.record("chain.version", by=by, target=chain.project, was=was, became=str(template), reason=reason)
    return chain
