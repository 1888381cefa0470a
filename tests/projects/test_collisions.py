"""Two people edit one form at once: the second hears who was first, keeps what he typed, overwrites or takes over."""

import threading
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client

from people import actions as people_actions
from projects.models import Enterprise, Park, Project


def drawn(client, address):
    """Return what the form would send, unchanged."""
    form = client.get(address).context["form"]
    fields = {}
    for bound in form:
        value = form.fields[bound.name].widget.format_value(bound.value())
        fields[bound.name] = value[0] if isinstance(value, list) else value or ""
    return fields


@pytest.fixture
def two(world, client_of):
    """Two managers of the east district's project."""
    people_actions.grant(world.people["officer", "own"], "manage_projects", world.districts["east"])
    first, second = client_of("pm"), client_of("officer")
    return first, second


def test_the_second_hears_who_was_first_and_what_differs(world, two):
    first, second = two
    address = f"/projects/{world.target.code}/edit/"
    a, b = drawn(first, address), drawn(second, address)
    assert first.post(address, a | {"industry": "电池材料", "investment_wan": "500"}).status_code == 302
    answer = second.post(address, b | {"content": "二期扩建", "industry": "石墨"})
    assert answer.status_code == 422
    page, form = answer.content.decode(), answer.context["form"]
    who = world.people["pm", "own"].display_name
    assert who in str(form.non_field_errors()) and "二期扩建" in page
    told = {each.name: (each.theirs, each.mine, each.take) for each in form.collisions}
    assert told == {"industry": ("电池材料", "石墨", False), "investment_wan": ("500", told["investment_wan"][1], True)}
    project = Project.objects.get(pk=world.target.pk)
    assert (project.industry, project.content) == ("电池材料", world.target.content)


def test_he_overwrites_knowingly_and_takes_over_the_rest(world, two):
    first, second = two
    address = f"/projects/{world.target.code}/edit/"
    a, b = drawn(first, address), drawn(second, address)
    first.post(address, a | {"industry": "电池材料", "investment_wan": "500"})
    mine = b | {"content": "二期扩建", "industry": "石墨"}
    again = mine | {"seen": second.post(address, mine).context["form"]["seen"].value(), "take": ["investment_wan"]}
    assert second.post(address, again).status_code == 302
    project = Project.objects.get(pk=world.target.pk)
    assert (project.industry, project.content, project.investment_wan) == ("石墨", "二期扩建", Decimal(500))


def test_he_may_leave_everything_as_it_is_stored(world, two):
    first, second = two
    address = f"/projects/{world.target.code}/edit/"
    a, b = drawn(first, address), drawn(second, address)
    first.post(address, a | {"industry": "电池材料"})
    assert second.post(address, b | {"industry": "石墨", "name": "别名", "take_all": "1"}).status_code == 302
    project = Project.objects.get(pk=world.target.pk)
    assert (project.industry, project.name) == ("电池材料", world.target.name)


def test_the_same_change_or_changes_elsewhere_are_no_collision(world, two):
    first, second = two
    address = f"/projects/{world.target.code}/edit/"
    a, b = drawn(first, address), drawn(second, address)
    assert first.post(address, a | {"industry": "电池材料"}).status_code == 302
    assert second.post(address, b | {"industry": "电池材料", "content": "二期扩建"}).status_code == 302
    assert drawn(first, address)["content"] == "二期扩建"


def test_enterprises_and_parks_are_watched_too(world, client_of):
    people_actions.grant(world.people["park", "own"], "manage_projects", world.districts["east"])
    for client, address, model, name in (
        (client_of("park"), f"/enterprises/{world.enterprises['east'].credit_code}/edit/", Enterprise, "note"),
        (client_of("park"), f"/parks/{world.parks['east'].code}/edit/", Park, "note"),
    ):
        old = drawn(client, address)
        assert old["seen"], address
        assert client.post(address, old | {name: "先改"}).status_code == 302, address
        answer = client.post(address, old | {name: "后改"})
        assert answer.status_code == 422 and "先改" in answer.content.decode()
        assert model.objects.filter(note="先改").exists()
        fresh = drawn(client, address)
        assert client.post(address, fresh).status_code == 302, "unchanged again"


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_instant_one_is_told(settings, tmp_path):
    from tests.people import world as worlds

    settings.MEDIA_ROOT = tmp_path
    world = worlds.build()
    address = f"/projects/{world.target.code}/edit/"
    client = Client()
    client.force_login(world.people["pm", "own"], backend="django.contrib.auth.backends.ModelBackend")
    typed, codes, start = drawn(client, address), [], threading.Barrier(2)

    def send(words):
        start.wait()
        codes.append(client.post(address, typed | {"industry": words}).status_code)
        connection.close()

    threads = [threading.Thread(target=send, args=(words,)) for words in ("甲", "乙")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [302, 422]
