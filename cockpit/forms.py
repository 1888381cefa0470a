"""Forms of instructions and display tokens."""

from datetime import date, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from cockpit.models import DisplayToken, Instruction, InstructionReply
from people.models import Department, District, User


def _people():
    """Return the people who can be named: with a role of the business side."""
    return (
        User.objects.filter(is_active=True)
        .exclude(role__in=["", "sysadmin", "secadmin", "auditor"])
        .select_related("department")
        .order_by("display_name", "username")
    )


class PersonChoice(forms.ModelChoiceField):
    """People by name, post and department."""

    def label_from_instance(self, obj):
        words = [obj.display_name or obj.username, str(obj.department or ""), obj.title]
        return " ".join(word for word in words if word)


class PeopleChoice(forms.ModelMultipleChoiceField):
    """Several people by name, post and department."""

    label_from_instance = PersonChoice.label_from_instance


class InstructionForm(forms.ModelForm):
    """Unit, leader, target and deadline of an instruction."""

    leader = PersonChoice(_people(), label=_("Responsible leader"))
    persons = PeopleChoice(
        _people(), label=_("Also named"), required=False, widget=forms.SelectMultiple(attrs={"size": 5})
    )

    class Meta:
        model = Instruction
        fields = ["text", "department", "leader", "target", "due_on", "persons"]
        widgets = {
            "text": forms.Textarea(attrs={"rows": 3, "autofocus": True}),
            "due_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(self, *args, today: date, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["department"].queryset = Department.objects.order_by("name")
        self.initial["due_on"] = self.initial.get("due_on") or today + timedelta(days=7)  # a row's None wins otherwise

    def clean_due_on(self):
        """An instruction cannot be due before it is given."""
        day = self.cleaned_data["due_on"]
        if day < self.today:
            raise forms.ValidationError(_("The deadline lies in the past."))
        return day


class ReplyForm(forms.ModelForm):
    """An answer, and whether it reports the matter as done."""

    class Meta:
        model = InstructionReply
        fields = ["text", "is_done"]
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}


class CloseForm(forms.Form):
    """How an instruction ended."""

    outcome = forms.CharField(label=_("How it ended"), max_length=200)


class TokenForm(forms.ModelForm):
    """Where a display hangs, what it may show, and until when."""

    class Meta:
        model = DisplayToken
        fields = ["name", "district", "type_percent", "phone", "expires_on"]
        widgets = {"expires_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args, today: date, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["district"].queryset = District.objects.filter(parent__isnull=False).order_by("code")
        self.fields["district"].empty_label = _("everything I may see")
        self.fields["expires_on"].initial = today + timedelta(days=365)

    def clean_expires_on(self):
        """A token lasts a year at most."""
        day = self.cleaned_data["expires_on"]
        if not self.today <= day <= self.today + timedelta(days=366):
            raise forms.ValidationError(_("The last day lies between today and a year from now."))
        return day
