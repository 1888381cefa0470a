"""Records of stages out of the database, judged by `approvals.records`, and kept while nothing changed.

Design overview: a period is a number of days by the instant of recording, so its events are complete, corrections
among them. A correction stands in the place of the first record: that one's instant and person count. What came from
a file is counted apart, as the instant of its record is the file's. The headline's share and the report read the same
kept result, so they agree; what is kept is small: counts, and the records that met a rule.
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from django.conf import settings
from django.core.cache import cache
from django.db.models import QuerySet
from django.db.models.functions import Mod

from approvals import kept
from approvals.compare import rate
from approvals.history import IMPORTED
from approvals.models import Stage, StageEvent, StageTemplate
from approvals.records import Before, Case, Finding, Record, Rule, Thresholds, judge
from approvals.states import MOVES, PASSED, State
from calendars import store
from calendars.workdays import SHANGHAI
from people.access import city_wide, visible_to
from people.models import Department, User
from projects.models import Project

PERIODS = (30, 90, 365, 0)
"""Days back that the report offers; 0: everything."""
LARGE = 5_000
"""Events of the city from which on a result may be some seconds old, a minute at most (`approvals.kept`)."""
MOST, MOST_OF_SHARE = 1_000_000, 100_000
"""Events of the city above which only every second, third … chain is judged: by the report, and by a headline, which
must not hold its page up.
"""
FRESH_SHARE = 20_000
"""Events of the city up to which a headline tells the facts of the moment: more take over half a second to judge."""

SAMPLE_SECONDS = 600
ROWS = 5_000
"""Records that met a rule are listed up to so many, the newest ones."""
NO_RECORDS = ("note", "skip", "reinstate", "deferral_made_good", "commitment_verified")
"""Kinds of events that no clock counts."""
_UNKNOWN = frozenset({State.REVOKED, State.RECALLED, State.FAILED, State.REFUSED, State.WITHDRAWN, State.NOT_ACCEPTED})
"""A stage that ended otherwise may have been passed before: nothing is said against what came after it."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many records of the last `days` (0: all) passed: `n` of `N`, as of `at`; `imported` ones are in neither.
    `every`: only the records of every so many-th chain were judged.
    """

    n: int
    N: int
    imported: int
    every: int
    days: int
    at: dt.datetime

    @property
    def percent(self) -> Decimal | None:
        """The share in per cent, two decimals, half up; None where there is no record."""
        return rate(self.n, self.N)

    def __str__(self):
        return f"{self.n}/{self.N}" + ("" if self.percent is None else f" {self.percent}%")


@dataclass(frozen=True, slots=True)
class Row:
    """A record that met a rule: the department of who recorded it, and the reason that he gave."""

    record: Record
    department: int | None
    findings: tuple[Finding, ...]
    reason: str


@dataclass(slots=True)
class Judged:
    """What the report shows. Departments by id, None for people without one; a record counts under each rule it met,
    and once under `flagged`. `rows` are the newest `ROWS` that met one.
    """

    every: int = 1

    total: Counter = field(default_factory=Counter)
    flagged: Counter = field(default_factory=Counter)
    imported: Counter = field(default_factory=Counter)
    by_rule: dict[Rule, Counter] = field(default_factory=lambda: {rule: Counter() for rule in Rule})
    rows: list[Row] = field(default_factory=list)


def thresholds() -> Thresholds:
    """Return where the rules begin, from the settings."""
    return Thresholds(
        late_days=settings.RECORDS_LATE_DAYS,
        batch=settings.RECORDS_BATCH,
        batch_seconds=settings.RECORDS_BATCH_SECONDS,
        batch_stages=settings.RECORDS_BATCH_STAGES,
        zero_days=settings.RECORDS_ZERO_DAYS,
        night_from=settings.RECORDS_NIGHT_FROM,
        night_until=settings.RECORDS_NIGHT_UNTIL,
    )


def share_of(user, now: dt.datetime) -> Share:
    """Return the share for the headline of a page: of the records of the projects that the person may see, over the
    last `RECORDS_DAYS`. Two queries while nothing changed (two more for who does not see the whole city), else ten.
    """
    return share(*reach(user), now)


def reach(user) -> tuple[QuerySet | None, str]:
    """Return the projects whose records the person may see (None: all of them), and the key under which that is kept.

    Two queries at most, for his grants.
    """
    if city_wide(user):
        return None, "city"
    return visible_to(Project.objects.all(), user, all_read=True), f"user-{user.pk}"


def share(projects: QuerySet | None, key: str, now: dt.datetime) -> Share:
    """Return the share of some projects' records (None: of all projects). `key` names what the reader sees.

    Up to `FRESH_SHARE` events it is made of the report. Above, it is judged every ten minutes, since 50,000 events take
    a second and a half; and above `MOST_OF_SHARE` of a sample of chains.
    """
    days, newest = settings.RECORDS_DAYS, newest_event()
    if newest <= FRESH_SHARE:
        return _kept("share", key, days, now, lambda: (_share(*report(projects, key, days, now), days), True), newest)[
            0
        ]
    name = _name("sample", key, days)
    found = cache.get(name)
    if found is None:
        found = _share(_judged(projects, days, now, newest // MOST_OF_SHARE + 1), now, days)
        cache.set(name, found, SAMPLE_SECONDS)
    return found


def _share(judged: "Judged", at: dt.datetime, days: int) -> Share:
    whole = judged.total.total()
    return Share(whole - judged.flagged.total(), whole, judged.imported.total(), judged.every, days, at)


def report(projects: QuerySet | None, key: str, days: int, now: dt.datetime) -> tuple[Judged, dt.datetime]:
    """Return the judged records of the last `days` (0: all), and the instant whose facts they tell.

    Kept under `key` while nothing changed; in a large city for up to a minute longer.
    """
    newest = newest_event()
    return _kept("rows", key, days, now, lambda: (_judged(projects, days, now, newest // MOST + 1), True), newest)


def _kept(what: str, key: str, days: int, now: dt.datetime, make, newest: int):
    """Return what is kept of the records, or what `make` makes, and its instant. One query while it is kept."""
    return kept.read(_name(what, key, days), kept.version([], now), now, make, large=newest > LARGE)


def _name(what: str, key: str, days: int) -> str:
    """Return what a result is kept under: other thresholds, other results."""
    return f"records:{what}:{key}:{days}:{thresholds()!r}".replace(" ", "")


def newest_event() -> int:
    """Return the id of the newest event: about how many there are. One query."""
    return StageEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


# --- reading ----------------------------------------------------------------------------------------------------------


def _judged(projects: QuerySet | None, days: int, now: dt.datetime, every: int = 1) -> Judged:
    """Read and judge the records of every so many-th chain. Five queries, and some 30 µs a record."""
    events = StageEvent.objects.exclude(kind__in=NO_RECORDS)
    if every > 1:
        events = events.annotate(part=Mod("stage__chain", every)).filter(part=0)
    if days:
        events = events.filter(recorded_at__gt=now - dt.timedelta(days=days))
    if projects is not None:
        events = events.filter(stage__chain__project__in=projects.order_by().values("pk"))
    records, imported, reasons = _records(events)
    people = dict(User.objects.filter(pk__in={r.person for r in (*records, *imported)}).values_list("pk", "department"))
    found = judge(records, _cases(events), store.current(), thresholds())
    result = Judged(every)
    for record in records:
        department = people.get(record.person)
        result.total[department] += 1
        if met := found.get(record.pk):
            result.flagged[department] += 1
            for rule in {finding.rule for finding in met}:
                result.by_rule[rule][department] += 1
            result.rows.append(Row(record, department, tuple(met), reasons.get(record.pk, "")))
    for record in imported:
        result.imported[people.get(record.person)] += 1
    result.rows.sort(key=lambda row: (row.record.recorded, row.record.pk), reverse=True)
    del result.rows[ROWS:]
    return result


def _local(instant: dt.datetime) -> dt.datetime:
    return instant.astimezone(SHANGHAI).replace(tzinfo=None)


def _records(events: QuerySet) -> tuple[list[Record], list[Record], dict[int, str]]:
    """Return the records made by people, those that came from files, and the reasons given. One query.

    A record whose first version lies before the period belongs there and is left out.
    """
    columns = ("pk", "stage", "stage__chain", "kind", "by", "occurred_at", "recorded_at", "document_no", "supersedes")
    columns = (*columns, f"data__{IMPORTED}", "reason", "stage__code")
    rows = {row[0]: row for row in events.order_by().values_list(*columns)}
    superseded = {row[8] for row in rows.values() if row[8]}
    mine, theirs, reasons = [], [], {}
    for row in rows.values():
        if row[0] in superseded or row[3] == StageEvent.Kind.CORRECT:
            continue
        first = row
        while first is not None and first[8]:
            first = rows.get(first[8])
        if first is None or row[3] not in MOVES and row[3] != "extend":
            continue
        record = Record(row[0], row[1], row[2], row[3], first[4], _local(row[5]), _local(first[6]), row[7], row[11])
        (theirs if first[9] else mine).append(record)
        if first[10]:
            reasons[record.pk] = first[10]
    return mine, theirs, reasons


def _cases(events: QuerySet) -> dict[int, Case]:
    """Return what the rules must know of the stages of these events' chains. Two queries.

    A stage that does not apply stands for its own prerequisites.
    """
    needed: dict[int, list[int]] = {}
    for target, source in StageTemplate.prerequisites.through.objects.values_list(
        "from_stagetemplate", "to_stagetemplate"
    ):
        needed.setdefault(target, []).append(source)
    columns = ("pk", "chain", "stage_template", "code", "state", "closed_at", "committed_amount", "chain__started_on")
    stages = Stage.objects.filter(chain__in=events.order_by().values("stage__chain")).order_by("chain", "position")
    chains: dict[int, dict[int, tuple]] = {}
    for row in stages.values_list(*columns):
        chains.setdefault(row[1], {})[row[2]] = row
    cases = {}
    for by_template in chains.values():
        for row in by_template.values():
            before = tuple(_before(row[2], by_template, needed))
            cases[row[0]] = Case(row[7], None if row[6] is None else float(row[6]), before)
    return cases


def _before(template: int, chain: dict[int, tuple], needed: dict[int, list[int]]):
    """Yield what had to be passed before a stage of the chain."""
    for source in needed.get(template, ()):
        row = chain.get(source)
        if row is None or row[4] in _UNKNOWN:
            continue
        if row[4] == State.NOT_APPLICABLE:
            yield from _before(source, chain, needed)
        else:
            passed = row[4] in PASSED and row[5] is not None
            yield Before(row[3], _local(row[5]).date() if passed else None)


def departments(ids) -> dict[int | None, Department | None]:
    """Return the departments in the order of their codes, which follows the alphabet; None, if among `ids`, is last.

    One query.
    """
    found = {row.pk: row for row in Department.objects.filter(pk__in=[pk for pk in ids if pk]).order_by("code")}
    return found | ({None: None} if None in ids else {})
