"""Every page within two clicks, as four roles: no server or script error, nothing sideways, small or injected."""

from collections import deque
from urllib.parse import urldefrag, urlsplit

import pytest

from projects.models import Enterprise, Project
from tests.browser import shot, sign_in
from tests.journeys.steps import DESK, HOSTILE, PHONE, assert_fits, assert_touchable, has, still

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = 60
PER_SHAPE = 2
SKIP = ("/exports/", "/imports/templates/", "/audit/export/", "/files/", "/receipt/", "/download")


def shape(url: str) -> str:
    """Return the pattern of an address, so that forty project pages count as one kind."""
    from django.urls import Resolver404, resolve

    parts = urlsplit(url)
    try:
        return f"{resolve(parts.path).url_name}?{'&'.join(sorted(p.split('=')[0] for p in parts.query.split('&')))}"
    except Resolver404:
        return parts.path


def links(page, host: str) -> list[str]:
    """Return the addresses that the page links to on its own host, without the ones that download."""
    found = page.eval_on_selector_all("a[href]", "all => all.filter(a => !a.hasAttribute('download')).map(a => a.href)")
    urls = [urldefrag(url).url for url in found]
    return [u for u in urls if urlsplit(u).netloc == host and not any(part in u for part in SKIP)]


@pytest.mark.parametrize("username", ["pm", "approver", "leader", "sysadmin"])
def test_every_page_within_two_clicks(demo_city, browser_page, username):
    page = browser_page
    sign_in(page, username)
    queue, seen, shapes, statuses = deque([("/", 0)]), set(), {}, []
    while queue and len(seen) < PAGES:
        url, depth = queue.popleft()
        kind = shape(url)
        if url in seen or shapes.get(kind, 0) >= PER_SHAPE:
            continue
        seen.add(url)
        shapes[kind] = shapes.get(kind, 0) + 1
        answer = page.goto(url, wait_until="load")
        statuses.append((answer.status, url))
        assert page.locator("h1").count() == 1, url
        if shapes[kind] == 1:
            page.set_viewport_size(PHONE)
            assert_fits(page)
            assert_touchable(page)
            page.set_viewport_size(DESK)
        if depth < 2:
            queue.extend((link, depth + 1) for link in links(page, page.watch.host))
    assert not [pair for pair in statuses if pair[0] >= 400]
    assert len(statuses) >= 10


def test_a_hostile_name_is_only_text(demo_city, browser_page):
    page = browser_page
    project = Project.objects.exclude(chain=None).filter(assignments__user__username="pm").first()
    project.name = HOSTILE
    project.save()
    Enterprise.objects.filter(pk=project.enterprise_id).update(name=HOSTILE, short_name=HOSTILE[:30])
    sign_in(page, "pm")
    addresses = (
        "/projects/?q=window",
        f"/projects/{project.code}/",
        f"/projects/{project.code}/chain/print/",
        "/search/?q=window",
        "/workbench/",
        f"/chains/compare/?project={project.code}",
        "/cockpit/",
        "/cockpit/causes/",
        "/cockpit/week/",
    )
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        for address in addresses:
            answer = page.goto(address)
            assert answer.status < 400, address
            if "q=window" in address or project.code in address:
                assert "${window.__xss=1}<img" in page.locator("body").inner_text(), address
            assert page.evaluate("typeof window.__xss") == "undefined", address
            assert page.locator("img[src=x]").count() == 0
            assert_fits(page)
        page.goto(f"/projects/{project.code}/")
        shot(page, f"journey-hostile-{size['width']}")
    page.goto("/projects/")
    page.set_viewport_size(DESK)
    page.locator(".topbar input[type=search]").fill("window")
    has(page, "#suggest [role=option]", "${window.__xss=1}<img")
    still(page)
    assert page.evaluate("typeof window.__xss") == "undefined"
    shot(page, "journey-suggest-1440")
