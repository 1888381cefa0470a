"""The working-day calendar."""

from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    """The working-day calendar."""

    name = "calendars"
