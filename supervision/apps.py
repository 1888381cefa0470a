"""The app of service and supervision."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupervisionConfig(AppConfig):
    """Visits, the problem register (销号), supervision orders (督办)."""

    name = "supervision"
    verbose_name = _("Service and supervision")

    def ready(self):
        from approvals import panels, verify
        from people.triggers import append_only
        from supervision.panels import duty_panel, officer_panel, project_panel
        from supervision.verify import differences

        append_only("supervision_problemevent")
        append_only("supervision_orderevent")
        if project_panel not in panels.project_panels:
            panels.project_panels.insert(0, project_panel)
            panels.workbench_panels[:0] = [officer_panel, duty_panel]
            verify.checks.append(differences)
