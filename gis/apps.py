"""The app of parks and the map: what must be connected when the process starts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GisConfig(AppConfig):
    """Parks' readiness and the map. The label is `onemap`: "gis" belongs to django.contrib.gis."""

    name = "gis"
    label = "onemap"
    verbose_name = _("Parks and map")

    def ready(self):
        from approvals import panels, verify
        from gis import placing
        from gis.panels import park_panel, project_panel, verify_panel
        from gis.site import site_panel
        from gis.verify import of_boards
        from projects import actions

        if project_panel not in panels.project_panels:
            panels.project_panels += [project_panel, site_panel]
            panels.workbench_panels += [park_panel, verify_panel]
            verify.checks += [of_boards, placing.differences]
            actions.after_point.append(placing.place)
