"""The voucher form: which fields a kind asks for, and the lines that they make."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from factors import building, pools, quantity, rights
from factors.amounts import AmountField
from factors.building import LineDraft
from factors.models import Account, Demand, FactorKind, Posting, Reservation
from people.models import User
from projects.uploads import check_upload

MOST_CHOICES = 400
COMMON = ("reserve", "confirm", "release", "renew")
"""Kinds in the tabs; the others are under “more”."""

OF_POOL = (*COMMON, "grant", "earn", "reallocate", "recover", "absorb", "reduce", "opening")
OF_CAP = ("grant", "earn", "reallocate", "reduce", "opening")
OF_HOLDING = ("reduce",)
FIELDS = {
    "reserve": ("demand", "amount", "document_no", "expires_on", "reason"),
    "confirm": ("reservation", "amount", "document_no"),
    "release": ("reservation", "document_no"),
    "renew": ("reservation", "expires_on", "document_no", "reason"),
    "grant": ("amount", "document_no", "summary"),
    "opening": ("amount", "document_no", "summary"),
    "earn": ("amount", "document_no", "summary", "reason"),
    "reallocate": ("other", "amount", "document_no", "summary"),
    "recover": ("other", "amount", "document_no", "summary"),
    "absorb": ("other", "amount", "document_no", "summary"),
    "reduce": ("amount", "document_no", "summary", "reason"),
}
"""What each kind asks for, in the order of the form. `other` is the second account."""


def kinds_for(account: Account) -> tuple[str, ...]:
    """Return the kinds of vouchers that can be made beside an account's book; trades have a page of their own.

    Only land earns from stock, and what has entries has no opening balance any more.
    """
    kinds = {"pool": OF_POOL, "cap": OF_CAP, "holding": OF_HOLDING}.get(account.role, ())
    without = set() if account.book.kind.group == FactorKind.Group.LAND else {"earn"}
    without |= {"opening"} if account.last_on is not None else set()
    return tuple(kind for kind in kinds if kind not in without)


class DemandSelect(forms.Select):
    """A choice whose options carry what the script fills in: the gap as the amount, the project to mark in the book."""

    def create_option(self, name, value, *args, **kwargs):
        """Add `data-gap` and `data-project` to an option."""
        option = super().create_option(name, value, *args, **kwargs)
        demand = getattr(value, "instance", None)
        if demand is not None:
            kind = demand.book.kind
            option["attrs"]["data-gap"] = quantity.show(demand.gap, kind.family, kind.unit, up=True)
            option["attrs"]["data-project"] = demand.project_id
        return option


class DemandChoice(forms.ModelChoiceField):
    """A project by its demand, with what it lacks."""

    widget = DemandSelect

    def label_from_instance(self, demand):
        """Return the project's name and its enterprise's."""
        enterprise = demand.project.enterprise
        return (
            f"{enterprise.short_name or enterprise.name} · {demand.project.name}"
            if enterprise
            else str(demand.project.name)
        )


class ReservationChoice(forms.ModelChoiceField):
    """An open reservation by its project, amount and last day."""

    def label_from_instance(self, reservation):
        """Return project, amount in the factor's unit, and until when it holds."""
        from factors.templatetags.quota import qty

        amount = qty(reservation.amount, reservation.pool)
        return f"{reservation.holding.name} · {amount} · {reservation.expires_on:%Y-%m-%d}"


class PersonChoice(forms.ModelChoiceField):
    """A person by name and department."""

    def label_from_instance(self, user):
        """Return the person's name with the department's short name."""
        return f"{user.display_name}（{user.department}）" if user.department else user.display_name


class VoucherForm(forms.Form):
    """One voucher of one kind beside one account. `demand` comes first; what it lacks is offered as the amount."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    seen_available = forms.IntegerField(widget=forms.HiddenInput, required=False)
    seen_at = forms.DateTimeField(widget=forms.HiddenInput, required=False)
    demand = DemandChoice(Demand.objects.none(), label=_("Project"), empty_label=_("choose the project"))
    reservation = ReservationChoice(Reservation.objects.none(), label=_("Reservation"), empty_label=_("choose"))
    other = forms.ModelChoiceField(Account.objects.none(), label=_("Other account"), empty_label=_("choose"))
    document_no = forms.CharField(label=pgettext_lazy("quota", "Document number"), max_length=60)
    expires_on = forms.DateField(
        label=_("Reserved until"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), required=False
    )
    summary = forms.CharField(label=_("Summary"), max_length=200, required=False)
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)
    file = forms.FileField(label=_("Attachment"), required=False)
    asked_checker = PersonChoice(
        User.objects.none(), label=_("Checked by"), required=False, empty_label=_("any who may check")
    )

    def __init__(self, *args, user, account: Account, kind: str, complete: bool = True, line: bool = False, **options):
        """`complete` asks for all that a voucher needs; `line` only for what one more line of a draft is."""
        super().__init__(*args, **options)
        self.user, self.account, self.kind = user, account, kind
        self.fields["amount"] = AmountField(account.book.kind, required=kind != "reserve")
        asked = FIELDS[kind]
        for name in ("demand", "reservation", "other", "amount", "document_no", "expires_on", "summary", "reason"):
            if name not in asked:
                del self.fields[name]
        self.order_fields([*asked, "file", "asked_checker"])
        self._offer()
        if "reason" in self.fields:
            self.fields["reason"].required = kind in building.NEEDS_REASON
            if kind == "reserve" and account.book.source.needs_reason_while_id is None:
                del self.fields["reason"]
            elif kind == "reserve":
                self.fields["reason"].label = _("Reason for passing over another source")
        for name in ("file", "asked_checker", "summary") if line else ():
            self.fields.pop(name, None)
        self.initial.setdefault("key", uuid.uuid4())
        if not complete:  # a draft may lack anything, and so may what is checked while typing
            for field in self.fields.values():
                field.required = False

    def _offer(self) -> None:
        """Fill the choices. Two queries."""
        account = self.account
        if "demand" in self.fields:
            self.fields["demand"].queryset = (
                Demand.objects.filter(pool=account, closed_on__isnull=True, gap__gt=0)
                .select_related("project__enterprise", "book__kind", "book__source", "pool__book__kind", "holding")
                .order_by("-blocked", "-gap")
            )
        if "reservation" in self.fields:
            held = Reservation.objects.filter(pool=account, resolved_by__isnull=True, twin_of__isnull=True)
            held = held.filter(renewed=False) if self.kind == "renew" else held
            self.fields["reservation"].queryset = held.select_related(
                "pool__book__kind", "pool__book__source", "holding__project", "twin"
            ).order_by("expires_on", "pk")
        if "other" in self.fields:
            self.fields["other"].queryset = self._others()
            self.fields["other"].label = {
                "reallocate": _("To the pool"),
                "recover": _("Recovered from"),
                "absorb": _("From the recovered stock"),
            }[self.kind]
        self.fields["asked_checker"].queryset = rights.officers("factor.check", [account]).exclude(pk=self.user.pk)

    def _others(self):
        account = self.account
        role = {"reallocate": account.role, "recover": "holding", "absorb": "recovered"}[self.kind]
        rows = Account.objects.filter(role=role, book=account.book_id, period=account.period, closed_on__isnull=True)
        rows = rows.exclude(pk=account.pk).select_related("book__kind", "book__source", "cap")
        if self.kind != "reallocate":
            rows = rights.visible_accounts(self.user, rows.filter(credits_posted__gt=0))
            kept = [row for row in rows.select_related("department", "book__kind") if rights.may_make(self.user, row)]
            rows = Account.objects.filter(pk__in=[row.pk for row in kept]).select_related(
                "book__kind", "book__source", "cap"
            )
        return rows.order_by("name")

    def clean_file(self):
        """Check the attachment by size, ending and content."""
        file = self.cleaned_data.get("file")
        if file:
            check_upload(file)
        return file

    def lines(self) -> list[LineDraft]:
        """Return the voucher's lines from cleaned fields; one query where an account of the upper level is needed."""
        found = self.cleaned_data
        amount = found.get("amount")
        if self.kind == "reserve":
            return [
                LineDraft(
                    debit=self.account, demand=found.get("demand"), amount=amount, expires_on=found.get("expires_on")
                )
            ]
        if self.kind in building.OF_RESERVATIONS:
            return [LineDraft(reservation=found.get("reservation"), amount=amount, expires_on=found.get("expires_on"))]
        debit, credit = self._pair(found.get("other"))
        return [LineDraft(debit=debit, credit=credit, amount=amount)]

    def _pair(self, other):
        account = self.account
        if self.kind in ("grant", "earn", "opening"):
            return self._issuer(), account
        if self.kind == "reduce":
            return account, self._issuer()
        return (account, other) if self.kind == "reallocate" else (other, account)

    def _issuer(self) -> Account:
        return pools.standing_account(Account.Role.ISSUER, self.account.book, self.account.period)

    def document(self) -> dict:
        """Return what the paper says: document number, summary, reason. The summary has a default."""
        found = self.cleaned_data
        summary = found.get("summary") or ""
        if not summary:
            subject = found.get("demand") or getattr(found.get("reservation"), "holding", None) or found.get("other")
            summary = (
                self.fields["demand"].label_from_instance(subject)
                if isinstance(subject, Demand)
                else str(getattr(subject, "name", "") or dict(Posting.Kind.choices)[self.kind])
            )
        return {
            "document_no": found.get("document_no") or "",
            "summary": summary[:200],
            "reason": found.get("reason") or "",
        }


class LinesForm(forms.Form):
    """A draft with all its lines: what the paper says, and each line's amount and last day; a line may be taken out.

    Accounts, demand, reservation and stock of a line stay as they are: another one is another line.
    """

    seen = forms.CharField(widget=forms.HiddenInput)
    document_no = forms.CharField(label=pgettext_lazy("quota", "Document number"), max_length=60)
    summary = forms.CharField(label=_("Summary"), max_length=200, required=False)
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)
    asked_checker = PersonChoice(
        User.objects.none(), label=_("Checked by"), required=False, empty_label=_("any who may check")
    )

    def __init__(self, *args, user, voucher, complete: bool = True, **options):
        super().__init__(*args, **options)
        self.voucher, self.rows = voucher, building.lines_of(voucher)
        self.fields["asked_checker"].queryset = rights.makers_and_checkers_for(voucher).checkers
        self.fields["reason"].required = complete and voucher.kind in building.NEEDS_REASON
        self.fields["document_no"].required = complete
        for name in ("document_no", "summary", "reason", "asked_checker"):
            self.initial.setdefault(name, getattr(voucher, name))
        self.initial["seen"] = self._seen()
        for row in self.rows:
            self._ask(row, complete)

    def _ask(self, row, complete: bool) -> None:
        asked = FIELDS[self.voucher.kind]
        if "amount" in asked:
            self.fields[f"amount-{row.pk}"] = AmountField((row.debit or row.credit).book.kind, required=complete)
            self.initial[f"amount-{row.pk}"] = row.amount
        if "expires_on" in asked:
            self.fields[f"expires_on-{row.pk}"] = forms.DateField(
                label=_("Reserved until"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), required=False
            )
            self.initial[f"expires_on-{row.pk}"] = row.expires_on
        self.fields[f"drop-{row.pk}"] = forms.BooleanField(label=_("Take out"), required=False)

    def _seen(self) -> str:
        return ",".join(str(row.pk) for row in self.rows)

    def told(self) -> list[dict]:
        """Return each line with its fields, for the page."""
        names = ("amount", "expires_on", "drop")
        return [
            {"line": row, **{name: self[f"{name}-{row.pk}"] for name in names if f"{name}-{row.pk}" in self.fields}}
            for row in self.rows
        ]

    def clean(self):
        """Refuse what was typed for lines that are others by now, and a voucher without lines."""
        found = super().clean()
        if found.get("seen") != self._seen():
            raise forms.ValidationError(_("The lines were changed meanwhile; they are shown as they are now."))
        if all(found.get(f"drop-{row.pk}") for row in self.rows):
            raise forms.ValidationError(_("Leave one line at least, or withdraw the voucher."))
        for row in self.rows:  # what is taken out need not be right
            if found.get(f"drop-{row.pk}"):
                for name in (f"amount-{row.pk}", f"expires_on-{row.pk}"):
                    self.errors.pop(name, None)
        return found

    def lines(self) -> list[LineDraft]:
        """Return the lines that stay, with what was typed. No query."""
        found = self.cleaned_data
        return [
            LineDraft(
                debit=row.debit,
                credit=row.credit,
                amount=found[f"amount-{row.pk}"] if f"amount-{row.pk}" in self.fields else row.amount,
                reservation=row.reservation,
                demand=row.demand,
                expires_on=found.get(f"expires_on-{row.pk}") or row.expires_on,
                stock=row.stock,
            )
            for row in self.rows
            if not found.get(f"drop-{row.pk}")
        ]

    def document(self) -> dict:
        """Return what the paper says: document number, summary, reason."""
        return {name: self.cleaned_data.get(name) or "" for name in ("document_no", "summary", "reason")}


def is_plain(voucher) -> bool:
    """Say whether the form of one line holds all that a voucher is: one line at most, of no stock. One query."""
    lines = list(voucher.lines.all()[:2])
    return voucher.kind in FIELDS and len(lines) < 2 and all(line.stock_id is None for line in lines)
