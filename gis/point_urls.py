"""Addresses of points."""

from django.urls import path

from gis.views import points

urlpatterns = [
    path("projects/<str:code>/point/", points.project_point, name="project-point"),
    path("points/", points.point_list, name="point-list"),
]
