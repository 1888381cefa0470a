"""Blocked by quota: the stored verdict and its episodes equal the rule, whatever happens. On both databases."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factors import blocks, entries, ledger, standing
from factors.models import Account, BlockEpisode, Demand, Posting, Reservation
from factors.refusals import LedgerRefused
from people.models import District
from projects.models import Project
from tests.factors.world import NOW, TODAY, account, book

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
UNTIL = TODAY + timedelta(days=180)


class City:
    """A book with two pools, one issuer, and projects with a demand each; the third project has no pool."""

    def __init__(self, amounts=(30, 60, 10)):
        tag = Account.objects.count()
        self.book = book(basis="calorific")
        district, _made = District.objects.get_or_create(code="370000", defaults={"name": "市"})
        self.issuer = account(self.book, "issuer", f"issuer{tag}")
        self.pools = [account(self.book, "pool", f"pool{tag}-{n}") for n in range(2)]
        self.demands = []
        for n, amount in enumerate(amounts):
            project = Project.objects.create(
                code=f"2601-159901-04-01-{tag:03d}{n:03d}", name=f"P{n}", district=district
            )
            holding = account(self.book, "holding", f"holding{tag}-{n}", project=project)
            demand = Demand.objects.create(
                project=project, book=self.book, period="2026", amount=amount, registered_at=NOW, holding=holding,
                pool=self.pools[n] if n < 2 else None,
            )  # fmt: skip
            blocks.turn(Demand.objects.filter(pk=demand.pk), now=NOW, cause="registered")
            self.demands.append(demand)

    def post(self, entry):
        try:
            ledger.post([entry], now=NOW)
        except LedgerRefused:
            return False
        return True

    def key(self):
        return f"k{Posting.objects.count()}"

    def grant(self, pool, amount):
        return self.post(entries.move("grant", self.issuer, self.pools[pool], amount, key=self.key(), on=TODAY))

    def reserve(self, demand, amount):
        row = self.demands[demand]
        pool = self.pools[min(demand, 1)]
        return self.post(entries.reserve(pool, row.holding, amount, UNTIL, key=self.key(), on=TODAY))

    def settle(self, demand, confirm):
        row = Reservation.objects.filter(holding=self.demands[demand].holding, resolved_by=None).first()
        if row is None:
            return False
        if confirm:
            return self.post(entries.confirm(row, max(1, row.amount // 2), key=self.key(), on=TODAY))
        return self.post(entries.release(row, key=self.key(), on=TODAY))

    def trade(self, giver, taker, amount):
        if giver == taker:
            return False
        giver, taker = self.demands[giver].holding, self.demands[taker].holding
        return self.post(entries.move("trade", giver, taker, amount, key=self.key(), on=TODAY))

    def ask_for(self, demand, amount):
        Demand.objects.filter(pk=self.demands[demand].pk).update(amount=amount)
        blocks.turn(Demand.objects.filter(pk=self.demands[demand].pk), now=NOW, cause="changed")


def wrong() -> list:
    """Return the demands whose verdict, secured amount or episode is not what the pure rule says of the accounts."""
    found = []
    for demand in Demand.objects.select_related("pool", "holding"):
        pool, holding = demand.pool, demand.holding
        judged = standing.judge(demand.amount, holding.secured, pool.available if pool else None)
        is_open = BlockEpisode.objects.filter(demand=demand, closed_at=None).count()
        blocked = judged.state == standing.State.BLOCKED and demand.closed_on is None
        if (demand.secured, demand.blocked, is_open) != (holding.secured, blocked, int(blocked)):
            found.append((str(demand), demand.secured, demand.blocked, is_open, judged))
    return found


amounts = st.integers(1, 80)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("grant"), st.integers(0, 1), amounts),
        st.tuples(st.just("reserve"), st.integers(0, 2), amounts),
        st.tuples(st.just("settle"), st.integers(0, 2), st.booleans()),
        st.tuples(st.just("trade"), st.integers(0, 2), st.integers(0, 2), amounts),
        st.tuples(st.just("ask_for"), st.integers(0, 2), amounts),
    ),
    min_size=3,
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps)
def test_after_any_sequence_the_stored_verdict_is_the_rule(db, sequence):
    from django.db import transaction

    with transaction.atomic():
        city = City()
        for name, *facts in sequence:
            with transaction.atomic():
                getattr(city, name)(*facts)
            assert wrong() == [] and blocks.differences() == [], (name, facts)
        transaction.set_rollback(True)


def test_a_reservation_of_one_blocks_another_and_a_grant_frees_it():
    city = City((30, 60, 10))
    Demand.objects.filter(pk=city.demands[0].pk).update(pool=city.pools[1])
    city.grant(1, 100)
    first, second, third = (Demand.objects.get(pk=d.pk) for d in city.demands)
    assert (first.blocked, second.blocked, third.blocked) == (False, False, True)
    city.reserve(1, 60)
    city.ask_for(0, 50)
    assert Demand.objects.get(pk=first.pk).blocked
    episode = BlockEpisode.objects.get(demand=first, closed_at=None)
    assert (episode.gap, episode.available, episode.opened_cause) == (50, 40, "changed")
    city.grant(1, 10)
    episode.refresh_from_db()
    assert (episode.closed_cause, episode.closed_by.kind) == ("posting", "grant")
    assert wrong() == []


def test_a_demand_without_pool_is_freed_by_a_trade_and_blocked_by_the_next():
    city = City((30, 60, 10))
    city.grant(0, 100)
    city.reserve(0, 30)
    city.settle(0, True)
    city.trade(0, 2, 10)
    assert not Demand.objects.get(pk=city.demands[2].pk).blocked
    city.trade(2, 0, 5)
    assert Demand.objects.get(pk=city.demands[2].pk).blocked
    assert BlockEpisode.objects.filter(demand=city.demands[2]).count() == 2
    assert wrong() == []


def test_what_was_changed_behind_the_ledgers_back_is_named():
    city = City()
    Demand.objects.filter(pk=city.demands[0].pk).update(blocked=False)
    BlockEpisode.objects.filter(demand=city.demands[1]).delete()
    columns = sorted(difference.column for difference in blocks.differences())
    assert columns == ["blocked", "episode", "episode"]


def test_nothing_turns_in_two_queries(django_assert_num_queries):
    city = City()
    with django_assert_num_queries(2):
        assert blocks.settle([city.pools[0].pk], now=NOW, cause="posting") == set()
