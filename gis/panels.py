"""What other pages show of parks: utilities and area assessments on the project page, reports on workbenches."""

import datetime as dt

from django.db.models import Count, Q

from approvals.panels import Panel
from gis import actions, readiness, standing
from gis.models import AreaAssessment, UtilityDemand, UtilityReport
from people.access import allows, may_manage
from projects import registry

SHOWN = 6


def project_panel(user, project, view, now: dt.datetime) -> Panel | None:
    """Return what the project needs of its park's utilities, what falls short, and which stages assessments save.

    Six queries at the most, two for a project outside parks.
    """
    today = now.date()
    demands = list(UtilityDemand.objects.filter(project=project, closed_on__isnull=True).select_related("item"))
    manages = may_manage(user, project)
    if project.park_id is None and not demands:
        return None
    gaps = {need.demand.pk: need for need in standing.shortfalls(today, projects=[project.pk])} if demands else {}
    saved = assessments(project, view, today)
    items = standing.items_in_use()
    if not items and not demands and not saved:
        return None
    lines = [{"demand": demand, "need": gaps.get(demand.pk)} for demand in demands]
    lines.sort(
        key=lambda line: (line["need"] is None, line["need"].gap.rank if line["need"] else (), line["demand"].pk)
    )
    board = standing.boards([project.park_id], today, items)[project.park_id] if project.park_id else None
    context = {
        "project": project,
        "park": project.park,
        "lines": lines,
        "short": len(gaps),
        "board": board,
        "assessments": saved,
        "saved_days": sum((stage["days"] for row in saved for stage in row["stages"] if stage["days"]), 0),
        "may_register": manages and allows(user, "project.edit"),
        "today": today,
    }
    return Panel("gis/_project_panel.html", context)


def assessments(project, view, today: dt.date) -> list[dict]:
    """Return the park's assessments with the stages of the project's chain that each saves. One query.

    A stage counts while the assessment is valid and the stage is not finished; `skipped` says the chain left it out.
    """
    if project.park_id is None:
        return []
    by_code = {}
    if view is not None:
        template = view.chain.template.code
        by_code = {f"{template}:{stage.stage.code}": stage for stage in view.stages}
    found = []
    for row in AreaAssessment.objects.filter(park=project.park_id):
        valid = row.valid_until is None or row.valid_until >= today
        stages = [_saved(by_code[code], valid) for code in row.saves if code in by_code]
        if stages:
            found.append({"row": row, "valid": valid, "stages": stages})
    return found


def _saved(stage_view, valid: bool) -> dict:
    stage = stage_view.stage
    skipped = stage_view.is_skipped
    days = (
        stage.committed_amount if valid and not stage_view.is_passed and stage.committed_unit == "working_day" else None
    )
    return {"stage": stage, "skipped": skipped, "passed": stage_view.is_passed and not skipped, "days": days}


# --- workbenches --------------------------------------------------------------------------------------------------


def park_panel(user, now: dt.datetime) -> Panel | None:
    """Return the parks that the person reports for: this month's report, what lacks, what falls short.

    None for who manages no park. Eight queries at the most, whatever the number of parks.
    """
    if not allows(user, "park.edit"):
        return None
    today = now.date()
    parks = list(registry.parks_managed(user).distinct().defer("boundary", "search_text").order_by("code"))
    if not parks:
        return None
    boards = standing.boards(parks, today)
    needs = standing.shortfalls(today, parks=[park.pk for park in parks], user=user)
    this = readiness.month_of(today)
    reports = {}
    for report in UtilityReport.objects.filter(park__in=parks, month__lte=this).order_by("month"):
        reports[report.park_id] = report
    rows = []
    for park in parks:
        latest = reports.get(park.pk)
        rows.append(
            {
                "park": park,
                "board": boards[park.pk],
                "needs": [need for need in needs if need.park_id == park.pk],
                "report": latest,
                "due": latest is None or latest.month < this or latest.state == UtilityReport.State.DRAFT,
                "returned": latest is not None and latest.state == UtilityReport.State.RETURNED,
            }
        )
    rows.sort(key=lambda row: (not row["returned"], not row["due"], row["board"].completion.is_full))
    context = {
        "rows": rows[:SHOWN],
        "total": len(rows),
        "due": sum(row["due"] or row["returned"] for row in rows),
        "needs": needs[:SHOWN],
        "needs_total": len(needs),
        "month": this,
        "today": today,
    }
    return Panel("gis/_workbench_parks.html", context)


def verify_panel(user, now: dt.datetime) -> Panel | None:
    """Return how many lines wait for the person's verification; None where none do. One query, one for departments."""
    if not allows(user, "utility.verify"):
        return None
    rows = actions.to_verify(user, now.date()).order_by()
    found = rows.aggregate(changed=Count("pk", filter=Q(verified_on__isnull=True)), every=Count("pk"))
    if not found["every"]:
        return None
    return Panel("gis/_workbench_verify.html", {"changed": found["changed"], "old": found["every"] - found["changed"]})
