"""Records that met a rule of record quality, as a workbook."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from approvals.views import records as pages
from imports import sheets
from people import limits
from people.access import needs


@require_GET
@needs("project.export")
def records_export(request):
    """Send the records that the list shows for the same address as .xlsx, one line each. One audit entry."""
    now = timezone.localtime()
    if refused := limits.refuse_export(request, now):
        return refused
    rows = pages.told(pages.chosen(request, now).rows)
    return sheets.send(request, rows, _columns(), what="records", title=_("Record quality"), now=now)


def _columns() -> list:
    return [
        (_("Project code"), lambda row: row["project"].code),
        (_("Project"), lambda row: row["project"].name),
        (_("Stage code"), lambda row: row["stage"].code),
        (_("Stage"), lambda row: row["stage"].name),
        (pgettext("record", "What"), lambda row: str(row["what"])),
        (_("Document number"), lambda row: row["record"].document_no),
        (_("Happened"), lambda row: row["record"].occurred),
        (pgettext("record", "Recorded"), lambda row: row["record"].recorded),
        (pgettext("department", "Recorded by"), lambda row: str(row["department"] or "")),
        (_("Rules met"), lambda row: " ".join(str(label) for _rule, label, _words in row["findings"])),
        (_("Why it is listed"), lambda row: "\n".join(words for _rule, _label, words in row["findings"])),
        (_("Reason given"), lambda row: row["reason"]),
    ]
