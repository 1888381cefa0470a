"""What is drawn once for many readers: kept while the facts are the same, and in a large city for some seconds longer.

In a small city everybody sees the facts of his own moment: drawing anew takes no time worth the word. In a large one
(`LARGE`) it takes seconds, and in working hours something changes every few of them. There what is kept is shown on for
ten times as long as it took to draw, a minute at the most, with the instant that it tells of; and while one draws it
anew, the others read what is kept. So a process spends a tenth of its time on it at the most, and nobody reads anything
older than the page says.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
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
    """`value` tells the facts named `version`, as they were at `at`; it took `took` seconds to draw."""

    version: str
    value: object
    at: datetime
    took: float

    @property
    def until(self) -> datetime:
        """The instant up to which it is shown although facts have changed."""
        return self.at + min(timedelta(seconds=TIMES * self.took), AT_MOST)


def read(
    name: str, version: str, now: datetime, make: Callable[[], tuple[object, bool]], *, large: bool
) -> tuple[object, datetime]:
    """Return what is kept under a name, or else what `make` draws, and the instant whose facts it tells.

    `version` names the facts of this moment; `make` returns the value and whether it is whole: what
    is not is not kept. Nothing is returned that is older than `AT_MOST`, and in a small city nothing of other facts.
    """
    kept: Kept | None = cache.get(name)
    if kept is not None and kept.version == version:
        if large and now > kept.at:  # the same facts: what is shown after the next change is only that much older
            cache.set(name, Kept(version, kept.value, now, kept.took), KEPT_SECONDS)
        return kept.value, now
    turn = f"{name}:turn"
    if kept is not None and large:
        if now <= kept.until:
            return kept.value, kept.at
        if now <= kept.at + AT_MOST and not cache.add(turn, True, AT_MOST.seconds):
            return kept.value, kept.at
    began = perf_counter()
    try:
        value, whole = make()
        if whole:
            cache.set(name, Kept(version, value, now, perf_counter() - began), KEPT_SECONDS)
    finally:
        cache.delete(turn)
    return value, now
