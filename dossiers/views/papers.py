"""Official papers as PDF, one at a time: reached by a button where the thing lives. Each print is in the audit log."""

from django.db import transaction
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from approvals.models import StageEvent
from dossiers import notices, papers
from factors import entry_sheet
from people import audit
from people.access import needs, visible_to
from projects.models import Project
from supervision import visible


def _answer(request, paper: papers.Paper, target) -> HttpResponse:
    """Write the PDF, note the print, and hand it over.

    The log holds the digest of what was handed over, and the characters that no font has: they print as boxes.
    """
    made = papers.render(paper)
    with transaction.atomic():
        audit.record(
            "print",
            by=request.user,
            request=request,
            target=target,
            now=timezone.now(),
            paper=paper.kind,
            code=paper.number,
            check=made.sha256,
            **({"note": lacking} if (lacking := " ".join(papers.unprintable(paper))) else {}),
        )
    response = HttpResponse(made.data, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(False, paper.filename)
    response["Cache-Control"] = "private, no-store"
    return response


@require_GET
@needs("dossier.print")
def order(request, pk):
    """Print a supervision order in the form of GB/T 9704; a draft says so."""
    rows = visible.orders(request.user).select_related("lead", "leader", "signed_by")
    found = visible.one(rows, pk)
    url = request.build_absolute_uri(reverse("order-page", args=[found.pk]))
    return _answer(request, papers.order_paper(found, url), found)


@require_GET
@needs("dossier.print")
def notice(request, pk):
    """Print what an event of a case tells the applicant: one-time notice, letters of deferral, commitment."""
    rows = StageEvent.objects.filter(notices.printable()).select_related(
        "by__department", "stage__department", "stage__chain__project__enterprise"
    )
    found = rows.filter(pk=pk).first()
    project = found and visible_to(Project.objects.filter(pk=found.stage.chain.project_id), request.user).first()
    if project is None:
        raise Http404
    url = request.build_absolute_uri(reverse("project-page", args=[project.code]))
    return _answer(request, notices.notice_paper(found, url), project)


@require_GET
@needs("factor.view")
@needs("dossier.print")
def voucher(request, year, number):
    """Print an entry of the journal as an accounting voucher."""
    posting = entry_sheet.posting_for(year, number)
    url = request.build_absolute_uri(reverse("posting-page", args=[year, number]))
    return _answer(request, papers.voucher_paper(posting, entry_sheet.sheet(request.user, posting), url), posting)
