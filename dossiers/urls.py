"""Addresses of dossiers."""

from django.urls import path

from dossiers.views import choose, jobs, papers, preview, verify

urlpatterns = [
    path("projects/<str:code>/dossier/", preview.dossier_page, name="dossier-page"),
    path("projects/<str:code>/dossier/sheet/", preview.dossier_sheet, name="dossier-sheet"),
    path("prints/", jobs.job_list, name="print-list"),
    path("prints/choose/", choose.choose, name="print-choose"),
    path("prints/order/", choose.order, name="print-order"),
    path("prints/<int:pk>/", jobs.job_page, name="print-job"),
    path("prints/<int:pk>/progress/", jobs.job_progress, name="print-progress"),
    path("prints/<int:pk>/file/", jobs.job_file, name="print-bundle"),
    path("prints/<int:pk>/retry/", jobs.job_retry, name="print-retry"),
    path("prints/<int:pk>/stop/", jobs.job_stop, name="print-stop"),
    path("papers/notices/<int:pk>/", papers.notice, name="paper-notice"),
    path("papers/vouchers/<int:year>/<int:number>/", papers.voucher, name="paper-voucher"),
    path("papers/orders/<int:pk>/", papers.order, name="paper-order"),
    path("papers/<str:token>/", jobs.print_file, name="print-file"),
    path("v/<str:token>", verify.verify, name="verify"),
]
