"""Writes on enterprises, parks, their materials and key points: each in one transaction, with its audit entry.

Projects themselves are written by `projects/actions.py`.
"""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from people import audit
from people.access import MANAGE, allows, department_ids, granted, granted_tree, manageable_by
from people.models import District
from projects import uploads
from projects.actions import Forbidden, Refused
from projects.models import Enterprise, KeyPoint, Material, Park, Project

# --- places -----------------------------------------------------------------------------------------------------


def districts_managed(user):
    """Return the districts whose data the person manages by a grant, with those below."""
    return District.objects.filter(pk__in=granted_tree(District, user, MANAGE))


def parks_managed(user):
    """Return the parks that the person manages by a grant on them or on their district."""
    return Park.objects.filter(pk__in=granted(Park, user, MANAGE)) | Park.objects.filter(
        district__in=granted_tree(District, user, MANAGE)
    )


# --- enterprises ------------------------------------------------------------------------------------------------


@transaction.atomic
def save_enterprise(*, by, enterprise: Enterprise) -> Enterprise:
    """Save a validated enterprise, new or changed.

    :raises Forbidden: `by` may not edit enterprises, or not this one.
    """
    is_new = enterprise.pk is None
    if is_new and not allows(by, "enterprise.edit") and not allows(by, "project.create"):
        raise Forbidden
    if not is_new and not manageable_by(Enterprise.objects.filter(pk=enterprise.pk), by).exists():
        raise Forbidden
    renamed = (
        not is_new
        and Enterprise.objects.filter(pk=enterprise.pk)
        .exclude(name=enterprise.name, short_name=enterprise.short_name)
        .exists()
    )
    enterprise.save()
    if renamed:  # projects are found by the name of their enterprise
        for project in enterprise.projects.select_related("enterprise"):
            project.save(update_fields=["search_text"])
    audit.record("enterprise.create" if is_new else "enterprise.edit", by=by, target=enterprise)
    return enterprise


def may_add_material(user, enterprise: Enterprise) -> bool:
    """Say whether the person may put documents into the enterprise's library. Two queries at most.

    Those who manage the enterprise, and officers of a department that handles a stage of one of its projects.
    """
    if not allows(user, "material.edit"):
        return False
    row = Enterprise.objects.filter(pk=enterprise.pk)
    if manageable_by(row, user).exists():
        return True
    return (
        allows(user, "stage.handle")
        and row.filter(**{f"{Enterprise.ACCESS.department}__in": department_ids(user)}).exists()
    )


@transaction.atomic
def add_material(*, by, material: Material, file=None) -> Material:
    """Put a validated document into an enterprise's library; the file is kept under its hash.

    :raises Forbidden: without the right.  :raises Refused: the library holds the same file under the same name.
    """
    if not may_add_material(by, material.enterprise):
        raise Forbidden
    material.given_by = by
    if file is not None:
        material.sha256 = uploads.digest(file)
        twin = Material.objects.filter(
            enterprise=material.enterprise, name=material.name, sha256=material.sha256, project=material.project
        )
        if twin.exists():
            raise Refused(_("The library already holds this file under this name."), "file")
        material.file.save(f"{material.sha256}.{uploads.ending_of(file.name)}", file, save=False)
    material.save()
    audit.record("material.add", by=by, target=material.enterprise, material=material.name, file=material.sha256)
    return material


# --- parks ------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_park(*, by, park: Park) -> Park:
    """Save a validated park, new or changed.

    :raises Forbidden: `by` may not edit this park, or manages no district that it could lie in.
    """
    is_new = park.pk is None
    if not allows(by, "park.edit"):
        raise Forbidden
    if is_new:
        if not districts_managed(by).filter(pk=park.district_id).exists():
            raise Forbidden
    elif not manageable_by(Park.objects.filter(pk=park.pk), by).exists():
        raise Forbidden
    park.save()
    audit.record("park.create" if is_new else "park.edit", by=by, target=park)
    return park


# --- key points -------------------------------------------------------------------------------------------------


@transaction.atomic
def store_key_points(*, by, project: Project, points: dict[str, dict]) -> int:
    """Store planned and actual dates by key point name; returns how many changed. Points without any fact are left out.

    :raises Forbidden: `by` may not manage the project.
    """
    if not manageable_by(Project.objects.filter(pk=project.pk), by).exists():
        raise Forbidden
    stored = {point.name: point for point in KeyPoint.objects.select_for_update().filter(project=project)}
    changed = {}
    for name, facts in points.items():
        point = stored.get(name)
        if point is None and not any(facts.values()):
            continue
        point = point or KeyPoint(project=project, name=name)
        before = {key: getattr(point, key) for key in facts}
        if point.pk and before == facts:
            continue
        for key, value in facts.items():
            setattr(point, key, value)
        point.save()
        changed[name] = {key: [_text(before[key]), _text(facts[key])] for key in facts if before[key] != facts[key]}
    if changed:
        audit.record("project.key_points", by=by, target=project, changed=changed)
    return len(changed)


def _text(value) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value or "")


def order_warnings(points: dict[str, dict]) -> list[tuple[str, str, str]]:
    """Return (which, earlier point, later point) where dates contradict the order of a project's life.

    `which` is "planned_on" or "actual_on". Only neighbours that both have a date are compared. A warning, no error: a
    project may top out a part before the land of another is supplied.
    """
    found = []
    for which in ("planned_on", "actual_on"):
        dated = [(name, points[name][which]) for name in KeyPoint.Name.values if points.get(name, {}).get(which)]
        for (earlier, first), (later, second) in zip(dated, dated[1:], strict=False):
            if second < first:
                found.append((which, earlier, later))
    return found
