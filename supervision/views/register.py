"""The problem register as a table for a spreadsheet program."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from calendars import store
from people import audit, exports, limits
from people.access import needs
from supervision import lights, standing, visible
from supervision.views import problems


@require_GET
@needs("project.export")
@needs("problem.register")
def problem_export(request):
    """Download the problems that the list shows with the same filters, worst first, as CSV.

    An enterprise that asked not to be named stays unnamed. Two queries.
    """
    if refused := limits.refuse_export(request, timezone.now()):
        return refused
    today, calendar = timezone.localdate(), store.current()
    rows, _filters = problems.narrowed(request)
    rows = rows.annotate(lit=lights.problem_lights(today, calendar))
    _lit, rows = problems.lit_as_asked(request, rows)
    found = list(rows.select_related("project__district").order_by("rank", "due_on", "pk"))
    heads = (
        *(_("Number"), _("Category"), _("Problem"), _("Level"), _("State"), _("Light"), _("Project code")),
        *(_("Project"), _("Enterprise"), _("District"), _("Handling unit"), _("Registered"), _("Due")),
        *(_("Working days left"), _("Times returned"), _("Result"), _("Enterprise's word"), _("Closed out on")),
        *(_("Why suspended"), _("To be looked at again on")),
    )
    audit.record("export", by=request.user, request=request, rows=len(found), name="problems")
    name = f"problems-{today:%Y%m%d}"
    return exports.csv_file(name, heads, (_cells(request.user, row, today, calendar) for row in found))


def _cells(user, problem, today, calendar) -> tuple:
    row, project = standing.problem_row(problem, today, calendar), problem.project
    hidden = visible.masked_from(user, problem)
    return (
        *(problem.number, row.category, problem.text, row.level, row.state, row.light.label),
        *(("", _("not told at the enterprise's wish"), "", "") if hidden else _of(project)),
        *(problem.department or "", row.registered_on, problem.due_on, row.days_left, problem.times_returned),
        *(problem.result, problem.get_satisfaction_display(), problem.closed_on or "", problem.suspended_reason),
        problem.review_on or "",
    )


def _of(project) -> tuple:
    return project.code, project.name, project.enterprise or "", project.district
