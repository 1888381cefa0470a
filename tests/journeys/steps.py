"""Steps that the journeys share: waiting, logging in by the page, finding stages of the sample city, measuring a page.

A click returns before its page or answer has come. Whoever reads afterwards says first what he waits for: `follow` and
`saved` for another page, Playwright's `expect` for what one can see, `until` and `eventually` for everything else.
"""

import re
import time
from contextlib import contextmanager

from django.conf import settings
from playwright.sync_api import expect

from approvals.models import Stage
from approvals.states import State
from projects.models import Project
from tests.browser import DESK, PATIENCE, shot

PHONE = {"width": 360, "height": 800}
WALL = {"width": 1920, "height": 1080}
HOSTILE = "${window.__xss=1}<img src=x onerror=window.__xss=1></script><script>window.__xss=1</script>"


@contextmanager
def leaving(page):
    """Wait at the end of the block until the page to which it leads has loaded: for keys and choices."""
    with page.expect_navigation():
        yield


def follow(locator) -> None:
    """Click a link or button that leads to another page, and wait until that has loaded."""
    with leaving(locator.page):
        locator.click()


def saved(locator) -> str:
    """Click what sends a form, wait for the page that follows, and return the words of its green message."""
    follow(locator)
    return wait_success(locator.page)


def eventually(page, read, wanted=bool):
    """Read until the value is as wanted, and return it; the last value when patience ends, for the test to judge."""
    end = time.monotonic() + PATIENCE / 1000
    while not wanted(value := read()) and time.monotonic() < end:
        page.wait_for_timeout(50)
    return value


def until(page, truth: str, argument=None) -> None:
    """Wait until a JavaScript expression is true; the page's policy forbids Playwright's own way, which is eval."""
    assert eventually(page, lambda: page.evaluate(truth, argument)), truth


def still(page) -> None:
    """Wait until the parts that scripts fetch have come, the map is drawn, and nothing fades or moves any more."""
    expect(page.locator(".htmx-request, .is-loading, [aria-busy=true], #map-card:not([data-drawn])")).to_have_count(0)
    until(
        page,
        """() => document.getAnimations().every(one => one.playState !== "running" ||
            one.effect.getComputedTiming().endTime === Infinity)""",
    )


def has(page, selector: str, *words: str) -> None:
    """Wait until the first match shows every one of the words."""
    for word in words:
        expect(page.locator(selector).first).to_contain_text(word, use_inner_text=True)


def arrived(page, ending: str) -> None:
    """Wait until the address ends so, whatever it asks."""
    expect(page).to_have_url(re.compile(rf"^[^?#]*{re.escape(ending)}([?#].*)?$"))


def log_in(page, username: str, password: str | None = None) -> None:
    """Log in as a person does: type name and password on the log-in page, and be led to the first page."""
    page.goto("/login/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password or settings.DEMO_PASSWORD)
    follow(page.locator(".login button[type=submit]"))


def wait_success(page) -> str:
    """Wait for the green message and return its words. After a page that had one already, use `saved`."""
    return page.locator(".messages .alert-success").first.inner_text()


WIDE = """() => {
    const limit = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= limit) return [];
    const all = [...document.querySelectorAll("body *")];
    const out = all.filter(e => e.getBoundingClientRect().right > limit + 1);
    return [`${document.documentElement.scrollWidth} > ${limit}`].concat(out.slice(0, 5).map(e =>
        `${e.tagName}.${e.className.baseVal ?? e.className} ${e.textContent.trim().slice(0, 30)}`));
}"""


def empty(found) -> bool:
    """Return whether nothing was found."""
    return not found


def assert_fits(page) -> None:
    """Check that the page does not scroll sideways, once its scripts have laid it out; names what sticks out."""
    wide = eventually(page, lambda: page.evaluate(WIDE), empty)
    assert not wide, f"{page.url} scrolls sideways: {wide}"


SMALL = """() => {
    const seen = e => {
        for (let node = e; node; node = node.parentElement) {
            const look = getComputedStyle(node);
            const clipped = look.clip === "rect(0px, 0px, 0px, 0px)";
            if (look.display === "none" || look.visibility === "hidden" || clipped) return false;
        }
        return e.getClientRects().length > 0;
    };
    const reach = e => {
        if (e.type !== "checkbox" && e.type !== "radio") return e;
        return e.closest("label, td.check") || (e.id && document.querySelector(`label[for="${e.id}"]`)) || e;
    };
    const controls = "button:not(.tip), select, textarea, summary, input:not([type=hidden]), a.btn, a.chip," +
        " a.counter, a.panel-action, .segments > *, .tabs > *, .tabbar > a";
    return [...document.querySelectorAll(controls)].filter(seen)
        .map(e => [e, Math.max(e.getBoundingClientRect().height, reach(e).getBoundingClientRect().height)])
        .filter(([e, height]) => height < 39.5)
        .map(([e, height]) => `${e.tagName}.${e.className} ${Math.round(height)} px ` +
            `${e.name || e.textContent.trim().slice(0, 20)}`);
}"""


def assert_touchable(page) -> None:
    """Check that what a thumb meets is 40 px high at least; words within a sentence and whole rows are not meant."""
    small = eventually(page, lambda: page.evaluate(SMALL), empty)
    assert not small, f"{page.url} has targets below 40 px: {small[:8]}"


def at_each_width(page, name: str, widths=(DESK, PHONE)) -> None:
    """Keep a screenshot of the page at each size and check that it fits; leaves the page at the first size."""
    for size in widths:
        page.set_viewport_size(size)
        still(page)
        shot(page, f"journey-{name}-{size['width']}")
        assert_fits(page)
    page.set_viewport_size(widths[0])
    still(page)


def tiles(page) -> dict[str, int]:
    """Return the number on each light tile of the project list."""
    found = page.locator(".counters .counter[data-light]")
    return {
        found.nth(n).get_attribute("data-light"): int(found.nth(n).locator("b").inner_text())
        for n in range(found.count())
    }


def running_stage(manager: str = "", light: str = "", department: str = "") -> Stage:
    """Return a stage in handling of the sample city that ticks now: of a manager's project, a light, a department."""
    rows = Stage.objects.filter(state=State.HANDLING, closed_at__isnull=True, accepted_at__isnull=False)
    if manager:
        rows = rows.filter(chain__project__assignments__user__username=manager)
    if light:
        rows = rows.filter(light=light)
    if department:
        rows = rows.filter(department__code=department)
    stage = rows.select_related("chain__project", "department").order_by("chain__project_id", "position").first()
    assert stage is not None, "the sample city has no such stage"
    return stage


def panel_address(stage: Stage, action: str = "") -> str:
    """Return the address of the project page with the panel on a stage, and on an action of it."""
    tail = f"&action={action}" if action else ""
    return f"/projects/{stage.chain.project.code}/?stage={stage.code}{tail}#panel"


def light_of(code: str) -> str:
    """Return the light that the database holds for a project."""
    return Project.objects.values_list("light", flat=True).get(code=code)
