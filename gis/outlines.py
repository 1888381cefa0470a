"""Writes of outlines and points that were drawn elsewhere, each with its source kept as it came (`ShapeSource`)."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from gis import files
from gis.frames import Frame
from gis.models import DistrictShape, ShapeSource
from people.access import MANAGE, VIEW, allows, granted, granted_tree
from people.models import District
from projects import actions
from projects.models import Park, Project

FROM_DISTRICTS = "各区县合并"
"""The file name of an outline of a city that was put together from those of its districts."""


@dataclass(frozen=True)
class Origin:
    """Where a shape came from: its system, the file and the place in it, the shape as it came, its areas in m²."""

    frame: Frame
    file_name: str = ""
    file_sha256: str = ""
    feature_no: int | None = None
    original: dict | None = None
    repaired: str = ""
    declared_area_m2: float | None = None
    zone_area_m2: float | None = None
    geodesic_area_m2: float | None = None

    def source(self, *, by, now, **target) -> ShapeSource:
        """Return the unsaved row; `target` is district=, park= or project=."""
        areas = {
            name: None if (value := getattr(self, name)) is None else round(Decimal(value), 1)
            for name in ("declared_area_m2", "zone_area_m2", "geodesic_area_m2")
        }
        return ShapeSource(
            system=self.frame.system,
            epsg=self.frame.epsg,
            file_name=self.file_name[-200:],
            file_sha256=self.file_sha256,
            feature_no=self.feature_no,
            original=self.original,
            repaired=self.repaired[:200],
            made_by=by,
            made_at=now,
            **areas,
            **target,
        )


def parks_changeable(user):
    """Return the parks whose outline the person may set: boundary.import, and a grant that reaches the park.

    Who manages projects needs a managing grant; who only watches (a supervisor) needs one that lets him see the place.
    """
    if not allows(user, "boundary.import"):
        return Park.objects.none()
    names = _grants(user)
    return Park.objects.filter(pk__in=granted(Park, user, names)) | Park.objects.filter(
        district__in=granted_tree(District, user, names)
    )


def districts_changeable(user):
    """Return the districts whose outline the person may set, as for parks."""
    if not allows(user, "boundary.import"):
        return District.objects.none()
    return District.objects.filter(pk__in=granted_tree(District, user, _grants(user)))


def _grants(user) -> tuple[str, ...]:
    return MANAGE if allows(user, "project.edit") else VIEW


def set_district(*, by, district: District, geometry: dict, origin: Origin, now) -> DistrictShape:
    """Store the outline of a district and where it came from. The caller checks the right and calls `placing.place`."""
    shape, _new = DistrictShape.objects.update_or_create(district=district, defaults={"geometry": geometry})
    origin.source(by=by, now=now, district=district).save()
    return shape


def set_park(*, by, park: Park, geometry: dict, origin: Origin, now) -> Park:
    """Store the outline or point of a park and where it came from. The caller checks the right, as above."""
    park.boundary = geometry
    park.save(update_fields=["boundary"])
    origin.source(by=by, now=now, park=park).save()
    return park


@transaction.atomic
def set_point(*, by, project: Project, longitude: Decimal, latitude: Decimal, origin: Origin, now) -> Project:
    """Store the point of a project, where it lies, and where the coordinates came from.

    :raises projects.actions.Forbidden: `by` may not manage the project.
    """
    saved = actions.edit(by=by, project=project, changed={"longitude": longitude, "latitude": latitude})
    origin.source(by=by, now=now, project=saved).save()
    return saved


def complete_cities(*, by, now) -> list[District]:
    """Draw the outline of each city that has none, or had one drawn here, from its districts once all have theirs.

    Returns the cities drawn. Three queries, and a process where there is something to unite.
    """
    drawn = []
    shapes = dict(DistrictShape.objects.values_list("district_id", "geometry"))
    ours = {
        source.district_id: source.file_name == FROM_DISTRICTS
        for source in ShapeSource.objects.filter(district__parent__isnull=True).order_by("made_at", "pk")
    }
    for city in District.objects.filter(parent__isnull=True).prefetch_related("children"):
        children = [child.pk for child in city.children.all()]
        if not children or not all(pk in shapes for pk in children) or (city.pk in shapes and not ours.get(city.pk)):
            continue
        feature = files.unite([shapes[pk] for pk in children])
        if feature.geometry and feature.geometry != shapes.get(city.pk):
            origin = Origin(
                Frame("cgcs2000"),
                FROM_DISTRICTS,
                zone_area_m2=feature.zone_area_m2,
                geodesic_area_m2=feature.geodesic_area_m2,
            )
            set_district(by=by, district=city, geometry=feature.geometry, origin=origin, now=now)
            drawn.append(city)
    return drawn


def degrees(geometry: dict) -> tuple[Decimal, Decimal]:
    """Return the longitude and latitude of a GeoJSON point as a project stores them: six decimals (0.1 m)."""
    return tuple(round(Decimal(str(number)), 6) for number in geometry["coordinates"][:2])
