"""A real Chromium for journeys. A console error, a policy violation or a request to a foreign host fails the test."""

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.traffic import Traffic

PATIENCE = 60_000  # ms for anything to come: a busy machine with two workers is slow, and nothing is judged by speed
SCREENSHOTS = Path(__file__).resolve().parent.parent / "var" / "screenshots"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
DESK = {"width": 1440, "height": 900}
OWN_SCHEMES = {"data", "blob", "about"}


def executable() -> str | None:
    """Return the system's Chromium, or CHROMIUM from the environment."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium():
    """One browser per worker."""
    from tests.conftest import missing

    path = executable()
    if path is None:
        missing("Chromium")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


class Watch:
    """Collects what must not happen on a page."""

    def __init__(self, page, host: str):
        self.problems: list[str] = []
        self.allowed: list[str] = []
        self.host = host
        page.on("console", lambda message: self.note(message.type == "error", f"console: {message.text}"))
        page.on("pageerror", lambda error: self.note(True, f"script: {error}"))
        page.on("request", lambda request: self.note(self.foreign(request.url), f"foreign host: {request.url}"))

    def note(self, bad: bool, what: str) -> None:
        """Keep `what` when it is bad."""
        if bad:
            self.problems.append(what)

    def foreign(self, url: str) -> bool:
        """Return whether a request leaves the test server."""
        parts = urlsplit(url)
        return parts.scheme not in OWN_SCHEMES and parts.netloc != self.host

    def verdict(self) -> list[str]:
        """Return the problems that the test did not announce with `allow(page, "part of the text")`."""
        return [problem for problem in self.problems if not any(text in problem for text in self.allowed)]


@pytest.fixture
def open_browser(chromium, live_server):
    """Open a page of the live server in a browser of its own: `open_browser("pm", viewport=PHONE)`, logged in or not.

    All are judged and closed at the end of the test, and what they asked for last is awaited: it reads the database.
    """
    opened = []

    def open_one(username: str = "", *, viewport=None):
        context = chromium.new_context(
            base_url=live_server.url, locale="zh-CN", timezone_id="Asia/Shanghai", viewport=viewport or DESK
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.watch = Watch(page, urlsplit(live_server.url).netloc)
        opened.append(page)
        if username:
            sign_in(page, username)
        return page

    yield open_one
    problems = [problem for page in opened for problem in page.watch.verdict()]
    for page in opened:
        page.context.close()
    Traffic.rest(PATIENCE / 1000)
    assert not problems, "\n".join(problems)


@pytest.fixture
def browser_page(open_browser):
    """A page of the live server, 1440 × 900, in Chinese: `browser_page.goto("/")`. Judged at the end of the test."""
    return open_browser()


def allow(page, text: str) -> None:
    """Announce an expected problem, e.g. `allow(page, "403")` before visiting a page that answers so."""
    page.watch.allowed.append(text)


def sign_in(page, username: str) -> None:
    """Log in through a session cookie, quickly; the log-in page has its own test."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client()
    user = get_user_model().objects.get(username=username)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    page.context.clear_cookies()
    base = f"http://{page.watch.host}"
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": base}])


def shot(page, name: str) -> Path:
    """Keep a screenshot of the whole page as var/screenshots/<name>.png and return its path."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=str(path), full_page=True)
    return path
