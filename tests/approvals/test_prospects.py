"""The forecast as pages tell it: dates, chances, latest starts, early warnings, and who may see what."""

import datetime as dt
import io

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals import early, forecasting, prospect_svg, prospects
from approvals.durations import Kind, Seen, learn
from approvals.forecast import CONSTRUCTION, Course, Part, Spread, State, Step, forecast, halves_until
from approvals.views.forecast import next_half_year
from calendars import store
from tests.approvals.world import NOW

CALENDAR = store.delivered()
DAY = dt.timedelta(days=1)
BY = timezone.localdate() + 220 * DAY  # a target that lies ahead whenever the tests run


def fixed(code: str, halves: float, *before: str, **more) -> Step:
    """Return a step that always takes so many half-days."""
    return Step(code, f"环节{code}", before, desk=Spread(Part.DESK, halves), **more)


def outlook(*steps: Step):
    """Return the detailed outlook of steps; the last one is the start of construction."""
    course = Course(1, steps, {CONSTRUCTION: steps[-1].code})
    return forecast([course], detail=True)[1]


def test_fixed_durations_give_the_dates_of_the_calendar_and_a_chance_of_all_or_nothing():
    told = outlook(fixed("1", 4), fixed("2", 6, "1")).milestones[CONSTRUCTION]
    # Friday 20 November, ten o'clock: the running morning is the first half-day; ten more end on Friday 27th at noon.
    sure = prospects.when(told, NOW, CALENDAR, dt.date(2026, 11, 27))
    assert (sure.p50.date, sure.p50.half, sure.chance, sure.chance_words) == (
        dt.date(2026, 11, 27),
        "noon",
        100,
        ">99%",
    )
    late = prospects.when(told, NOW, CALENDAR, dt.date(2026, 11, 26))
    assert (late.chance, late.chance_words, late.level) == (0, "<1%", "less")
    assert prospects.when(told, NOW, CALENDAR, NOW.date() - DAY).chance == 0


def test_a_latest_start_lies_ahead_or_has_gone_by():
    ahead = prospects.latest_start(6.4, NOW, CALENDAR)
    assert (ahead.on.date, ahead.late_days) == (dt.date(2026, 11, 25), 0)
    gone = prospects.latest_start(-3, NOW, CALENDAR)
    assert (gone.on, gone.late_days) == (None, 1.5)
    assert sorted([ahead, gone], key=lambda latest: latest.order) == [gone, ahead]


@pytest.mark.parametrize(
    ("today", "end"),
    [("2026-11-20", "2027-06-30"), ("2026-03-01", "2026-06-30"), ("2026-05-02", "2026-12-31")],
)
def test_a_target_is_usually_the_end_of_a_half_year_two_months_away_at_least(today, end):
    assert next_half_year(dt.date.fromisoformat(today)) == dt.date.fromisoformat(end)


def test_the_drawing_holds_every_bar_and_the_target():
    target = dt.date(2027, 3, 31)
    scale = prospect_svg.scale_of(40.0, NOW, CALENDAR, target)
    assert scale.x(halves_until(target, NOW, CALENDAR)) <= prospect_svg.WIDTH - prospect_svg.EDGE + 0.01
    drawn = prospect_svg.bar((0.0, 10.0, 40.0), True, scale, 'a "b" <c>')
    assert drawn.count("<rect") == 2 and "<c>" not in drawn and "style=" not in drawn
    assert "2027" in prospect_svg.axis(scale, "Months")
    far = prospect_svg.scale_of(20_000.0, NOW, CALENDAR)
    assert 0 < len(far.marks) <= 60


def test_sources_are_told_with_their_cases():
    step = fixed("1", 4, state=State.READY, wait=Spread(Part.WAIT, 2, cases=7, source="own"), blocked_for=3.0)
    words = prospects.learned_words(step)
    assert set(words) == {Part.DESK, Part.WAIT} and "7" in words[Part.WAIT]


# --- with a database ------------------------------------------------------------------------------------------------


def peers(days: int) -> forecasting.Learned:
    """Return what six finished stages of the planning permit teach, that took so many days each."""
    kind = Kind("建设工程规划许可证", "市住建局", "committed", 20.0)
    return learn([Seen(Part.DESK, kind, days * 2) for _n in range(6)])


@pytest.fixture
def running(world):
    """Stage 02 has run since 9 November: nine working days."""
    world.walk("01", "receive 11-05", "accept 11-05", "pass 11-06")
    world.walk("02", "receive 11-09 09:00", "accept 11-09 09:00")
    return world


def test_a_stage_is_flagged_when_it_lasts_longer_than_its_peers_and_everywhere_alike(running, monkeypatch):
    for days, flagged in ((8, True), (9, False)):
        monkeypatch.setattr(forecasting, "learned", lambda *_more, days=days: peers(days))
        found = early._found(NOW)
        assert set(found) == ({(running.project.pk, "02")} if flagged else set())
        gathered = forecasting.gather([running.project.pk], NOW, store.current(), peers(days))[running.project.pk]
        assert [w.code for w in gathered.warnings] == [code for _project, code in found]
        assert list(found.values()) == list(gathered.warnings)


def test_nothing_is_flagged_once_the_law_is_broken_or_without_five_peers(running, monkeypatch):
    few = learn([Seen(Part.DESK, Kind("建设工程规划许可证"), 2)] * 4)
    monkeypatch.setattr(forecasting, "learned", lambda *_more: few)
    assert early._found(NOW) == {}
    monkeypatch.setattr(forecasting, "learned", lambda *_more: peers(1))
    assert early._found(NOW + 60 * DAY) == {}


def client_of(user) -> Client:
    """Return a client logged in as a person."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_list_counts_every_project_once_and_leads_to_the_project(running):
    running.new_project(7, "另一个项目")
    running.new_project(8, "没有流程的项目", chain=False)
    client = client_of(running.pm)
    page = client.get(reverse("forecast-list"), {"milestone": "construction", "by": BY.isoformat()})
    levels = {name: number for name, _label, number in page.context["levels"]}
    assert sum(levels.values()) == page.context["total"] == 3 and levels["without"] == 1
    assert 0 <= page.context["expected"] <= 2
    for name, number in levels.items():
        rows = client.get(reverse("forecast-list"), {"by": BY.isoformat(), "level": name}).context["rows"]
        assert len(rows) == number
    body = client.get(reverse("forecast-export"), {"milestone": "construction", "by": BY.isoformat()}).content
    sheet = openpyxl.load_workbook(io.BytesIO(body)).active
    assert sheet.max_row == 1 + 3
    nonsense = client.get(reverse("forecast-list"), {"milestone": "x", "by": "2027-13-45", "level": "y", "order": "z"})
    assert (nonsense.status_code, nonsense.context["milestone"]) == (200, "construction")
    assert client.get(reverse("forecast-list"), {"by": "9999-12-31"}).status_code == 200


def test_a_target_asks_for_latest_starts_of_stages_that_have_not_begun(running):
    client = client_of(running.pm)
    url = reverse("forecast-project", args=[running.project.code])
    story = client.get(url, {"milestone": "construction", "by": BY.isoformat()}).context["story"]
    by_code = {line.code: line for line in story.lines}
    assert by_code["02"].begun and by_code["02"].latest is None
    assert by_code["04"].latest[1].on.date <= by_code["04"].latest[0].on.date <= BY
    assert story.chosen.p50.date <= story.chosen.p80.date and story.tightest.code in {"03", "04", "05"}
    gone = client.get(url, {"milestone": "construction", "by": "2026-01-05"}).context["story"]
    assert gone.chosen.chance == 0 and gone.tightest.latest[1].late_days > 0
    panel = client.get(url, {"part": "panel"}).content.decode()
    assert 'id="forecast"' in panel and "<html" not in panel


def test_a_stranger_finds_no_forecast(running):
    stranger = client_of(running.pm2)
    assert stranger.get(reverse("forecast-project", args=[running.project.code])).status_code == 404
    assert stranger.get(reverse("forecast-list")).context["total"] == 0
