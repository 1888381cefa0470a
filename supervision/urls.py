"""Addresses of service and supervision."""

urlpatterns = []
