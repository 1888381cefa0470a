"""A small city for the journeys of quota, on today's clock: two projects with chains, three offices, the real factors.

Stage 02 of the chains needs energy. Amounts in the words of the field ("5000tce", "10亩").
"""

import datetime as dt
from dataclasses import dataclass, field

from django.utils import timezone

from approvals.models import StageTemplate
from factors import demands, entries, kinds, ledger, pools, quantity
from factors.models import Account, Book, Demand, FactorKind, Posting
from people import actions as people_actions
from people.models import Department
from projects.models import Project
from tests.approvals import world as cities

OFFICES = {  # code: name, kinds, maker and checker
    "fgw": ("市发展改革委能源科", "energy", {"factor": "杜文博", "checker": "何静"}),
    "zrzy": ("市自然资源局", "land", {"tianyu": "田雨", "guoyang": "郭阳", "lufan": "陆帆"}),
    "swj": ("市水务局", "water", {"helan": "贺兰", "jiangyuan": "江源"}),
}


@dataclass
class City:
    """The rows; `project` is held up at stage 02, `rival` needs the same."""

    world: cities.World
    project: Project
    rival: Project
    people: dict = field(default_factory=dict)
    made: int = 0

    def amount(self, book: Book, text: str) -> int:
        """Return an amount in the book's smallest unit."""
        return quantity.parse(text, book.kind.family, book.kind.unit).smallest

    def book(self, code: str) -> Book:
        """Return a book by its code."""
        return Book.objects.select_related("kind", "source").get(code=code)

    def pool(self, code: str, amount: str, *, days_ago: int = 0) -> Account:
        """Open the city's pool of a book, with an amount that came down some days ago."""
        book = self.book(code)
        maker = next(user for user in self.people.values() if user.department_id == book.kind.department_id)
        period = pools.period_of(book.kind, timezone.localdate().year)
        pool = pools.open_pool(
            by=maker, now=timezone.now(), book=book, period=period, district=self.world.city, name="市级统筹"
        )
        issuer = pools.standing_account("issuer", book, period)
        self.post(entries.move, "grant", issuer, pool, self.amount(book, amount), days_ago=days_ago)
        return Account.objects.select_related("cap", "book__kind", "book__source").get(pk=pool.pk)

    def need(self, pool: Account, project: Project, amount: str) -> Demand:
        """Register what a project needs of the pool's book."""
        return demands.register(
            by=self.world.pm, now=timezone.now(), project=project, book=pool.book, period=pool.period,
            amount=self.amount(pool.book, amount),
        )  # fmt: skip

    def post(self, build, *facts, days_ago: int = 0) -> Posting:
        """Post one entry of `factors.entries` as of a day before today."""
        self.made += 1
        now = timezone.now() - dt.timedelta(days=days_ago)
        on = timezone.localtime(now).date()
        entry = build(*facts, key=f"city:{self.made}", on=on, document_no=f"省〔{on.year}〕{self.made}号")
        return Posting.objects.get(pk=ledger.post([entry], now=now)[0].id)


def build() -> City:
    """Make the city. Both projects passed stage 01 and are received at 02."""
    world = cities.build()
    StageTemplate.objects.filter(template=world.template, code="02").update(gates=["energy"])
    kinds.load(now=timezone.now())
    FactorKind.objects.exclude(code__in=["energy", "land", "water"]).update(active=False)
    rival = world.new_project(381726, "焦炉煤气制甲醇联产液氨项目")
    world.walk("01", "receive 11-03", "accept 11-03", "pass 11-04")
    world.walk("02", "receive 11-18")
    city = City(world, world.project, rival)
    for code, (name, kind, people) in OFFICES.items():
        office = people_actions.save_department(Department(code=code, name=name, phone="971-1142"), by=None)
        FactorKind.objects.filter(code=kind).update(department=office)
        for username, display_name in people.items():
            user = people_actions.ensure_user(
                username, display_name=display_name, role="factor", department=office, phone="971-1143"
            )
            people_actions.grant(user, "view_projects", world.city)
            city.people[username] = user
    return city
