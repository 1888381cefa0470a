"""Every address of the site. Each app owns its own list; names are global, without namespaces."""

from django.conf import settings
from django.urls import include, path

handler500 = "config.views.server_error"

urlpatterns = [
    path("", include("people.urls")),
    path("", include("calendars.urls")),
    path("", include("projects.urls")),
    path("", include("factors.urls")),
    path("", include("approvals.urls")),
    path("", include("gis.urls")),
    path("", include("supervision.urls")),
    path("", include("dossiers.urls")),
    path("", include("cockpit.urls")),
    path("", include("cockpit.reform_urls")),
    path("", include("imports.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]

if settings.ADMIN_SITE:
    from django.contrib import admin

    urlpatterns.append(path("admin/", admin.site.urls))
