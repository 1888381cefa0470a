"""Middleware: a session ends when idle or old, a first password must be changed, refusals are audited."""

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from people import audit, sessions
from people.access import to_login
from people.passwords import must_change

FREE_WHILE_PASSWORD_IS_OLD = {"password-change", "logout", "login", "set_language", "javascript-catalog"}
BACKGROUND = "X-Luodi-Background"  # requests that a page makes by itself do not keep the session alive


class SessionLimits:
    """Ends idle and old sessions, notes who is there, sends people with a first password to the page to change it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.user.is_authenticated:
            return self.get_response(request)
        now = timezone.now()
        if sessions.expired(request.session, now):
            return self.expire(request)
        if BACKGROUND not in request.headers:
            sessions.touch(request, now)
        return self.get_response(request)

    def expire(self, request):
        """Log the person out and send him to the log-in page, which leads back to where he was."""
        audit.record("session.expired", by=request.user, request=request)
        sessions.closed(request)
        request.session.flush()
        request.user = AnonymousUser()
        messages.warning(request, _("You were logged out because nothing happened for a while. Your draft is kept."))
        return to_login(request)

    def process_view(self, request, view, args, kwargs):
        """Send people who must change their password to that page, whatever they ask for."""
        user = request.user
        free = request.resolver_match.url_name in FREE_WHILE_PASSWORD_IS_OLD
        if user.is_authenticated and not free and must_change(user, timezone.now()):
            return redirect("password-change")
        return None

    def process_exception(self, request, exception):
        """Audit a refusal; the error page is Django's business."""
        if isinstance(exception, PermissionDenied) and request.user.is_authenticated:
            audit.record("access.denied", by=request.user, request=request, target=request.path, method=request.method)
