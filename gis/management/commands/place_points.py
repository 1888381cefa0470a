"""`manage.py place_points`: look up the district and the park of every project's point again and store them."""

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.translation import gettext as _

from gis import placing


class Command(BaseCommand):
    """Join all points with all outlines (geopandas) and store the result. Can be run at any time."""

    help = "Look up the district and the park of every project's point again."

    def add_arguments(self, parser):
        """Declare the arguments."""
        parser.add_argument("--check", action="store_true", help="only name what differs; exit status 1 then")

    def handle(self, *args, check, **options):
        """Run the join.

        :raises SystemExit: with --check, when a stored place differs.
        """
        if not check:
            with transaction.atomic():
                count = placing.place()
            self.stdout.write(_("%(count)s points looked up.") % {"count": count})
            return
        found = placing.differences()
        for line in found[:50]:
            self.stdout.write(str(line))
        self.stdout.write(f"{len(found)} differences")
        if found:
            raise SystemExit(1)
