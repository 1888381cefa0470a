"""`manage.py demo load` builds the sample city in an empty database; `demo reset` empties it first."""

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from demo.city import build
from people.models import District, User


class Command(BaseCommand):
    """Build or rebuild the fictional sample city, with its demo accounts."""

    help = "Build the fictional sample city (load), or empty the database and build it anew (reset)."

    def add_arguments(self, parser):
        parser.add_argument("what", choices=["load", "reset"])
        parser.add_argument("--yes", action="store_true", help="Do not ask before emptying the database.")

    def handle(self, *args, what, yes, **options):
        if settings.PRODUCTION:
            raise CommandError("The sample city has accounts with a public password: it is refused in production.")
        if what == "reset":
            self._empty(yes)
        elif District.objects.exists() or User.objects.exists():
            raise CommandError("The database is not empty. `manage.py demo reset` empties it first.")
        counts = build(timezone.localtime())
        self.stdout.write("Sample city: " + ", ".join(f"{number} {name}" for name, number in counts.items()))

    def _empty(self, yes):
        real = User.objects.filter(is_demo=False).count()
        if real and not yes:
            raise CommandError(
                f"The database holds {real} accounts that are not of the demo. Add --yes to empty it all the same."
            )
        call_command("flush", interactive=False, verbosity=0)
