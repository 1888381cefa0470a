"""Settings of the tests: the product's, with a database file per process and a quick password hash."""

import os
import tempfile

os.environ["DEMO"] = "1"  # neither production nor DEBUG; the admin site stays out
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's event loop runs in the thread that uses the database
for name in ("DEBUG", "PRODUCTION", "SECRET_KEY", "ADMIN_SITE", "ALLOWED_HOSTS", "DEMO_PASSWORD", "CITY_NAME"):
    os.environ.pop(name, None)
for name in ("TIANDITU_KEY", "BASEMAP_XYZ", "BASEMAP_MBTILES", "BASEMAP_DATUM", "MAP_ATTRIBUTION", "MAP_REVIEW_NO"):
    os.environ.pop(name, None)
if os.environ.get("DATABASE_URL", "").startswith("sqlite"):
    del os.environ["DATABASE_URL"]

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, MIDDLEWARE, SECRET_KEY  # noqa: E402

SECRET_KEY = "tests-" + SECRET_KEY
MIDDLEWARE = ["tests.traffic.Traffic", *MIDDLEWARE]
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SCRATCH = tempfile.gettempdir()
MEDIA_ROOT = f"{SCRATCH}/luodi-test-media-{os.getpid()}"
if DATABASES["default"]["ENGINE"] == "config.sqlite":
    # A file, not memory: threads of the live server and of race tests need connections of their own.
    DATABASES["default"]["TEST"] = {"NAME": f"{SCRATCH}/luodi-test-{os.getpid()}.sqlite3", "SERIALIZE": False}
    OPTIONS = DATABASES["default"]["OPTIONS"]
    OPTIONS["init_command"] = OPTIONS["init_command"].replace("synchronous=FULL", "synchronous=OFF")
else:
    DATABASES["default"]["TEST"] = {"SERIALIZE": False}  # tests/conftest.py copies the tables itself
