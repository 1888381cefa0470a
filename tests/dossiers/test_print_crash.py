"""Printer processes that die by `kill -9` in mid job: nothing is lost, nothing twice, nothing half, no zombie."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django_tasks_db.models import DBTaskResult

from dossiers import files, jobs
from dossiers.models import Print, PrintJob, PrintWorker
from tests.dossiers import double
from tests.dossiers.office import Office, now_real
from tests.imports.test_crash import start

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def open_office(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = str(tmp_path)
    double.install(lambda owner, name, value: monkeypatch.setattr(owner, name, value, raising=False))
    return Office


def whole(job: PrintJob, killed: int = 0) -> list[str]:
    """Check that everything listed is whole and nothing else lies about; return the tokens of the papers.

    A process that was killed between opening a file and naming it in a row leaves that one file; the daily cleaning
    takes it away.
    """
    rows = list(Print.objects.exclude(file="").order_by("pk"))
    for row in rows:
        assert files.digest(row.file) == row.file_sha256
        assert files.path_of(row.file).read_bytes().endswith(b"%%EOF\n")
    named = {row.file for row in rows} | ({job.file} if job.file else set())
    assert named <= lying()
    if not job.is_open:
        assert len(lying() - named) <= killed
        jobs.clean(now_real() + timedelta(seconds=files.UNNAMED_SECONDS + 60))
        assert named == lying()
    return [row.token for row in rows]


def lying() -> set[str]:
    """Return the names of all files in the folder of papers."""
    return {str(path.relative_to(files.root().parent)) for path in files.root().rglob("*") if path.is_file()}


def wait_for(number: int, job: PrintJob, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while jobs.counts(job.pk)["done"] < number:
        assert time.monotonic() < end, jobs.counts(job.pk)
        time.sleep(0.02)


@pytest.mark.both_databases
def test_two_workers_one_of_which_is_killed(open_office):
    office = open_office(*(f"慢{n}" for n in range(14)))
    job = office.order(now=now_real())
    killed, other = (start("-m", "tests.dossiers.child", "--child", name) for name in ("killed", "other"))
    try:
        wait_for(4, job)
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
        before = whole(PrintJob.objects.get(pk=job.pk))
        _out, errors = other.communicate(timeout=60)
        assert other.returncode == 0, errors.decode()
    finally:
        for process in (killed, other):
            process.kill()
            process.communicate()
    jobs.sign_out("killed")
    jobs.recover(now_real())
    job = office.work(PrintJob.objects.get(pk=job.pk), now=now_real())
    tokens = whole(job, killed=1)
    assert job.status == "done" and len(office.prints(job)) == 14
    assert set(before) <= set(tokens) and len(tokens) == Print.objects.count() == 14, "nothing is printed twice"
    assert not DBTaskResult.objects.filter(status="RUNNING").exists()


def test_the_supervisor_replaces_what_dies_and_gives_up_on_a_killer(open_office):
    office = open_office("甲", "杀", "乙")
    job = office.order(now=now_real())
    process = start("-m", "tests.dossiers.child", "--supervise", "1")
    _out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors.decode()
    job = PrintJob.objects.get(pk=job.pk)
    assert list(job.items.order_by("position").values_list("status", "reason", "attempts")) == [
        ("done", "", 1),
        ("failed", "crashed", 2),
        ("done", "", 1),
    ]
    assert job.status == "done" and len(whole(job)) == 2
    assert not PrintWorker.objects.exists(), "all are signed out"
    assert not DBTaskResult.objects.filter(status="RUNNING").exists()
    left = [Path(f"/proc/{pid}/cmdline") for pid in os.listdir("/proc") if pid.isdecimal()]
    assert not [path for path in left if path.exists() and b"tests.dossiers.child" in path.read_bytes()]
