"""The last step of a print job: its papers as one PDF or in a ZIP archive, in the order in which they were chosen."""

import datetime as dt
import logging
import zipfile

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dossiers import files
from dossiers.models import PrintItem, PrintJob
from dossiers.printing import DiskFull
from dossiers.reasons import is_disk_full

log = logging.getLogger(__name__)
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def finish(job_id: int, *, worker: str, now: dt.datetime) -> None:
    """Write the bundle and close the job, once no item is open; of several workers one does it.

    :raises DiskFull: there is no room; the job is open again.
    """
    job = _take(job_id, worker)
    if job is None:
        return
    try:
        _close(job, now)
    except OSError as error:
        mine = PrintJob.objects.filter(pk=job.pk, status=PrintJob.Status.BUNDLING, worker=worker)
        mine.update(status=PrintJob.Status.RUNNING, worker="")
        if is_disk_full(error):
            raise DiskFull from error
        raise


@transaction.atomic
def _take(job_id: int, worker: str) -> PrintJob | None:
    job = PrintJob.objects.select_for_update().filter(pk=job_id, status=PrintJob.Status.RUNNING).first()
    if job is None or job.items.filter(status__in=[PrintItem.Status.WAITING, PrintItem.Status.RUNNING]).exists():
        return None
    job.status, job.worker = PrintJob.Status.BUNDLING, worker
    job.save(update_fields=["status", "worker"])
    return job


def _close(job: PrintJob, now) -> None:
    found = _whole(job, now)
    cancelled = not found and job.items.filter(status=PrintItem.Status.CANCELLED).exists()
    name, size = "", 0
    if len(found) > 1:
        ending = "zip" if job.bundle == PrintJob.Bundle.ZIP else "pdf"
        name = files.new_name(timezone.localtime(now), f"job-{job.pk}", ending)
        with files.writing(name) as file:
            (_zipped if ending == "zip" else _merged)(found, file)
            size = file.tell()
    mine = PrintJob.objects.filter(pk=job.pk, status=PrintJob.Status.BUNDLING, worker=job.worker)
    closed = mine.update(
        status=PrintJob.Status.CANCELLED if cancelled else PrintJob.Status.DONE,
        worker="",
        held_up="",
        file=name,
        file_size=size,
        pages=sum(item.print.pages for item in found),
        finished_at=now,
        expires_at=now + dt.timedelta(days=settings.PRINT_DAYS),
    )
    if not closed:  # it was taken over meanwhile
        files.remove(name)


def _whole(job: PrintJob, now) -> list[PrintItem]:
    """Return the printed items whose files are what was written; the others have failed, and can be printed again."""
    found = []
    done = job.items.filter(status=PrintItem.Status.DONE).select_related("print", "project").order_by("position")
    for item in done.defer("print__content"):
        try:
            intact = item.print is not None and files.digest(item.print.file) == item.print.file_sha256
        except OSError:
            intact = False
        if intact:
            found.append(item)
        else:
            log.error("The file of print item %s is not the one that was written", item.pk)
            job.items.filter(pk=item.pk).update(
                status=PrintItem.Status.FAILED, reason="changed", finished_at=now, print=None
            )
    return found


def _merged(items: list[PrintItem], file) -> None:
    """Append the papers to one PDF, each with a bookmark. Memory: about that of all papers together."""
    from pypdf import PdfWriter

    writer = PdfWriter()
    for item in items:
        writer.append(str(files.path_of(item.print.file)), outline_item=item.project.name, import_outline=False)
    writer.write(file)
    writer.close()


def _zipped(items: list[PrintItem], file) -> None:
    """Put one file each into an archive, not packed again; the same papers give the same bytes."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for number, item in enumerate(items, start=1):
            entry = zipfile.ZipInfo(f"{number:03d} {_safe(item.project.name)} {item.print.number}.pdf", ZIP_TIME)
            archive.writestr(entry, files.path_of(item.print.file).read_bytes())


def _safe(name: str) -> str:
    """Return a project's name as a part of a file name, also where the file is unpacked on Windows."""
    return "".join("_" if letter in '\\/:*?"<>|' or letter < " " else letter for letter in name)[:60].strip(" .")
