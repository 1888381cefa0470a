"""The city of `tests/people/world.py` for tests of parks."""

from tests.projects.conftest import client_of, world  # noqa: F401
