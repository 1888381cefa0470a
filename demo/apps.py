"""The sample city."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """The sample city."""

    name = "demo"
