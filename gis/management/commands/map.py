"""manage.py map shell: write the page that folium builds into the template that the site serves."""

from django.conf import settings
from django.core.management.base import BaseCommand

from gis import maps

SHELL = settings.BASE_DIR / "templates" / "gis" / "_map_shell.html"


class Command(BaseCommand):
    """Writes templates/gis/_map_shell.html; run it after changing gis/maps.py or Leaflet."""

    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("what", choices=["shell"])

    def handle(self, *args, what, **options):
        SHELL.write_text(maps.page_shell(), encoding="utf-8")
        self.stdout.write(f"{SHELL.relative_to(settings.BASE_DIR)}: {SHELL.stat().st_size} bytes")
