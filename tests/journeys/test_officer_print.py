"""The service officer at the desk: forty cards in one click, the bar, away and back, one PDF, where its QR leads."""

import re
import threading
import time
from dataclasses import replace

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import expect
from pypdf import PdfReader

from dossiers import files, freezing, jobs, rendering, workers
from dossiers.models import Print, PrintJob
from projects.models import Project
from tests.browser import shot
from tests.journeys.steps import DESK, PHONE, assert_fits, follow, has, log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def printer(monkeypatch):
    """A printer process as a thread. Only the first card is laid out, the others are its copies: forty take long."""
    first, drawn = [], threading.Event()
    lay_out = rendering.card

    def card(dossier, stamp, *, rung=None):
        if not first:
            first.append(lay_out(dossier, stamp, rung=rung))
        time.sleep(0.02)
        return replace(first[0])

    def work():
        jobs.sign_in("journey", host="here", pid=1)
        drawer = workers.Drawer("journey", timezone.now)
        while not drawn.wait(0.1):
            if drawer.has_work():
                drawer.run()
        connection.close()

    monkeypatch.setattr(rendering, "card", card)
    monkeypatch.setattr(jobs, "presence", jobs.Presence())
    monkeypatch.setattr(workers, "FAT_KB", 1 << 40)  # the process of the tests is fat of many tests, not of cards
    thread = threading.Thread(target=work)
    yield thread
    drawn.set()
    jobs.presence.stopping = True
    if thread.is_alive():
        thread.join()


def test_forty_cards_in_one_click(demo_city, browser_page, printer):
    page = browser_page
    log_in(page, "officer")
    page.goto("/projects/")
    follow(page.locator(".page-actions a", has_text="打印企业卡"))
    expect(page).to_have_url(re.compile("/prints/choose/"))
    total = Project.objects.count()
    button = page.locator("button[name=all]")
    assert total >= 40 and str(total) in button.inner_text()
    shot(page, "journey-print-choose-1440")
    follow(button)
    expect(page).to_have_url(re.compile(r"/prints/\d+/$"))
    address = page.url
    has(page, "#progress", "打印进程没有运行")
    printer.start()
    page.locator("tbody .light-done").nth(2).wait_for()
    shot(page, "journey-print-running-1440")
    page.goto("/workbench/")
    page.goto("/prints/")
    follow(page.locator("tbody tr a").first)
    expect(page).to_have_url(address)
    page.wait_for_selector("a[href$='/file/']", timeout=240_000)
    has(page, "#state-title", f"{total}")
    shot(page, "journey-print-done-1440")
    job = PrintJob.objects.get()
    assert job.status == "done" and len(PdfReader(files.path_of(job.file)).pages) == total

    row = Print.objects.select_related("project").order_by("pk").first()
    opened = page.request.get(f"/papers/{row.token}/")
    assert opened.headers["content-type"] == "application/pdf" and opened.body().startswith(b"%PDF")
    paper = PdfReader(files.path_of(row.file))
    assert len(paper.pages) == 1
    words = "".join(paper.pages[0].extract_text().split())
    assert row.check_code in words and row.project.code in words and "内部使用" in words
    address = freezing.url_of(row)
    assert address.endswith(f"/v/{row.token}") and address.startswith(f"http://{page.watch.host}/")
    for width in (PHONE, DESK):
        page.set_viewport_size(width)
        page.goto(address)
        has(page, "h1", "这张纸是最新的")
        assert row.check_code in page.content()
        assert_fits(page)
        shot(page, f"journey-verify-current-{width['width']}")
    Project.objects.filter(pk=row.project_id).update(investment_wan=123456)
    page.reload()
    has(page, "h1", "这张纸已过时")
    assert "123,456" in page.content()
    shot(page, "journey-verify-changed-1440")
    page.context.clear_cookies()
    page.set_viewport_size(PHONE)
    page.goto(address)
    assert "123,456" not in page.content() and row.project.name not in page.content()
    has(page, ".verify", "登录")
    shot(page, "journey-verify-stranger-360")
