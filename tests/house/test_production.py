"""Production refuses to start unsafely, and starts when all is well."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import checks

ROOT = Path(__file__).resolve().parents[2]
OURS = {"DEBUG", "DEMO", "PRODUCTION", "SECRET_KEY", "DATABASE_URL", "ADMIN_SITE", "DJANGO_SETTINGS_MODULE"}
SECRET = "a-secret-of-this-test-0123456789-abcdefghijklmnopqrstuvwxyz"


def python(tmp_path, *arguments, **environ):
    """Run Python in a clean environment with an empty database."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    environ = {**kept, "DATABASE_URL": f"sqlite:///{tmp_path}/production.sqlite3", **environ}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environ, cwd=ROOT)


START = ("-c", "import config.wsgi")


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": SECRET, "DEBUG": "1"}, "DEBUG is on"),
        ({"SECRET_KEY": SECRET, "DEMO": "1"}, "DEMO is on"),
        ({"PRODUCTION": "0"}, "SECRET_KEY is not set"),
    ],
)
def test_the_server_does_not_start(tmp_path, environ, code):
    result = python(tmp_path, *START, **environ)
    assert result.returncode != 0
    assert code in result.stderr


def test_the_server_starts_with_safe_settings(tmp_path):
    result = python(tmp_path, *START, SECRET_KEY=SECRET)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("environ", [{"DEBUG": "0"}, {"PRODUCTION": "1"}, {"PRODUCTION": "1", "DEBUG": "1"}])
def test_commands_refuse_too(tmp_path, environ):
    result = python(tmp_path, "manage.py", "check", **environ)
    assert result.returncode != 0
    assert "luodi.E001" in result.stderr


def test_a_developer_needs_no_variables(tmp_path):
    result = python(tmp_path, "manage.py", "check")
    assert result.returncode == 0, result.stderr


@pytest.mark.django_db
def test_demo_accounts_stop_production(settings, django_user_model):
    settings.SECRET_KEY, settings.DEBUG, settings.DEMO = SECRET, False, False
    checks.refuse_if_unsafe()
    django_user_model.objects.create_user("pm", display_name="演示", is_demo=True)
    with pytest.raises(ImproperlyConfigured, match="1 demo accounts"):
        checks.refuse_if_unsafe()
    assert [error.id for error in checks.deployment(None)] == ["luodi.E004"]
