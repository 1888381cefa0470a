"""Forms of demands: amounts are read exactly, in the unit of their factor unless another one is written."""

import datetime as dt

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from factors import pools
from factors.amounts import AmountField
from factors.models import Book, Demand


def day_input():
    """Return the widget of a day."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class DemandForm(forms.Form):
    """What is needed of which factor and source. `kinds` narrows the choice to those of a gate."""

    book = forms.ModelChoiceField(Book.objects.none(), label=_("Factor, source, basis"))
    year = forms.TypedChoiceField(label=_("Year of the quota"), coerce=int)
    amount = forms.CharField(
        label=_("Amount needed"), max_length=64, help_text=_("With its unit: 8,600 tce, 1.2万m³, 35.6亩.")
    )
    needed_by = forms.DateField(label=_("Needed by"), required=False, widget=day_input())
    note = forms.CharField(label=_("Note"), required=False, max_length=300)
    substitution_reason = forms.CharField(
        label=_("Why the source that comes first cannot be used"),
        required=False,
        max_length=300,
        help_text=_("Only for a source that comes after another one of the same park which has balance."),
    )

    def __init__(self, *args, kinds, today: dt.date, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["book"].queryset = (
            Book.objects.filter(kind__in=kinds, source__is_cap=False)
            .select_related("kind", "source")
            .order_by("kind__position", "source__position", "basis")
        )
        self.fields["year"].choices = [(year, str(year)) for year in (today.year, today.year + 1)]

    def clean(self):
        cleaned = super().clean()
        book, text = cleaned.get("book"), cleaned.get("amount")
        if book and text:
            try:
                cleaned["amount"] = AmountField(book.kind).clean(text)
            except ValidationError as error:
                self.add_error("amount", error)
        return cleaned

    def facts(self) -> dict:
        """Return the keyword arguments of `demands.register` that the form holds."""
        cleaned = self.cleaned_data
        return {
            "book": cleaned["book"],
            "period": pools.period_of(cleaned["book"].kind, cleaned["year"]),
            "amount": cleaned["amount"],
            "needed_by": cleaned["needed_by"],
            "note": cleaned["note"],
            "substitution_reason": cleaned["substitution_reason"],
        }


class ChangeForm(forms.Form):
    """A demand as it should be, with the reason."""

    needed_by = forms.DateField(label=_("Needed by"), required=False, widget=day_input())
    note = forms.CharField(label=_("Note"), required=False, max_length=300)
    reason = forms.CharField(label=_("Why it changes"), max_length=300)

    def __init__(self, *args, demand: Demand, **kwargs):
        kwargs["initial"] = {"amount": demand.amount, "needed_by": demand.needed_by, "note": demand.note}
        super().__init__(*args, **kwargs)
        self.fields = {"amount": AmountField(demand.book.kind, label=_("Amount needed")), **self.fields}


class NoNeedForm(forms.Form):
    """A gate at which the project needs nothing, with the reason."""

    gate = forms.ChoiceField(label=_("Gate"))
    reason = forms.CharField(label=_("Why nothing is needed"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, gates, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["gate"].choices = gates
