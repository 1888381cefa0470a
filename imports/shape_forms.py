"""Forms for files of shapes: what is asked with the upload, and how the file may be read again."""

from django import forms
from django.utils.translation import gettext_lazy as _

from gis import files
from gis.point_forms import systems
from imports.forms import UploadForm
from imports.shapes import Options

ENCODINGS = [("", _("found by the texts")), ("UTF-8", "UTF-8"), ("GB18030", "GBK")]
ACCEPTED = ".geojson,.json,.zip,.gpkg,.kml,.kmz,.xlsx,.xls,.csv"


def subjects(kind: str):
    """Return the choices of what the shapes are of."""
    if kind == "points":
        return [("", _("found by code and name")), ("project", _("projects")), ("park", _("parks"))]
    return [("", _("found by code and name")), ("district", _("districts")), ("park", _("parks"))]


class ShapeUploadForm(UploadForm):
    """A file of shapes, or a table of coordinates, with its coordinate system."""

    crs = forms.ChoiceField(
        label=_("Coordinate system"),
        required=False,
        help_text=_("GCJ-02 and BD-09 cannot be recognised from the numbers: say so, and they are converted."),
    )
    of = forms.ChoiceField(label=_("What the shapes are of"), required=False)

    field_order = ["file", "crs", "of", "sheet"]

    def __init__(self, *args, kind: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["crs"].choices, self.fields["of"].choices = systems(_("what the file says")), subjects(kind)
        file, sheet = self.fields["file"], self.fields["sheet"]
        file.widget.attrs["accept"] = ACCEPTED
        file.help_text = _(
            "GeoJSON, zipped Shapefile, GeoPackage or KML, at most %(most)s MB; or a table of corners (.xlsx, .csv)."
        ) % {"most": files.UPLOAD.size_mb}
        if kind == "points":
            file.help_text = _(
                "A table (.xlsx, .xls, .csv) with two columns of coordinates; or GeoJSON, Shapefile (.zip), "
                "GeoPackage, KML."
            )
        sheet.label, sheet.help_text = _("Layer or sheet"), _("Empty: the only one, or the one that fits.")

    def clean_file(self):
        """Refuse a file that is too large before it is opened."""
        file = self.cleaned_data["file"]
        if not files.holds_shapes(file.name):
            return super().clean_file()
        if file.size > files.UPLOAD.size_mb << 20:
            raise forms.ValidationError(_("The file is larger than %(most)s MB.") % {"most": files.UPLOAD.size_mb})
        return file

    def options(self) -> dict:
        """Return the options of the batch."""
        return Options.of_dict(self.cleaned_data).stored()


class AgainForm(forms.Form):
    """How the file of a batch is to be read instead."""

    crs = forms.ChoiceField(label=_("Coordinate system"), required=False)
    swap = forms.BooleanField(label=_("x and y are swapped"), required=False)
    of = forms.ChoiceField(label=_("What the shapes are of"), required=False)
    name_column = forms.ChoiceField(label=_("Column with the names"), required=False)
    code_column = forms.ChoiceField(label=_("Column with the codes"), required=False)
    encoding = forms.ChoiceField(label=_("Encoding of the texts"), choices=ENCODINGS, required=False)
    sheet = forms.CharField(label=_("Layer or sheet"), required=False, max_length=100)
    repair = forms.BooleanField(label=_("Repair outlines that can be repaired"), required=False)
    create = forms.BooleanField(label=_("Register districts that are missing"), required=False)
    outside = forms.BooleanField(label=_("Points may lie outside their park or district"), required=False)

    def __init__(self, *args, batch, **kwargs):
        initial = {"sheet": batch.sheet} | batch.options
        super().__init__(*args, initial=initial, prefix="again", **kwargs)
        headings = [("", _("found by its heading"))] + [(text, text) for text in batch.headings if text]
        self.fields["crs"].choices, self.fields["of"].choices = systems(_("what the file says")), subjects(batch.kind)
        for name in ("name_column", "code_column"):
            self.fields[name].choices = headings
        for name in ("outside",) if batch.kind == "boundaries" else ("repair", "create"):
            del self.fields[name]
        if not batch.file_name.lower().endswith(".zip"):
            del self.fields["encoding"]

    def options(self) -> dict:
        """Return the options of the batch."""
        return Options.of_dict(self.cleaned_data).stored()
