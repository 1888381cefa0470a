"""Forms of the action panel: one form class that shows the fields an action needs."""

import datetime as dt
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals.models import CaseType, StageEvent
from projects.uploads import Upload, check_upload

END_OF_DAY = dt.time(17, 30)
"""A record that names only a day is kept at this hour: the day counts whole (see approvals/clock.py)."""

FIELDS = {
    "receive": ("case_no", "source_system", "note"),
    "accept": ("case_no", "source_system", "note"),
    "accept_with_deferral": ("materials", "materials_due_on", "case_no", "source_system", "note"),
    "accept_on_commitment": ("text", "verify_by", "case_no", "note"),
    "decline": ("document_no", "note"),
    "refuse": ("document_no", "note"),
    "request_supplement": ("missing", "document_no", "attachment", "note"),
    "receive_supplement": ("note",),
    "start_handling": ("note",),
    "start_special_procedure": ("name", "basis", "limit", "document_no", "attachment", "note"),
    "end_special_procedure": ("note",),
    "extend": ("days", "approver", "document_no", "note"),
    "pass": ("document_no", "valid_until", "attachment", "case_no", "source_system", "note"),
    "pass_with_deferral": ("document_no", "valid_until", "attachment", "note"),
    "fail": ("document_no", "attachment", "note"),
    "withdraw": ("note",),
    "recall": ("note",),
    "revoke": ("document_no", "note"),
    "skip": ("note",),
    "reinstate": ("note",),
    "note": ("note",),
    "commitment_verified": ("kept", "note"),
}
REQUIRED = {
    "accept_with_deferral": {"materials", "materials_due_on"},
    "accept_on_commitment": {"text", "verify_by"},
    "decline": {"note"},
    "refuse": {"note"},
    "request_supplement": {"missing"},
    "start_special_procedure": {"name", "basis"},
    "extend": {"days", "approver"},
    "fail": {"note"},
    "withdraw": {"note"},
    "recall": {"note"},
    "revoke": {"note"},
    "skip": {"note"},
    "note": {"note"},
}
DATA_FIELDS = ("missing", "name", "basis", "limit", "days", "approver", "text", "verify_by", "kept")


def day_input():
    """Return the widget of a day; the browser shows its own calendar, the text form stays readable."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class StageActionForm(forms.Form):
    """What the person says happened. `action` decides the fields; a day before today needs a reason (补录)."""

    occurred_on = forms.DateField(label=_("Happened on"), widget=day_input())
    document_no = forms.CharField(label=_("Document number"), max_length=80, required=False)
    valid_until = forms.DateField(label=_("Valid until (inclusive)"), required=False, widget=day_input())
    attachment = forms.FileField(
        label=_("Document"), required=False, help_text=_("PDF, OFD, Word, Excel or a picture, up to 20 MB.")
    )
    case_no = forms.CharField(label=_("Case number in the source system"), max_length=64, required=False)
    source_system = forms.CharField(label=_("Source system"), max_length=60, required=False)
    missing = forms.CharField(
        label=_("What is missing, one item a line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Once and completely: a second request is flagged."),
    )
    materials = forms.MultipleChoiceField(
        label=_("Deferred materials"), required=False, widget=forms.CheckboxSelectMultiple
    )
    materials_due_on = forms.DateField(label=_("To be handed in by (inclusive)"), required=False, widget=day_input())
    text = forms.CharField(label=_("What is committed"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    verify_by = forms.DateField(label=_("To be verified by (inclusive)"), required=False, widget=day_input())
    name = forms.CharField(label=_("Special procedure"), max_length=60, required=False)
    basis = forms.CharField(label=_("Basis"), max_length=120, required=False)
    limit = forms.DecimalField(label=_("Its limit (days)"), required=False, min_value=0, max_digits=5, decimal_places=1)
    days = forms.DecimalField(
        label=_("Days added"), required=False, min_value=Decimal("0.5"), max_digits=5, decimal_places=1
    )
    approver = forms.CharField(label=_("Approved by"), max_length=40, required=False)
    kept = forms.ChoiceField(
        label=_("Result of the verification"), required=False, choices=[("yes", _("Kept")), ("no", _("Broken"))]
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    reason = forms.CharField(
        label=_("Why it is recorded late"),
        max_length=200,
        required=False,
        help_text=_("Needed for a day before today."),
    )
    seen_event = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, stage, action: str, today: dt.date, **kwargs):
        self.stage, self.action, self.today = stage, action, today
        kwargs.setdefault("initial", {})
        kwargs["initial"] = {"occurred_on": today, **kwargs["initial"]}
        super().__init__(*args, **kwargs)
        wanted = ("occurred_on", *FIELDS[action], "reason", "seen_event")
        self.fields = {name: self.fields[name] for name in wanted}
        required = set(REQUIRED.get(action, ()))
        if action == "pass" and stage.stage_template.case_type == CaseType.COMMITTED:
            required.add("document_no")
        for name in required:
            self.fields[name].required = True
        if "materials" in self.fields:
            self.fields["materials"].choices = [
                (use.name, use.name) for use in stage.material_uses.filter(deferrable=True).order_by("id")
            ]
        procedures = stage.stage_template.special_procedures
        if "name" in self.fields and procedures:
            names = [item["name"] if isinstance(item, dict) else item for item in procedures]
            self.fields["name"].help_text = _("Usual here: %(names)s") % {"names": "、".join(names)}
            self.fields["name"].widget.attrs["list"] = "procedures"
            self.procedures = names
        if action == "pass" and stage.stage_template.valid_months and "valid_until" in self.fields:
            self.initial.setdefault("valid_until", _months_later(today, stage.stage_template.valid_months))

    def clean_occurred_on(self):
        day = self.cleaned_data["occurred_on"]
        if day > self.today:
            raise ValidationError(_("The date lies in the future."))
        return day

    def clean_attachment(self):
        file = self.cleaned_data.get("attachment")
        if file:
            check_upload(file)
        return file

    def clean(self):
        cleaned = super().clean()
        day = cleaned.get("occurred_on")
        if day and day < self.today and not cleaned.get("reason"):
            self.add_error("reason", _("The day lies before today: say why it is recorded late."))
        return cleaned

    def facts(self, now: dt.datetime) -> dict:
        """Return the keyword arguments of `actions.act`. Today's events carry the time, earlier ones their day."""
        cleaned = self.cleaned_data
        data = {}
        for name in DATA_FIELDS:
            value = cleaned.get(name)
            if value in (None, ""):
                continue
            data[name] = value.isoformat() if isinstance(value, dt.date) else str(value)
        if "missing" in data:
            data["missing"] = [line.strip() for line in data["missing"].splitlines() if line.strip()]
        if cleaned.get("materials"):
            due = cleaned["materials_due_on"].isoformat()
            data["materials"] = [{"name": name, "due_on": due} for name in cleaned["materials"]]
        file = cleaned.get("attachment")
        return {
            "occurred_at": moment(cleaned["occurred_on"], now),
            "note": cleaned.get("note", ""),
            "case_no": cleaned.get("case_no", ""),
            "source_system": cleaned.get("source_system", ""),
            "document_no": cleaned.get("document_no", ""),
            "valid_until": cleaned.get("valid_until"),
            "reason": cleaned.get("reason", ""),
            "seen_event": cleaned.get("seen_event"),
            "data": data,
            "attachments": (Upload(file.name, file),) if file else (),
        }


class CorrectionForm(forms.Form):
    """Supersede a wrong event: the right day or number, or strike it out; always with a reason."""

    occurred_on = forms.DateField(label=_("Happened on"), widget=day_input())
    document_no = forms.CharField(label=_("Document number"), max_length=80, required=False)
    valid_until = forms.DateField(label=_("Valid until (inclusive)"), required=False, widget=day_input())
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    strike = forms.BooleanField(label=_("It never happened: strike it out"), required=False)
    reason = forms.CharField(label=_("Why it is corrected"), max_length=200)

    def __init__(self, *args, event: StageEvent, **kwargs):
        self.event = event
        local = timezone.localtime(event.occurred_at)
        kwargs["initial"] = {
            "occurred_on": local.date(),
            "document_no": event.document_no,
            "valid_until": event.valid_until,
            "note": event.note,
        }
        super().__init__(*args, **kwargs)

    def facts(self, now: dt.datetime) -> dict:
        """Return the keyword arguments of `actions.correct`; an unchanged day keeps its hour."""
        cleaned = self.cleaned_data
        local = timezone.localtime(self.event.occurred_at)
        same_day = cleaned["occurred_on"] == local.date()
        return {
            "occurred_at": None if same_day else moment(cleaned["occurred_on"], now),
            "document_no": cleaned["document_no"],
            "valid_until": cleaned["valid_until"],
            "note": cleaned["note"],
            "strike": cleaned["strike"],
            "reason": cleaned["reason"],
        }


def moment(day: dt.date, now: dt.datetime) -> dt.datetime:
    """Return the instant under which an event of `day` is kept: `now` when it is today, else the end of that day."""
    if day == now.date():
        return now
    return dt.datetime.combine(day, END_OF_DAY, tzinfo=now.tzinfo)


def _months_later(day: dt.date, months: int) -> dt.date:
    """Return the day before the same day `months` later: a result of 24 months given on 2026-11-20 ends 2028-11-19."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    month += 1
    last = (dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)).day
    return dt.date(year, month, min(day.day, last)) - dt.timedelta(days=1)
