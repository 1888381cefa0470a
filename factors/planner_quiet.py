"""The solver's own line on standard output, kept away. Pure but for that stream.

HiGHS prints `LINE` now and then when it repairs a solution; no option stops it, and it goes to file descriptor 1
itself, past `sys.stdout`. While programmes run, that descriptor leads to a file; when the last of them has ended, all
that was written but that line goes where it belongs. Several threads may plan at once: they share one detour.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

LINE = b"HighsMipSolverData::transformNewIntegerFeasibleSolution"


class _Detour:
    """Where standard output goes meanwhile: to an unnamed file. `inside` counts those who need it."""

    def __init__(self):
        self.lock = Lock()
        self.inside = 0
        self.kept: int | None = None
        self.file = -1

    def enter(self) -> None:
        """Begin the detour, unless it is there already, or there is no standard output."""
        with self.lock:
            self.inside += 1
            if self.inside > 1:
                return
            try:
                self.kept = os.dup(1)
            except OSError:
                return
            if sys.stdout is not None:
                sys.stdout.flush()
            self.file, name = tempfile.mkstemp()
            os.unlink(name)
            os.dup2(self.file, 1)

    def leave(self) -> None:
        """End the detour when the last has left, and hand on what others wrote."""
        with self.lock:
            self.inside -= 1
            if self.inside or self.kept is None:
                return
            os.dup2(self.kept, 1)
            os.close(self.kept)
            self.kept = None
            with open(self.file, "rb") as file:
                file.seek(0)
                others = b"".join(line for line in file if not line.startswith(LINE))
            while others:
                others = others[os.write(1, others) :]


_DETOUR = _Detour()


@contextmanager
def hushed() -> Iterator[None]:
    """Keep the solver's line from standard output; what else is written there comes a little later."""
    _DETOUR.enter()
    try:
        yield
    finally:
        _DETOUR.leave()
