"""What is drawn once for many readers: kept while the facts are the same, and in a large city for some seconds longer.

In a small city everybody sees the facts of his own moment: drawing anew takes no time worth the word. In a large one
(`LARGE`) it takes seconds, and in working hours something changes every few of them. There what is kept is shown on for
ten times as long as it took to draw, a minute at the most, with the instant that it tells of; and while one draws it
anew, the others read what is kept. So a process spends a tenth of its time on it at the most, and nobody reads anything
older than the page says.
"""

import hashlib
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import perf_counter

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

LARGE = 5_000
"""Projects in the scope from which on what is kept may be older than the facts."""

TIMES = 10
AT_MOST = timedelta(seconds=60)
KEPT_SECONDS = 3600


QUIET = ("login", "logout", "login.failed", "login.locked", "session.expired", "session.ended", "access.denied",
         "export", "print", "audit.exported", "audit.verified", "password.changed")  # fmt: skip
"""Entries of the audit log after which no figure is another."""


def version(lights, now: datetime) -> str:
    """Return a name for the state of the facts: the same name, the same figures. One query.

    Everything that changes a figure leaves an event, a journal entry or an entry of the audit log; lights that turn by
    themselves change the tallies; stages turn red only where a working half-day begins.
    """
    marks = ", ".join(["%s"] * len(QUIET))
    sql = (
        "SELECT (SELECT MAX(id) FROM approvals_stageevent), (SELECT MAX(id) FROM factors_posting),"
        " (SELECT MAX(id) FROM calendars_calendarversion),"
        f" (SELECT sequence FROM people_auditentry WHERE kind NOT IN ({marks}) ORDER BY sequence DESC LIMIT 1)"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, QUIET)
        facts = cursor.fetchone()
    local = timezone.localtime(now)
    half = (local.date().isoformat(), local.hour >= 12)
    return hashlib.sha256(repr((facts, half, sorted(lights, key=repr))).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Kept:
    """What `mark` names tells the facts named `version`, as they were at `at`; it took `took` seconds to draw."""

    version: str
    at: datetime
    took: float
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def until(self) -> datetime:
        """The instant up to which it is shown although facts have changed."""
        return self.at + min(timedelta(seconds=TIMES * self.took), AT_MOST)


HERE_AT_MOST = 32
"""Values that a process holds as they are, beside the cache."""

_here: dict[str, tuple[str, object]] = {}
_lock = threading.Lock()


def put(name: str, version: str, value: object, at: datetime, took: float) -> None:
    """Keep a value under a name, as what was drawn in `took` seconds from the facts `version` of the instant `at`."""
    kept = Kept(version, at, took)
    cache.set(f"{name}:value", (kept.mark, value), KEPT_SECONDS)
    cache.set(name, kept, KEPT_SECONDS)
    _hold(name, kept.mark, value)


def _hold(name: str, mark: str, value: object) -> None:
    with _lock:
        _here.pop(name, None)
        _here[name] = (mark, value)
        while len(_here) > HERE_AT_MOST:
            del _here[next(iter(_here))]


def _found(name: str) -> tuple[Kept | None, object]:
    """Return what is kept under a name with its value; (None, None) where there is nothing, or another's value.

    The cache says which value counts; a process that has it does not read it from there: a cache hands out copies,
    and to make one of every early warning in a city takes longer than all queries of a page.
    """
    kept: Kept | None = cache.get(name)
    if kept is None:
        return None, None
    mark, value = _here.get(name, ("", None))
    if mark != kept.mark:
        mark, value = cache.get(f"{name}:value", ("", None))
        if mark != kept.mark:
            return None, None
        _hold(name, mark, value)
    return kept, value


def read(
    name: str, version: str, now: datetime, make: Callable[[], tuple[object, bool]], *, large: bool
) -> tuple[object, datetime]:
    """Return what is kept under a name, or else what `make` draws, and the instant whose facts it tells.

    `version` names the facts of this moment; `make` returns the value and whether it is whole: what
    is not is not kept. Nothing is returned that is older than `AT_MOST`, and in a small city nothing of other facts.
    Readers share the value: nobody changes it.
    """
    kept, value = _found(name)
    if kept is not None and kept.version == version:
        if large and now > kept.at:  # the same facts: what is shown after the next change is only that much older
            cache.set(name, replace(kept, at=now), KEPT_SECONDS)
            cache.touch(f"{name}:value", KEPT_SECONDS)
        return value, now
    turn = f"{name}:turn"
    if kept is not None and large:
        if now <= kept.until:
            return value, kept.at
        if now <= kept.at + AT_MOST and not cache.add(turn, True, AT_MOST.seconds):
            return value, kept.at
    began = perf_counter()
    try:
        value, whole = make()
        if whole:
            put(name, version, value, now, perf_counter() - began)
    finally:
        cache.delete(turn)
    return value, now
