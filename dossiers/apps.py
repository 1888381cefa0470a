"""The app of dossiers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DossiersConfig(AppConfig):
    """一企一卡一册: one content tree, many renderings; frozen versions; print jobs."""

    name = "dossiers"
    verbose_name = _("Dossiers")

    def ready(self):
        from dossiers.completeness import officer_slot
        from supervision.panels import officer_slots

        if officer_slot not in officer_slots:
            officer_slots.append(officer_slot)
