"""Chain templates as YAML files: read with line numbers, write. Pure; the format is told in `docs/chain-format.md`.

`read` never builds Python objects from tags: it composes the node tree (safe loader), refuses aliases, deep nesting and
big files, and turns each node into the dataclasses of `approvals.chain_spec`. All mistakes are collected, each with the
line it stands on.
"""

import difflib
import re
from dataclasses import replace
from decimal import Decimal, InvalidOperation

import yaml
from django.utils.translation import gettext as _

from approvals import chain_rules, chain_spec
from approvals.chain_spec import MaterialSpec, PhaseSpec, Problem, ProcedureSpec, StageSpec, TemplateSpec
from approvals.track import Limit, Unit

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 12
MAX_LIST = 500
UNITS = {
    "working_day": Unit.WORKING_DAY,
    "calendar_day": Unit.CALENDAR_DAY,
    "工作日": Unit.WORKING_DAY,
    "自然日": Unit.CALENDAR_DAY,
}
WORDS = {"true": True, "yes": True, "是": True, "false": False, "no": False, "否": False}
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same language, ten times quicker where it is built in
NULL = "tag:yaml.org,2002:null"

HEAD_KEYS = ("code", "name", "version", "kind", "applies_to", "benchmark", "source", "note", "phases", "stages")
STAGE_KEYS = (
    "code", "name", "short_name", "phase", "department", "case_type", "statutory", "statutory_note", "limit",
    "lag_days", "prerequisites", "gates", "materials", "special_procedures", "valid_months", "extension_days",
    "commitment_route", "benchmark_stage", "legal_source", "basis", "note",
)  # fmt: skip
STAGE_TEXTS = tuple(
    ["short_name", "phase", "department", "statutory_note", "benchmark_stage", "legal_source", "basis", "note"]
)
PHASE_KEYS = ("code", "name", "standard_no")
MATERIAL_KEYS = ("name", "required", "deferrable", "reusable", "from")
PROCEDURE_KEYS = ("name", "limit")
LIMIT_KEYS = ("amount", "unit")
WHOLE_PROCESS = "全流程"  # data: the name of the one phase of a template that names none


class ChainFormatError(ValueError):
    """The file breaks rules. `problems` lists all of them; `str()` gives one `file:line: sentence` per row."""

    def __init__(self, problems: list[Problem], file: str = ""):
        self.problems, self.file = problems, file
        super().__init__("\n".join(self.sentences()))

    def sentences(self) -> list[str]:
        """Return one sentence per problem, led by file and line."""
        lead = f"{self.file}:" if self.file else ""
        return [f"{lead}{p.line}: {p.message}" if p.line else f"{lead} {p.message}".strip() for p in self.problems]


def read(text: str | bytes, file: str = "") -> TemplateSpec:
    """Return the template of a YAML text that keeps every rule of `chain_rules.check`.

    Raises ChainFormatError with all problems; `file` is only the name they are told with.
    """
    node = _compose(text, file)
    reader = _Reader()
    spec = reader.template(node)
    problems = reader.problems
    if spec is not None:
        problems += chain_rules.check(spec)
    if problems:
        raise ChainFormatError(sorted(problems, key=lambda problem: problem.line), file)
    return spec


def _compose(text: str | bytes, file: str) -> yaml.Node:
    """Return the root node. Raises ChainFormatError when the text is too big, too deep, not UTF-8 or not YAML."""

    def refuse(message, line=0):
        raise ChainFormatError([Problem(message, line)], file)

    if isinstance(text, str):
        text = text.encode()
    if len(text) > MAX_BYTES:
        refuse(_("The file has more than %(most)d bytes.") % {"most": MAX_BYTES})
    try:
        text = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse(_("The file is not UTF-8 text."), text.count(b"\n", 0, error.start) + 1)
    depth = 0
    try:
        for event in yaml.parse(text, Loader=LOADER):
            line = event.start_mark.line + 1
            if isinstance(event, yaml.AliasEvent):
                refuse(_("References (“*name”) are not allowed; write the text out."), line)
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                refuse(_("The text is nested too deeply."), line)
        node = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        refuse(_("This is not valid YAML: %(problem)s.") % {"problem": error.problem}, mark.line + 1 if mark else 0)
    except yaml.YAMLError as error:  # characters that YAML forbids
        refuse(_("This is not valid YAML: %(problem)s.") % {"problem": getattr(error, "reason", error)})
    except RecursionError:
        refuse(_("The text is nested too deeply."))
    if node is None:
        refuse(_("The file is empty."))
    return node


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return _("a mapping")
    return _("a list") if isinstance(node, yaml.SequenceNode) else _("a single value")


class _Reader:
    """Turns nodes into specs and keeps a list of what was wrong on the way."""

    def __init__(self):
        self.problems: list[Problem] = []

    def wrong(self, node: yaml.Node, message: str):
        """Note a problem on the node's line; return None, so that callers may return it."""
        self.problems.append(Problem(message, _line(node)))

    # --- nodes

    def mapping(self, node: yaml.Node, what: str, keys: tuple[str, ...]) -> tuple[dict, dict] | None:
        """Return {key: node} and {key: line}; unknown and repeated keys are noted."""
        if not isinstance(node, yaml.MappingNode):
            return self.wrong(
                node, _("“%(what)s” must be a mapping, not %(kind)s.") % {"what": what, "kind": _kind(node)}
            )
        found, lines = {}, {}
        for key_node, value in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
            if key not in keys:
                self._unknown_key(key_node, key, keys)
            elif key in found:
                self.wrong(key_node, _("Key “%(key)s” is given twice.") % {"key": key})
            else:
                found[key], lines[key] = value, _line(key_node)
        return found, lines

    def _unknown_key(self, node, key, keys):
        near = difflib.get_close_matches(key, keys, n=1, cutoff=0.6)
        if near:
            self.wrong(node, _("Unknown key “%(key)s”; did you mean “%(near)s”?") % {"key": key, "near": near[0]})
        else:
            self.wrong(
                node,
                _("Unknown key “%(key)s”; known are: %(keys)s.") % {"key": key, "keys": ", ".join(keys)},
            )

    def items(self, node: yaml.Node | None, what: str, most: int = MAX_LIST) -> list[yaml.Node]:
        """Return the items of a list; none for a missing or empty value."""
        if node is None or node.tag == NULL:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.wrong(node, _("“%(what)s” must be a list, not %(kind)s.") % {"what": what, "kind": _kind(node)})
            return []
        if len(node.value) > most:
            self.wrong(node, _("“%(what)s” has more than %(most)d items.") % {"what": what, "most": most})
            return []
        return node.value

    def text(self, node: yaml.Node | None, what: str) -> str:
        """Return the text as written (so `code: 01` stays 01), without surrounding spaces."""
        if node is None or node.tag == NULL:
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self.wrong(node, _("“%(what)s” must be a text, not %(kind)s.") % {"what": what, "kind": _kind(node)})
            return ""
        return node.value.strip()

    def number(self, node: yaml.Node | None, what: str, *, whole: bool = False) -> Decimal | int | None:
        """Return a number, or None when it is missing or none."""
        text = self.text(node, what)
        if not text:
            return None
        if not re.fullmatch(r"[+-]?\d{1,9}" if whole else r"[+-]?\d{1,9}(\.\d{1,9})?", text):
            message = (
                _("“%(what)s” must be a whole number, not “%(text)s”.")
                if whole
                else _("“%(what)s” must be a number, not “%(text)s”.")
            )
            return self.wrong(node, message % {"what": what, "text": text[:40]})
        return int(text) if whole else Decimal(text)

    def flag(self, node: yaml.Node | None, what: str, default: bool) -> bool:
        """Return true or false."""
        text = self.text(node, what).lower()
        if text and text not in WORDS:
            self.wrong(node, _("“%(what)s” must be true or false, not “%(text)s”.") % {"what": what, "text": text[:40]})
        return WORDS.get(text, default)

    def limit(self, node: yaml.Node | None, what: str) -> Limit | None:
        """Return an amount with its unit, written `10 working_day` or `{amount: 10, unit: working_day}`."""
        if node is None or node.tag == NULL:
            return None
        if isinstance(node, yaml.MappingNode):
            found, _lines = self.mapping(node, what, LIMIT_KEYS)
            amount, unit = self.text(found.get("amount"), "amount"), self.text(found.get("unit"), "unit")
        else:
            amount, _space, unit = self.text(node, what).partition(" ")
            glued = re.fullmatch(r"([+-]?[\d.]+)([^\d.\s].*)", amount)
            if glued and not unit:
                amount, unit = glued.groups()
        try:
            number = Decimal(amount)
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite():
            return self.wrong(
                node,
                _("“%(what)s” must be a number of days with its unit, such as “10 working_day”, not “%(text)s”.")
                % {"what": what, "text": f"{amount} {unit}".strip()[:40]},
            )
        if not unit:
            return self.wrong(
                node,
                _("“%(what)s” has no unit: write “%(amount)s working_day” or “%(amount)s calendar_day”.")
                % {"what": what, "amount": amount},
            )
        if unit.strip() not in UNITS:
            return self.wrong(
                node,
                _("“%(what)s”: unknown unit “%(unit)s”; it is working_day or calendar_day.")
                % {"what": what, "unit": unit[:40]},
            )
        return Limit(number, UNITS[unit.strip()])

    # --- parts of a template

    def template(self, node: yaml.Node) -> TemplateSpec | None:
        """Return the whole template, or None when it is not even a mapping."""
        opened = self.mapping(node, "template", HEAD_KEYS)
        if opened is None:
            return None
        found, lines = opened
        for key in ("code", "name", "version", "stages"):
            if key not in found:
                self.wrong(node, _("Key “%(key)s” is missing.") % {"key": key})
        stages = [self.stage(item) for item in self.items(found.get("stages"), "stages", chain_spec.MAX_STAGES)]
        stages = [stage for stage in stages if stage is not None]
        phases = [self.phase(item) for item in self.items(found.get("phases"), "phases")]
        phases, stages = _with_phases([phase for phase in phases if phase], stages)
        version = self.number(found.get("version"), "version", whole=True)
        texts = {key: self.text(found.get(key), key) for key in ("code", "applies_to", "source", "benchmark", "note")}
        name = self.text(found.get("name"), "name")
        if "code" not in found or "name" not in found or version is None or not stages:
            return None if self.problems else TemplateSpec(texts["code"], name, 0, line=_line(node), lines=lines)
        return TemplateSpec(
            name=name,
            version=version,
            kind=self.text(found.get("kind"), "kind") or "city",
            phases=phases,
            stages=stages,
            line=_line(node),
            lines=lines,
            **texts,
        )

    def phase(self, node: yaml.Node) -> PhaseSpec | None:
        """Return one phase: a mapping, or just its name."""
        if isinstance(node, yaml.ScalarNode):
            return PhaseSpec(node.value.strip(), node.value.strip(), line=_line(node))
        opened = self.mapping(node, "phases", PHASE_KEYS)
        if opened is None:
            return None
        found, _lines = opened
        code = self.text(found.get("code"), "code")
        name = self.text(found.get("name"), "name") or code
        standard_no = self.number(found.get("standard_no"), "standard_no", whole=True)
        return PhaseSpec(code, name, standard_no, line=_line(node))

    def stage(self, node: yaml.Node) -> StageSpec | None:
        """Return one stage; None when it has no code."""
        opened = self.mapping(node, "stages", STAGE_KEYS)
        if opened is None:
            return None
        found, lines = opened
        code = self.text(found.get("code"), "code")
        if not code:
            return self.wrong(node, _("A stage has no code."))
        committed = self.limit(found.get("limit"), "limit")
        milestone = committed is not None and committed.amount == 0
        return StageSpec(
            code=code,
            name=self.text(found.get("name"), "name") or code,
            case_type=self.text(found.get("case_type"), "case_type") or ("milestone" if milestone else "committed"),
            statutory=self.limit(found.get("statutory"), "statutory"),
            committed=committed,
            lag_days=self.number(found.get("lag_days"), "lag_days") or chain_spec.ZERO,
            prerequisites=self.names(found.get("prerequisites"), "prerequisites", chain_spec.MAX_STAGES),
            gates=self.names(found.get("gates"), "gates"),
            materials=self.materials(found.get("materials")),
            special_procedures=self.procedures(found.get("special_procedures")),
            valid_months=self.number(found.get("valid_months"), "valid_months", whole=True),
            extension_days=self.number(found.get("extension_days"), "extension_days"),
            commitment_route=self.flag(found.get("commitment_route"), "commitment_route", False),
            line=_line(node),
            lines=lines,
            **{key: self.text(found.get(key), key) for key in STAGE_TEXTS},
        )

    def names(self, node: yaml.Node | None, what: str, most: int = MAX_LIST) -> tuple[str, ...]:
        """Return a list of codes without repetitions."""
        names = (self.text(item, what) for item in self.items(node, what, most))
        return tuple(dict.fromkeys(name for name in names if name))

    def materials(self, node: yaml.Node | None) -> tuple[MaterialSpec, ...]:
        """Return the documents asked for: a name each, or a mapping with its marks."""
        result = []
        for item in self.items(node, "materials"):
            if isinstance(item, yaml.ScalarNode):
                result.append(MaterialSpec(self.text(item, "materials"), line=_line(item)))
            elif opened := self.mapping(item, "materials", MATERIAL_KEYS):
                found, _lines = opened
                source = self.text(found.get("from"), "from")
                result.append(
                    MaterialSpec(
                        name=self.text(found.get("name"), "name"),
                        required=self.flag(found.get("required"), "required", True),
                        deferrable=self.flag(found.get("deferrable"), "deferrable", False),
                        reusable=self.flag(found.get("reusable"), "reusable", bool(source)),
                        source_stage=source,
                        line=_line(item),
                    )
                )
        return tuple(result)

    def procedures(self, node: yaml.Node | None) -> tuple[ProcedureSpec, ...]:
        """Return the special procedures allowed: a name each, or a mapping with a limit."""
        result = []
        for item in self.items(node, "special_procedures"):
            if isinstance(item, yaml.ScalarNode):
                result.append(ProcedureSpec(self.text(item, "special_procedures"), line=_line(item)))
            elif opened := self.mapping(item, "special_procedures", PROCEDURE_KEYS):
                found, _lines = opened
                limit = self.limit(found.get("limit"), "limit")
                result.append(ProcedureSpec(self.text(found.get("name"), "name"), limit, line=_line(item)))
        return tuple(result)


def _with_phases(phases: list[PhaseSpec], stages: list[StageSpec]):
    """Return phases and stages of a file that may leave the phases out: those named by stages, or a single one."""
    if not phases:
        names = dict.fromkeys(stage.phase for stage in stages if stage.phase)
        phases = [PhaseSpec(name, name) for name in names]
        if not all(stage.phase for stage in stages) or not names:
            phases.append(PhaseSpec("ALL", WHOLE_PROCESS))
            stages = [replace(stage, phase=stage.phase or "ALL") for stage in stages]
    return tuple(phases), tuple(stages)


# --- writing ---------------------------------------------------------------------------------------------------------


def write(spec: TemplateSpec) -> str:
    """Return the template as YAML that `read` turns into an equal spec. Empty fields are left out."""
    head = {key: getattr(spec, key) for key in HEAD_KEYS[:-2]}
    head["phases"] = [_filled({key: getattr(phase, key) for key in PHASE_KEYS}) for phase in spec.phases]
    head["stages"] = [_stage(stage) for stage in spec.stages]
    return yaml.safe_dump(_filled(head), allow_unicode=True, sort_keys=False, default_flow_style=None, width=120)


def _stage(stage: StageSpec) -> dict:
    values = {key: getattr(stage, "committed" if key == "limit" else key) for key in STAGE_KEYS}
    values["materials"] = [_material(material) for material in stage.materials]
    values["special_procedures"] = [_filled({"name": p.name, "limit": p.limit}) for p in stage.special_procedures]
    if stage.case_type == "committed":
        del values["case_type"]
    return _filled(values)


def _material(material: MaterialSpec) -> str | dict:
    marks = {
        "required": None if material.required else False,
        "deferrable": material.deferrable or None,
        "reusable": material.reusable if material.reusable != bool(material.source_stage) else None,
        "from": material.source_stage,
    }
    marked = _filled(marks)
    return {"name": material.name, **marked} if marked else material.name


def _filled(values: dict) -> dict:
    """Return the values that say something, as plain YAML values."""
    result = {}
    for key, value in values.items():
        if isinstance(value, Limit):
            result[key] = f"{_number(value.amount)} {Unit(value.unit).value}"
        elif isinstance(value, Decimal):
            if value:
                result[key] = float(value) if value % 1 else int(value)
        elif isinstance(value, tuple):
            if value:
                result[key] = list(value)
        elif value not in (None, "", []) and not (value is False and key == "commitment_route"):
            result[key] = value
    return result


def _number(amount: Decimal) -> str:
    return f"{amount:.1f}".removesuffix(".0")
