"""Projects, known by their national code (or the external one of the system they come from)."""

import datetime as dt
from decimal import Decimal
from functools import partial

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_null import gettext_noop

from approvals.lights import Light
from factors import blocked
from gis import geometry, placing
from gis.frames import CGCS2000, Frame
from imports import cells, shapes
from imports.importers.base import (
    NEW,
    Column,
    ModelImporter,
    district_lookup,
    enterprise_lookup,
    long_text,
    of_choices,
    park_lookup,
)
from projects import actions
from projects.models import Project

HALF_POINT = gettext_noop("Longitude and latitude go together.")
START_AFTER_FINISH = gettext_noop("The planned start %(start)s lies after the planned completion %(finish)s.")
PARK_ELSEWHERE = gettext_noop("The park belongs to another district: %(district)s.")
SWAPPED = gettext_noop("Longitude %(longitude)s and latitude %(latitude)s look swapped for a place in China.")


class ProjectImporter(ModelImporter):
    """New projects and changes to known ones; through the actions that a form uses."""

    kind = "projects"
    title = _("Projects")
    permissions = ("project.create",)
    key = ("code",)
    model = Project

    def make_columns(self):
        """Return the columns in the order of the template."""
        districts, parks, enterprises = district_lookup(), park_lookup(), enterprise_lookup(self.by)
        kind, kinds, show_kind = of_choices(Project.Kind)
        level, levels, show_level = of_choices(Project.KeyLevel)
        status, statuses, show_status = of_choices(Project.Status)
        self._districts = districts
        return [
            Column(
                "code",
                _("Project code"),
                cells.project_code,
                required=True,
                aliases=("项目代码", "代码", "国家代码", "投资项目代码", "项目编码"),
                example="2607-159903-04-01-000000",
                help=_("National code, 4-6-2-2-6 digits."),
            ),
            Column(
                "name",
                _("Project name"),
                cells.text,
                required=True,
                aliases=("项目名称", "名称", "项目"),
                example="年产 1 万吨示例材料项目",
            ),
            Column(
                "enterprise",
                _("Enterprise"),
                enterprises.parse,
                aliases=("企业", "统一社会信用代码", "信用代码", "建设单位", "企业名称", "项目单位"),
                help=_("Name or credit code of an enterprise that the system knows: import enterprises first."),
                show=lambda row: row.enterprise.credit_code if row.enterprise_id else "",
            ),
            Column(
                "district",
                _("District"),
                districts.parse,
                required=True,
                aliases=("区县", "所在区县", "行政区划", "属地", "建设地点区划"),
                help=_("Name or 6-digit code of a district that the system knows."),
                options=districts.options,
                show=lambda row: row.district.name,
            ),
            Column(
                "park",
                _("Park"),
                parks.parse,
                aliases=("园区", "所属园区", "开发区"),
                help=_("Name or code of a park that the system knows."),
                options=parks.options,
                show=lambda row: row.park.name if row.park_id else "",
            ),
            Column(
                "kind",
                _("Kind"),
                kind,
                aliases=("类别", "立项类型", "审批类型"),
                options=kinds,
                show=lambda r: show_kind(r.kind),
            ),
            Column("industry_code", _("Industry code"), partial(cells.text, most=5), aliases=("行业代码", "国标行业")),
            Column("industry", _("Industry"), partial(cells.text, most=60), aliases=("行业", "所属行业", "产业类别")),
            Column(
                "key_level",
                _("Key level"),
                level,
                aliases=("重点级别", "项目级别"),
                options=levels,
                show=lambda row: show_level(row.key_level),
            ),
            Column(
                "status",
                _("Status"),
                status,
                aliases=("状态", "建设状态", "进展"),
                options=statuses,
                show=lambda r: show_status(r.status),
            ),
            Column(
                "investment_wan",
                _("Total investment (10,000 yuan)"),
                cells.money,
                aliases=("总投资", "总投资额", "计划总投资", "投资"),
                example="12000",
                help=_("In 10,000 yuan; 1.2亿 is understood. A heading in 亿元 is understood too."),
            ),
            Column(
                "year_plan_wan",
                _("Investment planned this year (10,000 yuan)"),
                cells.money,
                aliases=("年度计划投资", "本年计划投资", "年度计划"),
            ),
            Column(
                "output_wan",
                _("Yearly output at full production (10,000 yuan)"),
                cells.money,
                aliases=("达产后年产值", "达产年产值", "预计年产值", "年产值", "达产后产值"),
                help=_("Expected, for a full year. Empty is unknown, not nothing."),
            ),
            Column(
                "tax_wan",
                _("Yearly tax at full production (10,000 yuan)"),
                cells.money,
                aliases=("达产后年税收", "达产年税收", "预计年税收", "年税收", "达产后税收"),
                help=_("Expected, for a full year. Empty is unknown, not nothing."),
            ),
            Column(
                "signed_on", _("Signed on"), cells.day, aliases=("签约日期", "签约时间"), help=_("Like 2026-05-01.")
            ),
            Column(
                "planned_start_on",
                _("Planned construction start"),
                cells.day,
                aliases=("拟开工时间", "计划开工", "开工时间"),
            ),
            Column(
                "planned_finish_on", _("Planned completion"), cells.day, aliases=("拟建成时间", "计划竣工", "竣工时间")
            ),
            Column(
                "longitude", _("Longitude (CGCS2000)"), partial(cells.degrees, most=180), aliases=("经度", "lng", "lon")
            ),
            Column("latitude", _("Latitude (CGCS2000)"), partial(cells.degrees, most=90), aliases=("纬度", "lat")),
            Column("address", _("Site"), cells.text, aliases=("建设地点", "地址", "项目地址")),
            Column("content", _("Scale and content"), long_text, aliases=("建设规模及内容", "建设内容")),
            Column("source", _("Source system"), partial(cells.text, most=60), aliases=("来源系统",)),
            Column("light", _("Light"), export_only=True, show=lambda row: str(Light(row.light).label)),
            Column("lacks", _("Factors that block, and gap"), export_only=True, show=_lacks),
            Column("blocked_since", _("Blocked since"), export_only=True, show=_blocked_since),
            Column("current_stages", _("Current stages"), export_only=True, show=_current),
            Column("stages_done", _("Stages finished"), export_only=True),
            Column("stages_total", _("Stages in all"), export_only=True),
            Column("due_on", _("Next due"), export_only=True),
        ]

    def prepare(self, rows):
        """Load also where the city is, when points are given: a point outside is refused. Two queries more then."""
        super().prepare(rows)
        pointed = any(row.values.get("longitude") is not None for row in rows)
        self.boxes = placing.city_boxes() if pointed else ()

    def check_together(self, row):
        """Check point, dates, park and district against each other."""
        project = row.target
        if (project.longitude is None) != (project.latitude is None):
            row.wrong("longitude" if project.longitude is None else "latitude", HALF_POINT)
        elif project.longitude is not None and "longitude" in row.values and self._swapped(project):
            row.wrong("longitude", SWAPPED, longitude=str(project.longitude), latitude=str(project.latitude))
        elif project.longitude is not None and {"longitude", "latitude"} & row.values.keys():
            point = (float(project.longitude), float(project.latitude))
            if fault := geometry.place_fault([point], Frame(CGCS2000), self.boxes):
                row.problems.setdefault("longitude", shapes.problem_of(fault))
        start, finish = project.planned_start_on, project.planned_finish_on
        if start and finish and start > finish:
            row.wrong("planned_finish_on", START_AFTER_FINISH, start=str(start), finish=str(finish))
        if "park" in row.values and row.values["park"] and row.values["park"].district_id != project.district_id:
            home = next(
                (d for d in self._districts.load().values() if d and d.pk == row.values["park"].district_id), None
            )
            row.wrong("park", PARK_ELSEWHERE, district=str(home or ""))

    @staticmethod
    def _swapped(project) -> bool:
        longitude, latitude = Decimal(project.longitude), Decimal(project.latitude)
        return 3 <= longitude <= 54 and 73 <= latitude <= 136

    def write(self, rows, batch):
        """Register the new projects and edit the changed ones."""
        new = [row.target for row in rows if row.verdict == NEW]
        for project in new:
            project.source = project.source or _source_of(batch)
        if new:
            actions.register_many(by=self.by, projects=new)
        with placing.together():
            for row in rows:
                if row.verdict != NEW:
                    actions.edit(by=self.by, project=row.target, changed=row.plan)

    def export_queryset(self, queryset):
        """Return the queryset with district, park and enterprise joined, and what is blocked (one query more)."""
        short = Prefetch("demands", blocked.demand_states().filter(blocked=True), to_attr="lacking")
        return queryset.select_related("district", "park", "enterprise").prefetch_related(short)


def _lacks(project) -> str:
    return "；".join(
        f"{blocked.gap_words(demand)}（{blocked.pool_words(demand)}）" for demand in getattr(project, "lacking", ())
    )


def _blocked_since(project) -> dt.date | None:
    return project.blocked_since and timezone.localtime(project.blocked_since).date()


def _current(project) -> str:
    return "；".join(f"{stage['code']} {stage['name']}（{stage['department']}）" for stage in project.current_stages)


def _source_of(batch) -> str:
    return (batch.mapping or batch.file_name)[:60] if batch is not None else ""
