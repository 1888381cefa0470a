"""What changed since last week: freed, newly blocked, decided, turned red, and pools that moved. Facts, never guesses.

From block episodes of the ledger, from decisions recorded, from the instants at which lights turned, and from the
journal. A project is told once for each thing that happened to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.db.models import Case, DateField, F, Q, Sum, Value, When

from approvals.models import Stage
from approvals.states import PASSED
from approvals.timeline_layout import stage_no
from cockpit.figures import OVERDUE
from cockpit.gauges import Gauge
from cockpit.scope import Scope
from factors.models import BlockEpisode, Transfer
from people.models import Department

FREED, DECIDED, BLOCKED, RED, POOL = "freed", "decided", "blocked", "red", "pool"
ORDER = (FREED, DECIDED, BLOCKED, RED, POOL)


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


@dataclass(frozen=True)
class Week:
    """The first rows, and how many there are of each kind; `total` of all."""

    rows: list[Change]
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """How many things happened."""
        return sum(self.counts.values())


def changes(scope: Scope, since: datetime, now: datetime, gauges: Iterable[Gauge] = (), most=7, only="") -> Week:
    """Return what happened in (since, now]: freed first, then new, then red; the latest first in each.

    `most` rows are read, of the kind `only` if one is given; all are counted. Ten queries at the most.
    """
    kinds = {FREED: _freed, DECIDED: _decided, BLOCKED: _blocked, RED: _red}
    rows, counts = [], {}
    for what, read in kinds.items():
        number, told = read(scope, since, now, most - len(rows) if only in ("", what) else 0)
        counts[what] = number
        rows += told
    pools = _pools(list(gauges), since)
    counts[POOL] = len(pools)
    return Week(rows + (pools[: most - len(rows)] if only in ("", POOL) else []), counts)


def _episodes(scope, what, rows, most):
    """Return how many demands turned, and the first: a demand that turned twice in the week is told once."""
    rows = scope.within(rows, "demand__project")
    number = rows.order_by().values("demand").distinct().count()
    found, told = [], set()
    # The newest by id alone: joined first, every episode of the week is joined and sorted with all its columns.
    first = list(rows.order_by("-pk").values_list("pk", flat=True)[: 3 * most]) if number and most > 0 else []
    joined = BlockEpisode.objects.select_related("demand__project", "demand__book__kind", "demand__book__source")
    for row in joined.filter(pk__in=first).order_by("-pk") if first else ():
        if row.demand_id not in told and len(found) < most:
            told.add(row.demand_id)
            project, at = row.demand.project, row.closed_at or row.opened_at
            amount = row.gap if row.closed_at else row.demand.gap
            wan = project.investment_wan
            found.append(Change(what, at, project.code, project.name, wan, of=row.demand.book, amount=amount))
    return number, found


def _freed(scope, since, now, most):
    rows = BlockEpisode.objects.filter(closed_at__gt=since, demand__blocked=False)
    return _episodes(scope, FREED, rows, most)


def _blocked(scope, since, now, most):
    return _episodes(scope, BLOCKED, BlockEpisode.objects.filter(opened_at__gt=since, closed_at__isnull=True), most)


def _decided(scope, since, now, most):
    """Stages that passed in the week after their limit was over. Found department by department, as the index goes."""
    departments = list(Department.objects.values_list("pk", flat=True))
    passed = Stage.objects.filter(department__in=departments, closed_at__gt=since, state__in=PASSED)
    late = scope.within(passed, "chain__project").filter(due_on__lt=_local_day("closed_at", since, now)).order_by()
    number = late.count()
    rows = _rows(late, ("-closed_at", "-pk"), "closed_at", most) if number else ()
    return number, [
        Change(DECIDED, at, project, title, wan, stage=f"{stage_no(code)} {name}")
        for at, _pk, code, name, project, title, wan in rows
    ]


def _local_day(column: str, since: datetime, now: datetime) -> Case:
    """Return the local day of an instant in (since, now] as an expression, told by the midnights of those days.

    To ask it of the database's own function for days, every row would be handed to Python on SQLite.
    """
    days = [now.date() - timedelta(days=back) for back in range((now.date() - since.date()).days + 1)]
    midnights = [datetime.combine(day, time(), tzinfo=now.tzinfo) for day in days]
    known = zip(days[:-1], midnights[:-1], strict=True)
    return Case(
        *(When(**{f"{column}__gte": midnight}, then=Value(day)) for day, midnight in known),
        default=Value(days[-1]),
        output_field=DateField(),
    )


def _red(scope, since, now, most):
    """Stages whose limit ran out in the week and that still run. All of it stands in an index by light."""
    turned = Q(red_from__gt=since, red_from__lte=now) | Q(
        red_from__isnull=True, statutory_red_from__gt=since, statutory_red_from__lte=now
    )
    stages = Stage.objects.filter(turned, accepted_at__isnull=False, closed_at__isnull=True, light__in=OVERDUE)
    stages = scope.within(stages, "chain__project")
    number = stages.count()
    rows = _rows(stages, ("-red_from", "pk"), "red_from", most) if number else ()
    return number, [
        Change(RED, at, project, title, wan, stage=f"{stage_no(code)} {name}")
        for at, _pk, code, name, project, title, wan in rows
    ]


def _rows(stages, order, at: str, most: int):
    """Return (instant, stage, its code and name, project's code, name and investment) of the first stages."""
    columns = (
        at,
        "pk",
        "code",
        "name",
        "chain__project__code",
        "chain__project__name",
        "chain__project__investment_wan",
    )
    return stages.order_by(*order).values_list(*columns)[: max(most, 0)]


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
