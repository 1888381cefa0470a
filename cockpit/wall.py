"""What the wall shows, as one piece of HTML that its script swaps in: rows, map, lights, pools, causes in turn."""

from collections import Counter, defaultdict

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from calendars import store
from cockpit import figures, gauges, panels, wall_map, week
from cockpit.scope import Scope
from gis import standing
from gis.models import DistrictShape
from people.models import District
from projects.models import Park

AT = "@@data-at@@"
"""Stands for the time of the data in a body that is kept."""

ROWS, GAUGES, CAUSES = 36, 7, 6


def body(scope: Scope, now, lights) -> tuple[str, bool]:
    """Return the HTML of the wall's content, and whether a panel failed. Some thirty-five queries. `now` is local."""
    page = panels.load(scope, now, lights)
    found = page.held
    released = page.panel("causes", lambda: [r for r in figures.releases(found) if r.count][:CAUSES])
    bars = page.panel("gauges", lambda: gauges.gauges(now.year, ("energy", "water", "land"), GAUGES))
    since = now - panels.WEEK
    changed = page.panel("week", lambda: week.changes(scope, since, now, bars, most=8), panels.NO_CHANGES)
    then = page.panel("then", lambda: figures.stuck_then(found, scope, since, store.current()), {})
    context = {
        "page": page,
        "at": AT,
        "now": now,
        "head": panels.head(page, then, changed),
        "blockers": page.panel("blockers", lambda: figures.blockers(found, now, store.current(), most=ROWS)),
        "causes": page.panel("causes", lambda: figures.told(found, released)),
        "gauges": bars,
        "lights": [(light.value, page.count(light.value)) for light in LIGHTS],
        "map": page.panel("map", lambda: mark_safe(drawing(scope, lights, now.date())), ""),
        "week": changed.rows,
        "version": settings.VERSION,
    }
    return str(render_to_string("cockpit/_wall.html", context)), bool(page.failed)


LIGHTS = panels.ORDER


def drawing(scope: Scope, lights, today) -> str:
    """Return the map of the wall. Five queries."""
    parks = Park.objects.select_related("district")
    shapes = DistrictShape.objects.select_related("district").filter(district__parent__isnull=False)
    if scope.districts:
        parks, shapes = parks.filter(district__in=scope.districts), shapes.filter(district__in=scope.districts)
    if scope.parks:
        parks = parks.filter(pk__in=[park.pk for park in scope.parks])
    parks = list(parks)
    boards = standing.boards(parks, today)
    counted: dict[int | None, Counter] = defaultdict(Counter)
    for _district, park, light, number in lights:
        counted[park][light] += number
    outlines = [wall_map.Outline(shape.district.name, shape.geometry) for shape in shapes]
    if not outlines:
        root = DistrictShape.objects.filter(district__in=District.objects.filter(parent__isnull=True)).first()
        outlines = [wall_map.Outline("", root.geometry)] if root else []
    marks = [
        wall_map.ParkMark(
            park.short_name or park.name[:6],
            park.boundary,
            str(boards[park.pk].completion) if boards[park.pk].completion.of else "",
            boards[park.pk].completion.is_full,
            dict(counted[park.pk]),
        )
        for park in parks
    ]
    return wall_map.draw(outlines, marks, _("Parks with blocked projects and their readiness"))
