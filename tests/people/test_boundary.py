"""Any error is an outcome in one place only; elsewhere errors are caught by name."""

import re
from pathlib import Path

import pytest

from people.boundary import outcome, parsed

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
    assert outcome(lambda: 1, told.append) == 1 and not told
    assert outcome(lambda: {}["x"], lambda error: told.append(error) or "empty") == "empty"
    assert isinstance(told[0], KeyError)

    def no_memory():
        raise MemoryError

    def ends_the_process(error):
        raise SystemExit(3) from error

    with pytest.raises(SystemExit):
        outcome(no_memory, ends_the_process)
    with pytest.raises(KeyboardInterrupt):
        outcome(lambda: (_ for _ in ()).throw(KeyboardInterrupt), told.append)


def test_what_a_parser_stumbles_over_is_refused_and_what_ends_a_process_passes():
    def stumble(error):
        raise error

    with pytest.raises(ValueError, match="KeyError") as refused:
        parsed(lambda: {}["x"], lambda error: ValueError(type(error).__name__))
    assert isinstance(refused.value.__cause__, KeyError)
    for error in (MemoryError(), RecursionError()):
        with pytest.raises(type(error)):
            parsed(lambda error=error: stumble(error), ValueError)


def test_errors_are_caught_by_name_everywhere_else():
    files = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    bare = re.compile(r"^\s*except( Exception\b.*)?:", re.MULTILINE)
    found = {str(path.relative_to(ROOT)) for path in files if bare.search(path.read_text(encoding="utf-8"))}
    assert len(files) > 200 and found == {"people/boundary.py"}
