"""The ledger held to a small pure model, operation by operation, with hypothesis (reliability.md A3(1)).

After every call both must agree: on what was refused and why, on every account's figures, on every open reservation, on
what each demand has and whether it is blocked, and on how often demands turned blocked. At the end of each run all
invariants are checked. `make soak` runs many more and longer examples (LEDGER_EXAMPLES, LEDGER_STEPS).
"""

import copy
import os
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from factors import entries, invariants, ledger
from factors.models import Account, BlockEpisode, Demand, Posting, Reservation
from factors.refusals import LedgerRefused
from factors.rules import Entry, Line
from people.models import District
from projects.models import Enterprise, Project
from tests.factors.slate import No, Slate
from tests.factors.world import NOW, TODAY, account, book

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

POOLS, HOLDINGS = ["city", "park"], ["P1", "P2", "P3"]
MOVES = [  # kind, from, to
    *(("grant", "issuer", pool) for pool in POOLS),
    ("reallocate", "city", "park"),
    ("reallocate", "park", "city"),
    ("recover", "P1", "stock"),
    ("recover", "P2", "park"),
    ("recover", "R1", "river"),
    ("absorb", "stock", "city"),
    ("trade", "P1", "P3"),
    ("trade", "P3", "P2"),
    ("reduce", "city", "issuer"),
    ("reduce", "P2", "issuer"),
    ("earn", "issuer", "park"),
    ("expire_year", "park", "retired"),
    ("carry_over", "city", "next"),
    ("grant", "cap_issuer", "cap"),
    ("grant", "river_issuer", "river"),
]
amounts = st.integers(1, 60)
PAIRS = st.sampled_from([(pool, holding) for pool in POOLS for holding in HOLDINGS] + [("river", "R1")] * 2)


class World:
    """The accounts, made once; every run is rolled back to them."""

    def __init__(self):
        b, total, river = book(basis="calorific"), book("water", "total"), book("water", "river")
        self.rows = {
            "issuer": account(b, "issuer", "issuer"),
            **{code: account(b, "pool", code) for code in POOLS},
            **{code: account(b, "holding", code) for code in HOLDINGS},
            "stock": account(b, "recovered", "stock"),
            "retired": account(b, "retired", "retired"),
            "next": account(b, "pool", "city", period="2027"),
            "cap_issuer": account(total, "issuer", "cap_issuer"),
            "used": account(total, "used", "used"),
            "river_issuer": account(river, "issuer", "river_issuer"),
        }
        self.rows["cap"] = account(total, "cap", "cap", cap=self.rows["used"])
        for role, code in (("pool", "river"), ("holding", "R1")):
            self.rows[code] = account(river, role, code, cap=self.rows["cap"])
        self.names = {row.pk: name for name, row in self.rows.items()}
        self.demands = {"P1": ("city", 50), "P2": ("park", 30), "P3": ("city", 120), "R1": ("river", 40)}
        district = District.objects.create(code="159901", name="县")
        enterprise = Enterprise.objects.create(credit_code="91110000600037341L", name="甲公司")
        for code, (pool, amount) in self.demands.items():
            project = Project.objects.create(code=f"2601-{code}", name=code, district=district, enterprise=enterprise)
            holding = self.rows[code]
            Demand.objects.create(
                project=project,
                book=holding.book,
                period="2026",
                amount=amount,
                pool=self.rows[pool],
                holding=holding,
                registered_at=NOW,
            )


class Machine(RuleBasedStateMachine):
    world: World  # set by the test

    def __init__(self):
        super().__init__()
        self.slate, self.today, self.count = Slate(self.world.demands), TODAY, 0
        self.names: list[str] = []  # every reservation that ever was
        self.posted: dict[str, Entry] = {}
        self.kinds: dict[str, str] = {}
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def teardown(self):
        try:
            assert list(invariants.faults()) == []
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    @initialize(city=amounts, park=amounts, cap=amounts, river=amounts)
    def begin(self, **grants):
        issuers = {"cap": "cap_issuer", "river": "river_issuer"}
        steps = [("grant", issuers.get(pool, "issuer"), pool, amount) for pool, amount in grants.items()]
        self.do([self.move(*step) for step in steps])

    @property
    def now(self):
        return NOW + (self.today - TODAY)

    # --- what can be done: each returns (what the slate does, how the entry is built) --------------------------------
    def key(self) -> str:
        self.count += 1
        return f"k{self.count}"

    def move(self, kind, giver, taker, amount):
        key, rows = self.key(), self.world.rows
        return (
            lambda slate: slate.move(key, giver, taker, amount),
            lambda: entries.move(kind, rows[giver], rows[taker], amount, key=key, on=self.today),
        )

    def reserve(self, pair, amount, days):
        key, rows, until = self.key(), self.world.rows, self.today + timedelta(days=days)
        return (
            lambda slate: slate.reserve(key, *pair, amount, until),
            lambda: entries.reserve(*(rows[name] for name in pair), amount, until, key=key, on=self.today),
        )

    def confirm(self, name, share, keep_rest):
        key, row = self.key(), self.reservation(name)
        amount = max(1, row.amount * share // 4)
        return (
            lambda slate: slate.confirm(key, name, amount, keep_rest),
            lambda: entries.confirm(row, amount, key=key, on=self.today, keep_rest=keep_rest),
        )

    def release(self, name, kind):
        key, row = self.key(), self.reservation(name)
        return (
            lambda slate: slate.release(key, name),
            lambda: entries.release(row, key=key, on=self.today, kind=kind),
        )

    def renew(self, name, days):
        key, row = self.key(), self.reservation(name)
        until = row.expires_on + timedelta(days=days)
        return (
            lambda slate: slate.renew(key, name, until),
            lambda: entries.renew(row, until, key=key, on=self.today),
        )

    def reverse(self, what):
        key, today = self.key(), self.today

        def build():
            posting = Posting.objects.get(key=what)
            rows = posting.transfers.select_related("debit", "credit", "reservation", "resolves__reservation")
            return entries.reverse(posting, rows.order_by("line"), key=key, on=today)

        return lambda slate: slate.reverse(key, what, today), build

    def reservation(self, name) -> Reservation:
        rows = Reservation.objects.select_related("twin")
        return rows.get(transfer__posting__key=name, twin_of=None)

    # --- doing it, on the slate and in the ledger ---------------------------------------------------------------------
    def do(self, steps):
        """Post a call of one or more entries; both must do it, or both refuse it and change nothing."""
        expected, slate = None, copy.deepcopy(self.slate)
        try:
            for on_slate, _build in steps:
                on_slate(slate)
        except No as no:
            expected = no.args
        made, answer = [], None
        try:
            made = [build() for _on_slate, build in steps]
            with transaction.atomic():
                done = ledger.post(made, now=self.now)
        except LedgerRefused as refused:
            answer = (refused.code, refused.facts)
        except ValueError:  # entries.reverse: a reservation was resolved since
            answer = ("not_open", {})
        note(f"{[entry.kind for entry in made]}: slate {expected}, ledger {answer}")
        self.agree(expected, answer, single=len(steps) == 1)
        if answer is None:
            slate.judge()
            self.slate = slate
            for entry, posted in zip(made, done, strict=True):
                assert not posted.replayed
                self.posted[entry.key] = entry
                if any(line.phase == "pending" for line in entry.lines):
                    self.names.append(entry.key)
        self.compare()

    def agree(self, expected, answer, single):
        assert (expected is None) == (answer is None), (expected, answer)
        if expected is None or not single:
            return
        assert expected[0] == answer[0] or {expected[0], answer[0]} == {"not_open", "reversed"}, (expected, answer)
        if expected[0] == "insufficient":
            _code, name, left = expected
            assert (self.world.names[answer[1]["account"]], answer[1]["available"]) == (name, left)

    def compare(self):
        slate, names = self.slate, self.world.names
        rows = Account.objects.values_list("pk", "debits_posted", "credits_posted", "debits_pending", "credits_pending")
        for pk, debits, credits, held, coming in rows:
            if pk in names:
                name = names[pk]
                assert (credits - debits, held, coming) == (slate.has[name], slate.held[name], slate.coming[name]), name
        columns = ("transfer__posting__key", "pool", "holding", "amount", "expires_on", "renewed")
        there = {
            key: [names[pool], names[holding], *facts]
            for key, pool, holding, *facts in Reservation.objects.filter(resolved_by=None, twin_of=None).values_list(
                *columns
            )
        }
        assert there == slate.open
        for holding, secured, blocked in Demand.objects.values_list("holding", "secured", "blocked"):
            name = names[holding]
            assert (secured, blocked) == (slate.secured(name), slate.blocked[name]), name
        assert BlockEpisode.objects.count() == slate.episodes
        assert BlockEpisode.objects.filter(closed_at=None).count() == sum(slate.blocked.values())

    # --- rules -------------------------------------------------------------------------------------------------------
    @rule(step=st.sampled_from(MOVES), amount=amounts)
    def moving(self, step, amount):
        self.do([self.move(*step, amount)])

    @rule(pair=PAIRS, amount=amounts, days=st.integers(0, 90))
    def reserving(self, pair, amount, days):
        self.do([self.reserve(pair, amount, days)])

    @rule(pair=PAIRS)
    def reserving_all_that_is_left(self, pair):
        left = min(self.slate.left(pair[0]), self.slate.left("cap") if pair[0] == "river" else 10**9)
        self.do([self.reserve(pair, max(1, left), 30)])

    @precondition(lambda self: self.names)
    @rule(data=st.data(), share=st.integers(0, 4), keep_rest=st.booleans())
    def confirming(self, data, share, keep_rest):
        self.do([self.confirm(self.any_name(data), share, keep_rest)])

    @precondition(lambda self: self.names)
    @rule(data=st.data(), kind=st.sampled_from(["release", "expire"]))
    def releasing(self, data, kind):
        self.do([self.release(self.any_name(data), kind)])

    @precondition(lambda self: self.names)
    @rule(data=st.data(), days=st.integers(1, 90))
    def renewing(self, data, days):
        self.do([self.renew(self.any_name(data), days)])

    @precondition(lambda self: self.slate.did)
    @rule(data=st.data())
    def reversing(self, data):
        self.do([self.reverse(data.draw(st.sampled_from(sorted(self.slate.did))))])

    @precondition(lambda self: self.posted)
    @rule(data=st.data())
    def repeating(self, data):
        keys = data.draw(st.lists(st.sampled_from(sorted(self.posted)), min_size=1, max_size=3, unique=True))
        with transaction.atomic():
            again = ledger.post([self.posted[key] for key in keys], now=self.now)
        assert [posted.key for posted in again] == keys and all(posted.replayed for posted in again)
        self.compare()

    @rule(data=st.data(), steps=st.lists(st.tuples(st.sampled_from(MOVES), amounts), min_size=1, max_size=4))
    def several_at_once(self, data, steps):
        made = [self.move(*step, amount) for step, amount in steps]
        made.append(self.reserve(data.draw(PAIRS), data.draw(amounts), 10))
        if self.slate.open:
            made.append(self.release(data.draw(st.sampled_from(sorted(self.slate.open))), "release"))
        self.do(data.draw(st.permutations(made)))

    @rule(data=st.data(), steps=st.lists(st.tuples(st.sampled_from(MOVES), amounts), min_size=1, max_size=3))
    def several_of_which_one_is_impossible(self, data, steps):
        made = [self.move(*step, amount) for step, amount in steps]
        made.insert(data.draw(st.integers(0, len(made))), self.reserve(data.draw(PAIRS), 10**9, 10))
        before = self.slate
        self.do(made)
        assert self.slate is before

    @rule(days=st.integers(1, 40))
    def time_passes(self, days):
        self.today += timedelta(days=days)

    @rule(
        wrong=st.sampled_from(["illegal", "other_book", "other_period", "backdated", "postdated"]),
        pair=st.sampled_from([("city", "P1"), ("park", "P2")]),
    )
    def what_is_never_allowed(self, wrong, pair):
        giver, taker = (self.world.rows[name].pk for name in pair)
        day, kind = self.today, "reserve"
        if wrong == "illegal":
            kind = "trade"
        if wrong == "other_book":
            taker = self.world.rows["R1"].pk
        if wrong == "other_period":
            giver = self.world.rows["next"].pk
        if wrong == "backdated":
            day = TODAY - timedelta(days=1)
        if wrong == "postdated":
            day = self.today + timedelta(days=1)
        entry = Entry(self.key(), kind, day, (Line("pending", giver, taker, 1, expires_on=day),))
        with pytest.raises(LedgerRefused) as caught, transaction.atomic():
            ledger.post([entry], now=self.now)
        assert caught.value.code == wrong
        self.compare()

    def any_name(self, data) -> str:
        """Return mostly an open reservation, sometimes one that was resolved."""
        known = sorted(self.slate.open)
        return data.draw(st.sampled_from(known if known and data.draw(st.integers(0, 4)) else self.names))


def test_the_ledger_does_what_the_slate_does(db):
    Machine.world = World()
    from factors import blocks

    blocks.turn(Demand.objects.all(), now=NOW, cause="registered")
    assert Demand.objects.filter(blocked=True).count() == len(Machine.world.demands)
    few = 10 if connection.vendor == "postgresql" else 40  # some 500 and 2,000 operations
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=int(os.environ.get("LEDGER_EXAMPLES", few)),
            stateful_step_count=int(os.environ.get("LEDGER_STEPS", 50)),
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            phases=[
                Phase.generate,
                *([Phase.shrink] if "LEDGER_SHRINK" in os.environ else []),
            ],  # shrinking takes minutes
        ),
    )
