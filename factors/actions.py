"""Vouchers on their way: drafted by a maker, passed or refused by a checker who is somebody else.

A draft occupies nothing. Only the checker's pass posts it, after a second check against the accounts as they are then
(a factor may free its reservations from the checker). A refusal by the ledger leaves the voucher where it was.
Each function is one transaction. Missing rights raise `PermissionDenied`; steps that are not possible `Refused`; what
the ledger refuses `LedgerRefused`.
"""

import uuid
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from factors import building, effects, follow, ledger, pools, reservations, rights
from factors.building import LineDraft
from factors.effects import Effect, effect
from factors.models import Posting, Reservation, Voucher, VoucherAttachment, VoucherLine
from factors.refusals import Insufficient, LedgerRefused, Refused
from people import audit
from people.access import allows
from projects.uploads import Upload, attach, digest

__all__ = [
    "Effect",
    "LedgerRefused",
    "LineDraft",
    "Refused",
    "Upload",
    "cancel_voucher",
    "draft_voucher",
    "effect",
    "pass_voucher",
    "refuse_voucher",
    "submit_voucher",
]


LONGEST_DOCUMENT = 60
OPEN = (Voucher.Status.DRAFT, Voucher.Status.REFUSED)
"""What its maker may write anew."""


# --- drafts --------------------------------------------------------------------------------------------------------


@transaction.atomic
def draft_voucher(
    *,
    by,
    now: datetime,
    kind: str,
    lines=(),
    document_no: str = "",
    summary: str = "",
    reason: str = "",
    reverses: Posting | None = None,
    voucher: Voucher | None = None,
    seen_available: int | None = None,
    seen_at: datetime | None = None,
    files=(),
    key: uuid.UUID | None = None,
) -> Voucher:
    """Write a draft, or write `voucher` (a draft of one's own, or one that was refused) anew. It may be incomplete.

    A form that is sent twice with one `key` makes one voucher; what is submitted meanwhile comes back as it is.

    `lines` are `LineDraft`s; what follows from a demand or a reservation is filled in. `seen_available` and `seen_at`
    are what the maker's screen said. `files` are `Upload`s, added to those that are there.

    :raises PermissionDenied: the person does not keep the accounts that give.
    :raises Refused: no such kind, too long a document number, or an entry that can never be reversed.
    """
    if kind not in building.BY_HAND:
        raise Refused("unknown_kind", _("There is no such kind of voucher."), "kind")
    if len(document_no.strip()) > LONGEST_DOCUMENT:
        message = _("a document number has %(most)s characters at the most")
        raise Refused("document_no_long", message % {"most": LONGEST_DOCUMENT}, "document_no")
    lines = building.filled(kind, lines, today=local(now))
    _require_make(by, lines, reverses)
    if reverses is not None:
        building.check_reversible(reverses)
    known = Voucher.objects.filter(key=key).first() if key and voucher is None else None
    if known is not None and known.maker_id == by.pk and known.status not in OPEN:
        return known
    voucher = voucher or known
    voucher = Voucher(maker=by, made_at=now, key=key or uuid.uuid4()) if voucher is None else _own(by, voucher)
    voucher.kind, voucher.status, voucher.reverses = kind, Voucher.Status.DRAFT, reverses
    voucher.document_no, voucher.summary, voucher.reason = document_no.strip(), summary.strip(), reason.strip()
    voucher.checker = voucher.checked_at = voucher.submitted_at = voucher.asked_checker = None
    voucher.seen_available, voucher.seen_at = seen_available, seen_at
    voucher.save()
    voucher.lines.all().delete()
    VoucherLine.objects.bulk_create(
        VoucherLine(
            voucher=voucher,
            line=number,
            debit=line.debit,
            credit=line.credit,
            amount=line.amount or None,
            reservation=line.reservation,
            demand=line.demand,
            expires_on=line.expires_on,
            stock=line.stock,
        )
        for number, line in enumerate(lines, start=1)
    )
    for upload in files:
        _attach(voucher, upload)
    return voucher


def _require_make(by, lines, reverses) -> None:
    pairs = [(line.debit, line.credit) for line in lines if line.debit is not None and line.credit is not None]
    if reverses is not None:
        pairs = rights.pairs_of(Voucher(reverses=reverses))
    if not allows(by, "factor.make"):
        raise PermissionDenied("factor.make")
    rights.require_make(by, pairs)


def _own(by, voucher: Voucher) -> Voucher:
    row = _locked(voucher)
    if row.maker_id != by.pk:
        raise PermissionDenied("factor.make")
    if row.status not in OPEN:
        raise Refused("not_a_draft", _("The voucher is submitted or settled already."))
    return row


def _attach(voucher: Voucher, upload: Upload) -> VoucherAttachment:
    """Keep a file with its voucher; the same file twice is kept once."""
    sha256 = digest(upload.content)
    known = voucher.attachments.filter(sha256=sha256).first()
    return known or attach(VoucherAttachment(voucher=voucher), upload, sha256)


@transaction.atomic
def cancel_voucher(*, by, voucher: Voucher, now: datetime) -> Voucher:
    """Withdraw a voucher of one's own that is not posted. It stays in the list, withdrawn."""
    row = _locked(voucher)
    if row.maker_id != by.pk:
        raise PermissionDenied("factor.make")
    if row.status in (Voucher.Status.POSTED, Voucher.Status.CANCELLED):
        raise Refused("settled", _("The voucher is settled already."))
    row.status = Voucher.Status.CANCELLED
    row.save(update_fields=["status"])
    follow.withdrawn(row)
    audit.record("ledger.voucher", by=by, target=row, now=now, after=row.status)
    return row


# --- submission ----------------------------------------------------------------------------------------------------


def submit_voucher(*, by, voucher: Voucher, now: datetime, asked_checker=None, ip: str | None = None) -> Voucher:
    """Ask for the check: the voucher then waits, or is posted at once where reservations of the factor are free.

    Everything is checked as if it were posted now; a refusal leaves the draft as it is. One that is submitted already
    comes back as it is.

    :raises Refused: something is missing, or the checker asked may not check this voucher.
    :raises LedgerRefused: the accounts do not allow it.
    """
    return _with_expired_swept(lambda: _submit(by, voucher, now, asked_checker, ip), now)


@transaction.atomic
@ledger.audited_last()
def _submit(by, voucher, now, asked_checker, ip) -> Voucher:
    row = _locked(voucher)
    if row.maker_id == by.pk and row.status in (Voucher.Status.SUBMITTED, Voucher.Status.POSTED):
        return row
    row = _own(by, row)
    if row.status == Voucher.Status.REFUSED:
        raise Refused("refused_before", _("The checker refused this voucher: write it anew first."))
    lines = building.lines_of(row)
    _require_make(by, lines, row.reverses)
    if asked_checker is not None and not rights.may_check(asked_checker, row):
        raise Refused("checker", _("The checker must be somebody else who may check these accounts."), "asked_checker")
    _check(row, lines)
    row.submitted_at = now
    if _is_free(row, lines):
        _post(row, lines, now=now, by=by, checker=None, ip=ip)
        return row
    effects.require_possible(_entries(row, lines, now), today=local(now))
    if row.kind == Posting.Kind.RESERVE:
        effects.require_wanted(lines)
    row.status, row.asked_checker = Voucher.Status.SUBMITTED, asked_checker
    row.save(update_fields=["status", "asked_checker", "submitted_at"])
    follow.submitted(row)
    audit.record("ledger.voucher", by=by, target=row, now=now, after=row.status)
    return row


def _check(voucher: Voucher, lines) -> None:
    building.check_paper(voucher.kind, voucher.document_no, voucher.reason)
    if voucher.kind == Posting.Kind.RESERVE:
        building.check_substitution(lines, voucher.reason)


def _is_free(voucher: Voucher, lines) -> bool:
    """Say whether the city freed these reservations from the checker. One that passes over a source never is."""
    return (
        voucher.kind == Posting.Kind.RESERVE
        and bool(lines)
        and all(line.debit is not None and line.debit.book.kind.free_reservations for line in lines)
        and building.substitution(lines) is None
    )


# --- the check -----------------------------------------------------------------------------------------------------


def pass_voucher(*, by, voucher: Voucher, now: datetime, note: str = "", ip: str | None = None) -> list[Posting]:
    """Pass a voucher: it is posted at once, all its lines or none, and its entries are returned.

    Passing one that is posted already returns its entries again. When too little is left, reservations that have run
    out are taken back first.

    :raises PermissionDenied: the person is its maker, or does not keep the accounts that receive.
    :raises Refused: it does not wait for a check.  :raises LedgerRefused: it still waits, nothing was posted.
    """
    return _with_expired_swept(lambda: _pass(by, voucher, now, note, ip), now)


@transaction.atomic
@ledger.audited_last()
def _pass(by, voucher, now, note, ip) -> list[Posting]:
    row = _locked(voucher)
    rights.require_check(by, row)
    if row.status == Voucher.Status.POSTED:
        return list(row.postings.order_by("pk"))
    _require_waiting(row)
    lines = building.lines_of(row)
    _check(row, lines)
    row.check_note = note.strip()
    return _post(row, lines, now=now, by=by, checker=by, ip=ip)


@transaction.atomic
def refuse_voucher(*, by, voucher: Voucher, now: datetime, reason: str) -> Voucher:
    """Refuse a voucher with the reason. Its maker may write it anew."""
    row = _locked(voucher)
    rights.require_check(by, row)
    _require_waiting(row)
    if not reason.strip():
        raise Refused("no_reason", _("Give the reason."), "reason")
    row.status, row.checker, row.checked_at, row.check_note = Voucher.Status.REFUSED, by, now, reason.strip()
    row.save(update_fields=["status", "checker", "checked_at", "check_note"])
    follow.refused(row)
    audit.record("ledger.voucher", by=by, target=row, now=now, after=row.status, note=reason.strip())
    return row


def _require_waiting(row: Voucher) -> None:
    if row.status != Voucher.Status.SUBMITTED:
        message = _("The voucher does not wait for a check: %(status)s.")
        raise Refused("not_waiting", message % {"status": row.get_status_display()})


def _post(row: Voucher, lines, *, now, by, checker, ip) -> list[Posting]:
    """Post the voucher's entries and everything that goes with them."""
    named = [line.reservation_id for line in lines if line.reservation_id is not None]
    if (
        row.kind == Posting.Kind.RENEW
    ):  # nothing moves, so the ledger takes no lock: two renewals, a renewal and a release
        list(Reservation.objects.select_for_update().filter(pk__in=named).order_by("pk"))
        lines = building.lines_of(row)
    if row.kind == Posting.Kind.RESERVE:
        building.align_caps(lines)
    entries = _entries(row, lines, now, checker)
    with pools.reopening(entries, by=by, now=now):
        posted = ledger.post(entries, now=now, by=by, ip=ip)
    if row.kind == Posting.Kind.RESERVE:  # now that the accounts are locked: two vouchers may each have been within it
        effects.require_within_need(row.kind, effects.needs_met(lines))
        effects.require_wanted(lines)
    row.status, row.checker, row.checked_at = Voucher.Status.POSTED, checker, now if checker else None
    row.save(update_fields=["status", "checker", "checked_at", "check_note", "submitted_at"])
    made = Posting.objects.in_bulk([p.id for p in posted])
    postings = [made[p.id] for p in posted]
    follow.posted(row, lines, postings)
    return postings


def _entries(row: Voucher, lines, now, checker=None):
    return building.build(
        row.kind,
        lines,
        key=f"voucher:{row.key}",
        today=local(now),
        reverses=row.reverses,
        document_no=row.document_no,
        summary=row.summary,
        maker=row.maker_id,
        checker=checker and checker.pk,
        voucher=row.pk,
    )


def _locked(voucher: Voucher) -> Voucher:
    return Voucher.objects.select_for_update().get(pk=voucher.pk)


def _with_expired_swept(step, now):
    """Do the step; when too little is left, take back what has expired there and try once more."""
    try:
        return step()
    except Insufficient as refused:
        if not reservations.sweep(now, account=refused.facts["account"]):
            raise
        return step()


def local(now: datetime):
    """Return the house's day of an instant."""
    return timezone.localtime(now).date()
