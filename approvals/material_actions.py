"""Writes on the documents of a stage: handing in, citing, waiving, and verifying an informed commitment."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from approvals import derive
from approvals.actions import locked, record
from approvals.checks import check_state
from approvals.keeping import refresh
from approvals.models import Commitment, MaterialUse, Stage
from approvals.refusals import Forbidden, Refused
from approvals.rights import may_act
from projects.models import Material


def is_own_form(name: str) -> bool:
    """Return whether a material is a form of the stage itself (申请表, 申请书): asking for it repeats nothing."""
    return name.endswith(("申请表", "申请书", "登记表"))


def _is_known(use, enterprise_id, material) -> bool:
    """Return whether the enterprise's library already held a document of that name. One query."""
    if enterprise_id is None:
        return False
    same = Material.objects.filter(enterprise_id=enterprise_id, name=use.name)
    return same.exclude(pk=material.pk if material else None).exists()


@transaction.atomic
def hand_in(*, by, use: MaterialUse, now, material: Material | None = None, waived: bool = False) -> MaterialUse:
    """Record how a stage got a document: cited from the library, handed in anew, or not needed.

    Citing one that the library held before counts as reuse; handing in one the library already holds is flagged as
    asked for again. A deferred one is made good by this, with an event.
    """
    stage = locked(use.stage)
    if not may_act(by, stage, "material"):
        raise Forbidden
    use = MaterialUse.objects.select_related("material").get(pk=use.pk)
    if use.status not in (MaterialUse.Status.MISSING, MaterialUse.Status.DEFERRED):
        raise Refused(_("Somebody else already recorded “%(name)s”.") % {"name": use.name})
    was_deferred = use.status == MaterialUse.Status.DEFERRED
    today = derive.local_date(now)
    if waived:
        use.status = MaterialUse.Status.WAIVED
    else:
        earlier = material is not None and material.uses.exclude(pk=use.pk).exists()
        use.status = MaterialUse.Status.REUSED if earlier else MaterialUse.Status.GIVEN
        use.material = material
        enterprise_id = stage.chain.project.enterprise_id
        use.asked_again = not earlier and not is_own_form(use.name) and _is_known(use, enterprise_id, material)
    if was_deferred:
        use.made_good_on = today
    use.save()
    if was_deferred:
        record(by=by, stage=stage, action="deferral_made_good", occurred_at=now, now=now, note=use.name)
    refresh(stage.chain, now)
    return use


@transaction.atomic
def verify_commitment(*, by, stage: Stage, kept: bool, now, note: str = "") -> Commitment:
    """Record the later verification of an informed commitment."""
    stage = locked(stage)
    if not may_act(by, stage, "commitment_verified"):
        raise Forbidden
    commitment = Commitment.objects.filter(stage=stage).first()
    if commitment is None:
        raise Refused(_("This stage was not accepted on an informed commitment."))
    check_state(stage, "commitment_verified")
    if commitment.result != Commitment.Result.OPEN:
        raise Refused(_("This commitment has already been verified."))
    commitment.result = Commitment.Result.KEPT if kept else Commitment.Result.BROKEN
    commitment.verified_on, commitment.verified_by = derive.local_date(now), by
    commitment.save()
    record(by=by, stage=stage, action="commitment_verified", occurred_at=now, now=now, note=note, data={"kept": kept})
    refresh(stage.chain, now)
    return commitment
