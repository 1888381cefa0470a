"""The end of a year: what is left expires or is carried over, reservations in flight run on, demands follow; once."""

import io
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from factors import actions, entries, invariants, ledger, pools, reconcile, yearend
from factors.models import Account, BlockEpisode, Demand, FactorKind, Reservation, Voucher
from factors.refusals import Refused
from people.models import AuditEntry
from projects import tallies
from tests.factors import office
from tests.factors.world import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

DECEMBER = NOW.replace(month=12, day=20)
JANUARY = NOW.replace(year=2027, month=1, day=8)


@pytest.fixture
def world():
    return office.build()


def carries(world, rule="carry_over"):
    FactorKind.objects.filter(pk=world.book.kind_id).update(year_end=rule)


def reserve(world, amount, until=date(2027, 3, 1), key="r"):
    entry = entries.reserve(world.pool, world.demand.holding, amount, until, key=key, on=TODAY)
    ledger.post([entry], now=NOW)
    return Reservation.objects.get(transfer__posting__key=key)


def prepare(world, now=JANUARY, **more):
    return yearend.prepare(by=office.fresh(world.maker), now=now, year=2026, document_no="市〔2027〕1号", **more)


def pass_all(world, now=JANUARY):
    for voucher in Voucher.objects.filter(status="submitted"):
        actions.pass_voucher(by=office.fresh(world.checker), voucher=voucher, now=now)


def close(world, now=JANUARY):
    return yearend.close(by=office.fresh(world.maker), now=now, year=2026)


def sound():
    tallies.recount()
    return [str(fault) for fault in (*invariants.faults(), *reconcile.derived())]


def pool_of(year, code="pool:159900"):
    return Account.objects.get(period=str(year), code=code)


def test_what_is_left_expires_once(world):
    found = yearend.preview(2026)
    assert [(row.account.pk, row.expiring, row.carried) for row in found.pools] == [(world.pool.pk, 100_000, 0)]
    (voucher,) = prepare(world)
    assert (voucher.kind, voucher.status, world.pool.balance) == ("expire_year", "submitted", 100_000)
    assert prepare(world) == [], "what waits in a voucher is not prepared again"
    with pytest.raises(PermissionDenied):
        actions.pass_voucher(by=office.fresh(world.maker), voucher=voucher, now=JANUARY)
    pass_all(world)
    assert (pool_of(2026).balance, Account.objects.get(role="retired").balance) == (0, 100_000)
    assert prepare(world) == []
    closed = close(world)
    assert [account.pk for account in closed.pools] == [world.pool.pk]
    assert pool_of(2026).closed_on == date(2027, 1, 8)
    again = close(world)
    assert (again.pools, again.demands) == ([], [])
    assert yearend.preview(2026).is_done
    assert sound() == []


def test_what_is_approved_is_carried_over_and_the_rest_expires(world):
    carries(world)
    with pytest.raises(Refused):
        prepare(world, approved={world.pool.pk: 100_001})
    assert Voucher.objects.count() == 0
    made = prepare(world, approved={world.pool.pk: 70_000})
    assert sorted((v.kind, v.lines.get().amount) for v in made) == [("carry_over", 70_000), ("expire_year", 30_000)]
    pass_all(world)
    assert (pool_of(2026).balance, pool_of(2027).balance) == (0, 70_000)
    assert pool_of(2027).district == world.city
    assert sound() == []


def test_without_a_word_everything_is_carried_over(world):
    carries(world)
    prepare(world)
    pass_all(world)
    assert pool_of(2027).balance == 100_000


def test_pools_without_a_year_are_kept(world):
    carries(world, "keep")
    assert yearend.preview(2026).pools == []
    assert prepare(world) == []


def test_a_reservation_in_flight_runs_on_and_is_found_when_it_comes_back(world):
    carries(world)
    row = reserve(world, 40_000)
    found = yearend.preview(2026).pools[0]
    assert (found.carried, found.in_flight, found.reservations, found.closes) == (60_000, 40_000, [row], False)
    prepare(world)
    pass_all(world)
    old = pool_of(2026)
    assert (old.balance, old.available, old.debits_pending) == (40_000, 0, 40_000)
    closed = close(world)
    assert closed.pools == []
    assert sound() == []

    # Half is confirmed out of the old year's plan, the rest is released and carried over by the next run.
    ledger.post([entries.confirm(row, 15_000, key="c", on=JANUARY.date())], now=JANUARY)
    rest = Reservation.objects.get(resolved_by=None)
    ledger.post([entries.release(rest, key="l", on=JANUARY.date())], now=JANUARY)
    (voucher,) = prepare(world)
    assert (voucher.kind, voucher.lines.get().amount) == ("carry_over", 25_000)
    pass_all(world)
    assert (pool_of(2026).balance, pool_of(2027).balance) == (0, 85_000)
    assert [account.pk for account in close(world).pools] == [world.pool.pk]
    assert world.demand.holding.__class__.objects.get(pk=world.demand.holding_id).balance == 15_000
    assert sound() == []
    assert yearend.preview(2026).is_done


def test_a_reservation_that_runs_out_comes_back_by_itself(world):
    carries(world)
    reserve(world, 40_000, until=date(2026, 12, 31))
    prepare(world, now=DECEMBER)
    pass_all(world, now=DECEMBER)
    assert pool_of(2027).balance == 60_000
    (voucher,) = prepare(world)
    assert voucher.lines.get().amount == 40_000


def test_the_gap_follows_and_what_is_secured_stays(world):
    carries(world)
    reserve(world, 40_000)
    prepare(world)
    pass_all(world)
    (moved,) = close(world).demands
    old = Demand.objects.get(pk=world.demand.pk)
    assert (old.period, old.amount, old.secured, old.gap) == ("2026", 40_000, 40_000, 0)
    assert (moved.period, moved.amount, moved.secured, moved.pool) == ("2027", 20_000, 0, pool_of(2027))
    assert moved.holding.period == "2027"
    assert close(world).demands == []

    # The reservation runs out: what comes back is missing again, and joins what followed before.
    row = Reservation.objects.get()
    ledger.post([entries.release(row, key="l", on=JANUARY.date())], now=JANUARY)
    prepare(world)
    pass_all(world)
    (more,) = close(world).demands
    assert (more.pk, more.amount) == (moved.pk, 60_000)
    assert sound() == []


def test_a_demand_with_nothing_secured_moves_as_it_is(world):
    other = office.need(office.another_project(world), world.book, 300_000)
    assert Demand.objects.get(pk=other.pk).blocked
    since = BlockEpisode.objects.get(demand=other).opened_at
    prepare(world)
    pass_all(world)
    close(world)
    moved = Demand.objects.get(pk=other.pk)
    assert (moved.period, moved.amount, moved.blocked) == ("2027", 300_000, True)
    assert BlockEpisode.objects.get(demand=other, closed_at=None).opened_at == since
    assert sound() == []


def test_a_demand_of_next_year_made_by_hand_is_left_alone(world):
    office.need(world.project, world.book, 5_000, period="2027")
    prepare(world)
    pass_all(world)
    found = yearend.preview(2026)
    assert (found.follows, [d.pk for d in found.by_hand]) == ([], [world.demand.pk])
    assert close(world).demands == []
    assert Demand.objects.get(period="2027").amount == 5_000


def test_not_before_its_time_and_not_without_paper(world):
    for now, number in ((NOW, "文"), (JANUARY, " ")):
        with pytest.raises(Refused):
            yearend.prepare(by=world.maker, now=now, year=2026, document_no=number)
    with pytest.raises(Refused):
        close(world, now=DECEMBER)
    assert yearend.prepare(by=office.fresh(world.other), now=JANUARY, year=2026, document_no="文") == []


def test_caps_go_with_their_pools(world):
    kind = FactorKind.objects.create(
        code="w", name="水", group="water", family="water", unit="wan_m3", year_end="expire",
        department=world.departments["energy"],
    )  # fmt: skip
    total = kind.sources.create(code="total", name="总量", is_cap=True)
    river = kind.sources.create(code="river", name="河水")
    books = [kind.books.create(code=f"w-{source.code}", source=source) for source in (total, river)]
    by = office.fresh(world.maker)
    cap = pools.open_pool(by=by, now=NOW, book=books[0], period="2026", district=world.city)
    pool = pools.open_pool(by=by, now=NOW, book=books[1], period="2026", district=world.city)
    office.grant(cap, 900)
    office.grant(pool, 500)
    prepare(world)
    pass_all(world)
    for account in (cap, pool):
        account.refresh_from_db()
        assert account.balance == 0
    assert {account.pk for account in close(world).pools} >= {cap.pk, pool.pk}
    assert sound() == []


# --- command and page -----------------------------------------------------------------------------------------------


def command(*words) -> str:
    out = io.StringIO()
    call_command("ledger", "year-end", *words, stdout=out)
    return out.getvalue()


def test_the_command_previews_and_does(world, monkeypatch):
    reserve(world, 40_000, until=date(2030, 1, 1))
    told = command("2026")
    assert "60 tce" in told and "40 tce" in told and world.project.name in told
    assert Voucher.objects.count() == 0
    with pytest.raises(CommandError):
        command("2026", "--do")
    monkeypatch.setattr("django.utils.timezone.now", lambda: JANUARY)
    command("2026", "--do", "--by", "maker", "--document", "市〔2027〕1号")
    assert Voucher.objects.get().lines.get().amount == 60_000
    pass_all(world)
    command("2026", "--do", "--by", "maker")
    assert Demand.objects.filter(period="2027").count() == 1
    command("2026", "--do", "--by", "maker")
    assert Voucher.objects.count() == 1


def test_the_page_shows_prepares_and_closes(world, client, monkeypatch):
    carries(world)
    monkeypatch.setattr("django.utils.timezone.now", lambda: JANUARY)
    client.force_login(world.maker, backend="django.contrib.auth.backends.ModelBackend")
    url = reverse("year-end")
    for year in ("0", "1900", "99999"):
        assert client.get(url, {"year": year}).status_code == 404
    page = client.get(url).content.decode()
    assert world.pool.name in page and 'name="document_no"' in page
    name = f"approved_{world.pool.pk}"
    wrong = client.post(url, {"year": 2026, "action": "prepare", "document_no": "文1", name: "70 亩"})
    assert (wrong.status_code, Voucher.objects.count()) == (422, 0)
    assert "70 亩" in wrong.content.decode()
    client.post(url, {"year": 2026, "action": "prepare", "document_no": "文1", name: "70"})
    assert {v.kind: v.lines.get().amount for v in Voucher.objects.all()} == {
        "carry_over": 70_000,
        "expire_year": 30_000,
    }
    pass_all(world)
    client.post(url, {"year": 2026, "action": "close"})
    assert pool_of(2026).closed_on is not None
    client.force_login(world.pm, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(url).status_code == 403


def test_a_day_of_a_reservation_before_the_year_end_is_swept_first(world):
    reserve(world, 40_000, until=TODAY + timedelta(days=3))
    prepare(world)
    assert Voucher.objects.get().lines.get().amount == 100_000


def test_what_comes_back_after_the_pool_closed_opens_it_again_and_the_year_end_finds_it(world):
    carries(world, rule="expire")
    reservation = reserve(world, 20_000)
    ledger.post([entries.confirm(reservation, 20_000, key="c", on=TODAY, document_no="批1号")], now=NOW)
    prepare(world)
    pass_all(world)
    close(world)
    pool = pool_of(2026)
    assert pool.closed_on is not None and pool.available == 0
    line = actions.LineDraft(debit=world.demand.holding, credit=pool, amount=5_000)
    voucher = actions.draft_voucher(
        by=office.fresh(world.maker), now=JANUARY, kind="recover", lines=[line], document_no="腾退1号"
    )
    actions.submit_voucher(by=office.fresh(world.maker), voucher=voucher, now=JANUARY)
    pass_all(world)
    pool.refresh_from_db()
    assert (pool.closed_on, pool.available) == (None, 5_000)
    told = [entry.detail.get("note", "") for entry in AuditEntry.objects.filter(kind="ledger.account")]
    assert sum("reopened" in note for note in told) == 1
    line = actions.LineDraft(demand=world.demand, debit=pool, amount=5_000)
    Demand.objects.filter(pk=world.demand.pk).update(closed_on=None)
    again = actions.draft_voucher(
        by=office.fresh(world.maker), now=JANUARY, kind="reserve", lines=[line], document_no="预1号"
    )
    with pytest.raises(Refused) as caught:  # the plan of the year that ended is not given out anew
        actions.submit_voucher(by=office.fresh(world.maker), voucher=again, now=JANUARY)
    assert caught.value.code == "year_over"
    assert [row.expiring for row in yearend.preview(2026).to_prepare] == [5_000]
    prepare(world)
    pass_all(world)
    close(world)
    assert pool_of(2026).closed_on is not None and sound() == []
