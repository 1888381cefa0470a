"""The app's configuration: registers the append-only tables and the listeners of log-in and log-out."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    """Users, departments, districts, roles, access and the audit log."""

    name = "people"
    verbose_name = _("People and rights")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from people import listeners, triggers

        triggers.append_only("people_auditentry")
        post_migrate.connect(triggers.restore_after_migrate, dispatch_uid="people.triggers")
        listeners.connect()
