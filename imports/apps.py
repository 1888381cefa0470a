"""Excel and CSV in and out."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """Excel and CSV in and out."""

    name = "imports"
