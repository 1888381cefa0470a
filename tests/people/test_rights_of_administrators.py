"""System, security and audit administrator are kept apart, and nobody widens his own rights."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command

from people import actions, audit, grants, roles
from people.access import allows
from people.models import AuditEntry, Department, District, User

pytestmark = pytest.mark.django_db
GOOD = "Yunchuan-2026"


def person(username, role="", **fields):
    return User.objects.create_user(username, role=role, display_name=username, **fields)


def kinds():
    return list(AuditEntry.objects.order_by("sequence").values_list("kind", flat=True))


def test_the_three_share_no_permission_and_none_of_the_business_side():
    administrators = [role for role in roles.ROLES.values() if role.administers]
    assert [role.code for role in administrators] == ["sysadmin", "secadmin", "auditor"]
    business = set().union(*(role.permissions for role in roles.ROLES.values() if not role.administers))
    owned = ["user.manage", "grant.manage", "session.manage", "audit.read"]
    for role in administrators:
        for other in administrators:
            assert role is other or not role.permissions & other.permissions
        assert not {code for code in role.permissions if code.split(".")[0] in {"project", "stage", "template"}}
    assert not business & set(owned)


def test_the_superuser_flag_gives_nothing():
    root = person("root", is_superuser=True, is_staff=True)
    assert not any(allows(root, permission) for permission in roles.PERMISSIONS)


def test_a_disabled_person_is_allowed_nothing():
    assert not allows(person("gone", "pm", is_active=False), "project.view")


def test_system_administrator_opens_accounts_but_grants_nothing():
    sysadmin = person("sys", "sysadmin")
    made = actions.create_user(by=sysadmin, username="li", password=GOOD, display_name="李")
    assert made.role == "" and made.must_change_password
    with pytest.raises(PermissionDenied):
        actions.set_role(made, "pm", by=sysadmin)
    with pytest.raises(PermissionDenied):
        actions.grant(made, "view_projects", District.objects.create(code="159901", name="河东区"), by=sysadmin)
    assert kinds() == ["user.created"]


def test_system_administrator_cannot_become_another_administrator_by_resetting_a_password():
    sysadmin, secadmin = person("sys", "sysadmin"), person("sec", "secadmin")
    with pytest.raises(PermissionDenied):
        actions.reset_password(secadmin, GOOD, by=sysadmin)


def test_security_administrator_gives_roles_and_grants_but_not_to_himself():
    office = Department.objects.create(code="security", name="安全办")
    secadmin, other = person("sec", "secadmin", department=office), person("li")
    city = District.objects.create(code="159900", name="云川市")
    actions.set_role(other, "leader", by=secadmin)
    actions.grant(other, "view_projects", city, by=secadmin)
    actions.grant(other, "view_projects", city, by=secadmin)
    assert [(grant.on, grant.codename) for grant in grants.held(other)] == [(city, "view_projects")]
    for target in (secadmin, office):
        with pytest.raises(PermissionDenied):
            actions.grant(target, "view_projects", city, by=secadmin)
    with pytest.raises(PermissionDenied):
        actions.set_role(secadmin, "pm", by=secadmin)
    with pytest.raises(PermissionDenied):
        actions.create_user(by=secadmin, username="x", password=GOOD, display_name="x")
    assert kinds() == ["role.changed", "grant.given"]


def test_a_grant_can_be_taken_back():
    secadmin, other = person("sec", "secadmin"), person("li", "leader")
    city = District.objects.create(code="159900", name="云川市")
    actions.grant(other, "view_projects", city, by=secadmin)
    actions.take_back(other, grants.held(other)[0], by=secadmin)
    assert grants.held(other) == []
    assert kinds() == ["grant.given", "grant.taken"]


def test_unknown_roles_and_permissions_are_refused():
    secadmin, other = person("sec", "secadmin"), person("li")
    with pytest.raises(ValidationError):
        actions.set_role(other, "emperor", by=secadmin)
    with pytest.raises(KeyError):
        actions.grant(other, "handle_cases", District.objects.create(code="159901", name="河东区"), by=secadmin)


def test_the_auditor_changes_nothing():
    auditor, other = person("aud", "auditor"), person("li")
    with pytest.raises(PermissionDenied):
        actions.update_user(other, by=auditor, display_name="李")
    with pytest.raises(PermissionDenied):
        actions.set_role(other, "pm", by=auditor)


def test_changes_of_an_account_are_audited_with_before_and_after():
    sysadmin, other = person("sys", "sysadmin"), person("li")
    office = Department.objects.create(code="energy", name="能源局")
    actions.update_user(other, by=sysadmin, title="科长", department=office)
    entry = AuditEntry.objects.get(kind="user.changed")
    assert entry.detail == {"changed": {"title": ["", "科长"], "department": ["", "能源局"]}}
    assert list(other.groups.all()) == [office.group]


def test_a_system_administrator_moves_neither_himself_nor_disables_himself():
    sysadmin = person("sys", "sysadmin")
    with pytest.raises(PermissionDenied):
        actions.update_user(sysadmin, by=sysadmin, department=Department.objects.create(code="a", name="甲局"))
    with pytest.raises(PermissionDenied):
        actions.set_active(sysadmin, False, by=sysadmin)


def test_the_console_opens_the_three_accounts_once(capsys):
    call_command("administrators")
    printed = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert list(printed) == ["sysadmin", "secadmin", "auditor"]
    for username, password in printed.items():
        user = User.objects.get(username=username)
        assert user.role == username and user.must_change_password and user.check_password(password)
    call_command("administrators")
    assert "exists" in capsys.readouterr().out
    assert audit.verify()[1] is None
