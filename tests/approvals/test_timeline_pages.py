"""The pages around the timeline: who may see them, fragments, the sheet, how the days of a stage add up."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from approvals import actions, derive, explain, template_actions
from approvals.models import Stage
from approvals.timeline_input import chain_input
from calendars import store
from people.models import District, User
from projects.models import Assignment, Project

pytestmark = pytest.mark.django_db
NAME = '<script>alert(1)</script> "${x}" 一体化'


def at(day, hour=17, minute=30):
    return timezone.make_aware(dt.datetime.combine(dt.date.fromisoformat(day), dt.time(hour, minute)))


def do(user, chain, code, action, day, hour=17, **more):
    stage = Stage.objects.get(chain=chain, code=code)
    actions.act(
        by=user, stage=stage, action=action, occurred_at=at(day, hour), now=timezone.now(), out_of_order=True,
        reason="late", **more,
    )  # fmt: skip


@pytest.fixture
def manager(db):
    return User.objects.create_user("tl-pm", role="pm", display_name="王瑞")


@pytest.fixture
def chain(manager):
    """03 and 04 of T19-101 as in the mock-up: accepted 08-13, supplement, publicity, decided 09-03."""
    city = District.objects.create(code="159900", name="云川市")
    project = Project.objects.create(code="2507-159903-04-01-381725", name=NAME, district=city)
    Assignment.objects.create(
        project=project, role="manager", user=manager, started_on=dt.date(2025, 1, 1), made_by=manager
    )
    path = next(p for p in template_actions.shipped_files() if "T19-101" in p.name)
    template, _what = template_actions.load_file(path, now=timezone.now(), publish=True)
    chain = actions.start_chain(
        by=manager, project=project, template=template, started_on=dt.date(2025, 7, 21), now=timezone.now()
    )
    do(manager, chain, "1", "receive", "2025-07-21", 9)
    do(manager, chain, "1", "accept", "2025-07-21", 10)
    do(manager, chain, "1", "pass", "2025-07-22")
    do(manager, chain, "3", "receive", "2025-07-23", 9)
    do(manager, chain, "3", "accept", "2025-07-24", 10)
    paper = {"document_no": "补正告知书 12 号"}
    do(manager, chain, "3", "request_supplement", "2025-07-28", data={"missing": ["总平面图"]}, **paper)
    do(manager, chain, "3", "receive_supplement", "2025-08-01")
    do(manager, chain, "3", "pass", "2025-08-08")
    return chain


@pytest.fixture
def view(chain):
    return derive.load(chain, timezone.now(), store.current())


@pytest.fixture
def browser(client, manager):
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    return client


def url(name, chain, *more):
    return reverse(name, args=[chain.project.code, *more])


def test_the_boxes_add_up_to_the_calendar_span(view):
    for stage in view.stages:
        told = explain.explain(stage, view.by_code, view.calendar, view.now)
        assert sum((Decimal(box.days) for box in told["boxes"]), Decimal(0)) == Decimal(told["total"].days)
        assert len(told["lines"]) == len(stage.clock.days)


def test_the_sums_of_a_stage_in_words(view):
    told = explain.explain(view.by_code["3"], view.by_code, view.calendar, view.now)
    days = {box.kind: box.days for box in told["boxes"]}
    # 07-25 .. 08-08 are 11 working days; 07-29 .. 08-01 were the applicant's.
    assert (days["department"], days["supplement"], days["waiting"], days["rest"]) == ("7.0", "4.0", "2", "4")
    assert told["total"].days == "17"
    assert [span.pause.label for span in told["papers"]] == ["补正告知书 12 号"]
    assert told["dues"][0].late is False


def test_the_timeline_input_agrees_with_the_clock(view, chain):
    data = chain_input(view, chain.project)
    stage = next(s for s in data.stages if s.code == "3")
    assert (stage.no, stage.status, stage.net) == ("03", "done", view.by_code["3"].clock.net_days)
    assert data.critical_path[:3] == ("1", "3", "4")
    assert {p.name for p in data.phases if p.builds} == {"竣工验收"}


def test_blockers_turn_a_stage_into_a_diamond(view, chain):
    data = chain_input(view, chain.project, blockers={"10": "能耗缺口"})
    stage = next(s for s in data.stages if s.code == "10")
    assert (stage.light, stage.blocked, stage.reason) == ("blocked", True, "能耗缺口")


def test_the_explanation_is_a_page_and_a_fragment(browser, chain):
    page = browser.get(url("stage-explain", chain, "3"))
    part = browser.get(url("stage-explain", chain, "3"), headers={"X-Requested-With": "fetch"})
    assert page.status_code == part.status_code == 200
    assert b"<html" in page.content and b"<html" not in part.content
    assert b"ex-strip" in part.content
    assert "X-Requested-With" in part["Vary"]


def test_a_stage_that_is_not_there_is_not_found(browser, chain):
    assert browser.get(url("stage-explain", chain, "77")).status_code == 404


def test_the_sheet_names_its_calendar_its_time_and_who_printed(browser, chain):
    text = browser.get(url("project-chain-print", chain)).content.decode()
    assert "王瑞" in text and "<script>alert" not in text
    assert str(store.current().version) in text
    assert text.count('class="sheet"') == 1


def test_the_card_is_redrawn_at_the_width_of_the_window(browser, chain):
    fetch = {"X-Requested-With": "fetch"}
    text = browser.get(url("project-timeline", chain), {"w": "1500", "scale": "month"}, headers=fetch).content.decode()
    assert 'data-width="1500"' in text and "<html" not in text
    for nonsense in ("x", "-5", "99999999", "1e9"):
        assert browser.get(url("project-timeline", chain), {"w": nonsense}, headers=fetch).status_code == 200


def test_without_a_script_the_card_leads_to_the_project_page(browser, chain):
    answer = browser.get(url("project-timeline", chain), {"scale": "month"})
    assert answer.status_code == 302 and answer.url.endswith("?scale=month")


def test_strangers_find_nothing_and_nobody_logs_in_first(client, chain):
    stranger = User.objects.create_user("tl-stranger", role="pm")
    names = (("stage-explain", "3"), ("project-chain-print",), ("project-timeline",))
    for name, *more in names:
        assert client.get(url(name, chain, *more)).status_code == 302
    client.force_login(stranger, backend="django.contrib.auth.backends.ModelBackend")
    for name, *more in names:
        assert client.get(url(name, chain, *more)).status_code == 404


def test_no_inline_style_or_handler(browser, chain):
    for name, *more in (("stage-explain", "3"), ("project-chain-print",)):
        text = browser.get(url(name, chain, *more)).content.decode()
        assert not re.search(r"<[^>]*\s(style|on\w+)=", text)


def test_queries_do_not_grow_with_the_stages(browser, chain, django_assert_max_num_queries):
    with django_assert_max_num_queries(16):
        browser.get(url("stage-explain", chain, "3"))
