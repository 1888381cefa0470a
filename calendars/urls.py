"""Addresses of the working calendar."""

from django.urls import path

from calendars import views

urlpatterns = [
    path("calendar/", views.calendar_page, name="calendar"),
    path("calendar/change/", views.change_calendar, name="calendar-change"),
    path("calendar/revert/", views.revert_calendar, name="calendar-revert"),
]
