"""Blocked by quota: a demand whose gap is larger than what the pool that serves it has left (design.md §6).

`Demand.gap` is demand less secured; the pool's available amount is on its account. Whether a demand is blocked is
compared in SQL, and the answer is kept on the demand together with its episode, by the transaction that turned it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Greatest

from factors.models import BlockEpisode, Demand

AVAILABLE = F("pool__credits_posted") - F("pool__debits_posted") - F("pool__debits_pending")
SHOULD_BLOCK = Q(closed_on__isnull=True, gap__gt=0) & (Q(pool__isnull=True) | Q(gap__gt=AVAILABLE))
OPEN_EPISODE = BlockEpisode.objects.filter(demand=OuterRef("pk"), closed_at__isnull=True)

# Apps above register here in ready(): a function gets the ids of projects that turned blocked or free, and the instant,
# within the transaction that turned them.
after_flips: list[Callable[[set[int], datetime], None]] = []


def settle(accounts: Iterable[int], *, now: datetime, cause: str, posting_id: int | None = None) -> set[int]:
    """Open and close the episodes of all demands that the accounts concern; returns the projects that turned.

    Six queries and the hooks when something turns, two when nothing does.
    """
    accounts = list(accounts)
    return turn(
        Demand.objects.filter(Q(pool__in=accounts) | Q(holding__in=accounts)),
        now=now,
        cause=cause,
        posting_id=posting_id,
    )


def turn(demands, *, now: datetime, cause: str, posting_id: int | None = None) -> set[int]:
    """Open and close the episodes of some demands, where the rule says so; returns the projects that turned."""
    blocked = list(
        demands.filter(SHOULD_BLOCK, blocked=False)
        .annotate(pool_available=AVAILABLE)
        .order_by("pk")
        .only("pk", "project_id", "gap")
    )
    freed = list(demands.filter(~SHOULD_BLOCK, blocked=True).order_by("pk").values_list("pk", "project_id"))
    if not blocked and not freed:
        return set()
    Demand.objects.filter(pk__in=[demand.pk for demand in blocked]).update(blocked=True)
    Demand.objects.filter(pk__in=[pk for pk, _project in freed]).update(blocked=False)
    BlockEpisode.objects.bulk_create(
        BlockEpisode(
            demand_id=demand.pk,
            opened_at=now,
            opened_cause=cause,
            opened_by_id=posting_id,
            gap=demand.gap,
            available=demand.pool_available or 0,
        )
        for demand in blocked
    )
    # Who waited for a lock may bring an earlier instant than who opened the episode meanwhile.
    BlockEpisode.objects.filter(demand__in=[pk for pk, _project in freed], closed_at__isnull=True).update(
        closed_at=Greatest(Value(now), F("opened_at")), closed_cause=cause, closed_by_id=posting_id
    )
    projects = {demand.project_id for demand in blocked} | {project for _pk, project in freed}
    for hook in after_flips:
        hook(projects, now)
    return projects


@dataclass(frozen=True)
class Difference:
    """One column of one row that does not say what its facts say."""

    row: str
    column: str
    stored: object
    derived: object

    def __str__(self):
        return f"{self.row} {self.column}: stored {self.stored!r}, derived {self.derived!r}"


def differences() -> list[Difference]:
    """Return demands that are marked wrongly, or whose open episode is missing or left over. Two queries."""
    wrong = Demand.objects.filter(Q(SHOULD_BLOCK, blocked=False) | (~SHOULD_BLOCK & Q(blocked=True)))
    found = [
        Difference(str(demand), "blocked", demand.blocked, not demand.blocked)
        for demand in wrong.only("project_id", "book_id", "period", "blocked").order_by("pk")
    ]
    odd = Demand.objects.annotate(open=Exists(OPEN_EPISODE)).exclude(blocked=F("open")).order_by("pk")
    return found + [Difference(str(demand), "episode", demand.open, demand.blocked) for demand in odd]
