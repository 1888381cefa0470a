"""The form fields of an energy form: one row for each carrier, blank where it is not used."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from factors import energy, quantity
from factors.amounts import words as amount_words
from factors.assets import energy_forms
from factors.models import EnergyForm

QUANTITY_DECIMALS, COEFFICIENT_DECIMALS = 4, 6
WHOLE_DIGITS = {QUANTITY_DECIMALS: 14, COEFFICIENT_DECIMALS: 6}
PARTS = ("quantity", "raw_material", "green", "measured", "evidence")
FIELD_OF = {
    "parts_exceed": "raw_material",
    "not_positive": "measured",
    "measured_power": "measured",
    "measured_without_evidence": "evidence",
}


class NumberField(forms.CharField):
    """An exact decimal, typed with commas or 万; None where empty. At most `decimals` decimals."""

    def __init__(self, decimals=QUANTITY_DECIMALS, **options):
        widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "maxlength": 30})
        super().__init__(required=False, max_length=30, widget=widget, **options)
        self.decimals = decimals

    def clean(self, value):
        """Return the number. Raises ValidationError for what is none or is too fine or too big to be kept."""
        text = super().clean(value)
        if not text:
            return None
        try:
            number = quantity.number(text)
        except quantity.QuantityError as error:
            raise forms.ValidationError(amount_words(error)) from error
        if number != number.quantize(Decimal(1).scaleb(-self.decimals), context=energy.EXACT):
            raise forms.ValidationError(_("At most %(n)s decimals.") % {"n": self.decimals})
        if number >= Decimal(10) ** WHOLE_DIGITS[self.decimals]:
            raise forms.ValidationError(_("This is more than can be kept."))
        return number


class EnergyInput(forms.Form):
    """Year, note, and five fields for each carrier (`raw_coal-quantity`, …). `seen`: the form that it began from."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    year = forms.TypedChoiceField(label=_("Coefficients of the year"), coerce=int)
    note = forms.CharField(label=_("Note"), required=False, max_length=300)

    def __init__(self, *args, today, old: EnergyForm | None = None, **options):
        options.setdefault("initial", _initial(old, today))
        super().__init__(*args, **options)
        self.fields["year"].choices = [(year, str(year)) for year in range(today.year + 1, today.year - 5, -1)]
        self.carriers = energy_forms.carriers()
        for carrier in self.carriers.values():
            self.fields |= _fields(carrier)
        self.wrong: list[str] = []

    def rows(self) -> list[dict]:
        """Return what the table shows: each carrier with its fields, those with values or errors first."""
        rows = [
            {"carrier": carrier} | {part: self[f"{code}-{part}"] for part in PARTS if f"{code}-{part}" in self.fields}
            for code, carrier in self.carriers.items()
        ]
        for row in rows:
            row["used"] = any(row[part].value() or row[part].errors for part in PARTS if part in row)
        return sorted(rows, key=lambda row: not row["used"])

    def clean(self):
        """Compute each line on its own, so that every wrong one is named at its field."""
        cleaned = super().clean()
        table, year = energy_forms.coefficients(), cleaned.get("year")
        self.lines = []
        for code, carrier in self.carriers.items():
            facts = {part: cleaned.get(f"{code}-{part}") for part in PARTS}
            if not any(facts.values()):
                continue
            line = energy.EnergyLine(
                energy_forms.pure(carrier),
                facts["quantity"] or energy.ZERO,
                facts["raw_material"] or energy.ZERO,
                facts["green"] or energy.ZERO,
                facts["measured"],
                (facts["evidence"] or "").strip(),
            )
            try:
                if year is not None:
                    energy.compute([line], table, year)
            except energy.EnergyError as error:
                self.add_error(f"{code}-{FIELD_OF.get(error.code, 'quantity')}", energy_forms.words(error))
            else:
                self.lines.append(line)
        return cleaned

    def totals(self) -> energy.EnergyTotals | None:
        """Return the lines that are right, computed; None while there is none. One query."""
        year = self.cleaned_data.get("year")
        return energy.compute(self.lines, energy_forms.coefficients(), year) if self.lines and year else None


def _fields(carrier) -> dict[str, forms.Field]:
    code, name = carrier.code, carrier.name
    fields = {
        f"{code}-quantity": NumberField(label=_("%(name)s: quantity a year") % {"name": name}),
        f"{code}-raw_material": NumberField(label=_("%(name)s: of which raw material") % {"name": name}),
        f"{code}-green": NumberField(label=_("%(name)s: of which renewable") % {"name": name}),
    }
    if not carrier.is_power:
        fields[f"{code}-measured"] = NumberField(
            COEFFICIENT_DECIMALS, label=_("%(name)s: measured kgce per unit") % {"name": name}
        )
        fields[f"{code}-evidence"] = forms.CharField(
            label=_("%(name)s: where it was measured") % {"name": name}, required=False, max_length=120
        )
    return fields


def _initial(old: EnergyForm | None, today) -> dict:
    if old is None:
        return {"year": today.year}
    initial = {"seen": old.pk, "year": old.year, "note": old.note}
    for line in energy_forms.lines_of(old):
        values = {
            "quantity": line.quantity,
            "raw_material": line.raw_material or None,
            "green": line.green or None,
            "measured": line.measured_kgce,
        }
        for part, value in values.items():
            initial[f"{line.carrier.code}-{part}"] = plain(value)
        initial[f"{line.carrier.code}-evidence"] = line.evidence
    return initial


def plain(value: Decimal | None) -> str:
    """Return a number without exponent and needless zeros, blank for None."""
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class DemandFromForm(forms.Form):
    """On which basis and for which year the form becomes a demand."""

    book = forms.ModelChoiceField(None, label=pgettext_lazy("energy", "Basis"), empty_label=None)
    year = forms.TypedChoiceField(label=_("Year of the quota"), coerce=int)
    needed_by = forms.DateField(
        label=_("Needed by"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(label=_("Why it changes"), required=False, max_length=300)

    def __init__(self, *args, today, books, **options):
        super().__init__(*args, **options)
        from factors.models import Book

        ids = [book.pk for book in books]
        self.fields["book"].queryset = Book.objects.filter(pk__in=ids).select_related("kind", "source")
        self.fields["book"].label_from_instance = lambda book: book.get_basis_display()
        self.fields["year"].choices = [(year, str(year)) for year in (today.year, today.year + 1)]
