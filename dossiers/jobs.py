"""The life of a print job: turns of workers, the bundle at the end, what is taken back from the dead, what expires.

Design overview: the items of a job are the queue. A task of django-tasks is a ticket: whoever draws it prints a few
items of the job (TURN), then puts a new ticket at the end of the line, so that a large job lets small ones pass. A
lost ticket loses nothing: `recover` sees items that nobody prints and writes tickets for them. An item, a bundle and a
running ticket belong to a worker by name; a worker that has not signed in for SILENT seconds is dead, and what it held
goes back. Every write of a worker asks whether it still holds what it writes.
"""

import datetime as dt
import logging

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from dossiers import bundling, files, printing
from dossiers.models import Print, PrintItem, PrintJob, PrintWorker
from dossiers.reasons import DISK_FULL

log = logging.getLogger(__name__)
TURN = 5
SILENT = dt.timedelta(seconds=60)
FULL_DISK_PAUSE = dt.timedelta(seconds=30)
MOST_TICKETS = 8
"""Tickets of one job at a time: more processes than that print for others, too."""

RUNNABLE = (PrintJob.Status.WAITING, PrintJob.Status.RUNNING)


def enqueue(job_id: int, number: int = 1, not_before: dt.datetime | None = None) -> None:
    """Write tickets for a job. One query each."""
    ticket = print_turn if not_before is None else print_turn.using(run_after=not_before)
    for _each in range(number):
        ticket.enqueue(job_id)


def begin(job: PrintJob) -> None:
    """Write the first tickets of a job whose items are there."""
    enqueue(job.pk, max(1, min(job.total // TURN, MOST_TICKETS)))


class Presence:
    """This process as a worker: how many papers it printed, since when it is at one, whether it is asked to end."""

    def __init__(self):
        self.documents = 0
        self.stopping = False

    def printed(self) -> None:
        """Count a paper."""
        self.documents += 1


presence = Presence()


@task(takes_context=True)
def print_turn(context, job_id: int) -> None:
    """Take a turn of a job: the ticket."""
    worker = context.task_result.worker_ids[-1]
    try:
        turn(job_id, worker=worker, clock=timezone.now, stop=lambda: presence.stopping, printed=presence.printed)
    except printing.Exhausted:
        presence.stopping = True  # what is claimed stays claimed until the supervisor sees the end of this process
        raise


# --- a worker's turn -----------------------------------------------------------------------------------------------


@transaction.atomic
def claim(job_id: int, worker: str, now: dt.datetime) -> PrintItem | None:
    """Take the next item of a job, None when none waits. Four queries; two workers never get the same."""
    if not PrintJob.objects.filter(pk=job_id, status__in=RUNNABLE).exists():
        return None
    waiting = PrintItem.objects.filter(job=job_id, status=PrintItem.Status.WAITING).order_by("position")
    item = waiting.select_for_update(skip_locked=True).first()
    if item is None:
        return None
    PrintItem.objects.filter(pk=item.pk).update(
        status=PrintItem.Status.RUNNING, worker=worker, attempts=F("attempts") + 1, started_at=now
    )
    return PrintItem.objects.select_related("job__by", "project", "print__printed_by", "print__project").get(pk=item.pk)


def turn(job_id: int, *, worker: str, clock, stop=lambda: False, printed=lambda: None) -> None:
    """Print up to TURN items of a job, then write a new ticket, or the bundle when nothing is left.

    `clock` returns the time, `stop` says whether the process is asked to end, `printed` is called after each paper.

    :raises printing.Exhausted: the process must end; what it holds is given back by its supervisor.
    """
    PrintJob.objects.filter(pk=job_id, status=PrintJob.Status.WAITING).update(
        status=PrintJob.Status.RUNNING, started_at=clock()
    )
    for _each in range(TURN):
        item = None if stop() else claim(job_id, worker, clock())
        if item is None:
            break
        try:
            printing.process(item, clock=clock)
        except printing.DiskFull:
            hold_up(job_id, clock())
            return
        printed()
    _go_on(job_id, worker, clock)


def _go_on(job_id: int, worker: str, clock) -> None:
    PrintJob.objects.filter(pk=job_id).exclude(held_up="").update(held_up="")
    open_items = counts(job_id)
    if open_items["waiting"]:
        enqueue(job_id)
    elif not open_items["running"]:
        try:
            bundling.finish(job_id, worker=worker, now=clock())
        except printing.DiskFull:
            hold_up(job_id, clock())


def hold_up(job_id: int, now: dt.datetime) -> None:
    """Let a job wait for room on the disk, and say so on its page."""
    PrintJob.objects.filter(pk=job_id, status__in=RUNNABLE).update(held_up=DISK_FULL)
    enqueue(job_id, not_before=now + FULL_DISK_PAUSE)


def counts(job_id: int) -> dict[str, int]:
    """Return how many items of a job stand where. One query."""
    found = dict(PrintItem.objects.filter(job=job_id).order_by().values_list("status").annotate(Count("id")))
    return {status: found.get(status, 0) for status in PrintItem.Status.values}


# --- workers, the living and the dead ------------------------------------------------------------------------------


def sign_in(name: str, *, host: str, pid: int, documents: int = 0, memory_kb: int = 0) -> None:
    """Note that a worker is there, by the database's clock: machines need not agree on the time."""
    seen = {"seen_at": Now(), "documents": documents, "memory_kb": memory_kb}
    if not PrintWorker.objects.filter(name=name).update(**seen):
        PrintWorker.objects.create(name=name, host=host[:100], pid=pid, started_at=Now(), **seen)


def sign_out(name: str) -> None:
    """Note that a worker is gone: what it held is free at once."""
    PrintWorker.objects.filter(name=name).delete()


def alive():
    """Return the workers that signed in lately."""
    return PrintWorker.objects.filter(seen_at__gt=Now() - SILENT)


def recover(now: dt.datetime) -> int:
    """Give back what dead workers held, and write tickets for items that wait without one. Returns how many of both.

    Any process may call it at any time; six queries where nothing is to be done.
    """
    PrintWorker.objects.exclude(seen_at__gt=Now() - SILENT).delete()
    names = set(PrintWorker.objects.values_list("name", flat=True))
    freed = _free(~Q(worker__in=names), now)
    return freed + _write_lost_tickets(_live_tickets(names, now))


def let_go(worker: str, now: dt.datetime) -> int:
    """Give back what a worker still holds between two tickets, because noting its end failed. Two queries."""
    return _free(Q(worker=worker), now)


def _free(of: Q, now) -> int:
    """Let items and bundles of workers wait again; a paper that ended its worker too often has failed."""
    bundles = PrintJob.objects.filter(of, status=PrintJob.Status.BUNDLING)
    freed = bundles.update(status=PrintJob.Status.RUNNING, worker="")
    for item in PrintItem.objects.filter(of, status=PrintItem.Status.RUNNING):
        freed += 1
        if item.attempts >= printing.MAX_ATTEMPTS:
            printing.fail(item, "crashed", now=now)
        else:
            printing.held(item).update(status=PrintItem.Status.WAITING, worker="")
    return freed


def _live_tickets(names: set[str], now) -> set[int]:
    """Return the jobs that have a ticket; one that a dead worker held is closed, so that no ticket runs for ever."""
    ours = DBTaskResult.objects.filter(task_path=print_turn.module_path).order_by()
    ours = ours.filter(status__in=[TaskResultStatus.READY, TaskResultStatus.RUNNING])
    live, dead = set(), []
    for pk, status, args, workers in ours.values_list("pk", "status", "args_kwargs", "worker_ids"):
        if status == TaskResultStatus.RUNNING and (not workers or workers[-1] not in names):
            dead.append(pk)
        else:
            live.add(args["args"][0])
    if dead:
        DBTaskResult.objects.filter(pk__in=dead, status=TaskResultStatus.RUNNING).update(
            status=TaskResultStatus.FAILED, finished_at=now, traceback="The process that ran it died."
        )
    return live


def _write_lost_tickets(live: set[int]) -> int:
    """Write a ticket for every job that has something to do and nobody who knows of it."""
    lost = PrintJob.objects.filter(status__in=RUNNABLE).exclude(pk__in=live)
    lost = lost.annotate(
        waiting=Count("items", filter=Q(items__status=PrintItem.Status.WAITING)),
        running=Count("items", filter=Q(items__status=PrintItem.Status.RUNNING)),
    )
    written = 0
    for pk, waiting, running in lost.values_list("pk", "waiting", "running"):
        if waiting or not running:
            log.warning("Print job %s goes on after an interruption", pk)
            enqueue(pk)
            written += 1
    return written


# --- the end ---------------------------------------------------------------------------------------------------------


def clean(now: dt.datetime) -> tuple[int, int]:
    """Remove expired files, files that a crash left over, and closed tickets; returns (files, bytes).

    A row forgets its file before the file goes: what is listed is always there.
    """
    number = size = 0
    jobs = PrintJob.objects.filter(expires_at__lte=now, status=PrintJob.Status.DONE)
    prints = Print.objects.filter(expires_at__lte=now).exclude(file="")
    for row in [*jobs, *prints.only("file")]:
        name, row.file = row.file, ""
        if isinstance(row, PrintJob):
            row.status = PrintJob.Status.EXPIRED
            row.save(update_fields=["file", "status"])
        else:
            row.save(update_fields=["file"])
        removed = files.remove(name)
        number, size = number + bool(removed), size + removed
    named = {
        name for model in (Print, PrintJob) for name in model.objects.exclude(file="").values_list("file", flat=True)
    }
    for name in files.unnamed(named, now):
        number, size = number + 1, size + files.remove(name)
    _forget_tickets(now)
    return number, size


def _forget_tickets(now) -> None:
    closed = DBTaskResult.objects.finished().filter(task_path=print_turn.module_path)
    closed.filter(finished_at__lt=now - dt.timedelta(days=settings.PRINT_DAYS)).delete()
