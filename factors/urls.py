"""Addresses of the quota ledgers."""

from django.urls import path

from factors.views import overview

urlpatterns = [
    path("factors/", overview.factor_overview, name="factor-overview"),
]
