"""The upload form."""

from django import forms
from django.utils.translation import gettext_lazy as _

from imports.reader import UPLOAD


class UploadForm(forms.Form):
    """A file to check. Its kind comes from the address."""

    file = forms.FileField(
        label=_("File"),
        max_length=200,
        help_text=_("Excel (.xlsx, .xls) or CSV in UTF-8 or GBK; at most 10 MB, 5,000 rows and 100 columns."),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty (0 bytes). Save it again and upload it."),
        },
    )
    sheet = forms.CharField(
        label=_("Sheet"),
        required=False,
        max_length=100,
        help_text=_("Empty: the sheet that fits best. The preview says which one was read."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ".xlsx,.xls,.csv,.txt"
        self.use_required_attribute = False

    def clean_file(self):
        """Refuse a file that is too large before it is opened."""
        file = self.cleaned_data["file"]
        if file.size > UPLOAD.size_mb << 20:
            raise forms.ValidationError(_("The file is larger than %(most)s MB.") % {"most": UPLOAD.size_mb})
        return file
