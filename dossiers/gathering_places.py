"""Gathering the park: its board of utilities, what the project lacks of them, the assessments that save stages."""

import datetime as dt
from collections import defaultdict

from django.utils.translation import gettext as _

from dossiers.content import Lamp, Park, Utility
from gis import standing
from gis.models import AreaAssessment, UtilityDemand
from gis.templatetags.parks import amount

LAMPS = {"in_service": "done", "building": "amber", "not_started": "idle", "not_required": "idle"}


class Reading:
    """Boards of all parks and needs of all projects, read at once. Eleven queries at the most."""

    def __init__(self, projects, views, today: dt.date):
        self.views, self.today = views, today
        parks = sorted({project.park_id for project in projects if project.park_id})
        items = standing.items_in_use() if parks else []
        self.boards = standing.boards(parks, today, items) if items else {}
        self.demands, self.needs = defaultdict(list), {}
        ids = [project.pk for project in projects]
        for row in UtilityDemand.objects.filter(project__in=ids, closed_on__isnull=True).select_related("item"):
            self.demands[row.project_id].append(row)
        if self.demands:
            self.needs = {need.demand.pk: need for need in standing.shortfalls(today, projects=list(self.demands))}
        self.assessments = defaultdict(list)
        if parks:
            for row in AreaAssessment.objects.filter(park__in=parks):
                self.assessments[row.park_id].append(row)

    def of(self, project) -> Park | None:
        """Return the park of a project with what the project needs of it; None without a park. No query."""
        if project.park is None:
            return None
        board = self.boards.get(project.park_id)
        if board is None:
            return Park(project.park.name, project.park.code)
        lines = {row.item_id: row for row in self.demands[project.pk]}
        utilities = tuple(self._utility(row, lines.get(row.item.pk)) for row in board.rows)
        checked = [row.row.verified_on for row in board.rows if row.row and row.row.verified_on]
        return Park(
            project.park.name,
            project.park.code,
            board.completion.done,
            board.completion.of,
            utilities,
            max(checked, default=None),
            self._assessments(project),
        )

    def _utility(self, row, demand) -> Utility:
        item, facts = row.item, row.row
        lamp = Lamp(LAMPS.get(row.status, "red"), str(row.label))
        need = ""
        if demand is not None:
            gap = self.needs.get(demand.pk)
            words = {"amount": amount(demand.amount), "unit": item.unit, "day": f"{demand.needed_on:%Y-%m-%d}"}
            need = _("needs %(amount)s %(unit)s by %(day)s: served in time") % words
            if gap is not None:
                lamp = Lamp("blocked", _("Short"))
                words["short"] = amount(gap.gap.short)
                words["ready"] = f"{gap.gap.ready_on:%Y-%m-%d}" if gap.gap.ready_on else _("no date")
                words["who"] = gap.who or "—"
                need = _("needs %(amount)s %(unit)s by %(day)s: %(short)s short, ready %(ready)s, %(who)s") % words
        return Utility(
            mark=item.mark,
            name=item.name,
            status=str(row.label),
            lamp=lamp,
            note=_remark(row, item, self.needs.get(demand.pk) if demand else None),
            verified_on=facts.verified_on if facts else None,
            is_stale=row.stale,
            need=need,
        )

    def _assessments(self, project) -> tuple[str, ...]:
        found = []
        for row in self.assessments[project.park_id]:
            until = f"{row.valid_until:%Y-%m-%d}" if row.valid_until else _("no end")
            found.append(" ".join(filter(None, [row.name, row.document_no, _("valid until %(day)s") % {"day": until}])))
        return tuple(found)


def _remark(row, item, gap) -> str:
    """Return a few words under the mark: what is short, what is left, or when it comes."""
    if gap is not None:
        return _("short %(amount)s") % {"amount": f"{amount(gap.gap.short)} {item.unit}".strip()}
    if row.status == "in_service" and row.remaining is not None and item.measured:
        return _("left %(amount)s") % {"amount": f"{amount(row.remaining)} {item.unit}".strip()}
    if row.status == "building" and row.row and row.row.planned_on:
        return _("planned %(day)s") % {"day": f"{row.row.planned_on:%Y-%m-%d}"}
    return str(row.label)
