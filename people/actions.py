"""Everything that changes accounts, departments and rights. Each action checks the actor's right, writes, and audits,
in one transaction. `by=None` is the console (commands, the sample city) and may do all.
"""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from people import access, audit, grants, roles, sessions
from people.access import require
from people.models import Department, Feedback, PasswordUsed, User
from people.passwords import KEPT

ACCOUNT_FIELDS = ("display_name", "title", "phone", "department")


def _check(by: User | None, permission: str) -> None:
    if by is not None:
        require(by, permission)


def _not_self(by: User | None, to: User | Department) -> None:
    """Refuse a security administrator who grants to himself or to his own department."""
    if by is not None and (to == by or (isinstance(to, Department) and to.pk == by.department_id)):
        raise PermissionDenied(_("Nobody may change his own rights."))


def _store_password(user: User, password: str, *, must_change: bool) -> None:
    user.set_password(password)
    user.must_change_password = must_change
    user.password_changed_at = timezone.now()
    user.save()
    PasswordUsed.objects.create(user=user, password=user.password)
    kept = list(user.passwords_used.values_list("pk", flat=True)[:KEPT])
    user.passwords_used.exclude(pk__in=kept).delete()


# --- accounts (system administrator) ------------------------------------------------------------------------------


@transaction.atomic
def create_user(*, by: User | None, username: str, password: str, request=None, **fields) -> User:
    """Open an account without a role: the security administrator assigns one. The person must change the password.

    Raises ValidationError when the name is taken or the password breaks the rules.
    """
    _check(by, "user.manage")
    user = User(username=username, **{name: fields[name] for name in ACCOUNT_FIELDS if name in fields})
    validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    _store_password(user, password, must_change=True)
    audit.record("user.created", by=by, request=request, target=user)
    return user


@transaction.atomic
def update_user(user: User, *, by: User | None, request=None, **fields) -> User:
    """Change name, post, phone or department. Raises ValidationError. A department brings its grants, so a system
    administrator cannot move himself.
    """
    _check(by, "user.manage")
    before = User.objects.select_related("department").get(pk=user.pk)
    changed = {}
    for name in ACCOUNT_FIELDS:
        if name in fields and getattr(before, name) != fields[name]:
            changed[name] = [str(getattr(before, name) or ""), str(fields[name] or "")]
            setattr(user, name, fields[name])
    if "department" in changed:
        _not_self(by, user)
    if changed:
        user.full_clean()
        user.save()
        audit.record("user.changed", by=by, request=request, target=user, changed=changed)
    return user


@transaction.atomic
def set_active(user: User, active: bool, *, by: User | None, request=None) -> None:
    """Disable or enable an account; disabling ends its sessions. Nobody disables himself."""
    _check(by, "user.manage")
    _not_self(by, user)
    if user.is_active == active:
        return
    user.is_active = active
    user.save(update_fields=["is_active"])
    audit.record("user.enabled" if active else "user.disabled", by=by, request=request, target=user)
    if not active:
        sessions.end_all(user, by=by or user, request=request)


@transaction.atomic
def reset_password(user: User, password: str, *, by: User | None, request=None) -> None:
    """Give a new first password, end the person's sessions and ask for a change at the next log-in.

    The other administrators' passwords are reset on the console only (`manage.py administrators --reset`): otherwise
    the system administrator could become them. Raises ValidationError when the password breaks the rules.
    """
    _check(by, "user.manage")
    if by is not None:
        _not_self(by, user)
        if user.role_class is not None and user.role_class.administers:
            raise PermissionDenied(_("Administrators' passwords are reset on the server's console."))
    validate_password(password, user)
    _store_password(user, password, must_change=True)
    audit.record("password.reset", by=by, request=request, target=user)
    sessions.end_all(user, by=by or user, request=request)


@transaction.atomic
def change_own_password(user: User, password: str, *, request) -> None:
    """Set the password that the person chose himself and end his other sessions. The form has validated it."""
    _store_password(user, password, must_change=False)
    audit.record("password.changed", by=user, request=request, target=user)
    sessions.end_all(user, by=user, request=request, keep=request.session.session_key or "")


@transaction.atomic
def save_department(department: Department, *, by: User | None, request=None) -> Department:
    """Create or change a department. Raises ValidationError."""
    _check(by, "user.manage")
    fresh = department.pk is None
    department.full_clean(exclude=["group"])
    department.save()
    audit.record(
        "department.created" if fresh else "department.changed",
        by=by,
        request=request,
        target=department,
        code=department.code,
        parent=department.parent.code if department.parent else "",
    )
    return department


# --- rights (security administrator) ---------------------------------------------------------------------------------


@transaction.atomic
def set_role(user: User, role: str, *, by: User | None, request=None) -> None:
    """Give a person a role, or take it ("" for none). Holds from the next request on. Never for oneself."""
    _check(by, "grant.manage")
    _not_self(by, user)
    if role and role not in roles.ROLES:
        raise ValidationError(_("There is no such role."))
    before = User.objects.select_for_update().get(pk=user.pk).role
    if before == role:
        return
    user.role = role
    user.save(update_fields=["role"])
    audit.record("role.changed", by=by, request=request, target=user, before=before, after=role)


@transaction.atomic
def grant(to: User | Department, codename: str, on, *, by: User | None = None, request=None) -> None:
    """Grant a permission on a district, park or department to a person or to a department's people.

    Twice is once. Raises KeyError for a permission that does not exist on that kind of object, PermissionDenied for
    oneself.
    """
    _check(by, "grant.manage")
    _not_self(by, to)
    if grants.put(to, codename, on):
        access.forget_grants(to)
        audit.record("grant.given", by=by, request=request, target=to, permission=codename, **_named(on))


@transaction.atomic
def take_back(to: User | Department, row: grants.Grant, *, by: User | None = None, request=None) -> None:
    """Take a grant back. Never from oneself, so that no rights are shuffled."""
    _check(by, "grant.manage")
    _not_self(by, to)
    row.row.delete()
    access.forget_grants(to)
    audit.record("grant.taken", by=by, request=request, target=to, permission=row.codename, **_named(row.on))


def _named(on) -> dict[str, str]:
    return {"on": on._meta.label_lower, "code": on.code, "name": str(on)}


# --- console and sample city -----------------------------------------------------------------------------------------


@transaction.atomic
def ensure_user(
    username: str,
    *,
    display_name: str,
    role: str = "",
    department: Department | None = None,
    password: str | None = None,
    must_change: bool = False,
    **fields,
) -> User:
    """Make or refresh an account from the console or the sample city: no rules for the password, idempotent.

    `fields` are title, phone, is_demo. A password that is already right is not hashed again.
    """
    user = User.objects.filter(username=username).first()
    fresh = user is None
    user = user or User(username=username)
    for name, value in {"display_name": display_name, "role": role, "department": department, **fields}.items():
        setattr(user, name, value)
    if password is not None and (fresh or not user.check_password(password)):
        _store_password(user, password, must_change=must_change)
    else:
        if fresh:
            user.set_unusable_password()
        user.save()
    if fresh:
        audit.record("user.created", target=user, role=role)
    return user


# --- feedback --------------------------------------------------------------------------------------------------------


@transaction.atomic
def answer_feedback(feedback: Feedback, text: str, *, by: User, request=None) -> None:
    """Answer what a user told us; an answer can be rewritten."""
    require(by, "feedback.read")
    feedback.answer, feedback.answered_by, feedback.answered_at = text, by, timezone.now()
    feedback.save()
    audit.record("feedback.answered", by=by, request=request, target=feedback)
