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
from approvals.track import Unit


def check(spec: TemplateSpec) -> list[Problem]:
    """Return every broken rule, in the order of the file. An empty list: the version may be published."""
    problems = [*_check_head(spec), *_check_phases(spec)]
    for stage in spec.stages:
        problems += _check_stage(spec, stage)
    problems += _check_network(spec)
    return sorted(problems, key=lambda problem: problem.line)


def _check_head(spec: TemplateSpec) -> Iterator[Problem]:
    if not TEMPLATE_CODE.fullmatch(spec.code):
        yield Problem(
            _("Template code “%(code)s”: up to 40 Latin letters, digits, dots, hyphens or underscores are allowed.")
            % {"code": spec.code},
            spec.line_of("code"),
        )
    if not spec.name:
        yield Problem(_("The template has no name."), spec.line_of("name"))
    if spec.version < 1:
        yield Problem(_("The version must be a whole number from 1 up."), spec.line_of("version"))
    if spec.kind not in KINDS:
        yield _unknown_choice("kind", spec.kind, KINDS, spec.line_of("kind"))
    if not spec.stages:
        yield Problem(_("The template has no stages."), spec.line_of("stages"))
    if len(spec.stages) > MAX_STAGES:
        yield Problem(
            _("The template has %(count)d stages; at most %(most)d are allowed.")
            % {"count": len(spec.stages), "most": MAX_STAGES},
            spec.line_of("stages"),
        )
    yield from _too_long(spec, ("name", "applies_to", "source", "benchmark", "note"), "")


def _check_phases(spec: TemplateSpec) -> Iterator[Problem]:
    seen = Counter()
    for phase in spec.phases:
        seen[phase.code] += 1
        if seen[phase.code] == 2:
            yield Problem(_("Phase code “%(code)s” is used twice.") % {"code": phase.code}, phase.line)
        if not 1 <= len(phase.code) <= 20 or not 1 <= len(phase.name) <= 60:
            yield Problem(
                _("Phase “%(code)s”: the code has 1 to 20 characters and the name 1 to 60.") % {"code": phase.code},
                phase.line,
            )
        if phase.standard_no is not None and not 1 <= phase.standard_no <= 5:
            yield Problem(
                _("Phase “%(code)s”: the standard phase is a number from 1 to 5.") % {"code": phase.code}, phase.line
            )


def _check_stage(spec: TemplateSpec, stage: StageSpec) -> Iterator[Problem]:
    code = stage.code
    if not STAGE_CODE.fullmatch(code):
        yield Problem(
            _("Stage code “%(code)s”: up to 20 letters, digits, dots, hyphens or underscores, no spaces.")
            % {"code": code},
            stage.line_of("code"),
            code,
        )
    if stage.phase not in {phase.code for phase in spec.phases}:
        yield Problem(
            _("Stage “%(stage)s”: unknown phase “%(phase)s”.") % {"stage": code, "phase": stage.phase},
            stage.line_of("phase"),
            code,
        )
    if stage.case_type not in CASE_TYPES:
        yield _unknown_choice("case_type", stage.case_type, CASE_TYPES, stage.line_of("case_type"), code)
    if stage.basis and stage.basis not in BASES:
        yield _unknown_choice("basis", stage.basis, BASES, stage.line_of("basis"), code)
    yield from _check_limits(stage)
    yield from _check_gates(stage)
    yield from _check_materials(spec, stage)
    names = ("name", "short_name", "department", "statutory_note", "benchmark_stage", "legal_source", "note")
    yield from _too_long(stage, names, code)


def _check_limits(stage: StageSpec) -> Iterator[Problem]:
    code, milestone = stage.code, stage.case_type == "milestone"
    limits = [("statutory", stage.statutory, False), ("limit", stage.committed, milestone)]
    limits += [("special_procedures", procedure.limit, False) for procedure in stage.special_procedures]
    for key, limit, may_be_zero in limits:
        if limit is None:
            continue
        amount = limit.amount
        if amount < 0 or (amount == 0 and not may_be_zero):
            yield Problem(
                _("Stage “%(stage)s”: the limit must be above zero, not %(amount)s (zero is for milestones only).")
                % {"stage": code, "amount": amount},
                stage.line_of(key),
                code,
            )
        elif amount > MAX_AMOUNT or -amount.as_tuple().exponent > 1:
            yield Problem(
                _("Stage “%(stage)s”: a limit has at most one decimal and is at most 9999.9 days, not %(amount)s.")
                % {"stage": code, "amount": amount},
                stage.line_of(key),
                code,
            )
        elif limit.unit == Unit.CALENDAR_DAY and amount != amount.to_integral_value():
            yield Problem(
                _("Stage “%(stage)s”: calendar days are whole, %(amount)s is not.") % {"stage": code, "amount": amount},
                stage.line_of(key),
                code,
            )
    statutory, committed = stage.statutory, stage.committed
    if statutory and committed and statutory.unit == committed.unit and committed.amount > statutory.amount:
        yield Problem(
            _("Stage “%(stage)s”: the committed limit %(committed)s is longer than the statutory limit %(statutory)s.")
            % {"stage": code, "committed": committed.amount, "statutory": statutory.amount},
            stage.line_of("limit"),
            code,
        )
    for key in ("lag_days", "extension_days", "valid_months"):
        value = getattr(stage, key)
        if value is not None and (value < 0 or value > MAX_AMOUNT or -Decimal(value).as_tuple().exponent > 1):
            yield Problem(
                _("Stage “%(stage)s”: “%(key)s” is a number from 0 up with at most one decimal, not %(value)s.")
                % {"stage": code, "key": key, "value": value},
                stage.line_of(key),
                code,
            )


def _check_gates(stage: StageSpec) -> Iterator[Problem]:
    for gate in stage.gates:
        factor, colon, source = gate.partition(":")
        if factor not in FACTORS:
            yield _unknown_choice("gates", factor, FACTORS, stage.line_of("gates"), stage.code)
        elif colon and (factor != "water" or source not in WATER_SOURCES):
            choices = tuple(f"water:{name}" for name in WATER_SOURCES)
            yield _unknown_choice("gates", gate, choices, stage.line_of("gates"), stage.code)
    if len(set(stage.gates)) < len(stage.gates):
        yield Problem(
            _("Stage “%(stage)s”: a factor gate is named twice.") % {"stage": stage.code},
            stage.line_of("gates"),
            stage.code,
        )


def _check_materials(spec: TemplateSpec, stage: StageSpec) -> Iterator[Problem]:
    codes = {other.code for other in spec.stages}
    seen = set()
    for material in stage.materials:
        words = {"stage": stage.code, "material": material.name, "source": material.source_stage}
        if not material.name or len(material.name) > 120:
            yield Problem(
                _("Stage “%(stage)s”: the name of a material has 1 to 120 characters.") % words,
                material.line,
                stage.code,
            )
        if material.name in seen:
            yield Problem(
                _("Stage “%(stage)s”: material “%(material)s” is listed twice.") % words, material.line, stage.code
            )
        seen.add(material.name)
        if material.source_stage and (material.source_stage not in codes or material.source_stage == stage.code):
            yield Problem(
                _("Stage “%(stage)s”, material “%(material)s”: no other stage “%(source)s” that could give it.")
                % words,
                material.line,
                stage.code,
            )
    for procedure in stage.special_procedures:
        if not procedure.name or len(procedure.name) > 120:
            yield Problem(
                _("Stage “%(stage)s”: the name of a special procedure has 1 to 120 characters.")
                % {"stage": stage.code},
                procedure.line,
                stage.code,
            )


def _check_network(spec: TemplateSpec) -> Iterator[Problem]:
    """Yield duplicates, unknown and repeated prerequisites, and one cycle when nothing else is wrong with the graph."""
    broken, codes = False, {}
    for stage in spec.stages:
        if stage.code in codes:
            broken = True
            yield Problem(
                _("Stage code “%(code)s” is used twice.") % {"code": stage.code}, stage.line_of("code"), stage.code
            )
        codes.setdefault(stage.code, stage)
    for stage in spec.stages:
        for name in stage.prerequisites:
            if name not in codes:
                broken = True
                yield Problem(
                    _("Stage “%(stage)s”: unknown prerequisite “%(name)s”.") % {"stage": stage.code, "name": name},
                    stage.line_of("prerequisites"),
                    stage.code,
                )
    if broken:
        return
    try:
        analyse([activity(stage) for stage in spec.stages])
    except CycleError as error:
        first = codes[error.codes[0]]
        yield Problem(
            _("The stages wait for each other in a circle: %(circle)s.") % {"circle": " → ".join(error.codes)},
            first.line_of("prerequisites"),
            first.code,
        )
    except NetworkError:
        return  # a negative limit or lag: already told where the limits are checked


def _unknown_choice(key: str, value: str, choices: Iterable[str], line: int, stage: str = "") -> Problem:
    return Problem(
        _("“%(key)s” cannot be “%(value)s”; it is one of: %(choices)s.")
        % {"key": key, "value": value, "choices": ", ".join(choices)},
        line,
        stage,
    )


def _too_long(spec, keys: Iterable[str], stage: str) -> Iterator[Problem]:
    for key in keys:
        if len(getattr(spec, key)) > LENGTHS[key]:
            yield Problem(
                _("“%(key)s” has more than %(most)d characters.") % {"key": key, "most": LENGTHS[key]},
                spec.line_of(key),
                stage,
            )
