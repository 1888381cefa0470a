"""Addresses of the quota ledgers."""

from django.urls import path

from factors.views import accounts, book, demands, energy, overview, postings, queue, reservations, vouchers, yearend

urlpatterns = [
    path("factors/", overview.factor_overview, name="factor-overview"),
    path("factors/kinds/", accounts.factor_kinds, name="factor-kinds"),
    path("factors/accounts/new/", accounts.account_create, name="account-create"),
    path("factors/accounts/open-year/", accounts.account_open_year, name="account-open-year"),
    path("factors/accounts/<int:pk>/", book.account_book, name="account-book"),
    path("factors/accounts/<int:pk>/print/", book.account_book_print, name="account-book-print"),
    path("factors/accounts/<int:pk>/close/", accounts.account_close, name="account-close"),
    path("factors/vouchers/", vouchers.voucher_list, name="voucher-list"),
    path("factors/vouchers/new/", vouchers.voucher_create, name="voucher-create"),
    path("factors/vouchers/check/", vouchers.voucher_check, name="voucher-check"),
    path("factors/vouchers/<int:pk>/", vouchers.voucher_page, name="voucher-page"),
    path("factors/vouchers/<int:pk>/files/<int:file>/", vouchers.voucher_attachment, name="voucher-attachment"),
    path("factors/journal/", postings.posting_search, name="posting-search"),
    path("factors/journal/<int:year>/<int:number>/", postings.posting_page, name="posting-page"),
    path("factors/journal/<int:year>/<int:number>/print/", postings.posting_print, name="posting-print"),
    path("factors/journal/<int:year>/<int:number>/reverse/", postings.posting_reverse, name="posting-reverse"),
    path("factors/requests/", queue.request_list, name="request-list"),
    path("factors/requests/<int:pk>/decide/", queue.request_decide, name="request-decide"),
    path("factors/reservations/", reservations.reservation_list, name="reservation-list"),
    path("factors/year-end/", yearend.year_end, name="year-end"),
    path("projects/<str:code>/energy/", energy.energy_form, name="energy-form"),
    path("projects/<str:code>/energy/edit/", energy.energy_edit, name="energy-edit"),
    path("projects/<str:code>/energy/check/", energy.energy_check, name="energy-check"),
    path("projects/<str:code>/energy/register/", energy.energy_register, name="energy-register"),
    path("projects/<str:code>/energy/<int:pk>/print/", energy.energy_print, name="energy-print"),
    path("projects/<str:code>/demands/new/", demands.demand_create, name="demand-create"),
    path("projects/<str:code>/demands/<int:pk>/", demands.demand_edit, name="demand-edit"),
    path("projects/<str:code>/demands/<int:pk>/close/", demands.demand_close, name="demand-close"),
    path("projects/<str:code>/demands/<int:pk>/ask/", demands.demand_ask, name="demand-ask"),
    path("projects/<str:code>/no-need/", demands.no_need, name="no-need"),
]
