"""Settings of the tests: the product's, with a database file per process and a quick password hash."""

import tempfile

import tests.environment  # first: the product reads the environment when it is imported
from config import settings as product

PROCESS = tests.environment.PROCESS
globals().update({name: value for name, value in vars(product).items() if name.isupper()})

SECRET_KEY = "tests-" + product.SECRET_KEY
MIDDLEWARE = ["tests.traffic.Traffic", *product.MIDDLEWARE]
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SCRATCH = tempfile.gettempdir()
MEDIA_ROOT = f"{SCRATCH}/luodi-test-media-{PROCESS}"
DATABASES = product.DATABASES
if DATABASES["default"]["ENGINE"] == "config.sqlite":
    # A file, not memory: threads of the live server and of race tests need connections of their own.
    DATABASES["default"]["TEST"] = {"NAME": f"{SCRATCH}/luodi-test-{PROCESS}.sqlite3", "SERIALIZE": False}
    OPTIONS = DATABASES["default"]["OPTIONS"]
    OPTIONS["init_command"] = OPTIONS["init_command"].replace("synchronous=FULL", "synchronous=OFF")
else:
    DATABASES["default"]["TEST"] = {"SERIALIZE": False}  # tests/conftest.py copies the tables itself
