"""`manage.py workdays add 2025-09-01 20` and `manage.py workdays between 2025-09-01 2025-09-28`."""

import argparse
import json
from datetime import date
from decimal import Decimal, InvalidOperation

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from calendars import store
from calendars.workdays import half_days

MAX_DAYS = 1_000_000


def day(text: str) -> date:
    """Read a date like 2025-09-01 (or 20250901) for argparse."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a date like 2025-09-01") from None


def amount(text: str) -> Decimal:
    """Read a number of working days for argparse: whole or half, not negative."""
    try:
        number = Decimal(text)
        half_days(number)
    except (InvalidOperation, ValueError):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of whole or half days, like 20 or 20.5") from None
    if number > MAX_DAYS:
        raise argparse.ArgumentTypeError(f"'{text}' is more than {MAX_DAYS} days")
    return number


class Command(BaseCommand):
    requires_system_checks: list = []  # arithmetic only: nothing to check, and half a second less
    help = "Working-day arithmetic on the calendar in force, as JSON (add) or a number (between)."

    def add_arguments(self, parser):
        commands = parser.add_subparsers(dest="command", required=True)
        adding = commands.add_parser("add", help="when a limit of N working days that starts after DATE ends")
        adding.add_argument("date", type=day)
        adding.add_argument("amount", type=amount, metavar="N", help="whole or half working days: 20, 49.5")
        counting = commands.add_parser("between", help="number of working days in (A, B], negative when B is earlier")
        counting.add_argument("after", type=day, metavar="A")
        counting.add_argument("through", type=day, metavar="B")

    def handle(self, *args, **options):
        calendar = self._calendar()
        if options["command"] == "between":
            self.stdout.write(str(calendar.between(options["after"], options["through"])))
            return
        due = calendar.add(options["date"], options["amount"])
        self.stdout.write(json.dumps({"date": due.date.isoformat(), "half": due.half, "provisional": due.provisional}))

    def _calendar(self):
        """Return the calendar in force; before the first migration, the delivered one."""
        try:
            return store.current()
        except DatabaseError:
            self.stderr.write("No database yet: the delivered calendar, without local entries.")
            return store.delivered()
