"""`manage.py forecast_backtest [--schedule FILE]`: how good the forecasts would have been, on what has happened."""

import json
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from approvals import backtesting
from approvals.backtest import METHODS, score
from approvals.models import Chain, ChainTemplate
from calendars import store


class Command(BaseCommand):
    """Forecasts as of past days, scored against what happened and against two naive rules. Writes nothing."""

    help = (
        "Back-test of the forecast: as of past days, against what happened, the limits and the average of the past. "
        "With --schedule the file is imported by its mapping, scored and rolled back: not on a database in use."
    )

    def add_arguments(self, parser):
        """Declare the arguments."""
        parser.add_argument("--schedule", type=Path, help="score this schedule (.csv, .xlsx) instead of the city")
        parser.add_argument("--mapping", default="nyc_sca_schedule", help="mapping of the schedule")
        parser.add_argument("--every", type=int, default=30, metavar="DAYS", help="calendar days between forecasts")
        parser.add_argument("--completed", action="store_true", help="leave out stages that are not over yet")
        parser.add_argument("--by-name", action="store_true", help="take the stages at work apart by their names")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *, schedule, mapping, every, completed, by_name, json, **options):
        """Print one table.

        :raises CommandError: there is nothing to score, or the schedule cannot be read.
        """
        now, asked = timezone.localtime(), {"completed": completed, "by_name": by_name}
        if schedule is None:
            chains = Chain.objects.exclude(template__kind=ChainTemplate.Kind.IMPORT)
            return self._report(chains, now, every, asked, json)
        with transaction.atomic():
            known = list(Chain.objects.values_list("pk", flat=True))
            call_command("import_data", "schedule", str(schedule), mapping=mapping, verbosity=0, stdout=self.stderr)
            self._report(Chain.objects.exclude(pk__in=known), now, every, asked, json)
            transaction.set_rollback(True)
        return None

    def _report(self, chains, now, every, asked, as_json):
        end = backtesting.last_record(chains, now)
        days = list(backtesting.past_days(chains, end, every))
        if not days:
            raise CommandError("Nothing to score: fewer than 30 stages have been decided.")
        found = score(backtesting.run(chains, end, days, store.current(), **asked))
        if as_json:
            facts = {f"{what}/{method}": _facts(one) for (what, method), one in found.items()}
            return self.stdout.write(json.dumps({"end": end.isoformat(), "days": len(days), "scores": facts}))
        self.stdout.write(
            f"{chains.count()} chains, {len(days)} days from {days[0]:%Y-%m-%d}, outcomes up to {end:%Y-%m-%d}.\n\n"
            "| what | method | forecasts | P50 kept | P80 kept | finished | mean error | bias |\n"
            "|---|---|--:|--:|--:|--:|--:|--:|"
        )
        names = sorted(dict.fromkeys(what for what, _method in found), key=_order)
        for what in names:
            for method in METHODS:
                self.stdout.write(_line(what, method, found[what, method]))
        return None


def _order(what: str) -> tuple[int, str]:
    return backtesting.WHATS.index(what.partition(":")[0]), what


def _line(what: str, method: str, one) -> str:
    """Return a row of the table; a method without a spread has one date, which is its P50."""
    spread = _share(one.kept80, one.due80) if method == METHODS[0] else "—"
    return (
        f"| {what} | {method} | {one.told:,} | {_share(one.kept50, one.due50)} | {spread} | {one.finished:,} "
        f"| {one.error_days:.1f} | {one.bias_days:+.1f} |"
    )


def _share(count: int, of: int) -> str:
    return f"{count / of:.0%} of {of:,}" if of else "—"


def _facts(one) -> dict:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}
