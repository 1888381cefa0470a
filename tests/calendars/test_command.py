"""`manage.py workdays`: the promised outputs, and errors a person can read."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("workdays", *arguments, stdout=out)
    return out.getvalue().strip()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "due"),
    [
        (("2025-09-01", "20"), {"date": "2025-09-28", "half": "close", "provisional": False}),
        (("2025-09-01", "20.5"), {"date": "2025-09-29", "half": "noon", "provisional": False}),
        (("2027-09-01", "20"), {"date": "2027-09-29", "half": "close", "provisional": True}),
        (("1999-12-31", "1"), {"date": "2000-01-03", "half": "close", "provisional": True}),
        (("9999-12-31", "1"), {"date": "9999-12-31", "half": "close", "provisional": True}),
    ],
)
def test_add(arguments, due):
    assert json.loads(run("add", *arguments)) == due


@pytest.mark.django_db
def test_add_prints_exactly_one_line_of_json():
    assert run("add", "2025-09-01", "20") == '{"date": "2025-09-28", "half": "close", "provisional": false}'


@pytest.mark.django_db
def test_between():
    assert run("between", "2025-09-01", "2025-09-28") == "20"
    assert run("between", "2025-09-28", "2025-09-01") == "-20"
    assert run("between", "2025-12-31", "2026-12-31") == "248"
    assert run("between", "2050-01-01", "2099-01-01").isdigit()


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("add",),
        ("add", "2025-02-30", "20"),
        ("add", "tomorrow", "20"),
        ("add", "2025-09-01", "20.3"),
        ("add", "2025-09-01", "-3"),
        ("add", "2025-09-01", "NaN"),
        ("add", "2025-09-01", "1e99"),
        ("add", "2025-09-01", "1000001"),
        ("between", "2025-09-01"),
        ("between", "2025-09-01", "0000-01-01"),
    ],
)
def test_bad_input_is_refused(arguments):
    with pytest.raises(CommandError):
        run(*arguments)


def test_from_the_shell_without_a_database(tmp_path):
    """Exit code, no traceback, and an answer even before the first migration."""
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite3"}

    def manage(*arguments):
        command = [sys.executable, str(ROOT / "manage.py"), "workdays", *arguments]
        return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)

    bad = manage("add", "2025-09-01", "soon")
    assert bad.returncode != 0 and "Traceback" not in bad.stderr and "'soon'" in bad.stderr
    good = manage("add", "2025-09-01", "20")
    assert good.returncode == 0 and json.loads(good.stdout)["date"] == "2025-09-28"
