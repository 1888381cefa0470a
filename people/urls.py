"""Addresses of people."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from people.styleguide import styleguide
from people.views import account, audit, feedback, grants, home, users

urlpatterns = [
    path("", home.home, name="home"),
    path("login/", account.LogIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/", account.account, name="account"),
    path("account/password/", account.password_change, name="password-change"),
    path("account/sessions/", account.session_list, name="sessions"),
    path("account/sessions/<int:pk>/end/", account.session_end, name="session-end"),
    path("users/", users.user_list, name="user-list"),
    path("users/new/", users.user_create, name="user-create"),
    path("users/person/<str:username>/", users.user_edit, name="user-edit"),
    path("users/person/<str:username>/active/", users.user_active, name="user-active"),
    path("users/person/<str:username>/password/", users.user_password, name="user-password"),
    path("departments/", users.department_list, name="department-list"),
    path("departments/new/", users.department_create, name="department-create"),
    path("departments/<slug:code>/", users.department_edit, name="department-edit"),
    path("grants/", grants.grant_list, name="grants"),
    path("grants/person/<str:username>/", grants.grant_person, name="grant-person"),
    path("grants/person/<str:username>/role/", grants.role_set, name="grant-role"),
    path("grants/department/<slug:code>/", grants.grant_department, name="grant-department"),
    path("grants/<str:kind>/<str:key>/give/", grants.grant_give, name="grant-give"),
    path("grants/<str:kind>/<str:key>/take/", grants.grant_take, name="grant-take"),
    path("audit/", audit.audit_log, name="audit-log"),
    path("audit/export/", audit.audit_export, name="audit-export"),
    path("audit/verify/", audit.audit_verify, name="audit-verify"),
    path("styleguide/", styleguide, name="styleguide"),
    path("feedback/", feedback.feedback, name="feedback"),
    path("feedback/all/", feedback.feedback_list, name="feedback-list"),
    path("feedback/<int:pk>/answer/", feedback.feedback_answer, name="feedback-answer"),
]
