"""Downloads of what the map shows."""

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from calendars import store
from gis import exports
from gis.views.map import narrowed
from people import audit, limits
from people.access import needs


@require_GET
@needs("project.export")
def map_export(request, kind):
    """Download the projects that the filter shows, with parks and districts: geojson, gpkg, shp (zip) or html."""
    made = exports.FORMATS.get(kind)
    if made is None:
        raise Http404
    now = timezone.localtime()
    refused = limits.refuse_export(request, now)
    if refused:
        return refused
    _form, _values, projects = narrowed(request)
    told = exports.content(projects, request.user, store.current(), now)
    body = made.make(told, now)
    audit.record("export", by=request.user, request=request, what=f"map {kind}", rows=len(told.projects))
    name = f"{_('map')}-{now:%Y%m%d-%H%M}.{made.suffix}"
    headers = {"Content-Disposition": content_disposition_header(True, name), "X-Content-Type-Options": "nosniff"}
    return HttpResponse(body, content_type=made.media, headers=headers)
