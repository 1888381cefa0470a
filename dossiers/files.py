"""Where printed files lie, and how one is written: whole or not at all.

A file is written beside its place, flushed to the disk, renamed, and the folder is flushed: after a power cut there is
the whole file or none. Rows name a file only afterwards, so what is listed is whole. A name is used once.
"""

import os
import secrets
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from django.conf import settings

FOLDER = "prints"
PART = ".part"
UNNAMED_SECONDS = 24 * 3600
"""A file that no row names and that is older is left over from a crash: `manage.py print_clean` removes it."""


def root() -> Path:
    """Return the folder of printed files."""
    return Path(settings.MEDIA_ROOT) / FOLDER


def path_of(name: str) -> Path:
    """Return where the file with this stored name lies. ValueError for a name that leads out of the folder."""
    path = Path(settings.MEDIA_ROOT) / name
    if not path.resolve().is_relative_to(root().resolve()):
        raise ValueError(name)
    return path


def new_name(now: datetime, stem: str, ending: str) -> str:
    """Return a name below MEDIA_ROOT that nothing has: prints/2026/11/<stem>-<random>.<ending>."""
    return f"{FOLDER}/{now:%Y/%m}/{stem}-{secrets.token_hex(8)}.{ending}"


@contextmanager
def writing(name: str):
    """Open a file for writing; it gets its name when the block ends well, and is gone when it does not.

    :raises OSError: the disk is full, or cannot be written.
    """
    path = path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + PART)
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        _flush_folder(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise


def _flush_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write(name: str, data: bytes) -> None:
    """Write a whole file under `name`. :raises OSError: the disk is full, or cannot be written."""
    with writing(name) as file:
        file.write(data)


def digest(name: str) -> str:
    """Return the sha256 of a stored file in hexadecimal."""
    found = sha256()
    with path_of(name).open("rb") as file:
        for piece in iter(lambda: file.read(1 << 16), b""):
            found.update(piece)
    return found.hexdigest()


def remove(name: str) -> int:
    """Remove a stored file; returns its size in bytes, 0 when it was not there."""
    if not name:
        return 0
    path = path_of(name)
    try:
        size = path.stat().st_size
        path.unlink()
    except FileNotFoundError:
        return 0
    return size


def unnamed(named: set[str], now: datetime) -> list[str]:
    """Return the files that no row names and that nobody can still be writing."""
    base = Path(settings.MEDIA_ROOT)
    found = []
    for path in sorted(root().rglob("*")):
        name = path.relative_to(base).as_posix()
        if name not in named and path.is_file() and now.timestamp() - path.stat().st_mtime > UNNAMED_SECONDS:
            found.append(name)
    return found
