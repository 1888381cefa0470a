"""The working calendar's app."""

from django.apps import AppConfig
from django.core.signals import request_finished, request_started
from django.utils.translation import gettext_lazy as _


class CalendarsConfig(AppConfig):
    """The working calendar: the State Council's notices, local overrides, versions."""

    name = "calendars"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Working-day calendar")

    def ready(self):
        from calendars import store

        request_started.connect(store.request_begins, dispatch_uid="calendars.request_begins")
        request_finished.connect(store.request_ends, dispatch_uid="calendars.request_ends")
