"""Printing one paper: gather, freeze, render, write. What a worker does for each item of a job."""

import datetime as dt
import logging
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation

from dossiers import files, freezing
from dossiers.content import Revision
from dossiers.models import Kind, Print, PrintItem
from dossiers.reasons import NotPrinted, is_disk_full
from people import audit
from people.access import allows, visible_to
from people.boundary import outcome
from projects.models import Project

log = logging.getLogger(__name__)
MAX_ATTEMPTS = 3
REVISIONS = 12
"""Earlier versions that a booklet lists."""


class DiskFull(Exception):
    """There is no room to write a paper; the item waits again."""


class Exhausted(Exception):
    """The process has no memory left for this paper: it must end, a fresh one tries again."""


class Lost(Exception):
    """The item is somebody else's by now: whatever was made of it is thrown away."""


def held(item: PrintItem):
    """Return the row of the item as long as this worker holds it: every write goes through this."""
    mine = PrintItem.objects.filter(pk=item.pk, status=PrintItem.Status.RUNNING)
    return mine.filter(worker=item.worker, attempts=item.attempts)


def process(item: PrintItem, *, clock) -> None:
    """Print one claimed item and note how it ended; `clock` returns the time. Some fifteen queries, and gathering.

    :raises DiskFull: it waits again, and so should the job.
    :raises Exhausted: it stays claimed, the process must end.
    """
    with translation.override(settings.LANGUAGE_CODE):
        outcome(lambda: _print(item, clock), lambda error: _not_printed(item, error, clock))


def _not_printed(item: PrintItem, error: Exception, clock) -> None:
    """Note why a paper was not printed; whatever it is, the others are."""
    if isinstance(error, Lost):
        log.warning("Print item %s was taken over; its paper is thrown away", item.pk)
    elif isinstance(error, NotPrinted):
        fail(item, error.reason, error.detail, now=clock())
    elif isinstance(error, MemoryError):
        raise Exhausted from error
    elif is_disk_full(error):
        put_back(item)
        raise DiskFull from error
    else:
        log.error("Print item %s of job %s failed", item.pk, item.job_id, exc_info=error)
        fail(item, "broken", f"{type(error).__name__}: {error}", now=clock())


def _print(item: PrintItem, clock) -> None:
    frozen = item.print or _freeze(item, clock())
    made = render(frozen, freezing.dossier_of(frozen))
    name = files.new_name(timezone.localtime(clock()), freezing.stem_of(frozen), "pdf")
    files.write(name, made.pdf)
    try:
        _finish(item, frozen, made, name, clock())
    except BaseException:
        files.remove(name)
        raise


def _freeze(item: PrintItem, now) -> Print:
    """Read what the person may see, now, and freeze it."""
    from dossiers import gathering

    job = item.job
    if not (job.by.is_active and allows(job.by, "dossier.print")):
        raise NotPrinted("not_allowed")
    project = visible_to(Project.objects.all(), job.by).filter(pk=item.project_id).first()
    if project is None:
        raise NotPrinted("not_allowed")
    full = job.kind == Kind.BOOKLET
    (dossier,) = gathering.gather([project], job.by, timezone.localtime(now), full=full)
    with transaction.atomic():
        frozen = freezing.freeze(
            project=project, kind=job.kind, dossier=dossier, by=job.by, base_url=job.base_url, now=now
        )
        if not held(item).update(print=frozen):
            raise Lost
    item.print = frozen
    return frozen


def render(frozen: Print, dossier):
    """Return the rendering (pdf, pages, rung, shortened) of a frozen paper. One query, for the rung of the last one.

    :raises NotPrinted: it does not fit on its page.
    """
    from dossiers import rendering
    from dossiers.ladder import NoRung

    stamp = freezing.stamp_of(frozen, dossier)
    if frozen.kind == Kind.BOOKLET:
        return rendering.booklet(dossier, stamp, revisions=_revisions(frozen))
    make = rendering.card if frozen.kind == Kind.CARD else rendering.card_a5
    try:
        return make(dossier, stamp, rung=_last_rung(frozen))
    except NoRung as error:
        raise NotPrinted("no_page") from error


def _revisions(frozen: Print) -> tuple[Revision, ...]:
    """Return the earlier versions of the paper, the latest first, for its revision log. One query."""
    before = Print.objects.filter(
        project=frozen.project_id, kind=frozen.kind, version__lt=frozen.version, copy=1, finished_at__isnull=False
    )
    rows = before.order_by("-version").values_list("version", "printed_at", "printed_by__display_name")
    return tuple(Revision(*row) for row in rows[:REVISIONS])


def unprintable(frozen: Print) -> str:
    """Return the characters that no font of this machine has: they are boxes on the paper, and its list says so."""
    from dossiers import fonts

    return "".join(fonts.missing(frozen.json().decode()))[:200]


def _last_rung(frozen: Print) -> str | None:
    """Return the rung that the project's last paper of this kind needed: the next one needs one layout then."""
    before = Print.objects.filter(project=frozen.project_id, kind=frozen.kind, finished_at__isnull=False)
    return before.order_by("-id").values_list("rung", flat=True).first() or None


def _finish(item: PrintItem, frozen: Print, made, name: str, now) -> None:
    """Note the file, once it lies on the disk, and write the audit log, in one transaction."""
    with transaction.atomic():
        note = unprintable(frozen)
        if not held(item).update(status=PrintItem.Status.DONE, finished_at=now, reason="", detail=note):
            raise Lost
        Print.objects.filter(pk=frozen.pk).update(
            rung=made.rung or "",
            shortened=list(made.shortened),
            pages=made.pages,
            file=name,
            file_size=len(made.pdf),
            file_sha256=sha256(made.pdf).hexdigest(),
            finished_at=now,
            expires_at=now + dt.timedelta(days=settings.PRINT_DAYS),
        )
        audit.record(
            "print",
            by=item.job.by,
            target=item.project,
            now=now,
            paper=frozen.kind,
            version=frozen.version,
            check=frozen.check_code,
            job=item.job_id,
        )


def fail(item: PrintItem, reason: str, detail: str = "", *, now) -> None:
    """Note why an item could not be printed. The content that was frozen for it never came on paper: it goes."""
    with transaction.atomic():
        mine = held(item).values_list("print", flat=True).first()
        if held(item).update(
            status=PrintItem.Status.FAILED, reason=reason, detail=detail[:200], finished_at=now, print=None
        ):
            Print.objects.filter(pk=mine, finished_at__isnull=True).delete()


def put_back(item: PrintItem) -> None:
    """Let the item wait again, for no fault of its own: the attempt does not count."""
    held(item).update(status=PrintItem.Status.WAITING, worker="", attempts=F("attempts") - 1)
