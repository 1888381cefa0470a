"""The rules that a chain template keeps before it may be published. Pure; the same for files and for pages."""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from approvals.chain_spec import (
    BASES,
    CASE_TYPES,
    FACTORS,
    KINDS,
    LENGTHS,
    MAX_AMOUNT,
    MAX_STAGES,
    STAGE_CODE,
    TEMPLATE_CODE,
    WATER_SOURCES,
    Problem,
    StageSpec,
    TemplateSpec,
    activity,
)
from approvals.network import CycleError, NetworkError, analyse
from approvals.track import Limit, Unit


def check(spec: TemplateSpec) -> list[Problem]:
    """Return every broken rule, in the order of the file. An empty list: the version may be published."""
    problems = [*_check_head(spec), *_check_phases(spec)]
    for stage in spec.stages:
        problems += check_stage(spec, stage)
    problems += _check_network(spec)
    return sorted(problems, key=lambda problem: problem.line)


def _wrong(holder: TemplateSpec | StageSpec, key: str, message: str, line: int = 0) -> Problem:
    """Return a problem of one key of the template or of a stage, on the line of that key unless one is given."""
    stage = holder.code if isinstance(holder, StageSpec) else ""
    return Problem(message, line or holder.line_of(key), stage, key)


def _not_one_of(holder, key: str, value: str, choices: Iterable[str]) -> Problem:
    return _wrong(
        holder,
        key,
        _("“%(key)s” cannot be “%(value)s”; it is one of: %(choices)s.")
        % {"key": key, "value": value, "choices": ", ".join(choices)},
    )


def _too_long(holder, keys: Iterable[str]) -> Iterator[Problem]:
    for key in keys:
        if len(getattr(holder, key)) > LENGTHS[key]:
            yield _wrong(
                holder, key, _("“%(key)s” has more than %(most)d characters.") % {"key": key, "most": LENGTHS[key]}
            )


# --- head and phases --------------------------------------------------------------------------------------------------


def _check_head(spec: TemplateSpec) -> Iterator[Problem]:
    if not TEMPLATE_CODE.fullmatch(spec.code):
        yield _wrong(
            spec,
            "code",
            _("Template code “%(code)s”: up to 40 Latin letters, digits, dots, hyphens or underscores are allowed.")
            % {"code": spec.code},
        )
    if not spec.name:
        yield _wrong(spec, "name", _("The template has no name."))
    if not 1 <= spec.version <= 9999:
        yield _wrong(spec, "version", _("The version must be a whole number from 1 to 9999."))
    if spec.kind not in KINDS:
        yield _not_one_of(spec, "kind", spec.kind, KINDS)
    if not spec.stages:
        yield _wrong(spec, "stages", _("The template has no stages."))
    if len(spec.stages) > MAX_STAGES:
        yield _wrong(
            spec,
            "stages",
            _("The template has %(count)d stages; at most %(most)d are allowed.")
            % {"count": len(spec.stages), "most": MAX_STAGES},
        )
    yield from _too_long(spec, ("name", "applies_to", "source", "benchmark", "note"))


def _check_phases(spec: TemplateSpec) -> Iterator[Problem]:
    seen = Counter()
    for phase in spec.phases:
        words = {"code": phase.code}
        seen[phase.code] += 1
        if seen[phase.code] == 2:
            yield _wrong(spec, "phases", _("Phase code “%(code)s” is used twice.") % words, phase.line)
        if not 1 <= len(phase.code) <= 20 or not 1 <= len(phase.name) <= 60:
            message = _("Phase “%(code)s”: the code has 1 to 20 characters and the name 1 to 60.") % words
            yield _wrong(spec, "phases", message, phase.line)
        if phase.standard_no is not None and not 1 <= phase.standard_no <= 5:
            message = _("Phase “%(code)s”: the standard phase is a number from 1 to 5.") % words
            yield _wrong(spec, "phases", message, phase.line)


# --- one stage --------------------------------------------------------------------------------------------------------


def check_stage(spec: TemplateSpec, stage: StageSpec) -> Iterator[Problem]:
    """Yield the broken rules of one stage, those of the network apart."""
    if not STAGE_CODE.fullmatch(stage.code):
        yield _wrong(
            stage,
            "code",
            _("Stage code “%(code)s”: up to 20 letters, digits, dots, hyphens or underscores, no spaces.")
            % {"code": stage.code},
        )
    if stage.phase not in {phase.code for phase in spec.phases}:
        yield _wrong(
            stage,
            "phase",
            _("Stage “%(stage)s”: unknown phase “%(phase)s”.") % {"stage": stage.code, "phase": stage.phase},
        )
    if stage.case_type not in CASE_TYPES:
        yield _not_one_of(stage, "case_type", stage.case_type, CASE_TYPES)
    if stage.basis and stage.basis not in BASES:
        yield _not_one_of(stage, "basis", stage.basis, BASES)
    yield from _check_limits(stage)
    yield from _check_gates(stage)
    yield from _check_materials(spec, stage)
    names = ("name", "short_name", "department", "statutory_note", "benchmark_stage", "legal_source", "note")
    yield from _too_long(stage, names)


def _check_limits(stage: StageSpec) -> Iterator[Problem]:
    limits = [("statutory", stage.statutory), ("limit", stage.committed)]
    limits += [("special_procedures", procedure.limit) for procedure in stage.special_procedures]
    for key, limit in limits:
        if limit is not None:
            yield from _check_limit(stage, key, limit)
    statutory, committed = stage.statutory, stage.committed
    if statutory and committed and statutory.unit == committed.unit and committed.amount > statutory.amount:
        yield _wrong(
            stage,
            "limit",
            _("Stage “%(stage)s”: the committed limit %(committed)s is longer than the statutory limit %(statutory)s.")
            % {"stage": stage.code, "committed": committed.amount, "statutory": statutory.amount},
        )
    for key in ("lag_days", "extension_days", "valid_months"):
        value = getattr(stage, key)
        if value is not None and (value < 0 or value > MAX_AMOUNT or not _one_decimal(value)):
            yield _wrong(
                stage,
                key,
                _("Stage “%(stage)s”: “%(key)s” is a number from 0 up with at most one decimal, not %(value)s.")
                % {"stage": stage.code, "key": key, "value": value},
            )


def _check_limit(stage: StageSpec, key: str, limit: Limit) -> Iterator[Problem]:
    words = {"stage": stage.code, "amount": limit.amount}
    may_be_zero = key == "limit" and stage.case_type == "milestone"
    if limit.amount < 0 or (limit.amount == 0 and not may_be_zero):
        message = _("Stage “%(stage)s”: the limit must be above zero, not %(amount)s (zero is for milestones only).")
        yield _wrong(stage, key, message % words)
    elif limit.amount > MAX_AMOUNT or not _one_decimal(limit.amount):
        message = _("Stage “%(stage)s”: a limit has at most one decimal and is at most 9999.9 days, not %(amount)s.")
        yield _wrong(stage, key, message % words)
    elif limit.unit == Unit.CALENDAR_DAY and limit.amount != limit.amount.to_integral_value():
        yield _wrong(stage, key, _("Stage “%(stage)s”: calendar days are whole, %(amount)s is not.") % words)


def _one_decimal(value) -> bool:
    return Decimal(value) * 10 % 1 == 0


def _check_gates(stage: StageSpec) -> Iterator[Problem]:
    for gate in stage.gates:
        factor, colon, source = gate.partition(":")
        if factor not in FACTORS:
            yield _not_one_of(stage, "gates", factor, FACTORS)
        elif colon and (factor != "water" or source not in WATER_SOURCES):
            yield _not_one_of(stage, "gates", gate, (f"water:{name}" for name in WATER_SOURCES))


def _check_materials(spec: TemplateSpec, stage: StageSpec) -> Iterator[Problem]:
    codes = {other.code for other in spec.stages} - {stage.code}
    seen = set()
    for material in stage.materials:
        words = {"stage": stage.code, "material": material.name, "source": material.source_stage}
        if not 1 <= len(material.name) <= 120:
            message = _("Stage “%(stage)s”: the name of a material has 1 to 120 characters.") % words
            yield _wrong(stage, "materials", message, material.line)
        if material.name in seen:
            message = _("Stage “%(stage)s”: material “%(material)s” is listed twice.") % words
            yield _wrong(stage, "materials", message, material.line)
        seen.add(material.name)
        if material.source_stage and material.source_stage not in codes:
            message = _("Stage “%(stage)s”, material “%(material)s”: no other stage “%(source)s” to give it.") % words
            yield _wrong(stage, "materials", message, material.line)
    for procedure in stage.special_procedures:
        if not 1 <= len(procedure.name) <= 120:
            message = _("Stage “%(stage)s”: the name of a special procedure has 1 to 120 characters.")
            yield _wrong(stage, "special_procedures", message % {"stage": stage.code}, procedure.line)


# --- the network ------------------------------------------------------------------------------------------------------


def _check_network(spec: TemplateSpec) -> Iterator[Problem]:
    """Yield repeated codes and unknown prerequisites, and one cycle when nothing else is wrong with the graph."""
    stages: dict[str, StageSpec] = {}
    broken = False
    for stage in spec.stages:
        if stage.code in stages:
            broken = True
            yield _wrong(stage, "code", _("Stage code “%(code)s” is used twice.") % {"code": stage.code})
        stages.setdefault(stage.code, stage)
    for stage in spec.stages:
        for name in stage.prerequisites:
            if name not in stages:
                broken = True
                message = _("Stage “%(stage)s”: unknown prerequisite “%(name)s”.")
                yield _wrong(stage, "prerequisites", message % {"stage": stage.code, "name": name})
    if broken:
        return
    try:
        analyse([activity(stage) for stage in spec.stages])
    except CycleError as error:
        message = _("The stages wait for each other in a circle: %(circle)s.") % {"circle": " → ".join(error.codes)}
        yield _wrong(stages[error.codes[0]], "prerequisites", message)
    except NetworkError:
        return  # a negative limit or lag: already told where the limits are checked
