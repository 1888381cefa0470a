"""A portfolio of any size for benchmarks and load tests: some hundred real chains, copied set-based.

Design overview: the first `shapes` projects are made like those of the sample city, through `approvals.actions` and
`load_history`; so their events, clocks and snapshot columns are derived by the product's own code. All others are
copies of them: new names, codes, enterprises, parks and people, the same history. Stages, events and materials are
copied by the database itself (INSERT … SELECT), so 100,000 projects (1.9 million stages) take minutes. A copy is as
right as its original: `manage.py verify` derives it again.
"""

import datetime as dt
import random
from decimal import Decimal

from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Max

from approvals import actions, template_actions
from approvals.history import load_history
from approvals.models import Chain, ChainTemplate, MaterialUse, Stage, StageEvent
from calendars import store
from demo import city, data, geography, story
from gis import placing
from people.models import Department, District, User
from projects import search
from projects.models import Assignment, Enterprise, Park, Project
from projects.tallies import recount

TEMPLATE = "T19-101"
PARKS = 40
OWN = 100
"""How many projects the account `pm` stands by, however large the city is."""

MANAGERS = 40
FATES = {
    "green": 28,
    "done": 24,
    "idle": 12,
    "amber": 9,
    "stopped": 8,
    "stale": 7,
    "red": 6,
    "green_deferral": 3,
    "red_late": 2,
    "statutory": 1,
}
"""Projects per hundred by what becomes of them."""

BATCH = 2000
SNAPSHOT = (
    *("light", "chain_light", "sort_group", "due_half", "due_on", "next_flip_at", "last_news_at", "chain_started_on"),
    *("chain_closed_on", "stages_total", "stages_done", "current_stages", "light_reason", "waiting_supplement"),
    "deferral_due_on",
)


@transaction.atomic
def build(projects: int, now: dt.datetime, seed: int = 20261120, shapes: int = 200) -> dict[str, int]:
    """Add `projects` projects to the database; returns counts. `now` (local) decides where every chain stands.

    Places, departments and the ten demo accounts are made when there are no districts yet. The account `pm` stands by
    about `OWN` of the projects, other managers by the rest.
    """
    rng = random.Random(seed)
    if not District.objects.exists():
        places = city._places()
        city._departments()
        people = city._people(places)
        made = {park.code: park for park in city._parks(places)}
        geography.build(now)
        for username, *_rest, grants in data.ACCOUNTS:
            for codename, kind, key in grants:
                if kind == "park":
                    city.people_actions.grant(people[username], codename, made[key])
    template_actions.load_shipped(now=now)
    parks = _parks()
    enterprises = _enterprises(max(projects // 2, 1), parks, rng)
    managers = _managers()
    rows = list(_projects(projects, parks, enterprises, rng))
    originals = min(shapes, projects)
    Project.objects.bulk_create(rows[:originals], batch_size=BATCH)
    for number, project in enumerate(rows[:originals]):
        _chain(project, _fate(number, originals), now, rng)
    first = _copy(rows[originals:], [project.pk for project in rows[:originals]])
    _stand_by(rows, managers, rng)
    placing.place()
    recount()
    if connection.vendor == "postgresql":
        _reset_sequences()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return {"projects": len(rows), "chains derived": originals, "chains copied": len(rows) - originals, "from": first}


# --- places, enterprises, people --------------------------------------------------------------------------------


def _parks() -> list[Park]:
    """Fill up to `PARKS` parks, spread over the districts; returns all, with their districts."""
    districts = list(District.objects.filter(parent__isnull=False))
    taken = [row[-1] for row in data.PARKS]
    for number in range(Park.objects.count(), PARKS):
        district = districts[number % len(districts)]
        boundary, area_ha = geography.spare_park(number, district.code, taken)
        Park.objects.create(
            code=f"{district.code}PK{number + 20:02d}",
            name=f"{district.name}第{number + 1}产业园",
            district=district,
            boundary=boundary,
            area_ha=area_ha,
        )
    return list(Park.objects.select_related("district").order_by("code"))


def _enterprises(number: int, parks, rng) -> list[Enterprise]:
    """Make `number` enterprises with well-formed credit codes; their search text as `Searchable.save` writes it."""
    start = Enterprise.objects.count()
    rows = []
    for n in range(start, start + number):
        _name, short, full, *_rest = data.PROJECTS[n % len(data.PROJECTS)]
        district = parks[n % len(parks)].district
        row = Enterprise(
            credit_code=city.credit_code(district.code, 10000000 + n), name=f"{full}{n:06d}", short_name=short
        )
        row.district = district
        words = [search.normalise(row.credit_code), *_numbered(full, f"{n:06d}"), *_numbered(short, "")]
        row.search_text = " ".join(dict.fromkeys(words))
        rows.append(row)
    return Enterprise.objects.bulk_create(rows, batch_size=BATCH)


def _numbered(text: str, digits: str) -> list[str]:
    """Return the readings of `text` followed by digits, spelling each distinct text once (pinyin is slow)."""
    plain = search.normalise(text)
    return [plain + digits, *(reading + digits for reading in search._readings(plain))]


def _managers() -> list[User]:
    """Return the managers: `pm` first, then others that only appear by name, without a password."""
    department = Department.objects.get(code="fgw")
    names = [f"manager-{n}" for n in range(1, MANAGERS)]
    have = set(User.objects.filter(username__in=names).values_list("username", flat=True))
    rows = [
        User(username=name, display_name=f"经理{name[8:]}", role="pm", department=department, is_demo=True)
        for name in names
        if name not in have
    ]
    for row in rows:
        row.set_unusable_password()
    User.objects.bulk_create(rows)
    return [User.objects.get(username="pm"), *User.objects.filter(username__in=names).order_by("pk")]


# --- projects and chains ----------------------------------------------------------------------------------------


def _projects(number: int, parks, enterprises, rng):
    """Yield unsaved projects; `code` numbers on from what is there."""
    start = Project.objects.count()
    spots = random.Random(f"points {start}")
    for n in range(start, start + number):
        base, *_middle, investment, industry_code, industry, _template, _fate = data.PROJECTS[n % len(data.PROJECTS)]
        park, enterprise = parks[rng.randrange(len(parks))], enterprises[n % len(enterprises)]
        wan = Decimal(investment) * 10000
        longitude, latitude = geography.point_within(park.boundary, spots)
        project = Project(
            code=f"25{n % 12 + 1:02d}-{park.district.code}-04-01-{100000 + n:06d}",
            name=f"{base}{n:06d}",
            enterprise=enterprise,
            district=park.district,
            park=park,
            industry_code=industry_code,
            industry=industry,
            key_level=rng.choice(("provincial", "city", "city", "county")),
            investment_wan=wan,
            year_plan_wan=wan / 5,
            output_wan=wan * (80 + n * 37 % 90) / 100,
            tax_wan=wan * (2 + n % 5) / 100,
            signed_on=dt.date(2025, 3, 3),
            planned_start_on=dt.date(2026, 1, 5) + dt.timedelta(days=rng.randrange(500)),
            longitude=longitude,
            latitude=latitude,
            source="generated",
        )
        words = [search.normalise(project.code), *_numbered(base, f"{n:06d}"), *enterprise.search_text.split()[1:]]
        project.search_text = " ".join(dict.fromkeys(words))
        yield project


def _fate(number: int, of: int) -> str:
    """Return what becomes of the shape `number` of `of`: the shares of FATES, whatever the number of shapes."""
    place = (number + 0.5) * sum(FATES.values()) / of
    for fate, share in FATES.items():
        place -= share
        if place < 0:
            return fate
    raise AssertionError(number)


def _chain(project, fate: str, now, rng) -> None:
    """Give a project its chain and history through the product's own actions."""
    template = ChainTemplate.objects.filter(code=TEMPLATE, status="published").order_by("-version").first()
    stages = list(template.stages.order_by("position").prefetch_related("prerequisites", "materials"))
    steps = story.walk(city._in_order(stages), rng, punctual=not fate.startswith(("red", "statutory")))
    decisive, present = story.choose(steps, fate, rng)
    manager = User.objects.get(username="pm")
    events, started_on = story.happenings(
        steps,
        decisive,
        present,
        fate,
        calendar=store.current(),
        now=now,
        clerks={},
        manager=manager,
        rng=rng,
    )
    chain = actions.start_chain(by=manager, project=project, template=template, started_on=started_on, now=now)
    load_history(chain, [event for event in events if event.occurred_at <= now], now)


def _copy(rows, originals: list[int]) -> str:
    """Save `rows` as copies of the projects `originals`, in turn, with chains, stages, events and materials."""
    if not rows:
        return ""
    facts = {row["pk"]: row for row in Project.objects.filter(pk__in=originals).values("pk", *SNAPSHOT)}
    chains = {chain.project_id: chain for chain in Chain.objects.filter(project__in=originals)}
    stages: dict[int, list[int]] = {}
    for chain, stage in Stage.objects.filter(chain__project__in=originals).order_by("id").values_list("chain", "id"):
        stages.setdefault(chain, []).append(stage)
    count = len(next(iter(stages.values())))
    assert all(ids == list(range(ids[0], ids[0] + count)) for ids in stages.values()), "stages are numbered in a row"
    next_project, next_chain, next_stage = (
        (model.objects.aggregate(top=Max("pk"))["top"] or 0) + 1 for model in (Project, Chain, Stage)
    )
    copies, new_chains = [], []
    for n, project in enumerate(rows):
        original = originals[n % len(originals)]
        chain = chains[original]
        project.pk = next_project + n
        for name in SNAPSHOT:
            setattr(project, name, facts[original][name])
        new = Chain(
            pk=next_chain + n, project_id=project.pk, template_id=chain.template_id, made_by_id=chain.made_by_id
        )
        new.started_on, new.closed_on = chain.started_on, chain.closed_on
        new.net_days, new.gross_days = chain.net_days, chain.gross_days
        new_chains.append((new, chain.made_at))
        copies.append((chain.pk, new.pk, next_stage + n * count - stages[chain.pk][0]))
    Project.objects.bulk_create(rows, batch_size=BATCH)
    Chain.objects.bulk_create([new for new, _made_at in new_chains], batch_size=BATCH)
    _copy_tables(copies)
    return rows[0].code


def _copy_tables(copies: list[tuple[int, int, int]]) -> None:
    """Copy stages, events and materials: `copies` are (chain, new chain, what to add to a stage's id)."""
    chain_table, stage_table = Chain._meta.db_table, Stage._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE generated (old_chain bigint, new_chain bigint, shift bigint)")
        cursor.executemany("INSERT INTO generated VALUES (%s, %s, %s)", copies)
        cursor.execute("CREATE INDEX generated_old ON generated (old_chain)")
        cursor.execute(
            f"UPDATE {chain_table} SET made_at = (SELECT old.made_at FROM generated JOIN {chain_table} AS old"
            f" ON old.id = old_chain WHERE new_chain = {chain_table}.id)"
            f" WHERE id IN (SELECT new_chain FROM generated)"
            if connection.vendor == "sqlite"
            else f"UPDATE {chain_table} SET made_at = old.made_at FROM generated JOIN {chain_table} AS old"
            f" ON old.id = old_chain WHERE new_chain = {chain_table}.id"
        )
        names = _columns(Stage, without=("id", "chain_id"))
        cursor.execute(
            f"INSERT INTO {stage_table} (id, chain_id, {names})"
            f" SELECT s.id + g.shift, g.new_chain, {_columns(Stage, ('id', 'chain_id'), 's.')}"
            f" FROM generated g JOIN {stage_table} s ON s.chain_id = g.old_chain ORDER BY g.new_chain, s.id"
        )
        for model in (StageEvent, MaterialUse):
            skip = ("id", "stage_id", "key", "supersedes_id")
            values = _columns(model, skip, "t.").replace('t."recorded_at"', _spread_out("t.recorded_at"))
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} (stage_id, {_columns(model, skip)})"
                f" SELECT t.stage_id + g.shift, {values} FROM generated g"
                f" JOIN {stage_table} s ON s.chain_id = g.old_chain JOIN {model._meta.db_table} t ON t.stage_id = s.id"
                " ORDER BY g.new_chain, t.id"
            )
        cursor.execute("DROP TABLE generated")


def _spread_out(instant: str) -> str:
    """Return an instant up to seven hours earlier, by the chain: copies would else be recorded in the same second."""
    if connection.vendor == "sqlite":
        return f"datetime({instant}, '-' || (g.new_chain * 37 % 25200) || ' seconds')"
    return f"{instant} - (g.new_chain * 37 % 25200) * interval '1 second'"


def _columns(model, without=(), prefix: str = "") -> str:
    """Return the columns of a model as SQL, in order."""
    quote = connection.ops.quote_name
    return ", ".join(
        f"{prefix}{quote(field.column)}" for field in model._meta.concrete_fields if field.column not in without
    )


def _stand_by(rows, managers, rng) -> None:
    """Appoint a manager and a sponsor for every project."""
    pm, *others = managers
    step = max(len(rows) // OWN, 1)
    sponsors = list(User.objects.filter(username__in=[name for name, *_rest in data.SPONSORS if name != "leader"]))
    supervisor = User.objects.get(username="supervisor")
    Assignment.objects.bulk_create(
        (
            Assignment(
                project=project,
                role=role,
                user=user,
                department_id=user.department_id,
                started_on=project.signed_on,
                made_by=supervisor,
            )
            for n, project in enumerate(rows)
            for role, user in (
                (Assignment.Role.MANAGER, others[n % len(others)] if n % step else pm),
                (Assignment.Role.SPONSOR, sponsors[n % len(sponsors)]),
            )
        ),
        batch_size=BATCH,
    )


def _reset_sequences() -> None:
    """Let PostgreSQL number on behind the rows that were given their ids here."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Project, Chain, Stage]):
            cursor.execute(statement)
