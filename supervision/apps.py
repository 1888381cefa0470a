"""The app of service and supervision."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupervisionConfig(AppConfig):
    """Visits, the problem register (销号), supervision orders (督办)."""

    name = "supervision"
    verbose_name = _("Service and supervision")

    def ready(self):
        from people.triggers import append_only

        append_only("supervision_problemevent")
        append_only("supervision_orderevent")
