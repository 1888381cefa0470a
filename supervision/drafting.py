"""What a supervision order would say about projects: their red stages and what they lack, as matters for a draft."""

from collections import Counter
from collections.abc import Iterable

from django.utils.translation import gettext as _

from approvals.lights import Light
from approvals.models import Stage
from factors import blocked
from projects.models import Project

RED = (Light.RED.value, Light.OVERDUE_STATUTORY.value)


def matters(projects: Iterable[Project]) -> tuple[list[tuple[str, Project]], object]:
    """Return (text, project) of every overdue stage and blocked demand, and the unit that holds most of them or None.

    A project without either gets one empty matter. Three queries.
    """
    projects = list(projects)
    ids = [project.pk for project in projects]
    late: dict[int, list] = {}
    rows = Stage.objects.filter(chain__project__in=ids, light__in=RED, closed_at__isnull=True)
    for stage in rows.select_related("department", "chain").order_by("due_on", "pk"):
        late.setdefault(stage.chain.project_id, []).append(stage)
    lacking = blocked.of_projects(ids)
    found, holders = [], Counter()
    for project in projects:
        before = len(found)
        for stage in late.get(project.pk, ()):
            words = _("%(stage)s was promised by %(day)s and is not decided. Decide it.")
            found.append((words % {"stage": stage.name, "day": f"{stage.due_on:%Y-%m-%d}"}, project))
            holders[stage.department] += 1
        for demand in lacking.get(project.pk, ()):
            if demand.blocked:
                words = _("%(gap)s; %(pool)s. Say how and by when it is found.")
                facts = {"gap": blocked.gap_words(demand), "pool": blocked.pool_words(demand)}
                found.append((words % facts, project))
                holders[(demand.pool and demand.pool.department) or demand.book.kind.department] += 1
        if len(found) == before:
            found.append(("", project))
    holders.pop(None, None)
    return found, max(holders, key=holders.get, default=None)
