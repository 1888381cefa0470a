"""The processes that print: a supervisor, and one child per core that draws tickets and is renewed now and then.

The supervisor never prints, so it never dies of a document. A child that ends, however it ends, is signed out at once
and what it held goes back. Children end by themselves after RECYCLE papers, and when the supervisor is gone: they hold
the reading end of a pipe that closes with it.
"""

import contextlib
import datetime as dt
import logging
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import threading
import time

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from dossiers import jobs, printing
from dossiers.models import PrintItem

log = logging.getLogger(__name__)
RECYCLE = 50
"""Papers after which a child is replaced by a fresh one: what libraries keep is given back."""
FAT_KB = 256 * 1024
"""Memory from which on a child is replaced, too: putting hundreds of papers together takes some."""
POLL_SECONDS = 1.0
BEAT_SECONDS = 10.0
CLEAN_SECONDS = 3600.0
STOP_SECONDS = 60.0
LONGEST_PAUSE = 30.0
CHILD = [sys.executable, "manage.py", "print_worker"]


def new_name() -> str:
    """Return a name for a worker that nobody has."""
    return f"{socket.gethostname()[:20]}-{secrets.token_hex(6)}"


def memory_kb() -> int:
    """Return what this process occupies in memory now, in KB; 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    except (OSError, IndexError, ValueError):
        return 0


# --- a child -------------------------------------------------------------------------------------------------------


class Drawer(Worker):
    """django-tasks' worker, which ends between two papers when it is asked to, and after RECYCLE papers."""

    def __init__(self, name: str, clock=None):
        self.clock = clock
        super().__init__(
            queue_names=["default"],
            interval=0,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=name,
            excluded_queue_names=[],
        )

    def shutdown(self, signum, frame):
        """End after the paper that is being printed; at once when there is none, or when asked again."""
        jobs.presence.stopping = True
        super().shutdown(signum, frame)

    def run_task(self, db_task_result):
        """Run one ticket; give back what an error left in hand; then see whether this process has done enough."""
        super().run_task(db_task_result)
        jobs.let_go(self.worker_id, self.clock())
        if jobs.presence.stopping or jobs.presence.documents >= RECYCLE or memory_kb() > FAT_KB:
            self.running = False

    def has_work(self) -> bool:
        """Say whether a ticket waits. One reading query: drawing one needs the write lock on SQLite."""
        return DBTaskResult.objects.ready().filter(backend_name=self.backend_name, queue_name="default").exists()


def work(name: str, clock, *, once: bool = False, attached: bool = False) -> None:
    """Draw tickets until asked to end; with `once` until none is left. `attached`: end when standard input closes."""
    _limit_memory()
    drawer, over = Drawer(name, clock), threading.Event()
    drawer.configure_signals()
    _sign_in(name)
    beat = threading.Thread(target=_beat, args=(name, drawer, clock, over, attached), daemon=True)
    beat.start()
    try:
        while drawer.running:
            close_old_connections()
            if drawer.has_work():
                drawer.run()
            elif once:
                break
            else:
                time.sleep(POLL_SECONDS)
    finally:
        over.set()


def _limit_memory() -> None:
    """Let a paper that eats all memory hit a wall of its own."""
    if settings.PRINT_MEMORY_MB:
        import resource

        most = settings.PRINT_MEMORY_MB * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _sign_in(name: str) -> None:
    jobs.sign_in(
        name, host=socket.gethostname(), pid=os.getpid(), documents=jobs.presence.documents, memory_kb=memory_kb()
    )


def _beat(name, drawer, clock, over, attached) -> None:
    """Sign in every few seconds; end the process when its supervisor is gone or a paper takes too long."""
    try:
        while not over.is_set():
            if attached:
                if select.select([sys.stdin], [], [], BEAT_SECONDS)[0]:
                    jobs.presence.stopping, drawer.running = True, False
                    return
            else:
                over.wait(BEAT_SECONDS)
            with contextlib.suppress(DatabaseError):  # the next beat tries again
                _sign_in(name)
                _end_the_endless(name, clock())
            close_old_connections()
    finally:
        connection.close()


def _end_the_endless(name: str, now: dt.datetime) -> None:
    since = now - dt.timedelta(seconds=settings.PRINT_SECONDS)
    mine = PrintItem.objects.filter(worker=name, status=PrintItem.Status.RUNNING)
    for item in mine.filter(started_at__lt=since):
        printing.fail(item, "too_long", str(settings.PRINT_SECONDS), now=now)
        os._exit(4)


# --- the supervisor ------------------------------------------------------------------------------------------------


class Child:
    """A place for a child process: the one that runs, and how long to wait before the next."""

    def __init__(self, once: bool):
        self.once, self.failures, self.not_before, self.process = once, 0, 0.0, None

    def start(self) -> None:
        """Start a process that ends when this one does."""
        self.name, self.started = new_name(), time.monotonic()
        command = [*CHILD, "--child", self.name, *(["--once"] if self.once else [])]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=settings.BASE_DIR, preexec_fn=_quietly)

    def ended(self) -> bool:
        """Say whether the process is gone; then what it held is free, and the next start is set."""
        if self.process is None or self.process.poll() is None:
            return False
        code, self.process = self.process.returncode, None
        self.failures = self.failures + 1 if code else 0
        self.not_before = time.monotonic() + (min(2.0**self.failures, LONGEST_PAUSE) if self.failures > 1 else 0)
        if code:
            log.warning("A printer process ended with status %s", code)
        jobs.sign_out(self.name)
        return True


def _quietly() -> None:
    """In a child: let the site go first, and leave Ctrl+C to the supervisor."""
    os.nice(5)
    os.setpgrp()


class Supervisor:
    """Keeps children at work until it is asked to end."""

    def __init__(self, processes: int, clock, *, once: bool = False, attached: bool = False):
        self.children = [Child(once) for _each in range(processes)]
        self.clock, self.once, self.attached, self.running = clock, once, attached, True
        self.next_recovery = self.next_cleaning = 0.0

    def stop(self, *_signal) -> None:
        """Ask for the end."""
        self.running = False

    def run(self) -> None:
        """Start children and keep them; at the end let each finish its paper."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        try:
            while self.running and not self._done():
                try:
                    self._round()
                except DatabaseError:
                    log.exception("The database does not answer; printing waits")
                close_old_connections()
                self._wait()
        finally:
            self._end_children()

    def _round(self) -> None:
        freed = [child for child in self.children if child.ended()]
        now = time.monotonic()
        if freed or now >= self.next_recovery:
            jobs.recover(self.clock())
            self.next_recovery = now + BEAT_SECONDS
        if now >= self.next_cleaning:
            jobs.clean(self.clock())
            self.next_cleaning = now + CLEAN_SECONDS
        for child in self.children:
            if child.process is None and now >= child.not_before and (not self.once or self._has_work(child)):
                child.start()

    def _has_work(self, child: Child) -> bool:
        """With `once`: whether to start this child, for the first time or again."""
        return not hasattr(child, "name") or Drawer("").has_work()

    def _done(self) -> bool:
        """With `once`: whether every child has ended and nothing is left to draw."""
        started = all(hasattr(child, "name") for child in self.children)
        if not (self.once and started and all(child.process is None for child in self.children)):
            return False
        return not Drawer("").has_work()

    def _wait(self) -> None:
        if not self.attached:
            time.sleep(POLL_SECONDS / 2)
        elif select.select([sys.stdin], [], [], POLL_SECONDS / 2)[0]:
            self.stop()

    def _end_children(self) -> None:
        running = [child for child in self.children if child.process is not None]
        for child in running:
            child.process.terminate()
        end = time.monotonic() + STOP_SECONDS
        for child in running:
            try:
                child.process.wait(max(end - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        with contextlib.suppress(DatabaseError):
            for child in running:
                child.ended()
            jobs.recover(self.clock())
