"""The city of `tests/people/world.py`: built once per module, and every test works in a savepoint of it."""

import copy

import pytest
from django.db import transaction

from tests.people import world as worlds


@pytest.fixture(scope="module")
def city(django_db_setup, django_db_blocker):
    """The city inside one transaction that is rolled back at the end of the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield worlds.build()
        transaction.set_rollback(True)


@pytest.fixture
def world(city):
    """The city as it was built, for one test; do not combine with `db`."""
    with transaction.atomic():
        yield copy.deepcopy(city)
        transaction.set_rollback(True)
