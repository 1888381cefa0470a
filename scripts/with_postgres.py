"""Run a command against a throw-away PostgreSQL cluster:  scripts/with_postgres.py -- pytest -m both_databases

The cluster lives in a temporary directory, listens on a socket there only, is written without fsync (with --durable:
as in production, for measurements) and is removed at the end. As root it runs as `postgres` (or `nobody`): PostgreSQL
refuses root. Exit status 75 when it is not installed.
"""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

NOT_INSTALLED = 75


def binaries() -> str | None:
    """Return the folder that holds initdb and postgres, the newest version first, or None."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2]), reverse=True)
    for folder in [*folders, os.path.dirname(shutil.which("initdb") or "")]:
        if folder and os.access(f"{folder}/initdb", os.X_OK) and os.access(f"{folder}/postgres", os.X_OK):
            return folder
    return None


def account() -> dict:
    """Return subprocess arguments that drop root's rights; empty when we are not root."""
    if os.getuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("PostgreSQL does not run as root and there is no user postgres or nobody")


@contextmanager
def cluster(durable: bool = False) -> Iterator[str]:
    """Start a cluster, yield its DATABASE_URL, stop and remove it. `durable`: commits wait for the disk."""
    folder = binaries()
    if folder is None:
        raise FileNotFoundError("PostgreSQL is not installed")
    who = account()
    home = tempfile.mkdtemp(prefix="luodi-pg-")
    server = None
    try:
        if who:
            os.chown(home, who["user"], who["group"])
        common = {"cwd": home, "stdin": subprocess.DEVNULL, **who}
        init = [
            "initdb",
            "-D",
            f"{home}/data",
            "-U",
            "luodi",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]
        subprocess.run([f"{folder}/{init[0]}", *init[1:]], check=True, capture_output=True, text=True, **common)
        settings = ["max_connections=60", "listen_addresses="]
        if not durable:
            settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        options = [word for setting in settings for word in ("-c", setting)]
        with open(f"{home}/log", "wb") as log:
            server = subprocess.Popen(
                [f"{folder}/postgres", "-D", f"{home}/data", "-k", home, *options], stdout=log, stderr=log, **common
            )
        wait_until_ready(home, server)
        yield f"postgres://luodi@/postgres?host={home}"
    finally:
        if server:
            server.send_signal(signal.SIGINT)  # fast shutdown
            server.wait(timeout=30)
        shutil.rmtree(home, ignore_errors=True)


def wait_until_ready(home: str, server: subprocess.Popen) -> None:
    """Wait up to 30 seconds for the first connection; RuntimeError with the server's log otherwise."""
    import psycopg

    for _attempt in range(300):
        if server.poll() is not None:
            break
        try:
            psycopg.connect(host=home, user="luodi", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    with open(f"{home}/log") as log:
        raise RuntimeError("PostgreSQL did not start:\n" + log.read())


def main(arguments: list[str]) -> int:
    """Run the command after `--` with DATABASE_URL set; return its exit status."""
    durable = arguments[:1] == ["--durable"]
    command = arguments[1:] if durable else arguments
    command = command[1:] if command[:1] == ["--"] else command
    try:
        with cluster(durable) as url:
            environ = {**os.environ, "DATABASE_URL": url, "LUODI_THROWAWAY_SERVER": "1"}  # read by tests/templates.py
            return subprocess.run(command, env=environ).returncode
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return NOT_INSTALLED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
