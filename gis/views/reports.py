"""The park's monthly report: written by the park, read by all, verified by the city."""

import datetime as dt

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods

from gis import actions, readiness, standing
from gis.models import ParkUtility, UtilityReading, UtilityReport
from gis.park_forms import LineForm
from gis.templatetags.parks import amount
from gis.views.parks import park_for
from people.access import may_manage, needs

VERIFY_AT_ONCE = 200
"""Lines of the page of verification; the others come when these are done."""


def month_from(text: str) -> dt.date | None:
    """Return the first day of a month written as 2026-11, None for anything else."""
    try:
        return dt.datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        return None


def _trail(park, label):
    return [(_("Parks"), reverse("park-list")), (park.name, reverse("park-page", args=[park.code])), (label, "")]


@require_http_methods(["GET", "POST"])
@needs("park.edit")
def park_report(request, code):
    """Write the report of a month: last month's facts stand in it, only changes are typed."""
    park = park_for(request, code, need="manage")
    now = timezone.localtime()
    open_months = actions.months_open(park, now.date())
    month = month_from(request.GET.get("month", "")) or readiness.month_of(now.date())
    report = UtilityReport.objects.filter(park=park, month=month).first()
    if month not in open_months:
        if report is not None:
            return redirect("park-report-page", code=code, month=f"{month:%Y-%m}")
        messages.error(
            request, _("Only this month and the last can be reported, and none before one that was submitted.")
        )
        return redirect("park-page", code=code)
    lines = _lines(park, report)
    report = report or UtilityReport(park=park, month=month)
    was = actions.lines_before(report)
    forms = [
        LineForm(request.POST or None, instance=line, prefix=line.item.code, was=was.get(line.item_id))
        for line in lines
    ]
    refused = False
    if request.method == "POST" and all([form.is_valid() for form in forms]):
        submit = request.POST.get("action") != "draft"
        try:
            report = _store(request, park, month, forms, now, submit)
        except actions.Refused as error:
            refused = True
            messages.error(request, str(error.message))
        else:
            return _stored(request, park, report, submit)
    context = {
        "park": park,
        "month": month,
        "months": [each for each in open_months if each != month],
        "report": report,
        "forms": forms,
        "wrong": [form for form in forms if form.errors],
        "note": request.POST.get("note", report.note),
        "breadcrumbs": _trail(park, _("Monthly report")),
    }
    status = 409 if refused else 422 if context["wrong"] else 200
    return render(request, "gis/report_form.html", context, status=status)


def _lines(park, report) -> list[UtilityReading]:
    """Return the lines to write in: those stored, and unsaved copies of the board for the others. Three queries."""
    stored = {line.item_id: line for line in report.lines.select_related("item")} if report is not None else {}
    board = {row.item_id: row for row in ParkUtility.objects.filter(park=park)}
    found = []
    for item in standing.items_in_use():
        line = stored.get(item.pk)
        if line is None:
            line = UtilityReading(item=item, **(actions.facts_of(board[item.pk]) if item.pk in board else {}))
        found.append(line)
    return found


def _store(request, park, month, forms, now, submit) -> UtilityReport:
    report = actions.begin_report(by=request.user, park=park, month=month, now=now)
    facts = {form.item.pk: form.facts() for form in forms}
    return actions.save_report(
        by=request.user, report=report, facts=facts, now=now, note=request.POST.get("note", "")[:2000], submit=submit
    )


def _stored(request, park, report, submit):
    if not submit:
        messages.success(request, _("The draft is kept. The city does not see it yet."))
        return redirect(f"{reverse('park-report', args=[park.code])}?month={report.month:%Y-%m}")
    lines = list(report.lines.select_related("item"))
    changed = [line.item.mark for line in lines if line.changed]
    waiting = sum(line.verified_on is None for line in lines)
    if changed:
        text = ngettext("%(n)s line changed (%(marks)s)", "%(n)s lines changed (%(marks)s)", len(changed)) % {
            "n": len(changed),
            "marks": "、".join(changed),
        }
    else:
        text = _("as last month")
    messages.success(
        request,
        _("%(month)s is submitted: %(changes)s; %(waiting)s to be verified, the others keep their verification.")
        % {"month": f"{report.month:%Y-%m}", "changes": text, "waiting": waiting},
    )
    return redirect("park-report-page", code=park.code, month=f"{report.month:%Y-%m}")


@require_GET
@needs("project.view")
def park_report_page(request, code, month):
    """Show a report as it was submitted: every line, what changed against the month before, who verified it."""
    park = park_for(request, code)
    day = month_from(month)
    if day is None:
        raise Http404
    report = get_object_or_404(UtilityReport.objects.select_related("submitted_by", "made_by"), park=park, month=day)
    manages = may_manage(request.user, park)
    if report.state == UtilityReport.State.DRAFT and not manages:
        raise Http404
    was = actions.lines_before(report)
    lines = list(report.lines.select_related("item__department", "verified_by__department"))
    latest = actions.latest_report(park)
    context = {
        "park": park,
        "report": report,
        "lines": [{"line": line, "changes": changes(line, was.get(line.item_id))} for line in lines],
        "completion": readiness.completion(
            [readiness.Line(line.item.code, line.status) for line in lines], timezone.localdate()
        ),
        "first": not was,
        "verified": sum(line.verified_on is not None for line in lines),
        "may_write": manages
        and report.state in actions.OPEN
        and day in actions.months_open(park, timezone.localdate()),
        "may_verify": latest == report and actions.verifiable_items(request.user).exists(),
        "breadcrumbs": _trail(park, month),
    }
    return render(request, "gis/report_page.html", context)


def changes(line: UtilityReading, earlier: UtilityReading | None) -> list[dict]:
    """Return (label, before, after) of the facts of a line that differ from the month before."""
    if earlier is None:
        return []
    return [
        {"label": line._meta.get_field(name).verbose_name, "before": _shown(earlier, name), "after": _shown(line, name)}
        for name in actions.FACTS
        if getattr(earlier, name) != getattr(line, name)
    ]


def _shown(line, name) -> str:
    if name == "status":
        return line.get_status_display()
    value = getattr(line, name)
    if value is None or value == "":
        return "—"
    return amount(value) if name in ("capacity", "used", "committed", "investment_wan") else str(value)


@require_http_methods(["GET", "POST"])
@needs("utility.verify")
def utility_verify(request):
    """Verify what parks submitted, or return a line with the reason. Each sees the utilities of his department."""
    now = timezone.localtime()
    status, typed = 200, {}
    if request.method == "POST":
        status, typed = _decide(request, now)
        if status == 302:
            return redirect("utility-verify")
    rows = actions.to_verify(request.user, now.date())
    lines = list(rows[:VERIFY_AT_ONCE])
    before = actions.before_of({line.report for line in lines}) if lines else {}
    parks: dict = {}
    for line in lines:
        entry = {
            "line": line,
            "changes": changes(line, before.get(line.report_id, {}).get(line.item_id)),
            "age": (now.date() - line.verified_on).days if line.verified_on else None,
            "typed": typed.get(line.pk, ""),
        }
        parks.setdefault(line.report.park, []).append(entry)
    context = {
        "parks": list(parks.items()),
        "shown": len(lines),
        "total": len(lines) if len(lines) < VERIFY_AT_ONCE else rows.count(),
        "waiting": sum(line.verified_on is None for line in lines),
        "breadcrumbs": [(_("Parks"), reverse("park-list")), (pgettext("park", "To be verified"), "")],
    }
    return render(request, "gis/verify.html", context, status=status)


def _decide(request, now) -> tuple[int, dict]:
    """Verify or return what was posted; (302, {}) when done, else the status and what was typed as reason by line."""
    refuse = request.POST.get("refuse", "")
    ids = [int(text) for text in request.POST.getlist("line") if text.isdigit()]
    try:
        if refuse.isdigit():
            reason = request.POST.get(f"reason-{refuse}", "")
            row = actions.refuse_line(by=request.user, line=int(refuse), reason=reason, now=now)
            messages.success(
                request, _("%(what)s was returned to %(park)s.") % {"what": row.item, "park": row.report.park}
            )
        elif ids:
            number = actions.verify_lines(by=request.user, lines=ids, now=now)
            messages.success(request, ngettext("%(n)s line verified.", "%(n)s lines verified.", number) % {"n": number})
        else:
            messages.error(request, _("Nothing was chosen."))
            return 422, {}
    except actions.Forbidden as error:
        raise PermissionDenied from error
    except actions.Refused as error:
        messages.error(request, str(error.message))
        typed = {int(refuse): request.POST.get(f"reason-{refuse}", "")} if refuse.isdigit() else {}
        return 422 if error.field else 409, typed
    return 302, {}
