"""What an event brings with it beside the state: deferred materials with their day, a commitment to verify."""

import datetime as dt

from approvals import derive
from approvals.models import Commitment, MaterialUse

GIVEN_UP = frozenset({"withdraw", "recall", "refuse", "decline", "fail", "revoke"})
"""Events after which nobody owes a deferred material any more."""


def apply(stage, event) -> None:
    """Write what an event brings with it: deferred materials with their day, a commitment to verify."""
    if event.kind == "accept_with_deferral":
        for material in event.data["materials"]:
            MaterialUse.objects.update_or_create(
                stage=stage,
                name=material["name"],
                defaults={"status": MaterialUse.Status.DEFERRED, "due_on": dt.date.fromisoformat(material["due_on"])},
                create_defaults={
                    "status": MaterialUse.Status.DEFERRED,
                    "due_on": dt.date.fromisoformat(material["due_on"]),
                    "deferrable": True,
                },
            )
    if event.kind == "accept_on_commitment":
        Commitment.objects.update_or_create(
            stage=stage,
            defaults={
                "text": event.data["text"],
                "signed_on": derive.local_date(event.occurred_at),
                "verify_by": dt.date.fromisoformat(event.data["verify_by"]),
                "result": Commitment.Result.OPEN,
                "verified_on": None,
                "verified_by": None,
            },
        )
    if event.kind == "receive" and event.from_state:  # a new round: the promise of the one before binds nobody
        Commitment.objects.filter(stage=stage, result=Commitment.Result.OPEN).delete()
    if event.kind in GIVEN_UP:
        owed(stage).update(status=MaterialUse.Status.MISSING, due_on=None)


def owed(stage):
    """Return the deferred materials of a stage that are still to come."""
    return stage.material_uses.filter(status=MaterialUse.Status.DEFERRED)


def undo(stage, event) -> None:
    """Take back what a struck-out event brought with it, as far as nothing else has happened to it since."""
    if event.kind == "accept_with_deferral":
        names = [material["name"] for material in event.data["materials"]]
        owed(stage).filter(name__in=names).update(status=MaterialUse.Status.MISSING, due_on=None)
    if event.kind == "accept_on_commitment":
        signed_on = derive.local_date(event.occurred_at)  # the promise of another round stays
        Commitment.objects.filter(stage=stage, result=Commitment.Result.OPEN, signed_on=signed_on).delete()
    if event.kind == "receive":
        _promise_of_earlier_round(stage)
    if event.kind == "commitment_verified":
        Commitment.objects.filter(stage=stage).update(result=Commitment.Result.OPEN, verified_on=None, verified_by=None)
    if event.kind == "deferral_made_good":
        stage.material_uses.filter(name=event.note, due_on__isnull=False).update(
            status=MaterialUse.Status.DEFERRED, material=None, made_good_on=None
        )


def _promise_of_earlier_round(stage) -> None:
    """Put back the promise that a receipt ended, now that the receipt never happened."""
    live = derive.effective(list(stage.events.all()))
    promise = next((event for event in reversed(live) if event.kind == "accept_on_commitment"), None)
    if promise is not None and not Commitment.objects.filter(stage=stage).exists():
        apply(stage, promise)
