"""The site of a project on its page: its point, and whether it lies where the project is said to be."""

import datetime as dt

from approvals.panels import Panel
from gis import placing
from gis.models import Placement


def site_panel(user, project, view, now: dt.datetime) -> Panel | None:
    """Return the point of the project and the district and park that hold it. Two queries at the most."""
    placement = None
    if project.longitude is not None:
        rows = Placement.objects.select_related("district__parent", "park").defer("park__boundary")
        placement = rows.filter(project=project).first()
    context = {"project": project, "placement": placement, "disagrees": placing.disagrees(project, placement)}
    return Panel("gis/_site_panel.html", context)
