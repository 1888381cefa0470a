"""The posting function: what it writes, what it refuses, and that a key works once. On both databases."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from factors import entries, invariants, ledger, refusals
from factors.models import Account, BlockEpisode, Demand, Posting, Reservation, Transfer
from factors.rules import Entry, Line
from people import audit
from people.models import AuditEntry, District
from projects.models import Enterprise, Project
from tests.factors.world import NOW, TODAY, account, book

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
UNTIL = TODAY + timedelta(days=180)


@pytest.fixture
def energy(db):
    b = book(basis="calorific")
    issuer = account(b, "issuer", "province")
    pool, holding = account(b, "pool", "city"), account(b, "holding", "P1")
    ledger.post([entries.move("grant", issuer, pool, 100, key="g", on=TODAY, document_no="省〔2026〕1号")], now=NOW)
    return issuer, pool, holding


def totals(row):
    row.refresh_from_db()
    return row.debits_posted, row.credits_posted, row.debits_pending, row.credits_pending


def test_reserve_confirm_part_release_the_rest(energy):
    _issuer, pool, holding = energy
    ledger.post([entries.reserve(pool, holding, 60, UNTIL, key="r", on=TODAY)], now=NOW)
    assert totals(pool) == (0, 100, 60, 0)
    assert totals(holding) == (0, 0, 0, 60)
    reservation = Reservation.objects.get()
    ledger.post([entries.confirm(reservation, 25, key="c", on=TODAY, document_no="X")], now=NOW)
    assert totals(pool) == (25, 100, 35, 0)
    assert totals(holding) == (0, 25, 0, 35)
    rest = Reservation.objects.get(resolved_by__isnull=True)
    assert (rest.amount, rest.expires_on) == (35, UNTIL)
    ledger.post([entries.release(rest, key="f", on=TODAY)], now=NOW)
    assert totals(pool) == (25, 100, 0, 0)
    assert [p.number for p in Posting.objects.all()] == [1, 2, 3, 4]


def test_a_key_works_once(energy):
    _issuer, pool, holding = energy
    entry = entries.reserve(pool, holding, 60, UNTIL, key="r", on=TODAY)
    first = ledger.post([entry], now=NOW)[0]
    again = ledger.post([entry], now=NOW)[0]
    assert (again.id, again.replayed, first.replayed) == (first.id, True, False)
    both = ledger.post([entries.reserve(pool, holding, 10, UNTIL, key="s", on=TODAY), entry], now=NOW)
    assert [p.replayed for p in both] == [False, True]
    assert totals(pool) == (0, 100, 70, 0)


def test_never_more_than_is_left(energy):
    _issuer, pool, holding = energy
    with pytest.raises(refusals.Insufficient) as caught, transaction.atomic():
        ledger.post([entries.reserve(pool, holding, 101, UNTIL, key="r", on=TODAY)], now=NOW)
    assert caught.value.facts == {"account": pool.pk, "available": 100, "wanted": 101}
    assert Transfer.objects.count() == 1


def test_no_prefix_of_a_batch_overdraws(energy):
    issuer, pool, holding = energy
    late = [
        entries.reserve(pool, holding, 150, UNTIL, key="r", on=TODAY),
        entries.move("grant", issuer, pool, 100, key="g2", on=TODAY),
    ]
    with pytest.raises(refusals.Insufficient), transaction.atomic():
        ledger.post(late, now=NOW)
    ledger.post(late[::-1], now=NOW)
    assert totals(pool) == (0, 200, 150, 0)


@pytest.mark.parametrize("what", ["book", "period", "kind", "day", "tomorrow", "reservation", "closed", "unknown"])
def test_refusals_name_what_is_wrong(energy, what):
    issuer, pool, holding = energy
    stranger = account(book(basis="primary"), "holding", "P1")
    next_year = account(pool.book, "holding", "P1", period="2027")
    Account.objects.filter(pk=next_year.pk).update(closed_on=None)
    shut = account(pool.book, "pool", "old", closed_on=TODAY)
    line = Line("pending", pool.pk, holding.pk, 1, expires_on=UNTIL)
    entry, error = {
        "book": (Entry("k", "reserve", TODAY, (Line("pending", pool.pk, stranger.pk, 1),)), refusals.OtherBook),
        "period": (Entry("k", "reserve", TODAY, (Line("pending", pool.pk, next_year.pk, 1),)), refusals.OtherPeriod),
        "kind": (Entry("k", "grant", TODAY, (line,)), refusals.Illegal),
        "day": (Entry("k", "reserve", TODAY - timedelta(days=1), (line,)), refusals.Backdated),
        "tomorrow": (Entry("k", "reserve", TODAY + timedelta(days=1), (line,)), refusals.Postdated),
        "reservation": (
            Entry("k", "release", TODAY, (Line("void", pool.pk, holding.pk, 5, reservation=99, held=5),)),
            refusals.NotOpen,
        ),
        "closed": (Entry("k", "reallocate", TODAY, (Line("posted", pool.pk, shut.pk, 5),)), refusals.Closed),
        "unknown": (Entry("k", "reserve", TODAY, (Line("pending", pool.pk, 10**9, 5),)), refusals.Unknown),
    }[what]
    with pytest.raises(error), transaction.atomic():
        ledger.post([entry], now=NOW)
    assert issuer.pk and Posting.objects.count() == 1


def test_a_source_and_its_total_cap_go_together(db):
    cap_book, river = book("water", "total"), book("water", "river")
    used = account(cap_book, "used", "used")
    cap = account(cap_book, "cap", "cap", cap=used)
    pool, holding = account(river, "pool", "city", cap=cap), account(river, "holding", "P1", cap=cap)
    issuer, cap_issuer = account(river, "issuer", "basin"), account(cap_book, "issuer", "basin")
    ledger.post(
        [
            entries.move("grant", issuer, pool, 100, key="1", on=TODAY),
            entries.move("grant", cap_issuer, cap, 50, key="2", on=TODAY),
        ],
        now=NOW,
    )
    pool = Account.objects.select_related("cap").get(pk=pool.pk)
    with pytest.raises(refusals.Insufficient) as caught, transaction.atomic():
        ledger.post([entries.reserve(pool, holding, 60, UNTIL, key="3", on=TODAY)], now=NOW)
    assert caught.value.facts["account"] == cap.pk
    ledger.post([entries.reserve(pool, holding, 40, UNTIL, key="4", on=TODAY)], now=NOW)
    main = Reservation.objects.select_related("twin").get(twin_of__isnull=True)
    ledger.post([entries.confirm(main, 30, key="5", on=TODAY, document_no="X")], now=NOW)
    assert totals(cap) == (30, 50, 10, 0)
    rest = Reservation.objects.select_related("twin").get(twin_of__isnull=True, resolved_by__isnull=True)
    assert (rest.amount, rest.twin.amount) == (10, 10)
    holding = Account.objects.select_related("cap").get(pk=holding.pk)
    ledger.post([entries.move("recover", holding, pool, 30, key="6", on=TODAY, document_no="Y")], now=NOW)
    assert totals(used) == (30, 30, 0, 10)
    assert totals(cap) == (30, 80, 10, 0)


def test_what_holdings_begin_with_counts_under_the_total_cap(db):
    cap_book, river = book("water", "total"), book("water", "river")
    used = account(cap_book, "used", "used")
    cap = account(cap_book, "cap", "cap", cap=used)
    pool = Account.objects.select_related("cap").get(pk=account(river, "pool", "city", cap=cap).pk)
    holding = Account.objects.select_related("cap").get(pk=account(river, "holding", "P1", cap=cap).pk)
    issuer, cap_issuer = account(river, "issuer", "basin"), account(cap_book, "issuer", "basin")
    first = entries.move("opening", issuer, holding, 30, key="o", on=TODAY, document_no="期初")
    with pytest.raises(refusals.Insufficient) as caught, transaction.atomic():
        ledger.post([first], now=NOW)
    assert caught.value.facts["account"] == cap.pk  # the cap begins before what is used of it
    ledger.post([entries.move("opening", cap_issuer, cap, 50, key="c", on=TODAY, document_no="期初")], now=NOW)
    made = ledger.post([first], now=NOW)[0]
    assert (totals(used), totals(cap)) == ((0, 30, 0, 0), (30, 50, 0, 0))
    assert list(invariants.faults()) == []
    ledger.post([entries.move("recover", holding, pool, 10, key="r", on=TODAY, document_no="腾退")], now=NOW)
    assert Account.objects.get(pk=cap.pk).available == 30 and list(invariants.faults()) == []
    back = entries.move("reduce", pool, issuer, 10, key="b", on=TODAY, document_no="核减")
    ledger.post([back], now=NOW)
    Account.objects.filter(pk=holding.pk).update(cap=None)
    assert {fault.rule for fault in invariants.faults()} == {"cap"}
    Account.objects.filter(pk=holding.pk).update(cap=cap)
    again = Account.objects.select_related("cap").get(pk=account(river, "holding", "P2", cap=cap).pk)
    made = ledger.post([entries.move("opening", issuer, again, 5, key="o2", on=TODAY, document_no="期初")], now=NOW)[0]
    transfers = Posting.objects.get(pk=made.id).transfers.select_related("debit", "credit", "reservation")
    ledger.post([entries.reverse(Posting.objects.get(pk=made.id), transfers, key="x", on=TODAY)], now=NOW)
    assert Account.objects.get(pk=cap.pk).available == 30 and list(invariants.faults()) == []


def test_renewal_and_reversal(energy):
    _issuer, pool, holding = energy
    later = UNTIL + timedelta(days=90)
    made = ledger.post([entries.reserve(pool, holding, 60, UNTIL, key="r", on=TODAY)], now=NOW)[0]
    reservation = Reservation.objects.get()
    ledger.post([entries.renew(reservation, later, key="n", on=TODAY, document_no="X")], now=NOW)
    reservation.refresh_from_db()
    assert (reservation.expires_on, reservation.renewed) == (later, True)
    posting = Posting.objects.get(pk=made.id)
    transfers = posting.transfers.select_related("debit", "credit", "reservation")
    ledger.post([entries.reverse(posting, transfers, key="x", on=TODAY)], now=NOW)
    assert totals(pool) == (0, 100, 0, 0)


def test_each_posting_has_its_audit_entry_and_the_chain_holds(energy):
    _issuer, pool, holding = energy
    audit.record("export", rows=1)
    ledger.post([entries.reserve(pool, holding, n, UNTIL, key=f"r{n}", on=TODAY) for n in (1, 2, 3)], now=NOW)
    assert audit.verify() == (5, None)
    targets = AuditEntry.objects.filter(kind="ledger.posting").values_list("target_id", flat=True)
    assert sorted(int(t) for t in targets) == sorted(Posting.objects.values_list("pk", flat=True))


def test_the_journal_cannot_be_changed(energy):
    for table in ("factors_posting", "factors_transfer"):
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


def test_who_waited_longer_brings_an_earlier_instant(energy):
    """A request reads the clock before it waits for its turn; an episode never ends before it began."""
    issuer, pool, holding = energy
    district = District.objects.create(code="159901", name="县")
    enterprise = Enterprise.objects.create(credit_code="91110000600037341L", name="甲公司")
    project = Project.objects.create(code="2601-1", name="项目", district=district, enterprise=enterprise)
    other = account(pool.book, "holding", "P2")
    facts = {"book": pool.book, "period": "2026", "pool": pool, "holding": holding, "registered_at": NOW}
    demand = Demand.objects.create(project=project, amount=60, **facts)
    ledger.post([entries.reserve(pool, other, 90, UNTIL, key="r", on=TODAY)], now=NOW)
    earlier = NOW - timedelta(seconds=1)
    ledger.post([entries.move("grant", issuer, pool, 100, key="g2", on=TODAY)], now=earlier)
    episode = BlockEpisode.objects.get(demand=demand)
    assert episode.opened_at == episode.closed_at == NOW
