"""`make run`: migrate, load the sample city into a fresh database, say where and with which accounts, serve."""

import io
import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"


def main() -> None:
    """Prepare the database and replace this process by the development server."""
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    if not os.environ.get("PRODUCTION") and not os.environ.get("DEBUG"):
        os.environ.setdefault("DEMO", "1")
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ.setdefault("DJANGO_RUNSERVER_HIDE_WARNING", "true")
    port = os.environ.get("PORT") or "8000"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(port)))
        except OSError:
            sys.exit(f"Port {port} is in use. Stop what uses it, or choose another:  make run PORT=8001")
    prepare()
    announce(port)
    start_printing()
    serve = [sys.executable, "manage.py", "runserver", "--skip-checks", f"{HOST}:{port}"]
    if not os.environ.get("DEBUG"):
        serve.append("--noreload")
    os.execv(sys.executable, serve)


def start_printing() -> None:
    """Start the processes that print cards. They end with the server: this process holds the other end of a pipe.

    PRINT_WORKERS=-1 starts none: they run elsewhere.
    """
    from django.conf import settings

    if settings.PRINT_WORKERS < 0:
        return
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)  # the server, which takes this process's place, keeps it open
    command = [sys.executable, "manage.py", "print_worker", "--attached"]
    subprocess.Popen(command, stdin=reading, close_fds=True, start_new_session=True)
    os.close(reading)


def prepare() -> None:
    """Migrate; load the sample city when nobody has ever been added to the database."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("check", stdout=io.StringIO(), stderr=io.StringIO())  # errors raise; `announce` says the warnings
    call_command("migrate", verbosity=0, interactive=False)
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.db import transaction

    if settings.DEMO and not get_user_model().objects.exists():
        print("Loading the sample city ...", flush=True)
        with transaction.atomic():  # stopped half-way, the next start begins anew
            call_command("demo", "load")


def announce(port: str) -> None:
    """Print the address, in demo mode the accounts with their password, and the warnings of the system checks."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.core.checks import run_checks
    from django.utils.translation import activate

    activate(settings.LANGUAGE_CODE)
    lines = [f"Luodi 落地通 · {settings.CITY_NAME}", f"  http://{HOST}:{port}/"]
    if settings.DEMO:
        everybody = get_user_model().objects.filter(is_demo=True).order_by("pk")
        accounts = [user for user in everybody if user.has_usable_password()]
        lines.append(f"  Demo accounts 演示账号, password 密码: {settings.DEMO_PASSWORD}")
        lines += [f"    {user.get_username():<12} {getattr(user, 'display_name', '')}" for user in accounts]
    lines += [f"  {warning.msg} [{warning.id}]" for warning in run_checks() if not warning.is_silenced()]
    lines.append("  Stop with Ctrl+C. The data stays in var/.")
    print("\n".join(lines), flush=True)


if __name__ == "__main__":
    main()
