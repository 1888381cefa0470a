"""The app of chains: what must be connected when the process starts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApprovalsConfig(AppConfig):
    """Chain templates, running chains, their clock and their lights."""

    name = "approvals"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Approval chains")

    def ready(self):
        from approvals.blocking import projects_turned
        from approvals.keeping import moved_deadlines, recompute_deadlines
        from calendars.actions import after_change, list_moves
        from factors import blocks
        from people.triggers import append_only

        append_only("approvals_stageevent")
        if recompute_deadlines not in after_change:
            after_change.append(recompute_deadlines)
            list_moves.append(moved_deadlines)
        if projects_turned not in blocks.after_flips:
            blocks.after_flips.append(projects_turned)
