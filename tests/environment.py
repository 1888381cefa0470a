"""The environment that tests run in, whatever the shell says. Imported before the product reads its settings."""

import os

SET = {
    "DEMO": "1",  # neither production nor DEBUG; the admin site stays out
    "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # Playwright's event loop runs in the thread that uses the database
}
UNSET = (
    *("DEBUG", "PRODUCTION", "SECRET_KEY", "ADMIN_SITE", "ALLOWED_HOSTS", "DEMO_PASSWORD", "CITY_NAME"),
    *("TIANDITU_KEY", "BASEMAP_XYZ", "BASEMAP_MBTILES", "BASEMAP_DATUM", "MAP_ATTRIBUTION", "MAP_REVIEW_NO"),
)

os.environ.update(SET)
for name in UNSET:
    os.environ.pop(name, None)
if os.environ.get("DATABASE_URL", "").startswith("sqlite"):
    del os.environ["DATABASE_URL"]  # each process has a file of its own
PROCESS = os.getpid()  # what names the files of this process
