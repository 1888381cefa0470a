"""What is stuck, on what, since when, who can free it, and what would move: the figures of the leaders' page.

Design overview: `load` reads the stuck projects of a scope (three short columns each), the quota they lack and their
overdue stages, each in one query; counts, sums, medians and shared causes (`cockpit.causes`) are made of these in
memory, so every figure of the page agrees with every other. Only the rows that are shown are read whole. What is
stuck is said by the lights alone, so each figure is also a filter of the project list with the same count.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median

from django.db.models import Count, Q
from django.utils import timezone

from approvals import gating, project_rows
from approvals.lights import Light
from approvals.models import Stage
from approvals.project_filters import STUCK
from approvals.timeline_layout import stage_no
from cockpit import causes
from cockpit.scope import Scope
from factors import blocked
from factors.models import Account, BlockEpisode, Book, Demand, FactorKind, StockAmount
from gis import standing
from people.models import Department
from projects.models import Project

BLOCKERS, CAUSES, TIGHT = 8, 5, 20
OVERDUE = (Light.RED.value, Light.OVERDUE_STATUTORY.value)


@dataclass(frozen=True, slots=True)
class Stuck:
    """A project that is stuck: what the page counts of it. `since`: the day from which its days are counted."""

    pk: int
    wan: Decimal
    light: str
    since: date | None
    district: int
    park: int | None
    blocked: bool


@dataclass(frozen=True, slots=True)
class Lack:
    """A blocked demand of a stuck project. `pool` None: no pool serves it. `keeper`: the department that must act."""

    project: int
    pool: int | None
    book: int
    gap: int
    group: str
    keeper: int | None

    @property
    def cause(self) -> str:
        """The cause that it counts under."""
        return f"pool:{self.pool}" if self.pool else f"book:{self.book}"


@dataclass(frozen=True, slots=True)
class Late:
    """An overdue stage. `due_half`: the working half-day at whose end its limit ran out."""

    project: int
    department: int | None
    name: str
    due_half: int | None
    light: str


@dataclass
class Held:
    """Everything that is stuck in a scope, and what holds it."""

    stuck: dict[int, Stuck] = field(default_factory=dict)
    lacks: list[Lack] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)
    needs: list[standing.Need] = field(default_factory=list)
    departments: dict[int, Department] = field(default_factory=dict)

    @property
    def wan(self) -> Decimal:
        """Investment held up (受阻投资): the total of every stuck project, once each, in 万元."""
        return sum((one.wan for one in self.stuck.values()), Decimal(0))

    def wan_of(self, projects: Iterable[int]) -> Decimal:
        """Return the investment of some stuck projects, each once."""
        return sum((self.stuck[pk].wan for pk in set(projects)), Decimal(0))

    def name(self, department: int | None) -> str:
        """Return the short name of a department, a dash for none."""
        return str(self.departments[department]) if department in self.departments else "—"

    def code(self, department: int | None) -> str:
        """Return the code of a department, "" for none."""
        return self.departments[department].code if department in self.departments else ""

    def days(self, today: date) -> list[int]:
        """Return since how many calendar days each is stuck (卡住天数), never reset by a reminder."""
        return [max(0, (today - one.since).days) for one in self.stuck.values() if one.since]

    def median_days(self, today: date) -> int | None:
        """Return the median of `days`, None where nothing is stuck."""
        found = self.days(today)
        return round(median(found)) if found else None


def held(scope: Scope, today: date) -> Held:
    """Read what is stuck in a scope and what holds it. Four queries, and four for the utilities of parks."""
    stuck = {}
    rows = scope.projects().filter(light__in=STUCK).order_by()
    columns = ("pk", "investment_wan", "light", "due_on", "blocked_since", "district", "park", "blocked")
    for pk, wan, light, due_on, since, district, park, lacks in rows.values_list(*columns):
        days = [d for d in (due_on if light in OVERDUE else None, since and _day(since)) if d]
        stuck[pk] = Stuck(pk, wan or Decimal(0), light, min(days, default=None), district, park, lacks)
    demands = scope.within(Demand.objects.filter(blocked=True), "project").order_by()
    lacks = [
        Lack(project, pool, book, gap, group, of_pool or of_kind)
        for project, pool, book, gap, group, of_pool, of_kind in demands.values_list(
            *("project", "pool", "book", "gap", "book__kind__group", "pool__department", "book__kind__department")
        )
        if project in stuck
    ]
    stages = scope.within(running_stages(), "chain__project").filter(light__in=OVERDUE).order_by()
    late = [
        Late(*row)
        for row in stages.values_list("chain__project", "department", "name", "due_half", "light")
        if row[0] in stuck
    ]
    needs = standing.shortfalls(today, projects=None if scope.whole else scope.projects())
    return Held(stuck, lacks, late, needs, Department.objects.only("code", "name", "short_name").in_bulk())


def running_stages():
    """Return the stages whose clock has begun and not ended."""
    return Stage.objects.filter(accepted_at__isnull=False, closed_at__isnull=True)


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()


# --- shared causes ----------------------------------------------------------------------------------------------------


def holds(found: Held) -> list[causes.Hold]:
    """Return what holds each stuck project, for the what-if."""
    return (
        [causes.Hold(lack.project, lack.cause, lack.gap) for lack in found.lacks]
        + [causes.Hold(late.project, f"stage:{found.code(late.department)}:{late.name}") for late in found.late]
        + [causes.Hold(need.gap.project_id, f"utility:{need.utility.pk}") for need in found.needs if need.utility]
    )


def releases(found: Held) -> list[causes.Release]:
    """Return what settling each cause would release, the most investment first."""
    running = {need.gap.project_id: need.project.investment_wan for need in found.needs}
    return causes.releases(holds(found), running | {pk: one.wan for pk, one in found.stuck.items()})


@dataclass(frozen=True)
class Cause:
    """A shared cause as the page tells it. `account` is None for stages and books without a pool.

    `gap`: what those it holds lack together; `short`: what must come in (gap and other demand less what is there).
    `stock`: verified stock that could be recovered into the pool: (name, amount), the largest.
    """

    release: causes.Release
    group: str
    who: str
    stage: str = ""
    account: Account | None = None
    book: Book | None = None
    gap: int = 0
    short: int = 0
    stock: tuple[str, int] | None = None
    needs: tuple[standing.Need, ...] = ()

    @property
    def need(self) -> standing.Need | None:
        """The worst shortfall of a utility."""
        return self.needs[0] if self.needs else None

    @property
    def of(self):
        """What tells the unit of the amounts."""
        return self.account or self.book


def told(found: Held, chosen: list[causes.Release]) -> list[Cause]:
    """Return the causes with their words. Three queries: pools, books, stock."""
    keys = [release.cause.split(":", 2) for release in chosen]
    pools = Account.objects.select_related("book__kind__department", "book__source", "department", "park").in_bulk(
        [int(key[1]) for key in keys if key[0] == "pool"]
    )
    books = Book.objects.select_related("kind__department", "source").in_bulk(
        [int(key[1]) for key in keys if key[0] == "book"]
    )
    stock: dict[int, list] = defaultdict(list)
    rows = StockAmount.objects.filter(pool__in=pools, asset__status="verified").values_list(
        "pool", "asset__name", "recoverable", "recovered"
    )
    for pool, name, recoverable, recovered in rows:
        stock[pool].append((recoverable - recovered, name))
    by_code = {department.code: department for department in found.departments.values()}
    made = []
    for key, release in zip(keys, chosen, strict=True):
        if key[0] == "stage":
            who = by_code.get(key[1])
            made.append(Cause(release, "stage", str(who) if who else "—", stage=key[2]))
            continue
        if key[0] == "utility":
            needs = tuple(need for need in found.needs if need.utility and need.utility.pk == int(key[1]))
            made.append(Cause(release, "park", needs[0].who or "—", needs=needs))
            continue
        account = pools.get(int(key[1])) if key[0] == "pool" else None
        book = account.book if account else books[int(key[1])]
        keeper = (account and account.department) or book.kind.department
        best = max(stock[account.pk], default=None) if account else None
        made.append(
            Cause(
                release,
                book.kind.group,
                str(keeper) if keeper else "—",
                account=account,
                book=book,
                gap=release.missing,
                short=max(0, release.missing - (max(0, account.available) if account else 0)),
                stock=(best[1], best[0]) if best and best[0] > 0 else None,
            )
        )
    return made


# --- rows of blockers -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Blocker:
    """A row: one stuck project, what it lacks or which stage is over its limit, who can free it.

    `demand` is the largest reason in quota (None: only a stage), `other` further ones in words; `stage`: what is held
    up (code, name); `late`: the worst overdue stage with `over` working days; `days` calendar days stuck.
    """

    project: Project
    light: str
    wan: Decimal | None
    group: str
    days: int | None
    since: date | None
    who: str
    demand: Demand | None = None
    other: tuple[str, ...] = ()
    stage: tuple[str, str] | None = None
    late: project_rows.StageLine | None = None
    over: Decimal | None = None
    over_of: str = ""

    @property
    def tint(self) -> str:
        """The row's tint."""
        return "is-blocked" if self.light == Light.BLOCKED else "is-red"


def blockers(found: Held, now: datetime, calendar, most: int = BLOCKERS, chosen=None) -> list[Blocker]:
    """Return the rows of the stuck projects with the most investment (or of `chosen` ids, in their order).

    Three queries, whatever the number. `now` is local.
    """
    ids = chosen or [one.pk for one in sorted(found.stuck.values(), key=lambda one: (-one.wan, one.pk))[:most]]
    shown = project_rows.shown(Project.objects.filter(pk__in=ids))
    projects = {project.pk: project for project in shown}
    demands = blocked.of_projects(ids) if ids else {}
    lacking = {pk: [d for d in rows if d.blocked] for pk, rows in demands.items()}
    stages = gating.stages_held_up([d for rows in lacking.values() for d in rows]) if lacking else {}
    return [_blocker(projects[pk], found.stuck.get(pk), lacking.get(pk, []), stages, now, calendar) for pk in ids]


def _blocker(project, stuck, lacking, stages, now, calendar) -> Blocker:
    row = project_rows.row(project, calendar, now)
    late = next((line for line in row.stages if line.light in OVERDUE), None)
    since = stuck.since if stuck else None
    first = lacking[0] if lacking else None
    held = stages.get(first.pk) if first else None
    if held is not None:
        stage = (stage_no(held.code), held.stage_template.short_name or held.name)
    else:
        stage = (stage_no(late.code), late.name) if late else None
    return Blocker(
        project=project,
        light=project.light,
        wan=project.investment_wan,
        group=first.book.kind.group if first else "stage",
        days=max(0, (now.date() - since).days) if since else None,
        since=since,
        who=blocked.who(first) if first else (late.department if late else ""),
        demand=first,
        other=tuple(blocked.gap_words(demand) for demand in lacking[1:]),
        stage=stage,
        late=late,
        over=row.over_days,
        over_of=f"{stage_no(late.code)} {late.name}" if late else "",
    )


# --- totals -----------------------------------------------------------------------------------------------------------


@dataclass
class Line:
    """A row of totals: lights by number, how many are stuck and their investment. `code` is what lists filter by."""

    code: str
    name: str
    lights: Counter = field(default_factory=Counter)
    stuck: int = 0
    wan: Decimal = Decimal(0)
    extra: dict = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All projects of the row."""
        return sum(self.lights.values())


def by_place(lights, found: Held, names: dict[int, tuple[str, str]], *, park: bool) -> list[Line]:
    """Return a line for each district (or park), the most investment held up first. `names`: id to (code, name)."""
    lines: dict[int | None, Line] = {}

    def line(pk) -> Line:
        code, name = names.get(pk, ("", "—"))
        return lines.setdefault(pk, Line(code, name))

    for district, of_park, light, number in lights:
        line(of_park if park else district).lights[light] += number
    for one in found.stuck.values():
        row = line(one.park if park else one.district)
        row.stuck += 1
        row.wan += one.wan
    return sorted(lines.values(), key=lambda row: (-row.wan, -row.stuck, row.code))


def by_factor(found: Held) -> list[Line]:
    """Return a line for each group of factors: stuck projects that lack it, and their investment, once in each line."""
    projects: dict[str, set[int]] = defaultdict(set)
    for lack in found.lacks:
        projects[lack.group].add(lack.project)
    several = Counter(pk for group in projects.values() for pk in group)
    labels = dict(FactorKind.Group.choices)
    lines = []
    for group, ids in projects.items():
        row = Line(group, str(labels[group]), stuck=len(ids), wan=found.wan_of(ids))
        row.lights.update(found.stuck[pk].light for pk in ids)
        row.extra["also"] = sum(several[pk] > 1 for pk in ids)
        lines.append(row)
    return sorted(lines, key=lambda row: (-row.wan, row.code))


def by_answer(found: Held) -> list[Line]:
    """Return a line for each department that can free something: projects that wait for it, by quota and by stages."""
    quota: dict[int | None, set[int]] = defaultdict(set)
    stages: dict[int | None, set[int]] = defaultdict(set)
    for lack in found.lacks:
        quota[lack.keeper].add(lack.project)
    for late in found.late:
        stages[late.department].add(late.project)
    lines = []
    for department in {*quota, *stages}:
        ids = quota[department] | stages[department]
        row = Line(found.code(department), found.name(department), stuck=len(ids), wan=found.wan_of(ids))
        row.lights.update(found.stuck[pk].light for pk in ids)
        row.extra.update(quota=len(quota[department]), stages=len(stages[department]))
        lines.append(row)
    return sorted(lines, key=lambda row: (-row.wan, -row.stuck, row.code))


@dataclass
class Holder:
    """A department with overdue stages: `statutory` and `red`, in how many `projects`; `longest` in working days."""

    code: str
    name: str
    statutory: int = 0
    red: int = 0
    projects: set = field(default_factory=set)
    open: int = 0
    longest: Decimal | None = None

    @property
    def overdue(self) -> int:
        """Overdue stages of both kinds."""
        return self.statutory + self.red


def holders(found: Held, scope: Scope, now: datetime, calendar) -> list[Holder]:
    """Return the departments that hold overdue stages, beside all that they handle. One query. Departments, no persons.

    Sorted by the number overdue, then by the longest. `open` counts running stages of the department.
    """
    rows: dict[int | None, Holder] = {}
    begun = calendar.begun(now)
    for late in found.late:
        row = rows.setdefault(late.department, Holder(found.code(late.department), found.name(late.department)))
        if late.light == Light.OVERDUE_STATUTORY:
            row.statutory += 1
        else:
            row.red += 1
        row.projects.add(late.project)
        if late.due_half is not None:
            row.longest = max(row.longest or Decimal(0), Decimal(max(begun - late.due_half, 0)) / 2)
    for department, number in in_hand(scope, [pk for pk in rows if pk]):
        rows[department].open = number
    return sorted(rows.values(), key=lambda row: (-row.overdue, -(row.longest or 0), row.code))


def in_hand(scope: Scope, departments: list[int]) -> list[tuple[int, int]]:
    """Return (department, running stages). One query."""
    rows = scope.within(running_stages().filter(department__in=departments), "chain__project")
    return list(rows.order_by().values_list("department").annotate(number=Count("pk")))


def _last_due(moment: datetime, calendar) -> date:
    """Return the last day on which a limit that was over at an instant can have run out: indexes know days only.

    It is the day of the instant, or the last of the rest days behind it, which count as it does.
    """
    last = moment.date()
    while calendar.count_through(last + timedelta(days=1)) == calendar.count_through(moment.date()):
        last += timedelta(days=1)
    return last


def stuck_then(found: Held, scope: Scope, moment: datetime, calendar) -> dict[str, int]:
    """Return how many projects were blocked, and how many overdue by a stage, at an earlier instant. Three queries.

    From block episodes, and from stages that ran then with their limit over; by the due dates known today.
    """
    episodes = BlockEpisode.objects.filter(
        Q(closed_at__isnull=True) | Q(closed_at__gt=moment), opened_at__lte=moment
    ).order_by()
    ended = Stage.objects.filter(department__in=list(found.departments), closed_at__gt=moment)  # as its index begins
    then = {
        "due_half__lt": calendar.begun(moment),
        "accepted_at__lte": moment,
        "due_on__lte": _last_due(moment, calendar),
    }
    quota = set(scope.within(episodes, "demand__project").values_list("demand__project", flat=True))
    late = {
        project
        for stages in (running_stages(), ended)
        for project in scope.within(stages.filter(**then), "chain__project")
        .order_by()
        .values_list("chain__project", flat=True)
    }
    return {"blocked": len(quota), "late": len(late), "stuck": len(quota | late)}
