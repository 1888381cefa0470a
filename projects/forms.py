"""Forms of projects: registering and editing, assigning people, key points and monthly figures.

They explain kindly; what must hold stands in the models, in `projects/actions.py` and in the database.
"""

import datetime as dt
import re
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from people.access import allows, visible_to
from people.models import Department, District, User
from projects import codes, registry, validators
from projects.collisions import Watched
from projects.models import Assignment, Enterprise, KeyPoint, MonthlyFigure, Park, Project

SUGGESTIONS = 300
"""So many enterprises are offered while typing; any other is found by its full name or code."""

NEAR_DEGREES = Decimal("0.5")
"""A site farther than this outside the box of all parks is probably mistyped: it is stored, with a warning."""

_CREDIT_CODE = re.compile(r"[0-9A-Z]{18}")


def day_input():
    """Return the widget of a day."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class Sections:
    """A form drawn in sections: `SECTIONS` is a tuple of (title, field names)."""

    SECTIONS: tuple = ()
    WIDE: frozenset = frozenset()

    def sections(self):
        """Return (title, [(bound field, spans both columns)]) for the template."""
        return [(title, [(self[name], name in self.WIDE) for name in names]) for title, names in self.SECTIONS]


class ProjectForm(Watched, Sections, forms.ModelForm):
    """All facts of a project. The enterprise is found by name or code, or registered in the same form."""

    SECTIONS = (
        (_("Project"), ("code", "name", "kind", "key_level", "status", "industry_code", "industry", "content")),
        (
            _("Enterprise"),
            ("enterprise_text", "new_credit_code", "new_name", "new_contact", "new_contact_phone"),
        ),
        (_("Place"), ("park", "district", "address", "longitude", "latitude")),
        (
            _("Investment and dates"),
            ("investment_wan", "year_plan_wan", "output_wan", "tax_wan")
            + ("signed_on", "planned_start_on", "planned_finish_on", "source"),
        ),
    )
    WIDE = frozenset({"name", "content", "enterprise_text", "address"})

    enterprise_text = forms.CharField(
        label=_("Enterprise: name or credit code"),
        max_length=160,
        required=False,
        widget=forms.TextInput(attrs={"list": "enterprises", "autocomplete": "off"}),
        help_text=_("Choose one that is on record, or leave it empty and register a new one below."),
    )
    new_credit_code = forms.CharField(label=_("New: credit code"), max_length=40, required=False)
    new_name = forms.CharField(label=_("New: full name"), max_length=120, required=False)
    new_contact = forms.CharField(label=_("New: contact"), max_length=40, required=False)
    new_contact_phone = forms.CharField(label=_("New: contact's work phone"), max_length=30, required=False)

    class Meta:
        model = Project
        fields = [
            "code",
            "name",
            "kind",
            "key_level",
            "status",
            "industry_code",
            "industry",
            "content",
            "park",
            "district",
            "address",
            "longitude",
            "latitude",
            "investment_wan",
            "year_plan_wan",
            "output_wan",
            "tax_wan",
            "signed_on",
            "planned_start_on",
            "planned_finish_on",
            "source",
        ]
        widgets = {
            "signed_on": day_input(),
            "planned_start_on": day_input(),
            "planned_finish_on": day_input(),
            "content": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "code": _("National code, 4-6-2-2-6 digits; twenty digits without hyphens will do."),
            "district": _("Follows from the park where there is one."),
            "longitude": _("CGCS2000, degrees; no map coordinates of GCJ-02 or BD-09."),
            "industry_code": _("For example C3985."),
            "status": _("Cancelled: reservations of quota go back to their pools, what is still lacking is given up."),
            "output_wan": _("Expected, for a full year. Empty is unknown, not nothing."),
            "tax_wan": _("Expected, for a full year. Empty is unknown, not nothing."),
        }
        error_messages = {"code": {"unique": _("A project with this code is already on record.")}}

    def __init__(self, *args, user, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)
        self.enterprise: Enterprise | None = self.instance.enterprise
        if self.instance.pk and codes.PROJECT_CODE.match(self.instance.code):
            self.fields["code"].disabled = True
            self.fields["code"].help_text = _("The national code stays with a project through every change.")
        if self.enterprise is not None:
            self.initial.setdefault("enterprise_text", option_text(self.enterprise))
        parks, districts = places(user, self.instance)
        self.fields["park"].queryset = parks.select_related("district").order_by("code")
        self.fields["district"].queryset = districts.order_by("code")
        self.fields["district"].required = False

    def suggestions(self) -> list[str]:
        """Return the enterprises offered while typing. One query."""
        seen = visible_to(Enterprise.objects.all(), self.user).order_by("name").only("name", "credit_code")
        return [option_text(enterprise) for enterprise in seen[:SUGGESTIONS]]

    def clean_code(self):
        try:
            return codes.clean_project_code(self.cleaned_data["code"])
        except ValueError:
            validators.validate_project_code(self.cleaned_data["code"])
            raise

    def clean_industry_code(self):
        return codes.clean(self.cleaned_data["industry_code"]).upper()

    def clean_enterprise_text(self):
        text = self.cleaned_data["enterprise_text"].strip()
        self.enterprise = find_enterprise(text, self.user, self.instance.enterprise) if text else None
        return text

    def clean_new_credit_code(self):
        text = self.cleaned_data["new_credit_code"]
        return _clean_credit_code(text) if text else ""

    def clean(self):
        cleaned = super().clean()
        self._clean_place(cleaned)
        self._clean_new_enterprise(cleaned)
        start, finish = cleaned.get("planned_start_on"), cleaned.get("planned_finish_on")
        if start and finish and start > finish:
            self.add_error("planned_finish_on", _("The planned start lies after the planned completion."))
        self._clean_point(cleaned)
        return cleaned

    def _clean_place(self, cleaned):
        park, district = cleaned.get("park"), cleaned.get("district")
        if "park" in self.errors or "district" in self.errors:
            return
        if park is None and district is None:
            self.add_error("district", _("Choose the park or the district."))
        elif park is not None:
            try:
                cleaned["district"] = park.district_of(district)
            except ValidationError as elsewhere:
                self.add_error("district", elsewhere)

    def _clean_new_enterprise(self, cleaned):
        code, name = cleaned.get("new_credit_code"), cleaned.get("new_name")
        extra = cleaned.get("new_contact") or cleaned.get("new_contact_phone")
        if not (code or name or extra) or "new_credit_code" in self.errors:
            return
        if cleaned.get("enterprise_text"):
            self.add_error("new_name", _("Either choose an enterprise or register a new one, not both."))
        elif not code:
            self.add_error("new_credit_code", _("A new enterprise needs its credit code."))
        elif not name:
            self.add_error("new_name", _("A new enterprise needs its full name."))
        elif Enterprise.objects.filter(credit_code=code).exists():
            self.add_error(
                "new_credit_code", _("This enterprise is already on record: give its code in the field above.")
            )

    def _clean_point(self, cleaned):
        names = ("longitude", "latitude")
        if any(name in self.errors for name in names):
            return
        longitude, latitude = (cleaned.get(name) for name in names)
        for name, value, most in (("longitude", longitude, 180), ("latitude", latitude, 90)):
            if value is None and (longitude is not None or latitude is not None):
                self.add_error(name, _("Longitude and latitude go together."))
            elif value is not None and abs(value) > most:
                self.add_error(name, _("Degrees from -%(most)s to %(most)s, please.") % {"most": most})

    def new_enterprise(self) -> Enterprise | None:
        """Return the enterprise to be registered with the project, unsaved; None when one was chosen."""
        cleaned = self.cleaned_data
        if not cleaned.get("new_credit_code"):
            return None
        return Enterprise(
            credit_code=cleaned["new_credit_code"],
            name=cleaned["new_name"],
            contact=cleaned["new_contact"],
            contact_phone=cleaned["new_contact_phone"],
            district=cleaned["district"],
        )

    def facts(self) -> dict:
        """Return field → value for `actions.edit`, without the enterprise."""
        return {name: self.cleaned_data[name] for name in self._meta.fields}


def places(user, project: Project | None = None):
    """Return (parks, districts) where the person may have a project.

    Who becomes the manager of what he registers may choose any place; others only where they hold a grant. The place
    that a project has may always stay.
    """
    if allows(user, "stage.advance"):
        return Park.objects.all(), District.objects.all()
    parks, districts = registry.parks_managed(user), registry.districts_managed(user)
    districts = districts | District.objects.filter(parks__in=parks.values("pk"))
    if project is not None and project.pk:
        parks = parks | Park.objects.filter(pk=project.park_id)
        districts = districts | District.objects.filter(pk=project.district_id)
    return parks.distinct(), districts.distinct()


def option_text(enterprise: Enterprise) -> str:
    """Return an enterprise as the list of suggestions writes it; `find_enterprise` reads it back."""
    return f"{enterprise.name} {enterprise.credit_code}"


def find_enterprise(text: str, user, present: Enterprise | None = None) -> Enterprise:
    """Return the enterprise that was typed: by its credit code (whoever knows it may link it), or a name he may see.

    :raises ValidationError: nothing, or more than one, is found.
    """
    found = _CREDIT_CODE.findall(codes.clean(text).upper()[-18:])
    if found:
        enterprise = Enterprise.objects.filter(credit_code=found[0]).first()
        if enterprise is not None:
            return enterprise
    if present is not None and text in {present.name, option_text(present)}:
        return present
    named = list(visible_to(Enterprise.objects.filter(name=text.strip()), user)[:2])
    if len(named) == 1:
        return named[0]
    if named:
        raise ValidationError(_("Several enterprises bear this name: give the credit code."))
    raise ValidationError(_("No enterprise is on record under this name or code. Register it in the fields below."))


def _clean_credit_code(text: str) -> str:
    """Return a credit code in its written form.

    :raises ValidationError: with the sentence for the fault found.
    """
    validators.validate_credit_code(text)
    return codes.clean_credit_code(text)


def far_away(longitude, latitude, boundaries) -> bool:
    """Say whether a point lies more than NEAR_DEGREES outside the box of all `boundaries` (GeoJSON)."""
    points = [point for shape in boundaries if shape for point in validators.positions(shape.get("coordinates"))]
    if not points or longitude is None or latitude is None:
        return False
    for value, numbers in ((longitude, [x for x, _y in points]), (latitude, [y for _x, y in points])):
        low, high = Decimal(str(min(numbers))), Decimal(str(max(numbers)))
        if not low - NEAR_DEGREES <= value <= high + NEAR_DEGREES:
            return True
    return False


class AssignForm(forms.Form):
    """Who takes a role from which day on; who held it hands over with a note."""

    role = forms.ChoiceField(label=_("Role"), choices=Assignment.Role.choices)
    user = forms.ModelChoiceField(User.objects.none(), label=_("Person"), to_field_name="username")
    department = forms.ModelChoiceField(
        Department.objects.none(),
        label=_("Lead department"),
        required=False,
        to_field_name="code",
        help_text=_("Empty: the person's own department."),
    )
    started_on = forms.DateField(label=_("From"), widget=day_input())
    note = forms.CharField(
        label=_("Hand-over note"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What the next one must know. Kept with the assignment that ends."),
    )

    def __init__(self, *args, today: dt.date, **kwargs):
        self.today = today
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = User.objects.pickable()
        self.fields["user"].label_from_instance = person_text
        self.fields["department"].queryset = Department.objects.order_by("code")
        self.fields["started_on"].initial = today

    def clean_started_on(self):
        day = self.cleaned_data["started_on"]
        if day > self.today:
            raise ValidationError(_("The date lies in the future."))
        return day


def person_text(person: User) -> str:
    """Return a person as pickers write him: name, post, department."""
    return " ".join(filter(None, [person.display_name, person.title, str(person.department or "")]))


class KeyPointsForm(forms.Form):
    """Planned and actual day and a note for each of the ten key points, as one table."""

    def __init__(self, *args, points: dict[str, KeyPoint], signed_on: dt.date | None, today: dt.date, **kwargs):
        self.today = today
        super().__init__(*args, **kwargs)
        for name, label in KeyPoint.Name.choices:
            point = points.get(name)
            actual = point.actual_on if point else (signed_on if name == KeyPoint.Name.SIGNED else None)
            self._add(f"{name}-planned_on", _("%(point)s, planned") % {"point": label}, point and point.planned_on)
            self._add(f"{name}-actual_on", _("%(point)s, actual") % {"point": label}, actual)
            self.fields[f"{name}-note"] = forms.CharField(
                label=_("%(point)s, note") % {"point": label},
                required=False,
                max_length=200,
                initial=point.note if point else "",
                widget=forms.TextInput(attrs={"class": "input", "aria-label": _("%(point)s, note") % {"point": label}}),
            )

    def _add(self, name, label, initial):
        widget = day_input()
        widget.attrs |= {"class": "input", "aria-label": label}
        self.fields[name] = forms.DateField(label=label, required=False, initial=initial, widget=widget)

    def rows(self):
        """Return (label, planned, actual, note) as bound fields, in the order of a project's life."""
        return [
            (label, self[f"{name}-planned_on"], self[f"{name}-actual_on"], self[f"{name}-note"])
            for name, label in KeyPoint.Name.choices
        ]

    def clean(self):
        cleaned = super().clean()
        for name in KeyPoint.Name.values:
            day = cleaned.get(f"{name}-actual_on")
            if day and day > self.today:
                self.add_error(f"{name}-actual_on", _("An actual day cannot lie in the future."))
        return cleaned

    def points(self) -> dict[str, dict]:
        """Return the facts by key point, as `registry.store_key_points` wants them."""
        keys = ("planned_on", "actual_on", "note")
        return {name: {key: self.cleaned_data[f"{name}-{key}"] for key in keys} for name in KeyPoint.Name.values}


class FigureForm(forms.ModelForm):
    """The figures of one month; giving a month again corrects it."""

    month = forms.DateField(
        label=_("Month"),
        input_formats=["%Y-%m", "%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m"),
    )

    class Meta:
        model = MonthlyFigure
        fields = ["month", "investment_done_wan", "jobs", "note"]

    def __init__(self, *args, today: dt.date, **kwargs):
        self.today = today
        super().__init__(*args, prefix="figure", **kwargs)

    def clean_month(self):
        month = self.cleaned_data["month"].replace(day=1)
        if month > self.today:
            raise ValidationError(_("The month lies in the future."))
        return month
