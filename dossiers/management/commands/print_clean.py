"""`manage.py print_clean`: remove printed files that have expired."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from dossiers import jobs


class Command(BaseCommand):
    """Remove expired files. A running print_worker does so every hour by itself."""

    help = "Remove printed files that have expired (PRINT_DAYS), and what crashes left over. What they said is kept."

    def handle(self, *args, **options):
        number, size = jobs.clean(timezone.now())
        self.stdout.write(f"{number} files removed, {size / 1024 / 1024:.1f} MB")
