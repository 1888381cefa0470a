"""Addresses of the quota ledgers."""

from django.urls import path

from factors.views import demands, overview

urlpatterns = [
    path("factors/", overview.factor_overview, name="factor-overview"),
    path("projects/<str:code>/demands/new/", demands.demand_create, name="demand-create"),
    path("projects/<str:code>/demands/<int:pk>/", demands.demand_edit, name="demand-edit"),
    path("projects/<str:code>/demands/<int:pk>/close/", demands.demand_close, name="demand-close"),
    path("projects/<str:code>/demands/<int:pk>/ask/", demands.demand_ask, name="demand-ask"),
    path("projects/<str:code>/no-need/", demands.no_need, name="no-need"),
]
