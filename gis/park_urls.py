"""Addresses of parks and their readiness."""

from django.urls import path

from gis.views import parks, reports, utilities

urlpatterns = [
    path("parks/", parks.park_list, name="park-list"),
    path("parks/<str:code>/", parks.park_page, name="park-page"),
    path("parks/<str:code>/needs.csv", parks.park_needs_export, name="park-needs-export"),
    path("parks/<str:code>/report/", reports.park_report, name="park-report"),
    path("parks/<str:code>/reports/<str:month>/", reports.park_report_page, name="park-report-page"),
    path("parks/<str:code>/utilities/<slug:item>/", utilities.park_utility, name="park-utility"),
    path(
        "parks/<str:code>/utilities/<slug:item>/evidence/",
        utilities.utility_evidence_add,
        name="utility-evidence-add",
    ),
    path("parks/<str:code>/utilities/<slug:item>/expansions/", utilities.expansion_edit, name="expansion-create"),
    path(
        "parks/<str:code>/utilities/<slug:item>/expansions/<int:pk>/", utilities.expansion_edit, name="expansion-edit"
    ),
    path("parks/<str:code>/assessments/", utilities.assessment_edit, name="assessment-create"),
    path("parks/<str:code>/assessments/<int:pk>/", utilities.assessment_edit, name="assessment-edit"),
    path("assessments/<int:pk>/file/", utilities.assessment_file, name="assessment-file"),
    path("utilities/evidence/<int:pk>/file/", utilities.utility_evidence_file, name="utility-evidence-file"),
    path("utilities/verify/", reports.utility_verify, name="utility-verify"),
    path("projects/<str:code>/utilities/", utilities.utility_demand_edit, name="utility-demand-create"),
    path("projects/<str:code>/utilities/<int:pk>/", utilities.utility_demand_edit, name="utility-demand-edit"),
]
