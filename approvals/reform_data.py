"""The list of reforms as data: reads `approvals/reforms.yaml` and holds it against the chain templates.

Which stages a reform may touch, and by which rule or policy, stands in that file and nowhere in code. `check` names
what a template's own data contradicts: a stage that does not exist, a limit that would grow, a stage run beside one
whose result is among its papers, an informed commitment for a market service, papers deferred that nobody may defer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import yaml

from approvals.chain_spec import BASES, StageSpec, TemplateSpec, activity
from approvals.reform import Effect, Kind, Merge, Node
from approvals.track import Unit

FILE = Path(__file__).with_name("reforms.yaml")
REFORM_KEYS = {
    *("code", "kind", "name", "what", "source", "source_checked", "source_note", "basis", "effects"),
    *("portfolio", "why"),
}
EFFECT_KEYS = {"templates", "drops", "caps", "parallel", "links", "merge", "defers"}


@dataclass(frozen=True)
class Reform:
    """A measure: what is done, by which source, and its effect by template code.

    `portfolio` is false for what needs a finding on each project first (`why` says which): it counts in the comparison
    with a benchmark and never on running projects. `basis` is one of `chain_spec.BASES`. `source_open`: nobody has held
    the source against its text, it is not to be quoted; `source_note` says what was looked at.
    """

    code: str
    kind: Kind
    name: str
    what: str
    source: str
    basis: str
    effects: Mapping[str, Effect]
    portfolio: bool = True
    why: str = ""
    source_open: bool = False
    source_note: str = ""


class ReformDataError(ValueError):
    """The file of reforms breaks a rule of its form."""


@cache
def shipped() -> tuple[Reform, ...]:
    """Return the reforms of the file, in its order. Read once per process; raises ReformDataError."""
    return read(FILE.read_text(encoding="utf-8"))


def read(text: str) -> tuple[Reform, ...]:
    """Return the reforms of a YAML text. Raises ReformDataError for an unknown key, kind or basis, or a code twice."""
    rows = (yaml.safe_load(text) or {}).get("reforms") or []
    reforms = tuple(_reform(row) for row in rows)
    codes = [reform.code for reform in reforms]
    if len(set(codes)) < len(codes):
        raise ReformDataError("a code twice")
    return reforms


def _reform(row: dict) -> Reform:
    if unknown := set(row) - REFORM_KEYS:
        raise ReformDataError(f"{row.get('code')}: unknown {sorted(unknown)}")
    if row["basis"] not in BASES or not row["source"]:
        raise ReformDataError(f"{row['code']}: basis and source are needed")
    if not row.get("portfolio", True) and not row.get("why"):
        raise ReformDataError(f"{row['code']}: why not on the portfolio?")
    if not isinstance(row.get("source_checked"), bool) or not row.get("source_note"):
        raise ReformDataError(f"{row['code']}: was its source checked, and against what?")
    effects: dict[str, Effect] = {}
    for one in row["effects"]:
        if unknown := set(one) - EFFECT_KEYS:
            raise ReformDataError(f"{row['code']}: unknown {sorted(unknown)}")
        made = _effect(one, Kind(row["kind"]))
        for template in one["templates"]:
            if template in effects:
                raise ReformDataError(f"{row['code']}: {template} twice")
            effects[template] = made
    plain = {key: row[key] for key in ("code", "name", "what", "source", "source_note", "basis")}
    return Reform(
        kind=Kind(row["kind"]),
        effects=effects,
        portfolio=row.get("portfolio", True),
        why=row.get("why", ""),
        source_open=not row["source_checked"],
        **plain,
    )


def _codes(values) -> tuple[str, ...]:
    return tuple(str(value) for value in values or ())


def _effect(one: dict, kind: Kind) -> Effect:
    merge = one.get("merge")
    made = ()
    if merge:
        saves = Decimal(str(merge.get("saves", 0)))
        made = (Merge(_codes(merge["stages"]), merge["name"], saves, _codes(merge.get("after"))),)
    return Effect(
        drops=_codes(one.get("drops")),
        caps={str(code): Decimal(str(days)) for code, days in (one.get("caps") or {}).items()},
        parallel=tuple((str(stage), str(other)) for stage, other in one.get("parallel") or ()),
        links={str(code): _codes(names) for code, names in (one.get("links") or {}).items()},
        merges=made,
        defers=_codes(one.get("defers")),
        at_once=kind == Kind.COMMITMENT,
    )


# --- templates --------------------------------------------------------------------------------------------------------


def deferrable(stage: StageSpec) -> Fraction:
    """Return the share of the papers asked for that may come later."""
    asked = [material for material in stage.materials if material.required]
    return Fraction(sum(material.deferrable for material in asked), len(asked)) if asked else Fraction(0)


def nodes_of(stages: Iterable[StageSpec]) -> list[Node]:
    """Return the stages of a template as reforms see them: nothing has begun."""
    return [
        Node(
            code=stage.code,
            name=stage.short_name or stage.name,
            days=activity(stage).working_days,
            prerequisites=stage.prerequisites,
            lag_days=stage.lag_days,
            in_sum=stage.committed is not None and stage.committed.unit == Unit.WORKING_DAY or stage.committed is None,
            benchmark_stage=stage.benchmark_stage,
            deferrable=deferrable(stage),
        )
        for stage in stages
    ]


def effects_for(template: str, reforms: Sequence[Reform]) -> dict[str, Effect]:
    """Return the effects on one template, by reform; reforms that do not name it are left out."""
    return {reform.code: reform.effects[template] for reform in reforms if template in reform.effects}


def check(reforms: Sequence[Reform], templates: Iterable[TemplateSpec]) -> list[str]:
    """Return what the data of the templates contradicts, as sentences in English for tests and `manage.py verify`."""
    found = []
    for spec in templates:
        stages = {stage.code: stage for stage in spec.stages}
        merged: set[str] = set()
        for reform in reforms:
            effect = reform.effects.get(spec.code)
            if effect is None:
                continue
            say = f"{reform.code} on {spec.code}: "
            if not any(code in stages for code in effect.stages):
                found.append(say + "names no stage of it")
            found += [say + words for words in _contradictions(effect, stages, reform)]
            names = {code for merge in effect.merges for code in merge.stages}
            if both := names & merged:
                found.append(say + f"{sorted(both)} are merged by another reform already")
            merged |= names
    return found


def _contradictions(effect: Effect, stages: Mapping[str, StageSpec], reform: Reform):
    for code, cap in effect.caps.items():
        stage = stages.get(code)
        if stage and stage.committed and stage.committed.unit == Unit.WORKING_DAY and cap > stage.committed.amount:
            yield f"{code} would take longer"
        if stage and reform.kind == Kind.COMMITMENT and stage.case_type == "market":
            yield f"{code} is a market service: no commitment is given to it"
    for code, other in effect.parallel:
        stage = stages.get(code)
        if stage and other not in stage.prerequisites:
            yield f"{code} does not wait for {other}"
        if stage and any(material.source_stage == other for material in stage.materials):
            yield f"{code} needs the result of {other}"
    for code in effect.defers:
        if code in stages and not deferrable(stages[code]):
            yield f"{code} has no paper that may be deferred"
    for code in effect.drops:
        if code in stages and stages[code].lag_days:
            yield f"{code} stands for construction time"
