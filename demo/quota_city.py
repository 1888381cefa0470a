"""What the builders of the sample city's ledgers share: the city's clock, its numbers, and posting in order of time."""

import datetime as dt
import heapq
from dataclasses import dataclass, field
from itertools import count

from django.utils import timezone

from demo import quota_data as q
from factors import entries, ledger, pools, quantity
from factors.models import Account, Posting, Reservation


@dataclass
class City:
    """What the functions below share."""

    now: dt.datetime
    people: dict
    books: dict = field(default_factory=dict)
    pools: dict = field(default_factory=dict)
    legacy: dict = field(default_factory=dict)
    numbers: int = 0
    plan: list = field(default_factory=list)
    turns: count = field(default_factory=count)
    expiring: dict = field(default_factory=dict)

    def later(self, share: float, act) -> None:
        """Let something happen at this share of the year so far. Entries of an account must come in order."""
        heapq.heappush(self.plan, (share, next(self.turns), act))

    def live(self) -> None:
        """Let everything happen that was planned, and what it plans in turn, in the order of time."""
        while self.plan:
            heapq.heappop(self.plan)[2]()

    def at(self, share: float) -> dt.datetime:
        """Return the instant that lies at this share of the year so far."""
        first = dt.datetime(self.now.year, 1, 1, 9, tzinfo=self.now.tzinfo)
        return min(first + (self.now - first) * share, self.now)

    def document(self, department: str, issued: bool = False) -> str:
        """Return the next invented document number of a department, or of the one above it."""
        self.numbers += 1
        return f"{(q.ISSUED if issued else q.DOCUMENTS)[department]}〔{self.now.year}〕{self.numbers + 16}号"

    def amount(self, book: str, text: str) -> int:
        """Return the amount in the book's smallest unit."""
        return quantity.parse(text, self.books[book].kind.family).smallest

    def post(self, build, share: float, pool: Account, *, issued=False, **facts) -> Posting:
        """Post one entry of a pool's keepers on its day. `build` gets key, on and the facts of the entry."""
        moment = self.at(share)
        department = pool.department.code
        maker, checker = (self.people[name] for name in q.KEEPERS[department])
        facts.setdefault("document_no", self.document(department, issued))
        self.numbers += 1
        entry = build(
            key=f"sample:{self.numbers}",
            on=timezone.localtime(moment).date(),
            maker=maker.pk,
            checker=checker.pk,
            **facts,
        )
        return Posting.objects.get(pk=ledger.post([entry], now=moment, by=checker)[0].id)


def pool_balance(pool: Account) -> int:
    """Return what the pool can still give away. One query."""
    return Account.objects.get(pk=pool.pk).available


def holding_of(city, pool, enterprise) -> Account:
    """Return the account that an enterprise of the stock has in the pool's book."""
    holding = pools.enterprise_holding(enterprise=enterprise, book=pool.book, period=pool.period, pool=pool)
    return Account.objects.select_related("cap").get(pk=holding.pk)


def reserved(city, pool, holding, amount, share, *, until=None, who="") -> Reservation:
    """Post a reservation on its day and return it. It outlasts today, unless `who` begins with "!"."""
    until = until or timezone.localtime(city.at(share)).date() + dt.timedelta(days=180)
    until = max(until, city.now.date() + dt.timedelta(days=35)) if not who.startswith("!") else until
    posting = city.post(
        lambda **facts: entries.reserve(pool, holding, amount, until, **facts),
        share,
        pool,
        summary=who.lstrip("!") or holding.name,
    )
    return Reservation.objects.select_related("twin").get(transfer__posting=posting, twin_of=None)


def confirm_later(city, pool, enterprise, share_of_left, share) -> None:
    """Plan a reservation of part of what the pool has left by then, and its confirmation soon after."""

    def reserve():
        amount = share_of_left(pool_balance(pool))
        if amount <= 0:
            return
        row = reserved(city, pool, holding_of(city, pool, enterprise), amount, share, who=enterprise.short_name)
        facts = {"summary": enterprise.short_name}
        city.later(
            share + 0.004,
            lambda: city.post(lambda **more: entries.confirm(row, amount, **more), share + 0.004, pool, **facts),
        )

    city.later(share, reserve)
