"""Reforms on the real portfolio: cases from the database, what they would save, and how a page and a paper tell it.

Design overview
- `Question` is what the address asks: which reforms, until when, which projects, which template's gap. It reads only
  known values, so an old link still opens.
- `cases` reads projects through `approvals.forecasting`; an area assessment counts for a project only where its park
  has one that is valid today and names stages of its template: those stages, and no others.
- `answer` is kept until a fact changes (`approvals.kept`): it holds no rows of the database, only ids and numbers.
Nothing is written here; no project is changed by a simulation.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from approvals import forecast, forecasting, kept, project_filters, reform, reform_data, reform_own
from approvals.models import Chain, ChainTemplate
from approvals.reform import Effect, Gap, Kind, Node
from approvals.reform_course import Case
from approvals.reform_data import Reform
from approvals.reform_forecast import Row, Simulation, simulate
from approvals.template_rows import spec_of
from calendars import store
from calendars.workdays import Moment, WorkCalendar
from gis.models import AreaAssessment
from people.access import city_wide, visible_to
from projects.models import Project

UNTIL = {
    forecast.CONSTRUCTION: _("Start of construction"),
    forecast.COMPLETION: _("Completion"),
}
KINDS = {
    Kind.PARALLEL: _("In parallel"),
    Kind.MERGE: _("Merged"),
    Kind.DROP: _("Dropped"),
    Kind.SHORTEN: _("Shorter limit"),
    Kind.COMMITMENT: _("Informed commitment"),
    Kind.DEFERRAL: _("Papers later"),
    Kind.AREA: _("Area assessment"),
    Kind.BUILD_ON_AWARD: _("Build on award"),
}
BASES = {
    "quoted": _("quoted from a public report"),
    "found": _("from a public text"),
    "common": _("common practice"),
    "constructed": _("constructed for reference"),
    reform_own.OWN: _("not examined"),
}
MOST_OWN = 5
"""Measures of the reader's own at once."""
FILTERS = ("district", "park", "kind", "template")
"""Fields of the project filter that the page offers; others in its address are kept as they are."""


@dataclass(frozen=True)
class Question:
    """What is asked. `chosen` are codes of reforms in the order of the list; `query` narrows the projects.

    `own` are measures of the reader's own (`approvals.reform_own`), always tried.
    """

    chosen: tuple[str, ...]
    until: str
    query: tuple[tuple[str, str], ...]
    ours: str = ""
    own: tuple[str, ...] = ()

    @classmethod
    def of(cls, data) -> "Question":
        """Return the question of an address (a QueryDict): all reforms where none were asked for."""
        known = [one.code for one in reform_data.shipped()]
        asked = set(data.getlist("reform"))
        chosen = tuple(known) if "tried" not in data and not asked else tuple(c for c in known if c in asked)
        until = data.get("until") if data.get("until") in UNTIL else forecast.COMPLETION
        names = project_filters.ProjectFilter.base_fields
        query = tuple(
            sorted(
                (name, value[:100]) for name in data if name in names for value in data.getlist(name) if value.strip()
            )
        )
        own = tuple(dict.fromkeys(text[:80] for text in data.getlist("own") if text.count(":") == 3))[:MOST_OWN]
        return cls(chosen, until, query[:40], data.get("ours", "")[:40], own)

    @property
    def address(self) -> str:
        """The query string that asks the same."""
        pairs = [("tried", "1"), *(("reform", code) for code in self.chosen), ("until", self.until), *self.query]
        pairs += [("own", text) for text in self.own]
        return urlencode([*pairs, *([("ours", self.ours)] if self.ours else [])])


@lru_cache(maxsize=256)
def _own(text: str, template: int, _digest: str) -> Reform | None:
    """Return a measure as a reform, None when the template refuses it; one object, so that projects share its work."""
    try:
        return reform_own.make(text, spec_of(ChainTemplate.objects.get(pk=template)))
    except reform_own.OwnRefused:
        return None


def reforms_of(question: Question) -> tuple[Reform, ...]:
    """Return the reforms of the list and the question's own measures. One query where there are such."""
    if not question.own:
        return reform_data.shipped()
    by_code = {row.code: row for row in templates()}
    made = [_own(text, *_version(by_code[code])) for text in question.own if (code := text.split(":")[0]) in by_code]
    return (*reform_data.shipped(), *(one for one in made if one is not None))


# --- the gap between two templates ------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _stages(template: int, _digest: str) -> dict[str, Node]:
    """Return the stages of a published version, which never changes. Four queries the first time."""
    return {n.code: n for n in reform_data.nodes_of(spec_of(ChainTemplate.objects.get(pk=template)).stages)}


def stages_of(template: ChainTemplate) -> Mapping[str, Node]:
    """Return what a template version says of its stages, by code, in its order."""
    if not template.content_sha256:  # a version that was not published in the ordinary way: nothing names its content
        return {node.code: node for node in reform_data.nodes_of(spec_of(template).stages)}
    return _stages(template.pk, template.content_sha256)


@lru_cache(maxsize=64)
def _gap(ours: tuple[int, str], code: str, theirs: tuple[int, str]) -> Gap:
    effects = reform_data.effects_for(code, reform_data.shipped())
    return reform.divide(list(_stages(*ours).values()), list(_stages(*theirs).values()), effects)


def templates() -> list[ChainTemplate]:
    """Return the newest published version of every template that some reform touches. One query."""
    touched = {code for one in reform_data.shipped() for code in one.effects}
    found: dict[str, ChainTemplate] = {}
    rows = ChainTemplate.objects.filter(status=ChainTemplate.Status.PUBLISHED, code__in=touched)
    for row in rows.order_by("code", "-version"):
        found.setdefault(row.code, row)
    return list(found.values())


def gap_of(question: Question, choices: Sequence[ChainTemplate]) -> tuple[ChainTemplate, ChainTemplate, Gap] | None:
    """Return (template, benchmark, gap): the one asked for, else the first with a benchmark that reforms reach.

    None where no template has a benchmark. Two queries, and eight the first time.
    """
    codes = {row.benchmark_code for row in choices}
    marks = ChainTemplate.objects.filter(code__in=codes, status=ChainTemplate.Status.PUBLISHED)
    mark_of = {row.code: row for row in marks.order_by("code", "version")}
    pairs = [(row, mark_of[row.benchmark_code]) for row in choices if row.benchmark_code in mark_of]
    if not pairs:
        return None
    told = [(row, mark) for row, mark in pairs if row.code == question.ours]
    pair = told[0] if told else min(pairs, key=lambda one: one[0].stage_count)
    return *pair, _gap(_version(pair[0]), pair[0].code, _version(pair[1]))


def _version(row: ChainTemplate) -> tuple[int, str]:
    return row.pk, row.content_sha256


def reached(template: ChainTemplate, question: Question) -> reform.Figures:
    """Return the figures of the template with the chosen reforms and the own measures."""
    effects = reform_data.effects_for(template.code, reforms_of(question))
    tried = {*question.chosen, *question.own}
    return reform.measure(list(stages_of(template).values()), [one for code, one in effects.items() if code in tried])


# --- the portfolio ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _area(codes: tuple[str, ...]) -> Effect:
    """Return the effect of area assessments: one object per set of stages, projects share what is worked out."""
    return Effect(drops=codes)


def cases(
    projects: QuerySet[Project], now: datetime, calendar: WorkCalendar, reforms: Sequence[Reform] = ()
) -> list[Case]:
    """Return the running projects as cases. Eight queries, and four per template version the first time."""
    projects = projects.exclude(status=Project.Status.CANCELLED).order_by()
    ids = projects.values("pk")
    gathered = forecasting.gather(ids, now, calendar, forecasting.learned(now, calendar))
    template_of = dict(Chain.objects.filter(project__in=ids).values_list("project_id", "template_id"))
    rows = {row.pk: row for row in ChainTemplate.objects.filter(pk__in=set(template_of.values())).defer("source")}
    park_of = dict(projects.filter(park__isnull=False).values_list("pk", "park_id"))
    saved = _assessed(now.date())
    reforms = [one for one in reforms or reform_data.shipped() if one.portfolio]
    area = next((one.code for one in reforms if one.kind == Kind.AREA), None)
    plain = [one for one in reforms if one.kind != Kind.AREA]
    by_template = {row.code: reform_data.effects_for(row.code, plain) for row in rows.values()}
    found = []
    for project, one in gathered.items():
        template = rows[template_of[project]]
        effects = by_template[template.code]
        codes = tuple(sorted(saved.get((park_of.get(project), template.code), ())))
        if codes and area:
            effects = effects | {area: _area(codes)}
        found.append(Case(project, one.course, stages_of(template), effects))
    return found


def _assessed(today: date) -> dict[tuple[int, str], set[str]]:
    """Return the stages that valid assessments save, by (park, template code). One query."""
    found: dict[tuple[int, str], set[str]] = {}
    valid = AreaAssessment.objects.filter(valid_until__gte=today) | AreaAssessment.objects.filter(valid_until=None)
    for park, saves in valid.order_by().values_list("park_id", "saves"):
        for code in saves:
            template, _colon, stage = str(code).rpartition(":")
            found.setdefault((park, template), set()).add(stage)
    return found


def answer(user, question: Question, now: datetime, *, only: str = "") -> tuple[Simulation, int, datetime]:
    """Return (simulation, running projects looked at, instant of its facts). Kept until a fact changes.

    `only` asks for one reform alone (the rows behind its numbers). Two queries when it is kept; else some fifteen, and
    about a millisecond per project.
    """
    form = project_filters.ProjectFilter(_querydict(question.query))
    projects = visible_to(Project.objects.all(), user)
    projects = project_filters.narrow(projects, form.values(), user=user, today=now.date())

    def make():
        reforms = reforms_of(question)
        found = cases(projects, now, store.current(), reforms)
        codes = [one.code for one in reforms if one.portfolio and only in ("", one.code)]
        made = simulate(found, codes, [only] if only else [*question.chosen, *question.own], until=question.until)
        return (replace(made, single_rows={}), len(found)), True

    who = "city" if city_wide(user) and ("mine", "on") not in question.query else f"user-{user.pk}"
    name = hashlib.sha256(f"{who}:{only}:{question.address}".encode()).hexdigest()
    large = projects.count() >= kept.LARGE
    (simulation, count), at = kept.read(f"reform:{name}", kept.version((), now), now, make, large=large)
    return simulation, count, at


def _querydict(pairs) -> QueryDict:
    return QueryDict(urlencode(pairs))


# --- telling ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """A row of the list: the project with dates at P50 before and after."""

    project: Project
    before: Moment | None
    after: Moment | None
    row: Row
    reforms: tuple[str, ...]


def told(rows: Sequence[Row], question: Question, now: datetime, calendar: WorkCalendar) -> list[Told]:
    """Return rows with their projects and dates. One query."""
    by_pk = Project.objects.select_related("enterprise", "park").in_bulk([row.key for row in rows])
    names = {one.code: one.name for one in reforms_of(question)}
    return [
        Told(
            by_pk[row.key],
            None if row.before is None else forecast.moment(row.before, now, calendar),
            None if row.after is None else forecast.moment(row.after, now, calendar),
            row,
            tuple(names[code] for code in row.reforms),
        )
        for row in rows
        if row.key in by_pk
    ]


def scope_words(question: Question) -> str:
    """Return which projects a question is about, in words. Five prepared queries at most."""
    if not question.query:
        return str(_("All running projects"))
    known = project_filters.choices()
    known["kind"] = [(code, str(label)) for code, label in Project.Kind.choices]
    fields = project_filters.ProjectFilter.base_fields
    words: dict[str, list[str]] = {}
    for name, value in question.query:
        label = dict((str(code), label) for code, label in known.get(name, ())).get(value, value)
        words.setdefault(str(fields[name].label), []).append(str(label))
    return " · ".join(f"{name} {' '.join(labels)}" for name, labels in words.items())
