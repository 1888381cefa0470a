"""Forms of the template pages. They turn what was typed into specs; the rules are those of `approvals.chain_rules`."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals import chain_rules
from approvals.chain_format import MAX_BYTES
from approvals.chain_spec import (
    LENGTHS,
    MAX_AMOUNT,
    ZERO,
    MaterialSpec,
    PhaseSpec,
    ProcedureSpec,
    StageSpec,
    TemplateSpec,
)
from approvals.labels import BASIS_LABELS, CASE_LABELS, FACTOR_LABELS, KIND_LABELS, UNIT_LABELS, WATER_LABELS
from approvals.models import plain_code
from approvals.track import Limit, Unit

UNITS = [("", "—"), *((unit.value, label) for unit, label in UNIT_LABELS.items())]
FIELD_OF_KEY = {"limit": "committed", "special_procedures": None, "materials": None}
"""Where a broken rule of a key is shown; None: on top of the form."""


def _text(label, key, *, required=False, **more) -> forms.CharField:
    return forms.CharField(label=label, max_length=LENGTHS[key], required=required, **more)


def _days(label, **more) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=False, min_value=0, max_value=MAX_AMOUNT, decimal_places=1, localize=False, **more
    )


def _unit() -> forms.ChoiceField:
    return forms.ChoiceField(label=gettext_lazy("unit"), choices=UNITS, required=False)


def _limit(data: dict, name: str) -> Limit | None:
    amount, unit = data.get(name), data.get(f"{name}_unit")
    return None if amount is None or not unit else Limit(amount, Unit(unit))


def _needs_unit(form, data: dict, name: str) -> None:
    """Add an error when one half of a limit is missing."""
    if data.get(name) is not None and not data.get(f"{name}_unit"):
        form.add_error(f"{name}_unit", _("A limit needs its unit."))
    if data.get(name) is None and data.get(f"{name}_unit") and name not in form.errors:
        form.add_error(name, _("How many days?"))


class UploadForm(forms.Form):
    """A YAML file."""

    file = forms.FileField(label=gettext_lazy("YAML file"), help_text=gettext_lazy("At most 1 MB, UTF-8."))

    def clean_file(self):
        """Refuse a file that is too big before it is read."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("The file has more than %(most)d bytes.") % {"most": MAX_BYTES})
        return file


class NewTemplateForm(forms.Form):
    """Code and name of an empty draft."""

    code = forms.CharField(label=gettext_lazy("template code"), max_length=40, validators=[plain_code])
    name = _text(gettext_lazy("name"), "name", required=True)
    kind = forms.ChoiceField(label=gettext_lazy("kind"), choices=list(KIND_LABELS.items())[:2])


class HeadForm(forms.Form):
    """The head of a draft, with its phases one per line."""

    name = _text(gettext_lazy("name"), "name", required=True)
    kind = forms.ChoiceField(label=gettext_lazy("kind"), choices=KIND_LABELS.items())
    applies_to = _text(gettext_lazy("applies to"), "applies_to")
    benchmark = _text(
        gettext_lazy("benchmark"), "benchmark", help_text=gettext_lazy("The template that this one is compared with.")
    )
    phases = forms.CharField(
        label=gettext_lazy("phases"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("One per line: code, name and, where it has one, the number 1–5 of the standard phase."),
    )
    source = _text(gettext_lazy("source"), "source", widget=forms.Textarea(attrs={"rows": 3}))
    note = _text(gettext_lazy("why this version"), "note", widget=forms.Textarea(attrs={"rows": 3}))

    @staticmethod
    def initial_of(spec: TemplateSpec) -> dict:
        """Return the initial values for a draft."""
        keys = ("name", "kind", "applies_to", "benchmark", "source", "note")
        phases = (f"{p.code} {p.name} {p.standard_no or ''}".strip() for p in spec.phases)
        return {key: getattr(spec, key) for key in keys} | {"phases": "\n".join(phases)}

    def clean_phases(self) -> tuple[PhaseSpec, ...]:
        """Return the phases. Each line is a code, a name and perhaps a number."""
        phases = []
        for line in self.cleaned_data["phases"].splitlines():
            words = line.split()
            if not words:
                continue
            number = int(words.pop()) if len(words) > 2 and words[-1] in "12345" else None
            code, name = words[0], " ".join(words[1:]) or words[0]
            if len(code) > 20 or len(name) > 60:
                raise forms.ValidationError(
                    _("Phase “%(code)s”: the code has 1 to 20 characters and the name 1 to 60.") % {"code": code[:30]}
                )
            phases.append(PhaseSpec(code, name, number))
        codes = [phase.code for phase in phases]
        for code in codes:
            if codes.count(code) > 1:
                raise forms.ValidationError(_("Phase code “%(code)s” is used twice.") % {"code": code})
        return tuple(phases)


class StageForm(forms.Form):
    """One stage of a draft, its materials and special procedures apart."""

    code = forms.CharField(label=gettext_lazy("stage code"), max_length=20)
    name = _text(gettext_lazy("name"), "name", required=True)
    short_name = _text(gettext_lazy("short name"), "short_name")
    phase = forms.ChoiceField(label=gettext_lazy("phase"))
    department = _text(gettext_lazy("department"), "department")
    case_type = forms.ChoiceField(label=gettext_lazy("case type"), choices=CASE_LABELS.items())
    committed = _days(gettext_lazy("committed limit"))
    committed_unit = _unit()
    statutory = _days(gettext_lazy("statutory limit"))
    statutory_unit = _unit()
    statutory_note = _text(gettext_lazy("statutory limit in words"), "statutory_note")
    extension_days = _days(gettext_lazy("extension allowed (days)"))
    lag_days = _days(
        gettext_lazy("lag before it (working days)"),
        help_text=gettext_lazy("Construction or market time before this stage; counts in no limit and no sum."),
    )
    valid_months = forms.IntegerField(
        label=gettext_lazy("result valid (months)"), required=False, min_value=0, max_value=9999
    )
    commitment_route = forms.BooleanField(label=gettext_lazy("informed commitment allowed"), required=False)
    prerequisites = forms.MultipleChoiceField(
        label=gettext_lazy("prerequisites"), required=False, widget=forms.CheckboxSelectMultiple
    )
    gates = forms.MultipleChoiceField(
        label=gettext_lazy("factor gates"),
        required=False,
        choices=FACTOR_LABELS.items(),
        widget=forms.CheckboxSelectMultiple,
    )
    water_source = forms.ChoiceField(
        label=gettext_lazy("water source"),
        required=False,
        choices=[("", gettext_lazy("any source")), *WATER_LABELS.items()],
    )
    benchmark_stage = _text(gettext_lazy("benchmark stage"), "benchmark_stage")
    legal_source = _text(gettext_lazy("legal source"), "legal_source")
    basis = forms.ChoiceField(
        label=gettext_lazy("basis of the figures"), required=False, choices=[("", "—"), *BASIS_LABELS.items()]
    )
    note = _text(gettext_lazy("note"), "note", widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args, spec: TemplateSpec, stage: StageSpec | None, **kwargs):
        self.spec, self.stage = spec, stage
        if stage is not None and not args:
            kwargs["initial"] = self.initial_of(stage)
        super().__init__(*args, **kwargs)
        self.fields["phase"].choices = [(p.code, f"{p.code} {p.name}") for p in spec.phases]
        others = [other for other in spec.stages if stage is None or other.code != stage.code]
        self.fields["prerequisites"].choices = [(o.code, f"{o.code} {o.short_name or o.name}") for o in others]

    @staticmethod
    def initial_of(stage: StageSpec) -> dict:
        """Return the initial values for a stage."""
        values = {key: getattr(stage, key) for key in StageForm.base_fields if hasattr(stage, key)}
        for name in ("committed", "statutory"):
            limit = getattr(stage, name)
            values[name] = limit and limit.amount
            values[f"{name}_unit"] = limit and Unit(limit.unit).value
        values["lag_days"] = stage.lag_days or None
        values["gates"] = [gate.partition(":")[0] for gate in stage.gates]
        values["water_source"] = next((g.partition(":")[2] for g in stage.gates if g.startswith("water:")), "")
        return values

    def clean(self):
        """Check what the rows cannot hold: half a limit, a used code, committed above statutory …"""
        data = super().clean()
        for name in ("committed", "statutory"):
            _needs_unit(self, data, name)
        code = data.get("code")
        if code and (self.stage is None or code != self.stage.code) and self.spec.stage(code):
            self.add_error("code", _("Stage code “%(code)s” is used twice.") % {"code": code})
        if not self.errors:
            self._check_rules()
        return data

    def _check_rules(self):
        for problem in chain_rules.check_stage(self.spec, self.stage_spec()):
            field = FIELD_OF_KEY.get(problem.key, problem.key)
            self.add_error(field if field in self.fields else None, problem.message)

    def stage_spec(self, materials=(), procedures=()) -> StageSpec:
        """Return the stage as typed, with the rows of the two tables."""
        data = self.cleaned_data
        source = data["water_source"]
        plain = ("code", "name", "short_name", "phase", "department", "case_type", "statutory_note", "valid_months")
        plain += ("extension_days", "commitment_route", "benchmark_stage", "legal_source", "basis", "note")
        return StageSpec(
            statutory=_limit(data, "statutory"),
            committed=_limit(data, "committed"),
            lag_days=data["lag_days"] or ZERO,
            prerequisites=tuple(data["prerequisites"]),
            gates=tuple(f"water:{source}" if gate == "water" and source else gate for gate in data["gates"]),
            materials=tuple(materials),
            special_procedures=tuple(procedures),
            **{key: data[key] for key in plain},
        )


class MaterialForm(forms.Form):
    """One document asked for; a row without a name is left out."""

    name = forms.CharField(label=gettext_lazy("material"), max_length=120, required=False)
    required = forms.BooleanField(label=gettext_lazy("required"), required=False, initial=True)
    deferrable = forms.BooleanField(label=gettext_lazy("may be deferred"), required=False)
    reusable = forms.BooleanField(label=gettext_lazy("reused"), required=False)
    source_stage = forms.ChoiceField(label=gettext_lazy("given by stage"), required=False)

    def __init__(self, *args, stages=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["source_stage"].choices = [
            ("", "—"),
            *((s.code, f"{s.code} {s.short_name or s.name}") for s in stages),
        ]

    def spec(self) -> MaterialSpec:
        """Return the row; a stage that gives it makes it reusable."""
        data = self.cleaned_data
        return MaterialSpec(
            data["name"],
            data["required"],
            data["deferrable"],
            data["reusable"] or bool(data["source_stage"]),
            data["source_stage"],
        )


class ProcedureForm(forms.Form):
    """One special procedure allowed; a row without a name is left out."""

    name = forms.CharField(label=gettext_lazy("name"), max_length=120, required=False)
    limit = _days(gettext_lazy("limit"))
    limit_unit = _unit()

    def clean(self):
        """Ask for the unit of a limit."""
        data = super().clean()
        _needs_unit(self, data, "limit")
        return data

    def spec(self) -> ProcedureSpec:
        """Return the row."""
        return ProcedureSpec(self.cleaned_data["name"], _limit(self.cleaned_data, "limit"))


class _Rows(forms.BaseFormSet):
    def specs(self) -> list:
        """Return the filled rows in order."""
        return [form.spec() for form in self.forms if form.cleaned_data.get("name")]


class _MaterialRows(_Rows):
    def clean(self):
        """Refuse the same document twice."""
        seen = set()
        for form in self.forms:
            name = form.cleaned_data.get("name") if hasattr(form, "cleaned_data") else ""
            if name and name in seen:
                form.add_error("name", _("This document is listed twice."))
            seen.add(name)


MaterialRows = forms.formset_factory(MaterialForm, formset=_MaterialRows, extra=3, max_num=200)
ProcedureRows = forms.formset_factory(ProcedureForm, formset=_Rows, extra=2, max_num=50)


def material_rows(data, spec: TemplateSpec, stage: StageSpec | None):
    """Return the table of documents of a stage."""
    others = [other for other in spec.stages if stage is None or other.code != stage.code]
    initial = [dict(vars(material)) for material in stage.materials] if stage else []
    return MaterialRows(data, prefix="materials", initial=initial, form_kwargs={"stages": others})


def procedure_rows(data, stage: StageSpec | None):
    """Return the table of special procedures of a stage."""
    initial = [
        {
            "name": procedure.name,
            "limit": procedure.limit and procedure.limit.amount,
            "limit_unit": procedure.limit and Unit(procedure.limit.unit).value,
        }
        for procedure in (stage.special_procedures if stage else ())
    ]
    return ProcedureRows(data, prefix="procedures", initial=initial)
