"""What every template may name. Look-ups of settings only, no queries."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from calendars import store
from people.access import allows


def site(request: HttpRequest) -> dict:
    """Return the city, the version, the demo flag (its password only in demo mode) and the languages for the switch."""
    return {
        "CITY_NAME": settings.CITY_NAME,
        "VERSION": settings.VERSION,
        "DEMO": settings.DEMO,
        "DEMO_PASSWORD": settings.DEMO_PASSWORD if settings.DEMO else "",
        "IDLE_MINUTES": settings.IDLE_MINUTES,
        "SITE_LANGUAGES": settings.LANGUAGES,
    }


def calendar(request: HttpRequest) -> dict:
    """Return the calendar's version for the footer, and the reminder to enter a holiday notice.

    Callables: no query where no template shows them; one for both where they are shown.
    """
    return {
        "calendar_version": lambda: store.current().version,
        "calendar_reminder": lambda: calendar_reminder(request.user),
    }


def calendar_reminder(user) -> dict | None:
    """Return the year whose notice is missing and whether `user` may enter it; None while none is missing."""
    year = store.missing_notice(timezone.localdate())
    return year and {"year": year, "may_enter": allows(user, "calendar.edit")}
