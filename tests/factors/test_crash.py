"""Writers are killed with SIGKILL, at random and at named places: nothing acknowledged is lost, nothing is half done.

After the kills every writer's last request, whose outcome nobody knows, is made again with its key. Then all invariants
are checked. 60 kills at random and a few at each place here; `make soak` makes more (SOAK_KILLS for each place).
"""

import os

import psycopg
import pytest
from django.db import DatabaseError, connection

from tests.factors.soak.failpoints import OF
from tests.factors.soak.runner import Crowd
from tests.factors.soak.worker import ended_by_server

KILLS = int(os.environ.get("SOAK_KILLS", 3))
RANDOM_KILLS = int(os.environ.get("SOAK_RANDOM_KILLS", 60))
CRASHES = int(os.environ.get("SOAK_CRASHES", 8))
SEED = int(os.environ.get("SOAK_SEED", 20261122))

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def test_random_kills(empty_database):
    with Crowd(empty_database) as crowd:
        crowd.build()
        report = crowd.run(title="random kills", seed=SEED, writers=6, kills=RANDOM_KILLS, every=0.15)
    assert report.caught == [], report.text()
    assert report.kills == RANDOM_KILLS
    assert report.checked["acknowledged"] > 50, report.text()


def test_kills_at_named_places(empty_database):
    with Crowd(empty_database) as crowd:
        crowd.build()
        for number, place in enumerate(OF[connection.vendor]):
            report = crowd.run(title=place, seed=SEED + number, writers=2, kills=KILLS, place=place)
            assert report.caught == [], report.text()
            assert report.kills == KILLS, f"{place}: the worker came there {report.kills} times only"


@pytest.mark.postgres
def test_the_server_ends_connections(empty_database):
    """As an operator's restart or a failing network does; writers connect anew and repeat with their key."""
    with Crowd(empty_database) as crowd:
        crowd.build()
        report = crowd.run(title="connections", seed=SEED, writers=6, kills=RANDOM_KILLS, every=0.1, server="terminate")
    assert report.caught == [], report.text()
    assert report.counts["cut off"] > 0, report.text()


def test_an_end_is_known_by_what_it_made_fail_too():
    """The runner ends connections on purpose: that is no fault of the ledger, however psycopg words it."""
    try:
        try:
            raise psycopg.errors.AdminShutdown("terminating connection due to administrator command")
        finally:
            raise psycopg.OperationalError("cannot exit pipeline mode while busy")
    except psycopg.OperationalError as error:
        busy = error
    wrapped = DatabaseError("cannot exit pipeline mode while busy")
    wrapped.__cause__ = busy  # as Django passes it on
    assert ended_by_server(wrapped)
    assert not ended_by_server(DatabaseError("cannot exit pipeline mode while busy"))


@pytest.mark.postgres
def test_the_server_crashes_and_forgets_what_only_its_memory_held():
    """What was told was on disk (docs/adr 0021); without waiting for it up to a fifth of a second would be lost."""
    from scripts.with_postgres import cluster
    from tests.factors.soak.databases import migrate

    with cluster(durable=True) as url:
        migrate(url)
        with Crowd(url) as crowd:
            crowd.build()
            report = crowd.run(title="crashes", seed=SEED, writers=6, kills=CRASHES, every=0.3, server="kill")
    assert report.caught == [], report.text()
    assert report.counts["cut off"] >= CRASHES, report.text()
    assert report.checked["acknowledged"] > 50, report.text()
