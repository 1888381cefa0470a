"""The rules of the house, as far as a machine can see them."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = [
    *("config", "demo", "imports", "cockpit", "dossiers", "supervision", "gis", "approvals", "factors", "projects"),
    *("calendars", "people"),
]
HEAVY = {
    *(
        "openpyxl",
        "python_calamine",
        "numpy",
        "pandas",
        "scipy",
        "weasyprint",
        "pypdf",
        "fontTools",
        "segno",
        "playwright",
    ),
    *("geopandas", "shapely", "pyproj", "pyogrio", "folium", "branca"),
}

# Who may ask what time it is: those who answer a request or a command, and pass it on. The others need a reason.
CLOCK_READERS = re.compile(
    r"(^|/)(views\.py|views/|views_\w+\.py|management/|ledger_commands/|middleware\.py|migrations/)"
)
CLOCK_EXCEPTIONS = {
    "people/actions.py": "stamps when it was recorded",
    "calendars/actions.py": "stamps when a version was made",
    "people/audit.py": "the audit log writes when it recorded, not what it was told",
    "people/sessions.py": "called by log-in signals, which carry no time",
    "people/listeners.py": "log-in signals carry no time",
    "factors/pools.py": "told of a move by projects/actions.py, which carries no time",
    "factors/cancelling.py": "told of a cancelled project by projects/actions.py, which carries no time",
    "config/context.py": "context processors answer a request",
}
CLOCK_CALLS = {"date.today", "datetime.now", "datetime.today", "datetime.utcnow", "timezone.now", "timezone.localdate"}
CLOCK_CALLS |= {"timezone.localtime()", "datetime.datetime.now", "datetime.date.today", "time.time"}


def sources(*apps: str) -> Iterator[tuple[str, ast.Module]]:
    """Yield (path, tree) of every module of ours, migrations excluded."""
    for app in apps or APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def calls(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of every call; a call without arguments is also yielded as `name()`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            yield node.lineno, name
            if not node.args and not node.keywords:
                yield node.lineno, f"{name}()"


def test_apps_import_downwards_only():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    result = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert result.returncode == 0, result.stdout


def test_no_heavy_library_is_loaded_with_the_site():
    code = "import sys, django; django.setup(); import config.urls; print(*{m.partition('.')[0] for m in sys.modules})"
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DEMO": "1"}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environ)
    assert result.returncode == 0, result.stderr
    assert not HEAVY & set(result.stdout.split())


def test_the_clock_is_read_only_at_the_edge():
    found = [
        f"{path}:{line}: {name}"
        for path, tree in sources()
        if not CLOCK_READERS.search(path) and path not in CLOCK_EXCEPTIONS
        for line, name in calls(tree)
        if name in CLOCK_CALLS
    ]
    assert not found, "pass `now` or `today` in:\n" + "\n".join(found)


# `bulk_update` of states saves what the state machine said; each place needs its reason. `.update(state=…)` has none.
BULK_STATES = {"approvals/history.py": "locks the chains, checks rights, replays every event before it writes"}


def test_the_state_of_a_stage_is_never_written_past_the_state_machine():
    found = []
    for path, tree in sources():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            names = {keyword.arg for keyword in node.keywords}
            in_update = node.func.attr == "update" and "state" in names
            in_bulk = node.func.attr == "bulk_update" and "'state'" in ast.unparse(node)
            if in_update or (in_bulk and path not in BULK_STATES):
                found.append(f"{path}:{node.lineno}")
    assert not found, "go through approvals/actions.py:\n" + "\n".join(found)


def test_public_functions_and_classes_say_what_they_do():
    found = []
    for path, tree in sources():
        if tree.body and not ast.get_docstring(tree):
            found.append(f"{path}: module")
        for node in tree.body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            public = public and node.name != "Command"  # says it in `help`
            if public and not ast.get_docstring(node):
                found.append(f"{path}:{node.lineno}: {node.name}")
    assert not found, "no docstring:\n" + "\n".join(found)


def test_messages_are_constants():
    """`gettext(f"…")` and `gettext("…" % x)` are never found in a catalogue."""
    found = [
        f"{path}:{node.lineno}"
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
        and node.args
        and isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert not found, "\n".join(found)


def test_modules_stay_small():
    """A module stays near 400 lines; 480 is where it must be split. One that holds nothing but data is a table."""
    found = [
        f"{path}: {count}"
        for path, tree in sources()
        if any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in tree.body)
        and (count := len((ROOT / path).read_text(encoding="utf-8").splitlines())) > 480
    ]
    assert not found, "\n".join(found)
