"""store factors, sources, account books, energy coefficients and review rules; twice changes nothing"""

from pathlib import Path

from django.core.management.base import CommandError
from django.utils import timezone

from factors import kinds


def arguments(parser) -> None:
    """Add the file."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="a YAML file of the city's own; else the shipped one")


def handle(command, options) -> None:
    """Load and say what was made and changed; exit status 1 and nothing stored when the file is wrong."""
    path = Path(options["file"]) if options["file"] else None
    try:
        done = kinds.load(path, now=timezone.now())
    except kinds.KindsError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from error
    for word, rows in (("made", done.made), ("changed", done.changed), ("same", done.same)):
        command.stdout.write(f"{word}: " + (", ".join(f"{n} {name}" for name, n in sorted(rows.items())) or "nothing"))
