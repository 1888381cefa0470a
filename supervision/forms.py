"""Forms of visits, problems and orders. They explain kindly; what must hold stands in the actions and the database."""

import datetime as dt

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models import Department, User
from projects import search
from projects.forms import day_input
from projects.models import Project
from projects.uploads import Upload, check_upload
from supervision import visible
from supervision.models import OrderItem, Problem, SupervisionOrder, Visit

OWN_AT_MOST = 60
SUGGESTIONS = 60
MINUTES = (20, 30, 45, 60, 90, 120, 180)
LINES = 3
"""Problems that one visit can register; more are registered on their own."""


class ProjectText(forms.CharField):
    """A project typed by code, or by a name, pinyin or initials that only one project of the person has."""

    def __init__(self, *, rows, **kwargs):
        super().__init__(max_length=200, **kwargs)
        self.rows = rows

    def clean(self, value):
        """Return the project, None for an empty field."""
        text = super().clean(value)
        if not text:
            return None
        code = text.split(" ", 1)[0]
        found = list(self.rows.filter(code=code)[:1]) or list(search.matching(self.rows, text)[:2])
        if len(found) != 1:
            raise ValidationError(
                _("More than one project is found: type its code.") if found else _("No project of yours is found.")
            )
        return found[0]


class ProjectRow(forms.ModelChoiceField):
    """One's own projects, by enterprise: what a thumb can choose."""

    def label_from_instance(self, obj):
        firm = obj.enterprise and (obj.enterprise.short_name or obj.enterprise.name)
        return f"{firm} · {obj.name}" if firm else obj.name


def project_field(user, chosen: Project | None = None, required: bool = True) -> forms.Field:
    """Return a select of the projects one stands by, or a text to type where one stands by none or by very many."""
    rows = visible.projects(user).select_related("enterprise")
    own = rows.filter(assignments__user=user, assignments__ended_on__isnull=True).distinct()
    ids = list(own.values_list("pk", flat=True)[: OWN_AT_MOST + 1])
    if chosen is not None:
        ids = [*ids, chosen.pk]
    if ids and len(ids) <= OWN_AT_MOST:
        queryset = Project.objects.filter(pk__in=ids).select_related("enterprise").order_by("enterprise__name", "pk")
        return ProjectRow(queryset, label=_("Enterprise and project"), initial=chosen, required=required)
    field = ProjectText(rows=rows, label=_("Project: code or name"), required=required)
    field.widget.attrs.update({"list": "projects", "autocomplete": "off"})
    field.initial = chosen and f"{chosen.code} {chosen.name}"
    return field


def suggestions(user) -> list[Project]:
    """Return some projects for the list beside a typed project. One query."""
    return list(visible.projects(user).only("code", "name").order_by("sort_group", "due_half", "pk")[:SUGGESTIONS])


def units():
    """Return the departments that a form offers."""
    return Department.objects.order_by("name")


class VisitForm(forms.ModelForm):
    """A visit: whom, when, how long, what was said."""

    visited_on = forms.DateField(label=_("Day"), widget=day_input())
    visited_time = forms.TimeField(
        label=pgettext_lazy("clock", "Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    minutes = forms.TypedChoiceField(
        label=_("Minutes"), coerce=int, choices=[(n, n) for n in MINUTES], initial=60, widget=forms.RadioSelect
    )

    class Meta:
        model = Visit
        fields = ["way", "met", "companions", "note"]
        widgets = {"way": forms.RadioSelect, "note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, user, now: dt.datetime, chosen=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.now = now
        self.fields["project"] = project_field(user, chosen)
        self.fields["visited_on"].initial = now.date()
        self.fields["visited_time"].initial = now.strftime("%H:%M")
        self.order_fields(
            ["project", "visited_on", "visited_time", "minutes", "way", "met", "companions", "note"],
        )

    def clean(self):
        """A visit lies in the past, within a year."""
        values = super().clean()
        if values.get("visited_on") and values.get("visited_time"):
            moment = timezone.make_aware(dt.datetime.combine(values["visited_on"], values["visited_time"]))
            if moment > self.now:
                self.add_error("visited_on", _("A visit is logged when it has begun: this lies in the future."))
            elif moment < self.now - dt.timedelta(days=366):
                self.add_error("visited_on", _("This is more than a year ago."))
            self.instance.visited_at = moment
        if values.get("project"):
            self.instance.project = values["project"]
        self.instance.minutes = values.get("minutes") or 60
        return values


class LineForm(forms.Form):
    """A problem raised on a visit. Empty lines are left out."""

    text = forms.CharField(label=_("Problem"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    category = forms.ChoiceField(label=_("Category"), choices=Problem.Category.choices)
    department = forms.ModelChoiceField(
        Department.objects.none(), label=_("Handling unit"), required=False, empty_label=_("to be assigned")
    )
    masked = forms.BooleanField(label=_("The enterprise does not want to be named to this unit"), required=False)

    def __init__(self, *args, departments, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = departments
        self.empty_permitted = True
        self.use_required_attribute = False

    def clean(self):
        """Masking needs a unit to mask from."""
        values = super().clean()
        if values.get("masked") and not values.get("department"):
            self.add_error("department", _("Say which unit."))
        return values

    def problem(self, raised_by: str = "") -> Problem | None:
        """Return the problem of the line, None for an empty one."""
        values = self.cleaned_data
        if not values.get("text"):
            return None
        return Problem(
            category=values["category"],
            text=values["text"],
            masked=values["masked"],
            concerns=values["department"] if values["masked"] else None,
            raised_by=raised_by,
        )


class ProblemForm(forms.ModelForm):
    """A problem registered on its own."""

    file = forms.FileField(label=_("File or photo"), required=False)

    class Meta:
        model = Problem
        fields = ["text", "category", "level", "department", "raised_by", "concerns", "masked"]
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "raised_by": _("Name and post; shown to nobody of the unit complained of when the enterprise is masked."),
            "masked": _("Then write nothing into the problem that tells who it is."),
            "department": _("Left empty it waits to be assigned."),
        }

    def __init__(self, *args, user, chosen=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["project"] = project_field(user, chosen)
        for name in ("department", "concerns"):
            self.fields[name].queryset = units()
        self.order_fields(["project", "text"])

    def clean_file(self):
        """What it says it is must be what it is."""
        return checked(self.cleaned_data["file"])

    def clean(self):
        """Masking needs a unit to mask from."""
        values = super().clean()
        if values.get("masked") and not values.get("concerns"):
            self.add_error("concerns", _("Say which unit."))
        if values.get("project"):
            self.instance.project = values["project"]
        return values


def checked(file):
    """Return an uploaded file, or None; refuses by size, ending and content."""
    if file:
        check_upload(file)
    return file


TEXT = {"text": _("In a sentence or two")}
ACT_FIELDS: dict[str, tuple[str, ...]] = {
    "assign": ("department", "text?"),
    "claim": (),
    "hand_back": ("text",),
    "progress": ("text", "file?"),
    "ask": ("text", "file?"),
    "confirm": ("satisfaction", "text?"),
    "close": ("satisfaction", "text?"),
    "return": ("text",),
    "escalate": ("text", "due_on?"),
    "suspend": ("text", "review_on"),
    "review": ("text", "review_on"),
    "resume": ("due_on?", "text?"),
    "sign": (),
    "discard": (),
    "receive": (),
    "report": ("text", "file?"),
    "answer": ("text", "file?"),
    "ask_extension": ("text", "due_on"),
    "grant_extension": ("text?",),
    "refuse_extension": ("text",),
    "accept": ("grade", "text?"),
    "raise": ("due_on",),
}
"""Action → its fields; "?" marks those that may stay empty. `return` and `close` are shared; an order's close has no
fields of its own."""


class ActForm(forms.Form):
    """The fields of one action on a problem or an order."""

    department = forms.ModelChoiceField(Department.objects.none(), label=_("Handling unit"))
    satisfaction = forms.ChoiceField(
        label=_("What the enterprise says"), choices=Problem.Satisfaction.choices, widget=forms.RadioSelect
    )
    grade = forms.ChoiceField(
        label=_("Grade"), choices=SupervisionOrder.Grade.choices, widget=forms.RadioSelect, initial="good"
    )
    text = forms.CharField(label=_("Note"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    due_on = forms.DateField(label=_("New due date"), widget=day_input())
    review_on = forms.DateField(label=_("To be looked at again on"), widget=day_input())
    file = forms.FileField(label=_("Evidence (PDF, picture, Office file)"))

    def __init__(self, *args, action: str, of_order: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        wanted = () if of_order and action == "close" else ACT_FIELDS[action]
        names = {name.rstrip("?"): not name.endswith("?") for name in wanted}
        for name in list(self.fields):
            if name not in names:
                del self.fields[name]
            else:
                self.fields[name].required = names[name]
        if "department" in self.fields:
            self.fields["department"].queryset = units()
        self.order_fields([name.rstrip("?") for name in wanted])

    def clean_file(self):
        """What it says it is must be what it is."""
        return checked(self.cleaned_data["file"])

    def facts(self) -> dict:
        """Return what the action takes, without the fields that stayed empty."""
        facts = {name: value for name, value in self.cleaned_data.items() if name != "file" and value}
        if "file" in self.fields:
            file = self.cleaned_data.get("file")
            facts["upload"] = Upload(file.name, file) if file else None
        return facts


class PersonChoice(forms.ModelChoiceField):
    """People by name, department and post."""

    def label_from_instance(self, obj):
        return " ".join(word for word in (obj.display_name, str(obj.department or ""), obj.title) if word)


class OrderForm(forms.ModelForm):
    """A draft of a supervision order."""

    leader = PersonChoice(User.objects.none(), label=_("Responsible leader"), required=False)

    class Meta:
        model = SupervisionOrder
        fields = [
            *("title", "level", "urgency", "source", "basis", "lead", "co_units", "leader", "due_on"),
            *("requirement", "contact"),
        ]
        widgets = {
            "basis": forms.Textarea(attrs={"rows": 3}),
            "requirement": forms.Textarea(attrs={"rows": 3}),
            "co_units": forms.SelectMultiple(attrs={"size": 5}),
            "due_on": day_input(),
        }
        help_texts = {"contact": _("Office phone only: it is printed.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["lead"].queryset = self.fields["co_units"].queryset = units()
        self.fields["leader"].queryset = User.objects.pickable().filter(role__in=["leader", "supervisor", "approver"])


class ItemForm(forms.Form):
    """One matter of an order, about a project or about none."""

    text = forms.CharField(label=_("Matter"), max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    project = ProjectText(rows=Project.objects.none(), label=_("Project: code or name"), required=False)

    def __init__(self, *args, rows, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["project"].rows = rows
        self.fields["project"].widget.attrs.update({"list": "projects", "autocomplete": "off"})


def item_forms(data=None, *, user, items: list[OrderItem | tuple] = (), extra: int = 1):
    """Return the formset of an order's matters: those given, and empty lines for more."""
    formset = forms.formset_factory(ItemForm, extra=extra, max_num=30, absolute_max=40)
    initial = [{"text": text, "project": project and f"{project.code} {project.name}"} for text, project in items]
    return formset(data, initial=initial, prefix="item", form_kwargs={"rows": visible.projects(user)})


def line_forms(data=None):
    """Return the formset of the problems raised on a visit."""
    formset = forms.formset_factory(LineForm, extra=LINES, max_num=LINES, absolute_max=LINES)
    return formset(data, prefix="line", form_kwargs={"departments": units()})
