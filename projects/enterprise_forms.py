"""Forms of enterprises, their material library, and parks."""

import json

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from people.models import District
from projects import codes, registry, validators
from projects.collisions import Watched
from projects.forms import Sections, day_input
from projects.models import Enterprise, Material, Park
from projects.uploads import check_upload

BOUNDARY_LIMIT = 500_000
"""Characters of pasted GeoJSON: a park's boundary has hundreds of points, not a hundred thousand."""


class EnterpriseForm(Watched, Sections, forms.ModelForm):
    """What is kept of an enterprise: codes, and a contact's work phone; no private data."""

    SECTIONS = (
        (_("Enterprise"), ("credit_code", "name", "short_name", "district", "legal_person", "address")),
        (_("Contact"), ("contact", "contact_phone", "note")),
    )
    WIDE = frozenset({"address", "note"})

    class Meta:
        model = Enterprise
        fields = [
            "credit_code",
            "name",
            "short_name",
            "district",
            "legal_person",
            "address",
            "contact",
            "contact_phone",
            "note",
        ]
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "credit_code": _("18 characters; the last one is checked."),
            "contact_phone": _("A work phone. Only those who manage the enterprise see it whole."),
        }
        error_messages = {"credit_code": {"unique": _("An enterprise with this credit code is already on record.")}}

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["credit_code"].max_length = 40
        self.fields["credit_code"].validators = []
        self.fields["credit_code"].widget.attrs["maxlength"] = 40
        districts = registry.districts_managed(user)
        if self.instance.pk is None:
            # Without a district that he manages nobody, not even he, would see the new enterprise.
            self.fields["district"].required = districts.exists()
        elif self.instance.district_id:
            districts = districts | District.objects.filter(pk=self.instance.district_id)
        self.fields["district"].queryset = districts.distinct().order_by("code")

    def clean_credit_code(self):
        text = self.cleaned_data["credit_code"]
        validators.validate_credit_code(text)
        return codes.clean_credit_code(text)


class MaterialForm(forms.ModelForm):
    """A document for an enterprise's library."""

    file = forms.FileField(
        label=_("File"), required=False, help_text=_("PDF, OFD, Word, Excel or a picture, up to 20 MB.")
    )

    class Meta:
        model = Material
        fields = ["name", "document_no", "issued_by", "issued_on", "valid_until", "project"]
        widgets = {"issued_on": day_input(), "valid_until": day_input()}

    def __init__(self, *args, enterprise: Enterprise, projects, with_project: bool = True, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance.enterprise = enterprise
        if with_project:
            self.fields["project"].queryset = projects
            self.fields["project"].label_from_instance = lambda project: project.name
        else:
            del self.fields["project"]

    def clean_file(self):
        file = self.cleaned_data.get("file")
        if file:
            check_upload(file)
        return file

    def clean(self):
        cleaned = super().clean()
        issued, until = cleaned.get("issued_on"), cleaned.get("valid_until")
        if issued and until and until < issued:
            self.add_error("valid_until", _("It would end before it was issued."))
        if not self.errors and not cleaned.get("file") and not cleaned.get("document_no"):
            self.add_error("document_no", _("Give the document number or the file."))
        return cleaned


class ParkForm(Watched, Sections, forms.ModelForm):
    """What is kept of a park. Its outline is pasted as GeoJSON."""

    SECTIONS = (
        (_("Park"), ("name", "short_name", "district", "code", "level", "kind", "approved_on", "area_ha")),
        (_("Facts"), ("industries", "contact", "note")),
        (_("Outline"), ("boundary_text",)),
    )
    WIDE = frozenset({"industries", "note", "boundary_text"})

    boundary_text = forms.CharField(
        label=_("Boundary or point (GeoJSON, CGCS2000)"),
        required=False,
        max_length=BOUNDARY_LIMIT,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_("A Point, Polygon or MultiPolygon, also as Feature; longitude first."),
    )

    class Meta:
        model = Park
        fields = [
            "name",
            "short_name",
            "district",
            "code",
            "level",
            "kind",
            "approved_on",
            "area_ha",
            "industries",
            "contact",
            "note",
        ]
        widgets = {"approved_on": day_input(), "note": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"code": _("Ours: district code, PK and two digits. Empty: the next free one.")}
        error_messages = {
            "code": {"unique": _("A park with this code is already on record.")},
            "name": {"unique": _("A park with this name is already on record.")},
        }

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        districts = registry.districts_managed(user)
        if self.instance.pk:
            districts = (districts | District.objects.filter(pk=self.instance.district_id)).distinct()
            self.fields["code"].disabled = True
            if self.instance.boundary:
                self.initial["boundary_text"] = json.dumps(self.instance.boundary, ensure_ascii=False)
        else:
            self.fields["code"].required = False
        self.fields["district"].queryset = districts.order_by("code")

    def clean_code(self):
        return codes.clean(self.cleaned_data["code"]).upper()

    def clean_boundary_text(self):
        text = self.cleaned_data["boundary_text"]
        self.boundary = geometry_of(text) if text else None
        return text

    def clean(self):
        cleaned = super().clean()
        district, code = cleaned.get("district"), cleaned.get("code")
        moved = self.instance.pk and district is not None and self.instance.projects.exclude(district=district)
        if moved and "district" in self.changed_data and moved.exists():
            self.add_error("district", _("Projects of the park lie in the present district: move them first."))
        if self.instance.pk is None and district is not None:
            from projects.actions import park_code_for

            if not code:
                cleaned["code"] = park_code_for(district.code)
            elif not code.startswith(district.code):
                self.add_error("code", _("The code of a park begins with the code of its district."))
        return cleaned

    def _post_clean(self):
        super()._post_clean()
        if not self.errors:
            self.instance.boundary = self.boundary


def geometry_of(text: str) -> dict:
    """Return the geometry in pasted GeoJSON: the object itself, or that of a Feature or of a collection of one.

    :raises ValidationError: saying what is wrong.
    """
    try:
        shape = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ValidationError(_("This is not JSON: copy the whole GeoJSON text.")) from error
    if isinstance(shape, dict) and shape.get("type") == "FeatureCollection":
        features = shape.get("features")
        if not isinstance(features, list) or len(features) != 1:
            raise ValidationError(_("The collection must hold exactly one outline."))
        shape = features[0]
    if isinstance(shape, dict) and shape.get("type") == "Feature":
        shape = shape.get("geometry")
    validators.validate_geometry(shape or {})
    _check_rings(shape)
    return {"type": shape["type"], "coordinates": shape["coordinates"]}


def _no_number(name):
    raise ValueError(name)


def _check_rings(shape) -> None:
    """Refuse an outline whose rings are not closed lists of positions.

    :raises ValidationError: with the sentence.
    """
    parts = shape["coordinates"]
    polygons = {"Polygon": [parts], "MultiPolygon": parts}.get(shape["type"], [])
    for polygon in polygons:
        for ring in polygon if isinstance(polygon, list) else [None]:
            positions = ring if isinstance(ring, list) else []
            if len(positions) < 4 or not all(_is_position(p) for p in positions) or positions[0] != positions[-1]:
                raise ValidationError(
                    _("Each ring of an outline needs at least four positions, the last the same as the first.")
                )
    if shape["type"] == "Point" and not _is_position(parts):
        raise ValidationError(_("A point is one pair of longitude and latitude."))


def _is_position(value) -> bool:
    return isinstance(value, list) and len(value) >= 2 and all(isinstance(n, int | float) for n in value)
