"""How an action on a chain is turned down: not possible now, somebody was first, or no right."""

from django.utils.translation import gettext_lazy as _

from approvals.derive import local


class Refused(Exception):
    """An action that may not be done now. `message` is a sentence for the user, `field` the form field it concerns."""

    def __init__(self, message, field: str | None = None):
        super().__init__(str(message))
        self.message, self.field = message, field


class Overtaken(Refused):
    """Somebody else moved the stage first. `event` is what they recorded, `stage` how it stands now."""

    def __init__(self, event, stage):
        when = local(event.recorded_at)
        super().__init__(
            _("%(who)s already recorded “%(what)s” at %(when)s. Nothing of yours was written.")
            % {
                "who": event.by.display_name or event.by.username,
                "what": event.get_kind_display(),
                "when": f"{when:%m-%d %H:%M}",
            }
        )
        self.event, self.stage = event, stage


class Forbidden(Exception):
    """The actor lacks the right to this action on this stage."""
