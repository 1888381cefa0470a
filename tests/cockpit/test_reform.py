"""The reform simulator: figures that have their rows, areas only where a park has the assessment, sets, the paper."""

import datetime as dt
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from approvals import forecasting, template_actions
from approvals.reform_forecast import simulate
from calendars import store
from cockpit import reform_board, reforming
from cockpit.models import ReformSet
from cockpit.reforming import Question
from gis.models import AreaAssessment
from people.models import AuditEntry, User
from projects.models import Park, Project
from tests.approvals import world as cities
from tests.dossiers.tags import faults

pytestmark = pytest.mark.django_db
PAGE = "/cockpit/reform/"


@pytest.fixture
def city(db):
    """The small city with the chain of 19 stages, its benchmark, and three projects on it, one in a bare park."""
    world = cities.build()
    for code in ("T19-101", "B6-49.5"):
        path = next(path for path in template_actions.shipped_files() if path.stem == code)
        world.extra[code] = template_actions.load_file(path, now=cities.NOW, publish=True)[0]
    world.template = world.extra["T19-101"]
    bare = Park.objects.create(code="159901PK02", name="河东新区", district=world.district)
    world.extra["projects"] = [
        world.new_project(1, "甲项目"),
        world.new_project(2, "乙项目"),
        world.new_project(3, "丙项目", park=bare),
    ]
    AreaAssessment.objects.create(
        park=world.park, name="区域水土保持方案", saves=["T19-101:6", "IND-BA:I08"], given_by=world.pm
    )
    return world


def client_of(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def asked(text="") -> Question:
    return Question.of(QueryDict(text))


def test_an_area_assessment_counts_only_in_its_park_and_while_it_is_valid(city):
    now = timezone.localtime()
    projects = Project.objects.filter(chain__template=city.template)

    def touched():
        found = reforming.cases(projects, now, store.current())
        rows = simulate(found, ["area-assessment"], ["area-assessment"], draws=64).rows
        return {row.key for row in rows}

    first, second, _bare = (project.pk for project in city.extra["projects"])
    assert touched() == {first, second}
    AreaAssessment.objects.update(valid_until=now.date() - dt.timedelta(days=1))
    assert touched() == set()


def test_the_page_its_rows_and_its_export_agree(city):
    client = client_of(city.pm)
    response = client.get(PAGE)
    made, rows = response.context["simulation"], response.context["rows"]
    assert response.status_code == 200 and response.context["count"] == 4
    assert made.days == sum(one.row.days for one in rows) > 0
    assert made.sum_of_singles + made.interaction == made.days
    singles = {one.reform: one for one in made.singles}
    assert "low-risk" not in singles, "what needs a finding on each project is not tried on them"
    assert singles["area-assessment"].projects == 2
    one = client.get(PAGE, {"show": "joint-acceptance"}).context
    assert sum(row.row.days for row in one["rows"]) == singles["joint-acceptance"].days
    lines = b"".join(client.get(PAGE, {"format": "csv"}).streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + made.projects
    assert sum(Decimal(line.rsplit(",", 1)[1].strip("'")) for line in lines[1:]) == made.days
    assert client.get(PAGE, {"show": "nothing"}).status_code == 404


def test_the_date_before_is_the_one_of_the_forecast_pages(city):
    now = timezone.localtime()
    made = reforming.answer(city.pm, asked("until=construction"), now)[0]
    outlooks = forecasting.outlooks([row.key for row in made.rows], now)
    assert made.rows
    for row in made.rows:
        assert row.before == outlooks[row.key][1].milestones["construction"].p50


def test_the_gap_on_the_page_adds_up_and_all_reforms_reach_the_benchmark(city):
    board = client_of(city.pm).get(PAGE).context["gap"]
    assert board.is_whole and board.fall.total.less == Decimal("51.5")
    assert sum(row.days for row in board.rows) == Decimal("51.5")
    assert sum(row.stages for row in board.rows) == 13
    assert sum(row.path for row in board.rows) == Decimal("14.5")
    assert (board.reached.count, board.reached.total, board.reached.path) == (6, Decimal("49.5"), Decimal("49.5"))
    none = client_of(city.pm).get(PAGE, {"tried": "1"}).context["gap"]
    assert (none.reached.count, none.reached.total) == (19, Decimal("101.0")) and none.chosen == 0


def test_queries_do_not_grow_with_the_projects(city):
    client = client_of(city.pm)
    client.get(PAGE)

    def counted() -> int:
        cache.clear()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(PAGE).status_code == 200
        return len(captured)

    before = counted()
    for number in range(10, 14):
        city.new_project(number, f"项目{number}")
    assert counted() == before
    with CaptureQueriesContext(connection) as kept:
        client.get(PAGE)
    assert len(kept) < before


def test_nobody_sees_projects_that_are_not_his(city):
    stranger = client_of(city.people["pm2"]).get(PAGE)
    assert stranger.status_code == 200 and stranger.context["count"] == 0
    assert "甲项目" not in stranger.content.decode()
    assert client_of(city.people["a"]).get(PAGE).status_code == 403
    assert "甲项目" in client_of(city.pm).get(PAGE).content.decode()


def test_filters_narrow_and_strange_values_are_passed_over(city):
    client = client_of(city.pm)
    assert client.get(PAGE, {"park": "159901PK02"}).context["count"] == 1
    assert client.get(PAGE, {"template": "T19-101"}).context["count"] == 3
    strange = client.get(PAGE, {"until": "never", "reform": ["x", "one-stop"], "kind": "nothing", "ours": "zzz"})
    assert strange.context["question"].chosen == ("one-stop",) and strange.context["question"].until == "completion"


def test_a_set_is_kept_by_name_and_thrown_away_by_who_kept_it(city):
    client, other = client_of(city.pm), client_of(city.people["pm2"])
    query = asked("tried=1&reform=one-stop&reform=joint-permit&park=159901PK01").address
    assert client.post(reverse("reform-save"), {"name": " ", "query": query}).status_code == 302
    assert client.post(reverse("reform-save"), {"name": "空", "query": "tried=1"}).status_code == 302
    assert not ReformSet.objects.exists()
    for _turn in range(2):
        client.post(reverse("reform-save"), {"name": "第一套", "query": query})
    row = ReformSet.objects.get()
    assert row.made_by == city.pm and row.reforms == ["one-stop", "joint-permit"] and row.query == query
    assert Decimal(row.result["days"]) and row.result["projects"] == 2
    assert AuditEntry.objects.filter(kind="reform.kept").exists()
    again = client.get(f"{PAGE}?{row.query}").context
    assert str(again["simulation"].days) == row.result["days"]
    (theirs,) = other.get(PAGE).context["sets"]
    assert theirs["result"] == {}, "the figures are of projects that another person may not see"
    assert other.post(reverse("reform-delete", args=[row.pk])).status_code == 404
    assert client.post(reverse("reform-delete", args=[row.pk])).status_code == 302
    assert not ReformSet.objects.exists()


def test_the_note_is_one_page_whatever_is_chosen(city):
    from pypdf import PdfReader

    client = client_of(city.pm)
    for query in ("", "tried=1&reform=one-stop"):
        response = client.get(f"{reverse('reform-note')}?{query}")
        assert response["Content-Type"] == "application/pdf" and faults(response.content) == []
        pdf = PdfReader(BytesIO(response.content))
        words = pdf.pages[0].extract_text()
        assert len(pdf.pages) == 1 and "51.5" in words
        assert str(client.get(f"{PAGE}?{query}").context["simulation"].days) in words
    assert AuditEntry.objects.filter(kind="print").count() == 2


def test_every_reform_is_told_once(city):
    made = reforming.answer(User.objects.get(pk=city.pm.pk), asked(), timezone.localtime())[0]
    codes = [row.reform.code for row in reform_board.reform_rows(made, asked())]
    assert sorted(codes) == sorted(one.code for one in reforming.reform_data.shipped())


def test_a_measure_of_ones_own_is_tried_and_what_the_template_contradicts_is_refused(city):
    client = client_of(city.pm)

    def add(stage, how, value=""):
        response = client.get(PAGE, {"tried": "1", "own_stage": stage, "own_how": how, "own_value": value}, follow=True)
        return response.context, [str(message) for message in response.context["messages"]]

    for refused in (("10", "drop"), ("14", "drop"), ("5", "limit", "20"), ("5", "limit", "x"), ("10", "beside", "5"),
                    ("2", "at_once"), ("9", "beside", "8"), ("77", "drop"), ("5", "burn")):  # fmt: skip
        context, said = add(*refused)
        assert said and not context["question"].own, refused
    context, said = add("5", "limit", "5")
    assert not said and context["question"].own == ("T19-101:5:limit:5",)
    assert context["simulation"].projects == 3 and context["simulation"].days > 0
    assert context["gap"].reached.total == Decimal("91.0") and context["gap"].is_whole
    row = next(row for row in context["reforms"] if row.is_own)
    assert row.without == asked("tried=1").address
    note = client.get(f"{reverse('reform-note')}?{context['question'].address}")
    assert note["Content-Type"] == "application/pdf"
    broken = client.get(PAGE, {"tried": "1", "own": ["T19-101:99:drop:", "X:1:drop:", "<script>"]})
    assert broken.status_code == 200 and broken.context["simulation"].days == 0


def test_an_address_of_any_length_has_a_page_and_a_note_and_is_not_kept(city):
    client = client_of(city.pm)
    long = "tried=1&reform=one-stop&" + "&".join(f"q={number}{'项' * 90}" for number in range(60))
    assert client.get(f"{PAGE}?{long}").status_code == 200
    assert client.get(f"{reverse('reform-note')}?{long}")["Content-Type"] == "application/pdf"
    client.post(reverse("reform-save"), {"name": "长", "query": long})
    assert not ReformSet.objects.exists()


def test_an_unchecked_source_is_marked_wherever_it_is_named(city):
    client = client_of(city.pm)
    open_ones = sum(one.source_open for one in reforming.reforms_of(asked()))
    page = client.get(PAGE).content.decode()
    in_gap = sum(row.source_open for row in client.get(PAGE).context["gap"].rows)
    assert page.count("出处待核") == open_ones + in_gap > 8


def test_a_phone_shows_some_rows_and_then_all(city):
    for number in range(20, 27):
        city.new_project(number, f"项目{number}")
    client = client_of(city.pm)
    few = client.get(PAGE).content.decode()
    assert "rows=all" in few and "is-all" not in few
    every = client.get(PAGE, {"rows": "all"}).content.decode()
    assert "is-all" in every and "rows=all#projects" not in every
