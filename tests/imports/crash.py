"""Die by `kill -9` at a named point of an import:  python -m tests.imports.crash POINT import_data projects FILE …

`confirm PK` in place of a command confirms a batch as the page does. Run by tests/imports/test_crash.py only.
"""

import importlib
import os
import signal
import sys

POINTS = {
    # name: (module, function, which call of it, after it or before it)
    "judged, nothing kept": ("imports.engine", "_new_batch", 1, "before"),
    "batch kept, not committed": ("imports.engine", "_keep", 1, "after"),
    "batch committed": ("imports.runs", "_judged", 2, "before"),
    "before the first row": ("imports.engine", "_write", 1, "before"),
    "all rows written": ("imports.engine:audit", "record", 1, "before"),
    "before the commit": ("imports.engine", "_write", 1, "after"),
    "after the commit": ("imports.management.commands.import_data:Command", "_report", 1, "before"),
}


def mine(point: str) -> None:
    """Make the process kill itself at `point`."""
    place, name, which, when = POINTS[point]
    module, _colon, attribute = place.partition(":")
    owner = importlib.import_module(module)
    owner = getattr(owner, attribute) if attribute else owner
    original, calls = getattr(owner, name), []

    def trapped(*args, **kwargs):
        calls.append(1)
        if when == "before" and len(calls) == which:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if when == "after" and len(calls) == which:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, trapped)


def main(point: str, command: str, *arguments: str) -> None:
    """Run the command until the point is reached."""
    import django

    django.setup()
    mine(point)
    if command == "confirm":
        from django.utils import timezone

        from imports import engine
        from imports.models import ImportBatch

        batch = ImportBatch.objects.select_related("by").get(pk=arguments[0])
        engine.confirm(batch=batch, mode="all", by=batch.by, now=timezone.now())
        return
    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage.py", command, *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
