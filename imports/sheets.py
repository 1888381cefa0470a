"""Rows of a list as a workbook to take away, with its entry in the audit log."""

from datetime import datetime

from django.http import HttpResponse

from imports import exports
from people import audit


def send(request, rows: list, columns: list, *, what: str, title: str, now: datetime) -> HttpResponse:
    """Return the rows as .xlsx under `what` and the day, and record that they were taken. Columns: `exports.workbook`.

    Ask `people.limits.refuse_export` before the rows are read.
    """
    body = exports.workbook(rows, columns, title=title)
    audit.record("export", by=request.user, request=request, what=what, rows=len(rows))
    response = HttpResponse(body, content_type=exports.XLSX)
    response["Content-Disposition"] = f'attachment; filename="{what}-{now:%Y%m%d}.xlsx"'
    return response
