"""The WSGI entry of production servers. It refuses to start unsafely (config/checks.py); `make run` does not use it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
os.environ["PRODUCTION"] = "1"

application = get_wsgi_application()

from config.checks import log_warnings, refuse_if_unsafe  # noqa: E402  the apps must be loaded first

refuse_if_unsafe()
log_warnings()
