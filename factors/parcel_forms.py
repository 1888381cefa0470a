"""Forms of parcels: what is basic, and one form for each move with only the facts that it needs."""

from django import forms
from django.utils.translation import gettext_lazy as _

from factors.asset_forms import LandField, YuanField
from factors.assets import parcels
from factors.demand_forms import day_input
from factors.land import ParcelState
from factors.models import Parcel
from people.access import visible_to
from projects.models import Project

MOST = 400


class ParcelForm(forms.ModelForm):
    """What is basic about a parcel; area in 亩 unless another unit is written."""

    area = LandField(
        label=_("Area"), help_text=_("In mu unless you write another unit: 35.6亩, 23,733.33 m², 2.3公顷.")
    )

    class Meta:
        model = Parcel
        fields = parcels.BASIC
        widgets = {"reported_on": day_input()}

    def facts(self) -> dict:
        """Return the facts of `parcels.record`."""
        return {name: self.cleaned_data[name] for name in parcels.BASIC}


def projects_for(user):
    """Return the projects a choice may offer."""
    return visible_to(Project.objects.all(), user).exclude(status=Project.Status.CANCELLED).order_by("name")


class ProjectChoice(forms.ModelChoiceField):
    """A project by name and code."""

    def label_from_instance(self, project):
        """Return name and code."""
        return f"{project.name}（{project.code}）"


class MoveForm(forms.Form):
    """One move: its day, and what it needs (`parcels.NEEDS`) and may bring."""

    on = forms.DateField(label=_("On"), widget=day_input())

    def __init__(self, *args, parcel: Parcel, to: ParcelState, user, **options):
        super().__init__(*args, **options)
        self.to, self.is_back = to, to == ParcelState.CLEARED and parcel.supplied_on is not None
        if self.is_back:
            self.fields["reason"] = forms.CharField(label=_("Reason"), max_length=150)
            return
        known = {
            "approval_no": lambda: forms.CharField(label=_("Approval document"), max_length=60),
            "contract_no": lambda: forms.CharField(label=_("Contract or allocation no."), max_length=60),
            "agreed_start_on": lambda: forms.DateField(label=_("Agreed start of works"), widget=day_input()),
            "price_fen": lambda: YuanField(label=_("Price (yuan)"), required=False),
            "project": lambda: ProjectChoice(projects_for(user), label=_("Project"), required=False),
            "started_share": lambda: _percent(_("Share of area started (%)")),
            "invested_share": lambda: _percent(_("Share of investment done (%)")),
        }
        for name in (*parcels.NEEDS[to], *parcels.MAY_BRING.get(to, ())):
            self.fields[name] = known[name]()
        if "project" in self.fields:
            self.initial.setdefault("project", parcel.project_id)


def _percent(label, required=False):
    return forms.DecimalField(
        label=label, min_value=0, max_value=100, max_digits=5, decimal_places=2, required=required
    )


class WorksForm(forms.Form):
    """How far the works are, and since when they rest."""

    started_share = _percent(_("Share of area started (%)"), required=True)
    invested_share = _percent(_("Share of investment done (%)"), required=True)
    stopped_on = forms.DateField(label=_("Works stopped since"), required=False, widget=day_input())


class FaultForm(forms.Form):
    """Whose doing the delay is, by which document."""

    fault = forms.ChoiceField(label=_("Whose fault"), choices=Parcel.Fault.choices, required=False)
    document_no = forms.CharField(label=_("Document that found it"), max_length=60)


class DisposalForm(forms.Form):
    """How idle land was dealt with."""

    on = forms.DateField(label=_("Disposed of on"), widget=day_input())
    disposal = forms.CharField(label=_("How it was disposed of"), max_length=200)
    agreed_start_on = forms.DateField(label=_("Start agreed anew"), required=False, widget=day_input())


class TieForm(forms.Form):
    """The project that the parcel is for."""

    project = ProjectChoice(Project.objects.none(), label=_("Project"), required=False)

    def __init__(self, *args, user, parcel, **options):
        super().__init__(*args, **options)
        self.fields["project"].queryset = projects_for(user)
        self.initial.setdefault("project", parcel.project_id)
