"""Forms of parks' readiness: a line of the monthly report, evidence, expansions, area assessments, demands."""

import re
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from approvals.models import StageTemplate
from gis.models import AreaAssessment, Expansion, UtilityDemand, UtilityEvidence, UtilityItem, UtilityReading
from gis.templatetags.parks import amount
from projects.collisions import Watched
from projects.forms import day_input
from projects.uploads import check_upload

REPORTED = {"plots_reached", "plots_total"}
COLD = UtilityReading.Status


class AmountField(forms.DecimalField):
    """An amount of three decimals at the most; thousands may be apart, digits may be full-width."""

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def to_python(self, value):
        if isinstance(value, str):
            plain = str.maketrans("０１２３４５６７８９．，", "0123456789.,")
            value = re.sub(r"[,\s]", "", value.translate(plain))
        return super().to_python(value)

    def prepare_value(self, value):
        return amount(value).replace(",", "") if isinstance(value, Decimal) else value


class LineForm(forms.ModelForm):
    """One utility in the monthly report. It comes filled in with last month's facts; `was` are those, if any."""

    INLINE = ("used", "committed", "plots_reached")

    class Meta:
        model = UtilityReading
        fields = UtilityReading.FACTS
        widgets = {"in_service_on": day_input(), "planned_on": day_input()}
        field_classes = {
            "capacity": AmountField,
            "used": AmountField,
            "committed": AmountField,
            "investment_wan": AmountField,
        }

    def __init__(self, *args, was: UtilityReading | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.item, self.was = self.instance.item, was
        if not self.item.measured:
            del self.fields["used"], self.fields["committed"]
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"{self.item.name} {field.label}"
            before = getattr(was, name) if was is not None else None
            if isinstance(before, Decimal):
                before = amount(before).replace(",", "")
            field.widget.attrs["data-was"] = "" if before is None else str(before)
            if name in REPORTED:
                field.widget.input_type = "text"
                field.widget.attrs["inputmode"] = "numeric"
        if self.instance.verified_on is not None:  # of a returned report: what the city verified stays
            for field in self.fields.values():
                field.disabled = True

    def inline(self):
        """Return the fields that change most months."""
        return [self[name] for name in self.INLINE if name in self.fields]

    def rest(self):
        """Return the other fields."""
        return [self[name] for name in self.fields if name not in self.INLINE]

    @property
    def rest_wrong(self) -> bool:
        """Whether one of the folded fields has an error."""
        return any(name not in self.INLINE for name in self.errors)

    def clean(self):
        cleaned = super().clean()
        status = cleaned.get("status")
        if status in (COLD.NOT_REQUIRED, COLD.OUT_OF_SERVICE) and not cleaned.get("reason"):
            self.add_error("reason", _("Say why."))
        if status == COLD.IN_SERVICE and not cleaned.get("in_service_on"):
            self.add_error("in_service_on", _("Give the day since which it is in service."))
        reached, total = cleaned.get("plots_reached"), cleaned.get("plots_total")
        if reached is not None and total is not None and reached > total:
            self.add_error("plots_reached", _("More plots are reached than there are."))
        return cleaned

    def facts(self) -> dict:
        """Return the facts of a valid form."""
        return {name: self.cleaned_data[name] for name in self.fields}


class FileMixin(forms.Form):
    """A form with one optional file."""

    file = forms.FileField(
        label=_("File"), required=False, help_text=_("PDF, OFD, Word, Excel or a picture, up to 20 MB.")
    )

    def clean_file(self):
        file = self.cleaned_data.get("file")
        if file and hasattr(file, "size") and file is not self.initial.get("file"):
            check_upload(file)
        return file


class EvidenceForm(FileMixin, forms.ModelForm):
    """A document or a photo that shows the state of a utility."""

    class Meta:
        model = UtilityEvidence
        fields = ["kind", "title", "document_no", "dated_on"]
        widgets = {"dated_on": day_input()}

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not cleaned.get("file") and not cleaned.get("document_no"):
            self.add_error("document_no", _("Give the document number or the file."))
        return cleaned


class ExpansionForm(Watched, forms.ModelForm):
    """Capacity to come."""

    class Meta:
        model = Expansion
        fields = ["name", "adds", "planned_on", "responsible", "done_on"]
        widgets = {"planned_on": day_input(), "done_on": day_input()}
        field_classes = {"adds": AmountField}
        help_texts = {"planned_on": _("Leave it empty as long as nobody has named a day.")}


class AssessmentForm(Watched, FileMixin, forms.ModelForm):
    """An area assessment and the stages it saves."""

    stages = forms.MultipleChoiceField(
        label=_("Stages saved"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("While it is valid, projects inside need not go through them on their own."),
    )

    class Meta:
        model = AreaAssessment
        fields = ["name", "document_no", "approved_by", "approved_on", "valid_until", "scope"]
        widgets = {"approved_on": day_input(), "valid_until": day_input()}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        known = stage_choices()
        kept = [code for code in self.instance.saves if code not in {value for value, _label in known}]
        self.fields["stages"].choices = [*known, *((code, code) for code in kept)]
        self.initial["stages"] = self.instance.saves

    def clean(self):
        cleaned = super().clean()
        since, until = cleaned.get("approved_on"), cleaned.get("valid_until")
        if since and until and until < since:
            self.add_error("valid_until", _("It would end before it was approved."))
        return cleaned

    def _post_clean(self):
        self.instance.saves = self.cleaned_data.get("stages", self.instance.saves)
        super()._post_clean()


ASSESSED = (
    "环评",
    "环境影响",
    "水土保持",
    "节能",
    "取水",
    "水资源",
    "地灾",
    "压矿",
    "文物",
    "地震",
    "防洪",
    "专项评价",
)
"""Words of stages that a regional assessment can save (domain.md A13): the others are not offered."""


def stage_choices() -> list[tuple[str, str]]:
    """Return (template:stage, its words) of the published templates' stages that an assessment can save. One query."""
    rows = StageTemplate.objects.filter(template__status="published").order_by("template__code", "position")
    found = {}
    for template, code, name in rows.values_list("template__code", "code", "name"):
        if any(word in name for word in ASSESSED) and "验收" not in name:
            found[f"{template}:{code}"] = f"{template} {code} {name}"
    return list(found.items())


class DemandForm(Watched, forms.ModelForm):
    """What a project needs of a utility, and by when."""

    closed = forms.BooleanField(label=_("It is served or given up"), required=False)

    class Meta:
        model = UtilityDemand
        fields = ["item", "amount", "needed_on", "signed", "note", "closed_reason"]
        widgets = {"needed_on": day_input()}
        field_classes = {"amount": AmountField}

    def __init__(self, *args, items, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["item"].queryset = UtilityItem.objects.filter(pk__in=[item.pk for item in items], measured=True)
        self.fields["item"].label_from_instance = lambda item: f"{item.name}（{item.unit}）"
        self.fields["closed_reason"].required = False
        if self.instance.pk is None:
            del self.fields["closed"], self.fields["closed_reason"]
        else:
            self.fields["item"].queryset = UtilityItem.objects.filter(pk=self.instance.item_id)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("closed") and not cleaned.get("closed_reason"):
            self.add_error("closed_reason", _("Say why."))
        if cleaned.get("amount") is not None and cleaned["amount"] <= 0 and "amount" not in self.errors:
            raise ValidationError({"amount": _("The amount must be above zero.")})
        return cleaned
