"""SQLite databases of the tests, made once by a process of its own and copied by every worker of every run.

They lie in var/test-templates under the checksum of everything that they are made from, so that a changed migration or
a changed sample city makes new ones. `python -m tests.templates` makes them ahead of need (scripts/test.py).
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

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "var" / "test-templates"
NOT_MADE_FROM = {"benchmarks", "docs", "scripts", "static", "tests", "var", "__pycache__"}
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
def locked() -> Iterator[Path]:
    """Give the folder of the present templates to one process at a time; the others wait while it makes one."""
    HOME.mkdir(parents=True, exist_ok=True)
    with open(HOME.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
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


def make(what: str, folder: str) -> None:
    """Migrate the database in `folder`, or load the sample city into it, under the settings of the tests."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.DATABASES["default"]["NAME"] = f"{folder}/db.sqlite3"
    settings.MEDIA_ROOT = f"{folder}/media"
    django.setup()
    call_command(*(["demo", "load"] if what == "city" else ["migrate"]), verbosity=0)


def main(arguments: list[str]) -> None:
    """Make both templates, or one in the given folder."""
    if arguments:
        return make(*arguments)
    with locked() as folder:
        ready(folder, "city")


if __name__ == "__main__":
    main(sys.argv[1:])
