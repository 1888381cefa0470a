"""Which imports are being written now, and which died on the way.

While a batch is being written it is marked in the database, and the process holds a lock of the kernel on a file beside
the uploads. A process that dies, however it dies, loses the lock; its transaction is rolled back. So a batch that is
marked and not locked was interrupted: nothing of it is in, and it may be imported again.
"""

import fcntl
import random
import time
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, transaction

from imports.models import ImportBatch

DEADLOCK = ("40P01", "40001")  # deadlock_detected, serialization_failure
PAUSE = 0.2  # seconds, at most, before the first new try


class NotImported(Exception):
    """Nothing was written: rows are wrong and the mode is all or nothing, or the batch is not open any more."""


def _lock_file(pk: int) -> Path:
    return Path(settings.MEDIA_ROOT) / "imports" / f"running-{pk}"


@contextmanager
def held(pk: int):
    """Hold the lock of a batch; released when the block or the process ends.

    :raises NotImported: somebody else is writing the batch.
    """
    path = _lock_file(pk)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise NotImported from error
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def marked(batch: ImportBatch, now):
    """Mark a batch as being written while the block runs. A block that fails leaves it as it was before.

    :raises NotImported: the batch is not open, or somebody else is writing it.
    """
    with held(batch.pk):
        with transaction.atomic():
            before = ImportBatch.objects.select_for_update().get(pk=batch.pk)
            if not before.is_open:
                raise NotImported
            own = ImportBatch.objects.filter(pk=batch.pk)
            own.update(status=ImportBatch.Status.RUNNING, started_at=now)
        try:
            yield
        except BaseException:
            own.filter(status=ImportBatch.Status.RUNNING).update(status=before.status, started_at=before.started_at)
            raise


def taking_turns(write, tries: int = 3):
    """Run a transaction again when the database ended it for the sake of another one; returns what `write` returns.

    A file writes many rows that others write, too (tallies, the head of the audit log); two files at once can take them
    in opposite order. PostgreSQL then rolls one of them back whole. Who was rolled back waits a little, longer each
    time, so that the other, who may not have woken yet, gets the rows first: else both meet again in the same place.
    """
    for turn in range(1, tries + 1):
        try:
            return write()
        except OperationalError as error:
            if turn == tries or getattr(error.__cause__, "sqlstate", None) not in DEADLOCK:
                raise
        time.sleep(random.uniform(0.5, 1) * PAUSE * turn)


def settle() -> int:
    """Mark the batches whose import died as interrupted; returns how many. One query where none is being written."""
    running = ImportBatch.objects.filter(status=ImportBatch.Status.RUNNING)
    dead = [pk for pk in running.values_list("pk", flat=True) if not _is_alive(pk)]
    return running.filter(pk__in=dead).update(status=ImportBatch.Status.INTERRUPTED) if dead else 0


def _is_alive(pk: int) -> bool:
    try:
        with _lock_file(pk).open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
