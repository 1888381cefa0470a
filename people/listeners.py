"""What the log-in machinery of Django and axes tells us: it goes into the audit log and the session list."""

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed


def connect() -> None:
    """Connect the listeners once, at start-up."""
    user_logged_in.connect(on_login, dispatch_uid="people.login")
    user_logged_out.connect(on_logout, dispatch_uid="people.logout")
    user_login_failed.connect(on_failure, dispatch_uid="people.login_failed")
    user_locked_out.connect(on_lock, dispatch_uid="people.locked")


def on_login(sender, request, user, **kwargs):
    """Record the log-in and open the row of the session list."""
    from people import audit, sessions

    sessions.opened(request, user)
    audit.record("login", by=user, request=request)


def on_logout(sender, request, user, **kwargs):
    """Record the log-out and close the row of the session list."""
    from people import audit, sessions

    if user is not None:
        sessions.closed(request)
        audit.record("logout", by=user, request=request)


def on_failure(sender, credentials, request=None, **kwargs):
    """Record a refused log-in with the account that was tried, never with the password."""
    from people import audit

    audit.record("login.failed", request=request, username=credentials.get("username", ""))


def on_lock(sender, request=None, username=None, **kwargs):
    """Record that an account was locked for a while."""
    from people import audit

    audit.record("login.locked", request=request, username=username or "")
