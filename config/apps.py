"""The project itself as an app, so that its system checks and commands are found."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Registers the production checks."""

    name = "config"
    label = "config"

    def ready(self) -> None:
        """Register the checks of config/checks.py."""
        from config import checks  # noqa: F401
