"""The session list: which browsers a person is logged in with, and how to end one.

Limits, from the settings: IDLE_MINUTES (30) without a request, SESSION_COOKIE_AGE seconds (12 hours) in all.
"""

from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.utils import timezone

from people import audit
from people.models import User, UserSession

STARTED, SEEN = "luodi_started", "luodi_seen"  # epoch seconds, kept in Django's session
TOUCH_EVERY = timedelta(seconds=60)


def opened(request, user, now: datetime | None = None) -> None:
    """Start the row of a fresh log-in."""
    now = now or timezone.now()
    request.session[STARTED] = request.session[SEEN] = now.timestamp()
    if not request.session.session_key:
        request.session.save()
    UserSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": user,
            "ip": audit.client_ip(request),
            "agent": request.META.get("HTTP_USER_AGENT", "")[:200],
            "started_at": now,
            "seen_at": now,
            "ended_at": None,
        },
    )


def closed(request, now: datetime | None = None) -> None:
    """Close the row of the request's session."""
    key = request.session.session_key
    if key:
        UserSession.objects.filter(session_key=key, ended_at=None).update(ended_at=now or timezone.now())


def expired(session, now: datetime) -> bool:
    """Say whether a session has been idle or open for too long. A session without marks counts as fresh."""
    started, seen = session.get(STARTED), session.get(SEEN)
    if started is None or seen is None:
        return False
    idle = now.timestamp() - seen > settings.IDLE_MINUTES * 60
    return idle or now.timestamp() - started > settings.SESSION_COOKIE_AGE


def touch(request, now: datetime) -> None:
    """Note that the person is there; at most one write a minute."""
    seen = request.session.get(SEEN)
    if seen is None:
        opened(request, request.user, now)
    elif now.timestamp() - seen >= TOUCH_EVERY.total_seconds():
        request.session[SEEN] = now.timestamp()
        UserSession.objects.filter(session_key=request.session.session_key).update(seen_at=now)


def end(row: UserSession, *, by: User, request=None, now: datetime | None = None) -> None:
    """End one session: the browser that holds it is logged out with its next request."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    store(row.session_key).delete()
    row.ended_at = now or timezone.now()
    row.save(update_fields=["ended_at"])
    audit.record("session.ended", by=by, request=request, target=row.user, since=row.started_at)


def end_all(user: User, *, by: User, request=None, keep: str = "") -> int:
    """End every open session of a person except the one with key `keep`; return how many."""
    rows = UserSession.objects.filter(user=user, ended_at=None).exclude(session_key=keep)
    for row in rows:
        end(row, by=by, request=request)
    return len(rows)


def live(now: datetime):
    """Return the rows of sessions that can still be used."""
    return UserSession.objects.filter(
        ended_at=None,
        seen_at__gte=now - timedelta(minutes=settings.IDLE_MINUTES) - TOUCH_EVERY,
        started_at__gte=now - timedelta(seconds=settings.SESSION_COOKIE_AGE),
    )
