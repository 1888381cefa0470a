"""The accounts that the crowd works on: 3 kinds (energy, water under a total cap, land), 8 pools of each.

Each pool serves two projects with a demand; half of all work goes to the first pool of energy. Quota is scarce on
purpose: a run in which nothing is refused proves nothing.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from factors import blocks, entries, ledger
from factors.models import Account, Book, Demand, FactorKind, FactorSource
from people import actions as people
from people.models import Department, District
from projects import tallies
from projects.models import Enterprise, Project

START = date(2026, 12, 25)  # some days before the year ends: voucher numbers begin anew during a run
NOW = datetime(2026, 12, 25, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
POOLS, PER_POOL, GRANT = 8, 2, 400
KINDS = {"energy": ("energy", "tce"), "water": ("water", "wan_m3"), "land": ("land", "mu")}
OFFICERS = ("officer1", "officer2", "officer3")


@transaction.atomic
def build() -> None:
    """Make the city in a migrated, empty database."""
    office = people.save_department(Department(code="office", name="要素办"), by=None)
    for name in OFFICERS:
        people.ensure_user(name, display_name=name, role="factor", department=office, password="x")
    district = District.objects.create(code="159900", name="云川市")
    enterprise = Enterprise.objects.create(credit_code="91350100M000100Y43", name="云川材料有限公司", district=district)
    projects = [
        Project.objects.create(code=f"26-{n}", name=f"项目{n}", district=district, enterprise=enterprise)
        for n in range(POOLS * PER_POOL)
    ]
    tallies.recount()
    for code, (group, unit) in KINDS.items():
        kind = FactorKind.objects.create(
            code=code, name=code, group=group, family=code, unit=unit, year_end="expire", gate=code, department=office
        )
        _book(kind, projects)
    blocks.turn(Demand.objects.all(), now=NOW, cause="registered")


def _book(kind, projects) -> None:
    source = FactorSource.objects.create(kind=kind, code="one", name="一")
    book = Book.objects.create(code=f"{kind.code}:one", kind=kind, source=source)
    cap, granted = None, []
    if kind.code == "water":
        over = FactorSource.objects.create(kind=kind, code="total", name="总量", is_cap=True)
        total = Book.objects.create(code="water:total", kind=kind, source=over)
        used = _account(total, "used", "used")
        cap = _account(total, "cap", "cap", cap=used)
        granted.append((_account(total, "issuer", "issuer"), cap, POOLS * GRANT // 2))  # less than the pools together
    issuer = _account(book, "issuer", "issuer")
    for n in range(POOLS):
        pool = _account(book, "pool", f"pool{n}", cap=cap)
        granted.append((issuer, pool, GRANT))
        for m in range(PER_POOL):
            project = projects[n * PER_POOL + m]
            holding = _account(book, "holding", f"holding{n}.{m}", cap=cap, project=project)
            Demand.objects.create(
                project=project, book=book, period="2026", amount=60 + 90 * m, pool=pool, holding=holding,
                registered_at=NOW,
            )  # fmt: skip
    ledger.post(
        [
            entries.move("grant", *pair, amount, key=f"grant:{book.code}:{n}", on=START, document_no="省〔2026〕1号")
            for n, (*pair, amount) in enumerate(granted)
        ],
        now=NOW,
    )


def _account(book, role, code, **facts) -> Account:
    return Account.objects.create(book=book, role=role, code=code, name=code, period="2026", **facts)
