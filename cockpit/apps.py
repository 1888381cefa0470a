"""The app of leaders' pages: what must be connected when the process starts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CockpitConfig(AppConfig):
    """Leaders' pages: blockers, common causes, instructions, the wall. Reads all, owns almost nothing."""

    name = "cockpit"
    verbose_name = _("Leaders' page")

    def ready(self):
        from approvals import panels, project_filters
        from cockpit.connected import freed_by_utility, project_panel, unlock_panel, workbench_panel

        project_filters.CAUSES["utility"] = freed_by_utility
        if workbench_panel not in panels.workbench_panels:
            panels.workbench_panels.append(workbench_panel)
            panels.project_panels += [project_panel, unlock_panel]
