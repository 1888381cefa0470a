"""An energy office with a maker and a checker, another office, a park with a project, and pools of energy.

The city pool of 2026 has 100,000 kgce; the project needs 60,000 of it.
"""

from dataclasses import dataclass, field

from factors import blocks, entries, ledger, pools
from factors.models import Account, Book, Demand, FactorKind, FactorSource
from people import actions as people_actions
from people.models import Department, District, User
from projects.models import Enterprise, Park, Project
from tests.factors.world import NOW, TODAY, account, book


@dataclass
class Office:
    """The rows; `people` by a word for what they are to the energy office."""

    city: District
    district: District
    park: Park
    project: Project
    departments: dict
    people: dict
    book: Book
    pool: Account
    demand: Demand
    more: dict = field(default_factory=dict)

    def __getattr__(self, name):
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None


def build() -> Office:
    """Make the office. About 80 queries."""
    city = District.objects.create(code="159900", name="云川市")
    district = District.objects.create(code="159901", name="河东区", parent=city)
    park = Park.objects.create(code="159901PK01", name="河东开发区", district=district)
    offices = {}
    for code, parent in (("energy", None), ("energy-east", "energy"), ("water", None)):
        offices[code] = people_actions.save_department(
            Department(code=code, name=f"{code}局", parent=offices.get(parent)), by=None
        )
    people = {}
    for name, role, office in (
        ("maker", "factor", "energy"),
        ("checker", "factor", "energy"),
        ("other", "factor", "water"),
        ("leader", "leader", "energy"),
        ("pm", "pm", "energy"),
        ("stranger", "approver", "water"),
    ):
        people[name] = people_actions.ensure_user(
            name, display_name=name, role=role, department=offices[office], password="x"
        )
    energy = book(basis="calorific")
    FactorKind.objects.filter(pk=energy.kind_id).update(department=offices["energy"])
    energy = Book.objects.select_related("kind", "source").get(pk=energy.pk)
    project = _project("2611-159901-04-01-100001", "石墨负极材料", district, park)
    pool = pools.open_pool(by=people["maker"], now=NOW, book=energy, period="2026", district=city)
    grant(pool, 100_000)
    demand = need(project, energy, 60_000)
    return Office(city, district, park, project, offices, people, energy, pool, demand)


def _project(code, name, district, park) -> Project:
    enterprise = Enterprise.objects.create(credit_code="91350100M000100Y43", name="云川材料有限公司", district=district)
    return Project.objects.create(
        code=code, name=name, district=district, park=park, enterprise=enterprise, industry_code="C3091"
    )


def another_project(office: Office, code="2611-159901-04-01-100002", park=None) -> Project:
    """Return one more project of the same enterprise."""
    first = office.project
    return Project.objects.create(
        code=code, name="焦炉煤气制甲醇", district=first.district, park=park or first.park, enterprise=first.enterprise
    )


def grant(pool: Account, amount: int, key: str = "", on=TODAY, now=NOW) -> None:
    """Give a pool or cap something from the upper level."""
    issuer = pools.standing_account("issuer", pool.book, pool.period)
    key = key or f"grant:{pool.pk}:{amount}"
    ledger.post([entries.move("grant", issuer, pool, amount, key=key, on=on, document_no="省〔2026〕1号")], now=now)
    pool.refresh_from_db()


def need(project: Project, of: Book, amount: int, period="2026") -> Demand:
    """Register a demand with its pool and account, as `demands.register` does."""
    row = Demand.objects.create(
        project=project,
        book=of,
        period=period,
        amount=amount,
        pool=pools.nearest_pool(project, of, period),
        holding=pools.holding_for(project=project, book=of, period=period),
        registered_at=NOW,
    )
    blocks.turn(Demand.objects.filter(pk=row.pk), now=NOW, cause="registered")
    return Demand.objects.select_related("project", "book__kind", "book__source", "pool", "holding").get(pk=row.pk)


def fresh(user: User) -> User:
    """Return the person's row anew: rights are remembered on it."""
    return User.objects.get(pk=user.pk)


__all__ = [
    "NOW",
    "TODAY",
    "FactorSource",
    "Office",
    "account",
    "another_project",
    "book",
    "build",
    "fresh",
    "grant",
    "need",
]
