"""Print jobs: versions, what fails and why, bundles, full disks, dead workers, expiry, pages and rights."""

import datetime as dt
import errno
import io
import re
import zipfile

import pytest
from django.conf import settings as site
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult
from pypdf import PdfReader

from dossiers import actions, files, freezing, jobs, printing
from dossiers.models import Print, PrintItem, PrintJob, PrintWorker
from people import actions as people_actions
from people.models import AuditEntry
from tests.dossiers import double
from tests.dossiers.office import NOW, WORKER, Office

pytestmark = pytest.mark.django_db


@pytest.fixture
def open_office(settings, tmp_path, monkeypatch):
    """Return Office, with doubles for gathering and rendering, and an empty folder of files."""
    settings.MEDIA_ROOT = str(tmp_path)
    double.install(lambda owner, name, value: monkeypatch.setattr(owner, name, value, raising=False))
    return Office


def on_disk() -> list[str]:
    return sorted(path.name for path in files.root().rglob("*") if path.is_file())


def test_a_job_prints_every_card_and_puts_them_into_one_pdf(open_office):
    office = open_office(*(f"项目{n}" for n in range(7)))
    job = office.work(office.order())
    assert job.status == "done" and job.pages == 7
    assert len(PdfReader(files.path_of(job.file)).pages) == 7
    prints = office.prints(job)
    assert [row.project_id for row in prints] == [project.pk for project in office.projects]
    for row in prints:
        data = files.path_of(row.file).read_bytes()
        assert len(data) == row.file_size and files.digest(row.file) == row.file_sha256
        assert f"{row.number} 1 {row.check_code} http://testserver/v/{row.token}".encode() in data
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", row.check_code)
        assert freezing.dossier_of(row).basics.project == row.project.name
    assert AuditEntry.objects.filter(kind="print", by=office.officer).count() == 7
    assert AuditEntry.objects.get(kind="print.job").detail == {"paper": "card", "rows": 7}
    assert len(on_disk()) == 8


def test_the_archive_holds_one_file_each_in_order(open_office):
    office = open_office("甲/乙:丙", "丁")
    job = office.work(office.order(bundle="zip"))
    with zipfile.ZipFile(files.path_of(job.file)) as archive:
        assert archive.namelist() == [
            "001 甲_乙_丙 2601-159901-04-01-000001.pdf",
            "002 丁 2601-159901-04-01-000002.pdf",
        ]
        assert archive.testzip() is None
        assert archive.read(archive.namelist()[0]) == files.path_of(office.prints(job)[0].file).read_bytes()


def test_equal_content_is_a_copy_and_other_content_a_new_version(open_office):
    office = open_office("项目")
    (first,) = office.prints(office.work(office.order()))
    (second,) = office.prints(
        office.work(office.order(now=NOW + dt.timedelta(hours=2)), now=NOW + dt.timedelta(hours=2))
    )
    assert (first.version, first.copy, second.version, second.copy) == (1, 1, 1, 2)
    assert first.face == second.face and first.sha256 != second.sha256 and first.token != second.token
    office.projects[0].investment_wan = 2000
    office.projects[0].save()
    (third,) = office.prints(office.work(office.order()))
    assert (third.version, third.copy) == (2, 1)
    (booklet,) = office.prints(office.work(office.order(kind="booklet")))
    assert (booklet.version, booklet.copy) == (1, 1)  # each paper counts for itself


def test_what_fails_is_listed_with_its_reason_and_can_be_tried_again(open_office, caplog):
    office = open_office("好", "坏", "也好")
    job = office.work(office.order())
    failed = job.items.get(status="failed")
    assert (failed.reason, failed.detail, failed.attempts) == ("broken", "ValueError: cannot draw this", 1)
    assert Print.objects.count() == 2, "a paper that never was leaves no version"
    assert job.status == "done" and len(PdfReader(files.path_of(job.file)).pages) == 2
    page = office.client.get(reverse("print-job", args=[job.pk])).content.decode()
    assert "排版出错" in page or "The renderer refused it" in page
    kept, old = {row.token for row in office.prints(job)}, job.file
    type(office.projects[1]).objects.filter(name="坏").update(name="修好了")
    assert office.client.post(reverse("print-retry", args=[job.pk])).status_code == 302
    job = office.work(PrintJob.objects.get(pk=job.pk))
    assert len(PdfReader(files.path_of(job.file)).pages) == 3
    assert kept < {row.token for row in office.prints(job)}, "what was printed is not printed again"
    assert job.file != old


def test_rights_are_asked_when_it_is_printed(open_office):
    office = open_office("甲", "乙")
    job = office.order()
    other = type(office.district).objects.create(code="159902", name="河西区")
    office.projects[0].district = other
    office.projects[0].save()
    job = office.work(job)
    assert list(job.items.values_list("status", "reason")) == [("failed", "not_allowed"), ("done", "")]


def test_a_full_disk_holds_the_job_up_and_nothing_half_is_left(open_office, monkeypatch):
    office = open_office(*"甲乙丙")
    whole = files.write

    room = iter(range(2))

    def no_room(name, data):
        if next(room, None) is None:
            with files.writing(name) as file:
                file.write(data[:10])
                raise OSError(errno.ENOSPC, "No space left on device")
        whole(name, data)

    monkeypatch.setattr(files, "write", no_room)
    job = office.work(office.order())
    assert job.held_up == "disk_full" and jobs.counts(job.pk)["done"] == 2
    assert len(on_disk()) == 2, "no part of a file is left"
    assert set(job.items.values_list("attempts", flat=True)) == {0, 1}
    page = office.client.get(reverse("print-progress", args=[job.pk])).content.decode()
    assert "hx-trigger" in page and ("The disk is full" in page or "磁盘" in page)
    assert jobs.recover(NOW) == 0, "its next ticket is written already"
    monkeypatch.setattr(files, "write", whole)
    tokens = {row.token for row in office.prints(job)}
    job = office.work(job) if not job.held_up else _room_again(office, job)
    assert job.status == "done" and not job.held_up
    assert tokens < {row.token for row in office.prints(job)} and len(on_disk()) == 4


def _room_again(office, job):
    jobs.turn(job.pk, worker=WORKER, clock=lambda: NOW)
    return PrintJob.objects.get(pk=job.pk)


def test_what_a_dead_worker_held_goes_back_and_only_the_rest_is_printed(open_office):
    office = open_office(*"甲乙丙丁")
    job = office.order()
    jobs.sign_in("dead", host="there", pid=2)
    held = jobs.claim(job.pk, "dead", NOW)
    printing.process(held, clock=lambda: NOW)
    lost = jobs.claim(job.pk, "dead", NOW)
    token = office.prints(job)[0].token
    DBTaskResult.objects.update(status="RUNNING", worker_ids=["dead"])
    assert jobs.recover(NOW) == 0, "as long as it signs in, it keeps what it holds"
    assert jobs.claim(job.pk, WORKER, NOW).position == 3, "nobody else gets it"
    jobs.sign_out("dead")
    jobs.sign_in(WORKER, host="here", pid=1)
    assert jobs.recover(NOW) == 2  # the paper, and a ticket for the job
    assert set(DBTaskResult.objects.values_list("status", flat=True)) == {"FAILED", "READY"}, "no zombie"
    printing.process(lost, clock=lambda: NOW)  # the dead one wakes up: what it makes is thrown away
    assert len(on_disk()) == 1 and lost.job.items.get(pk=lost.pk).status == "waiting"
    jobs.sign_out(WORKER)
    jobs.recover(NOW)
    job = office.work(job, worker="third")
    assert job.status == "done" and len(office.prints(job)) == 4 and len(on_disk()) == 5
    assert office.prints(job)[0].token == token
    assert Print.objects.filter(finished_at=None).count() == 0


def test_a_paper_that_kills_its_worker_three_times_has_failed(open_office):
    office = open_office("大", "乙")
    job = office.order()
    for name in ("a", "b", "c"):
        jobs.sign_in(name, host="here", pid=1)
        with pytest.raises(printing.Exhausted):
            jobs.turn(job.pk, worker=name, clock=lambda: NOW)
        jobs.sign_out(name)
        jobs.recover(NOW)
    job = office.work(job)
    assert list(job.items.values_list("status", "reason")) == [("failed", "crashed"), ("done", "")]


def test_an_error_of_the_database_leaves_nothing_in_hand(open_office, monkeypatch):
    office = open_office("甲", "乙")
    job = office.order()
    jobs.sign_in(WORKER, host="here", pid=1)

    def broken(*args, **kwargs):
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(printing, "_finish", broken)
        patch.setattr(printing, "fail", broken)
        with pytest.raises(OperationalError):
            jobs.turn(job.pk, worker=WORKER, clock=lambda: NOW)
    assert jobs.counts(job.pk)["running"] == 1 and on_disk() == []
    assert jobs.let_go(WORKER, NOW) == 1
    job = office.work(job)
    assert job.status == "done" and len(office.prints(job)) == 2


def test_a_bundle_that_died_is_written_by_another(open_office):
    office = open_office("甲", "乙")
    job = office.order()
    for _each in range(2):
        printing.process(jobs.claim(job.pk, WORKER, NOW), clock=lambda: NOW)
    PrintJob.objects.filter(pk=job.pk).update(status="bundling", worker="dead")
    jobs.recover(NOW)
    job = office.work(PrintJob.objects.get(pk=job.pk))
    assert job.status == "done" and job.file


def test_a_file_that_was_changed_on_the_disk_is_not_bundled(open_office):
    office = open_office("甲", "乙", "丙")
    job = office.order()
    for _each in range(3):
        printing.process(jobs.claim(job.pk, WORKER, NOW), clock=lambda: NOW)
    files.path_of(office.prints(job)[1].file).write_bytes(b"%PDF-1.4 half")
    job = office.work(job)
    assert list(job.items.values_list("status", "reason")) == [("done", ""), ("failed", "changed"), ("done", "")]


def test_a_lost_ticket_loses_nothing(open_office):
    office = open_office("甲")
    job = office.order()
    DBTaskResult.objects.all().delete()
    assert jobs.recover(NOW) == 1 and DBTaskResult.objects.get().args_kwargs["args"] == [job.pk]
    assert jobs.recover(NOW) == 0


def test_large_jobs_let_small_ones_pass(open_office):
    office = open_office(*(f"项目{n}" for n in range(12)))
    large, small = office.order(), office.order(projects=office.projects[:1])
    for _ticket in range(3):
        ticket = DBTaskResult.objects.ready().first()
        jobs.turn(ticket.args_kwargs["args"][0], worker=WORKER, clock=lambda: NOW)
        ticket.delete()
    assert PrintJob.objects.get(pk=small.pk).status == "done"
    assert PrintJob.objects.get(pk=large.pk).is_open


def test_stopping_keeps_what_is_printed(open_office):
    office = open_office(*"甲乙丙")
    job = office.order()
    for _each in range(2):
        printing.process(jobs.claim(job.pk, WORKER, NOW), clock=lambda: NOW)
    office.client.post(reverse("print-stop", args=[job.pk]))
    job = office.work(job)
    assert job.status == "done" and len(PdfReader(files.path_of(job.file)).pages) == 2
    assert jobs.counts(job.pk)["cancelled"] == 1
    nothing = office.order()
    actions.stop(by=office.officer, job=nothing)
    assert office.work(nothing).status == "cancelled"


def test_results_expire_and_what_the_papers_said_stays(open_office, capsys):
    office = open_office("甲", "乙")
    job = office.work(office.order())
    stray = files.root() / "2026" / "stray.pdf.part"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"half")
    assert jobs.clean(NOW + dt.timedelta(days=6)) == (1, 4) or not stray.exists()
    later = NOW + dt.timedelta(days=site.PRINT_DAYS)
    number, size = jobs.clean(later)
    assert number == 3 and size > 0 and on_disk() == []
    job.refresh_from_db()
    assert job.status == "expired" and job.file == ""
    assert office.client.get(reverse("print-bundle", args=[job.pk])).status_code == 404
    row = office.prints(job)[0]
    assert office.client.get(reverse("print-file", args=[row.token])).status_code == 404
    assert office.client.get(reverse("verify", args=[row.token])).status_code == 200
    assert office.client.get(reverse("print-job", args=[job.pk])).status_code == 200
    call_command("print_clean")
    assert "0 files" in capsys.readouterr().out


def test_pages_files_and_who_gets_them(open_office):
    office = open_office("甲", "乙")
    assert office.client.get(reverse("print-list")).status_code == 200
    page = office.client.get(reverse("print-choose")).content.decode()
    assert page.count("row-check") == 2
    sent = office.client.post(reverse("print-order"), {"all": "1", "query": "", "kind": "card"})
    job = PrintJob.objects.get()
    assert sent.url == reverse("print-job", args=[job.pk]) and job.total == 2
    assert job.base_url == "http://testserver/"
    page = office.client.get(sent.url).content.decode()
    assert "hx-trigger" in page
    job = office.work(job)
    page = office.client.get(sent.url).content.decode()
    assert "hx-trigger" not in page and reverse("print-bundle", args=[job.pk]) in page
    token = office.prints(job)[0].token
    bundle, paper = reverse("print-bundle", args=[job.pk]), reverse("print-file", args=[token])
    for url in (bundle, paper):
        answer = office.client.get(url)
        assert answer["Content-Type"] == "application/pdf" and "no-store" in answer["Cache-Control"]
        PdfReader(io.BytesIO(b"".join(answer.streaming_content)))
    colleague = people_actions.ensure_user("colleague", display_name="同事", role="officer")
    people_actions.grant(colleague, "view_projects", office.district)
    other = Client()
    other.force_login(colleague, backend="django.contrib.auth.backends.ModelBackend")
    for url in (bundle, paper, reverse("print-job", args=[job.pk]), reverse("print-progress", args=[job.pk])):
        assert other.get(url).status_code == 404
    for name in ("print-retry", "print-stop"):
        assert other.post(reverse(name, args=[job.pk])).status_code == 404
    office.projects[0].district = type(office.district).objects.create(code="159902", name="河西区")
    office.projects[0].save()
    assert office.client.get(bundle).status_code == office.client.get(paper).status_code == 404


def test_what_one_may_not_see_cannot_be_ordered(open_office, settings):
    office = open_office("甲", "乙", "丙")
    office.projects[0].district = type(office.district).objects.create(code="159902", name="河西区")
    office.projects[0].save()
    url = reverse("print-order")
    office.client.post(url, {"project": [project.code for project in office.projects]})
    assert [item.project_id for item in PrintItem.objects.order_by("position")] == [p.pk for p in office.projects[1:]]
    office.client.post(url, {"project": [office.projects[0].code]})
    office.client.post(url, {"project": [office.projects[1].code], "kind": "poster"})
    assert PrintJob.objects.count() == 1
    settings.PRINT_LIMIT = 1
    office.client.post(url, {"all": "1"})
    assert PrintJob.objects.count() == 1
    settings.PRINT_LIMIT, settings.EXPORTS_PER_HOUR = 500, 1
    assert office.client.post(url, {"all": "1"}).status_code == 429
    assert office.client.post(url, {"project": [office.projects[1].code]}).status_code == 302, "one is no export"


def test_workers_sign_in_and_the_silent_are_forgotten(open_office):
    open_office("甲")
    jobs.sign_in("a", host="here", pid=1, documents=3, memory_kb=90_000)
    jobs.sign_in("a", host="here", pid=1, documents=4, memory_kb=91_000)
    assert jobs.alive().get().documents == 4
    PrintWorker.objects.update(seen_at=NOW - dt.timedelta(days=900))
    assert not jobs.alive().exists()
    jobs.recover(NOW)
    assert not PrintWorker.objects.exists()
