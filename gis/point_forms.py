"""The form of a project's point, and the choices of coordinate systems."""

import unicodedata
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gis import frames, geometry, outlines, placing, sentences


def systems(none=None):
    """Return the choices of coordinate systems, zones in two groups; `none` labels an empty choice."""
    numbers = range(frames.FIRST_ZONE, frames.LAST_ZONE + 1)
    zones = {prefix: [frames.zone(3 * number, prefix) for number in numbers] for prefix in (True, False)}
    degrees = [
        ("cgcs2000", _("CGCS2000 (survey office, 天地图)")),
        ("wgs84", _("WGS 84 (GPS)")),
        ("gcj02", _("GCJ-02 (高德, 腾讯, DataV)")),
        ("bd09", _("BD-09 (百度)")),
    ]
    return [
        *([("", none)] if none else []),
        (_("Degrees"), degrees),
        (
            _("CGCS2000, 3-degree zone, eastings begin with its number"),
            [
                (zone.code, _("Zone %(n)s (meridian %(m)s°)") % {"n": zone.meridian // 3, "m": zone.meridian})
                for zone in zones[True]
            ],
        ),
        (
            _("CGCS2000, 3-degree zone, six-digit eastings"),
            [(zone.code, _("Meridian %(m)s°") % {"m": zone.meridian}) for zone in zones[False]],
        ),
    ]


def words_of(fault: geometry.Fault) -> str:
    """Return what is said of a fault, in the active language."""
    return gettext(sentences.fault(fault.word, fault.repairable)) % fault.params


class CoordinateField(forms.DecimalField):
    """A coordinate: degrees or metres, full-width digits understood."""

    def __init__(self, **kwargs):
        super().__init__(
            max_digits=24, decimal_places=15, widget=forms.TextInput(attrs={"inputmode": "decimal"}), **kwargs
        )

    def to_python(self, value):
        if isinstance(value, str):
            value = unicodedata.normalize("NFKC", value).replace(",", "").strip()
        return super().to_python(value)


class PointForm(forms.Form):
    """Two coordinates in a system that is declared; they are converted and checked before anything is stored."""

    system = forms.ChoiceField(
        label=_("Coordinate system"),
        help_text=_(
            "Coordinates from 高德 or 腾讯 are GCJ-02, from 百度 BD-09; they are converted. The map gives CGCS2000."
        ),
    )
    x = CoordinateField(label=_("Longitude or easting"), required=False)
    y = CoordinateField(label=_("Latitude or northing"), required=False)
    outside = forms.BooleanField(label=_("It is right: the point lies outside its park or district"), required=False)
    was = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, project, **kwargs):
        self.project, self.point, self.stray = project, None, None
        x, y = project.longitude, project.latitude
        kwargs["initial"] = {"system": "cgcs2000", "x": x, "y": y, "was": self._stored()}
        super().__init__(*args, **kwargs)
        self.fields["system"].choices = systems()
        self.use_required_attribute = False

    def _stored(self) -> str:
        return "" if self.project.longitude is None else f"{self.project.longitude},{self.project.latitude}"

    def clean(self):
        """Convert and check: `point` is then (longitude, latitude) or None, `origin` where it came from."""
        cleaned = super().clean()
        if self.errors:
            return cleaned
        if cleaned["was"] != self._stored():
            stored = self._stored() or gettext("none")
            self.data = self.data.copy()
            self.data["was"] = self._stored()
            raise ValidationError(
                gettext("Somebody else changed the point meanwhile (now: %(stored)s). Save again to replace it.")
                % {"stored": stored}
            )
        x, y = cleaned["x"], cleaned["y"]
        if x is None and y is None:
            return cleaned
        if x is None or y is None:
            self.add_error("x" if x is None else "y", _("Longitude and latitude go together."))
            return cleaned
        self._convert(float(x), float(y), frames.parse(cleaned["system"]))
        return cleaned

    def _convert(self, x: float, y: float, frame: frames.Frame):
        if fault := geometry.place_fault([(x, y)], frame, placing.city_boxes()):
            self.add_error("x", words_of(fault).replace("“x and y are swapped”", "").strip())
            return
        (there,) = frames.to_cgcs2000([(x, y)], frame)
        self.point = outlines.degrees({"type": "Point", "coordinates": list(there)})
        self.origin = outlines.Origin(frame, original={"type": "Point", "coordinates": [x, y]})
        self.stray = placing.stray(*self.point, park=self.project.park, district=self.project.district)
        if self.stray and not self.cleaned_data["outside"]:
            self.add_error("outside", words_of(self.stray) + " " + gettext("If that is right, tick the box."))

    @property
    def shown(self) -> tuple[Decimal, Decimal] | None:
        """Return the point that the map shows: the one that was given, else the stored one."""
        if self.point:
            return self.point
        return None if self.project.longitude is None else (self.project.longitude, self.project.latitude)
