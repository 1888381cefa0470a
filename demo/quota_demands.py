"""What the projects of the sample city need, and who of them lacks it."""

from decimal import Decimal

from approvals.models import Stage
from approvals.states import State
from demo import quota_data as q
from demo.quota_city import City, reserved
from factors import demands, entries, pools
from factors.models import Account, Demand
from projects.models import Project

PER_BILLION = {"energy-calorific": "150tce", "land": "2亩", "nox": "0.4t"}
WATER = {"159901": "water-surface", "159902": "water-reclaimed", "159903": "water-reclaimed"}
WATER_PER_BILLION = "0.5万m³"
GATES = {"energy-calorific": "energy", "land": "land", "nox": "emission"}


def plan_demands(city: City) -> list:
    """Register what every project needs, and reserve or confirm it as far as its chain has come.

    Returns what is to be registered late: (project, book, what is missing).
    """
    projects = list(Project.objects.select_related("enterprise", "district", "park").order_by("pk"))
    passed = _gates_passed(projects)
    short = _who_is_short(city, projects, passed)
    waiting = []
    for place, project in enumerate(projects):
        for book, base in _needs(city, project).items():
            gate = GATES.get(book, "water")
            if (project.pk, book) in short:
                waiting.append((project, book, short[project.pk, book]))
                continue
            if any(key == project.pk and GATES.get(b, "water") == gate for key, b in short):
                continue  # it is short of another source of the same gate
            _supplied(city, project, book, base, passed.get((project.pk, gate)), place)
    known = {(project.pk, book) for project, book, _gap in waiting}
    for key, gap in short.items():
        if key not in known:  # a source that the project would not use by itself
            project = next(p for p in projects if p.pk == key[0])
            waiting.append((project, key[1], gap))
    return waiting


def _supplied(city: City, project, book, base, document, place) -> None:
    """Plan the life of a demand that was met: registered, reserved, and confirmed by the decision of its gate."""
    at_first, at_half = 0.40 + place * 0.001, 0.50 + place * 0.002

    def register():
        demand = _register(city, project, book, base, at_first)
        if demand.pool_id is not None:
            city.later(at_half, lambda: reserve(demand))

    def reserve(demand):
        pool, holding = _sides(demand)
        row = reserved(city, pool, holding, base, at_half, who=project.enterprise.short_name)
        if document:
            city.later(at_half + 0.001, lambda: confirm(pool, row))

    def confirm(pool, row):
        city.post(
            lambda **facts: entries.confirm(row, base, **facts),
            at_half + 0.001,
            pool,
            summary=project.enterprise.short_name,
            document_no=document[:60],
        )

    city.later(at_first, register)


def _needs(city: City, project) -> dict[str, int]:
    """Return what a project needs by book, from its investment: the same rule for all, rounded to tens."""
    billions = project.investment_wan / Decimal(10000)
    texts = PER_BILLION | {WATER[project.district.code]: WATER_PER_BILLION}
    needs = {}
    for book, text in texts.items():
        unit = {"energy-calorific": 10, "land": 10, "nox": 10}.get(book, 10)
        one = city.amount(book, text)
        step = max(one // unit, 1)
        needs[book] = max(int(one * billions) // step * step, step)
    return needs


def _gates_passed(projects) -> dict[tuple[int, str], str]:
    """Return the document number (or the stage's number) by project and gate, where the gate lies behind."""
    found = {}
    rows = Stage.objects.filter(chain__project__in=projects).select_related("stage_template", "chain")
    for stage in rows:
        for gate in stage.stage_template.gates:
            if stage.state in (State.PASSED, State.PASSED_WITH_DEFERRAL):
                found[stage.chain.project_id, gate] = stage.document_no or f"环节 {stage.code} 办结"
            elif stage.accepted_at is not None:
                found.setdefault((stage.chain.project_id, gate), "")
    return found


def _who_is_short(city: City, projects, passed) -> dict[tuple[int, str], int]:
    """Choose who lacks what: the projects named in the data, or others whose gate lies ahead. {(project, book): gap}"""
    by_enterprise = {p.enterprise.short_name: p for p in projects}
    short: dict[tuple[int, str], int] = {}
    taken = set()

    def may(project, book):
        pool = pools.nearest_pool(project, city.books[book], pools.period_of(city.books[book].kind, city.now.year))
        ahead = (project.pk, GATES.get(book, "water")) not in passed
        return ahead and pool is not None and project.pk not in taken and project.status != "producing"

    for group in (q.BLOCKED, q.OBTAINABLE):
        for book, rows in group.items():
            for name, text in rows:
                gap = city.amount(book, text)
                wanted = by_enterprise.get(name)
                others = [p for p in projects if p.pk not in taken and p.enterprise.short_name not in _named()]
                for project in [wanted, *others]:
                    if project is not None and may(project, book) and _fits(city, project, book, gap, group):
                        short[project.pk, book] = gap
                        taken.add(project.pk)
                        break
    return short


def _named() -> set[str]:
    return {name for group in (q.BLOCKED, q.OBTAINABLE) for rows in group.values() for name, _text in rows}


def _fits(city, project, book, gap, group) -> bool:
    """Say whether the gap blocks (or does not) in the pool that serves the project."""
    period = pools.period_of(city.books[book].kind, city.now.year)
    pool = pools.nearest_pool(project, city.books[book], period)
    left = next(city.amount(book, text) for b, place, *_rest, text in q.POOLS if city.pools[b, place].pk == pool.pk)
    return (gap > left) == (group is q.BLOCKED)


def _register(city, project, book, amount, share, reason="") -> Demand:
    row = city.books[book]
    return demands.register(
        by=city.people["pm"],
        now=city.at(share),
        project=project,
        book=row,
        period=pools.period_of(row.kind, city.now.year),
        amount=amount,
        needed_by=project.planned_start_on,
        substitution_reason=reason,
    )


def _sides(demand: Demand) -> tuple[Account, Account]:
    rows = Account.objects.select_related("cap", "department", "book__kind").in_bulk(
        [demand.pool_id, demand.holding_id]
    )
    return rows[demand.pool_id], rows[demand.holding_id]


def register_late(city: City, waiting) -> None:
    """Register those that lack something, each on its own day: what they have was reserved, the rest is missing."""
    for place, (project, book, gap) in enumerate(sorted(waiting, key=lambda w: (w[1], w[0].pk))):
        share = 0.80 + place * 0.18 / max(len(waiting), 1)
        reason = "再生水水质不满足工艺要求，正在论证" if book == "water-ground" else ""
        city.later(share, lambda p=project, b=book, g=gap, s=share, r=reason: _register(city, p, b, g, s, r))
