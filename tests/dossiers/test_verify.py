"""The page that a paper's QR leads to: current or not, what changed in words, and who may read it."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from dossiers import changes, freezing
from dossiers.content import (
    Basics,
    Chain,
    Demand,
    Dossier,
    KeyPoint,
    Lamp,
    Park,
    Person,
    Problem,
    Quota,
    Stage,
    Utility,
    Verdict,
    Visit,
)
from tests.dossiers import double
from tests.dossiers.office import Office

STAGE = Stage(
    "09", "节能审查", "节能", "P2", "市发展改革委", Lamp("red", "超期"), "办理中", "running", Decimal(13), Decimal(10)
)
PAPER = Dossier(
    city="云川市",
    language="zh-hans",
    data_at=datetime(2026, 6, 18, 1, 12, tzinfo=UTC),
    basics=Basics(
        enterprise="云川宏远炭材料有限公司", project="炭材料一体化", code="YC", investment_wan=Decimal(186000)
    ),
    verdict=Verdict(Lamp("blocked", "指标卡住"), "能耗缺口"),
    people=(Person("sponsor", "包保领导", "周启明", phone="882 1021"),),
    chain=Chain("IND-BA", 1, date(2026, 1, 1), 8, 19, (replace(STAGE, due_on=date(2026, 6, 15)),), ()),
    quota=Quota((Demand("能耗", "吨标准煤", gap="32,000", is_short=True, lamp=Lamp("blocked", "指标卡住")),)),
    park=Park("云川经济开发区", done=6, of=8, utilities=(Utility("热", "供热", "建设中", Lamp("amber", "预警")),)),
    key_points=(KeyPoint("开工", date(2026, 7, 20), None),),
    problems=(Problem("2026-003", "蒸汽管网未接通", unit="管委会", due_on=date(2026, 6, 12), state="办理中"),),
)


def words(old, new) -> dict[str, tuple[str, str]]:
    with translation.override("en"):
        return {change.title: (change.before.text, change.after.text) for change in changes.between(old, new)}


def test_days_that_pass_are_no_change():
    later = replace(
        PAPER,
        data_at=datetime(2026, 6, 25, tzinfo=UTC),
        chain=replace(PAPER.chain, net=Decimal(99), stages=(replace(PAPER.chain.stages[0], net=Decimal(18)),)),
        problems=(replace(PAPER.problems[0], days_left=-9),),
    )
    assert changes.between(PAPER, later) == []
    assert freezing.face_of(PAPER) != freezing.face_of(later)
    assert freezing.face_of(PAPER) == freezing.face_of(replace(PAPER, data_at=later.data_at))


def test_what_changed_is_said_in_words():
    done = replace(STAGE, status="done", state="办结", closed_on=date(2026, 6, 23), net=Decimal(20), over=Decimal(10))
    now = replace(
        PAPER,
        verdict=Verdict(Lamp("amber", "预警"), ""),
        basics=replace(PAPER.basics, investment_wan=Decimal(200000)),
        people=(replace(PAPER.people[0], name="李某某"),),
        chain=replace(PAPER.chain, stages=(done,)),
        quota=Quota((replace(PAPER.quota.demands[0], gap="11,500"),)),
        park=replace(PAPER.park, utilities=(replace(PAPER.park.utilities[0], status="已通"),)),
        key_points=(replace(PAPER.key_points[0], actual_on=date(2026, 6, 24)),),
        problems=(),
        visits=(Visit(date(2026, 6, 24), "苏晓岚", raised="要蒸汽"),),
    )
    assert words(PAPER, now) == {
        "Light": ("指标卡住", "预警"),
        "能耗": ("指标卡住, short of 32,000 吨标准煤", "指标卡住, short of 11,500 吨标准煤"),
        "节能审查": ("超期, due 2026-06-15", "办结, net 20 of 10 days, 10 over"),
        "蒸汽管网未接通": ("办理中, due 2026-06-12", ""),
        "开工": ("planned 2026-07-20", "reached 2026-06-24"),
        "包保领导": ("周启明 882 1021", "李某某 882 1021"),
        "Total investment (10,000 yuan)": ("186,000", "200,000"),
        "供热": ("建设中", "已通"),
        "Visit": ("", "要蒸汽"),
    }
    with translation.override("en"):
        found = changes.between(PAPER, now)
        assert changes.unchanged(found, PAPER, now) == ["Supervision orders"]
        stage = next(change for change in found if change.area == "stages")
        assert (stage.on, stage.by, stage.after.lamp) == (date(2026, 6, 23), "市发展改革委", "done")


def test_what_a_reader_may_not_see_is_neither_shown_nor_compared():
    reader = replace(PAPER, quota=None)
    assert changes.limited(PAPER, reader).quota is None
    assert changes.between(PAPER, reader) == []
    with translation.override("en"):
        assert "Quota" not in changes.unchanged([], PAPER, reader)


@pytest.fixture
def open_office(db, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = str(tmp_path)
    double.install(lambda owner, name, value: monkeypatch.setattr(owner, name, value, raising=False))
    return Office


def login(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_page_says_current_then_what_changed_and_prints_the_next_version(open_office):
    office = open_office("炭材料一体化")
    (row,) = office.prints(office.work(office.order()))
    assert freezing.url_of(row) == f"http://testserver/v/{row.token}"
    url = reverse("verify", args=[row.token])
    page = office.client.get(url).context["standing"]
    assert page.is_current and page.version == 1
    office.projects[0].investment_wan = 2000
    office.projects[0].save()
    answer = office.client.get(url)
    page, html = answer.context["standing"], answer.content.decode()
    assert not page.is_current and page.version == 2 and len(page.changes) == 1
    assert "<s>1,000</s>" in html and "2,000" in html and row.check_code in html
    sent = office.client.post(reverse("print-order"), {"project": office.projects[0].code, "kind": "card"})
    job = office.officer.print_jobs.get(pk=int(re.search(r"/prints/(\d+)/", sent.url)[1]))
    (second,) = office.prints(office.work(job))
    assert second.version == 2
    page = office.client.get(url).context["standing"]
    assert page.version == 2 and page.at == second.printed_at
    assert office.client.get(reverse("verify", args=[second.token])).context["standing"].is_current


def test_strangers_learn_the_version_and_the_number_of_changes_only(open_office):
    office = open_office("炭材料一体化")
    (row,) = office.prints(office.work(office.order()))
    office.projects[0].investment_wan = 2000
    office.projects[0].save()
    other = type(office.district).objects.create(code="159902", name="河西区")
    from people import actions

    stranger = actions.ensure_user("stranger", display_name="路人", role="officer")
    actions.grant(stranger, "view_projects", other)
    for client in (Client(), login(stranger)):
        answer = client.get(reverse("verify", args=[row.token]))
        html = answer.content.decode()
        assert answer.status_code == 200 and answer.context["number"] == 1 and row.check_code in html
        assert "炭材料" not in html and "2,000" not in html and "1,000" not in html and "苏晓岚" not in html
    assert f"next=/v/{row.token}" in Client().get(reverse("verify", args=[row.token])).content.decode()
    assert Client().get(reverse("verify", args=["nonsense"])).status_code == 404


def test_a_paper_that_was_never_finished_is_unknown(open_office):
    office = open_office("炭材料一体化")
    row = freezing.freeze(
        project=office.projects[0],
        kind="card",
        dossier=PAPER,
        by=office.officer,
        base_url="http://x/",
        now=PAPER.data_at,
    )
    assert office.client.get(reverse("verify", args=[row.token])).status_code == 404
    row.content = row.content[:0]
    with pytest.raises(Exception, match="incomplete|truncated"):
        freezing.dossier_of(row)
