"""Addresses of the reform simulator."""

from django.urls import path

from cockpit.views import reform

urlpatterns = [
    path("cockpit/reform/", reform.reform, name="reform"),
    path("cockpit/reform/keep/", reform.reform_save, name="reform-save"),
    path("cockpit/reform/note/", reform.policy_note, name="reform-note"),
    path("cockpit/reform/sets/<int:pk>/delete/", reform.reform_delete, name="reform-delete"),
]
