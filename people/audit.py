"""The audit log: one function writes it, one function proves that nobody touched it.

Each entry carries the hash of the entry before it; `AuditHead` holds the newest number and hash and is the lock that
puts writers in a row. Where the request failed after the fact (a refused log-in), the entry still stands.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import AuditEntry, AuditHead

GENESIS = "0" * 64

KINDS = {
    "login": _("Logged in"),
    "logout": _("Logged out"),
    "login.failed": _("Log-in failed"),
    "login.locked": _("Account locked"),
    "session.expired": _("Session expired"),
    "session.ended": _("Session ended"),
    "password.changed": _("Password changed"),
    "password.reset": _("Password reset"),
    "user.created": _("Account created"),
    "user.changed": _("Account changed"),
    "user.disabled": _("Account disabled"),
    "user.enabled": _("Account enabled"),
    "department.created": _("Department created"),
    "department.changed": _("Department changed"),
    "role.changed": _("Role changed"),
    "grant.given": _("Grant given"),
    "grant.taken": _("Grant taken back"),
    "access.denied": _("Access refused"),
    "export": _("Exported"),
    "import": _("Imported"),
    "print": _("Printed"),
    "print.job": _("Several papers ordered"),
    "audit.exported": _("Audit log exported"),
    "audit.verified": _("Audit log checked"),
    "project.create": _("Project registered"),
    "project.edit": _("Project changed"),
    "project.assign": _("Person assigned"),
    "project.bulk": _("Several projects changed"),
    "project.key_points": _("Key points changed"),
    "project.figure": _("Monthly figures changed"),
    "enterprise.create": _("Enterprise registered"),
    "enterprise.edit": _("Enterprise changed"),
    "material.add": _("Document put into the library"),
    "park.create": _("Park registered"),
    "park.edit": _("Park changed"),
    "park.utilities": _("Sets of utilities changed"),
    "park.report": _("Monthly report of a park submitted"),
    "park.verify": _("Readiness of a park verified or returned"),
    "park.evidence": _("Evidence added to a utility"),
    "park.expansion": _("Expansion of a utility"),
    "park.assessment": _("Area assessment"),
    "park.demand": _("Utility demand"),
    "chain.start": _("Chain started"),
    "chain.version": _("Chain moved to another version"),
    "stage.correct": _("Stage corrected"),
    "template.published": _("Chain template published"),
    "template.retired": _("Chain template retired"),
    "calendar.changed": _("Calendar changed"),
    "feedback.answered": _("Feedback answered"),
    "ledger.posting": _("Journal entry"),
    "ledger.voucher": _("Voucher"),
    "ledger.account": _("Account opened or changed"),
    "ledger.demand": _("Demand registered or changed"),
    "ledger.request": _("Quota request"),
    "ledger.override": _("Gate overridden"),
    "ledger.asset": _("Parcel, stock or replacement source changed"),
    "ledger.kinds": _("Factors changed"),
    "instruction.given": _("Instruction given"),
    "instruction.answered": _("Instruction answered"),
    "instruction.closed": _("Instruction closed"),
    "reform.kept": _("Set of reforms kept"),
    "reform.discarded": _("Set of reforms thrown away"),
    "visit.logged": _("Visit logged"),
    "problem.registered": _("Problem registered"),
    "problem.assign": _("Problem assigned"),
    "problem.claim": _("Problem claimed"),
    "problem.hand_back": _("Problem handed back"),
    "problem.progress": _("Step of a problem noted"),
    "problem.ask": _("Close-out asked for"),
    "problem.confirm": _("Enterprise's word on a problem noted"),
    "problem.return": _("Close-out turned down"),
    "problem.close": _("Problem closed out"),
    "problem.escalate": _("Problem brought to the next level"),
    "problem.suspend": _("Problem suspended"),
    "problem.review": _("Suspended problem looked at"),
    "problem.resume": _("Problem taken up again"),
    "order.drafted": _("Supervision order drafted"),
    "order.sign": _("Supervision order signed"),
    "order.discard": _("Draft of an order discarded"),
    "order.receive": _("Supervision order signed for"),
    "order.report": _("Progress of an order reported"),
    "order.answer": _("Feedback on an order given"),
    "order.ask_extension": _("Extension of an order asked for"),
    "order.grant_extension": _("Extension of an order granted"),
    "order.refuse_extension": _("Extension of an order refused"),
    "order.return": _("Feedback on an order turned down"),
    "order.accept": _("Feedback on an order accepted"),
    "order.close": _("Supervision order closed"),
    "unlock.saved": _("Unlock scenario kept"),
    "unlock.requests": _("Quota requests made of an unlock scenario"),
    "unlock.retired": _("Unlock scenario retired"),
    "screen.issued": _("Display token issued"),
    "screen.withdrawn": _("Display token withdrawn"),
}

DETAILS = {  # words for the keys of `detail`; a key without words shows as it is
    "role": _("role"),
    "before": _("before"),
    "after": _("after"),
    "changed": _("changes"),
    "permission": _("permission"),
    "on": _("kind of object"),
    "code": _("code"),
    "name": _("name"),
    "parent": _("parent"),
    "since": _("logged in since"),
    "entries": _("entries"),
    "fault": _("fault"),
    "filter": _("filter"),
    "rows": _("rows"),
    "template": _("template"),
    "user": _("user"),
    "method": _("method"),
    "display_name": _("person's name"),
    "title": _("post"),
    "phone": _("work phone"),
    "department": _("department"),
    "month": _("month"),
    "investment_done_wan": _("investment done since January (10,000 yuan)"),
    "jobs": _("jobs"),
    "note": _("note"),
    "paper": _("paper"),
    "version": _("version"),
    "check": _("check code"),
    "job": _("print job"),
}


@dataclass(frozen=True)
class Fault:
    """The first place where the chain does not hold."""

    sequence: int
    reason: str


def record(kind: str, *, by=None, request=None, target=None, now: datetime | None = None, **detail) -> AuditEntry:
    """Append one entry and return it. `by` is the user who acted (None for a stranger who failed to log in).

    `target` is a model instance or a text; `detail` is what JSON can hold (dates and decimals are allowed). Runs in
    the caller's transaction, so an action that rolls back leaves no entry. Three queries.
    """
    by = by if by is not None and by.is_authenticated else None
    entry = AuditEntry(
        at=now or timezone.now(),
        kind=kind,
        by=by,
        by_name=by.username if by else str(detail.pop("username", ""))[:150],
        ip=client_ip(request),
        detail=json.loads(json.dumps(detail, cls=DjangoJSONEncoder, ensure_ascii=False)),
        **_describe(target),
    )
    with transaction.atomic():
        head = AuditHead.objects.select_for_update().filter(pk=1).first()
        if head is None:
            AuditHead.objects.get_or_create(pk=1, defaults={"sequence": 0, "hash": GENESIS})
            head = AuditHead.objects.select_for_update().get(pk=1)
        entry.sequence, entry.prev_hash = head.sequence + 1, head.hash
        entry.hash = digest(entry)
        entry.save(force_insert=True)
        AuditHead.objects.filter(pk=1).update(sequence=entry.sequence, hash=entry.hash)
    return entry


def _describe(target) -> dict[str, str]:
    if target is None:
        return {}
    if isinstance(target, str):
        return {"target_text": target[:200]}
    return {
        "target_type": target._meta.label_lower,
        "target_id": str(target.pk),
        "target_text": str(target)[:200],
    }


def client_ip(request) -> str | None:
    """Return the peer's address. A proxy must set it (`docs/operators.md`): forwarded headers are not believed here."""
    return (request.META.get("REMOTE_ADDR") or None) if request is not None else None


def pieces(entry: AuditEntry) -> tuple[str, str]:
    """Return the JSON text of the entry's facts that stands before and after the object's number.

    The ledger's posting function (`factors.engines`) seals its entries in the database with them: number, hash before
    and sequence are known only there.
    """
    head = head_of(entry.at, entry.kind, entry.by_id, entry.by_name, entry.ip, entry.target_type)
    return head, tail_of(entry.target_text, detail_of(entry.detail))


def head_of(at, kind, by_id, by_name, ip, target_type) -> str:
    """Return the first of the `pieces`. All entries that one call writes about one kind of object have it in common."""
    at = at.astimezone(UTC).isoformat(timespec="microseconds")
    facts = (at, kind, by_id, by_name, ip, target_type)
    return ",".join("null" if fact is None else str(fact) if type(fact) is int else _json(fact) for fact in facts)


def detail_of(detail: dict) -> str:
    """Return a detail as the JSON text that is hashed; it can also be what is stored."""
    return _json(detail)


def tail_of(target_text: str, detail: str) -> str:
    """Return the second of the `pieces`; `detail` from `detail_of`."""
    return f"{_json(target_text)},{detail}"


def sealed(sequence: int, head: str, target_id: str, tail: str, prev_hash: str) -> str:
    """Return the sha256 of the text that the pieces make, as 64 hexadecimal digits."""
    return hashlib.sha256(f'[{sequence},{head},{_json(target_id)},{tail},"{prev_hash}"]'.encode()).hexdigest()


def digest(entry: AuditEntry) -> str:
    """Return the sha256 of the entry's facts and of the hash before it, as 64 hexadecimal digits."""
    head, tail = pieces(entry)
    return sealed(entry.sequence, head, entry.target_id, tail, entry.prev_hash)


_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def verify() -> tuple[int, Fault | None]:
    """Walk the whole chain. Return the number of entries and the first fault, None when every link holds.

    Finds changed, removed, inserted and cut-off entries. One query per 2,000 entries, plus one.
    """
    count, before = 0, GENESIS
    for entry in AuditEntry.objects.order_by("sequence").iterator(chunk_size=2000):
        count += 1
        if entry.sequence != count:
            return count, Fault(count, "missing")
        if entry.prev_hash != before:
            return count, Fault(entry.sequence, "broken link")
        if entry.hash != digest(entry):
            return count, Fault(entry.sequence, "changed")
        before = entry.hash
    head = AuditHead.objects.filter(pk=1).first()
    if (head.sequence if head else 0) != count or (head.hash if head else GENESIS) != before:
        return count, Fault(count + 1, "cut off")
    return count, None
