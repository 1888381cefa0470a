"""The page of an unexpected error, and the one of a database that others kept busy."""

import sys

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

from config.sqlite.base import WriterBusy

RETRY_AFTER = 30  # seconds


def server_error(request) -> HttpResponse:
    """Answer 503 with a kind page when a writer's turn did not come, else Django's 500.

    Django calls this while it handles the exception, wherever it came from: a view, a template or a middleware.
    """
    error = sys.exc_info()[1]
    while error is not None and not isinstance(error, WriterBusy):
        error = error.__cause__
    return busy(request) if error else defaults.server_error(request)


def busy(request) -> HttpResponse:
    """Say that the system is busy. What was sent is on the page, and one button sends it again.

    Passwords and files are not repeated: then the page says to go back instead. The form keeps the token it was sent
    with, so this page gives a foreign site no way around the CSRF check. Uses neither session nor database.
    """
    sent = request.POST if request.method == "POST" else {}
    again = not request.FILES and not any("password" in name for name in sent)
    context = {
        "again": again,
        "fields": [(name, value) for name in sent for value in sent.getlist(name)] if again else [],
        "method": request.method,
        "path": request.get_full_path(),
    }
    headers = {"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"}
    return HttpResponse(render_to_string("503.html", context), status=503, headers=headers)
