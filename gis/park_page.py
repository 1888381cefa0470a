"""What a park's page shows: readiness, what falls short, its projects, pools, parcels, history."""

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Q, Sum

from approvals import project_rows
from factors.assets import parcels
from factors.models import Account, Parcel
from gis import actions, readiness, standing
from gis.models import AreaAssessment, ParkUtility, UtilityReading, UtilityReport
from people.access import allows, visible_to
from projects.models import Project
from projects.views.common import LIGHTS, seen_projects

PROJECTS_SHOWN = 100
"""A park's page lists so many projects, worst first; the project list has them all."""

REPORTS_SHOWN = 12
PARCELS_SHOWN = 8
STATUSES = ("in_service", "building", "not_started", "out_of_service", "not_required")


@dataclass
class Line:
    """A row of the board as the page shows it."""

    row: standing.BoardRow
    asked: Decimal | None
    over: bool
    expansions: list = field(default_factory=list)
    evidence: list = field(default_factory=list)
    short: int = 0

    @property
    def item(self):
        """The utility."""
        return self.row.item

    @property
    def facts(self):
        """The stored row, None where nobody reported."""
        return self.row.row

    @property
    def verified_by(self) -> str:
        """The department that verified it, by its short name."""
        person = self.facts.verified_by if self.facts else None
        department = person.department if person else None
        return (department.short_name or department.name) if department else (str(person) if person else "")


def lines(board: standing.Board, park, needs, today: dt.date) -> list[Line]:
    """Return the rows of the board with what is asked for, what comes and what shows it. Four queries."""
    asked = standing.asked_for(park)
    stored = {
        row.pk: row
        for row in ParkUtility.objects.filter(park=park)
        .select_related("verified_by__department")
        .prefetch_related("expansions", "evidence")
    }
    short = Counter(need.item.pk for need in needs)
    found = []
    for row in board.rows:
        facts = stored.get(row.row.pk) if row.row else None
        want = asked.get(row.item.pk)
        line = Line(
            row=row,
            asked=want,
            over=bool(short[row.item.pk]) or want is not None and row.remaining is not None and want > row.remaining,
            short=short[row.item.pk],
        )
        if facts is not None:
            row.row.verified_by = facts.verified_by
            line.expansions = [more for more in facts.expansions.all() if more.done_on is None]
            line.evidence = list(facts.evidence.all())
        found.append(line)
    return found


def tally(board: standing.Board) -> list[tuple[str, object, int]]:
    """Return (status, its word, how many utilities) in the order of the legend."""
    counts = Counter(row.status for row in board.rows)
    return [(status, ParkUtility.Status(status).label, counts[status]) for status in STATUSES]


def overview(user, park, needs) -> dict:
    """Return counts and investment of the park's projects that the person may see. Two queries."""
    projects = seen_projects(user).filter(park=park)
    found = dict(projects.values_list("light").annotate(number=Count("id", distinct=True)).order_by())
    sums = projects.aggregate(total=Sum("investment_wan"))
    short = {need.project.pk: need.project.investment_wan or 0 for need in needs}
    return {
        "counts": [(light, found[light]) for light in LIGHTS if found.get(light)],
        "total": sum(found.values()),
        "investment": sums["total"],
        "short_projects": len(short),
        "short_investment": sum(short.values()),
    }


def project_lines(user, park, needs, calendar, now) -> list[dict]:
    """Return the park's projects, worst first, with what blocks them and which utilities fall short. Four queries."""
    projects = project_rows.shown(seen_projects(user).filter(park=park)).order_by("sort_group", "due_half", "id")
    short = defaultdict(list)
    for need in needs:
        short[need.project.pk].append(need)
    rows = project_rows.rows(projects[:PROJECTS_SHOWN], calendar, now, lacking=True)
    return [{"row": row, "needs": short.get(row.project.pk, [])} for row in rows]


def sites(user, park) -> list[Project]:
    """Return the park's projects with what their dots on the outline need. One query."""
    found = seen_projects(user).filter(park=park, longitude__isnull=False)
    return list(found.only("code", "name", "light", "longitude", "latitude").order_by("pk")[:PROJECTS_SHOWN])


def pools(user, park, today: dt.date) -> list[Account]:
    """Return the quota pools of the park, its district and the city, nearest first within a factor. One query."""
    if not allows(user, "factor.view"):
        return []
    places = Q(park=park) | Q(park=None, district=park.district_id)
    if park.district.parent_id:
        places |= Q(park=None, district=park.district.parent_id)
    rows = (
        Account.objects.filter(places, role=Account.Role.POOL, closed_on__isnull=True)
        .filter(Q(period="") | Q(period=str(today.year)))
        .select_related("book__kind", "book__source", "park", "district")
    )
    found: dict[int, Account] = {}
    for row in rows:  # the nearest of each book serves the park
        known = found.get(row.book_id)
        if known is None or _near(row, park) < _near(known, park):
            found[row.book_id] = row
    return sorted(found.values(), key=lambda row: (row.book.kind.position, row.book_id))


def _near(account: Account, park) -> int:
    return 0 if account.park_id else 1 if account.district_id == park.district_id else 2


def land(user, park, today: dt.date) -> dict:
    """Return the parcels of the park that the person may see, idle ones first. One query."""
    rows = list(visible_to(Parcel.objects.filter(park=park), user).select_related("project").order_by("code"))
    return {"rows": parcels.judged(rows, today)[:PARCELS_SHOWN], "total": len(rows)}


def assessments(park, today: dt.date) -> list[AreaAssessment]:
    """Return the area assessments of the park with `days` left (negative: ended), the valid first. One query."""
    rows = list(AreaAssessment.objects.filter(park=park))
    for row in rows:
        row.days = (row.valid_until - today).days if row.valid_until else None
    return sorted(
        rows, key=lambda row: (row.days is not None and row.days < 0, row.days if row.days is not None else 10**6)
    )


def history(park, today: dt.date) -> list[dict]:
    """Return the latest monthly reports with x/8 and how many lines changed and are verified. Two queries."""
    reports = list(
        UtilityReport.objects.filter(park=park)
        .select_related("submitted_by", "made_by")
        .order_by("-month")[:REPORTS_SHOWN]
    )
    told = defaultdict(list)
    lines = UtilityReading.objects.filter(report__in=reports).select_related("item")
    for line in lines:
        told[line.report_id].append(line)
    found = []
    for report in reports:
        rows = told[report.pk]
        found.append(
            {
                "report": report,
                "completion": readiness.completion([readiness.Line(r.item.code, r.status) for r in rows], today),
                "changed": [row.item.mark for row in rows if row.changed],
                "verified": sum(row.verified_on is not None for row in rows),
                "of": len(rows),
                "refused": [row.item.mark for row in rows if row.refused_reason],
            }
        )
    return found


def report_due(user, park, today: dt.date, may_manage: bool) -> dt.date | None:
    """Return the month that the person should report for the park now, None where nothing is due. One query."""
    if not may_manage:
        return None
    months = actions.months_open(park, today)
    this = readiness.month_of(today)
    return this if this in months else (months[-1] if months else None)
