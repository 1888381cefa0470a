"""Users, departments, districts, roles, access and the audit log."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Users, departments, districts, roles, access and the audit log."""

    name = "people"
