"""`manage.py utilities load [FILE] [--use SET]`: store utilities and sets; `manage.py utilities sets` lists them."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from gis import utilities
from gis.models import UtilitySet


class Command(BaseCommand):
    """Load the utilities that a park must offer (三通, 五通, 七通一平, 九通) and choose the set in use."""

    help = "Store utilities and their sets (load; twice changes nothing), or list the sets (sets)."

    def add_arguments(self, parser):
        parser.add_argument("what", choices=["load", "sets"])
        parser.add_argument(
            "file", nargs="?", metavar="FILE", help="a YAML file of the city's own; else the shipped one"
        )
        parser.add_argument("--use", default="", metavar="SET", help="the code of the set in use from now on")

    def handle(self, *args, what, file, use, **options):
        if what == "load":
            path = Path(file) if file else None
            try:
                done = utilities.load(path, now=timezone.now(), use=use)
            except utilities.UtilitiesError as error:
                raise CommandError(str(error)) from error
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror or error}") from error
            for word, rows in (("made", done.made), ("changed", done.changed), ("same", done.same)):
                self.stdout.write(
                    f"{word}: " + (", ".join(f"{n} {name}" for name, n in sorted(rows.items())) or "nothing")
                )
        for row in UtilitySet.objects.prefetch_related("items").order_by("code"):
            in_use = " (in use)" if row.in_use else ""
            self.stdout.write(f"{row.code}{in_use}: {row.name}: {'、'.join(item.name for item in row.items.all())}")
