"""A small office for tests of prints: one district, some projects, an officer who sees them, and a worker by name."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.test import Client
from django.utils import timezone

from dossiers import actions, jobs
from dossiers.models import PrintJob
from people import actions as people_actions
from people.models import District
from projects.models import Project

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
WORKER = "worker-1"


class Office:
    """The rows, and what one does with them."""

    def __init__(self, *names: str):
        self.district = District.objects.create(code="159901", name="河东区")
        self.officer = people_actions.ensure_user("officer", display_name="苏晓岚", role="officer", is_demo=True)
        people_actions.grant(self.officer, "view_projects", self.district)
        self.projects = [
            Project.objects.create(
                code=f"2601-159901-04-01-{number:06}",
                name=name,
                district=self.district,
                investment_wan=Decimal(1000),
            )
            for number, name in enumerate(names, start=1)
        ]
        self.client = Client()
        self.client.force_login(self.officer, backend="django.contrib.auth.backends.ModelBackend")

    def order(self, *, kind="card", bundle="merged", projects=None, now=NOW) -> PrintJob:
        """Order a card of every project."""
        return actions.order(
            by=self.officer,
            projects=projects or self.projects,
            kind=kind,
            bundle=bundle,
            title="一企一卡",
            base_url="http://testserver/",
            now=now,
        )

    def work(self, job: PrintJob, worker: str = WORKER, now=NOW) -> PrintJob:
        """Take turns until the job is done; tickets are not drawn, only written."""
        jobs.sign_in(worker, host="here", pid=1)
        for _turn in range(100):
            jobs.turn(job.pk, worker=worker, clock=lambda: now)
            job = PrintJob.objects.get(pk=job.pk)
            if not job.is_open or job.held_up:
                break
        return job

    def prints(self, job: PrintJob) -> list:
        """Return the finished papers of a job, in order."""
        return [item.print for item in job.items.filter(status="done").order_by("position").select_related("print")]


def now_real():
    """Return the time."""
    return timezone.now()
