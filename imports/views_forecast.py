"""The forecast of a filter as a workbook: every project of it, not only the page that is shown."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from approvals import prospects
from approvals.views import forecast as pages
from calendars import store
from imports import sheets
from people import limits
from people.access import needs
from projects.models import Project


@require_GET
@needs("project.export")
def forecast_export(request):
    """Send what the list shows for the same address as .xlsx, one project a line. One audit entry."""
    now = timezone.localtime()
    if refused := limits.refuse_export(request, now):
        return refused
    found = pages.chosen(request, now, store.current())
    projects = Project.objects.select_related("enterprise", "district", "park").in_bulk(found.ids)
    rows = [(projects[pk], found.whens.get(pk), found.level[pk]) for pk in found.ids if pk in projects]
    return sheets.send(request, rows, _columns(found), what="forecast", title=_("Forecast"), now=now)


def _columns(found: pages.Asked) -> list:
    """Return headings and getters of (project, dates or None, level)."""
    chance = _("Chance by %(day)s") % {"day": f"{found.target:%Y-%m-%d}"}
    return [
        (_("Project code"), lambda row: row[0].code),
        (_("Project"), lambda row: row[0].name),
        (_("Enterprise"), lambda row: row[0].enterprise.name if row[0].enterprise else ""),
        (_("District"), lambda row: row[0].district.name),
        (_("Park"), lambda row: row[0].park.name if row[0].park else ""),
        (pgettext("forecast", "Milestone"), lambda row: str(prospects.MILESTONES[found.milestone])),
        (_("Even chance"), lambda row: row[1] and row[1].p50.date),
        (_("80% chance"), lambda row: row[1] and row[1].p80.date),
        (pgettext("column", "Provisional"), lambda row: _("yes") if row[1] and row[1].provisional else ""),
        (chance, lambda row: row[1].chance_words if row[1] else ""),
        (_("By chance"), lambda row: str(pages.LEVELS[row[2]])),
    ]
