"""Sixteen processes write the ledger at once and four read it (reliability.md A3(1)). On both databases.

10,000 attempts on each, 20,000 in `make test`; `make soak` makes 1,000,000. A run that did not exercise the risk fails,
too: it proves nothing.
"""

import os

import pytest

from tests.factors.soak.runner import Crowd

ATTEMPTS = int(os.environ.get("SOAK_ATTEMPTS", 10_000))
SEED = int(os.environ.get("SOAK_SEED", 20261122))

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.both_databases
def test_a_crowd_cannot_hand_out_anything_twice(empty_database):
    with Crowd(empty_database) as crowd:
        crowd.build()
        report = crowd.run(title="processes", seed=SEED, writers=16, readers=4, attempts=ATTEMPTS)
    print(report.text())
    assert report.caught == [], report.text()
    assert report.void == [], report.text()


@pytest.mark.parametrize("name", ["float", "deferred"])
def test_a_broken_ledger_is_caught(empty_database, name):
    """Two of the eight mutants that `make mutants` shows; otherwise a crowd that sees nothing would pass, too."""
    from tests.factors.soak.mutants import MUTANTS

    with Crowd(empty_database, mutant=name) as crowd:
        crowd.build()
        report = crowd.run(title=name, seed=SEED, **MUTANTS[name].run)
    assert report.caught, report.text()
