"""`manage.py print_worker`: the processes that print cards and booklets in the background."""

import os

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from dossiers import workers


class Command(BaseCommand):
    """Supervise printer processes, or be one."""

    requires_system_checks = []  # they run, and speak, where the server starts
    help = "Print what people order: one process per core, until stopped. The same on one machine or on several."

    def add_arguments(self, parser):
        parser.add_argument("--processes", type=int, default=0, help="How many; PRINT_WORKERS or one per core.")
        parser.add_argument("--once", action="store_true", help="End when nothing is left to print.")
        parser.add_argument("--attached", action="store_true", help="End when standard input closes (`make run`).")
        parser.add_argument("--child", metavar="NAME", help="Be a printer process (started by the supervisor).")

    def handle(self, *args, processes, once, attached, child, **options):
        if child:
            workers.work(child, timezone.now, once=once, attached=True)
            return
        number = processes or max(settings.PRINT_WORKERS, 0) or os.cpu_count() or 1
        workers.Supervisor(number, timezone.now, once=once, attached=attached).run()
