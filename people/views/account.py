"""Log-in, log-out, one's own account, password and sessions; everybody's sessions for the security administrator."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.views import LoginView
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from people import actions, grants, roles, sessions
from people.access import allows, needs_login
from people.forms import LogInForm, OwnPasswordForm
from people.models import User, UserSession
from people.passwords import must_change

LOCK_MINUTES = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)


def demo_accounts() -> list[User]:
    """Return the demo accounts in the order of the roles; none outside demo mode."""
    if not settings.DEMO:
        return []
    order = list(roles.ROLES)
    # The city's other people appear by name only: they have no password.
    able = User.objects.filter(is_demo=True, is_active=True).exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return sorted(
        able.select_related("department"),
        key=lambda user: (order.index(user.role) if user.role in order else len(order), user.username),
    )


class LogIn(LoginView):
    """The log-in page. Someone who is logged in already goes on to where he wanted."""

    template_name = "people/login.html"
    form_class = LogInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs):
        return super().get_context_data(demo_accounts=demo_accounts(), **kwargs)


def locked_out(request, response=None, credentials=None):
    """Answer somebody whose account is locked (called by axes): the log-in page with a sentence, status 429.

    Accounts that do not exist are locked just the same, so the sentence tells a stranger nothing.
    """
    sentence = _("Too many failed attempts. Log-in to this account is closed for %(minutes)s minutes.") % {
        "minutes": LOCK_MINUTES
    }
    form = LogInForm(request, data={"username": (credentials or {}).get("username", "")})
    form.refuse(sentence)
    context = {"form": form, "demo_accounts": demo_accounts(), "next": request.POST.get("next", "")}
    return render(request, "people/login.html", context, status=429)


@require_safe
@needs_login
def account(request):
    """Who one is here, what the role may do, and where."""
    user = request.user
    role = user.role_class
    context = {
        "role": role,
        "permissions": [words for code, words in roles.PERMISSIONS.items() if role and code in role.permissions],
        "own_grants": grants.held(user),
        "department_grants": grants.held(user.department) if user.department else [],
    }
    return render(request, "people/account.html", context)


@needs_login
def password_change(request):
    """Change one's own password; other sessions end, this one stays."""
    form = OwnPasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        forced = must_change(request.user, timezone.now())
        actions.change_own_password(request.user, form.cleaned_data["new_password1"], request=request)
        update_session_auth_hash(request, request.user)
        sessions.opened(request, request.user)
        messages.success(request, _("Your password is changed. Other sessions were ended."))
        return redirect("home" if forced else "account")
    status = 422 if form.errors else 200
    forced = must_change(request.user, timezone.now())
    context = {"form": form, "forced": forced, "days": settings.PASSWORD_DAYS}
    return render(request, "people/password.html", context, status=status)


@require_safe
@needs_login
def session_list(request):
    """One's own sessions; with `?of=all` everybody's, for the security administrator."""
    everybody = allows(request.user, "session.manage") and request.GET.get("of") == "all"
    rows = sessions.live(timezone.now()).select_related("user", "user__department").order_by("-seen_at")
    if not everybody:
        rows = rows.filter(user=request.user)
    context = {"rows": rows[:500], "everybody": everybody, "may_see_all": allows(request.user, "session.manage")}
    return render(request, "people/sessions.html", context | {"current_key": request.session.session_key})


@require_POST
@needs_login
def session_end(request, pk):
    """End a session: one's own, or anybody's for the security administrator. A stranger's is not found."""
    rows = UserSession.objects.filter(ended_at=None)
    if not allows(request.user, "session.manage"):
        rows = rows.filter(user=request.user)
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    sessions.end(row, by=request.user, request=request)
    messages.success(request, _("The session was ended."))
    back = "?of=all" if request.POST.get("of") == "all" else ""
    return redirect(reverse("sessions") + back)
