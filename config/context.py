"""What every template may name. Look-ups of settings only, no queries."""

from django.conf import settings
from django.http import HttpRequest


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
