"""Settings, all from environment variables (docs/operators.md). Without any of them a developer's set-up starts."""

import os
from datetime import timedelta
from pathlib import Path

from csp.constants import NONCE, NONE, SELF

from config.environment import database, flag, number, words

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
(VAR_DIR / "static").mkdir(
    parents=True, exist_ok=True
)  # var is the default home of the database, uploads and collected static files

# --- What kind of installation this is -------------------------------------------------------------------------------
# DEMO: sample city and demo accounts, on the own machine. PRODUCTION: real data; config/wsgi.py always sets it, and
# `DEBUG=0` without DEMO means it too. config/checks.py refuses unsafe production settings.
DEMO = flag(os.environ, "DEMO", False)
DEBUG = flag(os.environ, "DEBUG", not DEMO and not flag(os.environ, "PRODUCTION", False))
PRODUCTION = flag(os.environ, "PRODUCTION", not DEBUG and not DEMO)
ADMIN_SITE = flag(os.environ, "ADMIN_SITE", DEBUG)
DEMO_PASSWORD = os.environ.get("DEMO_PASSWORD") or "luodi-demo"

DEFAULT_SECRET_KEY = "insecure-key-for-development-and-the-demo-only"
SECRET_KEY = os.environ.get("SECRET_KEY") or DEFAULT_SECRET_KEY
ALLOWED_HOSTS = words(os.environ, "ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = words(os.environ, "CSRF_TRUSTED_ORIGINS")

# --- The city ------------------------------------------------------------------------------------------------------
CITY_NAME = os.environ.get("CITY_NAME") or "云川市"
STALE_AFTER_DAYS = number(os.environ, "STALE_AFTER_DAYS", 14)
# What the report of record quality looks at (docs/methods/records.md): days back, and where each rule begins.
RECORDS_DAYS = number(os.environ, "RECORDS_DAYS", 90)
RECORDS_LATE_DAYS = number(os.environ, "RECORDS_LATE_DAYS", 2)  # working days that a record may come after the fact
RECORDS_BATCH = number(os.environ, "RECORDS_BATCH", 5)  # records of one person within RECORDS_BATCH_SECONDS
RECORDS_BATCH_SECONDS = number(os.environ, "RECORDS_BATCH_SECONDS", 60)
RECORDS_BATCH_STAGES = number(os.environ, "RECORDS_BATCH_STAGES", 3)  # stages of one chain within that time
RECORDS_ZERO_DAYS = number(os.environ, "RECORDS_ZERO_DAYS", 1)  # a promise above it is not kept within one minute
RECORDS_NIGHT_FROM = number(os.environ, "RECORDS_NIGHT_FROM", 22)  # hour
RECORDS_NIGHT_UNTIL = number(os.environ, "RECORDS_NIGHT_UNTIL", 6)  # hour
IDLE_MINUTES = SESSION_IDLE_MINUTES = number(os.environ, "IDLE_MINUTES", 30)
SESSION_ABSOLUTE_HOURS = 12
PASSWORD_DAYS = number(os.environ, "PASSWORD_DAYS", 0 if DEMO else 90)  # 0: passwords do not grow old
EXPORTS_PER_HOUR = number(os.environ, "EXPORTS_PER_HOUR", 20)  # of one person; 0: no limit
HOT_LINE = os.environ.get("HOT_LINE") or "12345"  # of service to enterprises, printed on cards and booklets
ORDER_WORD = os.environ.get("ORDER_WORD") or "云督"  # of supervision orders: 云督〔2026〕1号
VISITS_PER_MONTH = number(os.environ, "VISITS_PER_MONTH", 1)  # that each enterprise gets of its service officer
VERSION = "0.1.0"

# --- The map (gis/basemaps.py) ----------------------------------------------------------------------------------------
TIANDITU_KEY = os.environ.get("TIANDITU_KEY", "")
BASEMAP_XYZ = os.environ.get("BASEMAP_XYZ", "")  # an address with {z}, {x}, {y}
BASEMAP_MBTILES = os.environ.get("BASEMAP_MBTILES", "")  # a file of tiles
BASEMAP_DATUM = os.environ.get("BASEMAP_DATUM", "cgcs2000")  # of the two above; or gcj02
MAP_ATTRIBUTION = os.environ.get("MAP_ATTRIBUTION", "")
MAP_REVIEW_NO = os.environ.get("MAP_REVIEW_NO", "")  # 审图号

# --- Applications ----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "demo",
    "imports",
    "cockpit",
    "dossiers",
    "supervision",
    "gis",
    "approvals",
    "factors",
    "projects",
    "calendars",
    "people",
    "guardian",
    "axes",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "whitenoise.runserver_nostatic",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "config",
]
if ADMIN_SITE:  # a benchmark baseline and a developer's tool; the product has its own pages
    INSTALLED_APPS.append("django.contrib.admin")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.middleware.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "people.middleware.SessionLimits",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
# No WSGI_APPLICATION: `runserver` then builds its own, so that config/wsgi.py is loaded by production servers only.

# A city's own papers (docs/papers.md): paper.yaml, official.yaml, and whole templates as dossiers/order.html.
PAPER_TEMPLATES = os.environ.get("PAPER_TEMPLATES") or ""
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [*([PAPER_TEMPLATES] if PAPER_TEMPLATES else []), BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
                "config.context.calendar",
                "people.context.nav",
            ],
        },
    },
]

# --- Database ------------------------------------------------------------------------------------------------------
DATABASES = {
    "default": database(
        os.environ.get("DATABASE_URL") or "sqlite:///var/luodi.sqlite3",
        BASE_DIR,
        wait=number(os.environ, "WRITER_WAIT_SECONDS", 30),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEDIA_ROOT = BASE_DIR / (os.environ.get("MEDIA_ROOT") or "var/media")  # served by views that check rights, never by URL

# --- Background jobs (dossiers/jobs.py) -----------------------------------------------------------------------------
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

PRINT_DAYS = number(os.environ, "PRINT_DAYS", 7)  # how long printed files can be fetched; what they said is kept
PRINT_WORKERS = number(os.environ, "PRINT_WORKERS", 0)  # of one print_worker; 0: one per core; -1: none in make run
PRINT_SECONDS = number(os.environ, "PRINT_SECONDS", 300)  # for one paper; then its process is ended
PRINT_MEMORY_MB = number(os.environ, "PRINT_MEMORY_MB", 3000)  # address space of one process; 0: no limit
PRINT_LIMIT = number(os.environ, "PRINT_LIMIT", 500)  # papers of one job
SITE_URL = os.environ.get("SITE_URL", "")  # what QR codes lead to; empty: the address at which it was printed

# --- People --------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None  # guardian: no row for people who are not logged in
GUARDIAN_MONKEY_PATCH_USER = False
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "people.passwords.ThreeOfFourValidator"},
    {"NAME": "people.passwords.HistoryValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = ["username"]  # whatever address it is tried from
AXES_LOCKOUT_CALLABLE = "people.views.account.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS = [
    "axes.W006",  # no lock by address: a whole office shares one
    "security.W019",  # own pages may be framed by own pages (print previews); the policy says the same
    *(word for word in words(os.environ, "ACCEPTED_WARNINGS") if word.startswith("luodi.W")),  # never an error
]

# --- Language and time -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "luodi_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
FORMAT_MODULE_PATH = ["config.formats"]

# --- Files and messages ----------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "axes": {"level": "ERROR"},
    },
}

# --- Browser security ------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [SELF],
        "form-action": [SELF],
    }
}
X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_HOURS * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_NAME = "luodi_session"
CSRF_COOKIE_NAME = "luodi_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
if flag(os.environ, "BEHIND_PROXY", False):  # only behind a proxy that sets this header itself
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
