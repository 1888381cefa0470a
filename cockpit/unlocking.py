"""What the unlock planner is asked, gathered from the database: projects that wait, pools, what could come into them.

Everything is put into one dictionary that JSON can hold ("facts"), with the words that a page shows: a scenario keeps
it whole, so that it can be shown, printed and computed again when every balance is another. Amounts are whole smallest
units of their book. A pool's amount is what it has now and what the reader assumes (`Setup.quota`), less what is kept.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import F, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from cockpit.unlock_setup import Setup
from cockpit.unlock_worth import MONEY, group, notes, value
from factors import pools, quantity
from factors.blocked import EXPIRING_DAYS
from factors.blocks import OPEN_EPISODE
from factors.models import Account, Book, Demand, FactorKind, QuotaRequest, Reservation, StockAmount, StockAsset
from people.access import visible_to
from people.models import District
from projects.models import MonthlyFigure, Project

VERSION = 1
TRADED = (FactorKind.Group.WATER, FactorKind.Group.ENERGY)
STOCK = {StockAsset.Status.VERIFIED: "verified", StockAsset.Status.CHECKING: "checking"}
DONE = (Project.Status.CANCELLED, Project.Status.PRODUCING)


@dataclass
class Gathering:
    """The work in hand. Limits by key, in the order in which they were first met."""

    setup: Setup
    today: date
    limits: dict[str, dict] = field(default_factory=dict)
    parents: Mapping[int, int | None] = field(default_factory=dict)
    substitutes: Mapping[tuple, list] = field(default_factory=dict)


def facts_of(user, setup: Setup, now: datetime) -> dict:
    """Return the facts for a person: only projects that he may see. Some fifteen queries, whatever their number.

    A project waits when an open demand of this year, or of a book without years, lacks something.
    """
    today = timezone.localtime(now).date()
    projects, demands = _waiting(user, setup)
    work = Gathering(setup, today, parents=_parents(), substitutes=_substitutes(demands) if setup.substitute else {})
    candidates = [
        _candidate(work, projects[pk], own)
        for pk, own in demands.items()
        if _is_asked(setup, own)
    ]  # fmt: skip
    group(setup, candidates)
    _fill(work, {int(row["key"]) for row in candidates})
    value(setup, candidates)
    return {
        "version": VERSION,
        "at": now.isoformat(),
        "year": setup.year,
        "setup": setup.pairs(),
        "objective": setup.objective,
        "weighting": setup.weighting,
        "limits": list(work.limits.values()),
        "candidates": candidates,
        "notes": notes(candidates),
    }


def digest(facts: dict) -> str:
    """Return a name for the facts: the same name, the same question. The instant of reading does not count."""
    told = {name: value for name, value in facts.items() if name != "at"}
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


# --- who waits -----------------------------------------------------------------------------------------------------


def _waiting(user, setup: Setup) -> tuple[dict[int, Project], dict[int, list[Demand]]]:
    """Return projects and what each of them lacks, in the order of their ids. Three queries."""
    seen = visible_to(Project.objects.exclude(status__in=DONE), user, all_read=True).order_by().values("pk")
    asked = QuotaRequest.objects.filter(demand=OuterRef("pk"), status=QuotaRequest.Status.WAITING)
    rows = (
        Demand.objects.filter(
            closed_on__isnull=True, gap__gt=0, period__in=[str(setup.year), ""], project__in=seen
        )
        .select_related("book__kind", "book__source", "pool__cap", "pool__book__kind", "pool__book__source")
        .annotate(
            since=Subquery(OPEN_EPISODE.values("opened_at")[:1]),
            asked_at=Subquery(asked.values("asked_at")[:1]),
        )
        .order_by("project_id", "book__kind__position", "book__source__position", "pk")
    )  # fmt: skip
    demands = defaultdict(list)
    for row in rows:
        demands[row.project_id].append(row)
    jobs = MonthlyFigure.objects.filter(project=OuterRef("pk"), jobs__isnull=False).order_by("-month")
    projects = (
        Project.objects.filter(pk__in=list(demands))
        .select_related("enterprise", "district", "park")
        .annotate(latest_jobs=Subquery(jobs.values("jobs")[:1]))
    )
    return {project.pk: project for project in projects}, dict(demands)


def _is_asked(setup: Setup, demands: list[Demand]) -> bool:
    """Say whether a project is a candidate: it lacks one of the chosen factors (is blocked, where only that counts)."""
    chosen = [demand for demand in demands if not setup.factors or demand.book.kind.code in setup.factors]
    return any(demand.blocked for demand in chosen) if setup.only_blocked else bool(chosen)


def _candidate(work: Gathering, project: Project, demands: list[Demand]) -> dict:
    setup = work.setup
    asked = [demand for demand in demands if not setup.factors or demand.book.kind.code in setup.factors]
    else_ = [str(demand.book.kind) for demand in demands if demand not in asked]
    queued = min((demand.asked_at or demand.since or demand.registered_at for demand in asked), default=None)
    return {
        "key": str(project.pk),
        "code": project.code,
        "name": project.name,
        "enterprise": project.enterprise.name if project.enterprise else "",
        "district": project.district.code,
        "district_name": project.district.name,
        "level": project.key_level,
        **{name: _text(getattr(project, field)) for name, field in MONEY.items()},
        "jobs": project.latest_jobs,
        "must": "in" if project.pk in setup.must else "out" if project.pk in setup.out else "",
        "queued": timezone.localtime(queued).date().isoformat() if queued else "",
        "blocked": any(demand.blocked for demand in asked),
        "enterprise_id": project.enterprise_id,
        "letter": dict(setup.groups).get(project.pk, ""),
        "lacks_else": list(dict.fromkeys(else_)),
        "needs": [_need(work, project, demand) for demand in asked],
    }


def _text(wan: Decimal | None) -> str | None:
    return None if wan is None else str(wan)


def _need(work: Gathering, project: Project, demand: Demand) -> dict:
    kind = demand.book.kind
    routes = [_route(work, demand.pool)] if demand.pool else []
    routes += [_route(work, pool) for pool in _instead(work, project, demand)]
    if "trade" in work.setup.quota and kind.group in TRADED:
        key = f"trade:{demand.book_id}:{demand.period}"
        _limit(work, key, demand.book, "trade", _("surplus of others"))
        routes.append([key])
    if not routes:
        key = f"none:{demand.book_id}:{demand.period}"
        _limit(work, key, demand.book, "none", _("no pool"))
        routes.append([key])
    return {
        "demand": demand.pk,
        "own": routes[0] if demand.pool else [],
        "amount": demand.gap,
        "book": str(demand.book),
        "factor": kind.code,
        "factor_name": kind.name,
        "family": kind.family,
        "unit": kind.unit,
        "routes": routes,
    }


def _route(work: Gathering, pool: Account) -> list[str]:
    """Return the keys that a reservation from the pool takes of at once: the pool, and the total cap above it."""
    keys = [f"pool:{pool.pk}"]
    _limit(work, keys[0], pool.book, "pool", pool.name, pool)
    if pool.cap_id:
        keys.append(f"cap:{pool.cap_id}")
        _limit(work, keys[1], pool.book, "cap", pool.cap.name, pool.cap)
    return keys


def _limit(work: Gathering, key: str, book: Book, kind: str, name: str, account: Account | None = None) -> None:
    if key in work.limits:
        return
    of = book.kind
    unit = quantity.family_of(of.family).unit(of.unit)
    source = "" if kind == "cap" or not book.source.name or book.source.name[:2] in name else book.source.name
    work.limits[key] = {
        "key": key, "kind": kind, "account": account.pk if account else None, "name": name, "book": book.pk,
        "source": source, "group": of.group, "factor": of.code, "factor_name": of.name,
        "family": of.family, "unit": of.unit, "unit_label": unit.label, "unit_name": unit.name, "per_unit": unit.factor,
        "position": [of.position, of.code, 1 if kind == "cap" else 0, book.source.position, len(work.limits)],
        "parts": {"now": max(0, account.available) if account else 0}, "from": [], "keep": 0, "amount": 0,
    }  # fmt: skip


# --- other sources -------------------------------------------------------------------------------------------------


def _parents() -> dict[int, int | None]:
    return dict(District.objects.order_by().values_list("pk", "parent_id"))


def _substitutes(demands: Mapping[int, list[Demand]]) -> dict[tuple, list[Account]]:
    """Return the open pools of water that a demand may be met from instead, by (kind, basis, period). One query."""
    kinds = {demand.book.kind_id for own in demands.values() for demand in own}
    rows = Account.objects.filter(
        role="pool", closed_on=None, book__kind__in=kinds, book__kind__group=FactorKind.Group.WATER
    ).select_related("book__kind", "book__source", "cap")
    found = defaultdict(list)
    for pool in rows:
        found[pool.book.kind_id, pool.book.basis, pool.period].append(pool)
    return found


def _instead(work: Gathering, project: Project, demand: Demand) -> list[Account]:
    """Return the pools of water sources that come before the demand's own in the order of use, the first first.

    Only the pool that is nearest to the project: reclaimed water does not move between parks.
    """
    known = work.substitutes.get((demand.book.kind_id, demand.book.basis, demand.period), ())
    by_source = defaultdict(list)
    for pool in known:
        if pool.book.source.rank < demand.book.source.rank and not pool.book.source.is_cap:
            by_source[pool.book.source.rank, pool.book_id].append(pool)
    chain, above = [], project.district_id
    while above is not None and above not in chain:
        chain.append(above)
        above = work.parents.get(above)
    near = [pools.nearest(by_source[key], project.park_id, chain) for key in sorted(by_source)]
    return [pool for pool in near if pool is not None]


# --- what the limits hold ------------------------------------------------------------------------------------------


def _fill(work: Gathering, projects: set[int]) -> None:
    """Put what is assumed into the limits, take off what is kept, and put them in order. At most four queries."""
    by_account = {row["account"]: row for row in work.limits.values() if row["account"]}
    if {"verified", "checking"} & set(work.setup.quota):
        _add_stock(work, by_account)
    if "expiring" in work.setup.quota:
        _add_expiring(work, by_account, projects)
    if "trade" in work.setup.quota:
        _add_surplus(work)
    kept = dict(work.setup.kept)
    for row in work.limits.values():
        total = sum(row["parts"].values())
        row["keep"] = min(total, _kept(row, kept, work.setup.keep))
        row["amount"] = total - row["keep"]
    work.limits = dict(sorted(work.limits.items(), key=lambda item: item[1]["position"]))


def _kept(row: dict, kept: Mapping[int, str], percent: int) -> int:
    """Return what stays in a pool: the amount that was written for it, or the percentage of what it has now."""
    if row["kind"] == "pool" and row["account"] in kept:
        try:
            return quantity.parse(kept[row["account"]], row["family"], row["unit"]).smallest
        except quantity.QuantityError:
            return 0
    return -(-row["parts"]["now"] * percent // 100) if row["kind"] == "pool" else 0


def _add(row: dict, part: str, amount: int, name: str, on: date | None = None) -> None:
    row["parts"][part] = row["parts"].get(part, 0) + amount
    row["from"].append([part, name, amount, on.isoformat() if on else ""])


def _add_stock(work: Gathering, by_account: Mapping[int, dict]) -> None:
    """Add what verified stock (and, if wanted, stock that is still being verified) could give back."""
    statuses = [status for status, name in STOCK.items() if name in work.setup.quota]
    rows = StockAmount.objects.filter(pool__in=list(by_account), asset__status__in=statuses).select_related("asset")
    for row in rows.order_by("asset__plan_on", "pk"):
        if row.recoverable > row.recovered:
            amount = row.recoverable - row.recovered
            _add(by_account[row.pool_id], STOCK[row.asset.status], amount, row.asset.name, row.asset.plan_on)


def _add_expiring(work: Gathering, by_account: Mapping[int, dict], projects: set[int]) -> None:
    """Add what ends within 30 days, under the total cap too; not what the candidates themselves hold."""
    rows = Reservation.objects.filter(
        pool__in=list(by_account), resolved_by__isnull=True,
        expires_on__range=(work.today, work.today + timedelta(days=EXPIRING_DAYS)),
    ).select_related("holding", "twin_of__holding")  # fmt: skip
    for row in rows.order_by("expires_on", "pk"):
        holding = row.twin_of.holding if row.twin_of_id else row.holding
        if holding.project_id not in projects:
            _add(by_account[row.pool_id], "expiring", row.amount, holding.name, row.expires_on)


def _add_surplus(work: Gathering) -> None:
    """Add what holders have confirmed beyond their demand, by book and period: it can be sold to who lacks it."""
    limits = {row["key"]: row for row in work.limits.values() if row["kind"] == "trade"}
    rows = (
        Demand.objects.filter(book__in={row["book"] for row in limits.values()}, gap__lt=0, holding__closed_on=None)
        .annotate(had=F("holding__credits_posted") - F("holding__debits_posted") - F("holding__debits_pending"))
        .filter(had__gt=0)
        .select_related("holding")
        .order_by("gap", "pk")
    )
    for row in rows:
        limit = limits.get(f"trade:{row.book_id}:{row.period}")
        if limit is not None:
            _add(limit, "trade", min(-row.gap, row.had), row.holding.name)


# --- what has moved since ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moved:
    """A pool or a demand that is not what it was: its name, the two amounts, and the unit that they are shown in."""

    name: str
    before: int
    after: int
    family: str
    unit: str


def moved(facts: dict) -> list[Moved]:
    """Return pools whose available amount and projects whose gap is another than in the facts. Two queries."""
    limits = {row["account"]: row for row in facts["limits"] if row["account"]}
    accounts = Account.objects.filter(pk__in=list(limits)).select_related(None)
    found = []
    for row in accounts:
        limit, now = limits[row.pk], max(0, row.available)
        if now != limit["parts"]["now"]:
            found.append(Moved(limit["name"], limit["parts"]["now"], now, limit["family"], limit["unit"]))
    needs = {need["demand"]: (row["name"], need) for row in facts["candidates"] for need in row["needs"]}
    open_ones = Demand.objects.filter(pk__in=list(needs), closed_on__isnull=True).order_by()
    gaps = dict(open_ones.values_list("pk", "gap"))
    for pk, (name, need) in needs.items():
        now = max(0, gaps.get(pk, 0))
        if now != need["amount"]:
            found.append(Moved(name, need["amount"], now, need["family"], need["unit"]))
    return found
