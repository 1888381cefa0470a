from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GisConfig(AppConfig):
    """Parks' readiness and the map. The label is `onemap`: "gis" belongs to django.contrib.gis."""

    name = "gis"
    label = "onemap"
    verbose_name = _("Parks and map")

    def ready(self):
        from gis import placing
        from projects import actions

        actions.after_point.append(placing.place)
