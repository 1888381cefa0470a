"""Roles and grants: the security administrator's pages."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from people import actions, grants, paging, roles
from people.access import needs
from people.models import Department, User
from people.views.users import as_tree, filtered


@require_safe
@needs("grant.manage")
def grant_list(request):
    """People with their roles, and departments: whoever can receive a grant."""
    people, form = filtered(request)
    context = {
        "page": paging.page(people, ("username",), request.GET.get("cursor", "")),
        "total": people.count(),
        "filter": form,
        "departments": as_tree(list(Department.objects.all())),
    }
    return render(request, "people/grant_list.html", context)


@require_safe
@needs("grant.manage")
def grant_person(request, username):
    """A person's role and own grants."""
    person = get_object_or_404(User.objects.select_related("department"), username=username)
    return _holder_page(request, person, person=person, is_self=person == request.user)


@require_safe
@needs("grant.manage")
def grant_department(request, code):
    """The grants that all people of a department have."""
    department = get_object_or_404(Department, code=code)
    return _holder_page(request, department, department=department, is_self=department.pk == request.user.department_id)


def _holder_page(request, holder, **more):
    choices = [
        {
            "label": model._meta.verbose_name,
            "objects": [
                {"value": f"{model._meta.label_lower}:{row.pk}:{codename}", "name": row, "permission": words}
                for row in model._base_manager.order_by("code")
                for codename, words in grants.codenames(model).items()
            ],
        }
        for model in grants.models()
    ]
    context = {
        "holder": holder,
        "held": grants.held(holder),
        "inherited": grants.held(holder.department) if isinstance(holder, User) and holder.department else [],
        "choices": choices,
        "roles": roles.ROLES.values(),
        **more,
    }
    return render(request, "people/grant_holder.html", context)


def _holder(kind: str, key: str) -> User | Department:
    if kind == "person":
        return get_object_or_404(User, username=key)
    if kind == "department":
        return get_object_or_404(Department, code=key)
    raise Http404


def _back(holder):
    if isinstance(holder, User):
        return redirect("grant-person", holder.username)
    return redirect("grant-department", holder.code)


@require_POST
@needs("grant.manage")
def role_set(request, username):
    """Give a person a role (`role`, empty for none)."""
    person = get_object_or_404(User, username=username)
    role = request.POST.get("role", "")
    if role and role not in roles.ROLES:
        messages.error(request, _("There is no such role."))
    else:
        actions.set_role(person, role, by=request.user, request=request)
        messages.success(request, _("The role holds from the next click on."))
    return redirect("grant-person", username)


def _choice(text: str) -> tuple[str, object] | None:
    """Return permission and object of "app.model:pk:codename", None when there is no such thing."""
    label, _sep, rest = text.partition(":")
    pk, _sep, codename = rest.partition(":")
    for model in grants.models():
        if model._meta.label_lower == label and codename in grants.codenames(model) and pk.isdecimal():
            on = model._base_manager.filter(pk=pk).first()
            return (codename, on) if on else None
    return None


@require_POST
@needs("grant.manage")
def grant_give(request, kind, key):
    """Give a grant: `what` is "app.model:pk:codename"."""
    holder = _holder(kind, key)
    choice = _choice(request.POST.get("what", ""))
    if choice is None:
        messages.error(request, _("Choose what to grant."))
        return _back(holder)
    codename, on = choice
    actions.grant(holder, codename, on, by=request.user, request=request)
    messages.success(request, _("Granted."))
    return _back(holder)


@require_POST
@needs("grant.manage")
def grant_take(request, kind, key):
    """Take a grant back: `model` and `row` name the guardian row."""
    holder = _holder(kind, key)
    for held in grants.held(holder):
        if held.model == request.POST.get("model") and str(held.row.pk) == request.POST.get("row"):
            actions.take_back(holder, held, by=request.user, request=request)
            messages.success(request, _("Taken back."))
            return _back(holder)
    messages.warning(request, _("This grant is gone already."))
    return _back(holder)
