"""A small city for questions of rights: two districts, two projects, and every role in four relations.

`target` is the project that all questions are about. Relations of a person to it:
  own               he stands by it: assigned, granted, or in the department that handles its first stage
  same_department   a colleague of that department, with no claim of his own
  other_department  somebody of a department that has no stage in it
  stranger          somebody with the same kind of claim, on the project of another district
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from approvals import actions as approval_actions
from approvals.models import Chain, ChainTemplate, MaterialTemplate, Phase, StageTemplate
from gis import actions as gis_actions
from gis import utilities
from gis.models import AreaAssessment, Expansion, ParkUtility, UtilityDemand, UtilityEvidence, UtilityItem
from people import actions, roles
from people.models import Department, District, Feedback, User, UserSession
from projects.models import Assignment, Enterprise, Park, Project

RELATIONS = ("own", "same_department", "other_department", "stranger")
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
CANARY = "金丝雀石墨负极材料"
PLACES = {"own": "east", "same_department": "east", "other_department": "east", "stranger": "west"}


@dataclass
class World:
    """The rows of the city; `people[role, relation]` is a user."""

    city: District
    districts: dict = field(default_factory=dict)
    departments: dict = field(default_factory=dict)
    parks: dict = field(default_factory=dict)
    enterprises: dict = field(default_factory=dict)
    projects: dict = field(default_factory=dict)
    templates: dict = field(default_factory=dict)
    people: dict = field(default_factory=dict)
    bystander: User | None = None
    expansion: object = None
    assessment: object = None
    evidence: object = None
    demand: object = None

    @property
    def target(self) -> Project:
        """The project that all questions are about."""
        return self.projects["east"]

    @property
    def chain(self) -> Chain:
        """Its chain."""
        return Chain.objects.get(project=self.target)

    @property
    def stage(self):
        """Its first stage, held by the department of `own` and `same_department`."""
        return self.chain.stages.order_by("position").first()


def build() -> World:
    """Make the city. About 600 queries."""
    city = District.objects.create(code="159900", name="云川市")
    world = World(city)
    for key, code, name in (("east", "159901", "河东区"), ("west", "159902", "河西区")):
        district = world.districts[key] = District.objects.create(code=code, name=name, parent=city)
        world.parks[key] = Park.objects.create(code=f"{code}PK01", name=f"{name}开发区", district=district)
    for key in ("energy", "ecology", "culture", "west"):
        world.departments[key] = Department.objects.create(code=key, name=f"{key}局")
    handlers = {"east": ("energy", "ecology"), "west": ("west", "west")}
    for key, names in handlers.items():
        world.templates[key] = template(key.upper(), [world.departments[name].name for name in names])
    credit = {"east": "91350100M000100Y43", "west": "911100001000013428"}
    for key in ("east", "west"):
        world.enterprises[key] = Enterprise.objects.create(
            credit_code=credit[key],
            name=f"云川{CANARY if key == 'east' else '西方'}有限公司",
            district=world.districts[key],
        )
        world.projects[key] = Project.objects.create(
            code=f"2601-1599{'01' if key == 'east' else '02'}-04-01-10000{1 if key == 'east' else 2}",
            name=f"{CANARY}项目" if key == "east" else "西区项目",
            enterprise=world.enterprises[key],
            district=world.districts[key],
            park=world.parks[key],
            signed_on=date(2026, 9, 1),
        )
    world.bystander = actions.ensure_user("bystander", display_name="路人", department=world.departments["culture"])
    for role in roles.ROLES:
        for relation in RELATIONS:
            world.people[role, relation] = person(world, role, relation)
    for key in ("east", "west"):
        manager = world.people["pm", "own" if key == "east" else "stranger"]
        approval_actions.start_chain(
            by=manager, project=world.projects[key], template=world.templates[key], started_on=date(2026, 9, 1), now=NOW
        )
    approval_actions.act(
        by=world.people["pm", "own"], stage=world.stage, action="receive", occurred_at=NOW, now=NOW, seen_event=None
    )
    readiness(world)
    Feedback.objects.create(by=world.bystander, text="请加大字号")
    sleeper = actions.ensure_user("sleeper", display_name="离席")
    UserSession.objects.create(session_key="sleeper", user=sleeper, started_at=NOW, seen_at=NOW)
    return world


def readiness(world: World) -> None:
    """Let the eastern park report that its water is used up, which the target needs; with all that stands around."""
    utilities.load(now=NOW)
    park, by = world.parks["east"], world.people["park", "own"]
    report = gis_actions.begin_report(by=by, park=park, month=date(2026, 11, 1), now=NOW)
    water = UtilityItem.objects.get(code="water_supply")
    facts = {"status": "in_service", "capacity": Decimal(100), "used": Decimal(100), "in_service_on": date(2020, 1, 1)}
    gis_actions.save_report(by=by, report=report, facts={water.pk: facts}, now=NOW, submit=True)
    row = ParkUtility.objects.select_related("park", "item").get(park=park, item=water)
    world.expansion = gis_actions.save_expansion(by=by, expansion=Expansion(utility=row, name="二期", adds=Decimal(50)))
    world.evidence = gis_actions.add_evidence(by=by, utility=row, evidence=UtilityEvidence(title="通水证明"))
    world.assessment = gis_actions.save_assessment(
        by=by, assessment=AreaAssessment(park=park, name="区域水土保持方案", saves=["EAST:1"])
    )
    demand = UtilityDemand(project=world.target, item=water, amount=Decimal(10), needed_on=date(2027, 3, 1))
    world.demand = gis_actions.save_demand(by=world.people["pm", "own"], demand=demand, now=NOW)


def template(code: str, department_names: list[str]) -> ChainTemplate:
    """Publish a template with one stage per department, five working days each."""
    made = ChainTemplate.objects.create(code=code, version=1, name=code, status=ChainTemplate.Status.PUBLISHED)
    phase = Phase.objects.create(template=made, no=1, code="P1", name="立项")
    for position, name in enumerate(department_names, start=1):
        stage = StageTemplate.objects.create(
            template=made,
            phase=phase,
            position=position,
            code=f"S{position}",
            name=f"环节{position}",
            department_name=name,
            committed_amount=Decimal(5),
            committed_unit="working_day",
        )
        MaterialTemplate.objects.create(stage=stage, name="申请表")
    return made


def person(world: World, role: str, relation: str) -> User:
    """Make one person with the claim that the relation asks for."""
    office = {"other_department": "culture", "stranger": "west"}.get(relation, "energy")
    user = actions.ensure_user(
        f"{role}-{relation}", display_name=f"{role}-{relation}", role=role, department=world.departments[office]
    )
    if relation not in {"own", "stranger"}:
        return user
    place = PLACES[relation]
    if role == "park":
        actions.grant(user, "manage_projects", world.parks[place])
    elif role == "supervisor":
        actions.grant(user, "view_projects", world.districts[place])
    elif role in {"pm", "officer", "leader"}:
        Assignment.objects.create(
            project=world.projects[place],
            role={"pm": "manager", "officer": "service_officer", "leader": "sponsor"}[role],
            user=user,
            started_on=date(2026, 9, 1),
            made_by=user,
        )
    return user
