"""What every template may name. Look-ups of settings only, no queries."""

from django.conf import settings
from django.http import HttpRequest

from calendars import store


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
    """Return the number of the working-day calendar for the footer. A callable: no query where no template shows it."""
    return {"calendar_version": lambda: store.current().version}
