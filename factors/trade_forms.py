"""Forms of trades: one trade of a seller's account, and a holding's permit."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from factors.amounts import AmountField
from factors.asset_forms import YuanField
from factors.assets import trades
from factors.demand_forms import day_input
from factors.models import Account


class HoldingChoice(forms.ModelChoiceField):
    """An account by its name and enterprise."""

    def label_from_instance(self, account):
        """Return the name, with the enterprise where it is another one."""
        enterprise = account.enterprise.name if account.enterprise else ""
        return f"{account.name}（{enterprise}）" if enterprise and enterprise != account.name else account.name


class TradeForm(forms.Form):
    """What is traded to whom, at what price, how long, and what verified the saving."""

    buyer = HoldingChoice(Account.objects.none(), label=_("Buyer"), empty_label=_("choose"))
    price_fen = YuanField(label=_("Price (yuan per unit)"))
    from_on = forms.DateField(label=_("Term from"), widget=day_input())
    until_on = forms.DateField(label=_("Term until (included)"), widget=day_input())
    saving_document_no = forms.CharField(label=_("Saving verified by (document)"), max_length=60)
    saving_measure = forms.CharField(label=_("How it was saved"), max_length=200, required=False)
    filing_no = forms.CharField(label=_("Filing no."), max_length=60, required=False)
    document_no = forms.CharField(label=pgettext_lazy("quota", "Document number"), max_length=60)

    def __init__(self, *args, user, seller, trade=None, **options):
        if trade is not None:
            options["initial"] = {name: getattr(trade, name) for name in trades.FIELDS} | {
                "buyer": trade.buyer_id,
                "document_no": trade.voucher.document_no if trade.voucher else "",
            }
        super().__init__(*args, **options)
        kind = seller.book.kind
        self.fields["amount"] = AmountField(kind, label=pgettext_lazy("quota", "Amount"))
        self.fields["verified_saving"] = AmountField(kind, label=_("Verified saving"))
        self.fields["buyer"].queryset = trades.buyers(user, seller)
        self.order_fields(
            ["buyer", "amount", "price_fen", "from_on", "until_on", "verified_saving", "saving_document_no"]
        )

    def facts(self) -> dict:
        """Return the facts of `trades.register`."""
        return {name: self.cleaned_data[name] for name in trades.FIELDS}


class PermitForm(forms.Form):
    """The limit and last day of a holding's permit."""

    until = forms.DateField(label=_("Permit valid until"), required=False, widget=day_input())

    def __init__(self, *args, account, **options):
        options.setdefault("initial", {"limit": account.permit_limit, "until": account.permit_until})
        super().__init__(*args, **options)
        limit = AmountField(account.book.kind, label=_("Permit limit a year"), required=False)
        self.fields = {"limit": limit, **self.fields}
