"""Where the QR of a paper leads: is it ours, is it current, what has changed since.

Who is not logged in, or may not see the project, learns the version and the number of changes, and no content.
"""

from dataclasses import dataclass

from django.core.cache import cache
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dossiers import changes, freezing
from dossiers.content import Dossier
from dossiers.models import Print
from people.access import allows, visible_to
from projects.models import Project

KEPT_SECONDS = 300
"""How long a number of changes is kept for strangers: the address is open, and reckoning costs forty queries."""


@dataclass(frozen=True)
class Standing:
    """How a paper stands: what changed, what did not, and the version that a print would get now."""

    changes: list
    unchanged: list
    version: int
    at: object

    @property
    def is_current(self) -> bool:
        """Whether the paper still says what holds."""
        return not self.changes


@require_GET
def verify(request, token):
    """Show how the paper with this token stands. Thirty to fifty queries, those of gathering."""
    row = Print.objects.filter(token=token, finished_at__isnull=False).select_related("printed_by", "project").first()
    if row is None:
        return render(request, "dossiers/verify_unknown.html", status=404)
    now = timezone.localtime()
    project = visible_to(Project.objects.filter(pk=row.project_id), request.user).first()
    context = {"row": row, "now": now, "hide_nav": True}
    if project is None:
        context["number"] = _number_for_strangers(row, now)
        return render(request, "dossiers/verify_public.html", context)
    from dossiers import gathering, rendering

    (present,) = gathering.gather([project], request.user, now)
    paper = changes.limited(freezing.dossier_of(row), present)
    context |= {
        "standing": _standing(row, paper, present, now),
        "paper": paper,
        "text": rendering.text(paper),
        "project": project,
        "can_print": allows(request.user, "dossier.print"),
        "mine": row.printed_by_id == request.user.pk and row.is_there,
    }
    return render(request, "dossiers/verify.html", context)


def _standing(row: Print, paper: Dossier, present: Dossier, now) -> Standing:
    """Compare a paper with the present. Two queries at most."""
    found = changes.between(paper, present)
    same = changes.unchanged(found, paper, present)
    if not found:
        return Standing(found, same, row.version, now)
    latest = Print.objects.filter(project=row.project_id, kind=row.kind, finished_at__isnull=False)
    latest = latest.order_by("-version", "-copy").first()
    if latest.version > row.version and not changes.between(
        changes.limited(freezing.dossier_of(latest), present), present
    ):
        return Standing(found, same, latest.version, latest.printed_at)
    return Standing(found, same, latest.version + 1, now)


def _number_for_strangers(row: Print, now) -> int | None:
    """Return how many things changed, as the printer of the paper would see it; None when he sees it no more."""
    key = f"print-changes-{row.pk}"
    known = cache.get(key)
    if known is None:
        known = cache.get_or_set(key, lambda: _reckon(row, now), KEPT_SECONDS)
    return None if known < 0 else known


def _reckon(row: Print, now) -> int:
    project = visible_to(Project.objects.filter(pk=row.project_id), row.printed_by).first()
    if project is None:
        return -1
    from dossiers import gathering

    (present,) = gathering.gather([project], row.printed_by, now)
    return len(changes.between(freezing.dossier_of(row), present))
