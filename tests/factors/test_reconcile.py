"""`manage.py verify` and the button 对账: what was changed behind the ledger's back is named, what is right is not."""

import pytest
from django.core.management import call_command
from django.db import connection

from factors import entries, ledger, reconcile
from factors.models import Account, Demand, Reservation
from people import triggers
from projects import tallies
from tests.factors import office
from tests.factors.world import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def world():
    found = office.build()
    holding = found.demand.holding
    ledger.post([entries.reserve(found.pool, holding, 20_000, TODAY.replace(year=2027), key="r", on=TODAY)], now=NOW)
    reservation = Reservation.objects.get()
    ledger.post([entries.confirm(reservation, 5_000, key="c", on=TODAY)], now=NOW)
    tallies.recount()
    return found


def verify(capsys) -> tuple[int, str]:
    try:
        call_command("verify")
    except SystemExit as end:
        return end.code, capsys.readouterr().out
    return 0, capsys.readouterr().out


def test_a_sound_account_agrees(world):
    result = reconcile.reconcile(world.pool)
    assert result.agrees
    assert (result.entries, result.transfers, result.lowest) == (3, 4, 0)
    assert result.stored == result.counted == (5_000, 100_000, 15_000, 0)
    assert result.last.key == "c"
    assert reconcile.reconcile(world.demand.holding).stored == (0, 5_000, 0, 15_000)
    empty = Account.objects.create(book=world.book, role="pool", code="empty", name="空", period="2026")
    assert reconcile.reconcile(empty).agrees


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("UPDATE factors_account SET credits_posted = credits_posted + 1 WHERE id = %s", "I4"),
        ("UPDATE factors_account SET last_on = '2030-01-01' WHERE id = %s", "I4"),
        ("UPDATE factors_reservation SET amount = amount + 1 WHERE resolved_by_id IS NULL AND pool_id = %s", "I7"),
        ("UPDATE factors_transfer SET amount = 9 WHERE phase = 'posted' AND credit_id = %s", "I3"),
    ],
)
def test_what_does_not_agree_is_named(world, sql, rule):
    with triggers.lifted(), connection.cursor() as cursor:
        cursor.execute(sql, [world.pool.pk])
    result = reconcile.reconcile(world.pool)
    assert rule in {fault.rule for fault in result.faults}


def test_verify_looks_at_the_ledger_too(world, capsys):
    status, told = verify(capsys)
    assert status == 0, told
    assert "3 journal entries played again" in told


def test_verify_names_a_demand_of_another_pool(world, capsys):
    pool = office.account(world.book, "pool", "pool:elsewhere")
    Demand.objects.filter(pk=world.demand.pk).update(pool=pool)
    status, told = verify(capsys)
    assert status == 1
    assert f"demand {world.demand.pk}: pool: stored {pool.pk}, derived {world.pool.pk}" in told


def test_verify_names_what_the_journal_does_not_say(world, capsys):
    Account.objects.filter(pk=world.pool.pk).update(credits_posted=200_000)
    status, told = verify(capsys)
    assert status == 1
    assert "I2" in told and f"I4 account {world.pool.pk}" in told


def test_verify_names_a_tier_that_is_not_its_role(world, capsys):
    Account.objects.filter(pk=world.pool.pk).update(tier=3)
    status, told = verify(capsys)
    assert status == 1
    assert "tier: stored 3, derived 8" in told
