"""Following print jobs and fetching what they made. One's own only: whose papers they are is nobody else's business."""

import datetime as dt

from django.contrib import messages
from django.db.models import Count
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dossiers import actions, files, freezing, jobs
from dossiers.models import Print, PrintItem, PrintJob
from dossiers.reasons import HELD_UP, REASONS
from people.access import needs, visible_to
from projects.models import Project

SHOWN = 100
"""Rows of a job on its page, failures first."""
LATEST = 30
BACKGROUND = {"X-Luodi-Background": "1"}


def _own(request, pk: int) -> PrintJob:
    return get_object_or_404(PrintJob, pk=pk, by=request.user)


@require_GET
@needs("dossier.print")
def job_list(request):
    """List one's own latest jobs, newest first."""
    found = list(PrintJob.objects.filter(by=request.user).order_by("-id")[:LATEST])
    numbers = {job.pk: dict.fromkeys(PrintItem.Status.values, 0) for job in found}
    for job, status, number in (
        PrintItem.objects.filter(job__in=found).order_by().values_list("job", "status").annotate(Count("id"))
    ):
        numbers[job][status] = number
    context = {
        "rows": [(job, numbers[job.pk]) for job in found],
        "workers": jobs.alive().exists(),
        "breadcrumbs": [(_("Prints"), "")],
    }
    return render(request, "dossiers/job_list.html", context)


@require_GET
@needs("dossier.print")
def job_page(request, pk):
    """Show how a job comes along: its bar, its papers, what failed and why."""
    context = _progress(request, _own(request, pk))
    context["breadcrumbs"] = [(_("Prints"), reverse("print-list")), (context["job"].title, "")]
    return render(request, "dossiers/job_page.html", context)


@require_GET
@needs("dossier.print")
def job_progress(request, pk):
    """The part of the page that renews itself while the job is open. Five queries."""
    return render(request, "dossiers/_progress.html", _progress(request, _own(request, pk)))


def _progress(request, job: PrintJob) -> dict:
    now = timezone.now()
    counts = jobs.counts(job.pk)
    over = counts["done"] + counts["failed"] + counts["cancelled"]
    items = job.items.select_related("project", "print").defer("print__content", "print__shortened")
    failed = list(items.filter(status=PrintItem.Status.FAILED).order_by("position")[:SHOWN])
    rest = list(items.exclude(status=PrintItem.Status.FAILED).order_by("position")[: SHOWN - len(failed)])
    rows = [(item, _why(item)) for item in (*failed, *rest)]
    return {
        "job": job,
        "counts": counts,
        "over": over,
        "percent": 100 * over // job.total if job.total else 100,
        "seconds_left": _seconds_left(job, over, now),
        "held_up": HELD_UP.get(job.held_up, "") if job.is_open else "",
        "no_worker": job.is_open and not jobs.alive().exists(),
        "rows": rows,
        "more": job.total - len(rows),
        "single": rows[0][0].print if job.total == 1 and rows and rows[0][0].print_id else None,
        "background": BACKGROUND,
    }


def _why(item: PrintItem) -> str:
    """Return why an item failed, in words; "" when it did not."""
    sentence = REASONS.get(item.reason, "")
    return str(sentence) % {"seconds": item.detail} if item.reason == "too_long" else str(sentence)


def _seconds_left(job: PrintJob, over: int, now: dt.datetime) -> int | None:
    """Return how long the rest will take at the pace so far; None before the third paper."""
    if not job.is_open or job.started_at is None or over < 3:
        return None
    return max(round((now - job.started_at).total_seconds() / over * (job.total - over)), 1)


@require_POST
@needs("dossier.print")
def job_retry(request, pk):
    """Print what failed, or what was stopped, once more."""
    job = _own(request, pk)
    try:
        actions.retry(by=request.user, job=job)
    except actions.Refused as error:
        messages.error(request, error.message)
    return redirect("print-job", pk)


@require_POST
@needs("dossier.print")
def job_stop(request, pk):
    """Print nothing more of a job."""
    messages.info(request, actions.stop(by=request.user, job=_own(request, pk)))
    return redirect("print-job", pk)


def _may_still_see(request, projects: set[int]) -> None:
    """Raise Http404 when one of the projects is closed to the person by now."""
    seen = visible_to(Project.objects.filter(pk__in=projects), request.user).count()
    if seen != len(projects):
        raise Http404


@require_GET
@needs("dossier.print")
def job_file(request, pk):
    """Fetch the bundle of a job: one PDF, or an archive."""
    job = _own(request, pk)
    if not job.file or job.status != PrintJob.Status.DONE:
        raise Http404
    done = job.items.filter(status=PrintItem.Status.DONE)
    _may_still_see(request, set(done.values_list("project", flat=True)))
    ending = job.file.rpartition(".")[2]
    return _file(job.file, f"{job.title}-{timezone.localtime(job.created_at):%Y%m%d-%H%M}.{ending}", ending == "zip")


@require_GET
@needs("dossier.print")
def print_file(request, token):
    """Fetch one paper that one printed oneself."""
    row = get_object_or_404(Print.objects.defer("content"), token=token, printed_by=request.user)
    if not row.is_there:
        raise Http404
    _may_still_see(request, {row.project_id})
    return _file(row.file, f"{freezing.stem_of(row)}.pdf", False)


def _file(stored: str, name: str, as_attachment: bool) -> FileResponse:
    """Hand out a stored file; a PDF opens in the browser. :raises Http404: it is gone from the disk."""
    try:
        file = files.path_of(stored).open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(file, filename=name, as_attachment=as_attachment)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
