"""Where rights reach: grants, assignments, departments; list and detail agree; nothing leaks."""

from datetime import date

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.core.exceptions import PermissionDenied
from django.http import Http404

from approvals.models import Stage
from people import actions, roles
from people.access import allows, department_ids, get_for, handles, manageable_by, may_manage, visible_to
from people.models import Department, District, User
from projects.models import Assignment, Enterprise, Material, Park, Project

pytestmark = pytest.mark.django_db


def seen(user, model=Project):
    return set(visible_to(model.objects.all(), user))


def test_every_relation_reaches_what_it_should(world):
    expected = {
        "pm": {"own"},
        "officer": {"own"},
        "leader": {"own"},
        "supervisor": {"own"},
        "park": {"own"},
        "approver": {"own", "same_department"},
        "factor": {"own", "same_department"},
    }
    for (role, relation), user in world.people.items():
        assert (world.target in seen(user)) == (relation in expected.get(role, ())), (role, relation)


@pytest.mark.parametrize("model", [Project, Enterprise, Park, Stage, Material])
def test_list_and_detail_agree_for_everybody(world, model):
    for user in [*world.people.values(), world.bystander, AnonymousUser()]:
        listed = seen(user, model)
        managed = set(manageable_by(model.objects.all(), user))
        assert managed <= listed
        for row in model.objects.all():
            if row in listed:
                assert get_for(user, model.objects.all(), pk=row.pk) == row
                assert may_manage(user, row) == (row in managed)
            else:
                with pytest.raises(Http404):
                    get_for(user, model.objects.all(), pk=row.pk)
            if row in managed:
                assert get_for(user, model.objects.all(), need="manage", pk=row.pk) == row
            else:
                with pytest.raises(PermissionDenied if row in listed else Http404):
                    get_for(user, model.objects.all(), need="manage", pk=row.pk)


def test_administrators_see_no_business_data_even_with_a_grant_and_an_assignment(world):
    for role in ("sysadmin", "secadmin", "auditor"):
        user = world.people[role, "own"]
        actions.grant(user, "manage_projects", world.city)
        Assignment.objects.create(
            project=world.target, role="task_force", user=user, started_on=date(2026, 9, 1), made_by=user
        )
        for model in (Project, Enterprise, Park, Stage):
            assert not seen(user, model)
        Assignment.objects.filter(user=user).delete()


def test_a_global_permission_and_the_superuser_flag_do_not_leak(world):
    user = world.people["leader", "other_department"]
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_projects", "manage_projects"]))
    world.departments["culture"].group.permissions.add(*Permission.objects.filter(codename="view_projects"))
    user.is_superuser = True
    user.save()
    assert not seen(user)
    assert not allows(user, "user.manage")


def test_a_grant_on_the_city_covers_its_districts_and_parks(world):
    user = world.people["leader", "other_department"]
    actions.grant(user, "view_projects", world.city)
    assert seen(user) == set(world.projects.values())
    assert seen(user, Park) == set(world.parks.values())
    assert seen(user, Enterprise) == set(world.enterprises.values())
    assert not manageable_by(Project.objects.all(), user)


def test_a_grant_reaches_four_levels_down(world):
    town = District.objects.create(code="159911", name="镇", parent=world.districts["west"])
    village = District.objects.create(code="159912", name="村", parent=town)
    Project.objects.filter(pk=world.projects["west"].pk).update(district=village)
    user = world.people["leader", "other_department"]
    actions.grant(user, "view_projects", world.city)
    assert world.projects["west"] in seen(user)


def test_a_grant_to_a_department_reaches_its_people_while_they_are_in_it(world):
    user = world.people["leader", "other_department"]
    actions.grant(world.departments["culture"], "view_projects", world.districts["west"])
    assert seen(user) == {world.projects["west"]}
    user.department = world.departments["ecology"]
    user.save()
    assert not seen(User.objects.get(pk=user.pk)), "at the next request"


def test_a_view_grant_does_not_let_a_manager_manage(world):
    user = world.people["pm", "other_department"]
    actions.grant(user, "view_projects", world.districts["east"])
    assert seen(user) == {world.target}
    with pytest.raises(PermissionDenied):
        get_for(user, Project.objects.all(), need="manage", code=world.target.code)
    actions.grant(user, "manage_projects", world.districts["east"])
    assert get_for(user, Project.objects.all(), need="manage", code=world.target.code)


def test_an_assignment_counts_until_it_ends_and_not_through_somebody_elses(world):
    user = world.people["pm", "own"]
    Assignment.objects.filter(user=user).update(ended_on=date(2026, 10, 1))
    # Somebody else's open assignment and the ended one are two rows: together they are no claim.
    assert Assignment.objects.filter(project=world.target, ended_on=None).exists()
    assert world.target not in seen(user)
    assert world.enterprises["east"] not in seen(user, Enterprise)


def test_an_officer_of_another_department_handles_cases_that_were_granted_to_him(world):
    user, energy = world.people["approver", "other_department"], world.departments["energy"]
    assert not handles(user, energy)
    actions.grant(user, "handle_cases", energy)
    assert handles(user, energy) and handles(user, energy.pk)
    assert world.target in seen(user)


def test_a_bureau_handles_the_cases_of_the_offices_below_it(world):
    bureau = world.departments["culture"]
    office = Department.objects.create(code="office", name="科", parent=bureau)
    user = world.people["approver", "other_department"]
    assert department_ids(user) == {bureau.pk, office.pk}
    assert handles(user, office)


def test_who_may_not_handle_stages_does_not_see_through_his_department(world):
    assert world.departments["energy"] == world.people["pm", "same_department"].department
    assert not seen(world.people["pm", "same_department"])
    assert not handles(world.people["pm", "own"], world.departments["energy"])


def test_no_role_sees_nothing(world):
    actions.grant(world.bystander, "manage_projects", world.city)
    assert not seen(world.bystander)
    assert not seen(AnonymousUser())


@pytest.mark.parametrize("model", [District, Park, Department])
def test_a_grant_dies_with_its_object_and_a_reused_number_inherits_nothing(world, model):
    made = {
        District: lambda **pk: District.objects.create(code="159999", name="旧", **pk),
        Department: lambda **pk: Department.objects.create(code="old", name="旧", **pk),
        Park: lambda **pk: Park.objects.create(code="159902PK99", name="旧", district=world.districts["west"], **pk),
    }[model]
    old = made()
    user = world.people["approver", "other_department"]
    actions.grant(user, "handle_cases" if model is Department else "view_projects", old)
    pk = old.pk
    old.delete()
    new = made(pk=pk)
    if model is Department:
        assert not handles(user, new)
    else:
        Project.objects.filter(pk=world.projects["west"].pk).update(
            **{"district" if model is District else "park": new}
        )
        assert not seen(user)


def test_narrowing_a_list_costs_a_few_queries_per_person_and_none_after_that(
    world, django_assert_num_queries, django_assert_max_num_queries
):
    for role in roles.ROLES:
        user = world.people[role, "own"]
        administers = roles.ROLES[role].administers
        with django_assert_max_num_queries(0 if administers else 5):  # what was granted
            visible_to(Project.objects.all(), user)
        with django_assert_num_queries(0):
            rows = visible_to(Project.objects.all(), user)
        with django_assert_num_queries(0 if administers else 1):
            list(rows)


def test_no_row_comes_twice(world):
    user = world.people["approver", "own"]
    actions.grant(user, "view_projects", world.city)
    for model in (Project, Enterprise, Park, Stage):
        rows = list(visible_to(model.objects.all(), user))
        assert len(rows) == len(set(rows))
