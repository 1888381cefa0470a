"""The form field for amounts of quota: what people type, as a whole number of smallest units; errors in words."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from factors import quantity

LONGEST = 40


def words(error: quantity.QuantityError) -> str:
    """Return the sentence for text that is no amount: what was expected instead."""
    facts = error.facts
    joined = {name: _(", ").join(value) if isinstance(value, tuple) else value for name, value in facts.items()}
    sentences = {
        "empty": _("Give an amount."),
        "not_a_number": _("“%(given)s” is no amount. Write 3200, 3,200 or 0.32万."),
        "negative": _("An amount is never below zero; choose the kind of voucher instead."),
        "unknown_unit": _("The unit “%(given)s” is not known here. Use %(expected)s."),
        "wrong_unit": _("“%(given)s” measures %(measures)s. Use %(expected)s."),
        "too_fine": _("“%(given)s” is finer than the ledger counts: %(decimals)s decimals of %(unit)s at the most."),
        "too_big": _("“%(given)s” is more than the ledger can count."),
    }
    return sentences.get(error.code, _("This is no amount.")) % joined


class AmountField(forms.CharField):
    """An amount of one factor, typed with or without a unit; `cleaned_data` holds smallest units, None where empty."""

    def __init__(self, kind, **options):
        options.setdefault("label", gettext_lazy("Amount"))
        widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "maxlength": LONGEST})
        super().__init__(max_length=LONGEST, widget=options.pop("widget", widget), **options)
        self.kind = kind

    def clean(self, value):
        """Return smallest units. Raises ValidationError with what was expected."""
        text = super().clean(value)
        if not text:
            return None
        try:
            amount = quantity.parse(text, self.kind.family, self.kind.unit).smallest
        except quantity.QuantityError as error:
            raise forms.ValidationError(words(error)) from error
        if amount == 0:
            raise forms.ValidationError(_("Give an amount above zero."))
        return amount

    def prepare_value(self, value):
        """Show smallest units in the factor's unit; typed text stays as it is."""
        if isinstance(value, int):
            unit = quantity.family_of(self.kind.family).unit(self.kind.unit)
            if quantity.full_decimals(value, unit) is not None:
                return quantity.format(value, self.kind.family, unit)
        return value
