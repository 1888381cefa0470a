"""Grants: who holds which permission on which district, park or department.

An app that owns a grantable model registers it in its `AppConfig.ready` (`people` may not import upwards).
Rows are guardian permissions; nobody but this module and `people.access` touches them.
"""

from dataclasses import dataclass

from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from people.models import Department, User

SEE, MANAGE, HANDLE = _("see projects"), _("manage projects"), _("handle cases")
WORDS = {"view_projects": SEE, "manage_projects": MANAGE, "handle_cases": HANDLE}
_register: dict[str, dict[str, str | Promise]] = {
    "people.district": {"view_projects": SEE, "manage_projects": MANAGE},
    "people.department": {"handle_cases": HANDLE},
}


@dataclass(frozen=True)
class Grant:
    """One grant: `row` is the guardian row, `on` the object, `codename` the permission."""

    row: Model
    on: Model
    codename: str

    @property
    def label(self):
        """Return the permission in words."""
        return _register[self.on._meta.label_lower][self.codename]

    @property
    def model(self) -> str:
        """Return the label of the object's model."""
        return self.on._meta.label_lower


def register(label: str, codenames: dict[str, str | Promise]) -> None:
    """Make a model grantable: `label` like "projects.park", `codenames` with their words."""
    _register[label.lower()] = codenames


def models() -> list[type[Model]]:
    """Return the grantable models."""
    return [apps.get_model(label) for label in _register]


def codenames(model: type[Model]) -> dict[str, str | Promise]:
    """Return the permissions that can be granted on a model. Raises KeyError for one that is not grantable."""
    return _register[model._meta.label_lower]


def table_for(to: User | Department, model: type[Model]):
    """Return guardian's table and the holder's key: a person by himself, a department by its group."""
    if isinstance(to, Department):
        return get_group_obj_perms_model(model), {"group": to.group}
    return get_user_obj_perms_model(model), {"user": to}


def held(to: User | Department) -> list[Grant]:
    """Return what the person (himself, not through his department) or the department holds. One query per model."""
    found = []
    for model in models():
        table, holder = table_for(to, model)
        rows = table.objects.filter(**holder, permission__codename__in=codenames(model))
        rows = rows.select_related("content_object", "permission").order_by("content_object__code", "permission_id")
        found += [Grant(row, row.content_object, row.permission.codename) for row in rows]
    return found


def put(to: User | Department, codename: str, on: Model) -> bool:
    """Write the row; return False when it stood already. Only `people.actions.grant` calls this."""
    if codename not in codenames(type(on)):
        raise KeyError(codename)
    permission = Permission.objects.get(content_type=ContentType.objects.get_for_model(on), codename=codename)
    table, holder = table_for(to, type(on))
    _row, made = table.objects.get_or_create(**holder, permission=permission, content_object=on)
    return made
