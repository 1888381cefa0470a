"""The city of `tests/people/world.py`."""

import pytest

from tests.people import world as worlds


@pytest.fixture
def world(db):
    """The city, freshly built for one test."""
    return worlds.build()
