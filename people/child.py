"""A process of its own for what a hostile or damaged file could kill: JSON in and out, limits on time and memory. Pure.

Used by the reader of tables (imports) and the reader of shapes (gis). Whatever becomes of the child, the parent gets an
answer: the child's, or `{"refused": word, "params": {}}` with "corrupt" (it met what it does not know) or "too_heavy".
"""

import contextlib
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent

UNCAUGHT = 1
"""The exit code of a child that met what it does not know: a panic of the parser, in practice. A signal is negative."""


def ask(module: str, request: dict, *, wall_seconds: float) -> dict:
    """Run `python -m module` with the request on its standard input and return what it answers.

    The child gets nothing of our environment but the path: no secret, no address of the database. Its arithmetic uses
    one core. Takes at most `wall_seconds`; one process, no query.
    """
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
        "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "GDAL_NUM_THREADS": "1",
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", module],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=wall_seconds,
            cwd=ROOT,
            env=environment,
            check=False,
        )
        if done.returncode == 0:
            return json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return {"refused": "too_heavy", "params": {}}
    frames = [line.strip() for line in done.stderr.decode(errors="replace").splitlines() if line[:7] == "  File "]
    logger.warning("%s ended with %s at %s", module, done.returncode, frames[-1] if frames else "no line")
    return {"refused": "corrupt" if done.returncode == UNCAUGHT else "too_heavy", "params": {}}


def limit_resources(*, cpu_seconds: int, memory_mb: int, written_mb: int = 0) -> None:
    """Bound this process (POSIX only): processor seconds, address space, size of a file it writes, no core file."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 2))
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (written_mb << 20, written_mb << 20))
