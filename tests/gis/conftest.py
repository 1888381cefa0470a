"""A town for tests of points. The city of tests of parks comes from `tests/people/fixtures.py`."""

import pytest


@pytest.fixture
def town(db, django_user_model):
    """Two districts side by side, a park in the first, and a project manager (`tests/gis/towns.py`)."""
    from tests.gis import towns

    return towns.build(django_user_model)
