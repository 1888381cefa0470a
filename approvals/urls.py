"""Addresses of the list, the project page, chains and templates."""

from django.urls import path

from approvals import template_urls
from approvals.views import (
    chains,
    files,
    forecast,
    gating,
    materials,
    project_list,
    project_page,
    records,
    timeline,
    workbench,
)

urlpatterns = [
    path("workbench/", workbench.workbench, name="workbench"),
    path("projects/", project_list.project_list, name="project-list"),
    path("projects/bulk/", project_list.project_bulk, name="project-bulk"),
    path("projects/views/", project_list.view_save, name="view-save"),
    path("materials/", materials.materials_report, name="materials-report"),
    path("forecast/", forecast.forecast_list, name="forecast-list"),
    path("records/", records.records_report, name="records-report"),
    path("records/rows/", records.records_list, name="records-list"),
    path("factors/blocked/", gating.blocked_list, name="blocked-list"),
    path("search/", project_list.search_all, name="search"),
    path("projects/<str:code>/", project_page.project_page, name="project-page"),
    path("projects/<str:code>/chain/start/", chains.chain_start, name="chain-start"),
    path("projects/<str:code>/chain/move/", chains.chain_move, name="chain-move"),
    path("projects/<str:code>/chain/print/", timeline.project_chain_print, name="project-chain-print"),
    path("projects/<str:code>/forecast/", forecast.forecast_project, name="forecast-project"),
    path("projects/<str:code>/gate-override/", gating.gate_override, name="gate-override"),
    path("projects/<str:code>/timeline/", timeline.project_timeline, name="project-timeline"),
    path("projects/<str:code>/stages/<str:stage>/", timeline.stage_explain, name="stage-explain"),
    path("projects/<str:code>/stages/<str:stage>/act/", project_page.stage_act, name="stage-act"),
    path("projects/<str:code>/stages/<str:stage>/preview/", project_page.stage_preview, name="stage-preview"),
    path("projects/<str:code>/events/<int:event>/correct/", project_page.stage_correct, name="stage-correct"),
    path("projects/<str:code>/materials/<int:pk>/", materials.material_use, name="material-use"),
    path("projects/<str:code>/files/<int:pk>/", files.stage_attachment, name="stage-attachment"),
    *template_urls.urlpatterns,
]
