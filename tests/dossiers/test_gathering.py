"""Gathering: the same figures as the project page, by rights, in a number of queries that does not grow."""

import re
import shutil
import subprocess

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dossiers import gathering, rendering, snapshots
from people.models import User
from projects.models import KeyPoint, MonthlyFigure, Project
from tests.approvals import quota as quotas
from tests.approvals import world as cities
from tests.approvals.world import NOW, at, give
from tests.conftest import missing
from tests.dossiers import samples

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    """A project with a chain that is late, short of energy, with people, key points and figures."""
    world = cities.build()
    quota = quotas.make(world, pool=100)
    quota.need(140)
    quota.reserve(60)
    world.walk("01", "receive 11-03", "accept 11-03", "start_handling 11-03", "pass 11-06")
    world.walk("03", "receive 11-09", "accept 11-09", "request_supplement 11-12", "receive_supplement 11-16")
    project = world.project
    project.investment_wan, project.year_plan_wan = 186000, 62000
    project.save()
    User.objects.filter(pk=world.leader.pk).update(phone="0971-6021112", title="副市长")
    User.objects.filter(pk=world.b.pk).update(phone="13800138000", title="科长")
    give(world, "service_officer", User.objects.get(pk=world.b.pk))
    KeyPoint.objects.create(project=project, name="started", planned_on=at("11-10").date())
    MonthlyFigure.objects.create(
        project=project, month=at("10-01").date(), investment_done_wan=21400, jobs=86, reported_by=world.pm
    )
    return world


def client_of(user) -> Client:
    """Return a client that is logged in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def figures_of(html: str) -> set[str]:
    """Return the figures that the page's read-only parts show."""
    body = re.sub(r"<(script|style|form|svg|details class=\"small\")\b.*?</\1>", " ", html, flags=re.S)
    parts = [part for name in ("page-meta", "strip", "tl-figures", "quota", "points") for part in section(body, name)]
    text = re.sub(r"<[^>]+>", " ", " ".join(parts))
    return {token.rstrip(".,-") for token in re.findall(r"\d[\d,./-]*", text)}


def section(body: str, name: str) -> list[str]:
    """Return the inside of the element that carries a class or id, up to the next section."""
    start = rf'<\w+[^>]*(?:class="[^"]*\b{name}\b[^"]*"|id="{name}")[^>]*>'
    end = "</div>" if name == "page-meta" else "</(?:section|details|ul)>"
    found = re.search(f"{start}(.*?){end}", body, re.S)
    return [found[1]] if found else []


def test_every_figure_of_the_page_is_in_the_booklet(city, monkeypatch):
    if not shutil.which("pdftotext"):
        missing("pdftotext")
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    html = client_of(city.pm).get(reverse("project-page", args=[city.project.code])).content.decode()
    (dossier,) = gathering.gather([city.project], city.pm, NOW, full=True)
    made = rendering.booklet(dossier, samples.stamp())
    told = subprocess.run(["pdftotext", "-", "-"], input=made.pdf, capture_output=True, check=True).stdout.decode()
    flat = "".join(told.split())
    shown = figures_of(html)
    assert {"140", "60", "18.60", "6.20", "0971-6021112"} <= shown
    lost = [figure for figure in sorted(shown) if figure not in flat and figure.removesuffix(".0") not in flat]
    assert lost == ["13800138000"]  # a mobile number: on the screen of who may see it, never on paper
    assert rendering.text(dossier).count("13800138000") == 0
    assert snapshots.loads(snapshots.dumps(dossier)) == dossier
    assert dossier.records.drawings[0].startswith("<svg")


def test_more_projects_cost_no_more_queries_and_strangers_get_nothing(city):
    for number in range(2):
        city.new_project(400000 + number, f"项目{number}")
    projects = list(Project.objects.order_by("pk"))
    counts = []
    for chosen in (projects[:1], projects):
        gathering.gather(chosen, city.pm, NOW)  # what is remembered between requests
        with CaptureQueriesContext(connection) as queries:
            found = gathering.gather(chosen, city.pm, NOW)
        counts.append(len(queries))
        assert [dossier.basics.code for dossier in found] == [project.code for project in chosen]
    assert counts[0] == counts[1] <= 40
    assert gathering.gather(projects, city.d, NOW) == []
    stranger = city.new_project(400009, "别人的", manager=city.pm2, district=city.extra["west"], park=None)
    assert gathering.gather([stranger], city.pm, NOW) == []
    (seen,) = gathering.gather([city.project], city.a, NOW, full=True)
    assert seen.unseen or seen.quota.postings


def test_the_preview_is_the_paper_and_says_that_it_is_none(city):
    client = client_of(city.pm)
    page = client.get(reverse("dossier-page", args=[city.project.code]))
    assert page.status_code == 200
    for kind in ("card", "card_a5", "booklet"):
        sheet = client.get(reverse("dossier-sheet", args=[city.project.code]) + f"?as={kind}").content.decode()
        assert "186000" in sheet or "18.60" in sheet
        assert " style=" not in sheet
        assert "<script" not in sheet
        assert "/v/" not in sheet
    assert client.get(reverse("dossier-page", args=[city.project.code]) + "?as=nonsense").status_code == 404
    told = client.get(reverse("dossier-page", args=[city.project.code]) + "?as=text").content.decode()
    assert "年产10万吨石墨负极材料一体化项目" in told


def test_the_console_writes_text_and_names_what_it_cannot(city, tmp_path, capsysbinary):
    out = tmp_path / "card.txt"
    call_command("print_dossier", city.project.code, "--as", "text", "--out", str(out))
    assert "石墨负极材料" in out.read_bytes().decode()
    with pytest.raises(CommandError, match="may not see"):
        call_command("print_dossier", city.project.code, "--by", "w-d")
    with pytest.raises(CommandError, match="--out"):
        call_command("print_dossier", city.project.code, "--as", "card")
