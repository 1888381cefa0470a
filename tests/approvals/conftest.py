"""The small city of chains as a fixture."""

import pytest

from tests.approvals import world as cities


@pytest.fixture
def world(db) -> cities.World:
    """The small city, in the test's transaction."""
    return cities.build()


@pytest.fixture
def committed_world(transactional_db) -> cities.World:
    """The small city, committed: other connections see it."""
    return cities.build()
