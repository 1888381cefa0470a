#!/usr/bin/env python
"""Django's command line: `python manage.py help`."""

import os
import sys


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] != ["runserver"]:  # nobody sits in front of a command: it waits for its turn to write (SQLite)
        os.environ.setdefault("WRITER_WAIT_SECONDS", "600")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
