"""Production refuses to start with the default secret, with DEBUG, in demo mode, or with demo accounts present.

A version of SQLite with a known fault is a warning, not a refusal: the operator decides whether to bear it.

The first three are errors of every management command in production; the accounts need the database, so they are looked
for by `check --deploy` and by config/wsgi.py and config/asgi.py before the first request is served.
"""

import logging

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from config.sqlite.versions import known_faults

logger = logging.getLogger("luodi.start")
SQLITE_HINT = (
    "Link Python with SQLite 3.51.3 or newer (not 3.52.0), or use PostgreSQL; until then take backups daily. "
    "See docs/operators.md, “The version of SQLite”."
)


def setting_errors() -> list[CheckMessage]:
    """Return the errors of the settings alone, whatever kind of installation this is."""
    errors: list[CheckMessage] = []
    if settings.SECRET_KEY == settings.DEFAULT_SECRET_KEY:
        errors.append(Error("SECRET_KEY is not set.", hint="Set SECRET_KEY to 50 random characters.", id="luodi.E001"))
    if settings.DEBUG:
        errors.append(Error("DEBUG is on in production.", hint="Set DEBUG=0 or leave it out.", id="luodi.E002"))
    if settings.DEMO:
        errors.append(Error("DEMO is on in production.", hint="Leave DEMO out.", id="luodi.E003"))
    return errors


def account_errors() -> list[CheckMessage]:
    """Return an error when demo accounts exist. One query; a database without tables yet has none."""
    try:
        count = apps.get_model("people", "User").objects.filter(is_demo=True).count()
    except DatabaseError:
        return []
    if not count:
        return []
    hint = "Their password is public. Start production with an empty database, or delete these accounts."
    return [Error(f"{count} demo accounts are present.", hint=hint, id="luodi.E004")]


@register("sqlite")
def database_version(app_configs=None, **kwargs) -> list[CheckMessage]:
    """Name the version of SQLite that is linked when it has known faults. No query; a database in memory has no log."""
    if connection.vendor != "sqlite" or connection.is_in_memory_db():
        return []
    version = connection.get_database_version()
    faults = known_faults(version)
    if not faults:
        return []
    said = f"SQLite {'.'.join(map(str, version))} has known faults: {'; '.join(faults)}."
    return [Warning(said, hint=SQLITE_HINT, id="luodi.W001")]


@register(Tags.security)
def production_settings(app_configs, **kwargs) -> list[CheckMessage]:
    """Refuse every command in production with unsafe settings."""
    return setting_errors() if settings.PRODUCTION else []


@register(Tags.security, deploy=True)
def deployment(app_configs, **kwargs) -> list[CheckMessage]:
    """For `check --deploy`: the settings (if not reported already) and the demo accounts."""
    return ([] if settings.PRODUCTION else setting_errors()) + account_errors()


def refuse_if_unsafe() -> None:
    """Raise ImproperlyConfigured, listing every reason, when production may not start. Call after django.setup()."""
    errors = setting_errors() + account_errors()
    if errors:
        raise ImproperlyConfigured(
            "Refusing to start in production:\n" + "\n".join(f"- {error.msg} {error.hint}" for error in errors)
        )


def log_warnings() -> None:
    """Write what an operator should know, but what does not stop the start, into the log, one line each."""
    for warning in database_version():
        if not warning.is_silenced():
            logger.warning("%s %s (%s)", warning.msg, warning.hint, warning.id)
