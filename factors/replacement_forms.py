"""Forms of replacement sources: a verified saving, and its use by a demand."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from factors import quantity, ratios
from factors.amounts import AmountField
from factors.asset_forms import books
from factors.assets import reach
from factors.demand_forms import day_input
from factors.models import Demand, StockAsset
from people.access import department_ids
from people.models import District


class SourceForm(forms.Form):
    """A verified saving; the amount with or without its unit."""

    name = forms.CharField(label=_("Name"), max_length=120)
    book = forms.ModelChoiceField(None, label=_("Account book"))
    asset = forms.ModelChoiceField(None, label=_("Out of the stock asset"), required=False)
    district = forms.ModelChoiceField(District.objects.all(), label=_("District"))
    saving = forms.CharField(label=_("Verified saving"), max_length=40)
    verified_on = forms.DateField(label=_("Verified on"), widget=day_input())
    verification_no = forms.CharField(label=_("Verification document"), max_length=60)

    def __init__(self, *args, user, **options):
        super().__init__(*args, **options)
        kinds = department_ids(user)
        self.fields["book"].queryset = books().filter(kind__department__in=kinds)
        self.fields["asset"].queryset = reach.stock(user).filter(status=StockAsset.Status.VERIFIED).order_by("name")
        self.fields["district"].queryset = District.objects.order_by("code")
        self.fields["district"].label_from_instance = lambda row: row.name

    def clean(self):
        """Read the saving in the unit of the book's factor."""
        cleaned = super().clean()
        book, text = cleaned.get("book"), cleaned.get("saving")
        if book and text:
            try:
                cleaned["saving"] = AmountField(book.kind).clean(text)
            except ValidationError as error:
                self.add_error("saving", error)
        return cleaned


class DemandChoice(forms.ModelChoiceField):
    """A demand by its project and amount."""

    def label_from_instance(self, demand):
        """Return the project's name and what it needs."""
        kind = demand.book.kind
        amount = quantity.show(demand.amount, kind.family, kind.unit, up=True, with_unit=True)
        return f"{demand.project.name} · {amount} {demand.period}".strip()


class UseForm(forms.Form):
    """What a demand takes of a saving, at which ratio."""

    demand = DemandChoice(Demand.objects.none(), label=_("Demand"), empty_label=_("choose"))
    ratio = forms.TypedChoiceField(label=_("Ratio"), coerce=int)
    document_no = forms.CharField(label=pgettext_lazy("quota", "Document number"), max_length=60)

    def __init__(self, *args, source, offered, **options):
        super().__init__(*args, **options)
        amount = AmountField(source.book.kind, label=_("Amount of the saving"))
        self.fields = {"demand": self.fields["demand"], "amount": amount, **self.fields}
        self.fields["demand"].queryset = offered
        self.fields["ratio"].choices = [(row.thousandths, f"{row.figure} {row.name}") for row in ratios.replacements()]

    def facts(self) -> dict:
        """Return the facts of `replacements.use`."""
        ratio = next(row for row in ratios.replacements() if row.thousandths == self.cleaned_data["ratio"])
        return self.cleaned_data | {"ratio": ratio}
