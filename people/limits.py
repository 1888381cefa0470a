"""How often a person may take data out: EXPORTS_PER_HOUR from the settings, counted in the audit log.

A print of many papers counts like an export; that of a single one does not.
"""

import datetime as dt

from django.conf import settings
from django.shortcuts import render
from django.utils import timezone

from people.models import AuditEntry

EXPORTS = ("export", "audit.exported", "print.job")
HOUR = dt.timedelta(hours=1)


def next_export_at(user, now: dt.datetime) -> dt.datetime | None:
    """Return when the person may export again; None when he may now. One query; none without a limit."""
    most = settings.EXPORTS_PER_HOUR
    if not most:
        return None
    lately = AuditEntry.objects.filter(by=user, kind__in=EXPORTS, at__gt=now - HOUR)
    times = list(lately.order_by("-sequence").values_list("at", flat=True)[:most])
    return times[-1] + HOUR if len(times) == most else None


def refuse_export(request, now: dt.datetime):
    """Return the answer to somebody who exports too often (status 429, with the time of the next one), else None."""
    opens_at = next_export_at(request.user, now)
    if opens_at is None:
        return None
    context = {"opens_at": timezone.localtime(opens_at), "most": settings.EXPORTS_PER_HOUR}
    response = render(request, "429.html", context, status=429)
    response["Retry-After"] = str(max(int((opens_at - now).total_seconds()), 1))
    return response
