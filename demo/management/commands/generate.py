"""`manage.py generate --projects 10000`: a portfolio of any size for benchmarks; never in production."""

import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from demo import generator
from people.models import District
from projects.models import Project


class Command(BaseCommand):
    """Fill the database with generated projects of 19 stages each."""

    help = "Add generated projects with chains of 19 stages to an empty database (--add: to one that has projects)."

    def add_arguments(self, parser):
        parser.add_argument("--projects", type=int, required=True, help="How many.")
        parser.add_argument("--seed", type=int, default=20261120, help="The same seed makes the same projects.")
        parser.add_argument("--shapes", type=int, default=200, help="Chains derived one by one; the others copy them.")
        parser.add_argument("--add", action="store_true", help="Also where there are projects (of `generate`) already.")

    def handle(self, *args, projects, seed, shapes, add, **options):
        if settings.PRODUCTION:
            raise CommandError("Generated projects come with demo accounts: refused in production.")
        if projects < 1 or shapes < 1:
            raise CommandError("--projects and --shapes are 1 or more.")
        if not add and (Project.objects.exists() or District.objects.exists()):
            raise CommandError("The database is not empty. --add adds to what a former `generate` or `demo load` made.")
        begun = time.perf_counter()
        counts = generator.build(projects, timezone.localtime(), seed=seed, shapes=shapes)
        self.stdout.write(
            f"{counts['projects']} projects ({counts['chains derived']} chains derived, "
            f"{counts['chains copied']} copied) in {time.perf_counter() - begun:.0f} s"
        )
