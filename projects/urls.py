"""Addresses of projects, enterprises and parks."""

from django.urls import path

from projects.views import assignments, enterprises, key_points, parks, projects

urlpatterns = [
    path("projects/new/", projects.project_create, name="project-create"),
    path("projects/<str:code>/edit/", projects.project_edit, name="project-edit"),
    path("projects/<str:code>/assign/", assignments.project_assign, name="project-assign"),
    path("projects/<str:code>/key-points/", key_points.project_key_points, name="project-key-points"),
    path("three-assignments/", assignments.three_assignments, name="three-assignments"),
    path("enterprises/", enterprises.enterprise_list, name="enterprise-list"),
    path("enterprises/new/", enterprises.enterprise_create, name="enterprise-create"),
    path("enterprises/<str:credit_code>/", enterprises.enterprise_page, name="enterprise-page"),
    path("enterprises/<str:credit_code>/edit/", enterprises.enterprise_edit, name="enterprise-edit"),
    path("enterprises/<str:credit_code>/materials/add/", enterprises.material_add, name="material-add"),
    path("materials/<int:pk>/file/", enterprises.material_file, name="material-file"),
    path("parks/new/", parks.park_create, name="park-create"),
    path("parks/<str:code>/edit/", parks.park_edit, name="park-edit"),
]
