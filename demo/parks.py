"""Readiness of the sample city's parks: five months of reports, their verification, expansions, demands, assessments.

All goes through the product's own actions, in the order of the days; dates ahead are counted from today, so that the
city looks lived-in on any day.
"""

import datetime as dt
from decimal import Decimal

from demo import park_data as p
from gis import actions, readiness, utilities
from gis.models import AreaAssessment, Expansion, ParkUtility, UtilityDemand, UtilityEvidence, UtilityItem
from people.models import User
from projects.models import Park, Project

MONTHS = 5
"""Reports per park, this month's among them."""

GROWTH = Decimal("0.03")
"""So much less of what varies was in use a month earlier."""

VARIES = frozenset({"water_supply", "drainage", "power", "gas", "heat"})


def build(now: dt.datetime, people: dict[str, User]) -> None:
    """Report, verify and demand; `now` is today."""
    utilities.load(now=now)
    items = {item.code: item for item in UtilityItem.objects.all()}
    parks = {park.code: park for park in Park.objects.select_related("district")}
    for code, lines in p.BOARDS.items():
        _reports(parks[code], lines, items, now, people)
        _around(parks[code], code, items, now, people)
    _demands(items, now, people["pm"])


def officer_of(park: Park, people: dict[str, User]) -> User:
    """Return who reports for a park: the demo account for its own, a colleague of the district for the others."""
    return people["park"] if park.code == "159901PK01" else people[f"park-{park.district.code[-2:]}"]


def _reports(park, lines, items, now, people) -> None:
    by = officer_of(park, people)
    month = readiness.month_of(now.date())
    months = [month]
    for _number in range(MONTHS - 1):
        months.insert(0, readiness.month_before(months[0]))
    for ago, month in zip(range(MONTHS - 1, -1, -1), months, strict=True):
        if ago == 0 and park.code in p.SILENT:
            return
        at = _instant(month, now, ago)
        report = actions.begin_report(by=by, park=park, month=month, now=at)
        facts = {items[line[0]].pk: _facts(park, line, ago, now) for line in lines}
        actions.save_report(by=by, report=report, facts=facts, now=at, submit=True)
        _verify(park, report, ago, at, people)


def _instant(month: dt.date, now: dt.datetime, ago: int) -> dt.datetime:
    """Return when the report of a month came in: on the 20th, this month's some days ago but not before the first."""
    if ago:
        return dt.datetime.combine(month.replace(day=20), dt.time(10, 30), tzinfo=now.tzinfo)
    return max(now - dt.timedelta(days=6), now.replace(day=1, hour=0, minute=0, second=0, microsecond=0))


def _facts(park, line, ago: int, now) -> dict:
    code, status, detail, capacity, used, committed, reached, total, when, funder = line
    back = 1 - GROWTH * ago if code in VARIES else Decimal(1)
    planned = now.date() + dt.timedelta(days=when) if isinstance(when, int) else None
    return {
        "status": status,
        "reason": p.REASONS.get((park.code, code), ""),
        "detail": detail,
        "capacity": None if capacity is None else Decimal(str(capacity)),
        "used": None if used is None else (Decimal(str(used)) * back).quantize(Decimal("1")),
        "committed": None if committed is None else Decimal(str(committed)),
        "plots_reached": reached,
        "plots_total": total,
        "in_service_on": dt.date.fromisoformat(when) if isinstance(when, str) else None,
        "planned_on": planned,
        "funder": funder,
        "investment_wan": None,
    }


def _verify(park, report, ago: int, at, people) -> None:
    """Let the departments verify a report some days after it came, but for what the story leaves open."""
    stale = p.STALE.get(park.code, []) if ago < MONTHS - 1 else []
    if ago:  # long ago: the supervisor passed what the departments had seen
        seen = [line.pk for line in report.lines.select_related("item") if line.item.code not in stale]
        actions.verify_lines(by=people["supervisor"], lines=seen, now=at + dt.timedelta(hours=50))
        return
    waiting = p.UNVERIFIED.get(park.code, [])
    refused, reason = p.RETURNED.get(park.code, ("", ""))
    later = at + dt.timedelta(hours=2)
    for line in report.lines.select_related("item__department"):
        code = line.item.code
        if code in waiting or code in stale:
            continue
        department = line.item.department
        by = people.get(f"clerk-{department.code}" if department else "", people["supervisor"])
        if code == refused:
            actions.refuse_line(by=by, line=line.pk, reason=reason, now=later)
        else:
            actions.verify_lines(by=by, lines=[line.pk], now=later)


def _around(park, code, items, now, people) -> None:
    """Add what stands around the board: expansions, evidence, assessments."""
    by, today = officer_of(park, people), now.date()
    rows = {row.item.code: row for row in ParkUtility.objects.filter(park=park).select_related("item", "park")}
    for item, name, adds, days, who in p.EXPANSIONS.get(code, []):
        planned = None if days is None else today + dt.timedelta(days=days)
        actions.save_expansion(
            by=by,
            expansion=Expansion(utility=rows[item], name=name, adds=Decimal(adds), planned_on=planned, responsible=who),
        )
    for item, row in rows.items():
        if row.status in ("in_service", "building") and item in p.EVIDENCE:
            title, kind = p.EVIDENCE[item]
            dated = row.in_service_on or today - dt.timedelta(days=24)
            evidence = UtilityEvidence(title=title, kind=kind, dated_on=dated)
            actions.add_evidence(by=by, utility=row, evidence=evidence)
    for name, number, approver, ago, ahead, saves, scope in p.ASSESSMENTS.get(code, []):
        row = AreaAssessment(
            park=park,
            name=name,
            document_no=number,
            approved_by=approver,
            approved_on=today - dt.timedelta(days=ago),
            valid_until=today + dt.timedelta(days=ahead),
            saves=saves,
            scope=scope,
        )
        actions.save_assessment(by=by, assessment=row)


def _demands(items, now, by) -> None:
    projects = {project.name: project for project in Project.objects.filter(name__in=p.DEMANDS)}
    for name, rows in p.DEMANDS.items():
        for item, amount, days, signed in rows:
            demand = UtilityDemand(
                project=projects[name],
                item=items[item],
                amount=Decimal(amount),
                needed_on=now.date() + dt.timedelta(days=days),
                signed=signed,
            )
            actions.save_demand(by=by, demand=demand, now=now - dt.timedelta(days=15))
