"""The difference between two versions of a template, field by field. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from approvals.chain_spec import MaterialSpec, PhaseSpec, ProcedureSpec, StageSpec, TemplateSpec
from approvals.labels import BASIS_LABELS, CASE_LABELS, KIND_LABELS, gate_label, limit_label

HEAD = {
    "name": gettext_lazy("name"),
    "kind": gettext_lazy("kind"),
    "applies_to": gettext_lazy("applies to"),
    "benchmark": gettext_lazy("benchmark"),
    "source": gettext_lazy("source"),
    "phases": gettext_lazy("phases"),
}
STAGE = {
    "name": gettext_lazy("name"),
    "short_name": gettext_lazy("short name"),
    "phase": gettext_lazy("phase"),
    "department": gettext_lazy("department"),
    "case_type": gettext_lazy("case type"),
    "statutory": gettext_lazy("statutory limit"),
    "statutory_note": gettext_lazy("statutory limit in words"),
    "committed": gettext_lazy("committed limit"),
    "lag_days": gettext_lazy("lag before it (working days)"),
    "prerequisites": gettext_lazy("prerequisites"),
    "gates": gettext_lazy("factor gates"),
    "materials": gettext_lazy("materials"),
    "special_procedures": gettext_lazy("special procedures allowed"),
    "valid_months": gettext_lazy("result valid (months)"),
    "extension_days": gettext_lazy("extension allowed (days)"),
    "commitment_route": gettext_lazy("informed commitment allowed"),
    "benchmark_stage": gettext_lazy("benchmark stage"),
    "legal_source": gettext_lazy("legal source"),
    "basis": gettext_lazy("basis of the figures"),
    "note": gettext_lazy("note"),
}


@dataclass(frozen=True)
class FieldChange:
    """One field that differs; `before` and `after` are texts, "" for nothing."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class StageChange:
    """A stage that was "added", "removed" or "changed" (its fields), or "moved" without any other change."""

    kind: str
    code: str
    name: str
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True)
class TemplateDiff:
    """What differs: fields of the head, stages in the order of the newer version, removed ones last."""

    head: tuple[FieldChange, ...]
    stages: tuple[StageChange, ...]

    def __bool__(self) -> bool:
        return bool(self.head or self.stages)

    def count(self, kind: str) -> int:
        """Return the number of stages with that kind of change."""
        return sum(stage.kind == kind for stage in self.stages)

    added = property(lambda self: self.count("added"))
    removed = property(lambda self: self.count("removed"))
    changed = property(lambda self: self.count("changed") + self.count("moved"))


def compare_versions(old: TemplateSpec, new: TemplateSpec) -> TemplateDiff:
    """Return what `new` says otherwise than `old`. Stages are matched by code."""
    return TemplateDiff(tuple(_fields(HEAD, old, new)), tuple(_stages(old, new)))


def fields_between(old: StageSpec, new: StageSpec, keys) -> tuple[FieldChange, ...]:
    """Return the fields of a stage among `keys` that differ, in the order in which a version shows them."""
    return tuple(_fields({key: label for key, label in STAGE.items() if key in keys}, old, new))


def _fields(labels: dict, old, new) -> Iterator[FieldChange]:
    for key, label in labels.items():
        before, after = getattr(old, key), getattr(new, key)
        if before != after:
            yield FieldChange(str(label), in_words(key, before), in_words(key, after))


def _stages(old: TemplateSpec, new: TemplateSpec) -> Iterator[StageChange]:
    before = {stage.code: stage for stage in old.stages}
    after = {stage.code: stage for stage in new.stages}
    common_old = [code for code in before if code in after]
    common_new = [code for code in after if code in before]
    moved = {b for a, b in zip(common_old, common_new, strict=True) if a != b}
    for code, stage in after.items():
        if code not in before:
            yield StageChange("added", code, stage.name, tuple(_fields(STAGE, StageSpec(code), stage)))
        elif before[code] != stage:
            yield StageChange("changed", code, stage.name, tuple(_fields(STAGE, before[code], stage)))
        elif code in moved:
            yield StageChange("moved", code, stage.name)
    for code, stage in before.items():
        if code not in after:
            yield StageChange("removed", code, stage.name)


# --- values in words --------------------------------------------------------------------------------------------------


def in_words(key: str, value) -> str:
    """Return a field's value as a reader sees it."""
    if value is None or value == "":
        return ""
    if key in ("statutory", "committed"):
        return limit_label(value)
    if key == "case_type":
        return str(CASE_LABELS.get(value, value))
    if key == "basis":
        return str(BASIS_LABELS.get(value, value))
    if key == "kind":
        return str(KIND_LABELS.get(value, value))
    if key == "gates":
        return _list(gate_label(gate) for gate in value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        return f"{value:.1f}"
    if isinstance(value, tuple):
        return _list(_item(item) for item in value)
    return str(value)


def _list(items) -> str:
    return pgettext("between items of a list", ", ").join(items)


def _item(item) -> str:
    if isinstance(item, PhaseSpec):
        return f"{item.code} {item.name}"
    if isinstance(item, ProcedureSpec):
        return f"{item.name} {limit_label(item.limit)}" if item.limit else item.name
    if isinstance(item, MaterialSpec):
        marks = material_marks(item)
        return f"{item.name} [{_list(marks)}]" if marks else item.name
    return str(item)


def material_marks(material: MaterialSpec) -> list[str]:
    """Return the marks of a document in words: optional, may be deferred, reused from a stage."""
    marks = []
    if not material.required:
        marks.append(_("optional"))
    if material.deferrable:
        marks.append(_("may be deferred"))
    if material.source_stage:
        marks.append(_("from stage %(code)s") % {"code": material.source_stage})
    elif material.reusable:
        marks.append(_("from the library"))
    return marks
