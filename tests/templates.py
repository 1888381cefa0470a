"""Databases of the tests, made once by a process of its own and copied by every worker.

Those of SQLite lie in var/test-templates under the checksum of everything that they are made from, for every run until
a migration or the sample city changes. Those of PostgreSQL live as long as the throw-away server of one run
(scripts/with_postgres.py); on a server that somebody gave us nothing is made but the test database itself.
`python -m tests.templates` makes them ahead of need (scripts/test.py; tests/conftest.py with "postgres").
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.factors.soak import databases

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "var" / "test-templates"
NOT_MADE_FROM = {"benchmarks", "docs", "scripts", "static", "tests", "var", "__pycache__"}
SERVER_IS_OURS = bool(os.environ.get("LUODI_THROWAWAY_SERVER"))
FRESH_SECONDS = 3600  # the sample city is told up to the moment it is loaded


def checksum() -> str:
    """Return the checksum of all files that migrations or the sample city could read. About 0.1 s."""
    found = hashlib.sha256(sys.version.encode())
    for folder, below, names in os.walk(ROOT):
        below[:] = sorted(name for name in below if name not in NOT_MADE_FROM and not name.startswith("."))
        for path in (Path(folder, name) for name in sorted(names)):
            found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    for path in (ROOT / "tests" / "settings.py", ROOT / "tests" / "environment.py", Path(__file__)):
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


@contextmanager
def one_at_a_time(what: str) -> Iterator[None]:
    """Let one process at a time into the block."""
    HOME.mkdir(parents=True, exist_ok=True)
    with open(HOME.with_name(f"{what}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def locked() -> Iterator[Path]:
    """Give the folder of the present templates to one process at a time; the others wait while it makes one."""
    with one_at_a_time("test-templates"):
        yield HOME / checksum()


def copy(source: Path, target: str) -> None:
    """Copy a database file into a new one."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def ready(folder: Path, what: str) -> Path:
    """Return the folder that holds db.sqlite3 and media of `what` ("migrated" or "city"), made if need be. Locked."""
    made = folder / what
    if made.is_dir() and (what == "migrated" or is_fresh(made)):
        return made
    for old in (entry for entry in HOME.iterdir() if entry != folder):
        shutil.rmtree(old)
    basis = ready(folder, "migrated") if what == "city" else None
    making = folder / "making"
    for half_done in (making, made):
        shutil.rmtree(half_done, ignore_errors=True)
    making.mkdir(parents=True)
    if basis:
        copy(basis / "db.sqlite3", str(making / "db.sqlite3"))
    environ = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    subprocess.run([sys.executable, "-m", "tests.templates", what, making], cwd=ROOT, env=environ, check=True)
    making.rename(made)
    return made


def is_fresh(made: Path) -> bool:
    """Say whether a city was told today and lately."""
    told = made.stat().st_mtime
    return date.fromtimestamp(told) == date.today() and 0 <= time.time() - told < FRESH_SECONDS


def migrated(target: str) -> None:
    """Make `target` a migrated, empty database."""
    with locked() as folder:
        copy(ready(folder, "migrated") / "db.sqlite3", target)


def city(media: str) -> sqlite3.Connection:
    """Return the database of the sample city, in memory; its uploads are put into the folder `media`."""
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    with locked() as folder:
        made = ready(folder, "city")
        with closing(sqlite3.connect(made / "db.sqlite3")) as source:
            source.backup(memory)
        if (made / "media").is_dir():
            shutil.copytree(made / "media", media, dirs_exist_ok=True)
    return memory


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


def ready_on_server(what: str) -> str:
    """Return the database of `what` ("migrated" or "city") on our throw-away server, made if need be. Locked."""
    name, url = f"luodi_{what}", os.environ["DATABASE_URL"]
    if databases.has_postgres(url, name):
        return name
    basis = ready_on_server("migrated") if what == "city" else "template0"
    databases.drop_postgres(url, "making")
    databases.copy_postgres(url, basis, "making")
    subprocess.run([sys.executable, "-m", "tests.templates", what, str(uploads()), "making"], cwd=ROOT, check=True)
    databases.execute(url, f'ALTER DATABASE "making" RENAME TO "{name}"')
    return name


def uploads() -> Path:
    """Return where the uploads of the city on our server lie: beside its data, gone with it."""
    return Path(dict(parse_qsl(urlsplit(os.environ["DATABASE_URL"]).query))["host"]) / "uploads"


def migrated_on_server(target: str) -> None:
    """Make `target` a migrated, empty database of our throw-away server."""
    with one_at_a_time("test-postgres"):
        databases.drop_postgres(os.environ["DATABASE_URL"], target)
        databases.copy_postgres(os.environ["DATABASE_URL"], ready_on_server("migrated"), target)


@contextmanager
def city_on_server(media: str) -> Iterator:
    """Give a connection to the database of the sample city; its uploads are put into the folder `media`."""
    import psycopg

    with one_at_a_time("test-postgres"):
        name = ready_on_server("city")
        if (uploads() / "media").is_dir():
            shutil.copytree(uploads() / "media", media, dirs_exist_ok=True)
    address = urlsplit(os.environ["DATABASE_URL"])._replace(scheme="postgresql", path=f"/{name}")
    with psycopg.connect(address.geturl()) as connection:
        yield connection


# --- Their making ----------------------------------------------------------------------------------------------------


def make(what: str, folder: str, name: str = "") -> None:
    """Migrate a database, or load the sample city into it, under the settings of the tests.

    The database is `name` on the server of DATABASE_URL, without it the file db.sqlite3 in `folder`. Uploads go there.
    """
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.DATABASES["default"]["NAME"] = name or f"{folder}/db.sqlite3"
    settings.MEDIA_ROOT = f"{folder}/media"
    django.setup()
    call_command(*(["demo", "load"] if what == "city" else ["migrate"]), verbosity=0)


def main(arguments: list[str]) -> None:
    """Make the templates of SQLite, or of our server ("postgres"), or one in the given folder."""
    if arguments == ["postgres"]:
        for what in ("migrated", "city"):  # one after the other: who needs the first need not wait for the second
            with one_at_a_time("test-postgres"):
                ready_on_server(what)
    elif arguments:
        make(*arguments)
    else:
        with locked() as folder:
            ready(folder, "city")


if __name__ == "__main__":
    main(sys.argv[1:])
