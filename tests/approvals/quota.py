"""A small city whose stages 02 and 04 need energy: one book, a city pool of 100 tce, the project's demand."""

from dataclasses import dataclass
from datetime import timedelta

from approvals.models import StageTemplate
from factors import demands, entries, ledger
from factors.models import Account, Demand, Posting, Reservation
from people.models import Department
from tests.approvals.world import NOW
from tests.factors import world as ledger_world

TCE = 1000  # smallest units (kgce) of one tce
TODAY = NOW.date()
UNTIL = TODAY + timedelta(days=180)


@dataclass
class Quota:
    """The rows, and what one does with them in a line. Amounts in tce."""

    world: object
    issuer: Account
    pool: Account
    department: Department

    @property
    def demand(self) -> Demand:
        """The project's demand, fresh."""
        return Demand.objects.get(project=self.world.project)

    @property
    def reservation(self) -> Reservation:
        """The one open reservation."""
        return Reservation.objects.get(resolved_by__isnull=True)

    def need(self, tce, project=None, **facts) -> Demand:
        """Register what a project needs."""
        project = project or self.world.project
        return demands.register(
            by=self.world.pm, now=NOW, project=project, book=self.pool.book, period="2026", amount=tce * TCE, **facts
        )

    def reserve(self, tce, demand=None, until=UNTIL, key="") -> None:
        """Reserve from the pool for a demand."""
        holding = (demand or self.demand).holding
        key = key or f"reserve:{holding.pk}:{Posting.objects.count()}"
        ledger.post([entries.reserve(self.pool, holding, tce * TCE, until, key=key, on=TODAY)], now=NOW)

    def grant(self, tce) -> None:
        """Give the pool more."""
        entry = entries.move(
            "grant",
            self.issuer,
            self.pool,
            tce * TCE,
            key=f"grant:{Posting.objects.count()}",
            on=TODAY,
            document_no="X",
        )
        ledger.post([entry], now=NOW)

    def totals(self) -> tuple[int, int]:
        """Return (available of the pool, confirmed of the project) in tce."""
        pool, holding = Account.objects.get(pk=self.pool.pk), self.demand.holding
        return pool.available // TCE, holding.balance // TCE


def make(world, *, pool=100, gate_at="accept", gate_mode="hard") -> Quota:
    """Give the template's stages their gates, and the city its energy."""
    StageTemplate.objects.filter(template=world.template, code__in=["02", "04"]).update(gates=["energy"])
    department, _made = Department.objects.get_or_create(code="energy", defaults={"name": "市发展改革委能源科"})
    book = ledger_world.book(basis="calorific", gate_at=gate_at, gate_mode=gate_mode, department=department)
    issuer = ledger_world.account(book, "issuer", "issuer", name="省")
    account = ledger_world.account(book, "pool", "pool:city", name="市级池", district=world.city, department=department)
    quota = Quota(world, issuer, Account.objects.select_related("book__kind", "cap").get(pk=account.pk), department)
    if pool:
        quota.grant(pool)
    return quota
