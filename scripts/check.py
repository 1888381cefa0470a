"""`make check`: every check that needs no test run. All of them run, then the failed ones are named."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = {
    "PRODUCTION": "1",
    "SECRET_KEY": "only-for-the-check-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "luodi.example",
}
MANAGE = [sys.executable, "manage.py"]
CHECKS = {
    "lint": [sys.executable, "-m", "ruff", "check", "--quiet", "--output-format=concise", "."],
    "format": [sys.executable, "-m", "ruff", "format", "--check", "--quiet", "--output-format=concise", "."],
    "imports": [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
    "templates": [sys.executable, "scripts/check_templates.py"],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "messages": [sys.executable, "scripts/messages.py", "check"],
    "deployment": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
}


def run(name: str) -> tuple[str, subprocess.CompletedProcess]:
    """Run one check in a clean environment: settings of the person's own shell must not decide."""
    ours = {"DEBUG", "DEMO", "ADMIN_SITE", *PRODUCTION}
    environ = {key: value for key, value in os.environ.items() if key not in ours}
    environ["DATABASE_URL"] = "sqlite:///:memory:"
    environ |= PRODUCTION if name == "deployment" else {"DEMO": "1"}
    environ["PYTHONPATH"] = str(ROOT)  # lint-imports looks for the packages here
    return name, subprocess.run(CHECKS[name], capture_output=True, text=True, env=environ, cwd=ROOT)


def main() -> int:
    """Return the number of failed checks."""
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        for name, result in pool.map(run, CHECKS):
            print(f"{'ok    ' if result.returncode == 0 else 'FAILED'} {name}", flush=True)
            if result.returncode:
                failed += 1
                print(result.stdout + result.stderr, flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
