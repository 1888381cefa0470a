"""Fixtures for every test. Contract in CONTRIBUTING.md, "Tests"."""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import templates

ROOT = Path(__file__).resolve().parent.parent
REQUIRED = os.environ.get("CI_REQUIRE") == "1"
LOCAL = {"127.0.0.1", "::1", "localhost"}

pytest_plugins = ["tests.browser", "tests.people.fixtures"]

# How long an example takes says how busy the machine is, not whether the property holds. What a run of the tests says
# depends on the code alone; to look for new examples: --hypothesis-profile=search, as `make soak` does.
ANY_PACE = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("house", derandomize=True, **ANY_PACE)
settings.register_profile("search", **ANY_PACE)
settings.load_profile("house")


def pytest_configure(config):
    """Begin to make the databases of our throw-away server, which the workers of a long run will all ask for."""
    if templates.SERVER_IS_OURS and getattr(config.option, "numprocesses", 0) and not hasattr(config, "workerinput"):
        making = [sys.executable, "-m", "tests.templates", "postgres"]
        config.add_cleanup(subprocess.Popen(making, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait)


def missing(what: str) -> None:
    """Skip for want of `what` (a program); in CI this is a failure, so that nothing goes untested quietly."""
    if REQUIRED:
        pytest.fail(f"{what} is missing and CI_REQUIRE=1")
    pytest.skip(f"{what} is missing")


@pytest.fixture(autouse=True, scope="session")
def no_network():
    """Let tests connect to this machine only: the product must work offline."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family != socket.AF_UNIX and address[0] not in LOCAL:
            raise OSError(f"network is off in tests: {address}")
        return connect(self, address)

    socket.socket.connect = guarded
    yield
    socket.socket.connect = connect


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real input files, beside the clone or at SHARED_DATA; skips where it is not there."""
    path = Path(os.environ.get("SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not path.is_dir():
        pytest.skip(f"no real input files at {path} (set SHARED_DATA)")
    return path


# --- Databases -------------------------------------------------------------------------------------------------------
# Django empties every table after a transactional test. That would lose what migrations put in, and the append-only
# tables refuse DELETE. So the database as migrations left it is copied once and copied back.


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb, django_db_modify_db_settings):
    """Begin with a copy of the migrated database (tests/templates.py), removed at the end.

    On a server of PostgreSQL that is not our throw-away one, Django makes it as usual.
    """
    from django.db import connection

    name = connection.settings_dict["TEST"]["NAME"]
    if connection.vendor != "sqlite":
        if templates.SERVER_IS_OURS:
            templates.migrated_on_server(name or f"test_{connection.settings_dict['NAME']}")
        yield templates.SERVER_IS_OURS or django_db_keepdb  # the server takes it with it
        return
    templates.migrated(name)
    yield True
    connection.close()
    for suffix in ("", "-wal", "-shm", "-writer"):
        Path(name + suffix).unlink(missing_ok=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Remember the freshly migrated database, and put it back after transactional tests."""
    from django.db import connection
    from django.test import TransactionTestCase

    with django_db_blocker.unblock():
        pristine = Snapshot(connection)
    original = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = lambda self: pristine.restore(connection)
    yield
    TransactionTestCase._fixture_teardown = original


class Snapshot:
    """A copy of the test database, kept in memory: pages of the file on SQLite, rows of every table on PostgreSQL."""

    def __init__(self, connection, other=None):
        """Copy the database as it is; or `other`, a connection of the driver: on SQLite that is kept, as the copy."""
        connection.ensure_connection()
        if connection.vendor == "sqlite":
            self.copy = other or sqlite3.connect(":memory:", check_same_thread=False)
            if other is None:
                connection.connection.backup(self.copy)
            return
        with (other or connection.connection).cursor() as cursor:
            self.rows = {}
            for table in connection.introspection.table_names():
                with cursor.copy(f'COPY "{table}" TO STDOUT') as out:
                    self.rows[table] = b"".join(bytes(block) for block in out)
            cursor.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'")
            self.sequences = cursor.fetchall()

    def restore(self, connection) -> None:
        """Make the database what it was. No other connection may hold a transaction open."""
        connection.close()  # a transaction that a test left open must not survive
        connection.ensure_connection()
        if connection.vendor == "sqlite":
            self.copy.backup(connection.connection)
        else:
            self.restore_postgres(connection)
        forget_caches()

    def restore_postgres(self, connection) -> None:
        """Empty all tables and fill them again; triggers (append-only) and foreign keys rest meanwhile."""
        from django.db import transaction

        with transaction.atomic(), connection.connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("TRUNCATE " + ", ".join(f'"{table}"' for table in self.rows))
            for table, rows in self.rows.items():
                if rows:
                    with cursor.copy(f'COPY "{table}" FROM STDIN') as into:
                        into.write(rows)
            for name, last in self.sequences:
                cursor.execute("SELECT setval(%s, %s, %s)", [f'"{name}"', last or 1, last is not None])


def forget_caches() -> None:
    """Drop what Django remembers about rows that are gone."""
    from django.contrib.contenttypes.models import ContentType
    from django.core.cache import cache

    ContentType.objects.clear_cache()
    cache.clear()


# --- People and the sample city --------------------------------------------------------------------------------------


class Clients(dict):
    """Test clients by user name, made and logged in at the first look: `clients["pm"].get("/")`."""

    def __missing__(self, username: str):
        from django.contrib.auth import get_user_model
        from django.test import Client

        client = self[username] = Client()
        if username != "anonymous":
            User = get_user_model()
            user = User.objects.filter(username=username).first()
            if user is None:
                user = User.objects.create_user(username, role=username, display_name=username, is_demo=True)
            client.user = user
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client


@pytest.fixture
def clients(db) -> Clients:
    """A logged-in client per role; `clients["anonymous"]` is nobody. With `demo_city` they are its people."""
    return Clients()


@pytest.fixture(scope="session")
def city_snapshot() -> dict:
    """Holds the copy of the sample city once it was loaded."""
    return {}


@pytest.fixture
def demo_city(transactional_db, city_snapshot):
    """The sample city, committed, as `manage.py demo load` makes it: a copy of one that was loaded once."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    if "copy" not in city_snapshot:
        if connection.vendor == "sqlite":
            city_snapshot["copy"] = Snapshot(connection, templates.city(settings.MEDIA_ROOT))
        elif templates.SERVER_IS_OURS:
            with templates.city_on_server(settings.MEDIA_ROOT) as other:
                city_snapshot["copy"] = Snapshot(connection, other)
        else:
            call_command("demo", "load", verbosity=0)
            city_snapshot["copy"] = Snapshot(connection)
            return
    city_snapshot["copy"].restore(connection)


@pytest.fixture(autouse=True)
def empty_cache():
    """Begin with nothing kept: what another test's rows told would be shown on for some seconds (`approvals.kept`)."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def that_day(monkeypatch):
    """Let the product's clock stand at the day of the factors' tests: pages offer and show the quota of this year."""
    from tests.factors.world import NOW

    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW.astimezone(UTC))


@pytest.fixture(autouse=True, scope="session")
def clean_media():
    """Remove the uploads of this process at the end."""
    yield
    from django.conf import settings

    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
