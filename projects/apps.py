"""The app of projects: what must be connected when the process starts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    """Parks, enterprises, projects and who stands by them."""

    name = "projects"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Projects")

    def ready(self):
        from people import grants

        grants.register("projects.park", {"view_projects": grants.SEE, "manage_projects": grants.MANAGE})
