"""What changed since last week: freed, newly blocked, decided, turned red, and pools that moved. Facts, never guesses.

From block episodes of the ledger, from decisions recorded, from the instants at which lights turned, and from the
journal. A project is told once for each thing that happened to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import F, Q, Sum
from django.db.models.functions import TruncDate

from approvals.models import Stage, StageEvent
from approvals.timeline_layout import stage_no
from cockpit.figures import OVERDUE
from cockpit.gauges import Gauge
from cockpit.scope import Scope
from factors.models import BlockEpisode, Transfer

FREED, DECIDED, BLOCKED, RED, POOL = "freed", "decided", "blocked", "red", "pool"
ORDER = (FREED, DECIDED, BLOCKED, RED, POOL)
PASSES = ("pass", "pass_with_deferral")


@dataclass(frozen=True)
class Change:
    """One line. `what` is one of ORDER; `of` tells the unit of `amount` (was `before`, for a pool)."""

    what: str
    at: datetime | None
    code: str = ""
    project: str = ""
    wan: Decimal | None = None
    stage: str = ""
    of: object = None
    amount: int = 0
    before: int = 0
    pool: str = ""
    account: int | None = None


def changes(scope: Scope, since: datetime, now: datetime, gauges: Iterable[Gauge] = ()) -> list[Change]:
    """Return what happened in (since, now]: freed first, then new, then red; the latest first in each. Six queries."""
    found = [*_episodes(scope, since), *_decided(scope, since), *_red(scope, since, now)]
    found.sort(key=lambda change: (ORDER.index(change.what), -change.at.timestamp(), change.code))
    return found + _pools(list(gauges), since)


def _episodes(scope, since):
    rows = (
        scope.within(BlockEpisode.objects.all(), "demand__project")
        .filter(Q(closed_at__gt=since, demand__blocked=False) | Q(opened_at__gt=since, closed_at__isnull=True))
        .select_related("demand__project", "demand__book__kind", "demand__book__source")
        .only(
            *("opened_at", "closed_at", "gap", "demand__gap", "demand__blocked", "demand__amount"),
            *("demand__project__code", "demand__project__name", "demand__project__investment_wan"),
            *("demand__book__code", "demand__book__basis", "demand__book__kind", "demand__book__source"),
        )
        .order_by("-opened_at", "-pk")
    )
    told = set()
    for row in rows:
        what = FREED if row.closed_at else BLOCKED
        if (what, row.demand_id) in told:
            continue
        told.add((what, row.demand_id))
        project = row.demand.project
        yield Change(
            what,
            row.closed_at or row.opened_at,
            project.code,
            project.name,
            project.investment_wan,
            of=row.demand.book,
            amount=row.gap if row.closed_at else row.demand.gap,
        )


def _decided(scope, since):
    """Overdue stages that were decided: the event was recorded in the week, the limit was over by then."""
    events = StageEvent.objects.filter(
        recorded_at__gt=since, kind__in=PASSES, stage__closed_at__isnull=False, stage__due_on__isnull=False
    ).filter(stage__due_on__lt=TruncDate("stage__closed_at"))
    rows = scope.within(events, "stage__chain__project").order_by("-recorded_at", "-id")
    told = set()
    for at, stage, code, name, project, title, wan in rows.values_list(
        *("recorded_at", "stage", "stage__code", "stage__name", "stage__chain__project__code"),
        *("stage__chain__project__name", "stage__chain__project__investment_wan"),
    ):
        if stage not in told:
            told.add(stage)
            yield Change(DECIDED, at, project, title, wan, stage=f"{stage_no(code)} {name}")


def _red(scope, since, now):
    """Stages whose limit ran out in the week and that still run."""
    turned = Q(red_from__gt=since, red_from__lte=now) | Q(
        red_from__isnull=True, statutory_red_from__gt=since, statutory_red_from__lte=now
    )
    stages = Stage.objects.filter(turned, accepted_at__isnull=False, closed_at__isnull=True, light__in=OVERDUE)
    rows = scope.within(stages, "chain__project").order_by("-red_from", "pk")
    for red, statutory, code, name, project, title, wan in rows.values_list(
        *("red_from", "statutory_red_from", "code", "name", "chain__project__code", "chain__project__name"),
        "chain__project__investment_wan",
    ):
        yield Change(RED, red or statutory, project, title, wan, stage=f"{stage_no(code)} {name}")


def _pools(gauges: list[Gauge], since: datetime) -> list[Change]:
    """Return the pools whose available amount moved, the largest share first. Two queries."""
    by_pk = {gauge.account.pk: gauge for gauge in gauges}
    moved = dict.fromkeys(by_pk, 0)
    recent = Transfer.objects.filter(posting__recorded_at__gt=since).order_by()
    signs = {
        "debit": {"posted": (-1, 0), "pending": (-1, 0), "post": (-1, 1), "void": (0, 1), "expire": (0, 1)},
        "credit": {"posted": (1, 0), "post": (1, 0)},
    }
    for side, phases in signs.items():
        sums = recent.filter(**{f"{side}__in": list(by_pk)}, phase__in=phases).values_list(side, "phase")
        for pk, phase, amount, resolved in sums.annotate(amounts=Sum("amount"), resolved=Sum(F("resolves__amount"))):
            own, other = phases[phase]
            moved[pk] += own * (amount or 0) + other * (resolved or 0)
    found = [
        Change(POOL, None, of=gauge.book, amount=gauge.available, before=gauge.available - moved[pk],
               pool=gauge.account.name, account=pk)
        for pk, gauge in by_pk.items()
        if moved[pk]
    ]  # fmt: skip
    return sorted(found, key=lambda change: -abs(change.amount - change.before) / max(by_pk[change.account].granted, 1))
