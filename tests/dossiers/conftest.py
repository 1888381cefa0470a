"""Fixtures of dossiers."""

import pytest

from tests.supervision.world import build


@pytest.fixture
def world(db):
    """The small city of visits, problems and orders (`tests/supervision/world.py`)."""
    return build()
