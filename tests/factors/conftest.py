"""Fixtures of the tests that run processes of their own against the ledger."""

import os
import tempfile
from uuid import uuid4

import pytest
from django.db import connection


@pytest.fixture
def empty_database(transactional_db):
    """Return the DATABASE_URL of a new copy of the test database as migrations left it, for processes of their own."""
    from tests.factors.soak import databases

    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with tempfile.TemporaryDirectory(prefix="luodi-soak-", dir=databases.folder()) as home:
            yield databases.copy_sqlite(connection.connection, f"{home}/soak.sqlite3")
        return
    source = connection.settings_dict["NAME"]
    connection.close()  # nobody may be connected to what is copied
    url, name = os.environ["DATABASE_URL"], f"soak_{uuid4().hex[:12]}"
    try:
        yield databases.copy_postgres(url, source, name)
    finally:
        databases.drop_postgres(url, name)
