"""Addresses of visits, problems and supervision orders."""

from django.urls import path

from supervision.views import orders, problems, register, visits

urlpatterns = [
    path("problems/", problems.problem_list, name="problem-list"),
    path("problems/export/", register.problem_export, name="problem-export"),
    path("problems/new/", problems.problem_create, name="problem-create"),
    path("problems/<int:pk>/", problems.problem_page, name="problem-page"),
    path("problems/<int:pk>/do/<slug:act>/", problems.problem_act, name="problem-act"),
    path("problems/files/<int:pk>/file/", problems.problem_file, name="problem-file"),
    path("visits/", visits.visit_list, name="visit-list"),
    path("visits/new/", visits.visit_create, name="visit-create"),
    path("visits/<int:pk>/", visits.visit_page, name="visit-page"),
    path("orders/", orders.order_list, name="order-list"),
    path("orders/new/", orders.order_create, name="order-create"),
    path("orders/<int:pk>/", orders.order_page, name="order-page"),
    path("orders/<int:pk>/edit/", orders.order_edit, name="order-edit"),
    path("orders/<int:pk>/do/<slug:act>/", orders.order_act, name="order-act"),
    path("orders/files/<int:pk>/file/", orders.order_file, name="order-file"),
]
