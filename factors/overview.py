"""The overview of all pools: what was granted, confirmed, reserved, is available, demanded and missing.

Rules of the figures: granted = confirmed + reserved + available, net of what went to other pools, with carry-over and
recovery; demanded = confirmed + reserved + gap; what a pool lacks net is max(0, gap − available), and a factor's is the
sum over its pools, because pools do not lend. Unlike things (two pollutants, two bases) are never added.

Everything is read in a fixed number of queries: rows of pools, grants (by the account that receives, so few rows),
demands grouped by pool. Amounts are whole smallest units of the book.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from django.db.models import Case, Count, F, Q, Sum, Value, When, Window
from django.db.models.functions import RowNumber

from factors.models import Account, BlockEpisode, Book, Demand, Posting, Transfer

SIDES = ("issuer", "pool", "cap", "recovered", "retired")
"""Roles of accounts that are not somebody's holding: what moves between them changes what is granted."""

ORIGIN = {
    "opening": "issued", "grant": "issued", "reduce": "issued", "expire_year": "issued", "reverse": "issued",
    "trade": "issued", "carry_over": "carried", "recover": "recovered", "absorb": "recovered", "earn": "recovered",
    "reallocate": "moved",
}  # fmt: skip
"""Where granted quota came from, by the kind of entry."""


@dataclass
class Figures:
    """The figures of a pool, or of several of one factor."""

    granted: int = 0
    confirmed: int = 0
    reserved: int = 0
    available: int = 0
    gap: int = 0
    net: int = 0
    blocked_gap: int = 0
    blocked: int = 0
    waiting: int = 0

    @property
    def demanded(self) -> int:
        """Confirmed, reserved and what is still missing."""
        return self.confirmed + self.reserved + self.gap

    @property
    def obtainable_gap(self) -> int:
        """What is missing although the pool could give it."""
        return self.gap - self.blocked_gap

    def add(self, other: "Figures") -> None:
        """Add the figures of another pool of the same factor."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class PoolRow:
    """A line of the overview. `account` is None for demands that no pool serves."""

    book: Book
    account: Account | None
    name: str
    figures: Figures
    origins: dict = field(default_factory=dict)
    demands: list = field(default_factory=list)

    @property
    def is_cap(self) -> bool:
        """A total cap counts what its pools already count; it is shown and never added."""
        return self.account is not None and self.account.role == Account.Role.CAP


@dataclass
class Section:
    """The pools of one factor under their total; or single pools of several factors, which have none."""

    kind: object
    label: str
    rows: list[PoolRow]
    total: Figures | None
    scale: dict = field(default_factory=dict)

    @property
    def blocked(self) -> int:
        """How many demands are blocked in this section."""
        return sum(row.figures.blocked for row in self.rows if not row.is_cap)


@dataclass(frozen=True)
class Filters:
    """What the overview is narrowed to. `as_of` None is now; `place` is "d:<district>" or "p:<park>"."""

    year: int
    group: str = ""
    basis: str = Book.Basis.CALORIFIC
    source: str = ""
    place: str = ""
    as_of: date | None = None
    only_blocked: bool = False

    @property
    def periods(self) -> tuple[str, ...]:
        """The year's accounts and those without a year."""
        return (str(self.year), "")

    @property
    def query(self) -> str:
        """The filters that change a total, for the address of what it is the sum of; the factor is added to them."""
        return self.query_of_years + ("&only=blocked" if self.only_blocked else "")

    @property
    def query_of_years(self) -> str:
        """Likewise for the panel of years, which always counts all pools."""
        chosen = {"basis": self.basis, "source": self.source, "place": self.place, "as_of": self.as_of or ""}
        return urlencode({name: value for name, value in chosen.items() if value})


def pools(filters: Filters, *, earlier: int = 0):
    """Return the pools and caps that the filters ask for; `earlier` more years back, for comparison."""
    periods = [str(filters.year - back) for back in range(earlier + 1)] + [""]
    rows = Account.objects.filter(
        Q(book__basis="") | Q(book__basis=filters.basis), role__in=["pool", "cap"], period__in=periods
    )
    if filters.group:
        rows = rows.filter(book__kind__group=filters.group)
    if filters.source:
        rows = rows.filter(book__source__code=filters.source)
    scheme, _colon, code = filters.place.partition(":")
    if scheme == "p":
        rows = rows.filter(park__code=code)
    elif scheme == "d":
        rows = rows.filter(Q(district__code=code) | Q(park__district__code=code))
    return rows.select_related("book__kind", "book__source", "park", "district", "department", "cap").order_by(
        "book__kind__position", "book__kind__code", "book__source__position", "tier", "code"
    )


def grants(accounts, as_of: date | None = None) -> dict[int, dict[str, int]]:
    """Return for each pool what came in by origin (`ORIGIN`), net of what went out the same way. Two queries.

    The entries are found by the account that receives, so the many reservations and confirmations are not touched.
    """
    books = {account.book_id for account in accounts}
    wanted = {account.pk for account in accounts}
    moves = Transfer.objects.filter(
        credit__in=Account.objects.filter(book__in=books, role__in=SIDES).values("pk"), phase=Transfer.Phase.POSTED
    )
    if as_of:
        moves = moves.filter(posting__occurred_on__lte=as_of)
    found = defaultdict(lambda: defaultdict(int))
    sums = moves.order_by().values_list("debit", "debit__role", "credit", "posting__kind").annotate(total=Sum("amount"))
    for debit, debit_role, credit, kind, total in sums:
        if debit_role == "used" or (debit_role == "holding" and kind == "reverse"):
            continue  # given back under a cap, or a confirmation taken back: never a grant
        if credit in wanted:
            found[credit][ORIGIN[kind]] += total
        if debit in wanted:
            found[debit][ORIGIN[kind]] -= total
    taken_back = Posting.objects.filter(reverses_id__gt=0, reverses__kind="recover").values("pk")
    again = Transfer.objects.filter(posting__in=taken_back, phase="posted", credit__role="holding", debit__in=wanted)
    if as_of:
        again = again.filter(posting__occurred_on__lte=as_of)
    for debit, total in again.order_by().values_list("debit").annotate(total=Sum("amount")):
        found[debit]["recovered"] -= total
    return found


def totals_at(accounts, as_of: date) -> dict[int, tuple[int, int]]:
    """Return (balance, reserved) of each account at the end of a day, from the journal. Two queries."""
    ids = [account.pk for account in accounts]
    found = defaultdict(lambda: [0, 0])
    held = Case(
        When(phase="pending", then=F("amount")),
        When(phase__in=["post", "void", "expire"], then=-F("resolves__amount")),
        default=Value(0),
    )
    posted = Case(When(phase__in=["posted", "post"], then=F("amount")), default=Value(0))
    for side, sign in (("debit", -1), ("credit", 1)):
        sums = (
            Transfer.objects.filter(**{f"{side}__in": ids}, posting__occurred_on__lte=as_of)
            .order_by()
            .values_list(side)
            .annotate(moved=Sum(posted), held=Sum(held))
        )
        for pk, moved, kept in sums:
            found[pk][0] += sign * moved
            if side == "debit":
                found[pk][1] += kept
    return {pk: tuple(pair) for pk, pair in found.items()}


def granting(side: str, origin: str) -> Q:
    """Return the condition for moves of a pool that `grants` adds up: of one origin, or all ("granted").

    `side` is where the pool stands in them. What a confirmation brought back when it was reversed is not among them.
    """
    kinds = Q(posting__kind__in=[kind for kind, name in ORIGIN.items() if origin in (name, "granted")])
    posted = Q(phase=Transfer.Phase.POSTED)
    if side == "credit":
        return posted & kinds & ~Q(debit__role="used") & ~Q(debit__role="holding", posting__kind="reverse")
    gone = kinds & Q(credit__role__in=SIDES)
    if origin in ("recovered", "granted"):
        gone |= Q(posting__reverses__kind="recover", credit__role="holding")
    return posted & gone


def missing(accounts, as_of: date | None = None) -> dict[int, tuple[int, int, int, int]]:
    """Return for each pool: gap, gap of blocked demands, blocked and obtainable demands. One query.

    On a past day only the blocked ones are known (their episodes); what was missing otherwise was not kept.
    """
    ids = [account.pk for account in accounts]
    if as_of:
        open_then = BlockEpisode.objects.filter(
            Q(closed_at__isnull=True) | Q(closed_at__date__gt=as_of), demand__pool__in=ids, opened_at__date__lte=as_of
        )
        rows = open_then.order_by().values_list("demand__pool").annotate(n=Count("demand", distinct=True))
        return {pool: (0, 0, number, 0) for pool, number in rows}
    rows = (
        Demand.objects.filter(pool__in=ids, closed_on__isnull=True, gap__gt=0)
        .order_by()
        .values_list("pool")
        .annotate(
            missing=Sum("gap"),
            stuck=Sum("gap", filter=Q(blocked=True)),
            blocked_count=Count("pk", filter=Q(blocked=True)),
            waiting=Count("pk", filter=Q(blocked=False)),
        )
    )
    return {pool: (gap, stuck or 0, blocked, waiting) for pool, gap, stuck, blocked, waiting in rows}


def figures(account: Account, origins: dict, lack: tuple, at: tuple | None = None) -> Figures:
    """Return the figures of a pool; `at` is (balance, reserved) on a past day instead of the account's own."""
    balance, reserved = at if at is not None else (account.balance, account.debits_pending)
    gap, stuck, blocked, waiting = lack
    granted = sum(origins.values())
    available = balance - reserved
    return Figures(
        granted, granted - balance, reserved, available, gap, max(0, gap - available), stuck, blocked, waiting
    )


def pool_name(account: Account, several_sources: bool) -> str:
    """Return the name of a pool among its siblings: the source too, where the factor has several and the name lacks it.

    What a source says of itself in brackets need not be repeated: 中水·河西 is a pool of 中水（再生水）.
    """
    source = account.book.source.name
    if not several_sources or not source or source.partition("（")[0] in account.name:
        return account.name
    return f"{source} · {account.name}"


def sections(filters: Filters) -> list[Section]:
    """Return the overview. Six queries, eight for a past day."""
    accounts = list(pools(filters))
    origin = grants(accounts, filters.as_of)
    lacks = missing(accounts, filters.as_of)
    past = totals_at(accounts, filters.as_of) if filters.as_of else None
    sources = defaultdict(set)
    for account in accounts:
        sources[account.book.kind_id].add(account.book.source_id)
    rows = [
        PoolRow(
            account.book,
            account,
            pool_name(account, len(sources[account.book.kind_id]) > 1),
            figures(
                account,
                origin[account.pk],
                lacks.get(account.pk, (0, 0, 0, 0)),
                None if past is None else past.get(account.pk, (0, 0)),
            ),
            dict(origin[account.pk]),
        )
        for account in accounts
    ]
    rows += _unserved(filters)
    if filters.only_blocked:
        rows = [row for row in rows if row.figures.blocked]
    return _grouped(rows)


def _unserved(filters: Filters) -> list[PoolRow]:
    """Return a row for each book of which demands exist that no pool serves."""
    if filters.as_of or filters.place:
        return []
    demands = Demand.objects.filter(
        Q(book__basis="") | Q(book__basis=filters.basis),
        pool__isnull=True, closed_on__isnull=True, gap__gt=0, period__in=filters.periods,
    )  # fmt: skip
    if filters.group:
        demands = demands.filter(book__kind__group=filters.group)
    if filters.source:
        demands = demands.filter(book__source__code=filters.source)
    found = {
        book: Figures(gap=gap, net=gap, blocked_gap=gap, blocked=number)
        for book, gap, number in demands.order_by().values_list("book").annotate(Sum("gap"), Count("pk"))
    }
    books = Book.objects.filter(pk__in=found).select_related("kind", "source") if found else []
    return [PoolRow(book, None, str(book.source), found[book.pk]) for book in books]


def _grouped(rows: list[PoolRow]) -> list[Section]:
    """Put rows under their factors. Factors with one pool each share a section of their group, without a total."""
    groups: dict[str, dict] = {}
    for row in sorted(rows, key=lambda row: (row.book.kind.position, row.book.kind.code)):
        groups.setdefault(row.book.kind.group, {}).setdefault(row.book.kind, []).append(row)
    made = []
    for kinds in groups.values():
        single = [kind for kind, pool_rows in kinds.items() if len(kinds) > 1 and len(pool_rows) == 1]
        for kind, pool_rows in kinds.items():
            if kind in single:
                continue
            total = Figures()
            for row in pool_rows:
                if not row.is_cap:
                    total.add(row.figures)
            made.append(Section(kind, kind.name, pool_rows, total, {kind.pk: _scale(pool_rows)}))
        if single:
            loose = [row for kind in single for row in kinds[kind]]
            for row in loose:
                row.name = row.book.kind.name
            scales = {row.book.kind_id: _scale([row]) for row in loose}
            made.append(Section(single[0], single[0].get_group_display(), loose, None, scales))
    return made


def _scale(rows: list[PoolRow]) -> int:
    return max((max(row.figures.available, row.figures.gap) for row in rows), default=0)


def open_demands(account_ids, seen, *, at_most: int = 8):
    """Return the demands of pools that lack something, the blocked and the largest first, `at_most` for each pool.

    `seen` narrows to what the reader may see. One query; with the day since when it is blocked.
    """
    return (
        seen.filter(pool__in=account_ids, closed_on__isnull=True, gap__gt=0)
        .annotate(place=Window(RowNumber(), partition_by=F("pool"), order_by=[F("blocked").desc(), F("gap").desc()]))
        .filter(place__lte=at_most)
        .select_related("project__enterprise", "book__kind")
        .order_by("pool", "place")
    )


@dataclass
class YearLine:
    """One year of one factor: what came in, by origin."""

    year: str
    origins: dict[str, int]

    @property
    def total(self) -> int:
        """All that was granted in the year; moves between pools cancel out."""
        return sum(self.origins.values())

    @property
    def passed_on(self) -> int:
        """What the year handed to the next one, more than it took over itself; 0 when it took over more."""
        return max(0, -self.origins.get("carried", 0))


def by_year(filters: Filters, kind_id: int, years: int = 3) -> tuple[list[YearLine], list[tuple[Account, dict]]]:
    """Return one factor's grants: a line for each year, and the origins of each pool of this year. Three queries."""
    accounts = [a for a in pools(filters, earlier=years - 1).filter(book__kind=kind_id) if a.role == "pool"]
    origin = grants(accounts, filters.as_of)
    lines = defaultdict(lambda: defaultdict(int))
    for account in accounts:
        for name, amount in origin[account.pk].items():
            lines[account.period or str(filters.year)][name] += amount
    this = [(a, dict(origin[a.pk])) for a in accounts if a.period in filters.periods]
    return [YearLine(year, dict(lines[year])) for year in sorted(lines)], this
