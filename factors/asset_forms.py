"""Forms of stock assets, replacement sources and trades. Amounts and money are read exactly."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from factors import quantity, yuan
from factors.amounts import AmountField
from factors.assets.stock import FACTS, Part
from factors.demand_forms import day_input
from factors.models import Account, Book, StockAsset
from people.access import visible_to
from projects.models import Enterprise

PARTS = 4
MOST = 400


class LandField(forms.CharField):
    """An area of land, in 亩 unless another unit is written; smallest units, None where empty."""

    def __init__(self, **options):
        widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "maxlength": 40})
        super().__init__(max_length=40, widget=widget, **options)

    def clean(self, value):
        """Return smallest units. Raises ValidationError."""
        text = super().clean(value)
        if not text:
            return None
        from factors.amounts import words

        try:
            amount = quantity.parse(text, "land", "mu").smallest
        except quantity.QuantityError as error:
            raise ValidationError(words(error)) from error
        if amount == 0:
            raise ValidationError(_("Give an amount above zero."))
        return amount

    def prepare_value(self, value):
        """Show smallest units in 亩; typed text stays as it is."""
        return quantity.format(value, "land", "mu") if isinstance(value, int) else value


class YuanField(forms.CharField):
    """Money in yuan, as whole 分; None where empty."""

    def __init__(self, **options):
        widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "maxlength": 30})
        super().__init__(max_length=30, widget=widget, **options)

    def clean(self, value):
        """Return 分. Raises ValidationError with what is wrong."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return yuan.parse(text)
        except yuan.YuanError as error:
            sentences = {
                "not_money": _("This is no amount of money. Write 1,234.56 or 1.2万."),
                "finer_than_fen": _("Money is counted in 分: two decimals of a yuan at the most."),
                "too_much": _("This is more than can be counted."),
            }
            raise ValidationError(sentences[error.code]) from error

    def prepare_value(self, value):
        """Show 分 as yuan; typed text stays as it is."""
        return yuan.show(value) if isinstance(value, int) else value


def pools_of(books=None):
    """Return the open pools a choice may offer."""
    rows = Account.objects.filter(role=Account.Role.POOL, closed_on=None)
    if books is not None:
        rows = rows.filter(book__in=books)
    return rows.select_related("book__kind", "book__source").order_by("book", "period", "name")


def books():
    """Return the account books a choice may offer: no total caps."""
    rows = Book.objects.filter(kind__active=True, source__is_cap=False)
    return rows.select_related("kind", "source").order_by("kind__position", "source__position", "basis")


class StockForm(forms.ModelForm):
    """A stock asset and how much of which factors it could give back (`PARTS` rows)."""

    class Meta:
        model = StockAsset
        fields = FACTS
        widgets = {"plan_on": day_input(), "note": forms.Textarea({"rows": 2}), "plan": forms.Textarea({"rows": 2})}

    def __init__(self, *args, user, **options):
        super().__init__(*args, **options)
        self.fields["enterprise"].queryset = visible_to(Enterprise.objects.all(), user).order_by("name")[:MOST]
        if self.instance.enterprise_id:
            self.fields["enterprise"].queryset = Enterprise.objects.filter(
                pk__in=[*self.fields["enterprise"].queryset.values_list("pk", flat=True), self.instance.enterprise_id]
            )
        else:
            ids = list(self.fields["enterprise"].queryset.values_list("pk", flat=True))
            self.fields["enterprise"].queryset = Enterprise.objects.filter(pk__in=ids).order_by("name")
        self.fields["enterprise"].label = _("Enterprise")
        self.fields["enterprise"].label_from_instance = lambda row: row.name
        self.fields["department"].label = _("Department")
        self.fields["park"].label = _("Park")
        for number in range(PARTS):
            self.fields[f"book-{number}"] = forms.ModelChoiceField(books(), label=_("Account book"), required=False)
            self.fields[f"amount-{number}"] = forms.CharField(
                label=_("Could be recovered"), required=False, max_length=40
            )
            self.fields[f"pool-{number}"] = forms.ModelChoiceField(pools_of(), label=_("Into the pool"), required=False)
        if self.instance.pk and not self.is_bound:
            for number, row in enumerate(self._old()[:PARTS]):
                kind = row.book.kind
                self.initial[f"book-{number}"] = row.book_id
                self.initial[f"amount-{number}"] = quantity.exact(row.recoverable, kind.family, kind.unit)
                self.initial[f"pool-{number}"] = row.pool_id

    def _old(self):
        return list(self.instance.amounts.select_related("book__kind").order_by("pk"))

    def rows(self):
        """Return the fields of each part for the template."""
        return [(self[f"book-{n}"], self[f"amount-{n}"], self[f"pool-{n}"]) for n in range(PARTS)]

    def clean(self):
        """Read each part's amount in the unit of its factor."""
        cleaned = super().clean()
        self.parts = []
        for number in range(PARTS):
            book, text = cleaned.get(f"book-{number}"), cleaned.get(f"amount-{number}")
            if book is None:
                if text:
                    self.add_error(f"book-{number}", _("Choose the account book of this amount."))
                continue
            try:
                amount = AmountField(book.kind).clean(text)
            except ValidationError as error:
                self.add_error(f"amount-{number}", error)
            else:
                self.parts.append(Part(book, amount, cleaned.get(f"pool-{number}")))
        return cleaned

    def facts(self) -> dict:
        """Return the facts of `stock.record`."""
        return {name: self.cleaned_data[name] for name in FACTS}


class RecoveryForm(forms.Form):
    """Take quota back from a holding."""

    holding = forms.ModelChoiceField(Account.objects.none(), label=_("From the holding"), empty_label=_("choose"))
    pool = forms.ModelChoiceField(Account.objects.none(), label=_("Into the pool"), empty_label=None)
    aside = forms.BooleanField(label=_("Set it aside beside the pool first (recovered stock)"), required=False)
    document_no = forms.CharField(label=pgettext_lazy("quota", "Document number"), max_length=60)

    def __init__(self, *args, stock, offered, **options):
        super().__init__(*args, **options)
        amount = AmountField(stock.book.kind, label=pgettext_lazy("quota", "Amount"))
        self.fields = {"holding": self.fields["holding"], "amount": amount, **self.fields}
        self.fields["holding"].queryset = Account.objects.filter(pk__in=[row.pk for row in offered]).select_related(
            "book__kind", "book__source"
        )
        self.fields["holding"].label_from_instance = _holding_label
        self.fields["pool"].queryset = pools_of([stock.book_id])
        self.initial.setdefault("pool", stock.pool_id)


class EarningForm(forms.Form):
    """Indicators that disposed stock land earns: its area and the year of the ratio."""

    area = LandField(label=_("Area disposed of"))
    year = forms.TypedChoiceField(label=_("Year of the ratio"), coerce=int)
    pool = forms.ModelChoiceField(Account.objects.none(), label=_("Into the pool"), empty_label=None)
    document_no = forms.CharField(label=pgettext_lazy("quota", "Document number"), max_length=60)

    def __init__(self, *args, stock, today, **options):
        super().__init__(*args, **options)
        self.fields["year"].choices = [(year, str(year)) for year in range(today.year, today.year - 4, -1)]
        self.fields["pool"].queryset = pools_of([stock.book_id])
        self.initial.setdefault("pool", stock.pool_id)


def _holding_label(account) -> str:
    kind = account.book.kind
    amount = quantity.show(account.available, kind.family, kind.unit, with_unit=True)
    return " · ".join(word for word in (account.name, account.period, amount) if word)
