"""Ordering prints, trying failed ones again, stopping. Each checks the right and writes in one transaction."""

import datetime as dt

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dossiers import files, jobs
from dossiers.models import PrintItem, PrintJob
from people import audit
from people.access import require
from projects.models import Project


class Refused(Exception):
    """The order cannot be taken; `message` says why."""

    def __init__(self, message: str):
        super().__init__(message)
        self.message = message


@transaction.atomic
def order(
    *, by, projects: list[Project], kind: str, bundle: str, title: str, base_url: str, now: dt.datetime, request=None
) -> PrintJob:
    """Order the papers of these projects, in this order. What `by` may not see must not be among them.

    Each project's right is asked again when it is printed. One query per ticket, and six.

    :raises Refused: nothing was chosen, or too much.
    :raises PermissionDenied: `by` may not print.
    """
    require(by, "dossier.print")
    if not projects:
        raise Refused(_("Select at least one project."))
    if len(projects) > settings.PRINT_LIMIT:
        raise Refused(_("At most %(n)s papers at once: narrow the filter.") % {"n": settings.PRINT_LIMIT})
    job = PrintJob.objects.create(
        by=by, kind=kind, bundle=bundle, title=title[:200], base_url=base_url, total=len(projects), created_at=now
    )
    PrintItem.objects.bulk_create(
        PrintItem(job=job, position=position, project=project) for position, project in enumerate(projects, start=1)
    )
    if job.total > 1:
        audit.record("print.job", by=by, request=request, target=job, now=now, paper=kind, rows=job.total)
    jobs.begin(job)
    return job


def _own(by, job: PrintJob) -> PrintJob:
    """Return the job's row, locked."""
    require(by, "dossier.print")
    if job.by_id != by.pk:
        raise PermissionDenied
    return PrintJob.objects.select_for_update().get(pk=job.pk)


@transaction.atomic
def retry(*, by, job: PrintJob) -> int:
    """Print what failed once more; returns how many. What is printed stays as it is.

    :raises Refused: nothing failed, or the job is still open.
    """
    job = _own(by, job)
    failed = job.items.filter(status__in=[PrintItem.Status.FAILED, PrintItem.Status.CANCELLED])
    if job.status not in (PrintJob.Status.DONE, PrintJob.Status.CANCELLED):
        raise Refused(_("It is still being printed."))
    number = failed.update(status=PrintItem.Status.WAITING, attempts=0, reason="", detail="", finished_at=None)
    if not number:
        raise Refused(_("Nothing is left to print."))
    bundle, job.file = job.file, ""
    job.status, job.finished_at, job.expires_at = PrintJob.Status.WAITING, None, None
    job.save(update_fields=["status", "file", "finished_at", "expires_at"])
    jobs.begin(job)
    transaction.on_commit(lambda: files.remove(bundle))
    return number


@transaction.atomic
def stop(*, by, job: PrintJob) -> str:
    """Print nothing more of this job; what is printed is put together. Returns what to tell the person."""
    job = _own(by, job)
    number = job.items.filter(status=PrintItem.Status.WAITING).update(status=PrintItem.Status.CANCELLED)
    if job.is_open:
        jobs.enqueue(job.pk)
    return ngettext("%(n)s paper is not printed.", "%(n)s papers are not printed.", number) % {"n": number}
