"""Every address × role × relation × GET and POST, against `tests/people/matrix.py`."""

import copy
import re

import pytest
from django.apps import apps
from django.db import transaction
from django.template.backends.django import Template as DjangoTemplate
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils.safestring import SafeString

from people import roles
from people.models import AuditEntry, AuditHead
from tests.people import matrix
from tests.people.world import CANARY, RELATIONS

pytestmark = pytest.mark.django_db
SKIPPED = {"javascript-catalog"}
WITHOUT_OBJECT = ("own", "stranger")  # an address without an object answers alike in the relations between
REFUSED = {302, 403, 404, 405}


def patterns(resolver=None):
    """Return name → pattern of every address, without the admin site (a developer's tool, off in tests)."""
    found = {}
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            if entry.name not in SKIPPED:
                found[entry.name or str(entry.pattern)] = entry
        elif entry.namespace != "admin":
            found |= patterns(entry)
    return found


PATTERNS = patterns()


def sign_in(client, user) -> None:
    """Log in without the log-in page (axes wants a request)."""
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")


def arguments(name: str, rule, world) -> dict:
    """Return values for the address: those of the rule, else those of the target that the parameter's name asks for."""
    code = world.target.code
    if name.startswith("park"):
        code = world.parks["east"].code
    elif name.startswith(("department", "grant-department")):
        code = world.departments["ecology"].code
    elif name.startswith(("template", "chain-compare")):
        code = world.templates["east"].code
    known = {
        "code": code,
        "version": 1,
        "credit_code": world.enterprises["east"].credit_code,
    }
    asked = {"stage": lambda city: city.stage.code, **rule.args}  # a query each, so only where an address wants it
    values = {}
    for parameter in PATTERNS[name].pattern.converters:
        values[parameter] = asked[parameter](world) if parameter in asked else known[parameter]
    return values


def may(role: str, permission: str) -> bool:
    """Say whether a role has a permission; nobody and people without a role have none."""
    return role in roles.ROLES and permission in roles.ROLES[role].permissions


def expected(rule, role: str, relation: str, method: str) -> set[int]:
    """Return the statuses that are right in one cell."""
    if method not in rule.methods:
        permitted = not rule.permissions or any(may(role, permission) for permission in rule.permissions)
        return {405} if method == "GET" and permitted and role != "anonymous" else REFUSED
    fine = set(matrix.OK_GET if method == "GET" else matrix.OK_POST) | rule.also
    if rule.public:
        return fine
    if role == "anonymous":
        return {302}
    if rule.permissions and not any(may(role, permission) for permission in rule.permissions):
        return {403, 404} if rule.reach else {404} if rule.hidden else {403}
    if not rule.reach:
        return fine
    level = matrix.REACH[rule.kind].get((role, relation))
    if level is None:
        return {404}
    enough = (role, relation) in matrix.ACTS if rule.reach == "act" else level == "manage" or rule.reach == "view"
    return fine if enough else {403}


REFUSALS = {"400.html", "403.html", "403_csrf.html", "404.html"}


@pytest.fixture
def drawing(monkeypatch):
    """Draw only what is looked at: half of the pages are asked for their status alone, and drawing is the dear part.

    The refusals' own pages are drawn in the tests below; every page is drawn by the tests of its app and by the crawl.
    """
    render, state = DjangoTemplate.render, {"on": True}

    def rendered(self, context=None, request=None):
        drawn = state["on"] and self.template.name not in REFUSALS
        return render(self, context, request) if drawn else SafeString()

    monkeypatch.setattr(DjangoTemplate, "render", rendered)
    return state


def ask(client, method: str, url: str, rule):
    """Send one request in a savepoint that is rolled back, so that every cell meets the same city and session."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        response = client.get(url) if method == "GET" else client.post(url.partition("?")[0], rule.data)
        content = b""
        if response.status_code == 200:
            content = b"".join(response) if response.streaming else response.content
        transaction.set_rollback(True)
    client.cookies = cookies
    return response, content.decode("utf-8", "replace")


def differences(client, world, role, relation, drawing):
    """Yield what is not as the table says, for one person."""
    sees_target = (role, relation) in matrix.REACH["project"]
    for name, rule in matrix.MATRIX.items():
        if name not in PATTERNS or (not rule.reach and relation not in WITHOUT_OBJECT):
            continue
        url = reverse(name, kwargs=arguments(name, rule, world)) + rule.query
        drawing["on"] = not sees_target and not rule.names_objects
        for method in ("GET", "POST"):
            response, content = ask(client, method, url, rule)
            right = expected(rule, role, relation, method)
            cell = f"{name} {method} {role} {relation}"
            if response.status_code not in right:
                yield f"{cell}: {response.status_code}, not {sorted(right)}"
            turned_away = role == "anonymous" and not rule.public and response.status_code == 302
            if turned_away and not response["Location"].startswith("/login/"):
                yield f"{cell}: leads to {response['Location']}"
            if not sees_target and not rule.names_objects and (CANARY in content or world.target.code in content):
                yield f"{cell}: the foreign project shows"


def test_every_address_has_a_line():
    missing = sorted(set(PATTERNS) - set(matrix.MATRIX))
    assert not missing, f"add to tests/people/matrix.py: {missing}"
    assert not sorted(set(matrix.MATRIX) - set(PATTERNS)), "lines without an address"


@pytest.mark.parametrize("role", [*roles.ROLES, "no role", "anonymous"])
def test_matrix(world, role, drawing):
    found = []
    for relation in RELATIONS if role in roles.ROLES else ("stranger",):
        client = Client(raise_request_exception=False)
        if role != "anonymous":
            sign_in(client, world.people.get((role, relation), world.bystander))
        found += differences(client, world, role, relation, drawing)
    assert not found, f"{len(found)} cells differ:\n" + "\n".join(found)


def rows() -> dict[str, int]:
    """Return how many rows each table has, without the log (a refusal is an entry) and the sessions."""
    skipped = (AuditEntry, AuditHead)
    return {
        model._meta.label: model._base_manager.count()
        for model in apps.get_models()
        if model not in skipped and model._meta.managed and not model._meta.proxy
    }


def test_get_on_a_post_address_gives_405_and_changes_nothing(world):
    clients = {role: Client() for role in roles.ROLES}
    for role, client in clients.items():
        sign_in(client, world.people[role, "own"])
    before = rows()
    for name, rule in matrix.MATRIX.items():
        if name in PATTERNS and "GET" not in rule.methods:
            permitted = [role for role in roles.ROLES if all(may(role, code) for code in rule.permissions[:1])]
            client = clients[permitted[0]]
            url = reverse(name, kwargs=arguments(name, rule, world))
            assert client.get(url, rule.data).status_code == 405, name
    assert rows() == before


def test_a_guessed_address_is_not_found_for_who_may_see_projects(world):
    client = Client()
    sign_in(client, world.people["pm", "own"])
    for name, rule in matrix.MATRIX.items():
        if name not in PATTERNS or not rule.reach or "GET" not in rule.methods:
            continue
        values = arguments(name, rule, world)
        guessed = {
            key: 987654 if isinstance(value, int) else "2699-999999-99-99-999999" for key, value in values.items()
        }
        assert client.get(reverse(name, kwargs=guessed)).status_code in {403, 404}, name


def test_no_message_of_the_refusal_names_the_object(world):
    client = Client()
    sign_in(client, world.people["pm", "stranger"])
    for name, rule in matrix.MATRIX.items():
        if name in PATTERNS and rule.reach and rule.kind == "project" and "GET" in rule.methods:
            body = client.get(reverse(name, kwargs=arguments(name, rule, world))).content.decode()
            assert not re.search(CANARY, body), name
