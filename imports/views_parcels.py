"""Parcels as a workbook: what the list's filters show, with what the law says of each."""

from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from factors import units
from factors.views import parcels as pages
from imports import sheets
from people import limits
from people.access import needs


@require_GET
@needs("project.export")
def parcel_export(request):
    """Send the parcels that the reader may see and the address asks for as .xlsx, areas in 亩. One audit entry."""
    now = timezone.localtime()
    if refused := limits.refuse_export(request, now):
        return refused
    everything, asked = pages.chosen_parcels(request)
    rows = pages.narrowed(everything, asked)
    pages.name_projects(request.user, rows)
    return sheets.send(request, rows, _columns(), what="parcels", title=_("Parcels"), now=now)


def _mu(area: int) -> Decimal:
    return Decimal(area) / units.MU  # 200,000 has no factors but 2 and 5: exact


def _yuan(fen):
    return Decimal(fen).scaleb(-2) if fen else None


def _columns() -> list:
    idle = {"": "", "idle": _("idle by law"), "recoverable": _("may be taken back")}
    return [
        (_("parcel code"), lambda row: row.code),
        (_("name"), lambda row: row.name),
        (_("District"), lambda row: row.district.name),
        (_("Park"), lambda row: row.park.name if row.park else ""),
        (_("Area (mu)"), lambda row: _mu(row.area)),
        (_("State"), lambda row: row.word),
        (_("Approval document"), lambda row: row.approval_no),
        (_("Approved on"), lambda row: row.approved_on),
        (_("Cleared on"), lambda row: row.cleared_on),
        (_("Supplied on"), lambda row: row.supplied_on),
        (_("Contract"), lambda row: row.contract_no),
        (_("Price (yuan)"), lambda row: _yuan(row.price_fen)),
        (_("Agreed start"), lambda row: row.agreed_start_on),
        (_("Works started on"), lambda row: row.started_on),
        (_("Completed on"), lambda row: row.completed_on),
        (_("Project"), lambda row: row.project.name if row.project_seen else ""),
        (_("Idle"), lambda row: idle[row.standing.idle.value]),
        (_("Idle from"), lambda row: row.standing.idle_from),
        (_("Days since approval without supply"), lambda row: row.standing.unsupplied_days),
        (_("Idle fee due (yuan)"), lambda row: _yuan(row.standing.fee_fen)),
    ]
