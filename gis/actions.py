"""Writes on parks' readiness: monthly reports, their verification, evidence, expansions, assessments, demands.

Design overview: a report is a month's facts. It begins as a copy of the last one, so the park types only what changed.
When it is submitted its lines become the park's board (`ParkUtility`) in the same transaction. A line that did not
change keeps the city's verification; a changed one waits for it. `board_of` says what the board must be from the
lines alone, and `manage.py verify` holds the stored rows to it.
"""

import datetime as dt

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis import readiness, standing
from gis.models import (
    AreaAssessment,
    Expansion,
    ParkUtility,
    UtilityDemand,
    UtilityEvidence,
    UtilityItem,
    UtilityReading,
    UtilityReport,
)
from people import audit
from people.access import allows, department_ids, manageable_by
from projects import uploads
from projects.actions import Forbidden, Refused
from projects.models import Park, Project

FACTS = UtilityReading.FACTS
TOLD = [UtilityReport.State.SUBMITTED, UtilityReport.State.VERIFIED, UtilityReport.State.RETURNED]
"""States of a report whose lines make the board."""

OPEN = [UtilityReport.State.DRAFT, UtilityReport.State.RETURNED]
"""States of a report that the park may still write in."""


def facts_of(row) -> dict:
    """Return the facts of a board row or of a line, by field."""
    return {name: getattr(row, name) for name in FACTS}


def _day(now: dt.datetime) -> dt.date:
    return now.astimezone(timezone.get_current_timezone()).date()


def _must_manage(by, park: Park) -> None:
    if not manageable_by(Park.objects.filter(pk=park.pk), by).exists():
        raise Forbidden


# --- the monthly report -----------------------------------------------------------------------------------------


def latest_report(park: Park) -> UtilityReport | None:
    """Return the latest report that was submitted, of any outcome. One query."""
    return UtilityReport.objects.filter(park=park, state__in=TOLD).order_by("-month").first()


def months_open(park: Park, today: dt.date) -> list[dt.date]:
    """Return the months that the park can report today: this one, and the last while no later one was submitted.

    A month that was submitted and not returned is closed. One query.
    """
    this = readiness.month_of(today)
    states = dict(UtilityReport.objects.filter(park=park).values_list("month", "state"))
    told = [month for month, state in states.items() if state in TOLD]
    newest = max(told, default=None)
    return [
        month
        for month in (readiness.month_before(this), this)
        if states.get(month, UtilityReport.State.DRAFT) in OPEN and (newest is None or month >= newest)
    ]


@transaction.atomic
def begin_report(*, by, park: Park, month: dt.date, now: dt.datetime) -> UtilityReport:
    """Return the report of a month that can be written in, with a line per utility copied from the last report.

    :raises Forbidden: `by` does not manage the park.  :raises Refused: the month is closed or lies ahead, or the city
    has no set of utilities.
    """
    _must_manage(by, park)
    Park.objects.select_for_update().get(pk=park.pk)
    report = UtilityReport.objects.filter(park=park, month=month).first()
    if report is not None and report.state not in OPEN:
        raise Refused(_("The report of that month was submitted already."))
    if month not in months_open(park, _day(now)):
        raise Refused(_("Only this month and the last can be reported, and none before one that was submitted."))
    items = standing.items_in_use()
    if not items:
        raise Refused(_("No set of utilities is in use. The system administrator loads one: manage.py utilities load."))
    if report is None:
        report = UtilityReport.objects.create(park=park, month=month, made_by=by, made_at=now)
    missing = {item.pk for item in items} - set(report.lines.values_list("item", flat=True))
    board = {row.item_id: row for row in ParkUtility.objects.filter(park=park)}
    UtilityReading.objects.bulk_create(
        UtilityReading(report=report, item_id=item, **(facts_of(board[item]) if item in board else {}))
        for item in sorted(missing)
    )
    return report


@transaction.atomic
def save_report(
    *, by, report: UtilityReport, facts: dict[int, dict], now: dt.datetime, note: str = "", submit: bool = False
) -> UtilityReport:
    """Store what the park says, by item id; `submit` hands it to the city and makes it the park's board.

    Lines that the city verified in this very report (a returned one) keep their facts.

    :raises Forbidden: `by` does not manage the park.  :raises Refused: the report is closed by now.
    """
    report = UtilityReport.objects.select_for_update().select_related("park").get(pk=report.pk)
    _must_manage(by, report.park)
    if report.state not in OPEN:
        raise Refused(_("The report of that month was submitted already."))
    before, returned = lines_before(report), report.state == UtilityReport.State.RETURNED
    changed = {}
    for line in report.lines.select_related("item"):
        if not (returned and line.verified_on is not None):
            for name, value in facts.get(line.item_id, {}).items():
                setattr(line, name, value)
        earlier = before.get(line.item_id)
        line.changed = earlier is None or facts_of(earlier) != facts_of(line)
        if line.changed:
            changed[line.item.code] = [name for name in FACTS if earlier is None or _differs(earlier, line, name)]
        if submit:
            _carry(line, earlier, keep=returned)
        line.save()
    report.note = note
    if submit:
        report.state, report.submitted_at, report.submitted_by = UtilityReport.State.SUBMITTED, now, by
        report.returned_reason = ""
    report.save()
    if submit:
        _settle(report)
        audit.record("park.report", by=by, target=report.park, now=now, month=f"{report.month:%Y-%m}", changed=changed)
    return report


def _differs(earlier, line, name) -> bool:
    return getattr(earlier, name) != getattr(line, name)


def _carry(line: UtilityReading, earlier: UtilityReading | None, *, keep: bool) -> None:
    """Keep the verification of what did not change; a changed line waits for the city, a corrected one again."""
    if keep and line.verified_on is not None:
        return
    line.refused_reason = ""
    same = earlier is not None and not line.changed
    line.verified_on = earlier.verified_on if same else None
    line.verified_by_id = earlier.verified_by_id if same else None


def lines_before(report: UtilityReport) -> dict[int, UtilityReading]:
    """Return what was said the month before, by item id; empty for a park's first report. Two queries."""
    return before_of([report]).get(report.pk, {})


def before_of(reports) -> dict[int, dict[int, UtilityReading]]:
    """Return, for each report by its id, the lines of the submitted report before it by item id. Two queries."""
    months: dict[int, list] = {}
    told = UtilityReport.objects.filter(park__in={report.park_id for report in reports}, state__in=TOLD)
    for pk, park, month in told.values_list("pk", "park", "month"):
        months.setdefault(park, []).append((month, pk))
    earlier = {
        report.pk: max((row for row in months.get(report.park_id, []) if row[0] < report.month), default=(None, None))[
            1
        ]
        for report in reports
    }
    lines: dict[int, dict[int, UtilityReading]] = {}
    for line in UtilityReading.objects.filter(report__in=[pk for pk in earlier.values() if pk]):
        lines.setdefault(line.report_id, {})[line.item_id] = line
    return {report: lines.get(pk, {}) for report, pk in earlier.items()}


def board_of(lines) -> dict[tuple[int, int], UtilityReading]:
    """Return by (park, item) the line that makes the board: of each, the one of the latest month submitted."""
    latest: dict[tuple[int, int], UtilityReading] = {}
    for line in lines:
        key = (line.report.park_id, line.item_id)
        if key not in latest or line.report.month > latest[key].report.month:
            latest[key] = line
    return latest


def _settle(report: UtilityReport) -> None:
    """Let the lines of a report be the board of its park, and the report be verified when all its lines are.

    An earlier report than the latest changes no board.
    """
    lines = list(report.lines.all())
    state = report.state
    if any(line.refused_reason for line in lines):
        state = UtilityReport.State.RETURNED
    elif state != UtilityReport.State.DRAFT:
        done = all(line.verified_on is not None for line in lines)
        state = UtilityReport.State.VERIFIED if done else UtilityReport.State.SUBMITTED
    if state != report.state:
        report.state = state
        report.save(update_fields=["state"])
    if UtilityReport.objects.filter(park=report.park_id, month__gt=report.month, state__in=TOLD).exists():
        return
    stored = {row.item_id: row for row in ParkUtility.objects.filter(park=report.park_id)}
    for line in lines:
        row = stored.get(line.item_id) or ParkUtility(park_id=report.park_id, item_id=line.item_id)
        said = facts_of(line) | board_columns(line, report)
        if row.pk and all(getattr(row, name) == value for name, value in said.items()):
            continue
        for name, value in said.items():
            setattr(row, name, value)
        row.save()


def board_columns(line: UtilityReading, report: UtilityReport) -> dict:
    """Return what a board row says besides the facts of its line."""
    return {
        "reported_at": report.submitted_at,
        "verified_on": line.verified_on,
        "verified_by_id": line.verified_by_id,
    }


# --- verification by the city -----------------------------------------------------------------------------------


def verifiable_items(user):
    """Return the utilities whose lines the person may verify. No query of its own, one for departments.

    Officers of a department: those of their department. Who verifies without handling cases (the supervisor): all.
    """
    if not allows(user, "utility.verify"):
        return UtilityItem.objects.none()
    if not allows(user, "stage.handle"):
        return UtilityItem.objects.all()
    return UtilityItem.objects.filter(Q(department__in=department_ids(user)) | Q(department__isnull=True))


def latest_lines():
    """Return the lines that stand on the boards: those of the latest submitted report of each park."""
    newer = UtilityReport.objects.filter(
        park=OuterRef("report__park"), month__gt=OuterRef("report__month"), state__in=TOLD
    )
    return UtilityReading.objects.filter(report__state__in=TOLD).exclude(Exists(newer))


def to_verify(user, today: dt.date, soon_days: int = 30):
    """Return the lines the person should look at: changed ones first, then those about to grow stale.

    What was returned waits for the park and is not among them; what is not required is verified like all else.
    """
    old = today - dt.timedelta(days=readiness.STALE_DAYS - soon_days)
    return (
        latest_lines()
        .filter(item__in=verifiable_items(user), refused_reason="")
        .filter(Q(verified_on__isnull=True) | Q(verified_on__lte=old))
        .select_related("item", "report__park__district", "verified_by")
        .order_by("report__park__code", "item__position", "item__code")
    )


@transaction.atomic
def verify_lines(*, by, lines: list[int], now: dt.datetime) -> int:
    """Put the city's word to lines (ids) as they stand on the boards; returns how many.

    :raises Forbidden: one of them is not for `by` to verify.  :raises Refused: one was overtaken by a later report.
    """
    rows = _lines_of(by, lines)
    today = _day(now)
    for line in rows:
        line.verified_on, line.verified_by, line.refused_reason = today, by, ""
        line.save(update_fields=["verified_on", "verified_by", "refused_reason"])
    _after(rows)
    by_park: dict[Park, list[str]] = {}
    for line in rows:
        by_park.setdefault(line.report.park, []).append(line.item.code)
    for park, codes in by_park.items():
        audit.record("park.verify", by=by, target=park, now=now, utilities=codes)
    return len(rows)


@transaction.atomic
def refuse_line(*, by, line: int, reason: str, now: dt.datetime) -> UtilityReading:
    """Return a line (id) to the park, with the reason: its report can be corrected and submitted again.

    :raises Forbidden: not for `by` to verify.  :raises Refused: without a reason, or overtaken by a later report.
    """
    if not reason.strip():
        raise Refused(_("Say what is wrong with it."), "reason")
    (row,) = _lines_of(by, [line])
    row.verified_on, row.verified_by, row.refused_reason = None, None, reason.strip()[:200]
    row.save(update_fields=["verified_on", "verified_by", "refused_reason"])
    UtilityReport.objects.filter(pk=row.report_id).update(returned_reason=f"{row.item.name}: {reason.strip()}"[:200])
    _after([row])
    audit.record(
        "park.verify", by=by, target=row.report.park, now=now, utilities=[row.item.code], returned=row.refused_reason
    )
    return row


def _lines_of(by, ids: list[int]) -> list[UtilityReading]:
    reports = UtilityReading.objects.filter(pk__in=ids).values("report")
    list(UtilityReport.objects.select_for_update().filter(pk__in=reports).order_by("pk").values_list("pk"))
    rows = list(latest_lines().filter(pk__in=ids).select_related("item", "report__park").order_by("pk"))
    if len(rows) < len(set(ids)):
        raise Refused(_("The park has submitted a later report meanwhile. Look at it again."))
    allowed = set(verifiable_items(by).values_list("pk", flat=True))
    if any(row.item_id not in allowed for row in rows):
        raise Forbidden
    return rows


def _after(rows: list[UtilityReading]) -> None:
    for report in UtilityReport.objects.filter(pk__in={row.report_id for row in rows}).order_by("pk"):
        _settle(report)


# --- what stands around the board -------------------------------------------------------------------------------


@transaction.atomic
def add_evidence(*, by, utility: ParkUtility, evidence: UtilityEvidence, file=None) -> UtilityEvidence:
    """Put a validated document or photo to a utility; the file is kept under its hash.

    :raises Forbidden: `by` does not manage the park.  :raises Refused: the utility has this file already.
    """
    _must_manage(by, utility.park)
    evidence.utility, evidence.given_by = utility, by
    _keep_file(evidence, file, UtilityEvidence.objects.filter(utility=utility))
    evidence.save()
    audit.record(
        "park.evidence",
        by=by,
        target=utility.park,
        utility=utility.item.code,
        title=evidence.title,
        file=evidence.sha256,
    )
    return evidence


@transaction.atomic
def save_expansion(*, by, expansion: Expansion) -> Expansion:
    """Save a validated expansion of a utility. :raises Forbidden: `by` does not manage the park."""
    park = expansion.utility.park
    _must_manage(by, park)
    expansion.save()
    audit.record(
        "park.expansion",
        by=by,
        target=park,
        utility=expansion.utility.item.code,
        name=expansion.name,
        adds=expansion.adds,
        planned_on=expansion.planned_on,
        done_on=expansion.done_on,
    )
    return expansion


@transaction.atomic
def save_assessment(*, by, assessment: AreaAssessment, file=None) -> AreaAssessment:
    """Save a validated area assessment. :raises Forbidden: `by` does not manage the park."""
    _must_manage(by, assessment.park)
    if assessment.pk is None:
        assessment.given_by = by
    _keep_file(assessment, file, AreaAssessment.objects.filter(park=assessment.park).exclude(pk=assessment.pk))
    assessment.save()
    audit.record(
        "park.assessment",
        by=by,
        target=assessment.park,
        name=assessment.name,
        valid_until=assessment.valid_until,
        saves=assessment.saves,
    )
    return assessment


def _keep_file(row, file, others) -> None:
    """Keep an uploaded file with a row under its hash. :raises Refused: `others` hold the same file."""
    if file is None:
        return
    row.sha256 = uploads.digest(file)
    if others.filter(sha256=row.sha256).exists():
        raise Refused(_("This file is there already."), "file")
    row.file.save(f"{row.sha256}.{uploads.ending_of(file.name)}", file, save=False)


@transaction.atomic
def save_demand(*, by, demand: UtilityDemand, now: dt.datetime) -> UtilityDemand:
    """Save a validated demand of a project, new or changed.

    :raises Forbidden: `by` does not manage the project.  :raises Refused: it has an open demand on this utility.
    """
    if not manageable_by(Project.objects.filter(pk=demand.project_id), by).exists():
        raise Forbidden
    twin = UtilityDemand.objects.filter(project=demand.project_id, item=demand.item_id, closed_on__isnull=True)
    if demand.closed_on is None and twin.exclude(pk=demand.pk).exists():
        raise Refused(_("The project has a demand on this utility already. Change that one."), "item")
    if demand.pk is None:
        demand.registered_by, demand.registered_at = by, now
    demand.save()
    audit.record(
        "park.demand",
        by=by,
        target=demand.project,
        now=now,
        utility=demand.item.code,
        amount=demand.amount,
        needed_on=demand.needed_on,
        closed_on=demand.closed_on,
    )
    return demand
