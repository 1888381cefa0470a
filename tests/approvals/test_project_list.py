"""The list: every filter, tiles that add up, paging that covers all once, bulk actions, views, search."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from approvals import keeping
from approvals.models import StageEvent
from approvals.views import project_list
from people.models import AuditEntry
from projects.models import Assignment, Project, SavedView
from tests.approvals.test_project_page import as_
from tests.approvals.world import at

LIST = "/projects/"


@pytest.fixture
def portfolio(world):
    """Seven more projects in several conditions; `world.pm` manages them all."""
    today = timezone.localdate()
    made = {
        "late": world.new_project(2, "重庆风电塔筒", planned_start_on=today - dt.timedelta(days=1), kind="approval"),
        "soon": world.new_project(3, "行健新材料", planned_start_on=today + dt.timedelta(days=30)),
        "far": world.new_project(4, "光伏玻璃三期", planned_start_on=dt.date(today.year + 2, 1, 1), key_level="city"),
        "west": world.new_project(5, "西区铝箔", district=world.extra["west"], park=None),
        "bare": world.new_project(6, "再生铝", chain=False, status="building"),
        "deferred": world.new_project(7, "陶瓷基复合材料"),
        "waiting": world.new_project(8, "高纯铝靶材"),
    }
    now = timezone.localtime()
    for key, steps in {
        "deferred": ("receive", "accept_with_deferral"),
        "waiting": ("receive", "accept", "request_supplement"),
    }.items():
        world.project, kept = made[key], world.project
        for step in steps:
            world.act("01", step, now=now)
        world.project = kept
    world.walk("01", "receive 11-03", "accept 11-03", now=at("11-03 18:00"))
    keeping.sweep(now)
    return made | {"first": world.project}


def codes(response):
    return [row.project.code for row in response.context["rows"]]


def found(client, portfolio, query):
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200
    names = {project.code: key for key, project in portfolio.items()}
    return {names[code] for code in codes(response)}


def test_every_filter(world, portfolio):
    client = as_(world.pm)
    everything = set(portfolio)
    chained = everything - {"bare"}
    first = {"first"}
    cases = {
        "": everything,
        "q=gfbl": {"far"},
        "light=stopped": {"waiting"},
        "light=stopped&light=green": {"waiting", "deferred"},
        "district=159901": everything - {"west"},
        "district=159900": everything,
        "district=159902": {"west"},
        "park=159901PK01": everything - {"west"},
        "stage=企业投资项目备案": {"deferred", "waiting", "first"},
        "department=dept-a": {"deferred", "waiting", "first"},
        "department=dept-b": set(),
        "sponsor=w-leader": first,
        "officer=w-pm": everything,  # he is nobody's service officer: not a choice, so ignored
        "template=T5": chained,
        "kind=approval": {"late"},
        "status=building": {"bare"} if Project.objects.filter(status="building").exists() else set(),
        "key_level=city": {"far"} if Project._meta.get_field("key_level").default != "city" else None,
        "start=late": {"late"},
        "start=quarter": {"soon"},
        "start=none": everything - {"late", "soon", "far"},
        "due=week": None,
        "waiting=supplement": {"waiting"},
        "waiting=deferral": {"deferred"},
        "waiting=chain": {"bare"},
        "mine=on": everything,
        "light=purple&district=zzz&start=never": everything,  # stale values of an old address are ignored
    }
    for query, expected in cases.items():
        got = found(client, portfolio, query)
        if expected is not None:
            assert got == expected, query


def test_strangers_see_nothing_of_it(world, portfolio):
    client = as_(world.pm2)
    response = client.get(LIST)
    assert codes(response) == []
    assert response.context["total"] == 0
    assert sum(tile["count"] for tile in response.context["tiles"]) == 0


@pytest.mark.parametrize("query", ["", "district=159901", "q=a", "light=stopped", "park=159901PK01&light=green"])
def test_tiles_add_up_to_all(world, portfolio, query):
    context = as_(world.pm).get(f"{LIST}?{query}").context
    assert sum(tile["count"] for tile in context["tiles"]) == context["total"]
    assert context["shown"] == len(context["rows"])


@pytest.mark.parametrize("order", ["worst", "code", "newest"])
def test_paging_covers_every_project_once_in_both_directions(world, portfolio, monkeypatch, order):
    monkeypatch.setattr(project_list, "PAGE_SIZE", 3)
    client = as_(world.pm)
    pages, cursor = [], ""
    while True:
        response = client.get(LIST, {"order": order, "cursor": cursor})
        pages.append(codes(response))
        cursor = response.context["page"].after
        if cursor is None:
            break
        assert len(pages) < 9
    flat = [code for codes_ in pages for code in codes_]
    assert sorted(flat) == sorted(Project.objects.values_list("code", flat=True))
    back = response.context["page"].before
    for expected in reversed(pages[:-1]):
        response = client.get(LIST, {"order": order, "cursor": back})
        assert codes(response) == expected
        back = response.context["page"].before
    assert back is None
    assert client.get(LIST, {"cursor": "not-a-cursor"}).status_code == 200


def test_search_by_pinyin_initials_polyphone_and_code(world, portfolio):
    client = as_(world.pm)
    for query, key in {
        "石墨": "first",
        "shimo": "first",
        "cqfd": "late",  # 重庆: chong
        "chongqing": "late",
        "hjxcl": "soon",  # 行健: hang or xing
        "xingjian": "soon",
        "ＧＦＢＬ": "far",
        "000004": "far",
    }.items():
        assert key in found(client, portfolio, f"q={query}"), query
    fragment = client.get(reverse("search"), {"q": "gfbl"}, headers={"HX-Request": "true"})
    assert "光伏玻璃" in fragment.content.decode()
    assert client.get(reverse("search"), {"q": "a&b"}).url == f"{LIST}?q=a%26b"
    assert (
        "光伏玻璃"
        not in as_(world.pm2).get(reverse("search"), {"q": "gfbl"}, headers={"HX-Request": "true"}).content.decode()
    )


def test_who_finds_nothing_is_told_what_was_sought_and_where(world, portfolio):
    page = as_(world.pm).get(LIST, {"q": "<b>无此企业"}).content.decode()
    assert "没有找到“&lt;b&gt;无此企业”" in page
    assert "拼音或首字母" in page
    assert "没有符合筛选条件的项目" in as_(world.pm).get(LIST, {"light": "done"}).content.decode()


def bulk(client, **fields):
    return client.post(reverse("project-bulk"), fields, follow=True)


def said(response):
    return " ".join(str(message) for message in response.context["messages"])


def test_assigning_many_lists_what_failed(world, portfolio):
    project = portfolio["far"]
    Assignment.objects.create(
        project=project,
        role="sponsor",
        user=world.leader,
        department=world.leader.department,
        started_on=dt.date(2026, 9, 1),
        made_by=world.pm,
    )
    chosen = [portfolio["far"].code, portfolio["late"].code]
    response = bulk(as_(world.pm), do="assign", role="sponsor", user="w-leader", project=chosen)
    open_ones = Assignment.objects.filter(role="sponsor", user=world.leader, ended_on__isnull=True)
    assert open_ones.filter(project=portfolio["late"]).count() == 1
    assert open_ones.filter(project=project).count() == 1 or project.name in said(response)
    assert AuditEntry.objects.filter(kind="project.bulk").exists()


def test_recording_many_stages_lists_what_failed(world, portfolio):
    chosen = [portfolio["late"].code, portfolio["bare"].code, portfolio["waiting"].code]
    response = bulk(as_(world.pm), do="stage", stage="01", action="receive", project=chosen)
    assert StageEvent.objects.filter(stage__chain__project=portfolio["late"], kind="receive").count() == 1
    assert portfolio["bare"].name in said(response)
    assert portfolio["waiting"].name in said(response)
    assert portfolio["late"].name not in said(response)
    for action in ("skip", "deferral_made_good", "correct", "nonsense", "note"):
        count = StageEvent.objects.count()
        bulk(as_(world.pm), do="stage", stage="02", action=action, project=chosen)
        assert StageEvent.objects.count() == count, action


def test_bulk_by_filter_and_its_bounds(world, portfolio, monkeypatch):
    client = as_(world.pm)
    bulk(client, do="stage", stage="02", action="receive", all="1", query="district=159902")
    assert list(StageEvent.objects.filter(stage__code="02").values_list("stage__chain__project__code", flat=True)) == [
        portfolio["west"].code
    ]
    assert bulk(client, do="stage").status_code == 200
    monkeypatch.setattr(project_list, "BULK_LIMIT", 2)
    count = StageEvent.objects.count()
    bulk(client, do="stage", stage="03", action="receive", all="1", query="")
    assert StageEvent.objects.count() == count
    assert client.post(reverse("project-bulk")).status_code == 302
    assert as_(world.leader).post(reverse("project-bulk"), {"do": "stage"}).status_code == 403


def test_strangers_cannot_reach_projects_in_bulk(world, portfolio):
    bulk(as_(world.pm2), do="stage", stage="01", action="receive", project=[portfolio["late"].code])
    assert not StageEvent.objects.filter(stage__chain__project=portfolio["late"]).exists()


def test_saved_views(world, portfolio):
    client, other = as_(world.pm), as_(world.pm2)
    save = reverse("view-save")
    assert client.post(save, {"name": "在等的", "query": "?waiting=supplement"}).url == f"{LIST}?waiting=supplement"
    view = SavedView.objects.get()
    assert (view.query, view.shared) == ("waiting=supplement", False)
    chips = client.get(f"{LIST}?waiting=supplement&cursor=").context["views"]
    assert {"在等的"} <= {str(chip["name"]) for chip in chips if chip["current"]}
    assert "在等的" not in other.get(LIST).content.decode()
    other.post(save, {"delete": view.pk})
    client.post(save, {"name": " ", "query": ""})
    assert SavedView.objects.get() == view
    client.post(save, {"delete": view.pk})
    assert not SavedView.objects.exists()
    assert client.post(save, {"delete": "x"}).status_code < 500
    assert client.post(save, {"name": "n", "query": "//evil.example/"}).url.startswith(LIST)
