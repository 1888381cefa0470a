"""The city of `tests/people/world.py`, and clients for its people."""

import pytest
from django.test import Client

from tests.people import world as worlds


@pytest.fixture
def world(db, settings, tmp_path):
    """The city, freshly built for one test; uploads go to a folder of the test."""
    settings.MEDIA_ROOT = tmp_path
    return worlds.build()


@pytest.fixture
def client_of(world):
    """Return a logged-in client for (role, relation)."""

    def make(role, relation="own"):
        client = Client()
        client.force_login(world.people[role, relation], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make
