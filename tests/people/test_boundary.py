"""Any error is an outcome in one place only; elsewhere errors are caught by name."""

import re
from pathlib import Path

import pytest

from people.boundary import attempt

ROOT = Path(__file__).resolve().parents[2]
APPS = [
    "people",
    "calendars",
    "projects",
    "factors",
    "approvals",
    "gis",
    "supervision",
    "dossiers",
    "cockpit",
    "imports",
    "demo",
    "config",
]


def test_one_part_fails_and_is_told_of():
    told = []
    assert attempt(lambda: 1, told.append) == 1 and not told
    assert attempt(lambda: {}["x"], lambda error: told.append(error) or "empty") == "empty"
    assert isinstance(told[0], KeyError)

    def no_memory():
        raise MemoryError

    def ends_the_process(error):
        raise SystemExit(3) from error

    with pytest.raises(SystemExit):
        attempt(no_memory, ends_the_process)
    with pytest.raises(KeyboardInterrupt):
        attempt(lambda: (_ for _ in ()).throw(KeyboardInterrupt), told.append)


def test_errors_are_caught_by_name_everywhere_else():
    files = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    bare = re.compile(r"^\s*except( Exception\b.*)?:", re.MULTILINE)
    found = {str(path.relative_to(ROOT)) for path in files if bare.search(path.read_text(encoding="utf-8"))}
    assert len(files) > 200 and found == {"people/boundary.py"}
