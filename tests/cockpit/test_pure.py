"""What the page counts and draws without a database: weeks, bars, the map of the wall."""

from datetime import datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from calendars import store
from cockpit import figures, gauges, trend, wall_map
from cockpit.trend import Span

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
WEEKS = [NOW - timedelta(weeks=back) for back in reversed(range(4))]


def at(weeks: float) -> datetime:
    return NOW - timedelta(weeks=weeks)


def test_a_project_counts_once_a_week_and_by_quota_before_stages():
    blocked = [Span(1, at(2.5), at(0.5)), Span(1, at(1.5), None), Span(2, at(9), at(3))]
    late = [Span(1, at(9), None), Span(3, at(1), at(0.9))]
    found = trend.counted(blocked, late, WEEKS)
    assert [(point.blocked, point.late, point.stuck) for point in found] == [(0, 1, 1), (1, 0, 1), (1, 1, 2), (1, 0, 1)]


spans = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 60), st.none() | st.integers(1, 40)), max_size=12).map(
    lambda rows: [Span(p, NOW - timedelta(days=s), e and NOW - timedelta(days=s - e)) for p, s, e in rows]
)


@given(spans, spans)
def test_weeks_are_what_a_look_at_every_span_says(blocked, late):
    def held(rows, moment):
        return {span.project for span in rows if span.start <= moment and (span.end is None or span.end > moment)}

    for point in trend.counted(blocked, late, WEEKS):
        quota = held(blocked, point.at)
        assert point.blocked == len(quota) and point.late == len(held(late, point.at) - quota)


@given(*[st.integers(0, 10**12)] * 4)
def test_a_bar_never_leaves_its_frame_and_shows_whatever_is_there(confirmed, reserved, available, waiting):
    granted = confirmed + reserved + available
    drawn = gauges.bar(granted, confirmed, reserved, available, max(0, waiting - available), "x")
    ElementTree.fromstring(drawn)
    assert "style=" not in drawn and ("stroke-dasharray" in drawn) == (waiting > available and granted > 0)
    shares = gauges._shares(granted, confirmed, reserved, available)
    assert all(share >= 0 for share in shares) and sum(shares) <= gauges.FRAME
    if granted:
        parts = zip(shares, (confirmed, reserved, available), strict=True)
        assert all((share >= gauges.LEAST) if part else share == 0 for share, part in parts)


def square(x: float, y: float, size: float) -> dict:
    ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


def test_the_map_of_the_wall_names_what_hostile_people_type_without_running_it():
    hostile = "${window.__xss=1}<img src=x onerror=window.__xss=1>"
    parks = [
        wall_map.ParkMark(hostile, square(108.4, 40.5, 0.02), "6/8", False, {"blocked": 2, "red": 1, "green": 3}),
        wall_map.ParkMark("无界", None, "", True, {"green": 1}),
        wall_map.ParkMark("点", {"type": "Point", "coordinates": [108.41, 40.5]}, "", True, {"red": 1}),
    ]
    drawn = wall_map.draw([wall_map.Outline(hostile, square(108.3, 40.4, 0.3))], parks, hostile)
    tree = ElementTree.fromstring(drawn)
    assert "<img" not in drawn and not [e for e in tree.iter() if e.tag.rpartition("}")[2] not in WALL_ELEMENTS]
    texts = [element.text for element in tree.iter() if element.text]
    assert {"2", "4", "6/8"} <= set(texts) and 'fill="url(#wall-hatch)"' in drawn
    assert wall_map.draw([], [], "x") == ""


WALL_ELEMENTS = {"svg", "defs", "pattern", "path", "text", "circle"}


def test_a_fine_outline_stays_a_small_drawing():
    ring = [[108 + index / 100_000, 40 + (index % 7) / 1e6] for index in range(20_000)]
    ring += [[108.1, 40.2], ring[0]]
    drawn = wall_map.draw([wall_map.Outline("市", {"type": "Polygon", "coordinates": [ring]})], [], "x")
    assert len(drawn) < 20_000


@given(st.integers(0, 400), st.integers(0, 47))
def test_a_limit_that_was_over_had_run_out_by_the_last_day_that_counts_as_the_day_did(day, half_hours):
    calendar = store.delivered()
    moment = datetime(2025, 9, 1, tzinfo=NOW.tzinfo) + timedelta(days=day, minutes=30 * half_hours)
    last = figures._last_due(moment, calendar)
    for ahead in range(-12, 13):
        due = moment.date() + timedelta(days=ahead)
        first = 2 * calendar.count_through(due) - 1  # the half-day at whose end it runs out at the earliest
        assert first >= calendar.begun(moment) or due <= last
