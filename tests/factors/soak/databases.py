"""Migrated, empty databases for a crowd, made by copying one that was migrated once."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[3]


def folder() -> str | None:
    """Return where SQLite files of a crowd lie: in memory where the system has such a folder, else the usual one.

    A process that is killed leaves the system's cache alive, on a disk as in memory; what a disk adds is time.
    """
    memory = "/dev/shm"
    return memory if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 2**30 else None


def migrate(url: str) -> None:
    """Run all migrations in a database, in a process of its own."""
    environ = {**os.environ, "DATABASE_URL": url, "DEMO": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environ, check=True)


def copy_sqlite(source: sqlite3.Connection, path: str) -> str:
    """Copy an open database into a new file; returns its URL."""
    with closing(sqlite3.connect(path)) as target:
        source.backup(target)
    return f"sqlite:///{path}"


def copy_postgres(url: str, source: str, name: str) -> str:
    """Copy a database that nobody is connected to; returns the URL of the copy. `url` is any database of the server."""
    execute(url, f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def has_postgres(url: str, name: str) -> bool:
    """Say whether the server has such a database."""
    with maintenance(url) as connection:
        return bool(connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone())


def drop_postgres(url: str, name: str) -> None:
    """Remove a database and whoever is connected to it."""
    execute(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def execute(url: str, statement: str) -> None:
    """Run one statement outside a transaction, in the maintenance database of the server."""
    with maintenance(url) as connection:
        connection.execute(statement)


def maintenance(url: str):
    """Connect to the maintenance database of the server; every statement commits."""
    import psycopg

    return psycopg.connect(urlsplit(url)._replace(scheme="postgresql", path="/postgres").geturl(), autocommit=True)


@contextmanager
def fresh(vendor: str) -> Iterator[Callable[[], str]]:
    """Give a function that makes one empty database after the other, and remove them all in the end.

    :raises FileNotFoundError: PostgreSQL is not installed.
    """
    numbers = count(1)
    if vendor == "sqlite":
        with tempfile.TemporaryDirectory(prefix="luodi-soak-", dir=folder()) as home:
            migrate(f"sqlite:///{home}/template.sqlite3")

            def make():
                with closing(sqlite3.connect(f"{home}/template.sqlite3")) as source:
                    return copy_sqlite(source, f"{home}/{next(numbers)}.sqlite3")

            yield make
        return
    from scripts.with_postgres import cluster

    with cluster(durable=True) as url:  # what was told must outlive a crash of the server
        execute(url, "CREATE DATABASE template_of_soak")
        migrate(urlsplit(url)._replace(path="/template_of_soak").geturl())
        yield lambda: copy_postgres(url, "template_of_soak", f"soak{next(numbers)}")
