"""Validators of model and form fields: they explain kindly what `projects/codes.py` refuses."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from projects import codes

CREDIT_CODE_FAULTS = {
    "length": _("The credit code must have 18 characters, this one has another length."),
    "format": _("The credit code may only hold digits and capital letters without I, O, S, V, Z."),
    "component": _("The credit code starts with a registration department or type that does not exist."),
    "checksum": _("The last character of the credit code does not match: one character is probably mistyped."),
}


def validate_credit_code(value):
    """Refuse a 统一社会信用代码 that fails GB 32100-2015.

    :raises ValidationError: with the sentence for the fault found.
    """
    try:
        codes.clean_credit_code(value)
    except ValueError as error:
        raise ValidationError(CREDIT_CODE_FAULTS[str(error)], code=str(error)) from error


def validate_project_code(value):
    """Refuse a project code that is neither national nor external.

    :raises ValidationError: with the expected shape.
    """
    try:
        codes.clean_project_code(value)
    except ValueError as error:
        raise ValidationError(
            _("The project code must look like 2607-159903-04-01-381725 (4-6-2-2-6 digits)."), code="shape"
        ) from error


def validate_geometry(value):
    """Refuse anything but a GeoJSON Point, Polygon or MultiPolygon with CGCS2000 longitude and latitude.

    :raises ValidationError: naming what is wrong.
    """
    if value in (None, ""):
        return
    if not isinstance(value, dict) or value.get("type") not in ("Point", "Polygon", "MultiPolygon"):
        raise ValidationError(_("The boundary must be a GeoJSON Point, Polygon or MultiPolygon."), code="type")
    points = list(positions(value.get("coordinates")))
    if not points:
        raise ValidationError(_("The boundary has no coordinates."), code="empty")
    for longitude, latitude in points:
        if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
            raise ValidationError(
                _("Coordinates must be longitude and latitude in degrees (CGCS2000), longitude first."), code="range"
            )


def positions(coordinates):
    """Yield (longitude, latitude) of every position in GeoJSON coordinates, however deep."""
    if (
        isinstance(coordinates, list)
        and len(coordinates) >= 2
        and all(isinstance(number, int | float) and not isinstance(number, bool) for number in coordinates)
    ):
        yield coordinates[0], coordinates[1]
    elif isinstance(coordinates, list):
        for part in coordinates:
            yield from positions(part)
