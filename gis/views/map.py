"""The map: its page, the data it draws, the list beside it, popups and tiles."""

import hashlib
import math

from django.core.cache import cache
from django.db.models import Count, Sum
from django.http import Http404, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from approvals import keeping, project_filters, project_rows
from approvals.light_counts import light_counts
from approvals.lights import Light
from approvals.views.project_list import filter_fields
from calendars import store
from gis import basemaps, facts, layers, payload, standing
from gis.words import words
from people.access import allows, get_for, needs, visible_to
from projects.models import Park, Project

MOST = 2000
"""Up to so many points go to the browser one by one, some 8 KB: all there are, or else those of its box. More are
counted in cells."""

ROWS = 60
"""Rows of the list beside the map; a button brings the next."""

CELL_PX, FINE = 56, 0.36
"""Cells of 56 pixels, of 20 for blocked ones (notes-map.md)."""

SCRIPTS = ("map-list", "map-page", "map-legend", "map-popup", "map-hands", "map", "map-png")
"""The page's own scripts, after those of the shell, in this order."""


def narrowed(request):
    """Return (form, valid values, visible projects that meet them): the filter of the list, and the map's own two.

    `lacks` (code of a utility): only projects that the utility of their park cannot serve in time. `unplaced=1`: only
    those without coordinates. No query but the form's choices, and those for `lacks`.
    """
    form = project_filters.ProjectFilter(request.GET)
    values = form.values()
    today = timezone.localdate()
    rows = visible_to(Project.objects.all(), request.user)
    rows = project_filters.narrow(rows, values, user=request.user, today=today)
    return form, values, _own_filters(request, rows, today)


def _own_filters(request, rows, today):
    item = request.GET.get("lacks", "")[:20]
    if item:
        found = standing.shortfalls(today, projects=rows)
        rows = rows.filter(pk__in={need.gap.project_id for need in found if need.item.code == item})
    return rows


@require_GET
@needs("project.view")
def map_page(request):
    """Show the map with legend and list. The list stands in the page; points and outlines are asked for by scripts."""
    now = timezone.localtime()
    keeping.sweep(now)
    form, values, projects = narrowed(request)
    totals = _counts(request, values, projects, now)
    outlines = layers.districts()
    context = {
        **filter_fields(form, values),
        "now": now,
        "totals": totals,
        "lights": _legend(request, totals, values),
        "by": _by(request),
        "groupings": layers.GROUPINGS.items(),
        "lacks": request.GET.get("lacks", "")[:20],
        "basemaps": basemaps.configured(),
        "attribution": basemaps.attribution(),
        "may_export": allows(request.user, "project.export"),
        "investment": _held_up(projects),
        "scripts": [f"js/{name}.js" for name in SCRIPTS],
        "config": _config(request, outlines, now) | {"whole": totals["placed"] <= MOST},
        **_rows(request, projects, now),
    }
    response = render(request, "gis/map.html", context)
    hosts = basemaps.hosts()
    if hosts:  # of this page only: everywhere else images come from our own address
        response._csp_update = {"img-src": hosts}
    return response


def _held_up(projects):
    """Return the investment of the blocked ones of the projects (10,000 yuan), None where there is none."""
    return projects.filter(light=Light.BLOCKED).order_by().aggregate(total=Sum("investment_wan"))["total"]


def _config(request, outlines, now) -> dict:
    """Return what the scripts need to know: addresses, words, colours' words, base maps, the first view."""
    box = layers.bounds(outlines)
    return {
        "urls": {
            "points": reverse("map-points"),
            "shapes": reverse("map-shapes"),
            "rows": reverse("map-rows"),
            "project": reverse("map-project", args=[0]),
            "park": reverse("map-park", args=[0]),
            "list": reverse("project-list"),
        },
        "lights": [{"key": light.value, "word": str(light.label)} for light in layers.LIGHTS],
        "words": words(),
        "basemaps": [base.for_page() for base in basemaps.configured()],
        "bounds": [box.west, box.south, box.east, box.north] if box else None,
        "at": now.strftime("%Y-%m-%d %H:%M"),
    }


def _by(request) -> str:
    by = request.GET.get("by", "light")
    return by if by in layers.GROUPINGS else "light"


def _counts(request, values, projects, now) -> dict:
    """Return the numbers of the legend: by light before the light filter, all that are shown, and those not placed."""
    if request.GET.get("lacks"):
        without = project_filters.narrow(
            visible_to(Project.objects.all(), request.user),
            values, user=request.user, today=now.date(), without=("light",),
        )  # fmt: skip
        by_light = _counted(_own_filters(request, without, now.date()))
    else:
        by_light = light_counts(request.user, values, now.date())
    chosen = values.get("light") or list(by_light)
    shown = sum(by_light.get(light, 0) for light in chosen)
    unplaced = projects.filter(longitude__isnull=True).count()
    return {
        "lights": {light.value: by_light.get(light.value, 0) for light in layers.LIGHTS},
        "shown": shown,
        "placed": shown - unplaced,
        "unplaced": unplaced,
    }


def _counted(projects) -> dict[str, int]:
    return dict(projects.order_by().values_list("light").annotate(number=Count("pk")))


def _legend(request, totals, values) -> list[dict]:
    chosen = set(values.get("light", ()))
    return [
        {
            "light": light.value,
            "count": totals["lights"][light.value],
            "on": not chosen or light.value in chosen,
        }
        for light in layers.LIGHTS
    ]


# --- data ----------------------------------------------------------------------------------------------------------


@require_GET
@needs("project.view")
def map_points(request):
    """Return the projects of the filter as JSON: all points, or those of `box`, or counted cells at zoom `z`.

    `box` is west,south,east,north in degrees. The answer carries the legend's numbers and an ETag of all it says.
    """
    now = timezone.localtime()
    keeping.sweep(now)
    _form, values, projects = narrowed(request)
    totals = _counts(request, values, projects, now)
    box, zoom = _box(request), _zoom(request)
    head = {"at": now.strftime("%m-%d %H:%M"), "totals": totals}
    by = _by(request)
    members = None
    if by != "light":
        lines, members = layers.groups(by, projects, now.date())
        head["groups"] = [{"key": line.key, "name": line.name, "mark": line.mark, "n": line.count} for line in lines]
    if totals["placed"] <= MOST:
        body = payload.columns(layers.points(projects), members)
        head["whole"] = True
    elif box and layers.placed(projects, box).count() <= MOST:
        body = payload.columns(layers.points(projects, box), members)
    else:
        width = CELL_PX * 360 / (256 * 2**zoom)
        middle = (box.south + box.north) / 2 if box else 35
        height = width * math.cos(math.radians(middle))
        body = payload.clusters(layers.cells(projects, box, width, height, FINE))
    return _answer(request, payload.joined(head, body), but=head["at"])


def _box(request) -> layers.Box | None:
    try:
        numbers = [float(part) for part in request.GET["box"].split(",")]
        west, south, east, north = numbers
    except (KeyError, ValueError):
        return None
    if not all(math.isfinite(number) for number in numbers):
        return None
    return layers.Box(max(west, -180), max(south, -90), min(east, 180), min(north, 90))


def _zoom(request) -> int:
    word = request.GET.get("z", "")
    return min(max(int(word), 3), 18) if word.isdecimal() and len(word) < 3 else 10


@require_GET
@needs("project.view")
def map_shapes(request):
    """Return outlines of city, districts and parks as JSON, parks with their x/8 and what they lack."""
    import orjson

    parks = layers.parks(request.user, timezone.localdate())
    found = {
        "districts": [
            {"name": area.name, "city": area.is_city, "rings": payload.outline(layers.rings(area.geometry))}
            for area in layers.districts()
        ],
        "parks": [
            {
                "id": park.pk,
                "code": park.code,
                "name": park.name,
                "done": park.done,
                "of": park.of,
                "lacks": park.lacks,
                "rings": payload.outline(layers.rings(park.geometry)),
            }
            for park in parks
        ],
    }
    return _answer(request, orjson.dumps(found))


def _answer(request, body: bytes, but: str = "") -> HttpResponse:
    """Return JSON with an ETag of its content (`but` a time in it that is no news), compressed once for everybody."""
    told = body.replace(but.encode(), b"", 1) if but else body
    tag = hashlib.blake2b(told, digest_size=12).hexdigest()
    accepts = request.headers.get("Accept-Encoding", "")
    encoding = "br" if "br" in accepts else "gzip" if "gzip" in accepts else ""
    headers = {"ETag": f'"{tag}-{encoding}"', "Cache-Control": "private, no-cache", "Vary": "Cookie, Accept-Encoding"}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return HttpResponseNotModified(headers=headers)
    if encoding:
        key = f"map:{tag}:{encoding}"
        packed = cache.get(key)
        if packed is None:
            packed, _encoding = payload.compressed(body, encoding)
            cache.set(key, packed, 600)
        body, headers["Content-Encoding"] = packed, encoding
    return HttpResponse(body, content_type="application/json", headers=headers)


# --- the list and popups -------------------------------------------------------------------------------------------


def _rows(request, projects, now) -> dict:
    """Return a page of the list beside the map: blocked first, then by light and investment."""
    if request.GET.get("unplaced"):
        projects = projects.filter(longitude__isnull=True)
    ids = [int(word) for word in request.GET.get("ids", "").split(",") if word.isdecimal() and len(word) < 19]
    if ids:
        projects = projects.filter(pk__in=ids[:500])
    box = _box(request)
    if box:
        projects = layers.placed(projects, box)
    word = request.GET.get("from", "")
    start = int(word) if word.isdecimal() and len(word) < 7 else 0
    total = projects.count()
    page = layers.worst_first(project_rows.shown(projects).only(*project_rows.COLUMNS, "park__short_name", "longitude"))
    rows = facts.list_rows(page[start : start + ROWS], store.current(), now)
    left = total - start - len(rows)
    return {"rows": rows, "rows_total": total, "rows_left": left, "rows_next": start + len(rows), "rows_from": start}


@require_GET
@needs("project.view")
def map_rows(request):
    """Return rows of the list as HTML: of the filter, of `box`, of `ids`, or those not placed; from row `from` on."""
    _form, values, projects = narrowed(request)
    context = _rows(request, projects, timezone.localtime())
    return render(request, "gis/_map_rows.html", context | {"values": values})


@require_GET
@needs("project.view")
def map_project(request, pk):
    """Return the popup of a project as JSON: words only, drawn with text nodes."""
    wanted = project_rows.shown(Project.objects.all()).only(
        *project_rows.COLUMNS, "park__code", "park__short_name", "longitude", "latitude", "light_reason"
    )
    project = get_for(request.user, wanted, pk=pk)
    return _private(facts.of_project(project, request.user, store.current(), timezone.localtime()))


@require_GET
@needs("project.view")
def map_park(request, pk):
    """Return the popup of a park as JSON."""
    park = get_for(request.user, Park.objects.select_related("district"), pk=pk)
    _form, _values, projects = narrowed(request)
    return _private(facts.of_park(park, projects, timezone.localdate()))


def _private(told: dict) -> JsonResponse:
    return JsonResponse(told, headers={"Cache-Control": "private, no-cache"})


@require_GET
@needs("project.view")
def map_tile(request, z, x, y):
    """Return a tile of the MBTiles file of the settings; 404 where it has none."""
    tile = basemaps.mbtile(z, x, y)
    if tile is None:
        raise Http404(_("No such tile."))
    return HttpResponse(
        tile, content_type=basemaps.tile_type(tile), headers={"Cache-Control": "private, max-age=86400"}
    )
