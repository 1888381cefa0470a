"""A cancelled project gives back what it reserved and gives up what it still lacks.

What was confirmed stays on its account until the keeper of the factor recovers it (腾退): that needs a document. Done
after the commit of the project's edit, because accounts are locked before projects (docs/adr 0012); what a crash left
is made good by `manage.py ledger expire`.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from factors import demands, entries, ledger, reservations
from factors.models import Demand
from factors.refusals import LedgerRefused, Refused
from projects.models import Project

SUMMARY = "项目终止"  # text of the journal, in the language of the house


def project_cancelled(project_id: int, by=None) -> None:
    """Settle a project right after it was cancelled (`projects.actions.after_cancel`)."""
    settle(project_id, by=by, now=timezone.now())


def settle(project_id: int, *, by, now: datetime) -> None:
    """Let a cancelled project give back and give up; nothing for any other project. Repeated, it does what is left.

    One posting, and some ten queries for each open demand. `by` is None when no person does it.
    """
    project = Project.objects.get(pk=project_id)
    if project.status != Project.Status.CANCELLED:
        return
    _release(project, list(_held(project)), by, now)
    for demand in Demand.objects.filter(project=project, closed_on=None).order_by("pk"):
        try:
            demands.drop(by=by, now=now, demand=demand, reason=SUMMARY)
        except Refused:  # somebody else gave it up meanwhile
            continue


def sweep(now: datetime) -> int:
    """Settle all cancelled projects that still hold or lack something; returns how many. One query for none."""
    held = reservations.open_ones().filter(holding__project=OuterRef("pk"))
    lacks = Demand.objects.filter(Q(gap__gt=0) | Q(secured=0), project=OuterRef("pk"), closed_on=None)
    rows = Project.objects.filter(Exists(held) | Exists(lacks), status=Project.Status.CANCELLED).order_by("pk")
    found = list(rows.values_list("pk", flat=True))
    for pk in found:
        settle(pk, by=None, now=now)
    return len(found)


def _held(project):
    return reservations.open_ones().filter(holding__project=project).select_related("twin").order_by("pk")


def _release(project, rows, by, now: datetime) -> None:
    facts = {
        "on": timezone.localtime(now).date(),
        "document_no": project.code,
        "summary": f"{SUMMARY} {project.name}"[:200],
        "maker": by and by.pk,
    }
    made = [entries.release(row, key=f"cancelled:{row.pk}", **facts) for row in rows]
    if not made:
        return
    try:
        with transaction.atomic():
            ledger.post(made, now=now, by=by)
    except LedgerRefused:
        if len(rows) > 1:  # one was settled by somebody else meanwhile: the others go by themselves
            for row in rows:
                _release(project, [row], by, now)
