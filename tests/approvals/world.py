"""A small city for chains: three departments, a template of five stages, a project with its chain, and its people.

01 → 02 and 03 side by side → 04 → 05. All days lie in November 2026; `NOW` is Friday the 20th, ten in the morning.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

from approvals import actions
from approvals.models import Chain, ChainTemplate, MaterialTemplate, Phase, Stage, StageEvent, StageTemplate
from people.models import Department, District, User
from projects import tallies
from projects.actions import assign
from projects.models import Assignment, Enterprise, Park, Project

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2026, 11, 20, 10, 0, tzinfo=SHANGHAI)
CODES = ("01", "02", "03", "04", "05")
STAGES = {
    "01": {"name": "企业投资项目备案", "department_name": "市发展改革委", "committed_amount": 5},
    "02": {
        "name": "建设工程规划许可证",
        "department_name": "市住建局",
        "committed_amount": 10,
        "statutory_amount": 20,
        "commitment_route": True,
        "extension_days": 10,
        "special_procedures": [{"name": "专家评审"}],
    },
    "03": {"name": "环境影响评价", "department_name": "市生态环境局", "committed_amount": 5, "statutory_amount": 30},
    "04": {"name": "建筑工程施工许可证", "department_name": "市住建局", "committed_amount": 3},
    "05": {"name": "开工", "department_name": "", "committed_amount": None, "case_type": "milestone"},
}
PREREQUISITES = {"02": ["01"], "03": ["01"], "04": ["02", "03"], "05": ["04"]}


def brought(action: str, occurred: dt.datetime) -> dict | None:
    """Return what an action must bring with it; None where that is nothing."""
    later = (occurred + dt.timedelta(days=41)).date().isoformat()
    return {
        "accept_with_deferral": {"materials": [{"name": "工伤保险参保凭证", "due_on": later}]},
        "accept_on_commitment": {"text": "承诺一月内补齐", "verify_by": later},
        "request_supplement": {"missing": ["总平面图"]},
        "start_special_procedure": {"name": "专家评审", "basis": "行政许可法第四十五条", "limit": "30"},
        "extend": {"days": "5", "approver": "局长"},
    }.get(action)


def at(text: str) -> dt.datetime:
    """Return the instant of "11-05 14:00" (2026); a bare day is kept at the close, as the forms do."""
    text = text if " " in text else f"{text} 17:30"
    return dt.datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


@dataclass
class World:
    """The rows of the city. `pm` stands by `project`; `a`, `b`, `c` work at the three departments."""

    city: District
    district: District
    park: Park
    departments: dict
    people: dict
    template: ChainTemplate
    enterprise: Enterprise
    project: Project | None = None
    extra: dict = field(default_factory=dict)

    def __getattr__(self, name):
        """People by name."""
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def chain(self) -> Chain:
        """The project's chain, fresh."""
        return Chain.objects.select_related("project", "template").get(project=self.project)

    def stage(self, code: str) -> Stage:
        """Return a stage, fresh."""
        return Stage.objects.select_related("chain__project", "stage_template").get(
            chain__project=self.project, code=code
        )

    def act(self, code: str, action: str, when: str | None = None, *, by=None, now=NOW, **facts) -> StageEvent:
        """Record an action as `by` (the project manager), with what it must bring unless `data` is given."""
        occurred = at(when) if when else now
        facts.setdefault("data", brought(action, occurred))
        return actions.act(
            by=by or self.pm, stage=self.stage(code), action=action, occurred_at=occurred, now=now, **facts
        )

    def walk(self, code: str, *steps: str, now=NOW) -> Stage:
        """Record steps such as "receive 11-05" one after the other; return the stage after them."""
        for step in steps:
            action, *when = step.split(" ", 1)
            self.act(code, action, when[0] if when else None, now=now)
        return self.stage(code)

    def new_project(self, number: int, name: str, *, manager=None, chain=True, **columns) -> Project:
        """Register another project, with a chain."""
        made = Project.objects.create(
            code=f"2601-159901-04-01-{number:06d}",
            name=name,
            district=columns.pop("district", self.district),
            park=columns.pop("park", self.park),
            enterprise=columns.pop("enterprise", self.enterprise),
            **columns,
        )
        tallies.tally(made.district_id, made.park_id, made.light, +1)
        manager = manager or self.pm
        Assignment.objects.create(
            project=made, role="manager", user=manager, started_on=dt.date(2026, 9, 1), made_by=manager
        )
        if chain:
            actions.start_chain(
                by=manager, project=made, template=self.template, started_on=dt.date(2026, 11, 2), now=at("11-02 09:00")
            )
        return made


def publish(version: int = 1, stages: dict | None = None, code: str = "T5") -> ChainTemplate:
    """Publish a version of the template."""
    made = ChainTemplate.objects.create(code=code, version=version, name="五环节", status="published")
    phase = Phase.objects.create(template=made, no=1, code="P1", name="前期")
    by_code = {}
    for position, (stage_code, facts) in enumerate((stages or STAGES).items(), start=1):
        facts = {"case_type": "committed", **facts}
        units = {
            f"{kind}_unit": "working_day" if facts.get(f"{kind}_amount") is not None else ""
            for kind in ("committed", "statutory")
        }
        for kind in ("committed", "statutory"):
            if facts.get(f"{kind}_amount") is not None:
                facts[f"{kind}_amount"] = Decimal(facts[f"{kind}_amount"])
        by_code[stage_code] = StageTemplate.objects.create(
            template=made, phase=phase, position=position, code=stage_code, **facts, **units
        )
        MaterialTemplate.objects.create(stage=by_code[stage_code], position=1, name="申请表", deferrable=False)
        MaterialTemplate.objects.create(stage=by_code[stage_code], position=2, name="工伤保险参保凭证", deferrable=True)
    for stage_code, needed in PREREQUISITES.items():
        if stage_code in by_code:
            by_code[stage_code].prerequisites.set(by_code[n] for n in needed if n in by_code)
    return made


def build() -> World:
    """Make the city, its people and one project with a chain that began on 2 November 2026."""
    city = District.objects.create(code="159900", name="云川市")
    district = District.objects.create(code="159901", name="河东区", parent=city)
    other = District.objects.create(code="159902", name="河西区", parent=city)
    park = Park.objects.create(code="159901PK01", name="河东化工园区", district=district)
    names = {"a": "市发展改革委", "b": "市住建局", "c": "市生态环境局", "d": "市文旅局"}
    departments = {key: Department.objects.create(code=f"dept-{key}", name=name) for key, name in names.items()}
    roles = {
        "pm": ("pm", "a", "王瑞"),
        "pm2": ("pm", "d", "外人"),
        "a": ("approver", "a", "刘海燕"),
        "b": ("approver", "b", "刘洋"),
        "b2": ("approver", "b", "周敏"),
        "c": ("approver", "c", "孙海波"),
        "d": ("approver", "d", "路人"),
        "leader": ("leader", "d", "陈立群"),
    }
    people = {
        key: User.objects.create_user(f"w-{key}", role=role, department=departments[dept], display_name=name)
        for key, (role, dept, name) in roles.items()
    }
    enterprise = Enterprise.objects.create(
        credit_code="91350100M000100Y43", name="云川宏远炭材料有限公司", district=district
    )
    world = World(city, district, park, departments, people, publish(), enterprise, extra={"west": other})
    world.project = world.new_project(381725, "年产10万吨石墨负极材料一体化项目")
    Assignment.objects.create(
        project=world.project, role="sponsor", user=people["leader"], started_on=dt.date(2026, 9, 1), made_by=world.pm
    )
    return world


def give(world: World, role: str, user) -> None:
    """Make `user` responsible for the project in `role`."""
    assign(by=world.pm, project=world.project, role=role, user=user, started_on=NOW.date())
