"""What is done about blockers: giving, answering and closing instructions; issuing and withdrawing display tokens."""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from cockpit.models import DisplayToken, Instruction, InstructionReply, hashed
from people import audit
from people.access import department_ids, require
from people.prepared import Prepared


def instructions_of(user):
    """Return the instructions that the person gave or is named in. Adds conditions (`department_ids`)."""
    return Instruction.objects.named(user, department_ids(user))


_any_open = Prepared(lambda: Instruction.objects.open().order_by().values_list("pk")[:1])


def waiting(user, today: date, most: int = 20) -> list[Instruction]:
    """Return the open instructions that name the person (not his own); the earliest due first.

    One query while nothing is open in the city, three else.
    """
    if not _any_open():
        return []
    rows = instructions_of(user).open().exclude(given_by=user).order_by("due_on", "pk")
    return list(rows.select_related("project", "department")[:most])


@transaction.atomic
def instruct(*, by, now: datetime, instruction: Instruction, persons=(), request=None) -> Instruction:
    """Save a new instruction and name people in it.

    :raises PermissionDenied: the role gives none.
    """
    require(by, "instruction.give")
    instruction.given_by, instruction.given_at = by, now
    instruction.save(force_insert=True)
    instruction.persons.set(persons)
    audit.record(
        "instruction.given", by=by, request=request, target=instruction, now=now, department=instruction.department.code
    )
    return instruction


@transaction.atomic
def answer(*, by, now: datetime, instruction: Instruction, text: str, is_done: bool, request=None) -> InstructionReply:
    """Append an answer of one of those named.

    :raises PermissionDenied: it is closed, or does not name the person.
    """
    row = Instruction.objects.select_for_update().get(pk=instruction.pk)
    if row.closed_at is not None or not instructions_of(by).filter(pk=row.pk).exists():
        raise PermissionDenied
    reply = InstructionReply.objects.create(instruction=row, by=by, at=now, text=text, is_done=is_done)
    audit.record("instruction.answered", by=by, request=request, target=row, now=now)
    return reply


@transaction.atomic
def close(*, by, now: datetime, instruction: Instruction, outcome: str, request=None) -> Instruction:
    """Close an instruction with how it ended: only who gave it.

    :raises PermissionDenied: somebody else, or it is closed already.
    """
    row = Instruction.objects.select_for_update().get(pk=instruction.pk)
    if row.given_by_id != by.pk or row.closed_at is not None:
        raise PermissionDenied
    row.closed_at, row.closed_by, row.outcome = now, by, outcome
    row.save(update_fields=["closed_at", "closed_by", "outcome"])
    audit.record("instruction.closed", by=by, request=request, target=row, now=now)
    return row


@transaction.atomic
def issue(*, by, now: datetime, token: DisplayToken, request=None) -> str:
    """Save a display token and return its secret, which is shown once and kept nowhere.

    :raises PermissionDenied: the role issues none.
    """
    require(by, "screen.manage")
    secret = DisplayToken.new_secret()
    token.made_by, token.made_at, token.token_hash = by, now, hashed(secret)
    token.save(force_insert=True)
    audit.record("screen.issued", by=by, request=request, target=token, now=now, name=token.name)
    return secret


@transaction.atomic
def withdraw(*, by, now: datetime, token: DisplayToken, request=None) -> None:
    """Withdraw a display token: the next request of that wall is refused. Twice changes nothing.

    :raises PermissionDenied: the role withdraws none.
    """
    require(by, "screen.manage")
    if DisplayToken.objects.filter(pk=token.pk, withdrawn_at__isnull=True).update(withdrawn_at=now, withdrawn_by=by):
        audit.record("screen.withdrawn", by=by, request=request, target=token, now=now, name=token.name)
