"""Addresses of imports and exports."""

from django.urls import path

from imports import views, views_book, views_forecast, views_parcels, views_records, views_shapes, views_unlock

urlpatterns = [
    path("imports/", views.start, name="import-start"),
    path("imports/<int:pk>/", views.batch_page, name="import-batch"),
    path("imports/<int:pk>/receipt/", views.batch_receipt, name="import-receipt"),
    path("imports/<int:pk>/file/", views.batch_file, name="import-file"),
    path("imports/<int:pk>/shapes/", views_shapes.batch_shapes, name="import-shapes"),
    path("imports/templates/<slug:kind>/", views.blank_template, name="import-template"),
    path("exports/projects/", views.export_projects, name="export-projects"),
    path("exports/forecast/", views_forecast.forecast_export, name="forecast-export"),
    path("exports/records/", views_records.records_export, name="records-export"),
    path("exports/<slug:kind>/", views.export_kind, name="export-kind"),
    path("factors/accounts/<int:pk>/export/", views_book.book_export, name="account-book-export"),
    path("factors/parcels/export/", views_parcels.parcel_export, name="parcel-export"),
    path("cockpit/unlock/export/", views_unlock.unlock_export, name="unlock-export"),
    path("schedule-report/", views.schedule_report, name="schedule-report"),
]
