"""Forms of people. They explain kindly; the rules stand in `people/actions.py` and in the database."""

from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms.utils import ErrorDict, ErrorList
from django.utils.translation import gettext_lazy as _

from people import audit, roles
from people.models import Department, Feedback, User

PASSWORD_RULES = _(
    "At least 10 characters, with three of: lower-case letters, upper-case letters, digits, other characters; "
    "none of your last three passwords."
)


class LogInForm(AuthenticationForm):
    """Account and password. One message for every way to be wrong, so that nobody learns which accounts exist."""

    error_messages = {
        "invalid_login": _("The account or the password is wrong."),
        "inactive": _("The account or the password is wrong."),
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Account")
        self.fields["password"].label = _("Password")

    def refuse(self, sentence: str) -> None:
        """Show `sentence` as the only error, without trying the password."""
        self._errors = ErrorDict({NON_FIELD_ERRORS: ErrorList([sentence], renderer=self.renderer)})


class OwnPasswordForm(PasswordChangeForm):
    """The present password, and the new one twice."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = _("Present password")
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password1"].help_text = PASSWORD_RULES
        self.fields["new_password2"].label = _("New password again")
        self.fields["new_password2"].help_text = ""


class AccountForm(forms.ModelForm):
    """What the system administrator keeps about a person."""

    class Meta:
        model = User
        fields = ["display_name", "title", "phone", "department"]


class NewAccountForm(AccountForm):
    """A new account with its first password."""

    password = forms.CharField(
        label=_("First password"),
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text=_("The person must change it at the first log-in."),
    )

    class Meta(AccountForm.Meta):
        fields = ["username", *AccountForm.Meta.fields]
        labels = {"username": _("Account")}
        help_texts = {"username": _("Letters, digits and @ . + - _ ; it cannot be changed later.")}

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("password"):
            person = User(username=cleaned.get("username", ""), display_name=cleaned.get("display_name", ""))
            try:
                password_validation.validate_password(cleaned["password"], person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


class NewPasswordForm(forms.Form):
    """A new first password for somebody who forgot his."""

    password = forms.CharField(
        label=_("New first password"),
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text=PASSWORD_RULES,
    )


class DepartmentForm(forms.ModelForm):
    """A department, its place in the tree and the names that workbooks use for it."""

    class Meta:
        model = Department
        fields = ["code", "name", "short_name", "parent", "phone", "aliases"]
        widgets = {"aliases": forms.Textarea(attrs={"rows": 4})}


class FeedbackForm(forms.ModelForm):
    """What a user wants to tell us."""

    class Meta:
        model = Feedback
        fields = ["kind", "text", "page"]
        widgets = {"text": forms.Textarea(attrs={"rows": 5, "maxlength": 2000}), "page": forms.HiddenInput}


class AnswerForm(forms.ModelForm):
    """A supervisor's answer."""

    class Meta:
        model = Feedback
        fields = ["answer"]
        widgets = {"answer": forms.Textarea(attrs={"rows": 3, "maxlength": 2000})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["answer"].required = True


class PeopleFilter(forms.Form):
    """Filters of the lists of people."""

    q = forms.CharField(label=_("Search"), required=False, max_length=60)
    department = forms.ModelChoiceField(
        Department.objects.all(), label=_("Department"), required=False, to_field_name="code", empty_label=_("All")
    )
    role = forms.ChoiceField(
        label=_("Role"), required=False, choices=[("", _("All")), ("none", _("No role")), *roles.CHOICES]
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), ("on", _("Active")), ("off", _("Disabled"))]
    )


class AuditFilter(forms.Form):
    """Filters of the audit log; both days are inclusive."""

    kind = forms.ChoiceField(label=_("Kind"), required=False)
    by = forms.CharField(label=_("Account"), required=False, max_length=150)
    q = forms.CharField(label=_("Object"), required=False, max_length=60)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("All")), *audit.KINDS.items()]
