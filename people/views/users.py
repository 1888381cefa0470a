"""Accounts and departments: the system administrator's pages."""

from django.contrib import messages
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from people import actions, paging
from people.access import needs
from people.forms import AccountForm, DepartmentForm, NewAccountForm, NewPasswordForm, PeopleFilter
from people.models import Department, User


def filtered(request):
    """Return the people that the filters of the address ask for, and the filter form. An unknown filter is ignored."""
    form = PeopleFilter(request.GET)
    form.is_valid()
    wanted = form.cleaned_data
    people = User.objects.select_related("department")
    if text := wanted.get("q", "").strip():
        people = people.filter(
            Q(username__icontains=text) | Q(display_name__icontains=text) | Q(title__icontains=text) | Q(phone=text)
        )
    if wanted.get("department"):
        people = people.filter(department=wanted["department"])
    if role := wanted.get("role"):
        people = people.filter(role="" if role == "none" else role)
    if state := wanted.get("state"):
        people = people.filter(is_active=state == "on")
    return people, form


@require_safe
@needs("user.manage")
def user_list(request):
    """All accounts, 50 a page."""
    people, form = filtered(request)
    page = paging.page(people, ("username",), request.GET.get("cursor", ""))
    return render(request, "people/user_list.html", {"page": page, "total": people.count(), "filter": form})


@needs("user.manage")
def user_create(request):
    """Open an account."""
    form = NewAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = actions.create_user(by=request.user, request=request, **form.cleaned_data)
        messages.success(
            request,
            _("The account %(name)s is open. The security administrator gives it a role.") % {"name": user.username},
        )
        return redirect("user-edit", user.username)
    return render(request, "people/user_form.html", {"form": form}, status=422 if form.errors else 200)


@needs("user.manage")
def user_edit(request, username):
    """Change an account's facts."""
    person = get_object_or_404(User.objects.select_related("department"), username=username)
    form = AccountForm(request.POST or None, instance=get_object_or_404(User, pk=person.pk))
    if request.method == "POST" and form.is_valid():
        actions.update_user(person, by=request.user, request=request, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("user-edit", username)
    context = {"form": form, "person": person, "password_form": NewPasswordForm()}
    return render(request, "people/user_form.html", context, status=422 if form.errors else 200)


@require_POST
@needs("user.manage")
def user_active(request, username):
    """Disable or enable an account (`active` = 0 or 1)."""
    person = get_object_or_404(User, username=username)
    active = request.POST.get("active") == "1"
    actions.set_active(person, active, by=request.user, request=request)
    messages.success(request, _("The account is active.") if active else _("The account is disabled."))
    return redirect("user-edit", username)


@require_POST
@needs("user.manage")
def user_password(request, username):
    """Give a person a new first password."""
    person = get_object_or_404(User.objects.select_related("department"), username=username)
    form = NewPasswordForm(request.POST)
    if form.is_valid():
        try:
            actions.reset_password(person, form.cleaned_data["password"], by=request.user, request=request)
        except actions.ValidationError as error:
            form.add_error("password", error)
        else:
            messages.success(request, _("The password is reset. The person must change it at the next log-in."))
            return redirect("user-edit", username)
    context = {"form": AccountForm(instance=person), "person": person, "password_form": form}
    return render(request, "people/user_form.html", context, status=422)


@require_safe
@needs("user.manage")
def department_list(request):
    """The tree of departments with the number of people in each."""
    rows = list(Department.objects.annotate(head_count=Count("people", filter=Q(people__is_active=True))))
    return render(request, "people/department_list.html", {"rows": as_tree(rows)})


def as_tree(rows: list) -> list[tuple[int, object]]:
    """Return (depth, row), parents before children, in the given order."""
    below: dict = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)

    def walk(parent, depth):
        for row in below.get(parent, []):
            yield depth, row
            yield from walk(row.pk, depth + 1)

    return list(walk(None, 0))


@needs("user.manage")
def department_create(request):
    """Create a department."""
    return _department_form(request, Department())


@needs("user.manage")
def department_edit(request, code):
    """Change a department."""
    return _department_form(request, get_object_or_404(Department, code=code))


def _department_form(request, department):
    form = DepartmentForm(request.POST or None, instance=department)
    if department.pk:
        form.fields["code"].disabled = True
        form.fields["parent"].queryset = Department.objects.exclude(pk=department.pk)
    if request.method == "POST" and form.is_valid():
        actions.save_department(form.save(commit=False), by=request.user, request=request)
        messages.success(request, _("Saved."))
        return redirect("department-list")
    context = {"form": form, "department": department if department.pk else None}
    return render(request, "people/department_form.html", context, status=422 if form.errors else 200)
