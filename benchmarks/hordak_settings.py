"""Settings of the comparison with django-hordak: its own database, nothing of ours but the URL."""

import os

from config.environment import database

SECRET_KEY = "bench"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "mptt", "djmoney", "hordak"]
DATABASES = {"default": database(os.environ["DATABASE_URL"], __import__("pathlib").Path.cwd())}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DEFAULT_CURRENCY = "EUR"
CURRENCIES = ["EUR"]
