"""One writer at a time, first come, first served. Pure: no Django, no SQLite.

SQLite's write lock has no queue: who finds it taken sleeps and tries again, and under load some never hit the right
moment. So writers line up here before they ask SQLite. Threads of a process wait in a `Line`; whoever is its head
stands for the process in the line between processes, `Tickets`, kept by the kernel as locks on bytes of the file
`<database>-writer`. The kernel drops the locks of a process that dies, however it dies, so no ticket is left behind.
"""

import fcntl
import os
import threading
import time
from collections import deque

SHORTEST, STEP, LONGEST = 0.000_05, 0.000_2, 0.02  # seconds between two looks at who is in front
STILL_THERE = 1.0  # seconds between two looks whether the file is


class Line:
    """The threads of one process. The one in front hands over to the next by itself, so nobody can push in."""

    def __init__(self):
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def enter(self, deadline: float) -> None:
        """Wait for the turn. TimeoutError when `time.monotonic()` passes `deadline` first."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        try:
            if turn.acquire(timeout=max(0.0, deadline - time.monotonic())):
                return
            raise TimeoutError
        except BaseException:  # also Ctrl+C
            with self._guard:
                handed_over = turn not in self._waiting
                if not handed_over:
                    self._waiting.remove(turn)
            if handed_over:  # in the same instant
                self.leave()
            raise

    def leave(self) -> None:
        """Give the turn to the next thread. Any thread may call it."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class Tickets:
    """The processes. At most one thread of a process may be between `enter` and `leave`.

    Byte 0 is the door: who holds it draws a ticket, the next number, and locks the byte of that number. It is a
    process's turn when nobody has a lower byte locked; it keeps those, so even a counter that was reset lets nobody
    in front. The file's content is the last number drawn (8 bytes) and the number being served (8 bytes); the
    latter says only how often to look.

    The locks are POSIX record locks: a forked child has none of its parent's. They would go with the first close of
    any descriptor of the file in the process, so the file is opened here only, once per process.
    """

    COUNTER, SERVED, FIRST = 0, 8, 16

    def __init__(self, path: str):
        self.path = path
        self._file, self._looked = -1, 0.0

    def enter(self, deadline: float) -> None:
        """Wait for the turn. TimeoutError when `time.monotonic()` passes `deadline` first."""
        self._open()
        while not self._lock(fcntl.LOCK_EX, 0, 1):
            self._pause(SHORTEST, deadline)
        try:
            number = self._read(self.COUNTER) + 1
            while not self._lock(fcntl.LOCK_EX, self.FIRST + number, 1):
                number += 1
            os.pwrite(self._file, number.to_bytes(8, "big"), self.COUNTER)
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, 0)
        try:
            self._wait(number, deadline)
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        """Give up the ticket, served or not."""
        fcntl.lockf(self._file, fcntl.LOCK_UN, 0, self.FIRST)

    def _wait(self, number: int, deadline: float) -> None:
        """Look until nobody is in front: the next in line often, who is far behind as rarely as the pace allows."""
        joined = since = time.monotonic()
        first = served = self._read(self.SERVED)
        while not self._lock(fcntl.LOCK_SH, self.FIRST, number):  # up to the byte before our own
            now = time.monotonic()
            if (seen := self._read(self.SERVED)) != served:
                served, since = seen, now
            ahead = number - served
            pace = (now - joined) / (served - first) if served > first else STEP
            pause = SHORTEST if ahead <= 1 else max(STEP, pace / 2) * (ahead - 1)
            self._pause(max(pause, (now - since) / 10), deadline)  # so a hand-over costs some 5 % of what it follows
        os.pwrite(self._file, number.to_bytes(8, "big"), self.SERVED)

    def _pause(self, seconds: float, deadline: float) -> None:
        if time.monotonic() >= deadline:
            raise TimeoutError
        time.sleep(min(seconds, LONGEST))

    def _lock(self, kind: int, start: int, length: int) -> bool:
        try:
            fcntl.lockf(self._file, kind | fcntl.LOCK_NB, length, start)
        except (BlockingIOError, PermissionError):  # EAGAIN or EACCES, as the system likes
            return False
        return True

    def _read(self, offset: int) -> int:
        return int.from_bytes(os.pread(self._file, 8, offset), "big")

    def _open(self) -> None:
        """Open the file, anew when it was removed or replaced; it belongs to whom the database belongs.

        That is looked at once a second. Until then those who have the removed file and those who have the new one
        meet at SQLite's own lock. Not every turn: a file whose times were read gets exact ones at the next write
        (Linux since 6.13), which SQLite's commit then has to bring to the disk, too: a sixth of what it takes.
        """
        now = time.monotonic()
        if self._file >= 0 and now < self._looked + STILL_THERE:
            return
        self._looked = now
        try:
            there = os.stat(self.path)
            if self._file >= 0 and os.path.samestat(there, os.fstat(self._file)):
                return
        except FileNotFoundError:
            there = None
        if self._file >= 0:
            os.close(self._file)
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        database = self.path.removesuffix("-writer")
        if there is None and os.path.exists(database):
            owner = os.stat(database)
            os.fchmod(self._file, owner.st_mode & 0o666)
            if os.geteuid() == 0:  # a command run by root must not lock the service out
                os.fchown(self._file, owner.st_uid, owner.st_gid)


class WriterQueue:
    """The queue of one database file: threads first, then processes."""

    def __init__(self, database: str):
        self.process = os.getpid()
        self._line, self._tickets = Line(), Tickets(f"{database}-writer")

    def enter(self, seconds: float) -> None:
        """Wait for the turn, at most `seconds`; then TimeoutError."""
        deadline = time.monotonic() + seconds
        self._line.enter(deadline)
        try:
            self._tickets.enter(deadline)
        except BaseException:
            self._line.leave()
            raise

    def leave(self) -> None:
        """Let the next one in. In a forked child, which never had the turn, nothing happens."""
        if self.process != os.getpid():
            return
        try:
            self._tickets.leave()
        finally:
            self._line.leave()


_queues: dict[str, WriterQueue] = {}
os.register_at_fork(after_in_child=_queues.clear)


def queue_of(path: str) -> WriterQueue:
    """Return this process's queue for a database file. `path` is without links (realpath): one file, one queue."""
    return _queues.get(path) or _queues.setdefault(path, WriterQueue(path))
