"""Addresses of the list, the project page, chains and templates."""

from django.urls import path

from approvals.views import project_list

urlpatterns = [
    path("projects/", project_list.project_list, name="project-list"),
    path("projects/bulk/", project_list.project_bulk, name="project-bulk"),
    path("projects/views/", project_list.view_save, name="view-save"),
    path("search/", project_list.search_all, name="search"),
]
