from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CockpitConfig(AppConfig):
    """Leaders' pages: blockers, common causes, instructions, the wall. Reads all, owns almost nothing."""

    name = "cockpit"
    verbose_name = _("Leaders' page")
