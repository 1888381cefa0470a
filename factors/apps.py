"""The app of factors: what must be connected when the process starts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FactorsConfig(AppConfig):
    """Quota ledgers, demands, and the rule that says which project is blocked."""

    name = "factors"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Quota ledgers")

    def ready(self):
        from django.db.models.signals import post_migrate

        from factors.cancelling import project_cancelled
        from factors.engines import install_after_migrate
        from factors.pools import project_moved
        from people.triggers import append_only
        from projects.actions import after_cancel, after_move

        append_only("factors_posting")
        append_only("factors_transfer")
        post_migrate.connect(install_after_migrate, sender=self)
        if project_moved not in after_move:
            after_move.append(project_moved)
        if project_cancelled not in after_cancel:
            after_cancel.append(project_cancelled)
