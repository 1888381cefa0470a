"""The unlock planner's page: what it is asked, what is kept of it, and what becomes of it."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cockpit import unlock_actions, unlock_run, unlocking
from cockpit.models import Scenario, ScenarioRequest
from cockpit.unlock_board import Board
from cockpit.unlock_rows import price_words, worth
from cockpit.unlock_setup import Setup
from factors import entries, ledger, planner, planner_files, pools
from factors.models import Book, FactorSource, QuotaRequest, StockAmount, StockAsset
from factors.refusals import Refused
from people import actions as people_actions
from people.models import AuditEntry
from projects.models import MonthlyFigure, Project
from tests.factors import office as offices
from tests.factors.office import NOW, another_project, fresh, grant, need

LARGE = "2611-159901-04-01-100003"


@pytest.fixture
def city(db):
    """100 t in the city's pool; three projects want 60, 70 and 150 t and bring 3, 2 and 9 亿元."""
    made = offices.build()
    for name in ("maker", "other", "leader", "pm"):
        people_actions.grant(made.people[name], "view_projects", made.city)
    second, third = another_project(made), another_project(made, code=LARGE)
    for project, wan, level in (
        (made.project, 30_000, "city"),
        (second, 20_000, "city"),
        (third, 90_000, "provincial"),
    ):
        Project.objects.filter(pk=project.pk).update(investment_wan=wan, key_level=level)
    MonthlyFigure.objects.create(
        project=second, month=NOW.date().replace(day=1), investment_done_wan=0, jobs=50, reported_by=made.pm
    )
    made.more = {"second": need(second, made.book, 70_000), "third": need(third, made.book, 150_000)}
    return made


def setup(text="") -> Setup:
    return Setup.of(QueryDict(text), 2026)


def board_of(city, who="maker", text="") -> Board:
    facts = unlocking.facts_of(fresh(city.people[who]), setup(text), NOW)
    return Board(facts, unlock_run.run(facts))


def keep(city, name="first", who="maker", text="") -> Scenario:
    board = board_of(city, who, text)
    return unlock_actions.save(
        by=fresh(city.people[who]), now=NOW, name=name, facts=board.facts, result=board.result
    )  # fmt: skip


def test_an_address_says_all_of_a_setup_and_nothing_that_is_not_understood():
    text = (
        "set=1&year=2026&objective=score&factor=energy&quota=expiring&weighting=steps&keep=5&floor_tce=12.5"
        "&per_district=2&share-investment=50&share-jobs=30&share-projects=20&keep-4=300&must=7&out=9&blocked=1&substitute=1&together=1"
        "&share-tax=5&g-7=A&g-8=B"
    )
    assert Setup.of(QueryDict(setup(text).query()[1:]), 2026) == setup(text)
    assert setup(text).must == (7,) and setup(text).kept == ((4, "300"),)
    assert setup(text).groups == ((7, "A"), (8, "B")) and setup("g-1=&g-2=AB&g-x=A&g-3=Z").groups == ()
    assert setup(text).unseen([7]) == [("out", "9"), ("g-8", "B")]
    odd = setup(
        "objective=profit&weighting=x&keep=900&must=a&must=3&out=3&floor_tce=nan&floor_mu=-1&year=99999&d-5=out"
    )
    assert odd.objective == "investment" and odd.keep == 50 and odd.must == (3,) and odd.out == (5,)
    assert odd.floor_tce == odd.floor_mu == "" and setup().quota == ("verified",) and setup("set=1").quota == ()


def test_figures_are_written_in_the_words_of_the_field():
    assert (
        worth(116_200_000, "investment") == "116.2"
        and worth(1_200_000, "tax") == "1.20"
        and worth(120_400, "jobs") == "1,204"
    )
    assert price_words(Decimal(2000), "investment") == "20.00" and price_words(Decimal("1e-9"), "jobs") == "0"


def test_the_plan_takes_what_brings_most_within_what_the_pools_have_and_are_assumed_to_get(city):
    board = board_of(city)
    assert [line.code for line in board.chosen] == [city.project.code] and board.value == "3.0" == board.bound
    (column,) = board.columns
    assert (column.amount, column.used, column.left) == (100_000, 60_000, 40_000)
    assert {line.code: line.topup[0][1] for line in board.rest}[LARGE] == 110_000
    assert column.step == {"amount": 30_000, "gain": 2_000_000, "chosen": column.step["chosen"], "proven": True}
    assert board.comparison["left_out"] and board.comparison["high"] == (0, 0, 1)

    asset = StockAsset.objects.create(code="S1", name="关停机组", kind="zombie", district=city.city, status="verified")
    StockAmount.objects.create(asset=asset, book=city.book, pool=city.pool, recoverable=60_000)
    more = board_of(city)
    assert [line.code for line in more.chosen] == [LARGE] and more.columns[0].parts["verified"] == 60_000
    assert more.ready == []  # what is only assumed makes no request
    assert board_of(city, text="set=1").value == "3.0"
    assert board_of(city, text="set=1&keep=50").chosen == []
    assert board_of(city, text="set=1&floor_tce=400").value == "3.0"  # they bring 500, 286 and 600 万元 for each tce
    assert board_of(city, text="set=1&floor_tce=550").chosen == []
    assert board_of(city, text="set=1&objective=jobs").value == "50"
    assert board_of(city, text="set=1&together=1").chosen == []  # all three are of one enterprise: 280 t
    one = board_of(city, text="set=1&quota=verified&per_district=1")
    assert len(one.chosen) == 1 and {line.why for line in one.rest} == {one.rest[0].why} != {""}
    wished = board_of(city, text=f"set=1&must={city.more['second'].project_id}")
    assert wished.value == "2.0" and wished.cost_of_wishes == "1.0"
    refused = board_of(city, text=f"set=1&must={city.more['third'].project_id}")
    assert [amount for _limit, amount in refused.refused] == [50_000] and refused.value == "3.0"


def test_an_unknown_figure_counts_as_nothing_and_is_counted(city):
    known = Project.objects.filter(pk=city.more["second"].project_id)
    known.update(output_wan=50_000, tax_wan=2_500)
    board = board_of(city, text="set=1&objective=output")
    assert [line.code for line in board.chosen] == [known.get().code] and board.value == "5.0"
    assert board.unknown == [(board.unknown[0][0], 2)] and board.figure == "output"
    assert round(board.chosen[0].per_tce, 2) == round(Decimal(50_000) / 70, 2) and board.chosen[0].per_mu is None
    assert {line.money for line in board.rest} == {None} and all(line.why for line in board.rest)
    assert board_of(city, text="set=1&objective=tax").value == "0.25"
    score = board_of(city, text="set=1&objective=score&share-tax=40")
    assert [number for _words, number in score.unknown] == [2, 2]  # tax and jobs
    assert board_of(city, text="set=1").unknown == []


def test_those_with_one_letter_come_all_or_none(city):
    first, second = city.demand.project_id, city.more["second"].project_id
    third = city.more["third"].project_id
    pair = board_of(city, text=f"set=1&g-{first}=A&g-{second}=A")
    assert pair.chosen == [] and pair.letters == [("A", 2)]  # 60 + 70 of 100 t
    assert board_of(city, text=f"set=1&g-{first}=A&g-{second}=B").value == "3.0"
    grant(city.pool, 30_000)
    pair = board_of(city, text=f"set=1&g-{first}=A&g-{second}=A")
    assert {line.key for line in pair.chosen} == {str(first), str(second)} and pair.value == "5.0"
    split = board_of(city, text=f"set=1&g-{first}=A&g-{second}=A&must={first}&out={second}")
    assert split.result["refused"]["code"] == "split_group"
    # The third shares the letter with nobody, but the enterprise with both: one group of all three.
    Project.objects.filter(pk=third).update(enterprise=Project.objects.get(pk=first).enterprise)
    all_three = board_of(city, text=f"set=1&together=1&g-{first}=A&g-{third}=A")
    assert len({row["group"] for row in all_three.facts["candidates"]}) == 1 and all_three.chosen == []
    row = keep(city, text=f"set=1&g-{first}=A&g-{second}=A")
    assert Board(row.facts, row.result).letters == [("A", 2)]
    assert [value for name, value in Setup.kept_in(row.facts).pairs() if name.startswith("g-")] == ["A", "A"]


def test_a_scenario_is_retired_by_who_kept_it_and_may_be_kept_again(city):
    row = keep(city)
    far = people_actions.ensure_user("far", display_name="远", role="leader", department=city.departments["water"])
    with pytest.raises(PermissionDenied):
        unlock_actions.retire(by=fresh(far), now=NOW, scenario=row)
    officer = client_of(city.maker)
    assert b"data-confirm" in officer.get(reverse("unlock-list")).content
    assert officer.post(reverse("unlock-retire", args=[row.pk])).url == reverse("unlock-list")
    unlock_actions.retire(by=fresh(city.maker), now=NOW, scenario=row)
    assert AuditEntry.objects.filter(kind="unlock.retired").count() == 1
    assert unlock_actions.visible(fresh(city.maker)) == []
    shown = officer.get(reverse("unlock-scenario", args=[row.pk]))
    assert shown.status_code == 200 and not shown.context["may_retire"]
    with pytest.raises(Refused, match="retired"):
        unlock_actions.generate(by=fresh(city.maker), now=NOW, scenario=row, reason="会议")
    again = keep(city)
    assert again.pk != row.pk and Scenario.objects.count() == 2


def test_wishes_that_contradict_are_told_and_left_out(city):
    first, second = city.demand.project_id, city.more["second"].project_id
    for text, code in (
        (f"set=1&together=1&must={first}&out={second}", "split_group"),
        (f"set=1&floor_tce=550&must={first}", "below_floor"),
        (f"set=1&must={first}&must={second}", "must_does_not_fit"),
    ):
        assert board_of(city, text=text).result["refused"]["code"] == code
    assert setup("floor_tce=1e999999&floor_mu=12345678").floor_tce == setup("floor_mu=12345678").floor_mu == ""
    board_of(city, text=f"set=1&together=1&out={second}")


def test_the_question_leaves_as_a_file_that_the_command_answers_alike(city):
    board = board_of(city, text="set=1&floor_tce=12.5&per_district=2")
    question = planner_files.read_json(json.dumps(unlock_run.instance_file(board.facts)))
    answered = planner.plan(question.instance)
    assert [*answered.chosen] == board.plan["chosen"] and answered.value == board.plan["value"]
    assert len(question.instance.floors) == len(question.instance.district_caps) == 1


def test_a_scenario_is_kept_once_can_be_computed_again_and_is_stale_when_a_balance_moved(city):
    row, twin = keep(city), keep(city)
    assert row == twin and AuditEntry.objects.filter(kind="unlock.saved").count() == 1
    row.refresh_from_db()
    again = unlock_run.run(row.facts)
    assert again["plan"]["chosen"] == row.result["plan"]["chosen"] and again["prices"] == row.result["prices"]
    assert unlocking.digest(row.facts) == row.digest and unlocking.moved(row.facts) == []
    grant(city.pool, 5_000)
    (moved,) = unlocking.moved(row.facts)
    assert (moved.before, moved.after) == (100_000, 105_000)
    with pytest.raises(Refused, match="stale"):
        unlock_actions.generate(by=fresh(city.maker), now=NOW, scenario=row, reason="会议")
    assert not QuotaRequest.objects.exists()


@pytest.mark.both_databases
def test_requests_are_made_once_with_their_reason_by_who_keeps_the_pool(city):
    row = keep(city)
    for who, reason, error in (("maker", " ", Refused), ("leader", "会议", PermissionDenied)):
        with pytest.raises(error):
            unlock_actions.generate(by=fresh(city.people[who]), now=NOW, scenario=row, reason=reason)
    (made,) = unlock_actions.generate(by=fresh(city.maker), now=NOW, scenario=row, reason="专班会议定")
    assert made.request.demand == city.demand and made.request.amount == 60_000
    assert "专班会议定" in made.request.note and "first" in made.request.note
    assert unlock_actions.generate(by=fresh(city.maker), now=NOW, scenario=row, reason="再按一次") == []
    assert QuotaRequest.objects.count() == ScenarioRequest.objects.count() == 1
    assert AuditEntry.objects.filter(kind="unlock.requests").count() == 1
    city.pool.refresh_from_db()
    assert city.pool.available == 100_000  # nothing is posted


def client_of(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.both_databases
@pytest.mark.usefixtures("that_day")
def test_the_pages_show_keep_compare_and_export(city):
    officer, leader = client_of(city.maker), client_of(city.leader)
    page = officer.get(reverse("unlock"))
    assert page.status_code == 200 and page.context["board"].value == "3.0" and len(page.context["due"]) == 1
    assert reverse("account-book", args=[city.pool.pk]) in page.content.decode()
    posted = dict(page.context["hidden"], digest=page.context["digest"], name="现可用")
    kept = officer.post(reverse("unlock-save"), posted)
    row = Scenario.objects.get()
    assert kept.url == reverse("unlock-scenario", args=[row.pk])
    officer.post(reverse("unlock-save"), posted | {"name": "另一个"})
    with CaptureQueriesContext(connection) as queries:
        shown = leader.get(kept.url)
    assert shown.status_code == 200 and not shown.context["may_ask"] and len(queries) < 40
    assert leader.post(reverse("unlock-requests", args=[row.pk]), {"reason": "要快"}).status_code == 403
    both = leader.get(reverse("unlock-compare"), {"s": list(Scenario.objects.values_list("pk", flat=True))})
    assert both.status_code == 200 and len(both.context["rows"]) == 2
    assert leader.get(reverse("unlock-list")).context["rows"]
    for where, kind in (({"scenario": row.pk}, "sheet"), ({}, "sheet"), ({"format": "json"}, "json")):
        assert leader.get(reverse("unlock-export"), where)["Content-Type"].endswith(kind)
    grant(city.pool, 5_000)
    assert officer.post(reverse("unlock-save"), posted | {"name": "旧数"}).url.startswith(reverse("unlock") + "?")
    assert officer.get(kept.url).context["moved"] and Scenario.objects.count() == 2
    now = officer.get(reverse("unlock"))
    fresh_post = dict(now.context["hidden"], digest=now.context["digest"], action="generate", reason="会议")
    assert officer.post(reverse("unlock-save"), fresh_post).url == reverse("request-list")
    assert QuotaRequest.objects.get().note.endswith("会议")


def test_who_does_not_see_a_project_sees_no_scenario_with_it(city):
    row = keep(city)
    far = people_actions.ensure_user("far", display_name="远", role="leader", department=city.departments["water"])
    assert unlock_actions.visible(fresh(far)) == []
    assert client_of(far).get(reverse("unlock-scenario", args=[row.pk])).status_code == 404
    assert board_of_nobody(far).facts["candidates"] == []
    assert client_of(city.stranger).get(reverse("unlock")).status_code == 403


def board_of_nobody(user) -> Board:
    facts = unlocking.facts_of(fresh(user), setup(), NOW)
    return Board(facts, unlock_run.run(facts))


def test_reservations_that_end_soon_count_only_when_they_are_assumed(city):
    holder = another_project(city, code="2611-159901-04-01-100009")
    holding = pools.holding_for(project=holder, book=city.book, period="2026")
    entry = entries.reserve(city.pool, holding, 50_000, NOW.date() + timedelta(days=10), key="r", on=NOW.date())
    ledger.post([entry], now=NOW)
    assert board_of(city, text="set=1").columns[0].amount == 50_000
    assert board_of(city, text="set=1&quota=expiring").columns[0].amount == 100_000


def test_surplus_of_others_and_water_that_comes_first_stand_in_where_they_are_assumed(city):
    holder = another_project(city, code="2611-159901-04-01-100008")
    rich = need(holder, city.book, 20_000)
    issuer = pools.standing_account("issuer", city.book, "2026")
    opening = entries.move("opening", issuer, rich.holding, 50_000, key="o", on=NOW.date(), document_no="省〔2026〕9号")
    ledger.post([opening], now=NOW)
    traded = {column.kind: column.amount for column in board_of(city, text="set=1&quota=trade").columns}
    assert traded == {"pool": 100_000, "trade": 30_000}

    ground, reclaimed = offices.book("water", "ground"), offices.book("water", "reclaimed")
    FactorSource.objects.filter(pk=ground.source_id).update(rank=5)
    for book, place in ((ground, {"district": city.city}), (reclaimed, {"park": city.park, "district": None})):
        pool = offices.account(book, "pool", f"pool:{book.code}", **place)
        if book == reclaimed:
            grant(pool, 8_000)
    thirsty = another_project(city, code="2611-159901-04-01-100007")
    Project.objects.filter(pk=thirsty.pk).update(investment_wan=100)
    need(thirsty, Book.objects.get(pk=ground.pk), 5_000)
    alone = board_of(city, text="set=1&factor=water")
    assert alone.chosen == [] and alone.empty_limits
    (line,) = board_of(city, text="set=1&factor=water&substitute=1").chosen
    assert line.code == thirsty.code and line.instead and not line.ready
