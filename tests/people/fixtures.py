"""Fixtures of the small city in `tests/people/world.py`, for every folder that has no world of its own.

A plugin of `tests/conftest.py`: what it needs of the product is imported when a test first asks for it.
"""

import pytest


@pytest.fixture
def world(db, settings, tmp_path):
    """The city, freshly built for one test; uploads go to a folder of the test."""
    from tests.people import world as worlds

    settings.MEDIA_ROOT = tmp_path
    return worlds.build()


@pytest.fixture
def client_of(world):
    """Return a logged-in client for (role, relation)."""
    from django.test import Client

    def make(role, relation="own"):
        client = Client()
        client.force_login(world.people[role, relation], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make
