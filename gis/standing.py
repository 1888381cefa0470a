"""Reading the boards of parks and what falls short: the one place that pages, the map and the leaders' page ask.

Every function reads a bounded number of statements however large the city is, and judges by `gis/readiness.py`.
Pass `today`; amounts are in the unit of the item.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, Sum, Value
from django.db.models.fields import DecimalField
from django.db.models.functions import Coalesce

from gis import readiness
from gis.models import Expansion, ParkUtility, UtilityDemand, UtilityItem
from people.access import visible_to
from people.prepared import Prepared
from projects.models import Park, Project

ZERO = Value(Decimal(0), output_field=DecimalField())


@dataclass(frozen=True)
class BoardRow:
    """One line of a park's board: the item, the stored row (None: never reported), what is judged of it."""

    item: UtilityItem
    row: ParkUtility | None
    status: str
    remaining: Decimal | None
    stale: bool
    age_days: int | None

    @property
    def label(self):
        """The status in words."""
        return ParkUtility.Status(self.status).label


@dataclass(frozen=True)
class Board:
    """How ready a park is: x/8, and the line of each item of the set in use."""

    completion: readiness.Completion
    rows: tuple[BoardRow, ...]

    @property
    def lacking(self) -> tuple[UtilityItem, ...]:
        """The items that are required and not in service."""
        return tuple(row.item for row in self.rows if row.item.code in self.completion.lacking)


def items_in_use() -> list[UtilityItem]:
    """Return the items of the set in use, in order. One query; empty until `manage.py utilities load` ran."""
    return list(UtilityItem.objects.filter(sets__in_use=True).select_related("department").order_by("position", "code"))


def boards(parks, today: date, items: list[UtilityItem] | None = None) -> dict[int, Board]:
    """Return the board of each park (rows, ids or a queryset) by its id. Two queries, one when `items` are given."""
    ids = [getattr(park, "pk", park) for park in parks]
    items = items_in_use() if items is None else items
    rows = ParkUtility.objects.filter(park__in=ids, item__in=[item.pk for item in items])
    stored = {(row.park_id, row.item_id): row for row in rows}
    return {pk: _board([(item, stored.get((pk, item.pk))) for item in items], today) for pk in ids}


def _board(pairs, today: date) -> Board:
    rows, lines = [], []
    for item, row in pairs:
        line = line_of(item, row)
        told = readiness.remaining(utility_of(item, row)) if row is not None else None
        age = readiness.age_days(line, today)
        stale = readiness.is_stale(line, today) and line.status != readiness.NOT_REQUIRED
        rows.append(BoardRow(item, row, line.status, told, stale, age))
        lines.append(line)
    return Board(readiness.completion(lines, today), tuple(rows))


def line_of(item: UtilityItem, row: ParkUtility | None) -> readiness.Line:
    """Return what counts of a stored row; an item that nobody reported has not been started."""
    if row is None:
        return readiness.Line(item.code)
    reported = row.reported_at.date() if row.reported_at else None
    return readiness.Line(item.code, row.status, reported, row.verified_on)


def utility_of(item: UtilityItem, row: ParkUtility | None) -> readiness.Utility:
    """Return the capacity of a stored row; nothing where nobody reported."""
    if row is None:
        return readiness.Utility(readiness.NOT_STARTED, measured=item.measured)
    return readiness.Utility(
        row.status, row.capacity, row.used, row.committed, row.in_service_on, row.planned_on, item.measured
    )


def lacking_counts(today: date, parks=None) -> dict[str, int]:
    """Return how many parks lack each item of the set in use, by its code, in order; all parks unless given.

    Three queries. Items that no park lacks stand with 0.
    """
    items = items_in_use()
    ids = Park.objects.values_list("pk", flat=True) if parks is None else parks
    found = Counter(code for board in boards(ids, today, items).values() for code in board.completion.lacking)
    return {item.code: found[item.code] for item in items}


@dataclass(frozen=True)
class Need:
    """A shortfall with the rows behind it: the demand with its project, the item, what it waits for."""

    gap: readiness.Shortfall
    demand: UtilityDemand
    item: UtilityItem
    utility: ParkUtility | None
    expansion: Expansion | None

    @property
    def project(self) -> Project:
        """The project that is short, with its enterprise."""
        return self.demand.project

    @property
    def park_id(self) -> int:
        """The park that falls short."""
        return self.demand.project.park_id

    @property
    def who(self) -> str:
        """Who can close the gap: who brings the expansion, else who paid for the utility, else who verifies it."""
        if self.expansion is not None and self.expansion.responsible:
            return self.expansion.responsible
        if self.utility is not None and self.utility.funder:
            return self.utility.funder
        return (self.item.department.short_name or self.item.department.name) if self.item.department else ""


def shortfalls(today: date, *, parks=None, projects=None, user=None) -> list[Need]:
    """Return what utilities cannot serve in time, worst first (no date, then the longest wait).

    Narrowed to `parks` (ids), then told of `projects` (ids or a queryset) and of what `user` may see only: the
    demands of others still stand in the queue, so everybody sees the same figures. Seven queries, whatever the size,
    and one where no demand is open; rows are made for what falls short only.
    """
    if not _any_demand():  # joined with projects, a database may walk through a whole city to find none
        return []
    queue = _open_demands()
    if parks is not None:
        queue = queue.filter(project__park__in=list(parks))
    if projects is not None:
        projects = projects.order_by() if hasattr(projects, "query") else Project.objects.filter(pk__in=list(projects))
        # All that compete with them: the demands of the same parks.
        queue = queue.filter(project__park__in=projects.filter(park__isnull=False).values("park"))
    items, utilities, queues = _queues(queue.order_by())
    gaps: dict[int, tuple] = {}
    for (park, item), waiting in queues.items():
        utility = utilities.get((park, item))
        expansions = {row.pk: row for row in utility.expansions.all()} if utility is not None else {}
        for gap in _gaps(items[item], utility, expansions.values(), waiting, today):
            gaps[gap.demand] = (gap, utility, expansions.get(gap.waits_for))
    if not gaps:
        return []
    rows = UtilityDemand.objects.filter(pk__in=list(gaps))
    if projects is not None:
        rows = rows.filter(project__in=projects.values("pk"))
    if user is not None:
        rows = rows.filter(project__in=visible_to(Project.objects.all(), user).order_by().values("pk"))
    found = []
    for row in rows.select_related("project__enterprise", "project__park").defer(*NOT_SHOWN):
        gap, utility, expansion = gaps[row.pk]
        row.item = items[row.item_id]
        found.append(Need(gap, row, row.item, utility, expansion))
    return sorted(found, key=lambda need: need.gap.rank)


NOT_SHOWN = (
    *("project__search_text", "project__content", "project__current_stages", "project__light_reason"),
    *("project__park__boundary", "project__park__search_text", "project__enterprise__search_text"),
)
"""Long columns that nobody who lists needs reads."""


def _queues(demands) -> tuple[dict, dict, dict[tuple[int, int], list[readiness.Demand]]]:
    """Return all items, the utilities and the queues, by (park, item), in which anything can fall short. Five queries.

    Most queues are served from what is there today: the database adds those up, and their demands are not read.
    """
    sums = demands.values_list("project__park", "item").annotate(
        total=Sum("amount"), signed_for=Coalesce(Sum("amount", filter=Q(signed=True)), ZERO)
    )
    sums = {(park, item): amounts for park, item, *amounts in sums}
    if not sums:
        return {}, {}, {}
    items = {item.pk: item for item in UtilityItem.objects.select_related("department")}
    utilities = _utilities({park for park, _item in sums})
    tight = {
        (park, item)
        for (park, item), amounts in sums.items()
        if not readiness.serves_all(utility_of(items[item], utilities.get((park, item))), *amounts)
    }
    queues: dict[tuple[int, int], list[readiness.Demand]] = defaultdict(list)
    columns = ("project__park", "item", "pk", "project", "amount", "needed_on", "signed")
    rows = demands.filter(project__park__in={park for park, _ in tight}, item__in={item for _, item in tight})
    for park, item, *facts in rows.values_list(*columns) if tight else ():
        if (park, item) in tight:
            queues[park, item].append(readiness.Demand(*facts))
    return items, utilities, queues


_any_demand = Prepared(lambda: UtilityDemand.objects.filter(closed_on__isnull=True).order_by().values_list("pk")[:1])


def _open_demands():
    """Return the demands that stand in the queue of a park: open ones, of projects that were not cancelled."""
    rows = UtilityDemand.objects.filter(closed_on__isnull=True, project__park__isnull=False)
    return rows.exclude(project__status=Project.Status.CANCELLED)


def _utilities(parks) -> dict[tuple[int, int], ParkUtility]:
    """Return the boards' rows of parks by (park, item), with their expansions. Two queries."""
    rows = ParkUtility.objects.filter(park__in=parks).prefetch_related("expansions")
    return {(row.park_id, row.item_id): row for row in rows}


def _gaps(item, utility, expansions, waiting, today: date) -> list[readiness.Shortfall]:
    plans = [readiness.Expansion(e.pk, e.adds, e.planned_on, e.done_on is not None) for e in expansions]
    return readiness.allocate(utility_of(item, utility), plans, waiting, today, item.code)


def asked_for(park) -> dict[int, Decimal]:
    """Return the sum of open demands of a park's projects that are not signed for yet, by item id. One query."""
    sums: Counter = Counter()
    for item, amount in _open_demands().filter(project__park=park, signed=False).values_list("item", "amount"):
        sums[item] += amount
    return dict(sums)
