"""Addresses of dossiers."""

urlpatterns = []
