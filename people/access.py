"""Who may see and do what. Views ask here and never call guardian themselves.

A role says *what* (`allows`), grants and assignments say *where* (`visible_to`, `manageable_by`):
 - a grant `view_projects` or `manage_projects` on a district (it covers the districts below) or on a park,
 - a current assignment of the person on a project,
 - a stage that belongs to the person's department, to one below it, or to one whose cases he was granted.
Global permissions and the superuser flag count for nothing, so list and detail cannot disagree.

Cost: `visible_to` adds conditions only, none at all where a grant covers every district. What was granted is read once
per person's row (a request): two queries for who sees the whole city, five at most. `get_for` is one query more, two
when it must tell 403 from 404.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, wraps
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from people import roles
from people.prepared import Prepared

VIEW = ("view_projects", "manage_projects")
MANAGE = ("manage_projects",)


@dataclass(frozen=True)
class AccessPaths:
    """The look-up paths from a model to what rights hang on. None: no such path; "": the model is it itself.

    `person` is a path to a user, or `{"path": p}` where `p` leads to assignments: then only one that has not ended
    counts. `edit` is the permission that a manager's role needs. `public` rows are seen by all who may see projects.
    """

    district: str | None = None
    park: str | None = None
    department: str | None = None
    person: str | Mapping | None = None
    also_district: str | None = None
    edit: str = "project.edit"
    public: bool = False


# --- what -------------------------------------------------------------------------------------------------------


def allows(user, permission: str) -> bool:
    """Say whether the person's role carries the permission. No query. Raises KeyError for an unknown permission."""
    roles.PERMISSIONS[permission]
    if not user.is_authenticated or not user.is_active:
        return False
    role = roles.get(user.role)
    return role is not None and permission in role.permissions


def require(user, permission: str) -> None:
    """Raise PermissionDenied when the person's role lacks the permission."""
    if not allows(user, permission):
        raise PermissionDenied(permission)


def needs_login(view):
    """Decorate a view that everybody who is logged in may use."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        return view(request, *args, **kwargs) if request.user.is_authenticated else to_login(request)

    return guarded


def needs(*permissions: str):
    """Decorate a view: log-in first, then 403 unless the role has one of the permissions."""
    for permission in permissions:
        roles.PERMISSIONS[permission]

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if not request.user.is_authenticated:
                return to_login(request)
            if not any(allows(request.user, permission) for permission in permissions):
                raise PermissionDenied(permissions[0])
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def to_login(request) -> HttpResponse:
    """Send a visitor to the log-in page, which leads back to the page he was on (for a POST: the page with the form).

    htmx gets 401 with `HX-Redirect`, so that no log-in page lands inside a fragment.
    """
    fragment = "HX-Request" in request.headers
    page = request.get_full_path()
    if fragment or request.method != "GET":
        page = _own_page(request, request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    url = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': page})}"
    if fragment:
        return HttpResponse(status=401, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def _own_page(request, url: str) -> str:
    """Return path and query of a URL of this site, "/" for any other."""
    if not url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


# --- where ------------------------------------------------------------------------------------------------------


def granted(model: type[Model], user, codenames: tuple[str, ...]) -> frozenset[int]:
    """Return the ids of the rows of `model` (District, Park, Department) that were granted to the person or his group.

    One query, once per person's row: a request loads its own, so a new grant counts from the next. Plain look-ups and
    lists of ids: with the same as conditions within each query, to build one took ten milliseconds.
    """
    known = user.__dict__.setdefault("_granted", {})
    key = (model, codenames)
    if key not in known:
        known[key] = frozenset(pk for (pk,) in _grants(model, codenames)(user.pk)) if user.pk else frozenset()
    return known[key]


@cache
def _grants(model: type[Model], codenames: tuple[str, ...]) -> Prepared:
    """Return the query for the ids of the granted rows, by the id of the person."""

    def make(user: int):
        mine = get_user_obj_perms_model(model).objects.filter(user=user, permission__codename__in=codenames)
        ours = get_group_obj_perms_model(model).objects.filter(group__user=user, permission__codename__in=codenames)
        ids = [rows.order_by().values_list("content_object_id") for rows in (mine, ours)]
        return ids[0].union(ids[1], all=True)

    return Prepared(make)


@cache
def _parents(model: type[Model]) -> Prepared:
    return Prepared(lambda: model._base_manager.order_by().values_list("pk", "parent_id"))


def granted_tree(model: type[Model], user, codenames: tuple[str, ...], also: int | None = None) -> frozenset[int]:
    """Return the ids of the rows of a tree that were granted (and `also`), with all rows below them.

    Two queries, one where nothing was granted, once per person's row.
    """
    return _tree(model, user, codenames, also)[0]


def _tree(model, user, codenames, also=None) -> tuple[frozenset[int], int]:
    """Return the ids that `granted_tree` returns, and how many rows there are in all (0: nobody had to look)."""
    from people.models import MAX_DEPTH

    known = user.__dict__.setdefault("_granted_trees", {})
    key = (model, codenames, also)
    if key not in known:
        covered = set(granted(model, user, codenames)) | ({also} if also is not None else set())
        parents = dict(_parents(model)()) if covered else {}
        for _depth in range(1, MAX_DEPTH):
            covered |= {pk for pk, parent in parents.items() if parent in covered}
        known[key] = frozenset(covered), len(parents)
    return known[key]


def forget_grants(user) -> None:
    """Let the next question about this person's row read his grants anew."""
    for name in ("_granted", "_granted_trees"):
        user.__dict__.pop(name, None)


def department_ids(user) -> frozenset[int]:
    """Return the ids of departments whose cases the person may handle: his own with those below, and granted ones.

    At most two queries, once per person's row.
    """
    from people.models import Department

    return granted_tree(Department, user, ("handle_cases",), also=user.department_id)


def handles(user, department) -> bool:
    """Say whether the person may handle the cases of that department (row or id). Two queries once per person's row."""
    if department is None or not allows(user, "stage.handle"):
        return False
    pk = getattr(department, "pk", department)
    return pk == user.department_id or pk in department_ids(user)


def visible_to(queryset: QuerySet, user, *, all_read: bool = False) -> QuerySet:
    """Narrow a queryset of a model with ACCESS to what the person may see. Adds conditions; see above for the cost.

    Administrators, people without a role and anonymous visitors see nothing. `all_read` promises that every row will
    be read, as for a count: then the rows that a department's cases lead to are collected once, instead of looked for
    at each row, which is quicker for a page of them.
    """
    paths = queryset.model.ACCESS
    if not allows(user, "project.view"):
        return queryset.none()
    if paths.public:
        return queryset
    if _covered(queryset.model, paths, user, VIEW):
        return queryset
    where = _places(queryset.model, paths, user, VIEW) | _assigned(queryset.model, paths, user)
    if paths.department is not None and allows(user, "stage.handle"):
        if all_read:
            rows = queryset.model._base_manager.order_by()
            cases = rows.filter(**{f"{paths.department}__in": department_ids(user)})
            return queryset.filter(pk__in=rows.filter(where).values("pk").union(cases.values("pk")))
        where |= _reaches(queryset.model, paths.department, department_ids(user))
    return queryset.filter(where)


def manageable_by(queryset: QuerySet, user) -> QuerySet:
    """Narrow a queryset to what the person may manage: his role allows editing, and a managing grant or an
    assignment covers the row. Adds conditions; see above for the cost.
    """
    paths = queryset.model.ACCESS
    if not allows(user, paths.edit):
        return queryset.none()
    if _covered(queryset.model, paths, user, MANAGE):
        return queryset
    where = _places(queryset.model, paths, user, MANAGE) | _assigned(queryset.model, paths, user)
    return queryset.filter(where)


def city_wide(user, codenames: tuple[str, ...] = VIEW) -> bool:
    """Say whether grants cover every district, so that no row with a district is closed to the person.

    One query, two where any district was granted, once per person's row.
    """
    from people.models import District

    covered, every = _tree(District, user, codenames)
    return 0 < every <= len(covered)


def _covered(model: type[Model], paths: AccessPaths, user, codenames) -> bool:
    """Say whether a city-wide grant opens every row of the model: each of them leads to a district."""
    if paths.district is None or any(field.null for field in _fields(model, paths.district)):
        return False
    return city_wide(user, codenames)


def get_for(user, queryset: QuerySet, need: str = "view", **lookup):
    """Return the one row of `lookup`.

    Raises Http404 when there is none that the person may see (a stranger cannot tell), PermissionDenied when he may
    see but not manage it and `need` is "manage".
    """
    if need not in {"view", "manage"}:
        raise ValueError(need)
    if need == "manage":
        row = manageable_by(queryset, user).filter(**lookup).first()
        if row is not None:
            return row
    row = visible_to(queryset, user).filter(**lookup).first()
    if row is None:
        raise Http404
    if need == "manage":
        raise PermissionDenied
    return row


def may_manage(user, row: Model) -> bool:
    """Say whether the person may manage this row. One query."""
    return manageable_by(type(row)._base_manager.filter(pk=row.pk), user).exists()


def _places(model: type[Model], paths: AccessPaths, user, codenames) -> Q:
    """Return the condition that a grant on a district or park covers the row."""
    from people.models import District

    where = Q(pk__in=[])
    for path in (paths.district, paths.also_district):
        if path is not None:
            where |= _reaches(model, path, granted_tree(District, user, codenames))
    if paths.park is not None:
        park = _model_at(model, paths.park)
        where |= _reaches(model, paths.park, granted(park, user, codenames))
    return where


def _assigned(model: type[Model], paths: AccessPaths, user) -> Q:
    """Return the condition that the person himself stands by the row, today."""
    if paths.person is None:
        return Q(pk__in=[])
    if isinstance(paths.person, str):
        lookups = {paths.person: user}
    else:
        path = paths.person["path"]
        lookups = {f"{path}__user": user, f"{path}__ended_on__isnull": True}
    # One filter() call: both conditions hold on the same assignment. A person has few, so their ids come first.
    return Q(pk__in=model._base_manager.filter(**lookups).order_by().values("pk"))


def _reaches(model: type[Model], path: str, targets: frozenset[int]) -> Q:
    """Return the condition that `path` leads to one of the ids `targets`; an EXISTS where the path has many ends."""
    if not targets:
        return Q(pk__in=[])
    if path == "":
        return Q(pk__in=targets)
    if _is_many(model, path):
        return Q(Exists(model._base_manager.filter(Q(**{f"{path}__in": targets}), pk=OuterRef("pk"))))
    return Q(**{f"{path}__in": targets})


def _fields(model: type[Model], path: str):
    for name in path.split("__"):
        field = model._meta.get_field(name)
        yield field
        model = field.related_model


def _is_many(model: type[Model], path: str) -> bool:
    return any(field.one_to_many or field.many_to_many for field in _fields(model, path))


def _model_at(model: type[Model], path: str) -> type[Model]:
    return [model, *(field.related_model for field in _fields(model, path))][-1] if path else model
