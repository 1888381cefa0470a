"""What projects need: registering, changing and giving up demands, and declaring that nothing is needed.

Order of locks: pool, demand, project and tallies, audit log (`factors.ledger`). The pool is locked before its available
amount is compared, so that a reservation at the same moment is seen, or sees the demand.
"""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from factors import blocks, pools, quantity, requests, rights
from factors.models import Account, BlockEpisode, Book, Demand, FactorKind, NoNeed, QuotaRequest
from factors.refusals import Refused
from people import access, audit
from people.access import allows
from projects.models import Project

CAUSE = BlockEpisode.Cause


def may_register(user, project: Project) -> bool:
    """Say whether the person may say what a project needs: who manages it, and any factor officer who sees it.

    Two queries at the most.
    """
    return _manages(user, project) or (
        allows(user, "factor.make") and access.visible_to(Project.objects.filter(pk=project.pk), user).exists()
    )


def _manages(user, project) -> bool:
    if not allows(user, "factor.demand"):
        return False
    if allows(user, "project.edit"):
        return access.may_manage(user, project)
    return access.manageable_by(Demand.objects.filter(project=project), user).exists()


def _require(user, project: Project, kinds) -> None:
    """Raise PermissionDenied unless the person manages the project, or keeps one of the factors or its pools."""
    if _manages(user, project):
        return
    kept = allows(user, "factor.make") and any(
        rights.keeps(user, account)
        for kind in kinds
        for account in (
            Account(book=Book(kind=kind)),
            *Account.objects.filter(role="pool", book__kind=kind).select_related("book__kind"),
        )
    )
    if not kept:
        raise PermissionDenied("factor.demand")


@transaction.atomic
def register(
    *,
    by,
    now: datetime,
    project: Project,
    book: Book,
    period: str,
    amount: int,
    gate: str = "",
    needed_by: date | None = None,
    note: str = "",
    substitution_reason: str = "",
) -> Demand:
    """Register what a project needs of a book and period (`amount` in smallest units), and judge it at once.

    The nearest pool serves it. A demand that was given up begins anew. Some fifteen queries.

    :raises PermissionDenied: without the right.  :raises Refused: nothing asked, a total cap, asked before, a cancelled
        project, or a source that comes after another one which has balance, without the reason.
    """
    _require(by, project, [book.kind])
    if book.source.is_cap:
        raise Refused("cap", _("A total cap counts what its sources use; register the source."), "book")
    if project.status == Project.Status.CANCELLED:
        raise Refused("cancelled", _("The project is cancelled and needs nothing: change its status first."))
    if amount <= 0:
        raise Refused("nothing", _("Enter an amount above zero; where nothing is needed, declare that."), "amount")
    holding = pools.holding_for(project=project, book=book, period=period)
    pool, holding, preferred = _serving(project, holding, substitution_reason)
    facts = {
        "amount": amount,
        "gate": gate,
        "needed_by": needed_by,
        "note": note.strip(),
        "substitution_reason": substitution_reason.strip() if preferred else "",
        "registered_by": by,
        "registered_at": now,
        "pool": pool,
        "holding": holding,
        "closed_on": None,
        "closed_reason": "",
    }
    demand = Demand.objects.select_for_update().filter(project=project, book=book, period=period).first()
    if demand is not None and demand.closed_on is None:
        raise Refused(
            "registered", _("%(factor)s is registered already; change that demand.") % {"factor": book}, "book"
        )
    facts["secured"] = holding.secured
    demand, _made = Demand.objects.update_or_create(project=project, book=book, period=period, defaults=facts)
    if decides(demand, kinds_of(word_of(demand))):
        NoNeed.objects.filter(project=project, gate=word_of(demand), withdrawn_at=None).update(withdrawn_at=now)
    _judge(demand, by, now, CAUSE.REGISTERED, amount=amount)
    return demand


def _serving(project, holding, substitution_reason) -> tuple[Account | None, Account, Account | None]:
    """Return the pool that serves and the holding, both locked, and the pool that should be asked first, if any."""
    book, period = holding.book, holding.period
    pool = pools.nearest_pool(project, book, period)
    both = Account.objects.filter(pk__in=[holding.pk, *([pool.pk] if pool else [])]).order_by("tier", "pk")
    locked = {row.pk: row for row in both.select_for_update(of=("self",)).select_related("book__kind")}
    pool, holding = locked[pool.pk] if pool else None, locked[holding.pk]
    preferred = pools.preferred_left(project, book, period)
    if preferred is not None and not substitution_reason.strip():
        kind = preferred.book.kind
        raise Refused(
            "substitution",
            _("%(pool)s still has %(available)s: say why it cannot be used.")
            % {
                "pool": f"{preferred.book} · {preferred.name}",
                "available": quantity.show(preferred.available, kind.family, kind.unit, with_unit=True),
            },
            "substitution_reason",
        )
    return pool, holding, preferred


def _judge(demand, by, now, cause, **detail) -> None:
    blocks.turn(Demand.objects.filter(pk=demand.pk), now=now, cause=cause)
    audit.record("ledger.demand", by=by, target=demand, now=now, cause=str(cause), book=str(demand.book), **detail)
    demand.refresh_from_db()


def _locked(demand: Demand) -> Demand:
    """Return an open demand as it is now, its pool locked before it."""
    pool = Demand.objects.values_list("pool", flat=True).get(pk=demand.pk)
    if pool is not None:
        Account.objects.select_for_update().get(pk=pool)
    demand = Demand.objects.select_for_update(of=("self",)).select_related("book__kind", "project").get(pk=demand.pk)
    if demand.closed_on is not None:
        raise Refused("closed", _("This demand was given up on %(date)s.") % {"date": f"{demand.closed_on:%Y-%m-%d}"})
    return demand


@transaction.atomic
def change(
    *,
    by,
    now: datetime,
    demand: Demand,
    amount: int,
    reason: str,
    needed_by: date | None = None,
    note: str = "",
) -> Demand:
    """Change what is needed. The pool stays; less than what is secured is allowed, and says what may be given back.

    A request that waits in the queue asks for no more than is missing then.

    :raises PermissionDenied: without the right.  :raises Refused: no reason, no amount, the demand was given up, or
        more for a cancelled project.
    """
    _require(by, demand.project, [demand.book.kind])
    if amount <= 0:
        raise Refused(
            "nothing", _("Enter an amount above zero; where nothing is needed, give the demand up."), "amount"
        )
    if not reason.strip():
        raise Refused("no_reason", _("Say why the demand changes."), "reason")
    demand = _locked(demand)
    if demand.project.status == Project.Status.CANCELLED and amount > demand.secured:
        raise Refused("cancelled", _("The project is cancelled and needs nothing: change its status first."))
    was = demand.amount
    Demand.objects.filter(pk=demand.pk).update(amount=amount, needed_by=needed_by, note=note.strip())
    _judge(demand, by, now, CAUSE.CHANGED, was=was, amount=amount, reason=reason.strip())
    requests.follow(demand, by=by, now=now, reason=reason.strip())
    return demand


@transaction.atomic
def close(*, by, now: datetime, demand: Demand, reason: str) -> Demand:
    """Give a demand up, with a reason. What is reserved or confirmed goes back first.

    :raises PermissionDenied: without the right.  :raises Refused: no reason, or something is still secured for it.
    """
    _require(by, demand.project, [demand.book.kind])
    if not reason.strip():
        raise Refused("no_reason", _("Say why the demand is given up."), "reason")
    demand = _locked(demand)
    if demand.secured:
        kind = demand.book.kind
        raise Refused(
            "secured",
            _("%(amount)s are reserved or confirmed for it: release or return them first.")
            % {"amount": quantity.show(demand.secured, kind.family, kind.unit, with_unit=True)},
        )
    return _closed(demand, by, now, reason)


@transaction.atomic
def drop(*, by, now: datetime, demand: Demand, reason: str) -> Demand:
    """Give up what a demand still lacks: all of it, or with something confirmed the rest. Asks for no right.

    For what follows from the state of the project (`factors.cancelling`). Some ten queries.

    :raises Refused: the demand was given up already.
    """
    demand = _locked(demand)
    if not demand.secured:
        return _closed(demand, by, now, reason)
    if demand.gap > 0:
        was = demand.amount
        Demand.objects.filter(pk=demand.pk).update(amount=demand.secured)
        _judge(demand, by, now, CAUSE.CHANGED, was=was, amount=demand.secured, reason=reason)
        requests.follow(demand, by=by, now=now, reason=reason)
    return demand


def _closed(demand, by, now, reason) -> Demand:
    day = access_day(now)
    Demand.objects.filter(pk=demand.pk).update(closed_on=day, closed_reason=reason.strip()[:300])
    QuotaRequest.objects.filter(demand=demand, status=QuotaRequest.Status.WAITING).update(
        status=QuotaRequest.Status.WITHDRAWN, decided_by=by, decided_at=now, decision_reason=reason.strip()[:500]
    )
    _judge(demand, by, now, CAUSE.CLOSED, reason=reason.strip())
    return demand


def access_day(now: datetime) -> date:
    """Return the day of an aware instant in the city."""
    from django.utils import timezone

    return timezone.localtime(now).date()


@transaction.atomic
def declare_no_need(*, by, now: datetime, project: Project, gate: str, reason: str) -> NoNeed:
    """Say that a project needs nothing of a gate's factors, with the reason; the gate then lets it pass.

    :raises PermissionDenied: without the right.  :raises Refused: no reason, or a demand is registered.
    """
    kinds = list(kinds_of(gate))
    _require(by, project, kinds)
    if not kinds:
        raise Refused("no_kind", _("No factor is checked at this gate."), "gate")
    if not reason.strip():
        raise Refused("no_reason", _("Say why nothing is needed."), "reason")
    open_ones = Demand.objects.filter(project=project, closed_on=None).select_related("book__kind", "book__source")
    if any(serves(gate, demand) and decides(demand, kinds) for demand in open_ones):
        raise Refused("registered", _("A demand is registered for this gate; give it up first."), "gate")
    row, made = NoNeed.objects.get_or_create(
        project=project, gate=gate, withdrawn_at=None, defaults={"reason": reason.strip()[:300], "by": by, "at": now}
    )
    if not made:
        raise Refused("declared", _("This was declared already."), "gate")
    audit.record("ledger.demand", by=by, target=project, now=now, cause="no_need", gate=gate, reason=reason.strip())
    return row


@transaction.atomic
def withdraw_no_need(*, by, now: datetime, no_need: NoNeed) -> None:
    """Take a declaration of no need back: the gate asks again."""
    _require(by, no_need.project, kinds_of(no_need.gate))
    if NoNeed.objects.filter(pk=no_need.pk, withdrawn_at=None).update(withdrawn_at=now):
        audit.record(
            "ledger.demand", by=by, target=no_need.project, now=now, cause="no_need_withdrawn", gate=no_need.gate
        )


# --- gate words ----------------------------------------------------------------------------------------------------


def kinds_of(gate: str):
    """Return the factors in use that a gate word of a chain template asks for ("water:ground" → water)."""
    return FactorKind.objects.filter(gate=gate.partition(":")[0], active=True).exclude(gate="")


def word_of(demand: Demand) -> str:
    """Return the gate word of a demand: its own, or that of its factor."""
    return demand.gate or demand.book.kind.gate


def decides(demand: Demand, kinds) -> bool:
    """Say whether a demand is what a gate waits for, of the factors `kinds` that answer to its word. No query.

    Where some of them are hard, a demand of one that only warns (carbon beside energy) does not open the gate.
    """
    hard = {kind.pk for kind in kinds if kind.gate_mode == FactorKind.GateMode.HARD}
    return not hard or demand.book.kind_id in hard


def serves(gate: str, demand: Demand) -> bool:
    """Say whether a demand is asked for at a gate: "water" takes every source, "water:ground" the one. No query."""
    factor, colon, source = gate.partition(":")
    return word_of(demand).partition(":")[0] == factor and (not colon or demand.book.source.code == source)
