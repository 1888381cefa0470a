"""An import that dies by `kill -9`, anywhere: all of it is in or none of it, the batch says so, and again is as new."""

import hashlib
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from imports import running
from imports.models import ImportBatch
from people import audit
from people.models import AuditEntry
from projects.models import Project
from projects.tallies import differences
from tests.imports.conftest import values
from tests.imports.crash import POINTS
from tests.imports.test_command import counts, run
from tests.imports.test_pages import upload

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
ROWS = 150
HEADS = ["项目代码", "项目名称", "区县", "总投资"]
COMMITTED = {"after the commit"}
NOTHING_KEPT = {"judged, nothing kept", "batch kept, not committed"}


def start(*arguments) -> subprocess.Popen:
    """Start Python on the test's own database and uploads."""
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{facts['NAME']}"
    else:
        url = f"postgres://{facts['USER']}@/{quote(facts['NAME'])}?host={quote(facts['OPTIONS']['host'])}"
    environ = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DEBUG")}
    environ |= {"DATABASE_URL": url, "DEMO": "1", "MEDIA_ROOT": str(settings.MEDIA_ROOT)}
    environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def table(sheet, trial: int):
    """Make a file of projects of its own and return (path, codes)."""
    codes = [f"2607-159901-04-01-{trial * 1000 + n:06}" for n in range(ROWS)]
    return sheet(HEADS, *[[code, f"项目{code[-6:]}", "河东区", 1] for code in codes], name=f"{trial}.xlsx"), codes


@pytest.fixture
def browser(pm):
    client = Client()
    client.force_login(pm, backend="django.contrib.auth.backends.ModelBackend")
    return client


def all_or_nothing(browser, path, codes) -> bool:
    """Check what a dead import left, import again, check that too; return whether the dead one had got through."""
    assert browser.get("/imports/").status_code == 200
    there = Project.objects.filter(code__in=codes).count()
    assert there in (0, ROWS)
    batches = list(ImportBatch.objects.filter(sha256=hashlib.sha256(path.read_bytes()).hexdigest()))
    assert len(batches) <= 1 and (batches or not there)
    for batch in batches:
        assert batch.status == (ImportBatch.Status.DONE if there else ImportBatch.Status.INTERRUPTED)
        assert (batch.total, batch.new, batch.rows.count()) == (ROWS, ROWS, ROWS)
        page = browser.get(f"/imports/{batch.pk}/").content.decode()
        assert str(batch.get_status_display()) in page
        assert len(values(browser.get(f"/imports/{batch.pk}/receipt/").content)) == ROWS + 1
        sent = browser.get(f"/imports/{batch.pk}/file/")
        assert b"".join(sent.streaming_content) == path.read_bytes()
    told = run("projects", path, "--by", "pm")
    assert counts(told) == ((ROWS, 0, 0, ROWS, 0, 0) if there else (ROWS, ROWS, 0, 0, 0, ROWS))
    assert told["same_as_batch"] == (batches[0].pk if there else None)
    assert told["interrupted_batch"] == (batches[0].pk if batches and not there else None)
    names = Project.objects.filter(code__in=codes).order_by("code").values_list("name", flat=True)
    assert list(names) == [f"项目{code[-6:]}" for code in codes]
    assert (
        AuditEntry.objects.filter(kind="project.create").count()
        == ImportBatch.objects.filter(status="done").exclude(new=0).count()
    )
    assert differences() == [] and audit.verify()[1] is None
    return bool(there)


def test_killed_at_every_named_point(browser, sheet):
    for trial, point in enumerate(POINTS):
        path, codes = table(sheet, trial)
        process = start("-m", "tests.imports.crash", point, "import_data", "projects", path, "--by", "pm")
        said = process.communicate(timeout=120)[1].decode()
        assert process.returncode == -9, (point, said)
        kept = ImportBatch.objects.filter(file_name=path.name).count()
        assert kept == (0 if point in NOTHING_KEPT else 1), point
        assert all_or_nothing(browser, path, codes) == (point in COMMITTED), point


def test_killed_at_random_moments(browser, sheet):
    path, codes = table(sheet, 100)
    begun = time.monotonic()
    whole = start("manage.py", "import_data", "projects", path, "--by", "pm")
    said = whole.communicate(timeout=120)[1].decode()
    assert whole.returncode == 0, said
    length = time.monotonic() - begun
    chance = random.Random(20261122)
    for trial in range(101, 104):
        path, codes = table(sheet, trial)
        process = start("manage.py", "import_data", "projects", path, "--by", "pm")
        time.sleep(length * chance.uniform(0.6, 1))
        process.kill()
        process.communicate()
        all_or_nothing(browser, path, codes)


def test_a_confirmed_upload_that_dies_can_be_imported_again_on_its_page(browser, sheet):
    path, codes = table(sheet, 200)
    address = upload(browser, path).url
    batch = ImportBatch.objects.get()
    process = start("-m", "tests.imports.crash", "all rows written", "confirm", batch.pk)
    said = process.communicate(timeout=120)[1].decode()
    assert process.returncode == -9, said
    assert not Project.objects.filter(code__in=codes).exists()
    page = browser.get(address)
    assert page.context["interrupted"] and page.context["open"]
    browser.post(address, {"do": "confirm", "mode": "all"})
    batch.refresh_from_db()
    assert (batch.status, Project.objects.filter(code__in=codes).count()) == ("done", ROWS)
    again = browser.get(upload(browser, path).url).context
    assert again["earlier"] == batch and again["batch"].writes == 0


def test_one_that_is_being_written_is_not_called_interrupted(browser, sheet, pm):
    upload(browser, table(sheet, 300)[0])
    batch = ImportBatch.objects.get()
    with running.marked(batch, batch.made_at):
        assert browser.get(f"/imports/{batch.pk}/").context["running"]
        with pytest.raises(running.NotImported), running.marked(batch, batch.made_at):
            pass
        browser.post(f"/imports/{batch.pk}/", {"do": "cancel"})
        batch.refresh_from_db()
        assert batch.status == ImportBatch.Status.RUNNING
    batch.refresh_from_db()
    assert batch.status == ImportBatch.Status.RUNNING and running.settle() == 1
