"""The panels of the leaders' page, each made apart: one that fails leaves a sentence in its place, not an empty page.

What they show is kept with the name of the facts it tells (`approvals.kept`), so the second reader of the same
scope costs nothing, and nobody sees what is no longer so without reading as of when it was.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from approvals import kept
from calendars import store
from cockpit import chains, figures, gauges, week
from cockpit.scope import ORDER, STUCK, Scope
from gis import standing
from people.boundary import outcome
from people.models import District
from projects.models import Park, Project

logger = logging.getLogger(__name__)

WEEK = timedelta(days=7)


def is_large(lights) -> bool:
    """Say whether the scope has so many projects that what is kept may be some seconds old."""
    return sum(number for *_place, _light, number in lights) >= kept.LARGE


@dataclass
class Page:
    """Everything that the page and the wall show. A panel that failed is in `failed` and its value is empty."""

    scope: Scope
    now: datetime
    lights: list = field(default_factory=list)
    held: figures.Held = field(default_factory=figures.Held)
    failed: set[str] = field(default_factory=set)

    @property
    def today(self):
        """The local day."""
        return self.now.date()

    def panel(self, name: str, make: Callable, empty=()):
        """Return what `make` returns; `empty` when it fails, which goes into the log and onto the page."""

        def failed(error: Exception):
            logger.error("panel %s of the leaders' page", name, exc_info=error)
            self.failed.add(name)
            return empty

        return outcome(make, failed)

    def count(self, *lights: str) -> int:
        """Return how many projects show one of the lights (all by default)."""
        return sum(number for *_place, light, number in self.lights if not lights or light in lights)


def load(scope: Scope, now: datetime, lights=None) -> Page:
    """Read what every panel is made of. Some ten queries. `now` is local."""
    lights = scope.lights() if lights is None else lights
    return Page(scope, now, lights, figures.held(scope, now.date()))


def context(page: Page, by: str = "district") -> dict:
    """Return what the page shows. About forty queries, however many projects there are."""
    scope, found, now, calendar = page.scope, page.held, page.now, store.current()
    released = page.panel("causes", lambda: [r for r in figures.releases(found) if r.count])
    bars = page.panel("gauges", lambda: gauges.gauges(page.today.year))
    changed = page.panel("week", lambda: week.changes(scope, now - WEEK, now, bars), NO_CHANGES)
    then = page.panel("then", lambda: figures.stuck_then(found, scope, now - WEEK, calendar), {})
    lengths = page.panel("chains", lambda: chains.lengths(scope, page.today))
    return {
        "page": page,
        "scope": scope,
        "now": now,
        "head": head(page, then, changed),
        "blockers": page.panel("blockers", lambda: figures.blockers(found, now, calendar)),
        "causes": page.panel("causes", lambda: figures.told(found, released[: figures.CAUSES])),
        "causes_total": len(released),
        "gauges": bars,
        "land": page.panel("land", lambda: gauges.unsupplied(scope, page.today)),
        "by": by,
        "lines": page.panel("places", lambda: lines(page, by)),
        "columns": ORDER,
        "totals": totals(page),
        "holders": page.panel("holders", lambda: figures.holders(found, scope, now, calendar)),
        "late_stages": len(found.late),
        "late_projects": len({late.project for late in found.late}),
        "lengths": lengths,
        "length_scale": chains.scale_of(lengths) if lengths else Decimal(1),
        "parks": page.panel("parks", lambda: boards(scope, page.today)),
        "week": changed.rows,
        "week_total": changed.total,
        "week_from": (now - WEEK).date(),
    }


NO_CHANGES = week.Week([], dict.fromkeys(week.ORDER, 0))


def head(page: Page, then: dict, changed: week.Week = NO_CHANGES) -> dict:
    """Return the figures of the first line: what is stuck, how much it holds up, by light, the median of the days."""
    found, total = page.held, investment(page.scope)
    by_quota = sum(one.blocked for one in found.stuck.values())
    return {
        "projects": page.count(),
        "investment": total,
        "stuck": len(found.stuck),
        "by_quota": by_quota,
        "by_stage": len(found.stuck) - by_quota,
        "wan": found.wan,
        "share": (found.wan * 100 / total).quantize(Decimal("0.1")) if total else None,
        "statutory": page.count("statutory"),
        "red": page.count("red"),
        "blocked": page.count("blocked"),
        "median": found.median_days(page.today),
        "then": then,
        "freed": changed.counts[week.FREED] + changed.counts[week.DECIDED],
        "new": changed.counts[week.BLOCKED] + changed.counts[week.RED],
        "silent": page.count("stale"),
    }


def investment(scope: Scope) -> Decimal:
    """Return the total investment of the scope in 万元. One query."""
    from django.db.models import Sum

    return scope.projects().order_by().aggregate(total=Sum("investment_wan"))["total"] or Decimal(0)


TABLES = ("district", "park", "department", "factor")


def lines(page: Page, by: str) -> list[figures.Line]:
    """Return the table of totals by district, park, department that can act, or factor. At most one query."""
    if by == "factor":
        return figures.by_factor(page.held)
    if by == "department":
        return figures.by_answer(page.held)
    model = Park if by == "park" else District
    names = {row[0]: (row[1], row[2]) for row in model.objects.values_list("pk", "code", "name")}
    return figures.by_place(page.lights, page.held, names, park=by == "park")


def totals(page: Page) -> figures.Line:
    """Return the last row of the table of places: everything, each project once."""
    line = figures.Line("", "", stuck=len(page.held.stuck), wan=page.held.wan)
    for *_place, light, number in page.lights:
        line.lights[light] += number
    return line


def boards(scope: Scope, today) -> list[tuple[Park, standing.Board]]:
    """Return the parks with their readiness, the least ready first. Three queries."""
    parks = Park.objects.defer("boundary", "search_text").order_by("code")
    if scope.districts:
        parks = parks.filter(district__in=scope.districts)
    if scope.parks:
        parks = parks.filter(pk__in=[park.pk for park in scope.parks])
    parks = list(parks)
    found = standing.boards(parks, today)
    rows = [(park, found[park.pk]) for park in parks]
    return sorted(rows, key=lambda row: (row[1].completion.is_full, row[1].completion.done, row[0].code))


def stuck_projects(scope: Scope):
    """Return the stuck projects of a scope as a queryset."""
    return Project.objects.filter(pk__in=scope.projects().filter(light__in=STUCK).order_by().values("pk"))
