"""What stands on the card at a rung: rows chosen, texts shortened, figures written. Pure: no HTML, no Django.

`Card.shortened` lists what was cut or left out, for the record of the print; the card itself says it at the place.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from dossiers.bar_svg import days
from dossiers.content import Demand, Dossier, KeyPoint, Lamp, Person, Problem, Stage, Utility
from dossiers.ladder import Rung, Text, shorten

FACES = ("sponsor", "task_force", "service_officer")
SEVERITY = ("statutory", "red", "blocked", "amber", "stale", "green", "stopped", "idle", "done")
NAME_SIZES = ((19, 20), (26, 15), (44, 12))
"""Characters of an enterprise's name up to which a size in points is used; longer ones stand at 10 pt."""
DASH = "—"
OFFICE = re.compile(r"[局委办厅府院](?![长员])")
"""What the name of an office ends in: a post that holds one stands apart from the unit."""


@dataclass(frozen=True)
class Face:
    """Who answers: role, name, office phone, unit and post."""

    person: Person
    post: Text

    @property
    def long(self) -> bool:
        """Whether the name needs smaller type to stand on one line."""
        return 8 < len(self.person.name) <= 20


@dataclass(frozen=True)
class Line:
    """A current stage. `due` is a date, “held” while an open stop holds it off."""

    stage: Stage
    name: Text
    unit: Text
    accepted: str
    ratio: str
    gross: str
    due: str


@dataclass(frozen=True)
class Need:
    """A demand with its note."""

    demand: Demand
    note: Text


@dataclass(frozen=True)
class Trouble:
    """An open problem."""

    problem: Problem
    text: Text
    unit: Text
    due: str


@dataclass(frozen=True)
class Milestone:
    """A key point to come."""

    point: KeyPoint
    planned: str
    note: Text


@dataclass(frozen=True)
class Box:
    """A utility of the park."""

    utility: Utility
    note: str


@dataclass
class Card:
    """The card as it is laid out."""

    rung: Rung
    name_size: int
    project: Text
    place: Text
    industry: Text
    kind: Text
    dates: str
    sentence: str
    advice: str
    faces: list[Face]
    figures: dict
    lines: list[Line] = field(default_factory=list)
    more_lines: int = 0
    needs: list[Need] = field(default_factory=list)
    more_needs: list[str] = field(default_factory=list)
    blockers: list[Demand] = field(default_factory=list)
    more_blockers: int = 0
    missing: Text = Text("")
    troubles: list[Trouble] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    shortened: list[str] = field(default_factory=list)

    @property
    def compact(self) -> bool:
        """Whether blockers stand in two columns."""
        return len(self.blockers) > 3


class _Scissors:
    """Shortens, and keeps account of it."""

    def __init__(self):
        self.done: list[str] = []

    def __call__(self, what: str, text: str, width: int) -> Text:
        short = shorten(text, width)
        if short.cut:
            self.done.append(what)
        return short


def card_of(dossier: Dossier, rung: Rung) -> Card:
    """Return what stands on the card at a rung."""
    cut, basics = _Scissors(), dossier.basics
    year = dossier.data_at.year
    kind = " · ".join(filter(None, [basics.level, basics.kind, basics.status]))
    verdict = dossier.verdict
    card = Card(
        rung=rung,
        name_size=next((size for most, size in NAME_SIZES if len(basics.enterprise or basics.project) <= most), 10),
        project=cut("project", basics.project, rung.project),
        place=cut("place", basics.place, rung.site),
        industry=cut("industry", basics.industry, rung.unit + 4),
        kind=cut("kind", kind, rung.unit + 6),
        dates=" / ".join(iso(day) for day in (basics.signed_on, basics.start_on, basics.finish_on)),
        sentence=verdict.brief if rung.brief and verdict.brief else verdict.sentence,
        advice=verdict.brief_advice if rung.brief else verdict.advice,
        faces=[_face(dossier.person(role), rung, cut) for role in FACES if dossier.person(role)],
        figures=_figures(dossier),
    )
    _chain(card, dossier, rung, cut, year)
    _quota(card, dossier, rung, cut)
    for problem in dossier.problems[: rung.problems]:
        card.troubles.append(
            Trouble(
                problem,
                cut("problem", problem.text, rung.problem),
                cut("unit", problem.unit, rung.unit),
                short_date(problem.due_on, year),
            )
        )
    for point in dossier.next_points[: rung.points]:
        card.milestones.append(Milestone(point, iso(point.planned_on), cut("key point", point.note, rung.note)))
    if dossier.park:
        card.boxes = [Box(utility, shorten(utility.note, rung.utility).text) for utility in dossier.park.utilities]
    left = len(dossier.problems) - len(card.troubles)
    card.shortened = list(dict.fromkeys(cut.done)) + [
        f"{name}: {number}"
        for name, number in (
            ("stages", card.more_lines),
            ("factors", len(card.more_needs)),
            ("blockers", card.more_blockers),
            ("problems", left),
        )
        if number
    ]
    return card


def _face(person: Person, rung: Rung, cut) -> Face:
    own_office = OFFICE.search(person.post)  # 工信局 · 自然资源局副局长, but 工信局局长
    apart = " · " if person.unit and own_office else ""
    post = person.post if person.post.startswith(person.unit) else f"{person.unit}{apart}{person.post}"
    return Face(person, cut("post", post, rung.post))


def _chain(card: Card, dossier: Dossier, rung: Rung, cut, year: int) -> None:
    if dossier.chain is None:
        return
    rows = sorted(dossier.chain.at_work, key=lambda stage: severity(stage.lamp))
    for stage in rows[: rung.stages]:
        card.lines.append(
            Line(
                stage,
                cut("stage", stage.name, rung.stage),
                cut("unit", stage.holder or stage.department, rung.unit),
                short_date(stage.accepted_on, year),
                f"{DASH if stage.net is None else days(stage.net)} / "
                f"{DASH if stage.limit is None else days(stage.limit)}{'*' if stage.in_calendar_days else ''}",
                DASH if stage.gross is None else days(stage.gross),
                "held" if stage.held_off else short_date(stage.due_on, year),
            )
        )
    card.more_lines = len(rows) - len(card.lines)


def _quota(card: Card, dossier: Dossier, rung: Rung, cut) -> None:
    quota = dossier.quota
    if quota is None:
        return
    demands = sorted(quota.demands, key=lambda d: (not d.is_blocked, not d.is_short))
    for demand in demands[: rung.demands]:
        card.needs.append(Need(demand, cut("note", demand.note, rung.note)))
    card.more_needs = [demand.factor for demand in demands[rung.demands :]]
    card.blockers = list(quota.blocked[: rung.blockers])
    card.more_blockers = len(quota.blocked) - len(card.blockers)
    if quota.missing:
        card.missing = cut("gates", "；".join(quota.missing), rung.problem)


def _figures(dossier: Dossier) -> dict:
    basics, chain = dossier.basics, dossier.chain
    found = {
        "investment": yi(basics.investment_wan),
        "done": yi(basics.done_wan),
        "plan": yi(basics.plan_wan),
        "done_rate": percent(basics.done_wan, basics.plan_wan),
        "time_rate": percent(Decimal(basics.done_month.month), Decimal(12)) if basics.done_month else "",
        "done_month": f"{basics.done_month:%Y-%m}" if basics.done_month else "",
    }
    if chain is not None:
        at_work = [stage for stage in chain.stages if stage.status == "running"]
        stuck = [stage for stage in chain.stages if stage.lamp.code == "blocked"]
        found |= {
            "stages_done": chain.done,
            "stages": chain.total,
            "running": len(at_work),
            "stuck": len(stuck),
            "ahead": chain.total - chain.done - len(at_work) - sum(s.status != "running" for s in stuck),
            "net": days(chain.net),
            "promised": days(chain.net_promised),
            "stopped": days(chain.stopped_supplement + chain.stopped_special),
            "gross": days(chain.gross_calendar),
        }
    return found


def severity(lamp: Lamp) -> int:
    """Return the place of a light, the worst first."""
    return SEVERITY.index(lamp.code) if lamp.code in SEVERITY else len(SEVERITY)


def yi(wan: Decimal | None) -> str:
    """Return an amount in 万元 as 亿元 with two decimals, as every page shows it; a dash for none."""
    return DASH if wan is None else f"{wan / 10000:,.2f}"


def percent(part: Decimal | None, whole: Decimal | None) -> str:
    """Return part of whole in per cent, two decimals, half up (domain.md §1.7); "" where there is nothing to count."""
    if part is None or not whole:
        return ""
    return f"{(part * 100 / whole).quantize(Decimal('0.01'), ROUND_HALF_UP)}%"


def iso(day: date | None) -> str:
    """Return a date with its year; a dash for none."""
    return f"{day:%Y-%m-%d}" if day else DASH


def short_date(day: date | None, year: int) -> str:
    """Return a date as month and day within the year, else whole; a dash for none."""
    if day is None:
        return DASH
    return f"{day:%m-%d}" if day.year == year else f"{day:%Y-%m-%d}"
