"""Which pool serves a project, and the accounts that are opened for regions, projects and years.

The nearest pool serves: the project's park, its district, the districts above. A pool without a place serves nobody by
itself. Accounts of enterprises and projects are made when they are first needed.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from factors import blocks, rights
from factors.models import Account, Book, Demand, FactorKind
from factors.refusals import Refused
from factors.rules import RETURNS, Entry
from people import audit
from people.access import allows, department_ids
from people.models import Department, District
from projects.models import Enterprise, Park, Project

# Names of accounts are data of the ledger, in the language of the house.
NAMES = {"issuer": "上级", "retired": "注销", "recovered": "腾退收回", "cap": "总量", "used": "总量内已用"}
INDUSTRY = range(6, 47)
"""Divisions of GB/T 4754 that are industry: mining, manufacturing, and supply of power, heat, gas and water."""


def period_of(kind: FactorKind, year: int) -> str:
    """Return the period of pools for a year: the year, or blank for factors whose pools have no year."""
    return "" if kind.year_end == FactorKind.YearEnd.KEEP else str(year)


# --- which pool serves ---------------------------------------------------------------------------------------------


def nearest_pool(project: Project, book: Book, period: str) -> Account | None:
    """Return the open pool that serves a project, with its cap and book; None when no place of it has one.

    One query, and one for each level of districts that was not loaded.
    """
    return nearest(_pools(book, period), project.park_id, _chain(project.district))


def serves(pool: Account, project: Project) -> bool:
    """Say whether a pool is for the place of a project: its park, or a district above it; one of no place is for all.

    One query for each level of districts that was not loaded.
    """
    if pool.park_id is not None:
        return pool.park_id == project.park_id
    return pool.district_id is None or pool.district_id in _chain(project.district)


def preferred_left(project: Project, book: Book, period: str) -> Account | None:
    """Return the nearest pool with balance that serves the project, of the source that comes before this one.

    A park without a pool of its own is supplied from that of its district: the water is the same (domain.md §4.2).
    None for projects that are no industry. One query, and one for each level of districts that was not loaded.
    """
    first = book.source.needs_reason_while_id
    if first is None or not is_industry(project):
        return None
    pools = Account.objects.select_related("book__kind", "book__source").filter(
        role="pool", book__source=first, book__basis=book.basis, period=period, closed_on=None
    )
    serving = by_nearness(pools, project.park_id, _chain(project.district))
    return next((pool for pool in serving if pool.available > 0), None)


def is_industry(project: Project) -> bool:
    """Say whether a project is industry by its code; one without a code counts as industry."""
    digits = project.industry_code.lstrip("ABCDEFGHIJKLMNOPQRST")[:2]
    letter = project.industry_code[:1]
    if len(digits) == 2:
        return int(digits) in INDUSTRY
    return letter not in "AEFGHIJKLMNOPQRST" if letter else True


def _pools(book: Book, period: str):
    return list(
        Account.objects.select_related("cap", "book__kind", "book__source").filter(
            role="pool", book=book, period=period, closed_on=None
        )
    )


def _chain(district: District) -> list[int]:
    return [district.pk, *(above.pk for above in district.ancestors())]


def nearest(pools, park_id: int | None, districts: list[int]) -> Account | None:
    """Return the pool among some that serves a place: of its park, else of the first district in order. No query."""
    return next(iter(by_nearness(pools, park_id, districts)), None)


def by_nearness(pools, park_id: int | None, districts: list[int]) -> list[Account]:
    """Return the pools among some that serve a place, the nearest first. No query."""
    rank = {pk: place for place, pk in enumerate(districts)}
    near = []
    for pool in pools:
        if pool.park_id is not None:
            if pool.park_id == park_id:
                near.append((-1, pool.pk, pool))
        elif pool.district_id in rank:
            near.append((rank[pool.district_id], pool.pk, pool))
    return [pool for _rank, _pk, pool in sorted(near, key=lambda one: one[:2])]


@transaction.atomic
def reassign(demands, *, now: datetime, cause: str = "pool") -> set[int]:
    """Give each open demand of a queryset the pool that serves it now, and turn those that are blocked or free by it.

    For pools that open or close and projects that move. Returns the projects that turned. A query for each book and
    period, one for each pool that takes demands over.
    """
    moved, looked_at = {}, []
    for row, pool in list(assignments(demands)):
        looked_at.append(row.pk)
        if (pool and pool.pk) != row.pool_id:
            moved.setdefault(pool and pool.pk, []).append(row.pk)
    # Their available amounts are compared below: a posting at the same moment must see these demands, or be seen.
    list(Account.objects.select_for_update(of=("self",)).filter(pk__in=moved).order_by("tier", "pk"))
    for pool, ids in moved.items():
        Demand.objects.filter(pk__in=ids).update(pool=pool)
    return blocks.turn(Demand.objects.filter(pk__in=looked_at), now=now, cause=cause)


@transaction.atomic
def project_moved(project_id: int) -> None:
    """Let the pools of a project's new place serve its demands (`projects.actions.after_move`)."""
    reassign(Demand.objects.filter(project=project_id), now=timezone.now())


def assignments(demands) -> Iterator[tuple[Demand, Account | None]]:
    """Yield each open demand of a queryset with the pool that should serve it now. A query for each book and period."""
    pools = {}
    rows = demands.filter(closed_on=None).select_related("project__district__parent", "book").order_by("pk")
    for row in rows.iterator(chunk_size=2000):
        where = (row.book_id, row.period)
        if where not in pools:
            pools[where] = _pools(row.book, row.period)
        yield row, nearest(pools[where], row.project.park_id, _chain(row.project.district))


# --- accounts ------------------------------------------------------------------------------------------------------


def holding_for(*, project: Project, book: Book, period: str) -> Account:
    """Return the project's account in a book and period, made on demand under the cap and keeper of its pool.

    One query, three more when it is made.
    """
    code = f"project:{project.code}"
    found = _by_code(book, period, code)
    if found is not None:
        return found
    pool = nearest_pool(project, book, period)
    return make_account(
        book,
        period,
        code,
        role=Account.Role.HOLDING,
        name=project.name[:120],
        project=project,
        enterprise=project.enterprise,
        district=project.district,
        park=project.park,
        department=pool and pool.department,
        cap=pool and pool.cap,
    )


def enterprise_holding(*, enterprise: Enterprise, book: Book, period: str, pool: Account | None = None) -> Account:
    """Return an enterprise's own account (what it held before there were projects), under the cap of `pool`."""
    code = f"enterprise:{enterprise.credit_code}"
    return _by_code(book, period, code) or make_account(
        book,
        period,
        code,
        role=Account.Role.HOLDING,
        name=enterprise.name[:120],
        enterprise=enterprise,
        district=enterprise.district,
        department=pool and pool.department,
        cap=pool and pool.cap,
    )


def standing_account(role: str, book: Book, period: str, pool: Account | None = None) -> Account:
    """Return the issuer, retired or (beside a pool) recovered account of a book and period, made on demand."""
    beside = pool.code if pool is not None and role == Account.Role.RECOVERED else ""
    code = f"{role}:{beside}" if beside else role
    place = {"district": pool.district, "park": pool.park, "department": pool.department} if beside else {}
    name = f"{NAMES[role]} · {pool.name}" if beside else NAMES[role]
    return _by_code(book, period, code) or make_account(book, period, code, role=role, name=name[:120], **place)


def _by_code(book, period, code) -> Account | None:
    return (
        Account.objects.select_related("cap", "book__kind", "book__source")
        .filter(book=book, period=period, code=code)
        .first()
    )


def make_account(book, period, code, **facts) -> Account:
    """Make an account, or return the one that has this code already. Two queries."""
    tier = {"tier": Account.TIERS[facts["role"]], "may_overdraw": facts["role"] == Account.Role.ISSUER}
    Account.objects.bulk_create(  # two that come at once make one
        [Account(book=book, period=period, code=code[:60], **facts, **tier)], ignore_conflicts=True
    )
    return _by_code(book, period, code[:60])


@transaction.atomic
def open_pool(
    *,
    by,
    now: datetime,
    book: Book,
    period: str,
    district: District | None = None,
    park: Park | None = None,
    department: Department | None = None,
    name: str = "",
    under_cap: bool = True,
) -> Account:
    """Open the pool of a park or district; for a source that is a total cap, the cap of the region with what is used.

    A pool of a factor with a cap stands under the nearest cap of its region and period (`under_cap` off: under none, as
    a city may count unconventional water). Open the cap first: what was given out before would be missing under it.
    Demands that the pool is nearest to move to it.

    :raises PermissionDenied: not of the department in charge of the factor.  :raises Refused: it is there already.
    """
    _require_opening(by, book)
    place = park or district
    if place is None:
        raise Refused("no_place", _("Choose the park or the district that the pool serves."), "district")
    cap = book.source.is_cap
    code = f"{'cap' if cap else 'pool'}:{place.code}"
    if _by_code(book, period, code) is not None:
        raise Refused("pool_exists", _("This pool is open already."), "period")
    facts = {
        "district": park.district if park else district,
        "park": park,
        "department": department or book.kind.department,
        "name": name or str(place),
    }
    if cap:
        used = facts | {"name": f"{facts['name']} · {NAMES['used']}"[:120]}
        facts["cap"] = make_account(book, period, f"used:{place.code}", role=Account.Role.USED, **used)
    elif under_cap:
        facts["cap"] = nearest_cap(book, period, facts["district"])
    pool = make_account(book, period, code, role=Account.Role.CAP if cap else Account.Role.POOL, **facts)
    if not cap:
        reassign(Demand.objects.filter(book=book, period=period), now=now)
    audit.record("ledger.account", by=by, target=pool, now=now)
    return pool


def _require_opening(by, book) -> None:
    if not may_open(by, [book.kind]):
        raise PermissionDenied("factor.make")


def may_open(user, kinds) -> list[FactorKind]:
    """Return those of the factors whose pools the person may open: he is of the department in charge of them.

    A keeper that is only named in the same breath has no say: an office would give itself the quota of another.
    """
    mine = department_ids(user) if allows(user, "factor.make") else frozenset()
    return [kind for kind in kinds if kind.department_id in mine]


def nearest_cap(book: Book, period: str, district: District | None) -> Account | None:
    """Return the open total cap that a source's pool in this district stands under; None where there is none."""
    if district is None or book.source.is_cap:
        return None
    caps = Account.objects.filter(
        role="cap", period=period, closed_on=None, book__kind=book.kind_id, book__basis=book.basis
    ).exclude(district=None)
    rank = {pk: place for place, pk in enumerate(_chain(district))}
    near = [(rank[cap.district_id], cap.pk, cap) for cap in caps if cap.district_id in rank]
    return min(near)[2] if near else None


@transaction.atomic
def open_year(*, by, now: datetime, year: int, kinds=None) -> list[Account]:
    """Open the pools and caps of last year for `year`, empty, for factors whose pools have a year. Made once.

    `kinds` limits it to some factors. Returns the new pools and caps; what stands open already is left as it is.
    """
    old = (
        Account.objects.select_related("book__kind", "book__source", "district", "park", "department")
        .filter(role__in=["cap", "pool"], period=str(year - 1), book__kind__active=True)
        .exclude(book__kind__year_end=FactorKind.YearEnd.KEEP)
        .order_by("-tier", "pk")  # caps first: pools stand under them
    )
    if kinds is not None:
        old = old.filter(book__kind__in=kinds)
    known = set(Account.objects.filter(period=str(year)).values_list("book_id", "code"))
    made = []
    for account in old:
        place = account.park or account.district
        prefix = "cap" if account.role == "cap" else "pool"
        if place is None or (account.book_id, f"{prefix}:{place.code}") in known:
            continue
        made.append(
            open_pool(
                by=by,
                now=now,
                book=account.book,
                period=str(year),
                district=account.district,
                park=account.park,
                department=account.department,
                name=account.name,
                under_cap=account.cap_id is not None,
            )
        )
    return made


@transaction.atomic
@contextmanager
def reopening(made: Iterable[Entry], *, by, now: datetime) -> Iterator[None]:
    """Post entries within the block: closed pools and caps to which something comes back are open again before.

    An approval is revoked and quota is recovered also after the year's pools were closed; the year end then finds the
    remainder. Within the transaction of the posting. One query, none for entries by which nothing comes back.
    """
    ids = {
        side for entry in made if entry.kind in RETURNS for line in entry.lines for side in (line.debit, line.credit)
    }
    closed = []
    if ids:
        rows = Account.objects.filter(pk__in=ids, role__in=["pool", "cap"], closed_on__isnull=False)
        closed = list(rows.select_for_update().order_by("tier", "pk"))
        Account.objects.filter(pk__in=[account.pk for account in closed]).update(closed_on=None)
    yield
    for account in closed:  # the audit log is locked last (docs/adr 0012)
        audit.record("ledger.account", by=by, target=account, now=now, closed_on=None, note="reopened: quota came back")


def close_account(*, by, account: Account, now: datetime, on: date, reason: str) -> Account:
    """Close a pool or total cap (or recovered stock): nothing new may enter or leave it.

    Accounts of projects stay open for what still comes back, and the upper level's for what it still gives.

    :raises Refused: something is left or in flight, no reason is given, or it is an account of another role.
    """
    if not rights.may_make(by, account):
        raise PermissionDenied("factor.make")
    if not reason.strip():
        raise Refused("no_reason", _("Give the reason."), "reason")
    account = Account.objects.select_for_update().select_related(None).get(pk=account.pk)
    if account.role not in (Account.Role.POOL, Account.Role.CAP, Account.Role.RECOVERED):
        raise Refused("role", _("Only pools, total caps and recovered stock are closed."))
    if account.debits_pending or account.credits_pending:
        raise Refused("in_flight", _("Reservations are in flight: they are confirmed, released or expire first."))
    if account.available and not account.may_overdraw:
        raise Refused("not_empty", _("Something is left in the account: move it or let it expire first."))
    if account.closed_on is None:
        Account.objects.filter(pk=account.pk).update(closed_on=on)
        account.closed_on = on
        if account.role == Account.Role.POOL:
            reassign(Demand.objects.filter(pool=account), now=now)
        audit.record("ledger.account", by=by, target=account, now=now, closed_on=on, note=reason)
    return account
