"""Reconciling (对账): one account with its journal, for the button on its book; what is derived beside the ledger, for
`manage.py verify`. Reads only.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Count, F, Q, Sum

from factors import invariants, pools
from factors.invariants import CHUNK, Fault
from factors.models import Account, Demand, Reservation, Transfer

TOTALS = ("debits_posted", "credits_posted", "debits_pending", "credits_pending")


@dataclass
class Reconciled:
    """What an account has by its row and by its journal; `faults` name what does not agree, empty when all does.

    `stored` and `counted` are debits and credits posted, debits and credits pending, in smallest units. `lowest` is the
    least that was available after any entry. `last` is the latest entry, None for an account without any.
    """

    account: Account
    stored: tuple[int, int, int, int]
    counted: tuple[int, int, int, int]
    entries: int = 0
    transfers: int = 0
    lowest: int = 0
    last: object = None
    faults: list[Fault] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether the row is what the journal says, at the end and at every step."""
        return not self.faults


def reconcile(account: Account) -> Reconciled:
    """Play an account's journal again and compare, within one snapshot. Four queries; one pass over its transfers.

    Also: that each reservation which the row counts is open, and each open one is counted.
    """
    with invariants.snapshot():
        account = Account.objects.select_related("book__kind", "book__source").get(pk=account.pk)
        rows = (
            Transfer.objects.filter(Q(debit=account) | Q(credit=account))
            .select_related("posting", "resolves")
            .order_by("posting_id", "line")
        )
        result = Reconciled(account, tuple(getattr(account, name) for name in TOTALS), (0, 0, 0, 0))
        for row in rows.iterator(chunk_size=CHUNK):
            _play(result, row)
        _compare(result)
    return result


def _play(result: Reconciled, row: Transfer) -> None:
    account = result.account
    gives = row.debit_id == account.pk
    totals = list(result.counted)
    if row.phase in ("posted", "post"):
        totals[0 if gives else 1] += row.amount
    if row.phase == "pending":
        totals[2 if gives else 3] += row.amount
    elif row.resolves is not None:
        totals[2 if gives else 3] -= row.resolves.amount
    result.counted = tuple(totals)
    result.transfers += 1
    if result.last is None or result.last.pk != row.posting_id:
        result.entries += 1
        if result.last is not None and result.last.occurred_on > row.posting.occurred_on:
            result.faults.append(Fault("I3", f"transfer {row.pk}", "is dated before the entry before it"))
        result.last = row.posting
    left = totals[1] - totals[0] - totals[2]
    result.lowest = min(result.lowest, left)
    if left < 0 and not account.may_overdraw:
        result.faults.append(Fault("I3", f"transfer {row.pk}", f"{left} were left after it"))


def _compare(result: Reconciled) -> None:
    account, name = result.account, f"account {result.account.pk}"
    if result.stored != result.counted:
        result.faults.append(Fault("I4", name, f"stored {list(result.stored)}, journal {list(result.counted)}"))
    day = result.last.occurred_on if result.last else None
    if account.last_on != day:
        result.faults.append(Fault("I4", name, f"latest entry on {account.last_on}, journal {day}"))
    held = Reservation.objects.filter(resolved_by=None).aggregate(
        given=Sum("amount", filter=Q(pool=account)), coming=Sum("amount", filter=Q(holding=account))
    )
    open_now = (int(held["given"] or 0), int(held["coming"] or 0))
    if open_now != (account.debits_pending, account.credits_pending):
        pending = [account.debits_pending, account.credits_pending]
        result.faults.append(Fault("I7", name, f"pending {pending}, open reservations {list(open_now)}"))


# --- what is derived beside the ledger -----------------------------------------------------------------------------


def derived() -> Iterator[Fault]:
    """Yield demands whose pool or account is not theirs, accounts that are not what their role says. A query for each
    book and period with demands, and three.
    """
    yield from _demands()
    issuer = Q(role=Account.Role.ISSUER)
    for account in Account.objects.filter(Q(issuer, may_overdraw=False) | Q(~issuer, may_overdraw=True)).order_by("pk"):
        yield Fault("account", f"account {account.pk}", "may overdraw, or may not, against its role")
    for role, tier in Account.TIERS.items():
        for account in Account.objects.filter(role=role).exclude(tier=tier):
            yield Fault("account", f"account {account.pk}", f"tier: stored {account.tier}, derived {tier}")
    shared = Account.objects.exclude(project=None).filter(role="holding").values("project", "book", "period")
    for row in shared.annotate(count=Count("pk")).filter(count__gt=1).order_by():
        yield Fault("account", f"project {row['project']}", f"several accounts in book {row['book']} {row['period']}")


def _demands() -> Iterator[Fault]:
    foreign = Demand.objects.exclude(holding=None).exclude(
        holding__book=F("book"), holding__period=F("period"), holding__project=F("project")
    )
    for demand in foreign.order_by("pk"):
        yield Fault("demand", f"demand {demand.pk}", f"holding: {demand.holding_id} is another's account")
    for demand, pool in pools.assignments(Demand.objects.all()):
        if demand.pool_id != (pool and pool.pk):
            what = f"pool: stored {demand.pool_id}, derived {pool and pool.pk}"
            yield Fault("demand", f"demand {demand.pk}", what)
