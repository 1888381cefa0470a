"""`manage.py verify [--sample N]`: derive what is stored again and name the rows that differ; exit status 1 then.

Lights, due dates, tallies and who is blocked (`approvals.verify`); the ledger's invariants at the end and at every
prefix of the journal, its derived columns, the audit log, triggers and constraints (`factors.invariants`, `reconcile`);
what apps above register in `approvals.verify.checks`: boards and places of parks, problems and orders.
"""

import sys

from django.core.management.base import BaseCommand
from django.utils import timezone

from approvals import verify
from calendars import store
from factors import invariants, reconcile
from factors.models import Posting


class Command(BaseCommand):
    """Hold the stored judgements (lights, due dates, tallies) to the facts they were derived from."""

    help = "Derive lights, due dates, tallies and the ledger again; exit status 1 and the rows when something differs."

    def add_arguments(self, parser):
        parser.add_argument("--sample", type=int, default=0, help="Look at so many chains, evenly spread (0: all).")
        parser.add_argument("--limit", type=int, default=50, help="Name so many differences at most.")

    def handle(self, *args, sample, limit, **options):
        now, calendar = timezone.localtime(), store.current()
        found, looked_at, waiting = [], 0, 0
        for chain, differences in verify.chains(now, calendar, sample):
            looked_at += 1
            waiting += chain.project.next_flip_at is not None and chain.project.next_flip_at <= now
            found += differences
        found += verify.without_chain() + verify.of_projects() + verify.of_tallies()
        found += [*invariants.faults(), *reconcile.derived()]
        for check in verify.checks:
            found += check()
        for difference in found[:limit]:
            self.stdout.write(str(difference))
        if len(found) > limit:
            self.stdout.write(f"… and {len(found) - limit} more")
        self.stdout.write(
            f"{looked_at} chains derived again, {Posting.objects.count()} journal entries played again, "
            f"{len(found)} differences; {waiting} lights are due to change at the next look."
        )
        if found:
            sys.exit(1)
