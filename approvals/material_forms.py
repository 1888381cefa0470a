"""The form by which a stage's document is handed in: from the library, as a new one, or not needed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from approvals.models import MaterialUse
from projects.enterprise_forms import MaterialForm
from projects.models import Material

LIBRARY, UPLOAD, WAIVE = "library", "new", "waive"


class MaterialUseForm(forms.Form):
    """Which of the three ways; the library lists documents of the same name first and marks expired ones."""

    way = forms.ChoiceField(
        label=_("How it is handed in"),
        choices=[
            (LIBRARY, _("From the enterprise's library")),
            (UPLOAD, _("A new document, kept in the library")),
            (WAIVE, _("Not needed here")),
        ],
        widget=forms.RadioSelect,
    )
    material = forms.ModelChoiceField(Material.objects.none(), label=_("Document in the library"), required=False)

    def __init__(self, *args, use: MaterialUse, library: list[Material], today, may_add: bool, **kwargs):
        self.use, self.library, self.today = use, library, today
        super().__init__(*args, **kwargs)
        ways = [choice for choice in self.fields["way"].choices if _possible(choice[0], use, library, may_add)]
        self.fields["way"].choices = ways
        self.fields["way"].initial = ways[0][0] if ways else None
        field = self.fields["material"]
        field.queryset = Material.objects.filter(pk__in=[m.pk for m in library])
        field.choices = [("", "---------"), *((m.pk, material_text(m, today)) for m in library)]
        same = next((m for m in library if m.name == use.name and not is_expired(m, today)), None)
        field.initial = same.pk if same else None

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("way") != LIBRARY or "material" in self.errors:
            return cleaned
        material = cleaned.get("material")
        if material is None:
            self.add_error("material", _("Choose a document of the library."))
        elif is_expired(material, self.today):
            self.add_error(
                "material",
                _("This document expired on %(day)s: hand in a new one.") % {"day": material.valid_until},
            )
        return cleaned


def _possible(way, use, library, may_add) -> bool:
    """Return whether a way stands open: a library with documents, the right to add, a document that may be waived."""
    return {LIBRARY: bool(library), UPLOAD: may_add, WAIVE: True}[way]


def is_expired(material: Material, today) -> bool:
    """Return whether a document is no longer valid on `today` (its last day is inclusive)."""
    return material.valid_until is not None and material.valid_until < today


def material_text(material: Material, today) -> str:
    """Return a document as the list of choices writes it."""
    parts = [material.name, material.document_no, material.issued_by]
    if is_expired(material, today):
        parts.append(str(_("expired on %(day)s") % {"day": material.valid_until}))
    elif material.valid_until:
        parts.append(str(_("valid until %(day)s") % {"day": material.valid_until}))
    return " · ".join(filter(None, parts))


def sorted_for(use: MaterialUse, library) -> list[Material]:
    """Return the documents that fit the project, those of the same name first, then by name, newest first."""
    project_id = use.stage.chain.project_id
    fitting = [m for m in library if m.project_id in (None, project_id)]
    fitting.sort(key=lambda m: m.given_at, reverse=True)
    return sorted(fitting, key=lambda m: (m.name != use.name, m.name))


def new_material_form(*args, use: MaterialUse, enterprise) -> MaterialForm:
    """Return the form of a new document for the enterprise's library, named after what the stage asks for."""
    return MaterialForm(
        *args, enterprise=enterprise, projects=None, with_project=False, prefix="new", initial={"name": use.name}
    )
