"""Building the sample city: places, departments, accounts, enterprises, projects and their histories."""

import datetime as dt
import random
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction

from approvals import actions, keeping, template_actions
from approvals.history import load_history
from approvals.material_actions import is_own_form
from approvals.models import ChainTemplate, MaterialUse
from calendars import store
from demo import data, geography, parks, quota_data, quotas, service, story
from demo.untidy import Untidy
from gis import placing
from people import actions as people_actions
from people.models import Department, District, User
from projects.models import Assignment, Enterprise, KeyPoint, Material, MonthlyFigure, Park, Project
from projects.tallies import recount

SEED = 20261120
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@transaction.atomic
def build(now: dt.datetime) -> dict[str, int]:
    """Build the whole city in one transaction; `now` decides where every project stands. Returns counts.

    The figures are invented and the same on every machine for the same day.
    """
    rng = random.Random(SEED)
    places = _places()
    _departments()
    people = _people(places)
    template_actions.load_shipped(now=now)
    rows_of_parks = {p.code: p for p in _parks(places)}
    for name, rows in (("park", rows_of_parks),):
        for username, *_rest, grants in data.ACCOUNTS:
            for codename, kind, key in grants:
                if kind == name:
                    people_actions.grant(people[username], codename, rows[key])
    geography.build(now)
    untidy = Untidy(now, store.current())
    for number, row in enumerate(data.PROJECTS, start=1):
        _project(number, row, rows_of_parks, people, now, rng, untidy)
        if number in (3, len(data.PROJECTS)):
            _tell_planner()
    quotas.build(now, people)
    parks.build(now, people)
    service.build(now, people)
    placing.place()
    recount()
    _tell_planner()
    return {
        "parks": Park.objects.count(),
        "projects": Project.objects.count(),
        "accounts": User.objects.filter(is_demo=True).count(),
    }


def _tell_planner():
    """Count the rows for PostgreSQL's planner, which nothing else can do before the transaction ends."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _places():
    city = District.objects.create(code=data.CITY[0], name=data.CITY[1])
    return {data.CITY[0]: city} | {
        code: District.objects.create(code=code, name=name, parent=city) for code, name in data.DISTRICTS
    }


def _departments():
    made = {}
    for code, name, short_name, aliases, parent in data.DEPARTMENTS:
        department = Department(code=code, name=name, short_name=short_name, aliases=aliases, parent=made.get(parent))
        made[code] = people_actions.save_department(department, by=None)


def _people(places):
    """Make the ten accounts that may log in, and the colleagues that only appear by name."""
    departments = {d.code: d for d in Department.objects.all()}
    people = {}
    for username, name, title, role, department, grants in data.ACCOUNTS:
        people[username] = people_actions.ensure_user(
            username,
            display_name=name,
            role=role,
            department=departments[department],
            password=settings.DEMO_PASSWORD,
            title=title,
            phone=f"0971-60210{len(people):02d}",
            is_demo=True,
        )
        for codename, kind, key in grants:
            if kind in ("district", "department"):
                people_actions.grant(people[username], codename, (places if kind == "district" else departments)[key])
    others = [
        *((username, name, title, "leader", "szf") for username, name, title in data.SPONSORS if name),
        *((username, name, title, "officer", "gxj") for username, name, title in data.OFFICERS if name),
        *((username, name, title, "pm", "fgw") for username, name, title in data.MANAGERS if name),
        *((username, name, title, "leader", "gxj") for username, name, title in data.TASK_FORCE),
        *((f"clerk-{code}", name, "经办", "approver", code) for code, name in data.CLERKS.items()),
        *((username, name, title, "factor", code) for username, name, title, code in quota_data.OFFICERS),
        *((username, name, title, "park", code) for username, name, title, code, _district in data.PARK_OFFICERS),
    ]
    for username, name, title, role, department in others:
        people[username] = people_actions.ensure_user(
            username,
            display_name=name,
            role=role,
            department=departments[department],
            title=title,
            phone=f"0971-60211{len(people):02d}",
            is_demo=True,
        )
    for username, _name, _title, _department, district in data.PARK_OFFICERS:
        people_actions.grant(people[username], "manage_projects", places[district])
    return people


def _parks(places):
    for code, district, name, short, level, kind, approved, area, industries, _centre in data.PARKS:
        yield Park.objects.create(
            code=code,
            name=name,
            short_name=short,
            district=places[district],
            level=level,
            kind=kind,
            approved_on=dt.date.fromisoformat(approved),
            area_ha=Decimal(area),
            industries=industries,
            boundary=geography.boundary(code),
            contact="园区管委会项目服务部",
        )


def credit_code(district: str, number: int) -> str:
    """Return a well-formed, invented credit code of an enterprise registered in `district` (GB 32100-2015).

    The district 1599xx does not exist, so the code cannot be that of a real enterprise.
    """
    body = f"{number:08d}"
    total = sum(int(c) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    check = "0123456789X0"[11 - total % 11] if total % 11 != 0 else "0"
    text = f"91{district}{body}{'X' if 11 - total % 11 == 10 else check}"
    summed = sum(ALPHABET.index(c) * w for c, w in zip(text, WEIGHTS, strict=True))
    return text + ALPHABET[(31 - summed % 31) % 31]


def _project(number, row, parks, people, now, rng, untidy):
    """Make one project with its enterprise, people, key points, figures and the history of its chain."""
    name, short, full, park_code, investment, industry_code, industry, template_code, fate = row
    park = parks[park_code]
    today, calendar = now.date(), store.current()
    enterprise = Enterprise.objects.create(
        credit_code=credit_code(park.district.code, 59000000 + number * 137),
        name=full,
        short_name=short,
        district=park.district,
        contact=rng.choice(("李工", "王经理", "赵部长", "陈总助")),
        contact_phone=f"0971-6{rng.randint(200000, 899999)}",
        address=f"{park.name}{rng.randint(1, 30)}号地块",
        note="样例数据，企业为虚构。",
    )
    template = (
        ChainTemplate.objects.filter(code=template_code, status="published").order_by("-version").first()
        if template_code
        else None
    )
    manager = people[rng.choice(data.MANAGERS)[0]] if number % 3 else people["pm"]
    clerks = {
        t.department_name: people[f"clerk-{code}"]
        for t in (template.stages.all() if template else ())
        for code in [_department_code(t.department_name)]
        if f"clerk-{code}" in people
    } | {
        t.department_name: people["approver"]
        for t in (template.stages.all() if template else ())
        if t.department_name == "生态环境局"
    }
    events, started_on = [], today
    if template is not None:
        stages = list(template.stages.order_by("position").prefetch_related("prerequisites", "materials"))
        steps = story.walk(_in_order(stages), rng, punctual=not fate.startswith(("red", "statutory")))
        decisive, present = story.choose(steps, fate, rng)
        events, started_on = story.happenings(
            steps, decisive, present, fate, calendar=calendar, now=now, clerks=clerks, manager=manager, rng=rng
        )
    longitude, latitude = geography.points()[name]
    wan = Decimal(investment) * 10000
    project = Project(
        code=_project_code(started_on, park.district.code, number, rng),
        name=name,
        enterprise=enterprise,
        district=park.district,
        park=park,
        kind="filing",
        industry_code=industry_code,
        industry=industry,
        key_level="provincial" if wan > 300000 else "city",
        status="producing" if fate == "done" else "preparing",
        investment_wan=wan,
        year_plan_wan=(wan * Decimal("0.22")).quantize(Decimal("1")),
        **_expected(wan, number),
        signed_on=started_on - dt.timedelta(days=rng.randint(20, 60)),
        planned_start_on=started_on + dt.timedelta(days=210),
        planned_finish_on=started_on + dt.timedelta(days=640),
        longitude=longitude,
        latitude=latitude,
        address=enterprise.address,
        content=f"样例项目，内容虚构。{name}，建设厂房及配套设施。",
        source="样例城市",
    )
    project.save()
    _stand_by(project, people, manager, number, rng)
    if template is not None:
        chain = actions.start_chain(
            by=people["pm"],
            project=project,
            template=template,
            started_on=started_on,
            now=min(now, dt.datetime.combine(started_on, dt.time(9), tzinfo=now.tzinfo)),
            skipped=_skipped(template_code, rng),
        )
        events = [e for e in events if e.code not in _SKIPPED.get(template_code, ())]
        promised = {t.code: float(t.committed_amount or 0) for t in stages}
        events = untidy.make(number, template_code, events, promised, manager)
        view = load_history(chain, events, now)
        _hand_in(chain, view, enterprise, manager, rng)
        keeping.refresh(chain, now)
    _key_points(project, started_on, fate, today)
    _figures(project, today, fate, manager, rng)


def _project_code(started_on, district, number, rng):
    """Return an invented national code: most are capital construction (04-01), every fifth technical renovation."""
    kind = "04-01" if number % 5 else "89-02"
    return f"{started_on:%y%m}-{district}-{kind}-{rng.randint(100000, 999999)}"


_SKIPPED = {"IND-BA": {"I09": "不涉及危险化学品", "I11": "不占用林地、草地"}}


def _skipped(template_code, rng):
    return _SKIPPED.get(template_code, {})


def _in_order(stages):
    """Return the stages so that prerequisites come first."""
    done, ordered, left = set(), [], list(stages)
    while left:
        ready = [s for s in left if all(p.code in done for p in s.prerequisites.all())]
        ordered += ready
        done |= {s.code for s in ready}
        left = [s for s in left if s.code not in done]
    return ordered


def _department_code(name):
    for code, full, short, aliases, _parent in data.DEPARTMENTS:
        if name in (full, short, *aliases.split()):
            return code
    return ""


def _expected(wan: Decimal, number: int) -> dict[str, Decimal | None]:
    """Fictional yearly output and tax of a project in 万元; every seventh project has not said either."""
    if number % 7 == 3:
        return {"output_wan": None, "tax_wan": None}
    output = (wan * (80 + number * 37 % 90) / 100).quantize(Decimal(1))
    return {"output_wan": output, "tax_wan": (output * (25 + number * 13 % 40) / 1000).quantize(Decimal(1))}


def _stand_by(project, people, manager, number, rng):
    """Appoint the four people; now and then somebody is missing or came late, as in life."""
    roles = [
        (Assignment.Role.MANAGER, manager, 3),
        (Assignment.Role.SPONSOR, people[data.SPONSORS[number % len(data.SPONSORS)][0]], 8),
        (Assignment.Role.TASK_FORCE, people[data.TASK_FORCE[number % len(data.TASK_FORCE)][0]], 10),
        (Assignment.Role.SERVICE_OFFICER, people[data.OFFICERS[number % len(data.OFFICERS)][0]], 12),
    ]
    if number % 13 == 0:
        roles.pop()
    Assignment.objects.bulk_create(
        Assignment(
            project=project,
            role=role,
            user=user,
            department=user.department,
            started_on=project.signed_on + dt.timedelta(days=days + (25 if number % 9 == 0 and days > 8 else 0)),
            made_by=people["supervisor"],
        )
        for role, user, days in roles
    )


def _hand_in(chain, view, enterprise, by, rng):
    """Fill the library: what accepted stages asked for was given once, and cited afterwards."""
    library: dict[str, Material] = {}
    accepted = {v.stage.pk: v.replay.accepted_at for v in view.stages if v.replay.accepted_at}
    for use in MaterialUse.objects.filter(stage__in=accepted, status=MaterialUse.Status.MISSING).order_by(
        "stage__position", "id"
    ):
        known = None if is_own_form(use.name) else library.get(use.name)
        if known is None:
            known = library[use.name] = Material.objects.create(
                enterprise=enterprise,
                name=use.name,
                document_no=f"{enterprise.short_name}〔{view.now.year}〕{rng.randint(1, 90)}号"
                if rng.random() < 0.4
                else "",
                issued_by=enterprise.name,
                given_by=by,
            )
            Material.objects.filter(pk=known.pk).update(given_at=accepted[use.stage_id])
            use.status = MaterialUse.Status.GIVEN
        elif rng.random() < 0.85:
            use.status = MaterialUse.Status.REUSED
        else:
            use.status, use.asked_again = MaterialUse.Status.GIVEN, True
        use.material = known
        use.save(update_fields=["status", "material", "asked_again"])


def _key_points(project, started_on, fate, today):
    """Plan the ten key points from the start of the chain; those that lie behind are reached, some of them late."""
    offsets = {
        "signed": -30,
        "filed": 3,
        "land_supplied": 90,
        "started": 210,
        "topped_out": 400,
        "installed": 520,
        "completed": 640,
        "producing": 700,
        "full_capacity": 880,
        "counted": 730,
    }
    points = []
    for name, days in offsets.items():
        planned = project.signed_on if name == "signed" else started_on + dt.timedelta(days=days)
        late = 0 if name in ("signed", "filed") else (days % 7) * 4
        reached = planned + dt.timedelta(days=late)
        known = reached <= today and (fate == "done" or name in ("signed", "filed", "land_supplied"))
        points.append(KeyPoint(project=project, name=name, planned_on=planned, actual_on=reached if known else None))
    KeyPoint.objects.bulk_create(points)


def _figures(project, today, fate, by, rng):
    """Report the months of this year so far; the sum since January never falls."""
    if fate in ("new", "idle"):
        return
    done, rows = Decimal(0), []
    for month in range(max(1, today.month - 5), today.month):
        done += (project.year_plan_wan / 10 * Decimal(rng.randint(30, 130)) / 100).quantize(Decimal("0.01"))
        rows.append(
            MonthlyFigure(
                project=project,
                month=dt.date(today.year, month, 1),
                investment_done_wan=done,
                jobs=rng.randint(10, 260),
                reported_by=by,
            )
        )
    MonthlyFigure.objects.bulk_create(rows)
